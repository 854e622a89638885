//! Where bytes go: standard output, a stream, or a file that appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, IoSlice, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::NamedTempFile;

use super::encoding::Encoding;
use super::interrupt::Unfinished;
use super::replaced::Replaced;
use super::report::{Failure, FailureKind, io_text, path_text};
use super::source::{OpenSource, full_path};

/// What the names of files that are being written end with.
pub const PART_SUFFIX: &str = ".esdk.part";
/// So much of a name goes into its `.part` file's, so that the longest names still have one.
const NAME_BYTES: usize = 200;
const PRIVATE: u32 = 0o600;
const PERMISSION_BITS: u32 = 0o777;

/// Standard output or a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Standard output, asked for with `-o -`.
    TypedStdout,
    /// Standard output, because nothing else was asked for.
    Stdout,
    /// A file.
    File(PathBuf),
    /// Nothing is written.
    Nowhere,
}

/// What happens to an output that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The job fails.
    Refuse,
    /// The job is passed over.
    Skip,
    /// It is replaced, once the new one is whole.
    Replace,
    /// It is the input itself: replaced once the new one is whole, while it still is what was read.
    Itself,
}

/// What is written, which decides on permissions and terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A message: as open as the umask allows.
    Ciphertext,
    /// Plaintext: private unless its source was not.
    Plaintext,
}

/// A destination that may be written.
#[derive(Debug)]
pub enum Checked {
    /// Write it.
    Write(Target),
    /// It exists and is to be left alone.
    Skip,
}

/// Where to write, checked and not yet opened.
#[derive(Debug)]
pub enum Target {
    /// Standard output; whether it may be written binary.
    Stdout(BinaryOutput),
    /// A device, FIFO or the like: written as it comes.
    Stream(PathBuf),
    /// Nothing is written.
    Nowhere,
    /// A file that appears when it is whole.
    Whole {
        /// Its name.
        path: PathBuf,
        /// Whether it may replace one of that name.
        existing: Existing,
        /// The permission bits it ends up with.
        mode: u32,
        /// The input itself, which it replaces.
        replaced: Option<Box<Replaced>>,
    },
}

/// Whether a terminal may be sent binary output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOutput {
    /// Anything may be written.
    Allowed,
    /// Text only.
    Refused,
}

/// An output that is open.
#[derive(Debug)]
pub enum Output {
    /// Bytes are gone once they are written.
    Stream {
        /// Standard output or a device.
        file: File,
        /// Whether it may be written binary.
        binary: BinaryOutput,
    },
    /// A file without its name.
    Part {
        /// The `.part` file; removed when it is dropped.
        part: NamedTempFile,
        /// Removes it when a signal ends the run.
        unfinished: Unfinished,
        /// The name that it gets.
        path: PathBuf,
        /// Whether it may replace a file of that name.
        existing: Existing,
        /// The permission bits that it gets.
        mode: u32,
        /// The input itself, which it replaces.
        replaced: Option<Box<Replaced>>,
    },
}

static UMASK: OnceLock<u32> = OnceLock::new();

/// Reads the umask. Must be called before there is a second thread: the system gives it only by setting it.
pub fn read_umask() {
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    let _ = UMASK.set(mask.as_raw_mode());
}

impl Destination {
    /// Its name for people.
    pub fn text(&self) -> String {
        match self {
            Self::TypedStdout | Self::Stdout => "standard output".to_owned(),
            Self::File(path) => path_text(path),
            Self::Nowhere => "nowhere".to_owned(),
        }
    }

    /// Its name in metadata: the full path, or `<stdout>`; `None` when nothing is written.
    pub fn record(&self) -> Option<String> {
        match self {
            Self::TypedStdout | Self::Stdout => Some("<stdout>".to_owned()),
            Self::File(path) => Some(full_path(path)),
            Self::Nowhere => None,
        }
    }

