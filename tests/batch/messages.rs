//! What is said, word for word; progress and colours.

use std::process::Command;

use super::refusals::REFUSALS;
use super::support::command::Workspace;
use super::{encrypt, make, shell, with_esdk, workspace};

/// A command, its exit status, and exactly what it writes to standard output and standard error. `[..]` stands for
/// anything in a line.
pub type Transcript = (&'static str, i32, &'static str, &'static str);

const TRANSCRIPTS: &[Transcript] = &[
    (
        "encrypt -w provider=local -r t -o enc",
        0,
        "",
        "esdk: warning: provider=local is for trying the tool: only the key in [..]/esdk/local.key opens what it encrypts\n\
         esdk: summary: 2 done, 0 skipped, 0 failed, 8 B, [..] s, 0 KMS calls\n",
    ),
    (
        "encrypt -q -w provider=local t/a -o enc",
        73,
        "",
        "esdk: error: t/a: enc/a.esdk: exists already\n\
         esdk: hint: replace it with --force, pass over it with --skip-existing, or choose another -o\n",
    ),
    (
        "decrypt -w provider=local enc/a.esdk -o enc/a.esdk",
        73,
        "",
        "esdk: error: enc/a.esdk: enc/a.esdk: is the input itself\n",
    ),
    (
        "decrypt -w provider=local enc/a.esdk -o t/a --skip-existing",
        0,
        "",
        "esdk: skipped: enc/a.esdk: t/a: the output exists\n",
    ),
    (
        "verify -w provider=local enc/a.esdk missing damaged.esdk",
        1,
        "enc/a.esdk: ok, 3 bytes, signature verified, opened by raw-aes esdk-local/[..]\n",
        "esdk: error: missing: cannot be read: no such file or directory\n\
         esdk: error: damaged.esdk: not a message: byte 0 is 0x64, and a message begins with 0x01 or 0x02\n\
         esdk: summary: 1 done, 0 skipped, 2 failed, 3 B, [..] s, 0 KMS calls\n",
    ),
    (
        "decrypt -w provider=local damaged.esdk",
        65,
        "",
        "esdk: error: damaged.esdk: not a message: byte 0 is 0x64, and a message begins with 0x01 or 0x02\n",
    ),
    (
        "decrypt -w provider=local -c a=b enc/a.esdk",
        77,
        "",
        "esdk: error: enc/a.esdk: [..]\n\
         esdk: hint: the message may belong somewhere else; `esdk inspect` shows its encryption context\n",
    ),
    (
        "decrypt -w provider=local t/a",
        2,
        "",
        "esdk: error: t/a: the name does not end with \".esdk\"\n\
         esdk: hint: name the output with -o, or the ending with --suffix\n",
    ),
    (
        "encrypt -q -w provider=local t",
        2,
        "",
        "esdk: error: t: is a directory\nesdk: hint: give -r to take the files in it\n",
    ),
    ("encrypt -q -w provider=local 'no*'", 66, "", "esdk: error: no*: no file matches this pattern\n"),
    (
        "encrypt -k arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab t/a",
        75,
        "",
        "esdk: error: t/a: KMS cannot be reached after 3 attempts: [..]\nesdk: hint: check the network, the Region and --endpoint-url, and try again\n",
    ),
    (
        "verify -w provider=local --include '*.none' -r enc",
        0,
        "",
        "esdk: summary: 0 done, 0 skipped, 0 failed, 0 B, [..] s, 0 KMS calls\n\
         esdk: warning: there was nothing to do: no input was found\n",
    ),
    ("clean .", 0, "", "esdk: summary: 0 files removed, 0 B\n"),
];

/// Whether a text is a pattern's, line by line.
fn is_like(text: &str, pattern: &str) -> bool {
    let is_line_like = |(line, pattern): (&str, &str)| {
        let mut rest = line;
        let mut pieces = pattern.split("[..]");
        let Some(begin) = rest.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
        rest = begin;
        for piece in pieces {
            match rest.find(piece) {
                Some(_) if piece.is_empty() => rest = "",
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.is_empty()
    };
    text.lines().count() == pattern.lines().count() && text.lines().zip(pattern.lines()).all(is_line_like)
}

#[test]
fn messages_are_word_for_word() {
    let place = workspace();
    make(&place, &["t/a", "t/d/b"]);
    place.write("damaged.esdk", "damaged");
    transcribed(&place, TRANSCRIPTS);
    assert!(is_like("a 1 c\n", "a [..] c\n") && is_like("a 1", "a [..]") && !is_like("a 1 c d", "a [..] c"));
}

#[test]
fn refusals_are_word_for_word_and_leave_no_file() {
    let place = workspace();
    make(&place, &["t/a"]);
    place.esdk(["encrypt", "-q", "-w", "provider=local", "-r", "t", "-o", "enc"]).succeeded();
    encrypt(&place, &["t/a", "-o", "unsigned.esdk"]).succeeded();
    let message = place.read("enc/a.esdk");
    place.write("cut.esdk", &message[..100]);
    place.write("longer.esdk", [&message[..], b"more\n"].concat());
    let mut tampered = place.read("unsigned.esdk");
    *tampered.last_mut().expect("a tag") ^= 1;
    place.write("tampered.esdk", tampered);
    let before = place.files();
    transcribed(&place, REFUSALS);
    assert_eq!(place.files(), before);
}

/// Runs each line, and compares what it says.
fn transcribed(place: &Workspace, transcripts: &[Transcript]) {
    for (line, status, stdout, stderr) in transcripts {
        let outcome = shell(place, &format!("esdk {line}"));
        let shown = String::from_utf8_lossy(&outcome.stdout).into_owned();
        // Workers end in any order.
        let mut said: Vec<_> = outcome.stderr.lines().collect();
        let mut expected: Vec<_> = stderr.lines().collect();
        if line.starts_with("verify") {
            said.sort_unstable();
            expected.sort_unstable();
        }
        assert_eq!(outcome.status, Some(*status), "{line}\n{}", outcome.stderr);
        assert!(is_like(&shown, stdout), "{line}\n{shown}");
        assert!(is_like(&said.join("\n"), &expected.join("\n")), "{line}\n{}", outcome.stderr);
    }
}

/// Runs a shell command at a terminal; gives what the terminal showed.
fn at_a_terminal(place: &Workspace, script: &str) -> String {
    let program = "import os, pty, sys\nstatus = pty.spawn(['sh', '-c', sys.argv[1]])\n\
                   sys.exit(os.waitstatus_to_exitcode(status))\n";
    let mut python = Command::new("python3");
    python.args(["-c", program, &with_esdk(script)]);
    let outcome = place.run(python, b"");
    outcome.succeeded();
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

/// A plaintext that takes more than a second to come.
const SLOW: &str = "(head -c 1000000 /dev/zero; sleep 1.6; head -c 1000000 /dev/zero)";

#[test]
fn progress_is_a_bar_at_a_terminal_and_never_in_a_pipe() {
    let mut place = workspace();
    place.set("TERM", "xterm");
    let encrypt = "esdk encrypt -w provider=local -o";
    let shown = at_a_terminal(&place, &format!("{SLOW} | {encrypt} a.esdk"));
    assert!(shown.contains("976.56 KiB") && shown.contains("0 files"), "{shown:?}");
    assert!(shown.contains("provider=local is for trying"), "{shown:?}");
    for (more, name) in [("-q", "b"), ("--progress never", "c")] {
        let shown = at_a_terminal(&place, &format!("{SLOW} | {encrypt} {name}.esdk {more}"));
        assert!(!shown.contains("KiB"), "{shown:?}");
    }
    // Work that is done at once has none, and a file has a length.
    make(&place, &["t/a", "t/b"]);
    let shown = at_a_terminal(&place, "esdk encrypt -w provider=local -r t -o quick");
    assert!(!shown.contains("files"), "{shown:?}");
    let outcome = shell(&place, &format!("{SLOW} | {encrypt} d.esdk"));
    assert!(!outcome.stderr.contains("progress"), "{}", outcome.stderr);
    let outcome = shell(&place, &format!("{SLOW} | {encrypt} - --progress always | wc -c"));
    outcome
        .succeeded()
        .saying(&["esdk: progress: 0 files, 976.56 KiB, ", "esdk: progress: 1 file, 1.91 MiB, "]);
    let outcome = shell(&place, "esdk encrypt -q -w provider=local -r t -o log --progress always");
    outcome.succeeded().saying(&["esdk: progress: 2 of 2 files, 6 B of 6 B"]);
}

/// What a bar shows, one after the other without repetitions: rates as `RATE/s`, times as `TIME left`, the spinner as `*`.
fn frames(shown: &str) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    let drawn = shown.split(['\r', '\n']).map(|frame| frame.trim_start_matches("\u{1b}[2K").trim_end());
    for frame in drawn.filter(|frame| frame.contains("/s, ")) {
        let is_spinner = |character: char| ('\u{2800}'..='\u{28ff}').contains(&character);
        let parts = frame.split(", ").map(|part| match part {
            _ if part.ends_with("/s") => "RATE/s".to_owned(),
            _ if part.ends_with(" left") => "TIME left".to_owned(),
            _ => part.replace(is_spinner, "*"),
        });
        let frame = parts.collect::<Vec<_>>().join(", ");
        if frames.last() != Some(&frame) {
            frames.push(frame);
        }
    }
    frames
}

#[test]
fn a_bar_is_drawn_word_for_word_and_taken_away() {
    let mut place = workspace();
    place.set("TERM", "xterm");
    place.esdk(["keygen", "aes", "--bits", "256", "-o", "key"]).succeeded();
    let encrypt = "esdk encrypt -w provider=raw-aes,namespace=n,name=k,key-file=key --color never";
    let shown = at_a_terminal(
        &place,
        &format!("stty cols 100; (head -c 1000000 /dev/zero; sleep 1.6) | {encrypt} -o a.esdk"),
    );
    let begin = shown.starts_with("\r\u{1b}[2K") || shown.starts_with(|first: char| !first.is_ascii());
    assert!(begin && shown.ends_with("\r\u{1b}[2K"), "{shown:?}");
    // Whether the last state is still drawn is a matter of moments.
    let found = frames(&shown);
    let expected = ["* 976.56 KiB, RATE/s, 0 files", "* 976.56 KiB, RATE/s, 1 file"];
    assert!(
        !found.is_empty() && expected.starts_with(&found.iter().map(String::as_str).collect::<Vec<_>>()),
        "{shown:?}"
    );
    // So much came in a second or more.
    for rate in shown.split(", ").filter_map(|part| part.strip_suffix("/s")) {
        assert!(rate.ends_with(" KiB"), "{rate}/s: {shown:?}");
    }

    // Where the lengths are known there is a bar; until they are, the same as for a stream.
    make(&place, &["t/a", "t/b"]);
    let shown = at_a_terminal(&place, &format!("stty cols 100; {encrypt} -q --progress always -r t -o out"));
    assert!(shown.ends_with("\r\u{1b}[2K"), "{shown:?}");
    for frame in frames(&shown) {
        let (form, files) = frame.split_once(", RATE/s, ").expect("a rate");
        let is_bar = form.starts_with('[') && form.contains("] ") && form.ends_with(" of 6 B");
        let expected: &[&str] = match is_bar {
            true => &["TIME left, 0 of 2 files", "TIME left, 1 of 2 files", "TIME left, 2 of 2 files"],
            false => &["0 files", "1 file", "2 files"],
        };
        assert!(is_bar || ["* 0 B", "* 3 B", "* 6 B"].contains(&form), "{frame}");
        assert!(expected.contains(&files), "{frame}");
    }
    // What is said meanwhile stands on lines of its own.
    let shown = at_a_terminal(
        &place,
        &format!("stty cols 100; {encrypt} --progress always t/a missing -o more/; true"),
    );
    assert!(
        shown.contains("esdk: error: missing: cannot be read: no such file or directory\r\n"),
        "{shown:?}"
    );
    assert!(shown.contains("esdk: summary: 1 done, 0 skipped, 1 failed, 3 B"), "{shown:?}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let mut place = workspace();
    place.set("TERM", "xterm");
    let line = "esdk decrypt -w provider=local missing.esdk; true";
    let coloured = "\u{1b}[1;31merror:";
    let usage = "esdk encrypt --no-such; true";
    for (line, plain) in [(line, "esdk: error: "), (usage, "esdk: error: unexpected")] {
        assert!(shell(&place, line).stderr.starts_with(plain), "{line}");
        assert!(at_a_terminal(&place, line).contains("\u{1b}["), "{line}");
        assert!(!at_a_terminal(&place, &format!("export NO_COLOR=1; {line}")).contains("\u{1b}[1"), "{line}");
        let forced = shell(&place, &format!("export CLICOLOR_FORCE=1; {line}"));
        assert!(forced.stderr.contains("\u{1b}["), "{line}");
    }
    let outcome = shell(&place, "esdk --color always decrypt -w provider=local missing.esdk");
    assert!(outcome.stderr.contains(coloured), "{:?}", outcome.stderr);
    let outcome = shell(&place, "CLICOLOR_FORCE=1 esdk decrypt --color never -w provider=local missing.esdk");
    assert!(!outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
    let help = shell(&place, "esdk help encrypt --color always 2>&1; esdk encrypt -h --color always");
    assert!(String::from_utf8_lossy(&help.stdout).contains('\u{1b}'));
}
