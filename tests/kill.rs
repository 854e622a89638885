//! Runs that are ended at a random moment, by SIGKILL and by SIGTERM: every name of an output holds a whole message, the
//! whole plaintext or what was there before, nothing is lost, and the batch that is taken up again is complete.
//!
//! `ESDK_KILL_RUNS` says how many runs there are of it.

mod support;

#[path = "kill/full_disk.rs"]
mod full_disk;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use support::command::Workspace;

const RUNS: usize = 8;
const FILES: usize = 40;
/// The bytes of a page of memory, or of a part of it.
const PAGE: usize = 4096;
const LOCAL: [&str; 2] = ["-w", "provider=local"];

/// What is run, and over what.
#[derive(Clone, Copy, Debug)]
enum Act {
    Encrypt,
    /// Over messages of an earlier run.
    EncryptAgain,
    EncryptInPlace,
    Decrypt,
    RotateInPlace,
}

const ACTS: [Act; 5] =
    [Act::Encrypt, Act::EncryptAgain, Act::EncryptInPlace, Act::Decrypt, Act::RotateInPlace];

impl Act {
    fn arguments(self) -> Vec<&'static str> {
        let more: &[&str] = match self {
            Self::Encrypt => &["encrypt", "-q", "-r", "tree", "-o", "out"],
            Self::EncryptAgain => &["encrypt", "-q", "--unsigned", "-f", "-r", "tree", "-o", "out"],
            Self::EncryptInPlace => &["encrypt", "-q", "--unsigned", "-r", "tree", "--remove-input"],
            Self::Decrypt => &["decrypt", "-q", "-r", "messages", "-o", "out"],
            Self::RotateInPlace => {
                &["rotate", "-q", "-r", "messages", "--to-wrapping-keys", "provider=local"]
            }
        };
        [more, &LOCAL, &["--metadata-output", "records"]].concat()
    }

    /// Where its outputs go.
    fn folder(self) -> &'static str {
        match self {
            Self::Encrypt | Self::EncryptAgain | Self::Decrypt => "out",
            Self::EncryptInPlace => "tree",
            Self::RotateInPlace => "messages",
        }
    }

    /// The same run, taken up again.
    fn again(self) -> Vec<&'static str> {
        let again = self.arguments().into_iter().filter(|word| *word != "-f");
        let more: &[&str] = if matches!(self, Self::RotateInPlace) { &[] } else { &["--skip-existing"] };
        again.chain(more.iter().copied()).collect()
    }
}

/// Numbers that differ from run to run; a failure names the seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

fn content(number: usize) -> Vec<u8> {
    let length = if number.is_multiple_of(10) { 300_000 } else { 100 * number };
    (0..length).map(|at| (at % 251 + number) as u8).collect()
}

/// A workspace with a tree, and the messages of it when they are needed.
fn prepared(act: Act) -> Workspace {
    let place = Workspace::new("http://127.0.0.1:9");
    for number in 0..FILES {
        let folder = place.path(&format!("tree/d{}", number % 4));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("f{number}")), content(number)).expect("a file");
    }
    let encrypt = |out: &str| {
        let arguments = ["encrypt", "-q", "--unsigned", "-r", "tree", "-o", out];
        place.esdk([&arguments[..], &LOCAL].concat()).succeeded();
    };
    match act {
        Act::Encrypt | Act::EncryptInPlace => {}
        Act::EncryptAgain => encrypt("out"),
        Act::Decrypt | Act::RotateInPlace => encrypt("messages"),
    }
    place
}

/// The files below a folder by their way from there, without those that are unfinished.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with(".esdk.part") {
                found.insert(name, fs::read(&path).expect("it is there"));
            }
        }
    }
    found
}

fn parts(place: &Workspace) -> usize {
    let outcome = place.esdk(["clean", "--dry-run", "."]);
    outcome.succeeded().stdout.iter().filter(|byte| **byte == b'\n').count()
}

/// What a file of the tree holds, by the name of its message or its own.
fn expected(name: &str) -> Vec<u8> {
    let stem = name.trim_end_matches(".esdk");
    content(stem.rsplit('f').next().and_then(|number| number.parse().ok()).expect("a number"))
}

