//! Rotation of files and streams: in place, whole or not at all; what is kept, changed and left alone.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::command::{Outcome, Workspace, with_its_signals};
use super::support::layout::Layout;
use super::{mode, set_mode};

const PLAIN: &[u8] = b"a secret that is longer than a frame of twenty bytes\n";

/// Long enough for something to happen while it is rotated, in bytes.
const LARGE: usize = 48 << 20;

/// Two AES keys under their names.
struct Scene(Workspace);

impl Scene {
    fn new() -> Scene {
        let workspace = Workspace::new("http://127.0.0.1:9");
        for key in ["a", "b"] {
            workspace.esdk(["keygen", "aes", "--bits", "256", "-o", &format!("{key}.key")]).succeeded();
        }
        workspace.write("plain", PLAIN);
        Scene(workspace)
    }

    /// The same with `m.esdk`, `plain` in frames of 20 bytes under the key `a`.
    fn with_message(more: &[&str]) -> Scene {
        let scene = Scene::new();
        scene.encrypt(&[&["-c", "purpose=test", "-c", "stage=1", "-o", "m.esdk", "plain"], more].concat());
        scene
    }

    fn encrypt(&self, words: &[&str]) {
        let encrypt = ["encrypt", "--frame-length", "20", "-w", A];
        self.0.esdk([&encrypt, words].concat()).succeeded();
    }

    /// Rotates from `a` to `b`.
    fn rotate(&self, words: &[&str]) -> Outcome {
        self.0.esdk([&["rotate", "-w", A, "--to-wrapping-keys", B], words].concat())
    }

    fn header(&self, name: &str) -> Value {
        let outcome = self.0.esdk(["inspect", "--json", name]);
        serde_json::from_slice(&outcome.succeeded().stdout).expect("JSON")
    }

    #[track_caller]
    fn opens(&self, name: &str, key: &str) -> Vec<u8> {
        let policy = ["--commitment-policy", "require-encrypt-allow-decrypt"];
        let outcome = self.0.esdk([&["decrypt", "-w", key, "-o", "-", name][..], &policy].concat());
        outcome.succeeded().stdout.clone()
    }

    /// No file but these, hidden ones included, beside those that are there from the beginning.
    #[track_caller]
    fn has(&self, names: &[&str]) {
        let mut expected: Vec<&str> = [&["a.key", "b.key", "plain"], names].concat();
        expected.sort_unstable();
        assert_eq!(self.0.files(), expected);
    }

    /// Starts it in the background.
    fn start(&self, words: &[&str]) -> Child {
        with_its_signals()
            .args([&["rotate", "-w", A, "--to-wrapping-keys", B], words].concat())
            .current_dir(self.0.path(""))
            .stderr(Stdio::piped())
            .spawn()
            .expect("started")
    }

