//! Ciphertext that is opened where it was read.

use std::io::{self, Read};
use std::ops::Range;

use super::{SHORT_FRAME, grow};
use crate::crypto::aead::AeadKey;
use crate::format::BodyAad;
use crate::format::frame::{Frame, FrameKind, Parsed};
use crate::message::BATCH_LENGTH;
use crate::message::hashing::Hashed;
use crate::suite::TAG_LENGTH;

/// Whole frames of ciphertext, to be opened where they were read.
#[derive(Debug)]
pub(in crate::message) struct OpeningBatch {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
    frames: Vec<Frame>,
    /// Where the last content of those that are open lies.
    last: Range<usize>,
}

impl OpeningBatch {
    /// These frames, which lie in `length` bytes from `start` on.
    pub(super) fn of(bytes: Vec<u8>, start: usize, length: usize, frames: Vec<Frame>) -> Self {
        Self { bytes, start, length, frames, last: 0..0 }
    }

    /// Reads `length` bytes, all of them whole regular frames, numbered from `first`; `None` when they are not.
    pub(in crate::message) fn read_regular(
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
        Ok((passed == length).then_some(Self::of(bytes, 0, length, frames)))
    }

    /// Opens the frames in place.
    ///
    /// # Errors
    /// The sequence number of the frame that is not authentic.
    ///
    /// Spec: client-apis/decrypt.md#decrypt-the-message-body, client-apis/decrypt.md#authenticated-data
    pub(in crate::message) fn open(&mut self, key: &AeadKey, aad: &mut BodyAad) -> Result<(), u32> {
        if self.is_put_together() {
            return self.open_together(key, aad);
        }
        let mut rest = &mut self.bytes[self.start..self.start + self.length];
        for frame in &self.frames {
            let header_length = frame.header_length();
            let length = header_length + frame.content_length as usize + TAG_LENGTH;
            let (bytes, after) = rest.split_at_mut(length);
            let opened = key.open(&frame.iv, aad.of(frame), &mut bytes[header_length..]);
            opened.map_err(|_| frame.sequence_number)?;
            rest = after;
        }
        let end = self.start + self.length - TAG_LENGTH;
        self.last = end - self.frames.last().map_or(0, |frame| frame.content_length as usize)..end;
        Ok(())
    }

    /// Whether frames are so short that their contents are put together.
    fn is_put_together(&self) -> bool {
        let is_short = |frame: &Frame| (frame.content_length as usize) < SHORT_FRAME;
        self.frames.len() > 1 && self.frames.first().is_some_and(is_short)
    }

    /// Moves each content to the end of those before it as soon as it is open.
    fn open_together(&mut self, key: &AeadKey, aad: &mut BodyAad) -> Result<(), u32> {
        let bytes = &mut self.bytes[self.start..self.start + self.length];
        let (mut begin, mut end, mut last) = (0, 0, 0);
        for frame in &self.frames {
            let content = begin + frame.header_length();
            let length = frame.content_length as usize;
            begin = content + length + TAG_LENGTH;
            let opened = key.open(&frame.iv, aad.of(frame), &mut bytes[content..begin]);
            opened.map_err(|_| frame.sequence_number)?;
            bytes.copy_within(content..content + length, end);
            last = end;
            end += length;
        }
        self.last = self.start + last..self.start + end;
        Ok(())
    }

    /// The contents of the frames, once they are open, in order. Those of short frames come in one piece, but for that of a
    /// final frame.
    pub(in crate::message) fn contents(&self) -> Vec<&[u8]> {
        if self.is_put_together() {
            return match self.is_last() {
                true => vec![&self.bytes[self.start..self.last.start], self.final_content()],
                false => vec![&self.bytes[self.start..self.last.end]],
            };
        }
        let mut rest = &self.bytes[self.start..self.start + self.length];
        let content = |frame: &Frame| {
            let (header_length, length) = (frame.header_length(), frame.content_length as usize);
            let (bytes, after) = rest.split_at(header_length + length + TAG_LENGTH);
            rest = after;
            &bytes[header_length..header_length + length]
        };
        self.frames.iter().map(content).collect()
    }

    /// The content of the last frame, once it is open.
    pub(in crate::message) fn final_content(&self) -> &[u8] {
        &self.bytes[self.last.clone()]
    }

    /// How many frames it holds.
    pub(in crate::message) fn frame_count(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Whether its last frame is the final one of the message.
    pub(in crate::message) fn is_last(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.kind == FrameKind::Final)
    }

    /// Whether the source may have had no more to give when it was read: more may be long in coming.
    pub(in crate::message) fn is_short(&self) -> bool {
        self.length < BATCH_LENGTH / 2
    }

    /// Its memory, to be used again.
    pub(in crate::message) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Hashed for OpeningBatch {
    fn hashed(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.length]
    }
}
