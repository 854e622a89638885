//! The original and the drop-in, called with the same arguments by chance, each in a folder of its own: the same status, the
//! same texts, the same files with the same content, decrypted where it is a message.
//!
//! `ESDK_DROP_IN_SEED` is the first of the seeds and `ESDK_DROP_IN_CALLS` how many there are; a failure names its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;

use crate::arguments::Call;
use crate::chosen;
use crate::command::{drop_in, files_below, normal, without_chance};
use crate::messages::{Pair, excerpt, headers_differ, message, opened_differently};
use crate::original::{self, Original};
use crate::support::command::Workspace;
use crate::world::{World, plain};

const CALLS: u64 = 300;
/// How many of the originals run at once.
const WORKERS: usize = 2;

type Files = BTreeMap<String, Vec<u8>>;

/// What a call did, and what was there afterwards.
#[derive(Clone)]
struct Seen {
    status: i64,
    stdout: Vec<u8>,
    stderr: String,
    files: Files,
}

/// A difference that is meant, and how often it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meant {
    /// An encryption context that is not the required one is a failure.
    UnmetContextFails,
    /// An output that was there survives a failure, and none appears in part.
    OutputsAreWhole,
    /// Plaintext is held back until it is verified.
    HeldBack,
    /// That plug-ins of Python are not loaded is said.
    NoPlugIns,
    /// What an exception of a library says is not the library's words.
    OtherWords,
    /// A failure says why, with `--quiet` too.
    QuietFailureSaysWhy,
    /// What is encrypted leaves for a pipe as it is made, the header first.
    HeaderFirst,
    /// To decrypt, a key that is no key ARN opens nothing; it does not end the run.
    NoArnOpensNothing,
    /// That no key is one is said before any file is looked at.
    KeysComeFirst,
}

fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What came of comparing many calls.
struct Outcomes {
    differing: Vec<String>,
    messages: u64,
    /// How often each status of the original and each meant difference was seen.
    seen: BTreeMap<String, u64>,
}

/// Compares all of them, each with its name.
fn compare_all(calls: impl Fn(&World) -> Vec<(String, Call)>) -> Outcomes {
    let world = World::new(&mut Original::start());
    let calls = calls(&world);
    let differing = Mutex::new(BTreeMap::new());
    let pairs = Mutex::new(Vec::new());
    let seen = Mutex::new(BTreeMap::<String, u64>::new());
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (world, calls, differing, pairs, seen) = (&world, &calls, &differing, &pairs, &seen);
            scope.spawn(move || {
                let mut original = Original::start();
                for (at, (name, call)) in calls.iter().enumerate().skip(worker).step_by(WORKERS) {
                    let compared = compare(world, &mut original, call);
                    if !compared.differences.is_empty() {
                        let text =
                            format!("{name}: {}\n{}\n", shown(&call.words), compared.differences.join("\n"));
                        differing.lock().expect("no poison").insert(at, text);
                    }
                    pairs.lock().expect("no poison").extend(compared.pairs);
                    let mut seen = seen.lock().expect("no poison");
                    let meant = compared.meant.iter().map(|meant| format!("{meant:?}"));
                    for what in meant.chain([compared.status]) {
                        *seen.entry(what).or_default() += 1;
                    }
                }
            });
        }
    });
    let mut differing: Vec<String> = differing.into_inner().expect("no poison").into_values().collect();
    let pairs = pairs.into_inner().expect("no poison");
    differing.extend(opened_differently(&pairs));
    let messages = u64::try_from(pairs.len()).expect("64 bits");
    Outcomes { differing, messages, seen: seen.into_inner().expect("no poison") }
}

#[test]
fn calls_by_chance_come_out_the_same() {
    if !original::is_wanted() {
        return;
    }
    let first = variable("ESDK_DROP_IN_SEED", 1);
    let count = variable("ESDK_DROP_IN_CALLS", CALLS);
    let outcomes = compare_all(|world| {
        let seeds = first..first + count;
        seeds.map(|seed| (format!("seed {seed}"), Call::by_chance(world, seed))).collect()
    });
    outcomes.all_the_same();
    if count >= CALLS {
        // Lists that are all refused would show nothing.
        for status in ["status 0", "status 1", "status 2"] {
            assert!(outcomes.seen[status] >= count / 10, "{:?}", outcomes.seen);
        }
        assert!(outcomes.messages >= count / 10, "{}", outcomes.messages);
    }
}

#[test]
fn chosen_calls_come_out_the_same() {
    if original::is_wanted() {
        compare_all(chosen::calls).all_the_same();
    }
}

