//! Frames: one description for both directions.
//!
//! | regular, bytes | final, bytes | field |
//! | --- | --- | --- |
//! | | 4 | end marker, 0xFFFFFFFF |
//! | 4 | 4 | sequence number, from 1 |
//! | 12 | 12 | IV: the sequence number, big-endian, where we write; used as it is stored where we read |
//! | | 4 | content length, 0 to the frame length |
//! | frame length | content length | content, encrypted |
//! | 16 | 16 | tag |
//!
//! Spec: data-format/message-body.md#framed-data

use super::FormatError;
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// Length of what stands before a regular frame's content, in bytes.
pub const REGULAR_HEADER_LENGTH: usize = 16;
/// Length of what stands before the final frame's content, in bytes.
pub const FINAL_HEADER_LENGTH: usize = 24;
/// What a regular frame is longer than its content, in bytes.
///
/// Spec: data-format/message-body.md#regular-frame-authentication-tag
pub const REGULAR_OVERHEAD: usize = REGULAR_HEADER_LENGTH.saturating_add(TAG_LENGTH);
/// What the final frame is longer than its content, in bytes.
///
/// Spec: data-format/message-body.md#final-frame-authentication-tag
pub const FINAL_OVERHEAD: usize = FINAL_HEADER_LENGTH.saturating_add(TAG_LENGTH);
/// Greatest sequence number: a message has at most as many frames.
///
/// Spec: data-format/message-body.md#framed-data
pub const MAX_SEQUENCE_NUMBER: u32 = u32::MAX;

/// Spec: data-format/message-body.md#sequence-number-end
const FINAL_MARKER: u32 = u32::MAX;

/// Which of the two kinds a frame is.
///
/// Spec: data-format/message-body.md#regular-frame, data-format/message-body.md#final-frame
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Not the last one: exactly the frame length of content.
    Regular,
    /// The last one: up to the frame length of content.
    Final,
}

/// Where the parts of one frame lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Regular or final.
    pub kind: FrameKind,
    /// From 1, no gaps.
    ///
    /// Spec: data-format/message-body.md#regular-frame-sequence-number,
    /// data-format/message-body.md#final-frame-sequence-number
    pub sequence_number: u32,
    /// What the content is sealed under. It has to be unique in the message, and there are published messages in which it
    /// is not the sequence number. Under one that was changed nothing opens.
    ///
    /// Spec: data-format/message-body.md#regular-frame-iv, data-format/message-body.md#final-frame-iv
    pub iv: [u8; IV_LENGTH],
    /// Length of the content in bytes.
    ///
    /// Spec: data-format/message-body.md#regular-frame-encrypted-content,
    /// data-format/message-body.md#final-frame-encrypted-content-length,
    /// data-format/message-body.md#final-frame-encrypted-content
    pub content_length: u32,
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A frame whose header is whole; its content and tag may reach beyond the bytes.
    Frame(Frame),
    /// A frame's header that needs at least this many bytes.
    Needs(usize),
}

/// The IV of the frame with this sequence number.
///
/// Spec: data-format/message-body.md#regular-frame-iv, data-format/message-body.md#final-frame-iv
pub fn iv(sequence_number: u32) -> [u8; IV_LENGTH] {
    let mut iv = [0; IV_LENGTH];
    if let Some(last) = iv.last_chunk_mut::<4>() {
        *last = sequence_number.to_be_bytes();
    }
    iv
}

impl Frame {
    /// A regular frame; its content is the frame length.
    pub fn regular(sequence_number: u32, frame_length: u32) -> Self {
        Self {
            kind: FrameKind::Regular,
            sequence_number,
            iv: iv(sequence_number),
            content_length: frame_length,
        }
    }

    /// The final frame.
    pub fn last(sequence_number: u32, content_length: u32) -> Self {
        Self { kind: FrameKind::Final, sequence_number, iv: iv(sequence_number), content_length }
    }

    /// Length of what stands before the content, in bytes.
    pub fn header_length(&self) -> usize {
        match self.kind {
            FrameKind::Regular => REGULAR_HEADER_LENGTH,
            FrameKind::Final => FINAL_HEADER_LENGTH,
        }
    }

    /// Length of the whole frame in bytes; `None` when this machine cannot address it.
    pub fn length(&self) -> Option<usize> {
        usize::try_from(self.content_length).ok()?.checked_add(self.header_length())?.checked_add(TAG_LENGTH)
    }

