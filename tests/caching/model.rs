//! Whatever is encrypted in whatever order: as many calls as a plain count makes them, and every message opens.

use std::collections::HashMap;

use esdk::context::EncryptionContext;
use esdk::suite::AlgorithmSuite;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::support::in_process::{aes, context, decrypt, plaintext};
use crate::{Scene, limits};

/// Suite, context and length of a message.
type Message = (usize, usize, usize);

/// One signed, one without derivation, two others.
const SUITES: [u16; 4] = [0x0578, 0x0478, 0x0178, 0x0078];

/// How many calls these messages need.
fn calls(messages: &[Message], max_messages: u64, max_bytes: u64) -> usize {
    let mut entries = HashMap::new();
    let mut calls = 0;
    for (suite, context, length) in messages {
        let length = *length as u64;
        if SUITES[*suite] == 0x0078 || length > max_bytes {
            calls += 1;
            continue;
        }
        let (count, bytes) = entries.entry((suite, context)).or_insert((max_messages, max_bytes));
        if *count == max_messages || *bytes + length > max_bytes {
            calls += 1;
            (*count, *bytes) = (0, 0);
        }
        *count += 1;
        *bytes += length;
    }
    calls
}

proptest! {
    #![proptest_config(Config { cases: 16, failure_persistence: None, ..Config::default() })]

    #[test]
    fn limits_hold_for_any_sequence_of_messages(
        messages in prop::collection::vec((0..SUITES.len(), 0..3_usize, 0..60_usize), 1..40),
        max_messages in 1..6_u64,
        max_bytes in 1..150_u64,
    ) {
        let limits = limits(100).with_max_messages(max_messages).and_then(|limits| limits.with_max_bytes(max_bytes));
        let scene = Scene::new(limits.expect("limits"));
        let contexts = [EncryptionContext::new(), context([("a", "1")]), context([("a", "2")])];
        for (suite, context, length) in &messages {
            let suite = AlgorithmSuite::by_id(SUITES[*suite]).expect("a suite");
            let message = scene.encrypt(suite, &contexts[*context], &plaintext(*length));
            prop_assert_eq!(decrypt(&*aes("key", 32), &message).expect("it opens"), plaintext(*length));
            prop_assert_eq!(scene.decrypt(&message).expect("it opens"), plaintext(*length));
        }
        prop_assert_eq!(scene.calls.generated(), calls(&messages, max_messages, max_bytes));
    }
}
