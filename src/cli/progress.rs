//! What a person sees of a run that takes a while: a bar at a terminal, lines in a log, nothing in a pipe.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::When;
use super::planner::Jobs;
use super::source::Source;
use super::terminal;
use super::walk::{Found, Origin};

/// Work that is shorter is not shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two lines in a log.
const LINE_INTERVAL: Duration = Duration::from_secs(5);
const DRAWS_PER_SECOND: u8 = 10;

/// How far the jobs are; the workers count it up.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Bytes read of the inputs.
    read: Arc<AtomicU64>,
    /// Bytes that are read a second time.
    again: AtomicU64,
}

/// What there is to do, as far as it is known.
#[derive(Debug, Default)]
pub struct Total {
    files: AtomicU64,
    bytes: AtomicU64,
    is_known: AtomicBool,
    is_over: Arc<AtomicBool>,
}

impl Gauge {
    /// What counts the bytes that are read.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// So many bytes will be read again.
    pub fn expect_again(&self, bytes: u64) {
        self.again.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Total {
    /// Goes through the inputs once more and adds them up, while the jobs run.
    pub fn survey(&self, jobs: &Jobs, mode: &'static str) {
        if !jobs.selection.is_repeatable() {
            return;
        }
        let Ok(walk) = jobs.selection.walk(mode, &self.is_over) else { return };
        for found in walk {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let Found::Input(input) = found else { continue };
            let metadata = match &input.source {
                Source::Stdin => {
                    io::stdin().as_fd().try_clone_to_owned().and_then(|fd| std::fs::File::from(fd).metadata())
                }
                Source::File(path) => std::fs::metadata(path),
                // As a stream: what it holds is not asked for twice.
                Source::UserData => return,
            };
            if let (Origin::Tree(..), Source::File(path)) = (&input.origin, &input.source)
                && jobs.naming.passes(path.file_name().unwrap_or_default()).is_some()
            {
                continue;
            }
            match metadata {
                Ok(found) if found.is_file() => {
                    self.bytes.fetch_add(found.len(), Ordering::Relaxed);
                }
                // A stream has no length.
                Ok(_) => return,
                Err(_) => {}
            }
            self.files.fetch_add(1, Ordering::Relaxed);
        }
        self.is_known.store(true, Ordering::Release);
    }

    /// The jobs are done: nothing more is added up.
    pub fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn known(&self) -> Option<(u64, u64)> {
        let is_known = self.is_known.load(Ordering::Acquire);
        is_known.then(|| (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed)))
    }
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    form: Form,
    begun: Instant,
    files: u64,
    bar: Option<ProgressBar>,
    next_line: Instant,
}

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A bar, after so long.
    Bar(Duration),
    /// Lines.
    Lines,
    /// Not at all.
    Nothing,
}

impl Form {
    /// As `--progress` and `-q` have it, and what standard error is.
    pub fn of(when: When, is_quiet: bool) -> Self {
        match (when, io::stderr().is_terminal()) {
            (When::Never, _) | (When::Auto, false) => Self::Nothing,
            (When::Auto, true) if is_quiet => Self::Nothing,
            (When::Auto, true) => Self::Bar(PATIENCE),
            (When::Always, true) => Self::Bar(Duration::ZERO),
            (When::Always, false) => Self::Lines,
        }
    }
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(form: Form) -> Self {
        let begun = Instant::now();
        Self { form, begun, files: 0, bar: None, next_line: begun + PATIENCE }
    }

    /// A file has ended.
    pub fn file_ended(&mut self) {
        self.files += 1;
    }

    /// Shows how far it is, when it is time to.
    pub fn tick(&mut self, gauge: &Gauge, total: &Total) {
        match self.form {
            Form::Bar(patience) if self.begun.elapsed() >= patience => self.draw(gauge, total),
            Form::Lines if Instant::now() >= self.next_line => {
                self.next_line = Instant::now() + LINE_INTERVAL;
                terminal::say("progress", &self.line(gauge, total));
            }
            Form::Bar(_) | Form::Lines | Form::Nothing => {}
        }
    }

    /// Takes it away; a log gets a last line.
    pub fn end(mut self, gauge: &Gauge, total: &Total) {
        if self.bar.take().is_some() {
            terminal::end_bar();
        }
        if self.form == Form::Lines {
            terminal::say("progress", &self.line(gauge, total));
        }
    }

    fn draw(&mut self, gauge: &Gauge, total: &Total) {
        let state = self.state(gauge, total);
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let bar = ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {msg}"));
            terminal::begin_bar(bar.clone());
            bar
        });
        if state.length.is_some() && bar.length().is_none() {
            bar.set_style(style("[{bar:30}] {msg}"));
        }
        // All that is read is in the message: whatever is set draws anew, and the numbers belong together.
        bar.set_message(state.text(self.files));
        if let Some(length) = state.length {
            bar.set_length(length);
        }
        bar.set_position(state.read);
        bar.tick();
    }

    fn line(&self, gauge: &Gauge, total: &Total) -> String {
        let state = self.state(gauge, total);
        let (files, read, rate) = (state.files_text(self.files), HumanBytes(state.read), state.rate_text());
        match (state.length, state.left()) {
            (Some(length), Some(left)) => {
                format!("{files}, {read} of {}, {rate}, {} left", HumanBytes(length), HumanDuration(left))
            }
            _ => format!("{files}, {read}, {rate}"),
        }
    }

    fn state(&self, gauge: &Gauge, total: &Total) -> State {
        let known = total.known();
        let read = gauge.read.load(Ordering::Relaxed);
        let again = gauge.again.load(Ordering::Relaxed);
        State {
            read,
            length: known.map(|(_, bytes)| (bytes + again).max(read)),
            files: known.map(|(files, _)| files),
            // Of the whole run: a bar that begins late would take what was read before for the work of a moment.
            rate: read as f64 / self.begun.elapsed().as_secs_f64().max(0.001),
        }
    }
}

/// How far a run is.
struct State {
    /// Bytes that have been read.
    read: u64,
    /// Bytes that are to be read in all, when that is known.
    length: Option<u64>,
    /// Files that there are, when that is known.
    files: Option<u64>,
    /// Bytes a second.
    rate: f64,
}

impl State {
    fn left(&self) -> Option<Duration> {
        let left = (self.length? - self.read) as f64 / self.rate.max(1.0);
        Some(Duration::from_secs_f64(left.min(1e9)))
    }

    fn rate_text(&self) -> String {
        format!("{}/s", HumanBytes(self.rate as u64))
    }

    fn text(&self, done: u64) -> String {
        let (read, rate, files) = (HumanBytes(self.read), self.rate_text(), self.files_text(done));
        match (self.length, self.left()) {
            (Some(length), Some(left)) => {
                format!("{read} of {}, {rate}, {:#} left, {files}", HumanBytes(length), HumanDuration(left))
            }
            _ => format!("{read}, {rate}, {files}"),
        }
    }

    fn files_text(&self, done: u64) -> String {
        match self.files {
            Some(files) => format!("{done} of {} files", files.max(done)),
            None if done == 1 => "1 file".to_owned(),
            None => format!("{done} files"),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
