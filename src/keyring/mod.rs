//! Wrapping keys: they wrap and unwrap data keys.
//!
//! A keyring gives one of three answers to an encrypted data key: it opened it, it is not its own, or it is its
//! own and it was refused, and why ([`Unwrapped`]).
//!
//! Spec: framework/keyring-interface.md#interface

pub mod kms;
pub mod multi;
mod patience;
pub mod raw_aes;
pub mod raw_rsa;

use std::fmt;

use zeroize::Zeroizing;

use crate::context::EncryptionContext;
use crate::crypto::{self, RandomError};
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::suite::AlgorithmSuite;
use kms::{KeyIdentifier, KmsCall, KmsFailure, KmsFailureKind};
pub use patience::Patience;

/// One wrapping key, or several that act as one.
pub trait Keyring: Send + Sync {
    /// Generates a data key of the suite's length and wraps it.
    ///
    /// # Errors
    /// [`WrapError`] as [`Self::wrap`], or when no random bytes can be had.
    ///
    /// Spec: framework/keyring-interface.md#generate-data-key
    fn generate(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<(DataKey, Vec<EncryptedDataKey>), WrapError> {
        let mut bytes = Zeroizing::new(vec![0; suite.data_key_length()]);
        crypto::random_bytes(&mut bytes)?;
        let data_key = DataKey::from_bytes(bytes);
        let edks = self.wrap(suite, context, &data_key)?;
        Ok((data_key, edks))
    }

    /// Wraps a data key: one encrypted data key for each wrapping key, in their order.
    ///
    /// # Errors
    /// [`WrapError`] when the key cannot wrap or refuses to.
    ///
    /// Spec: framework/keyring-interface.md#encrypt-data-key
    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError>;

    /// Tries to unwrap one encrypted data key.
    ///
    /// Spec: framework/keyring-interface.md#ondecrypt
    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped;

    /// The same for one of several attempts to open a message, which share the time that there is for all of them. Only
    /// a keyring that waits for answers needs to look at it.
    fn unwrap_within(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        _patience: Patience<'_>,
    ) -> Unwrapped {
        self.unwrap(suite, context, edk)
    }

    /// The calls that [`Self::generate`] would make.
    fn calls_to_generate(&self) -> Vec<KmsCall> {
        self.calls_to_wrap()
    }

    /// The calls that [`Self::wrap`] would make.
    fn calls_to_wrap(&self) -> Vec<KmsCall> {
        Vec::new()
    }

    /// What [`Self::unwrap`] would do about an encrypted data key, as far as that is known without doing it.
    fn prospect(&self, _suite: &'static AlgorithmSuite, _edk: &EncryptedDataKey) -> Prospect {
        Prospect::Here
    }

    /// Whether this keyring makes calls over a network, which are worth making side by side.
    fn reach(&self) -> Reach;

    /// Where this encrypted data key would be unwrapped, when that is a place that can fail to answer.
    ///
    /// Whoever holds the message asks the caller's own Region first, and a place that does not answer only once.
    fn place(&self, _edk: &EncryptedDataKey) -> Option<Place> {
        None
    }

    /// The keyrings that this one consists of, in the order in which they unwrap; `None` when it is one key.
    ///
    /// Whoever holds the message asks them one by one: with a key that cannot check its unwrapping ([`Proof`]) only the
    /// message header tells whether the next one is to be asked.
    fn members(&self) -> Option<Vec<&dyn Keyring>> {
        None
    }

    /// The name that this key writes into the encrypted data keys that it wraps; `None` when what was given of it does
    /// not tell (the alias or the id of a KMS key), and for several keys.
    fn key_name(&self) -> Option<KeyName> {
        None
    }

    /// The KMS key that is meant, by the name that was given; `None` for other keys, for discovery and for several keys.
    fn kms_key(&self) -> Option<KeyIdentifier> {
        None
    }

    /// Which key this is, for people: `aws-kms arn:aws:kms:…`, `raw-aes namespace/name`.
    fn name(&self) -> String;
}

/// The name of a wrapping key, as it stands in encrypted data keys.
///
/// Spec: data-format/message-header.md#encrypted-data-key-entries
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// Key provider id.
    pub provider_id: Vec<u8>,
    /// The key provider information, or the part of it that is the same in all its encrypted data keys.
    pub name: Vec<u8>,
    /// How many bytes of the key provider information follow the name.
    pub after_name: usize,
}

