//! The algorithm suites: one table, looked up by id and by name.
//!
//! | id | derivation | commits | signature | data key |
//! | --- | --- | --- | --- | --- |
//! | 0x0014 0x0046 0x0078 | none | no | no | 16, 24, 32 bytes |
//! | 0x0114 0x0146 0x0178 | HKDF SHA-256 | no | no | 16, 24, 32 bytes |
//! | 0x0214 | HKDF SHA-256 | no | ECDSA P-256 | 16 bytes |
//! | 0x0346 0x0378 | HKDF SHA-384 | no | ECDSA P-384 | 24, 32 bytes |
//! | 0x0478 | HKDF SHA-512 | yes | no | 32 bytes |
//! | 0x0578 | HKDF SHA-512 | yes | ECDSA P-384 | 32 bytes |
//!
//! Spec: framework/algorithm-suites.md#supported-algorithm-suites

use std::fmt;

/// Length of every suite's AES-GCM initialisation vector, in bytes.
///
/// Spec: framework/algorithm-suites.md#iv-length
pub const IV_LENGTH: usize = 12;
/// Length of every suite's AES-GCM authentication tag, in bytes.
///
/// Spec: framework/algorithm-suites.md#authentication-tag-length
pub const TAG_LENGTH: usize = 16;
/// Length of the commitment key of a committing suite, in bytes.
///
/// Spec: framework/algorithm-suites.md#commit-key-length
pub const COMMITMENT_KEY_LENGTH: usize = 32;

/// The version of the message format that a suite is written in.
///
/// Spec: data-format/message-header.md#supported-versions
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageVersion {
    /// Version 1.0: 16-byte message id, header IV stored.
    V1,
    /// Version 2.0: 32-byte message id, commitment key stored.
    V2,
}

impl MessageVersion {
    /// Length of the message id in bytes: 16 in version 1, 32 in version 2.
    ///
    /// Spec: data-format/message-header.md#message-id
    pub const fn message_id_length(self) -> usize {
        match self {
            Self::V1 => 16,
            Self::V2 => 32,
        }
    }
}

impl fmt::Display for MessageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        })
    }
}

/// A hash function of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How the key that seals header and frames comes from the data key.
///
/// Spec: framework/algorithm-suites.md#algorithm-suites-encryption-key-derivation-settings
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDerivation {
    /// The data key itself.
    Identity,
    /// HKDF without salt; info is the suite id and the message id.
    Hkdf(Hash),
    /// HKDF salted with the message id; a second derivation gives the commitment key.
    HkdfWithCommitment(Hash),
}

/// The signature over a message, when its suite has one.
///
/// Spec: framework/algorithm-suites.md#algorithm-suites-signature-settings
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
}

impl SignatureAlgorithm {
    /// Length of the public key as a message carries it, the compressed point, in bytes: 33 or 49.
    pub const fn point_length(self) -> usize {
        match self {
            Self::EcdsaP256Sha256 => 33,
            Self::EcdsaP384Sha384 => 49,
        }
    }

    /// Greatest length of a signature in DER, in bytes: 72 or 104.
    pub const fn max_length(self) -> usize {
        match self {
            Self::EcdsaP256Sha256 => 72,
            Self::EcdsaP384Sha384 => 104,
        }
    }
}

/// One row of the table: everything that follows from a suite's id.
#[derive(Debug, PartialEq, Eq)]
pub struct AlgorithmSuite {
    id: u16,
    name: &'static str,
    message_version: MessageVersion,
    data_key_length: usize,
    key_derivation: KeyDerivation,
    signature: Option<SignatureAlgorithm>,
}

const fn row(
    id: u16,
    name: &'static str,
    message_version: MessageVersion,
    data_key_length: usize,
    key_derivation: KeyDerivation,
    signature: Option<SignatureAlgorithm>,
) -> AlgorithmSuite {
    AlgorithmSuite { id, name, message_version, data_key_length, key_derivation, signature }
}

use Hash::{Sha256, Sha384, Sha512};
use KeyDerivation::{Hkdf, HkdfWithCommitment, Identity};
use MessageVersion::{V1, V2};
use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384};