    /// Waits for a `.part` file.
    fn part(&self) -> String {
        let begun = Instant::now();
        loop {
            if let Some(part) = self.0.files().into_iter().find(|name| name.ends_with(".esdk.part")) {
                return part;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no .part file appears");
        }
    }
}

const A: &str = "provider=raw-aes,namespace=n,name=a,key-file=a.key";
const B: &str = "provider=raw-aes,namespace=n,name=b,key-file=b.key";

#[test]
fn a_file_is_rotated_in_its_place_and_is_new_but_for_what_is_kept() {
    let scene = Scene::with_message(&[]);
    set_mode(&scene.0, "m.esdk", 0o640);
    // Only root can give a file away, and must not take it back.
    let _ = chown(scene.0.path("m.esdk"), Some(4321), Some(1234));
    let owner = || fs::metadata(scene.0.path("m.esdk")).map(|found| (found.uid(), found.gid())).ok();
    let owner_before = owner();
    let before = scene.header("m.esdk");
    let outcome = scene.rotate(&["-c", "purpose=test", "m.esdk"]);
    assert_eq!((outcome.succeeded().stdout.len(), outcome.stderr.as_str()), (0, ""));
    assert_eq!(scene.opens("m.esdk", B), PLAIN);
    scene.0.esdk(["decrypt", "-w", A, "m.esdk", "-o", "-"]).failed(77);
    let after = scene.header("m.esdk");
    for kept in ["algorithm", "frame_length", "content_type", "signed"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    for (key, value) in [("purpose", "test"), ("stage", "1")] {
        assert_eq!(after["encryption_context"][key], value);
    }
    for new in ["message_id", "commitment_key", "encrypted_data_keys"] {
        assert_ne!(before[new], after[new], "{new}");
    }
    assert_ne!(
        before["encryption_context"]["aws-crypto-public-key"],
        after["encryption_context"]["aws-crypto-public-key"]
    );
    assert_eq!(mode(&scene.0, "m.esdk"), 0o640);
    assert_eq!(owner(), owner_before);
    scene.has(&["m.esdk"]);
}

#[test]
fn suite_frame_length_and_context_are_changed_when_asked() {
    let scene = Scene::with_message(&[]);
    let changes = ["--unsigned", "--frame-length", "7", "--set-context", "stage=2"];
    let more = ["--set-context", "new=", "--unset-context", "purpose", "m.esdk", "-o", "n.esdk"];
    scene.rotate(&[&changes[..], &more].concat()).succeeded();
    let header = scene.header("n.esdk");
    assert_eq!(header["algorithm"], "AES_256_GCM_HKDF_SHA512_COMMIT_KEY");
    assert_eq!(header["frame_length"], 7);
    assert_eq!(header["encryption_context"], json!({"new": "", "stage": "2"}));
    assert_eq!(scene.opens("n.esdk", B), PLAIN);
    assert_eq!(scene.opens("m.esdk", A), PLAIN, "the input stays where it is not the output");
    let message = scene.0.read("m.esdk");
    let refused: [(&[&str], i32, &str); 8] = [
        (&["--unset-context", "nope"], 77, "holds no key \"nope\""),
        (&["--set-context", "stage"], 2, "has no value"),
        (&["--set-context", "=x"], 2, "no key before its ="),
        (&["--set-context", "aws-crypto-x=1"], 2, "reserved"),
        (&["--unset-context", "aws-crypto-public-key"], 2, "reserved"),
        (&["--set-context", "s=1", "--set-context", "s=2"], 2, "stands twice"),
        (&["--set-context", "s=1", "--unset-context", "s"], 2, "also given with --set-context"),
        (&["--algorithm", "0x0178"], 77, "does not allow"),
    ];
    for (words, status, says) in refused {
        scene.rotate(&[words, &["m.esdk"]].concat()).failed(status).saying(&[says]);
        assert_eq!(scene.0.read("m.esdk"), message);
    }
}

#[test]
fn what_is_required_of_the_old_message_is_checked_first() {
    let scene = Scene::with_message(&["--unsigned"]);
    let message = scene.0.read("m.esdk");
    let refused: [(&[&str], i32, &[&str]); 5] = [
        (&["-c", "purpose=other"], 77, &["m.esdk: ", "pair \"purpose\"=\"other\""]),
        (&["-c", "missing"], 77, &["key \"missing\""]),
        (&["-c", "unstored=1"], 77, &["pair \"unstored\"=\"1\""]),
        (&["--require-signature"], 77, &["signature is required"]),
        (&["--max-length", "19"], 65, &["20 bytes", "--max-length"]),
    ];
    for (words, status, says) in refused {
        scene.rotate(&[words, &["m.esdk"]].concat()).failed(status).saying(says);
        assert_eq!(scene.0.read("m.esdk"), message);
        scene.has(&["m.esdk"]);
    }
    scene
        .0
        .esdk(["rotate", "-w", B, "--to-wrapping-keys", A, "m.esdk"])
        .failed(77)
        .saying(&["no key opened"]);
    scene.0.esdk(["rotate", "-w", A, "m.esdk"]).failed(2).saying(&["new message", "--to-kms-key"]);
    scene.0.esdk(["rotate", "--to-wrapping-keys", B, "m.esdk"]).failed(2).saying(&["decrypt with", "-k KEY"]);
    let wrong = format!("{B},x=1");
    let outcome = scene.0.esdk(["rotate", "-w", A, "--to-wrapping-keys", &wrong, "m.esdk"]);
    outcome.failed(2).saying(&["--to-wrapping-keys provider=raw-aes", "\"x\""]);
    let discovery = ["rotate", "-w", A, "--to-wrapping-keys", "discovery=true", "m.esdk"];
    scene.0.esdk(discovery).failed(2).saying(&["decrypting only", "--to-kms-key"]);
    assert_eq!(scene.0.read("m.esdk"), message);
}

#[test]
fn old_suites_are_read_when_allowed_and_become_committing() {
    let scene = Scene::new();
    let allow = ["--commitment-policy", "require-encrypt-allow-decrypt"];
    let forbid = ["--commitment-policy", "forbid-encrypt-allow-decrypt"];
    for (old, new) in [("0x0378", 0x0578), ("0x0178", 0x0478), ("0x0014", 0x0478)] {
        scene.0.remove("m.esdk");
        scene.encrypt(&[&forbid[..], &["--algorithm", old, "-o", "m.esdk", "plain"]].concat());
        let message = scene.0.read("m.esdk");
        let outcome = scene.rotate(&["m.esdk"]);
        outcome.failed(77).saying(&["does not allow", "rotate it", "require-encrypt-allow-decrypt"]);
        assert_eq!(scene.0.read("m.esdk"), message);
        // Kept where it may be written.
        scene.rotate(&[&forbid[..], &["m.esdk", "-f", "-o", "kept.esdk"]].concat()).succeeded();
        assert!(scene.header("kept.esdk")["algorithm"].as_str().is_some_and(|name| name.contains("IV12")));
        scene.rotate(&[&allow[..], &["m.esdk"]].concat()).succeeded();
        let suite = esdk::suite::AlgorithmSuite::by_id(new).expect("a suite").name();
        assert_eq!(scene.header("m.esdk")["algorithm"], suite, "{old}");
        assert_eq!(scene.opens("m.esdk", B), PLAIN);
    }
    // Commitment is not given up unasked.
    let back = ["rotate", "-w", B, "--to-wrapping-keys", A, forbid[0], forbid[1], "m.esdk"];
    scene.0.esdk(back).failed(77).saying(&["the new message", "choose another --algorithm"]);
    scene.0.esdk([&back[..], &["--algorithm", "0x0178"]].concat()).succeeded();
    assert_eq!(scene.opens("m.esdk", A), PLAIN);
}

#[test]
fn a_message_that_is_damaged_anywhere_stays_as_it_is() {
    for signature in [&[][..], &["--unsigned"]] {
        let scene = Scene::with_message(signature);
        let good = scene.0.read("m.esdk");
        let layout = Layout::of(&good);
        let places: Vec<usize> = layout.frames.iter().map(|frame| frame.content.end - 1).collect();
        let mut damaged: Vec<Vec<u8>> = places
            .iter()
            .chain([&(layout.header.end - 1), &(good.len() - 1)])
            .map(|at| {
                let mut bad = good.clone();
                bad[*at] ^= 1;
                bad
            })
            .collect();
        damaged.extend(layout.frames.iter().map(|frame| good[..frame.bytes.start].to_vec()));
        damaged.extend([good[..good.len() - 1].to_vec(), [&good[..], b"x"].concat()]);
        for bad in damaged {
            scene.0.write("m.esdk", &bad);
            scene.rotate(&["m.esdk"]).failed(65).saying(&["m.esdk: "]);
            assert!(scene.0.read("m.esdk") == bad);
            scene.has(&["m.esdk"]);
            // To a pipe nothing begins.
            scene.rotate(&["m.esdk", "-o", "-"]).failed(65);
        }
    }
}

#[test]
fn a_disk_that_is_full_leaves_the_old_message() {
    let scene = Scene::new();
    scene.0.write("large", vec![7; 1 << 20]);
    scene.encrypt(&["large"]);
    let message = scene.0.read("large.esdk");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    for blocks in [0, 1, 64, 512] {
        let mut command = Command::new("sh");
        let line = format!("ulimit -f {blocks}; exec {esdk} rotate -w {A} --to-wrapping-keys {B} large.esdk");
        command.args(["-c", &line]);
        scene.0.run(command, b"").failed(73).saying(&["large.esdk: cannot be written"]);
        assert!(scene.0.read("large.esdk") == message);
        scene.has(&["large", "large.esdk"]);
    }
    let mut command = Command::new("sh");
    let line = format!("exec {esdk} rotate -w {A} --to-wrapping-keys {B} large.esdk -o - > /dev/full");
    command.args(["-c", &line]);
    scene.0.run(command, b"").failed(73).saying(&["standard output", "make room"]);
}

#[test]
fn links_are_followed_and_a_file_of_several_names_is_refused() {
    let scene = Scene::with_message(&[]);
    fs::create_dir(scene.0.path("d")).expect("a folder");
    symlink("../m.esdk", scene.0.path("d/link")).expect("a link");
    scene.rotate(&["d/link"]).succeeded();
    assert!(fs::symlink_metadata(scene.0.path("d/link")).expect("there").is_symlink());
    assert_eq!(scene.opens("m.esdk", B), PLAIN);
    let message = scene.0.read("m.esdk");
    fs::hard_link(scene.0.path("m.esdk"), scene.0.path("d/hard")).expect("a link");
    let back = |words: &[&str]| scene.0.esdk([&["rotate", "-w", B, "--to-wrapping-keys", A], words].concat());
    for name in ["m.esdk", "d/link", "d/hard"] {
        back(&[name]).failed(73).saying(&["has 2 names", "-o FILE"]);
    }
    for names in [["m.esdk", "m.esdk"], ["m.esdk", "d/link"], ["d/hard", "m.esdk"]] {
        back(&names).failed(2).saying(&["is given twice"]);
    }
    assert_eq!(scene.0.read("m.esdk"), message);
    symlink("nowhere", scene.0.path("dangling")).expect("a link");
    back(&["dangling"]).failed(66);
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let line = format!("mkfifo f; cat m.esdk > f & {esdk} rotate -w {B} --to-wrapping-keys {A} f");
    command.args(["-c", &line]);
    scene.0.run(command, b"").failed(2).saying(&["f: is not a regular file", "-o FILE"]);
    scene.0.remove("f");
}

#[test]
fn outputs_are_named_as_usual() {
    let scene = Scene::with_message(&[]);
    fs::create_dir(scene.0.path("d")).expect("a folder");
    scene.rotate(&["m.esdk", "-o", "d"]).succeeded();
    assert_eq!(scene.opens("d/m.esdk", B), PLAIN);
    scene.rotate(&["m.esdk", "-o", "d"]).failed(73).saying(&["d/m.esdk: exists already"]);
    scene.rotate(&["m.esdk", "-o", "d", "--skip-existing"]).succeeded().saying(&["skipped: "]);
    scene.rotate(&["m.esdk", "-o", "d", "-f"]).succeeded();
    scene.rotate(&["m.esdk", "-f", "-o", "m.esdk"]).failed(73).saying(&["is the input itself"]);
    scene.rotate(&["m.esdk", "--skip-existing"]).failed(2).saying(&["--if-needed"]);
    scene.rotate(&["m.esdk", "--remove-input"]).failed(2).saying(&["--remove-input without -o"]);
    fs::create_dir(scene.0.path("e")).expect("a folder");
    fs::copy(scene.0.path("m.esdk"), scene.0.path("e/any name")).expect("a copy");
    scene.0.write("e/bad", "no message");
    let outcome = scene.rotate(&["e/bad", "e/any name", "m.esdk"]);
    outcome.failed(65).saying(&["e/bad: not a message", "2 done, 0 skipped, 1 failed"]);
    for name in ["e/any name", "m.esdk"] {
        assert_eq!(scene.opens(name, B), PLAIN);
    }
    assert_eq!(scene.0.read("e/bad"), b"no message");
}

#[test]
fn a_tree_is_rotated_in_place_where_names_have_the_suffix() {
    let scene = Scene::with_message(&[]);
    fs::create_dir_all(scene.0.path("t/d")).expect("folders");
    for name in ["t/a.esdk", "t/d/b.esdk", "t/c.other"] {
        fs::copy(scene.0.path("m.esdk"), scene.0.path(name)).expect("a copy");
    }
    let other = scene.0.read("t/c.other");
    scene.rotate(&["-r", "t", "--jobs", "4"]).succeeded().saying(&["2 done", "1 skipped"]);
    for name in ["t/a.esdk", "t/d/b.esdk"] {
        assert_eq!(scene.opens(name, B), PLAIN);
    }
    assert_eq!(scene.0.read("t/c.other"), other);
    scene.rotate(&["-r", "t", "-o", "out", "-w", B]).succeeded();
    assert_eq!(scene.opens("out/d/b.esdk", B), PLAIN);
    scene.rotate(&["t/c.other", "-o", "out", "--remove-input"]).succeeded();
    assert_eq!(scene.opens("out/c.other", B), PLAIN);
    assert!(!scene.0.path("t/c.other").exists());
}

#[test]
fn streams_and_base64() {
    let scene = Scene::with_message(&[]);
    let message = scene.0.read("m.esdk");
    let rotate = |more: &[&str], input: &[u8]| {
        scene.0.esdk_reading(input, [&["rotate", "-w", A, "--to-wrapping-keys", B], more].concat())
    };
    scene.0.write("n.esdk", &rotate(&[], &message).succeeded().stdout);
    assert_eq!(scene.opens("n.esdk", B), PLAIN);
    scene.0.write("n.esdk", &rotate(&["m.esdk", "-o", "-"], b"").succeeded().stdout);
    assert_eq!(scene.opens("n.esdk", B), PLAIN);
    rotate(&["-f", "-o", "n.esdk"], &message).succeeded();
    assert_eq!(scene.opens("n.esdk", B), PLAIN);
    let text = rotate(&["--encode"], &message).succeeded().stdout.clone();
    assert!(text.starts_with(b"AgV4"));
    scene.0.write("t.esdk", &text);
    scene.0.esdk(["rotate", "-w", B, "--to-wrapping-keys", A, "--decode", "--encode", "t.esdk"]).succeeded();
    let again = scene.0.read("t.esdk");
    assert!(again.starts_with(b"AgV4") && again != text);
    let outcome = scene.0.esdk(["decrypt", "--decode", "-w", A, "t.esdk", "-o", "-"]);
    assert_eq!(outcome.succeeded().stdout, PLAIN);
    rotate(&["--if-needed"], &message).failed(2).saying(&["standard input"]);
    rotate(&["--if-needed", "-o", "x", "m.esdk"], b"").exited(2).saying(&["cannot be used with"]);
}

#[test]
fn a_message_that_needs_nothing_is_left_alone_when_asked() {
    let scene = Scene::with_message(&[]);
    let needed = |more: &[&str]| {
        let inode = || fs::metadata(scene.0.path("m.esdk")).expect("there").ino();
        let before = inode();
        let outcome = scene.0.esdk(
            [&["rotate", "-w", A, "-w", B, "--to-wrapping-keys", B, "--if-needed", "m.esdk"], more].concat(),
        );
        let is_left = outcome.succeeded().stderr.contains("skipped: m.esdk: its header");
        assert_eq!(is_left, before == inode(), "{}", outcome.stderr);
        !is_left
    };
    assert!(needed(&[]), "under another key");
    assert!(!needed(&[]));
    assert!(!needed(&["-c", "purpose=test", "--set-context", "stage=1", "--unset-context", "nope"]));
    for change in [
        &["--frame-length", "21"][..],
        &["--unsigned"],
        &["--set-context", "stage=2"],
        &["--set-context", "more=1"],
        &["--unset-context", "more"],
    ] {
        assert!(needed(change), "{change:?}");
        assert!(!needed(change), "{change:?}, done");
    }
    // What is required is required of what is left alone as well.
    let words = ["rotate", "-w", B, "--to-wrapping-keys", B, "--if-needed", "m.esdk"];
    scene.0.esdk([&words[..], &["-c", "purpose=other"]].concat()).failed(77);
    scene.0.esdk([&words[..], &["--require-signature"]].concat()).failed(77);
    // One key more, and a key of the same name that is another.
    let more = ["--to-wrapping-keys", A];
    assert!(needed(&more) && !needed(&more));
    scene.0.esdk(["keygen", "aes", "--bits", "256", "-o", "other.key"]).succeeded();
    let other = "provider=raw-aes,namespace=n,name=b,key-file=other.key";
    let words = ["rotate", "-w", A, "--if-needed", "m.esdk", "--to-wrapping-keys", other];
    let outcome = scene.0.esdk(words);
    assert_eq!(outcome.succeeded().stderr, "");
    assert_eq!(scene.opens("m.esdk", other), PLAIN);
    assert!(scene.0.esdk(words).succeeded().stderr.contains("skipped"), "and the old key is not asked");
}

#[test]
fn a_context_that_is_not_stored_stays_so() {
    let scene = Scene::new();
    scene.encrypt(&["-c", "a=1", "--unstored-context", "tenant=7", "-o", "m.esdk", "plain"]);
    let message = scene.0.read("m.esdk");
    scene.rotate(&["m.esdk"]).failed(77);
    scene.rotate(&["-c", "tenant=8", "m.esdk"]).failed(77);
    let outcome = scene.rotate(&["-c", "tenant=7", "--set-context", "tenant=8", "m.esdk"]);
    outcome.failed(77).saying(&["\"tenant\"", "without being stored", "leave out --set-context"]);
    assert_eq!(scene.0.read("m.esdk"), message);
    scene.rotate(&["-c", "tenant=7", "--set-context", "a=2", "m.esdk"]).succeeded();
    assert!(!scene.0.read("m.esdk").windows(6).any(|window| window == b"tenant"));
    scene.0.esdk(["decrypt", "-w", B, "m.esdk", "-o", "-"]).failed(77);
    let outcome = scene.0.esdk(["decrypt", "-w", B, "-c", "tenant=7", "-c", "a=2", "m.esdk", "-o", "-"]);
    assert_eq!(outcome.succeeded().stdout, PLAIN);
}

#[test]
fn the_record_tells_of_both_messages() {
    let scene = Scene::with_message(&[]);
    let before = scene.header("m.esdk");
    let record = |words: &[&str], status: i32| -> Value {
        let outcome = scene.rotate(&[words, &["--metadata-output", "-", "m.esdk"]].concat());
        outcome.exited(status);
        serde_json::from_slice(&outcome.stdout).expect("one line of JSON")
    };
    let failed = record(&["-c", "purpose=other"], 77);
    assert_eq!((&failed["status"], &failed["mode"]), (&json!("failed"), &json!("rotate")));
    assert_eq!(failed["previous"]["header"]["message_id"], record_of(&before));
    assert_eq!(failed["missing_encryption_context_pairs"], json!([["purpose", "other"]]));
    assert!(failed.get("header").is_none(), "no new message was made");
    let length = scene.0.read("m.esdk").len();
    let done = record(&["--unsigned"], 0);
    assert_eq!((&done["status"], &done["input"]), (&json!("ok"), &done["output"]));
    assert_eq!(done["header"]["algorithm"], "AES_256_GCM_HKDF_SHA512_COMMIT_KEY");
    assert_eq!(done["header"]["message_id"], record_of(&scene.header("m.esdk")));
    assert_eq!(done["wrapping_key"], "n b");
    assert_eq!(done["signature"], "verified", "that of the message that was read");
    assert_eq!(done["plaintext_bytes"], PLAIN.len());
    assert_eq!(done["ciphertext_bytes"], scene.0.read("m.esdk").len());
    let previous = &done["previous"];
    assert_eq!(previous["header"]["algorithm"], "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384");
    assert_eq!(previous["wrapping_key"], "raw-aes n/a");
    assert_eq!((&previous["ciphertext_bytes"], &previous["frames"]), (&json!(length), &json!(3)));
    assert!(previous["header_auth"]["tag"].is_string());
    let left = record(&["--if-needed"], 0);
    assert_eq!((&left["status"], &left["skipped"]), (&json!("skipped"), &json!(true)));
    assert!(left["reason"].as_str().is_some_and(|reason| reason.contains("not verified")));
}

/// The message id as `inspect` and the records show it.
fn record_of(header: &Value) -> Value {
    header["message_id"].clone()
}

#[test]
fn what_somebody_else_puts_there_meanwhile_stays() {
    let scene = Scene::new();
    scene.0.write("large", vec![7; LARGE]);
    scene.0.esdk(["encrypt", "--unsigned", "-w", A, "large"]).succeeded();
    let message = scene.0.read("large.esdk");
    let newer = |change: &dyn Fn()| {
        scene.0.write("large.esdk", &message);
        let mut child = scene.start(&["large.esdk"]);
        scene.part();
        change();
        let ended = child.wait().expect("it ends").code();
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().expect("a pipe"), &mut said).expect("text");
        scene.has(&["large", "large.esdk"]);
        (ended, said)
    };
    let (status, said) = newer(&|| {
        scene.0.write("newer", b"newer");
        fs::rename(scene.0.path("newer"), scene.0.path("large.esdk")).expect("renamed");
    });
    assert_eq!(status, Some(73), "{said}");
    assert!(said.contains("large.esdk: was changed or replaced") && said.contains("run it again"), "{said}");
    assert_eq!(scene.0.read("large.esdk"), b"newer");
    let (status, said) = newer(&|| {
        use std::io::Write as _;
        let file = fs::OpenOptions::new().append(true).open(scene.0.path("large.esdk"));
        file.expect("there").write_all(b"more").expect("written");
    });
    // Seen while it was read, as bytes behind the message, or after.
    assert!(matches!(status, Some(65 | 73)), "{said}");
    assert!(scene.0.read("large.esdk") == [&message[..], b"more"].concat());
}

#[test]
fn what_reads_back_otherwise_than_it_was_written_does_not_take_the_place() {
    use std::os::unix::fs::FileExt as _;
    let scene = Scene::new();
    scene.0.write("large", vec![7; LARGE]);
    scene.0.esdk(["encrypt", "-w", A, "large"]).succeeded();
    let message = scene.0.read("large.esdk");
    let mut child = scene.start(&["large.esdk"]);
    let part = scene.0.path(&scene.part());
    // As a failing disk would: a byte of what has been written becomes another one.
    while fs::metadata(&part).expect("it is being written").len() < 1 << 20 {}
    let file = fs::OpenOptions::new().write(true).open(&part).expect("ours");
    file.write_all_at(b"?", 300_000).expect("written");
    assert_eq!(child.wait().expect("it ends").code(), Some(73));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("a pipe"), &mut said).expect("text");
    assert!(said.contains("large.esdk: the new message, read back, is not what was written"), "{said}");
    assert!(
        said.contains("failed authentication") && said.contains("the old message is untouched"),
        "{said}"
    );
    assert!(scene.0.read("large.esdk") == message);
    scene.has(&["large", "large.esdk"]);
}

