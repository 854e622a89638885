//! What can go wrong with a message.

use std::fmt;
use std::io;

use crate::commitment::CommitmentPolicyError;
use crate::context::{ContextError, ContextNotMet};
use crate::crypto::RandomError;
use crate::crypto::aead::{AeadKeyError, SealError};
use crate::crypto::kdf::DeriveError;
use crate::crypto::signature::SignatureError;
use crate::format::fields::ReadError;
use crate::format::recognise::OtherFormat;
use crate::format::{EncryptedDataKey, FormatError};
use crate::keyring::{NotMine, Refusal, WrapError};
use crate::suite::AlgorithmSuite;

/// A message could not be encrypted.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncryptError {
    /// The commitment policy forbids the suite.
    Policy(CommitmentPolicyError),
    /// The encryption context cannot be one.
    Context(ContextError),
    /// No data key could be generated, or a wrapping key did not wrap it.
    Wrap(WrapError),
    /// The keyring gave a data key of another length than the suite's.
    DataKeyLength {
        /// The suite's, in bytes.
        expected: usize,
        /// The keyring's, in bytes.
        found: usize,
    },
    /// There are more wrapping keys than the message may hold encrypted data keys.
    TooManyEncryptedDataKeys {
        /// How many there are.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A field does not fit the header.
    Format(FormatError),
    /// The keys of the message could not be derived.
    Derive(DeriveError),
    /// The cipher did not take the key.
    Key(AeadKeyError),
    /// The cipher failed.
    Seal(SealError),
    /// The message could not be signed.
    Signature(SignatureError),
    /// The operating system gave no random bytes.
    Random(RandomError),
    /// The plaintext needs more frames of this length than a message can have.
    TooManyFrames {
        /// The frame length in bytes.
        frame_length: u32,
        /// The least frame length that would do, in bytes, when the plaintext's length is known.
        enough: Option<u64>,
    },
    /// The plaintext is longer than the data key may be used for.
    PlaintextOverBound {
        /// How long it was to be at most, in bytes.
        bound: u64,
    },
    /// The thread that hashes the message could not be had.
    Thread(io::Error),
    /// The plaintext could not be read.
    ReadPlaintext(io::Error),
    /// The ciphertext could not be written.
    WriteCiphertext(io::Error),
}

