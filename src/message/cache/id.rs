//! What an entry of the cache is found by: a hash over everything that its materials depend on.
//!
//! | entry | SHA-512 over |
//! | --- | --- |
//! | to encrypt | partition hash (64), `01`, suite id (2), context hash (64) |
//! | to decrypt | partition hash (64), suite id (2), sorted hashes of the encrypted data keys (64 each), 64 zeros, context hash (64) |
//!
//! Each ends with the hash (64) of the pairs that are not stored in the message, when there are any: the specification's
//! formulas know of none, and materials made with other such pairs are other materials.
//!
//! Spec: framework/caching-cmm.md#appendix-a-cache-entry-identifier-formulas

use crate::context::{ContextError, EncryptionContext};
use crate::crypto::hash::{SHA512_LENGTH, sha512};
use crate::crypto::{self, RandomError};
use crate::format::{EncryptedDataKey, FormatError};
use crate::suite::AlgorithmSuite;

/// Identifies one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CacheId([u8; SHA512_LENGTH]);

/// The hash of what tells one cache from all others.
///
/// Spec: framework/caching-cmm.md#partition-id
#[derive(Clone, Copy, Debug)]
pub(super) struct Partition([u8; SHA512_LENGTH]);

const WITH_SUITE: u8 = 1;
const END_OF_KEYS: [u8; SHA512_LENGTH] = [0; SHA512_LENGTH];

