//! Files that are read and written at any offset, by several threads at a time.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};

/// The file system in memory, by its number.
#[cfg(target_os = "linux")]
const TMPFS: i128 = 0x0102_1994;

/// What can be read at any offset, whoever else reads it.
pub trait ReadAt: Sync {
    /// Reads into the slices, one after the other; 0 bytes at the end.
    ///
    /// # Errors
    /// [`io::Error`]: it cannot be read.
    fn read_slices_at(&self, slices: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize>;
}

/// What can be written at any offset, whoever else writes it.
pub trait WriteAt: Sync {
    /// Writes the slices, one after the other; gives how many bytes of them.
    ///
    /// # Errors
    /// [`io::Error`]: it cannot be written.
    fn write_slices_at(&self, slices: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;

    /// Room for so many bytes is asked for at once, so that it does not run out later.
    ///
    /// # Errors
    /// [`io::Error`]: there is not so much. Where the system cannot reserve room, nothing happens.
    fn reserve(&self, length: u64) -> io::Result<()>;

    /// Ends it after so many bytes.
    ///
    /// # Errors
    /// [`io::Error`]: its length cannot be set.
    fn end_at(&self, length: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn read_slices_at(&self, slices: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::preadv(self, slices, offset)?)
    }
}

impl WriteAt for File {
    fn write_slices_at(&self, slices: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwritev(self, slices, offset)?)
    }

    fn reserve(&self, length: u64) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{FallocateFlags, fallocate, fstatfs};
            use rustix::io::Errno;
            // In memory, room is made of pages: one thread would touch them all before the others may write.
            if fstatfs(self).is_ok_and(|found| i128::from(found.f_type) == TMPFS) {
                return Ok(());
            }
            let reserved = fallocate(self, FallocateFlags::KEEP_SIZE, 0, length);
            if let Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) = reserved {
                return Err(error.into());
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = length;
        Ok(())
    }

    fn end_at(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Takes everything and keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl WriteAt for Nowhere {
    fn write_slices_at(&self, slices: &[IoSlice<'_>], _: u64) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn reserve(&self, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn end_at(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// A part of a file that is read from its beginning to its end.
pub(super) struct Stretch<'a, S: ?Sized> {
    source: &'a S,
    offset: u64,
}

impl<'a, S: ReadAt + ?Sized> Stretch<'a, S> {
    /// What follows `offset`.
    pub(super) fn from(source: &'a S, offset: u64) -> Self {
        Self { source, offset }
    }
}

impl<S: ReadAt + ?Sized> Read for Stretch<'_, S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.read_vectored(&mut [IoSliceMut::new(out)])
    }

    /// Fewer bytes than there is room for only at the end of the file.
    fn read_vectored(&mut self, mut out: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut read = 0;
        IoSliceMut::advance_slices(&mut out, 0);
        while !out.is_empty() {
            match self.source.read_slices_at(out, self.offset) {
                Ok(0) => break,
                Ok(more) => {
                    read += more;
                    self.offset += more as u64;
                    IoSliceMut::advance_slices(&mut out, more);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }
}

/// Writes on from an offset.
pub(super) struct Onward<'a, D: ?Sized> {
    destination: &'a D,
    offset: u64,
}

impl<'a, D: WriteAt + ?Sized> Onward<'a, D> {
    /// Writes what comes to `offset`.
    pub(super) fn from(destination: &'a D, offset: u64) -> Self {
        Self { destination, offset }
    }
}

impl<D: WriteAt + ?Sized> Write for Onward<'_, D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.destination.write_slices_at(pieces, self.offset)?;
        self.offset += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
