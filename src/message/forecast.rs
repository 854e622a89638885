//! Which wrapping keys would be asked to open a message, from its header alone: nothing is asked.
//!
//! Requirements and order are those of decrypting. The header is not verified: whoever wrote it says which keys these are.

use std::io::Read;

use super::decrypt::{DecryptRequirements, Tried, UnverifiedMessage, attempts, not_opened, reports};
use super::{DecryptError, EdkReport};
use crate::context::EncryptionContext;
use crate::keyring::kms::KmsCall;
use crate::keyring::{Keyring, NotMine, Prospect};

/// What decrypting a message would ask for.
#[derive(Clone, Debug)]
pub struct MessageForecast {
    /// What would be tried, in its order; at least one.
    pub attempts: Vec<AttemptForecast>,
    /// What would not be tried, in the order of the message.
    pub passed: Vec<EdkReport>,
    /// The required pairs that the message does not store.
    pub reproduced: EncryptionContext,
}

/// One encrypted data key and one wrapping key that would be tried on it.
#[derive(Clone, Debug)]
pub struct AttemptForecast {
    /// The place of the encrypted data key in the header, from 1.
    pub position: usize,
    /// The wrapping key, for people.
    pub wrapping_key: String,
    /// The calls, one after the other until one opens it; none for a key of this process.
    pub calls: Vec<KmsCall>,
}

impl MessageForecast {
    /// The calls when what is tried first opens the message.
    pub fn fewest_calls(&self) -> u64 {
        self.attempts.first().map_or(0, |first| first.calls.len().min(1) as u64)
    }

    /// The calls when only what is tried last opens it, or nothing does.
    pub fn most_calls(&self) -> u64 {
        self.attempts.iter().map(|attempt| attempt.calls.len() as u64).sum()
    }
}

