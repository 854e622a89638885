//! Which inputs there are: what was typed or listed, what patterns match, what trees hold. One after the other, never all
//! at once.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use walkdir::{DirEntry, WalkDir};

use super::args::batch::SelectionArgs;
use super::list::List;
use super::output_folder::OutputFolder;
use super::part::is_part_name;
use super::patterns::{Choice, InputPattern};
use super::report::{Failure, FailureKind, io_text};
use super::retry::{FailedInputs, STDIN, USER_DATA};
use super::source::Source;

/// Directories that are open at once; of the others above, the rest of the names is kept.
const MAX_OPEN_FOLDERS: usize = 64;

/// What the arguments select.
#[derive(Clone, Debug)]
pub struct Selection {
    typed: Vec<PathBuf>,
    is_recursive: bool,
    follows_links: bool,
    list: Option<(PathBuf, u8)>,
    choice: Choice,
    retry: Option<PathBuf>,
    /// Not taken, when it lies in a tree.
    output_folder: Option<Arc<OutputFolder>>,
}

/// One thing that was found.
#[derive(Debug)]
pub enum Found {
    /// An input.
    Input(Input),
    /// Something that is not taken.
    Passed(Source, Reason),
    /// Something that cannot be looked at.
    Failed(Source, Failure),
}

/// An input, and how it came to be one.
#[derive(Clone, Debug)]
pub struct Input {
    /// Where it is.
    pub source: Source,
    /// How it was found.
    pub origin: Origin,
}

/// How an input was found.
#[derive(Clone, Debug)]
pub enum Origin {
    /// By its name: typed, listed or matched by a pattern.
    Named,
    /// In a tree: the tree's directory, and the way from there.
    Tree(Arc<Tree>, PathBuf),
}

/// A directory that is gone through.
#[derive(Debug)]
pub struct Tree {
    /// As it was typed.
    pub path: PathBuf,
    /// Without links.
    pub canonical: PathBuf,
}

/// Why something is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Its output is there, and is to be left alone.
    OutputExists,
    /// Its name says that it is encrypted already.
    HasSuffix,
    /// Its name does not say that it is encrypted.
    LacksSuffix,
    /// It is a symbolic link.
    Link,
    /// It is a link to a directory that it lies in.
    Loop,
    /// It is a FIFO: it would have to be waited for.
    Fifo,
    /// It is a socket.
    Socket,
    /// It is a device.
    Device,
    /// It is this run's own metadata output.
    Records,
    /// It is a message that is under the new keys already, as far as its header tells.
    UnderTheseKeys,
}

impl Reason {
    /// What it is, for people and records.
    pub fn text(self) -> &'static str {
        match self {
            Self::OutputExists => "the output exists",
            Self::HasSuffix => "the name has the suffix already",
            Self::LacksSuffix => "the name does not have the suffix",
            Self::Link => "is a symbolic link",
            Self::Loop => "is a symbolic link to a directory that it is in",
            Self::Fifo => "is a FIFO",
            Self::Socket => "is a socket",
            Self::Device => "is a device",
            Self::Records => "is the metadata output of this run",
            Self::UnderTheseKeys => "its header, which was not verified, names exactly these keys",
        }
    }

    /// Whether it is said even of what a tree holds.
    pub fn is_surprising(self) -> bool {
        matches!(self, Self::Loop | Self::Fifo | Self::Socket | Self::Device | Self::Records)
    }
}

impl Selection {
    /// What the arguments select.
    ///
    /// # Errors
    /// A usage [`Failure`]: standard input is given twice, or a pattern is not well formed.
    pub fn new(typed: &[PathBuf], arguments: &SelectionArgs) -> Result<Self, Failure> {
        let stdin = Path::new("-");
        let list = arguments.files_from.clone();
        let typed = match (typed, &list) {
            ([], None) => vec![stdin.to_owned()],
            (typed, _) => typed.to_vec(),
        };
        let stdins = typed.iter().chain(&list).filter(|path| *path == stdin).count();
        if stdins > 1 {
            return Err(Failure::usage("standard input is given twice"));
        }
        for input in typed.iter().filter(|input| fs::symlink_metadata(input).is_err()) {
            InputPattern::of(input)?;
        }
        Ok(Self {
            typed,
            is_recursive: arguments.recursive,
            follows_links: arguments.follow_symlinks,
            list: list.map(|path| (path, if arguments.null { 0 } else { b'\n' })),
            choice: Choice::new(&arguments.include, &arguments.exclude)?,
            retry: arguments.retry_failed.clone(),
            output_folder: None,
        })
    }

