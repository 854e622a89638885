//! `esdk verify`: everything is checked, nothing is written.

use std::path::Path;
use std::process::ExitCode;

use super::args::VerifyArgs;
use super::encoding::Encoding;
use super::jobs::{self, Inputs, JobOptions, RunOptions};
use super::metadata::MetadataOutput;
use super::opening::{self, OpeningPlan};
use super::plan;
use super::report::{Failure, say};

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &VerifyArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs_without_output(&arguments.inputs, &arguments.selection, &arguments.suffix)?;
    let (plan, warnings) = OpeningPlan::new(&arguments.opening, Encoding::of(arguments.decode))?;
    let threads = arguments.threads.threads();
    let options = JobOptions {
        mode: "verify",
        manner: plan::no_manner(),
        inputs: Inputs::Kept,
        is_quiet: arguments.records.quiet,
        run: RunOptions::from(&arguments.run),
        in_use: plan::in_use(&jobs, &arguments.opening.keys, arguments.opening.context_file.as_deref()),
        kms: Some(plan.clients()),
    };
    let metadata = match arguments.json {
        true => Some(MetadataOutput::open(Path::new("-"), false, &[])?),
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
        let checked = message.check_at(&threads)?;
        opening::note(record, &checked);
        record.shown = prints_lines.then(|| {
            let signature = if is_signed { "signature verified" } else { "not signed" };
            format!(
                "{}: ok, {} bytes, {signature}, opened by {wrapping_key}\n",
                output.source_name(),
                checked.plaintext_bytes
            )
        });
        Ok(())
    });
    plan.log_use();
    Ok(status)
}
