//! `esdk plan encrypt`.

use std::process::ExitCode;
use std::time::Duration;

use super::calls::{DataKeyCount, Tally};
use super::policy::Policies;
use super::show::{Caching, Line, Plaintext, Plan, Show};
use super::{Survey, warnings};
use crate::cli::args::EncryptArgs;
use crate::cli::args::plan::FormArgs;
use crate::cli::encoding::Encoding;
use crate::cli::encrypt::{self, Kind};
use crate::cli::fits::Fits;
use crate::cli::keys;
use crate::cli::plan::{self, Direction};
use crate::cli::report::{Failure, FailureKind};
use crate::cli::source::Source;
use crate::format::length::MessageLength;
use crate::keyring::Keyring;
use crate::message::EncryptError;
use crate::message::cache::CacheLimits;
use crate::message::cache::forecast::{CacheForecast, Lookup};

/// The caching that is shown when none is asked for: one data key at a time is enough for one encryption context.
fn example() -> Result<CacheLimits, Failure> {
    CacheLimits::new(1, Duration::from_secs(60))
        .and_then(|limits| limits.with_max_messages(100))
        .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: what encrypt would refuse before it begins, or the plan cannot be written.
pub fn run(arguments: &EncryptArgs, form: FormArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs(&arguments.files, Direction::Encrypt)?;
    let Kind { suite, context, unstored, .. } = Kind::of(arguments)?;
    let keys = keys::forecast(&arguments.keys, Direction::Encrypt)?;
    keys.check_suite(suite)?;
    check_count(keys.keyring.as_ref(), plan::limit(arguments.policy.max_encrypted_data_keys))?;
    let calls = keys.keyring.calls_to_generate();
    let options = encrypt::options(arguments, &jobs, None);
    let decoding = Encoding::of(arguments.files.decode);
    let fits = arguments.fits.map(|limit| Fits::new(limit, Encoding::of(arguments.files.encode)));
    let caching = Caching::new(arguments.keys.caching, example()?);
    let mut cache = CacheForecast::new(caching.limits)
        .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;

    let records = plan::metadata_identity(&arguments.records, &jobs)?;
    let survey = Survey { jobs: &jobs, options: &options, records, open: Source::open_unread };
    let mut show = Show::new(form, &arguments.records);
    let mut plaintext = Plaintext::default();
    let mut in_order = 0;
    let inputs = survey.go(&mut show, |_, source| {
        encrypt::check_length(&source, decoding, arguments.frame_length)?;
        if let Some(fits) = &fits {
            let frame_length = arguments.frame_length;
            let least = MessageLength::without_encrypted_data_keys(suite, &context, frame_length);
            fits.check_source(&source, decoding, &least)?;
        }
        let greatest = encrypt::greatest_length(&source, decoding);
        let lookup = cache.encrypts(suite, &context, &unstored, greatest).map_err(EncryptError::from)?;
        let length = greatest.filter(|_| decoding == Encoding::None);
        in_order += u64::from(lookup != Lookup::Hit);
        plaintext.add(length);
        Ok(Line::Encrypt { length })
    })?;

    let fewest = cache.fewest_data_keys();
    let tally = Tally::of_encrypting(&calls, inputs.planned, DataKeyCount { in_order, fewest });
    // KMS is given the pairs that are not stored as well.
    let context = context.joined(&unstored).map_err(EncryptError::from)?;
    let pairs: Vec<_> = context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let made = if inputs.planned == 0 { &[][..] } else { &calls[..] };
    let mut warnings = warnings::of_command(&keys.warnings);
    warnings.extend(warnings::of_encrypting(suite, keys.keyring.as_ref(), &calls));
    let plan = Plan {
        mode: options.mode,
        inputs: &inputs,
        plaintext: Some(plaintext),
        policies: Policies::of(made, &pairs)
            .with_roles_of_profiles(|profile| keys.clients.profile_roles(profile)),
        tally,
        caching,
        calls_in_flight: arguments.keys.kms_in_flight.get(),
        requests_a_second: arguments.keys.kms_rate,
        clients: &keys.clients,
        warnings,
    };
    show.end(plan)?;
    Ok(inputs.outcome.exit_code())
}

/// Refuses more keys than a message may have: each wraps the data key once.
fn check_count(keyring: &dyn Keyring, limit: Option<usize>) -> Result<(), Failure> {
    let count = keyring.members().map_or(1, |members| members.len());
    match limit {
        Some(limit) if count > limit => Err(EncryptError::TooManyEncryptedDataKeys { count, limit }.into()),
        _ => Ok(()),
    }
}
