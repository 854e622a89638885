//! AES-GCM in place: 12-byte IV, 16-byte tag, keys of 128, 192 and 256 bits.
//!
//! The cipher is aws-lc-rs's; with the feature `rust-crypto` it is the aes-gcm crate's. Which one is settled when
//! the crate is built.
//!
//! Spec: framework/algorithm-suites.md#algorithm-suites-encryption-settings

#[cfg(any(test, not(feature = "rust-crypto")))]
mod aws_lc;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;

use std::fmt;

#[cfg(not(feature = "rust-crypto"))]
use aws_lc::Cipher;
#[cfg(feature = "rust-crypto")]
use rust_crypto::Cipher;

use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// An AES-GCM key of 16, 24 or 32 bytes, expanded and ready; wiped on drop.
pub struct AeadKey(Cipher);

/// The key is not 16, 24 or 32 bytes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AeadKeyError {
    /// Its length in bytes.
    pub length: usize,
}

/// The plaintext is longer than AES-GCM can seal: 2^36 - 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealError;

/// The bytes are not what was sealed under this key, IV and additional authenticated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAuthentic;

impl AeadKey {
    /// The key with these bytes: 16 for AES-128, 24 for AES-192, 32 for AES-256.
    ///
    /// # Errors
    /// [`AeadKeyError`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self, AeadKeyError> {
        match Cipher::new(key) {
            Some(cipher) => Ok(Self(cipher)),
            None => Err(AeadKeyError { length: key.len() }),
        }
    }

    /// Seals `in_out` where it lies, 0 to 2^36 - 32 bytes, and gives the tag. The caller sees to it that an IV is
    /// never used twice under one key.
    ///
    /// # Errors
    /// [`SealError`] when `in_out` is too long; what it then holds is not to be used.
    pub fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        in_out: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], SealError> {
        self.0.seal(iv, aad, in_out)
    }

    /// Opens a ciphertext followed by its 16-byte tag where it lies, and gives the plaintext, which is the tag's
    /// length shorter.
    ///
    /// # Errors
    /// [`NotAuthentic`] when a bit of the key, the IV, the additional authenticated data, the ciphertext or the tag
    /// is another, or no whole tag is there. The ciphertext is then overwritten with zeros.
    pub fn open<'a>(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        ciphertext_and_tag: &'a mut [u8],
    ) -> Result<&'a mut [u8], NotAuthentic> {
        let (in_out, tag) = ciphertext_and_tag.split_last_chunk_mut().ok_or(NotAuthentic)?;
        match self.0.open(iv, aad, in_out, tag) {
            Ok(()) => Ok(in_out),
            Err(NotAuthentic) => {
                // Neither backend leaves plaintext behind; this holds it whatever a later release of one does.
                in_out.fill(0);
                Err(NotAuthentic)
            }
        }
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadKey")
    }
}

impl fmt::Display for AeadKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an AES key is 16, 24 or 32 bytes long, not {}", self.length)
    }
}

impl std::error::Error for AeadKeyError {}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("longer than AES-GCM can seal")
    }
}

impl std::error::Error for SealError {}

impl fmt::Display for NotAuthentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed authentication")
    }
}

impl std::error::Error for NotAuthentic {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex::bytes;

