//! `esdk encrypt`.

use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

use super::args::EncryptArgs;
use super::destination::Content;
use super::encoding::Encoding;
use super::jobs::{self, JobOptions, PendingOutput};
use super::keys;
use super::metadata::Record;
use super::opening;
use super::plan::{self, Direction};
use super::report::{Failure, say};
use super::source::OpenSource;
use crate::commitment::CommitmentPolicy;
use crate::context::EncryptionContext;
use crate::keyring::Keyring;
use crate::message::encrypt::{MessageEncryptor, check_frame_count};
use crate::message::{EncryptError, EncryptionMaterials};
use crate::suite::AlgorithmSuite;

struct EncryptPlan {
    keyring: Box<dyn Keyring>,
    policy: CommitmentPolicy,
    suite: &'static AlgorithmSuite,
    context: EncryptionContext,
    unstored: EncryptionContext,
    decoding: Encoding,
    frame_length: NonZeroU32,
    max_encrypted_data_keys: Option<usize>,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &EncryptArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs(&arguments.files, Direction::Encrypt)?;
    let policy = arguments.policy.commitment_policy;
    let suite = match arguments.algorithm {
        Some(suite) => suite,
        None if arguments.unsigned => AlgorithmSuite::UNSIGNED,
        None => policy.default_suite(),
    };
    policy.may_encrypt_with(suite).map_err(EncryptError::from)?;
    let context = context(&arguments.context, arguments.context_file.as_deref())?;
    let unstored = context_apart(&arguments.unstored_context, &context)?;
    let keys = keys::plan(&arguments.keys, Direction::Encrypt)?;
    let plan = EncryptPlan {
        keyring: keys.keyring,
        policy,
        suite,
        context,
        unstored,
        decoding: Encoding::of(arguments.files.decode),
        frame_length: arguments.frame_length,
        max_encrypted_data_keys: plan::limit(arguments.policy.max_encrypted_data_keys),
    };
    let options = JobOptions {
        mode: "encrypt",
        content: Content::Ciphertext,
        encoding: Encoding::of(arguments.files.encode),
        existing: plan::existing(&arguments.files, Direction::Encrypt),
        new_folder: plan::new_folder(&arguments.files),
        is_quiet: arguments.records.quiet,
    };
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    if !options.is_quiet {
        keys.warnings.iter().for_each(|warning| say("warning", warning));
    }
    Ok(jobs::run(&jobs, &options, metadata, |source, output, record| encrypt(&plan, source, output, record)))
}

fn encrypt(
    plan: &EncryptPlan,
    source: OpenSource,
    output: &mut PendingOutput,
    record: &mut Record,
) -> Result<(), Failure> {
    if source.metadata.is_file() && plan.decoding == Encoding::None {
        check_frame_count(source.metadata.len(), plan.frame_length)?;
    }
    let materials = EncryptionMaterials::obtain(
        plan.keyring.as_ref(),
        plan.policy,
        plan.suite,
        plan.context.clone(),
        plan.unstored.clone(),
        plan.max_encrypted_data_keys,
    )?;
    let encryptor = MessageEncryptor::new(materials, plan.frame_length)?;
    let header = encryptor.header();
    record.wrapping_key =
        header.encrypted_data_keys.first().map(|edk| format!("{} {}", edk.provider_text(), edk.key_text()));
    record.header = Some(header.clone());
    let mut opened = output.open()?;
    let encrypted = encryptor.encrypt(opening::reader(source, plan.decoding), &mut opened).map_err(
        |error| match error {
            EncryptError::WriteCiphertext(error) => output.writing(&error),
            error => Failure::from(error),
        },
    )?;
    output.finish(opened)?;
    record.plaintext_bytes = Some(encrypted.plaintext_bytes);
    record.ciphertext_bytes = Some(encrypted.ciphertext_bytes);
    record.frames = Some(encrypted.frames);
    Ok(())
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
