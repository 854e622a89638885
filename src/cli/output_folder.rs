//! The directory that `-o` names: nothing is written outside of it.
//!
//! What lies below it is reached directory by directory, by descriptors and without following a symbolic link, so that
//! nothing that is put in the way, before or meanwhile, leads anywhere else.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::interrupt;
use super::part::open_folder;
use super::report::{Failure, FailureKind, path_text};

/// What a directory needs so that files can be written into it.
const OWN_BITS: u32 = 0o700;
const PERMISSION_BITS: u32 = 0o777;

/// A directory for outputs, made when the first of them is written.
#[derive(Debug, PartialEq, Eq)]
pub struct OutputFolder {
    path: PathBuf,
    /// Device and number, once it is there.
    identity: OnceLock<(u64, u64)>,
}

/// The name of an output below the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// The way from the directory to the file.
    pub relative: PathBuf,
    /// The tree that is mirrored, and how many directories of `relative` are not of the tree.
    pub mirrored: Option<(PathBuf, usize)>,
}

impl OutputFolder {
    /// The directory of this name, which need not be there.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: OnceLock::new() }
    }

    /// Its name as it was typed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a directory with this device and number is it.
    pub fn is(&self, device: u64, number: u64) -> bool {
        if self.identity.get().is_none()
            && let Ok(found) = fs::metadata(&self.path)
        {
            let _ = self.identity.set((found.dev(), found.ino()));
        }
        self.identity.get() == Some(&(device, number))
    }

    /// Opens the directory of an output; what is missing on the way is made.
    ///
    /// A directory that mirrors one of a tree has its permission bits, and the user's own in any case.
    ///
    /// # Errors
    /// [`Failure`]: something on the way is no directory or leads elsewhere, or cannot be made.
    pub fn open(&self, below: &Below) -> Result<OwnedFd, Failure> {
        let mut folder = self.open_top()?;
        let mut way = self.path.clone();
        let parent = below.relative.parent().unwrap_or(Path::new(""));
        for (depth, component) in parent.components().enumerate() {
            let Component::Normal(name) = component else {
                let message = "leads out of the output directory";
                return Err(Failure::new(FailureKind::CannotCreate, message)
                    .about(&path_text(&self.path.join(&below.relative))));
            };
            way.push(name);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let open = |folder: &OwnedFd| rustix::fs::openat(folder, name, flags, Mode::empty());
            let opened = match open(&folder) {
                Err(Errno::NOENT) => {
                    let make = || rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(OWN_BITS));
                    let made = interrupt::make_folder(&way, make);
                    let opened = made.and_then(|()| open(&folder));
                    match opened {
                        // Another job was faster.
                        Err(Errno::EXIST) => open(&folder),
                        Ok(made) => {
                            set_mode(&made, below.source_of(depth).as_deref())
                                .map_err(|error| Failure::writing(&error).about(&path_text(&way)))?;
                            Ok(made)
                        }
                        Err(error) => Err(error),
                    }
                }
                opened => opened,
            };
            folder = opened.map_err(|error| match error {
                Errno::LOOP | Errno::NOTDIR => not_a_folder(&way),
                error => Failure::writing(&error.into()).about(&path_text(&way)),
            })?;
        }
        Ok(folder)
    }

    fn open_top(&self) -> Result<OwnedFd, Failure> {
        let about = |error: io::Error| Failure::writing(&error).about(&path_text(&self.path));
        match open_folder(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened.map_err(about),
        }
        let missing: Vec<_> =
            self.path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            match interrupt::make_folder(path, || fs::create_dir(path)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(about(error)),
            }
        }
        open_folder(&self.path).map_err(about)
    }
}

impl Below {
    /// The directory of the tree that the directory at this depth mirrors.
    fn source_of(&self, depth: usize) -> Option<PathBuf> {
        let (root, apart) = self.mirrored.as_ref()?;
        let of_tree = (depth + 1).checked_sub(*apart)?;
        let way = self.relative.components().skip(*apart).take(of_tree);
        Some(root.join(way.collect::<PathBuf>()))
    }
}

fn set_mode(made: &OwnedFd, source: Option<&Path>) -> io::Result<()> {
    let Some(source) = source.and_then(|source| fs::metadata(source).ok()) else {
        // As `mkdir` makes them.
        let mode = PERMISSION_BITS & !super::destination::umask() | OWN_BITS;
        return fs::File::from(made.as_fd().try_clone_to_owned()?)
            .set_permissions(Permissions::from_mode(mode));
    };
    let mode = source.mode() & PERMISSION_BITS | OWN_BITS;
    fs::File::from(made.as_fd().try_clone_to_owned()?).set_permissions(Permissions::from_mode(mode))
}

fn not_a_folder(path: &Path) -> Failure {
    let (message, hint) = match path.is_symlink() {
        true => (
            "is a symbolic link, and what it leads to may be outside the output directory",
            "remove the link, or give -o another directory",
        ),
        false => ("is in the way: it is not a directory", "remove it, or give -o another directory"),
    };
    Failure::new(FailureKind::CannotCreate, message).about(&path_text(path)).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(relative: &str) -> Below {
        Below { relative: relative.into(), mirrored: None }
    }

    #[test]
    fn a_link_on_the_way_is_not_followed() {
        let place = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(outside.path(), place.path().join("link")).expect("a link");
        std::fs::write(place.path().join("file"), "").expect("a file");
        let folder = OutputFolder::new(place.path());
        for (way, word) in
            [("link/f", "symbolic link"), ("link/a/f", "symbolic link"), ("file/f", "in the way")]
        {
            let failure = folder.open(&below(way)).expect_err(way);
            assert!(failure.message.contains(word), "{way}: {}", failure.message);
        }
        let failure = folder.open(&below("../f")).expect_err("outside");
        assert!(failure.message.contains("leads out"), "{}", failure.message);
        folder.open(&below("a/b/f")).expect("made");
        assert!(place.path().join("a/b").is_dir());
        assert_eq!(outside.path().read_dir().expect("a folder").count(), 0);
    }

    #[test]
    fn a_mirrored_directory_has_the_permission_bits_of_its_source() {
        let place = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(place.path().join("tree/a")).expect("folders");
        let set = |mode| std::fs::set_permissions(place.path().join("tree/a"), Permissions::from_mode(mode));
        set(0o550).expect("ours");
        let folder = OutputFolder::new(&place.path().join("new/out"));
        let mirrored = Some((place.path().join("tree"), 1));
        folder.open(&Below { relative: "tree/a/f".into(), mirrored }).expect("made");
        let mode = |way: &str| place.path().join(way).metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode("new/out/tree/a"), 0o750);
        set(0o755).expect("ours");
    }
}
