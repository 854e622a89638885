//! Words to options, with the habits of Python's argparse.
//!
//! Not clap: abbreviations, what a dash ends, bundles, which complaint comes first and how it reads are argparse's here, and
//! scripts see them. Clap has no such abbreviations for values, ends a list of words differently, and none of its texts can
//! be changed one by one. What is needed of argparse is short, because the original has no positional arguments.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::python;
use super::stop::Stop;
use super::table::{self, Group, KNOWN, Known, Meaning, Takes, What};
use crate::commitment::CommitmentPolicy;
use crate::suite::AlgorithmSuite;

/// What was typed.
#[derive(Debug, Default)]
pub struct Typed {
    /// What is done.
    pub mode: Option<Mode>,
    /// Where metadata goes.
    pub metadata: Option<MetadataTarget>,
    /// Whether the metadata file begins anew.
    pub overwrites_metadata: bool,
    /// The words of each `-w`.
    pub wrapping_keys: Vec<Vec<OsString>>,
    /// Whether messages must commit to their key.
    pub policy: CommitmentPolicy,
    /// The words of `--caching`.
    pub caching: Option<Vec<OsString>>,
    /// Nothing leaves before all has verified.
    pub buffers: bool,
    /// `-i`.
    pub input: OsString,
    /// `-o`.
    pub output: OsString,
    /// Base64 is written.
    pub encodes: bool,
    /// Base64 is read.
    pub decodes: bool,
    /// The words of `-c`.
    pub context: Option<Vec<OsString>>,
    /// The suite.
    pub suite: Option<&'static AlgorithmSuite>,
    /// Of a frame, in bytes.
    pub frame_length: Option<i128>,
    /// Greatest of a frame or an unframed body, in bytes.
    pub max_length: Option<i128>,
    /// Greatest number in a message.
    pub max_encrypted_data_keys: Option<i128>,
    /// What names get.
    pub suffix: Option<OsString>,
    /// Whether is asked before a file is overwritten.
    pub asks: bool,
    /// Whether no file is overwritten.
    pub keeps_existing: bool,
    /// Whether directories are taken.
    pub is_recursive: bool,
    /// How much is said.
    pub verbosity: usize,
    /// Whether warnings are not said.
    pub is_quiet: bool,
    /// The last long name that was typed with one dash.
    pub one_dash: Option<&'static str>,
    /// Whether the option was given that nobody is to give.
    pub has_required_keys: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `-e`.
    Encrypt,
    /// `-d`.
    Decrypt,
    /// `--decrypt-unsigned`.
    DecryptUnsigned,
}

impl Mode {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::DecryptUnsigned => "decrypt-unsigned",
        }
    }
}

/// Where metadata goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataTarget {
    /// Nowhere.
    Nowhere,
    /// Standard output.
    Stdout,
    /// The file of this full path.
    File(std::path::PathBuf),
}

