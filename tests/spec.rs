//! Every requirement of the specification's message format, encrypt and decrypt is pointed at from the code, or listed
//! with the reason why not; and what the code points at is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A clone of the specification's repository: the list of anchors is then written from it instead of compared with.
const CLONE: &str = "SPECIFICATION";

const ANCHORS: &str = include_str!("spec-anchors.txt");
const COVERAGE: &str = include_str!("spec-coverage.txt");

/// Every requirement of these documents is accounted for.
const COVERED: &[&str] = &["data-format/", "client-apis/encrypt.md", "client-apis/decrypt.md"];

/// The section that explains the words: its MUST is not a requirement.
const CONVENTIONS: &str = "conventions-used-in-this-document";

/// How many requirements each section has, by `DOCUMENT#ANCHOR`; `None` where they are not counted.
type Sections = BTreeMap<String, Option<usize>>;

/// Things with the number of the line where each stands.
type Numbered<T> = Vec<(usize, T)>;

/// A line of the list of what is not pointed at.
struct Listed {
    line: usize,
    section: String,
    /// First and last number; `None` for the whole section.
    part: Option<(usize, usize)>,
    reason: String,
}

fn at_root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

/// Lines that say something, numbered from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The documents of the list, in their order.
fn documents(list: &str) -> Vec<&str> {
    lines(list)
        .filter_map(|(_, line)| line.strip_prefix('[')?.split_once(']'))
        .map(|(name, _)| name)
        .collect()
}

fn sections(list: &str) -> Sections {
    let mut sections = Sections::new();
    let mut document = "";
    for (number, line) in lines(list) {
        if let Some((name, commit)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit || commit == "-", "spec-anchors.txt:{number}: {commit} is not a commit");
            document = name;
            continue;
        }
        let (anchor, count) = line.split_once(' ').unwrap_or_else(|| panic!("spec-anchors.txt:{number}"));
        let count = match count {
            "-" => None,
            count => Some(count.parse().unwrap_or_else(|_| panic!("spec-anchors.txt:{number}: {count}"))),
        };
        let known = sections.insert(format!("{document}#{anchor}"), count);
        assert!(known.is_none(), "spec-anchors.txt:{number}: {document}#{anchor} stands twice");
    }
    sections
}

fn listed(list: &str) -> Vec<Listed> {
    let of = |(line, text): (usize, &str)| {
        let parsed = || {
            let (what, reason) = text.split_once(" | ")?;
            let (section, part) = match what.split_once(' ') {
                None => (what, None),
                Some((section, part)) => {
                    let (first, last) = part.split_once("..").unwrap_or((part, part));
                    (section, Some((first.parse().ok()?, last.parse().ok()?)))
                }
            };
            Some(Listed { line, section: section.to_owned(), part, reason: reason.trim().to_owned() })
        };
        parsed()
            .unwrap_or_else(|| panic!("spec-coverage.txt:{line}: write `DOCUMENT#ANCHOR [N..M] | REASON`"))
    };
    lines(list).map(of).collect()
}

/// Source files below `src/`, by their names, with slashes.
fn sources() -> BTreeMap<String, String> {
    let root = at_root("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("Rust is text"));
            }
        }
    }
    found
}

/// What a file's `Spec:` paragraphs point at, each with its line; and what is not written as it should be.
fn references(text: &str) -> (Numbered<String>, Numbered<&'static str>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim_start)) {
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim_start);
        let rest = doc.and_then(|doc| doc.strip_prefix("Spec: "));
        let Some(rest) = rest.or(doc.filter(|_| goes_on)) else {
            let is_comment = line.starts_with("//");
            if goes_on {
                wrong.push((number, "the line before ends in a comma, and this one does not go on"));
            }
            if is_comment && line.to_lowercase().contains("spec:") && !line.contains("Spec::") {
                wrong.push((number, "begin a line of a doc comment with `Spec: `"));
            }
            goes_on = false;
            continue;
        };
        goes_on = rest.ends_with(',');
        for reference in rest.trim_end_matches(',').split(", ") {
            match reference.split_once(".md#") {
                Some((document, anchor)) if !document.is_empty() && !anchor.is_empty() => {
                    found.push((number, reference.to_owned()));
                }
                _ => wrong.push((
                    number,
                    "write `DOCUMENT.md#ANCHOR, DOCUMENT.md#ANCHOR`, other standards after `Standard: `",
                )),
            }
        }
    }
    (found, wrong)
}

