//! A local AES key: 16, 24 or 32 bytes, AES-GCM.
//!
//! Its encrypted data key:
//!
//! | field | bytes | |
//! | --- | --- | --- |
//! | key provider id | n | the key namespace |
//! | key provider information | n | the key name |
//! | | 4 | tag length in bits, 128 |
//! | | 4 | IV length in bytes, 12 |
//! | | 12 | IV |
//! | ciphertext | 16, 24, 32 | the data key, encrypted |
//! | | 16 | tag |
//!
//! Authenticated beside the data key: the serialised encryption context.
//!
//! Spec: framework/raw-aes-keyring.md#operation

use std::fmt;

use zeroize::Zeroizing;

use super::{
    KeyName, Keyring, NotMine, OpenedDataKey, Proof, Prospect, Reach, Refusal, Unwrapped, WrapError,
};
use crate::context::EncryptionContext;
use crate::crypto::aead::{AeadKey, AeadKeyError};
use crate::crypto::random_bytes;
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::suite::{AlgorithmSuite, IV_LENGTH, TAG_LENGTH};

/// Key namespaces that begin with this are those of KMS keys.
///
/// Spec: framework/keyring-interface.md#key-provider-id
const KMS_NAMESPACE: &str = "aws-kms";
const TAG_BITS: [u8; 4] = (TAG_LENGTH as u32 * 8).to_be_bytes();
const IV_BYTES: [u8; 4] = (IV_LENGTH as u32).to_be_bytes();
/// Bytes of the key provider information that follow the key name.
const AFTER_NAME: usize = TAG_BITS.len() + IV_BYTES.len() + IV_LENGTH;

/// One local AES key with its namespace and name. Wiped on drop.
pub struct RawAesKeyring {
    namespace: String,
    name: String,
    key: AeadKey,
}

/// A raw key, AES or RSA, that cannot be a wrapping key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawKeyError {
    /// The namespace begins with `aws-kms`, which is kept for KMS keys.
    ReservedNamespace(String),
    /// The namespace is this many bytes long, and the greatest length is 65,535.
    NamespaceTooLong(usize),
    /// The name is this many bytes long, and the greatest length is 65,535, for AES keys 65,515.
    NameTooLong(usize),
    /// The AES key is this many bytes long, and not 16, 24 or 32.
    KeyLength(usize),
    /// Neither a public nor a private RSA key was given.
    NoKey,
    /// The public and the private RSA key do not belong together.
    KeysDoNotMatch,
}

impl RawAesKeyring {
    /// The keyring of this key: 16, 24 or 32 bytes. Namespace and name must be those the message was encrypted
    /// with, to the byte; the namespace does not begin with `aws-kms`.
    ///
    /// # Errors
    /// [`RawKeyError`] when namespace, name or key cannot be used.
    pub fn new(namespace: &str, name: &str, key: Zeroizing<Vec<u8>>) -> Result<Self, RawKeyError> {
        check_names(namespace, name, usize::from(u16::MAX) - AFTER_NAME)?;
        let key = AeadKey::new(&key).map_err(|AeadKeyError { length }| RawKeyError::KeyLength(length))?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), key })
    }

    /// The IV of an encrypted data key, when it is one of this key.
    fn iv(&self, edk: &EncryptedDataKey) -> Result<[u8; IV_LENGTH], NotMine> {
        if edk.provider_id != self.namespace.as_bytes() {
            return Err(NotMine::OtherProvider);
        }
        // All bytes after the name count, so that a name which another begins with does not match it.
        let after_name =
            edk.provider_information.strip_prefix(self.name.as_bytes()).ok_or(NotMine::OtherKey)?;
        let after_name: &[u8; AFTER_NAME] = after_name.try_into().map_err(|_| NotMine::OtherKey)?;
        after_name
            .strip_prefix(&TAG_BITS)
            .and_then(|rest| rest.strip_prefix(&IV_BYTES))
            .and_then(|iv| iv.try_into().ok())
            .ok_or(NotMine::Malformed("its tag or IV length is not what raw AES keys use"))
    }

    fn open(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        iv: [u8; IV_LENGTH],
    ) -> Result<DataKey, Refusal> {
        let mut buffer = Zeroizing::new(edk.ciphertext.clone());
        let data_key =
            self.key.open(&iv, &context.serialized(), &mut buffer).map_err(|_| Refusal::NotAuthentic)?;
        let (expected, found) = (suite.data_key_length(), data_key.len());
        if found != expected {
            return Err(Refusal::DataKeyLength { expected, found });
        }
        Ok(DataKey::from_bytes(Zeroizing::new(data_key.to_vec())))
    }
}

