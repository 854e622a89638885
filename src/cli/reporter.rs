//! Tells how each job has ended: on the screen, in the record, in the summary.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::interrupt::{self, Unrecorded};
use super::jobs::{JobOptions, Order};
use super::metadata::{self, End, JobNames, MetadataOutput, Record};
use super::report::{Failure, say};
use super::source::{Source, full_path_bytes};
use super::summary::{Outcome, Summary};
use super::terminal;
use super::walk::Reason;

/// Said when a run had no input.
pub const NOTHING_TO_DO: &str = "there was nothing to do: no input was found";

/// Says that something is passed over: `from` an input `to` an output.
pub fn say_passed(from: &str, to: &str, reason: Reason, is_named: bool, is_quiet: bool) {
    let text = match reason {
        Reason::OutputExists => format!("{from}: {to}: {}", reason.text()),
        _ => format!("{from}: {}", reason.text()),
    };
    match reason.is_surprising() {
        _ if is_quiet => {}
        true => say("warning", &format!("{text}: skipped")),
        false if is_named => say("skipped", &text),
        false => log::info!("skipped {text}"),
    }
}

/// A job that has ended, or something that was no job.
#[derive(Debug)]
pub struct Ended {
    /// The input.
    pub source: Source,
    /// Where it went, or would have gone.
    pub destination: Option<Destination>,
    /// What was learned.
    pub record: Record,
    /// How it ended.
    pub how: How,
    /// How long it took.
    pub took: Duration,
    /// Its output waits for the record.
    pub unrecorded: Option<Unrecorded>,
}

/// How something has ended.
#[derive(Debug)]
pub enum How {
    /// Everything asked for was done.
    Done,
    /// It was passed over.
    Passed {
        /// Why.
        reason: Reason,
        /// Whether the input was named, and not met in a tree.
        is_named: bool,
    },
    /// It failed.
    Failed(Failure),
}

impl Ended {
    /// Something that never became a job.
    pub fn without_work(source: Source, destination: Option<Destination>, how: How) -> Self {
        Self { source, destination, record: Record::default(), how, took: Duration::ZERO, unrecorded: None }
    }
}

/// Tells it.
pub struct Reporter<'a> {
    options: &'a JobOptions,
    metadata: Option<MetadataOutput>,
    is_many: bool,
    begun: Instant,
    outcome: Outcome,
    summary: Summary,
    /// Jobs that have ended before their turn.
    waiting: BTreeMap<u64, Ended>,
    next: u64,
}

impl<'a> Reporter<'a> {
    /// Nothing has ended yet. `is_many`: more than one input is possible, and there is a summary.
    pub fn new(options: &'a JobOptions, metadata: Option<MetadataOutput>, is_many: bool) -> Self {
        Self {
            options,
            metadata,
            is_many,
            begun: Instant::now(),
            outcome: Outcome::default(),
            summary: Summary::default(),
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    /// Takes what has ended; in the order of the inputs it may have to wait.
    pub fn take(&mut self, number: u64, ended: Ended) {
        if self.options.run.order == Order::Completion {
            self.tell(ended);
            return;
        }
        self.waiting.insert(number, ended);
        while let Some(ended) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.tell(ended);
        }
    }

    /// Nothing more comes: what waited for its turn has it.
    pub fn take_rest(&mut self) {
        for ended in std::mem::take(&mut self.waiting).into_values() {
            self.tell(ended);
        }
    }

    /// How many have been told in the order of the inputs.
    pub fn reported(&self) -> u64 {
        self.next
    }

    fn tell(&mut self, ended: Ended) {
        let Ended { source, destination, record, how, took, unrecorded } = ended;
        let from = source.text();
        let to = destination.as_ref().map(Destination::text).unwrap_or_default();
        self.write_record(&source, destination.as_ref(), &record, &how, took);
        drop(unrecorded);
        match how {
            How::Done => {
                let bytes = record.plaintext_bytes.unwrap_or_default();
                log::info!("{} {from} -> {to}: {bytes} plaintext bytes", self.options.mode);
                self.summary.done += 1;
                self.summary.bytes += bytes;
                if let Some(text) = &record.shown {
                    self.show(text);
                }
            }
            How::Passed { reason, is_named } => {
                *self.summary.skipped.entry(reason.text()).or_default() += 1;
                say_passed(&from, &to, reason, is_named, self.options.is_quiet);
            }
            How::Failed(failure) => {
                self.summary.failed += 1;
                self.fail(&failure.about(&from));
            }
        }
    }

    fn fail(&mut self, failure: &Failure) {
        self.outcome.add(failure.kind);
        failure.print();
    }

    fn write_record(
        &mut self,
        source: &Source,
        destination: Option<&Destination>,
        record: &Record,
        how: &How,
        took: Duration,
    ) {
        let Some(metadata) = &mut self.metadata else { return };
        let names = JobNames {
            mode: self.options.mode,
            input: source.record(),
            input_bytes: source.record_bytes(),
            output: destination.and_then(Destination::record),
            output_bytes: destination.and_then(Destination::path).and_then(|path| full_path_bytes(&path)),
        };
        let end = match how {
            How::Done => End::Ok,
            How::Passed { reason, .. } => End::Skipped(reason.text()),
            How::Failed(failure) => End::Failed(failure),
        };
        let line = metadata::line(&names, record, &end, took);
        if let Err(failure) = metadata.write(&line) {
            if failure.is_quiet {
                interrupt::abandon(failure.kind.status());
            }
            self.fail(&failure);
        }
    }

    fn show(&mut self, text: &str) {
        if let Err(error) = terminal::show(text) {
            let failure = Failure::writing(&error).about(&"standard output");
            if failure.is_quiet {
                // Nobody reads on: the rest is done for nobody.
                interrupt::abandon(failure.kind.status());
            }
            self.fail(&failure);
        }
    }

    /// The line at the end, and the exit status.
    pub fn finish(self) -> ExitCode {
        if self.is_many && !self.options.is_quiet {
            let calls = self.options.kms.as_ref().map(|clients| clients.calls());
            say("summary", &self.summary.text(self.begun.elapsed(), calls));
        }
        if self.summary.done + self.summary.failed + self.summary.skipped.values().sum::<u64>() == 0
            && self.outcome.failures() == 0
            && !self.options.is_quiet
        {
            say("warning", NOTHING_TO_DO);
        }
        self.outcome.exit_code()
    }
}
