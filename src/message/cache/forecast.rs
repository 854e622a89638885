//! How often a cache would have to ask for a data key, found out with the entries of a cache that hold nothing.

use std::collections::HashSet;
use std::fmt;
use std::time::Instant;

use super::entries::{Entries, Usage};
use super::id::{CacheId, Partition};
use super::{CacheLimits, cacheable_length, may_cache};
use crate::context::{ContextError, EncryptionContext};
use crate::crypto::RandomError;
use crate::format::{FormatError, Header};
use crate::suite::AlgorithmSuite;

/// So many data keys are told apart at most, which bounds the memory: 4 MiB of identifiers.
const MAX_TOLD_APART: usize = 1 << 16;

/// Goes through messages as a cache would, in their order and in no time: no entry grows old.
pub struct CacheForecast {
    limits: CacheLimits,
    partition: Partition,
    encryption: Entries<()>,
    decryption: Entries<()>,
    now: Instant,
    met: HashSet<CacheId>,
    /// Messages and bytes that share the data keys of one entry.
    encrypted: Usage,
    apart: u64,
}

/// What a cache would do for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It has the data key.
    Hit,
    /// It asks for the data key; `is_new` when no message before had the same one.
    Miss {
        /// Whether a cache without limits would have asked as well.
        is_new: bool,
    },
    /// The message goes around it.
    Passed,
}

impl CacheForecast {
    /// Nothing has been gone through yet.
    ///
    /// # Errors
    /// [`RandomError`]: the operating system gave no random bytes.
    pub fn new(limits: CacheLimits) -> Result<Self, RandomError> {
        Ok(Self {
            limits,
            partition: Partition::random()?,
            encryption: Entries::new(limits),
            decryption: Entries::new(limits),
            now: Instant::now(),
            met: HashSet::new(),
            encrypted: Usage::default(),
            apart: 0,
        })
    }

    /// A message to encrypt; `plaintext_length`: its greatest length in bytes, when it is known.
    ///
    /// # Errors
    /// [`ContextError`]: the context is too long.
    pub fn encrypts(
        &mut self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        unstored: &EncryptionContext,
        plaintext_length: Option<u64>,
    ) -> Result<Lookup, ContextError> {
        let Some(length) = cacheable_length(&self.limits, suite, plaintext_length) else {
            self.apart += 1;
            return Ok(Lookup::Passed);
        };
        let id = self.partition.encryption_id(suite, context, unstored)?;
        let usage = Usage::of_message(length);
        self.encrypted.messages += 1;
        self.encrypted.bytes = self.encrypted.bytes.saturating_add(length);
        Ok(Self::look_up(&mut self.encryption, &mut self.met, id, usage, self.now))
    }

    /// A message to decrypt; `reproduced`: what whoever decrypts adds to its encryption context.
    ///
    /// # Errors
    /// [`FormatError`]: an encrypted data key does not fit a header.
    pub fn decrypts(
        &mut self,
        header: &Header,
        reproduced: &EncryptionContext,
    ) -> Result<Lookup, FormatError> {
        if !may_cache(header.suite) {
            return Ok(Lookup::Passed);
        }
        let edks = &header.encrypted_data_keys;
        let id = self.partition.decryption_id(header.suite, edks, &header.context, reproduced)?;
        Ok(Self::look_up(&mut self.decryption, &mut self.met, id, Usage::default(), self.now))
    }

    /// So many data keys at least all messages to encrypt so far need, in whatever order they come, when they are of one
    /// suite and one encryption context.
    pub fn fewest_data_keys(&self) -> u64 {
        let Usage { messages, bytes } = self.encrypted;
        let by_messages = messages.div_ceil(self.limits.max_messages);
        self.apart + by_messages.max(bytes.div_ceil(self.limits.max_bytes))
    }

    fn look_up(
        entries: &mut Entries<()>,
        met: &mut HashSet<CacheId>,
        id: CacheId,
        usage: Usage,
        now: Instant,
    ) -> Lookup {
        if entries.take(id, usage, now).is_some() {
            return Lookup::Hit;
        }
        entries.put(id, (), usage, now);
        // What is not told apart any more could have been met.
        Lookup::Miss { is_new: met.len() < MAX_TOLD_APART && met.insert(id) }
    }
}

impl fmt::Debug for CacheForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheForecast({} data keys met)", self.met.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::commitment::CommitmentPolicy;
    use crate::keyring::raw_aes::RawAesKeyring;
    use crate::message::cache::MaterialsCache;

    /// Lengths that fall on and beside every limit below.
    fn lengths() -> Vec<Option<u64>> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..300).map(|_| Some(next() % 1200).filter(|_| next() % 10 > 0)).collect()
    }

    fn context(number: u64) -> EncryptionContext {
        EncryptionContext::of([("number", number.to_string())]).expect("a context")
    }

    #[test]
    fn it_misses_where_a_cache_would() {
        let day = Duration::from_secs(86_400);
        let none = EncryptionContext::new();
        for (capacity, max_messages, max_bytes) in
            [(1, 1, 1000), (1, 7, 5000), (3, 100, 1000), (2, 2, 1 << 40), (8, 1 << 32, 1 << 40)]
        {
            let limits = CacheLimits::new(capacity, day)
                .and_then(|limits| limits.with_max_messages(max_messages))
                .and_then(|limits| limits.with_max_bytes(max_bytes))
                .expect("limits");
            let keyring = RawAesKeyring::new("namespace", "name", vec![1; 32].into()).expect("a key");
            let cache = MaterialsCache::new(Box::new(keyring), limits).expect("random bytes");
            let mut forecast = CacheForecast::new(limits).expect("random bytes");
            for (number, length) in (0_u64..).zip(lengths()) {
                for suite in [AlgorithmSuite::UNSIGNED, AlgorithmSuite::by_id(0x0078).expect("a suite")] {
                    let context = context(number % 4);
                    let before = cache.use_so_far();
                    let policy = CommitmentPolicy::ForbidEncryptAllowDecrypt;
                    let policy = if suite.is_committing() { CommitmentPolicy::default() } else { policy };
                    cache
                        .encryption_materials(policy, suite, context.clone(), none.clone(), None, length)
                        .expect("materials");
                    let after = cache.use_so_far();
                    let lookup = forecast.encrypts(suite, &context, &none, length).expect("short");
                    let expected = (after.hits - before.hits, after.misses - before.misses);
                    let found = match lookup {
                        Lookup::Hit => (1, 0),
                        Lookup::Miss { .. } => (0, 1),
                        Lookup::Passed => (0, 0),
                    };
                    assert_eq!(found, expected, "message {number}, {length:?} bytes under {limits:?}");
                }
            }
        }
    }

    #[test]
    fn the_fewest_data_keys_are_by_messages_or_by_bytes() {
        let none = EncryptionContext::new();
        let limits = CacheLimits::new(1, Duration::from_secs(1))
            .and_then(|limits| limits.with_max_messages(4))
            .and_then(|limits| limits.with_max_bytes(100))
            .expect("limits");
        for (lengths, fewest) in [
            (&[][..], 0),
            (&[Some(0)], 1),
            (&[Some(1); 4], 1),
            (&[Some(1); 5], 2),
            (&[Some(100), Some(1)], 2),
            (&[None, Some(101), Some(1)], 3),
        ] {
            let mut forecast = CacheForecast::new(limits).expect("random bytes");
            for length in lengths {
                forecast.encrypts(AlgorithmSuite::UNSIGNED, &none, &none, *length).expect("short");
            }
            assert_eq!(forecast.fewest_data_keys(), fewest, "{lengths:?}");
        }
    }
}
