//! The verdict on each encrypted data key, for every way in which it can fail.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::Scene;
use crate::support::emulator::{ACCOUNT, FAR_REGION, HOME_REGION, Kind, KmsKey, OTHER_ACCOUNT, emulator};
use crate::support::fault_proxy::Fault;
use crate::unavailable::ATTEMPTS;

/// A limit under which every fault has its verdict in seconds.
const LIMIT: [&str; 2] = ["--kms-timeout", "12"];

/// What is done to a key that wrapped, and the verdict.
type Ruin = (fn(&KmsKey), fn(&KmsKey) -> String);

#[test]
fn what_the_owner_of_a_key_did() {
    let ruins: [Ruin; 4] = [
        (|key| emulator().disable(key), |key| format!("disabled: DisabledException: {}", key.arn)),
        (
            |key| emulator().schedule_deletion(key),
            |key| format!("pending deletion: KMSInvalidStateException: {}", key.arn),
        ),
        (
            |key| emulator().deny(key, "kms:Decrypt"),
            |key| format!("refused: AccessDeniedException, missing kms:Decrypt on {}", key.arn),
        ),
        (
            |key| emulator().deny(key, "kms:*"),
            |key| format!("refused: AccessDeniedException, missing kms:Decrypt on {}", key.arn),
        ),
    ];
    for (ruin, verdict) in ruins {
        let scene = Scene::new();
        let key = emulator().create_key(HOME_REGION);
        scene.encrypts(&["-k", &key.arn]);
        ruin(&key);
        let line = format!("encrypted data key 1: aws-kms {}: {}", key.arn, verdict(&key));
        scene.cannot_decrypt(&["-k", &key.arn], 77, &[&line]);
        assert_eq!(scene.decrypt_calls().len(), 1, "a refusal is not retried");
    }
}

#[test]
fn a_missing_permission_to_encrypt_names_action_and_key() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    emulator().create_alias(&key, "alias/report-denied");
    let good = emulator().create_key(HOME_REGION);
    emulator().deny(&key, "kms:*");
    let of_generate = format!("refused: AccessDeniedException, missing kms:GenerateDataKey on {}", key.arn);
    scene.cannot_encrypt(&["-k", &key.arn], 77, &[&of_generate]);
    let of_wrap = format!("refused: AccessDeniedException, missing kms:Encrypt on {}", key.arn);
    scene.cannot_encrypt(&["-k", &good.arn, "-k", &key.arn], 77, &[&of_wrap]);
    let of_alias = "missing kms:GenerateDataKey on alias/report-denied in us-west-2";
    scene.cannot_encrypt(&["-k", "alias/report-denied"], 77, &[of_alias]);
}

#[test]
fn a_replica_that_is_not_there_is_not_found() {
    let scene = Scene::new();
    let key = emulator().create_multi_region_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let absent = key.arn.replace(HOME_REGION, FAR_REGION);
    let line = format!("aws-kms {}: not found: NotFoundException", key.arn);
    scene.cannot_decrypt(&["-k", &absent], 77, &[&line, &absent]);
    let discovery = format!(
        "discovery=true,discovery-partition=aws,discovery-account={ACCOUNT},discovery-region={FAR_REGION}"
    );
    scene.cannot_decrypt(&["-w", &discovery], 77, &[&line, &absent]);
}

#[test]
fn every_region_that_discovery_asked_has_its_reason() {
    let scene = Scene::new();
    let key = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&key, FAR_REGION);
    scene.encrypts(&["-k", &key.arn]);
    emulator().disable(&key);
    emulator().deny(&replica, "kms:Decrypt");
    let regions =
        [HOME_REGION, FAR_REGION, "ap-northeast-1"].map(|region| format!(",discovery-region={region}"));
    let discovery =
        format!("discovery=true,discovery-partition=aws,discovery-account={ACCOUNT}{}", regions.concat());
    let outcome = scene.cannot_decrypt(&["-w", &discovery], 77, &[]);
    let lines: Vec<_> = outcome.stderr.lines().filter(|line| line.contains("encrypted data key ")).collect();
    let [line] = lines[..] else { panic!("one line for one encrypted data key: {}", outcome.stderr) };
    let missing = format!("missing kms:Decrypt on {}", replica.arn);
    for words in ["disabled: DisabledException", &missing, "not found: NotFoundException"] {
        assert!(line.contains(words), "no {words:?} in {line}");
    }
}