/// What a word is.
enum Part {
    /// No option: it can belong to the one before.
    Value,
    /// `--`: all that follows is none.
    End,
    /// An option, as it was recognised, with what stands behind its `=` or its letter.
    Option(&'static str, Meaning, Option<OsString>),
    /// It looks like an option and is none.
    Unknown,
}

/// Takes words apart.
///
/// # Errors
/// [`Stop`]: they are wrong, or ask for help or the version.
pub fn parse(words: &[OsString]) -> Result<Typed, Stop> {
    let parts = recognise(words)?;
    let mut parser = Parser::default();
    let mut rest = Vec::new();
    let mut at = 0;
    while let (Some(part), Some(word)) = (parts.get(at), words.get(at)) {
        let next = at.saturating_add(1);
        at = match part {
            Part::Option(name, meaning, explicit) => {
                let values = parts.iter().skip(next).take_while(|part| matches!(part, Part::Value)).count();
                let following = words.iter().skip(next).take(values).cloned().collect();
                next.saturating_add(parser.option(name, *meaning, explicit.clone(), following)?)
            }
            Part::Value | Part::End | Part::Unknown => {
                rest.push(word);
                next
            }
        };
    }
    parser.check_complete()?;
    if !rest.is_empty() {
        let rest = rest.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        return Err(Stop::Usage(format!("unrecognized arguments: {rest}")));
    }
    Ok(parser.typed)
}

/// What each word is, before anything is made of it.
fn recognise(words: &[OsString]) -> Result<Vec<Part>, Stop> {
    let mut parts = Vec::new();
    let mut is_over = false;
    for word in words {
        parts.push(match word.as_bytes() {
            _ if is_over => Part::Value,
            b"--" => {
                is_over = true;
                Part::End
            }
            _ => recognise_one(word)?,
        });
    }
    Ok(parts)
}

fn meaning(name: &[u8]) -> Option<(&'static str, Meaning)> {
    table::names().find(|(known, _)| known.as_bytes() == name)
}

fn recognise_one(word: &OsStr) -> Result<Part, Stop> {
    let bytes = word.as_bytes();
    if !bytes.starts_with(b"-") {
        return Ok(Part::Value);
    }
    if let Some((name, meaning)) = meaning(bytes) {
        return Ok(Part::Option(name, meaning, None));
    }
    if bytes.len() == 1 {
        return Ok(Part::Value);
    }
    let equals = split_at_equals(bytes);
    if let Some((name, value)) = &equals
        && let Some((name, meaning)) = meaning(name)
    {
        return Ok(Part::Option(name, meaning, Some(value.clone())));
    }
    let mut possible = possible(bytes, equals);
    if possible.len() > 1 {
        let names = possible.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
        let word = word.to_string_lossy();
        return Err(Stop::Usage(format!("ambiguous option: {word} could match {names}")));
    }
    Ok(match possible.pop() {
        Some((name, meaning, explicit)) => Part::Option(name, meaning, explicit),
        None if is_negative_number(bytes) || bytes.contains(&b' ') => Part::Value,
        None => Part::Unknown,
    })
}

fn split_at_equals(bytes: &[u8]) -> Option<(&[u8], OsString)> {
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let (name, value) = bytes.split_at_checked(at)?;
    Some((name, OsString::from_vec(value.get(1..)?.to_vec())))
}

type Possible = (&'static str, Meaning, Option<OsString>);

/// What a word can stand for that is no name: abbreviations, and after one dash a letter with its value.
fn possible(word: &[u8], equals: Option<(&[u8], OsString)>) -> Vec<Possible> {
    if word.starts_with(b"--") {
        let (beginning, explicit) = match equals {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let begins = |(name, _): &(&str, Meaning)| name.as_bytes().starts_with(beginning);
        return table::names().filter(begins).map(|(name, what)| (name, what, explicit.clone())).collect();
    }
    let (short, behind) = word.split_at_checked(2).unwrap_or((word, &[]));
    table::names()
        .filter_map(|(name, what)| match name.as_bytes() {
            known if known == short => Some((name, what, Some(OsString::from_vec(behind.to_vec())))),
            known if known.starts_with(word) => Some((name, what, None)),
            _ => None,
        })
        .collect()
}

/// `-5`, `-.5`, `-1.5`: no option looks like that, so it is a value.
fn is_negative_number(word: &[u8]) -> bool {
    let Some(digits) = word.strip_prefix(b"-") else { return false };
    let is_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    match digits.iter().position(|byte| *byte == b'.').map(|at| digits.split_at(at)) {
        None => !digits.is_empty() && is_digits(digits),
        Some((before, [_, after @ ..])) => is_digits(before) && !after.is_empty() && is_digits(after),
        Some(_) => false,
    }
}

#[derive(Default)]
struct Parser {
    typed: Typed,
    seen: Vec<What>,
}

impl Parser {
    /// Takes an option, and of the words that follow those that are its own; gives their number.
    fn option(
        &mut self,
        name: &'static str,
        meaning: Meaning,
        explicit: Option<OsString>,
        following: Vec<OsString>,
    ) -> Result<usize, Stop> {
        let (mut name, mut meaning, mut explicit) = (name, meaning, explicit);
        // Letters in one word are acted on when all of them are known.
        let mut bundle = Vec::new();
        loop {
            let takes = meaning.takes();
            let Some(value) = explicit else {
                let count = match takes {
                    Takes::Nothing => 0,
                    Takes::One | Takes::AtMostOne => following.len().min(1),
                    Takes::OneOrMore => following.len(),
                };
                match takes {
                    Takes::One if count == 0 => return Err(meaning.wrong("expected one argument")),
                    Takes::OneOrMore if count == 0 => {
                        return Err(meaning.wrong("expected at least one argument"));
                    }
                    _ => {}
                }
                bundle.push((name, meaning, following.into_iter().take(count).collect()));
                for (name, meaning, values) in bundle {
                    self.act(name, meaning, values)?;
                }
                return Ok(count);
            };
            if takes != Takes::Nothing {
                bundle.push((name, meaning, vec![value]));
                for (name, meaning, values) in bundle {
                    self.act(name, meaning, values)?;
                }
                return Ok(0);
            }
            let ignored = || meaning.wrong(&format!("ignored explicit argument {}", python::repr(&value)));
            // After one dash, more letters; a letter is one of the text, whatever its bytes.
            let text = value.to_string_lossy();
            let Some(letter) = text.chars().next().filter(|_| !name.starts_with("--")) else {
                return Err(ignored());
            };
            let Some((next, what)) = self::meaning(format!("-{letter}").as_bytes()) else {
                return Err(ignored());
            };
            let rest = value.as_bytes().get(letter.len_utf8()..).unwrap_or_default();
            let rest = (!rest.is_empty()).then(|| OsString::from_vec(rest.to_vec()));
            bundle.push((name, meaning, Vec::new()));
            (name, meaning, explicit) = (next, what, rest);
        }
    }

    fn act(&mut self, name: &'static str, meaning: Meaning, values: Vec<OsString>) -> Result<(), Stop> {
        let known = match meaning {
            Meaning::OneDash(name) => {
                self.typed.one_dash = Some(name);
                return Ok(());
            }
            Meaning::Option(known) => known,
        };
        // The parent of a metadata file is looked for as soon as it is named.
        let value = Value::of(known, values)?;
        self.seen.push(known.what);
        let others = KNOWN.iter().filter(|other| other.group == known.group && other.what != known.what);
        let excluded =
            others.filter(|_| known.group != Group::None).find(|one| self.seen.contains(&one.what));
        if let Some(excluded) = excluded {
            return Err(meaning.wrong(&format!("not allowed with argument {}", excluded.title())));
        }
        self.store(name, known, value)
    }

    fn store(&mut self, name: &str, known: &Known, value: Value) -> Result<(), Stop> {
        let typed = &mut self.typed;
        let is_first = self.seen.iter().filter(|what| **what == known.what).count() == 1;
        let once = matches!(
            known.what,
            What::Caching
                | What::Input
                | What::Output
                | What::EncryptionContext
                | What::RequiredContextKeys
                | What::Algorithm
                | What::FrameLength
                | What::MaxLength
                | What::MaxEncryptedDataKeys
                | What::Suffix
        );
        if once && !is_first {
            return Err(Stop::Usage(format!("{name} argument may not be specified more than once")));
        }
        match (known.what, value) {
            (What::Help, _) => return Err(Stop::Help),
            (What::Version, _) => return Err(Stop::Version),
            (What::Encrypt, _) => typed.mode = Some(Mode::Encrypt),
            (What::Decrypt, _) => typed.mode = Some(Mode::Decrypt),
            (What::DecryptUnsigned, _) => typed.mode = Some(Mode::DecryptUnsigned),
            (What::SuppressMetadata, _) => typed.metadata = Some(MetadataTarget::Nowhere),
            (What::MetadataOutput, Value::Metadata(target)) => typed.metadata = Some(target),
            (What::OverwriteMetadata, _) => typed.overwrites_metadata = true,
            (What::WrappingKeys, Value::Words(words)) => typed.wrapping_keys.push(words),
            (What::CommitmentPolicy, Value::Policy(policy)) => typed.policy = policy,
            (What::Caching, Value::Words(words)) => typed.caching = Some(words),
            (What::Buffer, _) => typed.buffers = true,
            (What::Input, Value::Word(word)) => typed.input = word,
            (What::Output, Value::Word(word)) => typed.output = word,
            (What::Encode, _) => typed.encodes = true,
            (What::Decode, _) => typed.decodes = true,
            (What::EncryptionContext, Value::Words(words)) => typed.context = Some(words),
            (What::RequiredContextKeys, _) => typed.has_required_keys = true,
            (What::Algorithm, Value::Suite(suite)) => typed.suite = Some(suite),
            (What::FrameLength, Value::Number(number)) => typed.frame_length = Some(number),
            (What::MaxLength, Value::Number(number)) => typed.max_length = Some(number),
            (What::MaxEncryptedDataKeys, Value::Number(number)) => {
                typed.max_encrypted_data_keys = Some(number);
            }
            (What::Suffix, Value::Word(word)) => typed.suffix = Some(word),
            (What::Interactive, _) => typed.asks = true,
            (What::NoOverwrite, _) => typed.keeps_existing = true,
            (What::Recursive, _) => typed.is_recursive = true,
            (What::Verbose, _) => typed.verbosity = typed.verbosity.saturating_add(1),
            (What::Quiet, _) => typed.is_quiet = true,
            // Each option has a value of its own kind.
            _ => {}
        }
        Ok(())
    }

    fn check_complete(&self) -> Result<(), Stop> {
        let missing: Vec<_> = KNOWN
            .iter()
            .filter(|known| known.is_required && !self.seen.contains(&known.what))
            .map(Known::title)
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Stop::Usage(format!("the following arguments are required: {missing}")));
        }
        for group in [Group::Action, Group::Metadata] {
            let members = || KNOWN.iter().filter(|known| known.group == group);
            if !members().any(|known| self.seen.contains(&known.what)) {
                let names = members().map(Known::title).collect::<Vec<_>>().join(" ");
                return Err(Stop::Usage(format!("one of the arguments {names} is required")));
            }
        }
        Ok(())
    }
}

impl Meaning {
    fn takes(self) -> Takes {
        match self {
            Self::Option(known) => known.takes,
            Self::OneDash(_) => Takes::Nothing,
        }
    }