    /// Whether it is standard output.
    pub fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout | Self::TypedStdout)
    }

    /// Checks that it may be written, and changes nothing.
    ///
    /// # Errors
    /// [`Failure`]: it exists, is the source itself, is a directory, or is a terminal that would be sent binary.
    pub fn check(
        &self,
        source: &OpenSource,
        existing: Existing,
        content: Content,
        encoding: Encoding,
    ) -> Result<Checked, Failure> {
        if *self == Self::Nowhere {
            return Ok(Checked::Write(Target::Nowhere));
        }
        let Self::File(path) = self else {
            let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
            if stdout.and_then(|file| file.metadata()).is_ok_and(|found| is_same(&found, &source.metadata)) {
                return Err(Failure::new(FailureKind::CannotCreate, "standard output is the input itself"));
            }
            let is_silent_terminal =
                *self == Self::Stdout && encoding == Encoding::None && io::stdout().is_terminal();
            return match (is_silent_terminal, content) {
                (false, _) => Ok(Checked::Write(Target::Stdout(BinaryOutput::Allowed))),
                (true, Content::Plaintext) => Ok(Checked::Write(Target::Stdout(BinaryOutput::Refused))),
                (true, Content::Ciphertext) => Err(refused_binary()),
            };
        };
        let about = |failure: Failure| failure.about(&path_text(path));
        let path = match fs::symlink_metadata(path) {
            // What /dev/stdout leads to can be a pipe, which has no name of its own.
            Ok(found) if found.is_symlink() && !fs::metadata(path).is_ok_and(|found| is_stream(&found)) => {
                follow(path)?
            }
            _ => path.clone(),
        };
        let mode = mode(source, content);
        if existing == Existing::Itself {
            let replaced = Some(Box::new(Replaced::new(&path, source)?));
            return Ok(Checked::Write(Target::Whole { path, existing, mode, replaced }));
        }
        match fs::metadata(&path) {
            Ok(found) if is_same(&found, &source.metadata) => {
                Err(about(Failure::new(FailureKind::CannotCreate, "is the input itself")))
            }
            Ok(found) if found.is_dir() => {
                Err(about(Failure::new(FailureKind::CannotCreate, "is a directory")))
            }
            Ok(found) if is_stream(&found) => Ok(Checked::Write(Target::Stream(path))),
            Ok(_) if existing == Existing::Refuse => Err(about(exists())),
            Ok(_) if existing == Existing::Skip => Ok(Checked::Skip),
            Ok(_) => Ok(Checked::Write(Target::Whole { path, existing, mode, replaced: None })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Checked::Write(Target::Whole { path, existing, mode, replaced: None }))
            }
            Err(error) => Err(about(Failure::writing(&error))),
        }
    }
}

impl Target {
    /// Whether what is written is gone at once.
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Stdout(_) | Self::Stream(_))
    }

    /// Opens it: a file as a private `.part` file beside its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn open(self) -> Result<Output, Failure> {
        match self {
            Self::Stdout(binary) => {
                let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
                file.map(|file| Output::Stream { file, binary }).map_err(|error| Failure::writing(&error))
            }
            Self::Stream(path) => {
                let file = OpenOptions::new().write(true).open(&path);
                let binary = BinaryOutput::Allowed;
                file.map(|file| Output::Stream { file, binary })
                    .map_err(|error| Failure::writing(&error).about(&path_text(&path)))
            }
            Self::Nowhere => Err(Failure::new(FailureKind::Other, "there is nothing to be written")),
            Self::Whole { path, existing, mode, replaced } => {
                let created = Unfinished::create(|| create_part(&path), |part| part.path().to_owned());
                let (part, unfinished) = created.map_err(|error| {
                    let failure = Failure::writing(&error).about(&path_text(&path));
                    match error.kind() {
                        io::ErrorKind::NotFound => failure.hint("make its folder first"),
                        _ => failure,
                    }
                })?;
                Ok(Output::Part { part, unfinished, path, existing, mode, replaced })
            }
        }
    }
}

impl Output {
    /// Ends it: a file is synced to disk and gets its permission bits and then its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, or a file of its name has appeared. The name then holds what it held.
    pub fn finish(self) -> Result<(), Failure> {
        self.finish_checked(|_| Ok(()))
    }

