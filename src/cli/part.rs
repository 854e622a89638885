//! A file that is being written: private, without its name, and gone unless it is named.
//!
//! It is reached by the descriptor of its directory, so that nothing that happens to the path in between leads it
//! elsewhere. While it is written it bears an advisory lock: `esdk clean` leaves it alone.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Seek as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::destination::Existing;
use super::interrupt::{Trace, Unfinished, Unrecorded};
use crate::crypto;

/// What the names of files that are being written end with.
pub const PART_SUFFIX: &str = ".esdk.part";
/// So much of a name goes into its `.part` file's, so that the longest names still have one.
const NAME_BYTES: usize = 200;
const PRIVATE: u32 = 0o600;
/// So often another name is tried.
const ATTEMPTS: usize = 16;

/// A `.part` file; removed when it is dropped without having been named.
#[derive(Debug)]
pub struct Part {
    folder: Arc<OwnedFd>,
    part_name: OsString,
    name: OsString,
    file: File,
    unfinished: Option<Unfinished>,
}

/// Whether this is the name of a `.part` file.
pub fn is_part_name(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(b".") && name.ends_with(PART_SUFFIX.as_bytes())
}

/// Opens a directory.
///
/// # Errors
/// [`io::Error`]: it is not there, is none, or cannot be read.
pub fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

impl Part {
    /// Makes one in this directory, for a file of this name.
    ///
    /// # Errors
    /// [`io::Error`]: the directory cannot be written, or no random bytes can be had.
    pub fn create(folder: OwnedFd, name: &OsStr) -> io::Result<Self> {
        let folder = Arc::new(folder);
        for _ in 0..ATTEMPTS {
            let part_name = part_name(name)?;
            let create = || {
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                Ok(rustix::fs::openat(&*folder, &part_name, flags, Mode::from_raw_mode(PRIVATE))?)
            };
            let trace = Trace::Entry(Arc::clone(&folder), part_name.clone());
            let (file, unfinished) = match Unfinished::create(create, |_| trace) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            let part = Self {
                file: File::from(file),
                folder: Arc::clone(&folder),
                part_name,
                name: name.to_owned(),
                unfinished: Some(unfinished),
            };
            if part.is_locked()? {
                part.file.set_permissions(Permissions::from_mode(PRIVATE))?;
                return Ok(part);
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
    }

    /// Locks it. Not when somebody was faster, and takes it for one that a killed run left.
    fn is_locked(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(self.file.metadata()?.nlink() > 0),
            Err(Errno::WOULDBLOCK) => Ok(false),
            // Not every file system has locks; then `clean` removes nothing there either.
            Err(_) => Ok(true),
        }
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The file, to be written.
    pub fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// What has been synced to disk, from its beginning; as far as the system allows from the disk and not from memory.
    ///
    /// # Errors
    /// [`io::Error`]: it cannot be read.
    pub fn read_back(&self) -> io::Result<File> {
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }

    /// Gives it its name, and has the directory synced.
    ///
    /// # Errors
    /// [`io::Error`]: `AlreadyExists` when a file of that name is there and is not to be replaced. The name then holds what
    /// it held.
    pub fn name(mut self, existing: Existing) -> io::Result<(Unrecorded, Durability)> {
        let (folder, from, to) = (&*self.folder, &self.part_name, &self.name);
        let rename = || match existing {
            Existing::Replace | Existing::Itself => Ok(rustix::fs::renameat(folder, from, folder, to)?),
            Existing::Refuse | Existing::Skip => without_replacing(&WAYS, folder, from, to),
        };
        let unrecorded = match self.unfinished.take() {
            Some(unfinished) => match unfinished.end(rename) {
                Ok(unrecorded) => unrecorded,
                Err((unfinished, error)) => {
                    self.unfinished = Some(unfinished);
                    return Err(error);
                }
            },
            None => return Err(io::Error::other("a file was named twice")),
        };
        let durability = match rustix::fs::fsync(folder) {
            Ok(()) => Durability::Synced,
            Err(_) => Durability::Unknown,
        };
        Ok((unrecorded, durability))
    }
}

/// Whether a name survives a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The directory is synced.
    Synced,
    /// The system would not sync it.
    Unknown,
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.unfinished.is_some() {
            // The failure that led here is reported; a private file that `clean` finds is what would be left.
            let _ = rustix::fs::unlinkat(&*self.folder, &self.part_name, AtFlags::empty());
        }
    }
}

type Way = fn(&OwnedFd, &OsStr, &OsStr) -> rustix::io::Result<()>;

