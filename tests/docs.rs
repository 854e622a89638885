//! What is committed and generated is what the code generates, and what is read by people holds to a form.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use esdk::cli::manual::{self, Generated};

/// Rewrites `man/`, `completions/` and `tests/help/` instead of comparing them.
const UPDATE: &str = "UPDATE_DOCS";

/// Help is laid out for this many columns, and has so many lines at most.
const MAX_COLUMNS: usize = 110;
const MAX_LINES: usize = 80;

/// Subcommands whose help fits ten lines; their examples are in the manual page.
const WITHOUT_EXAMPLES: &[&str] = &["completions"];

/// Options in the README that are other programs'.
const OF_OTHERS: &[&str] = &["--locked", "--path", "--open"];

const README: &str = include_str!("../README.md");

fn at_root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// Compares a folder with what is generated; with [`UPDATE`] set, makes it so.
#[track_caller]
fn in_step(folder: &str, generated: &[Generated]) {
    let folder = at_root(folder);
    if std::env::var_os(UPDATE).is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        for stale in names_in(&folder) {
            fs::remove_file(folder.join(stale)).expect("an old file can be removed");
        }
        for (name, content) in generated {
            fs::write(folder.join(name), content).expect("a file can be written");
        }
    }
    let names: BTreeSet<_> = generated.iter().map(|(name, _)| name.clone()).collect();
    let advice = format!("run: {UPDATE}=1 cargo test --test docs");
    assert_eq!(names_in(&folder), names, "{}: other files than are generated; {advice}", folder.display());
    for (name, content) in generated {
        let path = folder.join(name);
        let found = fs::read(&path).expect("a listed file can be read");
        assert!(found == *content, "{} is not what is generated; {advice}", path.display());
    }
}

#[test]
fn manual_pages_are_in_step() {
    in_step("man", &manual::pages().expect("writing to memory"));
}

#[test]
fn completions_are_in_step() {
    in_step("completions", &manual::completions());
}

/// What people read on the screen, byte for byte.
#[test]
fn help_texts_are_in_step() {
    let mut texts: Vec<Generated> = Vec::new();
    for (words, _) in commands() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esdk"));
        command.args(&words).arg("--help").env("COLUMNS", MAX_COLUMNS.to_string());
        let output = command.output().expect("esdk can be run");
        assert!(output.status.success() && output.stderr.is_empty(), "{words:?} --help");
        // That one has the help of the Python tool for those who type its arguments.
        let is_same = words != ["aws-encryption-cli"];
        if is_same {
            let shown = String::from_utf8_lossy(&output.stdout);
            assert_eq!(shown, help(&words), "{words:?}: help and --help differ");
        }
        let name = [&["esdk".to_owned()], &words[..]].concat().join("-");
        texts.push((format!("{name}.txt"), output.stdout));
    }
    in_step("tests/help", &texts);
}

/// Every command with the words that lead to it.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    let mut root = esdk::cli::command();
    root.build();
    let mut found = vec![(Vec::new(), root)];
    let mut at = 0;
    while let Some((words, command)) = found.get(at).cloned() {
        for subcommand in command.get_subcommands().filter(|one| one.get_name() != "help") {
            let words = words.iter().cloned().chain([subcommand.get_name().to_owned()]).collect();
            found.push((words, subcommand.clone()));
        }
        at += 1;
    }
    found
}

fn help(words: &[String]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esdk"));
    if words.is_empty() {
        command.arg("--help")
    } else {
        command.arg("help").args(words)
    };
    let output = command.env("COLUMNS", MAX_COLUMNS.to_string()).output().expect("esdk can be run");
    assert!(output.status.success(), "help {words:?}");
    String::from_utf8(output.stdout).expect("help is UTF-8")
}

/// The lines under `Examples:`, without the remarks behind them.
fn examples(help: &str) -> Vec<String> {
    let Some((_, examples)) = help.split_once("\nExamples:\n") else { return Vec::new() };
    let lines = examples.lines().take_while(|line| !line.trim().is_empty());
    lines.map(|line| line.trim().split("  ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn help_fits_a_screen() {
    for (words, _) in commands() {
        let help = help(&words);
        for line in help.lines() {
            assert!(line.chars().count() <= MAX_COLUMNS, "help {words:?}: {line}");
        }
        assert!(help.lines().count() <= MAX_LINES, "help {words:?}: {} lines", help.lines().count());
    }
}

#[test]
fn every_option_says_what_it_does() {
    for (words, command) in commands() {
        assert!(command.get_about().is_some(), "esdk {words:?} says nothing of itself");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "esdk {words:?}: {}", argument.get_id());
            assert!(!help.ends_with('.'), "esdk {words:?}: {} ends with a full stop", argument.get_id());
        }
    }
}

