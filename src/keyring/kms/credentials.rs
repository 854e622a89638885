//! Whether there are credentials: one call finds it out, and all others of the run wait for what it finds.
//!
//! The SDK keeps the credentials that it had and looks for them once at a time. That there are none it does not keep:
//! each call that had waited would look again, through files, containers and instances that are not there.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::failure::{KmsFailure, KmsFailureKind};

/// The credentials of one profile and role, as far as the run knows of them.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Debug)]
enum Known {
    /// Nothing; or that whoever looked last failed for the moment, which counts for those who waited for him.
    Nothing(Option<KmsFailure>),
    /// Somebody is looking.
    Sought,
    /// They are there.
    Had,
    /// There are none.
    Missing(KmsFailure),
}

impl Default for Known {
    fn default() -> Self {
        Self::Nothing(None)
    }
}

impl Credentials {
    /// Waits while somebody else looks for them. Then the caller goes on, and looks himself when nothing is known yet.
    ///
    /// # Errors
    /// [`KmsFailure`]: there are none, or whoever looked meanwhile failed for the moment.
    pub(super) fn begin(&self) -> Result<Search<'_>, KmsFailure> {
        let mut known = self.known();
        let mut has_waited = false;
        loop {
            match &*known {
                Known::Missing(failure) => return Err(failure.clone()),
                Known::Nothing(Some(failure)) if has_waited => return Err(failure.clone()),
                Known::Nothing(_) => {
                    *known = Known::Sought;
                    return Ok(Search { credentials: self, is_mine: true });
                }
                Known::Had => return Ok(Search { credentials: self, is_mine: false }),
                Known::Sought => {
                    has_waited = true;
                    known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// A request could be signed.
    pub(super) fn had(&self) {
        self.learn(Known::Had);
    }

    fn learn(&self, news: Known) {
        *self.known() = news;
        self.changed.notify_all();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that needs the credentials. When it ends without having said what it found, the next one looks.
pub(super) struct Search<'a> {
    credentials: &'a Credentials,
    is_mine: bool,
}

impl Search<'_> {
    /// The call failed before anything was sent. Faults of the moment count for those who are waiting; that there are
    /// no credentials counts for the rest of the run. Once there were some, neither counts for others: what could not be
    /// renewed just now may come the next time.
    pub(super) fn failed(self, failure: &KmsFailure) {
        if !self.is_mine {
            return;
        }
        let news = match failure.kind {
            KmsFailureKind::NoCredentials => Known::Missing(failure.clone()),
            kind if kind.is_passing() => Known::Nothing(Some(failure.clone())),
            _ => return,
        };
        self.credentials.learn(news);
    }
}

impl Drop for Search<'_> {
    fn drop(&mut self) {
        if self.is_mine && matches!(*self.credentials.known(), Known::Sought) {
            self.credentials.learn(Known::Nothing(None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::kms::failure::KmsOperation;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    fn failure(kind: KmsFailureKind) -> KmsFailure {
        KmsFailure::new(KmsOperation::Decrypt, "alias/a", kind)
    }

    /// What eight callers find while the first of them looks, and how many looked.
    fn found_by_eight(outcome: Option<KmsFailureKind>, credentials: &Credentials) -> (usize, usize) {
        let (looked, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let first = credentials.begin().expect("nothing is known");
        thread::scope(|scope| {
            let waiting: Vec<_> = (0..7)
                .map(|_| {
                    scope.spawn(|| match credentials.begin() {
                        Ok(search) => looked.fetch_add(usize::from(search.is_mine), Ordering::Relaxed),
                        Err(_) => refused.fetch_add(1, Ordering::Relaxed),
                    })
                })
                .collect();
            looked.fetch_add(usize::from(first.is_mine), Ordering::Relaxed);
            match outcome {
                Some(kind) => first.failed(&failure(kind)),
                None => credentials.had(),
            }
            waiting.into_iter().for_each(|caller| drop(caller.join()));
        });
        (looked.into_inner(), refused.into_inner())
    }

    #[test]
    fn one_looks_and_all_know() {
        let credentials = Credentials::default();
        assert_eq!(found_by_eight(None, &credentials), (1, 0));
        assert!(credentials.begin().is_ok_and(|search| !search.is_mine));
    }

    #[test]
    fn that_there_are_none_counts_for_the_rest_of_the_run() {
        let credentials = Credentials::default();
        assert_eq!(found_by_eight(Some(KmsFailureKind::NoCredentials), &credentials), (1, 7));
        assert!(credentials.begin().is_err());
    }

    #[test]
    fn a_fault_of_the_moment_counts_for_those_who_waited() {
        let credentials = Credentials::default();
        let has_shared = (0..10).any(|pause| {
            let first = credentials.begin().expect("it is looked for again");
            thread::scope(|scope| {
                let second = scope.spawn(|| credentials.begin().is_err());
                // Until the second one waits; on a busy machine he may come when it is over, and look himself.
                thread::sleep(Duration::from_millis(1 << pause));
                first.failed(&failure(KmsFailureKind::TimedOut));
                second.join().expect("no panic")
            })
        });
        assert!(has_shared);
        assert!(credentials.begin().is_ok_and(|search| search.is_mine));
    }

    #[test]
    fn credentials_that_could_not_be_renewed_once_are_asked_for_again() {
        for kind in [KmsFailureKind::NoCredentials, KmsFailureKind::TimedOut] {
            let credentials = Credentials::default();
            drop(credentials.begin());
            credentials.had();
            credentials.begin().expect("there were some").failed(&failure(kind));
            assert!(credentials.begin().is_ok_and(|search| !search.is_mine));
        }
    }

    #[test]
    fn a_call_that_says_nothing_leaves_the_search_to_the_next() {
        let credentials = Credentials::default();
        drop(credentials.begin());
        credentials.begin().expect("nothing is known").failed(&failure(KmsFailureKind::Other));
        assert!(credentials.begin().is_ok_and(|search| search.is_mine));
    }
}
