//! KMS says no: exit 77, a report that names each encrypted data key and its reason, and no file.

use serde_json::{Value, json};

use crate::Scene;
use crate::support::emulator::{ACCOUNT, HOME_REGION, Kind, KmsKey, OTHER_ACCOUNT, emulator};
use crate::support::fault_proxy::Fault;

const ABSENT: &str = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-4000-8000-000000000000";

/// A change to an answer of KMS.
type Change = fn(&mut Value);

/// What makes a key unusable, and what KMS then calls it.
type Ruin = (fn(&KmsKey), &'static str);

const RUINS: [Ruin; 3] = [
    (|key| emulator().disable(key), "DisabledException"),
    (|key| emulator().schedule_deletion(key), "KMSInvalidStateException"),
    (|key| emulator().deny(key, "kms:*"), "AccessDeniedException"),
];

#[test]
fn an_unusable_key_does_not_encrypt() {
    for (ruin, code) in RUINS {
        let scene = Scene::new();
        let good = emulator().create_key(HOME_REGION);
        let key = emulator().create_key(HOME_REGION);
        ruin(&key);
        scene.cannot_encrypt(&["-k", &key.arn], 77, &[&key.arn, code]);
        // Nor does a message appear that lacks one of the keys.
        scene.cannot_encrypt(&["-k", &good.arn, "-k", &key.arn], 77, &[&key.arn, code]);
        assert_eq!(
            scene.proxy.operations(),
            ["GenerateDataKey", "GenerateDataKey", "Encrypt"],
            "no refusal is retried"
        );
    }
}

#[test]
fn an_unusable_key_does_not_decrypt() {
    for (ruin, code) in RUINS {
        let scene = Scene::new();
        let key = emulator().create_key(HOME_REGION);
        scene.encrypts(&["-k", &key.arn]);
        ruin(&key);
        scene.cannot_decrypt(&["-k", &key.arn], 77, &["aws-kms", &key.arn, code]);
        assert_eq!(scene.decrypt_calls().len(), 1, "a refusal is not retried");
    }
}

#[test]
fn a_key_that_does_not_exist() {
    let scene = Scene::new();
    scene.cannot_encrypt(&["-k", ABSENT], 77, &[ABSENT, "NotFoundException"]);
    scene.cannot_encrypt(&["-k", "alias/absent"], 77, &["alias/absent", "NotFoundException"]);
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.cannot_decrypt(&["-k", ABSENT], 77, &[&key.arn]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn a_key_of_another_account() {
    let scene = Scene::new();
    let key = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    scene.cannot_encrypt(&["-k", &key.arn], 77, &[&key.arn, "AccessDeniedException"]);
    emulator().allow(&key, ACCOUNT, "kms:GenerateDataKey");
    scene.encrypts(&["-k", &key.arn]);
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn, "AccessDeniedException"]);
    emulator().allow(&key, ACCOUNT, "kms:Decrypt");
    scene.opens(&["-k", &key.arn]);
}

#[test]
fn decrypt_takes_key_arns_only() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let alias_arn = emulator().create_alias(&key, "alias/decrypt-takes-arns");
    scene.encrypts(&["-k", &key.arn]);
    for named in [&key.id, "alias/decrypt-takes-arns", &alias_arn] {
        scene.cannot_decrypt(&["-k", named], 2, &[named, "ARN"]);
        scene.cannot_decrypt(&["-w", &format!("key={named}")], 2, &[named, "ARN"]);
    }
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn what_begins_like_an_arn_and_is_none_is_a_usage_error() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    for instead in [
        key.arn.replace(":kms:", ":sns:"),
        key.arn.replace("us-west-2", ""),
        key.arn.replace(":key/", ":"),
        key.arn.replace(&key.id, ""),
    ] {
        scene.cannot_decrypt(&["-k", &instead], 2, &[&instead]);
        scene.cannot_encrypt(&["-f", "-k", &instead], 2, &[&instead]);
    }
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey"]);
}

#[test]
fn the_report_lists_each_encrypted_data_key_with_its_reason() {
    let scene = Scene::new();
    scene.place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "escrow"]).succeeded();
    let [disabled, denied, unnamed] = [(); 3].map(|()| emulator().create_key(HOME_REGION));
    let escrow = "provider=raw-rsa,namespace=escrow,name=safe,public-key-file=escrow.public.pem";
    scene.encrypts(&["-k", &disabled.arn, "-k", &denied.arn, "-k", &unnamed.arn, "-w", escrow]);
    emulator().disable(&disabled);
    emulator().deny(&denied, "kms:Decrypt");

    let outcome = scene.cannot_decrypt(&["-k", &disabled.arn, "-k", &denied.arn], 77, &[]);
    for (key, words) in [
        (&*disabled.arn, &["aws-kms", "DisabledException"][..]),
        (&denied.arn, &["aws-kms", "AccessDeniedException"]),
        (&unnamed.arn, &["aws-kms", "not asked"]),
        ("safe", &["escrow", "not asked"]),
    ] {
        let line = outcome.stderr.lines().find(|line| line.contains(key));
        let line = line.unwrap_or_else(|| panic!("{key} is not in the report:\n{}", outcome.stderr));
        for word in words {
            assert!(line.contains(word), "{key}: no {word:?} in {line:?}");
        }
    }
}

