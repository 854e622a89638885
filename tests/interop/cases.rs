//! What is exchanged: suites, bodies, contexts, keys.

use std::collections::BTreeSet;

use esdk::suite::AlgorithmSuite;
use serde_json::{Map, Value, json};

use crate::support::command::Workspace;
use crate::support::emulator::KmsKey;
use crate::support::in_process::{NAMESPACE, RSA_PRIVATE_KEY, RSA_PUBLIC_KEY, aes_key, suite};

/// All of them.
pub const SUITES: [u16; 11] =
    [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378, 0x0478, 0x0578];

/// Frame lengths that esdk writes and everybody reads.
pub const FRAME_LENGTHS: [u32; 4] = [1, 16, 4_096, 65_536];

/// Keys whose order differs: U+FF5E is before U+10000 in UTF-8 and behind it in UTF-16.
pub const ASTRAL: &[(&str, &str)] =
    &[("\u{1F512}", "\u{10000}"), ("\u{FF5E}", "\u{FF5E}"), ("\u{10000}", "a")];

const CONTEXTS: [&[(&str, &str)]; 6] = [
    &[],
    &[("purpose", "interop")],
    &[("table", "orders"), ("empf\u{E4}nger", "Zo\u{EB}"), ("Table", "a=b, c"), ("z", "1"), ("a=b", "2")],
    ASTRAL,
    &[("\u{0}", "nul"), ("line\nfeed", "\t\u{1}\u{1B}[31m"), ("\u{7F}", "\u{85}\u{2028}\u{202E}\u{FEFF}")],
    &[("empty", ""), ("full", "x")],
];

/// One message.
#[derive(Clone, Debug)]
pub struct Case {
    pub suite: u16,
    /// In bytes; 0 for an unframed body.
    pub frame_length: u32,
    /// Stored in the message.
    pub context: &'static [(&'static str, &'static str)],
    /// Authenticated and not stored.
    pub unstored: &'static [(&'static str, &'static str)],
    /// Length of the plaintext in bytes.
    pub length: usize,
    pub key: Key,
}

#[derive(Clone, Debug)]
pub enum Key {
    RawAes {
        name: &'static str,
        bytes: usize,
    },
    /// The JavaScript keyring as it is when nothing is said of the order of the context.
    RawAesSortedAsUtf16,
    RawRsa {
        padding: &'static str,
    },
    /// A multi-Region key of KMS: esdk uses one replica and the peer another.
    MultiRegion {
        ours: KmsKey,
        theirs: KmsKey,
    },
}

pub const AES_256: Key = Key::RawAes { name: "interop", bytes: 32 };

impl Case {
    /// One frame and a rest, one pair, under the AES key.
    pub fn simple(suite: u16) -> Case {
        Case { suite, frame_length: 4_096, context: CONTEXTS[1], unstored: &[], length: 5_000, key: AES_256 }
    }

    pub fn is_signed(&self) -> bool {
        self.row().signature().is_some()
    }

