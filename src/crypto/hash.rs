//! SHA-512 of bytes that are at hand: what names a thing by its content.

use sha2::{Digest as _, Sha512};

/// Length of a SHA-512 hash, in bytes.
pub const SHA512_LENGTH: usize = 64;

/// The SHA-512 hash of these parts, one after the other.
pub fn sha512(parts: &[&[u8]]) -> [u8; SHA512_LENGTH] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex::bytes;

    #[test]
    fn known_hashes_of_nothing_and_of_parts() {
        // FIPS 180-4's example "abc", and the empty string.
        let abc = "ddaf35a193617abacc417349ae204131 12e6fa4e89a97ea20a9eeee64b55d39a
                   2192992a274fc1a836ba3c23a3feebbd 454d4423643ce80e2a9ac94fa54ca49f";
        let nothing = "cf83e1357eefb8bdf1542850d66d8007 d620e4050b5715dc83f4a921d36ce9ce
                       47d0d13c5d85f2b0ff8318d2877eec2f 63b931bd47417a81a538327af927da3e";
        assert_eq!(sha512(&[b"abc"])[..], bytes(abc));
        assert_eq!(sha512(&[b"a", b"", b"bc"])[..], bytes(abc));
        assert_eq!(sha512(&[])[..], bytes(nothing));
    }
}
