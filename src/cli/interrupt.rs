//! What is left when a signal ends the run: nothing that is not whole, and a record of all that is.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use super::terminal;

/// So long the end waits for a lock that somebody holds who waits for a disk; twice, and less than a second with the next.
const PATIENCE: Duration = Duration::from_millis(200);
/// So long the end waits for the records of what is done.
const PATIENCE_WITH_RECORDS: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(2);

static LEFT: Mutex<Left> =
    Mutex::new(Left { next: 0, traces: Vec::new(), folders: BTreeSet::new(), is_over: false });
static UNRECORDED: AtomicUsize = AtomicUsize::new(0);
static RECORDING: Mutex<()> = Mutex::new(());

/// What has to go when a signal comes.
struct Left {
    next: u64,
    traces: Vec<(u64, Trace)>,
    /// Directories that were made and hold no output yet.
    folders: BTreeSet<PathBuf>,
    /// The run is ending: no file is made any more, and none gets its name.
    is_over: bool,
}

/// How a file that is not finished is found.
#[derive(Clone, Debug)]
pub enum Trace {
    /// By its path.
    Path(PathBuf),
    /// By its directory and its name there.
    Entry(Arc<OwnedFd>, OsString),
}

/// A file that is removed when a signal ends the run.
#[derive(Debug)]
pub struct Unfinished(u64);

/// An output that has its name and is not recorded yet: a signal waits for the record.
#[derive(Debug)]
pub struct Unrecorded(());

fn left() -> MutexGuard<'static, Left> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same while files can still be made and named; otherwise the process ends before this gives anything.
fn left_open() -> MutexGuard<'static, Left> {
    loop {
        let left = left();
        if !left.is_over {
            return left;
        }
        drop(left);
        std::thread::sleep(PATIENCE);
    }
}

impl Unfinished {
    /// Creates a file and has it removed from now on, until this is dropped.
    ///
    /// No signal comes in between: whoever removes the files waits until this one is known, or keeps it from being made.
    ///
    /// # Errors
    /// Those of `create`.
    pub fn create<T>(
        create: impl FnOnce() -> io::Result<T>,
        trace: impl FnOnce(&T) -> Trace,
    ) -> io::Result<(T, Self)> {
        let mut left = left_open();
        let created = create()?;
        let trace = trace(&created);
        let number = left.next;
        left.next += 1;
        left.traces.push((number, trace));
        Ok((created, Self(number)))
    }

    /// Ends it with the act that gives the file its name: a signal comes before or after, not in between.
    ///
    /// # Errors
    /// Those of `name`; the file is still unfinished.
    pub fn end(self, name: impl FnOnce() -> io::Result<()>) -> Result<Unrecorded, (Self, io::Error)> {
        let mut left = left_open();
        if let Err(error) = name() {
            drop(left);
            return Err((self, error));
        }
        left.traces.retain(|(number, _)| *number != self.0);
        UNRECORDED.fetch_add(1, Ordering::SeqCst);
        Ok(Unrecorded(()))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        left().traces.retain(|(number, _)| *number != self.0);
    }
}

impl Drop for Unrecorded {
    fn drop(&mut self) {
        UNRECORDED.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Makes a directory that goes again when nothing comes into it.
///
/// # Errors
/// Those of `make`.
pub fn make_folder<E>(path: &Path, make: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    let mut left = left_open();
    make()?;
    left.folders.insert(path.to_owned());
    Ok(())
}

/// An output has its name: its directories stay.
pub fn folder_used(path: &Path) {
    let mut left = left();
    if !left.folders.is_empty() {
        for folder in path.ancestors() {
            left.folders.remove(folder);
        }
    }
}

/// Removes the directories that were made for outputs that failed.
pub fn remove_unused_folders() {
    remove_folders(&mut left());
}

fn remove_folders(left: &mut Left) {
    for folder in std::mem::take(&mut left.folders).iter().rev() {
        // One that is not empty stays, and rightly.
        let _ = fs::remove_dir(folder);
    }
}

/// Writes a line of a record whole, also when a signal comes meanwhile.
pub fn recording<T>(write: impl FnOnce() -> T) -> T {
    let _whole = RECORDING.lock().unwrap_or_else(PoisonError::into_inner);
    write()
}

/// Ends the run now, without a trace of what is in hand.
pub fn abandon(status: u8) -> ! {
    let left = in_time(&LEFT);
    terminal::end_bar();
    if let Some(mut left) = left {
        for (_, trace) in &left.traces {
            // It may be gone: that is well.
            let _ = match trace {
                Trace::Path(path) => fs::remove_file(path),
                Trace::Entry(folder, name) => {
                    rustix::fs::unlinkat(&**folder, name, rustix::fs::AtFlags::empty()).map_err(Into::into)
                }
            };
        }
        remove_folders(&mut left);
        left.is_over = true;
    }
    let begun = Instant::now();
    while UNRECORDED.load(Ordering::SeqCst) > 0 && begun.elapsed() < PATIENCE_WITH_RECORDS {
        std::thread::sleep(PAUSE);
    }
    let _whole = in_time(&RECORDING);
    std::process::exit(status.into())
}

/// The lock, unless whoever has it is waiting for a disk that does not answer.
fn in_time<T>(lock: &'static Mutex<T>) -> Option<MutexGuard<'static, T>> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Waits for the signals that end a run, on a thread of its own. A second one ends it at once.
///
/// When the thread cannot be had, a signal ends the run as the system does it: `.part` files stay then.
pub fn watch() {
    // A file that may not grow is a failed write like any other, not the end of the process.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let ignored = ignored();
    let wanted: Vec<_> =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect();
    let is_ending = Arc::new(AtomicBool::new(false));
    for signal in &wanted {
        let is_ending = Arc::clone(&is_ending);
        let _ = signal_hook::flag::register_conditional_shutdown(*signal, 128 + signal, is_ending);
    }
    let Ok(mut signals) = Signals::new(&wanted) else {
        return;
    };
    let watcher = move || {
        if let Some(signal) = signals.forever().next() {
            is_ending.store(true, Ordering::SeqCst);
            abandon(u8::try_from(128 + signal).unwrap_or(u8::MAX));
        }
    };
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(watcher);
}

/// The signals that whoever started us wants ignored, as `nohup` does: bit 0 is signal 1. None where that is not told.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
