//! Decrypting one message: header, verification, frames, footer.
//!
//! States are types: an [`UnverifiedMessage`] has a header that anybody could have written; only
//! [`UnverifiedMessage::verify`] makes a [`Message`] of it, which gives out plaintext.
//!
//! Spec: client-apis/decrypt.md

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::batch::{OpeningBatch, OpeningBuffer, write_all_vectored};
use super::hashing::Hashing;
use super::{DecryptError, EdkReport, Verdict};
use crate::commitment::CommitmentPolicy;
use crate::context::{ContextNotMet, EncryptionContext, PUBLIC_KEY, RequiredContext};
use crate::crypto::aead::AeadKey;
use crate::crypto::kdf;
use crate::crypto::signature::{MessageHash, VerificationKey};
use crate::format::fields::Fields;
use crate::format::frame::{Frame, FrameKind, Parsed};
use crate::format::{BodyAad, ContentType, FormatError, Header, HeaderAuthentication, footer};
use crate::keyring::{Keyring, OpenedDataKey, Proof, Refusal, Unwrapped};

/// What is refused before any key is asked.
#[derive(Clone, Debug, Default)]
pub struct DecryptRequirements {
    /// Which suites may be decrypted.
    pub commitment_policy: CommitmentPolicy,
    /// What the encryption context must hold.
    pub context: RequiredContext,
    /// Whether the message must be signed, or must not be.
    pub signature: SignatureRequirement,
    /// Greatest frame length accepted, in bytes; `None` for every one.
    pub max_frame_length: Option<u32>,
}

/// Whether a message must be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureRequirement {
    /// Signed and unsigned messages are accepted.
    #[default]
    Any,
    /// Only signed messages are accepted.
    Required,
    /// Only unsigned messages are accepted.
    Forbidden,
}

/// A message whose header has been read and not been verified: every field of it may be forged.
#[derive(Debug)]
pub struct UnverifiedMessage<R> {
    source: OpeningBuffer<R>,
    header: Header,
    authentication: HeaderAuthentication,
    header_bytes: Vec<u8>,
}

/// A message whose header is authentic under the data key that a wrapping key opened.
#[derive(Debug)]
pub struct Message<R> {
    source: OpeningBuffer<R>,
    header: Header,
    key: AeadKey,
    signature: Option<(VerificationKey, MessageHash)>,
    wrapping_key: String,
}

/// What a decryption came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decrypted {
    /// Plaintext written, in bytes.
    pub plaintext_bytes: u64,
    /// Message read, in bytes.
    pub ciphertext_bytes: u64,
    /// Frames read, the final one included.
    pub frames: u64,
}

impl<R: Read> UnverifiedMessage<R> {
    /// Reads the header and its authentication, and nothing of the body.
    ///
    /// `max_encrypted_data_keys`: how many are accepted; `None` for no limit.
    ///
    /// # Errors
    /// [`DecryptError`]: the input cannot be read, or does not begin with a header.
    ///
    /// Spec: client-apis/decrypt.md#parse-the-header
    pub fn read(source: R, max_encrypted_data_keys: Option<usize>) -> Result<Self, DecryptError> {
        let mut source = OpeningBuffer::new(source);
        let mut fields = Fields::new(&mut source, 0);
        let header = Header::read(&mut fields, max_encrypted_data_keys)?;
        let mut header_bytes = fields.take_record();
        let authentication = HeaderAuthentication::read(&mut fields, header.suite.message_version())?;
        header_bytes.shrink_to_fit();
        Ok(Self { source, header, authentication, header_bytes })
    }

    /// The header as it was read.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header's authentication as it was read.
    pub fn authentication(&self) -> &HeaderAuthentication {
        &self.authentication
    }

    /// How many bytes the header and its authentication take up in the message.
    pub fn header_length(&self) -> u64 {
        self.source.consumed()
    }

