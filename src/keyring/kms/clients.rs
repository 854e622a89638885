//! Which KMS clients there are: made when first needed, each once.
//!
//! Nothing of AWS is touched, no thread, file or certificate, before the first call of [`KmsClients::client`].

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_kms::config::SharedHttpClient;

use super::client::KmsClient;
use super::client_error::ClientError;
use super::config;
use super::credentials::Credentials;
use super::pace::Pace;
use super::profiles::{self, ProfileRole};
use super::runtime::Driver;
use super::settings::{KmsLimits, KmsRole, KmsSettings};

/// Every KMS client of this run: configuration and credentials are had once for each [`KmsSettings`], and there is one
/// client for each Region of it.
pub struct KmsClients {
    limits: KmsLimits,
    pace: Arc<Pace>,
    known: Mutex<Known>,
    calls: Arc<AtomicU64>,
}

/// A program on whose behalf KMS is called: it stands in the user agent, which AWS CloudTrail records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallingProgram {
    /// Its name, in the letters of a token of HTTP.
    pub name: &'static str,
    /// Its version, likewise.
    pub version: &'static str,
}

/// What has been found out so far.
#[derive(Default)]
struct Known {
    program: Option<CallingProgram>,
    driver: Option<Arc<Driver>>,
    loaded: HashMap<Base, Loaded>,
    roles: HashMap<(Base, KmsRole), SdkConfig>,
    clients: HashMap<(KmsSettings, String), aws_sdk_kms::Client>,
    credentials: HashMap<(Base, Option<KmsRole>), Arc<Credentials>>,
}

/// The settings that a configuration depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Base {
    profile: Option<String>,
    region: Option<String>,
}

#[derive(Default)]
struct Loaded {
    /// The client that trusts others than the system does, once the profile was looked at.
    profile: Option<Result<Option<SharedHttpClient>, ClientError>>,
    config: Option<SdkConfig>,
    /// The Region that settings, profile or environment name, once looked for.
    configured: Option<Option<String>>,
    /// The Region of this EC2 instance, once asked for.
    instance: Option<Option<String>>,
}

/// Whether a key can be asked for without a configured Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeededRegion {
    /// Its name tells the Region.
    None,
    /// Settings, profile, environment or instance must tell it.
    Configured,
}

impl fmt::Debug for KmsClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsClients({} calls)", self.calls())
    }
}

impl KmsClients {
    /// No clients yet. Costs nothing.
    pub fn new(limits: KmsLimits) -> Self {
        let pace = Arc::new(Pace::new(limits.calls_in_flight, limits.calls_per_second));
        Self { limits, pace, known: Mutex::default(), calls: Arc::default() }
    }

    /// The same, and the calls name this program beside esdk.
    pub fn on_behalf_of(self, program: CallingProgram) -> Self {
        self.known().program = Some(program);
        self
    }

    /// A client for `region`, a key ARN's Region; without one, for the first of: the settings' Region, the Region of
    /// the profile that the settings name, `AWS_REGION`, `AWS_DEFAULT_REGION`, the Region of the environment's
    /// profile (when the settings name none), the Region of the EC2 instance.
    ///
    /// # Errors
    /// [`ClientError`] when there is no Region, or the configuration does not do.
    pub fn client(&self, settings: &KmsSettings, region: Option<&str>) -> Result<KmsClient, ClientError> {
        let mut known = self.known();
        let driver = known.driver()?;
        let region = match region {
            Some(region) => region.to_owned(),
            None => known.loaded(settings).any_region(settings, &driver)?.ok_or(ClientError::NoRegion)?,
        };
        let place = (settings.clone(), region.clone());
        let inner = match known.clients.get(&place) {
            Some(client) => client.clone(),
            None => {
                let config = known.config(settings, &region, self.limits, &driver)?;
                let (settings, region) = place.clone();
                let client = driver
                    .run(async move { config::client(&config, &settings, region) })
                    .ok_or(ClientError::Configuration)?;
                known.clients.insert(place, client.clone());
                client
            }
        };
        let whose = (Base::of(settings), settings.role.clone());
        Ok(KmsClient {
            inner,
            region,
            profile: settings.profile.clone(),
            grant_tokens: Vec::new(),
            driver,
            limits: self.limits,
            pace: Arc::clone(&self.pace),
            calls: Arc::clone(&self.calls),
            credentials: Arc::clone(known.credentials.entry(whose).or_default()),
        })
    }

