//! One message to another in one pass: decrypted and encrypted again under other keys, the plaintext in memory only.
//!
//! The new message has a data key and a message id of its own. A header is never patched: the header's tag has an IV of
//! zeros under the derived key, and two headers under one data key and message id would give the authentication key
//! away.
//!
//! The old message is decrypted on a thread of its own, into a hand-over that ends only when all of it has verified:
//! when anything of it fails, no new message is finished.
//!
//! Spec: data-format/message-header.md#authentication-tag

mod already;
mod changes;

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::panic;
use std::thread::{self, Builder};

pub use already::is_under;
pub use changes::{ChangeError, Changes, Outline};

use super::body::{CheckedMessage, Decrypted, Message};
use super::encrypt::{Encrypted, MessageEncryptor};
use super::hand_over::{BrokenOff, HandOverWriter, hand_over};
use super::read_back::ReadBack;
use super::{DecryptError, EncryptError};
use crate::crypto::fingerprint::{Fingerprint, Fingerprinting};

/// What a rotation came to.
#[derive(Debug)]
pub struct Rotated {
    /// Of the old message.
    pub decrypted: Decrypted,
    /// Of the new message.
    pub encrypted: Encrypted,
    plaintext: Fingerprint,
}

/// A message could not be rotated.
#[derive(Debug)]
#[non_exhaustive]
pub enum RotateError {
    /// The old message could not be decrypted.
    Decrypt(DecryptError),
    /// The new message could not be encrypted.
    Encrypt(EncryptError),
    /// The new message, read back, does not verify.
    NotAsWritten(DecryptError),
    /// The new message, read back, verifies and holds another plaintext than the old one.
    OtherPlaintext,
    /// The thread that decrypts could not be had.
    Thread(io::Error),
}

impl<R: Read + Send> Message<R> {
    /// Decrypts the rest of this message, and writes the message of `encryptor` with the same plaintext.
    ///
    /// # Errors
    /// [`RotateError`]: the destination then holds no valid message.
    /// [`DecryptError::Unframed`] in it: an unframed body has to be checked first.
    pub fn rotate<W: Write>(
        self,
        encryptor: MessageEncryptor,
        destination: W,
    ) -> Result<Rotated, RotateError> {
        rotate(|plaintext| self.decrypt(plaintext), encryptor, destination)
    }
}

impl<R: Read + Send> CheckedMessage<R> {
    /// As [`Message::rotate`], after everything of this message has been verified.
    ///
    /// # Errors
    /// [`RotateError`]: the destination then holds no valid message.
    pub fn rotate<W: Write>(
        self,
        encryptor: MessageEncryptor,
        destination: W,
    ) -> Result<Rotated, RotateError> {
        rotate(|plaintext| self.decrypt(plaintext), encryptor, destination)
    }
}

impl Rotated {
    /// Reads the new message again, verifies everything of it under its own data key, and holds its plaintext against
    /// that of the old one. No wrapping key is asked.
    ///
    /// # Errors
    /// [`RotateError::NotAsWritten`] or [`RotateError::OtherPlaintext`].
    pub fn check_written<R: Read>(&self, read_back: &ReadBack, source: R) -> Result<(), RotateError> {
        let mut plaintext = Fingerprinting::new();
        let message = read_back.open(source).map_err(RotateError::NotAsWritten)?;
        message.decrypt(&mut plaintext).map_err(RotateError::NotAsWritten)?;
        if plaintext.finish() == self.plaintext { Ok(()) } else { Err(RotateError::OtherPlaintext) }
    }
}

fn rotate<W: Write>(
    decrypt: impl FnOnce(&mut Plaintext) -> Result<Decrypted, DecryptError> + Send,
    encryptor: MessageEncryptor,
    destination: W,
) -> Result<Rotated, RotateError> {
    let (to, from) = hand_over();
    let decrypt = move || {
        let mut plaintext = Plaintext { to, fingerprinting: Fingerprinting::new() };
        let decrypted = decrypt(&mut plaintext)?;
        plaintext.to.finish().map_err(DecryptError::WritePlaintext)?;
        Ok((decrypted, plaintext.fingerprinting.finish()))
    };
    thread::scope(|scope| {
        let decrypting = Builder::new().name("decrypt".to_owned()).spawn_scoped(scope, decrypt);
        let decrypting = decrypting.map_err(RotateError::Thread)?;
        let encrypted = encryptor.encrypt(from, destination);
        let decrypted = decrypting.join().unwrap_or_else(|reason| panic::resume_unwind(reason));
        match (decrypted, encrypted) {
            (Ok((decrypted, plaintext)), Ok(encrypted)) => Ok(Rotated { decrypted, encrypted, plaintext }),
            // Decryption had nobody to write for: why, the other side knows.
            (Err(DecryptError::WritePlaintext(error)), Err(reason)) if BrokenOff::is_in(&error) => {
                Err(RotateError::Encrypt(reason))
            }
            (Err(reason), _) => Err(RotateError::Decrypt(reason)),
            (Ok(_), Err(reason)) => Err(RotateError::Encrypt(reason)),
        }
    })
}

/// Plaintext on its way, and its fingerprint.
struct Plaintext {
    to: HandOverWriter,
    fingerprinting: Fingerprinting,
}

impl Write for Plaintext {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    /// Takes all of it, always.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        slices.iter().for_each(|slice| self.fingerprinting.update(slice));
        self.to.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl fmt::Display for RotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decrypt(error) => error.fmt(f),
            Self::Encrypt(error) => write!(f, "the new message: {error}"),
            Self::NotAsWritten(error) => {
                write!(f, "the new message, read back, is not what was written: {error}")
            }
            Self::OtherPlaintext => {
                f.write_str("the new message, read back, holds another plaintext than the old one")
            }
            Self::Thread(error) => write!(f, "the message cannot be decrypted on a thread: {error}"),
        }
    }
}

impl std::error::Error for RotateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Decrypt(error) | Self::NotAsWritten(error) => Some(error),
            Self::Encrypt(error) => Some(error),
            Self::Thread(error) => Some(error),
            Self::OtherPlaintext => None,
        }
    }
}
