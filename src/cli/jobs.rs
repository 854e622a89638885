//! Runs the jobs: workers, each of which takes the next one from the planner, and a reporter that tells how each has ended.
//!
//! The reporter holds back no more than a window of jobs.

use std::fs::{File, Metadata};
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::args::batch::{RunArgs, When};
use super::destination::{
    Checked, Destination, Durability, Finished, Manner, Output, RefusedBinary, Target, refused_binary,
};
use super::encoding::{Encoded, Encoding};
use super::in_use::FilesInUse;
use super::interrupt::{self, Unrecorded};
use super::metadata::{MetadataOutput, Record};
use super::planner::{Jobs, Planned, Planner};
use super::progress::{Form, Gauge, Progress, Total};
use super::report::{Failure, FailureKind, path_text, say};
use super::reporter::{Ended, How, Reporter};
use super::source::{OpenSource, Source};
use super::walk::Reason;
use crate::keyring::kms::KmsClients;

/// So many ends a worker wait to be told.
const WAITING_PER_WORKER: usize = 2;
/// So far may a job that is done be ahead of the first that is not, when the order of the inputs is kept.
const WINDOW: u64 = 1024;
/// A worker has so many files open at most: input, output, directory, and what KMS and temporary files take.
const FILES_PER_WORKER: u64 = 8;
/// Files that are open anyway.
const FILES_APART: u64 = 80;
/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(100);

/// One input and where its output goes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The input.
    pub source: Source,
    /// The output.
    pub destination: Destination,
    /// Whether the input was typed, listed or matched by a pattern, and not met in a tree.
    pub is_named: bool,
}

/// What all jobs of a run have in common.
#[derive(Debug)]
pub struct JobOptions {
    /// `encrypt`, `decrypt` …, for metadata.
    pub mode: &'static str,
    /// How outputs are written.
    pub manner: Manner,
    /// Whether inputs are removed when their outputs are whole.
    pub inputs: Inputs,
    /// Whether errors only are said.
    pub is_quiet: bool,
    /// How many jobs at once, in which order, and until when.
    pub run: RunOptions,
    /// What no output may replace.
    pub in_use: FilesInUse,
    /// Whose calls are counted.
    pub kms: Option<Arc<KmsClients>>,
}

impl JobOptions {
    /// What is found out of a job before anything of it is read or written.
    ///
    /// `records`: device and number of the metadata output.
    ///
    /// # Errors
    /// [`Failure`]: its input cannot be removed as asked, or its output cannot be written.
    pub fn check(
        &self,
        job: &Job,
        source: &OpenSource,
        records: Option<(u64, u64)>,
    ) -> Result<Checked, Failure> {
        let is_records = |found: &Metadata| records == Some((found.dev(), found.ino()));
        if is_records(&source.metadata) {
            return Ok(Checked::Skip(Reason::Records));
        }
        if self.inputs == Inputs::Removed {
            self.check_removable(job, &source.metadata)?;
        }
        if let Some(path) = job.destination.path()
            && let Ok(found) = std::fs::metadata(&path)
        {
            let name = path_text(&path);
            self.in_use.check_output(&found, &name)?;
            if is_records(&found) {
                let failure = Failure::new(FailureKind::CannotCreate, "is the metadata output of this run");
                return Err(failure.about(&name).hint("choose another -o"));
            }
        }
        let checked = job.destination.check(source, &self.manner)?;
        let is_kept = matches!(checked, Checked::Skip(_) | Checked::Write(Target::Whole(_)));
        if self.inputs == Inputs::Removed && !is_kept {
            let message = format!("{} keeps nothing, and the input would be lost", job.destination.text());
            return Err(Failure::usage(message).hint("leave --remove-input out"));
        }
        Ok(checked)
    }