    /// Checks the requirements, has the data key unwrapped, and checks the commitment and the header's tag.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met, no key opened the message, or its header is not authentic.
    ///
    /// Spec: client-apis/decrypt.md#get-the-decryption-materials, client-apis/decrypt.md#verify-the-header
    pub fn verify(
        self,
        keyring: &dyn Keyring,
        requirements: &DecryptRequirements,
    ) -> Result<Message<R>, DecryptError> {
        let suite = self.header.suite;
        requirements.commitment_policy.may_decrypt(suite)?;
        match (requirements.signature, suite.is_signed()) {
            (SignatureRequirement::Required, false) => return Err(DecryptError::SignatureRequired(suite)),
            (SignatureRequirement::Forbidden, true) => return Err(DecryptError::SignatureForbidden(suite)),
            _ => {}
        }
        if self.header.content_type == ContentType::Unframed {
            return Err(DecryptError::Unframed);
        }
        match requirements.max_frame_length {
            Some(limit) if self.header.frame_length > limit => {
                let frame_length = self.header.frame_length;
                return Err(DecryptError::FrameLengthOverLimit { frame_length, limit });
            }
            _ => {}
        }
        let signature = self.signature()?;
        let reproduced = requirements.context.reproduced(&self.header.context)?;
        let (key, wrapping_key) = self.open(keyring, &reproduced)?;
        Ok(Message { source: self.source, header: self.header, key, signature, wrapping_key })
    }

    /// The key that verifies the signature, and the hash of what is signed so far.
    ///
    /// Spec: framework/default-cmm.md#decrypt-materials
    fn signature(&self) -> Result<Option<(VerificationKey, MessageHash)>, DecryptError> {
        let public_key = self.header.context.value(PUBLIC_KEY);
        match (self.header.suite.signature(), public_key) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(DecryptError::PublicKeyInUnsigned),
            (Some(_), None) => Err(DecryptError::NoPublicKey),
            (Some(algorithm), Some(public_key)) => {
                let point = BASE64.decode(public_key).unwrap_or_default();
                let key =
                    VerificationKey::from_compressed(algorithm, &point).map_err(DecryptError::PublicKey)?;
                let mut hash = MessageHash::new(algorithm);
                hash.update(&self.header_bytes);
                hash.update(&self.authentication.serialized(self.header.suite.message_version()));
                Ok(Some((key, hash)))
            }
        }
    }

    /// Tries the encrypted data keys in their order until one opens the header.
    fn open(
        &self,
        keyring: &dyn Keyring,
        reproduced: &EncryptionContext,
    ) -> Result<(AeadKey, String), DecryptError> {
        let context =
            self.header.context.joined(reproduced).map_err(|error| DecryptError::Format(error.into()))?;
        let mut reports = Vec::new();
        for (position, edk) in (1..).zip(&self.header.encrypted_data_keys) {
            let verdict = match keyring.unwrap(self.header.suite, &context, edk) {
                Unwrapped::Opened(opened) => match self.check(&opened, reproduced) {
                    Ok(key) => return Ok((key, opened.wrapping_key)),
                    // Only a header that verified without the pairs tells that they are missing.
                    Err(error @ DecryptError::Context(_)) => return Err(error),
                    Err(_) if opened.proof == Proof::HeaderMustTell => Verdict::Refused(Refusal::DoesNotOpen),
                    Err(error) => return Err(error),
                },
                Unwrapped::NotMine(reason) => Verdict::NotMine(reason),
                Unwrapped::Refused(reason) => Verdict::Refused(reason),
            };
            let report = EdkReport { position, encrypted_data_key: edk.clone(), verdict };
            log::debug!("encrypted data key {report}");
            reports.push(report);
        }
        let is_ours =
            |report: &EdkReport| matches!(&report.verdict, Verdict::Refused(r) if r.may_be_the_context());
        if !reproduced.is_empty() && reports.iter().any(is_ours) {
            // A pair that is not stored can still have been authenticated: only the wrapping key could tell.
            return Err(ContextNotMet::of_pairs(reproduced).into());
        }
        Err(DecryptError::NoKeyOpened(reports))
    }

    /// Holds the commitment and the header's tag against a data key.
    fn check(&self, opened: &OpenedDataKey, reproduced: &EncryptionContext) -> Result<AeadKey, DecryptError> {
        let derived = kdf::derive(self.header.suite, &opened.data_key, &self.header.message_id)?;
        if derived.commitment_key != self.header.commitment_key {
            return Err(DecryptError::Commitment);
        }
        let key = AeadKey::new(derived.data_key.as_bytes())?;
        if self.is_authentic(&key, reproduced) {
            return Ok(key);
        }
        if !reproduced.is_empty() && self.is_authentic(&key, &EncryptionContext::new()) {
            // The header is genuine, and what was asked for was never part of it.
            return Err(ContextNotMet::of_pairs(reproduced).into());
        }
        Err(DecryptError::HeaderNotAuthentic)
    }

    fn is_authentic(&self, key: &AeadKey, reproduced: &EncryptionContext) -> bool {
        let aad = [self.header_bytes.as_slice(), &reproduced.serialized()].concat();
        let mut tag = self.authentication.tag;
        key.open(&self.authentication.iv, &aad, &mut tag).is_ok()
    }
}

