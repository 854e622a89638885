//! Unframed bodies: read, never written.
//!
//! | bytes | field |
//! | --- | --- |
//! | 12 | IV |
//! | 8 | content length, 0 to 2^36 - 32 |
//! | content length | content, encrypted |
//! | 16 | tag |
//!
//! Spec: data-format/message-body.md#non-framed-data

use std::io::Read;

use super::FormatError;
use super::fields::{Fields, ReadError};
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// Greatest length of an unframed body's content, in bytes: AES-GCM seals no more in one piece.
///
/// Spec: data-format/message-body.md#non-framed-data-encrypted-content-length
pub const MAX_CONTENT_LENGTH: u64 = (1 << 36) - 32;
/// Length of what stands before the content, in bytes.
pub const HEADER_LENGTH: u64 = 20;
/// What stands between the message id and the sequence number in the body AAD.
const CONTENT: &[u8] = b"AWSKMSEncryptionClient Single Block";
/// There is one piece, and this is its sequence number.
const SEQUENCE_NUMBER: u32 = 1;

/// What stands before an unframed body's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnframedBody {
    /// The IV, as it is stored.
    ///
    /// Spec: data-format/message-body.md#non-framed-data-iv
    pub iv: [u8; IV_LENGTH],
    /// Length of the content in bytes.
    ///
    /// Spec: data-format/message-body.md#non-framed-data-encrypted-content-length
    pub content_length: u64,
}

impl UnframedBody {
    /// Reads it.
    ///
    /// # Errors
    /// [`ReadError`]: the input could not be read, ends, or claims too long a content.
    pub fn read<R: Read>(fields: &mut Fields<R>) -> Result<Self, ReadError> {
        let iv = fields.array("the IV of the body")?;
        let content_length = u64::from_be_bytes(fields.array("the content length of the body")?);
        if content_length > MAX_CONTENT_LENGTH {
            return Err(FormatError::UnframedLength(content_length).into());
        }
        Ok(Self { iv, content_length })
    }

    /// What is authenticated beside the content.
    ///
    /// Spec: data-format/message-body-aad.md#structure, data-format/message-body-aad.md#body-aad-content,
    /// data-format/message-body-aad.md#sequence-number, data-format/message-body-aad.md#content-length
    pub fn aad(&self, message_id: &[u8]) -> Vec<u8> {
        let (number, length) = (SEQUENCE_NUMBER.to_be_bytes(), self.content_length.to_be_bytes());
        [message_id, CONTENT, &number, &length].concat()
    }
}

/// Reads the tag after the content.
///
/// # Errors
/// [`ReadError`]: the input could not be read, or ends.
///
/// Spec: data-format/message-body.md#non-framed-data-authentication-tag
pub fn read_tag<R: Read>(fields: &mut Fields<R>) -> Result<[u8; TAG_LENGTH], ReadError> {
    fields.array("the tag of the body")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_iv_and_length_up_to_the_limit() {
        let bytes = |length: u64| [[7; 12].as_slice(), &length.to_be_bytes()].concat();
        let read = |length| UnframedBody::read(&mut Fields::new(bytes(length).as_slice(), 0));
        let body = read(MAX_CONTENT_LENGTH).expect("the greatest");
        assert_eq!(body, UnframedBody { iv: [7; 12], content_length: MAX_CONTENT_LENGTH });
        for length in [MAX_CONTENT_LENGTH + 1, 1 << 63, u64::MAX] {
            let Err(ReadError::Format(error)) = read(length) else { panic!("{length} is taken") };
            assert_eq!(error, FormatError::UnframedLength(length));
        }
        let body = UnframedBody { iv: [0; 12], content_length: 0x0102 };
        assert_eq!(body.aad(b"id"), b"idAWSKMSEncryptionClient Single Block\0\0\0\x01\0\0\0\0\0\0\x01\x02");
    }
}