    /// Whatever could keep an input from being removed is found before it is read.
    fn check_removable(&self, job: &Job, read: &Metadata) -> Result<(), Failure> {
        let why = match &job.source {
            Source::Stdin | Source::UserData => "is not a file that can be removed",
            Source::File(path) if path.is_symlink() => "is a symbolic link, and only files are removed",
            Source::File(_) if !read.is_file() => "is not a file that can be removed",
            Source::File(_) if self.in_use.holds(read) => "is a file that this run depends on",
            Source::File(_) => return Ok(()),
        };
        Err(Failure::usage(why).hint("leave --remove-input out for it"))
    }
}

/// What becomes of an input when its output is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// It stays.
    Kept,
    /// It is removed.
    Removed,
}

impl Inputs {
    /// Removed when that was asked for.
    pub fn of(is_removal_asked_for: bool) -> Self {
        if is_removal_asked_for { Self::Removed } else { Self::Kept }
    }
}

/// How the jobs of a run are gone through.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// How many at once.
    pub jobs: Option<NonZeroUsize>,
    /// The order of the records.
    pub order: Order,
    /// Whether nothing more is begun after a failure.
    pub stops_at_failure: bool,
    /// Whether progress is shown.
    pub progress: When,
}

/// The order of records and of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As the jobs end.
    Completion,
    /// As the inputs were found.
    Inputs,
}

impl From<&RunArgs> for RunOptions {
    fn from(arguments: &RunArgs) -> Self {
        Self {
            jobs: arguments.jobs,
            order: if arguments.ordered { Order::Inputs } else { Order::Completion },
            stops_at_failure: arguments.fail_fast,
            progress: arguments.progress,
        }
    }
}

/// A destination that is opened when the job knows that it has something to write.
#[derive(Debug)]
pub struct PendingOutput<'a> {
    source: &'a Source,
    name: String,
    encoding: Encoding,
    target: Option<Target>,
    finished: Option<Finished>,
    source_length: u64,
    gauge: &'a Gauge,
}

impl PendingOutput<'_> {
    /// The failure to write to it.
    pub fn writing(&self, error: &std::io::Error) -> Failure {
        match error.get_ref() {
            Some(inner) if inner.is::<RefusedBinary>() => refused_binary(),
            // The input is named in any case.
            _ if self.name == self.source_name() => Failure::writing(error),
            _ => Failure::writing(error).about(&self.name),
        }
    }

    /// The name of the source that it belongs to, for people.
    pub fn source_name(&self) -> String {
        self.source.text()
    }

    /// The same for records: the full path.
    pub fn source_record(&self) -> String {
        self.source.record()
    }

    /// Whether what is written is gone at once, and does not wait for the whole.
    pub fn is_stream(&self) -> bool {
        self.target.as_ref().is_some_and(Target::is_stream)
    }

    /// The source will be read a second time: progress is half of what it seems.
    pub fn expect_second_reading(&self) {
        self.gauge.expect_again(self.source_length);
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn open(&mut self) -> Result<Encoded<Output>, Failure> {
        let target = self.target.take();
        let target = target.ok_or_else(|| Failure::new(FailureKind::Other, "an output was opened twice"))?;
        Ok(Encoded::new(target.open()?, self.encoding))
    }

    /// Ends it: a file gets its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn finish(&mut self, opened: Encoded<Output>) -> Result<(), Failure> {
        self.finished = Some(opened.finish().map_err(|error| self.writing(&error))?.finish()?);
        Ok(())
    }

    /// The same; `check` reads what was written, and can still refuse it.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, or is refused.
    pub fn finish_checked(
        &mut self,
        opened: Encoded<Output>,
        check: impl FnOnce(File) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let output = opened.finish().map_err(|error| self.writing(&error))?;
        self.finished = Some(output.finish_checked(check)?);
        Ok(())
    }
}

