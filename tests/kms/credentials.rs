//! Whose credentials: every way of the SDK's chain that needs nothing outside this machine, roles, and what is said when
//! there are none.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Scene;
use crate::support::emulator::{ACCOUNT, FAR_REGION, HOME_REGION, Kind, OTHER_ACCOUNT, emulator};
use crate::support::fault_proxy::{Call, Fault};
use crate::support::stand_in::{Answer, StandIn};

const ROLE: &str = "arn:aws:iam::999988887777:role/backup";

/// A scene without credentials in the environment, and all services behind its proxy.
fn without_credentials() -> Scene {
    let mut scene = Scene::new();
    scene.place.unset("AWS_ACCESS_KEY_ID");
    scene.place.unset("AWS_SECRET_ACCESS_KEY");
    scene.place.unset("AWS_ENDPOINT_URL_KMS");
    scene.place.set("AWS_ENDPOINT_URL", scene.proxy.endpoint());
    scene
}

/// Writes the AWS configuration file.
fn configure(scene: &mut Scene, text: &str) {
    let config = scene.place.home().join("config");
    fs::write(&config, text).expect("a file in the home folder");
    scene.place.set("AWS_CONFIG_FILE", config.to_string_lossy());
}

/// It encrypts, and the call is signed with this access key id.
#[track_caller]
fn signs_as(scene: &Scene, access_key_id: &str) {
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let call = scene.proxy.calls_of("GenerateDataKey").pop().expect("a call");
    assert_eq!(call.access_key_id, access_key_id);
}

fn credentials_json() -> String {
    json!({
        "Version": 1, "Code": "Success", "Type": "AWS-HMAC",
        "AccessKeyId": "AKIDELSEWHERE", "SecretAccessKey": "secret", "Token": "token", "SessionToken": "token",
        "Expiration": "2099-01-01T00:00:00Z", "LastUpdated": "2026-01-01T00:00:00Z",
    })
    .to_string()
}

#[test]
fn of_a_process() {
    let mut scene = without_credentials();
    let script = scene.place.home().join("credentials.sh");
    fs::write(&script, format!("#!/bin/sh\necho '{}'\n", credentials_json())).expect("a file");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("mode");
    let config = format!("[default]\ncredential_process = {}\n", script.display());
    configure(&mut scene, &config);
    signs_as(&scene, "AKIDELSEWHERE");
}

#[test]
fn of_a_container() {
    let mut scene = without_credentials();
    let server = StandIn::start(vec![Answer { request: "GET /credentials", body: credentials_json() }]);
    scene.place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/credentials", server.endpoint()));
    scene.place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
    signs_as(&scene, "AKIDELSEWHERE");
    let [head] = &server.heads()[..] else { panic!("asked once: {:?}", server.heads()) };
    assert!(head.to_lowercase().contains("authorization: basic abc"), "{head}");
}

/// An instance with a role, in the far Region.
fn instance() -> StandIn {
    let role = |request| Answer { request, body: "role".to_owned() };
    let credentials = |request| Answer { request, body: credentials_json() };
    StandIn::start(vec![
        Answer { request: "PUT /latest/api/token", body: "token".to_owned() },
        role("GET /latest/meta-data/iam/security-credentials/"),
        role("GET /latest/meta-data/iam/security-credentials-extended/"),
        credentials("GET /latest/meta-data/iam/security-credentials/role"),
        credentials("GET /latest/meta-data/iam/security-credentials-extended/role"),
        Answer { request: "GET /latest/meta-data/placement/region", body: FAR_REGION.to_owned() },
    ])
}

#[test]
fn of_the_instance_and_its_region() {
    let mut scene = without_credentials();
    let server = instance();
    scene.place.unset("AWS_EC2_METADATA_DISABLED");
    scene.place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.endpoint());
    signs_as(&scene, "AKIDELSEWHERE");

    scene.place.unset("AWS_REGION");
    let key = emulator().create_key(FAR_REGION);
    scene.place.remove("message.esdk");
    scene.encrypts(&["-k", &key.id]);
    assert_eq!(scene.proxy.calls().pop().expect("a call").region, FAR_REGION);
    // Nobody asks the instance for its Region only to sort encrypted data keys.
    let asked = server.heads().len();
    let other = emulator().create_key(HOME_REGION);
    scene.place.set("AWS_ACCESS_KEY_ID", "AKIDTEST");
    scene.place.set("AWS_SECRET_ACCESS_KEY", "secret");
    scene.place.remove("message.esdk");
    scene.encrypts(&["-k", &other.arn, "-k", &key.arn]);
    scene.opens(&["-k", &other.arn, "-k", &key.arn]);
    assert_eq!(server.heads().len(), asked);
}

