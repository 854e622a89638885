//! The body of a message whose header is authentic: read once, or first checked whole and then read again.
//!
//! Spec: client-apis/decrypt.md#decrypt-the-message-body

use std::io::{self, Read, Write};

use super::batch::{OpeningBatch, OpeningBuffer, frames_at_a_time, write_all_vectored};
use super::hashing::Hashing;
use super::in_turn::{Turns, WritingInTurn};
use super::positioned::{Nowhere, Onward, Stretch, WriteAt};
use super::replay::Rewind;
use super::threads::{self, Threads};
use super::unframed;
use super::{DecryptError, EdkReport, MAX_BYTES_AT_WORK};
use crate::context::EncryptionContext;
use crate::crypto::aead::AeadKey;
use crate::crypto::signature::{MessageHash, VerificationKey};
use crate::crypto::streaming_aead::Authentic;
use crate::data_key::DerivedDataKey;
use crate::format::fields::Fields;
use crate::format::frame::{Frame, FrameKind, Parsed};
use crate::format::{BodyAad, ContentType, FormatError, Header, footer};

/// A message whose header is authentic under the data key that a wrapping key opened.
#[derive(Debug)]
pub struct Message<R> {
    pub(super) source: OpeningBuffer<R>,
    pub(super) header: Header,
    pub(super) header_length: u64,
    pub(super) data_key: DerivedDataKey,
    pub(super) key: AeadKey,
    pub(super) signature: Option<(VerificationKey, MessageHash)>,
    pub(super) wrapping_key: String,
    pub(super) reports: Vec<EdkReport>,
    pub(super) context: EncryptionContext,
    pub(super) unstored: EncryptionContext,
    pub(super) max_length: Option<u64>,
}

/// A message of which everything has been verified, whose source begins anew with the same bytes.
#[derive(Debug)]
pub struct CheckedMessage<R> {
    source: OpeningBuffer<R>,
    header: Header,
    header_length: u64,
    key: AeadKey,
    unframed: Option<Authentic>,
    checked: Decrypted,
}

/// What a decryption came to.
///
/// Spec: client-apis/decrypt.md#output
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decrypted {
    /// Plaintext of the message, in bytes.
    pub plaintext_bytes: u64,
    /// Message read, in bytes.
    pub ciphertext_bytes: u64,
    /// Frames read, the final one included; 1 for an unframed body.
    pub frames: u64,
}

impl Decrypted {
    const NOTHING: Self = Self { plaintext_bytes: 0, ciphertext_bytes: 0, frames: 0 };
}

type Signing = Option<(VerificationKey, Hashing<OpeningBatch>)>;

impl<R> Message<R> {
    /// The header, authentic.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole encryption context, authentic: the pairs that are stored in the header, and those of
    /// [`Self::unstored_context`].
    ///
    /// Spec: client-apis/decrypt.md#encryption-context
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The pairs that were required and are authentic without being stored.
    pub fn unstored_context(&self) -> &EncryptionContext {
        &self.unstored
    }

    /// The name of the wrapping key that opened the message.
    pub fn wrapping_key(&self) -> &str {
        &self.wrapping_key
    }

    /// What became of each encrypted data key until one opened the message, in the order of the header.
    pub fn reports(&self) -> &[EdkReport] {
        &self.reports
    }

    fn signing(&mut self) -> Signing {
        self.signature.take().map(|(key, hash)| (key, Hashing::new(hash)))
    }
}

impl<R: Read> Message<R> {
    /// Reads the body and the footer to the end of the input and writes the plaintext.
    ///
    /// Each frame is written after it has been authenticated; the final frame after the signature has been verified
    /// and the input has been seen to end there.
    ///
    /// # Errors
    /// [`DecryptError`]: what has been written then is authentic, and is not the whole plaintext.
    /// [`DecryptError::Unframed`]: an unframed body has to be checked first.
    ///
    /// Spec: client-apis/decrypt.md#plaintext, client-apis/decrypt.md#authenticated-data
    pub fn decrypt<W: Write>(mut self, mut destination: W) -> Result<Decrypted, DecryptError> {
        if self.header.content_type == ContentType::Unframed {
            return Err(DecryptError::Unframed);
        }
        let mut signing = self.signing();
        let mut opener = Opener::new(&self.header, self.key, &mut destination);
        frames(&mut self.source, &self.header, &mut signing, &mut opener)?;
        finish(&mut self.source, signing)?;
        opener.finish(self.source.consumed())
    }

