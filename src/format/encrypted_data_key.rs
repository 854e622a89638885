//! An encrypted data key (EDK): a data key under one wrapping key.
//!
//! | bytes | field |
//! | --- | --- |
//! | 2, n | key provider id length, key provider id (UTF-8) |
//! | 2, n | key provider information length, key provider information |
//! | 2, n | encrypted data key length, encrypted data key |
//!
//! Spec: data-format/message-header.md#encrypted-data-key-entries

use super::FormatError;
use super::fields::put_bytes16;

/// A data key under one wrapping key, and whose key that is. Each field is at most 65,535 bytes.
///
/// Spec: framework/structures.md#encrypted-data-key
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedDataKey {
    /// Key provider id: `aws-kms` for KMS keys, the key namespace for raw keys. As read: not always UTF-8.
    ///
    /// Spec: data-format/message-header.md#key-provider-id-length, data-format/message-header.md#key-provider-id
    pub provider_id: Vec<u8>,
    /// Key provider information: the key ARN for KMS keys, the key name (and more) for raw keys.
    ///
    /// Spec: data-format/message-header.md#key-provider-information-length,
    /// data-format/message-header.md#key-provider-information
    pub provider_information: Vec<u8>,
    /// The data key's ciphertext.
    ///
    /// Spec: data-format/message-header.md#encrypted-data-key-length,
    /// data-format/message-header.md#encrypted-data-key
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// The encrypted data key as it stands in a header.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] when a field does not fit its length.
    ///
    /// Spec: data-format/message-header.md#encrypted-data-key-entries
    pub fn serialized(&self) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        put_bytes16(&mut out, &self.provider_id, "the key provider id")?;
        put_bytes16(&mut out, &self.provider_information, "the key provider information")?;
        put_bytes16(&mut out, &self.ciphertext, "the encrypted data key")?;
        Ok(out)
    }

    /// The key provider id as text, control characters escaped.
    pub fn provider_text(&self) -> String {
        shown(&self.provider_id)
    }

    /// The key's ARN or name as text, control characters escaped; without the tag length, IV length and IV that the
    /// raw AES keyring writes after the name.
    ///
    /// Spec: framework/raw-aes-keyring.md#key-provider-information
    pub fn key_text(&self) -> String {
        const RAW_AES: [u8; 8] = [0, 0, 0, 128, 0, 0, 0, 12];
        let information = self.provider_information.as_slice();
        let name = information
            .split_last_chunk::<20>()
            .filter(|(_, raw)| raw.starts_with(&RAW_AES))
            .map_or(information, |(name, _)| name);
        shown(name)
    }
}

/// A name in a message can be 65,535 bytes long; so many of them are shown.
const MAX_SHOWN: usize = 1000;

fn shown(bytes: &[u8]) -> String {
    match bytes.get(..MAX_SHOWN) {
        Some(beginning) if bytes.len() > MAX_SHOWN => format!("{}…", escaped(beginning)),
        _ => escaped(bytes),
    }
}

/// Text that a message holds, fit for a terminal.
pub fn escaped(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .flat_map(|c| {
            let escape = is_control(c).then(|| c.escape_default());
            let plain = (!is_control(c)).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Control characters, and those that turn the direction of text.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_what_follows_them() {
        let mut edk = EncryptedDataKey {
            provider_id: b"name\x1bspace".to_vec(),
            provider_information: [b"key".as_slice(), &[0, 0, 0, 128, 0, 0, 0, 12], &[7; 12]].concat(),
            ciphertext: Vec::new(),
        };
        assert_eq!(edk.provider_text(), "name\\u{1b}space");
        assert_eq!(edk.key_text(), "key");
        edk.provider_information = b"arn:aws:kms:us-west-2:111122223333:key/1".to_vec();
        assert_eq!(edk.key_text(), "arn:aws:kms:us-west-2:111122223333:key/1");
    }
}
