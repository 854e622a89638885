//! Which encrypted data key is asked for first, and what becomes of a Region that does not answer.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};
use crate::support::fault_proxy::Fault;

const THIRD_REGION: &str = "ap-northeast-1";
const ANY: &str = "discovery=true,discovery-partition=aws,discovery-account=123456789012";

fn keys(regions: &[&str]) -> Vec<KmsKey> {
    regions.iter().map(|region| emulator().create_key(region)).collect()
}

fn flags(keys: &[KmsKey]) -> Vec<&str> {
    keys.iter().flat_map(|key| ["-k", key.arn.as_str()]).collect()
}

fn asked(scene: &Scene) -> Vec<String> {
    scene.decrypt_calls().into_iter().map(|(_, key)| key).collect()
}

#[test]
fn the_own_region_is_asked_first_wherever_it_stands() {
    let scene = Scene::new();
    let keys = keys(&[FAR_REGION, THIRD_REGION, HOME_REGION]);
    scene.encrypts(&flags(&keys));
    scene.opens(&flags(&keys));
    scene.opens(&["-w", ANY]);
    assert_eq!(asked(&scene), [keys[2].arn.clone(), keys[2].arn.clone()]);
}

#[test]
fn the_own_region_is_what_option_profile_or_environment_name() {
    let keys = keys(&[HOME_REGION, FAR_REGION]);
    let scene = Scene::new();
    scene.encrypts(&flags(&keys));
    scene.opens(&[&["--region", FAR_REGION][..], &flags(&keys)].concat());
    let discovery = format!("{ANY},region={FAR_REGION}");
    scene.opens(&["-w", &discovery]);
    assert_eq!(asked(&scene), [keys[1].arn.clone(), keys[1].arn.clone()]);

    let mut scene = scene;
    scene.place.set("AWS_REGION", FAR_REGION);
    scene.opens(&["-w", ANY]);
    assert_eq!(asked(&scene).pop(), Some(keys[1].arn.clone()));
    scene.place.unset("AWS_REGION");
    let config = scene.place.home().join("config");
    std::fs::write(&config, format!("[default]\nregion = {FAR_REGION}\n")).expect("a file");
    scene.place.set("AWS_CONFIG_FILE", config.to_string_lossy());
    scene.opens(&["-w", ANY]);
    assert_eq!(asked(&scene).pop(), Some(keys[1].arn.clone()));
}

#[test]
fn the_others_are_asked_as_they_stand() {
    let mut scene = Scene::new();
    let keys = keys(&[FAR_REGION, THIRD_REGION, HOME_REGION]);
    scene.encrypts(&flags(&keys));
    keys.iter().for_each(|key| emulator().disable(key));
    scene.cannot_decrypt(&["-w", ANY], 77, &[]);
    let order = [2, 0, 1].map(|at: usize| keys[at].arn.clone());
    assert_eq!(asked(&scene), order);
    // Nothing tells the own Region: the order of the message.
    scene.place.unset("AWS_REGION");
    scene.cannot_decrypt(&["-w", ANY], 77, &[]);
    let order: Vec<_> = keys.iter().map(|key| key.arn.clone()).collect();
    assert_eq!(asked(&scene)[3..], order);
}

#[test]
fn the_near_replica_is_asked_before_the_far_one_though_it_was_named_after_it() {
    let scene = Scene::new();
    let primary = emulator().create_multi_region_key(FAR_REGION);
    let replica = emulator().replicate(&primary, HOME_REGION);
    scene.encrypts(&["-k", &primary.arn]);
    scene.opens(&["-k", &primary.arn, "-k", &replica.arn]);
    assert_eq!(asked(&scene), [replica.arn]);
}

#[test]
fn the_report_keeps_the_order_of_the_message() {
    let scene = Scene::new();
    let keys = keys(&[FAR_REGION, HOME_REGION]);
    scene.encrypts(&flags(&keys));
    keys.iter().for_each(|key| emulator().disable(key));
    let outcome = scene.cannot_decrypt(&["-w", ANY], 77, &[]);
    let lines: Vec<_> = outcome.stderr.lines().filter(|line| line.contains("encrypted data key ")).collect();
    assert_eq!(lines.len(), 2, "{}", outcome.stderr);
    for (line, (position, key)) in lines.iter().zip((1..).zip(&keys)) {
        assert!(line.contains(&format!("key {position}: aws-kms {}: disabled", key.arn)), "{line}");
    }
}