    /// Finds out before the first call what would make every call fail: AWS files that cannot be read, a profile that is
    /// not there or asks for an MFA code, and for keys whose name does not tell theirs, a missing Region.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn check(&self, settings: &KmsSettings, region: NeededRegion) -> Result<(), ClientError> {
        let mut known = self.known();
        let driver = known.driver()?;
        let loaded = known.loaded(settings);
        loaded.checked_profile(settings, &driver)?;
        match region {
            NeededRegion::None => Ok(()),
            NeededRegion::Configured => {
                loaded.any_region(settings, &driver)?.map(drop).ok_or(ClientError::NoRegion)
            }
        }
    }

    /// The caller's own Region: what settings, profile or environment name. The EC2 instance is not asked for it.
    pub fn own_region(&self, settings: &KmsSettings) -> Option<String> {
        let mut known = self.known();
        let driver = known.driver().ok()?;
        known.loaded(settings).configured_region(settings, &driver).ok().flatten()
    }

    /// The roles that a profile takes before a call is made with its credentials, the last one first: that of this name,
    /// or else the environment's.
    pub fn profile_roles(&self, profile: Option<&str>) -> Vec<ProfileRole> {
        let Ok(driver) = self.known().driver() else { return Vec::new() };
        let profile = profile.map(str::to_owned);
        driver.run(async move { profiles::roles(profile.as_deref()).await }).unwrap_or_default()
    }

    /// How many calls have been made; a call that was retried counts once.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What a panicking thread left is a cache that lacks an entry at worst.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Base {
    fn of(settings: &KmsSettings) -> Self {
        Self { profile: settings.profile.clone(), region: settings.region.clone() }
    }
}

impl Known {
    fn driver(&mut self) -> Result<Arc<Driver>, ClientError> {
        if let Some(driver) = &self.driver {
            return Ok(Arc::clone(driver));
        }
        let driver = Driver::start().map_err(|error| ClientError::Thread(Arc::new(error)))?;
        Ok(Arc::clone(self.driver.insert(Arc::new(driver))))
    }

    fn loaded(&mut self, settings: &KmsSettings) -> &mut Loaded {
        self.loaded.entry(Base::of(settings)).or_default()
    }

    /// The configuration of these settings; with a role, that of its credentials.
    fn config(
        &mut self,
        settings: &KmsSettings,
        region: &str,
        limits: KmsLimits,
        driver: &Driver,
    ) -> Result<SdkConfig, ClientError> {
        let program = self.program;
        let base = self.loaded(settings).config(settings, region, limits, program, driver)?;
        let Some(role) = settings.role.clone() else {
            return Ok(base);
        };
        let place = (Base::of(settings), role.clone());
        if let Some(config) = self.roles.get(&place) {
            return Ok(config.clone());
        }
        let config = driver.run(config::with_role(base, role)).ok_or(ClientError::Configuration)?;
        self.roles.insert(place, config.clone());
        Ok(config)
    }
}

impl Loaded {
    /// The Region for keys whose name does not tell theirs.
    fn any_region(&mut self, settings: &KmsSettings, driver: &Driver) -> Result<Option<String>, ClientError> {
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

    fn checked_profile(
        &mut self,
        settings: &KmsSettings,
        driver: &Driver,
    ) -> Result<Option<SharedHttpClient>, ClientError> {
        if let Some(checked) = &self.profile {
            return checked.clone();
        }
        let profile = settings.profile.clone();
        let checked = driver
            .run(async move { profiles::checked(profile.as_deref()).await })
            .unwrap_or(Err(ClientError::Configuration));
        self.profile.insert(checked).clone()
    }

    /// The configuration, whose own Region (that of STS and SSO calls) is the first key's when nothing else tells one.
    fn config(
        &mut self,
        settings: &KmsSettings,
        region: &str,
        limits: KmsLimits,
        program: Option<CallingProgram>,
        driver: &Driver,
    ) -> Result<SdkConfig, ClientError> {
        if let Some(config) = &self.config {
            return Ok(config.clone());
        }
        let trusting = self.checked_profile(settings, driver)?;
        let own = self.configured_region(settings, driver)?;
        let region = own.unwrap_or_else(|| region.to_owned());
        let config = driver
            .run(config::load(settings.profile.clone(), region, limits, program, trusting))
            .ok_or(ClientError::Configuration)?;
        self.config = Some(config.clone());
        Ok(config)
    }
}