impl Keyring for RawAesKeyring {
    fn wrap(
        &self,
        _suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        let mut iv = [0; IV_LENGTH];
        random_bytes(&mut iv)?;
        let mut encrypted = Zeroizing::new(data_key.as_bytes().to_vec());
        let tag = self
            .key
            .seal(&iv, &context.serialized(), &mut encrypted)
            .map_err(|_| WrapError::Cipher { wrapping_key: self.name() })?;
        Ok(vec![EncryptedDataKey {
            provider_id: self.namespace.clone().into_bytes(),
            provider_information: [self.name.as_bytes(), &TAG_BITS, &IV_BYTES, &iv].concat(),
            ciphertext: [encrypted.as_slice(), &tag].concat(),
        }])
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        match self.iv(edk).map(|iv| self.open(suite, context, edk, iv)) {
            Ok(Ok(data_key)) => Unwrapped::Opened(OpenedDataKey {
                data_key,
                wrapping_key: self.name(),
                proof: Proof::Checked,
            }),
            Ok(Err(refusal)) => Unwrapped::Refused(refusal),
            Err(not_mine) => Unwrapped::NotMine(not_mine),
        }
    }

    fn prospect(&self, _suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        self.iv(edk).map_or_else(Prospect::NotMine, |_| Prospect::Here)
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn key_name(&self) -> Option<KeyName> {
        let (provider_id, name) = (self.namespace.clone().into_bytes(), self.name.clone().into_bytes());
        Some(KeyName { provider_id, name, after_name: AFTER_NAME })
    }

    fn name(&self) -> String {
        format!("raw-aes {}/{}", self.namespace, self.name)
    }
}

/// Checks a raw key's namespace, and its name, which is at most `greatest_name` bytes long.
pub(super) fn check_names(namespace: &str, name: &str, greatest_name: usize) -> Result<(), RawKeyError> {
    if namespace.starts_with(KMS_NAMESPACE) {
        return Err(RawKeyError::ReservedNamespace(namespace.to_owned()));
    }
    if namespace.len() > usize::from(u16::MAX) {
        return Err(RawKeyError::NamespaceTooLong(namespace.len()));
    }
    if name.len() > greatest_name {
        return Err(RawKeyError::NameTooLong(name.len()));
    }
    Ok(())
}

impl fmt::Debug for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAesKeyring({:?}, {:?})", self.namespace, self.name)
    }
}

impl fmt::Display for RawKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedNamespace(namespace) => {
                write!(
                    f,
                    "key namespace {namespace:?} begins with {KMS_NAMESPACE:?}, which is kept for KMS keys"
                )
            }
            Self::NamespaceTooLong(length) => {
                write!(f, "the key namespace is {length} bytes long, which is too long")
            }
            Self::NameTooLong(length) => {
                write!(f, "the key name is {length} bytes long, which is too long")
            }
            Self::KeyLength(length) => AeadKeyError { length: *length }.fmt(f),
            Self::NoKey => f.write_str("neither a public nor a private RSA key was given"),
            Self::KeysDoNotMatch => f.write_str("the public and the private RSA key do not belong together"),
        }
    }
}

