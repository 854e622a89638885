//! How long is waited for answers while one message is opened.

use std::cell::Cell;
use std::time::Duration;

/// What one attempt may take of the time for opening a message, so that there is some left for those after it.
///
/// Each attempt has an equal share of what is left, and what it does not use is left to the others: one that is not
/// answered cannot use up the time of all. Time in which this program holds its own calls back does not count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience<'a> {
    spent: Option<&'a Cell<Duration>>,
    others: usize,
}

impl<'a> Patience<'a> {
    /// All the time there is, for the only attempt.
    pub fn whole() -> Self {
        Self::default()
    }

    /// For one of several attempts, which count together in `spent` what they have taken.
    pub fn of(spent: &'a Cell<Duration>) -> Self {
        Self { spent: Some(spent), others: 0 }
    }

    /// The same with so many attempts more that come after it.
    pub fn sharing_with(self, others: usize) -> Self {
        Self { others: self.others.saturating_add(others), ..self }
    }

    /// What this attempt may take when all of them together may take `limit`; zero when nothing is left.
    pub fn share_of(self, limit: Duration) -> Duration {
        let left = limit.saturating_sub(self.spent.map(Cell::get).unwrap_or_default());
        left / u32::try_from(self.others).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Counts what an attempt took.
    pub fn spend(self, time: Duration) {
        if let Some(spent) = self.spent {
            spent.set(spent.get().saturating_add(time));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_only_attempt_has_all_the_time() {
        assert_eq!(Patience::whole().share_of(MINUTE), MINUTE);
        Patience::whole().spend(MINUTE);
        assert_eq!(Patience::whole().share_of(MINUTE), MINUTE);
    }

    #[test]
    fn what_one_does_not_use_is_left_to_the_others() {
        let spent = Cell::new(Duration::ZERO);
        let patience = Patience::of(&spent);
        assert_eq!(patience.sharing_with(1).sharing_with(1).share_of(MINUTE), MINUTE / 3);
        patience.spend(Duration::from_secs(10));
        assert_eq!(patience.sharing_with(1).share_of(MINUTE), Duration::from_secs(25));
        patience.spend(Duration::from_secs(25));
        assert_eq!(patience.share_of(MINUTE), Duration::from_secs(25));
        patience.spend(MINUTE);
        assert_eq!(patience.share_of(MINUTE), Duration::ZERO);
        assert!(Patience::whole().sharing_with(usize::MAX).share_of(MINUTE) < Duration::from_micros(1));
    }
}
