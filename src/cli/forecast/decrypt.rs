//! `esdk plan decrypt`: by the messages' headers, which nobody has verified.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::Survey;
use super::calls::Tally;
use super::policy::Policies;
use super::show::{Caching, Line, Plan, Show};
use super::warnings::{self, HeaderWarnings};
use crate::cli::args::DecryptArgs;
use crate::cli::args::plan::FormArgs;
use crate::cli::decrypt;
use crate::cli::encoding::Encoding;
use crate::cli::metadata::Record;
use crate::cli::opening::OpeningPlan;
use crate::cli::plan::{self, Direction};
use crate::cli::report::{Failure, FailureKind};
use crate::message::DecryptError;
use crate::message::cache::CacheLimits;
use crate::message::cache::forecast::CacheForecast;

/// The caching that is shown when none is asked for.
fn example() -> Result<CacheLimits, Failure> {
    CacheLimits::new(100, Duration::from_secs(60))
        .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: what decrypt would refuse before it begins, or the plan cannot be written.
pub fn run(arguments: &DecryptArgs, form: FormArgs) -> Result<ExitCode, Failure> {
    let opening = &arguments.opening;
    let jobs = plan::jobs(&arguments.files, Direction::Decrypt)?;
    let (messages, of_command) = OpeningPlan::to_forecast(opening, Encoding::of(arguments.files.decode))?;
    let clients = messages.clients();
    let options = decrypt::options(arguments, &jobs, Arc::clone(&clients));
    let caching = Caching::new(opening.keys.caching, example()?);
    let mut cache = CacheForecast::new(caching.limits)
        .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;

    let records = plan::metadata_identity(&arguments.records, &jobs)?;
    let survey =
        Survey { jobs: &jobs, options: &options, records, open: |source| source.open(Arc::default()) };
    let mut show = Show::new(form, &arguments.records);
    let mut tally = Tally::default();
    let mut of_headers = HeaderWarnings::default();
    let inputs = survey.go(&mut show, |_, source| {
        let message = messages.read(source, &mut Record::default())?;
        let forecast = messages.forecast(&message)?;
        let header = message.header();
        let lookup = cache.decrypts(header, &forecast.reproduced).map_err(DecryptError::Format)?;
        tally.add_message(&forecast, lookup);
        of_headers.look_at(header);
        Ok(Line::Decrypt(forecast))
    })?;

    // A key that is required alone has a value that only the message tells.
    let words = plan::context_words(&opening.context, opening.context_file.as_deref())?;
    let pairs: Vec<_> = words.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let mut warnings = warnings::of_command(&of_command);
    warnings.extend(of_headers.warnings());
    let plan = Plan {
        mode: options.mode,
        inputs: &inputs,
        plaintext: None,
        policies: Policies::of(tally.rows().iter().map(|row| &row.call), &pairs)
            .and_apart(tally.examples_apart(), &pairs)
            .with_roles_of_profiles(|profile| clients.profile_roles(profile)),
        tally,
        caching,
        calls_in_flight: opening.keys.kms_in_flight.get(),
        requests_a_second: opening.keys.kms_rate,
        clients: &clients,
        warnings,
    };
    show.end(plan)?;
    Ok(inputs.outcome.exit_code())
}
