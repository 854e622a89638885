//! `--fits`: a message that would be too long is found before anything is written.
//!
//! The plaintext is held whole, so that its length is known also when it comes through a pipe; both it and its message are
//! bounded by the limit.

use std::io::{Read as _, Seek as _};
use std::num::NonZeroU64;

use zeroize::Zeroizing;

use super::encoding::Encoding;
use super::opening;
use super::report::{Failure, FailureKind};
use super::source::OpenSource;
use crate::format::length::MessageLength;

/// The greatest length that an output may have.
#[derive(Clone, Copy, Debug)]
pub struct Fits {
    limit: u64,
    encoding: Encoding,
}

/// How exactly the length of a message is known before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Its encrypted data keys, or the end of its plaintext, are yet to come.
    Least,
    /// All of it, but for some bytes by which signatures vary: the longest one counts.
    Greatest,
    /// To the byte.
    Exact,
}

impl Fits {
    /// An output of at most `limit` bytes, written in this encoding.
    pub fn new(limit: NonZeroU64, encoding: Encoding) -> Self {
        Self { limit: limit.get(), encoding }
    }

    /// Refuses a file whose message would be too long whatever the keys, as far as its length is known.
    ///
    /// `least`: the length of its message without encrypted data keys.
    ///
    /// # Errors
    /// [`Failure`]: by how much it would be too long.
    pub fn check_source(
        &self,
        source: &OpenSource,
        decoding: Encoding,
        least: &MessageLength,
    ) -> Result<(), Failure> {
        if decoding != Encoding::None || !source.metadata.is_file() {
            return Ok(());
        }
        let at = source.file().stream_position().map_err(|error| Failure::reading(&error))?;
        self.check(least, source.metadata.len().saturating_sub(at), Known::Least)
    }

    /// Reads the plaintext to its end, or until it is clear that no message of it fits.
    ///
    /// `least`: the length of its message without encrypted data keys.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be read, or its message would be too long whatever the keys.
    pub fn plaintext(
        &self,
        source: OpenSource,
        decoding: Encoding,
        least: &MessageLength,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.check_source(&source, decoding, least)?;
        let most = least.greatest_plaintext(self.room()).unwrap_or(0);
        let capacity = usize::try_from(most + 1).unwrap_or(usize::MAX);
        // In one piece from the beginning: a buffer that grows leaves copies of the plaintext behind.
        let mut plaintext = Zeroizing::new(Vec::with_capacity(capacity));
        opening::reader(source, decoding)
            .take(most + 1)
            .read_to_end(&mut plaintext)
            .map_err(|error| Failure::reading(&error))?;
        self.check(least, plaintext.len() as u64, Known::Least)?;
        Ok(plaintext)
    }

    /// Refuses a message whose header is made and whose plaintext has this many bytes, when it can become too long.
    ///
    /// # Errors
    /// [`Failure`]: by how much, and what would make it shorter.
    pub fn check_header(&self, length: &MessageLength, plaintext_length: u64) -> Result<(), Failure> {
        let known = if length.signature() > 0 { Known::Greatest } else { Known::Exact };
        self.check(length, plaintext_length, known)
    }

    /// Refuses a message of this many bytes: the last word, which no arithmetic can get wrong.
    ///
    /// # Errors
    /// [`Failure`]: by how much it is too long.
    pub fn check_message(&self, message_length: u64) -> Result<(), Failure> {
        if message_length <= self.room() { Ok(()) } else { Err(self.too_long(message_length, Known::Exact)) }
    }

    fn check(&self, length: &MessageLength, plaintext_length: u64, known: Known) -> Result<(), Failure> {
        let message_length = length.greatest(plaintext_length);
        if message_length <= self.room() {
            return Ok(());
        }
        let failure = self.too_long(message_length, known);
        Err(failure.hint(self.hint(length, plaintext_length)))
    }

    /// The longest message that fits, in bytes before they are encoded.
    fn room(&self) -> u64 {
        match self.encoding {
            Encoding::None => self.limit,
            Encoding::Base64 => self.limit / 4 * 3,
        }
    }

    fn too_long(&self, message_length: u64, known: Known) -> Failure {
        let (what, length) = match self.encoding {
            Encoding::None => ("the message", message_length),
            Encoding::Base64 => ("the message in base64", message_length.div_ceil(3).saturating_mul(4)),
        };
        let is = match known {
            Known::Least => "would be at least",
            Known::Greatest => "can become",
            Known::Exact => "would be",
        };
        let (limit, over) = (self.limit, length.saturating_sub(self.limit));
        let message =
            format!("{what} {is} {length} bytes long, {over} more than the {limit} that it has to fit into");
        Failure::new(FailureKind::CannotCreate, message)
    }

    /// What makes a message shorter, and by how much where that is known.
    fn hint(&self, length: &MessageLength, plaintext_length: u64) -> String {
        let mut ways = vec!["compress the plaintext first".to_owned(), "give fewer wrapping keys".to_owned()];
        if length.signature() > 0 {
            ways.push(format!("leave out the signature with --unsigned ({} bytes)", length.signature()));
        }
        let frames = length.regular_frames(plaintext_length);
        if frames > 0 {
            ways.push(format!("choose a greater --frame-length (up to {frames} bytes)"));
        }
        if self.encoding == Encoding::Base64 {
            ways.push("leave out --encode (a quarter of all)".to_owned());
        }
        let last = ways.pop().unwrap_or_default();
        format!("{}, or {last}", ways.join(", "))
    }
}
