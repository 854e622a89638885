//! Data keys and what is derived from them: wiped on drop, never printed, never cloned.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::suite::COMMITMENT_KEY_LENGTH;

/// The key that wrapping keys wrap: 16, 24 or 32 bytes, as the algorithm suite asks.
///
/// Spec: framework/structures.md#plaintext-data-key
pub struct DataKey(Zeroizing<Vec<u8>>);

impl DataKey {
    /// Takes over bytes that a generator or an unwrapping gave.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes, for wrapping and derivation.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn length(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({} bytes)", self.0.len())
    }
}

/// The key that seals the header and the frames of one message: 16, 24 or 32 bytes.
///
/// Spec: client-apis/encrypt.md#get-the-encryption-materials
pub struct DerivedDataKey(Zeroizing<Vec<u8>>);

impl DerivedDataKey {
    /// Takes over the bytes that a key derivation gave.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the cipher.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DerivedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DerivedDataKey({} bytes)", self.0.len())
    }
}

/// The commitment to a data key: 32 bytes, public, stored in the header. Compared in constant time.
///
/// Spec: data-format/message-header.md#algorithm-suite-data
#[derive(Clone, Copy, Debug)]
pub struct CommitmentKey([u8; COMMITMENT_KEY_LENGTH]);

impl CommitmentKey {
    /// The commitment with these bytes, derived or read from a header.
    pub fn from_bytes(bytes: [u8; COMMITMENT_KEY_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, as they stand in the header.
    pub fn as_bytes(&self) -> &[u8; COMMITMENT_KEY_LENGTH] {
        &self.0
    }
}

impl PartialEq for CommitmentKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for CommitmentKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_print_their_length_only() {
        let key = DataKey::from_bytes(Zeroizing::new(vec![0xAB; 32]));
        assert_eq!(format!("{key:?}"), "DataKey(32 bytes)");
        let key = DerivedDataKey::from_bytes(Zeroizing::new(vec![0xAB; 16]));
        assert_eq!(format!("{key:?}"), "DerivedDataKey(16 bytes)");
    }

    #[test]
    fn commitments_compare_by_value() {
        let one = CommitmentKey::from_bytes([1; 32]);
        let mut other = [1; 32];
        assert_eq!(one, CommitmentKey::from_bytes(other));
        other[31] = 0;
        assert_ne!(one, CommitmentKey::from_bytes(other));
    }
}
