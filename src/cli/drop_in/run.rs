//! What was typed to the plans of `encrypt` and `decrypt`, and their jobs one after the other.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::keys::{self, Keys};
use super::log::{NAME, say};
use super::parse::{MetadataTarget, Mode, Typed};
use super::record::{Lines, Names};
use super::sources::{self, Item, Step};
use super::stop::{Stop, raised};
use super::words::{self, ContextWords, Group};
use super::{glob, requests, texts};
use crate::cli::args::batch::When;
use crate::cli::caching::DataKeys;
use crate::cli::decrypt::{self, Release};
use crate::cli::destination::{Bits, Content, Existing, Manner, Preserve};
use crate::cli::encoding::Encoding;
use crate::cli::encrypt::{self, EncryptPlan};
use crate::cli::in_use::FilesInUse;
use crate::cli::interrupt;
use crate::cli::jobs::{InTurn, Inputs, JobOptions, Order, PendingOutput, RunOptions};
use crate::cli::metadata::Record;
use crate::cli::opening::OpeningPlan;
use crate::cli::report::{Failure, FailureKind};
use crate::cli::reporter::{Ended, How};
use crate::cli::source::OpenSource;
use crate::context::{ContextNotMet, EncryptionContext, RequiredContext};
use crate::message::cache::CacheLimits;
use crate::message::decrypt::{DecryptRequirements, SignatureRequirement};
use crate::message::threads::Threads;
use crate::message::{DEFAULT_FRAME_LENGTH, DecryptError, EncryptError};

/// What frame lengths must be a multiple of: the original takes the block of AES to have so many bytes, not bits.
const FRAME_UNIT: i128 = 128;

/// The longest frame that the original makes, in bytes.
const MAX_FRAME_LENGTH: i128 = 0x7FFF_FFFF;

/// A call whose arguments are well formed.
#[derive(Debug)]
pub struct Request {
    typed: Typed,
    mode: Mode,
    groups: Vec<Group>,
    context: ContextWords,
    caching: Option<CacheLimits>,
}