    /// The same without the output directory.
    pub fn without(self, output_folder: Arc<OutputFolder>) -> Self {
        Self { output_folder: Some(output_folder), ..self }
    }

    /// What is read, beside the inputs, to know them.
    pub fn lists(&self) -> impl Iterator<Item = &Path> {
        let list = self.list.as_ref().map(|(path, _)| path.as_path()).filter(|path| *path != Path::new("-"));
        list.into_iter().chain(self.retry.as_deref())
    }

    /// The records that say what failed.
    pub fn retried(&self) -> Option<&Path> {
        self.retry.as_deref()
    }

    /// What was typed, standard input among it.
    pub fn typed(&self) -> &[PathBuf] {
        &self.typed
    }

    /// The typed directories that are gone through.
    pub fn trees(&self) -> impl Iterator<Item = &PathBuf> {
        self.typed.iter().filter(|path| self.is_recursive && path.is_dir())
    }

    /// Whether it is one tree and nothing else.
    pub fn is_one_tree(&self) -> bool {
        matches!(self.typed.as_slice(), [one] if one.is_dir()) && self.list.is_none()
    }

    /// Whether more than one input can come of it.
    pub fn is_many(&self) -> bool {
        self.typed.len() > 1
            || self.list.is_some()
            || self.typed.iter().any(|path| (self.is_recursive && path.is_dir()) || is_pattern(path))
    }

    /// Whether it can be gone through twice with the same outcome.
    pub fn is_repeatable(&self) -> bool {
        let is_read_once = |path: &Path| path == Path::new("-") || !path.is_file();
        !self.list.as_ref().is_some_and(|(path, _)| is_read_once(path))
    }

    /// Goes through it; of the records that say what failed, those of `mode` count. A list is not waited for any more when
    /// `is_over` is set.
    ///
    /// # Errors
    /// [`Failure`]: the list or the records cannot be read.
    pub fn walk(&self, mode: &'static str, is_over: &Arc<AtomicBool>) -> Result<Walk, Failure> {
        let mut starts: Starts = Box::new(self.typed.clone().into_iter().map(Start::Typed));
        if let Some((path, separator)) = &self.list {
            let list = List::open(path, *separator, Arc::clone(is_over))?;
            let source = Source::from_argument(path);
            let start = move |name| match name {
                Ok(name) => Start::Listed(name),
                Err(failure) => Start::Failed(source.clone(), failure),
            };
            starts = Box::new(starts.chain(list.map(start)));
        }
        let retry = self.retry.as_ref().map(|path| FailedInputs::read(path, mode)).transpose()?;
        Ok(Walk { selection: self.clone(), starts, current: None, retry, missing: None })
    }
}

fn is_pattern(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err() && matches!(InputPattern::of(path), Ok(Some(_)))
}

type Starts = Box<dyn Iterator<Item = Start> + Send>;

/// A name that inputs begin with.
enum Start {
    Typed(PathBuf),
    Listed(PathBuf),
    Failed(Source, Failure),
}

/// Goes through a selection.
pub struct Walk {
    selection: Selection,
    starts: Starts,
    current: Option<Current>,
    retry: Option<FailedInputs>,
    missing: Option<std::vec::IntoIter<PathBuf>>,
}

enum Current {
    Tree(Box<TreeWalk>),
    Pattern(Box<PatternWalk>),
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let found = if self.current.is_some() {
                let found = self.next_inside();
                if found.is_none() {
                    self.current = None;
                }
                found
            } else {
                match self.starts.next() {
                    Some(start) => self.begin(start),
                    None => return self.next_missing(),
                }
            };
            if let Some(found) = found
                && self.is_wanted(&found)
            {
                return Some(found);
            }
        }
    }
}

