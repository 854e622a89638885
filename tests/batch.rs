//! Many files: which inputs there are, where their outputs go, how a run ends and what it says.

mod support;

#[path = "batch/ending.rs"]
mod ending;
#[path = "batch/inputs.rs"]
mod inputs;
#[path = "batch/messages.rs"]
mod messages;
#[path = "batch/outputs.rs"]
mod outputs;
#[path = "batch/refusals.rs"]
mod refusals;
#[path = "batch/rights.rs"]
mod rights;
#[path = "batch/rotate.rs"]
mod rotate;
#[path = "batch/table.rs"]
mod table;

use std::fs;

use support::command::{Outcome, Workspace};

/// `-w provider=local`, and no warning of it.
const LOCAL: [&str; 3] = ["-q", "-w", "provider=local"];

fn workspace() -> Workspace {
    Workspace::new("http://127.0.0.1:9")
}

/// Writes files with their directories; the content is the name.
fn make(place: &Workspace, names: &[&str]) {
    for name in names {
        let path = place.path(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
        fs::write(path, name).expect("a file");
    }
}

/// All files below the working folder, by their way from there, sorted.
fn all(place: &Workspace, folder: &str) -> Vec<String> {
    let root = place.path(folder);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(&root).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn encrypt(place: &Workspace, more: &[&str]) -> Outcome {
    place.esdk([&["encrypt", "--unsigned"], &LOCAL[..], more].concat())
}

fn decrypt(place: &Workspace, more: &[&str]) -> Outcome {
    place.esdk([&["decrypt"], &LOCAL[..], more].concat())
}

fn shell(place: &Workspace, script: &str) -> Outcome {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &with_esdk(script)]);
    place.run(command, b"")
}

/// The script with `esdk` where it looks for programs.
fn with_esdk(script: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_esdk")).parent().expect("a folder");
    format!("PATH={}:$PATH; {script}", folder.display())
}

fn records(place: &Workspace, name: &str) -> Vec<serde_json::Value> {
    let text = String::from_utf8(place.read(name)).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}
