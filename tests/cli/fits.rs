//! `--fits`: an output is at most so long, or there is none.

use super::{LOCAL, workspace};
use crate::support::command::{Outcome, Workspace};

/// A key that nobody answers for: whoever asks for it fails with another status.
const SILENT_KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/1234";

/// Encrypts `length` bytes from standard input to `out`, if that fits into `limit`.
fn encrypt(workspace: &Workspace, length: usize, limit: usize, more: &[&str]) -> Outcome {
    let limit = limit.to_string();
    let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--fits", &limit, "-f", "-o", "out"];
    workspace.esdk_reading(&vec![7; length], arguments.iter().chain(more))
}

/// The greatest length that messages of so many bytes can have, found by asking.
fn needed(workspace: &Workspace, length: usize, more: &[&str]) -> usize {
    let (mut too_small, mut enough) = (0, 1 << 20);
    while enough - too_small > 1 {
        let middle = (too_small + enough) / 2;
        match encrypt(workspace, length, middle, more).status {
            Some(0) => enough = middle,
            Some(73) => too_small = middle,
            other => panic!("{other:?}"),
        }
    }
    enough
}

#[test]
fn what_fits_to_the_byte_is_written_and_one_byte_more_is_not() {
    for (length, more) in [
        (0, vec!["--unsigned"]),
        (1000, vec!["--unsigned"]),
        (10_000, vec!["--unsigned"]),
        (10_000, vec!["--algorithm", "0x0178", "--commitment-policy", "forbid-encrypt-allow-decrypt"]),
        (50, vec!["--unsigned", "--frame-length", "16", "-c", "a=b"]),
    ] {
        let workspace = workspace();
        let needed = needed(&workspace, length, &more);
        encrypt(&workspace, length, needed, &more).succeeded();
        assert_eq!(workspace.read("out").len(), needed, "{length} {more:?}");
        let arguments = ["decrypt", LOCAL[0], LOCAL[1], "--commitment-policy"];
        let arguments = arguments.into_iter().chain(["require-encrypt-allow-decrypt", "-o", "back", "out"]);
        workspace.esdk(arguments).succeeded();
        assert_eq!(workspace.read("back"), vec![7; length]);
        workspace.remove("out");
        let words = format!("would be {needed} bytes long, 1 more than the {} ", needed - 1);
        encrypt(&workspace, length, needed - 1, &more).failed(73).saying(&[&words]);
        assert!(!workspace.files().contains(&"out".to_owned()));
    }
}

/// Signatures vary by some bytes, and the answer does not vary with them.
#[test]
fn a_signed_message_fits_when_the_longest_signature_would() {
    let workspace = workspace();
    let needed = needed(&workspace, 3000, &[]);
    let mut lengths = Vec::new();
    for _ in 0..8 {
        encrypt(&workspace, 3000, needed, &[]).succeeded();
        lengths.push(workspace.read("out").len());
        encrypt(&workspace, 3000, needed - 1, &[]).failed(73).saying(&["can become", "1 more than"]);
    }
    assert!(lengths.iter().all(|length| (needed - 8..=needed).contains(length)), "{needed}: {lengths:?}");
}

#[test]
fn with_encode_the_base64_counts() {
    let workspace = workspace();
    for length in [1000, 1001, 1002] {
        let raw = needed(&workspace, length, &["--unsigned"]);
        let base64 = needed(&workspace, length, &["--unsigned", "--encode"]);
        assert_eq!(base64, raw.div_ceil(3) * 4);
        encrypt(&workspace, length, base64, &["--unsigned", "--encode"]).succeeded();
        assert_eq!(workspace.read("out").len(), base64);
        encrypt(&workspace, length, base64 - 1, &["--unsigned", "--encode"])
            .failed(73)
            .saying(&["in base64", "leave out --encode"]);
    }
}

#[test]
fn the_plaintext_that_counts_is_the_decoded_one() {
    let workspace = workspace();
    workspace.write("text", "QUJD\n".repeat(500));
    let fits = |limit: &str| {
        let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--unsigned", "--decode", "--fits", limit];
        workspace.esdk(arguments.into_iter().chain(["-f", "-o", "out", "text"]))
    };
    fits("1000").failed(73);
    fits("2000").succeeded();
    assert!(workspace.read("out").len() < 2000);
}

#[test]
fn no_key_is_asked_for_what_cannot_fit() {
    let workspace = workspace();
    workspace.write("large", vec![7; 20_000]);
    let arguments = ["encrypt", "-k", SILENT_KEY, "--fits", "16384", "large"];
    workspace.esdk(arguments).failed(73).saying(&[
        "large: ",
        "would be at least 2",
        "more than the 16384",
        "--unsigned (199 bytes)",
        "--frame-length (up to 128 bytes)",
    ]);
    let arguments = ["encrypt", "-k", SILENT_KEY, "--fits", "16384"];
    workspace.esdk_reading(&vec![7; 20_000], arguments).failed(73).saying(&["standard input: "]);
    assert_eq!(workspace.files(), ["large", "plain.txt"]);
}

#[test]
fn what_was_there_stays_and_the_others_are_encrypted() {
    let workspace = workspace();
    workspace.write("large", vec![7; 2000]);
    workspace.write("large.esdk", "as it was");
    let arguments = ["encrypt", "-q", "-f", LOCAL[0], LOCAL[1], "--fits", "1000", "large", "plain.txt"];
    workspace.esdk(arguments).exited(73).saying(&["large: ", "more than the 1000"]);
    assert_eq!(workspace.read("large.esdk"), b"as it was");
    assert!(workspace.read("plain.txt.esdk").len() <= 1000);
}

#[test]
fn an_endless_pipe_ends_with_the_limit() {
    let workspace = workspace();
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("exec {esdk} encrypt -q -w provider=local --fits 16384 < /dev/zero")]);
    workspace.run(command, b"").failed(73).saying(&["standard input: ", "1 more than the 16384"]);
}

#[test]
fn a_limit_is_a_number_of_bytes_that_memory_holds() {
    let workspace = workspace();
    for wrong in ["0", "-1", "16k", "67108865", ""] {
        let option = format!("--fits={wrong}");
        workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], &option, "plain.txt"]).exited(2).saying(&["--fits"]);
    }
}
