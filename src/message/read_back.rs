//! Reading back what was just written, with the data key that is still there: no wrapping key is asked.

use std::io::Read;

use zeroize::Zeroizing;

use super::DecryptError;
use super::body::{Decrypted, Message};
use super::decrypt::{DecryptRequirements, UnverifiedMessage};
use super::materials::EncryptionMaterials;
use crate::commitment::CommitmentPolicy;
use crate::context::{EncryptionContext, RequiredContext};
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::keyring::{Keyring, NotMine, OpenedDataKey, Proof, Reach, Unwrapped, WrapError};
use crate::suite::AlgorithmSuite;

/// Opens the one message that was made of these materials.
pub struct ReadBack {
    data_key: DataKey,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    unstored: EncryptionContext,
}

impl EncryptionMaterials {
    /// What opens the message again that is going to be made of them.
    pub fn read_back(&self) -> ReadBack {
        ReadBack {
            data_key: copy(&self.data_key),
            encrypted_data_keys: self.encrypted_data_keys.clone(),
            unstored: self.unstored.clone(),
        }
    }
}

impl ReadBack {
    /// Reads the header and verifies it.
    ///
    /// # Errors
    /// [`DecryptError`]: it is not that of the message that was written.
    pub fn open<R: Read>(&self, source: R) -> Result<Message<R>, DecryptError> {
        let mut context = RequiredContext::new();
        for (key, value) in self.unstored.pairs() {
            context.require_pair(key, value).map_err(|error| DecryptError::Format(error.into()))?;
        }
        let requirements = DecryptRequirements {
            commitment_policy: CommitmentPolicy::RequireEncryptAllowDecrypt,
            context,
            ..DecryptRequirements::default()
        };
        UnverifiedMessage::read(source, None)?.verify(self, &requirements)
    }

    /// Reads the message and verifies everything of it: header, encrypted data keys, frames, signature, and its end.
    ///
    /// # Errors
    /// [`DecryptError`]: it is not the message that was written.
    pub fn check<R: Read>(&self, source: R) -> Result<Decrypted, DecryptError> {
        self.open(source)?.check()
    }
}

impl std::fmt::Debug for ReadBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadBack").finish_non_exhaustive()
    }
}

impl Keyring for ReadBack {
    fn wrap(
        &self,
        _: &'static AlgorithmSuite,
        _: &EncryptionContext,
        _: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        Err(WrapError::UnwrapsOnly { wrapping_key: self.name() })
    }

    fn unwrap(&self, _: &'static AlgorithmSuite, _: &EncryptionContext, edk: &EncryptedDataKey) -> Unwrapped {
        if !self.encrypted_data_keys.contains(edk) {
            return Unwrapped::NotMine(NotMine::OtherKey);
        }
        Unwrapped::Opened(OpenedDataKey {
            data_key: copy(&self.data_key),
            wrapping_key: self.name(),
            proof: Proof::Checked,
        })
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn name(&self) -> String {
        "the data key itself".to_owned()
    }
}

fn copy(data_key: &DataKey) -> DataKey {
    DataKey::from_bytes(Zeroizing::new(data_key.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::raw_aes::RawAesKeyring;
    use crate::message::DEFAULT_FRAME_LENGTH;
    use crate::message::encrypt::MessageEncryptor;

    #[test]
    fn only_the_whole_message_itself_is_read_back() {
        let keyring = RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key");
        let (mut stored, mut unstored) = (EncryptionContext::new(), EncryptionContext::new());
        stored.insert("a", "1").expect("a pair");
        unstored.insert("b", "2").expect("a pair");
        for suite in AlgorithmSuite::all() {
            let policy = match suite.is_committing() {
                true => CommitmentPolicy::RequireEncryptRequireDecrypt,
                false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
            };
            let obtain = || {
                let (stored, unstored) = (stored.clone(), unstored.clone());
                EncryptionMaterials::obtain(&keyring, policy, suite, stored, unstored, None).expect("keys")
            };
            let materials = obtain();
            let read_back = materials.read_back();
            let mut message = Vec::new();
            let plaintext = vec![7; 10_000];
            MessageEncryptor::new(materials, DEFAULT_FRAME_LENGTH)
                .and_then(|encryptor| encryptor.encrypt(&plaintext[..], &mut message))
                .expect("encrypted");
            assert_eq!(read_back.check(&message[..]).expect("whole").plaintext_bytes, 10_000, "{suite}");
            assert!(obtain().read_back().check(&message[..]).is_err(), "{suite}: another message");
            let last = message.len() - 1;
            assert!(read_back.check(&message[..last]).is_err(), "{suite}: cut");
            for at in [5, message.len() / 2, last] {
                message[at] ^= 1;
                assert!(read_back.check(&message[..]).is_err(), "{suite}: changed at {at}");
                message[at] ^= 1;
            }
        }
    }
}
