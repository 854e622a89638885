//! Ciphertext that can be read twice, and is the same the second time.
//!
//! A regular file is read again: each block is held against a tag that was taken over it the first time, before any byte
//! of it is used. Everything else is spooled while it is read: in memory up to [`MAX_SPOOL_MEMORY`], then in a file that
//! has no name.

use std::fmt;
use std::fs::File;
use std::io::{self, IoSliceMut, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::SpooledTempFile;
use zeroize::Zeroizing;

use super::BATCH_LENGTH;
use super::batch::FIRST_LENGTH;
use super::positioned::ReadAt;
use crate::crypto::aead::AeadKey;
use crate::crypto::{self, RandomError};
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// Greatest length of a spool in memory, in bytes.
pub const MAX_SPOOL_MEMORY: usize = 16 << 20;
/// What the blocks of a file are counted in, in bytes.
const BLOCK: u64 = 512;
/// Greatest length of the blocks' tags in memory, in bytes: one MiB stands for 16 GiB of ciphertext.
const MAX_TAGS_MEMORY: usize = 1 << 20;

/// A source that can begin anew.
pub trait Rewind: Read {
    /// From now on gives the same bytes again, from the first.
    ///
    /// # Errors
    /// [`io::Error`]: they cannot be had again.
    fn rewind(&mut self) -> io::Result<()>;

    /// Bytes will not be asked for again: nothing more is kept.
    fn forget(&mut self);

    /// The same bytes, to be read at any offset by several threads; `None` where that cannot be done.
    fn at_offsets(&self) -> Option<AtOffsets<'_>> {
        None
    }

    /// Goes on at this offset, which only what [`Self::at_offsets`] gives can do.
    ///
    /// # Errors
    /// [`io::Error`]: it cannot.
    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        let _ = offset;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What a regular file holds from some place on, read at any offset from there.
#[derive(Debug)]
pub struct AtOffsets<'a> {
    file: &'a File,
    begin: u64,
    read: Option<&'a AtomicU64>,
    length: u64,
    has_holes: bool,
}