#[test]
fn a_signal_leaves_the_old_message_and_nothing_else() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let scene = Scene::new();
        scene.0.write("large", vec![7; LARGE]);
        scene.0.esdk(["encrypt", "-w", A, "large"]).succeeded();
        let message = scene.0.read("large.esdk");
        let mut child = scene.start(&["large.esdk"]);
        let part = scene.part();
        assert!(part.starts_with(".large.esdk."), "{part}");
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        assert_eq!(child.wait().expect("it ends").code(), Some(status));
        assert!(scene.0.read("large.esdk") == message);
        scene.has(&["large", "large.esdk"]);
    }
}

/// At any moment each name has the old message or the new one, whole; what is left over is a `.part` file; and a run
/// that is taken up again does the rest.
#[test]
fn a_run_that_is_killed_leaves_whole_messages() {
    let scene = Scene::new();
    let names: Vec<String> = (0..4).map(|number| format!("{number}.esdk")).collect();
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    let encrypt = || {
        for (number, name) in files.iter().enumerate() {
            scene.0.write("text", vec![number as u8; 100_000 * number]);
            scene.0.esdk(["encrypt", "-f", "-w", A, "text", "-o", name]).succeeded();
        }
        scene.0.remove("text");
    };
    let rotate = || scene.rotate(&[&["--if-needed"], &files[..]].concat()).succeeded().elapsed;
    let verify = |keys: &[&str]| {
        let outcome = scene.0.esdk([&["verify"][..], keys, &files].concat());
        String::from_utf8(outcome.succeeded().stdout.clone()).expect("text")
    };
    encrypt();
    let whole = rotate();
    for run in 0..20 {
        encrypt();
        let mut child = scene.start(&[&["--if-needed"], &files[..]].concat());
        std::thread::sleep(whole * run / 16);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        for name in scene.0.files().iter().filter(|name| name.ends_with(".esdk.part")) {
            scene.0.remove(name);
        }
        scene.has(&files);
        let verified = verify(&["-w", A, "-w", B]);
        assert_eq!(verified.lines().count(), files.len());
        if run == 0 {
            assert!(verified.contains("opened by raw-aes n/a"), "killed at once: {verified}");
        }
        rotate();
        verify(&["-w", B]);
    }
}

#[test]
fn memory_does_not_grow_with_the_message() {
    let scene = Scene::new();
    scene.0.write("large", vec![7; 48 << 20]);
    scene.0.esdk(["encrypt", "-w", A, "large"]).succeeded();
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let measured = format!(
        "python3 -c 'import os, resource, sys\n\
         pid = os.fork()\n\
         if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
         _, status, usage = os.wait4(pid, 0)\n\
         open(\"peak\", \"w\").write(str(usage.ru_maxrss))\n\
         sys.exit(os.waitstatus_to_exitcode(status))' {esdk} rotate -w {A} --to-wrapping-keys {B}"
    );
    for line in [
        format!("cat large.esdk | ({measured}) | {esdk} decrypt -w {B} | cmp - large"),
        format!("{measured} large.esdk && {esdk} decrypt -w {B} large.esdk -o - | cmp - large"),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        scene.0.run(command, b"").succeeded();
        let peak: u64 = String::from_utf8(scene.0.read("peak")).expect("text").parse().expect("a number");
        assert!(peak < 64 * 1024, "{peak} KiB: {line}");
    }
}
