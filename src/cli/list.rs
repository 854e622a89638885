//! The names in a list of inputs, which can come through a pipe that somebody else fills in his own time.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::report::{Failure, FailureKind, path_text};

/// No path is longer, in bytes; a list without separators is no list.
const MAX_NAME_LENGTH: usize = 1 << 16;
/// How long a name is waited for before the end of the run is looked at: a tenth of a second.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// The names in a list, one after the other as they come. Nothing follows a failure.
pub struct List {
    reader: Option<BufReader<Awaited>>,
    separator: u8,
}

impl List {
    /// Opens a file, or standard input by the name `-`. When `is_over` is set the list ends, also when nobody has closed
    /// its pipe.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be read.
    pub fn open(path: &Path, separator: u8, is_over: Arc<AtomicBool>) -> Result<Self, Failure> {
        let opened = match path == Path::new("-") {
            true => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            false => File::open(path),
        };
        let about = |error| Failure::reading(&error).about(&format!("--files-from {}", path_text(path)));
        let stream = opened.map_err(about)?;
        Ok(Self { reader: Some(BufReader::new(Awaited { stream, is_over })), separator })
    }
}

impl Iterator for List {
    type Item = Result<PathBuf, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut name = Vec::new();
            let limited = self.reader.as_mut()?.take(MAX_NAME_LENGTH as u64);
            let failure = match { limited }.read_until(self.separator, &mut name) {
                Ok(0) => return None,
                Ok(MAX_NAME_LENGTH) if name.last() != Some(&self.separator) => {
                    Failure::new(FailureKind::Data, "holds a name that is longer than any can be")
                }
                Ok(_) => {
                    if name.last() == Some(&self.separator) {
                        name.pop();
                    }
                    if name.is_empty() {
                        continue;
                    }
                    return Some(Ok(OsString::from_vec(name).into()));
                }
                Err(error) => Failure::reading(&error),
            };
            self.reader = None;
            return Some(Err(failure));
        }
    }
}

/// A stream that is read only when it has something, and that ends when the run does.
struct Awaited {
    stream: File,
    is_over: Arc<AtomicBool>,
}

impl Read for Awaited {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while !self.is_over.load(Ordering::Relaxed) {
            match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&PAUSE)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.stream.read(bytes),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn names_come_one_by_one_and_a_list_without_separators_is_none() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("list");
        let names = |bytes: &[u8], separator| -> Vec<Result<PathBuf, String>> {
            std::fs::write(&path, bytes).expect("written");
            let list = List::open(&path, separator, Arc::default()).expect("it is there");
            list.map(|name| name.map_err(|failure| failure.message)).collect()
        };
        assert_eq!(names(b"a\n\nb c\nlast", b'\n'), ["a", "b c", "last"].map(|name| Ok(name.into())));
        assert_eq!(names(b"a\nb\0\0c\0", 0), ["a\nb", "c"].map(|name| Ok(name.into())));
        let long = names(&[b'x'; MAX_NAME_LENGTH + 1], b'\n');
        assert!(matches!(&long[..], [Err(message)] if message.contains("longer than any")), "{long:?}");
        assert!(List::open(&place.path().join("none"), 0, Arc::default()).is_err());
    }

    #[test]
    fn it_ends_with_the_run_though_its_pipe_stays_open() {
        let (stream, mut other_end) = io::pipe().expect("a pipe");
        other_end.write_all(b"a\nbegun").expect("room in the pipe");
        let is_over = Arc::new(AtomicBool::new(false));
        let stream =
            Awaited { stream: File::from(std::os::fd::OwnedFd::from(stream)), is_over: is_over.clone() };
        let mut list = List { reader: Some(BufReader::new(stream)), separator: b'\n' };
        assert!(matches!(list.next(), Some(Ok(name)) if name == Path::new("a")));
        is_over.store(true, Ordering::Relaxed);
        // What has no separator yet could become any name.
        let rest: Vec<_> = list.collect();
        assert!(rest.len() <= 1, "{rest:?}");
        drop(other_end);
    }
}