impl KeyName {
    /// Whether an encrypted data key bears this name.
    pub fn is_on(&self, edk: &EncryptedDataKey) -> bool {
        edk.provider_id == self.provider_id
            && edk.provider_information.len() == self.name.len() + self.after_name
            && edk.provider_information.starts_with(&self.name)
    }
}

/// Where a keyring's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In this process.
    Local,
    /// Behind a network call.
    Remote,
}

/// Where the calls for a key go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The Region, and the endpoint when it is not the Region's own; empty when there are several.
    pub name: String,
    /// Whether it is the caller's own Region.
    pub is_own: bool,
}

/// A keyring's answer to one encrypted data key.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unwrapped {
    /// It opened it.
    Opened(OpenedDataKey),
    /// It belongs to somebody else, or is not to be tried.
    NotMine(NotMine),
    /// It is its own, was tried, and was refused.
    Refused(Refusal),
}

/// What a keyring would do about an encrypted data key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Prospect {
    /// Nothing: it belongs to somebody else, or is not to be tried.
    NotMine(NotMine),
    /// Nothing: it is its own, and it could not open it.
    Refused(Refusal),
    /// It would try it in this process.
    Here,
    /// It would ask, one call after the other until one opens it.
    Calls(Vec<KmsCall>),
}

/// A data key and the wrapping key that gave it.
#[derive(Debug)]
pub struct OpenedDataKey {
    /// The data key, of the suite's length.
    pub data_key: DataKey,
    /// The name of the wrapping key that opened it.
    pub wrapping_key: String,
    /// What is known of the data key at this point.
    pub proof: Proof,
}

/// Whether the unwrapping itself showed that the data key is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The wrapping was checked: another data key is not possible.
    Checked,
    /// The wrapping cannot be checked (RSA with PKCS#1 v1.5 padding): only the message header can tell, and a
    /// header that does not verify means this key did not open the message.
    HeaderMustTell,
}

/// Why an encrypted data key was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotMine {
    /// Its key provider id is not this keyring's.
    OtherProvider,
    /// Its key provider information names another key.
    OtherKey,
    /// Its key provider information is not what this provider writes.
    Malformed(&'static str),
    /// The discovery filter does not name its partition.
    FilteredPartition(String),
    /// The discovery filter does not name its account.
    FilteredAccount(String),
    /// It is not a multi-Region key and not of the Regions that discovery may ask.
    FilteredRegion(String),
}

/// Why an encrypted data key that was tried did not open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The wrapping key does not open it: another key of that name, or damage.
    DoesNotOpen,
    /// It is not authentic under the wrapping key and this encryption context: one of them is another, or damage.
    NotAuthentic,
    /// It opened to a data key of another length than the suite's.
    DataKeyLength {
        /// The suite's data key length in bytes.
        expected: usize,
        /// What came out, in bytes.
        found: usize,
    },
    /// KMS refused, failed or did not answer.
    Kms(KmsFailure),
    /// The key file holds no private key, so it can only wrap.
    NoPrivateKey,
    /// It was made with another encryption context.
    OtherContext,
    /// The wrapping key does not go with suites that sign.
    SignedSuite(&'static AlgorithmSuite),
    /// The place of its key did not answer for an encrypted data key before it, so that it was not asked.
    PassedOver {
        /// The name of the place.
        place: String,
    },
    /// Several keys were tried, and each refused.
    Several(Vec<Refusal>),
}

impl Refusal {
    /// The one refusal, or all of them.
    pub fn of_all(mut refusals: Vec<Refusal>) -> Self {
        match (refusals.pop(), refusals.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                refusals.extend(last);
                Self::Several(refusals)
            }
        }
    }

    /// Each reason by itself.
    pub fn each(&self) -> &[Refusal] {
        match self {
            Self::Several(refusals) => refusals,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether another encryption context could have been the reason.
    pub fn may_be_the_context(&self) -> bool {
        match self {
            Self::NotAuthentic | Self::OtherContext => true,
            Self::Kms(failure) => failure.kind == KmsFailureKind::InvalidCiphertext,
            Self::Several(refusals) => refusals.iter().any(Self::may_be_the_context),
            _ => false,
        }
    }

    /// Whether the same attempt could work later: nothing but faults of the moment are why. That a Region has no
    /// replica of the key is not counted beside them.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Kms(failure) => failure.is_passing(),
            Self::PassedOver { .. } => true,
            Self::Several(refusals) => {
                let is_absent = |refusal: &&Refusal| !matches!(refusal, Self::Kms(failure) if failure.kind == KmsFailureKind::NotFound);
                let mut others = refusals.iter().filter(is_absent).peekable();
                others.peek().is_some() && others.all(Self::is_passing)
            }
            _ => false,
        }
    }

    /// Whether KMS was asked and nobody answered. Where nothing was sent (no credentials came), nothing is known of KMS.
    pub fn is_unanswered(&self) -> bool {
        let silent = [KmsFailureKind::TimedOut, KmsFailureKind::Unreachable];
        matches!(self, Self::Kms(failure) if silent.contains(&failure.kind) && failure.attempts != Some(0))
    }
}

