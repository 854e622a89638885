//! When plaintext leaves, base64, `verify`, and contexts that are not stored.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::support::command::{Outcome, Workspace};
use super::{LOCAL, with_message, workspace};

const LENGTH: usize = 1 << 20;

/// A message of 1 MiB, and the same with the last byte of its signature, or of its last tag, changed.
fn good_and_bad(workspace: &Workspace, more: &[&str]) -> (Vec<u8>, Vec<u8>) {
    workspace.write("large", vec![7; LENGTH]);
    let outcome = workspace.esdk([&["encrypt", "-q", LOCAL[0], LOCAL[1], "-o", "-", "large"], more].concat());
    let good = outcome.succeeded().stdout.clone();
    let mut bad = good.clone();
    *bad.last_mut().expect("not empty") ^= 1;
    (good, bad)
}

fn decrypt(workspace: &Workspace, more: &[&str], input: &[u8]) -> Outcome {
    workspace.esdk_reading(input, [&["decrypt", LOCAL[0], LOCAL[1]], more].concat())
}

#[test]
fn a_signed_message_leaves_for_a_pipe_when_its_signature_has_verified() {
    let workspace = workspace();
    let (good, bad) = good_and_bad(&workspace, &[]);
    workspace.write("good.esdk", &good);
    workspace.write("bad.esdk", &bad);
    assert!(decrypt(&workspace, &[], &good).succeeded().stdout == [7; LENGTH]);
    assert!(decrypt(&workspace, &["good.esdk", "-o", "-"], b"").succeeded().stdout == [7; LENGTH]);
    decrypt(&workspace, &[], &bad).failed(65).saying(&["signature"]);
    decrypt(&workspace, &["bad.esdk", "-o", "-"], b"").failed(65).saying(&["signature"]);
    decrypt(&workspace, &[], &good[..good.len() - 1]).failed(65).saying(&["ends inside"]);
    decrypt(&workspace, &[], &[&good[..], b"x"].concat()).failed(65).saying(&["follow the end"]);
    // Standard output that is a file cannot be taken back either.
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    command.args(["-c", &format!("{esdk} decrypt -w provider=local bad.esdk -o - > out")]);
    workspace.run(command, b"").exited(65);
    assert!(workspace.read("out").is_empty());
}

#[test]
fn release_unverified_gives_out_all_but_the_final_frame() {
    let workspace = workspace();
    let (good, bad) = good_and_bad(&workspace, &["--frame-length", "1000"]);
    assert!(decrypt(&workspace, &["--release-unverified"], &good).succeeded().stdout == [7; LENGTH]);
    let outcome = decrypt(&workspace, &["--release-unverified"], &bad);
    outcome.exited(65).saying(&["signature"]);
    assert_eq!(outcome.stdout.len(), LENGTH / 1000 * 1000, "the final frame stays");
}

#[test]
fn an_unsigned_message_is_held_back_when_asked() {
    let workspace = workspace();
    let (good, bad) = good_and_bad(&workspace, &["--unsigned"]);
    assert!(decrypt(&workspace, &["--verify-first"], &good).succeeded().stdout == [7; LENGTH]);
    decrypt(&workspace, &["--verify-first"], &bad).failed(65).saying(&["failed authentication"]);
    assert!(!decrypt(&workspace, &[], &bad).exited(65).stdout.is_empty(), "else frame by frame");
    decrypt(&workspace, &["--verify-first", "--release-unverified"], &good).exited(2);
}

/// 24 MiB are more than is spooled in memory.
#[test]
fn a_large_signed_message_is_spooled_and_memory_stays_bounded() {
    let mut workspace = workspace();
    workspace.write("large", vec![7; 24 << 20]);
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "large"]).succeeded();
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let line = format!(
        "cat large.esdk | (python3 -c 'import os, resource, sys\n\
         pid = os.fork()\n\
         if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
         _, status, usage = os.wait4(pid, 0)\n\
         open(\"peak\", \"w\").write(str(usage.ru_maxrss))\n\
         sys.exit(os.waitstatus_to_exitcode(status))' {esdk} decrypt -w provider=local) | cmp - large"
    );
    command.args(["-c", &line]);
    workspace.run(command, b"").succeeded();
    let peak: u64 = String::from_utf8(workspace.read("peak")).expect("text").parse().expect("a number");
    assert!(peak < 64 * 1024, "{peak} KiB");
    // The spool has no name, and a directory that takes no file is an error of its own.
    let message = workspace.read("large.esdk");
    workspace.set("TMPDIR", "/nonexistent");
    decrypt(&workspace, &[], &message).failed(73).saying(&["temporary file", "TMPDIR"]);
}

