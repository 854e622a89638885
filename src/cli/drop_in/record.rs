//! Metadata lines, as Python's `json` writes them.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Value, json};

use super::parse::{MetadataTarget, Mode};
use super::python;
use super::table::suite_name;
use crate::cli::metadata::{MetadataOutput, Record, authentication_value, header_value};
use crate::cli::report::Failure;
use crate::format::Header;

/// Where lines go. The file is not touched before the first job.
#[derive(Debug)]
pub struct Lines {
    target: MetadataTarget,
    begins_anew: bool,
    output: Option<MetadataOutput>,
}

/// What a line begins with.
#[derive(Debug)]
pub struct Names<'a> {
    /// What is done.
    pub mode: Mode,
    /// As it was typed or found.
    pub input: &'a OsStr,
    /// As it was typed or made.
    pub output: &'a OsStr,
}

impl Lines {
    /// None has been written yet.
    pub fn new(target: MetadataTarget, begins_anew: bool) -> Self {
        Self { target, begins_anew, output: None }
    }

    /// Opens the file, when that has not been done: it is there from the first job on, also when that fails.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn begin(&mut self) -> Result<(), Failure> {
        let path = match &self.target {
            MetadataTarget::Nowhere => return Ok(()),
            MetadataTarget::Stdout => Path::new("-"),
            MetadataTarget::File(path) => path,
        };
        if self.output.is_none() {
            self.output = Some(MetadataOutput::open(path, self.begins_anew, &[])?.going_on());
        }
        Ok(())
    }

    /// Writes the line of a job that has been begun; `failure` is why it was not done.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn write(
        &mut self,
        names: &Names<'_>,
        record: &Record,
        failure: Option<&Failure>,
    ) -> Result<(), Failure> {
        match (&mut self.output, line(names, record, failure)) {
            (Some(output), Some(line)) => output.write_text(&line),
            _ => Ok(()),
        }
    }
}

/// A line, once a header has been made, or has been read and verified.
fn line(names: &Names<'_>, record: &Record, failure: Option<&Failure>) -> Option<String> {
    let header = record.header.as_ref()?;
    if names.mode != Mode::Encrypt && record.wrapping_key.is_none() {
        return None;
    }
    let mut pairs = vec![
        ("mode", python::json(&json!(names.mode.name()))),
        ("input", path(names.input, "<stdin>")),
        ("output", path(names.output, "<stdout>")),
        ("header", python::json(&sorted(header))),
    ];
    if let Some(authentication) = &record.authentication {
        pairs.push(("header_auth", python::json(&authentication_value(authentication))));
    }
    if let Some(not_met) = &record.context_not_met {
        pairs.push(("skipped", "true".to_owned()));
        pairs.push(("reason", python::json(&json!("Missing encryption context key or value"))));
        pairs.push(("missing_encryption_context_keys", python::json(&json!(not_met.missing_keys))));
        pairs.push(("missing_encryption_context_pairs", python::json(&json!(not_met.missing_pairs))));
    } else if let Some(failure) = failure {
        let error = json!({"kind": failure.kind.name(), "message": failure.message});
        pairs.push(("status", python::json(&json!("failed"))));
        pairs.push(("error", python::json(&error)));
    }
    Some(python::json_object(&mut pairs))
}

fn path(name: &OsStr, stream: &str) -> String {
    match name.to_str() {
        Some("-") => python::json_text(OsStr::new(stream)),
        _ => python::json_text(python::absolute(name).as_os_str()),
    }
}

/// A header with its encrypted data keys in the order of their names.
fn sorted(header: &Header) -> Value {
    let mut header = header.clone();
    header
        .encrypted_data_keys
        .sort_by_key(|edk| [edk.provider_id.as_slice(), edk.provider_information.as_slice()].concat());
    let mut value = header_value(&header);
    if let Some(algorithm) = value.get_mut("algorithm") {
        *algorithm = json!(suite_name(header.suite));
    }
    value
}