#[test]
fn what_the_original_does_not_do_well_is_done_otherwise() {
    if !original::is_wanted() {
        return;
    }
    let mut original = Original::start();
    let world = World::new(&mut original);
    for other in chosen::OTHERS {
        let call = chosen::call(&world, other.line);
        let place = world.place();
        let called = original.call(&place, &call.words_in(&folder(&place)), &call.standard_input);
        assert_eq!(called.status, other.theirs, "the original: {}: {}", other.line, called.stderr);

        let place = world.place();
        let before = files(&place);
        let outcome = drop_in(&place, &call.words_in(&folder(&place)), &call.standard_input);
        let said = format!("{}: {}\n{}", other.line, other.reason, outcome.stderr);
        assert_eq!(outcome.status.map(i64::from), Some(other.ours), "{said}");
        let after = files(&place);
        match other.ours {
            0 => assert!(after.len() > before.len(), "{said}"),
            _ => assert!(after == before, "{said}"),
        }
        if let Some(opened) = after.get("new").filter(|content| message(content).is_none()) {
            assert!(*opened == plain("p"), "{said}");
        }
    }
}

impl Outcomes {
    #[track_caller]
    fn all_the_same(&self) {
        assert!(
            self.differing.is_empty(),
            "{} differ ({} messages, {:?}):\n{}",
            self.differing.len(),
            self.messages,
            self.seen,
            self.differing.join("\n")
        );
    }
}

struct Compared {
    status: String,
    differences: Vec<String>,
    pairs: Vec<Pair>,
    meant: BTreeSet<Meant>,
}

fn compare(world: &World, original: &mut Original, call: &Call) -> Compared {
    let place = world.place();
    let before = files(&place);
    let words = call.words_in(&folder(&place));
    let called = original.call(&place, &words, &call.standard_input);
    let theirs = Seen {
        status: called.status,
        stdout: without_root(&place, &called.stdout),
        stderr: called.stderr,
        files: files(&place),
    };
    let theirs = Seen { stderr: spoken(&place, &theirs.stderr), ..theirs };

    let place = world.place();
    let words = call.words_in(&folder(&place));
    let outcome = drop_in(&place, &words, &call.standard_input);
    let ours = Seen {
        status: outcome.status.map_or(-1, i64::from),
        stdout: without_root(&place, &outcome.stdout),
        stderr: spoken(&place, &outcome.stderr),
        files: files(&place),
    };

    let status = format!("status {}", theirs.status);
    // From -vv on each of them speaks of its own inside.
    let is_verbose =
        call.words.iter().filter(|word| word.starts_with("-v")).map(|word| word.len() - 1).sum::<usize>() > 1;
    let (expected, meant) = meant(call, &before, theirs, &ours);
    let mut differences = Vec::new();
    let mut pairs = Vec::new();
    if expected.status != ours.status {
        differences.push(format!("status: {} and not {}", ours.status, expected.status));
    }
    if !is_verbose && expected.stderr != ours.stderr {
        differences.push(format!("standard error:\n{}\nand not:\n{}", ours.stderr, expected.stderr));
    }
    let mut same = |name: &str, theirs: &[u8], ours: &[u8]| {
        let name = format!("{}: {name}", shown(&call.words));
        match (message(theirs), message(ours)) {
            (Some(theirs), Some(ours)) if theirs != ours => {
                let differing = headers_differ(&theirs, &ours);
                pairs.push(Pair { name, theirs, ours });
                differing
            }
            _ if records(theirs) == records(ours) => None,
            _ => Some(format!("{:?}\nand not\n{:?}", excerpt(ours), excerpt(theirs))),
        }
    };
    if let Some(text) = same("standard output", &expected.stdout, &ours.stdout) {
        differences.push(format!("standard output: {text}"));
    }
    for name in expected.files.keys().chain(ours.files.keys()).collect::<BTreeSet<_>>() {
        match (expected.files.get(name), ours.files.get(name)) {
            (Some(theirs), Some(ours)) => {
                if let Some(text) = same(name, theirs, ours) {
                    differences.push(format!("{name}: {text}"));
                }
            }
            (Some(_), None) => differences.push(format!("{name} is not there")),
            (None, _) => differences.push(format!("{name} is there")),
        }
    }
    Compared { status, differences, pairs, meant }
}

