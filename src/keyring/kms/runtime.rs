//! The one thread that drives every call to KMS.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::task::AbortHandle;

/// A runtime on a thread of its own: calls of several threads overlap, and connections that the server closes between
/// two calls are noticed.
pub(super) struct Driver {
    handle: Handle,
    /// Ends the thread: the runtime lasts as long as this task.
    lifetime: AbortHandle,
}

impl Driver {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`io::Error`] when the system gives no thread or no event queue.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let task = runtime.spawn(std::future::pending::<()>());
        let lifetime = task.abort_handle();
        thread::Builder::new().name("esdk-kms".to_owned()).spawn(move || {
            // Ends with the abort, and the runtime with it.
            let _ = runtime.block_on(task);
        })?;
        Ok(Self { handle, lifetime })
    }

    /// Runs `future` on the thread and waits for what it gives. `None` when it panicked.
    pub(super) fn run<F>(&self, future: F) -> Option<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Nobody waits any more: then nobody wants it.
            let _ = sender.send(future.await);
        });
        receiver.recv().ok()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.lifetime.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn calls_of_several_threads_overlap() {
        let driver = Driver::start().expect("a thread");
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| driver.run(async { tokio::time::sleep(Duration::from_millis(100)).await }));
            }
        });
        assert!(begun.elapsed() < Duration::from_millis(500));
    }

    #[test]
    fn a_panic_is_no_answer() {
        let driver = Driver::start().expect("a thread");
        assert_eq!(driver.run(async { 1 }), Some(1));
        assert_eq!(driver.run(async { assert!(Instant::now().elapsed().as_secs() > 1000) }), None);
        assert_eq!(driver.run(async { 2 }), Some(2));
    }
}
