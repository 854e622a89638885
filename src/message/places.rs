//! Where the encrypted data keys of one message are asked for.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::keyring::{Patience, Place, Refusal};

/// The places that are still to be asked, those that did not answer, and the time that they share.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// How many attempts are still to come at each place that has a name.
    ahead: HashMap<String, usize>,
    /// How many are still to come at places that have none: each may be another one.
    unnamed: usize,
    silent: HashSet<String>,
    spent: Cell<Duration>,
}

impl Places {
    /// The places of all attempts that will be made.
    pub(super) fn of<'a>(places: impl Iterator<Item = &'a Place>) -> Self {
        let mut all = Self::default();
        for place in places {
            match place.name.is_empty() {
                true => all.unnamed += 1,
                false => *all.ahead.entry(place.name.clone()).or_default() += 1,
            }
        }
        all
    }

    /// Begins the next attempt, which is at this place: how long it may take, so that every other place that is still
    /// to be asked has as much.
    ///
    /// # Errors
    /// [`Refusal::PassedOver`]: the place did not answer before.
    pub(super) fn begin(&mut self, place: Option<&Place>) -> Result<Patience<'_>, Refusal> {
        let others = match place {
            Some(place) if place.name.is_empty() => {
                self.unnamed = self.unnamed.saturating_sub(1);
                self.ahead.len()
            }
            Some(place) if self.silent.contains(&place.name) => {
                return Err(Refusal::PassedOver { place: place.name.clone() });
            }
            Some(place) => self.others(&place.name),
            None => self.ahead.len(),
        };
        Ok(Patience::of(&self.spent).sharing_with(others + self.unnamed))
    }

    /// The places that have names, without this one, where an attempt is less to come.
    fn others(&mut self, name: &str) -> usize {
        match self.ahead.get_mut(name) {
            Some(left) if *left > 1 => {
                *left -= 1;
                self.ahead.len() - 1
            }
            _ => {
                self.ahead.remove(name);
                self.ahead.len()
            }
        }
    }

    /// The place did not answer: it is not asked again.
    pub(super) fn fall_silent(&mut self, place: Option<&Place>) {
        if let Some(place) = place.filter(|place| !place.name.is_empty()) {
            self.ahead.remove(&place.name);
            self.silent.insert(place.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn place(name: &str) -> Place {
        Place { name: name.to_owned(), is_own: false }
    }

    #[test]
    fn each_place_has_a_share_however_many_keys_it_has() {
        let all = ["near", "near", "near", "far", ""].map(place);
        let mut places = Places::of(all.iter());
        for (place, seconds) in all.iter().zip([20, 20, 20, 30, 60]) {
            let share = places.begin(Some(place)).map(|patience| patience.share_of(MINUTE));
            assert_eq!(share.ok(), Some(Duration::from_secs(seconds)), "{place:?}");
        }
    }

    #[test]
    fn a_silent_place_is_passed_over_and_has_no_share_any_more() {
        let all = ["near", "near", "far", "far"].map(place);
        let mut places = Places::of(all.iter());
        places.begin(Some(&all[0])).expect("not asked yet").spend(MINUTE / 2);
        places.fall_silent(Some(&all[0]));
        assert!(matches!(places.begin(Some(&all[1])), Err(Refusal::PassedOver { place }) if place == "near"));
        let far = places.begin(Some(&all[2])).expect("not asked yet");
        assert_eq!(far.share_of(MINUTE), MINUTE / 2);
    }

    #[test]
    fn keys_that_are_here_take_no_share() {
        let all = ["near", "far"].map(place);
        let mut places = Places::of(all.iter());
        assert!(places.begin(None).is_ok());
        let near = places.begin(Some(&all[0])).expect("not asked yet");
        assert_eq!(near.share_of(MINUTE), MINUTE / 2);
    }
}