/// What is expected after the original did that: the differences that are meant are taken off.
fn meant(call: &Call, before: &Files, mut theirs: Seen, ours: &Seen) -> (Seen, BTreeSet<Meant>) {
    let mut meant = BTreeSet::new();
    let is_unmet = String::from_utf8_lossy(&theirs.stdout).contains("\"skipped\": true")
        || theirs.stderr.contains(UNMET)
        || theirs.files.iter().any(|(name, content)| {
            before.get(name) != Some(content)
                && String::from_utf8_lossy(content).contains("\"skipped\": true")
        });
    let is_quiet_and_unmet =
        theirs.status == 0 && ours.status == 1 && call.words.iter().any(|word| is_quiet(word));
    if theirs.status == 0 && (is_unmet || is_quiet_and_unmet && requires_context(call)) {
        theirs.status = 1;
        meant.insert(Meant::UnmetContextFails);
        if theirs.stderr.is_empty() && call.words.iter().any(|word| is_quiet(word)) {
            theirs.stderr = UNMET.to_owned();
            meant.insert(Meant::QuietFailureSaysWhy);
        }
    }
    if theirs.status != 0 {
        if outputs_are_whole(call, before, &mut theirs, ours) {
            meant.insert(Meant::OutputsAreWhole);
        }
        let is_plaintext = !theirs.stdout.starts_with(b"{");
        if is_plaintext && theirs.stdout != ours.stdout && theirs.stdout.starts_with(&ours.stdout) {
            theirs.stdout.clone_from(&ours.stdout);
            meant.insert(Meant::HeldBack);
        }
        if theirs.stdout.is_empty() && message(&ours.stdout).is_some() && !is_buffered(call) {
            theirs.stdout.clone_from(&ours.stdout);
            meant.insert(Meant::HeaderFirst);
        }
        if theirs.stderr.contains("\nMalformedArnError(\"") && ours.stderr.contains("DecryptKeyError(\"") {
            theirs.stderr.clone_from(&ours.stderr);
            meant.insert(Meant::NoArnOpensNothing);
        }
        if theirs.status == ours.status && names_no_arn(call) && of_no_file(&ours.stderr) {
            theirs.stderr.clone_from(&ours.stderr);
            meant.insert(Meant::KeysComeFirst);
        }
    }
    let mut lines: Vec<String> = theirs.stderr.lines().map(str::to_owned).collect();
    if lines.iter().any(|line| line.starts_with("Requested master key provider not found: ")) {
        lines.push(NO_PLUG_INS.to_owned());
        lines.sort();
        meant.insert(Meant::NoPlugIns);
    }
    for line in &mut lines {
        if line.starts_with("Error(\"") {
            // An exception of `binascii`: what is not base64.
            let said = ours.stderr.lines().find(|said| said.contains("is not base64: "));
            said.unwrap_or_default().clone_into(line);
            meant.insert(Meant::OtherWords);
        }
        let words = OTHER_WORDS.iter().find(|words| line.starts_with(*words));
        let said = words.and_then(|words| ours.stderr.lines().find(|said| said.starts_with(words)));
        if let Some(said) = said.filter(|said| said != line) {
            said.clone_into(line);
            meant.insert(Meant::OtherWords);
        }
    }
    if !theirs.stderr.starts_with("usage:") {
        lines.sort();
    }
    theirs.stderr = lines.join("\n");
    (theirs, meant)
}

/// Whether a key is named by something else than an ARN.
fn names_no_arn(call: &Call) -> bool {
    let key = |word: &String| word.rsplit_once("key=").is_some_and(|(_, key)| !key.starts_with("arn:"));
    call.words.iter().any(key)
}

/// Whether this is said before the first file: that of a key nothing can come.
fn of_no_file(stderr: &str) -> bool {
    stderr.contains(" is not a key ARN, alias ARN, key id or alias name")
        || stderr.starts_with("DecryptKeyError(\"Unable to decrypt any data key\")\n")
}

const UNMET: &str = "Skipping decrypt because discovered encryption context did not match required elements.";

const NO_PLUG_INS: &str = "This is esdk: Python plug-ins cannot be loaded. Its providers are aws-kms, aws-kms-rsa, raw-aes, \
                           raw-rsa, local.";

/// What messages begin with whose rest is the words of a library, or a place in its source.
const OTHER_WORDS: [&str; 1] = ["SerializationError(\"Unexpected deserialization error\", "];

fn is_quiet(word: &str) -> bool {
    word == "--quiet" || word.starts_with('-') && !word.starts_with("--") && word.contains('q')
}

fn is_buffered(call: &Call) -> bool {
    call.words.iter().any(|word| word.starts_with("--b") || word == "-b")
}

fn requires_context(call: &Call) -> bool {
    call.words.iter().any(|word| word.starts_with("-c") || word.starts_with("--encryption-con"))
}

