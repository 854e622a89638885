//! What a message is made of, read with a reader of its own.

use std::collections::HashSet;
use std::num::NonZeroU32;

use esdk::format::length::MessageLength;
use esdk::message::decrypt::UnverifiedMessage;
use esdk::suite::AlgorithmSuite;
use proptest::prelude::*;

use crate::support::in_process::{aes, context, encrypt, no_requirements, plaintext, several};
use crate::support::layout::{Layout, number};
use crate::{any_suite, cases, lengths, pairs};

/// What the final frame is longer than its content.
const FINAL_OVERHEAD: usize = 40;

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn frames_are_full_numbered_and_no_more_than_needed(
        suite in any_suite(),
        (frame_length, length) in lengths(),
    ) {
        let (keyring, pairs) = (aes("key", 32), context([("a", "b")]));
        let message = encrypt(&*keyring, suite, pairs, frame_length, &plaintext(length));
        let layout = Layout::of(&message);
        let frame_bytes = frame_length as usize;

        // After an exact multiple an empty final frame follows: version 3 of the Python SDK does not read a full one.
        let frames = length / frame_bytes + 1;
        prop_assert_eq!(layout.frames.len(), frames);
        prop_assert_eq!(layout.plaintext_length(), length);
        for (frame, due) in layout.frames.iter().zip(1..) {
            let is_last = due as usize == frames;
            prop_assert_eq!((frame.sequence_number, frame.is_final), (due, is_last));
            prop_assert!(is_last || frame.content.len() == frame_bytes);
            let at = frame.bytes.start + if is_last { 8 } else { 4 };
            let mut iv = [0; 12];
            iv[8..].copy_from_slice(&due.to_be_bytes());
            prop_assert_eq!(&message[at..at + 12], &iv, "the IV of frame {}", due);
        }
        let last = layout.frames.last().expect("one at least").content.len();
        prop_assert_eq!(last, length % frame_bytes);

        let body: usize = length + 32 * (frames - 1) + FINAL_OVERHEAD;
        prop_assert_eq!(message.len(), layout.header.len() + body + layout.footer.len());
        prop_assert_eq!(layout.footer.is_empty(), !suite.is_signed());
        prop_assert!(layout.footer.len() <= 2 + 104);
        prop_assert_eq!(number(&message[layout.place("frame length")]), frame_length);
        prop_assert_eq!(number(&message[layout.place("suite")]), u32::from(suite.id()));
    }

    /// For an unsigned message to the byte; a signature is at most as long as the longest.
    #[test]
    fn the_length_that_is_foretold_is_the_length_that_is_written(
        suite in any_suite(),
        (frame_length, length) in lengths(),
        pairs in pairs(),
        names in prop::collection::vec("\\PC{0,20}", 1..4),
    ) {
        let keyring = several(names.iter().map(|name| aes(name, 32)).collect());
        let context = context(pairs);
        let frames = NonZeroU32::new(frame_length).expect("not zero");
        let before = MessageLength::without_encrypted_data_keys(suite, &context, frames);
        let message = encrypt(&*keyring, suite, context, frame_length, &plaintext(length));
        let unverified = UnverifiedMessage::read(message.as_slice(), None)?;
        let foretold = MessageLength::of(unverified.header());

        prop_assert_eq!(foretold.header(), unverified.header_length());
        let footer = Layout::of(&message).footer.len();
        let longest = suite.signature().map_or(0, |signature| 2 + signature.max_length());
        prop_assert!(footer <= longest);
        let body_and_header = (message.len() - footer) as u64;
        prop_assert_eq!(foretold.greatest(length as u64), body_and_header + longest as u64);
        let edks = &unverified.header().encrypted_data_keys;
        let edks: usize = edks
            .iter()
            .map(|edk| 6 + edk.provider_id.len() + edk.provider_information.len() + edk.ciphertext.len())
            .sum();
        prop_assert_eq!(before.header() + edks as u64, foretold.header());
        prop_assert_eq!(before.signature(), foretold.signature());
    }

    #[test]
    fn the_context_is_stored_sorted_by_its_bytes_and_read_back(suite in any_suite(), pairs in pairs()) {
        let keyring = aes("key", 32);
        let given: Vec<(&str, &str)> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let message = encrypt(&*keyring, suite, context(given.clone()), 4096, b"text");

        let layout = Layout::of(&message);
        let mut stored = Vec::new();
        for pair in 1..=given.len() + usize::from(suite.is_signed()) {
            let field = |kind: &str| message[layout.place(&format!("context {kind} {pair}"))].to_vec();
            stored.push((field("key"), field("value")));
        }
        prop_assert!(stored.is_sorted_by(|one, other| one.0 < other.0));
        stored.retain(|(key, _)| key != b"aws-crypto-public-key");
        let mut expected: Vec<_> =
            given.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
        expected.sort();
        prop_assert_eq!(stored, expected);

        let opened =
            UnverifiedMessage::read(message.as_slice(), None)?.verify(&*keyring, &no_requirements())?;
        for (key, value) in given {
            prop_assert_eq!(opened.context().value(key), Some(value));
        }
    }
}

#[test]
fn lengths_around_every_multiple_of_small_frame_lengths() {
    let suite = AlgorithmSuite::UNSIGNED;
    let keyring = aes("key", 32);
    for frame_length in 1..=6_usize {
        for length in 0..=4 * frame_length + 1 {
            let message =
                encrypt(&*keyring, suite, context([("a", "b")]), frame_length as u32, &plaintext(length));
            let frames: Vec<_> =
                Layout::of(&message).frames.iter().map(|frame| frame.content.len()).collect();
            let mut expected = vec![frame_length; length / frame_length];
            expected.push(length % frame_length);
            assert_eq!(frames, expected, "{length} bytes in frames of {frame_length}");
        }
    }
}

#[test]
fn an_empty_context_is_a_length_of_zero_and_nothing_more() {
    let message = encrypt(&*aes("key", 32), AlgorithmSuite::UNSIGNED, context::<&str, &str>([]), 16, b"text");
    let layout = Layout::of(&message);
    assert_eq!(message[layout.place("context length")], [0, 0]);
    assert_eq!(layout.place("EDK count").start, layout.place("context length").end);
}

/// Nothing that must be fresh is ever the same: message ids, wrapped data keys, IVs, commitments, content, signatures.
#[test]
fn two_messages_of_the_same_plaintext_have_nothing_secret_in_common() {
    let keyring = aes("key", 32);
    for suite in AlgorithmSuite::all() {
        let mut seen = HashSet::new();
        for _ in 0..20 {
            let message = encrypt(&*keyring, suite, context([("a", "b")]), 16, &plaintext(40));
            let layout = Layout::of(&message);
            let mut fresh = vec![
                "message id",
                "EDK 1 ciphertext",
                "header tag",
                "frame 1 content",
                "frame 2 content",
                "frame 1 tag",
            ];
            if suite.is_committing() {
                fresh.push("commitment key");
            }
            if suite.is_signed() {
                // Pair 1 is "a"; pair 2 is the public key.
                fresh.extend(["context value 2", "signature"]);
            }
            for name in fresh {
                assert!(seen.insert(message[layout.place(name)].to_vec()), "{suite}: {name} twice");
            }
            // The IV under the wrapping key, the last 12 bytes.
            let iv = layout.place("EDK 1 provider information");
            assert!(seen.insert(message[iv.end - 12..iv.end].to_vec()), "{suite}: an IV twice");
        }
    }
}
