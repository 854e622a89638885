//! The fingerprint of bytes that pass: SHA-256, to hold two readings of a plaintext against each other.
//!
//! It stays in memory and is never printed: who has the fingerprint of a plaintext can tell whether a guess is right.

use std::fmt;
use std::io::{self, Write};

use aws_lc_rs::digest::{self, Context, SHA256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The fingerprint of the bytes so far; they are written to it.
pub struct Fingerprinting(Context);

/// The fingerprint of bytes that have ended: 32 bytes, compared in constant time, wiped on drop.
pub struct Fingerprint(Zeroizing<[u8; digest::SHA256_OUTPUT_LEN]>);

impl Fingerprinting {
    /// That of nothing yet.
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint of all of them.
    pub fn finish(self) -> Fingerprint {
        let mut bytes = Zeroizing::new([0; digest::SHA256_OUTPUT_LEN]);
        bytes.copy_from_slice(self.0.finish().as_ref());
        Fingerprint(bytes)
    }
}

impl Default for Fingerprinting {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Fingerprinting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for Fingerprint {}

impl fmt::Debug for Fingerprinting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprinting")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(32 bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex;

    fn of(pieces: &[&[u8]]) -> Fingerprint {
        let mut fingerprinting = Fingerprinting::new();
        pieces.iter().for_each(|piece| fingerprinting.update(piece));
        fingerprinting.finish()
    }

    #[test]
    fn it_is_sha_256_of_all_pieces_together() {
        let expected = hex::bytes("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad");
        assert_eq!(of(&[b"a", b"", b"bc"]).0.as_slice(), expected);
        assert_eq!(of(&[b"abc"]), of(&[b"ab", b"c"]));
        assert_ne!(of(&[b"abc"]), of(&[b"abd"]));
        assert_ne!(of(&[]), of(&[b"\0"]));
    }

    #[test]
    fn it_is_not_printed() {
        assert_eq!(format!("{:?}", of(&[b"abc"])), "Fingerprint(32 bytes)");
    }
}