/// Undoes what a failure did to outputs; whether there was something to undo.
fn outputs_are_whole(call: &Call, before: &Files, theirs: &mut Seen, ours: &Seen) -> bool {
    let mut is_undone = false;
    for (name, content) in before {
        let is_same = theirs.files.get(name) == ours.files.get(name);
        if !is_same
            && !is_records(name)
            && theirs.files.get(name).is_none_or(|now| is_other_than(content, now))
        {
            theirs.files.insert(name.clone(), content.clone());
            let deleting = format!("Operation failed: deleting output file: {name}\n");
            let keeping = format!("Operation failed: keeping existing output file: {name}\n");
            theirs.stderr = format!("{}\n", theirs.stderr).replace(&deleting, &keeping).trim_end().to_owned();
            is_undone = true;
        }
    }
    // Of standard input an output is not even deleted.
    if call.reads_standard_input {
        let before_call = theirs.files.len();
        theirs.files.retain(|name, _| before.contains_key(name) || is_records(name));
        is_undone |= theirs.files.len() < before_call;
    }
    is_undone
}

/// Not that, nor that with lines of metadata behind it.
fn is_other_than(before: &[u8], now: &[u8]) -> bool {
    now.strip_prefix(before)
        .is_none_or(|rest| !rest.is_empty() && !BEGINS.iter().any(|begin| rest.starts_with(begin)))
}

fn is_records(name: &str) -> bool {
    name.contains("records")
}

fn folder(place: &Workspace) -> String {
    place.path("").to_string_lossy().trim_end_matches('/').to_owned()
}

fn replaced(bytes: &[u8], what: &str, with: &str) -> Vec<u8> {
    let mut named = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(what.len()).position(|found| found == what.as_bytes()) {
        named.extend_from_slice(&rest[..at]);
        named.extend_from_slice(with.as_bytes());
        rest = &rest[at + what.len()..];
    }
    [&named[..], rest].concat()
}

/// The folders have names in it; of a help the first word is left.
fn without_root(place: &Workspace, bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"usage: ") {
        return b"usage: ...".to_vec();
    }
    let named = replaced(bytes, &folder(place), "<HERE>");
    replaced(&named, &place.home().to_string_lossy(), "<HOME>")
}

/// What was said, without what differs from run to run. Of a tree the files may be taken in any order.
fn spoken(place: &Workspace, text: &str) -> String {
    let text = normal(&text.replace(&folder(place), "<HERE>"));
    let mut lines: Vec<&str> = text.lines().collect();
    if !text.starts_with("usage:") {
        lines.sort_unstable();
    }
    lines.join("\n")
}

/// All files below the working folder, and the targets of links.
fn files(place: &Workspace) -> Files {
    let root = place.path("");
    let content = |name: &String| {
        let path = root.join(name);
        match fs::read_link(&path) {
            Ok(target) => format!("-> {}", target.display()).into_bytes(),
            Err(_) => without_root(place, &fs::read(path).expect("a file of the test")),
        }
    };
    files_below(&root).into_iter().map(|name| (name.clone(), content(&name))).collect()
}

/// Lines of metadata without chance, in the order of the alphabet, whatever else is in the file with them.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let begins = |found: &[u8]| BEGINS.iter().any(|begin| found.starts_with(begin));
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(BEGINS[0].len()).skip(1).position(begins) {
        let (piece, after) = rest.split_at(at + 1);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let mut pieces: Vec<Vec<u8>> = pieces.into_iter().map(record).collect();
    pieces.sort();
    pieces
}

/// What a line of metadata begins with; the second one of a failure, which only ours says to be one.
const BEGINS: [&[u8]; 2] = [b"{\"header\": ", b"{\"error\": {"];

fn record(piece: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(piece) else { return piece.to_vec() };
    let text = &as_if_it_had_not_failed(text);
    let text = if text.contains("\"mode\": \"encrypt\"") { without_chance(text) } else { text.to_owned() };
    // The original takes what is missing from a set.
    let missing = ["\"missing_encryption_context_keys\": ", "\"missing_encryption_context_pairs\": "];
    missing.iter().fold(text, |text, name| in_order(&text, name)).into_bytes()
}

/// A line of metadata without what says that its file failed.
fn as_if_it_had_not_failed(text: &str) -> String {
    match text.strip_prefix("{\"error\": {").and_then(|rest| rest.split_once("}, ")) {
        Some((_error, rest)) => format!("{{{}", rest.replacen(", \"status\": \"failed\"}", "}", 1)),
        None => text.to_owned(),
    }
}

/// A list behind a name, in the order of the alphabet.
fn in_order(text: &str, name: &str) -> String {
    let Some((before, rest)) = text.split_once(name) else { return text.to_owned() };
    let mut list = serde_json::Deserializer::from_str(rest).into_iter::<Vec<serde_json::Value>>();
    let mut found = list.next().and_then(Result::ok).unwrap_or_default();
    found.sort_by_key(ToString::to_string);
    format!("{before}{name}{found:?}{}", &rest[list.byte_offset()..])
}

/// A list of arguments as a shell takes it.
fn shown(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@+,".contains(c);
    let quoted = |word: &String| match word.is_empty() || !word.chars().all(plain) {
        true => format!("'{word}'"),
        false => word.clone(),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
