//! What the AWS files say that the SDK would report too late, or not in words: a profile that is not there, one that
//! asks for an MFA code, and the authorities to trust.

use std::env;

use aws_config::profile::{self, ProfileSet};
use aws_sdk_kms::config::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::client_error::ClientError;
use super::tls;

/// How far a chain of `source_profile` is followed.
const MAX_CHAIN: usize = 32;

/// Reads the AWS files and looks at the profile that is named here, or else in the environment.
///
/// Gives a client that trusts the authorities that the environment or the profile names, when they do.
///
/// # Errors
/// [`ClientError`]: the files cannot be read, or credentials of this profile cannot be had.
pub(super) async fn checked(named: Option<&str>) -> Result<Option<SharedHttpClient>, ClientError> {
    let selected = named.map(|name| name.to_owned().into());
    let profiles = profile::load(&Fs::real(), &Env::real(), &Default::default(), selected)
        .await
        .map_err(|error| ClientError::Files(text(&error)))?;
    let name = profiles.selected_profile();
    if named.is_some() || !has("AWS_ACCESS_KEY_ID") {
        let is_asked_for = named.is_some() || has("AWS_PROFILE");
        if is_asked_for && profiles.get_profile(name).is_none() {
            return Err(ClientError::NoProfile(name.to_owned()));
        }
        if let Some(serial) = mfa(&profiles, name) {
            return Err(ClientError::Mfa { profile: name.to_owned(), serial });
        }
    }
    let bundle = env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
    let bundle = bundle.or_else(|| profiles.get("ca_bundle").map(str::to_owned));
    let client = |path: String| tls::client(&path).map_err(|fault| ClientError::Bundle { path, fault });
    bundle.map(client).transpose()
}

/// The MFA device whose code a role of this profile, or of those that it builds on, asks for.
fn mfa(profiles: &ProfileSet, name: &str) -> Option<String> {
    let mut name = name;
    for _ in 0..MAX_CHAIN {
        let profile = profiles.get_profile(name)?;
        profile.get("role_arn")?;
        if let Some(serial) = profile.get("mfa_serial") {
            return Some(serial.to_owned());
        }
        match profile.get("source_profile") {
            Some(source) if source != name => name = source,
            _ => return None,
        }
    }
    None
}

/// A role that a profile takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRole {
    /// Its ARN.
    pub role: String,
    /// The profile with whose credentials it is taken; none for those of the environment, container or instance.
    pub source: Option<String>,
}

/// The roles that are taken before a call is made with the credentials of the profile that is named here, or else in the
/// environment, the last one first. Credentials in the environment come before a profile that is named nowhere else; a role
/// that is taken with the token of a web identity needs no permission to be.
pub(super) async fn roles(named: Option<&str>) -> Vec<ProfileRole> {
    if named.is_none() && has("AWS_ACCESS_KEY_ID") {
        return Vec::new();
    }
    let selected = named.map(|name| name.to_owned().into());
    let loaded = profile::load(&Fs::real(), &Env::real(), &Default::default(), selected).await;
    loaded.map(|profiles| chain(&profiles)).unwrap_or_default()
}

fn chain(profiles: &ProfileSet) -> Vec<ProfileRole> {
    let mut roles: Vec<ProfileRole> = Vec::new();
    let mut name = profiles.selected_profile();
    while let Some(profile) = profiles.get_profile(name).filter(|_| roles.len() < MAX_CHAIN) {
        let Some(role) = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none())
        else {
            break;
        };
        let source = profile.get("source_profile");
        roles.push(ProfileRole { role: role.to_owned(), source: source.map(str::to_owned) });
        match source {
            Some(source) if source != name => name = source,
            _ => break,
        }
    }
    roles
}

fn has(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
