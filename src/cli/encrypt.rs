//! `esdk encrypt`.

use std::io::{self, Read, Seek as _, Write as _};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tempfile::SpooledTempFile;

use super::args::EncryptArgs;
use super::caching::DataKeys;
use super::destination::Output;
use super::encoding::{Encoded, Encoding, decoded};
use super::fits::Fits;
use super::jobs::{self, Inputs, JobOptions, PendingOutput, RunOptions};
use super::keys;
use super::metadata::Record;
use super::opening;
use super::plan::{self, Direction, Jobs};
use super::report::{Failure, FailureKind, say};
use super::source::OpenSource;
use crate::commitment::CommitmentPolicy;
use crate::context::EncryptionContext;
use crate::format::length::MessageLength;
use crate::keyring::kms::KmsClients;
use crate::message::encrypt::{Encrypted, MessageEncryptor, check_frame_count};
use crate::message::read_back::ReadBack;
use crate::message::replay::{MAX_SPOOL_MEMORY, SpoolError};
use crate::message::threads::Threads;
use crate::message::{EncryptError, EncryptionMaterials};
use crate::suite::AlgorithmSuite;

/// How messages are encrypted.
pub struct EncryptPlan {
    /// Where their data keys come from.
    pub data_keys: DataKeys,
    /// Which suites may be used.
    pub policy: CommitmentPolicy,
    /// The suite that is used.
    pub suite: &'static AlgorithmSuite,
    /// What is bound to them and stored with them.
    pub context: EncryptionContext,
    /// What is bound to them and not stored.
    pub unstored: EncryptionContext,
    /// How the inputs are written.
    pub decoding: Encoding,
    /// Plaintext bytes in a frame.
    pub frame_length: NonZeroU32,
    /// Most encrypted data keys in a message; `None` for no limit.
    pub max_encrypted_data_keys: Option<usize>,
    /// How long an output may be.
    pub fits: Option<Fits>,
    /// How the outputs are written.
    pub encoding: Encoding,
    /// Whether nothing leaves for a stream before a message is whole.
    pub holds_back: bool,
    /// What becomes of the inputs.
    pub inputs: Inputs,
    /// What seals them.
    pub threads: Threads,
}

/// What all messages of a run have in common, before any key is asked.
#[derive(Debug)]
pub struct Kind {
    /// The commitment policy.
    pub policy: CommitmentPolicy,
    /// The algorithm suite, which the policy allows.
    pub suite: &'static AlgorithmSuite,
    /// The pairs that are stored.
    pub context: EncryptionContext,
    /// The pairs that are authenticated and not stored.
    pub unstored: EncryptionContext,
}

impl Kind {
    /// That of the arguments.
    ///
    /// # Errors
    /// [`Failure`]: the policy forbids the suite, or a context cannot be one.
    pub fn of(arguments: &EncryptArgs) -> Result<Self, Failure> {
        let policy = arguments.policy.commitment_policy;
        let suite = match arguments.algorithm {
            Some(suite) => suite,
            None if arguments.unsigned => AlgorithmSuite::UNSIGNED,
            None => policy.default_suite(),
        };
        policy.may_encrypt_with(suite).map_err(EncryptError::from)?;
        let context = context(&arguments.context, arguments.context_file.as_deref())?;
        let unstored = context_apart(&arguments.unstored_context, &context)?;
        Ok(Self { policy, suite, context, unstored })
    }
}

