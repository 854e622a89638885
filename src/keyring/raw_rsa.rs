//! A local RSA key pair, or one half of it.
//!
//! Its encrypted data key: the key provider id is the key namespace, the key provider information the key name and
//! nothing more, the ciphertext as long as the modulus. The encryption context is not bound to it; the message
//! header binds it.
//!
//! Spec: framework/raw-rsa-keyring.md#operation

use super::raw_aes::{RawKeyError, check_names};
use super::{
    KeyName, Keyring, NotMine, OpenedDataKey, Proof, Prospect, Reach, Refusal, Unwrapped, WrapError,
};
use crate::context::EncryptionContext;
use crate::crypto::rsa::{RsaError, RsaPadding, RsaPrivateKey, RsaPublicKey};
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::suite::AlgorithmSuite;

/// One RSA key with its namespace, name and padding: the public half wraps, the private half unwraps.
#[derive(Debug)]
pub struct RawRsaKeyring {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public_key: RsaPublicKey,
    private_key: Option<RsaPrivateKey>,
}

impl RawRsaKeyring {
    /// The keyring of this key. Namespace and name must be those the message was encrypted with, to the byte; the
    /// namespace does not begin with `aws-kms`. One half is enough: the public key wraps, and the private key, which
    /// has the public one in it, does both.
    ///
    /// # Errors
    /// [`RawKeyError`] when namespace or name cannot be used, there is no key, or two that do not belong together:
    /// what the public key wraps the private one could never unwrap.
    pub fn new(
        namespace: &str,
        name: &str,
        padding: RsaPadding,
        public_key: Option<RsaPublicKey>,
        private_key: Option<RsaPrivateKey>,
    ) -> Result<Self, RawKeyError> {
        check_names(namespace, name, usize::from(u16::MAX))?;
        let derived = private_key.as_ref().map(RsaPrivateKey::public_key);
        let public_key = match (public_key, derived) {
            (Some(given), Some(derived)) if !given.is_same_key(&derived) => {
                return Err(RawKeyError::KeysDoNotMatch);
            }
            (Some(public_key), _) | (None, Some(public_key)) => public_key,
            (None, None) => return Err(RawKeyError::NoKey),
        };
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), padding, public_key, private_key })
    }

    fn is_mine(&self, edk: &EncryptedDataKey) -> Result<(), NotMine> {
        if edk.provider_id != self.namespace.as_bytes() {
            return Err(NotMine::OtherProvider);
        }
        match edk.provider_information == self.name.as_bytes() {
            true => Ok(()),
            false => Err(NotMine::OtherKey),
        }
    }

    fn open(&self, suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Result<DataKey, Refusal> {
        let private_key = self.private_key.as_ref().ok_or(Refusal::NoPrivateKey)?;
        match private_key.unwrap(self.padding, &edk.ciphertext, suite.data_key_length()) {
            Ok(data_key) => Ok(DataKey::from_bytes(data_key)),
            Err(RsaError::DataKeyLength { expected, found }) => {
                Err(Refusal::DataKeyLength { expected, found })
            }
            Err(_) => Err(Refusal::DoesNotOpen),
        }
    }
}

impl Keyring for RawRsaKeyring {
    fn wrap(
        &self,
        _suite: &'static AlgorithmSuite,
        _context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        let ciphertext =
            self.public_key.wrap(self.padding, data_key.as_bytes()).map_err(|error| match error {
                RsaError::TooSmall { .. } => WrapError::RsaKeyTooSmall { wrapping_key: self.name() },
                RsaError::Random(error) => WrapError::Random(error),
                _ => WrapError::Cipher { wrapping_key: self.name() },
            })?;
        Ok(vec![EncryptedDataKey {
            provider_id: self.namespace.clone().into_bytes(),
            provider_information: self.name.clone().into_bytes(),
            ciphertext,
        }])
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        _context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        if let Err(not_mine) = self.is_mine(edk) {
            return Unwrapped::NotMine(not_mine);
        }
        match self.open(suite, edk) {
            Ok(data_key) => Unwrapped::Opened(OpenedDataKey {
                data_key,
                wrapping_key: self.name(),
                proof: proof_of(self.padding),
            }),
            Err(refusal) => Unwrapped::Refused(refusal),
        }
    }