    /// Reads everything, verifies everything, and gives out nothing.
    ///
    /// # Errors
    /// [`DecryptError`]: something of it does not verify.
    pub fn check(mut self) -> Result<Decrypted, DecryptError> {
        match self.header.content_type {
            ContentType::Framed => self.decrypt(io::sink()),
            ContentType::Unframed => self.check_unframed().map(|(checked, _)| checked),
        }
    }

    fn check_unframed(&mut self) -> Result<(Decrypted, Authentic), DecryptError> {
        let mut signature = self.signature.take();
        let hash = signature.as_mut().map(|(_, hash)| hash);
        let (authentic, plaintext_bytes) =
            unframed::check(&mut self.source, &self.header, &self.data_key, hash, self.max_length)?;
        finish(&mut self.source, signature.map(|(key, hash)| (key, Hashing::new(hash))))?;
        let ciphertext_bytes = self.source.consumed();
        Ok((Decrypted { plaintext_bytes, ciphertext_bytes, frames: 1 }, authentic))
    }
}

impl<R: Rewind> Message<R> {
    /// The same into a file, by several threads, where that is faster: an unsigned message in a file that is read once
    /// ([`Self::read_once`]).
    ///
    /// What is written before the end is authentic, and not always from the beginning on: a file that failed is not to be
    /// kept.
    ///
    /// # Errors
    /// [`DecryptError`], as [`Self::decrypt`] gives it.
    ///
    /// Spec: client-apis/decrypt.md#plaintext, client-apis/decrypt.md#authenticated-data
    pub fn decrypt_at(
        mut self,
        destination: &impl WriteAt,
        threads: &Threads,
    ) -> Result<Decrypted, DecryptError> {
        if self.header.content_type == ContentType::Unframed {
            return Err(DecryptError::Unframed);
        }
        let mut signing = self.signing();
        let mut done = Decrypted::NOTHING;
        if signing.is_none() {
            self.decrypt_stretches(destination, threads, &mut done)?;
        }
        let mut onward = Onward::from(destination, done.plaintext_bytes);
        let mut opener = Opener { done, ..Opener::new(&self.header, self.key, &mut onward) };
        frames(&mut self.source, &self.header, &mut signing, &mut opener)?;
        finish(&mut self.source, signing)?;
        let done = opener.finish(self.source.consumed())?;
        // Had the message become shorter while it was read, there would be more.
        destination.end_at(done.plaintext_bytes).map_err(DecryptError::WritePlaintext)?;
        Ok(done)
    }

    /// Reads everything, verifies everything, and gives out nothing, by several threads.
    ///
    /// # Errors
    /// [`DecryptError`]: something of it does not verify.
    pub fn check_at(self, threads: &Threads) -> Result<Decrypted, DecryptError> {
        match self.header.content_type {
            ContentType::Framed => self.decrypt_at(&Nowhere, threads),
            ContentType::Unframed => self.check(),
        }
    }

    /// Opens regular frames as far as they fill whole batches, each where it lies in the file. At the first batch that is
    /// not as it should be it ends without a failure: whoever reads on from there finds out what is wrong.
    fn decrypt_stretches(
        &mut self,
        destination: &impl WriteAt,
        threads: &Threads,
        done: &mut Decrypted,
    ) -> Result<(), DecryptError> {
        let begin = self.source.consumed();
        let Some(source) = self.source.at_offsets() else { return Ok(()) };
        let frame_length = self.header.frame_length;
        let Ok(content_length) = usize::try_from(frame_length) else { return Ok(()) };
        let (frames, length) = frames_at_a_time(content_length);
        let (sealed, plaintext) = (length as u64, frames as u64 * u64::from(frame_length));
        // The final frame follows: something is left.
        let count = source.length().saturating_sub(begin + 1) / sealed;
        if count < 2 {
            return Ok(());
        }
        // A few bytes with a long hole behind them do not take as much room as they claim to need.
        if !source.has_holes() {
            destination.reserve(count * plaintext).map_err(DecryptError::WritePlaintext)?;
        }
        let turns = Turns::of(length);
        let worker = || {
            let mut aad = BodyAad::new(&self.header.message_id);
            let (source, key) = (&source, &self.key);
            let make = move |number: u64, spare: Option<OpeningBatch>| {
                let first = u32::try_from(number * frames as u64 + 1).map_err(|_| None)?;
                let mut stretch = Stretch::from(source, begin + number * sealed);
                let spare = spare.map(OpeningBatch::into_bytes).unwrap_or_default();
                let batch = OpeningBatch::read_regular(&mut stretch, length, first, frame_length, spare);
                let mut batch = batch.ok().flatten().ok_or(None)?;
                batch.open(key, &mut aad).map_err(|_| None)?;
                Ok(batch)
            };
            let write = |number: u64, batch: &OpeningBatch| {
                let mut onward = Onward::from(destination, number * plaintext);
                write_all_vectored(&mut onward, &batch.contents()).map_err(Some)
            };
            WritingInTurn::new(&turns, make, write)
        };
        let most = MAX_BYTES_AT_WORK / length.saturating_mul(turns.held());
        let opened = match threads::each(threads, most, count, worker) {
            Ok(()) => count,
            Err((opened, None)) => opened,
            Err((_, Some(error))) => return Err(DecryptError::WritePlaintext(error)),
        };
        self.source.go_to(begin + opened * sealed).map_err(DecryptError::ReadCiphertext)?;
        done.frames = opened * frames as u64;
        done.plaintext_bytes = opened * plaintext;
        Ok(())
    }

