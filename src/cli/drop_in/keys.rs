//! From the groups of `-w` to the keys of a plan.

use std::sync::Arc;

use super::parse::Mode;
use super::stop::Stop;
use super::words::Group;
use crate::cli::args::{DEFAULT_CALLS_IN_FLIGHT, KeyArgs, TypedKey, TypedKeys};
use crate::cli::keys::{self, PlannedKeys};
use crate::cli::kms_keys::KmsKeys;
use crate::cli::plan::Direction;
use crate::keyring::kms::{
    CallingProgram, ClientError, KeyArn, KeyIdentifier, KmsClients, KmsLimits, KmsSettings, NeededRegion,
};

/// What the original calls itself before KMS.
const PROGRAM: CallingProgram = CallingProgram { name: "AwsEncryptionSdkCli", version: "4.3.0" };

/// What tells the Region of boto3, before any file of a profile. `AWS_REGION`, which other SDKs look at first, it does not
/// know.
const REGION: &str = "AWS_DEFAULT_REGION";

/// What tells boto3 the profile, before `AWS_PROFILE`. Other SDKs do not know it.
const PROFILE: &str = "AWS_DEFAULT_PROFILE";

/// Set when there are credentials in the environment.
const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";

/// The keys of a plan, and what they come from.
pub struct Keys {
    /// As `esdk` has them.
    pub arguments: KeyArgs,
    /// Ready for use.
    pub planned: PlannedKeys,
}

/// Plans them; KMS is not called.
///
/// # Errors
/// [`Stop`]: there is no such provider, profile or key.
pub fn plan(groups: &[Group], mode: Mode) -> Result<Keys, Stop> {
    let mut arguments = KeyArgs {
        keys: TypedKeys::default(),
        profile: None,
        region: None,
        endpoint_url: None,
        caching: None,
        kms_timeout: KmsLimits::OPERATION_TIMEOUT,
        kms_rate: None,
        kms_in_flight: DEFAULT_CALLS_IN_FLIGHT,
    };
    log::info!(target: super::log::NAME, "Collecting plugin \"aws-kms\" registered by \"aws-encryption-sdk-cli\"");
    log::debug!("KMS is called as {}/{}", PROGRAM.name, PROGRAM.version);
    let clients = Arc::new(KmsKeys::clients(&arguments).on_behalf_of(PROGRAM));
    for group in groups {
        let specs = specs(group, mode, &clients)?;
        arguments.keys.0.extend(specs.into_iter().map(TypedKey::Spec));
    }
    if arguments.keys.0.is_empty() {
        return Err(Stop::raised("DecryptKeyError", &["Unable to decrypt any data key"]));
    }
    let direction = match mode {
        Mode::Encrypt => Direction::Encrypt,
        Mode::Decrypt | Mode::DecryptUnsigned => Direction::Decrypt,
    };
    let planned = keys::plan_with(&arguments, direction, clients);
    let planned = planned.map_err(|failure| super::run::told(&failure))?;
    for warning in &planned.warnings {
        match mode {
            Mode::Encrypt => log::warn!("{warning}"),
            // Of discovery the original does not warn.
            Mode::Decrypt | Mode::DecryptUnsigned => log::info!("{warning}"),
        }
    }
    Ok(Keys { arguments, planned })
}

/// The SPECs of one group; none when it names no key that could open anything.
fn specs(group: &Group, mode: Mode, clients: &KmsClients) -> Result<Vec<String>, Stop> {
    let spec = group.spec()?;
    if !group.is_kms() {
        return Ok(vec![spec]);
    }
    let mut group = group.clone();
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(region) = variable(REGION) {
        group = group.or("region", &region);
    }
    // A profile that an argument names goes before credentials of the environment, and that of a variable after them.
    if let Some(profile) = variable(PROFILE).filter(|_| variable(ACCESS_KEY).is_none()) {
        group = group.or("profile", &profile);
    }
    let group = &group;
    let spec = group.spec()?;
    let settings = KmsSettings {
        profile: group.value("profile").map(str::to_owned),
        region: group.value("region").map(str::to_owned),
        ..KmsSettings::default()
    };
    clients.check(&settings, NeededRegion::None).map_err(|error| raised(&error))?;
    if group.is_discovery() {
        // A multi-Region key is asked for in the caller's own Region; whatever else a message names, in its own.
        let near = settings.region.clone().or_else(|| clients.own_region(&settings));
        let near = near.map(|region| format!("{spec},discovery-region={region}"));
        return Ok(near.into_iter().chain([spec]).collect());
    }
    if mode == Mode::Encrypt {
        for key in group.keys() {
            let has_region = key.parse::<KeyIdentifier>().is_ok_and(|key| key.region().is_some());
            if !has_region
                && let Err(ClientError::NoRegion) = clients.check(&settings, NeededRegion::Configured)
            {
                let text = format!("No default region found and no region determinable from key id: {key}");
                return Err(Stop::raised("UnknownRegionError", &[&text]));
            }
        }
        return Ok(vec![spec]);
    }
    // Only what a message can name opens one.
    let opens_nothing = |key: &str| !key.parse::<KeyArn>().is_ok_and(|arn| arn.is_key());
    match group.without_keys(opens_nothing) {
        Some(group) => Ok(vec![group.spec()?]),
        None => Ok(Vec::new()),
    }
}

fn raised(error: &ClientError) -> Stop {
    match error {
        ClientError::NoProfile(name) => {
            Stop::raised("ProfileNotFound", &[&format!("The config profile ({name}) could not be found")])
        }
        other => Stop::told(other.to_string()),
    }
}
