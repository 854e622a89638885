//! Which KMS clients there are: made when first needed, each once.
//!
//! Nothing of AWS is touched, no thread, file or certificate, before the first call of [`KmsClients::client`].

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;

use super::client::KmsClient;
use super::config::{self, KmsLimits, KmsSettings};
use super::failure::{KmsFailure, KmsFailureKind, KmsOperation};
use super::runtime::Driver;

/// Every KMS client of this run: configuration read once for each [`KmsSettings`], one client for each Region of it.
pub struct KmsClients {
    limits: KmsLimits,
    known: Mutex<Known>,
    calls: Arc<AtomicU64>,
}

/// What has been found out so far.
#[derive(Default)]
struct Known {
    driver: Option<Arc<Driver>>,
    loaded: HashMap<KmsSettings, Loaded>,
    clients: HashMap<(KmsSettings, String), aws_sdk_kms::Client>,
}

#[derive(Default)]
struct Loaded {
    config: Option<SdkConfig>,
    /// The Region that settings, profile or environment name, once looked for.
    configured: Option<Option<String>>,
    /// The Region of this EC2 instance, once asked for.
    instance: Option<Option<String>>,
}

/// No client can be had for a key.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// Nothing tells which Region to ask.
    NoRegion,
    /// The thread for the calls could not be started.
    Thread(io::Error),
    /// The AWS configuration could not be read.
    Configuration,
}

impl fmt::Debug for KmsClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsClients({} calls)", self.calls())
    }
}

impl KmsClients {
    /// No clients yet. Costs nothing.
    pub fn new(limits: KmsLimits) -> Self {
        Self { limits, known: Mutex::default(), calls: Arc::default() }
    }

    /// A client for `region`, a key ARN's Region; without one, for the first of: the settings' Region, the Region of
    /// the profile that the settings name, `AWS_REGION`, `AWS_DEFAULT_REGION`, the Region of the environment's
    /// profile (when the settings name none), the Region of the EC2 instance.
    ///
    /// # Errors
    /// [`ClientError`] when there is no Region, or the thread for the calls cannot be started.
    pub fn client(&self, settings: &KmsSettings, region: Option<&str>) -> Result<KmsClient, ClientError> {
        // What a panicking thread left is a cache that lacks an entry at worst.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = match &known.driver {
            Some(driver) => Arc::clone(driver),
            None => {
                let driver = Arc::new(Driver::start().map_err(ClientError::Thread)?);
                known.driver = Some(Arc::clone(&driver));
                driver
            }
        };
        let region = match region {
            Some(region) => region.to_owned(),
            None => {
                let loaded = known.loaded.entry(settings.clone()).or_default();
                loaded.own_region(settings, &driver)?.ok_or(ClientError::NoRegion)?
            }
        };
        let place = (settings.clone(), region.clone());
        let inner = match known.clients.get(&place) {
            Some(client) => client.clone(),
            None => {
                let loaded = known.loaded.entry(settings.clone()).or_default();
                let config = loaded.config(settings, &region, self.limits, &driver)?;
                let settings = settings.clone();
                let region = region.clone();
                let client = driver
                    .run(async move { config::client(&config, &settings, region) })
                    .ok_or(ClientError::Configuration)?;
                known.clients.insert(place, client.clone());
                client
            }
        };
        Ok(KmsClient {
            inner,
            region,
            profile: settings.profile.clone(),
            driver,
            limits: self.limits,
            calls: Arc::clone(&self.calls),
        })
    }

    /// How many calls have been made; a call that was retried counts once.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Loaded {
    /// The Region for keys whose name does not tell theirs.
    fn own_region(&mut self, settings: &KmsSettings, driver: &Driver) -> Result<Option<String>, ClientError> {
        if let Some(region) = self.configured_region(settings, driver)? {
            return Ok(Some(region));
        }
        if self.instance.is_none() {
            let found = driver.run(config::instance_region()).ok_or(ClientError::Configuration)?;
            self.instance = Some(found);
        }
        Ok(self.instance.clone().flatten())
    }

    fn configured_region(
        &mut self,
        settings: &KmsSettings,
        driver: &Driver,
    ) -> Result<Option<String>, ClientError> {
        if self.configured.is_none() {
            let settings = settings.clone();
            let found = driver
                .run(async move { config::configured_region(&settings).await })
                .ok_or(ClientError::Configuration)?;
            self.configured = Some(found);
        }
        Ok(self.configured.clone().flatten())
    }

    /// The configuration, whose own Region (that of STS and SSO calls) is the first key's when nothing else tells one.
    fn config(
        &mut self,
        settings: &KmsSettings,
        region: &str,
        limits: KmsLimits,
        driver: &Driver,
    ) -> Result<SdkConfig, ClientError> {
        if let Some(config) = &self.config {
            return Ok(config.clone());
        }
        let own = self.configured_region(settings, driver)?;
        let region = own.unwrap_or_else(|| region.to_owned());
        let config =
            driver.run(config::load(settings.clone(), region, limits)).ok_or(ClientError::Configuration)?;
        self.config = Some(config.clone());
        Ok(config)
    }
}

impl ClientError {
    /// The same as the failure of a call.
    pub fn during(self, operation: KmsOperation, key: &str) -> KmsFailure {
        let kind = match self {
            Self::NoRegion => KmsFailureKind::NoRegion,
            Self::Thread(_) | Self::Configuration => KmsFailureKind::Other,
        };
        KmsFailure { message: Some(self.to_string().into()), ..KmsFailure::new(operation, key, kind) }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegion => f.write_str("no Region is configured"),
            Self::Thread(error) => write!(f, "the thread for KMS calls could not be started: {error}"),
            Self::Configuration => f.write_str("the AWS configuration could not be read"),
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::NoRegion | Self::Configuration => None,
        }
    }
}
