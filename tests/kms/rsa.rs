//! KMS RSA keys: the public half wraps here, KMS unwraps.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, Kind, KmsKey, emulator};
use crate::support::fault_proxy::Fault;

fn rsa_key() -> KmsKey {
    emulator().create_rsa_key(HOME_REGION, Kind::SingleRegion)
}

fn specification(key: &KmsKey) -> String {
    format!("provider=aws-kms-rsa,key={}", key.arn)
}

#[test]
fn the_public_key_is_asked_for_once_and_kms_unwraps() {
    let scene = Scene::new();
    let key = rsa_key();
    let header = scene.encrypts(&["--unsigned", "-w", &specification(&key), "-c", "table=orders"]);
    assert_eq!(header.encrypted_data_keys[0].provider_id, "aws-kms-rsa");
    assert_eq!(header.provider_information(), [key.arn.as_str()]);
    scene.opens(&["-w", &specification(&key), "-c", "table=orders"]);
    assert_eq!(scene.proxy.operations(), ["GetPublicKey", "Decrypt"]);
    let decrypt = &scene.proxy.calls()[1];
    assert_eq!(decrypt.request["EncryptionAlgorithm"], "RSAES_OAEP_SHA_256");
    assert_eq!(decrypt.key_id(), key.arn);
    assert_eq!(decrypt.request["EncryptionContext"], Value::Null, "KMS takes none for RSA keys");

    let scene = Scene::new();
    scene.place.write("other.bin", "other");
    let keys = ["encrypt", "--unsigned", "-w", &specification(&key), "plain.bin", "other.bin"];
    scene.place.esdk(keys).succeeded();
    assert_eq!(scene.proxy.operations(), ["GetPublicKey"], "once a run");
}

/// One after the other eight files would wait for 24 seconds.
#[test]
fn who_waits_for_the_public_key_shares_the_failure() {
    let scene = Scene::new();
    let names: Vec<String> = (0..8).map(|number| format!("{number}.bin")).collect();
    names.iter().for_each(|name| scene.place.write(name, name));
    scene.proxy.always("GetPublicKey", Fault::Hang);
    let spec = specification(&rsa_key());
    let keys = ["encrypt", "--unsigned", "-j", "8", "--kms-timeout", "3", "-w", &spec];
    let begun = Instant::now();
    scene.place.esdk(keys.into_iter().chain(names.iter().map(String::as_str))).failed(75);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn with_the_public_key_at_hand_wrapping_needs_no_aws() {
    let mut scene = Scene::new();
    let key = rsa_key();
    scene.place.write("key.pem", emulator().public_key(&key));
    for padding in ["oaep-sha256", "oaep-sha1", "RSAES_OAEP_SHA_1"] {
        let unset = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"];
        unset.iter().for_each(|name| scene.place.unset(name));
        let spec = format!("{},padding={padding}", specification(&key));
        scene.place.remove("message.esdk");
        let before = scene.proxy.calls().len();
        scene.encrypts(&["--unsigned", "-w", &format!("{spec},public-key-file=key.pem")]);
        assert_eq!(scene.proxy.calls().len(), before, "offline");
        scene.place.set("AWS_ACCESS_KEY_ID", "AKIDTEST");
        scene.place.set("AWS_SECRET_ACCESS_KEY", "secret");
        scene.opens(&["-w", &spec]);
        let asked = &scene.proxy.calls().pop().expect("a call").request["EncryptionAlgorithm"];
        assert_eq!(asked, if padding == "oaep-sha256" { "RSAES_OAEP_SHA_256" } else { "RSAES_OAEP_SHA_1" });
    }
}

#[test]
fn a_suite_that_signs_is_a_usage_error() {
    let scene = Scene::new();
    let key = rsa_key();
    let words = ["aws-kms-rsa", "without a signature", "--unsigned"];
    scene.cannot_encrypt(&["-w", &specification(&key)], 2, &words);
    let beside = emulator().create_key(HOME_REGION);
    scene.cannot_encrypt(&["-k", &beside.arn, "-w", &specification(&key)], 2, &words);
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}

#[test]
fn it_stands_beside_other_keys_and_either_opens() {
    let scene = Scene::new();
    let key = rsa_key();
    let symmetric = emulator().create_key(HOME_REGION);
    let header = scene.encrypts(&["--unsigned", "-k", &symmetric.arn, "-w", &specification(&key)]);
    let providers: Vec<_> = header.encrypted_data_keys.iter().map(|edk| edk.provider_id.as_str()).collect();
    assert_eq!(providers, ["aws-kms", "aws-kms-rsa"]);
    scene.opens(&["-k", &symmetric.arn]);
    scene.opens(&["-w", &specification(&key)]);
    let asked: Vec<_> = scene.decrypt_calls().into_iter().map(|(_, key)| key).collect();
    assert_eq!(asked, [symmetric.arn, key.arn]);
}

#[test]
fn another_context_than_the_one_it_was_made_with_is_told_for_certain() {
    let scene = Scene::new();
    let key = rsa_key();
    scene.encrypts(&["--unsigned", "-w", &specification(&key), "-c", "table=orders"]);
    let message = scene.place.read("message.esdk");
    let at = message.windows(6).position(|window| window == b"orders").expect("the value is there");
    let mut changed = message;
    changed[at..at + 6].copy_from_slice(b"ORDERS");
    scene.place.write("message.esdk", changed);
    let words = ["aws-kms-rsa", &key.arn, "wrong context: it was made with another encryption context"];
    scene.cannot_decrypt(&["-w", &specification(&key)], 77, &words);
}

#[test]
fn a_replica_unwraps_what_was_wrapped_for_its_primary() {
    let scene = Scene::new();
    let primary = emulator().create_rsa_key(HOME_REGION, Kind::MultiRegion);
    let replica = emulator().replicate(&primary, FAR_REGION);
    scene.encrypts(&["--unsigned", "-w", &specification(&primary)]);
    scene.opens(&["-w", &specification(&replica)]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), replica.arn)]);
}