#[test]
fn help_has_examples_that_can_be_typed() {
    for (words, command) in commands() {
        let is_top_or_below = words.len() < 2 && !WITHOUT_EXAMPLES.contains(&command.get_name());
        let examples = examples(&help(&words));
        assert!(!is_top_or_below || !examples.is_empty(), "help {words:?} has no examples");
        for line in examples {
            assert_can_be_typed(&line);
        }
    }
}

/// Every `esdk` of a pipeline has arguments that are accepted.
#[track_caller]
fn assert_can_be_typed(line: &str) {
    let mut is_ours = false;
    for part in line.split('|').map(str::trim).filter(|part| part.starts_with("esdk ")) {
        is_ours = true;
        let mut words: Vec<&str> = part.split_whitespace().collect();
        while let Some(at) = words.iter().position(|word| matches!(*word, "<" | ">" | ">>")) {
            words.drain(at..(at + 2).min(words.len()));
        }
        if let Err(error) = esdk::cli::command().try_get_matches_from(words) {
            panic!("{line}\n{error}");
        }
    }
    assert!(is_ours, "{line}: esdk is not in it");
}

#[test]
fn the_readme_has_the_exit_statuses() {
    let (_, section) = README.split_once("\n## Exit status\n").expect("its heading");
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let rows: Vec<(&str, &str)> = rows
        .skip(2)
        .map(|row| row.trim_matches('|').split_once('|').expect("two columns"))
        .map(|(status, meaning)| (status.trim(), meaning.trim()))
        .collect();
    assert_eq!(rows, manual::EXIT_STATUS);
}

#[test]
fn help_names_every_exit_status() {
    let help = help(&[]);
    let (_, statuses) = help.split_once("Exit status: ").expect("its exit statuses");
    let numbers: BTreeSet<&str> =
        statuses.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let documented: BTreeSet<&str> =
        manual::EXIT_STATUS.iter().flat_map(|(status, _)| status.split(", ")).collect();
    assert_eq!(numbers, documented);
}

#[test]
fn the_readme_names_options_that_exist() {
    let known: BTreeSet<String> = commands()
        .iter()
        .flat_map(|(_, command)| {
            command
                .get_arguments()
                .filter_map(|one| one.get_long())
                .map(|long| format!("--{long}"))
                .collect::<Vec<_>>()
        })
        .collect();
    let named: BTreeSet<String> = README
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| {
            word.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        })
        .map(str::to_owned)
        .collect();
    assert!(named.contains("--skip-existing"), "{named:?}");
    for option in named.iter().filter(|option| !OF_OTHERS.contains(&option.as_str())) {
        assert!(known.contains(option), "the README names {option}, which no subcommand has");
    }
}

#[test]
fn the_readme_leads_to_files_that_exist() {
    for target in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(target.contains("://") || at_root(target).exists(), "the README leads to {target}");
    }
    for folder in ["man", "completions", "examples/quickstart.sh", "tests/layering.rs"] {
        assert!(README.contains(folder) && at_root(folder).exists(), "{folder}");
    }
}

/// Of the shells that are on this machine, each takes its script.
#[test]
fn completions_are_scripts() {
    for (shell, name) in [("bash", "esdk.bash"), ("zsh", "_esdk"), ("fish", "esdk.fish")] {
        let Ok(output) = Command::new(shell).arg("-n").arg(at_root("completions").join(name)).output() else {
            continue;
        };
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_page_has_its_sections() {
    const SECTIONS: &[&str] = &[
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "EXAMPLES",
        "EXIT STATUS",
        "ENVIRONMENT",
        "GUARANTEES",
    ];
    for (name, page) in manual::pages().expect("writing to memory") {
        let page = String::from_utf8(page).expect("a page is text");
        for section in SECTIONS {
            assert!(page.contains(&format!("\n.SH \"{section}\"\n")), "{name} has no {section}");
        }
    }
}
