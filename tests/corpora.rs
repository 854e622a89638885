//! The seeds of the fuzz targets, replayed with just what the targets hold to be true.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The most that all seeds together may take up, in bytes.
const MAX_LENGTH: u64 = 300 << 10;

fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    seeds.sort();
    assert!(seeds.len() >= 10, "{target}: {} seeds", seeds.len());
    seeds
}

#[track_caller]
fn replay(target: &str, check: fn(&[u8])) {
    let fails = |seed: &PathBuf| {
        let input = fs::read(seed).expect("a seed");
        catch_unwind(AssertUnwindSafe(|| check(&input))).is_err()
    };
    let failed: Vec<_> = seeds(target).into_iter().filter(fails).collect();
    assert!(failed.is_empty(), "the seeds that failed, the reasons are above: {failed:#?}");
}

#[test]
fn seeds_of_the_header_hold() {
    replay("header", targets::header::check);
}

#[test]
fn seeds_of_the_frame_reader_hold() {
    replay("frames", targets::frames::check);
}

#[test]
fn seeds_of_whole_messages_hold() {
    replay("decrypt", targets::decrypt::check);
}

#[test]
fn seeds_of_the_spec_parser_hold() {
    replay("spec", targets::spec::check);
}

#[test]
fn seeds_of_the_arn_parser_hold() {
    replay("arn", targets::arn::check);
}

#[test]
fn every_target_is_replayed_and_all_seeds_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut names: Vec<_> = fs::read_dir(folder.join("fuzz_targets"))
        .expect("the targets")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["arn", "decrypt", "frames", "header", "spec"]);
    let length: u64 = names
        .iter()
        .flat_map(|target| seeds(&target.to_string_lossy()))
        .map(|seed| seed.metadata().expect("a seed").len())
        .sum();
    assert!(length <= MAX_LENGTH, "{length} bytes of seeds");
}
