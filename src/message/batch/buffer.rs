//! Ciphertext between its source and the batches that are taken out of it.

use std::io::{self, Read};

use super::{FIRST_LENGTH, OpeningBatch, grow};
use crate::format::frame::{Frame, FrameKind};
use crate::message::BATCH_LENGTH;
use crate::message::replay::{AtOffsets, Rewind};

/// Ciphertext that has been read and not yet consumed.
#[derive(Debug)]
pub(in crate::message) struct OpeningBuffer<R> {
    source: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
}

impl<R: Read> OpeningBuffer<R> {
    pub(in crate::message) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new(), start: 0, end: 0, consumed: 0 }
    }

    /// How many bytes of the message have been consumed.
    pub(in crate::message) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// How many bytes of the message have been read.
    pub(in crate::message) fn read_length(&self) -> u64 {
        self.consumed + (self.end - self.start) as u64
    }

    /// What has been read and not consumed.
    pub(in crate::message) fn available(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Takes these frames, which lie at the beginning of what is available, out of it.
    ///
    /// `spare`: memory to read into from now on.
    pub(in crate::message) fn take(
        &mut self,
        frames: Vec<Frame>,
        length: usize,
        mut spare: Vec<u8>,
    ) -> OpeningBatch {
        let rest = &self.bytes[self.start + length..self.end];
        // Behind the final frame only a footer can come.
        let is_final = frames.last().is_some_and(|frame| frame.kind == FrameKind::Final);
        let room = rest.len().max(if is_final { FIRST_LENGTH } else { BATCH_LENGTH });
        if spare.len() < room {
            grow(&mut spare, room);
        }
        spare[..rest.len()].copy_from_slice(rest);
        let (start, left) = (self.start, rest.len());
        let bytes = std::mem::replace(&mut self.bytes, spare);
        (self.start, self.end) = (0, left);
        self.consumed += length as u64;
        OpeningBatch::of(bytes, start, length, frames)
    }

    /// The first bytes of all, as long as nothing has been taken or moved: while a header is read.
    pub(in crate::message) fn beginning(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// The same, to be changed in place before it is consumed.
    pub(in crate::message) fn available_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// The source itself; what has been read of it and not been consumed stays here.
    pub(in crate::message) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Passes over `length` bytes, which have been read once before.
    pub(in crate::message) fn skip(&mut self, length: u64) -> io::Result<()> {
        let mut left = length;
        while left > 0 {
            let available = self.fill(1)?;
            let passed = available.min(usize::try_from(left).unwrap_or(usize::MAX));
            if passed == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.consume(passed);
            left -= passed as u64;
        }
        Ok(())
    }

    /// Passes over the first `length` available bytes.
    pub(in crate::message) fn consume(&mut self, length: usize) {
        self.start += length;
        self.consumed += length as u64;
    }

    /// Reads until at least `wanted` bytes are available, or the input has ended; gives how many are.
    ///
    /// Memory grows with what has been read, never with `wanted` alone.
    pub(in crate::message) fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        while self.end - self.start < wanted {
            if self.start > 0 {
                self.bytes.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.end == self.bytes.len() {
                let least = if self.bytes.is_empty() { FIRST_LENGTH } else { BATCH_LENGTH };
                let length = (self.bytes.len() * 2).max(least);
                grow(&mut self.bytes, length.min(wanted.max(least)));
            }
            match self.source.read(&mut self.bytes[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end - self.start)
    }
}

impl<R: Rewind> OpeningBuffer<R> {
    /// Goes on at this byte of the message; for a source that can be read at any offset.
    pub(in crate::message) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        (self.start, self.end, self.consumed) = (0, 0, offset);
        self.source.go_to(offset)
    }

    /// The source, where it can be read at any offset.
    pub(in crate::message) fn at_offsets(&self) -> Option<AtOffsets<'_>> {
        self.source.at_offsets()
    }

    /// Begins anew at the message's first byte.
    pub(in crate::message) fn rewind(&mut self) -> io::Result<()> {
        (self.start, self.end, self.consumed) = (0, 0, 0);
        self.source.rewind()
    }
}

impl<R: Read> Read for OpeningBuffer<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let length = self.fill(1)?.min(out.len());
        out[..length].copy_from_slice(&self.bytes[self.start..self.start + length]);
        self.consume(length);
        Ok(length)
    }
}
