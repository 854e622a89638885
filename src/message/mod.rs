//! One message, streamed: header, frames, footer.
//!
//! Memory is bounded by a few batches of frames, whatever the message's length; a frame longer than a batch is held
//! whole, because no byte of it may leave before its tag has been checked.

mod batch;
pub mod body;
pub mod cache;
pub mod decrypt;
pub mod encrypt;
mod error;
pub mod forecast;
mod hand_over;
mod hashing;
mod in_turn;
mod materials;
mod places;
pub mod positioned;
pub mod read_back;
pub mod replay;
pub mod rotate;
pub mod threads;
mod unframed;
pub mod whole;

use std::num::NonZeroU32;

pub use error::{DecryptError, EdkReport, EncryptError, Verdict};
pub use materials::EncryptionMaterials;

/// Frame length when none is asked for, in bytes of plaintext.
///
/// Spec: client-apis/encrypt.md#frame-length
pub const DEFAULT_FRAME_LENGTH: NonZeroU32 = NonZeroU32::new(4096).expect("4096 is not zero");

/// Encrypted data keys written into and accepted from one message when no other limit is set.
///
/// Spec: client-apis/client.md#maximum-number-of-encrypted-data-keys
pub const DEFAULT_MAX_ENCRYPTED_DATA_KEYS: usize = 100;

/// Bytes that are read, sealed or opened, and written at a time; a frame that is longer is a batch of its own.
pub(crate) const BATCH_LENGTH: usize = 256 * 1024;

/// Bytes that the threads hold together which work on one file, as far as frames are not longer.
const MAX_BYTES_AT_WORK: usize = 192 << 20;