impl<R: Read> UnverifiedMessage<R> {
    /// What [`Self::verify`] would ask for.
    ///
    /// # Errors
    /// [`DecryptError`]: a requirement is not met, or none of the wrapping keys would be tried.
    ///
    /// Spec: client-apis/decrypt.md#get-the-decryption-materials
    pub fn forecast(
        &self,
        keyring: &dyn Keyring,
        requirements: &DecryptRequirements,
    ) -> Result<MessageForecast, DecryptError> {
        let reproduced = self.check_requirements(requirements)?;
        self.signature()?;
        self.context(&reproduced)?;
        let header = self.header();
        let edks = &header.encrypted_data_keys;
        let members = keyring.members().unwrap_or_else(|| vec![keyring]);
        let mut tried: Vec<Tried> = edks.iter().map(|_| Tried::default()).collect();
        let mut is_tried = vec![false; edks.len()];
        let mut found = Vec::new();
        for attempt in attempts(&members, edks) {
            let member = members[attempt.member];
            let calls = match member.prospect(header.suite, &edks[attempt.edk]) {
                Prospect::NotMine(NotMine::OtherProvider) => {
                    tried[attempt.edk].not_mine.get_or_insert(NotMine::OtherProvider);
                    continue;
                }
                Prospect::NotMine(reason) => {
                    tried[attempt.edk].not_mine = Some(reason);
                    continue;
                }
                Prospect::Refused(refusal) => {
                    tried[attempt.edk].refused.push(refusal);
                    continue;
                }
                Prospect::Here => Vec::new(),
                Prospect::Calls(calls) => calls,
            };
            is_tried[attempt.edk] = true;
            found.push(AttemptForecast { position: attempt.edk + 1, wrapping_key: member.name(), calls });
        }
        let mut passed = reports(edks, tried);
        passed.retain(|report| !is_tried.get(report.position - 1).copied().unwrap_or_default());
        match found.is_empty() {
            true => Err(not_opened(passed, &EncryptionContext::new())),
            false => Ok(MessageForecast { attempts: found, passed, reproduced }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::commitment::CommitmentPolicy;
    use crate::keyring::kms::{KmsAccess, KmsClients, KmsKeyring, KmsLimits, KmsSettings};
    use crate::keyring::multi::MultiKeyring;
    use crate::keyring::raw_aes::RawAesKeyring;
    use crate::message::encrypt::MessageEncryptor;
    use crate::message::{DEFAULT_FRAME_LENGTH, EncryptionMaterials, Verdict};
    use crate::suite::AlgorithmSuite;

    const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/1234";

    fn raw(name: &str) -> Box<dyn Keyring> {
        Box::new(RawAesKeyring::new("namespace", name, vec![1; 32].into()).expect("a key"))
    }

    fn kms() -> Box<dyn Keyring> {
        let access = KmsAccess::new(Arc::new(KmsClients::new(KmsLimits::default())), KmsSettings::default());
        Box::new(KmsKeyring::new(access, KEY.parse().expect("an ARN")))
    }

    fn forecast(keyrings: Vec<Box<dyn Keyring>>) -> Result<MessageForecast, DecryptError> {
        let (policy, suite) = (CommitmentPolicy::default(), AlgorithmSuite::UNSIGNED);
        let none = EncryptionContext::new;
        let both = MultiKeyring::new(raw("a"), vec![raw("b")]);
        let materials =
            EncryptionMaterials::obtain(&both, policy, suite, none(), none(), None).expect("materials");
        let mut message = Vec::new();
        let encryptor = MessageEncryptor::new(materials, DEFAULT_FRAME_LENGTH).expect("a header");
        encryptor.encrypt(&b"plaintext"[..], &mut message).expect("memory");
        let mut keyrings = keyrings.into_iter();
        let keyring = MultiKeyring::new(keyrings.next().expect("a key"), keyrings.collect());
        UnverifiedMessage::read(message.as_slice(), None)
            .expect("a header")
            .forecast(&keyring, &DecryptRequirements::default())
    }

    #[test]
    fn keys_of_this_process_take_no_call_and_the_rest_is_passed() {
        let found = forecast(vec![kms(), raw("b")]).expect("a key of its name");
        assert_eq!((found.fewest_calls(), found.most_calls()), (0, 0));
        let attempts: Vec<_> =
            found.attempts.iter().map(|attempt| (attempt.position, &*attempt.wrapping_key)).collect();
        assert_eq!(attempts, [(2, "raw-aes namespace/b")]);
        let [passed] = &found.passed[..] else { panic!("{:?}", found.passed) };
        assert_eq!(passed.position, 1);
        assert!(matches!(passed.verdict, Verdict::NotMine(NotMine::OtherKey)));
    }

    #[test]
    fn a_message_that_no_key_would_be_tried_on_is_refused() {
        let refused = |keyrings| match forecast(keyrings) {
            Err(DecryptError::NoKeyOpened(reports)) => reports,
            other => panic!("{other:?}"),
        };
        let reports = refused(vec![kms()]);
        assert_eq!(reports.len(), 2);
        assert!(matches!(reports[0].verdict, Verdict::NotMine(NotMine::OtherProvider)));
        let reports = refused(vec![kms(), raw("c")]);
        assert!(matches!(reports[1].verdict, Verdict::NotMine(NotMine::OtherKey)));
    }

    #[test]
    fn requirements_come_first() {
        let requirements = DecryptRequirements {
            signature: crate::message::decrypt::SignatureRequirement::Required,
            ..DecryptRequirements::default()
        };
        let materials = EncryptionMaterials::obtain(
            raw("a").as_ref(),
            CommitmentPolicy::default(),
            AlgorithmSuite::UNSIGNED,
            EncryptionContext::new(),
            EncryptionContext::new(),
            None,
        )
        .expect("materials");
        let mut message = Vec::new();
        let encryptor = MessageEncryptor::new(materials, DEFAULT_FRAME_LENGTH).expect("a header");
        encryptor.encrypt(&b""[..], &mut message).expect("memory");
        let message = UnverifiedMessage::read(message.as_slice(), None).expect("a header");
        let refused = message.forecast(raw("a").as_ref(), &requirements);
        assert!(matches!(refused, Err(DecryptError::SignatureRequired(_))));
    }
}
