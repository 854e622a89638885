//! What can be typed of many inputs: which ones, and how they are gone through.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::message::threads::Threads;

/// Most jobs that run at once; each has some files open.
const MAX_JOBS: usize = 1024;
/// Most threads that seal or open: each holds some frames.
const MAX_THREADS: usize = 1024;

/// Which inputs there are beside those that were typed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Inputs")]
pub struct SelectionArgs {
    /// Take the files in directories
    #[arg(short, long)]
    pub recursive: bool,
    /// Take the inputs that FILE names, one a line, or standard input with `-`
    #[arg(long, value_name = "FILE|-")]
    pub files_from: Option<PathBuf>,
    /// The names of --files-from end with a zero byte
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,
    /// Of what directories and patterns hold, take only what matches (repeat)
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Of what directories and patterns hold, leave out what matches (repeat)
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Follow symbolic links in directories
    #[arg(long)]
    pub follow_symlinks: bool,
    /// Of the inputs, take only those that failed by this metadata file
    #[arg(long, value_name = "RECORDS")]
    pub retry_failed: Option<PathBuf>,
}

/// How many inputs are gone through.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Inputs at once [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Begin nothing more after a failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Records in the order of the inputs, not of completion
    #[arg(long)]
    pub ordered: bool,
    /// Show progress [default: auto, at a terminal]
    #[arg(long, value_name = "auto|always|never", value_enum, default_value_t = When::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub progress: When,
}

/// How many threads do the cryptography.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct ThreadArgs {
    /// Threads that seal and open [default: one for each core]
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
}

impl ThreadArgs {
    /// The threads themselves.
    pub fn threads(self) -> Threads {
        self.threads.map(Threads::new).unwrap_or_default()
    }
}

/// When something is done that suits a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// At a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MAX_THREADS);
    threads.ok_or_else(|| format!("1 to {MAX_THREADS} threads can seal or open"))
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs = text.parse().ok().filter(|jobs: &NonZeroUsize| jobs.get() <= MAX_JOBS);
    jobs.ok_or_else(|| format!("1 to {MAX_JOBS} jobs can run at once"))
}
