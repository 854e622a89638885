//! Unwrapping under whatever KMS key a message names.
//!
//! Spec: framework/aws-kms/aws-kms-discovery-keyring.md#interface,
//! framework/aws-kms/aws-kms-mrk-discovery-keyring.md#interface

use super::{KeyArn, KeyIdentifier, KmsAccess, KmsCall, KmsFailureKind, KmsOperation, PROVIDER_ID};
use super::{named_key, unwrapped_with};
use crate::context::EncryptionContext;
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::keyring::{
    Keyring, NotMine, OpenedDataKey, Patience, Place, Prospect, Reach, Refusal, Unwrapped, WrapError,
};
use crate::suite::AlgorithmSuite;

/// Whose keys discovery may ask: those of one partition and some of its accounts.
///
/// Spec: framework/aws-kms/aws-kms-discovery-keyring.md#initialization
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DiscoveryFilter {
    /// The partition: `aws` …
    pub partition: String,
    /// The accounts; none lets nothing through.
    pub accounts: Vec<String>,
}

impl DiscoveryFilter {
    /// Why a key is filtered out, when it is.
    fn rejects(&self, key: &KeyArn) -> Option<NotMine> {
        if key.partition() != self.partition {
            return Some(NotMine::FilteredPartition(key.partition().to_owned()));
        }
        if !self.accounts.iter().any(|account| account == key.account()) {
            return Some(NotMine::FilteredAccount(key.account().to_owned()));
        }
        None
    }
}

/// Unwraps under whatever KMS key a message names and the filter lets through. It wraps nothing.
///
/// With no Regions given, each key is asked for in its own Region. With some, a multi-Region key is asked for in
/// each of them in turn, and a single-Region key only when its own is among them.
///
/// Spec: framework/aws-kms/aws-kms-mrk-discovery-keyring.md#initialization
#[derive(Debug)]
pub struct DiscoveryKeyring {
    access: KmsAccess,
    filter: Option<DiscoveryFilter>,
    regions: Vec<String>,
}

impl DiscoveryKeyring {
    /// A keyring that asks through `access`; `regions` in the order of preference.
    pub fn new(access: KmsAccess, filter: Option<DiscoveryFilter>, regions: Vec<String>) -> Self {
        Self { access, filter, regions }
    }

    /// The keys to ask for, in their order: `found` itself, or its replicas.
    fn candidates(&self, found: KeyArn) -> Result<Vec<KeyArn>, NotMine> {
        if let Some(not_mine) = self.filter.as_ref().and_then(|filter| filter.rejects(&found)) {
            return Err(not_mine);
        }
        if self.regions.is_empty() {
            return Ok(vec![found]);
        }
        if found.is_multi_region() {
            // A Region that cannot be one holds no replica.
            let replicas: Vec<_> =
                self.regions.iter().filter_map(|region| found.in_region(region).ok()).collect();
            if !replicas.is_empty() {
                return Ok(replicas);
            }
        } else if self.regions.iter().any(|region| region == found.region()) {
            return Ok(vec![found]);
        }
        Err(NotMine::FilteredRegion(found.region().to_owned()))
    }

    fn asked(
        &self,
        candidates: &[KeyArn],
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        patience: Patience<'_>,
    ) -> Result<OpenedDataKey, Refusal> {
        let mut refusals = Vec::new();
        for (key, others) in candidates.iter().zip((0..candidates.len()).rev()) {
            let patience = patience.sharing_with(others);
            match unwrapped_with(&self.access, key, suite, context, edk, patience) {
                Ok(opened) => return Ok(opened),
                Err(refusal) => {
                    // What is wrong with the ciphertext is wrong in every Region.
                    let is_final = matches!(&refusal, Refusal::DataKeyLength { .. })
                        || matches!(&refusal, Refusal::Kms(failure) if failure.kind == KmsFailureKind::InvalidCiphertext);
                    refusals.push(refusal);
                    if is_final {
                        break;
                    }
                }
            }
        }
        Err(Refusal::of_all(refusals))
    }
}

impl Keyring for DiscoveryKeyring {
    fn wrap(
        &self,
        _suite: &'static AlgorithmSuite,
        _context: &EncryptionContext,
        _data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        Err(WrapError::UnwrapsOnly { wrapping_key: self.name() })
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
        match named_key(edk).and_then(|found| self.candidates(found)) {
            Ok(candidates) => match self.asked(&candidates, suite, context, edk, patience) {
                Ok(opened) => Unwrapped::Opened(opened),
                Err(refusal) => Unwrapped::Refused(refusal),
            },
            Err(not_mine) => Unwrapped::NotMine(not_mine),
        }
    }