    fn prospect(&self, _suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        match (self.is_mine(edk), &self.private_key) {
            (Err(not_mine), _) => Prospect::NotMine(not_mine),
            (Ok(()), None) => Prospect::Refused(Refusal::NoPrivateKey),
            (Ok(()), Some(_)) => Prospect::Here,
        }
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn key_name(&self) -> Option<KeyName> {
        let (provider_id, name) = (self.namespace.clone().into_bytes(), self.name.clone().into_bytes());
        Some(KeyName { provider_id, name, after_name: 0 })
    }

    fn name(&self) -> String {
        format!("raw-rsa {}/{}", self.namespace, self.name)
    }
}

/// What an unwrapping under this padding has shown.
fn proof_of(padding: RsaPadding) -> Proof {
    match padding {
        RsaPadding::OaepSha1 | RsaPadding::OaepSha256 | RsaPadding::OaepSha384 | RsaPadding::OaepSha512 => {
            Proof::Checked
        }
        RsaPadding::Pkcs1 => Proof::HeaderMustTell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rsa::RsaKeyError;

    const SUITE: &AlgorithmSuite = AlgorithmSuite::DEFAULT;
    const PRIVATE: &[u8] = include_bytes!("../crypto/rsa/test_keys/pkcs8.pem");
    const PUBLIC: &[u8] = include_bytes!("../crypto/rsa/test_keys/spki.pem");

    fn public_key() -> Option<RsaPublicKey> {
        Some(RsaPublicKey::from_file_bytes(PUBLIC).expect("a public key"))
    }

    fn private_key() -> Option<RsaPrivateKey> {
        let key: Result<_, RsaKeyError> = RsaPrivateKey::from_file_bytes(PRIVATE, &mut || None);
        Some(key.expect("a private key"))
    }

    fn keyring(padding: RsaPadding) -> RawRsaKeyring {
        RawRsaKeyring::new("esdk tests", "key", padding, None, private_key()).expect("a good key")
    }

    fn generate(keyring: &RawRsaKeyring) -> (DataKey, EncryptedDataKey) {
        let (data_key, mut edks) = keyring.generate(SUITE, &EncryptionContext::new()).expect("generates");
        assert_eq!(edks.len(), 1);
        (data_key, edks.remove(0))
    }

    fn unwrap(keyring: &RawRsaKeyring, edk: &EncryptedDataKey) -> Unwrapped {
        Keyring::unwrap(keyring, SUITE, &EncryptionContext::new(), edk)
    }

    #[test]
    fn what_is_generated_is_unwrapped() {
        for padding in RsaPadding::ALL {
            let public =
                RawRsaKeyring::new("esdk tests", "key", padding, public_key(), None).expect("a good key");
            for wrapping in [&public, &keyring(padding)] {
                let (data_key, edk) = generate(wrapping);
                assert_eq!(
                    (edk.provider_id.as_slice(), edk.provider_information.as_slice()),
                    (&b"esdk tests"[..], &b"key"[..])
                );
                assert_eq!(edk.ciphertext.len(), 256);
                let Unwrapped::Opened(opened) = unwrap(&keyring(padding), &edk) else { panic!("opens") };
                assert_eq!(opened.data_key.as_bytes(), data_key.as_bytes());
                assert_eq!(opened.wrapping_key, "raw-rsa esdk tests/key");
                assert_eq!(opened.proof == Proof::Checked, padding != RsaPadding::Pkcs1);
                let answer = unwrap(&public, &edk);
                assert!(matches!(answer, Unwrapped::Refused(Refusal::NoPrivateKey)), "{answer:?}");
            }
        }
    }

    #[test]
    fn other_keys_are_not_mine() {
        for padding in [RsaPadding::OaepSha256, RsaPadding::Pkcs1] {
            let mine = keyring(padding);
            let (_, edk) = generate(&mine);
            for (namespace, name) in [("esdk", "key"), ("esdk tests2", "key"), ("", "key")] {
                let other =
                    RawRsaKeyring::new(namespace, name, padding, None, private_key()).expect("a good key");
                assert!(matches!(unwrap(&other, &edk), Unwrapped::NotMine(NotMine::OtherProvider)));
            }
            for name in ["ke", "key2", "", "KEY"] {
                let other =
                    RawRsaKeyring::new("esdk tests", name, padding, None, private_key()).expect("a good key");
                assert!(matches!(unwrap(&other, &edk), Unwrapped::NotMine(NotMine::OtherKey)));
            }
        }
    }

    #[test]
    fn oaep_refuses_damage_and_other_lengths() {
        let mine = keyring(RsaPadding::OaepSha256);
        let (_, edk) = generate(&mine);
        for byte in [0, 128, 255] {
            let mut damaged = edk.clone();
            damaged.ciphertext[byte] ^= 1;
            assert!(matches!(unwrap(&mine, &damaged), Unwrapped::Refused(Refusal::DoesNotOpen)));
        }
        let empty = EncryptedDataKey { ciphertext: vec![], ..edk };
        assert!(matches!(unwrap(&mine, &empty), Unwrapped::Refused(Refusal::DoesNotOpen)));
        let shorter = AlgorithmSuite::by_id(0x0014).expect("a suite");
        let (_, edks) = mine.generate(shorter, &EncryptionContext::new()).expect("generates");
        let answer = unwrap(&mine, &edks[0]);
        assert!(
            matches!(answer, Unwrapped::Refused(Refusal::DataKeyLength { expected: 32, found: 16 })),
            "{answer:?}"
        );
    }

    #[test]
    fn pkcs1_success_and_failure_look_alike() {
        let mine = keyring(RsaPadding::Pkcs1);
        let (data_key, edk) = generate(&mine);
        let shorter = AlgorithmSuite::by_id(0x0014).expect("a suite");
        let (_, mut other_length) = mine.generate(shorter, &EncryptionContext::new()).expect("generates");
        let mut damaged = edk.clone();
        damaged.ciphertext[100] ^= 1;
        let empty = EncryptedDataKey { ciphertext: vec![], ..edk.clone() };
        for (edk, opens) in [(edk, true), (damaged, false), (empty, false), (other_length.remove(0), false)] {
            let Unwrapped::Opened(opened) = unwrap(&mine, &edk) else { panic!("always a data key") };
            assert_eq!(opened.data_key.length(), 32);
            assert_eq!(
                (opened.wrapping_key.as_str(), opened.proof),
                ("raw-rsa esdk tests/key", Proof::HeaderMustTell)
            );
            assert_eq!(opened.data_key.as_bytes() == data_key.as_bytes(), opens);
        }
    }

    #[test]
    fn keys_and_names_that_cannot_be_used_are_refused() {
        let new = |namespace: &str, name: &str, public_key, private_key| {
            RawRsaKeyring::new(namespace, name, RsaPadding::OaepSha256, public_key, private_key).err()
        };
        assert_eq!(new("n", "k", public_key(), private_key()), None);
        assert_eq!(new("n", "k", None, None), Some(RawKeyError::NoKey));
        let pair = crate::crypto::rsa::generate(2048).expect("a key pair");
        let other = RsaPublicKey::from_file_bytes(pair.public_pem.as_bytes()).expect("a public key");
        assert_eq!(new("n", "k", Some(other), private_key()), Some(RawKeyError::KeysDoNotMatch));
        assert_eq!(
            new("aws-kms", "k", public_key(), None),
            Some(RawKeyError::ReservedNamespace("aws-kms".to_owned()))
        );
        assert_eq!(new("n", &"n".repeat(65_536), public_key(), None), Some(RawKeyError::NameTooLong(65_536)));
        assert_eq!(new("n", &"n".repeat(65_535), public_key(), None), None);
    }

    #[test]
    fn a_key_too_small_for_its_padding_is_named() {
        // 2,048 bits have room for 126 bytes under SHA-512, and no suite has such a data key.
        let data_key = DataKey::from_bytes(zeroize::Zeroizing::new(vec![1; 127]));
        let error = keyring(RsaPadding::OaepSha512).wrap(SUITE, &EncryptionContext::new(), &data_key);
        assert!(
            matches!(error, Err(WrapError::RsaKeyTooSmall { wrapping_key }) if wrapping_key == "raw-rsa esdk tests/key")
        );
    }
}
