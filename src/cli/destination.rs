//! Where bytes go: standard output, a stream, or a file that appears whole or not at all.

use std::fs::{self, File, FileTimes, Metadata, OpenOptions, Permissions};
use std::io::{self, IoSlice, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::encoding::Encoding;
use super::interrupt::{self, Unrecorded};
use super::output_folder::{Below, OutputFolder};
pub use super::part::Durability;
use super::part::{Part, open_folder};
use super::pipes;
use super::replaced::Replaced;
use super::report::{Failure, FailureKind, io_text, path_text};
use super::source::{OpenSource, full_path};
use super::walk::Reason;

const PRIVATE: u32 = 0o600;
const PERMISSION_BITS: u32 = 0o777;

/// Standard output or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output, asked for with `-o -`.
    TypedStdout,
    /// Standard output, because nothing else was asked for.
    Stdout,
    /// A file.
    File(PathBuf),
    /// A file in the directory that `-o` names, or below it.
    Below(Arc<OutputFolder>, Below),
    /// Nothing is written.
    Nowhere,
}

/// What an output takes over from its input beside its permission bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preserve {
    /// Nothing.
    #[default]
    Nothing,
    /// The times, and the owner where that is allowed.
    TimesAndOwner,
}

/// How an output is written: the same for all jobs of a run.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What happens to one that exists.
    pub existing: Existing,
    /// What is written.
    pub content: Content,
    /// How it is written.
    pub encoding: Encoding,
    /// What it takes over from its input.
    pub preserve: Preserve,
    /// The permission bits it gets.
    pub bits: Bits,
}

/// The permission bits of an output. While it is written it is private in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bits {
    /// Those of the input. When that has none, a message gets what the umask leaves, and plaintext is private.
    #[default]
    OfInput,
    /// As if it were written in place: those of the file that it replaces, or else what the umask leaves.
    InPlace,
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
    /// It is to be left alone.
    Skip(Reason),
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
    Whole(Box<Whole>),
}

/// A file that appears when it is whole.
#[derive(Debug)]
pub struct Whole {
    place: Place,
    /// Its name for people.
    path: PathBuf,
    /// Whether it may replace one of that name.
    existing: Existing,
    /// The permission bits it ends up with.
    mode: u32,
    /// What is known of the input whose times and owner it gets.
    preserved: Option<Metadata>,
    /// The input itself, which it replaces.
    replaced: Option<Box<Replaced>>,
}

#[derive(Debug)]
enum Place {
    Path(PathBuf),
    Below(Arc<OutputFolder>, Below),
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
    Part(Box<Part>, Box<Whole>),
}

/// How an output has ended.
#[derive(Debug)]
pub enum Finished {
    /// It went into a stream.
    Streamed,
    /// It has its name.
    Named(Unrecorded, Durability),
    /// A file of its name has appeared meanwhile, and is to be left alone.
    Appeared,
}

static UMASK: OnceLock<u32> = OnceLock::new();

/// Reads the umask. Must be called before there is a second thread: the system gives it only by setting it.
pub fn read_umask() {
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    let _ = UMASK.set(mask.as_raw_mode());
}

/// The umask; one that leaves everything private when it was not read.
pub fn umask() -> u32 {
    UMASK.get().copied().unwrap_or(0o077)
}

impl Destination {
    /// Its name for people.
    pub fn text(&self) -> String {
        match self {
            Self::TypedStdout | Self::Stdout => "standard output".to_owned(),
            Self::Nowhere => "nowhere".to_owned(),
            Self::File(_) | Self::Below(..) => path_text(&self.path().unwrap_or_default()),
        }
    }

