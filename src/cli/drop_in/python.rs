//! What Python does to numbers, texts and paths, where the original leaves it to Python.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

/// So many links are followed in one path: the limit of Linux.
pub const MAX_LINKS: usize = 40;

/// The letters of a text that need not be UTF-8: what is none is one letter a byte, in the range that Python keeps for it.
pub fn letters(text: &OsStr) -> Vec<u32> {
    text.as_bytes()
        .utf8_chunks()
        .flat_map(|chunk| {
            let bytes = chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte));
            chunk.valid().chars().map(u32::from).chain(bytes).collect::<Vec<_>>()
        })
        .collect()
}

/// `repr` of a text.
pub fn repr(text: &OsStr) -> String {
    let letters = letters(text);
    let holds = |letter: char| letters.contains(&u32::from(letter));
    let quote = if holds('\'') && !holds('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for letter in letters {
        match char::from_u32(letter) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(letter) if letter == quote || letter == '\\' => out.extend(['\\', letter]),
            Some(letter) if !letter.is_control() => out.push(letter),
            _ => drop(match letter {
                0..=0xff => write!(out, "\\x{letter:02x}"),
                _ => write!(out, "\\u{letter:04x}"),
            }),
        }
    }
    out.push(quote);
    out
}

/// `int` of a text; what is out of range is the nearest that is in it.
pub fn int(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = without_underscores(digits)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(sign * digits.parse::<i128>().unwrap_or(i128::MAX))
}

/// `float` of a text.
pub fn float(text: &str) -> Option<f64> {
    without_underscores(text.trim())?.parse().ok()
}

/// A number without the underscores that may stand between two of its digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let is_between = |at: usize| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1));
    let is_good = text.match_indices('_').all(|(at, _)| is_between(at));
    is_good.then(|| text.replace('_', ""))
}

/// `os.path.abspath`: full, without dots; links are not looked at.
pub fn absolute(path: &OsStr) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| {
        // The path is empty, and stands for the directory one is in.
        std::env::current_dir().unwrap_or_default()
    });
    let mut out = PathBuf::new();
    for component in full.components() {
        match component {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// `os.path.realpath`: the same without links, also of what is not there.
pub fn real(path: &OsStr) -> PathBuf {
    let path = if path.is_empty() { OsStr::new(".") } else { path };
    let full = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut out = PathBuf::new();
    let mut links = 0;
    resolve(&full, &mut out, &mut links);
    out
}

fn resolve(path: &Path, out: &mut PathBuf, links: &mut usize) {
    for component in path.components() {
        match component {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            Component::Normal(name) => match std::fs::read_link(out.join(name)) {
                Ok(target) if *links < MAX_LINKS => {
                    *links += 1;
                    resolve(&target, out, links);
                }
                _ => out.push(name),
            },
            other => out.push(other),
        }
    }
}

/// `os.path.join`.
pub fn join(folder: &OsStr, name: &OsStr) -> OsString {
    let (folder, name) = (folder.as_bytes(), name.as_bytes());
    let joined = match (folder, name) {
        (_, [b'/', ..]) => name.to_vec(),
        ([] | [.., b'/'], _) => [folder, name].concat(),
        _ => [folder, b"/", name].concat(),
    };
    OsString::from_vec(joined)
}

/// `os.path.split`: what stands before the last slash, and what stands behind it.
pub fn split(path: &OsStr) -> (OsString, OsString) {
    let bytes = path.as_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.saturating_add(1));
    let (folder, name) = bytes.split_at(at);
    let end = folder.iter().rposition(|byte| *byte != b'/').map(|at| at.saturating_add(1));
    let folder = end.and_then(|end| folder.get(..end)).unwrap_or(folder);
    (OsString::from_vec(folder.to_vec()), OsString::from_vec(name.to_vec()))
}

/// `str.splitlines`.
pub fn lines(text: &str) -> Vec<&str> {
    let is_end = |letter: char| {
        matches!(
            letter,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((line, end)) = rest.find(is_end).and_then(|at| rest.split_at_checked(at)) else {
            lines.push(rest);
            break;
        };
        lines.push(line);
        let first = end.chars().next().map_or(0, char::len_utf8);
        let length = if end.starts_with("\r\n") { 2 } else { first };
        rest = end.get(length..).unwrap_or_default();
    }
    lines
}

/// `json.dumps` with sorted keys.
pub fn json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), json(value))).collect();
            json_object(&mut pairs)
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => json_text(OsStr::new(text)),
        other => other.to_string(),
    }
}

/// An object of values that are JSON already, in the order of their names.
pub fn json_object(pairs: &mut [(&str, String)]) -> String {
    pairs.sort_by(|one, other| one.0.cmp(other.0));
    let pairs = pairs.iter().map(|(key, value)| format!("{}: {value}", json_text(OsStr::new(key))));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

/// A text, which need not be UTF-8, in ASCII.
pub fn json_text(text: &OsStr) -> String {
    let mut out = String::from('"');
    for letter in letters(text) {
        match char::from_u32(letter) {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(letter @ ' '..='~') => out.push(letter),
            Some(letter) => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            None => out.push_str(&format!("\\u{letter:04x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn os(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn numbers() {
        for (text, number) in [("12", 12), (" -5\n", -5), ("+1_000", 1000), ("007", 7)] {
            assert_eq!(int(text), Some(number), "{text}");
        }
        for text in ["", "-", "x", "1__0", "_1", "1_", "1.0", "0x1", "+-1"] {
            assert_eq!(int(text), None, "{text}");
        }
        assert_eq!(int("-99999999999999999999999999999999999999999999"), Some(-i128::MAX));
        assert_eq!(float("60.0"), Some(60.0));
        assert_eq!(float(" 1_0e1 "), Some(100.0));
        assert_eq!((float("x"), float("1_"), float("")), (None, None, None));
    }

    #[test]
    fn texts() {
        assert_eq!(repr(os("x")), "'x'");
        assert_eq!(repr(os("it's")), "\"it's\"");
        assert_eq!(repr(os("it's \"\\\n")), r#"'it\'s "\\\n'"#);
        assert_eq!(repr(OsStr::from_bytes(b"\xff\x01")), r"'\udcff\x01'");
        assert_eq!(lines("a\nb\r\n\nc"), ["a", "b", "", "c"]);
        assert_eq!(lines(""), Vec::<&str>::new());
    }

    #[test]
    fn json_as_python_writes_it() {
        let value = json!({"b": [1, null, true], "a": "é\u{1f600}\u{7f}\"\n"});
        assert_eq!(json(&value), r#"{"a": "\u00e9\ud83d\ude00\u007f\"\n", "b": [1, null, true]}"#);
        assert_eq!(json_text(OsStr::from_bytes(b"/\xff")), r#""/\udcff""#);
    }

    #[test]
    fn paths() {
        assert_eq!(absolute(os("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(join(os("out"), os("a")), "out/a");
        assert_eq!(join(os("out/"), os("a")), "out/a");
        assert_eq!(join(os(""), os("a")), "a");
        assert_eq!(split(os("a/b//c")), ("a/b".into(), "c".into()));
        assert_eq!(split(os("/c")), ("/".into(), "c".into()));
        assert_eq!(split(os("c")), ("".into(), "c".into()));
        let place = tempfile::tempdir().expect("a folder");
        let top = place.path().canonicalize().expect("it is there");
        std::os::unix::fs::symlink("missing/x", top.join("link")).expect("a link");
        assert_eq!(real(top.join("link").as_os_str()), top.join("missing/x"));
        assert_eq!(real(top.join("link/../y").as_os_str()), top.join("missing/y"));
    }
}