/// Starts it, waits, and sends the signal; gives the exit status, if it ended by itself or the tool gave one.
fn interrupted(place: &Workspace, act: Act, signal: &str, after: Duration) -> (Option<i32>, Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_esdk"))
        .args(act.arguments())
        .current_dir(place.path(""))
        .env("XDG_DATA_HOME", place.home().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    std::thread::sleep(after);
    let sent = Instant::now();
    // It may have ended already.
    let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).stderr(Stdio::null()).status();
    (child.wait().expect("it ends").code(), sent.elapsed())
}

/// Everything that holds after a run has been ended, and that the batch can be taken up.
fn check(place: &Workspace, act: Act, signal: &str, about: &str) {
    let verify = |folder: &str| {
        let outcome = place.esdk([&["verify", "-q", "-r", folder], &LOCAL[..]].concat());
        assert_eq!(outcome.status, Some(0), "{about}\n{}", outcome.stderr);
    };
    let tree = files(&place.path("tree"));
    let out = files(&place.path("out"));
    match act {
        Act::Encrypt | Act::EncryptAgain => {
            assert_eq!(tree.len(), FILES, "{about}: an input is lost");
            if !out.is_empty() {
                verify("out");
            }
        }
        Act::EncryptInPlace => {
            verify_in_place(place, &tree, about);
        }
        Act::Decrypt => {
            for (name, bytes) in &out {
                assert!(*bytes == expected(name), "{about}: {name} is not the whole plaintext");
            }
        }
        Act::RotateInPlace => verify_messages(place, about),
    }
    place.esdk(["clean", "."]).succeeded();
    assert_eq!(parts(place), 0, "{about}");
    let outcome = place.esdk(act.again());
    assert_eq!(outcome.status, Some(0), "{about}\n{}", outcome.stderr);
    match act {
        Act::Encrypt | Act::EncryptAgain => {
            verify("out");
            assert_eq!(files(&place.path("out")).len(), FILES, "{about}");
        }
        Act::EncryptInPlace => verify_in_place(place, &files(&place.path("tree")), about),
        Act::Decrypt => {
            let out = files(&place.path("out"));
            assert_eq!(out.len(), FILES, "{about}");
            assert!(out.iter().all(|(name, bytes)| *bytes == expected(name)), "{about}");
        }
        Act::RotateInPlace => verify_messages(place, about),
    }
    records_are_whole(place, signal, about);
}

/// Each message is there, old or new, and opens.
fn verify_messages(place: &Workspace, about: &str) {
    let _ = fs::remove_dir_all(place.path("check"));
    let outcome = place.esdk([&["decrypt", "-q", "-r", "messages", "-o", "check"], &LOCAL[..]].concat());
    assert_eq!(outcome.status, Some(0), "{about}\n{}", outcome.stderr);
    let opened = files(&place.path("check"));
    assert_eq!(opened.len(), FILES, "{about}: a message is lost");
    assert!(opened.iter().all(|(name, bytes)| *bytes == expected(name)), "{about}: another message");
}

/// Each file is there as it was, or as a whole message of it, or as both.
fn verify_in_place(place: &Workspace, tree: &BTreeMap<String, Vec<u8>>, about: &str) {
    let plain: Vec<_> = tree.iter().filter(|(name, _)| !name.ends_with(".esdk")).collect();
    assert!(plain.iter().all(|(name, bytes)| **bytes == expected(name)), "{about}: an input was changed");
    let _ = fs::remove_dir_all(place.path("check"));
    if tree.keys().any(|name| name.ends_with(".esdk")) {
        let outcome = place.esdk([&["decrypt", "-q", "-r", "tree", "-o", "check"], &LOCAL[..]].concat());
        assert_eq!(outcome.status, Some(0), "{about}\n{}", outcome.stderr);
    }
    let opened = files(&place.path("check"));
    assert!(opened.iter().all(|(name, bytes)| *bytes == expected(name)), "{about}: another message");
    let mut names: Vec<_> = plain.iter().map(|(name, _)| (*name).clone()).collect();
    names.extend(opened.into_keys());
    names.sort();
    names.dedup();
    assert_eq!(names.len(), FILES, "{about}: something is lost");
}

