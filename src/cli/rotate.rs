//! `esdk rotate`.

use std::fs::File;
use std::io::Read;
use std::process::ExitCode;

use super::args::rotate::RotateArgs;
use super::args::{KeyArgs, TypedKeys};
use super::destination::Output;
use super::encoding::{Encoded, Encoding, decoded};
use super::jobs::{self, Inputs, JobOptions, PendingOutput, RunOptions};
use super::keys::{self, PlannedKeys};
use super::metadata::{Previous, Record, Signature};
use super::opening::OpeningPlan;
use super::plan::{self, Direction, Jobs};
use super::report::{Failure, FailureKind, say};
use super::source::{OpenSource, Source};
use super::walk::Reason;
use crate::commitment::CommitmentPolicy;
use crate::context::{ContextError, EncryptionContext};
use crate::format::ContentType;
use crate::keyring::Keyring;
use crate::message::body::Message;
use crate::message::encrypt::MessageEncryptor;
use crate::message::read_back::ReadBack;
use crate::message::replay::Replay;
use crate::message::rotate::{self, ChangeError, Changes, Outline, RotateError, Rotated};
use crate::message::{DecryptError, EncryptError, EncryptionMaterials};
use crate::suite::AlgorithmSuite;

struct RotatePlan {
    opening: OpeningPlan,
    new_keys: PlannedKeys,
    policy: CommitmentPolicy,
    changes: Changes,
    max_encrypted_data_keys: Option<usize>,
    encoding: Encoding,
    which: Which,
}

/// Which messages are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    /// Those that are not under the new keys, or would change otherwise.
    Needed,
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &RotateArgs) -> Result<ExitCode, Failure> {
    let files = &arguments.files;
    let jobs = plan::jobs(files, Direction::Rotate)?;
    if files.skip_existing && files.output.is_none() {
        return Err(Failure::usage("--skip-existing without -o would pass over every input")
            .hint("--if-needed passes over messages that are under the new keys already"));
    }
    let which = if arguments.if_needed { Which::Needed } else { Which::All };
    let changes = changes(arguments)?;
    let policy = arguments.opening.policy.commitment_policy;
    if let Some(suite) = changes.suite {
        policy.may_encrypt_with(suite).map_err(EncryptError::from)?;
    }
    let (opening, mut warnings) = OpeningPlan::new(&arguments.opening, Encoding::of(files.decode))?;
    let typed_keys = new_keys(arguments);
    let mut new_keys = keys::plan_with(&typed_keys, Direction::Rotate, opening.clients())?;
    if let Some(suite) = changes.suite {
        new_keys.check_suite(suite)?;
    }
    if which == Which::Needed {
        check_tells(new_keys.keyring.as_ref(), &jobs)?;
    }
    warnings.append(&mut new_keys.warnings);
    let plan = RotatePlan {
        opening,
        new_keys,
        policy,
        changes,
        max_encrypted_data_keys: plan::limit(arguments.opening.policy.max_encrypted_data_keys),
        encoding: Encoding::of(files.encode),
        which,
    };
    let options = JobOptions {
        mode: "rotate",
        manner: plan::manner(files, Direction::Rotate),
        inputs: Inputs::of(files.remove_input),
        is_quiet: arguments.records.quiet,
        run: RunOptions::from(&arguments.run),
        in_use: plan::in_use(&jobs, &arguments.opening.keys, arguments.opening.context_file.as_deref())
            .with_keys(&typed_keys),
        kms: Some(plan.opening.clients()),
    };
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    if !options.is_quiet {
        warnings.iter().for_each(|warning| say("warning", warning));
    }
    let work =
        |source, output: &mut PendingOutput<'_>, record: &mut Record| plan.work(source, output, record);
    let status = jobs::run(&jobs, &options, metadata, work);
    plan.opening.log_use();
    Ok(status)
}

