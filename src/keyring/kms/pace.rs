//! How many calls are under way, and how fast they follow one another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets calls begin one by one: never more at once than allowed, and evenly spaced when a rate is set.
#[derive(Debug)]
pub(super) struct Pace {
    in_flight: Arc<Semaphore>,
    /// The time between two requests, and when the next may be sent.
    schedule: Option<(Duration, Mutex<Instant>)>,
}

impl Pace {
    /// `calls_in_flight` at once, `calls_per_second` of them a second.
    pub(super) fn new(calls_in_flight: usize, calls_per_second: Option<f64>) -> Self {
        let interval = calls_per_second.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok());
        Self {
            in_flight: Arc::new(Semaphore::new(calls_in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            schedule: interval.map(|interval| (interval, Mutex::new(Instant::now()))),
        }
    }

    /// Waits until a call may begin. It is under way until what this gives is dropped.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.in_flight).acquire_owned().await.ok();
        if let Some(begin) = self.next() {
            tokio::time::sleep_until(begin.into()).await;
        }
        permit
    }

    /// Takes the next place in the schedule, and says when it is.
    fn next(&self) -> Option<Instant> {
        let (interval, next) = self.schedule.as_ref()?;
        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = (*next).max(Instant::now());
        *next = begin + *interval;
        Some(begin)
    }

    /// A request that was sent again takes a place as well, so that those after it wait.
    pub(super) fn count_again(&self) {
        self.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::kms::runtime::Driver;

    #[test]
    fn calls_are_spaced_evenly_and_repeats_count() {
        let driver = Driver::start().expect("a thread");
        let pace = Arc::new(Pace::new(32, Some(20.0)));
        let begun = Instant::now();
        let run = |pace: Arc<Pace>| driver.run(async move { pace.turn().await.is_some() });
        for _ in 0..3 {
            assert_eq!(run(pace.clone()), Some(true));
        }
        assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
        pace.count_again();
        run(pace);
        assert!(begun.elapsed() >= Duration::from_millis(200), "{:?}", begun.elapsed());
    }

    #[test]
    fn no_more_calls_than_allowed_are_under_way() {
        let driver = Driver::start().expect("a thread");
        let pace = Arc::new(Pace::new(2, None));
        let free = driver.run(async move {
            let held = (pace.turn().await, pace.turn().await);
            let waited = tokio::time::timeout(Duration::from_millis(50), pace.turn()).await.is_err();
            drop(held);
            (waited, pace.turn().await.is_some())
        });
        assert_eq!(free, Some((true, true)));
    }
}
