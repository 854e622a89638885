//! `esdk decrypt`.

use std::process::ExitCode;
use std::sync::Arc;

use super::args::DecryptArgs;
use super::destination::Output;
use super::encoding::Encoding;
use super::jobs::{self, Inputs, JobOptions, PendingOutput, RunOptions};
use super::metadata::Record;
use super::opening::{self, OpeningPlan};
use super::plan::{self, Direction, Jobs};
use super::report::{Failure, say};
use crate::format::{ContentType, Header};
use crate::keyring::kms::KmsClients;
use crate::message::DecryptError;
use crate::message::body::Message;
use crate::message::replay::Replay;
use crate::message::threads::Threads;

/// When plaintext leaves for a pipe, a terminal or a device. A file has its name only when everything has verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A signed message when all of it has verified, an unsigned one frame by frame.
    Default,
    /// Frame by frame.
    Unverified,
    /// When all of it has verified.
    Verified,
}

impl Release {
    /// Whether a message is checked whole, and then read again.
    fn checks_first(self, header: &Header, is_stream: bool) -> bool {
        if header.content_type == ContentType::Unframed {
            return true;
        }
        is_stream
            && match self {
                Self::Default => header.suite.is_signed(),
                Self::Unverified => false,
                Self::Verified => true,
            }
    }
}

/// How the jobs of a run are gone through.
pub fn options(arguments: &DecryptArgs, jobs: &Jobs, kms: Arc<KmsClients>) -> JobOptions {
    let opening = &arguments.opening;
    JobOptions {
        mode: "decrypt",
        manner: plan::manner(&arguments.files, Direction::Decrypt),
        inputs: Inputs::of(arguments.files.remove_input),
        is_quiet: arguments.records.quiet,
        run: RunOptions::from(&arguments.run),
        in_use: plan::in_use(jobs, &opening.keys, opening.context_file.as_deref()),
        kms: Some(kms),
    }
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &DecryptArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs(&arguments.files, Direction::Decrypt)?;
    let (plan, warnings) = OpeningPlan::new(&arguments.opening, Encoding::of(arguments.files.decode))?;
    let release = match (arguments.release_unverified, arguments.verify_first) {
        (true, _) => Release::Unverified,
        (false, true) => Release::Verified,
        (false, false) => Release::Default,
    };
    let threads = arguments.threads.threads();
    let options = options(arguments, &jobs, plan.clients());
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    if !options.is_quiet {
        warnings.iter().for_each(|warning| say("warning", warning));
    }
    let work = |source, output: &mut PendingOutput<'_>, record: &mut Record| {
        let message = plan.open(source, record)?;
        decrypt(message, release, &threads, output, record)
    };
    let status = jobs::run(&jobs, &options, metadata, work);
    plan.log_use();
    Ok(status)
}

/// Decrypts the body of a message whose header has verified.
///
/// # Errors
/// [`Failure`]: it could not be read, does not verify, or its plaintext could not be written.
pub fn decrypt(
    message: Message<Replay>,
    release: Release,
    threads: &Threads,
    output: &mut PendingOutput<'_>,
    record: &mut Record,
) -> Result<(), Failure> {
    let (opened, decrypted) = if release.checks_first(message.header(), output.is_stream()) {
        output.expect_second_reading();
        let checked = message.check_first()?;
        let mut opened = output.open()?;
        let decrypted = checked.decrypt(&mut opened);
        (opened, decrypted)
    } else {
        let message = message.read_once();
        let mut opened = output.open()?;
        let decrypted = match opened.plain().and_then(Output::whole_file) {
            Some(file) => message.decrypt_at(file, threads),
            None => message.decrypt(&mut opened),
        };
        (opened, decrypted)
    };
    let decrypted = decrypted.map_err(|error| match error {
        DecryptError::WritePlaintext(error) => output.writing(&error),
        error => Failure::from(error),
    })?;
    output.finish(opened)?;
    opening::note(record, &decrypted);
    Ok(())
}
