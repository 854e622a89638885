//! The encryption context: pairs of text that are authenticated with a message.
//!
//! Serialised it is, big-endian:
//!
//! | bytes | field |
//! | --- | --- |
//! | 2 | count of pairs |
//! | 2, n | key length, key (UTF-8) |
//! | 2, n | value length, value (UTF-8) |
//!
//! The pairs stand in the order of their keys' UTF-8 bytes; an empty context is no bytes at all.
//!
//! Spec: framework/structures.md#encryption-context

use std::collections::BTreeMap;
use std::fmt;

/// Keys that begin with this belong to the message format.
///
/// Spec: client-apis/encrypt.md#encryption-context
pub const RESERVED_PREFIX: &str = "aws-crypto-";
/// The reserved key under which a signed message keeps its public key.
///
/// Spec: framework/default-cmm.md#get-encryption-materials
pub const PUBLIC_KEY: &str = "aws-crypto-public-key";
/// Greatest length of a serialised encryption context, in bytes.
///
/// Spec: data-format/message-header.md#key-value-pairs-length
pub const MAX_SERIALIZED_LENGTH: usize = u16::MAX as usize;

/// Pairs of text, sorted by the UTF-8 bytes of their keys; each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

/// A pair that cannot stand in an encryption context.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// The key begins with [`RESERVED_PREFIX`].
    ReservedKey(String),
    /// The key was given before.
    RepeatedKey(String),
    /// The key is empty.
    EmptyKey,
    /// The serialised context would be this long: more than [`MAX_SERIALIZED_LENGTH`] bytes.
    TooLong(usize),
}

impl EncryptionContext {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context of these pairs.
    ///
    /// # Errors
    /// [`ContextError`], as [`Self::insert`].
    pub fn of<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ContextError> {
        let mut context = Self::new();
        for (key, value) in pairs {
            context.insert(key.as_ref(), value.as_ref())?;
        }
        Ok(context)
    }

    /// Adds a pair of the caller's.
    ///
    /// # Errors
    /// [`ContextError`] when the key is empty, reserved or present, or the context would become too long.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), ContextError> {
        if key.is_empty() {
            return Err(ContextError::EmptyKey);
        }
        if key.starts_with(RESERVED_PREFIX) {
            return Err(ContextError::ReservedKey(key.to_owned()));
        }
        self.insert_unchecked(key, value)
    }

    /// Holds that no key of it is reserved, as in a context of the caller's: one that was read from a message can have
    /// the message's public key in it.
    ///
    /// # Errors
    /// [`ContextError::ReservedKey`] for the first one.
    ///
    /// Spec: client-apis/encrypt.md#encryption-context
    pub fn check_reserved(&self) -> Result<(), ContextError> {
        match self.0.keys().find(|key| key.starts_with(RESERVED_PREFIX)) {
            Some(key) => Err(ContextError::ReservedKey(key.clone())),
            None => Ok(()),
        }
    }

    /// Adds the public key of a signed message, base64 of its compressed point.
    ///
    /// # Errors
    /// [`ContextError::TooLong`] when there is no room for it, [`ContextError::RepeatedKey`] when it is there.
    pub fn insert_public_key(&mut self, public_key: &str) -> Result<(), ContextError> {
        self.insert_unchecked(PUBLIC_KEY, public_key)
    }

    /// Adds a pair as it stands in a message header, reserved keys included.
    pub(crate) fn insert_unchecked(&mut self, key: &str, value: &str) -> Result<(), ContextError> {
        if self.0.contains_key(key) {
            return Err(ContextError::RepeatedKey(key.to_owned()));
        }
        let length = self.serialized_length().max(2) + 4 + key.len() + value.len();
        if length > MAX_SERIALIZED_LENGTH {
            return Err(ContextError::TooLong(length));
        }
        self.0.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// The value under `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The pairs in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Number of pairs.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Length of [`Self::serialized`] in bytes, 0 to 65,535.
    pub fn serialized_length(&self) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        2 + self.pairs().map(|(key, value)| 4 + key.len() + value.len()).sum::<usize>()
    }

    /// The context as it stands in a header and as wrapping keys authenticate it; empty for an empty one.
    ///
    /// Spec: framework/structures.md#serialization
    pub fn serialized(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.serialized_length());
        if self.0.is_empty() {
            return bytes;
        }
        let length = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();
        bytes.extend(length(self.0.len()));
        for (key, value) in self.pairs() {
            bytes.extend(length(key.len()));
            bytes.extend(key.as_bytes());
            bytes.extend(length(value.len()));
            bytes.extend(value.as_bytes());
        }
        bytes
    }

    /// This context with the pairs of `other` added to it.
    ///
    /// # Errors
    /// [`ContextError`] when a key is in both, or together they are too long.
    pub fn joined(&self, other: &Self) -> Result<Self, ContextError> {
        let mut joined = self.clone();
        for (key, value) in other.pairs() {
            joined.insert_unchecked(key, value)?;
        }
        Ok(joined)
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedKey(key) => {
                write!(f, "encryption context key {key:?} begins with {RESERVED_PREFIX:?}, which is reserved")
            }
            Self::RepeatedKey(key) => write!(f, "encryption context key {key:?} stands twice"),
            Self::EmptyKey => f.write_str("a pair of the encryption context has no key before its ="),
            Self::TooLong(length) => write!(
                f,
                "the encryption context is {length} bytes long when serialised, more than {MAX_SERIALIZED_LENGTH}"
            ),
        }
    }
}

impl std::error::Error for ContextError {}

/// What the caller asks of a message's encryption context before it may be decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredContext {
    pairs: EncryptionContext,
    keys: Vec<String>,
}

