//! The command line: the only place that names clap, prints, or knows a flag.
//!
//! Arguments become a plan (`plan`), the plan's jobs are run (`jobs`), and their failures become the exit status
//! (`report`). The subcommand `esdk plan` is `forecast`: it goes as far as the first call, and tells which that would be.

pub mod args;
mod caching;
mod claims;
mod clean;
mod closed_key;
mod decrypt;
mod destination;
mod drop_in;
mod encoding;
mod encrypt;
mod fits;
mod forecast;
mod in_use;
mod inspect;
mod install_links;
mod interrupt;
mod jobs;
mod key_file;
mod keygen;
mod keys;
mod kms_keys;
mod list;
mod local_key;
mod logger;
pub mod manual;
mod metadata;
mod naming;
mod opening;
mod output_folder;
mod part;
mod patterns;
mod pipes;
mod plan;
mod planner;
mod progress;
mod replaced;
mod report;
mod reporter;
mod retry;
mod rotate;
mod source;
pub mod spec;
mod summary;
mod terminal;
mod user_data;
mod verify;
mod walk;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command, RecordArgs};
pub use report::{Failure, FailureKind};

/// Runs the command with these arguments, the program's name first; gives its exit status.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if let Some(words) = drop_in::words(&arguments) {
        destination::read_umask();
        interrupt::watch();
        return drop_in::main(words);
    }
    let color = terminal::clap_color(terminal::read_color(&arguments));
    let matches = Cli::command().color(color).try_get_matches_from(arguments);
    let cli = match matches.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches)) {
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
        Command::Plan(arguments) => {
            begin(arguments.records());
            forecast::run(arguments)
        }
        Command::Inspect(arguments) => {
            begin(&arguments.records);
            inspect::run(arguments)
        }
        Command::Clean(arguments) => clean::run(arguments),
        Command::InstallLinks(arguments) => install_links::run(arguments),
        Command::AwsEncryptionCli(arguments) => {
            destination::read_umask();
            interrupt::watch();
            Ok(drop_in::main(&arguments.words))
        }
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
    let text = error.render();
    let text = if terminal::is_coloured() { text.ansi().to_string() } else { text.to_string() };
    let text = match text.find("error:") {
        // Escapes of a colour may stand before it.
        Some(at) if !text.get(..at).unwrap_or_default().contains(char::is_whitespace) => {
            format!("esdk: {text}")
        }
        _ => text,
    };
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(FailureKind::Usage.status())
}

/// The clap command, for the manual and the completions.
pub fn command() -> clap::Command {
    Cli::command()
}
