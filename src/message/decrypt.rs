//! Decrypting one message: header, verification, frames, footer.
//!
//! States are types: an [`UnverifiedMessage`] has a header that anybody could have written; only
//! [`UnverifiedMessage::verify`] makes a [`Message`] of it, which gives out plaintext frame by frame, or, after
//! [`Message::check_first`], all of it after everything has been verified.
//!
//! Spec: client-apis/decrypt.md#behavior

use std::io::Read;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::batch::OpeningBuffer;
use super::body::Message;
use super::cache::{Asked, Found, MaterialsCache};
use super::places::Places;
use super::{DecryptError, EdkReport, Verdict};
use crate::commitment::CommitmentPolicy;
use crate::context::{ContextNotMet, EncryptionContext, PUBLIC_KEY, RequiredContext};
use crate::crypto::aead::AeadKey;
use crate::crypto::kdf;
use crate::crypto::signature::{MessageHash, VerificationKey};
use crate::data_key::DerivedDataKey;
use crate::format::fields::{Fields, ReadError};
use crate::format::recognise::{BEGINNING_LENGTH, OtherFormat};
use crate::format::{EncryptedDataKey, FormatError, Header, HeaderAuthentication};
use crate::keyring::{Keyring, NotMine, OpenedDataKey, Place, Proof, Refusal, Unwrapped};

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
///
/// Spec: client-apis/decrypt.md#behavior
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
    /// Spec: client-apis/decrypt.md#parse-the-header, client-apis/decrypt.md#encrypted-message
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
        self.verify_by(requirements, |message, reproduced| {
            let context = message.context(reproduced)?;
            message.ask(keyring, &context, reproduced).opened
        })
    }

    /// The same; the data key may be one that the cache has kept of a message with the same encrypted data keys and the
    /// same encryption context. Nothing is checked less.
    ///
    /// # Errors
    /// [`DecryptError`], as [`Self::verify`]; also when another thread has just had the same encrypted data keys tried,
    /// and none opened.
    ///
    /// Spec: framework/caching-cmm.md#decrypt-materials
    pub fn verify_cached(
        self,
        cache: &MaterialsCache,
        requirements: &DecryptRequirements,
    ) -> Result<Message<R>, DecryptError> {
        self.verify_by(requirements, |message, reproduced| message.look_up(cache, reproduced))
    }

    /// Checks the requirements, and lets `open` find the data key that opens the header.
    fn verify_by(
        self,
        requirements: &DecryptRequirements,
        open: impl FnOnce(&Self, &EncryptionContext) -> Result<Opened, DecryptError>,
    ) -> Result<Message<R>, DecryptError> {
        let reproduced = self.check_requirements(requirements)?;
        let signature = self.signature()?;
        let (opened, wrapping_key, reports) = open(&self, &reproduced)?;
        let header_length = self.source.consumed();
        let context = self.context(&reproduced)?;
        Ok(Message {
            source: self.source,
            header: self.header,
            header_length,
            data_key: opened.data_key,
            key: opened.key,
            signature,
            wrapping_key,
            reports,
            context,
            unstored: reproduced,
            max_length: requirements.max_length,
        })
    }

    /// The key that verifies the signature, and the hash of what is signed so far.
    ///
    /// Spec: framework/default-cmm.md#decrypt-materials
    pub(super) fn signature(&self) -> Result<Option<(VerificationKey, MessageHash)>, DecryptError> {
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

    /// The whole encryption context: what is stored, and what whoever decrypts adds to it.
    pub(super) fn context(&self, reproduced: &EncryptionContext) -> Result<EncryptionContext, DecryptError> {
        self.header.context.joined(reproduced).map_err(|error| DecryptError::Format(error.into()))
    }

    /// Opens the header with a data key of the cache, or asks the keyring for one and keeps it.
    fn look_up(
        &self,
        cache: &MaterialsCache,
        reproduced: &EncryptionContext,
    ) -> Result<Opened, DecryptError> {
        let context = self.context(reproduced)?;
        let ask = || {
            let answer = self.ask(cache.keyring(), &context, reproduced);
            let asked = match (answer.data_key, answer.reports) {
                (Some(data_key), _) => Asked::Materials(data_key),
                (None, Some(reports)) => Asked::Failure(reports),
                (None, None) => Asked::Own,
            };
            (answer.opened, asked)
        };
        let header = &self.header;
        let edks = &header.encrypted_data_keys;
        match cache.data_key(header.suite, edks, &header.context, reproduced, ask)? {
            Found::Own(opened) => return opened,
            Found::Materials(data_key) => {
                if let Ok(opened) = self.check(&data_key, reproduced) {
                    return Ok((opened, data_key.wrapping_key.clone(), Vec::new()));
                }
            }
            Found::Failure(reports) => return Err(not_opened(self.placed(&reports), reproduced)),
            Found::Nothing => {}
        }
        // A data key of the cache can open a header, and never be the reason for refusing one.
        self.ask(cache.keyring(), &context, reproduced).opened
    }

    /// Reports about the same encrypted data keys in another message, which may have them in another order.
    fn placed(&self, reports: &[EdkReport]) -> Vec<EdkReport> {
        let edks = &self.header.encrypted_data_keys;
        let place = |report: &EdkReport| edks.iter().position(|edk| *edk == report.encrypted_data_key);
        let mut reports = reports.to_vec();
        for report in &mut reports {
            report.position = place(report).map_or(report.position, |place| place + 1);
        }
        reports.sort_by_key(|report| report.position);
        reports
    }

    /// Tries the encrypted data keys until one opens the header: those that the caller's own Region can open first, the
    /// others as they stand. A place that does not answer is passed over from then on. All of them share the time that one
    /// call may take.
    fn ask(
        &self,
        keyring: &dyn Keyring,
        context: &EncryptionContext,
        reproduced: &EncryptionContext,
    ) -> Answer {
        let members = keyring.members().unwrap_or_else(|| vec![keyring]);
        let edks = &self.header.encrypted_data_keys;
        let mut verdicts: Vec<Tried> = edks.iter().map(|_| Tried::default()).collect();
        let mut is_about_header = false;
        let attempts = attempts(&members, edks);
        let mut places = Places::of(attempts.iter().filter_map(|attempt| attempt.place.as_ref()));
        for attempt in attempts {
            let edk = &edks[attempt.edk];
            let tried = &mut verdicts[attempt.edk];
            let place = attempt.place.as_ref();
            let patience = match places.begin(place) {
                Ok(patience) => patience,
                Err(passed_over) => {
                    tried.refused.push(passed_over);
                    continue;
                }
            };
            match members[attempt.member].unwrap_within(self.header.suite, context, edk, patience) {
                Unwrapped::Opened(opened) => match self.check(&opened, reproduced) {
                    Ok(header) => {
                        tried.opened = true;
                        let found = (header, opened.wrapping_key.clone(), reports(edks, verdicts));
                        return Answer::opened(opened, Ok(found));
                    }
                    // Only a header that verified without the pairs tells that they are missing.
                    Err(error @ DecryptError::Context(_)) => return Answer::opened(opened, Err(error)),
                    Err(_) if opened.proof == Proof::HeaderMustTell => {
                        is_about_header = true;
                        tried.refused.push(Refusal::DoesNotOpen);
                    }
                    Err(error) => return Answer::opened(opened, Err(error)),
                },
                Unwrapped::Refused(reason) => {
                    if reason.is_unanswered() {
                        places.fall_silent(place);
                    }
                    tried.refused.push(reason);
                }
                // That a key is another one tells more than that its provider is.
                Unwrapped::NotMine(NotMine::OtherProvider) => {
                    tried.not_mine.get_or_insert(NotMine::OtherProvider);
                }
                Unwrapped::NotMine(reason) => tried.not_mine = Some(reason),
            }
        }
        let reports = reports(edks, verdicts);
        let shared = (!is_about_header).then(|| reports.clone());
        Answer { opened: Err(not_opened(reports, reproduced)), data_key: None, reports: shared }
    }

    /// Holds the commitment and the header's tag against a data key.
    ///
    /// Spec: client-apis/decrypt.md#get-the-decryption-materials, client-apis/decrypt.md#verify-the-header
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

    /// Spec: client-apis/decrypt.md#verify-the-header
    fn is_authentic(&self, key: &AeadKey, reproduced: &EncryptionContext) -> bool {
        let aad = [self.header_bytes.as_slice(), &reproduced.serialized()].concat();
        let mut tag = self.authentication.tag;
        key.open(&self.authentication.iv, &aad, &mut tag).is_ok()
    }
}