#[test]
fn a_file_that_changes_between_the_two_readings_is_noticed() {
    let workspace = workspace();
    workspace.write("large", vec![7; 32 << 20]);
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "large"]).succeeded();
    let mut child = Command::new(env!("CARGO_BIN_EXE_esdk"))
        .args(["decrypt", LOCAL[0], LOCAL[1], "-o", "-", "large.esdk"])
        .current_dir(workspace.path(""))
        .env("XDG_DATA_HOME", workspace.home().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut output = child.stdout.take().expect("a pipe");
    let mut first = [0; 1];
    output.read_exact(&mut first).expect("everything has been verified");
    // The second reading waits for the pipe to be emptied: what it has not come to yet is changed.
    let path = workspace.path("large.esdk");
    let mut file = std::fs::OpenOptions::new().write(true).open(path).expect("ours");
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(30 << 20)).expect("a file");
    file.write_all(b"changed").expect("ours");
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("a pipe");
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("changed while it was read"));
    assert!(rest.len() < 30 << 20 && rest.iter().all(|byte| *byte == 7));
}

#[test]
fn base64_on_either_side() {
    let workspace = workspace();
    let encode = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--encode"];
    let text = workspace.esdk_reading(b"a secret", encode).succeeded().stdout.clone();
    assert!(text.starts_with(b"AgV4") && text.iter().all(|byte| byte.is_ascii_graphic()), "one line");
    assert_eq!(decrypt(&workspace, &["--decode"], &text).succeeded().stdout, b"a secret");
    let lines: Vec<u8> = text.chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect();
    assert_eq!(decrypt(&workspace, &["--decode"], &lines).succeeded().stdout, b"a secret");
    assert_eq!(decrypt(&workspace, &["--decode", "--encode"], &lines).succeeded().stdout, b"YSBzZWNyZXQ=");
    decrypt(&workspace, &[], &text).failed(65).saying(&["base64 text", "--decode"]);
    decrypt(&workspace, &["--decode"], b"AgV4*").failed(65).saying(&["is not base64"]);
    decrypt(&workspace, &["--decode"], &text[..text.len() - 1]).failed(65);
    let outcome =
        workspace.esdk_reading(b"YSBzZWNyZXQ=\n", ["encrypt", "-q", LOCAL[0], LOCAL[1], "--decode"]);
    assert_eq!(decrypt(&workspace, &[], &outcome.succeeded().stdout).succeeded().stdout, b"a secret");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "--encode", "plain.txt"]).succeeded();
    decrypt(&workspace, &["--decode", "plain.txt.esdk", "-o", "again"], b"").succeeded();
    assert_eq!(workspace.read("again"), b"a secret\n");
    // Base64 that ends early leaves no file.
    workspace.write("cut.esdk", &text[..40]);
    decrypt(&workspace, &["--decode", "cut.esdk"], b"").failed(65);
    assert!(!workspace.path("cut").exists());
}

#[test]
fn other_formats_are_named() {
    let workspace = with_message();
    for (bytes, says) in [
        (b"age-encryption.org/v1\n".as_slice(), "age"),
        (b"-----BEGIN PGP MESSAGE-----\n", "OpenPGP"),
        (b"\x01\x02\x02\x00\x78rest", "aws kms decrypt"),
        (b"AQICAHhrest", "aws kms decrypt"),
        (b"Salted__12345678", "openssl enc"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"hello", "begins with 0x01 or 0x02"),
    ] {
        decrypt(&workspace, &[], bytes).failed(65).saying(&["not a message", says]);
    }
}

