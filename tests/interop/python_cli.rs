//! The Python Encryption SDK's command line, through the KMS emulator.

use std::process::Command;

use crate::support::command::Workspace;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};
use crate::support::message::Header;
use crate::support::python;

const SIGNED: &str = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384";
const UNSIGNED: &str = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";

/// Empty, one short frame, several frames of the default length and a rest.
const LENGTHS: [usize; 3] = [0, 1_000, 30_000];
/// One frame of the default length, and two.
const EXACT_LENGTHS: [usize; 2] = [4_096, 8_192];

/// A folder with `plain.bin`, and both tools in it. Each step writes its file anew.
struct Scene {
    place: Workspace,
    plaintext: Vec<u8>,
}

impl Scene {
    fn new(length: usize) -> Scene {
        let mut place = Workspace::new(&format!("http://{}", emulator().address));
        place.set("AWS_DEFAULT_REGION", HOME_REGION);
        let plaintext: Vec<u8> = (0_u32..).flat_map(u32::to_be_bytes).take(length).collect();
        place.write("plain.bin", &plaintext);
        Scene { place, plaintext }
    }

    #[track_caller]
    fn esdk_encrypts(&self, arguments: &[&str]) -> Header {
        self.place.remove("message.bin");
        let files = ["encrypt", "-o", "message.bin", "plain.bin"];
        self.place.esdk([&files, arguments].concat()).succeeded();
        Header::read(&self.place.read("message.bin"))
    }

    #[track_caller]
    fn esdk_opens(&self, arguments: &[&str]) {
        self.place.remove("opened.bin");
        let files = ["decrypt", "-o", "opened.bin", "message.bin"];
        self.place.esdk([&files, arguments].concat()).succeeded();
        assert!(self.place.read("opened.bin") == self.plaintext, "esdk: {arguments:?}");
    }

    #[track_caller]
    fn python_encrypts(&self, arguments: &[&str]) -> Header {
        self.place.remove("message.bin");
        self.python(&["-e", "-i", "plain.bin", "-o", "message.bin"], arguments);
        Header::read(&self.place.read("message.bin"))
    }

    #[track_caller]
    fn python_opens(&self, arguments: &[&str]) {
        self.place.remove("opened.bin");
        self.python(&["-d", "-i", "message.bin", "-o", "opened.bin"], arguments);
        assert!(self.place.read("opened.bin") == self.plaintext, "Python: {arguments:?}");
    }

    #[track_caller]
    fn python(&self, files: &[&str], arguments: &[&str]) {
        const CLI: &str = "import sys, aws_encryption_sdk_cli; sys.exit(aws_encryption_sdk_cli.cli())";
        let mut command = Command::new(python::COMMAND_LINE.interpreter());
        command.args(["-c", CLI, "--suppress-metadata"]).args(files).args(arguments);
        self.place.run(command, b"").succeeded();
    }
}

/// The key as the Python tool takes it, after `-w`.
fn wrapping_key(key: &KmsKey) -> String {
    format!("key={}", key.arn)
}

#[test]
fn esdk_opens_what_python_wrote() {
    let key = emulator().create_key(HOME_REGION);
    for (suite, id) in [(SIGNED, 0x0578), (UNSIGNED, 0x0478)] {
        for length in LENGTHS {
            let scene = Scene::new(length);
            let theirs =
                ["--algorithm", suite, "-w", &wrapping_key(&key), "-c", "table=orders", "empfänger=Zoë"];
            let header = scene.python_encrypts(&theirs);
            assert_eq!(header.suite, id);
            scene.esdk_opens(&["-k", &key.arn, "-c", "table=orders", "-c", "empfänger=Zoë"]);
        }
    }
}

#[test]
fn python_opens_what_esdk_wrote() {
    let key = emulator().create_key(HOME_REGION);
    for (suite, id) in [(SIGNED, 0x0578), (UNSIGNED, 0x0478)] {
        for length in LENGTHS {
            let scene = Scene::new(length);
            let ours = ["--algorithm", suite, "-k", &key.arn, "-c", "table=orders", "-c", "empfänger=Zoë"];
            let header = scene.esdk_encrypts(&ours);
            assert_eq!(header.suite, id);
            scene.python_opens(&["-w", &wrapping_key(&key), "-c", "table=orders", "empfänger=Zoë"]);
        }
    }
}

