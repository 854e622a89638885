//! `docs/migrating.md` is true: it names every option of the original and no other, options that `esdk` has, and its two ways of
//! doing a thing do the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command::{files_below, folder_with_link};
use crate::messages::{Pair, message, opened_differently};
use crate::original;
use crate::support::command::Workspace;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};
use crate::support::python;

const GUIDE: &str = include_str!("../../docs/migrating.md");

/// The cells of the table under this head.
#[track_caller]
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = GUIDE.split_once(&format!("\n{head}\n")).unwrap_or_else(|| panic!("no table {head:?}"));
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

const OPTIONS: &str = "| aws-encryption-cli | esdk | what to look at |";

/// What a cell has between backticks.
fn code(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

/// The options that a text of the guide names.
fn options(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split_whitespace().filter(|word| word.starts_with('-') && word.len() > 1)
}

#[test]
fn the_table_has_every_option_of_the_original() {
    if !original::is_wanted() {
        return;
    }
    // Those without a help are typing errors that are caught, and one that nobody may give.
    let question = "
import argparse, warnings
warnings.simplefilter('ignore')
from aws_encryption_sdk_cli.internal.arg_parsing import _build_parser
for action in _build_parser()._actions:
    if action.help != argparse.SUPPRESS:
        print(*action.option_strings)
";
    let output = python::command().args(["-c", question]).output().expect("the interpreter can be started");
    let known = String::from_utf8(output.stdout).expect("text");
    let known: BTreeSet<&str> = known.split_whitespace().collect();
    assert!(known.len() > 30, "{known:?}\n{}", String::from_utf8_lossy(&output.stderr));
    let rows = table(OPTIONS);
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| code(row[0])).flat_map(options).collect();
    assert_eq!(named, known);
}

#[test]
fn the_options_of_esdk_in_it_exist() {
    let command = esdk::cli::command();
    let of = |command: &clap::Command| {
        let mut names = BTreeSet::from(["-h".to_owned(), "--help".to_owned()]);
        for argument in command.get_arguments() {
            names.extend(argument.get_long().map(|long| format!("--{long}")));
            names.extend(argument.get_short().map(|short| format!("-{short}")));
        }
        names
    };
    let mut known = of(&command);
    known.insert("--version".to_owned());
    for name in ["encrypt", "decrypt"] {
        known.extend(of(command.find_subcommand(name).expect("a subcommand")));
    }
    let mut count = 0;
    for row in table(OPTIONS) {
        for option in code(row[1]).chain(code(row[2])).flat_map(options) {
            assert!(known.contains(option), "{option} of {row:?}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// A user with both commands in the PATH, and the files of the examples.
fn scene(keys: &[KmsKey; 2], alias: &str) -> Workspace {
    let mut place = Workspace::new(&format!("http://{}", emulator().address));
    place.set("AWS_DEFAULT_REGION", HOME_REGION);
    let link = folder_with_link(&place);
    let binaries = Path::new(env!("CARGO_BIN_EXE_esdk")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    place.set("PATH", format!("{}:{}:{path}", link.display(), binaries.display()));
    place.set("KEY", &keys[0].arn);
    place.set("OTHER_KEY", &keys[1].arn);
    place.set("ALIAS", alias);
    fs::create_dir_all(place.path("reports/below")).expect("a folder");
    for name in ["report.txt", "reports/january.txt", "reports/below/february.txt"] {
        place.write(name, format!("{name}\n").repeat(900));
    }
    place
}

/// The files that are there, by the names that `esdk` gives them.
fn files(place: &Workspace) -> BTreeMap<String, Vec<u8>> {
    let renamed = |name: &String| match name.strip_suffix(".encrypted.decrypted") {
        Some(stem) => stem.to_owned(),
        None => name.strip_suffix(".encrypted").map_or(name.clone(), |stem| format!("{stem}.esdk")),
    };
    files_below(&place.path("")).iter().map(|name| (renamed(name), place.read(name))).collect()
}

/// Lines of metadata, by their input.
fn records(bytes: &[u8]) -> BTreeMap<String, Value> {
    let lines = std::str::from_utf8(bytes).expect("JSON is text").lines();
    let record = |line| serde_json::from_str::<Value>(line).expect("a line is JSON");
    let name =
        |record: &Value| record["input"].as_str().unwrap_or_default().rsplit('/').next().map(str::to_owned);
    lines.map(record).map(|record| (name(&record).unwrap_or_default(), record)).collect()
}

#[track_caller]
fn same_fields(theirs: &[u8], ours: &[u8]) {
    let (theirs, ours) = (records(theirs), records(ours));
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    for (theirs, ours) in theirs.values().zip(ours.values()) {
        let fields =
            |record: &Value| record.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
        for (theirs, ours) in [(theirs, ours), (&theirs["header"], &ours["header"])] {
            assert!(fields(theirs).is_subset(&fields(ours)), "{theirs}\n{ours}");
        }
        assert_eq!(theirs["mode"], ours["mode"]);
        assert_eq!(theirs["header"]["algorithm"], ours["header"]["algorithm"]);
    }
}

#[test]
fn both_ways_do_the_same() {
    let keys = [HOME_REGION, FAR_REGION].map(|region| emulator().create_key(region));
    let alias = format!("alias/migrating-{}", keys[0].id);
    emulator().create_alias(&keys[0], &alias);
    let mut pairs = Vec::new();
    let sections = GUIDE.split("\n### ").skip(1).filter(|section| section.contains("```sh"));
    let mut count = 0;
    for section in sections {
        let heading = section.lines().next().unwrap_or_default();
        let blocks: Vec<&str> = section
            .split("```sh\n")
            .skip(1)
            .filter_map(|rest| rest.split_once("\n```"))
            .map(|two| two.0)
            .collect();
        let [theirs, ours] = &blocks[..] else { panic!("{heading}: two blocks: {blocks:?}") };
        assert!(!theirs.contains("esdk ") && !ours.contains("aws-encryption-cli"), "{heading}");
        let found = [theirs, ours].map(|block| {
            let place = scene(&keys, &alias);
            let mut command = Command::new("sh");
            command.args(["-eu", "-c", block]);
            place.run(command, b"").succeeded();
            files(&place)
        });
        let [theirs, ours] = found;
        assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{heading}");
        for (name, theirs) in theirs {
            let ours = &ours[&name];
            match (message(&theirs), message(ours)) {
                (Some(theirs), Some(ours)) => {
                    pairs.push(Pair { name: format!("{heading}: {name}"), theirs, ours });
                }
                _ if name == "records.jsonl" => same_fields(&theirs, ours),
                _ => assert!(theirs == *ours, "{heading}: {name} differs"),
            }
        }
        count += 1;
    }
    assert!(count >= 6, "{count}");
    assert!(pairs.len() >= count, "{}", pairs.len());
    assert_eq!(opened_differently(&pairs), Vec::<String>::new());
}