/// How the jobs of a run are gone through.
pub fn options(arguments: &EncryptArgs, jobs: &Jobs, kms: Option<Arc<KmsClients>>) -> JobOptions {
    JobOptions {
        mode: "encrypt",
        manner: plan::manner(&arguments.files, Direction::Encrypt),
        inputs: Inputs::of(arguments.files.remove_input),
        is_quiet: arguments.records.quiet,
        run: RunOptions::from(&arguments.run),
        in_use: plan::in_use(jobs, &arguments.keys, arguments.context_file.as_deref()),
        kms,
    }
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &EncryptArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs(&arguments.files, Direction::Encrypt)?;
    let Kind { policy, suite, context, unstored } = Kind::of(arguments)?;
    let keys = keys::plan(&arguments.keys, Direction::Encrypt)?;
    keys.check_suite(suite)?;
    let encoding = Encoding::of(arguments.files.encode);
    let options = options(arguments, &jobs, Some(keys.clients));
    let plan = EncryptPlan {
        data_keys: DataKeys::new(keys.keyring, arguments.keys.caching)?,
        policy,
        suite,
        context,
        unstored,
        decoding: Encoding::of(arguments.files.decode),
        frame_length: arguments.frame_length,
        max_encrypted_data_keys: plan::limit(arguments.policy.max_encrypted_data_keys),
        fits: arguments.fits.map(|limit| Fits::new(limit, encoding)),
        encoding,
        holds_back: false,
        inputs: options.inputs,
        threads: arguments.threads.threads(),
    };
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    if !options.is_quiet {
        keys.warnings.iter().for_each(|warning| say("warning", warning));
    }
    let work =
        |source, output: &mut PendingOutput, record: &mut Record| encrypt(&plan, source, output, record);
    let status = jobs::run(&jobs, &options, metadata, work);
    plan.data_keys.log_use();
    Ok(status)
}

impl EncryptPlan {
    /// `length`: the plaintext's in bytes, when it is known.
    fn materials(&self, length: Option<u64>) -> Result<EncryptionMaterials, Failure> {
        let (policy, suite, limit) = (self.policy, self.suite, self.max_encrypted_data_keys);
        let (context, unstored) = (self.context.clone(), self.unstored.clone());
        Ok(match &self.data_keys {
            DataKeys::Fresh(keyring) => {
                EncryptionMaterials::obtain(keyring.as_ref(), policy, suite, context, unstored, limit)?
            }
            DataKeys::Cached(cache) => {
                cache.encryption_materials(policy, suite, context, unstored, limit, length)?
            }
        })
    }
}

/// Encrypts one input.
///
/// # Errors
/// [`Failure`]: it could not be read, encrypted or written.
pub fn encrypt(
    plan: &EncryptPlan,
    source: OpenSource,
    output: &mut PendingOutput<'_>,
    record: &mut Record,
) -> Result<(), Failure> {
    check_length(&source, plan.decoding, plan.frame_length)?;
    let (encrypted, opened, read_back) = match &plan.fits {
        None => {
            let length = greatest_length(&source, plan.decoding);
            let (encryptor, read_back) = begin(plan, length, record)?;
            let mut whole =
                (plan.holds_back && output.is_stream()).then(|| SpooledTempFile::new(MAX_SPOOL_MEMORY));
            let mut opened = output.open()?;
            let from = source.at_offsets().filter(|_| plan.decoding == Encoding::None);
            let encrypted = match (from, opened.plain().and_then(Output::whole_file), &mut whole) {
                (_, _, Some(whole)) => encryptor.encrypt(opening::reader(source, plan.decoding), whole),
                (Some(from), Some(file), None) => {
                    encryptor.encrypt_at(&from, from.length(), file, &plan.threads)
                }
                _ => encryptor.encrypt(opening::reader(source, plan.decoding), &mut opened),
            };
            let encrypted = encrypted.map_err(|error| match error {
                EncryptError::WriteCiphertext(error) if whole.is_some() => spooling(error),
                EncryptError::WriteCiphertext(error) => output.writing(&error),
                error => Failure::from(error),
            })?;
            if let Some(mut whole) = whole {
                whole.rewind().map_err(spooling)?;
                io::copy(&mut whole, &mut opened).map_err(|error| output.writing(&error))?;
            }
            (encrypted, opened, read_back)
        }
        Some(fits) => encrypt_to_fit(plan, fits, source, output, record)?,
    };
    match read_back {
        None => output.finish(opened)?,
        Some(read_back) => output.finish_checked(opened, |file| {
            let message: Box<dyn Read> = match plan.encoding {
                Encoding::None => Box::new(file),
                Encoding::Base64 => Box::new(decoded(file)),
            };
            match read_back.check(message) {
                Ok(found) if found.plaintext_bytes == encrypted.plaintext_bytes => Ok(()),
                Ok(_) => Err(not_what_was_written("it is shorter or longer")),
                Err(error) => Err(not_what_was_written(&error.to_string())),
            }
        })?,
    }
    record.plaintext_bytes = Some(encrypted.plaintext_bytes);
    record.ciphertext_bytes = Some(encrypted.ciphertext_bytes);
    record.frames = Some(encrypted.frames);
    Ok(())
}

