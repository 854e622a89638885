//! What is agreed before the first byte of a message is written.
//!
//! Spec: framework/structures.md#encryption-materials

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::EncryptError;
use crate::commitment::CommitmentPolicy;
use crate::context::EncryptionContext;
use crate::crypto::signature::SigningKey;
use crate::data_key::DataKey;
use crate::format::{EncryptedDataKey, FormatError};
use crate::keyring::Keyring;
use crate::suite::AlgorithmSuite;

/// Suite, context, data key, its wrapped forms and the signing key of one message. For one message only.
#[derive(Debug)]
pub struct EncryptionMaterials {
    pub(super) suite: &'static AlgorithmSuite,
    pub(super) context: EncryptionContext,
    pub(super) unstored: EncryptionContext,
    pub(super) data_key: Arc<DataKey>,
    pub(super) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(super) signing_key: Option<Arc<SigningKey>>,
    /// Greatest length of the plaintext, in bytes; `None` for no limit.
    pub(super) plaintext_bound: Option<u64>,
}

impl EncryptionMaterials {
    /// Generates a data key, and a signing key when the suite signs, and has the data key wrapped.
    ///
    /// `unstored`: pairs that are authenticated and not stored; whoever decrypts must know them.
    /// `max_encrypted_data_keys`: how many wrapped forms the message may hold; `None` for no limit.
    ///
    /// # Errors
    /// [`EncryptError`]: the policy forbids the suite, a context holds a reserved key, a key cannot wrap, or there are
    /// too many wrapped forms, or none.
    ///
    /// Spec: framework/default-cmm.md#get-encryption-materials,
    /// framework/required-encryption-context-cmm.md#get-encryption-materials, client-apis/encrypt.md#input,
    /// client-apis/encrypt.md#algorithm-suite, client-apis/encrypt.md#get-the-encryption-materials,
    /// data-format/message-header.md#encrypted-data-key-count
    pub fn obtain(
        keyring: &dyn Keyring,
        policy: CommitmentPolicy,
        suite: &'static AlgorithmSuite,
        mut context: EncryptionContext,
        unstored: EncryptionContext,
        max_encrypted_data_keys: Option<usize>,
    ) -> Result<Self, EncryptError> {
        policy.may_encrypt_with(suite)?;
        context.check_reserved()?;
        unstored.check_reserved()?;
        let signing_key = suite.signature().map(SigningKey::generate).transpose()?;
        if let Some(signing_key) = &signing_key {
            context.insert_public_key(&BASE64.encode(signing_key.public_key()?))?;
        }
        let (data_key, encrypted_data_keys) = keyring.generate(suite, &context.joined(&unstored)?)?;
        if data_key.length() != suite.data_key_length() {
            return Err(EncryptError::DataKeyLength {
                expected: suite.data_key_length(),
                found: data_key.length(),
            });
        }
        let materials = Self {
            suite,
            context,
            unstored,
            data_key: Arc::new(data_key),
            encrypted_data_keys,
            signing_key: signing_key.map(Arc::new),
            plaintext_bound: None,
        };
        materials.check_count(max_encrypted_data_keys)?;
        Ok(materials)
    }

    /// Refuses more wrapped forms than a message may hold, and none.
    pub(super) fn check_count(&self, limit: Option<usize>) -> Result<(), EncryptError> {
        let count = self.encrypted_data_keys.len();
        match limit {
            _ if count == 0 => Err(FormatError::NoEncryptedDataKey.into()),
            Some(limit) if count > limit => Err(EncryptError::TooManyEncryptedDataKeys { count, limit }),
            _ => Ok(()),
        }
    }

    /// The same materials for another message, with a plaintext of at most so many bytes. For the cache alone, which
    /// counts how often: everybody else has them for one message.
    ///
    /// Spec: client-apis/encrypt.md#plaintext-length-bound
    pub(super) fn again(&self, plaintext_bound: u64) -> Self {
        Self {
            suite: self.suite,
            context: self.context.clone(),
            unstored: self.unstored.clone(),
            data_key: Arc::clone(&self.data_key),
            encrypted_data_keys: self.encrypted_data_keys.clone(),
            signing_key: self.signing_key.clone(),
            plaintext_bound: Some(plaintext_bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::context::{ContextError, PUBLIC_KEY};
    use crate::keyring::raw_aes::RawAesKeyring;
    use crate::keyring::{NotMine, Reach, Unwrapped, WrapError};

    /// A keyring that wraps nothing.
    struct Idle;

    impl Keyring for Idle {
        fn wrap(
            &self,
            _: &'static AlgorithmSuite,
            _: &EncryptionContext,
            _: &DataKey,
        ) -> Result<Vec<EncryptedDataKey>, WrapError> {
            Ok(Vec::new())
        }

        fn unwrap(
            &self,
            _: &'static AlgorithmSuite,
            _: &EncryptionContext,
            _: &EncryptedDataKey,
        ) -> Unwrapped {
            Unwrapped::NotMine(NotMine::OtherProvider)
        }

        fn reach(&self) -> Reach {
            Reach::Local
        }

        fn name(&self) -> String {
            "idle".to_owned()
        }
    }

    fn obtain(
        keyring: &dyn Keyring,
        suite: &'static AlgorithmSuite,
        context: EncryptionContext,
        unstored: EncryptionContext,
    ) -> Result<EncryptionMaterials, EncryptError> {
        EncryptionMaterials::obtain(keyring, CommitmentPolicy::default(), suite, context, unstored, None)
    }

    #[test]
    fn a_context_read_from_a_signed_message_is_not_encrypted_with_again() {
        let keyring = RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key");
        let none = EncryptionContext::new;
        let signed = obtain(&keyring, AlgorithmSuite::DEFAULT, none(), none()).expect("materials");
        assert!(signed.context.value(PUBLIC_KEY).is_some());
        for suite in [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED] {
            for (context, unstored) in [(signed.context.clone(), none()), (none(), signed.context.clone())] {
                let error = obtain(&keyring, suite, context, unstored).expect_err("reserved");
                let reserved = ContextError::ReservedKey(PUBLIC_KEY.to_owned());
                assert!(matches!(error, EncryptError::Context(found) if found == reserved));
            }
        }
    }

    #[test]
    fn a_keyring_that_wraps_nothing_makes_no_message() {
        let none = EncryptionContext::new;
        let error = obtain(&Idle, AlgorithmSuite::UNSIGNED, none(), none()).expect_err("no key opens it");
        assert!(matches!(error, EncryptError::Format(FormatError::NoEncryptedDataKey)), "{error:?}");
    }
}
