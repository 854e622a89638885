//! `esdk plan` without KMS: nothing is asked, made or written, and what the command would refuse is refused.

use serde_json::{Value, json};

use crate::support::command::{Outcome, Workspace};
use crate::{LOCAL, with_message, workspace};

const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const FAR: &str = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

/// Runs it without credentials; no file appears.
#[track_caller]
fn plan(place: &Workspace, arguments: &[&str], status: i32) -> Outcome {
    let before = place.files();
    let outcome = place.esdk([&["plan"], arguments].concat());
    outcome.exited(status);
    assert_eq!(place.files(), before);
    outcome
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.stdout.clone()).expect("text")
}

fn json_of(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(outcome)))
}

/// A user whom AWS knows nothing of.
fn stranger() -> Workspace {
    let mut place = workspace();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_KMS"] {
        place.unset(name);
    }
    place
}

#[test]
fn the_text_of_a_plan() {
    let place = stranger();
    place.write("other.txt", "b");
    let outcome = plan(&place, &["encrypt", "-k", KEY, "-k", FAR, "plain.txt", "other.txt"], 0);
    assert_eq!(
        text(&outcome),
        format!(
            "\
encrypt: 2 inputs, 10 B of plaintext

KMS calls without caching: 4
  2  GenerateDataKey  us-west-2 (own)  {KEY}
  2  Encrypt          eu-central-1     {FAR}

KMS calls with --caching capacity=1,max-age=60,max-messages=100, which is not given: 2
  1  GenerateDataKey  us-west-2 (own)  {KEY}
  1  Encrypt          eu-central-1     {FAR}
  with the inputs in their order, and no data key 60 s old; at least 2 in any order, 4 when none is used again

The same with --iam-policy prints the IAM policy that this needs.
"
        )
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_policy_is_all_that_is_on_standard_output() {
    let place = stranger();
    let words = ["encrypt", "--iam-policy", "-k", KEY, "-k", "alias/a", "-c", "purpose=test", "plain.txt"];
    let outcome = plan(&place, &words, 0);
    outcome.saying(&["warning: alias/a names the key that it is moved to last"]);
    assert_eq!(
        json_of(&outcome),
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "kms:Encrypt",
                    "Resource": "arn:aws:kms:us-west-2:*:key/*",
                    "Condition": {"StringEquals": {
                        "aws:ResourceAccount": "${aws:PrincipalAccount}",
                        "kms:EncryptionContext:purpose": "test",
                        "kms:RequestAlias": "alias/a",
                    }},
                },
                {
                    "Effect": "Allow",
                    "Action": "kms:GenerateDataKey",
                    "Resource": KEY,
                    "Condition": {"StringEquals": {"kms:EncryptionContext:purpose": "test"}},
                },
            ],
        })
    );
    // An input that fails is told and leaves the policy as it is.
    let words = ["encrypt", "--iam-policy", "-k", KEY, "missing", "plain.txt"];
    let outcome = plan(&place, &words, 66);
    outcome.saying(&["esdk: error: missing: cannot be read"]);
    assert_eq!(json_of(&outcome)["Statement"][0]["Resource"], KEY);
}

#[test]
fn a_role_and_its_caller_have_a_policy_each() {
    let place = stranger();
    let role = "arn:aws:iam::111122223333:role/backup";
    let spec = format!("key={KEY},role-arn={role}");
    let outcome = plan(&place, &["encrypt", "--iam-policy", "-w", &spec, "plain.txt"], 0);
    let policies = json_of(&outcome);
    assert_eq!(policies["caller"]["Statement"][0]["Action"], "sts:AssumeRole");
    assert_eq!(policies[role]["Statement"][0]["Action"], "kms:GenerateDataKey");
    let outcome = plan(&place, &["encrypt", "-w", &spec, "plain.txt"], 0);
    let shown = text(&outcome);
    assert!(shown.contains(&format!("{KEY} as {role}\n")), "{shown}");
    assert!(shown.contains(&format!("one for each of: caller, {role}")), "{shown}");
}

#[test]
fn the_local_key_is_not_made() {
    let place = workspace();
    let outcome = plan(&place, &["encrypt", LOCAL[0], LOCAL[1], "plain.txt"], 0);
    assert!(text(&outcome).ends_with("\nNo call of KMS is made.\n"), "{}", text(&outcome));
    assert!(!place.home().join("data").exists(), "a key was made");
    let outcome = plan(&place, &["encrypt", "--iam-policy", LOCAL[0], LOCAL[1], "plain.txt"], 0);
    outcome.saying(&["warning: no call of KMS is made: no IAM policy is needed, and none is printed"]);
    assert_eq!(text(&outcome), "");
    // Though it is yet to be made it comes first: KMS wraps, and does not generate.
    let outcome = plan(&place, &["encrypt", "--json", LOCAL[0], LOCAL[1], "-k", KEY, "plain.txt"], 0);
    let last: Value = serde_json::from_str(text(&outcome).lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["by_key"][0]["operation"], "Encrypt");
    assert_eq!(last["warnings"][0]["kind"], "other");
}

