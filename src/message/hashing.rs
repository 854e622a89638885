//! The hash of a signed message: in order, on a thread of its own once there is more than one batch to hash.
//!
//! Sealing 4 KiB frames is ten times as fast as hashing them with SHA-384, so that everything else happens while one
//! batch is hashed.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::BATCH_LENGTH;
use crate::crypto::signature::MessageHash;

/// Batches that are with the hashing thread at a time: they bound the memory.
const MAX_IN_FLIGHT: usize = 3;
/// A batch with more bytes is not kept in flight beside others.
const MAX_BYTES_IN_FLIGHT: usize = 1 << 20;

/// Bytes of a message that are hashed and given back.
pub(super) trait Hashed: Send + 'static {
    /// What is hashed.
    fn hashed(&self) -> &[u8];
}

/// The hash over every batch, in the order in which they came.
#[derive(Debug)]
pub(super) struct Hashing<B> {
    /// Here until there is more than a batch to hash.
    hash: Option<MessageHash>,
    /// How many bytes were hashed without a thread.
    hashed: usize,
    thread: Option<HashingThread<B>>,
    in_flight: usize,
}

#[derive(Debug)]
struct HashingThread<B> {
    /// The channels to it and from it; none once it is to end.
    channels: Option<(SyncSender<B>, Receiver<B>)>,
    /// None once it has ended.
    handle: Option<JoinHandle<MessageHash>>,
}

impl<B: Hashed> Hashing<B> {
    /// Goes on from a hash that has taken in the header.
    pub(super) fn new(hash: MessageHash) -> Self {
        Self { hash: Some(hash), hashed: 0, thread: None, in_flight: 0 }
    }

    /// Has a batch hashed; gives the oldest batch back, hashed, when no more can be in flight.
    ///
    /// # Errors
    /// [`io::Error`]: no thread can be had.
    pub(super) fn hash(&mut self, batch: B) -> io::Result<Option<B>> {
        if let Some(hash) = self.hash.as_mut().filter(|_| self.hashed < BATCH_LENGTH) {
            hash.update(batch.hashed());
            self.hashed += batch.hashed().len();
            return Ok(Some(batch));
        }
        let is_large = batch.hashed().len() > MAX_BYTES_IN_FLIGHT;
        if let Some(hash) = self.hash.take() {
            self.thread = Some(HashingThread::start(hash)?);
        }
        let (to, _) = self.channels().ok_or_else(ended)?;
        to.send(batch).map_err(|_| ended())?;
        self.in_flight += 1;
        if is_large || self.in_flight >= MAX_IN_FLIGHT { self.next() } else { Ok(None) }
    }

    /// Gives the oldest batch in flight back; `None` when there is none.
    ///
    /// # Errors
    /// [`io::Error`]: the thread has ended.
    pub(super) fn next(&mut self) -> io::Result<Option<B>> {
        match self.channels() {
            Some((_, from)) if self.in_flight > 0 => {
                let batch = from.recv().map_err(|_| ended())?;
                self.in_flight -= 1;
                Ok(Some(batch))
            }
            _ => Ok(None),
        }
    }

    fn channels(&self) -> Option<&(SyncSender<B>, Receiver<B>)> {
        self.thread.as_ref()?.channels.as_ref()
    }

    /// The hash over everything.
    ///
    /// # Errors
    /// [`io::Error`]: the thread has ended before.
    pub(super) fn finish(self) -> io::Result<MessageHash> {
        match (self.hash, self.thread) {
            (Some(hash), _) => Ok(hash),
            (None, Some(mut thread)) => thread.end().ok_or_else(ended),
            (None, None) => Err(ended()),
        }
    }
}

impl<B: Hashed> HashingThread<B> {
    fn start(mut hash: MessageHash) -> io::Result<Self> {
        let (to, batches) = sync_channel::<B>(MAX_IN_FLIGHT);
        let (back, from) = sync_channel::<B>(MAX_IN_FLIGHT);
        let work = move || {
            for batch in batches {
                hash.update(batch.hashed());
                // At the end nobody waits for batches, and all that were sent are hashed nevertheless.
                let _ = back.send(batch);
            }
            hash
        };
        let handle = Builder::new().name("hash".to_owned()).spawn(work)?;
        Ok(Self { channels: Some((to, from)), handle: Some(handle) })
    }
}

impl<B> HashingThread<B> {
    /// Waits until it has hashed what it was given; none when it has ended before.
    fn end(&mut self) -> Option<MessageHash> {
        self.channels = None;
        self.handle.take()?.join().ok()
    }
}

impl<B> Drop for HashingThread<B> {
    /// Nothing of a message that failed lives on: neither the thread nor the batches that it was given.
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn ended() -> io::Error {
    io::Error::other("the hashing thread has ended")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::suite::SignatureAlgorithm;

    struct Counted {
        _alive: Arc<()>,
        bytes: Vec<u8>,
    }

    impl Hashed for Counted {
        fn hashed(&self) -> &[u8] {
            &self.bytes
        }
    }

    #[test]
    fn no_batch_is_left_with_the_thread_when_the_hashing_is_given_up() {
        let count = Arc::new(());
        let mut hashing = Hashing::new(MessageHash::new(SignatureAlgorithm::EcdsaP384Sha384));
        for _ in 0..MAX_IN_FLIGHT {
            // The first one comes back at once, the others are in flight.
            drop(
                hashing
                    .hash(Counted { _alive: count.clone(), bytes: vec![7; MAX_BYTES_IN_FLIGHT] })
                    .expect("a thread"),
            );
        }
        drop(hashing);
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