/// How a file gets a name that no other file has, best first: the file system need not know the first two.
const WAYS: [Way; 3] = [rename_if_free, link_and_unlink, look_and_rename];

fn rename_if_free(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE)
}

fn link_and_unlink(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> rustix::io::Result<()> {
    rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
    rustix::fs::unlinkat(folder, from, AtFlags::empty())
}

/// Between the look and the renaming another program could make a file of that name: the system offers nothing better.
fn look_and_rename(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> rustix::io::Result<()> {
    match rustix::fs::statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(folder, from, folder, to),
        Err(error) => Err(error),
    }
}

fn without_replacing(ways: &[Way], folder: &OwnedFd, from: &OsStr, to: &OsStr) -> io::Result<()> {
    let mut result = Err(Errno::NOSYS);
    for way in ways {
        result = way(folder, from, to);
        if !matches!(
            result,
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM | Errno::MLINK | Errno::NOTTY)
        ) {
            break;
        }
    }
    Ok(result?)
}

fn part_name(name: &OsStr) -> io::Result<OsString> {
    let mut random = [0; 6];
    crypto::random_bytes(&mut random).map_err(io::Error::other)?;
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = name.as_bytes();
    let name = name.get(..NAME_BYTES).unwrap_or(name);
    Ok(OsString::from_vec([b".", name, b".", random.as_bytes(), PART_SUFFIX.as_bytes()].concat()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn written(folder: &Path, name: &str) -> Part {
        let mut part = Part::create(open_folder(folder).expect("a folder"), OsStr::new(name)).expect("made");
        part.file_mut().write_all(b"new").expect("written");
        part
    }

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            folder.read_dir().expect("a folder").map(|entry| entry.expect("one").file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn private_locked_and_gone_when_it_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let part = written(folder.path(), "f");
        let [name] = &names(folder.path())[..] else { panic!("not one file") };
        assert!(is_part_name(name) && !is_part_name(OsStr::new("f.esdk.part")));
        let path = folder.path().join(name);
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        let other = File::open(&path).expect("there");
        let lock = || rustix::fs::flock(&other, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(lock(), Err(Errno::WOULDBLOCK));
        let mut text = String::new();
        part.read_back().expect("there").read_to_string(&mut text).expect("text");
        assert_eq!(text, "new");
        drop(part);
        assert_eq!(lock(), Ok(()));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_name_is_replaced_only_when_it_may_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        written(folder.path(), "f").name(Existing::Refuse).expect("free");
        std::fs::write(&path, "old").expect("written");
        for existing in [Existing::Refuse, Existing::Skip] {
            let error = written(folder.path(), "f").name(existing).expect_err("taken");
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read(&path).expect("there"), b"old");
        }
        written(folder.path(), "f").name(Existing::Replace).expect("replaced");
        assert_eq!(std::fs::read(&path).expect("there"), b"new");
        assert_eq!(names(folder.path()), ["f"]);
    }

    #[test]
    fn a_file_system_without_links_or_exclusive_renames_is_written_all_the_same() {
        const LACKS_RENAME: Way = |_, _, _| Err(Errno::INVAL);
        const LACKS_LINKS: Way = |_, _, _| Err(Errno::PERM);
        for ways in [&[LACKS_RENAME, link_and_unlink][..], &[LACKS_RENAME, LACKS_LINKS, look_and_rename]] {
            let place = tempfile::tempdir().expect("a folder");
            let folder = open_folder(place.path()).expect("a folder");
            std::fs::write(place.path().join("part"), "new").expect("written");
            std::fs::write(place.path().join("taken"), "old").expect("written");
            let name = |to: &str| without_replacing(ways, &folder, OsStr::new("part"), OsStr::new(to));
            assert_eq!(name("taken").expect_err("taken").kind(), io::ErrorKind::AlreadyExists);
            name("free").expect("free");
            assert_eq!(names(place.path()), ["free", "taken"]);
            assert_eq!(std::fs::read(place.path().join("taken")).expect("there"), b"old");
        }
        // Any other failure is one, and no other way is tried.
        const FAILS: Way = |_, _, _| Err(Errno::ROFS);
        let place = tempfile::tempdir().expect("a folder");
        let folder = open_folder(place.path()).expect("a folder");
        let error = without_replacing(&[FAILS, look_and_rename], &folder, OsStr::new("a"), OsStr::new("b"));
        assert_eq!(error.expect_err("fails").kind(), io::ErrorKind::ReadOnlyFilesystem);
    }
}
