//! The message format: bytes to structs and back. No keys, no cryptography, no files.
//!
//! | part | version 1 | version 2 |
//! | --- | --- | --- |
//! | header body | version, type, suite, message id (16), context, EDKs, content type, reserved, IV length, frame length | version, suite, message id (32), context, EDKs, content type, frame length, commitment key |
//! | header authentication | IV (12), tag (16) | tag (16) |
//! | body | frames, or unframed | frames, or unframed |
//! | footer, when signed | signature length (2), signature | the same |
//!
//! Spec: data-format/message.md#structure

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod body_aad;
mod encrypted_data_key;
pub mod extent;
pub mod fields;
pub mod footer;
pub mod frame;
mod header;
pub mod length;
pub mod recognise;
pub mod unframed;

use std::fmt;

use crate::context::ContextError;
use crate::suite::{AlgorithmSuite, MessageVersion};

pub use body_aad::BodyAad;
pub use encrypted_data_key::{EncryptedDataKey, escaped};
pub use header::{ContentType, Header, HeaderAuthentication};

/// The bytes are not a message, or not a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// There are no bytes at all.
    Empty,
    /// The bytes are a message in base64.
    Base64Text,
    /// The first byte is not the version of a message.
    Version(u8),
    /// The second byte of a version 1 message is not its type, 0x80.
    Type(u8),
    /// The algorithm suite is not a supported one.
    UnknownSuite(u16),
    /// The algorithm suite is not written in this version of the format.
    SuiteInOtherVersion {
        /// The suite.
        suite: &'static AlgorithmSuite,
        /// The version that the message names.
        version: MessageVersion,
    },
    /// The message ends before the end of this field.
    EndsInside {
        /// The field.
        field: &'static str,
        /// How many bytes there are.
        offset: u64,
    },
    /// The message ends before the end of this frame.
    EndsInsideFrame {
        /// The frame's sequence number.
        sequence_number: u32,
        /// How many bytes there are.
        offset: u64,
    },
    /// The encryption context's fields do not fill the length that it claims.
    ContextLength,
    /// The encryption context is not text.
    ContextNotUtf8,
    /// The encryption context cannot be one.
    Context(ContextError),
    /// There is no encrypted data key.
    NoEncryptedDataKey,
    /// There are more encrypted data keys than accepted.
    TooManyEncryptedDataKeys {
        /// How many the message claims.
        count: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// The content type is neither 1 (unframed) nor 2 (framed).
    ContentType(u8),
    /// The reserved field is not zero.
    Reserved([u8; 4]),
    /// The IV length is not 12.
    IvLength(u8),
    /// The frame length is zero in a framed message, or not zero in an unframed one.
    FrameLength(u32),
    /// The frame that stands here has another sequence number than the one due.
    SequenceNumber {
        /// The sequence number due.
        expected: u32,
        /// What stands there.
        found: u32,
    },
    /// The final frame claims more content than the frame length.
    FinalFrameLength {
        /// The content length that it claims, in bytes.
        length: u32,
        /// The frame length of the header, in bytes.
        frame_length: u32,
    },
    /// An unframed body claims more content than one can have.
    UnframedLength(u64),
    /// A field is longer than its length can say.
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// Bytes follow the end of the message.
    TrailingBytes {
        /// Where the message ended.
        offset: u64,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("not a message: there are no bytes"),
            Self::Base64Text => f.write_str("not a message: it is base64 text of one"),
            Self::Version(version) => {
                write!(f, "not a message: byte 0 is 0x{version:02x}, and a message begins with 0x01 or 0x02")
            }
            Self::Type(found) => {
                write!(f, "not a message: the type (byte 1) is 0x{found:02x}, and 0x80 is the only one")
            }
            Self::UnknownSuite(id) => write!(f, "the algorithm suite 0x{id:04x} is not a supported one"),
            Self::SuiteInOtherVersion { suite, version } => {
                write!(f, "the algorithm suite {suite} cannot stand in a message of version {version}")
            }
            Self::EndsInside { field, offset } => {
                write!(f, "the message ends inside {field} (byte {offset})")
            }
            Self::EndsInsideFrame { sequence_number, offset } => {
                write!(f, "the message ends inside frame {sequence_number} (byte {offset})")
            }
            Self::ContextLength => {
                f.write_str("the encryption context's pairs do not fill the length that the header claims")
            }
            Self::ContextNotUtf8 => f.write_str("the encryption context holds bytes that are not UTF-8"),
            Self::Context(error) => error.fmt(f),
            Self::NoEncryptedDataKey => f.write_str("the header holds no encrypted data key"),
            Self::TooManyEncryptedDataKeys { count, limit } => {
                write!(f, "the header claims {count} encrypted data keys, and at most {limit} are accepted")
            }
            Self::ContentType(found) => write!(f, "the content type is {found}, neither 1 nor 2"),
            Self::Reserved(found) => write!(f, "the reserved field of the header is {found:02x?}, not zero"),
            Self::IvLength(found) => write!(f, "the IV length in the header is {found}, not 12"),
            Self::FrameLength(found) => {
                write!(f, "the frame length {found} does not go with the content type")
            }
            Self::SequenceNumber { expected, found } => {
                write!(f, "frame {found} stands where frame {expected} is due")
            }
            Self::FinalFrameLength { length, frame_length } => {
                write!(f, "the final frame claims {length} bytes, more than the frame length {frame_length}")
            }
            Self::UnframedLength(length) => {
                write!(f, "the unframed body claims {length} bytes, more than one can have")
            }
            Self::TooLong { field, length } => {
                write!(f, "{field} is {length} bytes long, more than its length field can say")
            }
            Self::TrailingBytes { offset } => {
                write!(f, "bytes follow the end of the message (byte {offset})")
            }
        }
    }
}

impl std::error::Error for FormatError {}

impl From<ContextError> for FormatError {
    fn from(error: ContextError) -> Self {
        Self::Context(error)
    }
}
