//! Bad messages through the binary: the status that cli.md gives, no file, and an existing one left alone.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::command::{Outcome, Workspace};
use crate::support::in_process::{NAMESPACE, aes_key};
use crate::{FRAME_LENGTH, SIGNED, Target, UNSIGNED};

const DATA: i32 = 65;
const REFUSED: i32 = 77;
const PRECIOUS: &[u8] = b"what was there before";

/// A user with both wrapping keys as files in his home folder, and nothing in the working folder.
pub fn place() -> Workspace {
    let place = Workspace::new("http://127.0.0.1:9");
    for (name, length) in [("first", 32), ("second", 16)] {
        fs::write(place.home().join(name), aes_key(name, length)).expect("a key file");
    }
    place
}

/// The arguments that decrypt any suite with these of the keys.
pub fn decrypt_arguments(keys: &[&str]) -> Vec<String> {
    let words = ["decrypt", "--commitment-policy", "require-encrypt-allow-decrypt"];
    let mut arguments: Vec<String> = words.map(str::to_owned).into();
    for name in keys {
        let spec = format!("provider=raw-aes,namespace={NAMESPACE},name={name},key-file=../home/{name}");
        arguments.extend(["-w".to_owned(), spec]);
    }
    arguments
}

/// Decrypts `message` with the first key, with these arguments as well.
fn decrypt(place: &Workspace, more: &[&str]) -> Outcome {
    let more = more.iter().map(|word| (*word).to_owned());
    place.esdk(decrypt_arguments(&["first"]).into_iter().chain(more))
}

/// The statuses that a changed bit of this field may end with, when only the first wrapping key is given.
fn statuses(field: &str) -> &'static [i32] {
    match field {
        // Its wrapping key cannot tell another context, another key and damage apart: no key opened it.
        "context key 1" | "context value 1" => &[REFUSED],
        "EDK 1 provider id" | "EDK 1 provider information" | "EDK 1 ciphertext" => &[REFUSED],
        // What stands behind it is read as something else: not a header, or not one of this key's.
        _ if field.starts_with("EDK 1") && field.ends_with("length") => &[DATA, REFUSED],
        // The public key: not a point, or another one.
        _ if field.starts_with("context") => &[DATA, REFUSED],
        _ => &[DATA],
    }
}

#[test]
fn a_bit_in_each_field_ends_with_its_status_and_without_a_file() {
    for target in [0x0378, UNSIGNED, SIGNED].map(Target::of_suite) {
        let place = place();
        for field in target.layout.fields.iter().filter(|field| !field.bytes.is_empty()) {
            let mut changed = target.message.clone();
            changed[field.bytes.end - 1] ^= 1;
            place.write("message.esdk", &changed);
            let outcome = decrypt(&place, &["message.esdk"]);
            let status = outcome.status.expect("it ends by itself");
            assert!(statuses(&field.name).contains(&status), "{}: {status} {}", field.name, outcome.stderr);
            outcome.failed(status);
            assert_eq!(place.files(), ["message.esdk"], "{}", field.name);
        }
    }
}

#[test]
fn cut_extended_and_empty_messages_end_with_65() {
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        let place = place();
        let layout = &target.layout;
        let mut ends = vec![0, 1, layout.header.end / 2, layout.header.end, target.message.len() - 1];
        ends.extend(layout.frames.iter().flat_map(|frame| [frame.bytes.end - 1, frame.bytes.end]));
        ends.retain(|end| *end < target.message.len());
        let cut = ends.iter().map(|end| target.message[..*end].to_vec());
        let extended = [&b"\0"[..], b"\n", &target.message].map(|more| [&target.message, more].concat());
        for changed in cut.chain(extended) {
            place.write("message.esdk", &changed);
            decrypt(&place, &["message.esdk"]).failed(DATA);
            assert_eq!(place.files(), ["message.esdk"], "{} bytes", changed.len());
        }
    }
}

/// One bit of each part that is found out at another moment: before the output is opened, while it is written, at
/// its end.
fn changed_parts(target: &Target) -> Vec<(&'static str, Vec<u8>)> {
    let mut parts = vec![
        "version",
        "EDK 1 ciphertext",
        "header tag",
        "frame 1 content",
        "frame 2 tag",
        "final frame tag",
    ];
    if !target.layout.footer.is_empty() {
        parts.push("signature");
    }
    let flipped = |name: &'static str| {
        let mut changed = target.message.clone();
        changed[target.layout.place(name).end - 1] ^= 1;
        (name, changed)
    };
    let mut parts: Vec<_> = parts.into_iter().map(flipped).collect();
    parts.push(("trailing", [&target.message, &b"\0"[..]].concat()));
    parts
}

