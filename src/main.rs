//! The `esdk` command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    esdk::cli::main(std::env::args_os())
}
