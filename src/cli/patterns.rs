//! Patterns: quoted INPUTs that stand for many, and what `--include` and `--exclude` choose.
//!
//! `*` and `?` do not match a slash, `**` as a whole component matches any number of directories, `[…]` matches one of
//! several characters. A name that is not text is matched with U+FFFD in the place of what is none.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::report::Failure;

/// As the shell: a dot at the beginning of a name has to be typed.
const AS_THE_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
const IN_TREES: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// An INPUT with `*`, `?` or `[`, and where to look for what it stands for.
#[derive(Clone, Debug)]
pub struct InputPattern {
    /// What stands before the first component with a sign in it.
    pub base: PathBuf,
    components: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// Any number of directories.
    Any,
    One(Pattern),
}

impl InputPattern {
    /// The pattern that an INPUT is; `None` when it is a plain name.
    ///
    /// # Errors
    /// A usage [`Failure`]: it is not a well-formed pattern.
    pub fn of(input: &Path) -> Result<Option<Self>, Failure> {
        let Some(text) = input.to_str().filter(|text| text.contains(['*', '?', '['])) else {
            return Ok(None);
        };
        let mut base = PathBuf::new();
        let mut components = Vec::new();
        for component in input.components() {
            let name = component.as_os_str().to_str().unwrap_or_default();
            match component {
                Component::Normal(_) if name == "**" => components.push(Part::Any),
                Component::Normal(_) if !components.is_empty() || name.contains(['*', '?', '[']) => {
                    components.push(Part::One(pattern(name, text)?));
                }
                _ if components.is_empty() => base.push(component),
                _ => return Err(Failure::usage(format!("the pattern {text:?} holds .. behind a sign"))),
            }
        }
        Ok(Some(Self { base, components }))
    }

    /// How many directories deep it reaches; `None` for any.
    pub fn depth(&self) -> Option<usize> {
        let is_any = |part: &Part| matches!(part, Part::Any);
        (!self.components.iter().any(is_any)).then_some(self.components.len())
    }

    /// Whether this way below the base is what it stands for.
    pub fn matches(&self, way: &Path) -> bool {
        matches(&self.components, &names(way), false)
    }

    /// Whether something below this directory can be.
    pub fn reaches_into(&self, way: &Path) -> bool {
        matches(&self.components, &names(way), true)
    }
}

fn names(way: &Path) -> Vec<String> {
    way.components().map(|component| component.as_os_str().to_string_lossy().into_owned()).collect()
}

/// `is_beginning`: more names may follow.
fn matches(parts: &[Part], names: &[String], is_beginning: bool) -> bool {
    match (parts.split_first(), names.split_first()) {
        (None, None) => !is_beginning,
        (None, Some(_)) => false,
        (Some(_), None) if is_beginning => true,
        (Some((Part::Any, parts)), None) => matches(parts, names, false),
        (Some((Part::One(_), _)), None) => false,
        (Some((Part::One(pattern), parts)), Some((name, names))) => {
            let is_hidden = name.starts_with('.') && !pattern.as_str().starts_with('.');
            !is_hidden && pattern.matches_with(name, AS_THE_SHELL) && matches(parts, names, is_beginning)
        }
        (Some((Part::Any, rest)), Some((name, others))) => {
            matches(rest, names, is_beginning)
                || (!name.starts_with('.') && matches(parts, others, is_beginning))
        }
    }
}

/// What is taken of directories and patterns.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    include: Vec<Chosen>,
    exclude: Vec<Chosen>,
}

/// A pattern with a slash matches the way from the directory on, one without it the name alone.
#[derive(Clone, Debug)]
enum Chosen {
    Name(Pattern),
    Way(Pattern),
}