#[test]
fn a_region_that_fails_is_passed_over_and_the_reason_kept() {
    let scene = Scene::new();
    let keys = keys(&[HOME_REGION, FAR_REGION]);
    scene.encrypts(&flags(&keys));
    scene.proxy.for_key("Decrypt", &keys[0].arn, Fault::Error { status: 400, code: "ThrottlingException" });
    let outcome = scene.opens(&["-v", "--metadata-output", "log.jsonl", "-w", ANY]);
    let reason = format!("encrypted data key 1: aws-kms {}: throttled after 3 attempts", keys[0].arn);
    outcome.saying(&["passed over", &reason]);
    let record = String::from_utf8(scene.place.read("log.jsonl")).expect("text");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let verdicts = record["verdicts"].as_array().expect("a list");
    assert_eq!(verdicts.len(), 2);
    assert_eq!((&verdicts[0]["position"], &verdicts[0]["outcome"]), (&1.into(), &"refused".into()));
    assert!(
        verdicts[0]["verdict"].as_str().is_some_and(|text| text.starts_with("throttled after 3 attempts"))
    );
    assert_eq!(
        (&verdicts[1]["outcome"], &verdicts[1]["key_info"]),
        (&"opened".into(), &(*keys[1].arn).into())
    );
}

#[test]
fn silent_regions_share_the_time_for_one_message() {
    let scene = Scene::new();
    let keys = keys(&[HOME_REGION, FAR_REGION, THIRD_REGION, "us-east-1"]);
    scene.encrypts(&flags(&keys));
    scene.proxy.always("Decrypt", Fault::Hang);
    let begun = Instant::now();
    let outcome = scene.cannot_decrypt(&[&["--kms-timeout", "6"][..], &flags(&keys)].concat(), 75, &[]);
    // Each alone would take 3 seconds and two pauses.
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    assert_eq!(outcome.stderr.matches("timed out").count(), 4, "{}", outcome.stderr);
    outcome.saying(&["no answer from KMS within 1.5 s"]);
    let asked = asked(&scene);
    assert!(keys.iter().all(|key| asked.contains(&key.arn)), "{asked:?}");
}

#[test]
fn a_silent_region_leaves_time_for_the_next() {
    let scene = Scene::new();
    let keys = keys(&[HOME_REGION, FAR_REGION]);
    scene.encrypts(&flags(&keys));
    scene.proxy.for_key("Decrypt", &keys[0].arn, Fault::Hang);
    let outcome = scene.opens(&[&["-v", "--kms-timeout", "6"][..], &flags(&keys)].concat());
    outcome.saying(&["encrypted data key 1", "no answer from KMS within 3 s"]);

    // The same among the Regions of discovery.
    let primary = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&primary, FAR_REGION);
    scene.place.remove("message.esdk");
    scene.encrypts(&["-k", &primary.arn]);
    scene.proxy.for_key("Decrypt", &primary.arn, Fault::Hang);
    let regions = format!("{ANY},discovery-region={HOME_REGION},discovery-region={FAR_REGION}");
    scene.opens(&["--kms-timeout", "6", "-w", &regions]);
    assert_eq!(asked(&scene).pop(), Some(replica.arn));
    scene.proxy.always("Decrypt", Fault::Hang);
    let outcome = scene.cannot_decrypt(&["-f", "--kms-timeout", "6", "-w", &regions], 75, &[]);
    assert_eq!(outcome.stderr.matches("no answer from KMS within 3 s").count(), 2, "{}", outcome.stderr);
}

#[test]
fn a_silent_region_is_waited_for_once() {
    let scene = Scene::new();
    let keys = keys(&[HOME_REGION, HOME_REGION, FAR_REGION]);
    scene.encrypts(&flags(&keys));
    scene.proxy.for_key("Decrypt", &keys[0].arn, Fault::Hang);
    scene.proxy.for_key("Decrypt", &keys[1].arn, Fault::Hang);
    let begun = Instant::now();
    scene.opens(&[&["--kms-timeout", "3"][..], &flags(&keys)].concat());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(!asked(&scene).contains(&keys[1].arn), "the silent Region was asked again");

    emulator().disable(&keys[2]);
    scene.place.remove("opened.bin");
    let words = ["timed out", "not asked: us-west-2 did not answer before", "disabled"];
    scene.cannot_decrypt(&[&["--kms-timeout", "3"][..], &flags(&keys)].concat(), 77, &words);
    let silent = flags(&keys[..2]);
    scene.cannot_decrypt(&[&["--kms-timeout", "3"][..], &silent].concat(), 75, &words[..2]);
}