/// Refuses a plaintext that needs more frames than a message can have, as far as its length is known.
///
/// # Errors
/// [`Failure`]: with the frame length that would do.
pub fn check_length(
    source: &OpenSource,
    decoding: Encoding,
    frame_length: NonZeroU32,
) -> Result<(), Failure> {
    if source.metadata.is_file() && decoding == Encoding::None {
        check_frame_count(source.metadata.len(), frame_length)?;
    }
    Ok(())
}

/// The most bytes of plaintext that a source holds; `None` when that is not known. Of base64 it can hold fewer.
pub fn greatest_length(source: &OpenSource, decoding: Encoding) -> Option<u64> {
    let length = source.known_length()?;
    Some(match decoding {
        Encoding::None => length,
        Encoding::Base64 => length.div_ceil(4).saturating_mul(3),
    })
}

/// The failure to keep a message until it is whole.
fn spooling(error: io::Error) -> Failure {
    Failure::reading(&io::Error::other(SpoolError(error)))
}

/// The output is opened when the message is whole and known to fit.
fn encrypt_to_fit(
    plan: &EncryptPlan,
    fits: &Fits,
    source: OpenSource,
    output: &mut PendingOutput<'_>,
    record: &mut Record,
) -> Result<(Encrypted, Encoded<Output>, Option<ReadBack>), Failure> {
    let least = MessageLength::without_encrypted_data_keys(plan.suite, &plan.context, plan.frame_length);
    let plaintext = fits.plaintext(source, plan.decoding, &least)?;
    let length = plaintext.len() as u64;
    let (encryptor, read_back) = begin(plan, Some(length), record)?;
    fits.check_header(&MessageLength::of(encryptor.header()), length)?;
    let mut message = Vec::new();
    let encrypted = encryptor.encrypt(plaintext.as_slice(), &mut message)?;
    fits.check_message(message.len() as u64)?;
    let mut opened = output.open()?;
    opened.write_all(&message).map_err(|error| output.writing(&error))?;
    Ok((encrypted, opened, read_back))
}

/// Has a data key generated and wrapped, and makes the header; with what a written message is read back with, when that is
/// to be done.
///
/// `length`: the plaintext's in bytes, when it is known.
fn begin(
    plan: &EncryptPlan,
    length: Option<u64>,
    record: &mut Record,
) -> Result<(MessageEncryptor, Option<ReadBack>), Failure> {
    let materials = plan.materials(length)?;
    let read_back = (plan.inputs == Inputs::Removed).then(|| materials.read_back());
    let encryptor = MessageEncryptor::new(materials, plan.frame_length)?;
    let header = encryptor.header();
    record.wrapping_key =
        header.encrypted_data_keys.first().map(|edk| format!("{} {}", edk.provider_text(), edk.key_text()));
    record.header = Some(header.clone());
    Ok((encryptor, read_back))
}

fn not_what_was_written(why: &str) -> Failure {
    Failure::new(FailureKind::CannotCreate, format!("read back, it is not what was written: {why}"))
        .hint("the disk or the memory of this machine may be failing; the input is untouched")
}

/// The pairs that are authenticated and not stored; none of them may be stored as well.
fn context_apart(words: &[String], stored: &EncryptionContext) -> Result<EncryptionContext, Failure> {
    let unstored = context(words, None)?;
    stored.joined(&unstored).map_err(|error| {
        Failure::usage(error.to_string()).hint("give a key with -c or with --unstored-context, not with both")
    })?;
    Ok(unstored)
}

fn context(words: &[String], file: Option<&Path>) -> Result<EncryptionContext, Failure> {
    let mut context = EncryptionContext::new();
    for (key, value) in plan::context_words(words, file)? {
        let Some(value) = value else {
            return Err(Failure::usage(format!("-c {key}: has no value")).hint("write KEY=VALUE"));
        };
        context.insert(&key, &value).map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(context)
}