impl<R: Read> Message<R> {
    /// The header, authentic.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The encryption context that is stored with the message, authentic.
    pub fn context(&self) -> &EncryptionContext {
        &self.header.context
    }

    /// The name of the wrapping key that opened the message.
    pub fn wrapping_key(&self) -> &str {
        &self.wrapping_key
    }

    /// Reads the body and the footer to the end of the input and writes the plaintext.
    ///
    /// Each frame is written after it has been authenticated; the final frame after the signature has been verified
    /// and the input has been seen to end there.
    ///
    /// # Errors
    /// [`DecryptError`]: what has been written then is authentic, and is not the whole plaintext.
    ///
    /// Spec: client-apis/decrypt.md#decrypt-the-message-body
    pub fn decrypt<W: Write>(mut self, mut destination: W) -> Result<Decrypted, DecryptError> {
        let mut opener = Opener {
            aad: BodyAad::new(&self.header.message_id),
            key: self.key,
            done: Decrypted { plaintext_bytes: 0, ciphertext_bytes: 0, frames: 0 },
            destination: &mut destination,
            final_content: Vec::new(),
        };
        let mut hashing = self.signature.take().map(|(key, hash)| (key, Hashing::new(hash)));
        let mut spare = Vec::new();
        let mut frames_read = 0;
        loop {
            let batch = read_frames(&mut self.source, self.header.frame_length, frames_read, spare)?;
            frames_read += batch.frame_count();
            let (is_last, must_leave) = (batch.is_last(), batch.is_last() || batch.is_short());
            let mut next = match &mut hashing {
                Some((_, hashing)) => hashing.hash(batch).map_err(DecryptError::Thread)?,
                None => Some(batch),
            };
            spare = Vec::new();
            loop {
                if let Some(batch) = next {
                    spare = opener.open(batch)?;
                }
                // What has been read is given out before a source is waited for that has no more at hand.
                next = match &mut hashing {
                    Some((_, hashing)) if must_leave => hashing.next().map_err(DecryptError::Thread)?,
                    _ => None,
                };
                if next.is_none() {
                    break;
                }
            }
            if is_last {
                break;
            }
        }
        if let Some((key, hashing)) = hashing {
            let hash = hashing.finish().map_err(DecryptError::Thread)?;
            let offset = self.source.consumed();
            let signature = footer::read(&mut Fields::new(&mut self.source, offset))?;
            key.verify(hash, &signature).map_err(|_| DecryptError::SignatureNotValid)?;
        }
        if self.source.fill(1).map_err(DecryptError::ReadCiphertext)? > 0 {
            return Err(FormatError::TrailingBytes { offset: self.source.consumed() }.into());
        }
        opener.finish(self.source.consumed())
    }
}

/// Opens batches in order and releases what is in them, all but the final frame.
struct Opener<'a, W> {
    key: AeadKey,
    aad: BodyAad,
    done: Decrypted,
    destination: &'a mut W,
    final_content: Vec<u8>,
}

impl<W: Write> Opener<'_, W> {
    /// Gives the batch's memory back.
    fn open(&mut self, mut batch: OpeningBatch) -> Result<Vec<u8>, DecryptError> {
        let is_last = batch.is_last();
        let mut contents = batch
            .open(&self.key, &mut self.aad)
            .map_err(|sequence_number| DecryptError::FrameNotAuthentic { sequence_number })?;
        self.done.frames += contents.len() as u64;
        self.done.plaintext_bytes += contents.iter().map(|content| content.len() as u64).sum::<u64>();
        if is_last {
            self.final_content = contents.pop().unwrap_or_default().to_vec();
        }
        write_all_vectored(self.destination, &contents).map_err(DecryptError::WritePlaintext)?;
        Ok(batch.into_bytes())
    }

    /// Releases the final frame.
    fn finish(mut self, ciphertext_bytes: u64) -> Result<Decrypted, DecryptError> {
        self.destination.write_all(&self.final_content).map_err(DecryptError::WritePlaintext)?;
        self.destination.flush().map_err(DecryptError::WritePlaintext)?;
        self.done.ciphertext_bytes = ciphertext_bytes;
        Ok(self.done)
    }
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
            let offset = source.read_length();
            return Err(FormatError::EndsInsideFrame { sequence_number, offset }.into());
        }
    }
}

fn length_of(frame: &Frame) -> Result<usize, DecryptError> {
    let field = "a frame";
    frame.length().ok_or(DecryptError::Format(FormatError::TooLong { field, length: usize::MAX }))
}
