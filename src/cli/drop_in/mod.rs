//! `aws-encryption-cli`: the command line of the Python `aws-encryption-sdk-cli` 4.3, for scripts that call that.
//!
//! | file | |
//! | --- | --- |
//! | `table.rs` | the options |
//! | `expand.rs`, `parse.rs` | words to options, as argparse does it |
//! | `words.rs`, `keys.rs` | the words of `-w`, `-c` and `--caching` |
//! | `requests.rs`, `glob.rs`, `sources.rs` | what may be asked for; which files that is |
//! | `run.rs` | all that to the plans of `encrypt` and `decrypt`, whose jobs are run in turn |
//! | `texts.rs`, `record.rs`, `log.rs` | what is said of it |
//! | `usage.rs`, `manual.rs` | usage, help and manual page |
//! | `python.rs` | numbers, texts and paths where Python's own ways are seen |
//!
//! Nothing below the plans knows of it. Where it differs from the original on purpose stands in `usage.rs`.

mod expand;
mod glob;
mod keys;
mod log;
pub mod manual;
mod parse;
mod python;
mod record;
mod requests;
mod run;
mod sources;
mod stop;
mod table;
mod texts;
mod usage;
mod words;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use run::Request;
use stop::Stop;

/// The name that it is called by.
pub const NAME: &str = "aws-encryption-cli";

/// What the original's scripts see of its version.
const VERSION: &str = "aws-encryption-sdk-cli/4.3.0 aws-encryption-sdk/3.3.1";

/// The words behind the name, when the program was called by it: as its own name, or as its first argument.
pub fn words(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, words) = arguments.split_first()?;
    if Path::new(program).file_name() == Some(OsStr::new(NAME)) {
        return Some(words);
    }
    match words.split_first() {
        Some((first, words)) if first == NAME => Some(words),
        _ => None,
    }
}

/// Runs it with these words; gives its exit status: 0, 1, or 2 for wrong usage. Signals end it otherwise.
pub fn main(words: &[OsString]) -> ExitCode {
    let stop = match run(words) {
        Ok(status) => return status,
        Err(stop) => stop,
    };
    match stop {
        Stop::Help => print(&usage::help(usage::columns())),
        Stop::Version => print(&format!("{VERSION}\n")),
        Stop::Usage(text) => {
            log::say(&format!("{}\n{NAME}: error: {text}", usage::usage(usage::columns())));
            ExitCode::from(2)
        }
        Stop::Told(text) => {
            log::say(&text);
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[OsString]) -> Result<ExitCode, Stop> {
    let typed = parse::parse(&expand::expand(words.to_vec())?)?;
    let (verbosity, is_quiet) = (typed.verbosity, typed.is_quiet);
    let request = Request::of(typed)?;
    log::start(verbosity, is_quiet);
    request.run()
}

fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever has seen enough of it has what he wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