#[test]
fn messages_that_share_a_data_key_are_read_on_both_sides() {
    let key = emulator().create_key(HOME_REGION);
    for suite in [SIGNED, UNSIGNED] {
        let scene = Scene::new(3_000);
        let place = &scene.place;
        for name in ["in", "in/a", "in/b", "theirs"] {
            match name.starts_with("in/") {
                true => place.write(name, &scene.plaintext),
                false => std::fs::create_dir(place.path(name)).expect("a folder"),
            }
        }
        let ours = ["encrypt", "--algorithm", suite, "-k", &key.arn, "--caching", "capacity=1,max-age=600"];
        place.esdk([&ours[..], &["-o", "ours/", "in/a", "in/b"]].concat()).succeeded();
        let theirs = ["-e", "-i", "in", "-o", "theirs", "-r", "--algorithm", suite];
        scene.python(&theirs, &["-w", &wrapping_key(&key), "--caching", "capacity=1", "max_age=600"]);
        for (folder, suffix) in [("ours", ".esdk"), ("theirs", ".encrypted")] {
            let names = ["a", "b"].map(|name| format!("{folder}/{name}{suffix}"));
            for name in &names {
                place.write("message.bin", place.read(name));
                scene.python_opens(&["-w", &wrapping_key(&key)]);
            }
            // One miss for two messages: they share it.
            let caching = ["decrypt", "-v", "-k", &key.arn, "--caching", "capacity=1,max-age=600"];
            let files = ["--suffix", suffix, "-o", "opened/", &names[0], &names[1]];
            place.esdk([&caching[..], &files].concat()).succeeded().saying(&["1 hits, 1 misses"]);
            for name in ["opened/a", "opened/b"] {
                assert!(place.read(name) == scene.plaintext, "{folder}: {name}");
                place.remove(name);
            }
        }
    }
}

#[test]
fn exact_multiples_of_the_frame_length_are_read_on_both_sides() {
    let key = emulator().create_key(HOME_REGION);
    for length in EXACT_LENGTHS {
        let scene = Scene::new(length);
        scene.python_encrypts(&["-w", &wrapping_key(&key)]);
        scene.esdk_opens(&["-k", &key.arn]);
        // Its SDK refuses a final frame that is full, so this opens because ours is empty.
        scene.esdk_encrypts(&["-k", &key.arn]);
        scene.python_opens(&["-w", &wrapping_key(&key)]);
    }
}

#[test]
fn other_frame_lengths_are_read_on_both_sides() {
    let key = emulator().create_key(HOME_REGION);
    let scene = Scene::new(30_001);
    // Python writes multiples of 128 only.
    for frame_length in ["128", "9984", "65536"] {
        scene.esdk_encrypts(&["--frame-length", frame_length, "-k", &key.arn]);
        scene.python_opens(&["-w", &wrapping_key(&key)]);
        scene.python_encrypts(&["--frame-length", frame_length, "-w", &wrapping_key(&key)]);
        scene.esdk_opens(&["-k", &key.arn]);
    }
}

#[test]
fn either_of_two_keys_opens_the_message_on_the_other_side() {
    let first = emulator().create_key(HOME_REGION);
    let second = emulator().create_key(FAR_REGION);
    let scene = Scene::new(10_000);
    let header = scene.esdk_encrypts(&["-k", &first.arn, "-k", &second.arn]);
    assert_eq!(header.encrypted_data_keys.len(), 2);
    scene.python_opens(&["-w", &wrapping_key(&first)]);
    scene.python_opens(&["-w", &wrapping_key(&second)]);

    let header = scene.python_encrypts(&["-w", &wrapping_key(&first), "-w", &wrapping_key(&second)]);
    assert_eq!(header.encrypted_data_keys.len(), 2);
    scene.esdk_opens(&["-k", &first.arn]);
    scene.esdk_opens(&["-k", &second.arn]);
}

#[test]
fn a_replica_opens_the_message_on_the_other_side() {
    let primary = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&primary, FAR_REGION);
    let scene = Scene::new(10_000);
    scene.esdk_encrypts(&["-k", &primary.arn]);
    scene.python_opens(&["-w", &wrapping_key(&replica)]);
    scene.python_encrypts(&["-w", &wrapping_key(&primary)]);
    scene.esdk_opens(&["-k", &replica.arn]);
}

#[test]
fn python_opens_an_escrow_message_by_discovery() {
    let key = emulator().create_key(HOME_REGION);
    let scene = Scene::new(10_000);
    scene.place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "escrow"]).succeeded();
    let escrow = "provider=raw-rsa,namespace=escrow,name=safe,public-key-file=escrow.public.pem";
    // The encrypted data key that Python cannot use stands first.
    let header = scene.esdk_encrypts(&["-w", escrow, "-k", &key.arn]);
    assert_eq!(header.encrypted_data_keys[0].provider_id, "escrow");
    scene.python_opens(&["-w", "discovery=true"]);
}

#[test]
fn what_esdk_has_rotated_python_opens() {
    let old = emulator().create_key(HOME_REGION);
    let new = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&new, FAR_REGION);
    for suite in [SIGNED, UNSIGNED] {
        for length in LENGTHS {
            let scene = Scene::new(length);
            let theirs = ["--algorithm", suite, "-w", &wrapping_key(&old), "-c", "table=orders", "stage=1"];
            scene.python_encrypts(&theirs);
            let words = ["rotate", "-k", &old.arn, "--to-kms-key", &new.arn, "--set-context", "stage=2"];
            scene.place.esdk([&words[..], &["message.bin"]].concat()).succeeded();
            let header = Header::read(&scene.place.read("message.bin"));
            assert_eq!(header.provider_information(), [new.arn.as_str()]);
            scene.python_opens(&["-w", &wrapping_key(&replica), "-c", "table=orders", "stage=2"]);
        }
    }
}
