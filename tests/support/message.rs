//! Reads the header of a version 2 message: a second reader beside the crate's own, so that a test does not
//! take the tool's word for what the tool wrote.
//!
//! Spec: data-format/message-header.md#header-body-version-2-0

use std::collections::BTreeMap;

/// What the tests look at in a header.
#[derive(Debug)]
pub struct Header {
    pub suite: u16,
    pub context: BTreeMap<String, String>,
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    pub frame_length: u32,
}

#[derive(Debug)]
pub struct EncryptedDataKey {
    pub provider_id: String,
    pub provider_information: Vec<u8>,
    pub ciphertext: Vec<u8>,
}

impl Header {
    /// Reads the header at the beginning of a message.
    ///
    /// # Panics
    /// When the bytes are not a version 2 message.
    pub fn read(message: &[u8]) -> Header {
        let mut rest = message;
        assert_eq!(take(&mut rest, 1), [2], "the version of the message");
        let suite = u16::from_be_bytes(array(&mut rest));
        take(&mut rest, 32);
        let context = context(field(&mut rest));
        let count = u16::from_be_bytes(array(&mut rest));
        let encrypted_data_keys = (0..count)
            .map(|_| EncryptedDataKey {
                provider_id: text(field(&mut rest)),
                provider_information: field(&mut rest).to_vec(),
                ciphertext: field(&mut rest).to_vec(),
            })
            .collect();
        assert_eq!(take(&mut rest, 1), [2], "the content type, framed");
        let frame_length = u32::from_be_bytes(array(&mut rest));
        Header { suite, context, encrypted_data_keys, frame_length }
    }

    /// The key provider information of each encrypted data key, in their order.
    pub fn provider_information(&self) -> Vec<String> {
        self.encrypted_data_keys
            .iter()
            .map(|edk| String::from_utf8_lossy(&edk.provider_information).into_owned())
            .collect()
    }
}

fn context(serialised: &[u8]) -> BTreeMap<String, String> {
    let mut rest = serialised;
    if rest.is_empty() {
        return BTreeMap::new();
    }
    let count = u16::from_be_bytes(array(&mut rest));
    let pairs = (0..count).map(|_| (text(field(&mut rest)), text(field(&mut rest)))).collect();
    assert!(rest.is_empty(), "bytes after the encryption context");
    pairs
}

/// A field behind its length in two bytes.
fn field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = u16::from_be_bytes(array(rest));
    take(rest, length.into())
}

fn array<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    take(rest, N).try_into().expect("as many bytes as asked")
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at_checked(count).expect("the message goes on");
    *rest = after;
    taken
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text is UTF-8")
}