/// The header, the wrapping key that opened it, and what became of the encrypted data keys that were asked for.
type Opened = (OpenedHeader, String, Vec<EdkReport>);

/// What came of asking the wrapping keys.
struct Answer {
    opened: Result<Opened, DecryptError>,
    /// A data key that is certain, whether it opened this header or not.
    data_key: Option<Arc<OpenedDataKey>>,
    /// Why no data key was had, when the header had no part in it.
    reports: Option<Vec<EdkReport>>,
}

impl Answer {
    fn opened(data_key: OpenedDataKey, opened: Result<Opened, DecryptError>) -> Self {
        Self { opened, data_key: Some(Arc::new(data_key)), reports: None }
    }
}

pub(super) fn not_opened(reports: Vec<EdkReport>, reproduced: &EncryptionContext) -> DecryptError {
    let is_ours =
        |report: &EdkReport| matches!(&report.verdict, Verdict::Refused(r) if r.may_be_the_context());
    if !reproduced.is_empty() && reports.iter().any(is_ours) {
        // A pair that is not stored can still have been authenticated: only the wrapping key could tell.
        return ContextNotMet::of_pairs(reproduced).into();
    }
    DecryptError::NoKeyOpened(reports)
}

/// What it is instead, as far as its first bytes tell.
fn not_a_message(beginning: &[u8], error: FormatError) -> DecryptError {
    OtherFormat::of(beginning).map_or(DecryptError::Format(error), DecryptError::OtherFormat)
}