/// A filter of discovery, the verdict on a key of [`ACCOUNT`] in us-west-2, and whether it is asked.
const FILTERS: [(&str, &str); 5] = [
    ("discovery-partition=aws,discovery-account=999988887777", "not asked: filtered by account 123456789012"),
    (
        "discovery-partition=aws,discovery-account=111111111111,discovery-account=999988887777",
        "not asked: filtered by account 123456789012",
    ),
    ("discovery-partition=aws-cn,discovery-account=123456789012", "not asked: filtered by partition aws"),
    ("discovery-partition=aws-us-gov,discovery-account=123456789012", "not asked: filtered by partition aws"),
    (
        "discovery-partition=aws,discovery-account=123456789012,discovery-region=eu-central-1",
        "not asked: filtered by Region us-west-2",
    ),
];

#[test]
fn what_the_filter_keeps_out_is_not_asked() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    for (filter, verdict) in FILTERS {
        let line = format!("encrypted data key 1: aws-kms {}: {verdict}", key.arn);
        scene.cannot_decrypt(&["-w", &format!("discovery=true,{filter}")], 77, &[&line]);
    }
    assert_eq!(scene.decrypt_calls(), []);
    let both = format!(
        "discovery=true,discovery-partition=aws,discovery-account={OTHER_ACCOUNT},discovery-account={ACCOUNT}"
    );
    scene.opens(&["-w", &both]);
}

#[test]
fn a_key_of_another_account_tells_what_is_missing() {
    let scene = Scene::new();
    let key = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    emulator().allow(&key, ACCOUNT, "kms:GenerateDataKey");
    scene.encrypts(&["-k", &key.arn]);
    let line =
        format!("aws-kms {}: refused: AccessDeniedException, missing kms:Decrypt on {}", key.arn, key.arn);
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&line]);
}

#[test]
fn a_context_that_kms_did_not_see_or_damage() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn, "-c", "table=orders"]);
    let message = scene.place.read("message.esdk");
    let at = message.windows(6).position(|window| window == b"orders").expect("the value is there");
    let mut changed = message;
    changed[at] = b'O';
    scene.place.write("message.esdk", changed);
    let line = format!("aws-kms {}: wrong context, or damaged: InvalidCiphertextException", key.arn);
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&line]);
}