#[test]
fn one_denied_and_one_throttled_is_refused() {
    let scene = Scene::new();
    let denied = emulator().create_key(HOME_REGION);
    let throttled = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &denied.arn, "-k", &throttled.arn]);
    emulator().deny(&denied, "kms:Decrypt");
    let throttling = Fault::Error { status: 400, code: "ThrottlingException" };
    scene.proxy.for_key("Decrypt", &throttled.arn, throttling);
    let words = [&*denied.arn, "AccessDeniedException", &throttled.arn, "throttled"];
    scene.cannot_decrypt(&["-k", &denied.arn, "-k", &throttled.arn], 77, &words);
}

#[test]
fn an_output_that_exists_is_untouched() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let message = scene.place.read("message.esdk");
    scene.place.write("opened.bin", "old");
    emulator().disable(&key);
    for force in [&["-k", &key.arn][..], &["-f", "-k", &key.arn]] {
        let encrypt_status = scene.encrypt(force).status;
        let decrypt_status = scene.decrypt(force).status;
        // Without -f it is the output that is the matter.
        let expected = if force.len() == 2 { Some(73) } else { Some(77) };
        assert_eq!((encrypt_status, decrypt_status), (expected, expected));
        assert!(scene.place.read("message.esdk") == message);
        assert_eq!(scene.place.read("opened.bin"), b"old");
    }
    assert_eq!(scene.place.files(), ["message.esdk", "opened.bin", "plain.bin"]);
}

#[test]
fn an_answer_about_another_key_is_not_believed() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.proxy.once("Decrypt", Fault::Rewrite(|answer| answer["KeyId"] = json!(ABSENT)));
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn]);
    scene.proxy.once("Decrypt", Fault::Rewrite(|answer| answer["KeyId"] = json!(null)));
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn]);
    scene.opens(&["-k", &key.arn]);
}

#[test]
fn an_answer_with_another_data_key_is_not_believed() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    // Of another length: refused as it comes. 16 zero bytes, none, and none at all.
    let changes: [Change; 3] = [
        |answer| answer["Plaintext"] = json!("AAAAAAAAAAAAAAAAAAAAAA=="),
        |answer| answer["Plaintext"] = json!(""),
        |answer| answer["Plaintext"] = json!(null),
    ];
    for change in changes {
        scene.proxy.once("Decrypt", Fault::Rewrite(change));
        scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn]);
    }
    // Of the right length, and not the one: the commitment tells.
    let zeros =
        |answer: &mut Value| answer["Plaintext"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    scene.proxy.once("Decrypt", Fault::Rewrite(zeros));
    scene.cannot_decrypt(&["-k", &key.arn], 65, &["commit"]);
    scene.opens(&["-k", &key.arn]);
}

#[test]
fn an_unusable_answer_makes_no_message() {
    // With the status: 77 for an answer that is not the one asked for, 1 for what KMS cannot have said.
    let changes: [(Change, i32); 4] = [
        (|answer| answer["CiphertextBlob"] = json!(null), 77),
        (|answer| answer["CiphertextBlob"] = json!("not base64"), 1),
        (|answer| answer["KeyId"] = json!("alias/other"), 77),
        (|answer| *answer = json!([]), 1),
    ];
    let changes_of_plaintext: [(Change, i32); 3] = [
        (|answer| answer["Plaintext"] = json!("AAAAAAAAAAAAAAAAAAAAAA=="), 77),
        (|answer| answer["Plaintext"] = json!(null), 77),
        (|answer| answer["Plaintext"] = json!("not base64"), 1),
    ];
    let of_generate = [&changes[..], &changes_of_plaintext].concat();
    for (operation, changes) in [("GenerateDataKey", &of_generate[..]), ("Encrypt", &changes)] {
        for (change, status) in changes {
            let scene = Scene::new();
            let [generator, child] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
            scene.proxy.always(operation, Fault::Rewrite(*change));
            let outcome = scene.encrypt(&["-k", &generator.arn, "-k", &child.arn]);
            let key = if operation == "Encrypt" { child } else { generator };
            outcome.failed(*status).saying(&[&key.arn, "bad answer"]);
            assert_eq!(scene.place.files(), ["plain.bin"]);
        }
    }
}
