//! Several wrapping keys for one message: their order, calls side by side, escrow.

use std::time::Duration;

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::fault_proxy::Fault;

const ESCROW_PUBLIC: &str = "provider=raw-rsa,namespace=escrow,name=safe,public-key-file=escrow.public.pem";
const ESCROW_PRIVATE: &str =
    "provider=raw-rsa,namespace=escrow,name=safe,private-key-file=escrow.private.pem";
const RAW_AES: &str = "provider=raw-aes,namespace=office,name=cupboard,key-file=aes.key";

#[test]
fn keys_of_two_regions_open_the_message_alone() {
    let scene = Scene::new();
    let home = emulator().create_key(HOME_REGION);
    let far = emulator().create_key(FAR_REGION);
    let header = scene.encrypts(&["-k", &far.arn, "-k", &home.arn]);
    assert_eq!(header.provider_information(), [far.arn.as_str(), &home.arn]);
    let [generate, encrypt] = &scene.proxy.calls()[..] else {
        panic!("two calls: {:?}", scene.proxy.operations());
    };
    assert_eq!((generate.operation.as_str(), generate.region.as_str()), ("GenerateDataKey", FAR_REGION));
    assert_eq!((encrypt.operation.as_str(), encrypt.region.as_str()), ("Encrypt", HOME_REGION));

    scene.opens(&["-k", &home.arn]);
    scene.opens(&["-k", &far.arn]);
    let expected = [(HOME_REGION.to_owned(), home.arn), (FAR_REGION.to_owned(), far.arn)];
    assert_eq!(scene.decrypt_calls(), expected);
}

#[test]
fn only_a_key_of_the_message_is_asked() {
    let scene = Scene::new();
    let stranger = emulator().create_key(HOME_REGION);
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-k", &stranger.arn, "-k", &key.arn]);
    assert_eq!(scene.decrypt_calls(), [(HOME_REGION.to_owned(), key.arn)]);
}

#[test]
fn a_key_that_fails_is_passed_over_for_the_next() {
    let scene = Scene::new();
    let denied = emulator().create_key(HOME_REGION);
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &denied.arn, "-k", &key.arn]);
    emulator().deny(&denied, "kms:Decrypt");
    scene.opens(&["-k", &denied.arn, "-k", &key.arn]);
    let asked: Vec<String> = scene.decrypt_calls().into_iter().map(|(_, key)| key).collect();
    assert_eq!(asked, [denied.arn, key.arn]);
}

#[test]
fn encrypted_data_keys_stand_as_typed_though_the_first_answer_is_last() {
    let scene = Scene::new();
    let keys = [(); 4].map(|()| emulator().create_key(HOME_REGION));
    scene.proxy.for_key("Encrypt", &keys[1].arn, Fault::Delay(Duration::from_secs(1)));
    let typed: Vec<&str> = keys.iter().map(|key| key.arn.as_str()).collect();
    let header = scene.encrypts(&typed.iter().flat_map(|key| ["-k", key]).collect::<Vec<_>>());
    assert_eq!(header.provider_information(), typed);

    let calls = scene.proxy.calls_of("Encrypt");
    let last = calls.iter().max_by_key(|call| call.answered).expect("three calls");
    assert_eq!(last.key_id(), keys[1].arn, "the slow key was not the last to answer");
    scene.opens(&["-k", typed[1]]);
}

#[test]
fn encrypt_calls_go_out_side_by_side() {
    let scene = Scene::new();
    let regions = [HOME_REGION, FAR_REGION, FAR_REGION, HOME_REGION];
    let keys = regions.map(|region| emulator().create_key(region));
    // Nobody is answered before all have asked.
    scene.proxy.always("Encrypt", Fault::Gather(3));
    let typed: Vec<&str> = keys.iter().flat_map(|key| ["-k", key.arn.as_str()]).collect();
    scene.encrypts(&typed);

    let calls = scene.proxy.calls_of("Encrypt");
    assert_eq!(calls.len(), 3);
    let last_question = calls.iter().map(|call| call.arrived).max();
    let first_answer = calls.iter().filter_map(|call| call.answered).min();
    assert!(last_question < first_answer, "a call waited for the answer to another");
}

#[test]
fn several_keys_in_one_specification() {
    let scene = Scene::new();
    let first = emulator().create_key(HOME_REGION);
    let second = emulator().create_key(HOME_REGION);
    let specification = format!("key={},key={}", first.arn, second.arn);
    let header = scene.encrypts(&["-w", &specification]);
    assert_eq!(header.provider_information(), [first.arn.as_str(), &second.arn]);
    scene.opens(&["-k", &second.arn]);
}

#[test]
fn escrow_opens_with_kms_alone_and_with_the_private_key_alone() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "escrow"]).succeeded();
    let header = scene.encrypts(&["-k", &key.arn, "-w", ESCROW_PUBLIC]);
    let providers: Vec<&str> =
        header.encrypted_data_keys.iter().map(|edk| edk.provider_id.as_str()).collect();
    assert_eq!(providers, ["aws-kms", "escrow"]);

    scene.opens(&["-k", &key.arn]);
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"]);
    // Without KMS: no call, and no credentials either.
    let mut scene = scene;
    scene.place.unset("AWS_ACCESS_KEY_ID");
    scene.place.unset("AWS_SECRET_ACCESS_KEY");
    scene.place.unset("AWS_REGION");
    scene.opens(&["-w", ESCROW_PRIVATE]);
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"]);
}

#[test]
fn escrow_works_when_the_kms_key_is_gone() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "escrow"]).succeeded();
    scene.encrypts(&["-k", &key.arn, "-w", ESCROW_PUBLIC]);
    emulator().schedule_deletion(&key);
    scene.opens(&["-k", &key.arn, "-w", ESCROW_PRIVATE]);
    assert_eq!(scene.decrypt_calls().len(), 1);
}

#[test]
fn the_first_key_generates_whatever_flag_names_it() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.esdk(["keygen", "aes", "--bits", "256", "-o", "aes.key"]).succeeded();
    let header = scene.encrypts(&["-w", RAW_AES, "-k", &key.arn, "-w", "provider=local"]);
    // The data key was made here, so KMS only wraps it.
    assert_eq!(scene.proxy.operations(), ["Encrypt"]);
    assert_eq!(header.encrypted_data_keys.len(), 3);
    assert_eq!(header.encrypted_data_keys[0].provider_id, "office");
    assert_eq!(header.encrypted_data_keys[1].provider_id, "aws-kms");

    scene.opens(&["-w", RAW_AES]);
    scene.opens(&["-w", "provider=local"]);
    assert_eq!(scene.decrypt_calls().len(), 0);
    scene.opens(&["-k", &key.arn]);
}
