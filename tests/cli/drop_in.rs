//! The command line of `aws-encryption-cli`, as far as it needs no KMS: what differs from the original on purpose.

use std::os::unix::fs::symlink;
use std::process::Command;

use super::{mode, set_mode, workspace};
use crate::support::command::{Outcome, Workspace};

const NAME: &str = "aws-encryption-cli";

fn calls(workspace: &Workspace, input: &[u8], words: &str) -> Outcome {
    let words = [NAME].into_iter().chain(words.split(' ')).chain(["-w", "provider=local"]);
    workspace.esdk_reading(input, words)
}

/// Those lines of the metadata that this says something of.
fn statuses(workspace: &Workspace) -> Vec<(String, serde_json::Value)> {
    let lines = String::from_utf8(workspace.read("log")).expect("text");
    let status = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let input = line["input"].as_str().expect("a path").rsplit('/').next().expect("a name").to_owned();
        (input, line["status"].clone())
    };
    lines.lines().map(status).collect()
}

#[test]
fn outputs_have_the_bits_that_writing_in_place_gives_them() {
    let workspace = workspace();
    set_mode(&workspace, "plain.txt", 0o600);
    calls(&workspace, b"", "-e -S -i plain.txt -o c").succeeded();
    let open = mode(&workspace, "c");
    assert_eq!(open & 0o600, 0o600);
    std::fs::write(workspace.path("made"), "").expect("a file");
    assert_eq!(open, mode(&workspace, "made"));
    set_mode(&workspace, "c", 0o640);
    calls(&workspace, b"", "-e -S -i plain.txt -o c").succeeded();
    assert_eq!(mode(&workspace, "c"), 0o640);
    calls(&workspace, &workspace.read("c"), "-d -S -i - -o d").succeeded();
    assert_eq!(mode(&workspace, "d"), open);
}

#[test]
fn an_output_that_appears_meanwhile_is_not_overwritten_either() {
    let workspace = workspace();
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let script = format!(
        "(until ls -A | grep -q part; do sleep 0.01; done; echo mine > c; echo x) | \
         {esdk} {NAME} -e -S -i - -o c --no-overwrite -w provider=local"
    );
    command.args(["-c", &script]);
    workspace.run(command, b"").succeeded().saying(&["WARNING - Skipping"]);
    assert_eq!(workspace.read("c"), b"mine\n");
    assert_eq!(workspace.files(), ["c", "plain.txt"]);
}

#[test]
fn a_failure_ends_the_run_and_an_unmet_context_does_not() {
    let workspace = workspace();
    for folder in ["in", "in/deep", "back"] {
        std::fs::create_dir(workspace.path(folder)).expect("a folder");
    }
    calls(&workspace, b"", "-e -S -i plain.txt -o in/a -c for=a").succeeded();
    calls(&workspace, b"", "-e -S -i plain.txt -o in/deep/c -c for=c").succeeded();
    calls(&workspace, b"", "-d -S -r -i in -o back --suffix -c for=c").exited(1);
    assert_eq!(workspace.read("back/deep/c"), workspace.read("plain.txt"));
    assert!(!workspace.path("back/a").exists());

    std::fs::remove_dir_all(workspace.path("back")).expect("ours");
    std::fs::create_dir(workspace.path("back")).expect("a folder");
    let mut changed = workspace.read("in/a");
    *changed.last_mut().expect("a message") ^= 1;
    workspace.write("in/a", changed);
    // What is in a directory comes before what is in its subdirectories.
    let outcome = calls(&workspace, b"", "-d --metadata-output log -r -i in -o back --suffix");
    outcome.exited(1).saying(&[
        "WARNING - Operation failed: deleting output file: back/a",
        "Encountered unexpected error: increase verbosity to see details.",
        "InvalidSignature()",
    ]);
    assert_eq!(statuses(&workspace), [("a".to_owned(), "failed".into())]);
    assert_eq!(std::fs::read_dir(workspace.path("back")).expect("a folder").count(), 0);
}

#[test]
fn buffered_ciphertext_leaves_when_it_is_whole() {
    let workspace = workspace();
    let base64 = [b"AAAA".repeat(300_000), b"!".to_vec()].concat();
    let begun = calls(&workspace, &base64, "-e -S --decode -i - -o -");
    assert!(!begun.exited(1).stdout.is_empty());
    let outcome = calls(&workspace, &base64, "-e -S -b --decode -i - -o -");
    outcome.exited(1).saying(&["is not base64"]);
    assert_eq!(outcome.stdout, b"");
    let outcome = calls(&workspace, &base64[..1_200_000], "-e -S --buffer --decode -i - -o -");
    let message = &outcome.succeeded().stdout;
    assert_eq!(calls(&workspace, message, "-d -S -i - -o -").succeeded().stdout, vec![0; 900_000]);
}

#[test]
fn data_keys_are_used_again_for_files_in_base64() {
    let workspace = workspace();
    for folder in ["in", "out"] {
        std::fs::create_dir(workspace.path(folder)).expect("a folder");
    }
    for (name, text) in [("in/a", "AAAA"), ("in/b", "AAAAAAA=\n")] {
        workspace.write(name, text);
    }
    for (caching, is_same) in [("", false), (" --caching capacity=1 max_age=60", true)] {
        let words =
            format!("-e --metadata-output log --overwrite-metadata -r -i in -o out --decode{caching}");
        calls(&workspace, b"", &words).succeeded();
        let lines = String::from_utf8(workspace.read("log")).expect("text");
        let keys = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            line["header"]["encrypted_data_keys"][0]["encrypted_data_key"].clone()
        };
        let [one, other] = lines.lines().map(keys).collect::<Vec<_>>().try_into().expect("two lines");
        assert!(one.is_string());
        assert_eq!(one == other, is_same, "{words}");
    }
}

