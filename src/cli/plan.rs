//! Arguments to a plan: every check that needs no key and changes nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::args::{FileArgs, RecordArgs};
use super::destination::{Destination, Existing};
use super::jobs::Job;
use super::metadata::{self, MetadataOutput};
use super::report::{Failure, FailureKind, path_text};
use super::source::Source;

/// A file of the encryption context is read so far, in bytes: a context is at most 64 KiB.
const MAX_CONTEXT_FILE_LENGTH: u64 = 1 << 20;

/// Which way a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Names get the suffix.
    Encrypt,
    /// Names lose the suffix.
    Decrypt,
    /// Names stay, and so do files unless another output is named.
    Rotate,
}

impl Direction {
    /// Whether data keys are wrapped, and not unwrapped.
    pub fn wraps(self) -> bool {
        matches!(self, Self::Encrypt | Self::Rotate)
    }
}

/// The jobs that the arguments ask for.
///
/// # Errors
/// A usage [`Failure`]: an output cannot be named, or two inputs have the same one.
pub fn jobs(files: &FileArgs, direction: Direction) -> Result<Vec<Job>, Failure> {
    let sources = sources(&files.inputs)?;
    let keeps_names = direction != Direction::Rotate && files.suffix.is_empty();
    if keeps_names && files.output.is_none() && sources.iter().any(|s| *s != Source::Stdin) {
        return Err(Failure::usage("an empty --suffix needs -o: the output would be the input itself"));
    }
    if files.suffix.contains('/') {
        return Err(Failure::usage(format!("--suffix {:?} holds a slash", files.suffix)));
    }
    let mut jobs = Vec::new();
    for source in sources {
        let destination = destination(&source, files, direction)?;
        jobs.push(Job { source, destination });
    }
    if let [_, _, ..] = &jobs[..] {
        check_collisions(&jobs, existing(files, direction))?;
    }
    Ok(jobs)
}

/// Refuses jobs of which one would take away another's output, or replace what another is yet to read.
fn check_collisions(jobs: &[Job], existing: Existing) -> Result<(), Failure> {
    let inputs: HashSet<_> = jobs
        .iter()
        .filter_map(|job| match &job.source {
            Source::File(path) => Some(Identity::of(path)),
            Source::Stdin => None,
        })
        .collect();
    let mut outputs = HashSet::new();
    for job in jobs {
        let (is_new, is_input) = match &job.destination {
            Destination::File(path) => {
                let identity = Identity::of(path);
                let is_input = existing == Existing::Replace && inputs.contains(&identity);
                (outputs.insert(identity), is_input)
            }
            _ => (outputs.insert(Identity::Named(PathBuf::from("-"))), false),
        };
        if !is_new && existing == Existing::Itself {
            let message = format!("{} is given twice", job.source.text());
            return Err(Failure::usage(message).hint("leave it out once, whatever it is called"));
        }
        if !is_new {
            let message = format!("two inputs have the same output {}", job.destination.text());
            return Err(Failure::usage(message).hint("give each its own -o, or a directory"));
        }
        if is_input {
            let message = format!("the output {} is also an input", job.destination.text());
            return Err(Failure::usage(message).hint("leave it out, or give -o a directory"));
        }
    }
    Ok(())
}

/// Which file a path leads to, whatever it is called.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// Device and number of one that is there.
    Present(u64, u64),
    /// The path of one that is not, without the links in its folder.
    Named(PathBuf),
}

impl Identity {
    fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(found) => Self::Present(found.dev(), found.ino()),
            Err(_) => Self::Named(super::source::resolved(path)),
        }
    }
}

/// The inputs that were typed; standard input when none was.
///
/// # Errors
/// A usage [`Failure`]: standard input is given twice.
pub fn sources(inputs: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let stdin = [PathBuf::from("-")];
    let inputs = if inputs.is_empty() { &stdin[..] } else { inputs };
    let sources: Vec<_> = inputs.iter().map(|input| Source::from_argument(input)).collect();
    if sources.iter().filter(|source| **source == Source::Stdin).count() > 1 {
        return Err(Failure::usage("standard input is given twice"));
    }
    Ok(sources)
}

/// What happens to outputs that exist.
pub fn existing(files: &FileArgs, direction: Direction) -> Existing {
    match (files.force, files.skip_existing) {
        _ if direction == Direction::Rotate && files.output.is_none() => Existing::Itself,
        (true, _) => Existing::Replace,
        (false, true) => Existing::Skip,
        (false, false) => Existing::Refuse,
    }
}

/// The directory that has to be made for the outputs: one that was typed with a slash at its end.
pub fn new_folder(files: &FileArgs) -> Option<PathBuf> {
    files.output.clone().filter(|output| output.as_os_str().as_bytes().ends_with(b"/") && !output.exists())
}

