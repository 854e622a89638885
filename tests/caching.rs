//! Data key caching at the public interface: what is asked, what is shared, and that nothing is checked less.

mod support;

#[path = "caching/decrypt.rs"]
mod decrypt;
#[path = "caching/encrypt.rs"]
mod encrypt;
#[path = "caching/model.rs"]
mod model;
#[path = "caching/threads.rs"]
mod threads;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use esdk::context::EncryptionContext;
use esdk::data_key::DataKey;
use esdk::format::{EncryptedDataKey, Header};
use esdk::keyring::{Keyring, Reach, Refusal, Unwrapped, WrapError};
use esdk::message::cache::{CacheLimits, MaterialsCache};
use esdk::message::decrypt::{DecryptRequirements, UnverifiedMessage};
use esdk::message::encrypt::MessageEncryptor;
use esdk::message::{DecryptError, EncryptError};
use esdk::suite::AlgorithmSuite;
use support::in_process::{aes, no_requirements, policy_for};

/// What was asked of a keyring, and whether it works.
#[derive(Default)]
struct Calls {
    generated: AtomicUsize,
    unwrapped: AtomicUsize,
    /// How long each call takes, in milliseconds.
    delay: AtomicUsize,
    is_broken: AtomicBool,
}

impl Calls {
    fn generated(&self) -> usize {
        self.generated.load(Ordering::Relaxed)
    }

    fn unwrapped(&self) -> usize {
        self.unwrapped.load(Ordering::Relaxed)
    }

    /// Makes calls take so long that everybody comes meanwhile.
    fn take_long(&self) {
        self.delay.store(1000, Ordering::Relaxed);
    }

    fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    fn wait(&self) {
        std::thread::sleep(Duration::from_millis(self.delay.load(Ordering::Relaxed) as u64));
    }
}

/// A keyring that counts what is asked of it.
struct Counting {
    calls: Arc<Calls>,
    keyring: Box<dyn Keyring>,
}

impl Keyring for Counting {
    fn generate(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<(DataKey, Vec<EncryptedDataKey>), WrapError> {
        self.calls.generated.fetch_add(1, Ordering::Relaxed);
        self.calls.wait();
        if self.calls.is_broken.load(Ordering::Relaxed) {
            return Err(WrapError::NoPublicKey { wrapping_key: "broken".to_owned() });
        }
        self.keyring.generate(suite, context)
    }

    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        self.keyring.wrap(suite, context, data_key)
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        self.calls.unwrapped.fetch_add(1, Ordering::Relaxed);
        self.calls.wait();
        if self.calls.is_broken.load(Ordering::Relaxed) {
            return Unwrapped::Refused(Refusal::DoesNotOpen);
        }
        self.keyring.unwrap(suite, context, edk)
    }

    fn reach(&self) -> Reach {
        self.keyring.reach()
    }

    fn name(&self) -> String {
        self.keyring.name()
    }
}

/// A cache before a keyring that counts, and a clock that stands still.
struct Scene {
    cache: MaterialsCache,
    calls: Arc<Calls>,
    clock: Arc<Mutex<Instant>>,
}

fn limits(capacity: usize) -> CacheLimits {
    CacheLimits::new(capacity, Duration::from_secs(60)).expect("limits")
}

impl Scene {
    fn new(limits: CacheLimits) -> Self {
        Self::before(aes("key", 32), limits)
    }

    fn before(keyring: Box<dyn Keyring>, limits: CacheLimits) -> Self {
        let (calls, clock) = (Arc::<Calls>::default(), Arc::new(Mutex::new(Instant::now())));
        let keyring = Counting { calls: Arc::clone(&calls), keyring };
        let time = Arc::clone(&clock);
        let cache =
            MaterialsCache::with_clock(Box::new(keyring), limits, move || *time.lock().expect("a time"));
        Self { cache: cache.expect("random bytes"), calls, clock }
    }

    fn pass(&self, time: Duration) {
        *self.clock.lock().expect("a time") += time;
    }

    /// Encrypts a plaintext that is said to have this length.
    fn encrypt_as(
        &self,
        suite: &'static AlgorithmSuite,
        context: (&EncryptionContext, &EncryptionContext),
        plaintext: &[u8],
        length: Option<u64>,
    ) -> Result<Vec<u8>, EncryptError> {
        let (stored, unstored) = (context.0.clone(), context.1.clone());
        let policy = policy_for(suite);
        let materials = self.cache.encryption_materials(policy, suite, stored, unstored, None, length)?;
        let mut message = Vec::new();
        let frame_length = NonZeroU32::new(16).expect("not zero");
        MessageEncryptor::new(materials, frame_length)?.encrypt(plaintext, &mut message)?;
        Ok(message)
    }

    fn encrypt(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        plaintext: &[u8],
    ) -> Vec<u8> {
        let context = (context, &EncryptionContext::new());
        self.encrypt_as(suite, context, plaintext, Some(plaintext.len() as u64)).expect("it encrypts")
    }

    fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, DecryptError> {
        self.decrypt_with(message, &no_requirements())
    }

    fn decrypt_with(
        &self,
        message: &[u8],
        requirements: &DecryptRequirements,
    ) -> Result<Vec<u8>, DecryptError> {
        let mut plaintext = Vec::new();
        UnverifiedMessage::read(message, None)?
            .verify_cached(&self.cache, requirements)?
            .decrypt(&mut plaintext)?;
        Ok(plaintext)
    }
}

fn header(message: &[u8]) -> Header {
    UnverifiedMessage::read(message, None).expect("a message").header().clone()
}

/// The suites whose data keys may be used again.
fn derived() -> impl Iterator<Item = &'static AlgorithmSuite> {
    AlgorithmSuite::all().iter().filter(|suite| suite.id() > 0x0100)
}

/// The suites whose data keys seal frames themselves.
fn not_derived() -> impl Iterator<Item = &'static AlgorithmSuite> {
    AlgorithmSuite::all().iter().filter(|suite| suite.id() < 0x0100)
}