#[test]
fn the_default_profile_of_boto3_counts_where_no_other_credentials_are_there() {
    let mut workspace = workspace();
    workspace.set("AWS_DEFAULT_PROFILE", "nope");
    let words = [NAME, "-e", "-S", "-i", "plain.txt", "-o", "c", "-w", "key=alias/x"];
    workspace.set("AWS_DEFAULT_REGION", "us-west-2");
    workspace.unset("AWS_ACCESS_KEY_ID");
    workspace.unset("AWS_SECRET_ACCESS_KEY");
    workspace.esdk(words).exited(1).saying(&["ProfileNotFound", "(nope)"]);
}

#[test]
fn what_was_there_survives_a_failure_and_nothing_is_left_of_one() {
    let workspace = workspace();
    calls(&workspace, b"", "-e -S -i plain.txt -o c -c a=b").succeeded();
    workspace.write("there", "kept");
    let outcome = calls(&workspace, b"", "-d -S -i plain.txt -o there");
    outcome.exited(1).saying(&["Operation failed: keeping existing output file: there"]);
    calls(&workspace, b"no message", "-d -S -i - -o there").exited(1);
    calls(&workspace, b"no message", "-d -S -i - -o new").exited(1);
    assert_eq!(workspace.read("there"), b"kept");
    let outcome = calls(&workspace, b"", "-d -S -q -i c -o there -c a=c");
    outcome.exited(1).saying(&["encryption context did not match"]);
    assert_eq!(workspace.read("there"), b"kept");
    assert_eq!(workspace.files(), ["c", "plain.txt", "there"]);
}

#[test]
fn an_answer_is_one_line_of_what_may_be_the_plaintext_as_well() {
    let workspace = workspace();
    workspace.write("c", "");
    calls(&workspace, b"yes\nthe rest", "-e -S --interactive -i - -o c").succeeded();
    let outcome = calls(&workspace, b"", "-d -S -i c -o -");
    outcome.succeeded();
    assert_eq!(outcome.stdout, b"the rest");
    let before = workspace.read("c");
    for answer in ["n\n", "\n", "maybe"] {
        calls(&workspace, answer.as_bytes(), "-e -S --interactive -i plain.txt -o c").succeeded();
    }
    calls(&workspace, b"", "-e -S --interactive -i plain.txt -o c").exited(1).saying(&["EOFError"]);
    assert_eq!(workspace.read("c"), before);
}

#[test]
fn the_plaintext_of_a_signed_message_waits_for_the_signature() {
    let workspace = workspace();
    workspace.write("plain.txt", vec![7; 20_000]);
    for (suite, is_signed) in [
        ("AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", true),
        ("AES_256_GCM_HKDF_SHA512_COMMIT_KEY", false),
    ] {
        calls(&workspace, b"", &format!("-e -S -i plain.txt -o c --algorithm {suite}")).succeeded();
        let mut message = workspace.read("c");
        message.truncate(12_000);
        let outcome = calls(&workspace, &message, "-d -S -i - -o -");
        outcome.exited(1);
        assert_eq!(outcome.stdout.is_empty(), is_signed, "{suite}: {} bytes", outcome.stdout.len());
        let outcome = calls(&workspace, &message, "-d -S --buffer -i - -o -");
        outcome.exited(1);
        assert!(outcome.stdout.is_empty(), "{suite}");
    }
}

#[test]
fn no_link_leads_an_output_out_of_its_directory() {
    let workspace = workspace();
    for folder in ["in", "in/sub", "out", "elsewhere"] {
        std::fs::create_dir(workspace.path(folder)).expect("a folder");
    }
    workspace.write("in/sub/f", "f");
    symlink("../elsewhere", workspace.path("out/sub")).expect("a link");
    calls(&workspace, b"", "-e -S -r -i in -o out").exited(1).saying(&["symbolic link"]);
    assert_eq!(std::fs::read_dir(workspace.path("elsewhere")).expect("a folder").count(), 0);
}

#[test]
fn a_link_makes_it_the_other_program() {
    let workspace = workspace();
    let folder = workspace.path("bin");
    workspace.esdk(["install-links", "bin"]).failed(73).saying(&["hint: make it first"]);
    std::fs::create_dir(&folder).expect("a folder");
    let outcome = workspace.esdk(["install-links", "bin"]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, b"bin/aws-encryption-cli\n");
    let mut command = Command::new(folder.join(NAME));
    command.arg("--version");
    let outcome = workspace.run(command, b"");
    outcome.succeeded();
    assert_eq!(outcome.stdout, b"aws-encryption-sdk-cli/4.3.0 aws-encryption-sdk/3.3.1\n");
    let outcome = workspace.run(Command::new(folder.join(NAME)), b"");
    outcome
        .exited(2)
        .saying(&["usage: aws-encryption-cli [-h]", "\naws-encryption-cli: error: the following"]);
    workspace.remove("bin/aws-encryption-cli");
    workspace.write("bin/aws-encryption-cli", "another's");
    workspace.esdk(["install-links", "bin"]).failed(73).saying(&["exists already", "hint:", "-f"]);
    assert_eq!(workspace.read("bin/aws-encryption-cli"), b"another's");
    workspace.esdk(["install-links", "-f", "bin"]).succeeded();
    assert!(folder.join(NAME).is_symlink());
}
