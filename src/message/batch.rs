//! Batches of bytes: plaintext read into the place where it is sealed, ciphertext opened where it was read.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};

use super::BATCH_LENGTH;
use super::hashing::Hashed;
use super::replay::{AtOffsets, Rewind};
use crate::crypto::aead::{AeadKey, SealError};
use crate::format::BodyAad;
use crate::format::frame::{
    FINAL_HEADER_LENGTH, Frame, FrameKind, Parsed, REGULAR_HEADER_LENGTH, REGULAR_OVERHEAD,
};
use crate::suite::TAG_LENGTH;

/// Slices given to one vectored call: the limit of the systems we know.
const MAX_SLICES: usize = 1024;
/// The final frame's header is this much longer than a regular one's.
const FINAL_SHIFT: usize = FINAL_HEADER_LENGTH - REGULAR_HEADER_LENGTH;

/// Frames' worth of plaintext, laid out with room for each frame's header and tag.
///
/// | bytes | what |
/// | --- | --- |
/// | 16 | room for the first frame's header |
/// | frame length | the first frame's content |
/// | 16 | room for its tag |
/// | … | the other frames |
/// | 8 | room for the final frame's longer header |
#[derive(Debug)]
pub(super) struct SealingBatch {
    bytes: Vec<u8>,
    frame_length: usize,
    slots: usize,
    filled: usize,
    sealed_length: usize,
}

/// Whether the frames of a batch are the last ones of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// More plaintext may follow.
    Inside,
    /// The last frame of the batch is the final one.
    Last,
}

impl SealingBatch {
    /// An empty batch for frames of this length, in bytes.
    pub(super) fn new(frame_length: usize) -> Self {
        let (slots, _) = frames_at_a_time(frame_length);
        Self { bytes: Vec::new(), frame_length, slots, filled: 0, sealed_length: 0 }
    }

    /// How many bytes of plaintext it can hold.
    pub(super) fn capacity(&self) -> usize {
        self.slots * self.frame_length
    }

    /// How many bytes of plaintext it holds.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// How many frames it is sealed as.
    ///
    /// A final frame is never full: after an exact multiple of the frame length it is empty. The specification would
    /// rather have it full, and version 3 of the Python SDK refuses that.
    ///
    /// Spec: data-format/message-body.md#final-frame
    pub(super) fn frames(&self, position: Position) -> u64 {
        let full = (self.filled / self.frame_length) as u64;
        match position {
            Position::Inside => full,
            Position::Last => full + 1,
        }
    }