    /// Test cases 1 to 4, 7 to 10 and 13 to 16 of "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega:
    /// key, IV, additional authenticated data, plaintext, ciphertext, tag.
    const KNOWN_ANSWERS: [[&str; 6]; 12] = [
        [Z16, Z12, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"],
        [Z16, Z12, "", Z16, "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"],
        [K16, IV, "", P64, C64_128, "4d5c2af327cd64a62cf35abd2ba6fab4"],
        [K16, IV, AAD, P60, C60_128, "5bc94fbc3221a5db94fae95ae7121a47"],
        [Z24, Z12, "", "", "", "cd33b28ac773f74ba00ed1f312572435"],
        [Z24, Z12, "", Z16, "98e7247c07f0fe411c267e4384b0f600", "2ff58d80033927ab8ef4d4587514f0fb"],
        [K24, IV, "", P64, C64_192, "9924a7c8587336bfb118024db8674a14"],
        [K24, IV, AAD, P60, C60_192, "2519498e80f1478f37ba55bd6d27618c"],
        [Z32, Z12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
        [Z32, Z12, "", Z16, "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"],
        [K32, IV, "", P64, C64_256, "b094dac5d93471bdec1a502270e3cc6c"],
        [K32, IV, AAD, P60, C60_256, "76fc6ece0f4e1768cddf8853bb2d551b"],
    ];
    const Z12: &str = "000000000000000000000000";
    const Z16: &str = "00000000000000000000000000000000";
    const Z24: &str = "000000000000000000000000000000000000000000000000";
    const Z32: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    const K16: &str = "feffe9928665731c6d6a8f9467308308";
    const K24: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c";
    const K32: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const IV: &str = "cafebabefacedbaddecaf888";
    const AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    const P64: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    const P60: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const C64_128: &str = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985";
    const C60_128: &str = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";
    const C64_192: &str = "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710acade256";
    const C60_192: &str = "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710";
    const C64_256: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
    const C60_256: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";

    #[test]
    fn known_answers() {
        for case in KNOWN_ANSWERS {
            let [key, iv, aad, plaintext, ciphertext, tag] = case.map(bytes);
            let iv = iv.try_into().expect("12 bytes");
            let key = AeadKey::new(&key).expect("a key length");
            let mut in_out = plaintext.clone();
            assert_eq!(key.seal(&iv, &aad, &mut in_out).expect("seals").as_slice(), tag);
            assert_eq!(in_out, ciphertext);
            in_out.extend(&tag);
            assert_eq!(key.open(&iv, &aad, &mut in_out).expect("opens"), plaintext);
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_leaves_zeros() {
        let key = AeadKey::new(&[7; 32]).expect("a key length");
        let (iv, aad) = ([3; 12], *b"additional");
        let mut sealed = b"thirty-one bytes of a plaintext".to_vec();
        let tag = key.seal(&iv, &aad, &mut sealed).expect("seals");
        sealed.extend(tag);
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&iv, &aad, &mut flipped), Err(NotAuthentic));
            assert_eq!(flipped[..31], [0; 31]);
        }
        for bit in 0..iv.len() * 8 {
            let mut iv = iv;
            iv[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&iv, &aad, &mut sealed.clone()), Err(NotAuthentic));
        }
        for bit in 0..aad.len() * 8 {
            let mut aad = aad;
            aad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&iv, &aad, &mut sealed.clone()), Err(NotAuthentic));
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(&iv, &aad, &mut sealed[..length].to_vec()), Err(NotAuthentic));
        }
        assert!(key.open(&iv, &aad, &mut sealed).is_ok());
    }

    #[test]
    fn other_key_lengths_are_refused() {
        for length in (0..=64).filter(|length| ![16, 24, 32].contains(length)) {
            assert_eq!(AeadKey::new(&vec![0; length]).err(), Some(AeadKeyError { length }));
        }
    }

    #[test]
    fn keys_are_shared_between_threads_and_not_printed() {
        fn assert_shared<T: Send + Sync>(_: &T) {}
        let key = AeadKey::new(&[0xAB; 32]).expect("a key length");
        assert_shared(&key);
        assert_eq!(format!("{key:?}"), "AeadKey");
    }

    #[cfg(feature = "rust-crypto")]
    #[test]
    fn both_implementations_give_the_same_bytes() {
        let pattern = |length: usize, seed: usize| -> Vec<u8> {
            (0..length).map(|n| (n * 167 + seed * 59 + 13) as u8).collect()
        };
        let lengths = (0..=80).chain([255, 256, 257, 4095, 4096, 4097, 65_536, 100_003]);
        for (seed, length) in lengths.enumerate() {
            for key_length in [16, 24, 32] {
                let key = pattern(key_length, seed);
                let iv: [u8; 12] = pattern(12, seed + 1).try_into().expect("12 bytes");
                let aad = pattern(seed % 50, seed + 2);
                let plaintext = pattern(length, seed + 3);
                let one = aws_lc::Cipher::new(&key).expect("a key length");
                let other = rust_crypto::Cipher::new(&key).expect("a key length");
                let (mut by_one, mut by_other) = (plaintext.clone(), plaintext.clone());
                let tag = one.seal(&iv, &aad, &mut by_one).expect("seals");
                assert_eq!(tag, other.seal(&iv, &aad, &mut by_other).expect("seals"));
                assert!(by_one == by_other);
                other.open(&iv, &aad, &mut by_one, &tag).expect("opens the other's");
                one.open(&iv, &aad, &mut by_other, &tag).expect("opens the other's");
                assert!(by_one == plaintext && by_other == plaintext);
                let mut damaged = tag;
                damaged[15] ^= 1;
                assert_eq!(one.open(&iv, &aad, &mut by_one, &damaged), Err(NotAuthentic));
                assert_eq!(other.open(&iv, &aad, &mut by_other, &damaged), Err(NotAuthentic));
            }
        }
    }
}
