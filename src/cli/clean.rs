//! `esdk clean`: the unfinished files that killed runs have left.

use std::fs::File;
use std::io;
use std::process::ExitCode;

use indicatif::HumanBytes;
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use walkdir::{DirEntry, WalkDir};

use super::args::CleanArgs;
use super::part::is_part_name;
use super::report::{Failure, FailureKind, io_text, path_text, say};
use super::summary::Outcome;
use super::terminal;

/// What became of a file.
enum Cleaned {
    /// It is gone, or would be.
    Removed,
    /// A run is writing it.
    InUse,
    /// It was finished or removed meanwhile.
    Gone,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: standard output cannot be written.
pub fn run(arguments: &CleanArgs) -> Result<ExitCode, Failure> {
    let mut outcome = Outcome::default();
    let (mut count, mut bytes) = (0_u64, 0_u64);
    for entry in arguments.folders.iter().flat_map(WalkDir::new) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map(path_text).unwrap_or_default();
                let text = error.io_error().map_or_else(|| error.to_string(), io_text);
                let failure = Failure::new(FailureKind::NoInput, format!("cannot be read: {text}"));
                outcome.add(failure.kind);
                failure.about(&path).print();
                continue;
            }
        };
        if !entry.file_type().is_file() || !is_part_name(entry.file_name()) {
            continue;
        }
        let name = path_text(entry.path());
        match clean(&entry, arguments.dry_run) {
            Ok((Cleaned::Removed, length)) => {
                terminal::show(&format!("{name}\n"))
                    .map_err(|error| Failure::writing(&error).about(&"standard output"))?;
                count += 1;
                bytes += length;
            }
            Ok((Cleaned::InUse, _)) => say("skipped", &format!("{name}: a run is writing it")),
            Ok((Cleaned::Gone, _)) => {}
            Err(failure) => {
                outcome.add(failure.kind);
                failure.about(&name).print();
            }
        }
    }
    let verb = if arguments.dry_run { "would be removed" } else { "removed" };
    let plural = if count == 1 { "" } else { "s" };
    say("summary", &format!("{count} file{plural} {verb}, {}", HumanBytes(bytes)));
    Ok(outcome.exit_code())
}

/// Removes a file that nobody holds the lock of: whoever writes one has it until the file has its name.
fn clean(entry: &DirEntry, is_dry: bool) -> Result<(Cleaned, u64), Failure> {
    let cannot = |error: &io::Error| {
        Failure::new(FailureKind::CannotCreate, format!("cannot be removed: {}", io_text(error)))
    };
    let file = match File::open(entry.path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Cleaned::Gone, 0)),
        opened => opened.map_err(|error| cannot(&error))?,
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok((Cleaned::InUse, 0)),
        Err(error) => {
            let message = format!(
                "is not removed: whether a run is writing it cannot be told: {}",
                io_text(&error.into())
            );
            return Err(Failure::new(FailureKind::CannotCreate, message)
                .hint("this file system has no locks; when no run is under way, remove it with rm"));
        }
    }
    let length = file.metadata().map_err(|error| cannot(&error))?.len();
    if is_dry {
        return Ok((Cleaned::Removed, length));
    }
    match std::fs::remove_file(entry.path()) {
        Ok(()) => Ok((Cleaned::Removed, length)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Cleaned::Gone, 0)),
        Err(error) => Err(cannot(&error)),
    }
}
