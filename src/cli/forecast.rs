//! `esdk plan`: what encrypt or decrypt would ask of KMS with the same arguments. Nothing is asked, made or written.
//!
//! Inputs are gone through as the command goes through them, and what it would refuse before its first call is refused here
//! with the same words and the same exit status. What only a call or a whole reading would show is not found.

mod calls;
mod decrypt;
mod encrypt;
mod policy;
mod show;
mod warnings;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use super::args::plan::{PlanArgs, PlanKind};
use super::destination::{Checked, Destination};
use super::jobs::{Job, JobOptions};
use super::plan::Jobs;
use super::planner::{Planned, Planner};
use super::report::{Failure, say};
use super::reporter;
use super::source::{OpenSource, Source};
use super::summary::Outcome;
use show::{Line, Show};

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &PlanArgs) -> Result<ExitCode, Failure> {
    match &arguments.of {
        PlanKind::Encrypt(of) => encrypt::run(&of.arguments, of.form),
        PlanKind::Decrypt(of) => decrypt::run(&of.arguments, of.form),
    }
}

/// What came of going through the inputs.
#[derive(Debug, Default)]
struct Inputs {
    planned: u64,
    skipped: BTreeMap<&'static str, u64>,
    outcome: Outcome,
}

/// The inputs of a command, gone through without work.
struct Survey<'a> {
    jobs: &'a Jobs,
    options: &'a JobOptions,
    /// Device and number of the metadata output.
    records: Option<(u64, u64)>,
    /// How an input is opened.
    open: fn(&Source) -> Result<OpenSource, Failure>,
}

impl Survey<'_> {
    /// Calls `each` with every input that the command would work on.
    ///
    /// # Errors
    /// [`Failure`]: a list of inputs cannot be read, or standard output cannot be written.
    fn go(
        &self,
        show: &mut Show,
        mut each: impl FnMut(&Job, OpenSource) -> Result<Line, Failure>,
    ) -> Result<Inputs, Failure> {
        let mut inputs = Inputs::default();
        for planned in Planner::new(self.jobs, self.options.mode, &Arc::default())? {
            let (source, destination, is_named, line) = match planned {
                Planned::Job(job) => {
                    let line = self.look_at(&job, &mut each);
                    (job.source, Some(job.destination), job.is_named, line)
                }
                Planned::Passed { source, reason, origin_is_name } => {
                    (source, None, origin_is_name, Ok(Line::Skipped(reason)))
                }
                Planned::Failed { source, destination, failure } => (source, destination, true, Err(failure)),
            };
            show.input(&source, destination.as_ref(), line.as_ref())?;
            match line {
                Ok(Line::Skipped(reason)) => {
                    *inputs.skipped.entry(reason.text()).or_default() += 1;
                    let to = destination.as_ref().map(Destination::text).unwrap_or_default();
                    reporter::say_passed(&source.text(), &to, reason, is_named, self.options.is_quiet);
                }
                Ok(Line::Encrypt { .. } | Line::Decrypt(_)) => inputs.planned += 1,
                Err(failure) => {
                    inputs.outcome.add(failure.kind);
                    failure.about(&source.text()).print();
                    if self.options.run.stops_at_failure {
                        break;
                    }
                }
            }
        }
        let is_nothing = inputs.planned == 0 && inputs.skipped.is_empty() && inputs.outcome.failures() == 0;
        if is_nothing && !self.options.is_quiet {
            say("warning", reporter::NOTHING_TO_DO);
        }
        Ok(inputs)
    }

    fn look_at(
        &self,
        job: &Job,
        each: &mut impl FnMut(&Job, OpenSource) -> Result<Line, Failure>,
    ) -> Result<Line, Failure> {
        let source = (self.open)(&job.source)?;
        let checked = match job.destination {
            // Standard output is this plan's own.
            Destination::Stdout | Destination::TypedStdout => {
                let elsewhere = Job { destination: Destination::Nowhere, ..job.clone() };
                self.options.check(&elsewhere, &source, self.records)?
            }
            _ => self.options.check(job, &source, self.records)?,
        };
        match checked {
            Checked::Skip(reason) => Ok(Line::Skipped(reason)),
            Checked::Write(_) => each(job, source),
        }
    }
}
