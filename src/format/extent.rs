//! How much of a whole framed message is body and how much footer, by arithmetic: no frame has to be read.
//!
//! Frames of one length, a final frame that is at most as long, and a signature's length field near the end leave one
//! answer only.
//!
//! Spec: data-format/message.md#structure

use super::frame::{FINAL_HEADER_LENGTH, FINAL_OVERHEAD, Frame, FrameKind, Parsed, REGULAR_OVERHEAD};

/// A DER signature of P-256 or P-384 is never longer, in bytes.
const MAX_SIGNATURE_LENGTH: u64 = 139;
/// So many bytes at the end of a message are enough for [`Extent::of`] to find the footer.
pub const TAIL_LENGTH: usize = 256;

/// The lengths of a message's body and footer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Frames, the final one included.
    pub frames: u64,
    /// Plaintext in them.
    pub plaintext_length: u64,
    /// All frames.
    pub body_length: u64,
    /// The footer; 0 in an unsigned message.
    pub footer_length: u64,
    /// Where the final frame begins, counted from the body's first byte.
    pub final_frame_offset: u64,
}

impl Extent {
    /// The extents that body and footer of `length` bytes can have, the likely one first.
    ///
    /// `tail`: the last bytes of the message, at most [`TAIL_LENGTH`]; only needed when it is signed.
    pub fn of(length: u64, frame_length: u32, is_signed: bool, tail: &[u8]) -> Vec<Self> {
        if !is_signed {
            return Self::with_footer(length, frame_length, 0).into_iter().collect();
        }
        let footer_length = |signature: u64| {
            let footer = signature.checked_add(2)?;
            let at = tail.len().checked_sub(usize::try_from(footer).ok()?)?;
            let field = tail.get(at..)?.first_chunk::<2>()?;
            (u64::from(u16::from_be_bytes(*field)) == signature).then_some(footer)
        };
        (0..=MAX_SIGNATURE_LENGTH)
            .rev()
            .filter_map(footer_length)
            .filter_map(|footer| Self::with_footer(length, frame_length, footer))
            .collect()
    }

    /// Whether these bytes are the header of this extent's final frame.
    pub fn is_final_frame(&self, header: &[u8; FINAL_HEADER_LENGTH], frame_length: u32) -> bool {
        let expected = u32::try_from(self.frames).unwrap_or(0);
        match Frame::parse(header, expected, frame_length) {
            Ok(Parsed::Frame(frame)) => {
                frame.kind == FrameKind::Final
                    && Some(u64::from(frame.content_length)) == self.final_content(frame_length)
            }
            _ => false,
        }
    }

    fn final_content(&self, frame_length: u32) -> Option<u64> {
        let before = self.frames.checked_sub(1)?.checked_mul(u64::from(frame_length))?;
        self.plaintext_length.checked_sub(before)
    }

    fn with_footer(length: u64, frame_length: u32, footer_length: u64) -> Option<Self> {
        let body_length = length.checked_sub(footer_length)?;
        let content = u64::from(frame_length);
        let stride = content.checked_add(REGULAR_OVERHEAD as u64)?;
        let beyond = body_length.checked_sub(FINAL_OVERHEAD as u64)?;
        let regular = beyond.checked_div(stride)?;
        let last = beyond.checked_rem(stride)?;
        if last > content {
            return None;
        }
        Some(Self {
            frames: regular.checked_add(1)?,
            plaintext_length: regular.checked_mul(content)?.checked_add(last)?,
            body_length,
            footer_length,
            final_frame_offset: regular.checked_mul(stride)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_messages_have_one_extent() {
        for (plaintext, frame_length) in [(0, 1), (1, 1), (5, 1), (4096, 4096), (4097, 4096), (100, 4096)] {
            let frames = u64::max(1, u64::div_ceil(plaintext, frame_length));
            let length = plaintext + frames * 32 + 8;
            let extents = Extent::of(length, frame_length as u32, false, &[]);
            assert_eq!(extents.len(), 1);
            assert_eq!((extents[0].frames, extents[0].plaintext_length), (frames, plaintext));
        }
        assert!(Extent::of(39, 4096, false, &[]).is_empty());
        assert!(Extent::of(10 + 32 + 39, 10, false, &[]).is_empty(), "no frame ends there");
    }

    #[test]
    fn the_footer_is_found_at_the_end() {
        let mut message = vec![0xAA; 1000];
        message.extend([0, 103]);
        message.extend([0xBB; 103]);
        let length = message.len() as u64;
        let extents = Extent::of(length, 4096, true, &message[message.len() - TAIL_LENGTH..]);
        assert_eq!(extents.len(), 1);
        assert_eq!((extents[0].footer_length, extents[0].body_length), (105, 1000));
        assert_eq!(extents[0].plaintext_length, 960);
    }
}
