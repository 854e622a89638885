//! The calls to KMS: `GenerateDataKey`, `Encrypt`, `Decrypt`. With `runtime.rs` and `config.rs` the only async code.
//!
//! Nothing of AWS is touched, no thread, file or certificate, before the first call of [`KmsClients::client`].

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_config::SdkConfig;
use aws_sdk_kms::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_kms::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kms::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use zeroize::Zeroizing;

use super::arn::KeyArn;
use super::classify::classified;
use super::config::{self, KmsLimits, KmsSettings};
use super::failure::{KmsFailure, KmsFailureKind, KmsOperation, Shown};
use super::runtime::Driver;
use crate::context::EncryptionContext;

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

    /// A client for `region`, a key ARN's Region; without one, for the first of: the settings' Region, the
    /// Region of the profile that the settings name, `AWS_REGION`, `AWS_DEFAULT_REGION`, the Region of the environment's profile, the
    /// Region of the EC2 instance.
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

/// KMS in one Region. Each call waits for its answer; calls of several threads overlap.
#[derive(Clone)]
pub struct KmsClient {
    inner: aws_sdk_kms::Client,
    region: String,
    profile: Option<String>,
    driver: Arc<Driver>,
    limits: KmsLimits,
    calls: Arc<AtomicU64>,
}

impl fmt::Debug for KmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsClient({})", self.region)
    }
}

/// A data key that KMS made.
pub struct Generated {
    /// The data key: wiped on drop.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// The data key under the KMS key.
    pub ciphertext: Vec<u8>,
    /// The KMS key.
    pub key_arn: KeyArn,
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generated({} bytes under {})", self.plaintext.len(), self.key_arn)
    }
}

/// A data key that KMS wrapped.
#[derive(Debug)]
pub struct Encrypted {
    /// The data key under the KMS key.
    pub ciphertext: Vec<u8>,
    /// The KMS key.
    pub key_arn: KeyArn,
}

impl KmsClient {
    /// The Region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Has KMS make a data key of `number_of_bytes` (1 to 1024).
    ///
    /// # Errors
    /// [`KmsFailure`]; of kind [`KmsFailureKind::BadAnswer`] when the answer has another length or names no key.
    ///
    /// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#onencrypt
    pub fn generate_data_key(
        &self,
        key_id: &str,
        number_of_bytes: usize,
        context: &EncryptionContext,
    ) -> Result<Generated, KmsFailure> {
        let operation = KmsOperation::GenerateDataKey;
        let sent = Sent::default();
        let request = self
            .inner
            .generate_data_key()
            .key_id(key_id)
            .number_of_bytes(i32::try_from(number_of_bytes).unwrap_or(i32::MAX))
            .set_encryption_context(pairs(context))
            .customize()
            .interceptor(sent.clone())
            .send();
        let answer = self.call(operation, key_id, &sent, request)?;
        let bad = |message: String| self.bad_answer(operation, key_id, message);
        let plaintext = secret(answer.plaintext);
        if plaintext.len() != number_of_bytes {
            return Err(bad(format!(
                "its data key has {} bytes where {number_of_bytes} were asked for",
                plaintext.len()
            )));
        }
        Ok(Generated {
            plaintext,
            ciphertext: ciphertext(answer.ciphertext_blob).map_err(bad)?,
            key_arn: key_arn(answer.key_id).map_err(bad)?,
        })
    }

