//! Messages that other implementations made, good ones and bad ones, through the binary: `vectors/README.md` tells
//! what they are.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use support::command::{Outcome, Workspace};

/// How many messages `vectors/manifest.json` holds: a selection that has lost some must not pass.
const TO_READ: usize = 191;
const TO_REFUSE: usize = 200;

const OUTPUT: &str = "out";
/// Nothing is called: every key is in a file.
const NO_ENDPOINT: &str = "http://127.0.0.1:9";
/// The statuses of a verdict on a message: bad data, no key or a requirement not met.
/// Not 2: wrong usage would be this test's own mistake.
const VERDICTS: [i32; 2] = [65, 77];

#[test]
fn every_message_is_read_or_refused_as_its_manifest_says() {
    let vectors = Vectors::load();
    let good = vectors.tests.iter().filter(|(_, test)| plaintext_of(test).is_some()).count();
    assert_eq!((good, vectors.tests.len() - good), (TO_READ, TO_REFUSE), "the size of the manifest");

    let failures = vectors.each(|id, test| vectors.run_one(id, test));
    assert!(failures.is_empty(), "{} of the messages:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_message_to_read_is_rotated_and_holds_what_it_held() {
    let vectors = Vectors::load();
    let failures = vectors.each(|id, test| match plaintext_of(test) {
        Some(plaintext) => vectors.rotate_one(id, test, plaintext),
        None => Ok(()),
    });
    assert!(failures.is_empty(), "{} of the messages:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_suite_is_among_the_messages_to_read() {
    let vectors = Vectors::load();
    for suite in esdk::suite::AlgorithmSuite::all() {
        let name = format!("-{:04x}-", suite.id());
        let found =
            vectors.tests.iter().filter(|(id, test)| id.contains(&name) && plaintext_of(test).is_some());
        assert!(found.count() >= 8, "{suite}");
    }
}

/// The manifest, and its keys as files.
struct Vectors {
    folder: PathBuf,
    tests: Vec<(String, Value)>,
    /// Name in the manifest to name in messages and file.
    keys: BTreeMap<String, (String, PathBuf)>,
    _key_folder: tempfile::TempDir,
}

impl Vectors {
    fn load() -> Vectors {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
        let key_folder = tempfile::tempdir().expect("a temporary folder");
        let mut keys = BTreeMap::new();
        for (name, key) in members(&read_json(&folder.join("keys.json"))["keys"]) {
            let file = key_folder.path().join(name);
            fs::write(&file, key_material(key)).expect("a key file");
            keys.insert(name.clone(), (text(&key["key-id"]).to_owned(), file));
        }
        let manifest = read_json(&folder.join("manifest.json"));
        let tests = members(&manifest["tests"]).iter().map(|(id, test)| (id.clone(), test.clone())).collect();
        Vectors { folder, tests, keys, _key_folder: key_folder }
    }

    /// Tries every message; gives what went wrong, one line each.
    fn each(&self, attempt: impl Fn(&str, &Value) -> Result<(), String> + Sync) -> Vec<String> {
        let next = AtomicUsize::new(0);
        let worker = || {
            let mut failures = Vec::new();
            while let Some((id, test)) = self.tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(reason) = attempt(id, test) {
                    failures.push(format!("{id}: {reason}"));
                }
            }
            failures
        };
        let workers = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a worker does not panic")).collect()
        })
    }

    fn run_one(&self, id: &str, test: &Value) -> Result<(), String> {
        let mut place = Workspace::new(NO_ENDPOINT);
        // What is put aside under another name is seen as well.
        place.set("TMPDIR", place.path("").to_string_lossy());
        let outcome = place.esdk(self.arguments(id, test));
        match plaintext_of(test) {
            Some(plaintext) => self.check_read(&outcome, &place, plaintext),
            None => check_refused(&outcome, &place),
        }
    }

    fn rotate_one(&self, id: &str, test: &Value, plaintext: &str) -> Result<(), String> {
        let place = Workspace::new(NO_ENDPOINT);
        let new = "provider=raw-aes,namespace=new,name=new,key-file=new.key";
        place.write("new.key", "09".repeat(32) + "\n");
        let mut arguments = self.arguments(id, test);
        let message = arguments.pop().unwrap_or_default();
        // What is required of the old message is true of the new one.
        let required: Vec<String> =
            arguments.windows(2).filter(|pair| pair[0] == "-c").flatten().cloned().collect();
        fs::copy(message, place.path("message")).expect("a copy");
        arguments[0] = "rotate".to_owned();
        let output = arguments.iter().position(|word| word == "-o").expect("it is there");
        arguments.drain(output..output + 2);
        arguments.extend(["--to-wrapping-keys", new, "message"].map(str::to_owned));
        let decrypt = ["decrypt", "-w", new, "-o", OUTPUT, "message"].map(str::to_owned);
        for words in [arguments, [&decrypt[..], &required].concat()] {
            let outcome = place.esdk(words);
            if outcome.status != Some(0) {
                return Err(format!("{:?}: {}", outcome.status, outcome.stderr));
            }
        }
        match place.read(OUTPUT) == fs::read(self.path(plaintext)).expect("a plaintext") {
            true => Ok(()),
            false => Err("another plaintext".to_owned()),
        }
    }

    fn check_read(&self, outcome: &Outcome, place: &Workspace, plaintext: &str) -> Result<(), String> {
        if outcome.status != Some(0) {
            return Err(format!("{:?}: {}", outcome.status, outcome.stderr));
        }
        if place.files() != [OUTPUT] {
            return Err(format!("left {:?}", place.files()));
        }
        let expected = fs::read(self.path(plaintext)).expect("a plaintext");
        if place.read(OUTPUT) != expected {
            return Err("another plaintext".to_owned());
        }
        Ok(())
    }

    fn arguments(&self, id: &str, test: &Value) -> Vec<String> {
        let words = ["decrypt", "--commitment-policy", "require-encrypt-allow-decrypt", "-o", OUTPUT];
        let mut arguments: Vec<String> = words.map(str::to_owned).into();
        for key in list(&test["master-keys"]) {
            arguments.extend(["-w".to_owned(), self.spec(key)]);
        }
        if text(&test["cmm"]) == "RequiredEncryptionContext" {
            for (key, value) in members(&test["encryption-context"]) {
                arguments.extend(["-c".to_owned(), format!("{key}={}", text(value))]);
            }
        }
        if test["decryption-method"] == "streaming-unsigned-only" {
            arguments.push("--forbid-signature".to_owned());
        }
        if id.contains("1000-unusable-edks") {
            arguments.extend(["--max-encrypted-data-keys", "0"].map(str::to_owned));
        }
        arguments.push(self.path(text(&test["ciphertext"])).to_string_lossy().into_owned());
        arguments
    }

    /// The SPEC of a wrapping key.
    fn spec(&self, key: &Value) -> String {
        assert_eq!(text(&key["type"]), "raw");
        let (name, file) = &self.keys[text(&key["key"])];
        let escaped = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,");
        let names = format!("namespace={},name={}", escaped(text(&key["provider-id"])), escaped(name));
        let file = escaped(&file.to_string_lossy());
        if text(&key["encryption-algorithm"]) == "aes" {
            return format!("provider=raw-aes,{names},key-file={file}");
        }
        let padding = match text(&key["padding-algorithm"]) {
            "pkcs1" => "pkcs1".to_owned(),
            _ => format!("oaep-{}", text(&key["padding-hash"])),
        };
        format!("provider=raw-rsa,{names},padding={padding},private-key-file={file}")
    }

    fn path(&self, uri: &str) -> PathBuf {
        self.folder.join(uri.strip_prefix("file://").expect("a file"))
    }
}

fn check_refused(outcome: &Outcome, place: &Workspace) -> Result<(), String> {
    if !outcome.status.is_some_and(|status| VERDICTS.contains(&status)) {
        return Err(format!("{:?}, and must be refused: {}", outcome.status, outcome.stderr));
    }
    if !place.files().is_empty() {
        return Err(format!("refused, and left {:?}", place.files()));
    }
    if !outcome.stderr.starts_with("esdk: error: ") {
        return Err(format!("refused, and said {:?}", outcome.stderr));
    }
    Ok(())
}

/// The plaintext of a message to read; none of one to refuse.
fn plaintext_of(test: &Value) -> Option<&str> {
    test["result"].get("output").map(|output| text(&output["plaintext"]))
}

fn key_material(key: &Value) -> Vec<u8> {
    let material = text(&key["material"]);
    match text(&key["encoding"]) {
        "base64" => BASE64.decode(material).expect("base64"),
        _ => material.as_bytes().to_vec(),
    }
}

fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