    /// Empties it and reads plaintext until it is full, or the source has no more at hand and a frame is full, or the
    /// input ends, which makes it the last one.
    ///
    /// `rest`: plaintext of a frame that was not yet full, which goes first; what is left of this batch is put there. Nothing
    /// that fills a frame waits for what a slow source may give later.
    ///
    /// Spec: client-apis/encrypt.md#construct-the-body
    pub(super) fn fill(&mut self, source: &mut impl Read, rest: &mut Vec<u8>) -> io::Result<Position> {
        (self.filled, self.sealed_length) = (0, 0);
        self.put(rest);
        rest.clear();
        while self.filled < self.capacity() {
            match self.read_some(source) {
                Ok((0, _)) => return Ok(Position::Last),
                Ok((read, asked)) => {
                    self.filled += read;
                    if read < asked && self.filled >= self.frame_length {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let started = self.filled % self.frame_length;
        if started > 0 {
            let place = REGULAR_HEADER_LENGTH + self.filled / self.frame_length * self.stride();
            rest.extend_from_slice(&self.bytes[place..place + started]);
            self.filled -= started;
        }
        Ok(Position::Inside)
    }

    fn stride(&self) -> usize {
        self.frame_length + REGULAR_OVERHEAD
    }

    /// Plaintext shorter than a frame, at the beginning.
    fn put(&mut self, plaintext: &[u8]) {
        if !plaintext.is_empty() {
            self.make_room();
            self.bytes[REGULAR_HEADER_LENGTH..][..plaintext.len()].copy_from_slice(plaintext);
            self.filled = plaintext.len();
        }
    }

    /// Memory for what is read next; where the content of the only frame may be read to, when there is but one.
    fn make_room(&mut self) -> usize {
        if self.slots > 1 {
            let length = self.slots * self.stride() + FINAL_SHIFT;
            if self.bytes.is_empty() {
                grow(&mut self.bytes, length);
            }
            return self.frame_length;
        }
        // A frame longer than a batch: memory grows with what has been read, not with what may come.
        let end = self.frame_length.min((self.filled * 2).max(BATCH_LENGTH));
        let needed = REGULAR_HEADER_LENGTH + end + TAG_LENGTH + FINAL_SHIFT;
        if self.bytes.len() < needed {
            grow(&mut self.bytes, needed);
        }
        end
    }

    /// How many bytes were read, and how many there was room for.
    fn read_some(&mut self, source: &mut impl Read) -> io::Result<(usize, usize)> {
        let end = self.make_room();
        if self.slots == 1 {
            let place = &mut self.bytes[REGULAR_HEADER_LENGTH + self.filled..REGULAR_HEADER_LENGTH + end];
            return Ok((source.read(place)?, place.len()));
        }
        let stride = self.stride();
        let (slot, inside) = (self.filled / self.frame_length, self.filled % self.frame_length);
        let mut slices: Vec<_> = self
            .bytes
            .chunks_exact_mut(stride)
            .skip(slot)
            .take(MAX_SLICES)
            .map(|frame| &mut frame[REGULAR_HEADER_LENGTH..stride - TAG_LENGTH])
            .enumerate()
            .map(|(at, content)| IoSliceMut::new(&mut content[if at == 0 { inside } else { 0 }..]))
            .collect();
        let asked = slices.iter().map(|slice| slice.len()).sum();
        Ok((source.read_vectored(&mut slices)?, asked))
    }

    /// Seals the frames in place, numbered from `first`.
    ///
    /// Spec: client-apis/encrypt.md#construct-a-frame
    pub(super) fn seal(
        &mut self,
        key: &AeadKey,
        aad: &mut BodyAad,
        first: u32,
        position: Position,
    ) -> Result<(), SealError> {
        let stride = self.stride();
        let full = self.filled / self.frame_length;
        let frames = if position == Position::Last { full + 1 } else { full };
        let mut number = first;
        for slot in 0..frames {
            let start = slot * stride;
            let is_final = slot == full;
            let length = if is_final { self.filled - slot * self.frame_length } else { self.frame_length };
            let content_length = u32::try_from(length).map_err(|_| SealError)?;
            let frame = if is_final {
                Frame::last(number, content_length)
            } else {
                Frame::regular(number, content_length)
            };
            if is_final {
                let content = start + REGULAR_HEADER_LENGTH..start + REGULAR_HEADER_LENGTH + length;
                let needed = content.end + FINAL_SHIFT + TAG_LENGTH;
                if self.bytes.len() < needed {
                    self.bytes.resize(needed, 0);
                }
                self.bytes.copy_within(content, start + FINAL_HEADER_LENGTH);
            }
            let header_length = frame.header_length();
            let bytes = &mut self.bytes[start..start + header_length + length + TAG_LENGTH];
            let (header, rest) = bytes.split_at_mut(header_length);
            let (content, tag) = rest.split_at_mut(length);
            frame.write_header(header);
            tag.copy_from_slice(&key.seal(&frame.iv, aad.of(&frame), content)?);
            self.sealed_length = start + header_length + length + TAG_LENGTH;
            number = number.wrapping_add(1);
        }
        Ok(())
    }

    /// The sealed frames, one after the other.
    pub(super) fn sealed(&self) -> &[u8] {
        &self.bytes[..self.sealed_length]
    }
}

impl Hashed for SealingBatch {
    fn hashed(&self) -> &[u8] {
        self.sealed()
    }
}

/// Whole frames of ciphertext, to be opened where they were read.
#[derive(Debug)]
pub(super) struct OpeningBatch {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
    frames: Vec<Frame>,
}

/// How many regular frames of this length are read at a time, and how long they are together, in bytes.
pub(super) fn frames_at_a_time(frame_length: usize) -> (usize, usize) {
    let length = frame_length.saturating_add(REGULAR_OVERHEAD);
    let frames = (BATCH_LENGTH / length).max(1);
    (frames, length.saturating_mul(frames))
}

impl OpeningBatch {
    /// Reads `length` bytes, all of them whole regular frames, numbered from `first`; `None` when they are not.
    pub(super) fn read_regular(
        source: &mut impl Read,
        length: usize,
        first: u32,
        frame_length: u32,
        mut bytes: Vec<u8>,
    ) -> io::Result<Option<Self>> {
        if bytes.len() < length {
            grow(&mut bytes, length);
        }
        source.read_exact(&mut bytes[..length])?;
        let (mut frames, mut passed) = (Vec::new(), 0);
        while passed < length {
            let number = first.saturating_add(u32::try_from(frames.len()).unwrap_or(u32::MAX));
            let frame = match Frame::parse(&bytes[passed..length], number, frame_length) {
                Ok(Parsed::Frame(frame)) if frame.kind == FrameKind::Regular => frame,
                _ => return Ok(None),
            };
            passed += frame.length().unwrap_or(usize::MAX).min(length);
            frames.push(frame);
        }
        Ok((passed == length).then_some(Self { bytes, start: 0, length, frames }))
    }

    /// Opens the frames in place; gives each one's content, in order.
    ///
    /// On failure it gives the sequence number of the frame that is not authentic.
    ///
    /// Spec: client-apis/decrypt.md#decrypt-the-message-body, client-apis/decrypt.md#authenticated-data
    pub(super) fn open(&mut self, key: &AeadKey, aad: &mut BodyAad) -> Result<Vec<&[u8]>, u32> {
        let mut contents: Vec<&[u8]> = Vec::with_capacity(self.frames.len());
        let mut rest = &mut self.bytes[self.start..self.start + self.length];
        for frame in &self.frames {
            let (header_length, number) = (frame.header_length(), frame.sequence_number);
            let length = header_length + frame.content_length as usize + TAG_LENGTH;
            let (bytes, after) = rest.split_at_mut(length);
            let opened = key.open(&frame.iv, aad.of(frame), &mut bytes[header_length..]);
            contents.push(opened.map_err(|_| number)?);
            rest = after;
        }
        Ok(contents)
    }

    /// How many frames it holds.
    pub(super) fn frame_count(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Whether its last frame is the final one of the message.
    pub(super) fn is_last(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.kind == FrameKind::Final)
    }

    /// Whether the source had no more to give when it was read: more may be long in coming.
    pub(super) fn is_short(&self) -> bool {
        self.length < BATCH_LENGTH / 2
    }

    /// Its memory, to be used again.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Hashed for OpeningBatch {
    fn hashed(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.length]
    }
}

/// Ciphertext that has been read and not yet consumed.
#[derive(Debug)]
pub(super) struct OpeningBuffer<R> {
    source: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
}

impl<R: Read> OpeningBuffer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new(), start: 0, end: 0, consumed: 0 }
    }

