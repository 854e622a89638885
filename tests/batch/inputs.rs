//! Which inputs there are.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::{LOCAL, all, decrypt, encrypt, make, records, shell, workspace};

#[test]
fn a_tree_is_mirrored_and_comes_back() {
    let place = workspace();
    make(&place, &["t/a", "t/d/b", "t/d/e/c", "t/.hidden/f"]);
    place.write("t/empty", "");
    fs::File::create(place.path("t/sparse")).and_then(|file| file.set_len(3 << 20)).expect("a sparse file");
    fs::create_dir(place.path("t/nothing")).expect("a folder");
    encrypt(&place, &["t"]).failed(2).saying(&["t: is a directory", "give -r"]);
    encrypt(&place, &["-r", "t", "-o", "enc"]).succeeded();
    let names = ["a", "d/b", "d/e/c", ".hidden/f", "empty", "sparse"];
    let mut expected = names.map(|name| format!("{name}.esdk")).to_vec();
    expected.sort();
    assert_eq!(all(&place, "enc"), expected);
    decrypt(&place, &["-r", "enc/", "-o", "dec/", "-j", "5"]).succeeded();
    for name in names {
        assert!(place.read(&format!("dec/{name}")) == place.read(&format!("t/{name}")), "{name}");
    }
    assert!(!place.path("enc/nothing").exists(), "directories are made for files");
}

#[test]
fn a_tree_in_place_takes_only_what_is_new() {
    let place = workspace();
    make(&place, &["t/a", "t/d/b", "t/lone.esdk"]);
    let run =
        |verb: &str, more: &[&str]| place.esdk([&[verb, "-w", "provider=local", "-r", "t"], more].concat());
    run("encrypt", &[]).succeeded().saying(&["2 done, 1 skipped (1: the name has the suffix already)"]);
    run("encrypt", &["--skip-existing"]).succeeded().saying(&["0 done, 3 skipped", "2: the output exists"]);
    assert_eq!(all(&place, "t"), ["a", "a.esdk", "d/b", "d/b.esdk", "lone.esdk"]);
    place.remove("t/lone.esdk");
    place.remove("t/a");
    place.write("t/plain", "");
    let outcome = run("decrypt", &["--skip-existing"]);
    outcome.succeeded().saying(&["1 done, 2 skipped (1: the name does not have the suffix; 1: the output"]);
    assert_eq!(place.read("t/a"), b"t/a");
    let outcome = run("verify", &["-v"]);
    outcome.succeeded().saying(&["info: skipped t/plain: the name does not have the suffix", "2 done"]);
    run("verify", &["--suffix="]).exited(65).saying(&["2 done", "3 failed"]);
}

#[test]
fn patterns_and_lists() {
    let place = workspace();
    make(&place, &["l/a.log", "l/b.log", "l/c.txt", "l/d/e.log", "l/.f.log", "[x]"]);
    encrypt(&place, &["l/*.log", "-o", "one/"]).succeeded();
    assert_eq!(all(&place, "one"), ["a.log.esdk", "b.log.esdk"]);
    encrypt(&place, &["l/**/*.log", "--exclude", "b*", "-o", "two/"]).succeeded();
    assert_eq!(all(&place, "two"), ["a.log.esdk", "e.log.esdk"]);
    encrypt(&place, &["-r", "l/?", "-o", "three/"]).succeeded();
    assert_eq!(all(&place, "three"), ["d/e.log.esdk"]);
    // A file whose name looks like a pattern is that file.
    encrypt(&place, &["[x]", "-o", "four/"]).succeeded();
    assert_eq!(all(&place, "four"), ["[x].esdk"]);
    encrypt(&place, &["*.none"]).failed(66).saying(&["*.none: no file matches"]);
    encrypt(&place, &["[", "l/a.log"]).failed(2).saying(&["the pattern \"[\""]);
    encrypt(&place, &["-r", "l", "--include", "*.log", "--exclude", "/d/", "-o", "five"]).succeeded();
    assert_eq!(all(&place, "five"), [".f.log.esdk", "a.log.esdk", "b.log.esdk"]);
    place.write("list", "l/a.log\n\nl/c.txt");
    encrypt(&place, &["--files-from", "list", "-o", "six/", "[x]"]).succeeded();
    assert_eq!(all(&place, "six"), ["[x].esdk", "a.log.esdk", "c.txt.esdk"]);
    let find = "find l -name '*.log' -print0 | esdk encrypt -q -w provider=local -0 --files-from -";
    shell(&place, find).succeeded();
    assert!(place.path("l/d/e.log.esdk").exists() && place.path("l/.f.log.esdk").exists());
    encrypt(&place, &["--files-from", "-", "-"]).failed(2).saying(&["standard input is given twice"]);
    encrypt(&place, &["--files-from", "nowhere"])
        .failed(66)
        .saying(&["--files-from nowhere: cannot be read"]);
    place.write("long", vec![b'x'; 1 << 17]);
    encrypt(&place, &["--files-from", "long"]).failed(65).saying(&["longer than any can be"]);
}

