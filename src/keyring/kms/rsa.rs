//! KMS RSA keys: data keys are wrapped here, with the public half, and unwrapped by KMS.
//!
//! | wrapped | bytes |
//! | --- | --- |
//! | SHA-384 of the serialised encryption context | 48 |
//! | data key | the suite's |
//!
//! Whoever has the public key can wrap any data key, so a signature would say nothing of who wrote a message: only
//! suites without one are used.
//!
//! Spec: framework/aws-kms/aws-kms-rsa-keyring.md#overview

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use zeroize::Zeroizing;

use super::client::KmsRsaAlgorithm;
use super::{KeyArn, KeyIdentifier, KmsAccess, KmsCall, KmsOperation, arn_in_message, matches_for_decrypt};
use crate::context::EncryptionContext;
use crate::crypto::{self, rsa::RsaPublicKey};
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::keyring::{
    Keyring, NotMine, OpenedDataKey, Patience, Place, Proof, Prospect, Reach, Refusal, Unwrapped, WrapError,
};
use crate::suite::AlgorithmSuite;

/// The key provider id of encrypted data keys under KMS RSA keys.
///
/// Spec: framework/aws-kms/aws-kms-rsa-keyring.md#onencrypt
pub const RSA_PROVIDER_ID: &str = "aws-kms-rsa";

/// A KMS RSA key. A multi-Region key also unwraps what was wrapped for its replicas in other Regions.
#[derive(Debug)]
pub struct KmsRsaKeyring {
    access: KmsAccess,
    key: KeyArn,
    algorithm: KmsRsaAlgorithm,
    public_key: Mutex<PublicKey>,
}

/// The public half, as far as KMS was asked for it.
#[derive(Debug)]
enum PublicKey {
    Unknown,
    Known(RsaPublicKey),
    /// It was not given, at this time: that counts for those who were waiting then.
    Refused(Instant, WrapError),
}

impl KmsRsaKeyring {
    /// A key with its public half; without one, KMS is asked for it once, when the first data key is wrapped.
    ///
    /// That `public_key` belongs to `key` is not checked: when it does not, nothing opens the message.
    ///
    /// Spec: framework/aws-kms/aws-kms-rsa-keyring.md#initialization
    pub fn new(
        access: KmsAccess,
        key: KeyArn,
        algorithm: KmsRsaAlgorithm,
        public_key: Option<RsaPublicKey>,
    ) -> Self {
        let public_key = Mutex::new(public_key.map_or(PublicKey::Unknown, PublicKey::Known));
        Self { access, key, algorithm, public_key }
    }

    fn wrapped(&self, plaintext: &[u8]) -> Result<Vec<u8>, WrapError> {
        let begun = Instant::now();
        let mut public_key = self.public_key.lock().unwrap_or_else(PoisonError::into_inner);
        match &*public_key {
            PublicKey::Known(_) => {}
            PublicKey::Refused(when, error) if *when >= begun => return Err(error.clone()),
            PublicKey::Unknown | PublicKey::Refused(..) => {
                let asked = self.asked_for();
                *public_key = match asked {
                    Ok(key) => PublicKey::Known(key),
                    Err(error) => PublicKey::Refused(Instant::now(), error),
                };
            }
        }
        match &*public_key {
            PublicKey::Known(key) => key
                .wrap(self.algorithm.padding(), plaintext)
                .map_err(|_| WrapError::Cipher { wrapping_key: self.name() }),
            PublicKey::Refused(_, error) => Err(error.clone()),
            PublicKey::Unknown => Err(WrapError::Cipher { wrapping_key: self.name() }),
        }
    }

    fn asked_for(&self) -> Result<RsaPublicKey, WrapError> {
        let operation = KmsOperation::GetPublicKey;
        let client = self.access.client(Some(self.key.region()), operation, &self.key.to_string())?;
        let der = client.public_key(&self.key, self.algorithm)?;
        RsaPublicKey::from_file_bytes(&der)
            .map_err(|error| client.bad_answer(operation, &self.key.to_string(), error.to_string()).into())
    }

