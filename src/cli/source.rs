//! Where bytes come from.

use std::fs::{File, Metadata};
use std::io::{self, IoSliceMut, Read};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::report::{Failure, path_text};

/// Standard input or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// An input that is open.
#[derive(Debug)]
pub struct OpenSource {
    file: File,
    /// What the system knows of it.
    pub metadata: Metadata,
    /// Whether it was opened by a name, and is not standard input.
    pub is_named: bool,
}

impl Source {
    /// What was typed as an INPUT.
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdin } else { Self::File(argument.to_owned()) }
    }

    /// Its name for people.
    pub fn text(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path_text(path),
        }
    }

    /// Its name in metadata: the full path, or `<stdin>`.
    pub fn record(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => full_path(path),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Failure`]: it is not there, cannot be read, or is a directory.
    pub fn open(&self) -> Result<OpenSource, Failure> {
        let file = match self {
            Self::Stdin => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            Self::File(path) => File::open(path),
        };
        let opened = file.and_then(|file| {
            Ok(OpenSource { metadata: file.metadata()?, file, is_named: *self != Self::Stdin })
        });
        let source = opened.map_err(|error| Failure::reading(&error))?;
        if source.metadata.is_dir() {
            return Err(Failure::usage("is a directory, and this version takes files only")
                .hint("name the files in it, or pipe it through tar"));
        }
        Ok(source)
    }
}

/// The full path, as text.
pub fn full_path(path: &Path) -> String {
    let full = std::path::absolute(path);
    full.as_deref().unwrap_or(path).to_string_lossy().into_owned()
}

/// The path without links and dots, also of a file that is yet to be made.
pub fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(named).or_else(|| std::path::absolute(path).ok()).unwrap_or_default()
}

impl Read for OpenSource {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.file.read(out)
    }

    fn read_vectored(&mut self, out: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.file.read_vectored(out)
    }
}

impl OpenSource {
    /// The file itself, from where it stands.
    pub fn into_file(self) -> File {
        self.file
    }

    /// The most bytes that it can hold as it is now; `None` when that is not known.
    pub fn known_length(&self) -> Option<u64> {
        let length = self.metadata.is_file().then_some(self.metadata.len())?;
        // The kernel's files say 0 and hold something all the same.
        let is_true = length > 0 || self.file.read_at(&mut [0], 0).is_ok_and(|read| read == 0);
        is_true.then_some(length)
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }
}