#[test]
fn no_metadata_is_written() {
    let place = stranger();
    plan(&place, &["encrypt", "-k", KEY, "--metadata-output", "records", "plain.txt"], 0);
    // What encrypt would refuse.
    let words = ["encrypt", "-k", KEY, "--metadata-output", "plain.txt", "plain.txt"];
    plan(&place, &words, 2).saying(&["is also an input or an output"]);
}

#[test]
fn what_the_command_would_refuse_is_refused() {
    let place = with_message();
    place.write("not-a-message.esdk", "certainly not");
    let message = "plain.txt.esdk";
    for (words, status, said) in [
        (&["encrypt", "plain.txt"][..], 2, "no wrapping key is given"),
        (&["encrypt", "-k", KEY, "plain.txt"], 73, "plain.txt.esdk: exists already"),
        (&["encrypt", "-k", KEY, "missing"], 66, "missing: cannot be read"),
        (
            &["encrypt", "-k", KEY, "--frame-length", "1", "--fits", "20", "-f", "plain.txt"],
            73,
            "more than the 20",
        ),
        (&["encrypt", "-k", KEY, "--algorithm", "0x0178", "plain.txt"], 77, "commitment policy"),
        (&["encrypt", "-k", KEY, "-c", "aws-crypto-a=1", "plain.txt"], 2, "aws-crypto-"),
        (&["decrypt", "-k", "alias/a", "-o", "x", message], 2, "ARN"),
        (&["decrypt", LOCAL[0], LOCAL[1], message], 73, "plain.txt: exists already"),
        (&["decrypt", LOCAL[0], LOCAL[1], "not-a-message.esdk"], 65, "not-a-message.esdk"),
        (&["decrypt", LOCAL[0], LOCAL[1], "-c", "purpose=other", "-o", "x", message], 77, "purpose"),
        (&["decrypt", LOCAL[0], LOCAL[1], "--forbid-signature", "-o", "x", message], 77, "sign"),
        (&["decrypt", "-k", KEY, "-o", "x", message], 77, "not asked: no key of this provider was given"),
    ] {
        let planned = plan(&place, words, status);
        planned.saying(&[said]);
        let done = place.esdk(words);
        done.exited(status).saying(&[said]);
        let errors = |outcome: &Outcome| {
            let lines = outcome.stderr.lines().filter(|line| line.starts_with("esdk: error: "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(errors(&planned), errors(&done), "{words:?}");
    }
}

/// Encrypt finds it when the first data key has been wrapped.
#[test]
fn too_many_keys_are_refused_at_once() {
    let place = stranger();
    let words = ["encrypt", "-k", KEY, "-k", FAR, "--max-encrypted-data-keys", "1", "plain.txt"];
    plan(&place, &words, 2).saying(&["2 wrapping keys make more", "raise --max-encrypted-data-keys"]);
}

#[test]
fn the_rest_goes_on_after_a_failure_unless_it_is_to_stop() {
    let place = stranger();
    let words = ["encrypt", "--json", "-k", KEY, "missing", "plain.txt"];
    let lines = |arguments: &[&str]| text(&plan(&place, arguments, 66)).lines().count();
    assert_eq!(lines(&words), 3);
    assert_eq!(lines(&[&words[..], &["--fail-fast"]].concat()), 2);
}

#[test]
fn a_tree_is_gone_through_as_encrypt_would() {
    let place = stranger();
    std::fs::create_dir_all(place.path("tree/deep")).expect("folders");
    for name in ["tree/a.txt", "tree/b.log", "tree/deep/c.txt", "tree/d.txt.esdk"] {
        place.write(name, "1234");
    }
    let words = ["encrypt", "--json", "-k", KEY, "-r", "tree", "--include", "*.txt", "-o", "out"];
    let outcome = plan(&place, &words, 0);
    let lines: Vec<Value> =
        text(&outcome).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = lines.last().expect("a line");
    assert_eq!((&last["inputs"]["planned"], &last["inputs"]["plaintext"]["bytes"]), (&json!(2), &json!(8)));
    let mut outputs: Vec<_> = lines.iter().filter_map(|line| line["output"].as_str()).collect();
    outputs.sort_unstable();
    assert!(outputs[0].ends_with("out/a.txt.esdk") && outputs[1].ends_with("out/deep/c.txt.esdk"));
    assert!(!place.path("out").exists());
}

#[test]
fn standard_input_is_left_alone_when_encrypting_and_its_header_read_when_decrypting() {
    let place = with_message();
    let outcome = place.esdk_reading(b"a secret", ["plan", "encrypt", "-k", KEY]);
    outcome.exited(0);
    assert!(text(&outcome).starts_with("encrypt: 1 input, 0 B of plaintext and 1 of unknown length\n"));
    let message = place.read("plain.txt.esdk");
    let outcome = place.esdk_reading(&message, ["plan", "decrypt", LOCAL[0], LOCAL[1]]);
    outcome.exited(0);
    let shown = text(&outcome);
    assert!(
        shown.starts_with("standard input\n  1. encrypted data key 1: no call, with raw-aes esdk-local/"),
        "{shown}"
    );
    assert!(shown.ends_with("decrypt: 1 input\nNo call of KMS is made.\n"), "{shown}");
}

#[test]
fn a_fifo_is_not_opened_to_encrypt() {
    let place = stranger();
    let fifo = place.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    // Opening it would wait for whoever writes.
    let outcome = plan(&place, &["encrypt", "-k", KEY, "-o", "out", "fifo"], 0);
    assert!(text(&outcome).contains("1 of unknown length"));
}

#[test]
fn the_passphrase_of_a_private_key_is_not_needed() {
    let place = workspace();
    let pem = include_str!("../../src/crypto/rsa/test_keys/encrypted-pbkdf2.pem");
    place.write("private.pem", pem);
    place.esdk(["keygen", "rsa", "--bits", "2048", "-o", "pair"]).succeeded();
    let names = "provider=raw-rsa,namespace=escrow,name=safe";
    let public = format!("{names},public-key-file=pair.public.pem");
    place.esdk(["encrypt", "-w", &public, "plain.txt"]).succeeded();
    let private = format!("{names},private-key-file=private.pem");
    let outcome = plan(&place, &["decrypt", "-w", &private, "-o", "x", "plain.txt.esdk"], 0);
    assert!(text(&outcome).contains("no call, with raw-rsa escrow/safe"), "{}", text(&outcome));
    let other = private.replace("safe", "other");
    plan(&place, &["decrypt", "-w", &other, "-o", "x", "plain.txt.esdk"], 77)
        .saying(&["another key of this provider was given"]);
}

#[test]
fn profiles_that_are_not_there_are_warned_of() {
    let place = stranger();
    plan(&place, &["encrypt", "-k", KEY, "--profile", "nobody", "plain.txt"], 0)
        .saying(&["warning: with the AWS files of this machine no call could be made", "no profile nobody"]);
}

/// What takes a role needs to be allowed to: the source of a profile as well.
#[test]
fn the_roles_of_profiles_are_in_the_policies() {
    let mut place = stranger();
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    place.write(
        "config",
        format!(
            "[profile last]\nrole_arn = {}\nsource_profile = middle\n\
             [profile middle]\nrole_arn = {}\nsource_profile = keys\n[profile keys]\naws_access_key_id = A\n\
             [profile alone]\nrole_arn = {}\nsource_profile = alone\n\
             [profile instance]\nrole_arn = {}\ncredential_source = Ec2InstanceMetadata\n\
             [profile web]\nrole_arn = {}\nweb_identity_token_file = token\n",
            role("last"),
            role("middle"),
            role("alone"),
            role("instance"),
            role("web"),
        ),
    );
    let config = place.path("config");
    place.set("AWS_CONFIG_FILE", config.to_string_lossy());
    for (profile, expected) in [
        ("last", &[("profile keys", "middle"), ("profile middle", "last")][..]),
        ("alone", &[("credentials in profile alone", "alone")]),
        ("instance", &[("credentials of the environment", "instance")]),
        ("web", &[]),
        ("keys", &[]),
    ] {
        let outcome =
            plan(&place, &["encrypt", "--iam-policy", "-k", KEY, "--profile", profile, "plain.txt"], 0);
        let policies: Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
        if expected.is_empty() {
            assert_eq!(policies["Statement"][0]["Action"], "kms:GenerateDataKey", "{policies}");
            continue;
        }
        let own = &policies[format!("profile {profile}")]["Statement"];
        assert_eq!(own[0]["Action"], "kms:GenerateDataKey", "{policies}");
        for (source, taken) in expected {
            let statement = &policies[source]["Statement"][0];
            assert_eq!(
                (&statement["Action"], &statement["Resource"]),
                (&"sts:AssumeRole".into(), &role(taken).into())
            );
        }
        assert_eq!(policies.as_object().map(|each| each.len()), Some(expected.len() + 1), "{policies}");
    }
}

#[test]
fn many_messages_are_summed_up() {
    let place = with_message();
    let message = place.read("plain.txt.esdk");
    for number in 0..25 {
        place.write(&format!("{number:02}.esdk"), &message);
    }
    let words = ["decrypt", LOCAL[0], LOCAL[1], "[0-9]*.esdk"];
    let shown = text(&plan(&place, &words, 0));
    assert_eq!(shown.matches("encrypted data key 1").count(), 20);
    assert!(shown.contains("… and 5 more messages; -v shows them\n\ndecrypt: 25 inputs\n"), "{shown}");
    let shown = text(&plan(&place, &[&words[..], &["-v"]].concat(), 0));
    assert_eq!(shown.matches("encrypted data key 1").count(), 25);
}
