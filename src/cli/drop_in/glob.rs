//! Patterns as Python's `glob` has them: `*`, `?` and `[…]`, in any part of a path; `**` is no more than `*`.
//!
//! Those of `esdk encrypt` are others: there `**` stands for directories, and a name that is there is no pattern.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::python;

/// What a pattern stands for, in the order of the directories; a plain name stands for itself when it is there.
pub fn glob(pattern: &OsStr) -> Vec<OsString> {
    matching(pattern, false)
}

fn has_sign(text: &OsStr) -> bool {
    text.as_bytes().iter().any(|byte| b"*?[".contains(byte))
}

fn matching(pattern: &OsStr, folders_only: bool) -> Vec<OsString> {
    let (folder, name) = python::split(pattern);
    if !has_sign(pattern) {
        let is_there = match name.is_empty() {
            true => Path::new(&folder).is_dir(),
            false => fs::symlink_metadata(pattern).is_ok(),
        };
        return if is_there { vec![pattern.to_owned()] } else { Vec::new() };
    }
    let folders = match has_sign(&folder) && folder != pattern {
        true => matching(&folder, true),
        false => vec![folder],
    };
    let mut found = Vec::new();
    for folder in folders {
        if has_sign(&name) {
            let names = names_in(&folder, folders_only);
            let is_wanted = |one: &OsString| {
                let is_hidden = one.as_bytes().starts_with(b".") && !name.as_bytes().starts_with(b".");
                !is_hidden && matches(&python::letters(&name), &python::letters(one))
            };
            found.extend(names.iter().filter(|one| is_wanted(one)).map(|one| python::join(&folder, one)));
        } else {
            let path = python::join(&folder, &name);
            let is_there = match name.is_empty() {
                true => Path::new(&folder).is_dir(),
                false => fs::symlink_metadata(&path).is_ok(),
            };
            if is_there {
                found.push(path);
            }
        }
    }
    found
}

fn names_in(folder: &OsStr, folders_only: bool) -> Vec<OsString> {
    let folder = if folder.is_empty() { OsStr::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.flatten().filter(|entry| !folders_only || entry.path().is_dir());
    entries.map(|entry| entry.file_name()).collect()
}

const STAR: u32 = '*' as u32;
const QUESTION: u32 = '?' as u32;
const OPEN: u32 = '[' as u32;
const CLOSE: u32 = ']' as u32;
const NOT: u32 = '!' as u32;
const DASH: u32 = '-' as u32;

/// Whether a name is what a pattern without slashes stands for.
fn matches(pattern: &[u32], name: &[u32]) -> bool {
    // Where the last star was, and from where on its name goes on when the attempt fails.
    let mut retry: Option<(&[u32], &[u32])> = None;
    let (mut pattern, mut name) = (pattern, name);
    loop {
        let step = match (pattern.split_first(), name.split_first()) {
            (None, None) => return true,
            (Some((&STAR, rest)), _) => {
                retry = Some((rest, name));
                Some((rest, name))
            }
            (Some((&QUESTION, rest)), Some((_, others))) => Some((rest, others)),
            (Some((&OPEN, rest)), Some((letter, others))) => match class(rest) {
                Some((class, rest)) => holds(class, *letter).then_some((rest, others)),
                // Without an end it is a letter like others.
                None => (*letter == OPEN).then_some((rest, others)),
            },
            (Some((wanted, rest)), Some((letter, others))) => (wanted == letter).then_some((rest, others)),
            (Some(_), None) | (None, Some(_)) => None,
        };
        (pattern, name) = match (step, retry) {
            (Some(step), _) => step,
            (None, Some((rest, [_, shorter @ ..]))) => {
                retry = Some((rest, shorter));
                (rest, shorter)
            }
            (None, _) => return false,
        };
    }
}

/// What stands between the brackets, and what behind them.
fn class(behind: &[u32]) -> Option<(&[u32], &[u32])> {
    let sign = usize::from(behind.first() == Some(&NOT));
    // A bracket at the beginning does not end it.
    let first = sign.saturating_add(usize::from(behind.get(sign) == Some(&CLOSE)));
    let end = behind.iter().skip(first).position(|letter| *letter == CLOSE)?.saturating_add(first);
    Some((behind.get(..end)?, behind.get(end.saturating_add(1)..)?))
}

fn holds(class: &[u32], letter: u32) -> bool {
    let (is_wanted, mut class) = match class.split_first() {
        Some((&NOT, rest)) => (false, rest),
        _ => (true, class),
    };
    let mut is_found = false;
    while let Some((first, rest)) = class.split_first() {
        class = match rest {
            [DASH, last, rest @ ..] => {
                is_found |= (*first..=*last).contains(&letter);
                rest
            }
            _ => {
                is_found |= *first == letter;
                rest
            }
        };
    }
    is_found == is_wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, name: &str) -> bool {
        matches(&python::letters(OsStr::new(pattern)), &python::letters(OsStr::new(name)))
    }

    #[test]
    fn names_match_as_in_fnmatch() {
        for (pattern, name) in [
            ("*", ""),
            ("*.txt", "a.b.txt"),
            ("a*b*c", "axxbyybc"),
            ("?", "é"),
            ("[pq]", "q"),
            ("[!pq]", "r"),
            ("[a-c]x", "bx"),
            ("[]]", "]"),
            ("[!]]", "x"),
            ("[a-]", "-"),
            ("[x", "[x"),
            ("**", "ab"),
        ] {
            assert!(is_match(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.txt", "a.tx"), ("?", ""), ("[pq]", "r"), ("[!pq]", "p"), ("a", "ab"), ("[c-a]", "b")]
        {
            assert!(!is_match(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_stand_for_what_is_there() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("d1/e")).expect("folders");
        fs::create_dir(at("d2")).expect("a folder");
        for name in ["p", "q", ".hidden", "d1/f", "d2/f", "d2/[x]"] {
            fs::write(at(name), "").expect("a file");
        }
        let found = |pattern: &str| {
            let pattern = at(pattern).into_os_string();
            let name = |path: &OsString| {
                Path::new(path).strip_prefix(place.path()).expect("inside").to_string_lossy().into_owned()
            };
            let mut found = glob(&pattern).iter().map(name).collect::<Vec<_>>();
            found.sort();
            found
        };
        assert_eq!(found("*"), ["d1", "d2", "p", "q"]);
        assert_eq!(found(".*"), [".hidden"]);
        assert_eq!(found("[pq]"), ["p", "q"]);
        assert_eq!(found("d?/f"), ["d1/f", "d2/f"]);
        assert_eq!(found("*/f"), ["d1/f", "d2/f"]);
        assert_eq!(found("**/f"), ["d1/f", "d2/f"]);
        assert_eq!(found("*/e"), ["d1/e"]);
        assert_eq!(found("p"), ["p"]);
        assert_eq!(found("d2/[x]"), Vec::<String>::new());
        assert_eq!(found("missing"), Vec::<String>::new());
        assert_eq!(glob(OsStr::new("")), Vec::<OsString>::new());
    }
}