impl Walk {
    /// The next one of the tree or pattern that is gone through.
    fn next_inside(&mut self) -> Option<Found> {
        let (selection, mut retry) = (&self.selection, self.retry.as_mut());
        match self.current.as_mut()? {
            Current::Tree(tree) => tree.next(selection, retry),
            Current::Pattern(pattern) => loop {
                if let Some(tree) = &mut pattern.inner {
                    match tree.next(selection, retry.as_deref_mut()) {
                        None => pattern.inner = None,
                        found => return found,
                    }
                }
                match pattern.next(selection)? {
                    PatternFound::Found(found) => return Some(found),
                    PatternFound::Folder(path) => pattern.inner = Some(TreeWalk::new(&path, selection)),
                }
            },
        }
    }

    /// What a name is; `None` when it is gone through from now on.
    fn begin(&mut self, start: Start) -> Option<Found> {
        let (path, is_typed) = match start {
            Start::Failed(source, failure) => return Some(Found::Failed(source, failure)),
            Start::Typed(path) => match Source::from_argument(&path) {
                Source::File(path) => (path, true),
                source => return Some(Found::Input(Input { source, origin: Origin::Named })),
            },
            Start::Listed(path) => (path, false),
        };
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() && self.selection.is_recursive => {
                self.current = Some(Current::Tree(Box::new(TreeWalk::new(&path, &self.selection))));
                return None;
            }
            Err(_) if is_typed && is_pattern(&path) => {
                if let Ok(Some(pattern)) = InputPattern::of(&path) {
                    let pattern = PatternWalk::new(path, pattern, &self.selection);
                    self.current = Some(Current::Pattern(Box::new(pattern)));
                }
                return None;
            }
            _ => {}
        }
        Some(named(path))
    }

    fn is_wanted(&mut self, found: &Found) -> bool {
        let Some(retry) = &mut self.retry else { return true };
        match found {
            Found::Input(Input { source, .. }) | Found::Passed(source, _) | Found::Failed(source, _) => {
                match source {
                    Source::Stdin => retry.holds(Path::new(STDIN)),
                    Source::UserData => retry.holds(Path::new(USER_DATA)),
                    Source::File(path) => retry.holds(path),
                }
            }
        }
    }

    fn next_missing(&mut self) -> Option<Found> {
        let retry = &mut self.retry;
        let missing = self
            .missing
            .get_or_insert_with(|| retry.as_mut().map(FailedInputs::missing).unwrap_or_default().into_iter());
        missing.next().map(|path| {
            let message = "failed before, and is not among these inputs";
            let failure = Failure::new(FailureKind::NoInput, message)
                .hint("give the same inputs as for the run that wrote the metadata file");
            Found::Failed(Source::File(path), failure)
        })
    }
}

fn named(path: PathBuf) -> Found {
    if path.file_name().is_some_and(is_part_name) {
        let failure = Failure::usage("is what a run has not finished, and never an input")
            .hint("`esdk clean` removes what killed runs have left");
        return Found::Failed(Source::File(path), failure);
    }
    Found::Input(Input { source: Source::File(path), origin: Origin::Named })
}

/// Goes through a tree.
struct TreeWalk {
    tree: Arc<Tree>,
    entries: walkdir::IntoIter,
}

impl TreeWalk {
    fn new(path: &Path, selection: &Selection) -> Self {
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let entries = WalkDir::new(path).follow_links(selection.follows_links).max_open(MAX_OPEN_FOLDERS);
        Self { tree: Arc::new(Tree { path: path.to_owned(), canonical }), entries: entries.into_iter() }
    }

    fn next(&mut self, selection: &Selection, mut retry: Option<&mut FailedInputs>) -> Option<Found> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(failed(&error, &self.tree.path)),
            };
            let kind = entry.file_type();
            let way = entry.path().strip_prefix(&self.tree.path).unwrap_or(entry.path());
            if kind.is_dir() {
                if let Some(retry) = &mut retry {
                    retry.holds(entry.path());
                }
                let is_left_out = selection.choice.leaves_out(way) && entry.depth() > 0;
                if is_left_out || (entry.depth() > 0 && is_output_folder(&entry, selection)) {
                    self.entries.skip_current_dir();
                }
                continue;
            }
            if is_part_name(entry.file_name()) || !selection.choice.takes(way) {
                continue;
            }
            let origin = || Origin::Tree(Arc::clone(&self.tree), way.to_owned());
            return Some(of_entry(&entry, origin));
        }
    }
}