/// An encrypted data key and a keyring to ask for it, by their places.
pub(super) struct Attempt {
    pub(super) edk: usize,
    pub(super) member: usize,
    place: Option<Place>,
}

/// What is to be asked, in its order.
pub(super) fn attempts(members: &[&dyn Keyring], edks: &[EncryptedDataKey]) -> Vec<Attempt> {
    let is_choice = members.len() > 1 || edks.len() > 1;
    let mut attempts = Vec::with_capacity(members.len() * edks.len());
    for (edk, encrypted_data_key) in edks.iter().enumerate() {
        for (member, keyring) in members.iter().enumerate() {
            // Where there is nothing to choose from, nobody needs to look for the caller's Region.
            let place = is_choice.then(|| keyring.place(encrypted_data_key)).flatten();
            attempts.push(Attempt { edk, member, place });
        }
    }
    attempts.sort_by_key(|attempt| !attempt.place.as_ref().is_some_and(|place| place.is_own));
    attempts
}

/// What became of one encrypted data key so far.
#[derive(Default)]
pub(super) struct Tried {
    opened: bool,
    pub(super) refused: Vec<Refusal>,
    pub(super) not_mine: Option<NotMine>,
}

/// A report on each encrypted data key that came to something, in the order of the message.
pub(super) fn reports(edks: &[EncryptedDataKey], verdicts: Vec<Tried>) -> Vec<EdkReport> {
    let mut reports = Vec::new();
    for ((position, edk), tried) in (1..).zip(edks).zip(verdicts) {
        let verdict = match (tried.opened, tried.refused.is_empty(), tried.not_mine) {
            (true, _, _) => Verdict::Opened,
            (_, false, _) => Verdict::Refused(Refusal::of_all(tried.refused)),
            (_, true, Some(reason)) => Verdict::NotMine(reason),
            (_, true, None) => continue,
        };
        let report = EdkReport { position, encrypted_data_key: edk.clone(), verdict };
        log::debug!("encrypted data key {report}");
        reports.push(report);
    }
    reports
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
