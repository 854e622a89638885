//! Which files the jobs of a run write and read, so that no job takes away what is another's.
//!
//! A path is kept as 16 bytes, a keyed hash: a million of them fit into memory, and nobody can make two that are alike.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::source::resolved;

/// A path without links and dots, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u128);

/// A set of paths.
#[derive(Debug, Default)]
pub struct PathSet {
    hashers: [RandomState; 2],
    keys: HashSet<Key>,
    /// Where the last path was: the next one is most often there too.
    last: Option<(PathBuf, PathBuf)>,
}

impl PathSet {
    /// The key of a path as it is.
    pub fn key(&self, path: &Path) -> Key {
        let [one, other] = &self.hashers;
        let bytes = path.as_os_str().as_bytes();
        Key(u128::from(one.hash_one(bytes)) << 64 | u128::from(other.hash_one(bytes)))
    }

    /// The key of the file that a path leads to, whether it is there or not.
    pub fn resolved_key(&mut self, path: &Path) -> Key {
        if path.is_symlink() {
            return self.key(&resolved(path));
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return self.key(&resolved(path));
        };
        if self.last.as_ref().is_none_or(|(last, _)| last != parent) {
            let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            let Ok(found) = folder.canonicalize() else {
                return self.key(&resolved(path));
            };
            self.last = Some((parent.to_owned(), found));
        }
        let folder = self.last.as_ref().map(|(_, found)| found.join(name)).unwrap_or_default();
        self.key(&folder)
    }

    /// Adds a key; false when it was there.
    pub fn add(&mut self, key: Key) -> bool {
        self.keys.insert(key)
    }

    /// Takes a key out; false when it was not there.
    pub fn remove(&mut self, key: Key) -> bool {
        self.keys.remove(&key)
    }

    /// Whether a key is there.
    pub fn holds(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_key_whatever_it_is_called() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name);
        std::fs::create_dir(at("d")).expect("a folder");
        std::fs::write(at("d/f"), "").expect("a file");
        std::os::unix::fs::symlink("d", at("l")).expect("a link");
        std::os::unix::fs::symlink("d/f", at("g")).expect("a link");
        let mut set = PathSet::default();
        let key = set.resolved_key(&at("d/f"));
        for name in ["l/f", "g", "d/../d/f", "./d/f"] {
            assert_eq!(set.resolved_key(&at(name)), key, "{name}");
        }
        assert_ne!(set.resolved_key(&at("d/new")), key);
        assert_eq!(set.resolved_key(&at("d/new")), set.resolved_key(&at("l/new")));
        assert!(set.add(key) && !set.add(key) && set.holds(key) && set.remove(key) && !set.holds(key));
    }
}