#[test]
fn of_a_web_identity() {
    let mut scene = without_credentials();
    let token = scene.place.home().join("token");
    fs::write(&token, "a-web-identity-token").expect("a file");
    scene.place.set("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_string_lossy());
    scene.place.set("AWS_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/web"));
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    assert_eq!(scene.proxy.operations(), ["AssumeRoleWithWebIdentity", "GenerateDataKey"]);
    let calls = scene.proxy.calls();
    assert_eq!(calls[0].request["WebIdentityToken"], "a-web-identity-token");
    assert!(calls[1].access_key_id.starts_with("ASIA"), "{}", calls[1].access_key_id);
}

#[test]
fn of_an_sso_session_that_is_logged_in() {
    let mut scene = without_credentials();
    let role = json!({"roleCredentials": {
        "accessKeyId": "AKIDELSEWHERE", "secretAccessKey": "secret", "sessionToken": "token",
        "expiration": 4_070_908_800_000_u64,
    }});
    let server =
        StandIn::start(vec![Answer { request: "GET /federation/credentials", body: role.to_string() }]);
    scene.place.set("AWS_ENDPOINT_URL_SSO", server.endpoint());
    let profile = "[profile work]\nsso_session = office\nsso_account_id = 123456789012\nsso_role_name = backup\n\
                   [sso-session office]\nsso_region = us-west-2\nsso_start_url = https://office.invalid/start\n";
    configure(&mut scene, profile);
    scene.place.set("AWS_PROFILE", "work");
    let key = emulator().create_key(HOME_REGION);
    // Not logged in: it is said how to.
    scene.cannot_encrypt(&["-k", &key.arn], 77, &["no credentials", "aws sso login"]);

    let cache = scene.place.home().join(".aws/sso/cache");
    fs::create_dir_all(&cache).expect("a folder");
    let token = json!({"accessToken": "logged-in", "expiresAt": "2099-01-01T00:00:00Z", "region": "us-west-2",
                       "startUrl": "https://office.invalid/start"});
    // The SHA-1 of the session's name.
    let name = "e6427457497fe0f4f93a7334d2203b8e17ee82df.json";
    fs::write(cache.join(name), token.to_string()).expect("a file");
    signs_as(&scene, "AKIDELSEWHERE");
    let head = server.heads().pop().expect("asked");
    assert!(head.contains("role_name=backup") && head.contains("account_id=123456789012"), "{head}");
    assert!(head.contains("logged-in"), "{head}");
}

#[test]
fn of_a_role_that_is_assumed_once() {
    let mut scene = Scene::new();
    scene.place.set("AWS_ENDPOINT_URL_STS", scene.proxy.endpoint());
    let theirs = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    let far = emulator().create(OTHER_ACCOUNT, FAR_REGION, Kind::SingleRegion);
    let ours = emulator().create_key(HOME_REGION);
    scene.cannot_encrypt(&["-k", &theirs.arn], 77, &["AccessDeniedException"]);

    let before = scene.proxy.calls().len();
    let role = format!("role-arn={ROLE},role-session-name=night,external-id=x-17");
    let groups = [
        format!("key={},key={},{role}", theirs.arn, far.arn),
        format!("key={},{role},grant-token=g", theirs.arn),
    ];
    scene.encrypts(&["-k", &ours.arn, "-w", &groups[0], "-w", &groups[1]]);
    let calls = scene.proxy.calls().split_off(before);
    let of =
        |operation: &str| calls.iter().filter(|call| call.operation == operation).collect::<Vec<&Call>>();
    let [assumed] = of("AssumeRole")[..] else { panic!("assumed once: {:?}", scene.proxy.operations()) };
    assert_eq!(assumed.request["RoleArn"], ROLE);
    assert_eq!(assumed.request["RoleSessionName"], "night");
    assert_eq!(assumed.request["ExternalId"], "x-17");
    assert_eq!(assumed.access_key_id, "AKIDTEST");
    assert_eq!(of("GenerateDataKey")[0].access_key_id, "AKIDTEST");
    let wraps = of("Encrypt");
    assert_eq!(wraps.len(), 3);
    assert!(wraps.iter().all(|call| call.access_key_id.starts_with("ASIA")));
    scene.opens(&["-w", &groups[0]]);
}

