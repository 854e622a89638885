//! Whose credentials, which Region, which endpoint, and how long it is waited for.

use std::fs;
use std::time::{Duration, Instant};

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::fault_proxy::{Fault, Proxy};
use crate::unavailable::ATTEMPTS;

/// A scene with a profile `office` in the AWS files: other credentials, another Region.
fn with_profile() -> Scene {
    let mut scene = Scene::new();
    let config = scene.place.home().join("config");
    let credentials = scene.place.home().join("credentials");
    let keys = "aws_access_key_id = AKIDOFFICE\naws_secret_access_key = secret\n";
    fs::write(&config, format!("[profile office]\nregion = {FAR_REGION}\n"))
        .expect("a file in the home folder");
    fs::write(&credentials, format!("[office]\n{keys}")).expect("a file in the home folder");
    scene.place.set("AWS_CONFIG_FILE", config.to_string_lossy());
    scene.place.set("AWS_SHARED_CREDENTIALS_FILE", credentials.to_string_lossy());
    scene
}

/// The Region and access key id of the only call.
#[track_caller]
fn only_call(proxy: &Proxy) -> (String, String) {
    let calls = proxy.calls();
    assert_eq!(calls.len(), 1, "{:?}", proxy.operations());
    (calls[0].region.clone(), calls[0].access_key_id.clone())
}

#[test]
fn the_profile_of_the_environment() {
    let mut scene = with_profile();
    scene.place.unset("AWS_ACCESS_KEY_ID");
    scene.place.unset("AWS_SECRET_ACCESS_KEY");
    scene.place.unset("AWS_REGION");
    scene.place.set("AWS_PROFILE", "office");
    let key = emulator().create_key(FAR_REGION);
    scene.encrypts(&["-k", &key.id]);
    assert_eq!(only_call(&scene.proxy), (FAR_REGION.to_owned(), "AKIDOFFICE".to_owned()));
}

#[test]
fn a_profile_that_is_named_goes_before_the_environment() {
    let key = emulator().create_key(FAR_REGION);
    let specification = format!("key={},profile=office", key.id);
    for arguments in [&["--profile", "office", "-k", &key.id][..], &["-w", &specification]] {
        let scene = with_profile();
        scene.encrypts(arguments);
        assert_eq!(
            only_call(&scene.proxy),
            (FAR_REGION.to_owned(), "AKIDOFFICE".to_owned()),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_profile_that_does_not_exist() {
    let scene = with_profile();
    let key = emulator().create_key(HOME_REGION);
    scene.cannot_encrypt(&["--profile", "cellar", "-k", &key.arn], 2, &["cellar", "profile"]);
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}

#[test]
fn the_nearest_region_counts() {
    let key = emulator().create_key(FAR_REGION);
    let specification = format!("key={},region={FAR_REGION}", key.id);
    for arguments in [
        &["--region", FAR_REGION, "-k", &key.id][..],
        &["-w", &specification],
        &["--region", HOME_REGION, "-w", &specification],
        &["--region", FAR_REGION, "--profile", "office", "-k", &key.id],
        &["--region", HOME_REGION, "-k", &key.arn],
    ] {
        let scene = with_profile();
        scene.encrypts(arguments);
        assert_eq!(only_call(&scene.proxy).0, FAR_REGION, "{arguments:?}");
    }
}

#[test]
fn a_key_id_without_a_region() {
    let mut scene = Scene::new();
    scene.place.unset("AWS_REGION");
    let key = emulator().create_key(HOME_REGION);
    scene.cannot_encrypt(&["-k", &key.id], 2, &["Region", &key.id]);
    // An ARN brings its own.
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-k", &key.arn]);
}

#[test]
fn the_nearest_endpoint_counts() {
    let key = emulator().create_key(HOME_REGION);
    let scene = Scene::new();
    let other = Proxy::start(emulator().address);
    scene.encrypts(&["--endpoint-url", &other.endpoint(), "-k", &key.arn]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (0, 1));

    let specification = format!("key={},endpoint-url={}", key.arn, other.endpoint());
    scene.opens(&["--endpoint-url", &scene.proxy.endpoint(), "-w", &specification]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (0, 2));
    scene.opens(&["-k", &key.arn]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (1, 2));
}

#[test]
fn each_specification_has_its_own_client() {
    let scene = with_profile();
    let other = Proxy::start(emulator().address);
    let first = emulator().create_key(HOME_REGION);
    let second = emulator().create_key(HOME_REGION);
    let specification = format!("key={},profile=office,endpoint-url={}", second.arn, other.endpoint());
    scene.encrypts(&["-k", &first.arn, "-w", &specification]);
    assert_eq!(only_call(&scene.proxy), (HOME_REGION.to_owned(), "AKIDTEST".to_owned()));
    assert_eq!(only_call(&other), (HOME_REGION.to_owned(), "AKIDOFFICE".to_owned()));
}

#[test]
fn without_credentials_the_report_says_so() {
    let mut scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    scene.place.unset("AWS_ACCESS_KEY_ID");
    scene.place.unset("AWS_SECRET_ACCESS_KEY");
    scene.cannot_decrypt(&["-k", &key.arn], 77, &[&key.arn, "credentials"]);
    assert_eq!(scene.decrypt_calls(), []);
}

#[test]
fn a_kms_that_never_answers_is_given_up() {
    let key = emulator().create_key(HOME_REGION);
    let child = emulator().create_key(HOME_REGION);
    let scene = Scene::new();
    scene.encrypts(&["-k", &key.arn]);
    let decrypting = &scene;
    decrypting.proxy.always("Decrypt", Fault::Hang);
    let generating = &Scene::new();
    generating.proxy.always("GenerateDataKey", Fault::Hang);
    let wrapping = &Scene::new();
    wrapping.proxy.always("Encrypt", Fault::Hang);

    let started = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| decrypting.cannot_decrypt(&["-k", &key.arn], 75, &[&key.arn]));
        scope.spawn(|| generating.cannot_encrypt(&["-k", &key.arn], 75, &[&key.arn]));
        scope.spawn(|| wrapping.cannot_encrypt(&["-k", &key.arn, "-k", &child.arn], 75, &[&child.arn]));
    });
    let took = started.elapsed();
    // Three attempts of 10 s, or 60 s for all of them; the rest is for a machine that has other things to do.
    assert!(took < Duration::from_secs(100), "{took:?}");
    assert_eq!(decrypting.proxy.calls_of("Decrypt").len(), ATTEMPTS);
    assert_eq!(generating.proxy.calls_of("GenerateDataKey").len(), ATTEMPTS);
    assert_eq!(wrapping.proxy.calls_of("Encrypt").len(), ATTEMPTS);
}