#[test]
fn an_existing_output_is_left_alone() {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        let place = place();
        place.write("out", PRECIOUS);
        let file = fs::File::options().append(true).open(place.path("out")).expect("the output");
        file.set_modified(long_ago).expect("its time can be set");
        for (name, changed) in changed_parts(&target) {
            place.write("message.esdk", &changed);
            let outcome = decrypt(&place, &["-f", "-o", "out", "message.esdk"]);
            let status = outcome.status.expect("it ends by itself");
            outcome.failed(status);
            assert!([DATA, REFUSED].contains(&status), "{name}: {status} {}", outcome.stderr);
            assert_eq!(place.read("out"), PRECIOUS, "{name}");
            let modified = fs::metadata(place.path("out")).and_then(|found| found.modified());
            assert_eq!(modified.expect("its time"), long_ago, "{name}");
            assert_eq!(place.files(), ["message.esdk", "out"], "{name}");
        }
        place.write("message.esdk", &target.message);
        decrypt(&place, &["-f", "-o", "out", "message.esdk"]).succeeded();
        assert_eq!(place.read("out"), target.plaintext, "the same command with the message as it was");
    }
}

#[test]
fn a_pipe_gets_no_byte_that_is_not_authentic() {
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        let place = place();
        for (name, changed) in changed_parts(&target) {
            let outcome = place.esdk_reading(&changed, decrypt_arguments(&["first"]));
            let status = outcome.status.expect("it ends by itself");
            assert!([DATA, REFUSED].contains(&status), "{name}: {status} {}", outcome.stderr);
            assert!(target.plaintext.starts_with(&outcome.stdout), "{name}: {:02x?}", outcome.stdout);
            assert!(outcome.stdout.len() <= 2 * FRAME_LENGTH, "{name}: the final frame came out");
            assert!(place.files().is_empty(), "{name}: {:?}", place.files());
        }
    }
}

#[test]
fn requirements_that_are_not_met_end_with_77() {
    let older = Target::of_suite(0x0378);
    let (unsigned, signed) = (Target::of_suite(UNSIGNED), Target::of_suite(SIGNED));
    let cases: [(&Target, &[&str]); 9] = [
        (&signed, &["-c", "account=another"]),
        (&signed, &["-c", "account"]),
        (&signed, &["-c", "account=hostile", "-c", "é=x"]),
        (&signed, &["-c", "absent"]),
        (&signed, &["-c", "absent=x"]),
        (&signed, &["--forbid-signature"]),
        (&unsigned, &["--require-signature"]),
        (&unsigned, &["-c", "absent=x"]),
        (&older, &["--commitment-policy", "require-encrypt-require-decrypt"]),
    ];
    let place = place();
    place.write("out", PRECIOUS);
    for (target, requirement) in cases {
        place.write("message.esdk", &target.message);
        let key = &decrypt_arguments(&["first"])[3..];
        let policy = ["--commitment-policy", "require-encrypt-allow-decrypt"];
        let policy = if requirement[0] == policy[0] { &[][..] } else { &policy[..] };
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let words = ["decrypt", "-f", "-o", "out", "message.esdk"];
        let outcome = place.esdk([&words, policy, &key, requirement].concat());
        if requirement == ["-c", "account"] {
            // With any value: this one is met.
            outcome.succeeded();
            assert_eq!(place.read("out"), target.plaintext);
            place.write("out", PRECIOUS);
            continue;
        }
        outcome.failed(REFUSED);
        assert_eq!(place.read("out"), PRECIOUS, "{requirement:?}");
        assert_eq!(place.files(), ["message.esdk", "out"], "{requirement:?}");
    }
}

#[test]
fn another_key_or_none_of_its_name_is_refused() {
    let target = Target::of_suite(SIGNED);
    let place = place();
    place.write("message.esdk", &target.message);
    fs::write(place.home().join("first"), aes_key("another", 32)).expect("a key file");
    decrypt(&place, &["message.esdk"]).failed(REFUSED).saying(&["first", "second"]);
    fs::rename(place.home().join("first"), place.home().join("third")).expect("another name");
    place.esdk([decrypt_arguments(&["third"]), vec!["message.esdk".to_owned()]].concat()).failed(REFUSED);
    assert_eq!(place.files(), ["message.esdk"]);
}
