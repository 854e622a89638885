//! Length fields at their limits.

use std::collections::BTreeSet;

use esdk::suite::AlgorithmSuite;

use crate::support::layout::{FieldKind, number};
use crate::{SIGNED, Target};

/// What a length field can be set to, this one's width and value given.
fn limits(width: usize, value: u32) -> BTreeSet<u32> {
    let greatest = u32::MAX >> (32 - 8 * width);
    let near = [value.wrapping_sub(1), value.wrapping_add(1)];
    let powers = [0, 1, 1 << 15, (1 << 15) - 1, (1 << 16) - 1, 1 << 16, 1 << 31, (1 << 31) - 1, u32::MAX];
    near.into_iter().chain(powers).filter(|limit| *limit <= greatest && *limit != value).collect()
}

#[test]
fn every_length_field_at_its_limits_is_refused() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let mut changes = 0;
        for field in target.layout.fields.iter().filter(|field| field.kind == FieldKind::Length) {
            let width = field.bytes.len();
            let value = number(&target.message[field.bytes.clone()]);
            for limit in limits(width, value) {
                let mut changed = target.message.clone();
                changed[field.bytes.clone()].copy_from_slice(&limit.to_be_bytes()[4 - width..]);
                target.refuses(|| format!("{suite}: {} {limit} instead of {value}", field.name), &changed);
                changes += 1;
            }
        }
        assert!(changes > 80, "{suite}: {changes}");
    }
}

#[test]
fn two_length_fields_at_their_limits_are_refused() {
    let target = Target::of_suite(SIGNED);
    let fields: Vec<_> =
        target.layout.fields.iter().filter(|field| field.kind == FieldKind::Length).collect();
    for (place, one) in fields.iter().enumerate() {
        for other in &fields[place + 1..] {
            for (one_byte, other_byte) in [(0, 0), (0, 0xFF), (0xFF, 0), (0xFF, 0xFF)] {
                let mut changed = target.message.clone();
                changed[one.bytes.clone()].fill(one_byte);
                changed[other.bytes.clone()].fill(other_byte);
                target.refuses(
                    || format!("{} all {one_byte:02x}, {} all {other_byte:02x}", one.name, other.name),
                    &changed,
                );
            }
        }
    }
}

#[test]
fn the_fields_cover_the_message_and_the_lengths_are_all_there() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let mut end = 0;
        for field in &target.layout.fields {
            assert_eq!(field.bytes.start, end, "{suite}: {}", field.name);
            end = field.bytes.end;
        }
        assert_eq!(end, target.message.len());
        let lengths = target.layout.fields.iter().filter(|field| field.kind == FieldKind::Length);
        // Context: 2, and two a pair. EDKs: 1, and three each. Frame length and final content length. In version 1
        // the IV length, in a signed message the signature length.
        let pairs = if suite.is_signed() { 3 } else { 2 };
        let expected =
            2 + 2 * pairs + 1 + 6 + 2 + usize::from(!suite.is_committing()) + usize::from(suite.is_signed());
        assert_eq!(lengths.count(), expected, "{suite}");
    }
}
