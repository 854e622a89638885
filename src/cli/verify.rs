//! `esdk verify`: everything is checked, nothing is written.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use super::args::VerifyArgs;
use super::destination::{Content, Destination, Existing};
use super::encoding::Encoding;
use super::jobs::{self, Job, JobOptions};
use super::metadata::MetadataOutput;
use super::opening::{self, OpeningPlan};
use super::plan;
use super::report::{Failure, say};

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &VerifyArgs) -> Result<ExitCode, Failure> {
    let sources = plan::sources(&arguments.inputs)?;
    let jobs: Vec<_> =
        sources.into_iter().map(|source| Job { source, destination: Destination::Nowhere }).collect();
    let (plan, warnings) = OpeningPlan::new(&arguments.opening, Encoding::of(arguments.decode))?;
    let options = JobOptions {
        mode: "verify",
        content: Content::Plaintext,
        encoding: Encoding::None,
        existing: Existing::Refuse,
        new_folder: None,
        is_quiet: arguments.records.quiet,
    };
    let metadata = match arguments.json {
        true => Some(MetadataOutput::open(Path::new("-"), false, &jobs)?),
        false => plan::metadata(&arguments.records, &jobs)?,
    };
    let prints_lines =
        !arguments.json && arguments.records.metadata_output.as_deref() != Some(Path::new("-"));
    if !options.is_quiet {
        warnings.iter().for_each(|warning| say("warning", warning));
    }
    let status = jobs::run(&jobs, &options, metadata, |source, output, record| {
        let message = plan.open(source, record)?.read_once();
        let is_signed = message.header().suite.is_signed();
        let wrapping_key = message.wrapping_key().to_owned();
        let checked = message.check()?;
        opening::note(record, &checked);
        if prints_lines {
            let signature = if is_signed { "signature verified" } else { "not signed" };
            let line = format!(
                "{}: ok, {} bytes, {signature}, opened by {wrapping_key}\n",
                output.source_name(),
                checked.plaintext_bytes
            );
            let mut stdout = io::stdout().lock();
            stdout
                .write_all(line.as_bytes())
                .and_then(|()| stdout.flush())
                .map_err(|error| Failure::writing(&error).about(&"standard output"))?;
        }
        Ok(())
    });
    log::info!("KMS calls: {}", plan.kms_calls());
    Ok(status)
}
