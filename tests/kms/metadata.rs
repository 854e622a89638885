//! What `--metadata-output` says of work with KMS keys, when it succeeds and when it fails.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::Scene;
use crate::support::emulator::{HOME_REGION, emulator};

#[test]
fn a_success_names_the_key_that_did_it() {
    let scene = Scene::new();
    let first = emulator().create_key(HOME_REGION);
    let second = emulator().create_key(HOME_REGION);
    let keys = ["-k", &first.arn, "-k", &second.arn, "-c", "table=orders"];
    let header = scene.encrypts(&[&["--metadata-output", "log.jsonl"], &keys[..]].concat());
    scene.opens(&["--metadata-output", "log.jsonl", "-k", &second.arn]);

    let [encrypted, decrypted] = &lines(&scene, "log.jsonl")[..] else {
        panic!("two lines");
    };
    for (line, mode, input, output) in [
        (encrypted, "encrypt", "plain.bin", "message.esdk"),
        (decrypted, "decrypt", "message.esdk", "opened.bin"),
    ] {
        assert_eq!(line["mode"], mode);
        assert_eq!(line["status"], "ok");
        for (field, name) in [("input", input), ("output", output)] {
            let path = Path::new(line[field].as_str().expect("a path"));
            assert!(path.is_absolute() && path.ends_with(name), "{field} {path:?}");
        }
        assert_eq!(line["plaintext_bytes"], 10_000);
        assert_eq!(line["ciphertext_bytes"], scene.place.read("message.esdk").len());
        assert_eq!(line["frames"], 3);
        assert!(line["seconds"].is_number());
        assert!(line["error"].is_null());
        let context = &line["header"]["encryption_context"];
        assert_eq!(context["table"], "orders");
        assert_eq!(context["aws-crypto-public-key"], header.context["aws-crypto-public-key"]);
        let edks = line["header"]["encrypted_data_keys"].as_array().expect("a list");
        let mut found: Vec<Value> = edks.clone();
        let mut expected: Vec<Value> = header
            .encrypted_data_keys
            .iter()
            .map(|edk| {
                json!({
                    "key_provider": {
                        "provider_id": BASE64.encode(&edk.provider_id),
                        "key_info": BASE64.encode(&edk.provider_information),
                    },
                    "encrypted_data_key": BASE64.encode(&edk.ciphertext),
                })
            })
            .collect();
        // The order is not promised.
        found.sort_by_key(Value::to_string);
        expected.sort_by_key(Value::to_string);
        assert_eq!(found, expected);
    }
    assert_eq!(decrypted["signature"], "verified");
    let wrapping_key = decrypted["wrapping_key"].as_str().expect("a name");
    assert!(wrapping_key.contains(&second.arn), "{wrapping_key}");
    assert!(!wrapping_key.contains(&first.arn), "{wrapping_key}");
}

#[test]
fn a_failure_has_a_line_too() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.place.write("log.jsonl", "");
    emulator().deny(&key, "kms:*");
    let record = ["--metadata-output", "log.jsonl", "-f", "-k", &key.arn];
    scene.cannot_decrypt(&record, 77, &["AccessDeniedException"]);
    scene.cannot_encrypt(&record, 77, &["AccessDeniedException"]);

    let [decrypted, encrypted] = &lines(&scene, "log.jsonl")[..] else {
        panic!("two lines");
    };
    assert_eq!((&decrypted["mode"], &encrypted["mode"]), (&json!("decrypt"), &json!("encrypt")));
    for line in [decrypted, encrypted] {
        assert_eq!(line["status"], "failed");
        assert!(line["error"]["kind"].as_str().is_some_and(|kind| !kind.is_empty()), "{line}");
        let message = line["error"]["message"].as_str().expect("a message");
        assert!(message.contains("AccessDeniedException"), "{message}");
        assert!(message.contains(&key.arn), "{message}");
    }
    // The header was read before KMS refused.
    assert_eq!(decrypted["header"]["algorithm"], "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384");
}

#[test]
fn a_requirement_that_is_not_met_is_told_apart() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn, "-c", "table=orders"]);
    let required = ["--metadata-output", "log.jsonl", "-k", &key.arn, "-c", "table=x", "-c", "shelf"];
    let before = scene.place.files();
    scene.decrypt(&required).failed(77);
    let line = &lines(&scene, "log.jsonl")[0];
    assert_eq!(line["status"], "failed");
    assert_eq!(line["missing_encryption_context_keys"], json!(["shelf"]));
    assert_eq!(line["missing_encryption_context_pairs"], json!([["table", "x"]]));
    let mut after = scene.place.files();
    after.retain(|name| name != "log.jsonl");
    assert_eq!(after, before);
}

#[test]
fn several_calls_one_record_for_each_job() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let message =
        scene.place.esdk_reading(b"secret", ["encrypt", "--metadata-output", "log.jsonl", "-k", &key.arn]);
    message.succeeded();
    let opened = scene
        .place
        .esdk_reading(&message.stdout, ["decrypt", "--metadata-output", "log.jsonl", "-k", &key.arn]);
    assert_eq!(opened.succeeded().stdout, b"secret");
    for line in lines(&scene, "log.jsonl") {
        assert_eq!((&line["input"], &line["output"]), (&json!("<stdin>"), &json!("<stdout>")));
        assert!(!line.to_string().contains("secret"));
    }
}

fn lines(scene: &Scene, name: &str) -> Vec<Value> {
    let text = String::from_utf8(scene.place.read(name)).expect("JSON is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}
