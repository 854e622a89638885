//! Rotation from and to KMS keys: which calls are made and which are not, and between every two kinds of keys.

use crate::Scene;
use crate::support::command::Outcome;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::message::Header;

const RSA_PUBLIC: &str = "provider=raw-rsa,namespace=n,name=r,public-key-file=r.public.pem";
const RSA_PRIVATE: &str = "provider=raw-rsa,namespace=n,name=r,private-key-file=r.private.pem";
const AES: &str = "provider=raw-aes,namespace=n,name=a,key-file=a.key";

impl Scene {
    /// Rotates `message.esdk` in its place.
    fn rotate(&self, words: &[&str]) -> Outcome {
        self.place.esdk([&["rotate"], words, &["message.esdk"]].concat())
    }

    #[track_caller]
    fn rotates(&self, words: &[&str]) -> Header {
        self.rotate(words).succeeded();
        Header::read(&self.place.read("message.esdk"))
    }

    /// Rotation ends with this status, says these words, and the message is what it was.
    #[track_caller]
    fn cannot_rotate(&self, words: &[&str], status: i32, says: &[&str]) {
        let (message, files) = (self.place.read("message.esdk"), self.place.files());
        self.rotate(words).failed(status).saying(says);
        assert!(self.place.read("message.esdk") == message, "another message");
        assert_eq!(self.place.files(), files);
    }
}

#[test]
fn the_new_key_generates_a_data_key_and_is_not_asked_to_decrypt() {
    let scene = Scene::new();
    let [old, new] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    let far = emulator().create_key(FAR_REGION);
    emulator().deny(&new, "kms:Decrypt");
    let before = scene.encrypts(&["-k", &old.arn, "-c", "a=1"]);
    let to = ["-k", &old.arn, "--to-kms-key", &new.arn, "--to-kms-key", &far.arn];
    let after = scene.rotates(&to);
    assert_eq!(after.provider_information(), [new.arn.as_str(), &far.arn]);
    assert_eq!(after.context["a"], "1");
    assert_eq!(before.suite, after.suite);
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt", "GenerateDataKey", "Encrypt"]);
    let [_, decrypt, generate, encrypt] = &scene.proxy.calls()[..] else { panic!("four calls") };
    assert_eq!([decrypt.key_id(), generate.key_id(), encrypt.key_id()], [&old.arn, &new.arn, &far.arn]);
    let sent = |call: &crate::support::fault_proxy::Call| call.request["EncryptionContext"].clone();
    assert_eq!(sent(generate), sent(encrypt));
    assert_eq!(sent(generate)["a"], "1");
    assert_ne!(sent(generate)["aws-crypto-public-key"], sent(decrypt)["aws-crypto-public-key"]);
    scene.opens(&["-k", &far.arn]);
    scene.place.remove("opened.bin");
    scene.cannot_decrypt(&["-k", &old.arn], 77, &["no key opened"]);
}

#[test]
fn between_every_two_kinds_of_keys() {
    let scene = Scene::new();
    let primary = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&primary, FAR_REGION);
    scene.place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "r"]).succeeded();
    scene.place.esdk(["keygen", "aes", "--bits", "256", "-o", "a.key"]).succeeded();
    let key = |arn: &str| format!("key={arn}");
    // The key that wraps, and the one that unwraps.
    let kinds = [
        (key(&primary.arn), key(&replica.arn)),
        (AES.to_owned(), AES.to_owned()),
        (RSA_PUBLIC.to_owned(), RSA_PRIVATE.to_owned()),
    ];
    for (old_wraps, old_unwraps) in &kinds {
        for (new_wraps, new_unwraps) in &kinds {
            scene.place.remove("message.esdk");
            scene.encrypts(&["-w", old_wraps, "-c", "purpose=test"]);
            let to = ["-w", old_unwraps, "-c", "purpose=test", "--to-wrapping-keys", new_wraps];
            scene.rotates(&to);
            scene.opens(&["-w", new_unwraps, "-c", "purpose=test"]);
        }
    }
}