impl Request {
    /// What was typed, with its words taken apart.
    ///
    /// # Errors
    /// [`Stop`]: they contradict each other.
    pub fn of(typed: Typed) -> Result<Self, Stop> {
        if let Some(name) = typed.one_dash {
            return Err(Stop::Usage(format!("Found invalid argument \"{name}\". Did you mean \"-{name}\"?")));
        }
        if typed.has_required_keys {
            let text = "--required-encryption-context-keys cannot be manually provided";
            return Err(Stop::Usage(text.to_owned()));
        }
        // The parser has seen to it that one is given.
        let mode = typed.mode.unwrap_or(Mode::Encrypt);
        let groups = typed.wrapping_keys.iter().map(|words| Group::of(words, mode));
        let groups = groups.collect::<Result<_, _>>()?;
        let context = ContextWords::of(typed.context.as_deref().unwrap_or_default(), mode)?;
        let caching = typed.caching.as_deref().map(words::caching).transpose()?.flatten();
        Ok(Self { typed, mode, groups, context, caching })
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Stop`]: nothing was begun.
    pub fn run(self) -> Result<ExitCode, Stop> {
        let keys = keys::plan(&self.groups, self.mode)?;
        requests::check(&self.typed)?;
        let sources = match self.typed.input.to_str() {
            Some("-") => None,
            _ => {
                let sources = glob::glob(&self.typed.input);
                requests::check_sources(&sources, &self.typed.output)?;
                Some(sources)
            }
        };
        let options = self.options(&keys);
        let run = Run {
            request: &self,
            lines: Lines::new(
                self.typed.metadata.clone().unwrap_or(MetadataTarget::Nowhere),
                self.typed.overwrites_metadata,
            ),
            has_failed: false,
        };
        match self.mode {
            Mode::Encrypt => {
                let plan = self.encrypt_plan(keys)?;
                let work = |source, output: &mut PendingOutput<'_>, record: &mut Record| {
                    // What the original finds first.
                    plan.policy.may_encrypt_with(plan.suite).map_err(EncryptError::Policy)?;
                    check_frame_length(self.typed.frame_length)?;
                    encrypt::encrypt(&plan, source, output, record)
                };
                let status = run.all(sources, &options, work);
                plan.data_keys.log_use();
                Ok(status)
            }
            Mode::Decrypt | Mode::DecryptUnsigned => {
                let plan = self.opening_plan(keys)?;
                let threads = Threads::default();
                let release = if self.typed.buffers { Release::Verified } else { Release::Default };
                let work = |source: OpenSource, output: &mut PendingOutput<'_>, record: &mut Record| {
                    let message = plan.open(source, record)?;
                    self.check_max_length(record)?;
                    self.check_context(record)?;
                    decrypt::decrypt(message, release, &threads, output, record)
                };
                let status = run.all(sources, &options, work);
                plan.log_use();
                Ok(status)
            }
        }
    }

    fn options(&self, keys: &Keys) -> JobOptions {
        let content = match self.mode {
            Mode::Encrypt => Content::Ciphertext,
            Mode::Decrypt | Mode::DecryptUnsigned => Content::Plaintext,
        };
        JobOptions {
            mode: self.mode.name(),
            manner: Manner {
                // One that appears while its input is read is there as well.
                existing: if self.typed.keeps_existing { Existing::Skip } else { Existing::Replace },
                content,
                encoding: Encoding::of(self.typed.encodes),
                preserve: Preserve::Nothing,
                bits: Bits::InPlace,
            },
            inputs: Inputs::Kept,
            is_quiet: self.typed.is_quiet,
            run: RunOptions {
                jobs: None,
                order: Order::Inputs,
                stops_at_failure: false,
                progress: When::Never,
            },
            in_use: FilesInUse::new().with_keys(&keys.arguments),
            kms: Some(Arc::clone(&keys.planned.clients)),
        }
    }

    fn encrypt_plan(&self, keys: Keys) -> Result<EncryptPlan, Stop> {
        let suite = self.typed.suite.unwrap_or_else(|| self.typed.policy.default_suite());
        keys.planned.check_suite(suite).map_err(|failure| told(&failure))?;
        let mut context = EncryptionContext::new();
        for (key, value) in &self.context.pairs {
            context.insert(key, value).map_err(|error| told(&Failure::usage(error.to_string())))?;
        }
        let frame_length = self.typed.frame_length.and_then(|length| u32::try_from(length).ok());
        Ok(EncryptPlan {
            data_keys: self.data_keys(keys)?,
            policy: self.typed.policy,
            suite,
            context,
            unstored: EncryptionContext::new(),
            decoding: Encoding::of(self.typed.decodes),
            frame_length: frame_length.and_then(NonZeroU32::new).unwrap_or(DEFAULT_FRAME_LENGTH),
            max_encrypted_data_keys: self.max_encrypted_data_keys(),
            fits: None,
            encoding: Encoding::of(self.typed.encodes),
            holds_back: self.typed.buffers,
            inputs: Inputs::Kept,
            threads: Threads::default(),
        })
    }

    fn opening_plan(&self, keys: Keys) -> Result<OpeningPlan, Stop> {
        let signature = match self.mode {
            Mode::DecryptUnsigned => SignatureRequirement::Forbidden,
            Mode::Encrypt | Mode::Decrypt => SignatureRequirement::Any,
        };
        let requirements = DecryptRequirements {
            commitment_policy: self.typed.policy,
            // What -c asks for must be stored, and is looked for when the header has verified.
            context: RequiredContext::new(),
            signature,
            max_length: self.typed.max_length.map(|length| u64::try_from(length.max(0)).unwrap_or(u64::MAX)),
        };
        Ok(OpeningPlan {
            clients: Arc::clone(&keys.planned.clients),
            data_keys: self.data_keys(keys)?,
            requirements,
            max_encrypted_data_keys: self.max_encrypted_data_keys(),
            decoding: Encoding::of(self.typed.decodes),
        })
    }

    fn data_keys(&self, keys: Keys) -> Result<DataKeys, Stop> {
        DataKeys::new(keys.planned.keyring, self.caching).map_err(|failure| told(&failure))
    }

    fn max_encrypted_data_keys(&self) -> Option<usize> {
        self.typed.max_encrypted_data_keys.map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A greatest length of less than nothing lets no message through; the plan knows none.
    fn check_max_length(&self, record: &Record) -> Result<(), Failure> {
        match (self.typed.max_length, &record.header) {
            (Some(..0), Some(header)) => {
                let length = u64::from(header.frame_length);
                Err(DecryptError::LengthOverLimit { length, limit: 0 }.into())
            }
            _ => Ok(()),
        }
    }

    /// Holds the context of a verified header against `-c`.
    fn check_context(&self, record: &mut Record) -> Result<(), Failure> {
        let Some(header) = &record.header else { return Ok(()) };
        let stored = |key: &str| header.context.value(key);
        let mut not_met = ContextNotMet::default();
        for (key, value) in &self.context.pairs {
            if stored(key) != Some(value) {
                not_met.missing_pairs.push((key.clone(), value.clone()));
            }
        }
        for key in &self.context.keys {
            if stored(key).is_none() && !not_met.missing_keys.contains(key) {
                not_met.missing_keys.push(key.clone());
            }
        }
        if not_met == ContextNotMet::default() {
            return Ok(());
        }
        record.context_not_met = Some(not_met.clone());
        Err(DecryptError::Context(not_met).into())
    }
}

/// A failure that comes before the first file, told as it is.
pub fn told(failure: &Failure) -> Stop {
    let hint = failure.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    Stop::told(format!("{}{hint}", failure.message))
}

fn check_frame_length(typed: Option<i128>) -> Result<(), Failure> {
    let Some(length) = typed else { return Ok(()) };
    let message = if length < 0 || length % FRAME_UNIT != 0 {
        format!(
            "Frame size must be a non-negative multiple of the block size of the crypto algorithm: {FRAME_UNIT}"
        )
    } else if length > MAX_FRAME_LENGTH {
        format!("Frame size too large: {length} > {MAX_FRAME_LENGTH}")
    } else {
        return Ok(());
    };
    Err(Failure::new(FailureKind::Data, message))
}

/// Whether the files behind this one have their turn: a failure ends the run, as an exception ends the original.
type Goes = ControlFlow<()>;

/// The files of a request, on their way.
struct Run<'a> {
    request: &'a Request,
    lines: Lines,
    has_failed: bool,
}

impl Run<'_> {
    fn all(
        mut self,
        sources: Option<Vec<OsString>>,
        options: &JobOptions,
        work: impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) -> ExitCode {
        let jobs = InTurn::new(options, None);
        match sources {
            None => {
                let _: Goes = self.file(sources::of_stdin(&self.request.typed.output), &jobs, &work);
            }
            Some(sources) => {
                let typed = &self.request.typed;
                for step in sources::steps(typed, sources) {
                    match step {
                        Step::File(item) => {
                            let mode = self.request.mode.name();
                            let (source, output) = (shown(&item.source), shown(&item.output));
                            log::info!(target: NAME, "{mode}ing file {source} to {output}");
                            if self.file(item, &jobs, &work).is_break() {
                                break;
                            }
                        }
                        Step::LeftOut(text) => log::warn!(target: NAME, "{text}"),
                        Step::Failed(failure) => {
                            // It is not said otherwise which one it is. The original passes over it without a word.
                            log::warn!(target: NAME, "Skipping {}", failure.message);
                            let _: Goes = self.fail(&failure, &Record::default());
                        }
                    }
                }
            }
        }
        interrupt::remove_unused_folders();
        if self.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn file(
        &mut self,
        item: Item,
        jobs: &InTurn<'_>,
        work: &impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) -> Goes {
        let Item { source, output, job } = item;
        let is_there = output != "-" && Path::new(&output).exists();
        if is_there {
            match self.may_replace(&output) {
                Ok(true) => {}
                Ok(false) => return Goes::Continue(()),
                Err(error) => {
                    self.say_kept(&source, &output, is_there);
                    self.has_failed = true;
                    let text = match error.kind() {
                        io::ErrorKind::UnexpectedEof => raised("EOFError", &["EOF when reading a line"]),
                        _ => raised("OSError", &[&error.to_string()]),
                    };
                    say(&text);
                    return Goes::Break(());
                }
            }
        }
        say_folder(&output);
        if let Err(failure) = self.lines.begin() {
            self.say_kept(&source, &output, is_there);
            return self.fail(&failure, &Record::default());
        }
        let ended = jobs.run(job, work);
        self.tell(&source, &output, is_there, &ended)
    }

    fn tell(&mut self, source: &OsStr, output: &OsStr, was_there: bool, ended: &Ended) -> Goes {
        let (record, failure) = match &ended.how {
            How::Done => (&ended.record, None),
            How::Failed(failure) => (&ended.record, Some(failure)),
            How::Passed { reason, .. } => {
                log::warn!(target: NAME, "Skipping {}: {}", shown(source), reason.text());
                return Goes::Continue(());
            }
        };
        let is_unmet = record.context_not_met.is_some();
        if is_unmet {
            let text =
                "Skipping decrypt because discovered encryption context did not match required elements.";
            log::warn!(target: NAME, "{text}");
            if self.request.typed.is_quiet {
                // The status is not that of success: it is not left without a word.
                say(text);
            }
        }
        let names = Names { mode: self.request.mode, input: source, output };
        let goes = match self.lines.write(&names, record, failure) {
            Ok(()) => Goes::Continue(()),
            Err(failure) if failure.is_quiet => interrupt::abandon(FailureKind::Other.status()),
            Err(failure) => self.fail(&failure, record),
        };
        let Some(failure) = failure else { return goes };
        if failure.is_quiet {
            self.has_failed = true;
            return Goes::Break(());
        }
        self.say_kept(source, output, was_there);
        match is_unmet {
            true => {
                self.has_failed = true;
                log::info!("{}", failure.message);
                // No exception: the original goes on with the next file.
                goes
            }
            false => self.fail(failure, record),
        }
    }

    /// What became of the output of a failure.
    fn say_kept(&self, source: &OsStr, output: &OsStr, was_there: bool) {
        match (source.to_str(), output.to_str()) {
            // Of standard input the original says nothing, and has nothing to say of standard output.
            (Some("-"), _) | (_, Some("-")) => {}
            _ if was_there => {
                log::warn!(target: NAME, "Operation failed: keeping existing output file: {}", shown(output));
            }
            _ => log::warn!(target: NAME, "Operation failed: deleting output file: {}", shown(output)),
        }
    }

    fn fail(&mut self, failure: &Failure, record: &Record) -> Goes {
        self.has_failed = true;
        log::info!("{}", failure.message);
        if let Some(hint) = &failure.hint {
            log::info!("{hint}");
        }
        say(&texts::of_failure(failure, record, self.request.typed.max_length));
        Goes::Break(())
    }

    /// Whether a file that is there is to be replaced, as the options or the user have it.
    fn may_replace(&self, output: &OsStr) -> io::Result<bool> {
        let name = shown(output);
        if self.request.typed.keeps_existing {
            log::warn!(target: NAME, "Skipping existing output file because of \"no overwrite\" option: {name}");
            return Ok(false);
        }
        if !self.request.typed.asks {
            log::warn!(
                target: NAME,
                "Overwriting existing output file because no action was specified otherwise: {name}"
            );
            return Ok(true);
        }
        let answer = ask(&format!("Overwrite existing output file \"{name}\" with new contents? [y/N]:"))?;
        match answer.first() {
            Some(b'y' | b'Y') => {
                log::warn!(
                    target: NAME,
                    "Overwriting existing output file based on interactive user decision: {name}"
                );
                Ok(true)
            }
            Some(_) => Ok(false),
            None => {
                log::warn!(
                    target: NAME,
                    "Skipping existing output file based on interactive user decision: {name}"
                );
                Ok(false)
            }
        }
    }
}

/// Says that the directory of an output will be made.
fn say_folder(output: &OsStr) {
    let parent = Path::new(output).parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| output != "-" && !parent.exists()) {
        log::info!(target: NAME, "Created directory: {}", parent.display());
    }
}

fn shown(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

/// Asks on standard output, as the original does, and reads a line of standard input and nothing beyond it: what follows can
/// be the plaintext.
fn ask(question: &str) -> io::Result<Vec<u8>> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(question.as_bytes())?;
    stdout.flush()?;
    let mut input = crate::cli::source::stdin_unbuffered()?;
    let mut answer = Vec::new();
    let mut byte = [0];
    loop {
        match input.read(&mut byte)? {
            0 if answer.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            0 => return Ok(answer),
            _ if byte == *b"\n" => return Ok(answer),
            _ => answer.extend(byte),
        }
    }
}
