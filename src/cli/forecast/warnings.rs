//! What a plan warns of.

use std::collections::BTreeSet;

use crate::cli::kms_keys::NO_DISCOVERY_FILTER;
use crate::format::{EncryptedDataKey, Header, escaped};
use crate::keyring::kms::{KeyArn, KeyIdentifier, KmsCall, PROVIDER_ID, RSA_PROVIDER_ID};
use crate::keyring::{Keyring, Reach};
use crate::suite::AlgorithmSuite;

/// So many Regions are named at most.
const MAX_REGIONS: usize = 8;

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Discovery asks for keys of any account.
    NoDiscoveryFilter(String),
    /// New messages would be under keys of one Region only.
    OneRegion {
        /// The Region, when it is known.
        region: Option<String>,
        /// Whether one of the keys is named by an alias, which could be a multi-Region key's.
        has_alias: bool,
    },
    /// So many messages are under keys of one Region only.
    MessagesOfOneRegion {
        /// How many.
        messages: u64,
        /// The Regions, not more than a few.
        regions: BTreeSet<String>,
    },
    /// The suite of new messages does not commit to the data key.
    NoCommitment(&'static AlgorithmSuite),
    /// So many messages do not commit to their data keys.
    MessagesWithoutCommitment(u64),
    /// A key is named by an alias.
    AliasMayMove(String),
    /// Nothing here tells the Region of a key.
    NoRegion(String),
    /// As the AWS files are, no call could be made.
    Unusable(String),
    /// The policy is longer than a managed policy can be, in characters.
    LongPolicy(usize),
    /// So many calls are of keys that are not listed.
    NotListed(u64),
    /// A key is in no policy.
    NotInPolicy(String),
    /// What the command itself warns of.
    Other(String),
}

impl Warning {
    /// Its name in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoDiscoveryFilter(_) => "no-discovery-filter",
            Self::OneRegion { .. } | Self::MessagesOfOneRegion { .. } => "one-region",
            Self::NoCommitment(_) | Self::MessagesWithoutCommitment(_) => "no-commitment",
            Self::AliasMayMove(_) => "alias-may-move",
            Self::NoRegion(_) => "no-region",
            Self::Unusable(_) => "unusable",
            Self::LongPolicy(_) => "long-policy",
            Self::NotListed(_) => "not-listed",
            Self::NotInPolicy(_) => "not-in-policy",
            Self::Other(_) => "other",
        }
    }

    /// It, for people.
    pub fn text(&self) -> String {
        match self {
            Self::NoDiscoveryFilter(text) | Self::Other(text) => text.clone(),
            Self::OneRegion { region, has_alias } => {
                let region = region.as_ref().map(|region| format!(", {region}")).unwrap_or_default();
                let alias = match has_alias {
                    true => " (unless the alias is that of a multi-Region key)",
                    false => "",
                };
                format!(
                    "all keys are in one Region{region}{alias}: while its KMS does not answer, nothing opens these messages"
                )
            }
            Self::MessagesOfOneRegion { messages, regions } => {
                let regions = regions.iter().map(|region| escaped(region.as_bytes())).collect::<Vec<_>>();
                format!(
                    "{} under keys of one Region only ({}): while its KMS does not answer, nothing opens them",
                    are(*messages),
                    regions.join(", ")
                )
            }
            Self::NoCommitment(suite) => format!(
                "{suite} does not commit to the data key: whoever makes such a message can have two keys open it to \
                 different plaintexts"
            ),
            Self::MessagesWithoutCommitment(messages) => {
                format!("{} of algorithm suites that do not commit to the data key", are(*messages))
            }
            Self::AliasMayMove(alias) => format!(
                "{alias} names the key that it is moved to last: which one that is, is not known here, and the IAM policy \
                 allows every key that this alias names"
            ),
            Self::NoRegion(key) => format!(
                "nothing here tells the Region of {key}: it is that of the EC2 instance that the command runs on, and \
                 elsewhere the command fails"
            ),
            Self::Unusable(why) => format!("with the AWS files of this machine no call could be made: {why}"),
            Self::LongPolicy(length) => format!(
                "the IAM policy has {length} characters without white space, and a managed policy at most {}",
                super::policy::MAX_POLICY_LENGTH
            ),
            Self::NotListed(calls) => {
                format!("{calls} calls are of so many other keys that they are not listed one by one")
            }
            Self::NotInPolicy(key) => {
                format!(
                    "{} is not the name of a key of KMS, and not in the IAM policy",
                    escaped(key.as_bytes())
                )
            }
        }
    }
}