impl Choice {
    /// What `--include` and `--exclude` choose.
    ///
    /// # Errors
    /// A usage [`Failure`]: one is not a well-formed pattern.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, Failure> {
        let chosen = |text: &String| -> Result<Chosen, Failure> {
            let bare = text.trim_end_matches('/');
            Ok(match bare.contains('/') {
                true => Chosen::Way(pattern(bare.trim_start_matches('/'), text)?),
                false => Chosen::Name(pattern(bare, text)?),
            })
        };
        Ok(Self {
            include: include.iter().map(chosen).collect::<Result<_, _>>()?,
            exclude: exclude.iter().map(chosen).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a file is taken.
    pub fn takes(&self, way: &Path) -> bool {
        (self.include.is_empty() || self.include.iter().any(|chosen| chosen.matches(way)))
            && !self.leaves_out(way)
    }

    /// Whether a directory is left out with all that is in it, or a file.
    pub fn leaves_out(&self, way: &Path) -> bool {
        self.exclude.iter().any(|chosen| chosen.matches(way))
    }
}

impl Chosen {
    fn matches(&self, way: &Path) -> bool {
        let (pattern, text) = match self {
            Self::Name(pattern) => (pattern, way.file_name().unwrap_or(OsStr::new(""))),
            Self::Way(pattern) => (pattern, way.as_os_str()),
        };
        pattern.matches_with(&text.to_string_lossy(), IN_TREES)
    }
}

fn pattern(text: &str, whole: &str) -> Result<Pattern, Failure> {
    Pattern::new(text).map_err(|error| Failure::usage(format!("the pattern {whole:?}: {}", error.msg)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let matching = |pattern: &str, way: &str| {
            let pattern = InputPattern::of(Path::new(pattern)).expect("well formed").expect("a pattern");
            pattern.matches(Path::new(way).strip_prefix(&pattern.base).expect("below the base"))
        };
        for (pattern, yes, no) in [
            ("*.log", &["a.log", "b.log"][..], &[".log", "a/b.log", "a.txt"][..]),
            ("logs/?/[ab]*", &["logs/x/a", "logs/x/bc"], &["logs/x/c", "logs/xy/a", "logs/x"]),
            ("logs/**/*.log", &["logs/a.log", "logs/b/c/d.log"], &["logs/.hidden/a.log", "logs/a"]),
            ("**", &["a", "a/b"], &[".a", "a/.b"]),
        ] {
            for way in yes {
                assert!(matching(pattern, way), "{pattern} {way}");
            }
            for way in no {
                assert!(!matching(pattern, way), "{pattern} {way}");
            }
        }
        assert!(InputPattern::of(Path::new("plain")).expect("a name").is_none());
        assert!(InputPattern::of(Path::new("a[")).is_err());
    }

    #[test]
    fn directories_that_cannot_match_are_not_entered() {
        let pattern = InputPattern::of(Path::new("base/*x/c/*")).expect("well formed").expect("a pattern");
        assert_eq!((pattern.base.as_path(), pattern.depth()), (Path::new("base"), Some(3)));
        for (way, enters) in [("ax", true), ("a", false), ("ax/c", true), ("ax/d", false), ("ax/c/f", false)]
        {
            assert_eq!(pattern.reaches_into(Path::new(way)), enters, "{way}");
        }
        let deep = InputPattern::of(Path::new("**/f")).expect("well formed").expect("a pattern");
        assert!(deep.reaches_into(Path::new("a/b/c")) && deep.depth().is_none());
    }

    #[test]
    fn names_and_ways_are_chosen() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let choice =
            Choice::new(&texts(&["*.log", "a/*.txt"]), &texts(&["old*", "/b/c/"])).expect("patterns");
        for (way, is_taken) in
            [("x.log", true), ("d/x.log", true), ("a/x.txt", true), ("d/x.txt", false), ("old.log", false)]
        {
            assert_eq!(choice.takes(Path::new(way)), is_taken, "{way}");
        }
        assert!(choice.leaves_out(Path::new("b/c")) && !choice.leaves_out(Path::new("c")));
        let not_text = Path::new(OsStr::from_bytes(b"\xff.log"));
        assert!(choice.takes(not_text));
        assert!(Choice::new(&texts(&["["]), &[]).is_err());
    }
}
