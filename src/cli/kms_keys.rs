//! `-k`, and `-w` of the providers `aws-kms` and `aws-kms-rsa`, to keyrings.

use std::sync::Arc;

use super::args::{KeyArgs, parse_endpoint};
use super::key_file;
use super::keys::{Options, Use};
use super::plan::Direction;
use super::report::Failure;
use super::spec::Spec;
use crate::keyring::Keyring;
use crate::keyring::kms::{
    ClientError, DiscoveryFilter, DiscoveryKeyring, KeyArn, KeyIdentifier, KmsAccess, KmsClients, KmsKeyring,
    KmsLimits, KmsOperation, KmsRole, KmsRsaAlgorithm, KmsRsaKeyring, KmsSettings, NeededRegion,
};

/// The warning about discovery that nothing limits.
pub const NO_DISCOVERY_FILTER: &str = "discovery without discovery-account and discovery-partition tries every key that this \
                                       caller may use, whoever owns it";

/// What all KMS keys of a run have in common.
pub struct KmsKeys {
    /// The clients of the run.
    pub clients: Arc<KmsClients>,
    defaults: KmsSettings,
    direction: Direction,
    purpose: Use,
}

impl KmsKeys {
    /// The clients that a run begins with.
    pub fn clients(arguments: &KeyArgs) -> KmsClients {
        let limits = KmsLimits {
            calls_in_flight: arguments.kms_in_flight.get(),
            calls_per_second: arguments.kms_rate,
            ..KmsLimits::within(arguments.kms_timeout)
        };
        KmsClients::new(limits)
    }

    /// Takes over the options that are the defaults of every group.
    pub fn new(arguments: &KeyArgs, direction: Direction, clients: Arc<KmsClients>, purpose: Use) -> Self {
        let defaults = KmsSettings {
            profile: arguments.profile.clone(),
            region: arguments.region.clone(),
            endpoint_url: arguments.endpoint_url.clone(),
            role: None,
        };
        Self { clients, defaults, direction, purpose }
    }

    /// The key of `-k`.
    ///
    /// # Errors
    /// A usage [`Failure`].
    pub fn typed(&self, key: &str) -> Result<Box<dyn Keyring>, Failure> {
        self.key(KmsAccess::new(self.clients.clone(), self.defaults.clone()), key)
    }

    fn key(&self, access: KmsAccess, key: &str) -> Result<Box<dyn Keyring>, Failure> {
        let identifier = key.parse::<KeyIdentifier>();
        let region = match identifier.as_ref().ok().and_then(KeyIdentifier::region) {
            Some(_) => NeededRegion::None,
            None => NeededRegion::Configured,
        };
        let keyring = identifier.and_then(|key| match self.direction {
            Direction::Encrypt | Direction::Rotate => Ok(KmsKeyring::new(access.clone(), key)),
            Direction::Decrypt => KmsKeyring::to_unwrap(access.clone(), key),
        });
        match keyring {
            Ok(keyring) => {
                self.check(&access.settings, region, key)?;
                Ok(Box::new(keyring))
            }
            Err(error) => {
                let failure = Failure::usage(format!("the KMS key {error}"));
                Err(match self.direction {
                    Direction::Encrypt | Direction::Rotate => {
                        failure.hint("give a key ARN, a key id, an alias name (alias/…) or an alias ARN")
                    }
                    Direction::Decrypt => failure.hint(
                        "to decrypt give the key's ARN; `esdk inspect` shows the ARNs that a message names",
                    ),
                })
            }
        }
    }

    /// What is wrong for every file is told once, before the first.
    fn check(&self, settings: &KmsSettings, region: NeededRegion, key: &str) -> Result<(), Failure> {
        let operation = match self.direction {
            Direction::Encrypt | Direction::Rotate => KmsOperation::GenerateDataKey,
            Direction::Decrypt => KmsOperation::Decrypt,
        };
        if self.purpose == Use::Forecast {
            return Ok(());
        }
        // A message that another key opens needs nothing of AWS.
        if self.direction == Direction::Decrypt && settings.profile.is_none() {
            return Ok(());
        }
        let checked = self.clients.check(settings, region);
        checked.map_err(|error: ClientError| Failure::from_kms(&error.during(operation, key)))
    }