/// What the command itself warns of.
pub fn of_command(texts: &[String]) -> Vec<Warning> {
    let warning = |text: &String| match text.as_str() {
        NO_DISCOVERY_FILTER => Warning::NoDiscoveryFilter(text.clone()),
        _ => Warning::Other(text.clone()),
    };
    texts.iter().map(warning).collect()
}

fn are(messages: u64) -> String {
    match messages {
        1 => "1 message is".to_owned(),
        messages => format!("{messages} messages are"),
    }
}

/// The warnings about new messages under these keys.
pub fn of_encrypting(
    suite: &'static AlgorithmSuite,
    keyring: &dyn Keyring,
    calls: &[KmsCall],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !suite.is_committing() {
        warnings.push(Warning::NoCommitment(suite));
    }
    warnings.extend(one_region(keyring, calls));
    let mut named = BTreeSet::new();
    for call in calls.iter().filter(|call| named.insert(call.key.to_string())) {
        let is_alias = match &call.key {
            KeyIdentifier::AliasName(_) => true,
            KeyIdentifier::Arn(arn) => arn.is_alias(),
            KeyIdentifier::KeyId(_) => false,
        };
        if is_alias {
            warnings.push(Warning::AliasMayMove(call.key.to_string()));
        }
        if call.region.is_none() {
            warnings.push(Warning::NoRegion(call.key.to_string()));
        }
    }
    warnings
}

/// Whether there are KMS keys of one Region and nothing else: no key of this process, none of several Regions.
fn one_region(keyring: &dyn Keyring, calls: &[KmsCall]) -> Option<Warning> {
    let members = keyring.members().unwrap_or_else(|| vec![keyring]);
    if members.iter().any(|member| member.reach() == Reach::Local) {
        return None;
    }
    let mut regions = BTreeSet::new();
    let mut has_alias = false;
    for key in members.iter().map(|member| member.kms_key()) {
        let key = key?;
        if key.is_multi_region() {
            return None;
        }
        has_alias |= !matches!(&key, KeyIdentifier::KeyId(_)) && !key.arn().is_some_and(KeyArn::is_key);
        let asked = calls.iter().find(|call| call.key == key).and_then(|call| call.region.clone());
        regions.insert(asked.or_else(|| key.region().map(str::to_owned)));
    }
    match regions.len() {
        1 => Some(Warning::OneRegion { region: regions.pop_first().flatten(), has_alias }),
        _ => None,
    }
}

/// What is found in headers and warned of in the end.
#[derive(Clone, Debug, Default)]
pub struct HeaderWarnings {
    of_one_region: u64,
    regions: BTreeSet<String>,
    without_commitment: u64,
}

impl HeaderWarnings {
    /// Looks at a message that would be decrypted.
    pub fn look_at(&mut self, header: &Header) {
        self.without_commitment += u64::from(!header.suite.is_committing());
        if let Some(region) = only_region(&header.encrypted_data_keys) {
            self.of_one_region += 1;
            if self.regions.len() < MAX_REGIONS {
                self.regions.insert(region);
            }
        }
    }

    /// The warnings.
    pub fn warnings(self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.without_commitment > 0 {
            warnings.push(Warning::MessagesWithoutCommitment(self.without_commitment));
        }
        if self.of_one_region > 0 {
            let (messages, regions) = (self.of_one_region, self.regions);
            warnings.push(Warning::MessagesOfOneRegion { messages, regions });
        }
        warnings
    }
}

/// The Region of all keys of a message, when they are KMS keys of that Region and of no other.
fn only_region(edks: &[EncryptedDataKey]) -> Option<String> {
    let mut only = None;
    for edk in edks {
        let is_kms = [PROVIDER_ID, RSA_PROVIDER_ID].iter().any(|id| edk.provider_id == id.as_bytes());
        let key = std::str::from_utf8(&edk.provider_information).ok()?.parse::<KeyArn>().ok()?;
        let is_same = only.as_deref().is_none_or(|region| region == key.region());
        if !is_kms || key.is_multi_region() || !is_same {
            return None;
        }
        only = Some(key.region().to_owned());
    }
    only
}

#[cfg(test)]
mod tests;