    /// Reads the header of the frame with the sequence number that is due.
    ///
    /// # Errors
    /// [`FormatError`] when another frame stands there, or it is too long.
    ///
    /// Spec: client-apis/decrypt.md#decrypt-the-message-body
    pub fn parse(bytes: &[u8], expected: u32, frame_length: u32) -> Result<Parsed, FormatError> {
        let Some((first, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(Parsed::Needs(4));
        };
        let first = u32::from_be_bytes(*first);
        if first != FINAL_MARKER {
            check_sequence_number(first, expected)?;
            let Some((stored, _)) = rest.split_first_chunk::<IV_LENGTH>() else {
                return Ok(Parsed::Needs(REGULAR_HEADER_LENGTH));
            };
            return Ok(Parsed::Frame(Self { iv: *stored, ..Self::regular(first, frame_length) }));
        }
        let Some((found, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(Parsed::Needs(FINAL_HEADER_LENGTH));
        };
        let found = u32::from_be_bytes(*found);
        check_sequence_number(found, expected)?;
        let Some((stored, rest)) = rest.split_first_chunk::<IV_LENGTH>() else {
            return Ok(Parsed::Needs(FINAL_HEADER_LENGTH));
        };
        let Some((length, _)) = rest.split_first_chunk::<4>() else {
            return Ok(Parsed::Needs(FINAL_HEADER_LENGTH));
        };
        let length = u32::from_be_bytes(*length);
        if length > frame_length {
            return Err(FormatError::FinalFrameLength { length, frame_length });
        }
        Ok(Parsed::Frame(Self { iv: *stored, ..Self::last(found, length) }))
    }

    /// Writes what stands before the content into exactly [`Self::header_length`] bytes.
    pub fn write_header(&self, out: &mut [u8]) {
        let number = self.sequence_number.to_be_bytes();
        let (marker, length) = (FINAL_MARKER.to_be_bytes(), self.content_length.to_be_bytes());
        let parts: [&[u8]; 4] = match self.kind {
            FrameKind::Regular => [&number, &self.iv, &[], &[]],
            FrameKind::Final => [&marker, &number, &self.iv, &length],
        };
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
    }
}

fn check_sequence_number(found: u32, expected: u32) -> Result<(), FormatError> {
    if found == expected { Ok(()) } else { Err(FormatError::SequenceNumber { expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(frame: Frame) -> Vec<u8> {
        let mut bytes = vec![0; frame.header_length()];
        frame.write_header(&mut bytes);
        bytes
    }

    #[test]
    fn reads_what_it_writes_and_asks_for_what_is_missing() {
        for frame in [Frame::regular(7, 4096), Frame::last(7, 4096), Frame::last(7, 0)] {
            let bytes = header(frame);
            assert_eq!(Frame::parse(&bytes, 7, 4096), Ok(Parsed::Frame(frame)));
            for end in 0..bytes.len() {
                let Ok(Parsed::Needs(needs)) = Frame::parse(&bytes[..end], 7, 4096) else {
                    panic!("{end}");
                };
                assert!(needs > end);
            }
        }
    }

    #[test]
    fn refuses_other_numbers_and_lengths() {
        let bytes = header(Frame::regular(7, 4096));
        let expected = FormatError::SequenceNumber { expected: 8, found: 7 };
        assert_eq!(Frame::parse(&bytes, 8, 4096), Err(expected));
        let bytes = header(Frame::last(7, 4097));
        let expected = FormatError::FinalFrameLength { length: 4097, frame_length: 4096 };
        assert_eq!(Frame::parse(&bytes, 7, 4096), Err(expected));
    }

    #[test]
    fn an_iv_is_read_as_it_is_stored() {
        for (frame, at) in [(Frame::regular(7, 4096), 4), (Frame::last(7, 4096), 8)] {
            assert_eq!(frame.iv, iv(7));
            let mut bytes = header(frame);
            bytes[at] = 1;
            let mut stored = iv(7);
            stored[0] = 1;
            assert_eq!(Frame::parse(&bytes, 7, 4096), Ok(Parsed::Frame(Frame { iv: stored, ..frame })));
        }
    }

    #[test]
    fn lengths_do_not_overflow() {
        assert_eq!(Frame::last(1, 5).length(), Some(45));
        assert_eq!(Frame::regular(1, u32::MAX).length(), usize::try_from(u32::MAX as u64 + 32).ok());
    }
}
