//! What decrypt, verify and rotate have in common: the keys that may open a message, and what must be true of it.

use std::io;
use std::sync::Arc;

use super::args::OpeningArgs;
use super::caching::DataKeys;
use super::encoding::{Encoding, decoded};
use super::keys::{self, PlannedKeys};
use super::metadata::{self, Record};
use super::plan::{self, Direction};
use super::report::Failure;
use super::source::OpenSource;
use crate::context::{EncryptionContext, RequiredContext};
use crate::keyring::kms::KmsClients;
use crate::message::body::{Decrypted, Message};
use crate::message::decrypt::{DecryptRequirements, SignatureRequirement, UnverifiedMessage};
use crate::message::forecast::MessageForecast;
use crate::message::replay::Replay;
use crate::message::{DecryptError, EdkReport, Verdict};

/// How messages are opened.
pub struct OpeningPlan {
    /// Where their data keys come from.
    pub data_keys: DataKeys,
    /// What must be true of them.
    pub requirements: DecryptRequirements,
    /// Most encrypted data keys in a message; `None` for no limit.
    pub max_encrypted_data_keys: Option<usize>,
    /// How the inputs are written.
    pub decoding: Encoding,
    /// What KMS is reached through.
    pub clients: Arc<KmsClients>,
}

impl OpeningPlan {
    /// Plans it, and gives the warnings.
    ///
    /// # Errors
    /// [`Failure`]: a key or a context cannot be what was typed.
    pub fn new(arguments: &OpeningArgs, decoding: Encoding) -> Result<(Self, Vec<String>), Failure> {
        let context = context(arguments)?;
        let keys = keys::plan(&arguments.keys, Direction::Decrypt)?;
        Self::with(context, keys, arguments, decoding)
    }

    /// The same to tell what would be called.
    ///
    /// # Errors
    /// Those of [`Self::new`] that are not about credentials.
    pub fn to_forecast(arguments: &OpeningArgs, decoding: Encoding) -> Result<(Self, Vec<String>), Failure> {
        let context = context(arguments)?;
        let keys = keys::forecast(&arguments.keys, Direction::Decrypt)?;
        Self::with(context, keys, arguments, decoding)
    }

    fn with(
        context: RequiredContext,
        keys: PlannedKeys,
        arguments: &OpeningArgs,
        decoding: Encoding,
    ) -> Result<(Self, Vec<String>), Failure> {
        let PlannedKeys { keyring, warnings, clients, .. } = keys;
        let signature = match (arguments.require_signature, arguments.forbid_signature) {
            (true, _) => SignatureRequirement::Required,
            (false, true) => SignatureRequirement::Forbidden,
            (false, false) => SignatureRequirement::Any,
        };
        let requirements = DecryptRequirements {
            commitment_policy: arguments.policy.commitment_policy,
            context,
            signature,
            max_length: arguments.max_length.map(|length| length.get()),
        };
        let max_encrypted_data_keys = plan::limit(arguments.policy.max_encrypted_data_keys);
        let data_keys = DataKeys::new(keyring, arguments.keys.caching)?;
        Ok((Self { data_keys, requirements, max_encrypted_data_keys, decoding, clients }, warnings))
    }

    /// What KMS is reached through.
    pub fn clients(&self) -> Arc<KmsClients> {
        Arc::clone(&self.clients)
    }

    /// Logs how often data keys were used again.
    pub fn log_use(&self) {
        self.data_keys.log_use();
    }

    /// Reads the header, has it opened by a key and verifies it; what is learned goes into the record.
    ///
    /// # Errors
    /// [`Failure`]: it is not a message, a requirement is not met, or no key opens it.
    pub fn open(&self, source: OpenSource, record: &mut Record) -> Result<Message<Replay>, Failure> {
        let message = self.read(source, record)?;
        Ok(self.verify(message, record)?)
    }

    /// Reads the header; nothing of it is verified.
    ///
    /// # Errors
    /// [`Failure`]: it is not a message.
    pub fn read(
        &self,
        source: OpenSource,
        record: &mut Record,
    ) -> Result<UnverifiedMessage<Replay>, Failure> {
        let decoding = if source.is_decoded { Encoding::None } else { self.decoding };
        let source = match decoding {
            Encoding::None => {
                let counter = source.counter();
                let replay = Replay::new(source.into_file()).map_err(|error| Failure::reading(&error))?;
                replay.counting(counter)
            }
            Encoding::Base64 => Replay::of_stream(decoded(source)),
        };
        let message = UnverifiedMessage::read(source, self.max_encrypted_data_keys)?;
        record.header = Some(message.header().clone());
        record.authentication = Some(*message.authentication());
        Ok(message)
    }

    /// Holds the header against what must be true of it, as far as it tells that itself; gives the required pairs that
    /// are not stored.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met.
    pub fn check_requirements(
        &self,
        message: &UnverifiedMessage<Replay>,
        record: &mut Record,
    ) -> Result<EncryptionContext, DecryptError> {
        message.check_requirements(&self.requirements).inspect_err(|error| note_refusal(record, error))
    }

    /// What opening a message would ask for.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met, or no key would be asked.
    pub fn forecast(&self, message: &UnverifiedMessage<Replay>) -> Result<MessageForecast, DecryptError> {
        message.forecast(self.data_keys.keyring(), &self.requirements)
    }

    /// Has the header opened by a key and verifies it.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met, or no key opens it.
    pub fn verify(
        &self,
        message: UnverifiedMessage<Replay>,
        record: &mut Record,
    ) -> Result<Message<Replay>, DecryptError> {
        let verified = self.data_keys.verify(message, &self.requirements);
        let message = verified.inspect_err(|error| note_refusal(record, error))?;
        let passed_over = |report: &&EdkReport| matches!(report.verdict, Verdict::Refused(_));
        for report in message.reports().iter().filter(passed_over) {
            log::info!("passed over: encrypted data key {report}");
        }
        record.verdicts = metadata::verdicts(message.reports());
        record.wrapping_key = Some(message.wrapping_key().to_owned());
        Ok(message)
    }
}

fn note_refusal(record: &mut Record, error: &DecryptError) {
    match error {
        DecryptError::Context(not_met) => record.context_not_met = Some(not_met.clone()),
        DecryptError::NoKeyOpened(reports) => record.verdicts = metadata::verdicts(reports),
        _ => {}
    }
}

/// Records what a decryption came to.
pub fn note(record: &mut Record, decrypted: &Decrypted) {
    use super::metadata::Signature;
    record.plaintext_bytes = Some(decrypted.plaintext_bytes);
    record.ciphertext_bytes = Some(decrypted.ciphertext_bytes);
    record.frames = Some(decrypted.frames);
    let is_signed = record.header.as_ref().is_some_and(|header| header.suite.is_signed());
    record.signature = Some(if is_signed { Signature::Verified } else { Signature::None });
}

/// The bytes that a source holds, or those that its base64 stands for.
pub fn reader(source: OpenSource, decoding: Encoding) -> Box<dyn io::Read> {
    match decoding {
        Encoding::None => Box::new(source),
        Encoding::Base64 => Box::new(decoded(source)),
    }
}

fn context(arguments: &OpeningArgs) -> Result<RequiredContext, Failure> {
    let mut context = RequiredContext::new();
    for (key, value) in plan::context_words(&arguments.context, arguments.context_file.as_deref())? {
        let added = match value {
            Some(value) => context.require_pair(&key, &value),
            None => context.require_key(&key),
        };
        added.map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(context)
}
