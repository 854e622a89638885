//! Folders under `target/` that the tests make once, from pinned requirements, and make anew when these change.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that is being made, while whoever else wants it waits.
pub struct Making<'a> {
    /// Empty to begin with.
    pub folder: &'a Path,
    lock: &'a File,
}

impl Making<'_> {
    /// Runs a step of the making. The step holds the lock too (as its standard input), so that one that outlives a
    /// killed test run is waited for.
    pub fn run(&self, command: &mut Command) -> Result<(), String> {
        let lock = self.lock.try_clone().map_err(|error| error.to_string())?;
        let output =
            command.stdin(Stdio::from(lock)).output().map_err(|error| format!("{command:?}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// The target folder.
pub fn target() -> &'static Path {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().expect("it lies in the target folder")
}

/// The folder of this name under `target/`, filled by `make` unless it was made from the same before.
pub fn folder(
    name: &str,
    made_from: &str,
    make: impl FnOnce(&Making) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = target().join(name);
    let stamp = folder.join("made-from");

    // One test binary makes it while the others wait.
    let lock = File::create(target().join(format!("{name}.lock"))).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;

    // The stamp is written last: without it the folder is half made.
    if fs::read_to_string(&stamp).is_ok_and(|found| found == made_from) {
        return Ok(folder);
    }
    note(&format!("installing the packages of the tests in target/{name} (once)"));
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(|error| format!("{} cannot be removed: {error}", folder.display()))?;
    }
    fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    make(&Making { folder: &folder, lock: &lock })?;
    fs::write(&stamp, made_from).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// Past the test harness, which would keep it to itself: somebody waits, or misses something.
pub fn note(text: &str) {
    // A test run without standard error misses the note and nothing else.
    let _ = writeln!(std::io::stderr(), "{text}");
}
