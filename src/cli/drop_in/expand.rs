//! `@file` among the arguments: its words in the place of it.
//!
//! Each line is taken apart as Python's shlex does it, with both quotes letting a backslash through: words, `'…'` and `"…"`,
//! `\` before any letter, `#` and what follows it left out. Then `~` and `$VAR`, `${VAR}` are replaced. Words that begin with
//! `@` are files again.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::python;
use super::stop::Stop;
use crate::cli::report::io_text;

/// So many files can lead one to the next: Python gives up a little later.
const MAX_DEPTH: usize = 100;

/// The users of this machine, when their own directory is asked for by name.
const USERS: &str = "/etc/passwd";

/// Puts the words of files in their places.
///
/// # Errors
/// [`Stop`]: a file cannot be read, or is not well formed.
pub fn expand(words: Vec<OsString>) -> Result<Vec<OsString>, Stop> {
    expand_below(words, 0)
}

fn expand_below(words: Vec<OsString>, depth: usize) -> Result<Vec<OsString>, Stop> {
    let mut expanded = Vec::new();
    for word in words {
        let Some(path) = word.as_bytes().strip_prefix(b"@") else {
            expanded.push(word);
            continue;
        };
        if depth == MAX_DEPTH {
            return Err(Stop::raised("RecursionError", &["maximum recursion depth exceeded"]));
        }
        let path = OsStr::from_bytes(path);
        let text = fs::read(path).map_err(|error| Stop::Usage(os_error(&error, path)))?;
        let text = String::from_utf8(text).map_err(|_| {
            Stop::raised("UnicodeDecodeError", &["utf-8", "the file of arguments is not text"])
        })?;
        let mut inner = Vec::new();
        for line in python::lines(&text) {
            let words = split(line)?;
            inner.extend(words.iter().map(|word| with_variables(&with_home(word.trim()))));
        }
        expanded.extend(expand_below(inner, depth.saturating_add(1))?);
    }
    Ok(expanded)
}

/// As Python shows an error of the operating system.
fn os_error(error: &io::Error, path: &OsStr) -> String {
    let text = io_text(error);
    let mut letters = text.chars();
    let text: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    format!("[Errno {}] {text}: {}", error.raw_os_error().unwrap_or_default(), python::repr(path))
}

/// Where in a line one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Word,
    Quoted(char),
    /// Behind a backslash, and where that stood.
    Escaped(Option<char>),
}

/// Takes a line apart.
fn split(line: &str) -> Result<Vec<String>, Stop> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut state = State::Between;
    // Two quotes are a word, although an empty one.
    let mut is_quoted = false;
    for letter in line.chars() {
        state = match state {
            State::Between | State::Word => match letter {
                ' ' | '\t' | '\r' | '\n' | '#' => {
                    if !word.is_empty() || is_quoted {
                        words.push(std::mem::take(&mut word));
                    }
                    is_quoted = false;
                    if letter == '#' {
                        // The rest of the line is a comment.
                        return Ok(words);
                    }
                    State::Between
                }
                '\\' => State::Escaped(None),
                '\'' | '"' => {
                    is_quoted = true;
                    State::Quoted(letter)
                }
                _ => {
                    word.push(letter);
                    State::Word
                }
            },
            State::Quoted(quote) => match letter {
                _ if letter == quote => State::Word,
                '\\' => State::Escaped(Some(quote)),
                _ => {
                    word.push(letter);
                    state
                }
            },
            State::Escaped(quote) => {
                if quote.is_some_and(|quote| letter != quote && letter != '\\') {
                    word.push('\\');
                }
                word.push(letter);
                quote.map_or(State::Word, State::Quoted)
            }
        };
    }
    match state {
        State::Quoted(_) => return Err(Stop::raised("ValueError", &["No closing quotation"])),
        State::Escaped(_) => return Err(Stop::raised("ValueError", &["No escaped character"])),
        State::Between | State::Word => {}
    }
    if !word.is_empty() || is_quoted {
        words.push(word);
    }
    Ok(words)
}

