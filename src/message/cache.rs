//! Data key caching: one data key, and one call for it, for many messages, within limits.
//!
//! A [`MaterialsCache`] stands before a keyring. Everything that tells materials apart is part of what an entry is
//! found by (`id`), so that messages of another suite, another encryption context or other encrypted data keys never
//! share one. Each message still has a message id of its own, and a key derived with it; suites without a key
//! derivation, and messages of unknown length, go around the cache.
//!
//! Data keys are in memory only, are never printed, and are wiped when their entry is evicted and the last message that
//! uses them has been begun.
//!
//! Spec: framework/caching-cmm.md#overview

mod entries;
pub mod forecast;
mod id;
mod shelf;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{EdkReport, EncryptError, EncryptionMaterials};
use crate::commitment::CommitmentPolicy;
use crate::context::EncryptionContext;
use crate::crypto::RandomError;
use crate::format::{EncryptedDataKey, FormatError};
use crate::keyring::{Keyring, OpenedDataKey};
use crate::suite::{AlgorithmSuite, KeyDerivation};
use entries::Usage;
use id::Partition;
use shelf::{Clock, Shelf};

pub(super) use shelf::{Asked, Found};

/// Most messages that one data key may encrypt: 2^32.
///
/// Spec: framework/caching-cmm.md#limit-messages
pub const GREATEST_MAX_MESSAGES: u64 = 1 << 32;

/// Most bytes of plaintext that one data key may encrypt: 2^63 - 1.
///
/// Spec: framework/caching-cmm.md#limit-bytes
pub const GREATEST_MAX_BYTES: u64 = (1 << 63) - 1;

/// How long and for how much a data key may be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    capacity: NonZeroUsize,
    max_age: Duration,
    max_messages: u64,
    max_bytes: u64,
}

/// A limit that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheLimitsError {
    /// The capacity is 0.
    Capacity,
    /// The greatest age is 0.
    MaxAge,
    /// The greatest number of messages is not 1 to [`GREATEST_MAX_MESSAGES`].
    MaxMessages(u64),
    /// The greatest number of bytes is not 1 to [`GREATEST_MAX_BYTES`].
    MaxBytes(u64),
}

impl CacheLimits {
    /// At most `capacity` entries to encrypt and as many to decrypt, each younger than `max_age`; as many messages and
    /// bytes as one data key may encrypt at all.
    ///
    /// # Errors
    /// [`CacheLimitsError`]: one of them is 0.
    ///
    /// Spec: framework/local-cryptographic-materials-cache.md#entry-capacity, framework/caching-cmm.md#cache-limit-ttl
    pub fn new(capacity: usize, max_age: Duration) -> Result<Self, CacheLimitsError> {
        let capacity = NonZeroUsize::new(capacity).ok_or(CacheLimitsError::Capacity)?;
        if max_age.is_zero() {
            return Err(CacheLimitsError::MaxAge);
        }
        Ok(Self { capacity, max_age, max_messages: GREATEST_MAX_MESSAGES, max_bytes: GREATEST_MAX_BYTES })
    }

    /// Most entries to encrypt, and as many to decrypt.
    pub fn capacity(&self) -> usize {
        self.capacity.get()
    }

    /// Greatest age of an entry.
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Most messages encrypted under one data key.
    pub fn max_messages(&self) -> u64 {
        self.max_messages
    }

    /// Most bytes of plaintext encrypted under one data key.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// The same with at most so many messages encrypted under one data key.
    ///
    /// # Errors
    /// [`CacheLimitsError::MaxMessages`].
    ///
    /// Spec: framework/caching-cmm.md#limit-messages
    pub fn with_max_messages(self, max_messages: u64) -> Result<Self, CacheLimitsError> {
        match max_messages {
            1..=GREATEST_MAX_MESSAGES => Ok(Self { max_messages, ..self }),
            _ => Err(CacheLimitsError::MaxMessages(max_messages)),
        }
    }

    /// The same with at most so many bytes of plaintext encrypted under one data key.
    ///
    /// # Errors
    /// [`CacheLimitsError::MaxBytes`].
    ///
    /// Spec: framework/caching-cmm.md#limit-bytes
    pub fn with_max_bytes(self, max_bytes: u64) -> Result<Self, CacheLimitsError> {
        match max_bytes {
            1..=GREATEST_MAX_BYTES => Ok(Self { max_bytes, ..self }),
            _ => Err(CacheLimitsError::MaxBytes(max_bytes)),
        }
    }
}

/// A keyring whose data keys are kept and used again, within limits. Any number of threads can use it.
pub struct MaterialsCache {
    keyring: Box<dyn Keyring>,
    limits: CacheLimits,
    partition: Partition,
    encryption: Shelf<Arc<EncryptionMaterials>, EncryptError>,
    decryption: Shelf<Arc<OpenedDataKey>, Vec<EdkReport>>,
    passed: AtomicU64,
}

/// How a cache was used so far, in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Their data key was in the cache.
    pub hits: u64,
    /// Their data key was asked for, and kept when one was given.
    pub misses: u64,
    /// They went around the cache: of a suite without key derivation, of unknown length, or longer than the limit.
    pub passed: u64,
}

impl MaterialsCache {
    /// An empty cache before this keyring; no other cache shares its entries.
    ///
    /// # Errors
    /// [`RandomError`]: the operating system gave no random bytes.
    ///
    /// Spec: framework/caching-cmm.md#initialization
    pub fn new(keyring: Box<dyn Keyring>, limits: CacheLimits) -> Result<Self, RandomError> {
        Self::with_clock(keyring, limits, Instant::now)
    }

