//! Rotation of many messages: times, and what failed before.

use std::fs::{self, FileTimes};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use super::support::command::{Outcome, Workspace};
use super::{LOCAL, decrypt, encrypt, make, records, workspace};

/// A tree of messages, `m/a.esdk` and `m/d/b.esdk`.
fn messages() -> Workspace {
    let place = workspace();
    make(&place, &["t/a", "t/d/b"]);
    encrypt(&place, &["-r", "t", "-o", "m"]).succeeded();
    place
}

fn rotate(place: &Workspace, more: &[&str]) -> Outcome {
    place.esdk([&["rotate", "--to-wrapping-keys", "provider=local"], &LOCAL[..], more].concat())
}

#[test]
fn times_and_owner_are_kept_when_asked() {
    let place = messages();
    let past = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_000_000);
    let file = fs::File::options().write(true).open(place.path("m/d/b.esdk")).expect("there");
    file.set_times(FileTimes::new().set_modified(past).set_accessed(past)).expect("ours");
    // Where we may, the file is somebody else's.
    let is_other = std::os::unix::fs::fchown(&file, Some(1234), Some(4321)).is_ok();
    let found = |name: &str| fs::metadata(place.path(name)).expect("there");
    let old = place.read("m/d/b.esdk");
    rotate(&place, &["-r", "m", "-o", "n", "--preserve"]).succeeded();
    rotate(&place, &["-r", "m", "--preserve"]).succeeded();
    for name in ["n/d/b.esdk", "m/d/b.esdk"] {
        assert!(place.read(name) != old, "{name} is the old message");
        assert_eq!(found(name).modified().expect("a time"), past, "{name}");
        if is_other {
            assert_eq!((found(name).uid(), found(name).gid()), (1234, 4321), "{name}");
        }
        assert_eq!(decrypt(&place, &[name, "-o", "-"]).succeeded().stdout, b"t/d/b");
    }
    rotate(&place, &["-r", "m"]).succeeded();
    assert!(found("m/d/b.esdk").modified().expect("a time") > past);
}

#[test]
fn only_what_failed_is_rotated_again() {
    let place = messages();
    let good = place.read("m/d/b.esdk");
    place.write("m/d/b.esdk", "damaged");
    let run = ["-r", "m", "--metadata-output", "r"];
    rotate(&place, &run).failed(65).saying(&["m/d/b.esdk: not a message"]);
    let rotated = place.read("m/a.esdk");
    // Records of another subcommand say nothing here.
    decrypt(&place, &["-r", "m", "-o", "out", "--metadata-output", "r"]).failed(65);
    let again = [&run[..], &["--retry-failed", "r"]].concat();
    rotate(&place, &again).failed(65);
    place.write("m/d/b.esdk", &good);
    rotate(&place, &again).succeeded();
    assert!(place.read("m/a.esdk") == rotated, "what had succeeded was rotated again");
    assert!(place.read("m/d/b.esdk") != good, "the old message is still there");
    assert_eq!(decrypt(&place, &["m/d/b.esdk", "-o", "-"]).succeeded().stdout, b"t/d/b");
    let of_rotate: Vec<_> =
        records(&place, "r").into_iter().filter(|line| line["mode"] == "rotate").collect();
    let statuses: Vec<_> = of_rotate.iter().map(|line| line["status"].as_str().unwrap_or_default()).collect();
    assert_eq!((of_rotate.len(), statuses[2], statuses[3]), (4, "failed", "ok"));
    rotate(&place, &again).succeeded();
    assert_eq!(records(&place, "r").len(), 6, "nothing is left to do");
}
