//! Discovery: the message says which keys to ask, and filters say which of them may be asked.

use crate::Scene;
use crate::support::emulator::{ACCOUNT, FAR_REGION, HOME_REGION, Kind, OTHER_ACCOUNT, emulator};

const ANY: &str = "discovery=true";
const OURS: &str = "discovery=true,discovery-partition=aws,discovery-account=123456789012";

#[test]
fn without_a_filter_it_opens_and_warns() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-w", ANY]).saying(&["esdk: warning: ", "discovery"]);
    assert_eq!(scene.decrypt_calls(), [(HOME_REGION.to_owned(), key.arn)]);
}

#[test]
fn with_the_right_account_and_partition_it_opens_and_is_silent() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    assert!(OURS.contains(ACCOUNT));
    let outcome = scene.opens(&["-w", OURS]);
    assert_eq!(outcome.stderr, "");
    assert_eq!(scene.decrypt_calls(), [(HOME_REGION.to_owned(), key.arn)]);
}

#[test]
fn one_of_several_accounts_is_enough() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let both = format!("{OURS},discovery-account={OTHER_ACCOUNT}");
    scene.opens(&["-w", &both]);
}

#[test]
fn another_account_is_not_asked() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let theirs = format!("discovery=true,discovery-partition=aws,discovery-account={OTHER_ACCOUNT}");
    scene.cannot_decrypt(&["-w", &theirs], 77, &["aws-kms", &key.arn, "account"]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn another_partition_is_not_asked() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let china = format!("discovery=true,discovery-partition=aws-cn,discovery-account={ACCOUNT}");
    scene.cannot_decrypt(&["-w", &china], 77, &["aws-kms", &key.arn, "partition"]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn of_two_keys_only_the_one_that_passes_the_filter_is_asked() {
    let scene = Scene::new();
    let theirs = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    emulator().allow(&theirs, ACCOUNT, "kms:*");
    let ours = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &theirs.arn, "-k", &ours.arn]);
    scene.opens(&["-w", OURS]);
    assert_eq!(scene.decrypt_calls(), [(HOME_REGION.to_owned(), ours.arn)]);
    // Both may open it when both are allowed.
    scene
        .opens(&["-w", &format!("discovery=true,discovery-partition=aws,discovery-account={OTHER_ACCOUNT}")]);
    assert_eq!(scene.decrypt_calls().last(), Some(&(HOME_REGION.to_owned(), theirs.arn)));
}

#[test]
fn a_key_is_asked_in_its_own_region() {
    let scene = Scene::new();
    let key = emulator().create_key(FAR_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-w", OURS]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), key.arn)]);
}

#[test]
fn a_discovery_region_is_asked_for_the_replica() {
    let scene = Scene::new();
    let key = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&key, FAR_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-w", &format!("{OURS},discovery-region={FAR_REGION}")]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), replica.arn)]);
}

#[test]
fn a_far_single_region_key_is_not_asked_when_discovery_is_kept_to_a_region() {
    let scene = Scene::new();
    let key = emulator().create_key(FAR_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let here = format!("{OURS},discovery-region={HOME_REGION}");
    scene.cannot_decrypt(&["-w", &here], 77, &[&key.arn, "Region"]);
    assert_eq!(scene.decrypt_calls(), []);
    scene.opens(&["-w", &format!("{OURS},discovery-region={FAR_REGION}")]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), key.arn)]);
}

#[test]
fn discovery_regions_are_asked_in_the_order_of_preference() {
    let scene = Scene::new();
    let key = emulator().create_multi_region_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    // The preferred Region has no replica yet.
    let preferred = format!("{OURS},discovery-region={FAR_REGION},discovery-region={HOME_REGION}");
    scene.opens(&["-w", &preferred]);
    let regions: Vec<String> = scene.decrypt_calls().into_iter().map(|(region, _)| region).collect();
    assert_eq!(regions, [FAR_REGION, HOME_REGION]);

    let replica = emulator().replicate(&key, FAR_REGION);
    scene.opens(&["-w", &preferred]);
    assert_eq!(scene.decrypt_calls()[2..], [(FAR_REGION.to_owned(), replica.arn)]);
}

#[test]
fn what_is_no_key_arn_is_not_asked() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let message = scene.place.read("message.esdk");
    let alias = key.arn.replace(":key/", ":alias/");
    let alias = &alias[..key.arn.len()];
    for instead in [
        alias,
        &key.arn.replace(":kms:", ":sns:"),
        &key.arn.replace(":key/", "/key:"),
        &key.arn.replace("arn:", "urn:"),
    ] {
        scene.place.write("message.esdk", replaced(&message, &key.arn, instead));
        scene.cannot_decrypt(&["-w", ANY], 77, &["aws-kms"]);
    }
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn names_from_a_message_cannot_write_to_the_terminal() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let message = scene.place.read("message.esdk");
    let instead = key.arn.replace(":key/", "\u{1b}[2J\n");
    scene.place.write("message.esdk", replaced(&message, &key.arn, &instead[..key.arn.len()]));
    let outcome = scene.cannot_decrypt(&["-w", ANY], 77, &["aws-kms"]);
    assert!(!outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
    assert!(!outcome.stderr.contains("\u{1b}[2J"), "{:?}", outcome.stderr);
    let is_whole = |line: &str| line.starts_with("esdk: ") || line.starts_with(' ');
    assert!(outcome.stderr.lines().all(is_whole), "{:?}", outcome.stderr);
}

#[test]
fn half_a_filter_and_contradictions_are_usage_errors() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let with_key = format!("discovery=true,key={}", key.arn);
    for specification in [
        "discovery=true,discovery-account=123456789012",
        "discovery=true,discovery-partition=aws",
        "discovery=false",
        "discovery-account=123456789012,discovery-partition=aws",
        "discovery=perhaps",
        &with_key,
    ] {
        scene.cannot_decrypt(&["-w", specification], 2, &["discovery"]);
    }
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn discovery_cannot_encrypt() {
    let scene = Scene::new();
    scene.cannot_encrypt(&["-w", ANY], 2, &["discovery"]);
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}

/// The bytes with the first occurrence of a text replaced by one of the same length.
fn replaced(bytes: &[u8], text: &str, instead: &str) -> Vec<u8> {
    assert_eq!(text.len(), instead.len());
    let mut windows = bytes.windows(text.len());
    let start = windows.position(|window| window == text.as_bytes()).expect("the text is there");
    let mut changed = bytes.to_vec();
    changed[start..start + text.len()].copy_from_slice(instead.as_bytes());
    changed
}