    /// The same with another clock, which must not go back.
    ///
    /// # Errors
    /// [`RandomError`]: the operating system gave no random bytes.
    pub fn with_clock(
        keyring: Box<dyn Keyring>,
        limits: CacheLimits,
        clock: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Result<Self, RandomError> {
        let clock: Clock = Arc::new(clock);
        Ok(Self {
            keyring,
            limits,
            partition: Partition::random()?,
            encryption: Shelf::new(limits, Arc::clone(&clock)),
            decryption: Shelf::new(limits, clock),
            passed: AtomicU64::new(0),
        })
    }

    /// What [`EncryptionMaterials::obtain`] gives, or the same as for an earlier message of this suite and context.
    ///
    /// `plaintext_length`: the most bytes that the message can have; `None` when that is not known, and then its data
    /// key is its own. They are accounted for now, and the message cannot have more.
    ///
    /// # Errors
    /// [`EncryptError`], as [`EncryptionMaterials::obtain`]; also when another thread has just asked for the same
    /// materials and had that failure.
    ///
    /// Spec: framework/caching-cmm.md#get-encryption-materials
    pub fn encryption_materials(
        &self,
        policy: CommitmentPolicy,
        suite: &'static AlgorithmSuite,
        context: EncryptionContext,
        unstored: EncryptionContext,
        max_encrypted_data_keys: Option<usize>,
        plaintext_length: Option<u64>,
    ) -> Result<EncryptionMaterials, EncryptError> {
        policy.may_encrypt_with(suite)?;
        let length = cacheable_length(&self.limits, suite, plaintext_length);
        let id = self.partition.encryption_id(suite, &context, &unstored)?;
        let obtain = || {
            let (keyring, limit) = (self.keyring.as_ref(), max_encrypted_data_keys);
            EncryptionMaterials::obtain(keyring, policy, suite, context.clone(), unstored.clone(), limit)
        };
        let pass = || {
            self.passed.fetch_add(1, Ordering::Relaxed);
            obtain()
        };
        let Some(length) = length else { return pass() };
        let ask = || match obtain() {
            Ok(materials) => (Ok(materials.again(length)), Asked::Materials(Arc::new(materials))),
            Err(error) => {
                let asked = error.shared().map_or(Asked::Own, Asked::Failure);
                (Err(error), asked)
            }
        };
        match self.encryption.look_up(id, Usage::of_message(length), ask) {
            Found::Own(own) => own,
            Found::Materials(materials) => {
                materials.check_count(max_encrypted_data_keys)?;
                Ok(materials.again(length))
            }
            Found::Failure(failure) => failure.shared().map_or_else(pass, Err),
            Found::Nothing => pass(),
        }
    }

    /// The data key of a message, or what `ask` gives when the cache has none; `ask` is not called when somebody else
    /// is just asking for the same one.
    ///
    /// Spec: framework/caching-cmm.md#decrypt-materials
    pub(super) fn data_key<R>(
        &self,
        suite: &'static AlgorithmSuite,
        encrypted_data_keys: &[EncryptedDataKey],
        context: &EncryptionContext,
        reproduced: &EncryptionContext,
        ask: impl FnOnce() -> (R, Asked<Arc<OpenedDataKey>, Vec<EdkReport>>),
    ) -> Result<Found<R, Arc<OpenedDataKey>, Vec<EdkReport>>, FormatError> {
        if !may_cache(suite) {
            self.passed.fetch_add(1, Ordering::Relaxed);
            return Ok(Found::Own(ask().0));
        }
        let id = self.partition.decryption_id(suite, encrypted_data_keys, context, reproduced)?;
        // What limits messages and bytes limits what is encrypted.
        Ok(self.decryption.look_up(id, Usage::default(), ask))
    }

    /// The keyring that it stands before.
    pub fn keyring(&self) -> &dyn Keyring {
        self.keyring.as_ref()
    }

    /// How it was used so far.
    pub fn use_so_far(&self) -> CacheUse {
        let (encrypted, decrypted) = (self.encryption.hits_and_misses(), self.decryption.hits_and_misses());
        CacheUse {
            hits: encrypted.0 + decrypted.0,
            misses: encrypted.1 + decrypted.1,
            passed: self.passed.load(Ordering::Relaxed),
        }
    }
}

/// The length of a message that may share its data key.
fn cacheable_length(limits: &CacheLimits, suite: &AlgorithmSuite, length: Option<u64>) -> Option<u64> {
    length.filter(|length| may_cache(suite) && *length <= limits.max_bytes)
}

/// Whether a data key of this suite may be used again: only one that seals nothing itself.
fn may_cache(suite: &AlgorithmSuite) -> bool {
    suite.key_derivation() != KeyDerivation::Identity
}

impl fmt::Debug for MaterialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.encryption.count() + self.decryption.count();
        write!(f, "MaterialsCache({entries} entries before {})", self.keyring.name())
    }
}

impl fmt::Display for CacheLimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capacity => f.write_str("a cache has room for 1 entry or more"),
            Self::MaxAge => f.write_str("a data key is kept for longer than 0 seconds"),
            Self::MaxMessages(found) => {
                write!(f, "a data key encrypts 1 to {GREATEST_MAX_MESSAGES} messages, not {found}")
            }
            Self::MaxBytes(found) => {
                write!(f, "a data key encrypts 1 to {GREATEST_MAX_BYTES} bytes, not {found}")
            }
        }
    }
}

impl std::error::Error for CacheLimitsError {}
