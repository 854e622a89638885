//! `--caching` without KMS: what counts as a known length, and wrong usage.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use esdk::keyring::raw_aes::RawAesKeyring;
use esdk::keyring::{Keyring as _, Unwrapped};
use esdk::message::decrypt::UnverifiedMessage;
use zeroize::Zeroizing;

use crate::{LOCAL, workspace};

const CACHING: &str = "capacity=10,max-age=60";

#[track_caller]
fn numbers(arguments: &[&str], input: &[u8], said: &str) {
    let workspace = workspace();
    workspace.write("empty.txt", "");
    let words =
        [&["encrypt", "-v", LOCAL[0], LOCAL[1], "--caching", CACHING, "-o", "out/"], arguments].concat();
    let words: Vec<_> = match arguments {
        [] => words.into_iter().filter(|word| !["-o", "out/"].contains(word)).collect(),
        _ => words,
    };
    workspace.esdk_reading(input, words).succeeded().saying(&[&format!("data key cache: {said}\n")]);
}

#[test]
fn files_have_a_known_length_and_streams_have_none() {
    numbers(&["plain.txt", "empty.txt"], b"", "1 hits, 1 misses, 0 messages went around it");
    numbers(&[], b"a secret", "0 hits, 0 misses, 1 messages went around it");
    numbers(&["--unsigned", "plain.txt"], b"", "0 hits, 1 misses, 0 messages went around it");
}

#[test]
fn behind_base64_is_no_more_than_its_length_says() {
    let workspace = workspace();
    workspace.write("text", "YSBzZWNyZXQK\n");
    workspace.write("other", "YSBzZWNyZXQ=\n\n\n\n");
    let words = [
        "encrypt",
        "-v",
        LOCAL[0],
        LOCAL[1],
        "--caching",
        CACHING,
        "--decode",
        "text",
        "other",
        "-o",
        "out/",
    ];
    workspace.esdk(words).succeeded().saying(&["1 hits, 1 misses, 0 messages went around it"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_the_kernel_that_says_it_is_empty_has_no_known_length() {
    let workspace = workspace();
    let words =
        ["encrypt", "-v", LOCAL[0], LOCAL[1], "--caching", CACHING, "-o", "version.esdk", "/proc/version"];
    workspace.esdk(words).succeeded().saying(&["0 hits, 0 misses, 1 messages went around it"]);
    let words = ["decrypt", LOCAL[0], LOCAL[1], "--caching", CACHING, "-o", "-", "version.esdk"];
    let expected = std::fs::read("/proc/version").expect("a file of the kernel");
    assert_eq!(workspace.esdk(words).succeeded().stdout, expected);
}

#[test]
fn wrong_limits_are_wrong_usage_in_every_command() {
    let workspace = workspace();
    for (limits, words) in [
        ("capacity=10", "max-age= is missing"),
        ("max-age=10", "capacity= is missing"),
        ("capacity=0,max-age=10", "a cache has room for 1 entry or more"),
        ("capacity=1,max-age=0", "longer than 0 seconds"),
        ("capacity=1,max-age=1,max-mesages=4", "did you mean \"max-messages\"?"),
        ("capacity=1,max-age=1,max-bytes=9223372036854775808", "1 to 9223372036854775807 bytes"),
        ("capacity=1,max-age=99999999999999999999", "max-age=99999999999999999999: is too great"),
    ] {
        for command in ["encrypt", "decrypt", "verify"] {
            let outcome = workspace.esdk([command, LOCAL[0], LOCAL[1], "--caching", limits, "plain.txt"]);
            outcome.failed(2).saying(&["--caching", words]);
        }
    }
    assert_eq!(workspace.files(), ["plain.txt"]);
}

#[test]
fn a_data_key_is_in_no_log_and_in_no_file() {
    let workspace = workspace();
    workspace.write("other.txt", "another secret\n");
    workspace.write("aes.key", BASE64.encode([7; 32]) + "\n");
    let keys = ["-w", "provider=raw-aes,namespace=n,name=k,key-file=aes.key", "--caching", CACHING];
    let records = ["-vv", "--metadata-output", "records.jsonl"];
    let run = |command: &str, files: [&str; 4]| {
        let outcome = workspace.esdk([&[command], &keys[..], &records, &files].concat());
        outcome.succeeded().saying(&["data key cache: 1 hits, 1 misses"]);
        [outcome.stderr.into_bytes(), outcome.stdout].concat()
    };
    let mut said = run("encrypt", ["-o", "out/", "plain.txt", "other.txt"]);
    said.extend(run("decrypt", ["-o", "back/", "out/plain.txt.esdk", "out/other.txt.esdk"]));

    let keyring = RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key");
    let message = workspace.read("out/plain.txt.esdk");
    let header = UnverifiedMessage::read(&message[..], None).expect("a message").header().clone();
    let unwrapped = keyring.unwrap(header.suite, &header.context, &header.encrypted_data_keys[0]);
    let Unwrapped::Opened(opened) = unwrapped else { panic!("{unwrapped:?}") };
    let data_key = opened.data_key.as_bytes();
    let hexadecimal: String = data_key.iter().map(|byte| format!("{byte:02x}")).collect();
    // As Debug prints bytes, too.
    let listed = format!("{data_key:?}");
    let forms = [
        data_key,
        hexadecimal.as_bytes(),
        BASE64.encode(data_key).trim_end_matches('=').as_bytes(),
        listed.trim_matches(['[', ']']).as_bytes(),
    ]
    .map(<[u8]>::to_vec);
    let holds =
        |bytes: &[u8]| forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form));
    assert!(holds(data_key), "the search finds it where it is");
    assert!(!holds(&said));
    let root = workspace.home().parent().expect("the folder of home, work and tmp").to_owned();
    let searched = search(&root, &holds);
    assert!(searched >= 8, "{searched} files");
}

/// Looks through every file below a folder; gives how many there are.
fn search(folder: &Path, holds: &impl Fn(&[u8]) -> bool) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.is_dir() {
            true => search(&path, holds),
            false => {
                assert!(!holds(&std::fs::read(&path).expect("a file")), "{}", path.display());
                1
            }
        })
        .sum()
}