/// Every section that the code points at.
fn pointed_at() -> BTreeSet<String> {
    sources().values().flat_map(|text| references(text).0).map(|(_, reference)| reference).collect()
}

fn is_covered(section: &str) -> bool {
    COVERED.iter().any(|begin| section.starts_with(begin))
}

#[test]
fn what_the_code_points_at_is_in_the_specification() {
    let sections = sections(ANCHORS);
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let (found, malformed) = references(&text);
        for (line, advice) in malformed {
            wrong.push(format!("src/{name}:{line}: {advice}"));
        }
        for (line, reference) in found.into_iter().filter(|(_, reference)| !sections.contains_key(reference))
        {
            wrong.push(format!(
                "src/{name}:{line}: {reference} is not in tests/spec-anchors.txt: name an anchor that is, or list the document's"
            ));
        }
    }
    none(&wrong);
}

#[test]
fn every_requirement_is_pointed_at_or_listed() {
    let (pointed_at, listed) = (pointed_at(), listed(COVERAGE));
    let mut wrong = Vec::new();
    for (section, count) in sections(ANCHORS).into_iter().filter(|(section, _)| is_covered(section)) {
        let Some(count) = count else {
            wrong.push(format!("{section}: its requirements are not counted in tests/spec-anchors.txt"));
            continue;
        };
        let lines: Vec<_> = listed.iter().filter(|line| line.section == section).collect();
        let is_whole = pointed_at.contains(&section) || lines.iter().any(|line| line.part.is_none());
        let is_listed = |number: &usize| {
            lines.iter().filter_map(|line| line.part).any(|(first, last)| (first..=last).contains(number))
        };
        let missing: Vec<_> = (1..=count).filter(|number| !is_whole && !is_listed(number)).collect();
        if !missing.is_empty() {
            wrong.push(format!(
                "{section}: requirements {missing:?} of {count}: point at it with `Spec: {section}` from the function that meets it, or say in tests/spec-coverage.txt why it does not apply"
            ));
        }
    }
    none(&wrong);
}

#[test]
fn nothing_that_is_listed_is_stale() {
    let (sections, pointed_at) = (sections(ANCHORS), pointed_at());
    let mut wrong = Vec::new();
    let mut seen: Vec<(String, usize)> = Vec::new();
    for Listed { line, section, part, reason } in listed(COVERAGE) {
        let mut say = |what: &str| wrong.push(format!("tests/spec-coverage.txt:{line}: {section}: {what}"));
        if reason.len() < 10 {
            say("give the reason");
        }
        if !is_covered(&section) {
            say("nobody asks for this document: delete the line");
        }
        let Some(count) = sections.get(&section) else {
            say("not in tests/spec-anchors.txt: mend the anchor, or delete the line");
            continue;
        };
        let (first, last) = part.unwrap_or((1, count.unwrap_or(0)));
        if first < 1 || first > last || Some(last) > *count {
            say(&format!("it has {} requirements: mend the numbers", count.unwrap_or(0)));
        }
        if part.is_none() && pointed_at.contains(&section) {
            say("src/ points at it: delete the line, or say which of its requirements it is about");
        }
        for number in first..=last {
            if seen.contains(&(section.clone(), number)) {
                say(&format!("requirement {number} is listed twice"));
            }
            seen.push((section.clone(), number));
        }
    }
    none(&wrong);
}