    /// How many bytes of the message have been consumed.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// How many bytes of the message have been read.
    pub(super) fn read_length(&self) -> u64 {
        self.consumed + (self.end - self.start) as u64
    }

    /// What has been read and not consumed.
    pub(super) fn available(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Takes these frames, which lie at the beginning of what is available, out of it.
    ///
    /// `spare`: memory to read into from now on.
    pub(super) fn take(&mut self, frames: Vec<Frame>, length: usize, mut spare: Vec<u8>) -> OpeningBatch {
        let rest = &self.bytes[self.start + length..self.end];
        if spare.len() < rest.len().max(BATCH_LENGTH) {
            spare.resize(rest.len().max(BATCH_LENGTH), 0);
        }
        spare[..rest.len()].copy_from_slice(rest);
        let (start, left) = (self.start, rest.len());
        let bytes = std::mem::replace(&mut self.bytes, spare);
        (self.start, self.end) = (0, left);
        self.consumed += length as u64;
        OpeningBatch { bytes, start, length, frames }
    }

    /// The first bytes of all, as long as nothing has been taken or moved: while a header is read.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// The same, to be changed in place before it is consumed.
    pub(super) fn available_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// The source itself; what has been read of it and not been consumed stays here.
    pub(super) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Passes over `length` bytes, which have been read once before.
    pub(super) fn skip(&mut self, length: u64) -> io::Result<()> {
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
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        self.consumed += length as u64;
    }

    /// Reads until at least `wanted` bytes are available, or the input has ended; gives how many are.
    ///
    /// Memory grows with what has been read, never with `wanted` alone.
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        while self.end - self.start < wanted {
            if self.start > 0 {
                self.bytes.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.end == self.bytes.len() {
                let length = (self.bytes.len() * 2).max(BATCH_LENGTH);
                grow(&mut self.bytes, length.min(wanted.max(BATCH_LENGTH)));
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

/// Makes a buffer this long. The first time its pages come zeroed from the system, and a small message touches few.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.is_empty() {
        *bytes = vec![0; length];
    } else {
        bytes.resize(length, 0);
    }
}

impl<R: Rewind> OpeningBuffer<R> {
    /// Goes on at this byte of the message; for a source that can be read at any offset.
    pub(super) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        (self.start, self.end, self.consumed) = (0, 0, offset);
        self.source.go_to(offset)
    }

    /// The source, where it can be read at any offset.
    pub(super) fn at_offsets(&self) -> Option<AtOffsets<'_>> {
        self.source.at_offsets()
    }

    /// Begins anew at the message's first byte.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
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

/// Writes all the slices, with as few calls as there can be.
pub(super) fn write_all_vectored(destination: &mut impl Write, pieces: &[&[u8]]) -> io::Result<()> {
    for pieces in pieces.chunks(MAX_SLICES) {
        let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = slices.as_mut_slice();
        // Leading empty slices must not be taken for a destination that accepts nothing.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            match destination.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
