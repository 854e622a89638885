//! Plaintext that is read into the place where it is sealed.

use std::io::{self, IoSliceMut, Read};

use super::{MAX_SLICES, SHORT_FRAME, frames_at_a_time, grow};
use crate::crypto::aead::{AeadKey, SealError};
use crate::format::BodyAad;
use crate::format::frame::{FINAL_HEADER_LENGTH, Frame, REGULAR_HEADER_LENGTH, REGULAR_OVERHEAD};
use crate::message::BATCH_LENGTH;
use crate::message::hashing::Hashed;
use crate::suite::TAG_LENGTH;

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
///
/// Plaintext of short frames is read in one piece into the last part of this, and then moved to where each lies.
#[derive(Debug)]
pub(in crate::message) struct SealingBatch {
    bytes: Vec<u8>,
    frame_length: usize,
    slots: usize,
    filled: usize,
    sealed_length: usize,
}

/// Whether the frames of a batch are the last ones of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Position {
    /// More plaintext may follow.
    Inside,
    /// The last frame of the batch is the final one.
    Last,
}

impl SealingBatch {
    /// An empty batch for frames of this length, in bytes.
    pub(in crate::message) fn new(frame_length: usize) -> Self {
        let (slots, _) = frames_at_a_time(frame_length);
        Self { bytes: Vec::new(), frame_length, slots, filled: 0, sealed_length: 0 }
    }

    /// How many bytes of plaintext it can hold.
    pub(in crate::message) fn capacity(&self) -> usize {
        self.slots * self.frame_length
    }

    /// How many bytes of plaintext it holds.
    pub(in crate::message) fn filled(&self) -> usize {
        self.filled
    }

    /// How many frames it is sealed as.
    ///
    /// A final frame is never full: after an exact multiple of the frame length it is empty. The specification would
    /// rather have it full, and version 3 of the Python SDK refuses that.
    ///
    /// Spec: data-format/message-body.md#final-frame
    pub(in crate::message) fn frames(&self, position: Position) -> u64 {
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
    pub(in crate::message) fn fill(
        &mut self,
        source: &mut impl Read,
        rest: &mut Vec<u8>,
    ) -> io::Result<Position> {
        (self.filled, self.sealed_length) = (0, 0);
        self.put(rest);
        rest.clear();
        while self.filled < self.capacity() {
            match self.read_some(source) {
                Ok((0, _)) => {
                    self.spread();
                    return Ok(Position::Last);
                }
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
            let place = self.place_of(self.filled - started);
            rest.extend_from_slice(&self.bytes[place..place + started]);
            self.filled -= started;
        }
        self.spread();
        Ok(Position::Inside)
    }

    /// Whether frames are so short that plaintext is read in one piece.
    fn is_read_whole(&self) -> bool {
        self.frame_length < SHORT_FRAME
    }

    /// Where the byte of plaintext with this number is read to, from which on its frame lies in one piece.
    fn place_of(&self, number: usize) -> usize {
        if self.is_read_whole() {
            return self.slots * REGULAR_OVERHEAD + number;
        }
        number / self.frame_length * self.stride() + REGULAR_HEADER_LENGTH + number % self.frame_length
    }

    /// Moves plaintext that was read in one piece to where its frames lie: from the first one on, each moves towards the
    /// beginning, and none over one that is yet to be moved.
    fn spread(&mut self) {
        if self.is_read_whole() {
            for (slot, begin) in (0..self.filled).step_by(self.frame_length).enumerate() {
                let content = self.place_of(begin)..self.place_of(self.filled.min(begin + self.frame_length));
                let place = slot * self.stride() + REGULAR_HEADER_LENGTH;
                self.bytes.copy_within(content, place);
            }
        }
    }

    fn stride(&self) -> usize {
        self.frame_length + REGULAR_OVERHEAD
    }

    /// Plaintext shorter than a frame, at the beginning.
    fn put(&mut self, plaintext: &[u8]) {
        if !plaintext.is_empty() {
            self.make_room();
            let place = self.place_of(0);
            self.bytes[place..place + plaintext.len()].copy_from_slice(plaintext);
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
        if self.is_read_whole() {
            let place = self.place_of(self.filled)..self.place_of(self.capacity());
            let place = &mut self.bytes[place];
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
    pub(in crate::message) fn seal(
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
    pub(in crate::message) fn sealed(&self) -> &[u8] {
        &self.bytes[..self.sealed_length]
    }
}

impl Hashed for SealingBatch {
    fn hashed(&self) -> &[u8] {
        self.sealed()
    }
}
