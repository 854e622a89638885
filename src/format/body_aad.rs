//! What is authenticated beside a frame's content.
//!
//! | bytes | field |
//! | --- | --- |
//! | 16 or 32 | message id |
//! | n | one of three texts, by the kind of content |
//! | 4 | sequence number |
//! | 8 | content length |
//!
//! Spec: data-format/message-body-aad.md#structure

use super::frame::{Frame, FrameKind};

/// Spec: data-format/message-body-aad.md#body-aad-content
const REGULAR_CONTENT: &[u8] = b"AWSKMSEncryptionClient Frame";
const FINAL_CONTENT: &[u8] = b"AWSKMSEncryptionClient Final Frame";

/// The additional authenticated data of one message's frames; one buffer a kind, reused.
#[derive(Clone, Debug)]
pub struct BodyAad {
    regular: Vec<u8>,
    last: Vec<u8>,
}

impl BodyAad {
    /// For the message with this id.
    ///
    /// Spec: data-format/message-body-aad.md#message-id
    pub fn new(message_id: &[u8]) -> Self {
        let with = |content: &[u8]| [message_id, content, &[0; 12]].concat();
        Self { regular: with(REGULAR_CONTENT), last: with(FINAL_CONTENT) }
    }

    /// For this frame.
    ///
    /// Spec: data-format/message-body-aad.md#sequence-number, data-format/message-body-aad.md#content-length
    pub fn of(&mut self, frame: &Frame) -> &[u8] {
        let bytes = match frame.kind {
            FrameKind::Regular => &mut self.regular,
            FrameKind::Final => &mut self.last,
        };
        if let Some(numbers) = bytes.last_chunk_mut::<12>() {
            let value = u128::from(frame.sequence_number) << 64 | u128::from(frame.content_length);
            if let Some(low) = value.to_be_bytes().last_chunk::<12>() {
                *numbers = *low;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_and_final() {
        let mut aad = BodyAad::new(b"id");
        assert_eq!(
            aad.of(&Frame::regular(0x0102_0304, 4096)),
            b"idAWSKMSEncryptionClient Frame\x01\x02\x03\x04\0\0\0\0\0\0\x10\0"
        );
        assert_eq!(
            aad.of(&Frame::last(u32::MAX, 5)),
            b"idAWSKMSEncryptionClient Final Frame\xff\xff\xff\xff\0\0\0\0\0\0\0\x05"
        );
        assert_eq!(
            aad.of(&Frame::regular(1, 1)),
            b"idAWSKMSEncryptionClient Frame\0\0\0\x01\0\0\0\0\0\0\0\x01"
        );
    }
}
