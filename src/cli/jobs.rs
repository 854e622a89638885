//! Runs the jobs one after the other, and goes on after a failure.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use super::destination::{Checked, RefusedBinary};
use super::destination::{Content, Destination, Existing, Output, Target, refused_binary};
use super::encoding::{Encoded, Encoding};
use super::metadata::{self, End, JobNames, MetadataOutput, Record};
use super::report::{Failure, FailureKind, Outcome, path_text, say};
use super::source::{OpenSource, Source};

/// One input and where its output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The input.
    pub source: Source,
    /// The output.
    pub destination: Destination,
}

/// What all jobs of a run have in common.
#[derive(Debug)]
pub struct JobOptions {
    /// `encrypt` or `decrypt`, for metadata.
    pub mode: &'static str,
    /// What is written.
    pub content: Content,
    /// How it is written.
    pub encoding: Encoding,
    /// What happens to outputs that exist.
    pub existing: Existing,
    /// A directory that is made before the first output is written.
    pub new_folder: Option<PathBuf>,
    /// Whether errors only are said.
    pub is_quiet: bool,
}

/// A destination that is opened when the job knows that it has something to write.
#[derive(Debug)]
pub struct PendingOutput {
    source_name: String,
    name: String,
    encoding: Encoding,
    target: Option<Target>,
    new_folder: Option<PathBuf>,
}

impl PendingOutput {
    /// The failure to write to it.
    pub fn writing(&self, error: &std::io::Error) -> Failure {
        match error.get_ref() {
            Some(inner) if inner.is::<RefusedBinary>() => refused_binary(),
            // The input is named in any case.
            _ if self.name == self.source_name => Failure::writing(error),
            _ => Failure::writing(error).about(&self.name),
        }
    }

    /// The name of the source that it belongs to, for people.
    pub fn source_name(&self) -> &str {
        &self.source_name
    }

    /// Whether what is written is gone at once, and does not wait for the whole.
    pub fn is_stream(&self) -> bool {
        self.target.as_ref().is_some_and(Target::is_stream)
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn open(&mut self) -> Result<Encoded<Output>, Failure> {
        let target = self.target.take();
        let target = target.ok_or_else(|| Failure::new(FailureKind::Other, "an output was opened twice"))?;
        if let Some(folder) = &self.new_folder {
            fs::create_dir_all(folder).map_err(|error| Failure::writing(&error).about(&path_text(folder)))?;
        }
        Ok(Encoded::new(target.open()?, self.encoding))
    }

    /// Ends it: a file gets its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn finish(&self, opened: Encoded<Output>) -> Result<(), Failure> {
        opened.finish().map_err(|error| self.writing(&error))?.finish()
    }

    /// The same; `check` reads what was written, and can still refuse it.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, or is refused.
    pub fn finish_checked(
        &self,
        opened: Encoded<Output>,
        check: impl FnOnce(File) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        opened.finish().map_err(|error| self.writing(&error))?.finish_checked(check)
    }
}

/// Runs `work` on every job; gives the exit status.
///
/// `work` reads the source and writes and finishes the output; what it learns goes into the record.
pub fn run(
    jobs: &[Job],
    options: &JobOptions,
    mut metadata: Option<MetadataOutput>,
    work: impl Fn(OpenSource, &mut PendingOutput, &mut Record) -> Result<(), Failure>,
) -> ExitCode {
    let mut outcome = Outcome::default();
    for job in jobs {
        let begun = Instant::now();
        let mut record = Record::default();
        let ended = run_one(job, options, &mut record, &work);
        let end = match &ended {
            Ok(Ended::Done) => End::Ok,
            Ok(Ended::Skipped(reason)) => End::Skipped(reason),
            Err(failure) => End::Failed(failure),
        };
        let names =
            JobNames { mode: options.mode, input: job.source.record(), output: job.destination.record() };
        let line = metadata::line(&names, &record, &end, begun.elapsed());
        let (from, to) = (job.source.text(), job.destination.text());
        match &ended {
            Ok(Ended::Done) => {
                log::info!("{} {from} -> {to}: {} plaintext bytes", options.mode, line["plaintext_bytes"]);
            }
            Ok(Ended::Skipped(reason)) if !options.is_quiet && from == to => {
                say("skipped", &format!("{from}: {reason}"))
            }
            Ok(Ended::Skipped(reason)) if !options.is_quiet => {
                say("skipped", &format!("{from}: {to}: {reason}"))
            }
            Ok(Ended::Skipped(_)) => {}
            Err(failure) => {
                outcome.add(failure.kind);
                failure.clone().about(&from).print();
            }
        }
        if let Some(Err(failure)) = metadata.as_mut().map(|metadata| metadata.write(&line)) {
            outcome.add(failure.kind);
            failure.print();
        }
    }
    if jobs.len() > 1 && outcome.failures() > 0 {
        say("error", &format!("{} of {} inputs failed", outcome.failures(), jobs.len()));
    }
    outcome.exit_code()
}

enum Ended {
    Done,
    Skipped(&'static str),
}

fn run_one(
    job: &Job,
    options: &JobOptions,
    record: &mut Record,
    work: &impl Fn(OpenSource, &mut PendingOutput, &mut Record) -> Result<(), Failure>,
) -> Result<Ended, Failure> {
    let source = job.source.open()?;
    match job.destination.check(&source, options.existing, options.content, options.encoding)? {
        Checked::Skip => Ok(Ended::Skipped("the output exists")),
        Checked::Write(target) => {
            let new_folder = options.new_folder.clone();
            let mut output = PendingOutput {
                source_name: job.source.text(),
                name: job.destination.text(),
                encoding: options.encoding,
                target: Some(target),
                new_folder,
            };
            work(source, &mut output, record)?;
            Ok(record.passed_over.map_or(Ended::Done, Ended::Skipped))
        }
    }
}
