//! The entries of the cache: found by id, forgotten when they are too old, used up, or the least recently used.
//!
//! Spec: framework/local-cryptographic-materials-cache.md#overview

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::CacheLimits;
use super::id::CacheId;

/// So many of the least recently used entries are looked through for ones that are too old, at each look-up.
///
/// Spec: framework/local-cryptographic-materials-cache.md#entry-pruning-tail-size
const PRUNING_TAIL_SIZE: usize = 10;

/// What has been encrypted, or is about to be.
///
/// Spec: framework/caching-cmm.md#usage-stats
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Messages.
    pub(super) messages: u64,
    /// Plaintext, in bytes.
    pub(super) bytes: u64,
}

impl Usage {
    /// One message to encrypt, with a plaintext of at most so many bytes.
    pub(super) fn of_message(bytes: u64) -> Self {
        Self { messages: 1, bytes }
    }

    /// Both together, when the limits allow so much.
    fn within(self, more: Self, limits: &CacheLimits) -> Option<Self> {
        let messages = self.messages.checked_add(more.messages)?;
        let bytes = self.bytes.checked_add(more.bytes)?;
        (messages <= limits.max_messages && bytes <= limits.max_bytes).then_some(Self { messages, bytes })
    }
}

/// Entries, at most as many as the limits' capacity. Materials are dropped with their entry.
pub(super) struct Entries<T> {
    limits: CacheLimits,
    by_id: HashMap<CacheId, Entry<T>>,
    /// The least recently used first.
    by_use: BTreeMap<u64, CacheId>,
    uses: u64,
}

struct Entry<T> {
    materials: T,
    created: Instant,
    usage: Usage,
    last_use: u64,
}

