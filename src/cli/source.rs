//! Where bytes come from.

use std::fs::{File, Metadata};
use std::io::{self, IoSliceMut, Read};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::pipes;
use super::report::{Failure, FailureKind, io_text, path_text};
use super::user_data;
use crate::message::replay::AtOffsets;

/// Standard input, a file, or what this instance was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// The user data of the EC2 instance this runs on.
    UserData,
}

/// An input that is open.
#[derive(Debug)]
pub struct OpenSource {
    file: File,
    /// What the system knows of it.
    pub metadata: Metadata,
    /// Whether it was opened by a name, and is not standard input.
    pub is_named: bool,
    /// Whether it holds the bytes themselves, whatever they were written in.
    pub is_decoded: bool,
    read: Arc<AtomicU64>,
}

impl Source {
    /// What was typed as an INPUT.
    pub fn from_argument(argument: &Path) -> Self {
        match argument.to_str() {
            Some("-") => Self::Stdin,
            Some(user_data::ARGUMENT) => Self::UserData,
            _ => Self::File(argument.to_owned()),
        }
    }

    /// Its name for people.
    pub fn text(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path_text(path),
            Self::UserData => user_data::ARGUMENT.to_owned(),
        }
    }

    /// Its name in metadata: the full path, `<stdin>`, or `ec2:user-data`.
    pub fn record(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => full_path(path),
            Self::UserData => user_data::ARGUMENT.to_owned(),
        }
    }

    /// What metadata needs beside the name when that is not text: its bytes in base64.
    pub fn record_bytes(&self) -> Option<String> {
        match self {
            Self::Stdin | Self::UserData => None,
            Self::File(path) => full_path_bytes(path),
        }
    }

    /// Opens it; `read` counts the bytes that are read.
    ///
    /// # Errors
    /// [`Failure`]: it is not there, cannot be read, or is a directory; user data is no message.
    pub fn open(&self, read: Arc<AtomicU64>) -> Result<OpenSource, Failure> {
        let file = match self {
            Self::Stdin => stdin_unbuffered(),
            Self::File(path) => File::open(path),
            Self::UserData => Ok(user_data::open()?),
        };
        let opened = file.and_then(|file| {
            let (is_named, is_decoded) = (*self != Self::Stdin, *self == Self::UserData);
            Ok(OpenSource { metadata: file.metadata()?, file, is_named, is_decoded, read })
        });
        let source = opened.map_err(|error| Failure::reading(&error))?;
        if source.metadata.is_dir() {
            return Err(Failure::usage("is a directory").hint("give -r to take the files in it"));
        }
        pipes::expect_many_bytes(&source.file, &source.metadata);
        Ok(source)
    }

    /// The same for a source of which nothing is to be read: only a file or a directory is opened. Whoever writes into a
    /// FIFO would go on when it is opened, and fail when it is closed again.
    ///
    /// # Errors
    /// [`Failure`]: it is not there, cannot be read, or is a directory.
    pub fn open_unread(&self) -> Result<OpenSource, Failure> {
        let metadata = match self {
            Self::File(path) => std::fs::metadata(path).map_err(|error| Failure::reading(&error))?,
            Self::Stdin | Self::UserData => return self.open(Arc::default()),
        };
        if metadata.is_file() || metadata.is_dir() {
            return self.open(Arc::default());
        }
        let nothing = File::open("/dev/null").map_err(|error| Failure::reading(&error))?;
        Ok(OpenSource { file: nothing, metadata, is_named: true, is_decoded: false, read: Arc::default() })
    }

    /// Removes it, when it is still the file that was read.
    ///
    /// # Errors
    /// [`Failure`]: it has changed, or cannot be removed. It is there then.
    pub fn remove(&self, read: &Metadata) -> Result<(), Failure> {
        let kept = |why: &str| Failure::new(FailureKind::Other, format!("is not removed: {why}"));
        let Self::File(path) = self else { return Err(kept("it is standard input")) };
        let found = std::fs::symlink_metadata(path).map_err(|error| kept(&io_text(&error)))?;
        let of = |found: &Metadata| {
            (found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec(), found.mode())
        };
        if of(&found) != of(read) {
            return Err(kept("it was changed while it was read").hint("run it again for this input"));
        }
        std::fs::remove_file(path).map_err(|error| kept(&io_text(&error)))
    }
}

/// Standard input, of which nothing is read ahead.
///
/// # Errors
/// [`io::Error`]: it is closed.
pub fn stdin_unbuffered() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// The bytes of the full path in base64, when it is not text.
pub fn full_path_bytes(path: &Path) -> Option<String> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    full.to_str().is_none().then(|| BASE64.encode(full.as_os_str().as_bytes()))
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
        let read = self.file.read(out)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn read_vectored(&mut self, out: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let read = self.file.read_vectored(out)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl OpenSource {
    /// What counts the bytes that are read.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

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

    /// The file, to be read at any offset by several threads; `None` where it is no regular file, or its position is
    /// somebody else's too.
    pub fn at_offsets(&self) -> Option<AtOffsets<'_>> {
        if !self.is_named || !self.metadata.is_file() {
            return None;
        }
        AtOffsets::new(&self.file, 0, Some(&self.read)).ok()
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }
}
