//! `esdk install-links`: the names by which this program is another one.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::links::InstallLinksArgs;
use super::drop_in;
use super::report::{Failure, FailureKind, io_text, path_text};
use super::terminal;

/// What the name of a link begins with before it takes the place of another file.
const PREFIX: &str = ".esdk-link-";

/// Runs it.
///
/// # Errors
/// [`Failure`]: the link cannot be made. What had its name has it still.
pub fn run(arguments: &InstallLinksArgs) -> Result<ExitCode, Failure> {
    let program = std::env::current_exe().and_then(fs::canonicalize).map_err(|error| {
        Failure::new(
            FailureKind::Other,
            format!("it is not known where this program is: {}", io_text(&error)),
        )
        .hint("make the link by hand: ln -s /path/to/esdk DIR/aws-encryption-cli")
    })?;
    let link = install(&program, &arguments.folder, arguments.force)?;
    let shown = terminal::show(&format!("{}\n", path_text(&link)));
    shown.map_err(|error| Failure::writing(&error).about(&"standard output"))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the link to the program; one that is there already and leads to it is left as it is.
fn install(program: &Path, folder: &Path, replaces: bool) -> Result<PathBuf, Failure> {
    let link = folder.join(drop_in::NAME);
    let about = |failure: Failure| failure.about(&path_text(&link));
    match symlink(program, &link) {
        Ok(()) => return Ok(link),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let failure = Failure::new(FailureKind::CannotCreate, "the directory is not there");
            return Err(failure.about(&path_text(folder)).hint("make it first: mkdir -p DIR"));
        }
        Err(error) => return Err(about(Failure::writing(&error))),
    }
    let is_link = fs::symlink_metadata(&link).is_ok_and(|found| found.is_symlink());
    if is_link && fs::canonicalize(&link).is_ok_and(|target| target == program) {
        return Ok(link);
    }
    if !replaces {
        let message = "exists already, and is not a link to this program";
        let failure = Failure::new(FailureKind::CannotCreate, message);
        return Err(about(failure).hint("look at what it is, and then give -f to replace it"));
    }
    if link.is_dir() && !is_link {
        return Err(about(Failure::new(FailureKind::CannotCreate, "is a directory")));
    }
    // In one step: whoever calls the name meanwhile gets the one or the other.
    let made = tempfile::Builder::new().prefix(PREFIX).make_in(folder, |path| symlink(program, path));
    let replaced = made.and_then(|made| made.persist(&link).map_err(|error| error.error));
    replaced.map_err(|error| about(Failure::writing(&error)))?;
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_made_and_nothing_is_replaced_unasked() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().canonicalize().expect("it is there");
        let (program, other) = (folder.join("esdk"), folder.join("other"));
        fs::write(&program, "").expect("a file");
        fs::write(&other, "").expect("a file");
        let link = install(&program, &folder, false).expect("made");
        assert_eq!(link, folder.join("aws-encryption-cli"));
        assert_eq!(fs::read_link(&link).expect("a link"), program);
        // Again it is what it is to be.
        install(&program, &folder, false).expect("there");
        let failure = install(&other, &folder, false).expect_err("taken");
        assert_eq!(failure.kind, FailureKind::CannotCreate);
        assert_eq!(fs::read_link(&link).expect("a link"), program);
        install(&other, &folder, true).expect("replaced");
        assert_eq!(fs::read_link(&link).expect("a link"), other);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 3);
    }

    #[test]
    fn what_cannot_be_a_link_is_told() {
        let place = tempfile::tempdir().expect("a folder");
        let program = place.path().join("esdk");
        let failure = install(&program, &place.path().join("missing"), true).expect_err("no folder");
        assert!(failure.hint.is_some_and(|hint| hint.contains("mkdir")));
        fs::create_dir(place.path().join("aws-encryption-cli")).expect("a folder");
        let failure = install(&program, place.path(), true).expect_err("a directory has the name");
        assert!(failure.message.ends_with("is a directory"), "{}", failure.message);
    }
}
