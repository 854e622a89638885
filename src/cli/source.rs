//! Where bytes come from.

use std::fs::{File, Metadata};
use std::io::{self, IoSliceMut, Read};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use super::report::{Failure, path_text};
use super::user_data;

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

    /// Opens it.
    ///
    /// # Errors
    /// [`Failure`]: it is not there, cannot be read, or is a directory; user data is no message.
    pub fn open(&self) -> Result<OpenSource, Failure> {
        let file = match self {
            Self::Stdin => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            Self::File(path) => File::open(path),
            Self::UserData => Ok(user_data::open()?),
        };
        let opened = file.and_then(|file| {
            let (is_named, is_decoded) = (*self != Self::Stdin, *self == Self::UserData);
            Ok(OpenSource { metadata: file.metadata()?, file, is_named, is_decoded })
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

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }
}
