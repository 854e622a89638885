//! The command line: the only place that names clap, prints, or knows a flag.
//!
//! Arguments become a plan (`plan`), the plan's jobs are run (`jobs`), and their failures become the exit status
//! (`report`).

pub mod args;
mod decrypt;
mod destination;
mod encoding;
mod encrypt;
mod inspect;
mod interrupt;
mod jobs;
mod keygen;
mod keys;
mod local_key;
mod logger;
pub mod manual;
mod metadata;
mod opening;
mod plan;
mod replaced;
mod report;
mod rotate;
mod source;
mod spec;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command, RecordArgs};
use report::Failure;

/// Runs the command with these arguments, the program's name first; gives its exit status.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let begin = |records: &RecordArgs| {
        logger::start(records);
        destination::read_umask();
        interrupt::watch();
    };
    let outcome = match &cli.command {
        Command::Encrypt(arguments) => {
            begin(&arguments.records);
            encrypt::run(arguments)
        }
        Command::Decrypt(arguments) => {
            begin(&arguments.records);
            decrypt::run(arguments)
        }
        Command::Verify(arguments) => {
            begin(&arguments.records);
            verify::run(arguments)
        }
        Command::Rotate(arguments) => {
            begin(&arguments.records);
            rotate::run(arguments)
        }
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Keygen(arguments) => {
            interrupt::watch();
            keygen::run(arguments).map(|()| ExitCode::SUCCESS)
        }
        Command::Completions(arguments) => {
            let script = manual::completion(arguments.shell);
            let printed = io::stdout().lock().write_all(&script);
            printed
                .map(|()| ExitCode::SUCCESS)
                .map_err(|error| Failure::writing(&error).about(&"standard output"))
        }
    };
    outcome.unwrap_or_else(|failure| {
        failure.print();
        ExitCode::from(failure.kind.status())
    })
}

/// Help and version go to standard output; everything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            // Whoever asked for help and has seen enough of it has what he wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => ExitCode::from(Failure::writing(&error).kind.status()),
        };
    }
    // Help that was not asked for is printed as it is; errors bear the program's name like all others.
    let text = error.render().to_string();
    let text = match text.strip_prefix("error: ") {
        Some(rest) => format!("esdk: error: {rest}"),
        None => text,
    };
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(report::FailureKind::Usage.status())
}

/// The clap command, for the manual and the completions.
pub fn command() -> clap::Command {
    Cli::command()
}
