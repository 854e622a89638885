//! Who reads a final frame that is full. The specification would rather have it so after an exact multiple of the frame
//! length; esdk writes an empty one for the sake of those who do not.
//!
//! Spec: data-format/message-body.md#final-frame

use std::process::Command;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::cases::Case;
use crate::peer::Peer;
use crate::support::command::Workspace;
use crate::support::layout::Layout;
use crate::support::python;

/// A committed message of three full frames.
const MESSAGE: &[u8] = include_bytes!("../vectors/ciphertexts/special-full-final-frame-0478-0565");
const PLAINTEXT: &[u8] = include_bytes!("../vectors/plaintexts/p000048");
const KEYS: &[u8] = include_bytes!("../vectors/keys.json");

const NAMESPACE: &str = "raw-keys-open";
const NAME: &str = "aes-256";

/// Opens `message` with the master keys of version 3; the AES key is on standard input.
const VERSION_3: &str = r#"
import sys
from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

class Keys(RawMasterKeyProvider):
    provider_id = sys.argv[1]

    def _get_raw_key(self, key_id):
        return WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=bytes.fromhex(sys.stdin.read()),
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )

keys = Keys()
keys.add_master_key(sys.argv[2])
EncryptionSDKClient().decrypt(source=open("message", "rb").read(), key_provider=keys)
"#;

fn place() -> Workspace {
    let frames = Layout::of(MESSAGE).frames;
    assert!(frames.len() == 3 && frames.iter().all(|frame| frame.content.len() == 16), "all are full");
    let place = Workspace::new("http://127.0.0.1:9");
    place.write("message", MESSAGE);
    place
}

/// The AES key, in hexadecimal.
fn key() -> String {
    let keys: Value = serde_json::from_slice(KEYS).expect("JSON");
    let material = keys["keys"][NAME]["material"].as_str().expect("the AES key");
    let bytes = base64::engine::general_purpose::STANDARD.decode(material).expect("base64");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn is_read_by(peer: Peer) {
    let place = place();
    let context = &[("alpha", "one"), ("beta", "zwei \u{FC}")];
    let case = Case { context, frame_length: 16, ..Case::simple(0x0478) };
    let mut to_do = case.to_peer(&place, "decrypt", "message", "opened");
    to_do["key"] = json!({"kind": "raw-aes", "namespace": NAMESPACE, "name": NAME, "key": key()});
    peer.answers(&place, vec![to_do])[0].is_of(&case);
    assert_eq!(place.read("opened"), PLAINTEXT);
}

#[test]
fn version_4_of_the_python_sdk_reads_it() {
    if Peer::Python.is_wanted() {
        is_read_by(Peer::Python);
    }
}

#[test]
fn the_javascript_sdk_reads_it() {
    if Peer::JavaScript.is_wanted() {
        is_read_by(Peer::JavaScript);
    }
}

#[test]
fn version_3_of_the_python_sdk_refuses_it() {
    let mut command = Command::new(python::COMMAND_LINE.interpreter());
    command.args(["-c", VERSION_3, NAMESPACE, NAME]);
    let outcome = place().run(command, key().as_bytes());
    outcome.exited(1).saying(&["SerializationError: Invalid final frame length: 16 >= 16"]);
}