/// A data key could not be generated or wrapped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WrapError {
    /// KMS refused, failed or did not answer.
    Kms(KmsFailure),
    /// The RSA key is too small for the data key under its padding.
    RsaKeyTooSmall {
        /// The wrapping key.
        wrapping_key: String,
    },
    /// The key file holds no public key to wrap with.
    NoPublicKey {
        /// The wrapping key.
        wrapping_key: String,
    },
    /// The wrapping itself failed.
    Cipher {
        /// The wrapping key.
        wrapping_key: String,
    },
    /// The keyring can only unwrap (discovery).
    UnwrapsOnly {
        /// The wrapping key.
        wrapping_key: String,
    },
    /// The wrapping key does not go with suites that sign.
    SignedSuite {
        /// The wrapping key.
        wrapping_key: String,
        /// The suite.
        suite: &'static AlgorithmSuite,
    },
    /// A thread for a call could not be started.
    Thread,
    /// The operating system gave no random bytes.
    Random(RandomError),
}

impl From<RandomError> for WrapError {
    fn from(error: RandomError) -> Self {
        Self::Random(error)
    }
}

impl From<KmsFailure> for WrapError {
    fn from(failure: KmsFailure) -> Self {
        Self::Kms(failure)
    }
}

impl fmt::Display for NotMine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherProvider => f.write_str("not asked: no key of this provider was given"),
            Self::OtherKey => f.write_str("not asked: another key of this provider was given"),
            Self::Malformed(what) => write!(f, "not asked: {what}"),
            Self::FilteredPartition(partition) => {
                write!(f, "not asked: filtered by partition {}", partition.escape_debug())
            }
            Self::FilteredAccount(account) => {
                write!(f, "not asked: filtered by account {}", account.escape_debug())
            }
            Self::FilteredRegion(region) => {
                write!(f, "not asked: filtered by Region {}", region.escape_debug())
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotOpen => {
                f.write_str("refused: the key of this name does not open it (another key, or damage)")
            }
            Self::NotAuthentic => f.write_str(
                "refused: the key of this name does not open it (another key, another encryption context, or damage)",
            ),
            Self::DataKeyLength { expected, found } => {
                write!(f, "refused: it holds a data key of {found} bytes where {expected} are needed")
            }
            Self::Kms(failure) => failure.fmt(f),
            Self::NoPrivateKey => f.write_str("refused: only the public key was given, and unwrapping needs the private key"),
            Self::OtherContext => f.write_str("wrong context: it was made with another encryption context"),
            Self::SignedSuite(suite) => {
                write!(f, "refused: a key of this provider opens no signed message, and this one is of {suite}")
            }
            Self::PassedOver { place } => write!(f, "not asked: {place} did not answer before"),
            Self::Several(refusals) => {
                for (at, refusal) in refusals.iter().enumerate() {
                    write!(f, "{}{refusal}", if at == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for WrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms(failure) => failure.fmt(f),
            Self::RsaKeyTooSmall { wrapping_key } => {
                write!(f, "{wrapping_key}: the RSA key is too small for this data key and padding")
            }
            Self::NoPublicKey { wrapping_key } => {
                write!(f, "{wrapping_key}: no public key to wrap with")
            }
            Self::Cipher { wrapping_key } => {
                write!(f, "{wrapping_key}: the data key could not be wrapped")
            }
            Self::UnwrapsOnly { wrapping_key } => {
                write!(f, "{wrapping_key}: discovery can only decrypt")
            }
            Self::SignedSuite { wrapping_key, suite } => {
                write!(
                    f,
                    "{wrapping_key}: this provider goes with suites without a signature only, not with {suite}"
                )
            }
            Self::Thread => f.write_str("a thread for a KMS call could not be started"),
            Self::Random(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WrapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Kms(failure) => Some(failure),
            Self::Random(error) => Some(error),
            _ => None,
        }
    }
}