#[test]
fn another_padding_or_key_does_not_open_it() {
    let scene = Scene::new();
    let (key, other) = (rsa_key(), rsa_key());
    scene.encrypts(&["--unsigned", "-w", &specification(&key)]);
    let sha1 = format!("{},padding=oaep-sha1", specification(&key));
    scene.cannot_decrypt(&["-w", &sha1], 77, &["InvalidCiphertextException", &key.arn]);
    let calls = scene.decrypt_calls().len();
    scene.cannot_decrypt(&["-w", &specification(&other)], 77, &["not asked", &key.arn]);
    scene.cannot_decrypt(&["-k", &key.arn], 77, &["not asked", &key.arn]);
    assert_eq!(scene.decrypt_calls().len(), calls);
}

#[test]
fn answers_that_are_not_about_the_key_are_not_believed() {
    let scene = Scene::new();
    let key = rsa_key();
    let other = rsa_key();
    scene.proxy.once("GetPublicKey", Fault::Rewrite(|answer| answer["KeyId"] = json!("arn:aws:kms:x")));
    scene.cannot_encrypt(&["--unsigned", "-w", &specification(&key)], 77, &["bad answer", &key.arn]);
    scene.proxy.once("GetPublicKey", Fault::Rewrite(|answer| answer["PublicKey"] = json!("AAAA")));
    scene.cannot_encrypt(&["--unsigned", "-w", &specification(&key)], 77, &["bad answer", &key.arn]);
    scene.proxy.once(
        "GetPublicKey",
        Fault::Rewrite(|answer| answer["EncryptionAlgorithms"] = json!(["RSAES_OAEP_SHA_1"])),
    );
    scene.cannot_encrypt(&["--unsigned", "-w", &specification(&key)], 77, &["RSAES_OAEP_SHA_256", &key.arn]);

    scene.encrypts(&["--unsigned", "-w", &specification(&key)]);
    scene.proxy.once("Decrypt", Fault::Rewrite(|answer| answer["KeyId"] = json!("arn:aws:kms:x")));
    scene.cannot_decrypt(&["-w", &specification(&key)], 77, &["bad answer", &key.arn]);
    for plaintext in ["", "AAAA"] {
        let change: fn(&mut Value) = match plaintext {
            "" => |answer| answer["Plaintext"] = json!(""),
            _ => |answer| answer["Plaintext"] = json!("AAAA"),
        };
        scene.proxy.once("Decrypt", Fault::Rewrite(change));
        scene.cannot_decrypt(&["-w", &specification(&key)], 77, &[&key.arn]);
    }
    // A public key of somebody else wraps, and then nothing opens the message.
    scene.place.write("other.pem", emulator().public_key(&other));
    scene.place.remove("message.esdk");
    scene.encrypts(&["--unsigned", "-w", &format!("{},public-key-file=other.pem", specification(&key))]);
    scene.cannot_decrypt(&["-w", &specification(&key)], 77, &["InvalidCiphertextException"]);
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    let scene = Scene::new();
    let key = rsa_key();
    for (pairs, word) in [
        ("key=alias/a", "key ARN"),
        (&format!("key={}", key.id), "key ARN"),
        ("padding=oaep-sha1", "key= is missing"),
        (&format!("key={},padding=pkcs1", key.arn), "oaep-sha256"),
        (&format!("key={},padding=oaep-sha512", key.arn), "oaep-sha256"),
        (&format!("key={},discovery=true", key.arn), "discovery"),
    ] {
        scene.cannot_encrypt(&["--unsigned", "-w", &format!("provider=aws-kms-rsa,{pairs}")], 2, &[word]);
    }
    let symmetric = emulator().create_key(HOME_REGION);
    let refused = ["--unsigned", "-w", &specification(&symmetric)];
    scene.cannot_encrypt(&refused, 77, &["UnsupportedOperationException", &symmetric.arn]);
}
