//! Properties of every message: what was encrypted comes out, whatever the lengths, the pieces in which the streams
//! move, the context, the suite and the keys are; and its structure is the one the specification asks for.

mod support;

#[path = "properties/files.rs"]
mod files;
#[path = "properties/keys.rs"]
mod keys;
#[path = "properties/streams.rs"]
mod streams;
#[path = "properties/structure.rs"]
mod structure;

use esdk::suite::AlgorithmSuite;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

/// Bytes that are read, sealed and written at a time; the crate keeps the number to itself.
const BATCH_LENGTH: usize = 256 * 1024;
/// What a regular frame is longer than its content.
const FRAME_OVERHEAD: usize = 32;

/// So many cases; a failure prints its smallest case, and nothing is written into the source tree.
fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

fn any_suite() -> impl Strategy<Value = &'static AlgorithmSuite> {
    select(AlgorithmSuite::all().iter().collect::<Vec<_>>())
}

/// Frame length and plaintext length, in bytes: around nothing, whole frames and whole batches, and anywhere.
fn lengths() -> impl Strategy<Value = (u32, usize)> {
    let near = |length: usize| (0..5_usize).prop_map(move |more| (length + more).saturating_sub(2));
    let short_frames = (1..70_u32).prop_flat_map(move |frame| {
        (Just(frame), (0..6_usize).prop_flat_map(move |n| near(n * frame as usize)))
    });
    let common_frames = select(vec![512_u32, 1000, 4096, 65_536]).prop_flat_map(move |frame| {
        (Just(frame), (0..4_usize).prop_flat_map(move |n| near(n * frame as usize)))
    });
    let whole_batches = select(vec![4096_u32, 5000, 65_536, 131_040, 200_000]).prop_flat_map(move |frame| {
        let content = BATCH_LENGTH / (frame as usize + FRAME_OVERHEAD) * frame as usize;
        (Just(frame), (1..3_usize).prop_flat_map(move |batches| near(batches * content)))
    });
    let long_frames = select(vec![BATCH_LENGTH as u32 - 32, BATCH_LENGTH as u32, 300_000, u32::MAX])
        .prop_flat_map(move |frame| (Just(frame), near(BATCH_LENGTH)));
    prop_oneof![
        8 => short_frames,
        4 => common_frames,
        1 => whole_batches,
        1 => long_frames,
        4 => (1..5000_u32, 0..20_000_usize),
    ]
}

/// Pairs of context: ASCII and beyond, empty values, keys whose order in UTF-16 is another one.
fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let key = prop_oneof![
        "[a-z]{1,8}",
        "\\PC{1,12}",
        "[\u{FF00}-\u{FFFD}\u{10000}-\u{10FFFF}]{1,3}",
        "[\\x00-\\x7f]{1,4}",
    ];
    let value =
        prop_oneof![Just(String::new()), "\\PC{0,20}", any::<String>(), "[\u{10000}-\u{10FFFF}]{1,3}"];
    let distinct = |pairs: Vec<(String, String)>| {
        let mut pairs: Vec<_> =
            pairs.into_iter().filter(|(key, _)| !key.starts_with("aws-crypto-")).collect();
        pairs.sort();
        pairs.dedup_by(|one, other| one.0 == other.0);
        pairs
    };
    prop::collection::vec((key, value), 0..6).prop_map(distinct).prop_shuffle()
}

/// How many bytes each read or write moves; 0 for an interrupted call.
fn rhythm() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![usize::MAX]),
        prop::collection::vec(0..300_usize, 1..8).prop_map(|mut sizes| {
            // Not byte by byte through a hundred thousand of them.
            sizes.push(1000);
            sizes
        }),
        prop::collection::vec(select(vec![0, 1, 15, 16, 17, 4096, 4128, 70_000]), 1..8).prop_map(
            |mut sizes| {
                sizes.push(5000);
                sizes
            }
        ),
    ]
}