#[test]
fn verify_checks_everything_and_writes_nothing() {
    let workspace = workspace();
    let (good, bad) = good_and_bad(&workspace, &["-c", "purpose=test"]);
    workspace.write("good.esdk", good);
    workspace.write("bad.esdk", bad);
    let before = workspace.files();
    let verify = |more: &[&str]| workspace.esdk([&["verify", LOCAL[0], LOCAL[1]], more].concat());
    let outcome = verify(&["good.esdk", "bad.esdk"]);
    outcome.exited(65).saying(&["bad.esdk: the signature", "1 done, 0 skipped, 1 failed"]);
    let shown = String::from_utf8(outcome.stdout).expect("text");
    assert!(shown.starts_with("good.esdk: ok, 1048576 bytes, signature verified, opened by "), "{shown}");
    assert_eq!(shown.lines().count(), 1);
    let outcome = verify(&["--json", "--ordered", "good.esdk", "bad.esdk"]);
    outcome.exited(65);
    let lines: Vec<Value> = std::str::from_utf8(&outcome.stdout)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!((&lines[0]["status"], &lines[1]["status"]), (&json!("ok"), &json!("failed")));
    assert_eq!((&lines[0]["mode"], &lines[0]["output"]), (&json!("verify"), &json!(null)));
    assert_eq!(lines[0]["signature"], "verified");
    verify(&["-c", "purpose=other", "good.esdk"]).failed(77);
    verify(&["missing.esdk"]).failed(66);
    let encoded = workspace.esdk_reading(b"x", ["encrypt", "-q", LOCAL[0], LOCAL[1], "--encode"]).stdout;
    let outcome = workspace.esdk_reading(&encoded, ["verify", "--decode", LOCAL[0], LOCAL[1]]);
    assert!(outcome.succeeded().stdout.starts_with(b"standard input: ok, 1 bytes"));
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_context_that_is_not_stored_must_be_known_to_whoever_decrypts() {
    let mut workspace = workspace();
    workspace.esdk(["keygen", "rsa", "--bits", "2048", "-o", "r"]).succeeded();
    workspace.set("HEX", "000102030405060708090a0b0c0d0e0f");
    let rsa = "provider=raw-rsa,namespace=n,name=r,";
    let keys = [
        ("provider=raw-aes,namespace=n,name=a,key-env=HEX".to_owned(), None),
        (format!("{rsa}public-key-file=r.public.pem"), Some(format!("{rsa}private-key-file=r.private.pem"))),
    ];
    for (key, private) in keys {
        let encrypt = ["encrypt", "-w", &key, "-c", "a=1", "--unstored-context", "secret=2"];
        let message = workspace.esdk_reading(b"x", encrypt).succeeded().stdout.clone();
        assert!(!message.windows(6).any(|window| window == b"secret"), "not stored");
        let key = private.unwrap_or(key);
        let decrypt =
            |more: &[&str]| workspace.esdk_reading(&message, [&["decrypt", "-w", &key], more].concat());
        assert_eq!(decrypt(&["-c", "secret=2"]).succeeded().stdout, b"x");
        assert_eq!(decrypt(&["-c", "secret=2", "-c", "a=1"]).succeeded().stdout, b"x");
        for missing in [&[][..], &["-c", "a=1"], &["-c", "secret=3"], &["-c", "secret"]] {
            let outcome = decrypt(missing);
            assert!(matches!(outcome.status, Some(65 | 77)), "{missing:?}: {}", outcome.stderr);
            assert!(outcome.stdout.is_empty());
        }
    }
    let both = ["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", "a=1", "--unstored-context", "a=1"];
    workspace.esdk_reading(b"x", both).failed(2).saying(&["not with both"]);
    let reserved = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--unstored-context", "aws-crypto-x=1"];
    workspace.esdk_reading(b"x", reserved).failed(2).saying(&["reserved"]);
}

#[test]
fn too_many_frames_are_refused_before_anything_is_begun() {
    let workspace = workspace();
    // A sparse file of 2^33 bytes: in frames of one byte it has more of them than a message can have.
    let file = std::fs::File::create(workspace.path("sparse")).expect("a file");
    file.set_len(1 << 33).expect("a sparse file");
    let encrypt = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--frame-length", "1", "sparse"];
    let outcome = workspace.esdk(encrypt);
    outcome.failed(2).saying(&["4294967295 frames", "3 bytes a frame are enough"]);
    assert!(outcome.elapsed < Duration::from_secs(30));
    assert_eq!(workspace.files(), ["plain.txt", "sparse"]);
}