    /// As whom and where the keys of a SPEC are asked.
    fn access(&self, spec: &Spec) -> Result<KmsAccess, Failure> {
        let or = |name: &str, default: &Option<String>| {
            spec.value(name).map(str::to_owned).or_else(|| default.clone())
        };
        if let Some(Err(error)) = spec.value("endpoint-url").map(parse_endpoint) {
            return Err(spec.failure(&format!("endpoint-url=: {error}")));
        }
        let role = match spec.value("role-arn") {
            Some(arn) if arn.starts_with("arn:") && arn.contains(":role/") => Some(KmsRole {
                arn: arn.to_owned(),
                session_name: spec.value("role-session-name").map(str::to_owned),
                external_id: spec.value("external-id").map(str::to_owned),
            }),
            Some(_) => {
                return Err(spec
                    .failure("role-arn= is not the ARN of a role")
                    .hint("it looks like arn:aws:iam::111122223333:role/NAME"));
            }
            None => None,
        };
        let of_role = ["role-session-name", "external-id"];
        if let Some(name) = of_role.iter().find(|name| role.is_none() && spec.value(name).is_some()) {
            return Err(spec.failure(&format!("{name}= goes with role-arn= only")));
        }
        let settings = KmsSettings {
            profile: or("profile", &self.defaults.profile),
            region: or("region", &self.defaults.region),
            endpoint_url: or("endpoint-url", &self.defaults.endpoint_url),
            role,
        };
        let grant_tokens = spec.all("grant-token").into_iter().map(str::to_owned).collect();
        Ok(KmsAccess { clients: self.clients.clone(), settings, grant_tokens })
    }

    /// The RSA key of a SPEC.
    ///
    /// # Errors
    /// [`Failure`]: the SPEC is wrong, or the key file cannot be read.
    pub fn rsa(&self, spec: &Spec) -> Result<Box<dyn Keyring>, Failure> {
        let text = spec.required("key")?;
        let key = match text.parse::<KeyArn>() {
            Ok(key) if key.is_key() => key,
            _ => {
                return Err(spec.failure(&format!("{text:?} is not a key ARN")).hint(
                    "an encrypted data key of this provider names its key by the ARN that is given here",
                ));
            }
        };
        let algorithm = match spec.value("padding") {
            None => KmsRsaAlgorithm::OaepSha256,
            Some(text) => {
                let is_named =
                    |known: &KmsRsaAlgorithm| [known.padding().name(), known.name()].contains(&text);
                KmsRsaAlgorithm::ALL.into_iter().find(is_named).ok_or_else(|| {
                    let known = KmsRsaAlgorithm::ALL.map(|known| known.padding().name()).join(" and ");
                    spec.failure(&format!("KMS has no padding {text:?}; it has {known}"))
                })?
            }
        };
        let public_key = spec.value("public-key-file").map(key_file::public_key).transpose()?;
        let access = self.access(spec)?;
        if public_key.is_none() || self.direction == Direction::Decrypt {
            self.check(&access.settings, NeededRegion::None, text)?;
        }
        Ok(Box::new(KmsRsaKeyring::new(access, key, algorithm, public_key)))
    }

    /// The keys of a SPEC, or discovery.
    ///
    /// # Errors
    /// A usage [`Failure`].
    pub fn of_spec(&self, spec: &Spec, warnings: &mut Vec<String>) -> Result<Vec<Box<dyn Keyring>>, Failure> {
        let access = self.access(spec)?;
        let keys = spec.all("key");
        let is_discovery = match spec.value("discovery") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(spec.failure(&format!("discovery={other} is neither true nor false"))),
        };
        let discovery_names = ["discovery-account", "discovery-partition", "discovery-region"];
        if !is_discovery {
            if let Some(name) = discovery_names.iter().find(|name| spec.value(name).is_some()) {
                return Err(spec.failure(&format!("{name}= goes with discovery=true only")));
            }
            if keys.is_empty() {
                return Err(spec
                    .failure("key= is missing")
                    .hint("to decrypt without naming keys write discovery=true"));
            }
            return keys.iter().map(|key| self.key(access.clone(), key)).collect();
        }
        if self.direction.wraps() {
            return Err(spec
                .failure("discovery is for decrypting only")
                .hint(format!("name the keys to encrypt with: {} KEY", Options::of(self.direction).kms)));
        }
        if !keys.is_empty() {
            return Err(spec.failure("key= and discovery=true exclude each other"));
        }
        let filter = filter(spec, warnings)?;
        let regions = spec.all("discovery-region").into_iter().map(str::to_owned).collect();
        self.check(&access.settings, NeededRegion::None, "discovery")?;
        Ok(vec![Box::new(DiscoveryKeyring::new(access, filter, regions))])
    }
}

fn filter(spec: &Spec, warnings: &mut Vec<String>) -> Result<Option<DiscoveryFilter>, Failure> {
    let accounts: Vec<_> = spec.all("discovery-account").into_iter().map(str::to_owned).collect();
    match (spec.value("discovery-partition"), accounts.is_empty()) {
        (None, true) => {
            warnings.push(NO_DISCOVERY_FILTER.to_owned());
            Ok(None)
        }
        (Some(partition), false) => Ok(Some(DiscoveryFilter { partition: partition.to_owned(), accounts })),
        (None, false) => {
            Err(spec.failure("discovery-account= needs discovery-partition= (aws, aws-cn, aws-us-gov)"))
        }
        (Some(_), true) => Err(spec.failure("discovery-partition= needs discovery-account=")),
    }
}