    /// The same; `check` reads what has been synced, and can still refuse it. A stream is not checked.
    ///
    /// # Errors
    /// Those of [`Self::finish`] and of `check`.
    pub fn finish_checked(self, check: impl FnOnce(File) -> Result<(), Failure>) -> Result<(), Failure> {
        match self {
            Self::Stream { mut file, .. } => file.flush().map_err(|error| Failure::writing(&error)),
            Self::Part { part, unfinished, path, existing, mode, replaced } => {
                let about = |failure: Failure| match existing {
                    // Whoever reports it names the input.
                    Existing::Itself => failure,
                    _ => failure.about(&path_text(&path)),
                };
                if let Some(replaced) = &replaced {
                    replaced.give_owner(part.as_file());
                }
                let whole = part
                    .as_file()
                    .set_permissions(Permissions::from_mode(mode))
                    .and_then(|()| part.as_file().sync_all());
                whole.map_err(|error| about(Failure::writing(&error)))?;
                part.reopen().map_err(|error| Failure::reading(&error)).and_then(check).map_err(about)?;
                if let Some(replaced) = &replaced {
                    replaced.check_unchanged(&path).map_err(about)?;
                }
                let named = match existing {
                    Existing::Replace | Existing::Itself => part.persist(&path),
                    Existing::Refuse | Existing::Skip => part.persist_noclobber(&path),
                };
                named.map_err(|error| match error.error.kind() {
                    io::ErrorKind::AlreadyExists => about(exists()),
                    _ => about(Failure::writing(&error.error)),
                })?;
                drop(unfinished);
                // The file is whole and has its name; that the name survives a power cut is more than a rename promises
                // and less than a reason to call the job failed.
                let _ = File::open(folder(&path)).and_then(|folder| folder.sync_all());
                Ok(())
            }
        }
    }

    fn file(&mut self) -> &mut File {
        match self {
            Self::Stream { file, .. } => file,
            Self::Part { part, .. } => part.as_file_mut(),
        }
    }

    fn check_text(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream { binary: BinaryOutput::Refused, .. } if !is_text(bytes) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, RefusedBinary))
            }
            _ => Ok(()),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check_text(bytes)?;
        self.file().write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        for piece in pieces {
            self.check_text(piece)?;
        }
        self.file().write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Binary output would have gone to a terminal.
#[derive(Debug)]
pub struct RefusedBinary;

impl std::fmt::Display for RefusedBinary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("binary output to a terminal is refused")
    }
}

impl std::error::Error for RefusedBinary {}

/// The failure for [`RefusedBinary`].
pub fn refused_binary() -> Failure {
    Failure::usage(RefusedBinary.to_string()).hint("give -o FILE, redirect it, or insist with -o -")
}

fn exists() -> Failure {
    Failure::new(FailureKind::CannotCreate, "exists already")
        .hint("replace it with --force, pass over it with --skip-existing, or choose another -o")
}

/// The file that a symbolic link leads to: that one is replaced, and the link stays.
fn follow(path: &Path) -> Result<PathBuf, Failure> {
    fs::canonicalize(path).map_err(|error| {
        let message = format!("is a symbolic link that cannot be followed: {}", io_text(&error));
        Failure::new(FailureKind::CannotCreate, message).about(&path_text(path))
    })
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn is_stream(found: &Metadata) -> bool {
    let kind = found.file_type();
    kind.is_char_device() || kind.is_block_device() || kind.is_fifo() || kind.is_socket()
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// A file gives its permission bits; otherwise plaintext is private and a message is as the umask has it.
fn mode(source: &OpenSource, content: Content) -> u32 {
    match content {
        _ if source.is_named && source.metadata.is_file() => source.metadata.mode() & PERMISSION_BITS,
        Content::Plaintext => PRIVATE,
        Content::Ciphertext => 0o666 & !UMASK.get().copied().unwrap_or(0o077),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn create_part(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let name = &name[..name.len().min(NAME_BYTES)];
    let prefix = [b".", name, b"."].concat();
    tempfile::Builder::new()
        .prefix(std::ffi::OsStr::from_bytes(&prefix))
        .suffix(PART_SUFFIX)
        .permissions(Permissions::from_mode(PRIVATE))
        .tempfile_in(folder(path))
}