#[rustfmt::skip]
static SUITES: [AlgorithmSuite; 11] = [
    row(0x0014, "AES_128_GCM_IV12_TAG16_NO_KDF", V1, 16, Identity, None),
    row(0x0046, "AES_192_GCM_IV12_TAG16_NO_KDF", V1, 24, Identity, None),
    row(0x0078, "AES_256_GCM_IV12_TAG16_NO_KDF", V1, 32, Identity, None),
    row(0x0114, "AES_128_GCM_IV12_TAG16_HKDF_SHA256", V1, 16, Hkdf(Sha256), None),
    row(0x0146, "AES_192_GCM_IV12_TAG16_HKDF_SHA256", V1, 24, Hkdf(Sha256), None),
    row(0x0178, "AES_256_GCM_IV12_TAG16_HKDF_SHA256", V1, 32, Hkdf(Sha256), None),
    row(0x0214, "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256", V1, 16, Hkdf(Sha256), Some(EcdsaP256Sha256)),
    row(0x0346, "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", V1, 24, Hkdf(Sha384), Some(EcdsaP384Sha384)),
    row(0x0378, "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", V1, 32, Hkdf(Sha384), Some(EcdsaP384Sha384)),
    row(0x0478, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", V2, 32, HkdfWithCommitment(Sha512), None),
    row(0x0578, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", V2, 32, HkdfWithCommitment(Sha512), Some(EcdsaP384Sha384)),
];

impl AlgorithmSuite {
    /// AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384, 0x0578: committing and signed; the default.
    pub const DEFAULT: &'static AlgorithmSuite = &SUITES[10];
    /// AES_256_GCM_HKDF_SHA512_COMMIT_KEY, 0x0478: committing, not signed.
    pub const UNSIGNED: &'static AlgorithmSuite = &SUITES[9];

    /// AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384, 0x0378: signed; the default where commitment is forbidden.
    pub const DEFAULT_NOT_COMMITTING: &'static AlgorithmSuite = &SUITES[8];

    /// Every supported suite, in the order of their ids.
    pub fn all() -> &'static [AlgorithmSuite] {
        &SUITES
    }

    /// The suite with this id, when it is a supported one.
    ///
    /// Spec: data-format/message-header.md#algorithm-suite-id, client-apis/encrypt.md#algorithm-suite-1,
    /// client-apis/decrypt.md#algorithm-suite
    pub fn by_id(id: u16) -> Option<&'static AlgorithmSuite> {
        SUITES.iter().find(|suite| suite.id == id)
    }

    /// The suite with this name, written as the specification writes it.
    pub fn by_name(name: &str) -> Option<&'static AlgorithmSuite> {
        SUITES.iter().find(|suite| suite.name == name)
    }

    /// The two bytes that stand for the suite in a message header.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// The suite's name in the specification.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the message format the suite is written in.
    pub fn message_version(&self) -> MessageVersion {
        self.message_version
    }

    /// Length of the data key, and of the key derived from it, in bytes: 16, 24 or 32.
    pub fn data_key_length(&self) -> usize {
        self.data_key_length
    }

    /// How the key that seals comes from the data key.
    pub fn key_derivation(&self) -> KeyDerivation {
        self.key_derivation
    }

    /// The signature algorithm; `None` for an unsigned suite.
    pub fn signature(&self) -> Option<SignatureAlgorithm> {
        self.signature
    }

    /// Whether the message carries a commitment to its data key.
    pub fn is_committing(&self) -> bool {
        matches!(self.key_derivation, KeyDerivation::HkdfWithCommitment(_))
    }

    /// Whether the message carries a signature.
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }
}

impl fmt::Display for AlgorithmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:04x})", self.name, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_unique_and_found() {
        for suite in AlgorithmSuite::all() {
            assert_eq!(AlgorithmSuite::by_id(suite.id()), Some(suite));
            assert_eq!(AlgorithmSuite::by_name(suite.name()), Some(suite));
        }
        assert_eq!(AlgorithmSuite::by_id(0x0000), None);
        assert_eq!(AlgorithmSuite::by_name("AES_256_GCM"), None);
    }

    #[test]
    fn the_named_suites_are_the_committing_ones() {
        assert_eq!(AlgorithmSuite::DEFAULT.id(), 0x0578);
        assert_eq!(AlgorithmSuite::UNSIGNED.id(), 0x0478);
        for suite in AlgorithmSuite::all() {
            assert_eq!(suite.is_committing(), suite.message_version() == V2);
            assert_eq!(suite.is_committing(), suite.id() >= 0x0400);
            assert_eq!(suite.is_signed(), [0x0214, 0x0346, 0x0378, 0x0578].contains(&suite.id()));
        }
    }
}