impl std::error::Error for RawKeyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex;

    const SUITE: &AlgorithmSuite = AlgorithmSuite::DEFAULT;

    fn keyring(name: &str, key: &[u8]) -> RawAesKeyring {
        RawAesKeyring::new("esdk tests", name, Zeroizing::new(key.to_vec())).expect("a good key")
    }

    fn context(value: &str) -> EncryptionContext {
        let mut context = EncryptionContext::new();
        context.insert("purpose", value).expect("a good pair");
        context
    }

    fn not_mine(keyring: &RawAesKeyring, edk: &EncryptedDataKey) -> NotMine {
        match keyring.unwrap(SUITE, &context("a"), edk) {
            Unwrapped::NotMine(not_mine) => not_mine,
            other => panic!("{other:?}"),
        }
    }

    fn does_not_open(keyring: &RawAesKeyring, context: &EncryptionContext, edk: &EncryptedDataKey) {
        let answer = keyring.unwrap(SUITE, context, edk);
        assert!(matches!(answer, Unwrapped::Refused(Refusal::NotAuthentic)), "{answer:?}");
    }

    #[test]
    fn what_is_generated_is_unwrapped() {
        for key_length in [16, 24, 32] {
            for suite in AlgorithmSuite::all() {
                let keyring = keyring("key", &vec![3; key_length]);
                for context in [EncryptionContext::new(), context("a")] {
                    let (data_key, edks) = keyring.generate(suite, &context).expect("generates");
                    let [edk] = edks.as_slice() else { panic!("one encrypted data key") };
                    assert_eq!(edk.provider_id, b"esdk tests");
                    assert_eq!(edk.provider_information.len(), 3 + 20);
                    assert_eq!(edk.provider_information[..11], *b"key\x00\x00\x00\x80\x00\x00\x00\x0c");
                    assert_eq!(edk.ciphertext.len(), suite.data_key_length() + 16);
                    let Unwrapped::Opened(opened) = keyring.unwrap(suite, &context, edk) else {
                        panic!("opens")
                    };
                    assert_eq!(opened.data_key.as_bytes(), data_key.as_bytes());
                    assert_eq!(
                        (opened.wrapping_key.as_str(), opened.proof),
                        ("raw-aes esdk tests/key", Proof::Checked)
                    );
                }
            }
        }
    }

    #[test]
    fn what_another_implementation_wrapped_is_unwrapped() {
        // Python's `cryptography`: AESGCM of the key 00 … 1f, IV 40 … 4b, over the data key 80 … 9f and the
        // serialised context of one pair.
        let edk = EncryptedDataKey {
            provider_id: b"esdk tests".to_vec(),
            provider_information: [&b"key\x00\x00\x00\x80\x00\x00\x00\x0c"[..], b"@ABCDEFGHIJK"].concat(),
            ciphertext: hex::bytes(
                "62382ca0a2b90184454d9dbd17e99dd4e957c0cf23a099b4efded47e0b8e734461c38a35f7c89aec668b1c7ea948577f",
            ),
        };
        let keyring = keyring("key", &(0..32).collect::<Vec<u8>>());
        let Unwrapped::Opened(opened) = keyring.unwrap(SUITE, &context("a"), &edk) else { panic!("opens") };
        assert_eq!(opened.data_key.as_bytes(), (0x80..0xa0).collect::<Vec<u8>>());
    }

    #[test]
    fn ivs_are_never_the_same() {
        let keyring = keyring("key", &[3; 32]);
        let data_key = DataKey::from_bytes(Zeroizing::new(vec![1; 32]));
        let wrap = || keyring.wrap(SUITE, &context("a"), &data_key).expect("wraps");
        let (one, other) = (wrap(), wrap());
        assert_ne!(one[0].provider_information, other[0].provider_information);
        assert_ne!(one[0].ciphertext, other[0].ciphertext);
    }

    #[test]
    fn other_keys_are_not_mine() {
        let mine = keyring("key", &[3; 32]);
        let (_, edks) = mine.generate(SUITE, &context("a")).expect("generates");
        for name in ["ke", "", "key2", "Key", "key\0\0\0"] {
            assert_eq!(not_mine(&keyring(name, &[3; 32]), &edks[0]), NotMine::OtherKey, "{name}");
        }
        for namespace in ["esdk test", "", "esdk tests2"] {
            let other =
                RawAesKeyring::new(namespace, "key", Zeroizing::new(vec![3; 32])).expect("a good key");
            assert_eq!(not_mine(&other, &edks[0]), NotMine::OtherProvider);
        }
        for length in 0..edks[0].provider_information.len() {
            let mut cut = edks[0].clone();
            cut.provider_information.truncate(length);
            assert_eq!(not_mine(&mine, &cut), NotMine::OtherKey);
        }
        let mut longer = edks[0].clone();
        longer.provider_information.push(0);
        assert_eq!(not_mine(&mine, &longer), NotMine::OtherKey);
        let mut empty = edks[0].clone();
        empty.provider_id.clear();
        assert_eq!(not_mine(&mine, &empty), NotMine::OtherProvider);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let mine = keyring("key", &[3; 32]);
        let (_, edks) = mine.generate(SUITE, &context("a")).expect("generates");
        for bit in 0..edks[0].provider_information.len() * 8 {
            let mut flipped = edks[0].clone();
            flipped.provider_information[bit / 8] ^= 1 << (bit % 8);
            match bit / 8 {
                0..3 => assert_eq!(not_mine(&mine, &flipped), NotMine::OtherKey),
                3..11 => assert!(matches!(not_mine(&mine, &flipped), NotMine::Malformed(_))),
                _ => does_not_open(&mine, &context("a"), &flipped),
            }
        }
        for bit in 0..edks[0].ciphertext.len() * 8 {
            let mut flipped = edks[0].clone();
            flipped.ciphertext[bit / 8] ^= 1 << (bit % 8);
            does_not_open(&mine, &context("a"), &flipped);
        }
        for length in 0..edks[0].ciphertext.len() {
            let mut cut = edks[0].clone();
            cut.ciphertext.truncate(length);
            does_not_open(&mine, &context("a"), &cut);
        }
        does_not_open(&mine, &context("b"), &edks[0]);
        does_not_open(&mine, &EncryptionContext::new(), &edks[0]);
        does_not_open(&keyring("key", &[4; 32]), &context("a"), &edks[0]);
        does_not_open(&keyring("key", &[3; 16]), &context("a"), &edks[0]);
    }

    #[test]
    fn a_data_key_of_another_length_is_refused() {
        let mine = keyring("key", &[3; 32]);
        let shorter = AlgorithmSuite::by_id(0x0114).expect("a suite");
        let (_, edks) = mine.generate(shorter, &context("a")).expect("generates");
        let answer = mine.unwrap(SUITE, &context("a"), &edks[0]);
        assert!(
            matches!(answer, Unwrapped::Refused(Refusal::DataKeyLength { expected: 32, found: 16 })),
            "{answer:?}"
        );
    }

    #[test]
    fn bad_names_and_keys_are_refused() {
        let new = |namespace: &str, name: &str, length: usize| {
            RawAesKeyring::new(namespace, name, Zeroizing::new(vec![0; length])).err()
        };
        for namespace in ["aws-kms", "aws-kms-mrk"] {
            assert_eq!(new(namespace, "key", 32), Some(RawKeyError::ReservedNamespace(namespace.to_owned())));
        }
        assert_eq!(new("aws", "key", 32), None);
        assert_eq!(new("n", "key", 31), Some(RawKeyError::KeyLength(31)));
        assert_eq!(new("n", "key", 0), Some(RawKeyError::KeyLength(0)));
        assert_eq!(new(&"n".repeat(65_536), "key", 32), Some(RawKeyError::NamespaceTooLong(65_536)));
        assert_eq!(new("n", &"n".repeat(65_516), 32), Some(RawKeyError::NameTooLong(65_516)));
        let longest =
            RawAesKeyring::new(&"n".repeat(65_535), &"n".repeat(65_515), Zeroizing::new(vec![0; 32]));
        let (_, edks) = longest.expect("just fits").generate(SUITE, &context("a")).expect("generates");
        assert_eq!(edks[0].provider_information.len(), 65_535);
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(format!("{:?}", keyring("key", &[3; 32])), r#"RawAesKeyring("esdk tests", "key")"#);
    }
}
