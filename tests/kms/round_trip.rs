//! One KMS key: every way to name it, every way in and out, and the calls that are made.

use serde_json::json;

use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::fault_proxy::Fault;
use crate::support::message::Header;
use crate::{Scene, plaintext};

#[test]
fn a_key_is_named_by_arn_id_alias_or_alias_arn() {
    let key = emulator().create_key(HOME_REGION);
    let alias_arn = emulator().create_alias(&key, "alias/round-trip");
    for named in [&key.arn, &key.id, "alias/round-trip", &alias_arn] {
        let scene = Scene::new();
        let header = scene.encrypts(&["-k", named]);
        assert_eq!(header.provider_information(), [key.arn.as_str()], "-k {named}");
        assert_eq!(header.encrypted_data_keys[0].provider_id, "aws-kms");
        assert_eq!(scene.proxy.calls()[0].key_id(), named);
        scene.opens(&["-k", &key.arn]);
    }
}

#[test]
fn a_specification_names_the_same_key() {
    let key = emulator().create_key(HOME_REGION);
    for specification in [format!("key={}", key.arn), format!("provider=aws-kms,key={}", key.arn)] {
        let scene = Scene::new();
        let header = scene.encrypts(&["-w", &specification]);
        assert_eq!(header.provider_information(), [key.arn.as_str()]);
        scene.opens(&["-w", &specification]);
    }
}

#[test]
fn one_call_encrypts_and_one_decrypts() {
    let scene = Scene::new();
    let key = emulator().create_key(FAR_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-k", &key.arn]);
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"]);
    let [generate, decrypt] = &scene.proxy.calls()[..] else {
        panic!("two calls");
    };
    assert_eq!(generate.request["NumberOfBytes"], json!(32));
    assert_eq!(generate.region, FAR_REGION);
    assert_eq!(decrypt.key_id(), key.arn);
    assert_eq!(decrypt.region, FAR_REGION);
}

#[test]
fn standard_input_to_standard_output() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    for suite in [&["-k", &key.arn][..], &["--unsigned", "-k", &key.arn]] {
        let message = scene.place.esdk_reading(&plaintext(), [&["encrypt"], suite].concat());
        message.succeeded();
        let opened = scene.place.esdk_reading(&message.stdout, ["decrypt", "-k", &key.arn]);
        assert!(opened.succeeded().stdout == plaintext(), "another plaintext came out");
    }
    assert_eq!(scene.place.files(), ["plain.bin"]);
}

#[test]
fn an_empty_plaintext() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let message = scene.place.esdk(["encrypt", "-k", &key.arn]);
    assert_eq!(Header::read(&message.succeeded().stdout).suite, 0x0578);
    let opened = scene.place.esdk_reading(&message.stdout, ["decrypt", "-k", &key.arn]);
    assert!(opened.succeeded().stdout.is_empty());
}

#[test]
fn calls_of_several_files_overlap_and_are_counted() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let files = ["one", "two", "three"];
    files.iter().for_each(|name| scene.place.write(name, "text"));
    // None of them is answered before all have arrived.
    scene.proxy.always("GenerateDataKey", Fault::Gather(files.len()));
    let words = [&["encrypt", "-k", &key.arn, "-j", "3"], &files[..]].concat();
    let outcome = scene.place.esdk(words);
    outcome.succeeded().saying(&["summary: 3 done, 0 skipped, 0 failed, 12 B, ", " s, 3 KMS calls"]);
    let calls = scene.proxy.calls_of("GenerateDataKey");
    let first_answer = calls.iter().filter_map(|call| call.answered).min().expect("answered");
    assert!(calls.iter().all(|call| call.arrived <= first_answer));
}