/// The encryption context of a message is not what the caller asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextNotMet {
    /// Keys that must be present and are not.
    pub missing_keys: Vec<String>,
    /// Pairs that the message does not hold: with another value, or not at all.
    pub missing_pairs: Vec<(String, String)>,
}

impl ContextNotMet {
    /// None of these pairs is part of what was authenticated.
    pub fn of_pairs(pairs: &EncryptionContext) -> Self {
        let missing_pairs = pairs.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { missing_keys: Vec::new(), missing_pairs }
    }
}

impl RequiredContext {
    /// Nothing is asked for.
    pub fn new() -> Self {
        Self::default()
    }

    /// All of these pairs are asked for.
    pub fn of(pairs: EncryptionContext) -> Self {
        Self { pairs, keys: Vec::new() }
    }

    /// Asks for this pair.
    ///
    /// # Errors
    /// [`ContextError`], as [`EncryptionContext::insert`].
    pub fn require_pair(&mut self, key: &str, value: &str) -> Result<(), ContextError> {
        self.pairs.insert(key, value)
    }

    /// Asks for this key with any value.
    ///
    /// # Errors
    /// [`ContextError`] when the key is empty or reserved.
    pub fn require_key(&mut self, key: &str) -> Result<(), ContextError> {
        if key.is_empty() {
            return Err(ContextError::EmptyKey);
        }
        if key.starts_with(RESERVED_PREFIX) {
            return Err(ContextError::ReservedKey(key.to_owned()));
        }
        if !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
        Ok(())
    }

    /// Holds a stored context against what is asked for. Gives the pairs that are not stored: they can still
    /// be part of what was authenticated (a context reproduced by whoever decrypts).
    ///
    /// # Errors
    /// [`ContextNotMet`] when a stored value differs or a bare key is missing.
    ///
    /// Spec: client-apis/decrypt.md#encryption-context, client-apis/decrypt.md#input,
    /// framework/required-encryption-context-cmm.md#decrypt-materials
    pub fn reproduced(&self, stored: &EncryptionContext) -> Result<EncryptionContext, ContextNotMet> {
        let mut reproduced = EncryptionContext::new();
        let mut not_met = ContextNotMet::default();
        for (key, value) in self.pairs.pairs() {
            match stored.value(key) {
                Some(found) if found == value => {}
                Some(_) => not_met.missing_pairs.push((key.to_owned(), value.to_owned())),
                None => {
                    reproduced.0.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        for key in &self.keys {
            if stored.value(key).is_none() && self.pairs.value(key).is_none() {
                not_met.missing_keys.push(key.clone());
            }
        }
        if not_met == ContextNotMet::default() { Ok(reproduced) } else { Err(not_met) }
    }
}

impl fmt::Display for ContextNotMet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message was not encrypted with the encryption context that is required: ")?;
        let keys = self.missing_keys.iter().map(|key| format!("key {key:?}"));
        let pairs = self.missing_pairs.iter().map(|(key, value)| format!("pair {key:?}={value:?}"));
        f.write_str(&keys.chain(pairs).collect::<Vec<_>>().join(", "))
    }
}

impl std::error::Error for ContextNotMet {}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let mut context = EncryptionContext::new();
        for (key, value) in pairs {
            context.insert(key, value).expect("a good pair");
        }
        context
    }

    #[test]
    fn empty_is_no_bytes() {
        assert!(EncryptionContext::new().serialized().is_empty());
        assert_eq!(EncryptionContext::new().serialized_length(), 0);
    }

    #[test]
    fn sorted_by_utf8_bytes_not_utf16() {
        // U+FFFD sorts before U+1F511 in UTF-8 and after it in UTF-16.
        let context = context(&[("\u{1F511}", "2"), ("\u{FFFD}", "1"), ("a", "0")]);
        let values: Vec<_> = context.pairs().map(|(_, value)| value).collect();
        assert_eq!(values, ["0", "1", "2"]);
    }

    #[test]
    fn serialises_count_and_lengths() {
        assert_eq!(
            context(&[("this", "is"), ("a", "")]).serialized(),
            b"\x00\x02\x00\x01a\x00\x00\x00\x04this\x00\x02is"
        );
    }

    #[test]
    fn refuses_reserved_repeated_empty_and_too_long() {
        let mut subject = context(&[("a", "b")]);
        assert_eq!(subject.insert("aws-crypto-x", ""), Err(ContextError::ReservedKey("aws-crypto-x".into())));
        assert_eq!(subject.insert("a", "c"), Err(ContextError::RepeatedKey("a".into())));
        assert_eq!(subject.insert("", "c"), Err(ContextError::EmptyKey));
        let value = "x".repeat(MAX_SERIALIZED_LENGTH - subject.serialized_length() - 5);
        assert!(matches!(subject.insert("k", &format!("{value}x")), Err(ContextError::TooLong(65536))));
        subject.insert("k", &value).expect("just fits");
        assert_eq!(subject.serialized().len(), MAX_SERIALIZED_LENGTH);
    }

    #[test]
    fn requirements() {
        let stored = context(&[("a", "1"), ("b", "2")]);
        let mut required = RequiredContext::new();
        required.require_pair("a", "1").expect("good");
        required.require_key("b").expect("good");
        assert_eq!(required.reproduced(&stored), Ok(EncryptionContext::new()));
        required.require_pair("c", "3").expect("good");
        required.require_key("c").expect("good");
        assert_eq!(required.reproduced(&stored), Ok(context(&[("c", "3")])));
        required.require_key("d").expect("good");
        required.require_pair("b", "x").expect("good");
        let not_met = required.reproduced(&stored).expect_err("not met");
        assert_eq!(not_met.missing_keys, ["d"]);
        assert_eq!(not_met.missing_pairs, [("b".to_owned(), "x".to_owned())]);
        assert!(required.require_key("aws-crypto-public-key").is_err());
    }
}