    /// Has KMS wrap a data key.
    ///
    /// The SDK keeps copies of the plaintext in its request, which nobody wipes.
    ///
    /// # Errors
    /// [`KmsFailure`]; of kind [`KmsFailureKind::BadAnswer`] when the answer names no key.
    ///
    /// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#onencrypt
    pub fn encrypt(
        &self,
        key_id: &str,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Encrypted, KmsFailure> {
        let operation = KmsOperation::Encrypt;
        let sent = Sent::default();
        let request = self
            .inner
            .encrypt()
            .key_id(key_id)
            .plaintext(Blob::new(plaintext))
            .set_encryption_context(pairs(context))
            .customize()
            .interceptor(sent.clone())
            .send();
        let answer = self.call(operation, key_id, &sent, request)?;
        let bad = |message: String| self.bad_answer(operation, key_id, message);
        Ok(Encrypted {
            ciphertext: ciphertext(answer.ciphertext_blob).map_err(bad)?,
            key_arn: key_arn(answer.key_id).map_err(bad)?,
        })
    }

    /// Has KMS unwrap a data key under exactly this key.
    ///
    /// # Errors
    /// [`KmsFailure`]; of kind [`KmsFailureKind::BadAnswer`] when the answer names another key.
    ///
    /// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#ondecrypt
    pub fn decrypt(
        &self,
        key: &KeyArn,
        ciphertext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, KmsFailure> {
        let operation = KmsOperation::Decrypt;
        let key_id = key.to_string();
        let sent = Sent::default();
        let request = self
            .inner
            .decrypt()
            .key_id(&key_id)
            .ciphertext_blob(Blob::new(ciphertext))
            .set_encryption_context(pairs(context))
            .customize()
            .interceptor(sent.clone())
            .send();
        let answer = self.call(operation, &key_id, &sent, request)?;
        let plaintext = secret(answer.plaintext);
        match answer.key_id {
            Some(found) if found == key_id => Ok(plaintext),
            Some(found) => Err(self.bad_answer(operation, &key_id, format!("it is of another key, {found}"))),
            None => Err(self.bad_answer(operation, &key_id, "it names no key".to_owned())),
        }
    }

    fn call<T, E>(
        &self,
        operation: KmsOperation,
        key_id: &str,
        sent: &Sent,
        request: impl Future<Output = Result<T, SdkError<E>>> + Send + 'static,
    ) -> Result<T, KmsFailure>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + 'static,
    {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let answer = self.driver.run(request);
        let milliseconds = begun.elapsed().as_millis();
        let failure = |kind| KmsFailure {
            region: Some(self.region.as_str().into()),
            attempts: Some(sent.count()),
            ..KmsFailure::new(operation, key_id, kind)
        };
        let answer = match answer {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => {
                let failure = classified(&error, &self.limits, failure(KmsFailureKind::Other));
                Err(self.with_profile(failure))
            }
            None => Err(KmsFailure {
                message: Some("the call broke off inside the SDK".into()),
                ..failure(KmsFailureKind::Other)
            }),
        };
        let outcome =
            answer.as_ref().map_or_else(|failure| format!("{:?}", failure.kind), |_| "answered".to_owned());
        log::debug!(
            "kms:{operation} on {} in {}: {outcome}, {} requests, {milliseconds} ms",
            Shown(key_id),
            Shown(&self.region),
            sent.count()
        );
        answer
    }

    /// Credentials that cannot be had are those of the profile that the settings name, when they do.
    fn with_profile(&self, failure: KmsFailure) -> KmsFailure {
        match (&self.profile, failure.kind, &failure.code) {
            (Some(profile), KmsFailureKind::NoCredentials, None) => {
                let message = failure.message.as_deref().unwrap_or_default();
                KmsFailure { message: Some(format!("profile {profile}: {message}").into()), ..failure }
            }
            _ => failure,
        }
    }

    /// An answer that came and cannot be used.
    pub(super) fn bad_answer(&self, operation: KmsOperation, key_id: &str, message: String) -> KmsFailure {
        KmsFailure {
            region: Some(self.region.as_str().into()),
            message: Some(message.into()),
            ..KmsFailure::new(operation, key_id, KmsFailureKind::BadAnswer)
        }
    }
}

/// Takes over what the SDK holds, without another copy.
fn secret(blob: Option<Blob>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(blob.map(Blob::into_inner).unwrap_or_default())
}

fn ciphertext(blob: Option<Blob>) -> Result<Vec<u8>, String> {
    match blob.map(Blob::into_inner) {
        Some(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err("it holds no encrypted data key".to_owned()),
    }
}

fn key_arn(key_id: Option<String>) -> Result<KeyArn, String> {
    let text = key_id.ok_or_else(|| "it names no key".to_owned())?;
    match text.parse::<KeyArn>() {
        Ok(arn) if arn.is_key() => Ok(arn),
        Ok(_) => Err(format!("it names an alias, {text}")),
        Err(error) => Err(error.to_string()),
    }
}

fn pairs(context: &EncryptionContext) -> Option<HashMap<String, String>> {
    let pairs = context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned()));
    (!context.is_empty()).then(|| pairs.collect())
}

/// Counts the requests that one call sent.
#[derive(Clone, Debug, Default)]
struct Sent(Arc<AtomicU32>);

impl Sent {
    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "esdk requests sent"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
