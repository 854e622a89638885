//! A multi-Region key is one key in several Regions: a message opens with whichever replica is named.

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, OTHER_ACCOUNT, emulator};

fn key_and_replica() -> (KmsKey, KmsKey) {
    let key = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&key, FAR_REGION);
    (key, replica)
}

#[test]
fn the_replica_opens_what_the_primary_wrapped() {
    let scene = Scene::new();
    let (primary, replica) = key_and_replica();
    let header = scene.encrypts(&["-k", &primary.arn]);
    assert_eq!(header.provider_information(), [primary.arn.as_str()]);
    scene.opens(&["-k", &replica.arn]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), replica.arn)]);
}

#[test]
fn the_primary_opens_what_the_replica_wrapped() {
    let scene = Scene::new();
    let (primary, replica) = key_and_replica();
    let header = scene.encrypts(&["-k", &replica.arn]);
    assert_eq!(header.provider_information(), [replica.arn.as_str()]);
    scene.opens(&["-k", &primary.arn]);
    assert_eq!(scene.decrypt_calls(), [(HOME_REGION.to_owned(), primary.arn)]);
}

#[test]
fn the_region_of_the_named_key_is_asked_whatever_the_environment_says() {
    let mut scene = Scene::new();
    let (primary, replica) = key_and_replica();
    scene.place.set("AWS_REGION", "ap-southeast-2");
    scene.encrypts(&["--region", "us-east-1", "-k", &primary.arn]);
    scene.opens(&["--region", "us-east-1", "-k", &replica.arn]);
    let regions: Vec<String> = scene.proxy.calls().into_iter().map(|call| call.region).collect();
    assert_eq!(regions, [HOME_REGION, FAR_REGION]);
}

#[test]
fn a_single_region_key_does_not_match_in_another_region() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let elsewhere = key.arn.replace(HOME_REGION, FAR_REGION);
    scene.cannot_decrypt(&["-k", &elsewhere], 77, &[&key.arn]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn the_replica_of_another_account_or_partition_does_not_match() {
    let scene = Scene::new();
    let (primary, replica) = key_and_replica();
    scene.encrypts(&["-k", &primary.arn]);
    let other_account = replica.arn.replace(&replica.account, OTHER_ACCOUNT);
    let other_partition = format!("arn:aws-cn:kms:cn-north-1:{}:key/{}", primary.account, primary.id);
    for key in [&other_account, &other_partition] {
        scene.cannot_decrypt(&["-k", key], 77, &[&primary.arn]);
    }
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn another_multi_region_key_does_not_match() {
    let scene = Scene::new();
    let (primary, _) = key_and_replica();
    let (_, stranger) = key_and_replica();
    scene.encrypts(&["-k", &primary.arn]);
    scene.cannot_decrypt(&["-k", &stranger.arn], 77, &[&primary.arn]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn a_region_without_the_replica_refuses() {
    let scene = Scene::new();
    let primary = emulator().create_multi_region_key(HOME_REGION);
    scene.encrypts(&["-k", &primary.arn]);
    let nowhere = primary.arn.replace(HOME_REGION, FAR_REGION);
    scene.cannot_decrypt(&["-k", &nowhere], 77, &[&primary.arn, "NotFoundException"]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), nowhere)]);
}

#[test]
fn wrapped_by_primary_and_replica_either_opens_it() {
    let scene = Scene::new();
    let (primary, replica) = key_and_replica();
    let header = scene.encrypts(&["-k", &primary.arn, "-k", &replica.arn]);
    assert_eq!(header.provider_information(), [primary.arn.as_str(), &replica.arn]);
    // The replica matches both encrypted data keys; the first one opens.
    scene.opens(&["-k", &replica.arn]);
    scene.opens(&["-k", &primary.arn]);
    let expected = [(FAR_REGION.to_owned(), replica.arn), (HOME_REGION.to_owned(), primary.arn)];
    assert_eq!(scene.decrypt_calls(), expected);
}
