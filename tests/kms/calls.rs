//! How many calls there are, at once and a second, how long they may take, and that nothing is found out twice.

use std::time::{Duration, Instant};

use crate::Scene;
use crate::caching::Batch;
use crate::support::emulator::{HOME_REGION, emulator};
use crate::support::fault_proxy::{Call, Fault, GATHER_LIMIT};

/// Eight keys as arguments: one call generates, seven wrap.
fn eight_keys() -> Vec<String> {
    (0..8).flat_map(|_| ["-k".to_owned(), emulator().create_key(HOME_REGION).arn]).collect()
}

fn encrypt(scene: &Scene, options: &[&str], keys: &[String]) {
    scene.encrypts(&[options, &keys.iter().map(String::as_str).collect::<Vec<_>>()].concat());
}

/// The greatest number of calls that had arrived and were not answered yet.
fn most_at_once(calls: &[Call]) -> usize {
    let at_once = |now: Instant| {
        calls
            .iter()
            .filter(|call| call.arrived <= now && call.answered.is_some_and(|then| then > now))
            .count()
    };
    calls.iter().map(|call| at_once(call.arrived)).max().unwrap_or_default()
}

#[test]
fn no_more_calls_than_allowed_are_in_flight() {
    let keys = eight_keys();
    for (limit, expected) in [("2", 2), ("1", 1), ("32", 7)] {
        let scene = Scene::new();
        scene.proxy.always("Encrypt", Fault::Delay(Duration::from_millis(300)));
        encrypt(&scene, &["--kms-in-flight", limit], &keys);
        let most = most_at_once(&scene.proxy.calls_of("Encrypt"));
        assert!(most <= expected, "{most} calls at once under a limit of {limit}");
        assert!(expected == 1 || most > 1, "the calls did not overlap");
    }
}

/// One call after the other would take 1000 times 20 ms. Here 16 calls have to be under way before the first of them is
/// answered, all the time: that is 63 times 20 ms, whatever the machine needs for the rest.
#[test]
fn a_thousand_files_wait_for_kms_a_fifteenth_of_one_call_after_the_other() {
    const FILES: usize = 1000;
    const WAVE: usize = 16;
    const { assert!(FILES >= 15 * FILES.div_ceil(WAVE)) };
    let waves = Fault::Waves { of: WAVE, all: FILES, pause: Duration::from_millis(20) };
    let batch = Batch::new(FILES, 1024);
    let proxy = &batch.scene.proxy;
    let names = batch.names.iter().map(String::as_str);
    let messages: Vec<_> = batch.names.iter().map(|name| format!("encrypted/{name}.esdk")).collect();
    let messages = messages.iter().map(String::as_str);
    let encrypt = ["encrypt", "-k", &batch.key.arn, "-j", "32", "-o", "encrypted/"];
    let decrypt = ["decrypt", "-k", &batch.key.arn, "-j", "32", "-o", "opened/"];
    let runs: [(&str, Vec<&str>); 2] = [
        ("GenerateDataKey", encrypt.into_iter().chain(names).collect()),
        ("Decrypt", decrypt.into_iter().chain(messages).collect()),
    ];
    for (operation, arguments) in runs {
        proxy.always(operation, waves.clone());
        batch.scene.place.esdk(arguments).succeeded();
        let calls = proxy.calls_of(operation);
        assert_eq!(calls.len(), FILES, "no caching, and nothing repeated");
        let longest = calls.iter().filter_map(|call| Some(call.answered? - call.arrived)).max();
        assert!(longest.is_some_and(|longest| longest < GATHER_LIMIT), "a wave was not full: {longest:?}");
    }
}

#[test]
fn requests_a_second_are_bounded_and_repeats_count() {
    let scene = Scene::new();
    encrypt(&scene, &["--kms-rate", "10"], &eight_keys());
    let arrivals = |scene: &Scene| {
        let mut times: Vec<_> = scene.proxy.calls().iter().map(|call| call.arrived).collect();
        times.sort();
        *times.last().expect("calls") - *times.first().expect("calls")
    };
    // Eight requests are seven pauses; a slow start of the first may shorten what is seen of it.
    assert!(arrivals(&scene) >= Duration::from_millis(600), "{:?}", arrivals(&scene));

    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.write("other.bin", "other");
    scene.proxy.once("GenerateDataKey", Fault::Page { status: 503, body: "busy" });
    // One after the other: a request that is repeated at once makes those wait that have no turn yet.
    let arguments = ["encrypt", "-j", "1", "--kms-rate", "0.5", "-k", &key.arn, "plain.bin", "other.bin"];
    scene.place.esdk(arguments).succeeded();
    assert_eq!(scene.proxy.calls().len(), 3);
    assert!(arrivals(&scene) >= Duration::from_millis(3500), "{:?}", arrivals(&scene));
}

#[test]
fn limits_that_cannot_be_are_usage_errors() {
    let scene = Scene::new();
    for [option, value] in [
        ["--kms-rate", "0"],
        ["--kms-rate", "-1"],
        ["--kms-rate", "NaN"],
        ["--kms-rate", "many"],
        ["--kms-timeout", "0"],
        ["--kms-timeout", "inf"],
        ["--kms-in-flight", "0"],
    ] {
        let outcome = scene.encrypt(&["-k", "alias/a", &format!("{option}={value}")]);
        outcome.exited(2).saying(&[option]);
    }
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}

#[test]
fn the_time_limit_can_be_set() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.proxy.always("GenerateDataKey", Fault::Hang);
    let begun = Instant::now();
    let words = ["timed out after ", "no answer from KMS within ", &key.arn];
    scene.cannot_encrypt(&["--kms-timeout", "3", "-k", &key.arn], 75, &words);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn a_run_of_many_calls_adapts_its_pace() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let names: Vec<String> = (0..40).map(|number| format!("{number}.bin")).collect();
    names.iter().for_each(|name| scene.place.write(name, name));
    let inputs = names.iter().map(String::as_str);
    let outcome = scene.place.esdk(["encrypt", "-v", "-k", &key.arn].into_iter().chain(inputs));
    outcome.succeeded().saying(&["40 KMS calls"]);
    let calls = scene.proxy.calls();
    assert_eq!(calls.len(), 40);
    // The SDK tells its retry mode in letters: E is standard, F is adaptive.
    let has = |call: &Call, letter: &str| {
        let words = call.user_agent.split(' ').find_map(|word| word.strip_prefix("m/")).unwrap_or_default();
        words.split(',').any(|word| word == letter)
    };
    assert!(has(&calls[0], "E") && !has(&calls[0], "F"), "{}", calls[0].user_agent);
    assert!(has(&calls[39], "F"), "{}", calls[39].user_agent);
}

#[test]
fn aws_sees_in_whose_place_it_is_called() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION).arn;
    scene.encrypts(&["-k", &key]);
    let words = ["aws-encryption-cli", "-e", "-S", "-i", "plain.bin", "-o", "in-its-place"];
    scene.place.esdk(words.into_iter().chain(["-w", &format!("key={key}")])).succeeded();
    let agents: Vec<_> = scene.proxy.calls().into_iter().map(|call| call.user_agent).collect();
    let [own, other] = &agents[..] else { panic!("two calls: {agents:?}") };
    assert!(own.contains(" lib/esdk/") && !own.contains("AwsEncryptionSdkCli"), "{own}");
    assert!(other.contains(" lib/esdk/") && other.contains(" lib/AwsEncryptionSdkCli/4.3.0"), "{other}");
}
