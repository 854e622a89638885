//! AWS KMS keys: one named key, or whatever key a message names (discovery).
//!
//! | file | |
//! | --- | --- |
//! | `arn.rs` | key ARNs and the other names of keys |
//! | `discovery.rs` | unwrapping under whatever key a message names |
//! | `rsa.rs` | RSA keys: wrapping here, unwrapping there |
//! | `clients.rs`, `client.rs` | which clients there are; the four calls |
//! | `settings.rs` | as whom, where, how long, how often |
//! | `config.rs`, `profiles.rs`, `tls.rs` | what environment and files add to that |
//! | `credentials.rs` | whether there are any, found out once |
//! | `pace.rs`, `runtime.rs` | when calls begin; the thread that drives them |
//! | `forecast.rs` | which calls would be made |
//! | `client_error.rs`, `failure.rs`, `classify.rs` | what can go wrong, and how the SDK says it |
//!
//! Spec: framework/aws-kms/aws-kms-mrk-keyring.md#interface

mod arn;
mod classify;
mod client;
mod client_error;
mod clients;
mod config;
mod credentials;
mod discovery;
mod failure;
mod forecast;
mod pace;
mod profiles;
mod rsa;
mod runtime;
mod settings;
mod tls;

use std::str;

pub use arn::{ArnError, ArnFault, KeyArn, KeyIdentifier, matches_for_decrypt};
pub use client::{Encrypted, Generated, KmsClient, KmsRsaAlgorithm};
pub use client_error::ClientError;
pub use clients::{CallingProgram, KmsClients, NeededRegion};
pub use discovery::{DiscoveryFilter, DiscoveryKeyring};
pub use failure::{KmsFailure, KmsFailureKind, KmsOperation};
pub use forecast::KmsCall;
pub use profiles::ProfileRole;
pub use rsa::{KmsRsaKeyring, RSA_PROVIDER_ID};
pub use settings::{KmsAccess, KmsLimits, KmsRole, KmsSettings};

use super::{
    KeyName, Keyring, NotMine, OpenedDataKey, Patience, Place, Proof, Prospect, Reach, Refusal, Unwrapped,
    WrapError,
};
use crate::context::EncryptionContext;
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::suite::AlgorithmSuite;

/// The key provider id of encrypted data keys under KMS keys.
///
/// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#onencrypt
pub const PROVIDER_ID: &str = "aws-kms";

/// One KMS key. A multi-Region key also unwraps what its replicas in other Regions wrapped.
///
/// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#interface
#[derive(Debug)]
pub struct KmsKeyring {
    access: KmsAccess,
    key: KeyIdentifier,
}

impl KmsKeyring {
    /// A key to wrap with, by any of its names. Unless it is a key ARN it unwraps nothing.
    ///
    /// Spec: framework/aws-kms/aws-kms-mrk-keyring.md#initialization
    pub fn new(access: KmsAccess, key: KeyIdentifier) -> Self {
        Self { access, key }
    }

    /// A key to unwrap with, and to wrap with as well.
    ///
    /// # Errors
    /// [`ArnError`] when it is not named by its key ARN: nothing else can be compared with what stands in a message.
    pub fn to_unwrap(access: KmsAccess, key: KeyIdentifier) -> Result<Self, ArnError> {
        let fault = match &key {
            KeyIdentifier::Arn(arn) if arn.is_key() => return Ok(Self::new(access, key)),
            KeyIdentifier::Arn(_) => ArnFault::Alias,
            KeyIdentifier::KeyId(_) | KeyIdentifier::AliasName(_) => ArnFault::NotKeyArn,
        };
        Err(ArnError { text: key.to_string(), fault })
    }

    /// The key as it was named.
    pub fn key(&self) -> &KeyIdentifier {
        &self.key
    }

    /// The key as it is configured, when it may decrypt what a message names.
    fn asked_for(&self, found: &KeyArn) -> Option<&KeyArn> {
        self.key.arn().filter(|configured| matches_for_decrypt(configured, found))
    }

    fn client(&self, operation: KmsOperation) -> Result<KmsClient, KmsFailure> {
        self.access.client(self.key.region(), operation, &self.key.to_string())
    }