#[test]
fn what_is_no_file_is_passed_over_and_named_streams_are_read() {
    let place = workspace();
    make(&place, &["t/a"]);
    symlink("a", place.path("t/link")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(place.path("t/socket")).expect("a socket");
    shell(&place, "mkfifo t/fifo").succeeded();
    let outcome = place.esdk(["encrypt", "-w", "provider=local", "-r", "t", "-o", "out"]);
    outcome.succeeded().saying(&[
        "warning: t/fifo: is a FIFO: skipped",
        "warning: t/socket: is a socket: skipped",
        "1 done, 3 skipped (1: is a FIFO; 1: is a socket; 1: is a symbolic link)",
    ]);
    assert_eq!(all(&place, "out"), ["a.esdk"]);
    shell(&place, "echo x > t/fifo & esdk encrypt -q -w provider=local t/fifo -o f.esdk; wait").succeeded();
    assert_eq!(decrypt(&place, &["f.esdk", "-o", "-"]).succeeded().stdout, b"x\n");
    encrypt(&place, &["t/socket"]).failed(66);
    // A link that is named is followed.
    encrypt(&place, &["t/link"]).succeeded();
    assert!(place.path("t/link.esdk").exists());
}

#[test]
fn links_are_followed_when_asked_for_and_loops_end() {
    let place = workspace();
    make(&place, &["t/a", "other/b"]);
    symlink("../other", place.path("t/folder")).expect("a link");
    symlink("..", place.path("t/loop")).expect("a link");
    symlink("nowhere", place.path("t/broken")).expect("a link");
    let arguments = ["encrypt", "-w", "provider=local", "-r", "t", "-o", "out"];
    let outcome = place.esdk([&arguments[..], &["--follow-symlinks", "--exclude", "out"]].concat());
    outcome
        .failed(66)
        .saying(&["t/broken: cannot be read", "is a symbolic link to a directory that it is in: skipped"]);
    assert!(place.path("out/a.esdk").exists() && place.path("out/folder/b.esdk").exists());
}

#[test]
fn unfinished_files_are_never_inputs() {
    let place = workspace();
    make(&place, &["t/a", "t/.a.esdk.0123.esdk.part"]);
    encrypt(&place, &["-r", "t", "-o", "out"]).succeeded();
    assert_eq!(all(&place, "out"), ["a.esdk"]);
    encrypt(&place, &["t/.a.esdk.0123.esdk.part"]).failed(2).saying(&["never an input", "esdk clean"]);
}

#[test]
fn the_output_directory_and_the_records_are_not_inputs() {
    let place = workspace();
    make(&place, &["t/a", "t/out/old"]);
    let arguments = ["encrypt", "-w", "provider=local", "-r", "t", "-o", "t/out"];
    let outcome = place.esdk([&arguments[..], &["--metadata-output", "t/records"]].concat());
    outcome.succeeded().saying(&["t/records: is the metadata output of this run: skipped"]);
    assert_eq!(all(&place, "t/out"), ["a.esdk", "old"]);
}

#[test]
fn names_that_are_not_text_are_recorded_and_found_again() {
    let place = workspace();
    make(&place, &["t/a"]);
    let name = place.path("t").join(OsStr::from_bytes(b"\xff\n"));
    fs::write(&name, "x").expect("a file");
    let run = |more: &[&str]| encrypt(&place, &[&["-r", "t", "-o", "out"], more].concat());
    fs::create_dir_all(place.path("out")).expect("a folder");
    fs::write(place.path("out").join(OsStr::from_bytes(b"\xff\n.esdk")), "in the way").expect("a file");
    run(&["--metadata-output", "r"]).failed(73).saying(&["\\n"]);
    let failed = records(&place, "r").into_iter().find(|line| line["status"] == "failed").expect("one");
    assert!(failed["input_bytes"].is_string() && failed["output_bytes"].is_string(), "{failed}");
    let outcome = run(&["--metadata-output", "r", "--retry-failed", "r", "-f"]);
    outcome.succeeded();
    let lines = records(&place, "r");
    assert_eq!(lines.len(), 3, "only the one that failed is run again");
    assert_eq!((&lines[2]["status"], &lines[2]["input"]), (&"ok".into(), &failed["input"]));
}

/// A run that was killed, or a disk that was full, leaves half a line: the next run does not write on it.
#[test]
fn a_line_without_an_end_takes_no_other_with_it() {
    let place = workspace();
    make(&place, &["t/a", "t/b"]);
    encrypt(&place, &["-r", "t", "-o", "enc"]).succeeded();
    place.write("enc/b.esdk", "damaged");
    let run = ["-r", "enc", "-o", "dec", "--metadata-output", "r"];
    decrypt(&place, &run).failed(65);
    let whole = place.read("r");
    place.write("r", [&whole[..], &whole[..20]].concat());
    let retried = decrypt(&place, &[&run[..], &["--retry-failed", "r"]].concat());
    retried.failed(65).saying(&["enc/b.esdk"]);
    let text = String::from_utf8(place.read("r")).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[2].as_bytes(), &whole[..20]);
    assert!(serde_json::from_str::<serde_json::Value>(lines[3]).is_ok_and(|line| line["status"] == "failed"));
    let retried = decrypt(&place, &[&run[..], &["--retry-failed", "r"]].concat());
    retried.failed(65).saying(&["r: 1 unfinished lines are passed over"]);
    // A file whose first line is no record is another file.
    place.write("r", "something else\n");
    decrypt(&place, &[&run[..], &["--retry-failed", "r"]].concat())
        .failed(65)
        .saying(&["line 1 is not a metadata record"]);
}