/// The kind of something that is no directory decides.
fn of_entry(entry: &DirEntry, origin: impl FnOnce() -> Origin) -> Found {
    let kind = entry.file_type();
    let source = Source::File(entry.path().to_owned());
    let reason = match () {
        () if kind.is_file() => return Found::Input(Input { source, origin: origin() }),
        () if kind.is_symlink() => Reason::Link,
        () if kind.is_fifo() => Reason::Fifo,
        () if kind.is_socket() => Reason::Socket,
        () => Reason::Device,
    };
    Found::Passed(source, reason)
}

fn is_output_folder(entry: &DirEntry, selection: &Selection) -> bool {
    selection
        .output_folder
        .as_ref()
        .is_some_and(|folder| entry.metadata().is_ok_and(|found| folder.is(found.dev(), found.ino())))
}

fn failed(error: &walkdir::Error, root: &Path) -> Found {
    let source = Source::File(error.path().unwrap_or(root).to_owned());
    if error.loop_ancestor().is_some() {
        return Found::Passed(source, Reason::Loop);
    }
    let text = error.io_error().map_or_else(|| error.to_string(), io_text);
    Found::Failed(source, Failure::new(FailureKind::NoInput, format!("cannot be read: {text}")))
}

/// Goes through what a pattern matches.
struct PatternWalk {
    typed: PathBuf,
    pattern: InputPattern,
    entries: walkdir::IntoIter,
    has_matched: bool,
    /// A tree that was matched, which is gone through.
    inner: Option<TreeWalk>,
}

enum PatternFound {
    Found(Found),
    Folder(PathBuf),
}

impl PatternWalk {
    fn new(typed: PathBuf, pattern: InputPattern, selection: &Selection) -> Self {
        let base = if pattern.base.as_os_str().is_empty() { Path::new(".") } else { &pattern.base };
        let depth = pattern.depth();
        // A shell follows links where it has been told how deep to go.
        let follows = depth.is_some() || selection.follows_links;
        let entries = WalkDir::new(base)
            .min_depth(1)
            .max_depth(depth.unwrap_or(usize::MAX))
            .follow_links(follows)
            .max_open(MAX_OPEN_FOLDERS)
            .into_iter();
        Self { typed, pattern, entries, has_matched: false, inner: None }
    }

    fn next(&mut self, selection: &Selection) -> Option<PatternFound> {
        loop {
            let entry = match self.entries.next() {
                Some(Ok(entry)) => entry,
                // A link that leads nowhere, or a directory that cannot be read: the shell would not name it.
                Some(Err(error)) if error.depth() > 0 => {
                    let way = error.path().and_then(|path| path.strip_prefix(&self.pattern.base).ok());
                    match way {
                        Some(way) if self.pattern.matches(way) => {
                            self.has_matched = true;
                            return Some(PatternFound::Found(failed(&error, &self.typed)));
                        }
                        _ => continue,
                    }
                }
                Some(Err(error)) => {
                    self.has_matched = true;
                    return Some(PatternFound::Found(failed(&error, &self.typed)));
                }
                None if self.has_matched => return None,
                None => {
                    self.has_matched = true;
                    let failure = Failure::new(FailureKind::NoInput, "no file matches this pattern");
                    let source = Source::File(self.typed.clone());
                    return Some(PatternFound::Found(Found::Failed(source, failure)));
                }
            };
            let path = match self.pattern.base.as_os_str().is_empty() {
                true => entry.path().strip_prefix(".").unwrap_or(entry.path()),
                false => entry.path(),
            };
            let way = path.strip_prefix(&self.pattern.base).unwrap_or(path);
            if entry.file_type().is_dir() {
                let is_left_out = selection.choice.leaves_out(way) || is_output_folder(&entry, selection);
                if is_left_out || !self.pattern.reaches_into(way) {
                    self.entries.skip_current_dir();
                }
                if !is_left_out
                    && selection.is_recursive
                    && self.pattern.depth().is_some()
                    && self.pattern.matches(way)
                {
                    self.has_matched = true;
                    return Some(PatternFound::Folder(path.to_owned()));
                }
                continue;
            }
            if !self.pattern.matches(way) || is_part_name(entry.file_name()) {
                continue;
            }
            self.has_matched = true;
            if selection.choice.takes(way) {
                return Some(PatternFound::Found(match of_entry(&entry, || Origin::Named) {
                    Found::Input(_) => named(path.to_owned()),
                    found => found,
                }));
            }
        }
    }
}
