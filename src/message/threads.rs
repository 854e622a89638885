//! The threads that seal and open, and how the work on one file is divided among them.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder, Scope};

/// How many threads seal or open at a time, whatever the number of files: shared by all who do.
///
/// Who has a file to work on does so in any case; more threads come to help while fewer than these are at work.
#[derive(Debug)]
pub struct Threads {
    limit: usize,
    at_work: AtomicUsize,
}

/// A thread at work, for as long as this lives.
struct AtWork<'a>(&'a Threads);

impl Threads {
    /// So many at a time.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self { limit: limit.get(), at_work: AtomicUsize::new(0) }
    }

    fn enter(&self) -> AtWork<'_> {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(self)
    }

    fn enter_if_free(&self) -> Option<AtWork<'_>> {
        let more = |at_work| (at_work < self.limit).then_some(at_work + 1);
        self.at_work.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| AtWork(self))
    }
}

impl Default for Threads {
    /// One for each core.
    fn default() -> Self {
        Self::new(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What one thread does.
pub(super) trait Worker<E> {
    /// Does the work of this number, or a part of it.
    ///
    /// # Errors
    /// The number of which the work failed: this one, or an earlier one of which a part was left.
    fn work(&mut self, number: u64) -> Result<(), (u64, E)>;

    /// Does what was left, also after a failure: then all that was given to [`Self::work`] before the number that failed is done.
    ///
    /// # Errors
    /// As those of [`Self::work`].
    fn end(&mut self) -> Result<(), (u64, E)>;
}

/// Has the work of each number below `count` done, by this thread and by those that are free.
///
/// `worker` makes what one thread needs; `most` threads do at once, however many are free. Nothing is begun after a failure;
/// what is in hand is done.
///
/// # Errors
/// The least number of which the work failed, and why. All below it is done.
pub(super) fn each<W: Worker<E>, E: Send>(
    threads: &Threads,
    most: usize,
    count: u64,
    worker: impl Fn() -> W + Sync,
) -> Result<(), (u64, E)> {
    let division = Division {
        threads,
        count,
        worker,
        may_join: AtomicUsize::new(most.saturating_sub(1)),
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        failure: Mutex::new(None),
    };
    let at_work = threads.enter();
    thread::scope(|scope| division.work(scope));
    drop(at_work);
    match division.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

struct Division<'a, F, E> {
    threads: &'a Threads,
    count: u64,
    worker: F,
    may_join: AtomicUsize,
    next: AtomicU64,
    is_over: AtomicBool,
    failure: Mutex<Option<(u64, E)>>,
}

impl<F, W, E: Send> Division<'_, F, E>
where
    F: Fn() -> W + Sync,
    W: Worker<E>,
{
    fn work<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let mut worker = (self.worker)();
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                break;
            }
            if number + 1 < self.count {
                self.call_another(scope);
            }
            if let Err(failure) = worker.work(number) {
                self.fail(failure);
            }
        }
        if let Err(failure) = worker.end() {
            self.fail(failure);
        }
    }

    fn fail(&self, failure: (u64, E)) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut least = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if least.as_ref().is_none_or(|(number, _)| failure.0 < *number) {
            *least = Some(failure);
        }
    }

    /// Has a free thread join in. Where the system gives none, those that are there do the work.
    fn call_another<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let one_less = |may_join: usize| may_join.checked_sub(1);
        if let Some(at_work) = self.threads.enter_if_free() {
            if self.may_join.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_err() {
                return;
            }
            let joins = move || {
                let _at_work = at_work;
                self.work(scope);
            };
            let _ = Builder::new().name("frames".to_owned()).spawn_scoped(scope, joins);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::message::BATCH_LENGTH;
    use crate::message::in_turn::{Turns, WritingInTurn};

    fn threads(limit: usize) -> Threads {
        Threads::new(NonZeroUsize::new(limit).expect("not zero"))
    }

    #[test]
    fn every_number_once_whatever_the_threads() {
        for limit in [1, 2, 7] {
            let done = Mutex::new(Vec::new());
            let threads = threads(limit);
            let turns = Turns::of(BATCH_LENGTH);
            let write = |number, _: &()| {
                done.lock().expect("no panic").push(number);
                Ok::<_, ()>(())
            };
            let worker = || WritingInTurn::new(&turns, |_, _| Ok(()), write);
            each(&threads, 100, 1000, worker).expect("nothing fails");
            let mut done = done.into_inner().expect("no panic");
            done.sort_unstable();
            assert!(done.iter().copied().eq(0..1000));
            assert_eq!(threads.at_work.into_inner(), 0);
        }
    }

    #[test]
    fn no_more_threads_than_may_be_at_work() {
        let threads = threads(3);
        let others = [threads.enter(), threads.enter()];
        let seen = Mutex::new(BTreeSet::new());
        let turns = Turns::of(BATCH_LENGTH);
        let make = |_, _| {
            seen.lock().expect("no panic").insert(format!("{:?}", thread::current().id()));
            Ok::<_, ()>(())
        };
        let worker = || WritingInTurn::new(&turns, make, |_, _: &()| Ok(()));
        each(&threads, 100, 1000, worker).expect("nothing fails");
        assert_eq!(seen.into_inner().expect("no panic").len(), 1);
        drop(others);
    }

    #[test]
    fn all_below_the_failure_that_is_told_is_done() {
        for limit in [1, 4] {
            let done = Mutex::new(BTreeSet::new());
            let turns = Turns::of(BATCH_LENGTH);
            let make = |number, _| if number >= 500 && number % 3 == 0 { Err(number) } else { Ok(()) };
            let write = |number, _: &()| {
                done.lock().expect("no panic").insert(number);
                Ok(())
            };
            let worker = || WritingInTurn::new(&turns, make, write);
            let (number, error) = each(&threads(limit), 100, 1000, worker).expect_err("it fails");
            assert_eq!((number, error), (501, 501));
            let done = done.into_inner().expect("no panic");
            assert!((0..501).all(|number| done.contains(&number)));
        }
    }
    #[test]
    fn what_is_left_at_a_failure_can_fail_as_well() {
        let turns = Turns::of(BATCH_LENGTH);
        let (to, failing) = std::sync::mpsc::sync_channel(0);
        let turn = turns.lock();
        thread::scope(|scope| {
            let turns = &turns;
            let working = scope.spawn(move || {
                let make = |number, _| match number {
                    2 => {
                        to.send(()).expect("somebody waits");
                        Err("made")
                    }
                    _ => Ok(()),
                };
                let write = |number, _: &()| if number == 1 { Err("written") } else { Ok(()) };
                each(&threads(1), 1, 10, || WritingInTurn::new(turns, make, write))
            });
            failing.recv().expect("it comes to that");
            drop(turn);
            assert_eq!(working.join().expect("no panic"), Err((1, "written")));
        });
    }
}