    /// The path of a file.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Below(folder, below) => Some(folder.path().join(&below.relative)),
            Self::TypedStdout | Self::Stdout | Self::Nowhere => None,
        }
    }

    /// Its name in metadata: the full path, or `<stdout>`; `None` when nothing is written.
    pub fn record(&self) -> Option<String> {
        match self {
            Self::TypedStdout | Self::Stdout => Some("<stdout>".to_owned()),
            Self::File(_) | Self::Below(..) | Self::Nowhere => self.path().map(|path| full_path(&path)),
        }
    }

    /// Checks that it may be written, and changes nothing.
    ///
    /// # Errors
    /// [`Failure`]: it exists, is the source itself, is a directory, or is a terminal that would be sent binary.
    pub fn check(&self, source: &OpenSource, manner: &Manner) -> Result<Checked, Failure> {
        let (path, place) = match self {
            Self::Nowhere => return Ok(Checked::Write(Target::Nowhere)),
            Self::Stdout | Self::TypedStdout => return self.check_stdout(source, manner),
            Self::File(path) => {
                let path = match fs::symlink_metadata(path) {
                    // What /dev/stdout leads to can be a pipe, which has no name of its own.
                    Ok(found) if found.is_symlink() && !fs::metadata(path).is_ok_and(|f| is_stream(&f)) => {
                        follow(path)?
                    }
                    _ => path.clone(),
                };
                (path.clone(), Place::Path(path))
            }
            Self::Below(folder, below) => {
                let path = folder.path().join(&below.relative);
                let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
                if is_link && manner.existing == Existing::Replace {
                    let message = "is a symbolic link, and what it leads to may be outside the directory";
                    return Err(Failure::new(FailureKind::CannotCreate, message)
                        .about(&path_text(&path))
                        .hint("remove the link, or name its file with -o"));
                }
                (path, Place::Below(Arc::clone(folder), below.clone()))
            }
        };
        let about = |failure: Failure| failure.about(&path_text(&path));
        let existing = manner.existing;
        let mode = match manner.bits {
            Bits::OfInput => mode(source, manner.content),
            Bits::InPlace => match fs::metadata(&path) {
                Ok(found) if found.is_file() => found.mode() & PERMISSION_BITS,
                _ => 0o666 & !umask(),
            },
        };
        let is_preserved = manner.preserve == Preserve::TimesAndOwner && source.is_named;
        let preserved = is_preserved.then(|| source.metadata.clone()).filter(Metadata::is_file);
        if existing == Existing::Itself {
            let replaced = Some(Box::new(Replaced::new(&path, source)?));
            let whole = Whole { place, path, existing, mode, preserved, replaced };
            return Ok(Checked::Write(Target::Whole(Box::new(whole))));
        }
        match fs::metadata(&path) {
            Ok(found) if is_same(&found, &source.metadata) => {
                return Err(about(Failure::new(FailureKind::CannotCreate, "is the input itself")));
            }
            Ok(found) if found.is_dir() => {
                return Err(about(Failure::new(FailureKind::CannotCreate, "is a directory")));
            }
            Ok(found) if is_stream(&found) => {
                return match place {
                    Place::Path(_) => Ok(Checked::Write(Target::Stream(path))),
                    // Whoever can write into the directory could have the plaintext led elsewhere.
                    Place::Below(..) => Err(about(
                        Failure::new(FailureKind::CannotCreate, "is in the way: it is no regular file")
                            .hint("remove it, or name it with -o"),
                    )),
                };
            }
            Ok(_) if manner.existing == Existing::Refuse => return Err(about(exists())),
            Ok(_) if manner.existing == Existing::Skip => return Ok(Checked::Skip(Reason::OutputExists)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(about(Failure::writing(&error))),
        }
        let whole = Whole { place, path, existing, mode, preserved, replaced: None };
        Ok(Checked::Write(Target::Whole(Box::new(whole))))
    }

    fn check_stdout(&self, source: &OpenSource, manner: &Manner) -> Result<Checked, Failure> {
        let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        if stdout.and_then(|file| file.metadata()).is_ok_and(|found| is_same(&found, &source.metadata)) {
            return Err(Failure::new(FailureKind::CannotCreate, "standard output is the input itself"));
        }
        let is_silent_terminal =
            *self == Self::Stdout && manner.encoding == Encoding::None && io::stdout().is_terminal();
        match (is_silent_terminal, manner.content) {
            (false, _) => Ok(Checked::Write(Target::Stdout(BinaryOutput::Allowed))),
            (true, Content::Plaintext) => Ok(Checked::Write(Target::Stdout(BinaryOutput::Refused))),
            (true, Content::Ciphertext) => Err(refused_binary()),
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
                stream(file, binary).map_err(|error| Failure::writing(&error))
            }
            Self::Stream(path) => stream(OpenOptions::new().write(true).open(&path), BinaryOutput::Allowed)
                .map_err(|error| Failure::writing(&error).about(&path_text(&path))),
            Self::Nowhere => Err(Failure::new(FailureKind::Other, "there is nothing to be written")),
            Self::Whole(whole) => {
                let part = whole.create_part()?;
                Ok(Output::Part(Box::new(part), whole))
            }
        }
    }
}