    fn prospect(&self, _suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        let call = |key: KeyArn| KmsCall {
            filter: self.filter.clone(),
            ..KmsCall::of(&self.access, KmsOperation::Decrypt, KeyIdentifier::Arn(key))
        };
        match named_key(edk).and_then(|found| self.candidates(found)) {
            Ok(candidates) => Prospect::Calls(candidates.into_iter().map(call).collect()),
            Err(not_mine) => Prospect::NotMine(not_mine),
        }
    }

    fn reach(&self) -> Reach {
        Reach::Remote
    }

    /// The place of the first key that is asked; several Regions are not one place, which could fail as a whole.
    fn place(&self, edk: &EncryptedDataKey) -> Option<Place> {
        let candidates = named_key(edk).and_then(|found| self.candidates(found)).ok()?;
        let place = self.access.place(candidates.first()?.region());
        let name = if candidates.len() == 1 { place.name } else { String::new() };
        Some(Place { name, ..place })
    }

    fn name(&self) -> String {
        format!("{PROVIDER_ID} discovery")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::kms::{KmsClients, KmsLimits, KmsSettings};
    use std::sync::Arc;

    const MRK: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234";
    const SINGLE: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    fn keyring(filter: Option<(&str, &[&str])>, regions: &[&str]) -> DiscoveryKeyring {
        let filter = filter.map(|(partition, accounts)| DiscoveryFilter {
            partition: partition.into(),
            accounts: accounts.iter().map(|&account| account.into()).collect(),
        });
        let clients = Arc::new(KmsClients::new(KmsLimits::default()));
        DiscoveryKeyring::new(
            KmsAccess::new(clients, KmsSettings::default()),
            filter,
            regions.iter().map(|&region| region.into()).collect(),
        )
    }

    fn candidates(keyring: &DiscoveryKeyring, key: &str) -> Result<Vec<String>, NotMine> {
        let found = keyring.candidates(key.parse().expect("a good ARN"))?;
        Ok(found.iter().map(KeyArn::to_string).collect())
    }

    #[test]
    fn the_filter_names_partition_and_accounts() {
        for (filter, expected) in [
            (None, None),
            (Some(("aws", &["111122223333"][..])), None),
            (Some(("aws", &["999999999999", "111122223333"][..])), None),
            (Some(("aws-cn", &["111122223333"][..])), Some(NotMine::FilteredPartition("aws".into()))),
            (Some(("aws", &["999999999999"][..])), Some(NotMine::FilteredAccount("111122223333".into()))),
            (Some(("aws", &[][..])), Some(NotMine::FilteredAccount("111122223333".into()))),
        ] {
            assert_eq!(candidates(&keyring(filter, &[]), SINGLE).err(), expected, "{filter:?}");
        }
    }

    #[test]
    fn regions_are_asked_in_order_of_preference() {
        let anywhere = keyring(None, &[]);
        assert_eq!(candidates(&anywhere, MRK), Ok(vec![MRK.to_owned()]));
        assert_eq!(candidates(&anywhere, SINGLE), Ok(vec![SINGLE.to_owned()]));
        let two = keyring(None, &["us-east-1", "eu-west-1"]);
        assert_eq!(candidates(&two, MRK), Ok(vec![MRK.replace("eu-west-1", "us-east-1"), MRK.to_owned()]));
        assert_eq!(candidates(&two, SINGLE), Ok(vec![SINGLE.to_owned()]));
        let elsewhere = keyring(None, &["us-east-1"]);
        assert_eq!(candidates(&elsewhere, SINGLE), Err(NotMine::FilteredRegion("eu-west-1".into())));
    }

    #[test]
    fn filtered_keys_are_not_asked_for_and_nothing_is_wrapped() {
        let keyring = keyring(Some(("aws", &["999999999999"])), &[]);
        let edk = EncryptedDataKey {
            provider_id: PROVIDER_ID.into(),
            provider_information: MRK.into(),
            ciphertext: vec![1],
        };
        let context = EncryptionContext::new();
        assert!(matches!(
            keyring.unwrap(AlgorithmSuite::DEFAULT, &context, &edk),
            Unwrapped::NotMine(NotMine::FilteredAccount(_))
        ));
        assert_eq!(keyring.access.clients.calls(), 0);
        let data_key = DataKey::from_bytes(vec![0; 32].into());
        assert!(matches!(
            keyring.wrap(AlgorithmSuite::DEFAULT, &context, &data_key),
            Err(WrapError::UnwrapsOnly { .. })
        ));
    }
}