impl RotatePlan {
    fn work(
        &self,
        source: OpenSource,
        output: &mut PendingOutput<'_>,
        record: &mut Record,
    ) -> Result<(), Failure> {
        if self.which == Which::Needed && output.is_stream() {
            return Err(not_left_alone());
        }
        let mut old = Record::default();
        let message = self.open(source, &mut old);
        record.previous = old.header.zip(old.authentication).map(|(header, authentication)| {
            Box::new(Previous { header, authentication, wrapping_key: old.wrapping_key, decrypted: None })
        });
        record.context_not_met = old.context_not_met;
        record.verdicts = old.verdicts;
        let Some(message) = message? else {
            record.passed_over = Some(Reason::UnderTheseKeys);
            return Ok(());
        };
        let is_signed = message.header().suite.is_signed();
        let outline = self.outline(&message)?;
        let rotated = if output.is_stream() || message.header().content_type == ContentType::Unframed {
            // What leaves for a stream cannot be taken back: it begins when the old message is known to be good.
            let unstored = message.unstored_context().clone();
            output.expect_second_reading();
            let checked = message.check_first().map_err(reading)?;
            self.write(outline, unstored, output, record, |encryptor, out| checked.rotate(encryptor, out))?
        } else {
            let unstored = message.unstored_context().clone();
            let message = message.read_once();
            self.write(outline, unstored, output, record, |encryptor, out| message.rotate(encryptor, out))?
        };
        record.plaintext_bytes = Some(rotated.encrypted.plaintext_bytes);
        record.ciphertext_bytes = Some(rotated.encrypted.ciphertext_bytes);
        record.frames = Some(rotated.encrypted.frames);
        record.signature = Some(if is_signed { Signature::Verified } else { Signature::None });
        if let Some(previous) = &mut record.previous {
            previous.decrypted = Some(rotated.decrypted);
        }
        Ok(())
    }

    /// The old message, its header verified; `None` when it is to be left alone.
    fn open(&self, source: OpenSource, old: &mut Record) -> Result<Option<Message<Replay>>, Failure> {
        let message = self.opening.read(source, old)?;
        let unstored = self.opening.check_requirements(&message, old).map_err(reading)?;
        let header = message.header();
        if self.which == Which::Needed
            && self.changes.are_made_in(header, self.policy)
            && rotate::is_under(header, &unstored, self.new_keys.keyring.as_ref())
        {
            return Ok(None);
        }
        self.opening.verify(message, old).map(Some).map_err(reading)
    }

    fn outline(&self, message: &Message<Replay>) -> Result<Outline, Failure> {
        if let Some((key, _)) =
            message.unstored_context().pairs().find(|(key, _)| self.changes.set.value(key).is_some())
        {
            let message = format!("the pair of {key:?} is authenticated without being stored, and stays so");
            return Err(Failure::new(FailureKind::Refused, message)
                .hint(format!("leave out --set-context {key}=…, or decrypt and encrypt anew")));
        }
        let outline = self.changes.applied(message.header(), self.policy).map_err(|error| {
            let failure = Failure::new(FailureKind::Refused, error.to_string());
            match error {
                ChangeError::NotStored(key) => {
                    failure.hint(format!("leave out --unset-context {key} for this message"))
                }
                _ => failure,
            }
        })?;
        let checked = self.new_keys.check_suite(outline.suite);
        checked.map_err(|failure| Failure { kind: FailureKind::Refused, ..failure })?;
        let old = message.header().suite;
        if outline.suite != old {
            log::info!("the algorithm suite {old} becomes {}", outline.suite);
        }
        Ok(outline)
    }

    /// Makes the new message, has it written, and gives it its name when it has been read back.
    fn write(
        &self,
        outline: Outline,
        unstored: EncryptionContext,
        output: &mut PendingOutput<'_>,
        record: &mut Record,
        rotate: impl FnOnce(MessageEncryptor, &mut Encoded<Output>) -> Result<Rotated, RotateError>,
    ) -> Result<Rotated, Failure> {
        let materials = EncryptionMaterials::obtain(
            self.new_keys.keyring.as_ref(),
            self.policy,
            outline.suite,
            outline.context,
            unstored,
            self.max_encrypted_data_keys,
        )
        .map_err(|error| of_new_message(error, output))?;
        let read_back = materials.read_back();
        let encryptor = MessageEncryptor::new(materials, outline.frame_length)
            .map_err(|error| of_new_message(error, output))?;
        let header = encryptor.header();
        record.wrapping_key = header
            .encrypted_data_keys
            .first()
            .map(|edk| format!("{} {}", edk.provider_text(), edk.key_text()));
        record.header = Some(header.clone());
        let mut opened = output.open()?;
        let rotated = rotate(encryptor, &mut opened).map_err(|error| match error {
            RotateError::Decrypt(error) => reading(error),
            RotateError::Encrypt(error) => of_new_message(error, output),
            other => Failure::new(FailureKind::Other, other.to_string()),
        })?;
        output.finish_checked(opened, |file| self.check_written(&rotated, &read_back, file))?;
        Ok(rotated)
    }

