//! The calls of a run, counted: by key, without caching and with it.

use std::collections::HashMap;

use crate::keyring::kms::KmsCall;
use crate::message::cache::forecast::Lookup;
use crate::message::forecast::MessageForecast;

/// So many calls that differ are told apart: no policy names more keys.
const MAX_TOLD_APART: usize = 1000;

/// How many calls of one kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// For so many messages it is made in any case.
    pub first: u64,
    /// For so many more it is made when what is tried before does not open the message.
    pub later: u64,
}

/// The fewest and the most that there can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The fewest.
    pub fewest: u64,
    /// The most.
    pub most: u64,
}

/// One kind of call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The call.
    pub call: KmsCall,
    /// Without a cache.
    pub uncached: Count,
    /// With one, the inputs in their order.
    pub cached: Count,
}

/// All calls of a run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rows: Vec<Row>,
    places: HashMap<KmsCall, usize>,
    /// Calls that are counted in no row.
    apart: u64,
    /// One of them for each principal and filter, all of which were typed.
    examples_apart: Vec<KmsCall>,
    /// Messages for which no call is made, because a key of this process is tried first.
    pub opened_here: u64,
    /// Without a cache.
    pub uncached: Range,
    /// With one, the inputs in their order.
    pub cached: Range,
    /// With one, whatever the order of the inputs: never less.
    pub cached_least: u64,
}

impl Tally {
    /// The rows, in the order in which their calls first came.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many calls are in no row, because there are too many different ones.
    pub fn apart(&self) -> u64 {
        self.apart
    }

    /// One of the calls in no row for each principal and discovery filter.
    pub fn examples_apart(&self) -> &[KmsCall] {
        &self.examples_apart
    }

    /// The calls that encrypting so many messages makes, with so many data keys.
    pub fn of_encrypting(calls: &[KmsCall], messages: u64, data_keys: DataKeyCount) -> Self {
        let mut tally = Self::default();
        for call in calls {
            let times = |count: u64| if call.is_once_a_run() { count.min(1) } else { count };
            let (uncached, cached) = (times(messages), times(data_keys.in_order));
            tally.add(call, |row| {
                row.uncached.first += uncached;
                row.cached.first += cached;
            });
            tally.uncached.fewest += uncached;
            tally.uncached.most += uncached;
            tally.cached.fewest += cached;
            tally.cached.most += cached;
            tally.cached_least += times(data_keys.fewest);
        }
        tally
    }

    /// Adds a message to decrypt, and what the cache would do for it.
    pub fn add_message(&mut self, forecast: &MessageForecast, lookup: Lookup) {
        let is_asked = lookup != Lookup::Hit;
        let (fewest, most) = (forecast.fewest_calls(), forecast.most_calls());
        self.opened_here += u64::from(fewest == 0);
        self.uncached.fewest += fewest;
        self.uncached.most += most;
        if is_asked {
            self.cached.fewest += fewest;
            self.cached.most += most;
        }
        if matches!(lookup, Lookup::Passed | Lookup::Miss { is_new: true }) {
            self.cached_least += fewest;
        }
        let mut is_first = fewest > 0;
        for call in forecast.attempts.iter().flat_map(|attempt| &attempt.calls) {
            let count = match is_first {
                true => Count { first: 1, later: 0 },
                false => Count { first: 0, later: 1 },
            };
            is_first = false;
            self.add(call, |row| {
                row.uncached.add(count);
                if is_asked {
                    row.cached.add(count);
                }
            });
        }
    }

    fn add(&mut self, call: &KmsCall, change: impl FnOnce(&mut Row)) {
        let place = match self.places.get(call) {
            Some(place) => *place,
            None if self.rows.len() >= MAX_TOLD_APART => {
                self.apart += 1;
                let is_alike = |other: &KmsCall| {
                    (&other.settings, &other.filter, other.has_context)
                        == (&call.settings, &call.filter, call.has_context)
                };
                if !self.examples_apart.iter().any(is_alike) {
                    self.examples_apart.push(call.clone());
                }
                return;
            }
            None => {
                self.places.insert(call.clone(), self.rows.len());
                let (uncached, cached) = (Count::default(), Count::default());
                self.rows.push(Row { call: call.clone(), uncached, cached });
                self.rows.len() - 1
            }
        };
        if let Some(row) = self.rows.get_mut(place) {
            change(row);
        }
    }
}