#[test]
fn without_a_name_the_session_is_called_esdk() {
    let mut scene = Scene::new();
    scene.place.set("AWS_ENDPOINT_URL_STS", scene.proxy.endpoint());
    let theirs = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    scene.encrypts(&["-w", &format!("key={},role-arn={ROLE}", theirs.arn)]);
    let assumed = scene.proxy.calls_of("AssumeRole").pop().expect("assumed");
    assert_eq!(assumed.request["RoleSessionName"], "esdk");
}

#[test]
fn a_role_that_may_not_be_assumed_is_refused_and_a_dead_sts_passes() {
    let mut scene = Scene::new();
    scene.place.set("AWS_ENDPOINT_URL_STS", scene.proxy.endpoint());
    let theirs = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    let spec = format!("key={},role-arn={ROLE}", theirs.arn);
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not allowed to \
                  perform sts:AssumeRole</Message></Error></ErrorResponse>";
    scene.proxy.once("AssumeRole", Fault::Page { status: 403, body: denied });
    scene.cannot_encrypt(&["-w", &spec], 77, &["no credentials", "sts:AssumeRole", &theirs.arn]);
    let page = Fault::Page { status: 503, body: "busy" };
    for (fault, limit) in [(Fault::Reset, "10"), (Fault::Hang, "3"), (page.clone(), "10"), (page, "1")] {
        let mut scene = Scene::new();
        scene.place.set("AWS_ENDPOINT_URL_STS", scene.proxy.endpoint());
        scene.proxy.always("AssumeRole", fault);
        let words = [&*theirs.arn, "credentials"];
        scene.cannot_encrypt(&["--kms-timeout", limit, "-w", &spec], 75, &words);
    }
    // Nobody listens.
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|port| port.local_addr()).expect("a port");
    scene.place.set("AWS_ENDPOINT_URL_STS", format!("http://{port}"));
    scene.cannot_encrypt(&["-w", &spec], 75, &[&theirs.arn, "credentials"]);
}

/// A Region does not answer when KMS does not: that a role's credentials do not come says nothing of it.
#[test]
fn a_dead_sts_does_not_keep_another_key_of_the_region_from_being_asked() {
    let mut scene = Scene::new();
    let (theirs, ours) = (emulator().create_key(HOME_REGION), emulator().create_key(HOME_REGION));
    scene.place.write("plain", "text");
    let both = ["encrypt", "-q", "-k", &theirs.arn, "-k", &ours.arn, "plain"];
    scene.place.esdk(both).succeeded();
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|port| port.local_addr()).expect("a port");
    scene.place.set("AWS_ENDPOINT_URL_STS", format!("http://{port}"));
    let (with_role, without) = (format!("key={},role-arn={ROLE}", theirs.arn), format!("key={}", ours.arn));
    let decrypt = ["decrypt", "-f", "-w", &with_role, "-w", &without, "plain.esdk"];
    scene.place.esdk(decrypt).succeeded();
}

#[test]
fn a_silent_instance_passes_and_an_instance_without_a_role_does_not() {
    let mut scene = without_credentials();
    let key = emulator().create_key(HOME_REGION);
    scene.place.unset("AWS_EC2_METADATA_DISABLED");
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = silent.local_addr().expect("an address");
    scene.place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{address}"));
    let begun = Instant::now();
    scene.cannot_encrypt(&["-k", &key.arn], 75, &["credentials", &key.arn]);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());

    let server = StandIn::start(vec![Answer { request: "PUT /latest/api/token", body: "token".to_owned() }]);
    scene.place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.endpoint());
    scene.cannot_encrypt(&["-k", &key.arn], 77, &["no credentials", &key.arn]);
}

#[test]
fn missing_credentials_are_looked_for_once_a_run() {
    let mut scene = without_credentials();
    let key = emulator().create_key(HOME_REGION);
    let server = StandIn::start(vec![]);
    scene.place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/credentials", server.endpoint()));
    scene.cannot_encrypt(&["-k", &key.arn], 77, &["no credentials"]);
    let once = server.heads().len();
    let names: Vec<String> = (0..24).map(|number| format!("{number}.bin")).collect();
    names.iter().for_each(|name| scene.place.write(name, name));
    for (jobs, runs) in [("1", 2), ("8", 3)] {
        let inputs = names.iter().map(String::as_str);
        let outcome = scene.place.esdk(["encrypt", "-j", jobs, "-k", &key.arn].into_iter().chain(inputs));
        outcome.failed(77).saying(&["0.bin: no credentials", "23.bin: no credentials"]);
        assert_eq!(server.heads().len(), runs * once, "with {jobs} jobs");
    }
}

