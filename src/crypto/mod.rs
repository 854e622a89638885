//! The primitives: sealing, key derivation, signatures, RSA, random bytes. The only module that names a crate
//! of them.
//!
//! | what | by | why |
//! | --- | --- | --- |
//! | sealing and opening frames ([`aead`]) | aws-lc-rs | the fastest measured, and in the build already through rustls |
//! | the same, feature `rust-crypto` | aes-gcm | a second, independent implementation; tests hold both against each other |
//! | opening what does not fit memory ([`streaming_aead`]) | aes, ctr, ghash | aws-lc-rs opens only what lies in memory whole |
//! | key derivation ([`kdf`]), identifiers ([`hash`]) | hkdf, sha2 | small and portable; it runs once a message |
//! | hashing and ECDSA ([`signature`]) | aws-lc-rs | constant time, as fast as the processor hashes |
//! | comparing two readings of a plaintext ([`fingerprint`]) | aws-lc-rs | as fast as the processor hashes |
//! | RSA ([`rsa`]) | aws-lc-rs | the `rsa` crate is not used: its timing leak, RUSTSEC-2023-0071, is not fixed |
//! | random bytes ([`random_bytes`]) | getrandom | the operating system's generator |
//!
//! Data keys, message ids and the IVs of wrapped keys come from the operating system's generator and from nowhere
//! else: it is seeded before a process can ask it, it knows of forks and of restored virtual machines, and no
//! state of ours can repeat or leak. It is never seeded by us, and where it fails there is no fallback: the
//! operation fails. Signing keys and the padding of RSA come from the library that signs and pads, because
//! it offers no other way and draws on the same source: where this package is built from its own folder,
//! `.cargo/config.toml` leaves out the second seed that AWS-LC would draw from the jitter of the CPU, which takes 25 ms at
//! every start, and which the kernel's generator draws on as well. An installation from a registry does not see that
//! file, and takes the 25 ms.
//!
//! Why SHA-384 is AWS-LC's: `docs/benchmarks/hash.md`.

pub mod aead;
pub mod fingerprint;
pub mod hash;
pub mod kdf;
pub mod rsa;
pub mod signature;
pub mod streaming_aead;

use std::fmt;

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug)]
pub struct RandomError(getrandom::Error);

/// Fills `destination` with random bytes of the operating system's generator.
///
/// # Errors
/// [`RandomError`] when the operating system gives none; `destination` is then not to be used.
pub fn random_bytes(destination: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(destination).map_err(RandomError)
}

/// SHA-384.
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    use sha2::Digest as _;
    sha2::Sha384::digest(bytes).into()
}

impl fmt::Display for RandomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gave no random bytes")
    }
}

impl std::error::Error for RandomError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
pub(crate) mod hex {
    /// The bytes that known answers are written as; blanks are passed over.
    pub(crate) fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex
            .chars()
            .filter(|digit| !digit.is_whitespace())
            .map(|digit| digit.to_digit(16).expect("a hex digit") as u8)
            .collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_fill_all_and_differ() {
        let mut one = [0; 64];
        let mut other = [0; 64];
        random_bytes(&mut one).expect("random bytes");
        random_bytes(&mut other).expect("random bytes");
        assert_ne!(one, other);
        assert!(one.chunks(16).all(|chunk| chunk != [0; 16]));
        random_bytes(&mut []).expect("nothing to fill");
    }
}
