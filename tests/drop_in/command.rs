//! The binary under the name of the original, and what both of them print, without what differs from run to run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::support::command::{Outcome, Workspace};

/// The name under which the binary speaks the original's command line.
pub const NAME: &str = "aws-encryption-cli";

/// A folder of the user's with the binary under that name, and nothing else.
pub fn folder_with_link(place: &Workspace) -> PathBuf {
    let folder = place.home().join("bin");
    if !folder.exists() {
        fs::create_dir(&folder).expect("a folder in the home folder");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_esdk"), folder.join(NAME)).expect("a link");
    }
    folder
}

/// Calls the binary by that name.
pub fn drop_in(place: &Workspace, words: &[String], standard_input: &[u8]) -> Outcome {
    let mut command = Command::new(folder_with_link(place).join(NAME));
    command.args(words);
    place.run(command, standard_input)
}

/// The names of all files below a folder, with `/`, sorted. Links are files.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.expect("a folder of the test can be read");
        if !entry.file_type().is_dir() {
            let name = entry.path().strip_prefix(folder).expect("it lies below");
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
}

/// A text without its time stamps, and with the usage left out before an error.
pub fn normal(text: &str) -> String {
    let lines = text.lines().filter(|line| !is_of_python(line)).map(|line| in_order(&without_time(line)));
    let lines: Vec<String> = lines.collect();
    if lines.first().is_some_and(|line| line.starts_with("usage:")) {
        let errors = lines.iter().filter(|line| line.contains(": error: "));
        return ["usage: ...".to_owned()].iter().chain(errors).cloned().collect::<Vec<_>>().join("\n");
    }
    lines.join("\n")
}

/// A line of metadata, its random values replaced by their lengths.
pub fn without_chance(text: &str) -> String {
    let Ok(record) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let header = &record["header"];
    let mut chance = vec![
        (&header["message_id"], "message id"),
        (&header["commitment_key"], "commitment key"),
        (&header["encryption_context"]["aws-crypto-public-key"], "public key"),
        (&record["header_auth"]["tag"], "tag"),
    ];
    for encrypted in header["encrypted_data_keys"].as_array().into_iter().flatten() {
        chance.push((&encrypted["encrypted_data_key"], "encrypted data key"));
    }
    let mut text = text.to_owned();
    for (value, name) in chance {
        if let Some(value) = value.as_str() {
            let bytes = BASE64.decode(value).unwrap_or_else(|error| panic!("{name} {value:?}: {error}"));
            text = text.replace(value, &format!("<{name}, {} bytes>", bytes.len()));
        }
    }
    text
}

/// A warning of the interpreter, which no other implementation can have.
fn is_of_python(line: &str) -> bool {
    line.contains("DeprecationWarning") || line.contains("add_mutually_exclusive")
}

/// `2026-01-31 12:00:00,000 - MainThread - REST` is `<TIME> - REST`.
fn without_time(line: &str) -> String {
    const FORM: &[u8] = b"0000-00-00 00:00:00,000 - ";
    let is_time = line.len() > FORM.len()
        && line.bytes().zip(FORM).all(|(found, form)| match form {
            b'0' => found.is_ascii_digit(),
            form => found == *form,
        });
    match line.get(FORM.len()..).and_then(|rest| rest.split_once(" - ")) {
        Some((_thread, rest)) if is_time => format!("<TIME> - {rest}"),
        _ => line.to_owned(),
    }
}

/// `(choose from 'b', 'a')` is `(choose from 'a', 'b')`: the original takes them from a set, in another order each time.
fn in_order(line: &str) -> String {
    const BEGIN: &str = "(choose from ";
    match line.split_once(BEGIN) {
        Some((before, choices)) => {
            let mut choices: Vec<&str> = choices.trim_end_matches(')').split(", ").collect();
            choices.sort_unstable();
            format!("{before}{BEGIN}{})", choices.join(", "))
        }
        None => line.to_owned(),
    }
}

#[test]
fn a_time_stamp_is_left_out_with_its_thread() {
    let line = "2026-01-31 12:00:00,001 - MainThread - aws_encryption_sdk_cli - INFO - a - b";
    assert_eq!(normal(line), "<TIME> - aws_encryption_sdk_cli - INFO - a - b");
    assert_eq!(normal("2026-01-31 is no time - a - b"), "2026-01-31 is no time - a - b");
    assert_eq!(normal("x (choose from 'b', 'a')"), "x (choose from 'a', 'b')");
    assert_eq!(normal("usage: x\n   y\nx: error: z\n"), "usage: ...\nx: error: z");
}