/// A word whose `~` or `~USER` at its beginning is replaced.
fn with_home(word: &str) -> OsString {
    let Some(behind) = word.strip_prefix('~') else { return word.into() };
    let (user, rest) =
        behind.split_at_checked(behind.find('/').unwrap_or(behind.len())).unwrap_or((behind, ""));
    let home = if user.is_empty() { std::env::home_dir().map(OsString::from) } else { home_of(user) };
    let Some(home) = home else { return word.into() };
    let mut path = home.into_vec();
    while path.last() == Some(&b'/') {
        path.pop();
    }
    path.extend_from_slice(rest.as_bytes());
    if path.is_empty() { "/".into() } else { OsString::from_vec(path) }
}

fn home_of(user: &str) -> Option<OsString> {
    let users = fs::read(USERS).ok()?;
    users.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let is_theirs = fields.next() == Some(user.as_bytes());
        fields.nth(4).filter(|_| is_theirs).map(|home| OsString::from_vec(home.to_vec()))
    })
}

/// A word whose `$VAR` and `${VAR}` are replaced where there is such a variable; what comes in is not looked through again.
fn with_variables(word: &OsStr) -> OsString {
    let mut out = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let (name, length) = match (first, behind) {
            (b'$', [b'{', inner @ ..]) => {
                let end = inner.iter().position(|byte| *byte == b'}');
                let name = end.and_then(|end| inner.get(..end)).unwrap_or_default();
                (name, end.map_or(0, |end| end.saturating_add(3)))
            }
            (b'$', _) => {
                let end = behind.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                let name = behind.get(..end.unwrap_or(behind.len())).unwrap_or_default();
                (name, name.len().saturating_add(1))
            }
            _ => (&[][..], 0),
        };
        let is_name = !name.is_empty() && !name.contains(&b'=') && !name.contains(&0);
        match std::env::var_os(OsStr::from_bytes(name)).filter(|_| is_name) {
            Some(value) => {
                out.extend_from_slice(value.as_bytes());
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_as_shlex_does_it() {
        let words = |line: &str| split(line).expect("well formed");
        assert_eq!(words("-e  -S # comment"), ["-e", "-S"]);
        assert_eq!(words("# all of it"), Vec::<String>::new());
        assert_eq!(words("a#b c"), ["a"]);
        assert_eq!(words("'quoted key=quoted value' \"x y\""), ["quoted key=quoted value", "x y"]);
        assert_eq!(words(r#"'it\'s' "a\"b" 'a\b' c\ d"#), ["it's", "a\"b", "a\\b", "c d"]);
        assert_eq!(words("a''b '' x"), ["ab", "", "x"]);
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(split("'x"), Err(Stop::raised("ValueError", &["No closing quotation"])));
        assert_eq!(split("x\\"), Err(Stop::raised("ValueError", &["No escaped character"])));
    }

    #[test]
    fn homes_and_variables_are_replaced() {
        let path = std::env::var_os("PATH").expect("there is a PATH");
        let of = |word: &str| with_variables(OsStr::new(word));
        let mut braced = path.clone();
        braced.push("x");
        assert_eq!((of("$PATH"), of("${PATH}x")), (path, braced));
        for same in ["$", "$$", "${", "${}", "$esdk_no_such_name", "${esdk_no_such_name}", "a=b"] {
            assert_eq!(of(same), same);
        }
        assert_eq!(with_home("~root/x"), "/root/x");
        assert_eq!(with_home("~no-such-user/x"), "~no-such-user/x");
        assert_eq!(with_home("a~"), "a~");
    }

    #[test]
    fn files_hold_words_and_other_files() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name).into_os_string();
        let reference = |name: &str| {
            let mut word = OsString::from("@");
            word.push(at(name));
            word
        };
        fs::write(at("inner"), "c d").expect("written");
        fs::write(at("outer"), format!("a\n'@{}' e\n", at("inner").to_string_lossy())).expect("written");
        fs::write(at("itself"), format!("'@{}'", at("itself").to_string_lossy())).expect("written");
        let words = expand(vec!["x".into(), reference("outer")]);
        assert_eq!(words, Ok(["x", "a", "c", "d", "e"].map(OsString::from).to_vec()));
        assert!(matches!(expand(vec![reference("itself")]), Err(Stop::Told(_))));
        let Err(Stop::Usage(text)) = expand(vec![reference("missing")]) else { panic!("it is missing") };
        assert!(text.starts_with("[Errno 2] No such file or directory: '/"), "{text}");
    }
}
