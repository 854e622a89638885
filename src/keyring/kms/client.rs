//! The calls to KMS: `GenerateDataKey`, `Encrypt`, `Decrypt`, `GetPublicKey`. With `config.rs` and `runtime.rs` the only async code.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use aws_sdk_kms::client::customize::CustomizableOperation;
use aws_sdk_kms::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_kms::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kms::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::EncryptionAlgorithmSpec;
use zeroize::Zeroizing;

use super::arn::KeyArn;
use super::classify::classified;
use super::credentials::Credentials;
use super::failure::{KmsFailure, KmsFailureKind, KmsOperation, Shown};
use super::pace::Pace;
use super::runtime::Driver;
use super::settings::KmsLimits;
use crate::context::EncryptionContext;
use crate::crypto::rsa::RsaPadding;
use crate::keyring::Patience;

/// The number of calls after which a run adapts its pace.
const ADAPTIVE_FROM: u64 = 32;

/// KMS in one Region. Each call waits for its answer; calls of several threads overlap.
#[derive(Clone)]
pub struct KmsClient {
    pub(super) inner: aws_sdk_kms::Client,
    pub(super) region: String,
    pub(super) profile: Option<String>,
    pub(super) grant_tokens: Vec<String>,
    pub(super) driver: Arc<Driver>,
    pub(super) limits: KmsLimits,
    pub(super) pace: Arc<Pace>,
    pub(super) calls: Arc<AtomicU64>,
    pub(super) credentials: Arc<Credentials>,
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
        let sent = self.sent();
        let request = self
            .inner
            .generate_data_key()
            .key_id(key_id)
            .number_of_bytes(i32::try_from(number_of_bytes).unwrap_or(i32::MAX))
            .set_encryption_context(pairs(context))
            .set_grant_tokens(self.grants())
            .customize();
        let request = self.customized(request, &sent, Patience::whole()).send();
        let answer = self.call(operation, key_id, &sent, Patience::whole(), request)?;
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
        let sent = self.sent();
        let request = self
            .inner
            .encrypt()
            .key_id(key_id)
            .plaintext(Blob::new(plaintext))
            .set_encryption_context(pairs(context))
            .set_grant_tokens(self.grants())
            .customize();
        let request = self.customized(request, &sent, Patience::whole()).send();
        let answer = self.call(operation, key_id, &sent, Patience::whole(), request)?;
        let bad = |message: String| self.bad_answer(operation, key_id, message);
        Ok(Encrypted {
            ciphertext: ciphertext(answer.ciphertext_blob).map_err(bad)?,
            key_arn: key_arn(answer.key_id).map_err(bad)?,
        })
    }

    /// Has KMS unwrap a data key under exactly this key, within the share of the time that `patience` has for it.
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
        patience: Patience<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, KmsFailure> {
        self.unwrapped(key, ciphertext, pairs(context), None, patience)
    }

    /// Has KMS open what was sealed under the public half of exactly this RSA key, within the share of the time that
    /// `patience` has for it. KMS takes no encryption context for it.
    ///
    /// # Errors
    /// [`KmsFailure`]; of kind [`KmsFailureKind::BadAnswer`] when the answer names another key.
    ///
    /// Spec: framework/aws-kms/aws-kms-rsa-keyring.md#ondecrypt
    pub fn decrypt_rsa(
        &self,
        key: &KeyArn,
        ciphertext: &[u8],
        algorithm: KmsRsaAlgorithm,
        patience: Patience<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, KmsFailure> {
        self.unwrapped(key, ciphertext, None, Some(algorithm.spec()), patience)
    }

    fn unwrapped(
        &self,
        key: &KeyArn,
        ciphertext: &[u8],
        context: Option<HashMap<String, String>>,
        algorithm: Option<EncryptionAlgorithmSpec>,
        patience: Patience<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, KmsFailure> {
        let operation = KmsOperation::Decrypt;
        let key_id = key.to_string();
        if patience.share_of(self.limits.operation_timeout).is_zero() {
            return Err(KmsFailure {
                region: Some(self.region.as_str().into()),
                message: Some("the time for this message was up before it was asked".into()),
                ..KmsFailure::new(operation, &key_id, KmsFailureKind::TimedOut)
            });
        }
        let sent = self.sent();
        let request = self
            .inner
            .decrypt()
            .key_id(&key_id)
            .ciphertext_blob(Blob::new(ciphertext))
            .set_encryption_context(context)
            .set_encryption_algorithm(algorithm)
            .set_grant_tokens(self.grants())
            .customize();
        let request = self.customized(request, &sent, patience).send();
        let answer = self.call(operation, &key_id, &sent, patience, request)?;
        let plaintext = secret(answer.plaintext);
        self.named(operation, &key_id, answer.key_id)?;
        Ok(plaintext)
    }

    /// The public half of an RSA key, as DER of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KmsFailure`]; of kind [`KmsFailureKind::InvalidKeyUsage`] when the key does not take the algorithm.
    pub fn public_key(&self, key: &KeyArn, algorithm: KmsRsaAlgorithm) -> Result<Vec<u8>, KmsFailure> {
        let operation = KmsOperation::GetPublicKey;
        let key_id = key.to_string();
        let sent = self.sent();
        let request = self.inner.get_public_key().key_id(&key_id).set_grant_tokens(self.grants()).customize();
        let request = self.customized(request, &sent, Patience::whole()).send();
        let answer = self.call(operation, &key_id, &sent, Patience::whole(), request)?;
        self.named(operation, &key_id, answer.key_id)?;
        if !answer.encryption_algorithms.unwrap_or_default().contains(&algorithm.spec()) {
            let message = format!("the key does not encrypt with {}", algorithm.name());
            return Err(KmsFailure {
                kind: KmsFailureKind::InvalidKeyUsage,
                ..self.bad_answer(operation, &key_id, message)
            });
        }
        match answer.public_key.map(Blob::into_inner) {
            Some(der) if !der.is_empty() => Ok(der),
            _ => Err(self.bad_answer(operation, &key_id, "it holds no public key".to_owned())),
        }
    }

    /// The answer must be of exactly the key that was asked for.
    fn named(&self, operation: KmsOperation, asked: &str, found: Option<String>) -> Result<(), KmsFailure> {
        match found {
            Some(found) if found == asked => Ok(()),
            Some(found) => Err(self.bad_answer(operation, asked, format!("it is of another key, {found}"))),
            None => Err(self.bad_answer(operation, asked, "it names no key".to_owned())),
        }
    }

    /// Counts the attempts; and once a run has made many calls, the SDK adapts its pace to what KMS takes. Before that
    /// it would know no pace, and wait 20 seconds after one throttled request. One of several attempts has its share of
    /// the time.
    fn customized<T, E, B>(
        &self,
        request: CustomizableOperation<T, E, B>,
        sent: &Sent,
        patience: Patience<'_>,
    ) -> CustomizableOperation<T, E, B> {
        let request = request.interceptor(sent.clone());
        let limits = self.limits_within(patience);
        let adapts = self.calls.load(Ordering::Relaxed) >= ADAPTIVE_FROM;
        if !adapts && limits == self.limits {
            return request;
        }
        let mut own = aws_sdk_kms::config::Config::builder().timeout_config(limits.timeouts());
        if adapts {
            own = own.retry_config(limits.adaptive_retries());
        }
        request.config_override(own)
    }

    fn limits_within(&self, patience: Patience<'_>) -> KmsLimits {
        self.limits.for_at_most(patience.share_of(self.limits.operation_timeout))
    }

    fn grants(&self) -> Option<Vec<String>> {
        (!self.grant_tokens.is_empty()).then(|| self.grant_tokens.clone())
    }

    fn sent(&self) -> Sent {
        Sent {
            count: Arc::default(),
            pace: Arc::clone(&self.pace),
            credentials: Arc::clone(&self.credentials),
        }
    }

    fn call<T, E>(
        &self,
        operation: KmsOperation,
        key_id: &str,
        sent: &Sent,
        patience: Patience<'_>,
        request: impl Future<Output = Result<T, SdkError<E>>> + Send + 'static,
    ) -> Result<T, KmsFailure>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + 'static,
    {
        let search = self.credentials.begin().map_err(|failure| KmsFailure {
            operation,
            key: key_id.to_owned(),
            region: Some(self.region.as_str().into()),
            ..failure
        })?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let limits = self.limits_within(patience);
        let pace = Arc::clone(&self.pace);
        let (answer, time) = self
            .driver
            .run(async move {
                // The limits of the call begin when it does.
                let _turn = pace.turn().await;
                let begun = Instant::now();
                (Some(request.await), begun.elapsed())
            })
            .unwrap_or_default();
        patience.spend(time);
        let failure = |kind| KmsFailure {
            region: Some(self.region.as_str().into()),
            attempts: Some(sent.count()),
            ..KmsFailure::new(operation, key_id, kind)
        };
        let answer = match answer {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => {
                let failure = classified(&error, &limits, failure(KmsFailureKind::Other));
                let failure = self.with_profile(failure);
                if sent.count() == 0 {
                    search.failed(&failure);
                }
                Err(failure)
            }
            None => Err(KmsFailure {
                message: Some("the call broke off inside the SDK".into()),
                ..failure(KmsFailureKind::Other)
            }),
        };
        let outcome =
            answer.as_ref().map_or_else(|failure| format!("{:?}", failure.kind), |_| "answered".to_owned());
        log::debug!(
            "kms:{operation} on {} in {}: {outcome}, {} requests, {} ms",
            Shown(key_id),
            Shown(&self.region),
            sent.count(),
            time.as_millis()
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

/// How a data key is sealed under a KMS RSA key.
///
/// Spec: framework/aws-kms/aws-kms-rsa-keyring.md#supported-padding-schemes
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmsRsaAlgorithm {
    /// OAEP with SHA-1 and MGF1 with SHA-1.
    OaepSha1,
    /// OAEP with SHA-256 and MGF1 with SHA-256.
    OaepSha256,
}

impl KmsRsaAlgorithm {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::OaepSha256, Self::OaepSha1];

    /// Its name in KMS.
    pub fn name(self) -> &'static str {
        match self {
            Self::OaepSha1 => "RSAES_OAEP_SHA_1",
            Self::OaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// The same for a key that is at hand.
    pub fn padding(self) -> RsaPadding {
        match self {
            Self::OaepSha1 => RsaPadding::OaepSha1,
            Self::OaepSha256 => RsaPadding::OaepSha256,
        }
    }

    fn spec(self) -> EncryptionAlgorithmSpec {
        match self {
            Self::OaepSha1 => EncryptionAlgorithmSpec::RsaesOaepSha1,
            Self::OaepSha256 => EncryptionAlgorithmSpec::RsaesOaepSha256,
        }
    }
}

/// Counts the requests that one call sends. The first tells that there are credentials; each after it takes a place in
/// the schedule of all.
#[derive(Clone, Debug)]
struct Sent {
    count: Arc<AtomicU32>,
    pace: Arc<Pace>,
    credentials: Arc<Credentials>,
}

impl Sent {
    fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
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
        match self.count.fetch_add(1, Ordering::Relaxed) {
            0 => self.credentials.had(),
            _ => self.pace.count_again(),
        }
        Ok(())
    }
}
