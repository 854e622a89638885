//! A file that is replaced by what was made of it.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;

use super::report::{Failure, FailureKind};
use super::source::OpenSource;

/// The input as it was when it was opened.
#[derive(Debug)]
pub struct Replaced(Metadata);

impl Replaced {
    /// The file at `path`, links followed, which must be what `source` reads.
    ///
    /// # Errors
    /// [`Failure`]: it is another one by now, is not a regular file, or has more names, which would keep what it holds.
    pub fn new(path: &Path, source: &OpenSource) -> Result<Self, Failure> {
        let read = &source.metadata;
        if !read.is_file() {
            return Err(Failure::usage("is not a regular file, and has nothing that could be replaced")
                .hint("give -o FILE, or -o - for standard output"));
        }
        if read.nlink() > 1 {
            let message = format!("has {} names, and the others would keep the old message", read.nlink());
            return Err(Failure::new(FailureKind::CannotCreate, message)
                .hint("give -o FILE, and then put the new file in the place of each name"));
        }
        let replaced = Self(read.clone());
        replaced.check_unchanged(path)?;
        Ok(replaced)
    }

    /// Refuses to replace what somebody else has changed, or put there, since it was opened.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn check_unchanged(&self, path: &Path) -> Result<(), Failure> {
        let identity = |found: &Metadata| {
            let changed = (found.ctime(), found.ctime_nsec());
            (found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec(), changed)
        };
        let message = match fs::symlink_metadata(path) {
            Ok(found) if identity(&found) == identity(&self.0) => return Ok(()),
            Ok(_) => "was changed or replaced while it was read; what is there now stays",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "was removed while it was read",
            Err(error) => return Err(Failure::reading(&error)),
        };
        Err(Failure::new(FailureKind::CannotCreate, message).hint("run it again when nothing writes to it"))
    }

    /// Gives a file the owner and group, where that is allowed. Before the permission bits, which a change of owner takes
    /// away in part.
    pub fn give_owner(&self, file: &File) {
        let (user, group) = (self.0.uid(), self.0.gid());
        if file.metadata().is_ok_and(|found| (found.uid(), found.gid()) == (user, group)) {
            return;
        }
        if fchown(file, Some(user), Some(group)).is_err() && fchown(file, None, Some(group)).is_err() {
            log::info!("the owner of a file cannot be kept: {user}, group {group}");
        }
    }
}