    fn asked(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        patience: Patience<'_>,
    ) -> Result<OpenedDataKey, Refusal> {
        if suite.is_signed() {
            return Err(Refusal::SignedSuite(suite));
        }
        let plaintext = self
            .access
            .client(Some(self.key.region()), KmsOperation::Decrypt, &self.key.to_string())
            .and_then(|client| client.decrypt_rsa(&self.key, &edk.ciphertext, self.algorithm, patience))
            .map_err(Refusal::Kms)?;
        let digest = crypto::sha384(&context.serialized());
        let expected = suite.data_key_length();
        let Some((found, data_key)) = plaintext.split_at_checked(digest.len()) else {
            return Err(Refusal::DataKeyLength { expected, found: 0 });
        };
        if found != digest {
            return Err(Refusal::OtherContext);
        }
        if data_key.len() != expected {
            return Err(Refusal::DataKeyLength { expected, found: data_key.len() });
        }
        Ok(OpenedDataKey {
            data_key: DataKey::from_bytes(Zeroizing::new(data_key.to_vec())),
            wrapping_key: self.name(),
            proof: Proof::Checked,
        })
    }

    fn call(&self, operation: KmsOperation) -> KmsCall {
        KmsCall::of_rsa(&self.access, operation, KeyIdentifier::Arn(self.key.clone()))
    }

    fn is_mine(&self, edk: &EncryptedDataKey) -> Result<(), NotMine> {
        if edk.provider_id != RSA_PROVIDER_ID.as_bytes() {
            return Err(NotMine::OtherProvider);
        }
        match matches_for_decrypt(&self.key, &arn_in_message(edk)?) {
            true => Ok(()),
            false => Err(NotMine::OtherKey),
        }
    }
}