/// The anchor that GitHub gives a heading, before it is told apart from an equal one.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The sections of a document: their anchors and how often each one's own text says MUST.
fn sections_of(document: &str) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut slugs: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_code = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        let heading = line.trim_start_matches('#');
        if (1..=6).contains(&(line.len() - heading.len())) && heading.starts_with(' ') {
            let slug = slug(heading);
            let same = slugs.entry(slug.clone()).or_default();
            let anchor = if *same == 0 { slug } else { format!("{slug}-{same}") };
            *same += 1;
            found.push((anchor, 0));
        } else if let Some((_, count)) =
            found.last_mut().filter(|(anchor, _)| !anchor.starts_with(CONVENTIONS))
        {
            *count += line.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "MUST").count();
        }
    }
    found
}

/// The list, written from a clone, for the documents that are in it.
fn written(clone: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(clone).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    let (commit, date) = (git(&["rev-parse", "HEAD"]), git(&["log", "-1", "--format=%cs"]));
    let head = ANCHORS.lines().take_while(|line| line.starts_with('#'));
    let mut out = String::new();
    for line in head {
        match line.split_once(", as of ") {
            Some((before, _)) => writeln!(out, "{before}, as of {date}."),
            None if line.contains("commit is not recorded") => Ok(()),
            None => writeln!(out, "{line}"),
        }
        .expect("memory");
    }
    for document in documents(ANCHORS) {
        let text = fs::read_to_string(clone.join(document));
        let text = text.unwrap_or_else(|error| {
            panic!("{document}: {error}: take it out of the list, or rename it there")
        });
        writeln!(out, "\n[{document}] {commit}").expect("memory");
        for (anchor, count) in sections_of(&text) {
            writeln!(out, "{anchor} {count}").expect("memory");
        }
    }
    out
}

#[test]
fn the_list_is_written_from_a_clone_when_one_is_named() {
    if let Some(clone) = std::env::var_os(CLONE) {
        fs::write(at_root("tests/spec-anchors.txt"), written(Path::new(&clone)))
            .expect("the list is written");
    }
    let documents = documents(ANCHORS);
    assert!(documents.is_sorted(), "tests/spec-anchors.txt: the documents stand in their order");
    for begin in COVERED {
        assert!(documents.iter().any(|document| document.starts_with(begin)), "{begin} is missing");
    }
    let named: BTreeSet<_> =
        pointed_at().iter().filter_map(|at| Some(at.split_once('#')?.0.to_owned())).collect();
    let idle = documents.iter().filter(|document| !is_covered(document) && !named.contains(**document));
    none(
        &idle
            .map(|document| format!("{document}: src/ does not point at it: take it out"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn anchors_are_made_as_github_makes_them_and_requirements_counted() {
    let document = "# A Title (v1.0)\n\nIt MUST, and MUST NOT; MUSTARD is not one.\n\n## Version 2.0\n### IV\n- MUST\n```\n# MUST\n```\n\
                    ### A : B\n#### IV\nThis MUST be `MUST`.\n### Conventions used in this document\nThe words \"MUST\" …\n#no heading MUST\n";
    let expected =
        [("a-title-v10", 2), ("version-20", 0), ("iv", 1), ("a--b", 0), ("iv-1", 2), (CONVENTIONS, 0)];
    assert_eq!(sections_of(document), expected.map(|(anchor, count)| (anchor.to_owned(), count)));
}

#[test]
fn references_are_read_over_several_lines_and_held_to_one_form() {
    let text = "/// What it is.\n///\n/// Spec: a/b.md#c, a/d.md#e,\n/// a/f.md#g\nfn x() {}\n//! Spec: h.md#i\nuse Spec::parse;\n";
    let (found, wrong) = references(text);
    let expected = [(3, "a/b.md#c"), (3, "a/d.md#e"), (4, "a/f.md#g"), (6, "h.md#i")];
    assert_eq!(found, expected.map(|(line, reference)| (line, reference.to_owned())));
    assert!(wrong.is_empty(), "{wrong:?}");
    for text in [
        "/// Spec: a.md",
        "/// Spec: RFC 1",
        "// Spec: a.md#b",
        "/// See Spec: a.md#b",
        "/// spec: a.md#b",
        "/// Spec: a.md#b,\nfn x()",
    ] {
        assert!(!references(text).1.is_empty(), "{text}");
    }
}