/// Every line is a whole record, but for one of a run that was killed: the system writes pages, and stops between two of them.
fn records_are_whole(place: &Workspace, signal: &str, about: &str) {
    let records = fs::read(place.path("records")).unwrap_or_default();
    let is_page = |length: usize| length.is_multiple_of(PAGE);
    let (mut end, mut cut) = (0, 0);
    for line in records.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match serde_json::from_slice::<serde_json::Value>(text) {
            Ok(record) => assert!(record["status"].is_string(), "{about}"),
            Err(_) if signal == "KILL" && is_page(end - (line.len() - text.len())) => cut += 1,
            Err(error) => panic!("{about}: {error} in {}", String::from_utf8_lossy(text)),
        }
    }
    assert!(cut <= 1, "{about}: {cut} records are cut");
}

/// The message ids of the messages in the folder that the run writes to, by the names of the files.
fn message_ids(place: &Workspace, act: Act) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for (name, bytes) in files(&place.path(act.folder())) {
        // Version, suite, message id: messages of version 2.
        if name.ends_with(".esdk") {
            let id = bytes.get(3..35).expect("a whole header");
            ids.insert(name, BASE64.encode(id));
        }
    }
    ids
}

/// What the records say was done: the outputs, and the ids of their messages.
fn recorded(place: &Workspace, act: Act) -> BTreeMap<String, String> {
    let root = fs::canonicalize(place.path("")).expect("the working folder").join(act.folder());
    let text = fs::read_to_string(place.path("records")).unwrap_or_default();
    let mut done = BTreeMap::new();
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if record["status"] == "ok" {
            let output = Path::new(record["output"].as_str().expect("a path"));
            let name = output.strip_prefix(&root).expect("below the folder").to_string_lossy().into_owned();
            done.insert(name, record["header"]["message_id"].as_str().expect("an id").to_owned());
        }
    }
    done
}

fn runs() -> usize {
    std::env::var("ESDK_KILL_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS)
}

/// How long an undisturbed run takes.
fn whole_run(act: Act) -> Duration {
    let place = prepared(act);
    place.esdk(act.arguments()).succeeded().elapsed
}

/// A run that a signal has ended.
struct Ended<'a> {
    place: &'a Workspace,
    act: Act,
    /// The message ids of what was there before.
    before: BTreeMap<String, String>,
    status: Option<i32>,
    took: Duration,
    about: &'a str,
}

fn disturb(signal: &str, checked: impl Fn(Ended)) {
    let seed =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos();
    let mut random = Random(seed as u64);
    let spans = ACTS.map(whole_run);
    for run in 0..runs() {
        let at = run % ACTS.len();
        let (act, span) = (ACTS[at], spans[at]);
        let after = Duration::from_micros(random.below(span.as_micros() as u64));
        let about = format!("{signal} after {after:?} of {span:?}, {act:?}");
        let place = prepared(act);
        let before = message_ids(&place, act);
        let (status, took) = interrupted(&place, act, signal, after);
        checked(Ended { place: &place, act, before, status, took, about: &about });
        check(&place, act, signal, &about);
    }
}

#[test]
fn a_killed_run_leaves_nothing_that_is_not_whole() {
    disturb("KILL", |Ended { place, act, about, .. }| {
        // A record is written after its output has its name; the last one may be cut off.
        let there = files(&place.path(act.folder()));
        let is_there = |name: &String| there.contains_key(name);
        assert!(recorded(place, act).keys().all(is_there), "{about}: a record without its output");
    });
}

#[test]
fn a_terminated_run_leaves_no_trace_and_a_record_of_all_that_is_done() {
    disturb("TERM", |Ended { place, act, before, status, took, about }| {
        // Before it listens the system ends it, and after its last file it has succeeded.
        assert!(matches!(status, None | Some(0 | 143)), "{about}: {status:?}");
        assert!(took < Duration::from_secs(1) || status == Some(0), "{about}: {took:?}");
        assert_eq!(parts(place), 0, "{about}");
        let done = recorded(place, act);
        if let Act::Decrypt = act {
            let out: Vec<_> = files(&place.path("out")).into_keys().collect();
            assert!(out.iter().eq(done.keys()), "{about}: outputs without a record: {out:?} {done:?}");
        } else {
            // What has a record is the message that the record tells of; everything else is as it was.
            let mut expected = before;
            expected.extend(done.clone());
            assert_eq!(message_ids(place, act), expected, "{about}");
        }
        if status == Some(143) && done.is_empty() && !matches!(act, Act::EncryptAgain) {
            assert!(!place.path("out").exists(), "{about}: a directory is left");
        }
    });
}
