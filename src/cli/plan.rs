//! Arguments to a plan: every check that needs no key and changes nothing.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::batch::SelectionArgs;
use super::args::{FileArgs, KeyArgs, RecordArgs};
use super::destination::{Bits, Content, Existing, Manner, Preserve};
use super::encoding::Encoding;
use super::in_use::FilesInUse;
use super::jobs::Job;
use super::metadata::{self, MetadataOutput};
use super::naming::{Named, Naming};
pub use super::planner::Jobs;
use super::report::{Failure, FailureKind, path_text};
use super::source::Source;
use super::walk::{Input, Origin, Selection};

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
pub fn jobs(files: &FileArgs, direction: Direction) -> Result<Jobs, Failure> {
    let selection = Selection::new(&files.inputs, &files.selection)?;
    let naming = Naming::new(files.output.as_deref(), &files.suffix, direction, &selection)?;
    let selection = match naming.folder() {
        Some(folder) => selection.without(Arc::clone(folder)),
        None => selection,
    };
    let jobs = Jobs { selection, naming, existing: existing(files, direction) };
    let typed = typed(&jobs)?;
    if direction == Direction::Encrypt && typed.iter().any(|job| job.source == Source::UserData) {
        let message = format!("{} is there to be decrypted", Source::UserData.text());
        return Err(Failure::usage(message).hint("a file of this name is given as ./ec2:user-data"));
    }
    if let [_, _, ..] = &typed[..] {
        check_collisions(&typed, jobs.existing)?;
    }
    if files.remove_input {
        check_removal(&jobs)?;
    }
    Ok(jobs)
}

/// Jobs that write nothing.
///
/// # Errors
/// A usage [`Failure`]: standard input is given twice.
pub fn jobs_without_output(
    inputs: &[PathBuf],
    selection: &SelectionArgs,
    suffix: &str,
) -> Result<Jobs, Failure> {
    let selection = Selection::new(inputs, selection)?;
    Ok(Jobs { selection, naming: Naming::nowhere(suffix.as_ref()), existing: Existing::Refuse })
}

/// What became of the inputs and outputs that were typed: they are known before anything is begun.
fn typed(jobs: &Jobs) -> Result<Vec<Job>, Failure> {
    let mut typed = Vec::new();
    for path in jobs.selection.typed() {
        let is_folder = path.is_dir();
        let is_pattern = std::fs::symlink_metadata(path).is_err()
            && matches!(super::patterns::InputPattern::of(path), Ok(Some(_)));
        if is_folder || is_pattern {
            continue;
        }
        let source = Source::from_argument(path);
        let input = Input { source: source.clone(), origin: Origin::Named };
        if let Named::To(destination) = jobs.naming.destination(&input)? {
            typed.push(Job { source, destination, is_named: true });
        }
    }
    Ok(typed)
}

/// Refuses to remove inputs whose outputs keep nothing.
fn check_removal(jobs: &Jobs) -> Result<(), Failure> {
    if jobs.existing == Existing::Itself {
        return Err(Failure::usage("--remove-input without -o would remove the new messages")
            .hint("leave it out: in its place a new message takes the name of the old one"));
    }
    let typed = jobs.selection.typed();
    if jobs.naming.writes_stdout(typed) || typed.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("--remove-input needs files as inputs and as outputs"));
    }
    Ok(())
}

/// Refuses jobs of which one would take away another's output, or replace what another is yet to read.
fn check_collisions(jobs: &[Job], existing: Existing) -> Result<(), Failure> {
    let inputs: HashSet<_> = jobs
        .iter()
        .filter_map(|job| match &job.source {
            Source::File(path) => Some(Identity::of(path)),
            Source::Stdin | Source::UserData => None,
        })
        .collect();
    let mut outputs = HashSet::new();
    for job in jobs {
        let (is_new, is_input) = match job.destination.path() {
            Some(path) => {
                let identity = Identity::of(&path);
                let is_input = existing == Existing::Replace && inputs.contains(&identity);
                (outputs.insert(identity), is_input)
            }
            None => (outputs.insert(Identity::Named(PathBuf::from("-"))), false),
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

/// What happens to outputs that exist.
pub fn existing(files: &FileArgs, direction: Direction) -> Existing {
    match (files.force, files.skip_existing) {
        _ if direction == Direction::Rotate && files.output.is_none() => Existing::Itself,
        (true, _) => Existing::Replace,
        (false, true) => Existing::Skip,
        (false, false) => Existing::Refuse,
    }
}

/// How outputs are written.
pub fn manner(files: &FileArgs, direction: Direction) -> Manner {
    let content = if direction.wraps() { Content::Ciphertext } else { Content::Plaintext };
    Manner {
        existing: existing(files, direction),
        content,
        encoding: Encoding::of(files.encode),
        preserve: if files.preserve { Preserve::TimesAndOwner } else { Preserve::Nothing },
        bits: Bits::OfInput,
    }
}

/// How nothing is written.
pub fn no_manner() -> Manner {
    Manner {
        existing: Existing::Refuse,
        content: Content::Plaintext,
        encoding: Encoding::None,
        preserve: Preserve::Nothing,
        bits: Bits::OfInput,
    }
}

/// The files that a run depends on.
pub fn in_use(jobs: &Jobs, keys: &KeyArgs, context_file: Option<&Path>) -> FilesInUse {
    FilesInUse::new().with_keys(keys).with(jobs.selection.lists()).with(context_file)
}

/// Opens the metadata output, when there is one.
///
/// # Errors
/// [`Failure`]: it is one of the jobs' files, or cannot be written.
pub fn metadata(records: &RecordArgs, jobs: &Jobs) -> Result<Option<MetadataOutput>, Failure> {
    let Some(path) = &records.metadata_output else {
        return Ok(None);
    };
    let typed = check_metadata(path, records, jobs)?;
    MetadataOutput::open(path, records.overwrite_metadata, &typed).map(Some)
}

/// Which file the metadata output is, when it is there: device and number. It is not opened.
///
/// # Errors
/// [`Failure`]: it is one of the jobs' files.
pub fn metadata_identity(records: &RecordArgs, jobs: &Jobs) -> Result<Option<(u64, u64)>, Failure> {
    let Some(path) = &records.metadata_output else {
        return Ok(None);
    };
    check_metadata(path, records, jobs)?;
    Ok(fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|found| (found.dev(), found.ino())))
}

/// Refuses a metadata output that is one of the jobs' files; gives those that were typed.
fn check_metadata(path: &Path, records: &RecordArgs, jobs: &Jobs) -> Result<Vec<Job>, Failure> {
    let typed = typed(jobs)?;
    let inputs = typed.iter().filter_map(|job| match &job.source {
        Source::File(path) => Some(path.clone()),
        Source::Stdin | Source::UserData => None,
    });
    // A run can go on with the records that it begins with, but not begin them anew.
    let lists = jobs.selection.lists().filter(|list| {
        let is_retried = jobs.selection.retried() == Some(*list);
        !is_retried || records.overwrite_metadata
    });
    let inputs: Vec<_> = inputs.chain(lists.map(Path::to_owned)).collect();
    let outputs: Vec<_> = typed.iter().filter_map(|job| job.destination.path()).collect();
    let writes_stdout = jobs.naming.writes_stdout(jobs.selection.typed());
    metadata::check(path, &inputs, &outputs, writes_stdout)?;
    Ok(typed)
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
