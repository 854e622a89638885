use std::sync::Arc;

use super::*;
use crate::keyring::kms::{KmsAccess, KmsClients, KmsKeyring, KmsLimits, KmsSettings};
use crate::keyring::multi::MultiKeyring;
use crate::keyring::raw_aes::RawAesKeyring;

const WEST: &str = "arn:aws:kms:us-west-2:111122223333:key/1234";
const WEST_TOO: &str = "arn:aws:kms:us-west-2:111122223333:key/1235";
const EAST: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";
const MULTI_REGION: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234";
const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/a";

fn keyring(key: &str) -> Box<dyn Keyring> {
    if key == "raw" {
        let key = RawAesKeyring::new("namespace", "name", vec![1; 32].into());
        return Box::new(key.expect("a key"));
    }
    let settings = KmsSettings { region: Some("us-west-2".into()), ..KmsSettings::default() };
    let access = KmsAccess::new(Arc::new(KmsClients::new(KmsLimits::default())), settings);
    Box::new(KmsKeyring::new(access, key.parse().expect("a name")))
}

/// The kinds of warnings about new messages under these keys.
fn kinds(keys: &[&str], suite: u16) -> Vec<&'static str> {
    let suite = AlgorithmSuite::by_id(suite).expect("a suite");
    let mut keyrings = keys.iter().map(|key| keyring(key));
    let keyring = MultiKeyring::new(keyrings.next().expect("a key"), keyrings.collect());
    let calls = keyring.calls_to_generate();
    of_encrypting(suite, &keyring, &calls).iter().map(Warning::kind).collect()
}

#[test]
fn what_is_warned_of_when_encrypting() {
    for (keys, suite, expected) in [
        (&[WEST, EAST][..], 0x0578, &[][..]),
        (&[WEST, EAST], 0x0178, &["no-commitment"]),
        (&[WEST], 0x0478, &["one-region"]),
        (&[WEST, WEST_TOO], 0x0478, &["one-region"]),
        (&[WEST, "1234"], 0x0478, &["one-region"]),
        (&[WEST, "raw"], 0x0478, &[]),
        (&["raw"], 0x0478, &[]),
        (&[MULTI_REGION], 0x0478, &[]),
        (&[WEST, "mrk-1234"], 0x0478, &[]),
        (&[ALIAS], 0x0478, &["one-region", "alias-may-move"]),
        (&["alias/a", EAST], 0x0478, &["alias-may-move"]),
        (&["alias/a", "alias/a", EAST], 0x0478, &["alias-may-move"]),
    ] {
        assert_eq!(kinds(keys, suite), expected, "{keys:?}");
    }
}

fn edk(provider: &str, key: &str) -> EncryptedDataKey {
    EncryptedDataKey { provider_id: provider.into(), provider_information: key.into(), ciphertext: vec![1] }
}

#[test]
fn a_message_is_of_one_region_when_all_its_keys_are() {
    let of =
        |keys: &[(&str, &str)]| only_region(&keys.iter().map(|(p, key)| edk(p, key)).collect::<Vec<_>>());
    let west = Some("us-west-2".to_owned());
    assert_eq!(of(&[("aws-kms", WEST)]), west);
    assert_eq!(of(&[("aws-kms", WEST), ("aws-kms-rsa", WEST_TOO)]), west);
    for others in [("aws-kms", EAST), ("aws-kms", MULTI_REGION), ("escrow", "name"), ("escrow", WEST)] {
        assert_eq!(of(&[("aws-kms", WEST), others]), None, "{others:?}");
    }
}

#[test]
fn discovery_without_a_filter_is_told_from_other_warnings() {
    let kinds: Vec<_> = of_command(&[NO_DISCOVERY_FILTER.to_owned(), "something".to_owned()])
        .iter()
        .map(Warning::kind)
        .collect();
    assert_eq!(kinds, ["no-discovery-filter", "other"]);
}

#[test]
fn texts_say_how_many_and_where() {
    let regions: BTreeSet<_> = ["us-west-2".to_owned(), "x\n".to_owned()].into();
    let text = Warning::MessagesOfOneRegion { messages: 1, regions }.text();
    assert!(text.starts_with("1 message is under keys of one Region only (us-west-2, x\\n)"), "{text}");
    assert!(Warning::MessagesWithoutCommitment(2).text().starts_with("2 messages are of"));
    let text = Warning::OneRegion { region: None, has_alias: true }.text();
    assert!(text.starts_with("all keys are in one Region (unless the alias"), "{text}");
}
