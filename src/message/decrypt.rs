//! Decrypting one message: header, verification, frames, footer.
//!
//! States are types: an [`UnverifiedMessage`] has a header that anybody could have written; only
//! [`UnverifiedMessage::verify`] makes a [`Message`] of it, which gives out plaintext frame by frame, or, after
//! [`Message::check_first`], all of it after everything has been verified.
//!
//! Spec: client-apis/decrypt.md

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::batch::OpeningBuffer;
use super::body::Message;
use super::{DecryptError, EdkReport, Verdict};
use crate::commitment::CommitmentPolicy;
use crate::context::{ContextNotMet, EncryptionContext, PUBLIC_KEY, RequiredContext};
use crate::crypto::aead::AeadKey;
use crate::crypto::kdf;
use crate::crypto::signature::{MessageHash, VerificationKey};
use crate::data_key::DerivedDataKey;
use crate::format::fields::{Fields, ReadError};
use crate::format::recognise::{BEGINNING_LENGTH, OtherFormat};
use crate::format::{FormatError, Header, HeaderAuthentication};
use crate::keyring::{Keyring, NotMine, OpenedDataKey, Proof, Refusal, Unwrapped};

/// What is refused before any key is asked.
#[derive(Clone, Debug, Default)]
pub struct DecryptRequirements {
    /// Which suites may be decrypted.
    pub commitment_policy: CommitmentPolicy,
    /// What the encryption context must hold.
    pub context: RequiredContext,
    /// Whether the message must be signed, or must not be.
    pub signature: SignatureRequirement,
    /// Greatest frame length, or length of an unframed body, accepted, in bytes; `None` for every one.
    pub max_length: Option<u64>,
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
        // Every header is longer; and what is none can be recognised by so much.
        source.fill(BEGINNING_LENGTH).map_err(DecryptError::ReadCiphertext)?;
        let mut fields = Fields::new(&mut source, 0);
        let header = match Header::read(&mut fields, max_encrypted_data_keys) {
            Ok(header) => header,
            Err(ReadError::Format(error @ (FormatError::Version(_) | FormatError::Type(_)))) => {
                return Err(not_a_message(source.beginning(), error));
            }
            Err(error) => return Err(error.into()),
        };
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

    /// Checks the requirements as far as the header alone tells; gives the required pairs that are not stored, which can
    /// still have been authenticated.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met.
    pub fn check_requirements(
        &self,
        requirements: &DecryptRequirements,
    ) -> Result<EncryptionContext, DecryptError> {
        let suite = self.header.suite;
        requirements.commitment_policy.may_decrypt(suite)?;
        match (requirements.signature, suite.is_signed()) {
            (SignatureRequirement::Required, false) => return Err(DecryptError::SignatureRequired(suite)),
            (SignatureRequirement::Forbidden, true) => return Err(DecryptError::SignatureForbidden(suite)),
            _ => {}
        }
        check_length(u64::from(self.header.frame_length), requirements.max_length)?;
        Ok(requirements.context.reproduced(&self.header.context)?)
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
        let reproduced = self.check_requirements(requirements)?;
        let signature = self.signature()?;
        let (opened, wrapping_key) = self.open(keyring, &reproduced)?;
        let header_length = self.source.consumed();
        Ok(Message {
            source: self.source,
            header: self.header,
            header_length,
            data_key: opened.data_key,
            key: opened.key,
            signature,
            wrapping_key,
            unstored: reproduced,
            max_length: requirements.max_length,
        })
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
    ) -> Result<(OpenedHeader, String), DecryptError> {
        let context =
            self.header.context.joined(reproduced).map_err(|error| DecryptError::Format(error.into()))?;
        let members = keyring.members().unwrap_or_else(|| vec![keyring]);
        let mut reports = Vec::new();
        for (position, edk) in (1..).zip(&self.header.encrypted_data_keys) {
            let mut refused = Vec::new();
            let mut not_mine = NotMine::OtherProvider;
            for member in &members {
                match member.unwrap(self.header.suite, &context, edk) {
                    Unwrapped::Opened(opened) => match self.check(&opened, reproduced) {
                        Ok(header) => return Ok((header, opened.wrapping_key)),
                        // Only a header that verified without the pairs tells that they are missing.
                        Err(error @ DecryptError::Context(_)) => return Err(error),
                        Err(_) if opened.proof == Proof::HeaderMustTell => refused.push(Refusal::DoesNotOpen),
                        Err(error) => return Err(error),
                    },
                    Unwrapped::Refused(reason) => refused.push(reason),
                    // That a key is another one tells more than that its provider is.
                    Unwrapped::NotMine(NotMine::OtherProvider) => {}
                    Unwrapped::NotMine(reason) => not_mine = reason,
                }
            }
            let verdicts: Vec<_> = match refused.is_empty() {
                true => vec![Verdict::NotMine(not_mine)],
                false => refused.into_iter().map(Verdict::Refused).collect(),
            };
            for verdict in verdicts {
                let report = EdkReport { position, encrypted_data_key: edk.clone(), verdict };
                log::debug!("encrypted data key {report}");
                reports.push(report);
            }
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
    fn check(
        &self,
        opened: &OpenedDataKey,
        reproduced: &EncryptionContext,
    ) -> Result<OpenedHeader, DecryptError> {
        let derived = kdf::derive(self.header.suite, &opened.data_key, &self.header.message_id)?;
        if derived.commitment_key != self.header.commitment_key {
            return Err(DecryptError::Commitment);
        }
        let key = AeadKey::new(derived.data_key.as_bytes())?;
        if self.is_authentic(&key, reproduced) {
            return Ok(OpenedHeader { data_key: derived.data_key, key });
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

/// What it is instead, as far as its first bytes tell.
fn not_a_message(beginning: &[u8], error: FormatError) -> DecryptError {
    OtherFormat::of(beginning).map_or(DecryptError::Format(error), DecryptError::OtherFormat)
}

/// The derived data key that the header is authentic under.
struct OpenedHeader {
    data_key: DerivedDataKey,
    key: AeadKey,
}

/// Refuses a frame, or an unframed body, that is longer than accepted.
pub(super) fn check_length(length: u64, limit: Option<u64>) -> Result<(), DecryptError> {
    match limit {
        Some(limit) if length > limit => Err(DecryptError::LengthOverLimit { length, limit }),
        _ => Ok(()),
    }
}