#[test]
fn only_what_failed_is_run_again() {
    let place = workspace();
    make(&place, &["t/a", "t/b", "t/d/c"]);
    encrypt(&place, &["-r", "t", "-o", "enc"]).succeeded();
    let good = place.read("enc/b.esdk");
    place.write("enc/b.esdk", "damaged");
    decrypt(&place, &["-r", "enc", "-o", "dec", "--metadata-output", "r"]).failed(65);
    let retry = ["-r", "enc", "-o", "dec", "--metadata-output", "r", "--retry-failed", "r"];
    decrypt(&place, &retry).failed(65);
    place.write("enc/b.esdk", good);
    decrypt(&place, &retry).succeeded();
    assert_eq!(records(&place, "r").len(), 5);
    assert_eq!(place.read("dec/b"), b"t/b");
    // Nothing is left to do; what cannot be found is told.
    let outcome = place.esdk([&["decrypt", "-w", "provider=local"], &retry[..]].concat());
    outcome.succeeded().saying(&["nothing to do"]);
    place.write("enc/b.esdk", "damaged");
    decrypt(&place, &["-f", "-r", "enc", "-o", "dec", "--metadata-output", "r"]).failed(65);
    place.remove("enc/b.esdk");
    decrypt(&place, &retry).failed(66).saying(&["enc/b.esdk: failed before, and is not among these inputs"]);
    decrypt(&place, &["-r", "enc", "--retry-failed", "none"]).failed(66).saying(&["--retry-failed none"]);
    let outcome = decrypt(&place, &[&retry[..], &["--overwrite-metadata"]].concat());
    outcome.failed(2).saying(&["also an input or an output"]);
}

#[test]
fn an_unreadable_or_vanished_name_fails_and_the_rest_goes_on() {
    let place = workspace();
    make(&place, &["t/a", "t/b"]);
    let outcome = encrypt(&place, &["t/a", "gone", "t/b", "-o", "out/"]);
    outcome.failed(66).saying(&["gone: cannot be read: no such file"]);
    assert_eq!(all(&place, "out"), ["a.esdk", "b.esdk"]);
    let outcome = encrypt(&place, &["t/a", "gone", "-o", "out/"]);
    outcome.failed(1).saying(&["exists already", "gone: cannot be read"]);
}

#[test]
fn some_thousand_files_come_back() {
    let place = workspace();
    for folder in 0..20 {
        fs::create_dir_all(place.path(&format!("t/{folder}"))).expect("a folder");
        for file in 0..100 {
            place.write(&format!("t/{folder}/{file}"), [folder as u8; 100]);
        }
    }
    encrypt(&place, &["-r", "t", "-o", "enc", "--ordered", "-j", "4", "--metadata-output", "r"]).succeeded();
    decrypt(&place, &["-r", "enc", "-o", "dec", "-j", "4"]).succeeded();
    assert_eq!(all(&place, "dec"), all(&place, "t"));
    let same = shell(&place, "diff -r t dec");
    same.succeeded();
    assert_eq!(records(&place, "r").len(), 2000);
    // In the order of the inputs: what one walk gives, the next gives too.
    let walked =
        place.esdk([&["verify", "--ordered", "-r", "enc", "-j", "3", "--json"], &LOCAL[..]].concat());
    let walked_again = place.esdk([&["verify", "-r", "enc", "-j", "1", "--json"], &LOCAL[..]].concat());
    let inputs = |outcome: &super::Outcome| -> Vec<String> {
        let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["input"].to_string())
            .collect()
    };
    assert_eq!(inputs(walked.succeeded()), inputs(walked_again.succeeded()));
}
