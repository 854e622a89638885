//! Every kind of input with every kind of output, there already or not, under -f, --skip-existing and neither: what comes of
//! it.

use std::os::unix::fs::symlink;

use super::support::command::Workspace;
use super::{make, shell, workspace};

#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    File,
    Empty,
    Link,
    Stdin,
    Fifo,
    Tree,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum To {
    /// No -o.
    Beside,
    File,
    Folder,
    NewFolder,
    Link,
    Stdout,
    Device,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Existing {
    Force,
    Skip,
    Neither,
}

const FROM: [From; 7] =
    [From::File, From::Empty, From::Link, From::Stdin, From::Fifo, From::Tree, From::Missing];
const TO: [To; 7] = [To::Beside, To::File, To::Folder, To::NewFolder, To::Link, To::Stdout, To::Device];
const EXISTING: [Existing; 3] = [Existing::Force, Existing::Skip, Existing::Neither];

/// What comes of it: the exit status, and whether a new message is at the output.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    status: i32,
    is_new: bool,
}

/// The table.
fn expected(from: From, to: To, is_there: bool, existing: Existing) -> Outcome {
    let outcome = |status, is_new| Outcome { status, is_new };
    match (from, to) {
        // A tree goes into a directory, and a stream has no name to go by.
        (From::Tree, To::File | To::Link) if is_there => outcome(2, false),
        (From::Tree, To::Device) => outcome(2, false),
        (From::Tree, To::Link) => outcome(73, false),
        (From::Stdin, To::Folder | To::NewFolder) => outcome(2, false),
        // Nothing is opened for an input that is not there; a folder is not made.
        (From::Missing, _) => outcome(66, false),
        (_, To::Stdout | To::Device) => outcome(0, true),
        (From::Stdin, To::Beside) => outcome(0, true),
        // A link that leads nowhere is not followed.
        (_, To::Link) if !is_there => outcome(73, false),
        _ if !is_there => outcome(0, true),
        _ => match existing {
            Existing::Force => outcome(0, true),
            Existing::Skip => outcome(0, false),
            Existing::Neither => outcome(73, false),
        },
    }
}

/// Where the message is looked for.
fn output(from: From, to: To) -> Option<String> {
    let name = match from {
        From::File | From::Missing => "in.txt",
        From::Empty => "empty",
        From::Link => "link",
        From::Fifo => "fifo",
        From::Stdin => "stdin",
        From::Tree => "f",
    };
    Some(match (from, to) {
        (From::Tree, To::Beside) => "tree/f.esdk".to_owned(),
        (From::Stdin, To::Beside) | (_, To::Stdout | To::Device) => return None,
        (_, To::Beside) => format!("{name}.esdk"),
        (From::Tree, To::File) => "out/f.esdk".to_owned(),
        (_, To::File) => "out".to_owned(),
        (_, To::Folder) => format!("folder/{name}.esdk"),
        (_, To::NewFolder) => format!("new/{name}.esdk"),
        (From::Tree, To::Link) => return None,
        (_, To::Link) => "target".to_owned(),
    })
}

fn prepare(place: &Workspace, from: From, to: To, is_there: bool) {
    make(place, &["tree/f"]);
    place.write("empty", "");
    place.write("in.txt", "text");
    symlink("in.txt", place.path("link")).expect("a link");
    std::fs::create_dir(place.path("folder")).expect("a folder");
    if from == From::Fifo {
        shell(place, "mkfifo fifo").succeeded();
    }
    if from == From::Missing {
        place.remove("in.txt");
    }
    if to == To::Link {
        symlink("target", place.path("out")).expect("a link");
    }
    if is_there {
        // A tree that is to go into a file meets that file.
        let path =
            if from == From::Tree && to == To::File { Some("out".to_owned()) } else { output(from, to) };
        let path = if from == From::Tree && to == To::Link { Some("target".to_owned()) } else { path };
        if let Some(path) = path {
            make(place, &[&path]);
            place.write(&path, "old");
        }
    }
}

fn run(place: &Workspace, from: From, to: To, existing: Existing) -> i32 {
    let input = match from {
        From::File | From::Missing => "in.txt",
        From::Empty => "empty",
        From::Link => "link",
        From::Stdin => "-",
        From::Fifo => "fifo",
        From::Tree => "tree",
    };
    let output = match to {
        To::Beside => "",
        To::File | To::Link => "-o out",
        To::Folder => "-o folder",
        To::NewFolder => "-o new/",
        To::Stdout => "-o -",
        To::Device => "-o /dev/null",
    };
    let existing = match existing {
        Existing::Force => "-f",
        Existing::Skip => "--skip-existing",
        Existing::Neither => "",
    };
    let recursive = if from == From::Tree { "-r" } else { "" };
    let feed = match from {
        // Nobody waits for a reader that does not come.
        From::Fifo => "timeout 9 sh -c 'printf text > fifo' > shown 2>&1 & ",
        _ => "",
    };
    let line = format!(
        "{feed} printf text | esdk encrypt -q --unsigned -w provider=local {recursive} {existing} {output} {input} > shown"
    );
    shell(place, &line).status.expect("it ends")
}

#[test]
fn every_pair_has_its_outcome() {
    let wrong: Vec<_> = std::thread::scope(|scope| {
        let threads = FROM.map(|from| scope.spawn(move || wrong_ones(from)));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

/// The cases of one kind of input that come out otherwise than the table has it.
fn wrong_ones(from: From) -> Vec<String> {
    let mut wrong = Vec::new();
    let cases: Vec<_> = TO
        .into_iter()
        .flat_map(|to| [true, false].map(|is_there| (from, to, is_there)))
        .flat_map(|(from, to, is_there)| EXISTING.map(|existing| (from, to, is_there, existing)))
        .collect();
    for (from, to, is_there, existing) in cases {
        let place = workspace();
        prepare(&place, from, to, is_there);
        let status = run(&place, from, to, existing);
        let mut expected = expected(from, to, is_there, existing);
        let mut found = Outcome { status, is_new: false };
        match output(from, to) {
            Some(output) => {
                let content = std::fs::read(place.path(&output)).unwrap_or_default();
                found.is_new = content.first() == Some(&2);
                let is_old = is_there && !expected.is_new && from != From::Tree;
                if is_old && content != b"old" {
                    wrong.push(format!("{from:?} {to:?} {is_there} {existing:?}: the old file is gone"));
                }
            }
            None => match to {
                To::Device => expected.is_new = false,
                _ => found.is_new = place.read("shown").first() == Some(&2),
            },
        }
        if from == From::Tree && to == To::Stdout {
            expected = Outcome { status: 0, is_new: true };
        }
        if found != expected {
            wrong.push(format!("{from:?} {to:?} {is_there} {existing:?}: {found:?}, not {expected:?}"));
        }
        if place.files().iter().any(|name| name.ends_with(".part")) {
            wrong.push(format!("{from:?} {to:?} {is_there} {existing:?}: a .part file is left"));
        }
    }
    wrong
}