    /// Gives up reading twice: the source keeps nothing from now on.
    #[must_use]
    pub fn read_once(mut self) -> Self {
        self.source.source_mut().forget();
        self
    }

    /// Reads everything and verifies everything, gives out nothing, and begins anew.
    ///
    /// # Errors
    /// [`DecryptError`]: something of it does not verify, or it cannot be read again.
    ///
    /// Spec: client-apis/decrypt.md#security-considerations, client-apis/decrypt.md#decrypt-the-message-body
    pub fn check_first(mut self) -> Result<CheckedMessage<R>, DecryptError> {
        let (checked, unframed, key) = match self.header.content_type {
            ContentType::Unframed => {
                let (checked, authentic) = self.check_unframed()?;
                (checked, Some(authentic), self.key)
            }
            ContentType::Framed => {
                let mut signing = self.signing();
                let mut nowhere = io::sink();
                let mut opener = Opener::new(&self.header, self.key, &mut nowhere);
                frames(&mut self.source, &self.header, &mut signing, &mut opener)?;
                finish(&mut self.source, signing)?;
                let (checked, key) = opener.into_parts(self.source.consumed());
                (checked, None, key)
            }
        };
        self.source.rewind().map_err(DecryptError::ReadCiphertext)?;
        let (source, header, header_length) = (self.source, self.header, self.header_length);
        Ok(CheckedMessage { source, header, header_length, key, unframed, checked })
    }
}

impl<R: Read> CheckedMessage<R> {
    /// Reads the body again and writes the plaintext.
    ///
    /// # Errors
    /// [`DecryptError`]: the source cannot be read again or is not the same, or the plaintext cannot be written.
    pub fn decrypt<W: Write>(mut self, mut destination: W) -> Result<Decrypted, DecryptError> {
        self.source.skip(self.header_length).map_err(DecryptError::ReadCiphertext)?;
        if let Some(authentic) = self.unframed {
            unframed::open(&mut self.source, authentic, self.checked.plaintext_bytes, &mut destination)?;
            destination.flush().map_err(DecryptError::WritePlaintext)?;
            return Ok(self.checked);
        }
        let mut opener = Opener::new(&self.header, self.key, &mut destination);
        frames(&mut self.source, &self.header, &mut None, &mut opener)?;
        opener.finish(self.checked.ciphertext_bytes)
    }
}

/// Opens batches in order and releases what is in them, all but the final frame.
struct Opener<'a, W> {
    key: AeadKey,
    aad: BodyAad,
    done: Decrypted,
    destination: &'a mut W,
    last: Option<OpeningBatch>,
}

impl<'a, W: Write> Opener<'a, W> {
    fn new(header: &Header, key: AeadKey, destination: &'a mut W) -> Self {
        let (aad, done) = (BodyAad::new(&header.message_id), Decrypted::NOTHING);
        Self { key, aad, done, destination, last: None }
    }

    /// Gives the batch's memory back.
    fn open(&mut self, mut batch: OpeningBatch) -> Result<Vec<u8>, DecryptError> {
        let (is_last, frames) = (batch.is_last(), batch.frame_count());
        batch
            .open(&self.key, &mut self.aad)
            .map_err(|sequence_number| DecryptError::FrameNotAuthentic { sequence_number })?;
        let mut contents = batch.contents();
        self.done.frames += frames;
        self.done.plaintext_bytes += contents.iter().map(|content| content.len() as u64).sum::<u64>();
        if is_last {
            contents.pop();
        }
        write_all_vectored(self.destination, &contents).map_err(DecryptError::WritePlaintext)?;
        if is_last {
            self.last = Some(batch);
            return Ok(Vec::new());
        }
        Ok(batch.into_bytes())
    }