impl Partition {
    /// A partition that no other cache has.
    pub(super) fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        crypto::random_bytes(&mut bytes)?;
        Ok(Self::named(&format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    fn named(id: &str) -> Self {
        Self(sha512(&[id.as_bytes()]))
    }

    /// Identifies materials to encrypt with. `context` is what is stored, without the public key.
    ///
    /// Spec: framework/caching-cmm.md#encryption-materials-with-algorithm-suite
    pub(super) fn encryption_id(
        &self,
        suite: &AlgorithmSuite,
        context: &EncryptionContext,
        unstored: &EncryptionContext,
    ) -> Result<CacheId, ContextError> {
        let all = context.joined(unstored)?;
        let start = [self.0.as_slice(), &[WITH_SUITE], &suite.id().to_be_bytes()].concat();
        Ok(CacheId::of(start, &all, unstored))
    }

    /// Identifies the data key of messages with these encrypted data keys. `context` is what the message stores,
    /// `reproduced` what whoever decrypts adds to it.
    ///
    /// Spec: framework/caching-cmm.md#decryption-materials
    pub(super) fn decryption_id(
        &self,
        suite: &AlgorithmSuite,
        encrypted_data_keys: &[EncryptedDataKey],
        context: &EncryptionContext,
        reproduced: &EncryptionContext,
    ) -> Result<CacheId, FormatError> {
        let mut hashes = Vec::with_capacity(encrypted_data_keys.len());
        for edk in encrypted_data_keys {
            hashes.push(sha512(&[&edk.serialized()?]));
        }
        hashes.sort_unstable();
        let start = [self.0.as_slice(), &suite.id().to_be_bytes(), &hashes.concat(), &END_OF_KEYS].concat();
        Ok(CacheId::of(start, context, reproduced))
    }
}

impl CacheId {
    fn of(start: Vec<u8>, context: &EncryptionContext, not_stored: &EncryptionContext) -> Self {
        let context = sha512(&[&context.serialized()]);
        let not_stored = match not_stored.is_empty() {
            true => Vec::new(),
            false => sha512(&[&not_stored.serialized()]).to_vec(),
        };
        Self(sha512(&[&start, &context, &not_stored]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;

    use super::*;

    /// The values with which the Python SDK tests its identifiers: they are of this partition.
    const PARTITION: &str = "c15b9079-6d0e-42b6-8784-5e804b025692";

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let mut context = EncryptionContext::new();
        for (key, value) in pairs {
            context.insert(key, value).expect("a good pair");
        }
        context
    }

    fn full() -> EncryptionContext {
        context(&[("this", "is"), ("a", "non-empty"), ("encryption", "context")])
    }

    fn edk(provider_id: &str, provider_information: &str, ciphertext: &str) -> EncryptedDataKey {
        EncryptedDataKey {
            provider_id: provider_id.into(),
            provider_information: provider_information.into(),
            ciphertext: ciphertext.into(),
        }
    }

    fn edks() -> [EncryptedDataKey; 2] {
        [
            edk("this is a provider ID", "this is some key info", "super secret key, now with encryption!"),
            edk(
                "another provider ID!",
                "this is some different key info",
                "better super secret key, now with encryption!",
            ),
        ]
    }

    fn suite(id: u16) -> &'static AlgorithmSuite {
        AlgorithmSuite::by_id(id).expect("a suite")
    }

    #[track_caller]
    fn is(id: CacheId, base64: &str) {
        assert_eq!(BASE64.encode(id.0), base64);
    }

    #[test]
    fn known_identifiers_of_materials_to_encrypt_with() {
        let none = EncryptionContext::new();
        let id = |context| Partition::named(PARTITION).encryption_id(suite(0x0378), context, &none);
        is(
            id(&none).expect("short"),
            "3icBIkLK4V3fVwbm3zSxUdUQV6ZvZYUOLl8buN36g6gDMqAkghcGryxX7QiVABkW1JhB6GRp5z+bzbiuciBcKQ==",
        );
        is(
            id(&full()).expect("short"),
            "mRNK7qhTb/kJiiyGPgAevp0gwFRcET4KeeNYwZHhoEDvSUzQiDgl8Of+YRDaVzKxAqpNBgcAuFXde9JlaRRsmw==",
        );
    }

    #[test]
    fn known_identifiers_of_data_keys_to_decrypt_with() {
        let none = EncryptionContext::new();
        let partition = Partition::named(PARTITION);
        let [first, second] = edks();
        is(
            partition
                .decryption_id(suite(0x0114), std::slice::from_ref(&first), &none, &none)
                .expect("short"),
            "n0zVzk9QIVxhz6ET+aJIKKOJNxtpGtSe1yAbu7WU5l272Iw/jmhlER4psDHJs9Mr8KYiIvLGSXzggNDCc23+9w==",
        );
        for edks in [[first.clone(), second.clone()], [second, first]] {
            is(
                partition.decryption_id(suite(0x0378), &edks, &full(), &none).expect("short"),
                "+rtwUe38CGnczGmYu12iqGWHIyDyZ44EvYQ4S6ACmsgS8VaEpiw0RTGpDk6Z/7YYN/jVHOAcNKDyCNP8EmstFg==",
            );
        }
    }

    #[test]
    fn whatever_differs_makes_another_identifier() {
        let partition = Partition::named(PARTITION);
        let [first, second] = edks();
        // The same pairs, stored and not stored in every way.
        let (a, b) = (context(&[("a", "1")]), context(&[("b", "2")]));
        let (none, both) = (EncryptionContext::new(), context(&[("a", "1"), ("b", "2")]));
        let contexts =
            [(&none, &none), (&a, &none), (&none, &a), (&both, &none), (&a, &b), (&b, &a), (&none, &both)];
        let keys = [
            vec![first.clone()],
            vec![second.clone()],
            vec![first.clone(), second],
            vec![first.clone(), first],
        ];
        let mut found = HashSet::new();
        let mut count = 0;
        for partition in [partition, Partition::named("another"), Partition::random().expect("random bytes")]
        {
            for suite in AlgorithmSuite::all() {
                for (stored, not_stored) in contexts {
                    found.insert(partition.encryption_id(suite, stored, not_stored).expect("short"));
                    count += 1;
                    for keys in &keys {
                        found
                            .insert(partition.decryption_id(suite, keys, stored, not_stored).expect("short"));
                        count += 1;
                    }
                }
            }
        }
        assert_eq!(found.len(), count);
    }
}