/// A fault on every call of an operation, the exit status, and the verdict.
type Case = (Fault, i32, &'static str);

/// What can befall every operation.
const OF_ALL: [Case; 17] = [
    (Fault::Error { status: 400, code: "ThrottlingException" }, 75, "throttled after 3 attempts"),
    (Fault::Page { status: 500, body: "<html>oops</html>" }, 75, "KMS failed after 3 attempts"),
    (Fault::Error { status: 500, code: "KMSInternalException" }, 75, "KMS failed after 3 attempts"),
    (Fault::Error { status: 500, code: "KeyUnavailableException" }, 75, "KMS failed after 3 attempts"),
    (Fault::Error { status: 503, code: "DependencyTimeoutException" }, 75, "KMS failed after 3 attempts"),
    (Fault::Page { status: 503, body: "<html>busy</html>" }, 75, "KMS failed after 3 attempts"),
    (Fault::Reset, 75, "KMS cannot be reached after 3 attempts"),
    (Fault::Truncate, 75, "KMS cannot be reached after 3 attempts"),
    (Fault::Hang, 75, "timed out after 3 attempts: no answer from KMS within 2 s"),
    (Fault::Page { status: 200, body: "<html>welcome</html>" }, 1, "bad answer, not from KMS"),
    (
        Fault::Rewrite(|answer| answer["KeyId"] = json!("arn:aws:kms:us-west-2:1:key/2")),
        77,
        "bad answer from KMS",
    ),
    (Fault::Rewrite(|answer| answer["KeyId"] = json!(null)), 77, "bad answer from KMS"),
    (Fault::Error { status: 400, code: "ExpiredTokenException" }, 77, "refused: ExpiredTokenException"),
    (
        Fault::Error { status: 400, code: "AccessDeniedException" },
        77,
        "refused: AccessDeniedException, missing kms:",
    ),
    (Fault::Error { status: 400, code: "DisabledException" }, 77, "disabled: DisabledException"),
    (Fault::Error { status: 400, code: "NotFoundException" }, 77, "not found: NotFoundException"),
    (
        Fault::Error { status: 400, code: "KMSInvalidStateException" },
        77,
        "not usable in its state: KMSInvalidStateException",
    ),
];

/// What can befall Decrypt beside that.
const OF_DECRYPT: [Case; 2] = [
    (
        Fault::Rewrite(|answer| answer["Plaintext"] = json!("AAAA")),
        77,
        "refused: it holds a data key of 3 bytes",
    ),
    (Fault::Error { status: 400, code: "InvalidCiphertextException" }, 77, "wrong context, or damaged"),
];

/// What can befall what wraps, GenerateDataKey and Encrypt, beside that.
const OF_WRAPPING: [Case; 4] = [
    (Fault::Rewrite(|answer| answer["CiphertextBlob"] = json!(null)), 77, "bad answer from KMS"),
    (Fault::Rewrite(|answer| answer["CiphertextBlob"] = json!("")), 77, "bad answer from KMS"),
    (Fault::Rewrite(|answer| answer["CiphertextBlob"] = json!("?")), 1, "bad answer, not from KMS"),
    (Fault::Error { status: 400, code: "InvalidKeyUsageException" }, 77, "InvalidKeyUsageException"),
];

/// What can befall GenerateDataKey beside that.
const OF_GENERATING: [Case; 3] = [
    (Fault::Rewrite(|answer| answer["Plaintext"] = json!("AAAA")), 77, "bad answer from KMS"),
    (Fault::Rewrite(|answer| answer["Plaintext"] = json!(null)), 77, "bad answer from KMS"),
    (Fault::Rewrite(|answer| answer["Plaintext"] = json!("?")), 1, "bad answer, not from KMS"),
];

/// Runs each case by itself, all at once, and holds each to its time: the limit, and what a machine with other things to do
/// adds.
fn each_in_time(cases: &[&[Case]], run: impl Fn(Fault, i32, &'static str) + Sync) {
    let run = &run;
    std::thread::scope(|scope| {
        for (fault, status, verdict) in cases.iter().copied().flatten().cloned() {
            scope.spawn(move || {
                let begun = Instant::now();
                run(fault, status, verdict);
                assert!(begun.elapsed() < Duration::from_secs(12 + 60), "{verdict}: {:?}", begun.elapsed());
            });
        }
    });
}

/// Only what passes by itself is asked for again.
fn attempts(status: i32) -> usize {
    if status == 75 { ATTEMPTS } else { 1 }
}

#[test]
fn each_fault_of_decrypt_has_its_verdict_in_time_and_never_a_plaintext() {
    each_in_time(&[&OF_ALL, &OF_DECRYPT], |fault, status, verdict| {
        let scene = Scene::new();
        let key = emulator().create_key(HOME_REGION);
        scene.encrypts(&["-k", &key.arn]);
        scene.proxy.always("Decrypt", fault);
        let line = format!("encrypted data key 1: aws-kms {}: {verdict}", key.arn);
        scene.cannot_decrypt(&[&LIMIT[..], &["-k", &key.arn]].concat(), status, &[&line]);
        assert_eq!(scene.decrypt_calls().len(), attempts(status), "{verdict}");
    });
}

#[test]
fn each_fault_of_generate_data_key_has_its_verdict_in_time_and_never_a_message() {
    each_in_time(&[&OF_ALL, &OF_WRAPPING, &OF_GENERATING], |fault, status, verdict| {
        cannot_wrap("GenerateDataKey", fault, status, verdict);
    });
}

#[test]
fn each_fault_of_encrypt_has_its_verdict_in_time_and_never_a_message() {
    each_in_time(&[&OF_ALL, &OF_WRAPPING], |fault, status, verdict| {
        cannot_wrap("Encrypt", fault, status, verdict);
    });
}

/// Two keys, of which the first generates and the second wraps: the fault befalls one of them, and what was there stays.
fn cannot_wrap(operation: &str, fault: Fault, status: i32, verdict: &str) {
    let scene = Scene::new();
    let [generator, child] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    scene.place.write("message.esdk", "what was there");
    scene.proxy.always(operation, fault);
    let key = if operation == "Encrypt" { &child } else { &generator };
    let keys = ["-f", "-k", &generator.arn, "-k", &child.arn];
    let about = format!("kms:{operation} on {}", key.arn);
    let outcome =
        scene.cannot_encrypt(&[&LIMIT[..], &keys].concat(), status, &["plain.bin", verdict, &about]);
    assert_eq!(scene.place.read("message.esdk"), b"what was there", "{}", outcome.stderr);
    assert_eq!(scene.proxy.calls_of(operation).len(), attempts(status), "{verdict}");
    let others = if operation == "Encrypt" { ("GenerateDataKey", 1) } else { ("Encrypt", 0) };
    assert_eq!(scene.proxy.calls_of(others.0).len(), others.1, "{verdict}");
}

#[test]
fn the_answer_for_another_key_opens_nothing() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    // The right KeyId, and the plaintext of another data key: only the message can tell.
    let other = |answer: &mut serde_json::Value| {
        answer["Plaintext"] = json!("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
    };
    scene.proxy.once("Decrypt", Fault::Rewrite(other));
    scene.cannot_decrypt(&["-k", &key.arn], 65, &["not committed"]);
    scene.place.remove("message.esdk");
    let plain = ["--commitment-policy", "forbid-encrypt-allow-decrypt"];
    scene.encrypt(&[&plain[..], &["--algorithm", "0x0178", "-k", &key.arn]].concat()).succeeded();
    scene.proxy.once("Decrypt", Fault::Rewrite(other));
    scene.cannot_decrypt(&[&plain[..], &["-k", &key.arn]].concat(), 65, &["header", "authentication"]);
}

#[test]
fn refusals_and_faults_together_are_refused_and_faults_alone_pass() {
    let scene = Scene::new();
    let [first, second] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    scene.encrypts(&["-k", &first.arn, "-k", &second.arn]);
    let throttling = Fault::Error { status: 400, code: "ThrottlingException" };
    scene.proxy.for_key("Decrypt", &first.arn, throttling);
    scene.proxy.for_key("Decrypt", &second.arn, Fault::Page { status: 503, body: "busy" });
    let keys = ["-k", &first.arn, "-k", &second.arn];
    scene.cannot_decrypt(&keys, 75, &["throttled after 3 attempts", "KMS failed after 3 attempts"]);
    // What was not asked changes nothing.
    scene.cannot_decrypt(&keys[..2], 75, &["throttled", "not asked"]);
    let scene = Scene::new();
    scene.encrypts(&keys);
    emulator().disable(&second);
    scene.proxy.for_key("Decrypt", &first.arn, Fault::Error { status: 400, code: "ThrottlingException" });
    scene.cannot_decrypt(&keys, 77, &["throttled", "disabled"]);
}