/// Opens the metadata output, when there is one.
///
/// # Errors
/// [`Failure`]: it is one of the jobs' files, or cannot be written.
pub fn metadata(records: &RecordArgs, jobs: &[Job]) -> Result<Option<MetadataOutput>, Failure> {
    let Some(path) = &records.metadata_output else {
        return Ok(None);
    };
    let inputs: Vec<_> = jobs
        .iter()
        .filter_map(|job| match &job.source {
            Source::File(path) => Some(path.clone()),
            Source::Stdin => None,
        })
        .collect();
    let outputs: Vec<_> = jobs
        .iter()
        .filter_map(|job| match &job.destination {
            Destination::File(path) => Some(path.clone()),
            Destination::Stdout | Destination::TypedStdout | Destination::Nowhere => None,
        })
        .collect();
    let writes_stdout = jobs.iter().any(|job| job.destination.is_stdout());
    metadata::check(path, &inputs, &outputs, writes_stdout)?;
    MetadataOutput::open(path, records.overwrite_metadata, jobs).map(Some)
}

/// A limit as it is typed: 0 for none.
pub fn limit(typed: usize) -> Option<usize> {
    (typed > 0).then_some(typed)
}

/// The pairs and bare keys of `-c` and `--encryption-context-file`, in order: `None` for the value of a bare key.
///
/// # Errors
/// [`Failure`]: the file is not a JSON object of strings, or a word has no key.
pub fn context_words(
    words: &[String],
    file: Option<&Path>,
) -> Result<Vec<(String, Option<String>)>, Failure> {
    let mut pairs = Vec::new();
    if let Some(file) = file {
        let about =
            |failure: Failure| failure.about(&format!("--encryption-context-file {}", path_text(file)));
        let mut text = Vec::new();
        fs::File::open(file)
            .and_then(|file| file.take(MAX_CONTEXT_FILE_LENGTH).read_to_end(&mut text))
            .map_err(|error| about(Failure::reading(&error)))?;
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&text).map_err(|error| {
                about(Failure::new(FailureKind::Data, format!("is not a JSON object: {error}")))
            })?;
        for (key, value) in object {
            let serde_json::Value::String(value) = value else {
                let message = format!("the value of {key:?} is not a string");
                return Err(about(Failure::new(FailureKind::Data, message)));
            };
            pairs.push((key, Some(value)));
        }
    }
    for word in words {
        pairs.push(match word.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (word.clone(), None),
        });
    }
    Ok(pairs)
}

fn destination(source: &Source, files: &FileArgs, direction: Direction) -> Result<Destination, Failure> {
    let path = match (source, &files.output) {
        (_, Some(output)) if output == Path::new("-") => return Ok(Destination::TypedStdout),
        (Source::Stdin, None) => return Ok(Destination::Stdout),
        (Source::File(input), None) => {
            input.with_file_name(name(input, files, direction, Unsuffixed::Refuse)?)
        }
        (source, Some(output)) if is_folder(output) => match source {
            Source::File(input) => {
                let path = output.join(name(input, files, direction, Unsuffixed::Keep)?);
                if files.force && path.is_symlink() {
                    let message = "is a symbolic link, and what it leads to may be outside the directory";
                    let failure = Failure::new(FailureKind::CannotCreate, message);
                    return Err(failure
                        .about(&path_text(&path))
                        .hint("remove the link, or name its file with -o"));
                }
                path
            }
            Source::Stdin => {
                let message =
                    format!("-o {} is a directory, and standard input has no name", path_text(output));
                return Err(Failure::usage(message).hint("give -o the name of a file"));
            }
        },
        (_, Some(output)) => output.clone(),
    };
    Ok(Destination::File(path))
}

/// What becomes of a name to decrypt that does not end with the suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsuffixed {
    Refuse,
    Keep,
}

fn name(
    input: &Path,
    files: &FileArgs,
    direction: Direction,
    unsuffixed: Unsuffixed,
) -> Result<OsString, Failure> {
    let Some(name) = input.file_name() else {
        return Err(Failure::usage(format!("{} is not the name of a file", path_text(input))));
    };
    let suffix = files.suffix.as_bytes();
    match direction {
        Direction::Rotate => Ok(name.to_owned()),
        Direction::Encrypt => Ok(OsString::from_vec([name.as_bytes(), suffix].concat())),
        Direction::Decrypt => match name.as_bytes().strip_suffix(suffix) {
            Some(bare) if !bare.is_empty() && !suffix.is_empty() => Ok(OsString::from_vec(bare.to_owned())),
            _ if unsuffixed == Unsuffixed::Keep => Ok(name.to_owned()),
            _ => {
                let message = format!("{}: the name does not end with {:?}", path_text(input), files.suffix);
                Err(Failure::usage(message).hint("name the output with -o, or the ending with --suffix"))
            }
        },
    }
}

fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/") || path.is_dir()
}