/// Runs `work` on every job; gives the exit status.
///
/// `work` reads the source and writes and finishes the output; what it learns goes into the record.
pub fn run(
    jobs: &Jobs,
    options: &JobOptions,
    metadata: Option<MetadataOutput>,
    work: impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure> + Sync,
) -> ExitCode {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let planner = match Planner::new(jobs, options.mode, &is_stopped) {
        Ok(planner) => planner,
        Err(failure) => {
            failure.print();
            return ExitCode::from(failure.kind.status());
        }
    };
    let workers = workers(options.run.jobs, jobs.selection.is_many());
    let records = metadata.as_ref().and_then(MetadataOutput::identity);
    let shared = Shared { is_stopped, ..Shared::new(options, records) };
    let total = Total::default();
    let form = Form::of(options.run.progress, options.is_quiet);
    let (end_sender, ends) = mpsc::sync_channel(workers * WAITING_PER_WORKER);
    let planned = Mutex::new((0..).zip(planner).fuse());
    let mut reporter = Reporter::new(options, metadata, jobs.selection.is_many());
    thread::scope(|scope| {
        for _ in 0..workers {
            let (planned, sender, shared, work) = (&planned, end_sender.clone(), &shared, &work);
            scope.spawn(move || shared.work(planned, &sender, work));
        }
        drop(end_sender);
        if form != Form::Nothing {
            let total = &total;
            scope.spawn(move || total.survey(jobs, options.mode));
        }
        shared.report(&ends, &mut reporter, Progress::new(form), &total);
        total.stop();
    });
    interrupt::remove_unused_folders();
    reporter.finish()
}

/// Runs jobs one after the other on the caller's thread, for whoever has something to decide or to say in between.
pub struct InTurn<'a>(Shared<'a>);

impl<'a> InTurn<'a> {
    /// None has run yet. `records`: device and number of the file that they are recorded in.
    pub fn new(options: &'a JobOptions, records: Option<(u64, u64)>) -> Self {
        Self(Shared::new(options, records))
    }

    /// Runs one to its end; `work` is that of [`run`].
    pub fn run(
        &self,
        job: Job,
        work: impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) -> Ended {
        self.0.end(job, &work)
    }
}

/// What the threads of a run share.
struct Shared<'a> {
    options: &'a JobOptions,
    /// The metadata output.
    records: Option<(u64, u64)>,
    gauge: Gauge,
    is_stopped: Arc<AtomicBool>,
    /// How many inputs have been reported, when the order of the inputs is kept.
    reported: Mutex<u64>,
    window: Condvar,
}

/// Ends the run when the thread that has it panics: what it had in hand will never be told, and nobody is to wait for it.
struct StopsAtPanic<'a>(&'a Shared<'a>);

impl Drop for StopsAtPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.is_stopped.store(true, Ordering::Relaxed);
            let _reported = self.0.reported();
            self.0.window.notify_all();
        }
    }
}

impl<'a> Shared<'a> {
    fn new(options: &'a JobOptions, records: Option<(u64, u64)>) -> Self {
        Self {
            options,
            records,
            gauge: Gauge::default(),
            is_stopped: Arc::default(),
            reported: Mutex::new(0),
            window: Condvar::new(),
        }
    }
}

