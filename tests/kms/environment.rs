//! Where calls go: endpoints, FIPS and dual-stack, who is trusted, and what the caller says of himself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::fault_proxy::Proxy;
use crate::support::python_server::PythonServer;

/// A proxy for HTTPS that lets nobody through, and remembers to whom they wanted.
struct ClosedDoor {
    address: String,
    wanted: Arc<Mutex<Vec<String>>>,
}

impl ClosedDoor {
    fn new() -> ClosedDoor {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let wanted = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&wanted);
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut head = [0; 1024];
                let length = client.read(&mut head).unwrap_or(0);
                let line = String::from_utf8_lossy(&head[..length]);
                let host = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
                kept.lock().expect("no poison").push(host.unwrap_or("no CONNECT").to_owned());
                let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            }
        });
        ClosedDoor { address, wanted }
    }

    /// The only host that anybody wanted.
    #[track_caller]
    fn wanted(&self) -> String {
        let mut wanted = std::mem::take(&mut *self.wanted.lock().expect("no poison"));
        wanted.dedup();
        assert_eq!(wanted.len(), 1, "{wanted:?}");
        wanted.remove(0)
    }
}

/// A scene whose calls go to the service itself, as far as the door.
fn at_the_door() -> (Scene, ClosedDoor) {
    let mut scene = Scene::new();
    let door = ClosedDoor::new();
    scene.place.unset("AWS_ENDPOINT_URL_KMS");
    scene.place.set("HTTPS_PROXY", door.address.clone());
    (scene, door)
}

fn knock(scene: &Scene, arguments: &[&str]) {
    scene.cannot_encrypt(arguments, 75, &["KMS cannot be reached"]);
}

#[test]
fn the_regions_own_endpoint_and_its_variants() {
    let (mut scene, door) = at_the_door();
    knock(&scene, &["-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms.us-west-2.amazonaws.com:443");
    knock(&scene, &["-k", "arn:aws-cn:kms:cn-north-1:123456789012:key/1"]);
    assert_eq!(door.wanted(), "kms.cn-north-1.amazonaws.com.cn:443");
    scene.place.set("AWS_USE_FIPS_ENDPOINT", "true");
    knock(&scene, &["-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms-fips.us-west-2.amazonaws.com:443");
    scene.place.set("AWS_USE_DUALSTACK_ENDPOINT", "true");
    knock(&scene, &["-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms-fips.us-west-2.api.aws:443");
    scene.place.unset("AWS_USE_FIPS_ENDPOINT");
    knock(&scene, &["-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms.us-west-2.api.aws:443");
}

#[test]
fn the_profile_says_the_same() {
    let (mut scene, door) = at_the_door();
    let config = scene.place.home().join("config");
    let keys = "aws_access_key_id = AKIDOFFICE\naws_secret_access_key = secret\n";
    let profiles = format!(
        "[profile fips]\nuse_fips_endpoint = true\n{keys}[profile both]\nuse_dualstack_endpoint = true\n{keys}"
    );
    fs::write(&config, profiles).expect("a file");
    scene.place.set("AWS_CONFIG_FILE", config.to_string_lossy());
    knock(&scene, &["--profile", "fips", "-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms-fips.us-west-2.amazonaws.com:443");
    scene.place.set("AWS_PROFILE", "both");
    knock(&scene, &["-k", "alias/a"]);
    assert_eq!(door.wanted(), "kms.us-west-2.api.aws:443");
}

#[test]
fn endpoints_of_the_environment_and_none_of_them() {
    let (mut scene, door) = at_the_door();
    let other = Proxy::start(emulator().address);
    let key = emulator().create_key(HOME_REGION);
    scene.place.set("AWS_ENDPOINT_URL", other.endpoint());
    scene.encrypts(&["-k", &key.arn]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (0, 1));
    scene.place.set("AWS_ENDPOINT_URL_KMS", scene.proxy.endpoint());
    scene.opens(&["-k", &key.arn]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (1, 1));

    scene.place.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    scene.place.remove("message.esdk");
    knock(&scene, &["-k", &key.arn]);
    assert_eq!(door.wanted(), "kms.us-west-2.amazonaws.com:443");
    // What was typed counts all the same.
    scene.encrypts(&["--endpoint-url", &other.endpoint(), "-k", &key.arn]);
    assert_eq!((scene.proxy.calls().len(), other.calls().len()), (1, 2));
}

#[test]
fn the_authorities_of_the_bundle_are_trusted_and_no_others() {
    let mut scene = Scene::new();
    let folder = scene.place.home();
    let upstream = scene.proxy.endpoint().replace("http://", "");
    let front = PythonServer::start("tls_front.py", &[&upstream, &folder.to_string_lossy()]).expect("starts");
    scene.place.set("AWS_ENDPOINT_URL_KMS", front.url.clone());
    let key = emulator().create_key(HOME_REGION);
    scene.cannot_encrypt(&["-k", &key.arn], 77, &["certificate", "AWS_CA_BUNDLE"]);

    let bundle = folder.join("authority.pem");
    scene.place.set("AWS_CA_BUNDLE", bundle.to_string_lossy());
    scene.encrypts(&["-k", &key.arn]);
    scene.opens(&["-k", &key.arn]);
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"]);

    scene.place.unset("AWS_CA_BUNDLE");
    let config = folder.join("config");
    fs::write(&config, format!("[default]\nca_bundle = {}\n", bundle.display())).expect("a file");
    scene.place.set("AWS_CONFIG_FILE", config.to_string_lossy());
    scene.place.remove("opened.bin");
    scene.opens(&["-k", &key.arn]);

    scene.place.remove("opened.bin");
    for (path, fault) in [("/nowhere.pem", "No such file"), ("plain.bin", "no certificate")] {
        scene.place.set("AWS_CA_BUNDLE", path);
        scene.cannot_decrypt(&["-k", &key.arn], 2, &["certificates to trust", path, fault]);
    }
}

#[test]
fn a_call_says_who_made_it() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let agent = &scene.proxy.calls()[0].user_agent;
    assert!(agent.contains(concat!("esdk/", env!("CARGO_PKG_VERSION"))), "{agent}");
}

#[test]
fn grant_tokens_go_with_each_call_of_their_group() {
    let scene = Scene::new();
    let first = emulator().create_key(HOME_REGION);
    let second = emulator().create_key(FAR_REGION);
    let third = emulator().create_key(HOME_REGION);
    let granted = format!("key={},key={},grant-token=one,grant-token=two", first.arn, second.arn);
    scene.encrypts(&["-w", &granted, "-k", &third.arn]);
    scene.opens(&["-w", &granted]);
    scene.opens(&["-w", "discovery=true,grant-token=three"]);
    for call in scene.proxy.calls() {
        let expected = match (call.key_id(), call.operation.as_str()) {
            (key, "Encrypt") if key == third.arn => json!(null),
            _ => json!(["one", "two"]),
        };
        let discovered = json!(["three"]);
        let found = &call.request["GrantTokens"];
        assert!(*found == expected || *found == discovered, "{}: {found}", call.operation);
    }
    assert_eq!(scene.proxy.calls().last().expect("a call").request["GrantTokens"], json!(["three"]));
}