fn stream(file: io::Result<File>, binary: BinaryOutput) -> io::Result<Output> {
    let file = file?;
    pipes::expect_many_bytes(&file, &file.metadata()?);
    Ok(Output::Stream { file, binary })
}

impl Whole {
    fn create_part(&self) -> Result<Part, Failure> {
        let folder = match &self.place {
            Place::Path(path) => open_folder(folder(path)).map_err(|error| (error, "make its folder first")),
            Place::Below(folder, below) => Ok(folder.open(below)?),
        };
        let name = self.path.file_name().unwrap_or_default();
        let created = folder.and_then(|folder| Part::create(folder, name).map_err(|error| (error, "")));
        created.map_err(|(error, hint)| {
            let failure = self.about(Failure::writing(&error));
            match error.kind() {
                io::ErrorKind::NotFound if !hint.is_empty() => failure.hint(hint),
                _ => failure,
            }
        })
    }

    /// Names the file, unless it is the input: whoever reports it names that one.
    fn about(&self, failure: Failure) -> Failure {
        match self.existing {
            Existing::Itself => failure,
            Existing::Refuse | Existing::Skip | Existing::Replace => failure.about(&path_text(&self.path)),
        }
    }

    /// Owner first: a change of owner takes permission bits away.
    fn dress(&self, file: &File) -> io::Result<()> {
        if let Some(replaced) = &self.replaced {
            replaced.give_owner(file);
        }
        if let Some(preserved) = &self.preserved {
            let (user, group) = (preserved.uid(), preserved.gid());
            let change = |user, group| std::os::unix::fs::fchown(file, user, Some(group));
            if change(Some(user), group).is_err() && change(None, group).is_err() {
                log::info!("{}: the owner cannot be kept", path_text(&self.path));
            }
        }
        file.set_permissions(Permissions::from_mode(self.mode))?;
        if let Some(preserved) = &self.preserved {
            let times =
                FileTimes::new().set_accessed(preserved.accessed()?).set_modified(preserved.modified()?);
            file.set_times(times)?;
        }
        Ok(())
    }
}

impl Output {
    /// The file that appears when it is whole: until then it may be written in any order.
    pub fn whole_file(&self) -> Option<&File> {
        match self {
            Self::Stream { .. } => None,
            Self::Part(part, _) => Some(part.file()),
        }
    }

    /// Ends it: a file is synced to disk and gets its permission bits and then its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, or a file of its name has appeared. The name then holds what it held.
    pub fn finish(self) -> Result<Finished, Failure> {
        self.end(|_| Ok(()))
    }

    /// The same; `check` reads what has been synced, and can still refuse it. A stream is not checked.
    ///
    /// # Errors
    /// Those of [`Self::finish`] and of `check`.
    pub fn finish_checked(
        self,
        check: impl FnOnce(File) -> Result<(), Failure>,
    ) -> Result<Finished, Failure> {
        self.end(|part| check(part.read_back().map_err(|error| Failure::reading(&error))?))
    }

    fn end(self, check: impl FnOnce(&Part) -> Result<(), Failure>) -> Result<Finished, Failure> {
        match self {
            Self::Stream { mut file, .. } => {
                file.flush().map_err(|error| Failure::writing(&error)).map(|()| Finished::Streamed)
            }
            Self::Part(part, whole) => {
                let about = |failure: Failure| whole.about(failure);
                let written = whole.dress(part.file()).and_then(|()| part.file().sync_all());
                written.map_err(|error| about(Failure::writing(&error)))?;
                check(&part).map_err(about)?;
                if let Some(replaced) = &whole.replaced {
                    replaced.check_unchanged(&whole.path).map_err(about)?;
                }
                match part.name(whole.existing) {
                    Ok((unrecorded, durability)) => {
                        let folder = whole.path.parent().unwrap_or(Path::new(""));
                        interrupt::folder_used(folder);
                        Ok(Finished::Named(unrecorded, durability))
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match whole.existing {
                        Existing::Skip => Ok(Finished::Appeared),
                        Existing::Refuse | Existing::Replace | Existing::Itself => Err(about(exists())),
                    },
                    Err(error) => Err(about(Failure::writing(&error))),
                }
            }
        }
    }

    fn file(&mut self) -> &mut File {
        match self {
            Self::Stream { file, .. } => file,
            Self::Part(part, _) => part.file_mut(),
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
        Content::Ciphertext => 0o666 & !umask(),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