impl Shared<'_> {
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn wait_for_window(&self, number: u64) {
        if self.options.run.order == Order::Completion {
            return;
        }
        let is_far_ahead = |reported: &mut u64| number >= *reported + WINDOW && !self.is_stopped();
        drop(self.window.wait_while(self.reported(), is_far_ahead));
    }

    fn reported(&self) -> MutexGuard<'_, u64> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is planned next and does it, until nothing is left or the run is stopped.
    fn work(
        &self,
        planned: &Mutex<impl Iterator<Item = (u64, Planned)>>,
        ends: &SyncSender<(u64, Ended)>,
        work: &impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) {
        let _guard = StopsAtPanic(self);
        while !self.is_stopped() {
            // What panicked while it planned has said so, and plans nothing more.
            let Ok(mut next) = planned.lock() else { return };
            let Some((number, planned)) = next.next() else { return };
            drop(next);
            self.wait_for_window(number);
            if self.is_stopped() {
                return;
            }
            let ended = match planned {
                Planned::Job(job) => self.end(job, work),
                Planned::Passed { source, reason, origin_is_name } => {
                    let how = How::Passed { reason, is_named: origin_is_name };
                    Ended::without_work(source, None, how)
                }
                Planned::Failed { source, destination, failure } => {
                    Ended::without_work(source, destination, How::Failed(failure))
                }
            };
            if self.options.run.stops_at_failure && matches!(ended.how, How::Failed(_)) {
                // At once: this thread, for one, would take the next before it is told.
                self.is_stopped.store(true, Ordering::Relaxed);
            }
            // Nobody receives any more: then the run is over.
            if ends.send((number, ended)).is_err() {
                return;
            }
        }
    }

    /// Runs a job to its end.
    fn end(
        &self,
        job: Job,
        work: &impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) -> Ended {
        let begun = Instant::now();
        let mut record = Record::default();
        let (how, unrecorded) = match self.run_one(&job, &mut record, work) {
            Ok((how, unrecorded)) => (how, unrecorded),
            Err(failure) => (How::Failed(failure), None),
        };
        let (source, destination) = (job.source, Some(job.destination));
        Ended { source, destination, record, how, took: begun.elapsed(), unrecorded }
    }

    fn report(
        &self,
        ends: &Receiver<(u64, Ended)>,
        reporter: &mut Reporter<'_>,
        mut progress: Progress,
        total: &Total,
    ) {
        loop {
            match ends.recv_timeout(TICK) {
                Ok((number, ended)) => {
                    progress.file_ended();
                    reporter.take(number, ended);
                    *self.reported() = reporter.reported();
                    self.window.notify_all();
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            progress.tick(&self.gauge, total);
        }
        reporter.take_rest();
        progress.end(&self.gauge, total);
    }

    fn run_one(
        &self,
        job: &Job,
        record: &mut Record,
        work: &impl Fn(OpenSource, &mut PendingOutput<'_>, &mut Record) -> Result<(), Failure>,
    ) -> Result<(How, Option<Unrecorded>), Failure> {
        let options = self.options;
        let source = job.source.open(self.gauge.counter())?;
        let passed = |reason| Ok((How::Passed { reason, is_named: job.is_named }, None));
        let read = source.metadata.clone();
        let target = match options.check(job, &source, self.records)? {
            Checked::Skip(reason) => return passed(reason),
            Checked::Write(target) => target,
        };
        let mut output = PendingOutput {
            source: &job.source,
            name: job.destination.text(),
            encoding: options.manner.encoding,
            target: Some(target),
            finished: None,
            source_length: read.len(),
            gauge: &self.gauge,
        };
        work(source, &mut output, record)?;
        if let Some(reason) = record.passed_over {
            return passed(reason);
        }
        match output.finished {
            Some(Finished::Appeared) => passed(Reason::OutputExists),
            Some(Finished::Named(unrecorded, durability)) => {
                let how = match options.inputs {
                    Inputs::Kept => How::Done,
                    Inputs::Removed => match remove(&job.source, &read, durability) {
                        Ok(()) => How::Done,
                        Err(failure) => How::Failed(failure),
                    },
                };
                Ok((how, Some(unrecorded)))
            }
            Some(Finished::Streamed) | None => Ok((How::Done, None)),
        }
    }
}

fn remove(source: &Source, read: &Metadata, durability: Durability) -> Result<(), Failure> {
    match durability {
        Durability::Synced => source.remove(read),
        Durability::Unknown => {
            let message = "is not removed: the output's directory could not be synced";
            Err(Failure::new(FailureKind::CannotCreate, message))
        }
    }
}

/// As many as were asked for, or one for each core; no more than files can be open.
fn workers(asked_for: Option<NonZeroUsize>, is_many: bool) -> usize {
    let wanted = match asked_for {
        Some(jobs) => jobs.get(),
        None if is_many => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        None => 1,
    };
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let possible = (limit.saturating_sub(FILES_APART) / FILES_PER_WORKER).max(1);
    let possible = usize::try_from(possible).unwrap_or(usize::MAX);
    if wanted > possible {
        let message =
            format!("{possible} jobs at once, not {wanted}: no more than {limit} files can be open");
        say("warning", &message);
    }
    wanted.min(possible)
}