impl<'a> AtOffsets<'a> {
    /// What `file` holds from `begin` on; the bytes that are read are added to `read`.
    ///
    /// # Errors
    /// [`io::Error`]: the file does not say how long it is.
    pub fn new(file: &'a File, begin: u64, read: Option<&'a AtomicU64>) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let length = metadata.len().saturating_sub(begin);
        let has_holes = metadata.blocks().saturating_mul(BLOCK) < metadata.len();
        Ok(Self { file, begin, read, length, has_holes })
    }

    /// Whether the disk holds less than the file is long.
    pub fn has_holes(&self) -> bool {
        self.has_holes
    }

    /// How long it is now, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl ReadAt for AtOffsets<'_> {
    fn read_slices_at(&self, slices: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        let read = self.file.read_slices_at(slices, self.begin.saturating_add(offset))?;
        if let Some(counter) = self.read {
            counter.fetch_add(read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl<T: AsRef<[u8]>> Rewind for io::Cursor<T> {
    fn rewind(&mut self) -> io::Result<()> {
        self.set_position(0);
        Ok(())
    }

    fn forget(&mut self) {}
}

/// A file or a stream whose bytes can be read twice.
pub struct Replay {
    source: Source,
    read: Option<Arc<AtomicU64>>,
}

enum Source {
    /// Read once, nothing kept.
    Once(Stream),
    /// A stream, read for the first time.
    Spooling(Stream, SpooledTempFile),
    /// A stream, read from its spool.
    Spooled(SpooledTempFile),
    /// A regular file.
    Blocks(Blocks),
}

type Stream = Box<dyn Read + Send>;

/// A regular file, read block by block.
struct Blocks {
    file: File,
    begin: u64,
    key: AeadKey,
    tags: SpooledTempFile,
    pass: Pass,
    number: u64,
    /// How much has been read into blocks, in bytes.
    offset: u64,
    block: Vec<u8>,
    passed: usize,
}

/// What is done with the blocks that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Their tags are kept.
    First,
    /// Their tags are compared.
    Second,
    /// Nothing: they will not be read again.
    Only,
}

/// The second reading did not give the bytes of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedWhileRead;

/// The spool could not be written.
#[derive(Debug)]
pub struct SpoolError(pub io::Error);

impl Replay {
    /// Reads `file` from where it stands.
    ///
    /// # Errors
    /// [`io::Error`]: the file does not say what it is, or no random bytes can be had.
    pub fn new(mut file: File) -> io::Result<Self> {
        let source = if file.metadata()?.is_file() {
            let begin = file.stream_position()?;
            Source::Blocks(Blocks::new(file, begin).map_err(io::Error::other)?)
        } else {
            return Ok(Self::of_stream(file));
        };
        Ok(Self { source, read: None })
    }

    /// Reads a stream, and spools it.
    pub fn of_stream(stream: impl Read + Send + 'static) -> Self {
        let source = Source::Spooling(Box::new(stream), SpooledTempFile::new(MAX_SPOOL_MEMORY));
        Self { source, read: None }
    }

    /// The same; every byte that is given out is counted, the second time too.
    pub fn counting(self, read: Arc<AtomicU64>) -> Self {
        Self { read: Some(read), ..self }
    }
}

impl Read for Replay {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        if let Some(counter) = &self.read {
            counter.fetch_add(read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Once(file) => file.read(out),
            Self::Spooling(file, spool) => {
                let read = file.read(out)?;
                let bytes = out.get(..read).unwrap_or_default();
                spool.write_all(bytes).map_err(|error| io::Error::other(SpoolError(error)))?;
                Ok(read)
            }
            Self::Spooled(spool) => spool.read(out),
            Self::Blocks(blocks) => blocks.read(out),
        }
    }
}

impl Rewind for Replay {
    fn rewind(&mut self) -> io::Result<()> {
        match &mut self.source {
            Source::Once(_) => return Err(io::Error::other("nothing was kept to be read again")),
            Source::Spooling(_, spool) => {
                let mut spool = std::mem::replace(spool, SpooledTempFile::new(0));
                spool.rewind()?;
                self.source = Source::Spooled(spool);
            }
            Source::Spooled(spool) => spool.rewind()?,
            Source::Blocks(blocks) => blocks.rewind()?,
        }
        Ok(())
    }

    fn forget(&mut self) {
        let nothing = Source::Once(Box::new(io::empty()));
        self.source = match std::mem::replace(&mut self.source, nothing) {
            // What was spooled has been given out by `read` as well.
            Source::Spooling(stream, _) => Source::Once(stream),
            Source::Blocks(blocks) => Source::Blocks(Blocks { pass: Pass::Only, ..blocks }),
            other => other,
        };
    }

    fn at_offsets(&self) -> Option<AtOffsets<'_>> {
        match &self.source {
            Source::Blocks(blocks) if blocks.pass == Pass::Only => {
                AtOffsets::new(&blocks.file, blocks.begin, self.read.as_deref()).ok()
            }
            _ => None,
        }
    }

    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        match &mut self.source {
            Source::Blocks(blocks) if blocks.pass == Pass::Only => {
                (blocks.offset, blocks.passed) = (offset, 0);
                blocks.block.clear();
                Ok(())
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Blocks {
    fn new(file: File, begin: u64) -> Result<Self, RandomError> {
        let mut key = Zeroizing::new([0; 16]);
        crypto::random_bytes(key.as_mut_slice())?;
        let key = AeadKey::new(key.as_slice()).expect("16 bytes are a key");
        let tags = SpooledTempFile::new(MAX_TAGS_MEMORY);
        Ok(Self {
            file,
            begin,
            key,
            tags,
            pass: Pass::First,
            number: 0,
            offset: 0,
            block: Vec::new(),
            passed: 0,
        })
    }

    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.passed == self.block.len() {
            if self.pass == Pass::Only {
                // The blocks read so far were whole, or the file has ended.
                let offset = self.begin + self.offset;
                let read = self.file.read_at(out, offset)?;
                self.offset += read as u64;
                return Ok(read);
            }
            self.next_block()?;
        }
        let rest = self.block.get(self.passed..).unwrap_or_default();
        let length = rest.len().min(out.len());
        let (from, to) = (rest.get(..length), out.get_mut(..length));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.passed += length;
        Ok(length)
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.passed = 0;
        let offset = self.begin + self.offset;
        // A small file is not worth clearing a whole block for.
        self.block.resize(self.block.len().max(FIRST_LENGTH), 0);
        let mut filled = 0;
        while filled < BATCH_LENGTH {
            if filled == self.block.len() {
                self.block.resize(BATCH_LENGTH, 0);
            }
            let rest = self.block.get_mut(filled..).unwrap_or_default();
            match self.file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.block.clear();
                    return Err(error);
                }
            }
        }
        self.block.truncate(filled);
        self.offset += filled as u64;
        if filled == 0 {
            return Ok(());
        }
        let mut iv = [0; IV_LENGTH];
        if let Some(last) = iv.last_chunk_mut::<8>() {
            *last = self.number.to_be_bytes();
        }
        self.number += 1;
        // The tag of nothing, with the block as what is authenticated beside it.
        let tag = self.key.seal(&iv, &self.block, &mut []).map_err(io::Error::other)?;
        if self.pass == Pass::First {
            return self.tags.write_all(&tag).map_err(|error| io::Error::other(SpoolError(error)));
        }
        let mut before = [0; TAG_LENGTH];
        match self.tags.read_exact(&mut before) {
            Ok(()) if before == tag => Ok(()),
            _ => {
                self.block.clear();
                Err(io::Error::new(io::ErrorKind::InvalidData, ChangedWhileRead))
            }
        }
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.pass = Pass::Second;
        (self.number, self.offset, self.passed) = (0, 0, 0);
        self.block.clear();
        self.tags.seek(SeekFrom::Start(0))?;
        Ok(())
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").finish_non_exhaustive()
    }
}

impl fmt::Display for ChangedWhileRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file was changed while it was read")
    }
}