#[test]
fn a_credential_process_runs_once_whether_it_gives_any_or_not() {
    let mut scene = without_credentials();
    let key = emulator().create_key(HOME_REGION);
    let names: Vec<String> = (0..24).map(|number| format!("{number}.bin")).collect();
    names.iter().for_each(|name| scene.place.write(name, name));
    let (script, log) = (scene.place.home().join("credentials.sh"), scene.place.home().join("runs"));
    configure(&mut scene, &format!("[default]\ncredential_process = {}\n", script.display()));
    for (status, last_line) in [(77, "exit 1".to_owned()), (0, format!("echo '{}'", credentials_json()))] {
        let lines = format!("#!/bin/sh\necho run >> {}\n{last_line}\n", log.display());
        fs::write(&script, lines).expect("a file");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("mode");
        let inputs = names.iter().map(String::as_str);
        let outcome = scene.place.esdk(["encrypt", "-j", "8", "-k", &key.arn].into_iter().chain(inputs));
        outcome.exited(status);
        assert_eq!(fs::read_to_string(&log).expect("it ran"), "run\n", "{}", outcome.stderr);
        fs::remove_file(&log).expect("it is there");
    }
}

#[test]
fn a_profile_with_mfa_is_told_before_anything_is_done() {
    let mut scene = without_credentials();
    let key = emulator().create_key(HOME_REGION);
    let profiles = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n\
                    [profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n\
                    mfa_serial = arn:aws:iam::123456789012:mfa/zoe\n\
                    [profile deep]\nrole_arn = arn:aws:iam::123456789012:role/deep\nsource_profile = admin\n";
    configure(&mut scene, profiles);
    let words = ["MFA", "arn:aws:iam::123456789012:mfa/zoe", "aws configure export-credentials"];
    for profile in ["admin", "deep"] {
        scene.cannot_encrypt(&["--profile", profile, "-k", &key.arn], 77, &words);
    }
    scene.place.set("AWS_PROFILE", "admin");
    scene.cannot_encrypt(&["-k", &key.arn], 77, &words);
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
    // Credentials of the environment go before the environment's profile: no code is needed.
    scene.place.set("AWS_ACCESS_KEY_ID", "AKIDTEST");
    scene.place.set("AWS_SECRET_ACCESS_KEY", "secret");
    signs_as(&scene, "AKIDTEST");
}

#[test]
fn what_is_missing_is_told_once_for_the_whole_run() {
    let mut scene = Scene::new();
    scene.place.write("other.bin", "other");
    let key = emulator().create_key(HOME_REGION);
    let inputs = ["plain.bin", "other.bin"];
    let profile =
        scene.place.esdk([&["encrypt", "--profile", "cellar", "-k", &key.arn][..], &inputs].concat());
    profile.failed(2).saying(&["the AWS files have no profile cellar"]);
    scene.place.unset("AWS_REGION");
    let region = scene.place.esdk([&["encrypt", "-k", "alias/a"][..], &inputs].concat());
    region.failed(2).saying(&["no Region", "alias/a"]);
    for outcome in [profile, region] {
        assert_eq!(outcome.stderr.matches("esdk: error: ").count(), 1, "{}", outcome.stderr);
    }
    configure(&mut scene, "[profile\nregion");
    scene.cannot_encrypt(&["--profile", "x", "-k", &key.arn], 2, &["the AWS files cannot be read"]);
}

#[test]
fn role_names_without_a_role_and_bad_roles_are_usage_errors() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    for (pairs, word) in [
        ("external-id=x", "role-arn="),
        ("role-session-name=x", "role-arn="),
        ("role-arn=backup", "ARN of a role"),
        ("role-arn=arn:aws:iam::1:user/x", "ARN of a role"),
    ] {
        scene.cannot_encrypt(&["-w", &format!("key={},{pairs}", key.arn)], 2, &[word]);
    }
    assert_eq!(scene.proxy.operations(), Vec::<String>::new());
}