    fn check_written(&self, rotated: &Rotated, read_back: &ReadBack, file: File) -> Result<(), Failure> {
        let message: Box<dyn Read> = match self.encoding {
            Encoding::None => Box::new(file),
            Encoding::Base64 => Box::new(decoded(file)),
        };
        rotated.check_written(read_back, message).map_err(|error| {
            Failure::new(FailureKind::CannotCreate, error.to_string())
                .hint("the disk or the memory of this machine may be failing; the old message is untouched")
        })
    }
}

/// A failure to read the old message.
fn reading(error: DecryptError) -> Failure {
    let is_policy = matches!(error, DecryptError::Policy(_));
    let failure = Failure::from(error);
    match is_policy {
        true => failure.hint(
            "the message does not commit to its key; when you trust its source, rotate it to a suite that does \
             with --commitment-policy require-encrypt-allow-decrypt",
        ),
        false => failure,
    }
}

/// A failure to make or write the new one.
fn of_new_message(error: EncryptError, output: &PendingOutput<'_>) -> Failure {
    match error {
        EncryptError::WriteCiphertext(error) => output.writing(&error),
        error => Failure::from(error).about(&"the new message"),
    }
}

/// `--to-kms-key` and `--to-wrapping-keys`; KMS is reached as on the other side.
fn new_keys(arguments: &RotateArgs) -> KeyArgs {
    let old = &arguments.opening.keys;
    KeyArgs {
        keys: TypedKeys(arguments.to.0.clone()),
        profile: old.profile.clone(),
        region: old.region.clone(),
        endpoint_url: old.endpoint_url.clone(),
        caching: None,
        kms_timeout: old.kms_timeout,
        kms_rate: old.kms_rate,
        kms_in_flight: old.kms_in_flight,
    }
}

fn changes(arguments: &RotateArgs) -> Result<Changes, Failure> {
    let wrong = |word: &str, what: &str| Failure::usage(format!("--set-context {word}: {what}"));
    let mut set = EncryptionContext::new();
    for word in &arguments.set_context {
        let (key, value) =
            word.split_once('=').ok_or_else(|| wrong(word, "has no value").hint("write KEY=VALUE"))?;
        set.insert(key, value).map_err(|error| wrong(word, &error.to_string()))?;
    }
    for key in &arguments.unset_context {
        let wrong = |what: &str| Failure::usage(format!("--unset-context {key}: {what}"));
        match EncryptionContext::new().insert(key, "") {
            // Other tools store empty keys.
            Ok(()) | Err(ContextError::EmptyKey) => {}
            Err(error) => return Err(wrong(&error.to_string())),
        }
        if set.value(key).is_some() {
            return Err(
                wrong("it is also given with --set-context").hint("--set-context alone replaces the value")
            );
        }
    }
    let suite = match arguments.unsigned {
        true => Some(AlgorithmSuite::UNSIGNED),
        false => arguments.algorithm,
    };
    Ok(Changes { suite, frame_length: arguments.frame_length, set, unset: arguments.unset_context.clone() })
}

fn not_left_alone() -> Failure {
    Failure::usage("--if-needed leaves files alone, and standard input is none")
        .hint("leave out --if-needed, or name the files")
}

/// Refuses `--if-needed` where the header of a message cannot tell whether it is needed, or nothing would be left alone.
fn check_tells(keyring: &dyn Keyring, jobs: &Jobs) -> Result<(), Failure> {
    if jobs.selection.typed().iter().any(|path| !matches!(Source::from_argument(path), Source::File(_))) {
        return Err(not_left_alone());
    }
    let members = keyring.members().unwrap_or_else(|| vec![keyring]);
    match members.into_iter().find(|member| member.key_name().is_none()) {
        None => Ok(()),
        Some(unnamed) => {
            let message = format!("--if-needed: only a call would tell which key {} is", unnamed.name());
            Err(Failure::usage(message)
                .hint("messages name keys by their ARNs: give the new keys by theirs, --to-kms-key ARN"))
        }
    }
}