    /// Releases the final frame.
    fn finish(self, ciphertext_bytes: u64) -> Result<Decrypted, DecryptError> {
        let content = self.last.as_ref().map_or(&[][..], OpeningBatch::final_content);
        self.destination.write_all(content).map_err(DecryptError::WritePlaintext)?;
        self.destination.flush().map_err(DecryptError::WritePlaintext)?;
        Ok(self.into_parts(ciphertext_bytes).0)
    }

    /// Keeps the final frame to itself.
    fn into_parts(self, ciphertext_bytes: u64) -> (Decrypted, AeadKey) {
        (Decrypted { ciphertext_bytes, ..self.done }, self.key)
    }
}

/// Reads and opens every frame, the final one included.
fn frames<R: Read, W: Write>(
    source: &mut OpeningBuffer<R>,
    header: &Header,
    signing: &mut Signing,
    opener: &mut Opener<'_, W>,
) -> Result<(), DecryptError> {
    let mut spare = Vec::new();
    let mut frames_read = opener.done.frames;
    loop {
        let batch = read_frames(source, header.frame_length, frames_read, std::mem::take(&mut spare))?;
        frames_read += batch.frame_count();
        let is_last = batch.is_last();
        // What has been read is given out before a source is waited for that has no more at hand.
        let must_leave = is_last || batch.is_short();
        let mut next = match signing {
            Some((_, hashing)) => hashing.hash(batch).map_err(DecryptError::Thread)?,
            None => Some(batch),
        };
        loop {
            if let Some(batch) = next {
                spare = opener.open(batch)?;
            }
            next = match signing {
                Some((_, hashing)) if must_leave => hashing.next().map_err(DecryptError::Thread)?,
                _ => None,
            };
            if next.is_none() {
                break;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Reads and verifies the signature, and sees the input end.
///
/// Spec: client-apis/decrypt.md#verify-the-signature
fn finish<R: Read>(source: &mut OpeningBuffer<R>, signing: Signing) -> Result<(), DecryptError> {
    if let Some((key, hashing)) = signing {
        let hash = hashing.finish().map_err(DecryptError::Thread)?;
        let offset = source.consumed();
        let signature = footer::read(&mut Fields::new(&mut *source, offset))?;
        key.verify(hash, &signature).map_err(|_| DecryptError::SignatureNotValid)?;
    }
    if source.fill(1).map_err(DecryptError::ReadCiphertext)? > 0 {
        return Err(FormatError::TrailingBytes { offset: source.consumed() }.into());
    }
    Ok(())
}

/// Reads until at least one whole frame is there, and takes the whole frames, none after the final one.
///
/// `done`: how many frames have been read before.
fn read_frames<R: Read>(
    source: &mut OpeningBuffer<R>,
    frame_length: u32,
    done: u64,
    spare: Vec<u8>,
) -> Result<OpeningBatch, DecryptError> {
    loop {
        let mut frames = Vec::new();
        let mut passed = 0;
        let wanted = loop {
            let number = u32::try_from(done + frames.len() as u64 + 1).unwrap_or(u32::MAX);
            let rest = &source.available()[passed..];
            let frame = match Frame::parse(rest, number, frame_length)? {
                Parsed::Frame(frame) => frame,
                Parsed::Needs(wanted) => break wanted,
            };
            let length = length_of(&frame)?;
            if rest.len() < length {
                break length;
            }
            passed += length;
            frames.push(frame);
            if frame.kind == FrameKind::Final {
                return Ok(source.take(frames, passed, spare));
            }
        };
        if !frames.is_empty() {
            return Ok(source.take(frames, passed, spare));
        }
        if source.fill(wanted).map_err(DecryptError::ReadCiphertext)? < wanted {
            let sequence_number = u32::try_from(done + 1).unwrap_or(u32::MAX);
            // What came last may be wrong already: one message is refused for one reason, whatever its pieces were.
            Frame::parse(source.available(), sequence_number, frame_length)?;
            let offset = source.read_length();
            return Err(FormatError::EndsInsideFrame { sequence_number, offset }.into());
        }
    }
}

fn length_of(frame: &Frame) -> Result<usize, DecryptError> {
    let field = "a frame";
    frame.length().ok_or(DecryptError::Format(FormatError::TooLong { field, length: usize::MAX }))
}
