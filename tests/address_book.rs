//! `examples/address_book.rs` is run against the emulator, which has DynamoDB beside KMS, and tells what it shall tell.

mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use support::command::Workspace;
use support::emulator::{FAR_REGION, emulator};
use support::fault_proxy::Proxy;

/// Builds the example, which a test that is run alone does not find built.
fn example() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--quiet", "--example", "address_book", "--message-format=json"]);
    if cfg!(feature = "rust-crypto") {
        cargo.args(["--features", "rust-crypto"]);
    }
    let output = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .expect("cargo has started this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("JSON is text");
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().find_map(executable).expect("an example is a program")
}

#[test]
fn a_swapped_address_is_refused_and_without_a_context_the_parcel_goes_to_mallory() {
    let key = emulator().create_key(FAR_REGION);
    let proxy = Proxy::start(emulator().address);
    let mut workspace = Workspace::new(&proxy.endpoint());
    workspace.set("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", emulator().address));
    let mut command = Command::new(example());
    command.arg(&key.arn);
    let outcome = workspace.run(command, b"");
    outcome.succeeded();
    let told = String::from_utf8(outcome.stdout).expect("it tells text");
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "1. The encryption context names table, key and e-mail address",
            "   a parcel for alice@example.com goes to: Alice, 1 Main Street",
            "   Mallory, without any key, swaps the two encrypted addresses",
            "   a parcel for alice@example.com goes nowhere: the message was not encrypted with the encryption context \
             that is required: pair \"email\"=\"alice@example.com\"",
            "2. There is no encryption context",
            "   a parcel for alice@example.com goes to: Alice, 1 Main Street",
            "   Mallory, without any key, swaps the two encrypted addresses",
            "   a parcel for alice@example.com goes to: Mallory, 13 Back Alley",
        ]
    );

    // The refusal costs no call: what the header stores is held against what is asked for, before any key is.
    let (write, read) = ("GenerateDataKey", "Decrypt");
    assert_eq!(proxy.operations(), [write, write, read, write, write, read, read]);
    let contexts: Vec<_> =
        proxy.calls().iter().map(|call| call.request["EncryptionContext"]["email"].clone()).collect();
    assert_eq!(contexts[..2], ["alice@example.com", "mallory@example.com"]);
    assert!(contexts[3..].iter().all(serde_json::Value::is_null), "{contexts:?}");
}

#[test]
fn it_says_how_it_is_used() {
    let workspace = Workspace::new("http://127.0.0.1:9");
    workspace.run(Command::new(example()), b"").exited(1).saying(&["usage: address_book KEY_ARN"]);
}
