//! What a call must not ask for, in the order in which the original finds it out.

use std::ffi::OsStr;
use std::path::Path;

use super::parse::{MetadataTarget, Typed};
use super::python;
use super::stop::Stop;

const STREAM: &str = "-";

/// Checks what needs no look at the sources themselves.
///
/// # Errors
/// [`Stop`], with the original's words.
pub fn check(typed: &Typed) -> Result<(), Stop> {
    let (input, output) = (typed.input.as_os_str(), typed.output.as_os_str());
    if output != STREAM && !Path::new(output).is_dir() && !has_parent(output) {
        return Err(Stop::told(
            "If destination is a file, the immediate parent directory must already exist.",
        ));
    }
    check_metadata(typed, input, output)?;
    let is_pipe = input == STREAM && output == STREAM;
    if !is_pipe && python::real(input) == python::real(output) {
        return Err(Stop::told("Destination and source cannot be the same"));
    }
    if input == STREAM && Path::new(output).is_dir() {
        return Err(Stop::told("Destination may not be a directory when source is stdin"));
    }
    if typed.max_encrypted_data_keys.is_some_and(|number| number < 1) {
        return Err(Stop::raised("ValueError", &["max_encrypted_data_keys cannot be less than 1"]));
    }
    Ok(())
}

fn has_parent(output: &OsStr) -> bool {
    python::real(&python::split(output).0).is_dir()
}

fn check_metadata(typed: &Typed, input: &OsStr, output: &OsStr) -> Result<(), Stop> {
    let file = match &typed.metadata {
        None | Some(MetadataTarget::Nowhere) => return Ok(()),
        Some(MetadataTarget::Stdout) if output == STREAM => {
            return Err(Stop::told("Metadata output cannot be stdout when output is stdout"));
        }
        Some(MetadataTarget::Stdout) => return Ok(()),
        Some(MetadataTarget::File(file)) => file,
    };
    let (input, output, metadata) =
        (python::real(input), python::real(output), python::real(file.as_os_str()));
    if metadata.is_dir() {
        return Err(Stop::told("Metadata output cannot be a directory"));
    }
    if metadata == input || metadata == output {
        return Err(Stop::told("Metadata output file cannot be the input or output"));
    }
    if output.is_dir() && metadata.starts_with(&output) {
        return Err(Stop::told("Metadata output file cannot be in the output directory"));
    }
    if input.is_dir() && metadata.starts_with(&input) {
        return Err(Stop::told("Metadata output file cannot be in the input directory"));
    }
    Ok(())
}

/// Checks what the input's name stands for.
///
/// # Errors
/// [`Stop`], with the original's words.
pub fn check_sources(sources: &[std::ffi::OsString], output: &OsStr) -> Result<(), Stop> {
    let is_folder = Path::new(output).is_dir();
    if sources.is_empty() {
        // Two blanks, as there.
        return Err(Stop::told("Invalid source.  Must be a valid pathname pattern or stdin (-)"));
    }
    if sources.len() > 1 && !is_folder {
        return Err(Stop::told(
            "If operating on multiple sources, destination must be an existing directory",
        ));
    }
    if !is_folder && sources.iter().any(|source| Path::new(source).is_dir()) {
        return Err(Stop::told(
            "If operating on a source directory, destination must be an existing directory",
        ));
    }
    Ok(())
}