    pub fn row(&self) -> &'static AlgorithmSuite {
        suite(self.suite)
    }

    /// What a peer is to do, from one file to another.
    pub fn to_peer(&self, place: &Workspace, direction: &str, input: &str, output: &str) -> Value {
        let path = |name: &str| place.path(name).to_string_lossy().into_owned();
        let key = match &self.key {
            Key::RawAes { name, bytes } => raw_aes(name, *bytes, &json!("utf-8")),
            Key::RawAesSortedAsUtf16 => raw_aes("interop", 32, &Value::Null),
            Key::RawRsa { padding } => json!({
                "kind": "raw-rsa", "namespace": NAMESPACE, "name": "interop", "padding": padding,
                "public-key": path("rsa.public.pem"), "private-key": path("rsa.private.pem"),
            }),
            Key::MultiRegion { theirs, .. } => {
                json!({"kind": "kms-multi-region", "arn": theirs.arn, "region": theirs.region})
            }
        };
        let unstored: Vec<&str> = self.unstored.iter().map(|(key, _)| *key).collect();
        json!({
            "direction": direction, "suite": self.suite, "frame-length": self.frame_length, "key": key,
            "context": object([self.context, self.unstored].concat()), "unstored": unstored,
            "input": path(input), "output": path(output),
        })
    }

    /// What a reader reads in the header.
    pub fn header(&self) -> Value {
        json!({
            "suite": self.suite, "frame-length": self.frame_length, "context": object(self.context.to_vec()),
        })
    }

    /// The key as esdk takes it to encrypt.
    pub fn encrypting(&self) -> Vec<String> {
        self.words("public-key-file=rsa.public.pem")
    }

    /// The key as esdk takes it to decrypt.
    pub fn decrypting(&self) -> Vec<String> {
        self.words("private-key-file=rsa.private.pem")
    }

    fn words(&self, rsa_key: &str) -> Vec<String> {
        let specification = match &self.key {
            Key::RawAes { name, bytes } => {
                format!("provider=raw-aes,namespace={NAMESPACE},name={name},key-file=aes-{bytes}")
            }
            Key::RawAesSortedAsUtf16 => {
                format!("provider=raw-aes,namespace={NAMESPACE},name=interop,key-file=aes-32")
            }
            Key::RawRsa { padding } => {
                format!("provider=raw-rsa,namespace={NAMESPACE},name=interop,padding={padding},{rsa_key}")
            }
            Key::MultiRegion { ours, .. } => format!("key={}", ours.arn),
        };
        vec!["-w".to_owned(), specification]
    }
}

/// Writes the raw keys where the cases look for them.
pub fn write_keys(place: &Workspace) {
    for bytes in [16, 24, 32] {
        place.write(&format!("aes-{bytes}"), aes_key("interop", bytes));
    }
    place.write("rsa.private.pem", RSA_PRIVATE_KEY);
    place.write("rsa.public.pem", RSA_PUBLIC_KEY);
}

/// Every suite with every frame length, every body and every context; a frame length and a body are together in half
/// of the suites.
pub fn grid(frame_lengths: &[u32]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, suite) in SUITES.into_iter().enumerate() {
        for (column, frame_length) in frame_lengths.iter().copied().enumerate() {
            for (place, length) in lengths(frame_length).into_iter().enumerate() {
                if (row + column + place) % 2 == 0 {
                    let context = CONTEXTS[cases.len() % CONTEXTS.len()];
                    cases.push(Case { frame_length, context, length, ..Case::simple(suite) });
                }
            }
        }
    }
    for suite in SUITES {
        let with = |wanted: &dyn Fn(&Case) -> bool| {
            cases.iter().any(|case: &Case| case.suite == suite && wanted(case))
        };
        assert!(CONTEXTS.iter().all(|context| with(&|case| case.context == *context)), "{suite:#06x}");
        assert!(
            frame_lengths.iter().all(|length| with(&|case| case.frame_length == *length)),
            "{suite:#06x}"
        );
        for place in 0..5 {
            let body = |case: &Case| lengths(case.frame_length).into_iter().nth(place) == Some(case.length);
            assert!(with(&body), "{suite:#06x}");
        }
    }
    cases
}

/// Empty, one byte, one frame, an exact multiple, several frames and a rest.
fn lengths(frame_length: u32) -> BTreeSet<usize> {
    let frame = frame_length as usize;
    BTreeSet::from([0, 1, frame, 3 * frame, 3 * frame + frame / 2])
}

fn raw_aes(name: &str, bytes: usize, sorting: &Value) -> Value {
    let key: String = aes_key("interop", bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut value = json!({"kind": "raw-aes", "namespace": NAMESPACE, "name": name, "key": key});
    if !sorting.is_null() {
        value["sorting"] = sorting.clone();
    }
    value
}

fn object(pairs: Vec<(&str, &str)>) -> Value {
    let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value)));
    Value::Object(pairs.collect::<Map<_, _>>())
}