    fn wrong(self, message: &str) -> Stop {
        let title = match self {
            Self::Option(known) => known.title(),
            Self::OneDash(name) => name.to_owned(),
        };
        Stop::Usage(format!("argument {title}: {message}"))
    }
}

/// The words of an option, as what they are.
enum Value {
    Nothing,
    Word(OsString),
    Words(Vec<OsString>),
    Number(i128),
    Policy(CommitmentPolicy),
    Suite(&'static AlgorithmSuite),
    Metadata(MetadataTarget),
}

impl Value {
    fn of(known: &'static Known, mut values: Vec<OsString>) -> Result<Self, Stop> {
        let wrong = |message: String| Meaning::Option(known).wrong(&message);
        Ok(match known.takes {
            Takes::Nothing => Self::Nothing,
            Takes::OneOrMore => Self::Words(values),
            Takes::AtMostOne => Self::Word(values.pop().unwrap_or_default()),
            Takes::One => {
                let word = values.pop().unwrap_or_default();
                let text = word.to_str();
                match known.what {
                    What::FrameLength | What::MaxLength | What::MaxEncryptedDataKeys => {
                        let number = text.and_then(python::int);
                        Self::Number(
                            number.ok_or_else(|| {
                                wrong(format!("invalid int value: {}", python::repr(&word)))
                            })?,
                        )
                    }
                    What::CommitmentPolicy => {
                        let named = |policy: &CommitmentPolicy| Some(policy.name()) == text;
                        Self::Policy(CommitmentPolicy::ALL.into_iter().find(named).ok_or_else(|| {
                            wrong(format!("invalid CommitmentPolicyArgs value: {}", python::repr(&word)))
                        })?)
                    }
                    What::Algorithm => Self::Suite(text.and_then(table::suite).ok_or_else(|| {
                        let known = AlgorithmSuite::all();
                        let known = known.iter().map(|suite| format!("'{}'", table::suite_name(suite)));
                        let known = known.collect::<Vec<_>>().join(", ");
                        let word = python::repr(&word);
                        wrong(format!("invalid choice: {word} (choose from {known})"))
                    })?),
                    What::MetadataOutput => Self::Metadata(metadata_target(&word)?),
                    _ => Self::Word(word),
                }
            }
        })
    }
}

fn metadata_target(word: &OsStr) -> Result<MetadataTarget, Stop> {
    if word == "-" {
        return Ok(MetadataTarget::Stdout);
    }
    let real = python::real(word);
    if !real.parent().unwrap_or(&real).is_dir() {
        // The spelling is the original's.
        return Err(Stop::told("Parent directory for requested metdata file does not exist."));
    }
    Ok(MetadataTarget::File(python::absolute(word)))
}

#[cfg(test)]
mod tests;
