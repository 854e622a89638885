//! Files that a run itself depends on: no output replaces them, and `--remove-input` does not remove them.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::args::{KeyArgs, TypedKey};
use super::local_key;
use super::report::{Failure, FailureKind};
use super::spec::Spec;

/// The names of a SPEC that name files.
const FILES_OF_SPEC: [&str; 3] = ["key-file", "public-key-file", "private-key-file"];

/// The files, whatever they are called.
#[derive(Clone, Debug, Default)]
pub struct FilesInUse(Vec<(u64, u64)>);

impl FilesInUse {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and the files of these keys.
    pub fn with_keys(mut self, keys: &KeyArgs) -> Self {
        for typed in &keys.keys.0 {
            let TypedKey::Spec(text) = typed else { continue };
            // One that is not well formed has been refused elsewhere.
            let Ok(spec) = Spec::parse("-w", text) else { continue };
            let files = FILES_OF_SPEC.iter().filter_map(|name| spec.value(name)).map(PathBuf::from);
            for file in files {
                self.add(&file);
            }
            if spec.provider == "local"
                && let Ok(path) = local_key::path()
            {
                self.add(&path);
            }
        }
        self
    }

    /// The same and these files.
    pub fn with<'a>(mut self, paths: impl IntoIterator<Item = &'a Path>) -> Self {
        for path in paths {
            self.add(path);
        }
        self
    }

    fn add(&mut self, path: &Path) {
        if let Ok(found) = fs::metadata(path)
            && found.is_file()
        {
            self.0.push((found.dev(), found.ino()));
        }
    }

    /// Whether this is one of them.
    pub fn holds(&self, found: &Metadata) -> bool {
        self.0.contains(&(found.dev(), found.ino()))
    }

    /// Refuses an output that would replace one of them: what is found at its path.
    ///
    /// # Errors
    /// [`Failure`]: it would.
    pub fn check_output(&self, found: &Metadata, name: &str) -> Result<(), Failure> {
        if !self.holds(found) {
            return Ok(());
        }
        let failure = Failure::new(FailureKind::CannotCreate, "is a file that this run depends on");
        Err(failure.about(&name).hint("choose another -o"))
    }
}
