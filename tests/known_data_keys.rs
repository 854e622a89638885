//! Below the keyring: messages whose data key is known. Always one of each suite of our own; and AWS's published ones,
//! which are not part of this project, where they lie beside it.

mod support;

use std::path::Path;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use esdk::context::EncryptionContext;
use esdk::data_key::DataKey;
use esdk::format::EncryptedDataKey;
use esdk::keyring::{Keyring, OpenedDataKey, Proof, Reach, Unwrapped, WrapError};
use esdk::message::DecryptError;
use esdk::message::decrypt::UnverifiedMessage;
use esdk::message::replay::Replay;
use esdk::message::whole;
use esdk::suite::AlgorithmSuite;
use serde_json::Value;
use zeroize::Zeroizing;

use support::in_process::{context, encrypt, no_requirements, plaintext};

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/public/known-data-key.json");

/// Wraps every data key as itself and keeps it; unwraps everything to the key that it knows.
struct Known(Mutex<Vec<u8>>);

impl Known {
    fn new(data_key: Vec<u8>) -> Known {
        Known(Mutex::new(data_key))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

impl Keyring for Known {
    fn wrap(
        &self,
        _: &'static AlgorithmSuite,
        _: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        *self.0.lock().expect("no test panics with it") = data_key.as_bytes().to_vec();
        let text = |text: &str| text.as_bytes().to_vec();
        Ok(vec![EncryptedDataKey {
            provider_id: text("known"),
            provider_information: text("key"),
            ciphertext: text("x"),
        }])
    }

    fn unwrap(&self, _: &'static AlgorithmSuite, _: &EncryptionContext, _: &EncryptedDataKey) -> Unwrapped {
        Unwrapped::Opened(OpenedDataKey {
            data_key: DataKey::from_bytes(Zeroizing::new(self.bytes())),
            wrapping_key: self.name(),
            proof: Proof::Checked,
        })
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn name(&self) -> String {
        "known key".to_owned()
    }
}

/// Checked whole and then read again; and when it is framed, frame by frame with the same outcome.
fn decrypt(message: &[u8], known: &Known) -> Result<Vec<u8>, DecryptError> {
    let requirements = no_requirements();
    let source = Replay::of_stream(std::io::Cursor::new(message.to_vec()));
    let open = || UnverifiedMessage::read(message, None)?.verify(known, &requirements);
    let mut spooled = Vec::new();
    let result = UnverifiedMessage::read(source, None)
        .and_then(|message| message.verify(known, &requirements))
        .and_then(|message| message.check_first())
        .and_then(|checked| checked.decrypt(&mut spooled));
    assert_eq!(open().and_then(|message| message.check()).is_ok(), result.is_ok(), "check alone");
    let mut framed = Vec::new();
    match open().and_then(|message| message.decrypt(&mut framed)) {
        Err(DecryptError::Unframed) => {}
        other => {
            assert_eq!(other.is_ok(), result.is_ok(), "frame by frame");
            assert!(other.is_err() || framed == spooled);
        }
    }
    let in_memory = whole::decrypt(message, known, &requirements);
    assert_eq!(in_memory.is_ok(), result.is_ok(), "in memory");
    assert!(in_memory.is_err() || in_memory.is_ok_and(|plaintext| *plaintext == spooled));
    result.map(|_| spooled)
}

#[test]
fn our_own_messages_open_with_their_data_key_and_no_other() {
    for suite in AlgorithmSuite::all() {
        let known = Known::new(Vec::new());
        let message = encrypt(&known, suite, context([("a", "b")]), 16, &plaintext(40));
        assert_eq!(known.bytes().len(), suite.data_key_length());
        assert_eq!(decrypt(&message, &known).expect("its key"), plaintext(40));
        let mut other = known.bytes();
        other[0] ^= 1;
        let error = decrypt(&message, &Known::new(other)).expect_err("another key");
        let expected = match error {
            DecryptError::Commitment => suite.is_committing(),
            DecryptError::HeaderNotAuthentic => !suite.is_committing(),
            _ => false,
        };
        assert!(expected, "{suite}: {error}");
    }
}

#[test]
fn published_messages_give_what_was_published() {
    let Ok(text) = std::fs::read(PUBLISHED) else {
        assert!(!Path::new(PUBLISHED).exists(), "it is there and cannot be read");
        return;
    };
    let cases: Vec<Value> = serde_json::from_slice(&text).expect("a list");
    assert_eq!(cases.len(), 71);
    let (mut opened, mut refused) = (0, 0);
    for case in &cases {
        let name = &case["name"];
        let bytes = |field: &str| BASE64.decode(case[field].as_str().unwrap_or_default()).expect("base64");
        let digits = case["data_key"].as_str().expect("hexadecimal");
        let data_key = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal"))
            .collect();
        let outcome = decrypt(&bytes("ciphertext"), &Known::new(data_key));
        match case["expect"].as_str() {
            Some("output") => {
                let plaintext = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(plaintext == bytes("plaintext"), "{name}");
                opened += 1;
            }
            _ => {
                assert!(outcome.is_err(), "{name}: accepted");
                refused += 1;
            }
        }
    }
    assert_eq!((opened, refused), (64, 7));
}