    /// The encrypted data key of an answer, which must be of the key that was named as far as the name tells.
    fn answered(
        &self,
        client: &KmsClient,
        operation: KmsOperation,
        ciphertext: Vec<u8>,
        key_arn: &KeyArn,
    ) -> Result<EncryptedDataKey, KmsFailure> {
        let as_named = match &self.key {
            KeyIdentifier::Arn(arn) if arn.is_key() => arn == key_arn,
            KeyIdentifier::KeyId(id) => id == key_arn.resource_id(),
            KeyIdentifier::Arn(_) | KeyIdentifier::AliasName(_) => true,
        };
        if !as_named {
            let message = format!("it is of another key, {key_arn}");
            return Err(client.bad_answer(operation, &self.key.to_string(), message));
        }
        Ok(EncryptedDataKey {
            provider_id: PROVIDER_ID.as_bytes().to_vec(),
            provider_information: key_arn.to_string().into_bytes(),
            ciphertext,
        })
    }
}

impl Keyring for KmsKeyring {
    fn generate(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<(DataKey, Vec<EncryptedDataKey>), WrapError> {
        let operation = KmsOperation::GenerateDataKey;
        let client = self.client(operation)?;
        let answer = client.generate_data_key(&self.key.to_string(), suite.data_key_length(), context)?;
        let edk = self.answered(&client, operation, answer.ciphertext, &answer.key_arn)?;
        Ok((DataKey::from_bytes(answer.plaintext), vec![edk]))
    }

    fn wrap(
        &self,
        _suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        let operation = KmsOperation::Encrypt;
        let client = self.client(operation)?;
        let answer = client.encrypt(&self.key.to_string(), data_key.as_bytes(), context)?;
        Ok(vec![self.answered(&client, operation, answer.ciphertext, &answer.key_arn)?])
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
        let found = match named_key(edk) {
            Ok(found) => found,
            Err(not_mine) => return Unwrapped::NotMine(not_mine),
        };
        match self.asked_for(&found) {
            Some(configured) => match unwrapped_with(&self.access, configured, suite, context, edk, patience)
            {
                Ok(opened) => Unwrapped::Opened(opened),
                Err(refusal) => Unwrapped::Refused(refusal),
            },
            None => Unwrapped::NotMine(NotMine::OtherKey),
        }
    }

    fn calls_to_generate(&self) -> Vec<KmsCall> {
        vec![KmsCall::of(&self.access, KmsOperation::GenerateDataKey, self.key.clone())]
    }

    fn calls_to_wrap(&self) -> Vec<KmsCall> {
        vec![KmsCall::of(&self.access, KmsOperation::Encrypt, self.key.clone())]
    }

    fn prospect(&self, _suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        match named_key(edk).and_then(|found| self.asked_for(&found).ok_or(NotMine::OtherKey)) {
            Ok(configured) => {
                let key = KeyIdentifier::Arn(configured.clone());
                Prospect::Calls(vec![KmsCall::of(&self.access, KmsOperation::Decrypt, key)])
            }
            Err(not_mine) => Prospect::NotMine(not_mine),
        }
    }

    fn reach(&self) -> Reach {
        Reach::Remote
    }

    /// That of the key as it is configured: it is asked, whichever of its replicas the message names.
    fn place(&self, edk: &EncryptedDataKey) -> Option<Place> {
        let configured = self.asked_for(&named_key(edk).ok()?)?;
        Some(self.access.place(configured.region()))
    }

    fn key_name(&self) -> Option<KeyName> {
        let arn = self.key.arn().filter(|arn| arn.is_key())?;
        let (provider_id, name) = (PROVIDER_ID.as_bytes().to_vec(), arn.to_string().into_bytes());
        Some(KeyName { provider_id, name, after_name: 0 })
    }

    fn kms_key(&self) -> Option<KeyIdentifier> {
        Some(self.key.clone())
    }

    fn name(&self) -> String {
        format!("{PROVIDER_ID} {}", self.key)
    }
}

/// The key that an encrypted data key names, when it is a KMS key's.
fn named_key(edk: &EncryptedDataKey) -> Result<KeyArn, NotMine> {
    if edk.provider_id != PROVIDER_ID.as_bytes() {
        return Err(NotMine::OtherProvider);
    }
    arn_in_message(edk)
}

/// The key ARN that an encrypted data key of KMS holds.
fn arn_in_message(edk: &EncryptedDataKey) -> Result<KeyArn, NotMine> {
    let text = str::from_utf8(&edk.provider_information)
        .map_err(|_| NotMine::Malformed("its key provider information is not UTF-8"))?;
    match text.parse::<KeyArn>() {
        Ok(arn) if arn.is_key() => Ok(arn),
        Ok(_) => Err(NotMine::Malformed(ArnFault::Alias.in_message())),
        Err(error) => Err(NotMine::Malformed(error.fault.in_message())),
    }
}

/// Asks the Region of `key` to unwrap with exactly that key.
fn unwrapped_with(
    access: &KmsAccess,
    key: &KeyArn,
    suite: &'static AlgorithmSuite,
    context: &EncryptionContext,
    edk: &EncryptedDataKey,
    patience: Patience<'_>,
) -> Result<OpenedDataKey, Refusal> {
    let plaintext = access
        .client(Some(key.region()), KmsOperation::Decrypt, &key.to_string())
        .and_then(|client| client.decrypt(key, &edk.ciphertext, context, patience))
        .map_err(Refusal::Kms)?;
    if plaintext.len() != suite.data_key_length() {
        return Err(Refusal::DataKeyLength { expected: suite.data_key_length(), found: plaintext.len() });
    }
    Ok(OpenedDataKey {
        data_key: DataKey::from_bytes(plaintext),
        wrapping_key: format!("{PROVIDER_ID} {key}"),
        proof: Proof::Checked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234";

    fn access() -> KmsAccess {
        KmsAccess::new(Arc::new(KmsClients::new(KmsLimits::default())), KmsSettings::default())
    }

    fn keyring(key: &str) -> KmsKeyring {
        KmsKeyring::new(access(), key.parse().expect("a good name"))
    }

    fn edk(provider_id: &str, provider_information: &[u8]) -> EncryptedDataKey {
        EncryptedDataKey {
            provider_id: provider_id.as_bytes().to_vec(),
            provider_information: provider_information.to_vec(),
            ciphertext: vec![1],
        }
    }

    fn not_mine(keyring: &KmsKeyring, edk: &EncryptedDataKey) -> NotMine {
        match keyring.unwrap(AlgorithmSuite::DEFAULT, &EncryptionContext::new(), edk) {
            Unwrapped::NotMine(not_mine) => not_mine,
            other => panic!("asked for it: {other:?}"),
        }
    }

    #[test]
    fn asks_for_nothing_that_is_not_its_own() {
        let keyring = keyring(KEY);
        assert_eq!(not_mine(&keyring, &edk("raw", KEY.as_bytes())), NotMine::OtherProvider);
        assert_eq!(not_mine(&keyring, &edk("aws-kms2", KEY.as_bytes())), NotMine::OtherProvider);
        for information in [
            &b"\xFF"[..],
            b"",
            b"alias/a",
            b"arn:aws:kms:eu-west-1:111122223333:alias/mrk-1234",
            b"arn:aws:kms:eu-west-1:111122223333",
        ] {
            assert!(matches!(not_mine(&keyring, &edk(PROVIDER_ID, information)), NotMine::Malformed(_)));
        }
        for other in [
            "arn:aws:kms:eu-west-1:111122223333:key/mrk-12345",
            "arn:aws:kms:eu-west-1:111122223334:key/mrk-1234",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234",
        ] {
            assert_eq!(not_mine(&keyring, &edk(PROVIDER_ID, other.as_bytes())), NotMine::OtherKey);
        }
        assert_eq!(keyring.access.clients.calls(), 0);
    }

    #[test]
    fn only_a_key_arn_unwraps() {
        for (key, fault) in [
            ("alias/a", ArnFault::NotKeyArn),
            ("1234abcd", ArnFault::NotKeyArn),
            ("arn:aws:kms:eu-west-1:111122223333:alias/a", ArnFault::Alias),
        ] {
            let identifier: KeyIdentifier = key.parse().expect("a good name");
            let error = KmsKeyring::to_unwrap(access(), identifier).err();
            assert_eq!(error.map(|error| error.fault), Some(fault), "{key}");
            assert_eq!(not_mine(&keyring(key), &edk(PROVIDER_ID, KEY.as_bytes())), NotMine::OtherKey);
        }
        let identifier: KeyIdentifier = KEY.parse().expect("a good name");
        let keyring = KmsKeyring::to_unwrap(access(), identifier).expect("a key ARN");
        assert_eq!(keyring.name(), format!("aws-kms {KEY}"));
    }
}