impl<T: Clone> Entries<T> {
    pub(super) fn new(limits: CacheLimits) -> Self {
        Self { limits, by_id: HashMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }

    /// The materials of an entry, which now count as used for this too; an entry that cannot be used for it is evicted.
    ///
    /// Spec: framework/local-cryptographic-materials-cache.md#get-cache-entry
    pub(super) fn take(&mut self, id: CacheId, usage: Usage, now: Instant) -> Option<T> {
        self.prune(now);
        let entry = self.by_id.get(&id)?;
        let allowed = entry.usage.within(usage, &self.limits).filter(|_| !self.is_too_old(entry, now));
        let Some(allowed) = allowed else {
            self.evict(id);
            return None;
        };
        let last_use = self.next_use();
        let entry = self.by_id.get_mut(&id)?;
        self.by_use.remove(&entry.last_use);
        self.by_use.insert(last_use, id);
        (entry.usage, entry.last_use) = (allowed, last_use);
        Some(entry.materials.clone())
    }

    /// Adds an entry that has been used for this, in the place of one with its id; the least recently used ones are
    /// evicted when there are too many.
    ///
    /// Spec: framework/local-cryptographic-materials-cache.md#put-cache-entry
    pub(super) fn put(&mut self, id: CacheId, materials: T, usage: Usage, now: Instant) {
        self.evict(id);
        let last_use = self.next_use();
        self.by_use.insert(last_use, id);
        self.by_id.insert(id, Entry { materials, created: now, usage, last_use });
        while self.by_id.len() > self.limits.capacity.get() {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.by_id.remove(&oldest);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.by_id.len()
    }

    fn is_too_old(&self, entry: &Entry<T>, now: Instant) -> bool {
        now.saturating_duration_since(entry.created) >= self.limits.max_age
    }

    /// Spec: framework/local-cryptographic-materials-cache.md#pruning
    fn prune(&mut self, now: Instant) {
        let tail: Vec<_> = self.by_use.values().take(PRUNING_TAIL_SIZE).copied().collect();
        for id in tail {
            if self.by_id.get(&id).is_some_and(|entry| self.is_too_old(entry, now)) {
                self.evict(id);
            }
        }
    }

    fn evict(&mut self, id: CacheId) {
        if let Some(entry) = self.by_id.remove(&id) {
            self.by_use.remove(&entry.last_use);
        }
    }

    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Weak};
    use std::time::Duration;

    use super::*;
    use crate::context::EncryptionContext;
    use crate::message::cache::id::Partition;
    use crate::suite::AlgorithmSuite;

    fn id(name: &str) -> CacheId {
        let mut context = EncryptionContext::new();
        context.insert("name", name).expect("a pair");
        let partition = Partition::random().expect("random bytes");
        partition.encryption_id(AlgorithmSuite::DEFAULT, &context, &EncryptionContext::new()).expect("short")
    }

    fn limits(capacity: usize) -> CacheLimits {
        CacheLimits::new(capacity, Duration::from_secs(60)).expect("limits")
    }

    fn message(bytes: u64) -> Usage {
        Usage::of_message(bytes)
    }

    #[test]
    fn as_many_messages_as_allowed_and_no_more() {
        let now = Instant::now();
        let limits = limits(1).with_max_messages(3).expect("a limit");
        let mut entries = Entries::new(limits);
        let id = id("a");
        entries.put(id, "key", message(1), now);
        assert_eq!(entries.take(id, message(1), now), Some("key"));
        assert_eq!(entries.take(id, message(1), now), Some("key"));
        assert_eq!(entries.take(id, message(1), now), None);
        assert_eq!(entries.count(), 0, "it is used up, and evicted");
    }

    #[test]
    fn as_many_bytes_as_allowed_and_no_more() {
        let now = Instant::now();
        let limits = limits(1).with_max_bytes(100).expect("a limit");
        let id = id("a");
        for (last, found) in [(10, Some("key")), (11, None), (u64::MAX, None)] {
            let mut entries = Entries::new(limits);
            entries.put(id, "key", message(60), now);
            assert_eq!(entries.take(id, message(30), now), Some("key"));
            assert_eq!(entries.take(id, message(last), now), found, "{last}");
            // What has no plaintext needs no room for it.
            assert_eq!(entries.take(id, message(0), now), found);
        }
    }

    #[test]
    fn an_entry_lives_shorter_than_its_age_however_often_it_is_used() {
        let born = Instant::now();
        let id = id("a");
        let mut entries = Entries::new(limits(1));
        entries.put(id, "key", Usage::default(), born);
        for seconds in [0, 30, 59] {
            let now = born + Duration::from_secs(seconds);
            assert_eq!(entries.take(id, Usage::default(), now), Some("key"));
        }
        let last = born + Duration::from_secs(60) - Duration::from_nanos(1);
        assert_eq!(entries.take(id, Usage::default(), last), Some("key"));
        assert_eq!(entries.take(id, Usage::default(), born + Duration::from_secs(60)), None);
        assert_eq!(entries.count(), 0);
    }

    #[test]
    fn the_least_recently_used_gives_way() {
        let now = Instant::now();
        let [a, b, c] = ["a", "b", "c"].map(id);
        let mut entries = Entries::new(limits(2));
        entries.put(a, "a", Usage::default(), now);
        entries.put(b, "b", Usage::default(), now);
        assert_eq!(entries.take(a, Usage::default(), now), Some("a"));
        entries.put(c, "c", Usage::default(), now);
        assert_eq!(entries.count(), 2);
        assert_eq!(entries.take(b, Usage::default(), now), None);
        assert_eq!(entries.take(a, Usage::default(), now), Some("a"));
        assert_eq!(entries.take(c, Usage::default(), now), Some("c"));
        // In the place of its predecessor, and of nothing else.
        entries.put(a, "a again", Usage::default(), now);
        assert_eq!(entries.take(c, Usage::default(), now), Some("c"));
        assert_eq!(entries.take(a, Usage::default(), now), Some("a again"));
    }

    #[test]
    fn what_leaves_the_cache_is_dropped() {
        let born = Instant::now();
        let key = || Arc::new(7);
        let gone = |weak: &[Weak<i32>]| weak.iter().filter(|weak| weak.upgrade().is_none()).count();
        let mut entries = Entries::new(limits(8).with_max_messages(1).expect("a limit"));
        let ids: Vec<_> = (0..9).map(|n| id(&n.to_string())).collect();
        let keys: Vec<_> = ids
            .iter()
            .map(|id| {
                let key = key();
                let weak = Arc::downgrade(&key);
                entries.put(*id, key, message(0), born);
                weak
            })
            .collect();
        assert_eq!(gone(&keys), 1, "over capacity");
        assert_eq!(entries.take(ids[8], message(0), born), None);
        assert_eq!(gone(&keys), 2, "used up");
        // Looking for something else is enough.
        assert_eq!(entries.take(ids[0], message(0), born + Duration::from_secs(60)), None);
        assert_eq!(gone(&keys), 9, "too old");
    }
}
