//! The calls of the original that were recorded (`golden.jsonl`), one after the other in one folder: the same status, the
//! same messages, the same files.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::command::{drop_in, files_below, normal, without_chance};
use crate::support::command::Workspace;
use crate::support::emulator::{HOME_REGION, KmsKey, emulator};

const CALLS: &str = include_str!("golden.jsonl");

/// Where one call differs, and may.
struct Difference {
    call: &'static str,
    what: What,
    ours: &'static str,
    #[expect(dead_code, reason = "for whoever reads the table")]
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Status,
    StandardOutput,
    StandardError,
    /// A file that was there before is still there. It is removed, so that the next call finds what it found then.
    Kept,
}

/// All of them. Nothing else may differ.
const DIFFERENCES: &[Difference] = &[
    Difference {
        call: "frame length -5",
        what: What::Kept,
        ours: "o",
        reason: "an output that was there survives a failure",
    },
    Difference {
        call: "frame length -5",
        what: What::StandardError,
        ours: "<TIME> - aws_encryption_sdk_cli - WARNING - Overwriting existing output file because no action was \
               specified otherwise: o\n\
               <TIME> - aws_encryption_sdk_cli - WARNING - Operation failed: keeping existing output file: o\n\
               Encountered unexpected error: increase verbosity to see details.\n\
               SerializationError(\"Frame size must be a non-negative multiple of the block size of the crypto \
               algorithm: 128\")",
        reason: "it is not deleted, and nobody is told that it is",
    },
    Difference {
        call: "unknown provider",
        what: What::StandardError,
        ours: "Requested master key provider not found: \"nope\"\n\
               This is esdk: Python plug-ins cannot be loaded. Its providers are aws-kms, aws-kms-rsa, raw-aes, raw-rsa, \
               local.",
        reason: "a plug-in that the original found is not found any more: this says why",
    },
    Difference {
        call: "decrypt required ctx fail",
        what: What::Status,
        ours: "1",
        reason: "an encryption context that is not the required one is a failure, which a script has to notice",
    },
];

/// A folder as it was when the first of the calls was recorded.
fn scene(key: &KmsKey) -> Workspace {
    let mut place = Workspace::new(&format!("http://{}", emulator().address));
    place.unset("AWS_REGION");
    place.set("AWS_DEFAULT_REGION", HOME_REGION);
    place.set("HOME", "/nonexistent");
    place.set("MYCTX", "from=env");
    for folder in ["dir", "dir/sub", "out"] {
        fs::create_dir(place.path(folder)).expect("a folder");
    }
    for (name, content) in [("p", "hello"), ("q", "q"), ("dir/f1", "one"), ("dir/sub/f2", "two")] {
        place.write(name, content);
    }
    let arguments = "# comment line\n-e -S # trailing comment\n-c $MYCTX 'quoted key=quoted value'\n-i p\n\
                     --output c_from_file\n-w key=";
    place.write("args", format!("{arguments}{}\n", key.arn));
    place
}

/// What a call printed, in the words of the record: the key and the folder have names.
fn named(text: &str, key: &KmsKey, folder: &str) -> String {
    let cut = &key.arn[..key.arn.len() - 1];
    let text = text.replace(&key.arn, "<KEY>").replace(cut, "<KEY less its last character>");
    normal(&text.replace(folder, "<DIR>"))
}

#[test]
fn every_recorded_call_comes_out_the_same() {
    let key = emulator().create_key(HOME_REGION);
    let place = scene(&key);
    let folder = place.path("").canonicalize().expect("it is there");
    let folder = folder.to_str().expect("text");
    let mut differing = Vec::new();
    let mut used = Vec::new();
    let mut count = 0;
    for line in CALLS.lines() {
        let recorded: Value = serde_json::from_str(line).expect("JSON");
        let name = recorded["name"].as_str().expect("a name");
        if name == "dir recursive decrypt custom suffix" {
            fs::create_dir(place.path("out2")).expect("a folder");
        }
        let words = recorded["args"].as_array().expect("words").iter();
        let cut = &key.arn[..key.arn.len() - 1];
        let words: Vec<String> = words
            .map(|word| word.as_str().expect("a word"))
            .map(|word| word.replace("<KEY less its last character>", cut).replace("<KEY>", &key.arn))
            .collect();
        let outcome = drop_in(&place, &words, b"");

        let key_recorded = key_of(&recorded["stdout"]);
        let theirs = |field: &str| {
            let text = recorded[field].as_str().expect("text");
            match &key_recorded {
                Some(key) => without_chance(text).replace(&BASE64.encode(key), "<key>"),
                None => normal(text),
            }
        };
        let printed = String::from_utf8_lossy(&outcome.stdout);
        let ours = |text: &str| {
            without_chance(&named(text, &key, folder)).replace(&BASE64.encode(&key.arn), "<key>")
        };
        let status = outcome.status.map(|status| status.to_string()).unwrap_or_default();
        for (what, theirs, ours) in [
            (What::Status, recorded["status"].to_string(), status),
            (What::StandardOutput, theirs("stdout"), ours(&printed)),
            (What::StandardError, theirs("stderr"), ours(&outcome.stderr)),
        ] {
            let allowed = DIFFERENCES.iter().position(|one| one.call == name && one.what == what);
            used.extend(allowed);
            let expected = allowed.map_or(theirs, |at| DIFFERENCES[at].ours.to_owned());
            if ours != expected {
                differing
                    .push(format!("{name}: {words:?}\n{what:?} was to be\n{expected}\nand is\n{ours}\n"));
            }
        }
        let files: Vec<String> = serde_json::from_value(recorded["files"].clone()).expect("names");
        let mut found = files_below(&place.path(""));
        if let Some(at) = DIFFERENCES.iter().position(|one| one.call == name && one.what == What::Kept) {
            let kept = DIFFERENCES[at].ours;
            used.push(at);
            found.retain(|name| name != kept);
            place.read(kept);
            place.remove(kept);
        }
        if files != found {
            differing.push(format!("{name}: {words:?}\nfiles were to be\n{files:?}\nand are\n{found:?}\n"));
        }
        count += 1;
    }
    assert!(differing.is_empty(), "{} differences:\n{}", differing.len(), differing.join("\n"));
    assert_eq!(count, 77);
    used.sort_unstable();
    assert_eq!(used, (0..DIFFERENCES.len()).collect::<Vec<_>>(), "a difference that is allowed is there");
    for name in ["d1", "d2", "d7", "d11"] {
        assert_eq!(place.read(name), b"hello", "{name}");
    }
    assert_eq!(place.read("out2/f1.encrypted.x"), b"one");
    assert_eq!(place.read("out2/sub/f2.encrypted.x"), b"two");
}

/// The key of a recorded line of metadata.
fn key_of(output: &Value) -> Option<String> {
    let record = serde_json::from_str::<Value>(output.as_str()?).ok()?;
    let information = &record["header"]["encrypted_data_keys"][0]["key_provider"]["key_info"];
    let information = BASE64.decode(information.as_str()?).expect("base64");
    Some(String::from_utf8(information).expect("an ARN"))
}