#[test]
fn a_new_key_by_its_alias_and_one_that_refuses() {
    let scene = Scene::new();
    let [old, new, disabled] = [(); 3].map(|()| emulator().create_key(HOME_REGION));
    emulator().create_alias(&new, "alias/rotate-to");
    emulator().disable(&disabled);
    scene.encrypts(&["-k", &old.arn]);
    let (from, to) = (["-k", &old.arn], "--to-kms-key");
    scene.cannot_rotate(
        &[&from[..], &[to, &disabled.arn]].concat(),
        77,
        &["the new message", &disabled.arn, "DisabledException"],
    );
    scene.cannot_rotate(&[&from[..], &[to, &new.arn, to, &disabled.arn]].concat(), 77, &[&disabled.arn]);
    let typo = [&from[..], &[to, "not/a/key"]].concat();
    scene.cannot_rotate(&typo, 2, &["not/a/key", "alias name"]);
    scene.cannot_rotate(&["-k", "alias/rotate-to", to, &new.arn], 2, &["to decrypt give the key's ARN"]);
    let header = scene.rotates(&[&from[..], &[to, "alias/rotate-to"]].concat());
    assert_eq!(header.provider_information(), [new.arn.as_str()]);
    scene.opens(&["-k", &new.arn]);
}

#[test]
fn with_caching_old_data_keys_are_unwrapped_once_and_each_new_message_has_its_own() {
    let scene = Scene::new();
    let [old, new] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    let names = ["1.esdk", "2.esdk", "3.esdk"];
    let caching = ["--caching", "capacity=10,max-age=600", "-j", "1", "-k", &old.arn];
    for name in ["1", "2", "3"] {
        scene.place.write(name, name);
    }
    // Messages of one data key have one signing key as well.
    scene.place.esdk([&["encrypt"], &caching[..], &["1", "2", "3"]].concat()).succeeded();
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey"]);
    let rotate = |more: &[&str]| {
        let before = scene.proxy.calls().len();
        scene.place.esdk([&["rotate", "--to-kms-key", &new.arn], more, &names].concat()).succeeded();
        scene.proxy.operations().split_off(before)
    };
    let calls = rotate(&caching);
    let count = |operation: &str| calls.iter().filter(|call| *call == operation).count();
    assert_eq!((count("Decrypt"), count("GenerateDataKey"), calls.len()), (1, 3, 4));
    let headers = names.map(|name| Header::read(&scene.place.read(name)));
    for (at, header) in headers.iter().enumerate() {
        assert_eq!(header.provider_information(), [new.arn.as_str()]);
        let key = &header.context["aws-crypto-public-key"];
        assert!(headers[..at].iter().all(|earlier| earlier.context["aws-crypto-public-key"] != *key));
        scene.place.esdk(["verify", "-k", &new.arn, names[at]]).succeeded();
    }
    // What was written has three data keys.
    let calls = rotate(&[&caching[..4], &["-k", &new.arn]].concat());
    assert_eq!(calls.iter().filter(|call| *call == "Decrypt").count(), 3);
}

#[test]
fn what_is_under_exactly_these_keys_is_left_alone_without_a_call() {
    let scene = Scene::new();
    let [old, new] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    let primary = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&primary, FAR_REGION);
    emulator().create_alias(&new, "alias/if-needed");
    scene.encrypts(&["-k", &old.arn]);
    let words = ["--if-needed", "-k", &old.arn, "-k", &new.arn, "-k", &primary.arn];
    let to = |keys: &[&str]| -> usize {
        let before = scene.proxy.calls().len();
        let keys = keys.iter().flat_map(|key| ["--to-kms-key", key]).collect::<Vec<_>>();
        scene.rotates(&[&words[..], &keys].concat());
        scene.proxy.calls().len() - before
    };
    assert_eq!(to(&[&new.arn]), 2);
    assert_eq!(to(&[&new.arn]), 0);
    assert_eq!(to(&[&primary.arn, &new.arn]), 3);
    assert_eq!(to(&[&new.arn, &primary.arn]), 0, "the order is no difference");
    assert_eq!(to(&[&new.arn, &replica.arn]), 3, "a replica is another key, with another ARN");
    for unnamed in [&new.id, "alias/if-needed", &new.arn.replace("key/", "alias/")] {
        let words = [&words[..], &["--to-kms-key", unnamed]].concat();
        scene.cannot_rotate(&words, 2, &["only a call would tell", unnamed, "ARN"]);
    }
}
