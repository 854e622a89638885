//! Streams that behave as badly as streams may: short reads and writes of all sizes, interruptions, failures.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};

/// How many bytes each call moves: the sizes in turn, for ever. 0 stands for an interrupted call.
#[derive(Clone, Debug)]
pub struct Rhythm {
    sizes: Vec<usize>,
    next: usize,
}

impl Rhythm {
    /// These sizes. When all of them are interruptions, every second call moves a byte.
    pub fn new(sizes: &[usize]) -> Rhythm {
        let mut sizes = sizes.to_vec();
        if sizes.iter().all(|size| *size == 0) {
            sizes.push(1);
        }
        Rhythm { sizes, next: 0 }
    }

    fn beat(&mut self) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()];
        self.next += 1;
        if size == 0 { Err(ErrorKind::Interrupted.into()) } else { Ok(size) }
    }
}

/// Gives its bytes in pieces; of a vectored read it fills several slices, the last one in part.
#[derive(Debug)]
pub struct DribblingReader<'a> {
    rest: &'a [u8],
    rhythm: Rhythm,
}

impl<'a> DribblingReader<'a> {
    pub fn new(bytes: &'a [u8], rhythm: Rhythm) -> DribblingReader<'a> {
        DribblingReader { rest: bytes, rhythm }
    }
}

impl Read for DribblingReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.read_vectored(&mut [IoSliceMut::new(out)])
    }

    fn read_vectored(&mut self, slices: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut piece = &self.rest[..self.rhythm.beat()?.min(self.rest.len())];
        let before = piece.len();
        for slice in slices {
            let length = slice.len().min(piece.len());
            slice[..length].copy_from_slice(&piece[..length]);
            piece = &piece[length..];
        }
        let given = before - piece.len();
        self.rest = &self.rest[given..];
        Ok(given)
    }
}

/// Takes bytes in pieces; of a vectored write it takes several slices, the last one in part.
#[derive(Debug)]
pub struct ShortWriter {
    pub bytes: Vec<u8>,
    rhythm: Rhythm,
}

impl ShortWriter {
    pub fn new(rhythm: Rhythm) -> ShortWriter {
        ShortWriter { bytes: Vec::new(), rhythm }
    }
}

impl Write for ShortWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = self.rhythm.beat()?;
        let before = self.bytes.len();
        self.bytes.extend(slices.iter().flat_map(|slice| slice.iter()).take(most));
        Ok(self.bytes.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that moves so many bytes and fails from then on.
#[derive(Debug)]
pub struct Failing<S> {
    pub stream: S,
    left: usize,
}

impl<S> Failing<S> {
    pub fn after(bytes: usize, stream: S) -> Failing<S> {
        Failing { stream, left: bytes }
    }

    fn check(&self) -> io::Result<()> {
        if self.left == 0 { Err(io::Error::other("the disk is on fire")) } else { Ok(()) }
    }
}

impl<R: Read> Read for Failing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let length = self.left.min(out.len());
        let read = self.stream.read(&mut out[..length])?;
        self.left -= read;
        Ok(read)
    }
}

impl<W: Write> Write for Failing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        let written = self.stream.write(&bytes[..self.left.min(bytes.len())])?;
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