impl Keyring for KmsRsaKeyring {
    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        if suite.is_signed() {
            return Err(WrapError::SignedSuite { wrapping_key: self.name(), suite });
        }
        let digest = crypto::sha384(&context.serialized());
        let mut plaintext = Zeroizing::new(Vec::with_capacity(digest.len() + data_key.length()));
        plaintext.extend_from_slice(&digest);
        plaintext.extend_from_slice(data_key.as_bytes());
        Ok(vec![EncryptedDataKey {
            provider_id: RSA_PROVIDER_ID.as_bytes().to_vec(),
            provider_information: self.key.to_string().into_bytes(),
            ciphertext: self.wrapped(&plaintext)?,
        }])
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        self.unwrap_within(suite, context, edk, Patience::whole())
    }

    fn unwrap_within(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        patience: Patience<'_>,
    ) -> Unwrapped {
        match self.is_mine(edk) {
            Ok(()) => match self.asked(suite, context, edk, patience) {
                Ok(opened) => Unwrapped::Opened(opened),
                Err(refusal) => Unwrapped::Refused(refusal),
            },
            Err(not_mine) => Unwrapped::NotMine(not_mine),
        }
    }

    /// None with the public key at hand.
    fn calls_to_wrap(&self) -> Vec<KmsCall> {
        let public_key = self.public_key.lock().unwrap_or_else(PoisonError::into_inner);
        match matches!(*public_key, PublicKey::Known(_)) {
            true => Vec::new(),
            false => vec![self.call(KmsOperation::GetPublicKey)],
        }
    }

    fn prospect(&self, suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        match self.is_mine(edk) {
            Ok(()) if suite.is_signed() => Prospect::Refused(Refusal::SignedSuite(suite)),
            Ok(()) => Prospect::Calls(vec![self.call(KmsOperation::Decrypt)]),
            Err(not_mine) => Prospect::NotMine(not_mine),
        }
    }

    fn reach(&self) -> Reach {
        Reach::Remote
    }

    fn place(&self, edk: &EncryptedDataKey) -> Option<Place> {
        self.is_mine(edk).is_ok().then(|| self.access.place(self.key.region()))
    }

    fn kms_key(&self) -> Option<KeyIdentifier> {
        Some(KeyIdentifier::Arn(self.key.clone()))
    }

    fn name(&self) -> String {
        format!("{RSA_PROVIDER_ID} {}", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rsa::{self, RsaPrivateKey};
    use crate::keyring::kms::{KmsClients, KmsLimits, KmsSettings};
    use std::sync::Arc;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    /// A keyring that has its public half, and the private one that KMS would have.
    fn keyring(algorithm: KmsRsaAlgorithm) -> (KmsRsaKeyring, RsaPrivateKey) {
        let pair = rsa::generate(2048).expect("a key pair");
        let private = RsaPrivateKey::from_file_bytes(pair.private_pem.as_bytes(), &mut || None)
            .expect("its private half");
        let public = RsaPublicKey::from_file_bytes(pair.public_pem.as_bytes()).expect("its public half");
        let clients = Arc::new(KmsClients::new(KmsLimits::default()));
        let access = KmsAccess::new(clients, KmsSettings::default());
        (KmsRsaKeyring::new(access, KEY.parse().expect("an ARN"), algorithm, Some(public)), private)
    }

    #[test]
    fn the_digest_of_the_context_stands_before_the_data_key() {
        for algorithm in KmsRsaAlgorithm::ALL {
            let (keyring, private) = keyring(algorithm);
            let mut context = EncryptionContext::new();
            context.insert("table", "orders").expect("a pair");
            for context in [EncryptionContext::new(), context] {
                let (data_key, edks) =
                    keyring.generate(AlgorithmSuite::UNSIGNED, &context).expect("wraps without a call");
                assert_eq!(edks[0].provider_id, b"aws-kms-rsa");
                assert_eq!(edks[0].provider_information, KEY.as_bytes());
                let plaintext = private
                    .unwrap(algorithm.padding(), &edks[0].ciphertext, 48 + data_key.length())
                    .expect("KMS would open it");
                assert_eq!(plaintext[..48], crypto::sha384(&context.serialized()));
                assert_eq!(&plaintext[48..], data_key.as_bytes());
            }
            assert_eq!(keyring.access.clients.calls(), 0);
        }
    }

    #[test]
    fn signed_suites_are_refused_both_ways_without_a_call() {
        let (keyring, _) = keyring(KmsRsaAlgorithm::OaepSha256);
        let context = EncryptionContext::new();
        let signed = AlgorithmSuite::DEFAULT;
        assert!(matches!(keyring.generate(signed, &context), Err(WrapError::SignedSuite { .. })));
        let edk = EncryptedDataKey {
            provider_id: RSA_PROVIDER_ID.into(),
            provider_information: KEY.into(),
            ciphertext: vec![1],
        };
        assert!(matches!(
            keyring.unwrap(signed, &context, &edk),
            Unwrapped::Refused(Refusal::SignedSuite(_))
        ));
        assert_eq!(keyring.access.clients.calls(), 0);
    }

    #[test]
    fn asks_for_nothing_that_is_not_its_own() {
        let (keyring, _) = keyring(KmsRsaAlgorithm::OaepSha256);
        let other = KEY.replace("1234", "1235");
        for (provider, information, expected) in [
            ("aws-kms", KEY, NotMine::OtherProvider),
            ("aws-kms-rsa", &other, NotMine::OtherKey),
            ("aws-kms-rsa", "1234", NotMine::Malformed("")),
        ] {
            let edk = EncryptedDataKey {
                provider_id: provider.into(),
                provider_information: information.into(),
                ciphertext: vec![1],
            };
            match keyring.unwrap(AlgorithmSuite::UNSIGNED, &EncryptionContext::new(), &edk) {
                Unwrapped::NotMine(NotMine::Malformed(_)) => {
                    assert!(matches!(expected, NotMine::Malformed(_)));
                }
                Unwrapped::NotMine(found) => assert_eq!(found, expected),
                other => panic!("asked: {other:?}"),
            }
        }
        assert_eq!(keyring.access.clients.calls(), 0);
    }
}
