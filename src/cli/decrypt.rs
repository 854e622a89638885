//! `esdk decrypt`.

use std::process::ExitCode;

use super::args::DecryptArgs;
use super::destination::Content;
use super::jobs::{self, JobOptions, PendingOutput};
use super::keys;
use super::metadata::{Record, Signature};
use super::plan::{self, Direction};
use super::report::{Failure, say};
use super::source::OpenSource;
use crate::context::RequiredContext;
use crate::keyring::Keyring;
use crate::message::DecryptError;
use crate::message::decrypt::{DecryptRequirements, SignatureRequirement, UnverifiedMessage};

struct DecryptPlan {
    keyring: Box<dyn Keyring>,
    requirements: DecryptRequirements,
    max_encrypted_data_keys: Option<usize>,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &DecryptArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs(&arguments.files, Direction::Decrypt)?;
    let context = context(arguments)?;
    let keys = keys::plan(&arguments.keys, Direction::Decrypt)?;
    let signature = match (arguments.require_signature, arguments.forbid_signature) {
        (true, _) => SignatureRequirement::Required,
        (false, true) => SignatureRequirement::Forbidden,
        (false, false) => SignatureRequirement::Any,
    };
    let plan = DecryptPlan {
        keyring: keys.keyring,
        requirements: DecryptRequirements {
            commitment_policy: arguments.policy.commitment_policy,
            context,
            signature,
            max_frame_length: arguments.max_length.map(|length| length.get()),
        },
        max_encrypted_data_keys: plan::limit(arguments.policy.max_encrypted_data_keys),
    };
    let options = JobOptions {
        mode: "decrypt",
        content: Content::Plaintext,
        existing: plan::existing(&arguments.files),
        new_folder: plan::new_folder(&arguments.files),
        is_quiet: arguments.records.quiet,
    };
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    if !options.is_quiet {
        keys.warnings.iter().for_each(|warning| say("warning", warning));
    }
    Ok(jobs::run(&jobs, &options, metadata, |source, output, record| decrypt(&plan, source, output, record)))
}

fn decrypt(
    plan: &DecryptPlan,
    source: OpenSource,
    output: &mut PendingOutput,
    record: &mut Record,
) -> Result<(), Failure> {
    let message = UnverifiedMessage::read(source, plan.max_encrypted_data_keys)?;
    record.header = Some(message.header().clone());
    record.authentication = Some(*message.authentication());
    let message = message.verify(plan.keyring.as_ref(), &plan.requirements).inspect_err(|error| {
        if let DecryptError::Context(not_met) = error {
            record.context_not_met = Some(not_met.clone());
        }
    })?;
    record.wrapping_key = Some(message.wrapping_key().to_owned());
    let is_signed = message.header().suite.is_signed();
    let mut opened = output.open()?;
    let decrypted = message.decrypt(&mut opened).map_err(|error| match error {
        DecryptError::WritePlaintext(error) => output.writing(&error),
        error => Failure::from(error),
    })?;
    opened.finish()?;
    record.plaintext_bytes = Some(decrypted.plaintext_bytes);
    record.ciphertext_bytes = Some(decrypted.ciphertext_bytes);
    record.frames = Some(decrypted.frames);
    record.signature = Some(if is_signed { Signature::Verified } else { Signature::None });
    Ok(())
}

fn context(arguments: &DecryptArgs) -> Result<RequiredContext, Failure> {
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