/// A message could not be decrypted.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecryptError {
    /// It is not a message, or not a whole one.
    Format(FormatError),
    /// It is something else.
    OtherFormat(OtherFormat),
    /// The ciphertext could not be read.
    ReadCiphertext(io::Error),
    /// The plaintext could not be written.
    WritePlaintext(io::Error),
    /// The commitment policy forbids the suite.
    Policy(CommitmentPolicyError),
    /// A signature is required, and the suite has none.
    SignatureRequired(&'static AlgorithmSuite),
    /// A signature is forbidden, and the suite has one.
    SignatureForbidden(&'static AlgorithmSuite),
    /// The frame length, or the length of an unframed body, is greater than accepted.
    LengthOverLimit {
        /// What the message says, in bytes.
        length: u64,
        /// What is accepted, in bytes.
        limit: u64,
    },
    /// The body is unframed: it has to be checked whole before any of it can be given out.
    Unframed,
    /// The encryption context is not what was asked for.
    Context(ContextNotMet),
    /// No wrapping key opened any of the encrypted data keys.
    NoKeyOpened(Vec<EdkReport>),
    /// The message is not committed to the data key that its encrypted data key holds.
    Commitment,
    /// The header failed authentication.
    HeaderNotAuthentic,
    /// A frame failed authentication.
    FrameNotAuthentic {
        /// Its sequence number.
        sequence_number: u32,
    },
    /// An unframed body failed authentication.
    BodyNotAuthentic,
    /// The message is signed and its context holds no public key.
    NoPublicKey,
    /// The message is not signed and its context holds a public key.
    PublicKeyInUnsigned,
    /// The public key in the context is not one.
    PublicKey(SignatureError),
    /// The signature does not verify.
    SignatureNotValid,
    /// The keys of the message could not be derived.
    Derive(DeriveError),
    /// The cipher did not take the key.
    Key(AeadKeyError),
    /// The thread that hashes the message could not be had.
    Thread(io::Error),
}

/// What happened to one encrypted data key.
#[derive(Clone, Debug)]
pub struct EdkReport {
    /// Its place in the header, from 1.
    pub position: usize,
    /// The encrypted data key.
    pub encrypted_data_key: EncryptedDataKey,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of an encrypted data key.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It opened the message.
    Opened,
    /// It was not tried.
    NotMine(NotMine),
    /// It was tried and refused.
    Refused(Refusal),
}

impl fmt::Display for EdkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edk = &self.encrypted_data_key;
        write!(f, "{}: {} {}: {}", self.position, edk.provider_text(), edk.key_text(), self.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::NotMine(reason) => reason.fmt(f),
            Self::Refused(reason) => reason.fmt(f),
        }
    }
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(error) => error.fmt(f),
            Self::Context(error) => error.fmt(f),
            Self::Wrap(error) => error.fmt(f),
            Self::DataKeyLength { expected, found } => {
                write!(f, "the keyring gave a data key of {found} bytes where {expected} are needed")
            }
            Self::TooManyEncryptedDataKeys { count, limit } => {
                write!(f, "{count} wrapping keys make more encrypted data keys than the {limit} allowed")
            }
            Self::Format(error) => error.fmt(f),
            Self::Derive(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Seal(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::Random(error) => error.fmt(f),
            Self::TooManyFrames { frame_length, enough } => {
                write!(f, "the plaintext needs more than 4294967295 frames of {frame_length} bytes")?;
                match enough {
                    Some(enough) => write!(f, "; {enough} bytes a frame are enough"),
                    None => Ok(()),
                }
            }
            Self::PlaintextOverBound { bound } => {
                write!(
                    f,
                    "the plaintext is longer than the {bound} bytes that it had when its data key was chosen"
                )
            }
            Self::Thread(error) => write!(f, "the message cannot be hashed: {error}"),
            Self::ReadPlaintext(error) => write!(f, "the plaintext cannot be read: {error}"),
            Self::WriteCiphertext(error) => write!(f, "the ciphertext cannot be written: {error}"),
        }
    }
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(error) => error.fmt(f),
            Self::OtherFormat(format) => write!(f, "not a message: it is {format}"),
            Self::ReadCiphertext(error) => write!(f, "the ciphertext cannot be read: {error}"),
            Self::WritePlaintext(error) => write!(f, "the plaintext cannot be written: {error}"),
            Self::Policy(error) => error.fmt(f),
            Self::SignatureRequired(suite) => {
                write!(f, "a signature is required, and a message of {suite} has none")
            }
            Self::SignatureForbidden(suite) => {
                write!(f, "signed messages are not accepted, and this one is of {suite}")
            }
            Self::LengthOverLimit { length, limit } => {
                write!(f, "the frames or the body are {length} bytes long, and at most {limit} are accepted")
            }
            Self::Unframed => {
                f.write_str("the body is unframed, and has to be checked whole before any of it is given out")
            }
            Self::BodyNotAuthentic => f.write_str("the body of the message failed authentication"),
            Self::Context(error) => error.fmt(f),
            Self::NoKeyOpened(reports) => {
                f.write_str("no key opened the message")?;
                for report in reports {
                    write!(f, "\nencrypted data key {report}")?;
                }
                Ok(())
            }
            Self::Commitment => {
                f.write_str("the message is not committed to the data key that its encrypted data key holds")
            }
            Self::HeaderNotAuthentic => f.write_str("the header of the message failed authentication"),
            Self::FrameNotAuthentic { sequence_number } => {
                write!(f, "frame {sequence_number} of the message failed authentication")
            }
            Self::NoPublicKey => {
                f.write_str("the message is signed, and its encryption context holds no public key")
            }
            Self::PublicKeyInUnsigned => {
                f.write_str("the message is not signed, and its encryption context holds a public key")
            }
            Self::PublicKey(error) => {
                write!(f, "the public key in the message's encryption context is not one: {error}")
            }
            Self::SignatureNotValid => f.write_str("the signature of the message is not valid"),
            Self::Derive(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "the message cannot be hashed: {error}"),
        }
    }
}

impl EncryptError {
    /// The same failure for another message that needs the same materials; `None` for a failure that is this message's
    /// alone.
    pub(super) fn shared(&self) -> Option<Self> {
        Some(match self {
            Self::Policy(error) => Self::Policy(*error),
            Self::Context(error) => Self::Context(error.clone()),
            Self::Wrap(error) => Self::Wrap(error.clone()),
            Self::DataKeyLength { expected, found } => {
                Self::DataKeyLength { expected: *expected, found: *found }
            }
            Self::TooManyEncryptedDataKeys { count, limit } => {
                Self::TooManyEncryptedDataKeys { count: *count, limit: *limit }
            }
            Self::Signature(error) => Self::Signature(*error),
            Self::Random(error) => Self::Random(*error),
            _ => return None,
        })
    }
}

impl std::error::Error for EncryptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ReadPlaintext(error) | Self::WriteCiphertext(error) | Self::Thread(error) => Some(error),
            Self::Wrap(error) => Some(error),
            _ => None,
        }
    }
}

impl std::error::Error for DecryptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ReadCiphertext(error) | Self::WritePlaintext(error) | Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ReadError> for DecryptError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::ReadCiphertext(error),
            ReadError::Format(error) => Self::Format(error),
        }
    }
}

macro_rules! from {
    ($($target:ident::$variant:ident($source:ty)),+ $(,)?) => {
        $(impl From<$source> for $target {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        })+
    };
}

from! {
    EncryptError::Policy(CommitmentPolicyError),
    EncryptError::Context(ContextError),
    EncryptError::Wrap(WrapError),
    EncryptError::Format(FormatError),
    EncryptError::Derive(DeriveError),
    EncryptError::Key(AeadKeyError),
    EncryptError::Seal(SealError),
    EncryptError::Signature(SignatureError),
    EncryptError::Random(RandomError),
    DecryptError::Policy(CommitmentPolicyError),
    DecryptError::Format(FormatError),
    DecryptError::Context(ContextNotMet),
    DecryptError::Derive(DeriveError),
    DecryptError::Key(AeadKeyError),
}