impl Count {
    fn add(&mut self, other: Self) {
        self.first += other.first;
        self.later += other.later;
    }
}

/// How many data keys a cache would have generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataKeyCount {
    /// With the inputs in their order.
    pub in_order: u64,
    /// Whatever the order of the inputs: never less.
    pub fewest: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::EncryptionContext;
    use crate::keyring::kms::{KmsOperation, KmsSettings};
    use crate::message::forecast::AttemptForecast;

    fn call(operation: KmsOperation, key: &str) -> KmsCall {
        let key = format!("arn:aws:kms:us-west-2:111122223333:key/{key}").parse().expect("an ARN");
        let settings = KmsSettings::default();
        KmsCall {
            operation,
            key,
            region: None,
            is_own_region: false,
            settings,
            has_context: true,
            filter: None,
        }
    }

    /// A message on which these keys are tried; `-` is a key of this process.
    fn message(keys: &[&str]) -> MessageForecast {
        let attempt = |key: &&str| AttemptForecast {
            position: 1,
            wrapping_key: (*key).to_owned(),
            calls: if *key == "-" { Vec::new() } else { vec![call(KmsOperation::Decrypt, key)] },
        };
        let attempts = keys.iter().map(attempt).collect();
        MessageForecast { attempts, passed: Vec::new(), reproduced: EncryptionContext::new() }
    }

    fn range(fewest: u64, most: u64) -> Range {
        Range { fewest, most }
    }

    #[test]
    fn each_data_key_takes_every_call_and_a_public_key_one_a_run() {
        let calls = [KmsOperation::GenerateDataKey, KmsOperation::Encrypt, KmsOperation::GetPublicKey]
            .map(|operation| call(operation, "1"));
        let data_keys = DataKeyCount { in_order: 3, fewest: 2 };
        let tally = Tally::of_encrypting(&calls, 10, data_keys);
        let first: Vec<_> = tally.rows().iter().map(|row| (row.uncached.first, row.cached.first)).collect();
        assert_eq!(first, [(10, 3), (10, 3), (1, 1)]);
        assert_eq!((tally.uncached, tally.cached, tally.cached_least), (range(21, 21), range(7, 7), 5));
        let tally = Tally::of_encrypting(&calls, 0, DataKeyCount::default());
        assert_eq!((tally.uncached, tally.cached_least), (range(0, 0), 0));
    }

    #[test]
    fn what_is_tried_first_opens_a_message_at_best_and_the_last_at_worst() {
        let mut tally = Tally::default();
        tally.add_message(&message(&["a", "b"]), Lookup::Miss { is_new: true });
        tally.add_message(&message(&["a", "b"]), Lookup::Hit);
        tally.add_message(&message(&["-", "b"]), Lookup::Passed);
        tally.add_message(&message(&["b", "-", "a"]), Lookup::Miss { is_new: false });
        let counts: Vec<_> = tally
            .rows()
            .iter()
            .map(|row| [row.uncached.first, row.uncached.later, row.cached.first, row.cached.later])
            .collect();
        assert_eq!(counts, [[2, 1, 1, 1], [1, 3, 1, 2]]);
        assert_eq!((tally.uncached, tally.cached), (range(3, 7), range(2, 5)));
        assert_eq!((tally.cached_least, tally.opened_here), (1, 1));
    }

    #[test]
    fn a_limit_bounds_how_many_keys_are_told_apart() {
        let mut tally = Tally::default();
        for number in 0..=MAX_TOLD_APART + 1 {
            tally.add_message(&message(&[&number.to_string(), "0"]), Lookup::Passed);
        }
        assert_eq!((tally.rows().len(), tally.apart()), (MAX_TOLD_APART, 2));
        assert_eq!(tally.uncached.fewest, MAX_TOLD_APART as u64 + 2);
    }
}
