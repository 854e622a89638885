//! The entries of one kind, used by many threads at once.
//!
//! Of those who miss one entry at the same time, one asks for new materials and the others wait for what comes of it:
//! one call, not many, when it works and when it fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::CacheLimits;
use super::entries::{Entries, Usage};
use super::id::CacheId;

/// What tells the time.
pub(super) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What came of asking.
pub(in crate::message) enum Asked<T, F> {
    /// Materials for every message that looks for this entry.
    Materials(T),
    /// A failure that every message has that looks for this entry.
    Failure(F),
    /// A failure that tells nothing about other messages.
    Own,
}

/// What came of looking for an entry.
pub(in crate::message) enum Found<R, T, F> {
    /// It was there, or somebody else has just asked for it.
    Materials(T),
    /// It was not there, and this is what asking gave.
    Own(R),
    /// Somebody else has just asked for it, and failed.
    Failure(Arc<F>),
    /// Somebody else has just asked for it, and that tells nothing about this message.
    Nothing,
}

/// Entries, and who is just asking for which.
pub(super) struct Shelf<T, F> {
    clock: Clock,
    state: Mutex<State<T, F>>,
    landed: Condvar,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct State<T, F> {
    entries: Entries<T>,
    flights: HashMap<CacheId, Flight<F>>,
}

/// One who asks and those who wait for it; set when it has ended.
type Flight<F> = Arc<OnceLock<Outcome<F>>>;

enum Outcome<F> {
    /// There is an entry now.
    Entry,
    Failure(Arc<F>),
    Nothing,
}

impl<T: Clone, F> Shelf<T, F> {
    pub(super) fn new(limits: CacheLimits, clock: Clock) -> Self {
        let state = State { entries: Entries::new(limits), flights: HashMap::new() };
        Self {
            clock,
            state: Mutex::new(state),
            landed: Condvar::new(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Looks for an entry and accounts for its use, both at once. When there is none that can be used, `ask` is called,
    /// or somebody else's answer waited for. The materials that `ask` gives make an entry.
    pub(super) fn look_up<R>(
        &self,
        id: CacheId,
        usage: Usage,
        ask: impl FnOnce() -> (R, Asked<T, F>),
    ) -> Found<R, T, F> {
        let mut state = self.lock();
        loop {
            if let Some(materials) = state.entries.take(id, usage, (self.clock)()) {
                self.hits.fetch_add(1, Ordering::Relaxed);
                return Found::Materials(materials);
            }
            let Some(flight) = state.flights.get(&id).cloned() else { break };
            let is_under_way = |_: &mut State<T, F>| flight.get().is_none();
            let waited = self.landed.wait_while(state, is_under_way);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            match flight.get() {
                Some(Outcome::Failure(failure)) => return Found::Failure(Arc::clone(failure)),
                Some(Outcome::Nothing) => return Found::Nothing,
                // The entry may have been used up meanwhile.
                Some(Outcome::Entry) | None => {}
            }
        }
        let flight = Flight::default();
        state.flights.insert(id, Arc::clone(&flight));
        drop(state);
        self.misses.fetch_add(1, Ordering::Relaxed);
        let mut asking = Asking { shelf: self, id, flight, usage, asked: Asked::Own };
        let (own, asked) = ask();
        asking.asked = asked;
        Found::Own(own)
    }

    /// How often an entry was found, and how often it had to be asked for.
    pub(super) fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// How many entries there are.
    pub(super) fn count(&self) -> usize {
        self.lock().entries.count()
    }

    fn lock(&self) -> MutexGuard<'_, State<T, F>> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one who asks. When it is dropped, whatever happened, those who wait go on.
struct Asking<'a, T: Clone, F> {
    shelf: &'a Shelf<T, F>,
    id: CacheId,
    flight: Flight<F>,
    usage: Usage,
    asked: Asked<T, F>,
}

impl<T: Clone, F> Drop for Asking<'_, T, F> {
    fn drop(&mut self) {
        let now = (self.shelf.clock)();
        // The entry and the end of the flight are seen together, or neither.
        let mut state = self.shelf.lock();
        let outcome = match std::mem::replace(&mut self.asked, Asked::Own) {
            Asked::Materials(materials) => {
                state.entries.put(self.id, materials, self.usage, now);
                Outcome::Entry
            }
            Asked::Failure(failure) => Outcome::Failure(Arc::new(failure)),
            Asked::Own => Outcome::Nothing,
        };
        self.flight.get_or_init(|| outcome);
        state.flights.remove(&self.id);
        drop(state);
        self.shelf.landed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::context::EncryptionContext;
    use crate::message::cache::id::Partition;
    use crate::suite::AlgorithmSuite;

    const THREADS: usize = 16;

    type TestShelf = Shelf<usize, &'static str>;

    fn shelf(capacity: usize) -> TestShelf {
        let limits = CacheLimits::new(capacity, Duration::from_secs(60)).expect("limits");
        Shelf::new(limits, Arc::new(Instant::now))
    }

    fn id(name: &str) -> CacheId {
        let mut context = EncryptionContext::new();
        context.insert("name", name).expect("a pair");
        let partition = Partition::random().expect("random bytes");
        partition.encryption_id(AlgorithmSuite::DEFAULT, &context, &EncryptionContext::new()).expect("short")
    }

    /// What a look-up came to, as text.
    fn outcome(found: Found<&'static str, usize, &'static str>) -> String {
        match found {
            Found::Materials(number) => format!("found {number}"),
            Found::Own(own) => format!("own {own}"),
            Found::Failure(failure) => format!("failure {failure}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    /// One thread asks and ends like this when all others wait for it; gives the others' outcomes and how often was asked.
    fn all_wait_for(
        end: impl FnOnce() -> (&'static str, Asked<usize, &'static str>) + Send,
    ) -> (Vec<String>, usize) {
        let (shelf, id, calls) = (shelf(1), id("a"), AtomicUsize::new(1));
        let (begun, has_begun) = mpsc::channel();
        let flight = || shelf.lock().flights.get(&id).cloned();
        let waiting = || flight().map_or(0, |flight| Arc::strong_count(&flight));
        let outcomes = thread::scope(|scope| {
            let (shelf, calls, waiting) = (&shelf, &calls, &waiting);
            scope.spawn(move || {
                let ask = || {
                    begun.send(()).expect("somebody waits for it");
                    // The map's, this thread's, the one that counts, and one for each that waits.
                    while waiting() < THREADS + 2 {
                        thread::sleep(Duration::from_millis(1));
                    }
                    end()
                };
                // A panic is one of the ends.
                let _ = catch_unwind(AssertUnwindSafe(|| shelf.look_up(id, Usage::default(), ask)));
            });
            has_begun.recv().expect("it begins");
            let others: Vec<_> = (1..THREADS)
                .map(|_| {
                    scope.spawn(move || {
                        outcome(shelf.look_up(id, Usage::default(), || {
                            calls.fetch_add(1, Ordering::Relaxed);
                            ("asked", Asked::Materials(2))
                        }))
                    })
                })
                .collect();
            others.into_iter().map(|other| other.join().expect("no panic")).collect()
        });
        assert!(flight().is_none());
        (outcomes, calls.into_inner())
    }

    #[test]
    fn of_sixteen_that_miss_one_asks_and_all_have_what_it_got() {
        let (outcomes, calls) = all_wait_for(|| ("asked", Asked::Materials(1)));
        assert_eq!((outcomes, calls), (vec!["found 1".to_owned(); THREADS - 1], 1));
    }

    #[test]
    fn of_sixteen_that_miss_one_asks_and_all_have_its_failure() {
        let (outcomes, calls) = all_wait_for(|| ("asked", Asked::Failure("throttled")));
        assert_eq!((outcomes, calls), (vec!["failure throttled".to_owned(); THREADS - 1], 1));
    }

    #[test]
    fn a_failure_that_tells_nothing_of_others_is_nobody_elses() {
        let (outcomes, calls) = all_wait_for(|| ("asked", Asked::Own));
        assert_eq!((outcomes, calls), (vec!["nothing".to_owned(); THREADS - 1], 1));
    }

    #[test]
    fn nobody_waits_for_one_who_panicked() {
        let (outcomes, calls) = all_wait_for(|| panic!("planned by the test"));
        assert_eq!((outcomes, calls), (vec!["nothing".to_owned(); THREADS - 1], 1));
    }

    #[test]
    fn a_failure_is_forgotten_once_it_has_been_told() {
        let (shelf, id) = (shelf(1), id("a"));
        let ask = |asked| outcome(shelf.look_up(id, Usage::default(), || ("asked", asked)));
        assert_eq!(ask(Asked::Failure("throttled")), "own asked");
        assert_eq!(ask(Asked::Own), "own asked");
        assert_eq!(ask(Asked::Materials(1)), "own asked");
        assert_eq!(ask(Asked::Materials(2)), "found 1");
        assert_eq!(shelf.hits_and_misses(), (1, 3));
    }

    #[test]
    fn who_looks_for_another_entry_does_not_wait() {
        let shelf = shelf(2);
        let ids = [id("a"), id("b")];
        let (arrived, both) = (AtomicUsize::new(0), Duration::from_secs(10));
        thread::scope(|scope| {
            for id in ids {
                let (shelf, arrived) = (&shelf, &arrived);
                scope.spawn(move || {
                    shelf.look_up(id, Usage::default(), || {
                        arrived.fetch_add(1, Ordering::Relaxed);
                        let begun = Instant::now();
                        while arrived.load(Ordering::Relaxed) < 2 {
                            assert!(begun.elapsed() < both, "one waits for the other");
                            thread::yield_now();
                        }
                        ("asked", Asked::Materials(1))
                    })
                });
            }
        });
    }

    #[test]
    fn many_threads_never_use_an_entry_more_than_allowed() {
        const MESSAGES: usize = 1000;
        let limits =
            CacheLimits::new(1, Duration::from_secs(60)).and_then(|limits| limits.with_max_messages(7));
        let shelf = Shelf::<usize, ()>::new(limits.expect("limits"), Arc::new(Instant::now));
        let (id, calls) = (id("a"), AtomicUsize::new(0));
        let uses = Mutex::new(HashMap::<usize, usize>::new());
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (shelf, calls, uses) = (&shelf, &calls, &uses);
                scope.spawn(move || {
                    for _ in (thread..MESSAGES).step_by(THREADS) {
                        let ask = || {
                            let number = calls.fetch_add(1, Ordering::Relaxed);
                            (number, Asked::Materials(number))
                        };
                        let number = match shelf.look_up(id, Usage::of_message(1), ask) {
                            Found::Materials(number) | Found::Own(number) => number,
                            _ => panic!("nothing fails"),
                        };
                        *uses.lock().expect("no panic").entry(number).or_default() += 1;
                    }
                });
            }
        });
        let uses = uses.into_inner().expect("no panic");
        assert_eq!(uses.len(), MESSAGES.div_ceil(7), "no entry is wasted");
        assert!(uses.values().all(|uses| *uses <= 7));
        assert_eq!(uses.values().sum::<usize>(), MESSAGES);
    }
}
