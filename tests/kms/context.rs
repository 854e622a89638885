//! The encryption context, as KMS sees it and as a requirement on decrypt.

use serde_json::{Value, json};

use crate::Scene;
use crate::support::emulator::{HOME_REGION, KmsKey, emulator};
use crate::support::fault_proxy::Call;

/// A message of `table=orders`, `empfänger=Zoë` and `role=a=b`.
fn with_context() -> (Scene, KmsKey) {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let pairs = ["-c", "table=orders", "-c", "empfänger=Zoë", "-c", "role=a=b"];
    let header = scene.encrypts(&[&["-k", &key.arn], &pairs[..]].concat());
    assert_eq!(header.context["table"], "orders");
    assert_eq!(header.context["empfänger"], "Zoë");
    assert_eq!(header.context["role"], "a=b");
    (scene, key)
}

#[test]
fn what_the_message_has_may_be_required() {
    let (scene, key) = with_context();
    for required in [
        &["-c", "table=orders"][..],
        &["-c", "table"],
        &["-c", "role=a=b"],
        &["-c", "empfänger=Zoë", "-c", "table=orders", "-c", "role"],
        &[],
    ] {
        scene.opens(&[&["-k", &key.arn], required].concat());
    }
}

#[test]
fn what_the_message_has_not_is_refused_before_any_call() {
    let (scene, key) = with_context();
    scene.place.write("opened.bin", "old");
    for (required, word) in [
        ("table=order", "table"),
        ("table=Orders", "table"),
        ("table=", "table"),
        ("empfänger=Zoe", "empfänger"),
        ("shelf", "shelf"),
        ("Table", "Table"),
    ] {
        let arguments = ["-f", "-k", &key.arn, "-c", "role=a=b", "-c", required];
        scene.cannot_decrypt(&arguments, 77, &["context", word]);
        assert_eq!(scene.place.read("opened.bin"), b"old", "-c {required}");
    }
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn a_pair_of_which_nothing_is_stored_is_refused_by_kms() {
    let (scene, key) = with_context();
    scene.place.write("opened.bin", "old");
    for (required, name, value) in [("shelf=3", "shelf", "3"), ("Table=orders", "Table", "orders")] {
        // The message could have been encrypted with it all the same: authenticated, and not stored.
        scene.cannot_decrypt(&["-f", "-k", &key.arn, "-c", required], 77, &["context", name]);
        assert_eq!(scene.place.read("opened.bin"), b"old", "-c {required}");
        let call = scene.proxy.calls().pop().expect("a call");
        assert_eq!(call.context()[name], value);
        assert_eq!(call.context()["table"], "orders");
    }
    assert_eq!(scene.decrypt_calls().len(), 2);
}

#[test]
fn nothing_goes_to_a_pipe_when_a_requirement_is_not_met() {
    let (scene, key) = with_context();
    let outcome = scene.place.esdk(["decrypt", "-o", "-", "-k", &key.arn, "-c", "table=x", "message.esdk"]);
    outcome.failed(77).saying(&["context", "table"]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn kms_sees_the_context_on_every_call() {
    let scene = Scene::new();
    let generator = emulator().create_key(HOME_REGION);
    let child = emulator().create_key(HOME_REGION);
    let keys = ["-k", &generator.arn, "-k", &child.arn];
    let header = scene.encrypts(&[&keys[..], &["-c", "table=orders", "-c", "empfänger=Zoë"]].concat());
    scene.opens(&["-k", &child.arn]);

    let public_key = &header.context["aws-crypto-public-key"];
    let expected = json!({"table": "orders", "empfänger": "Zoë", "aws-crypto-public-key": public_key});
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Encrypt", "Decrypt"]);
    let contexts: Vec<Value> = scene.proxy.calls().iter().map(Call::context).collect();
    assert_eq!(contexts, [expected.clone(), expected.clone(), expected]);
}

#[test]
fn an_unsigned_message_has_the_callers_pairs_and_no_others() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["--unsigned", "-k", &key.arn, "-c", "table=orders"]);
    scene.opens(&["-k", &key.arn]);
    for call in scene.proxy.calls() {
        assert_eq!(call.context(), json!({"table": "orders"}));
    }

    let scene = Scene::new();
    let header = scene.encrypts(&["--unsigned", "-k", &key.arn]);
    assert!(header.context.is_empty());
    scene.opens(&["-k", &key.arn]);
    for call in scene.proxy.calls() {
        assert_eq!(call.context(), json!({}));
    }
}

#[test]
fn reserved_and_malformed_pairs_are_usage_errors() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    for (pair, word) in [("aws-crypto-public-key=x", "aws-crypto-"), ("table", "table"), ("=value", "no key")]
    {
        scene.cannot_encrypt(&["-k", &key.arn, "-c", pair], 2, &[word]);
    }
    scene.cannot_encrypt(&["-k", &key.arn, "-c", "table=a", "-c", "table=b"], 2, &["table"]);
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}

#[test]
fn a_context_that_was_changed_in_the_message_is_refused_by_kms() {
    let (scene, key) = with_context();
    let message = scene.place.read("message.esdk");
    let start = message.windows(6).position(|window| window == b"orders").expect("the value is there");
    let mut changed = message;
    changed[start..start + 6].copy_from_slice(b"ORDERS");
    scene.place.write("message.esdk", changed);
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn, "InvalidCiphertextException"]);
}