impl std::error::Error for ChangedWhileRead {}

impl fmt::Display for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the temporary file for the ciphertext cannot be written: {}", self.0)
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file.rewind().expect("a file");
        file
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    fn all(replay: &mut Replay) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        replay.read_to_end(&mut bytes).map(|_| bytes)
    }

    #[test]
    fn a_file_is_read_twice_from_where_it_stood() {
        for length in [0, 1, BATCH_LENGTH - 1, BATCH_LENGTH, 2 * BATCH_LENGTH + 7] {
            let mut file = file(&bytes(length + 3));
            file.seek(SeekFrom::Start(3)).expect("a file");
            let mut replay = Replay::new(file).expect("readable");
            let expected = &bytes(length + 3)[3..];
            assert_eq!(all(&mut replay).expect("first"), expected);
            replay.rewind().expect("a file");
            assert_eq!(all(&mut replay).expect("second"), expected);
            replay.rewind().expect("a file");
            assert_eq!(all(&mut replay).expect("third"), expected);
        }
    }

    #[test]
    fn a_stream_is_read_twice_from_its_spool() {
        let mut replay = Replay::of_stream(io::Cursor::new(bytes(100)));
        assert_eq!(all(&mut replay).expect("first"), bytes(100));
        replay.rewind().expect("spooled");
        assert_eq!(all(&mut replay).expect("second"), bytes(100));
        let (out, input) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let expected = bytes(3 * BATCH_LENGTH);
        let sent = expected.clone();
        let writer = std::thread::spawn(move || (&out).write_all(&sent));
        let mut replay = Replay::new(File::from(std::os::fd::OwnedFd::from(input))).expect("readable");
        assert_eq!(all(&mut replay).expect("first"), expected);
        writer.join().expect("no panic").expect("written");
        replay.rewind().expect("spooled");
        assert_eq!(all(&mut replay).expect("second"), expected);
    }

    #[test]
    fn a_file_that_changed_is_noticed_before_its_bytes_are_used() {
        let length = 2 * BATCH_LENGTH + 100;
        for change in [0, BATCH_LENGTH as u64, length as u64 - 1, length as u64] {
            let file = file(&bytes(length));
            let other = file.try_clone().expect("a file");
            let mut replay = Replay::new(file).expect("readable");
            all(&mut replay).expect("first");
            replay.rewind().expect("a file");
            other.write_all_at(&[0xFF], change).expect("written");
            let mut again = Vec::new();
            let error = replay.read_to_end(&mut again).expect_err("changed");
            assert!(error.get_ref().is_some_and(|inner| inner.is::<ChangedWhileRead>()));
            let whole_blocks = change as usize / BATCH_LENGTH * BATCH_LENGTH;
            assert_eq!(again, &bytes(length)[..whole_blocks]);
        }
    }

    #[test]
    fn what_is_forgotten_is_not_kept_and_still_read() {
        let mut replay = Replay::new(file(&bytes(3 * BATCH_LENGTH))).expect("readable");
        let mut first = [0; 10];
        replay.read_exact(&mut first).expect("there");
        replay.forget();
        let rest = all(&mut replay).expect("readable");
        assert_eq!([&first[..], &rest].concat(), bytes(3 * BATCH_LENGTH));
    }
}
