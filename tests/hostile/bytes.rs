//! Bytes changed, cut off and added.

use crate::{SIGNED, Target, UNSIGNED};
use esdk::suite::AlgorithmSuite;

/// Flips every bit; gives how many there were.
fn flip_every_bit(target: &Target) -> usize {
    let bits = target.message.len() * 8;
    for bit in 0..bits {
        let mut changed = target.message.clone();
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        let field = || format!("bit {} of byte {}, {}", bit % 8, bit / 8, target.layout.field_at(bit / 8));
        target.refuses(field, &changed);
    }
    bits
}

/// Cuts at every length.
fn cut_everywhere(target: &Target) {
    for length in 0..target.message.len() {
        let place = || format!("cut to {length} bytes, inside {}", target.layout.field_at(length));
        target.refuses(place, &target.message[..length]);
    }
}

#[test]
fn every_flipped_bit_of_an_unsigned_message_is_refused() {
    assert!(flip_every_bit(&Target::of_suite(UNSIGNED)) > 3000);
}

#[test]
fn every_flipped_bit_of_a_signed_message_is_refused() {
    assert!(flip_every_bit(&Target::of_suite(SIGNED)) > 4500);
}

#[test]
fn every_flipped_bit_of_a_version_1_message_is_refused() {
    for suite in AlgorithmSuite::all().iter().filter(|suite| !suite.is_committing()) {
        assert!(flip_every_bit(&Target::of_suite(suite.id())) > 2000, "{suite}");
    }
}

#[test]
fn every_shorter_length_is_refused() {
    for suite in AlgorithmSuite::all() {
        cut_everywhere(&Target::of_suite(suite.id()));
    }
}

#[test]
fn every_byte_that_was_changed_is_refused() {
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        for (place, byte) in target.message.iter().enumerate() {
            let others = [0x00, 0xFF, byte.wrapping_add(1)];
            for other in others.into_iter().filter(|other| other != byte) {
                let mut changed = target.message.clone();
                changed[place] = other;
                let what = || format!("byte {place}, {}, set to {other:02x}", target.layout.field_at(place));
                target.refuses(what, &changed);
            }
        }
    }
}

#[test]
fn every_byte_that_was_left_out_or_put_in_is_refused() {
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        for place in 0..target.message.len() {
            let (before, after) = target.message.split_at(place);
            let field = target.layout.field_at(place);
            target.refuses(|| format!("byte {place} of {field} left out"), &[before, &after[1..]].concat());
            target.refuses(|| format!("a byte put in at {place}, {field}"), &[before, &[0], after].concat());
        }
    }
}

#[test]
fn whatever_follows_the_message_is_refused() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let message = target.message.as_slice();
        for length in 1..=40 {
            for (kind, more) in [
                ("zeros", &[0; 40][..length]),
                ("ones", &[0xFF; 40][..length]),
                ("its own start", &message[..length]),
            ] {
                target.refuses(|| format!("{suite}: {length} bytes more, {kind}"), &[message, more].concat());
            }
        }
        target.refuses(|| format!("{suite}: the message twice"), &[message, message].concat());
        let body = &message[target.layout.header.end..];
        target.refuses(|| format!("{suite}: the body twice"), &[message, body].concat());
    }
}
