//! Opening one long AES-GCM ciphertext that does not fit memory, in two passes over it.
//!
//! | pass | type | what it does with the ciphertext | what comes out |
//! | --- | --- | --- | --- |
//! | first | [`TagCheck`] | hashes it chunk by chunk, then compares the tag | [`Authentic`], or [`NotAuthentic`] |
//! | second | [`StreamDecryptor`] | decrypts it chunk by chunk | the plaintext |
//!
//! Only [`Authentic`] makes a [`StreamDecryptor`], and only a tag that was right makes an [`Authentic`]: no byte of
//! plaintext comes out before the tag was checked.
//!
//! **The second pass cannot tell what it is given.** It decrypts whatever it gets, and the tag spoke for the bytes of
//! the first pass only. The caller feeds the same ciphertext again, byte for byte, and sees to it that nothing can
//! change it between the passes, or notices when something did.
//!
//! Frames are opened whole, by [`aead`](super::aead). This is for the bodies that are not framed: 12-byte IV, 16-byte
//! tag, 0 to 2^36 - 32 bytes. The aes, ctr and ghash crates do the work, whatever the features are: aws-lc-rs opens
//! AES-GCM only where all of it lies in memory.
//!
//! Spec: framework/algorithm-suites.md#algorithm-suites-encryption-settings

use std::fmt;

use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use ctr::cipher::consts::U16;
use ctr::cipher::{
    BlockCipherEncrypt, BlockSizeUser, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper,
};
use ctr::{Ctr32BE, CtrCore};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::aead::{AeadKeyError, NotAuthentic};
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// Length of an AES block in bytes.
const BLOCK_LENGTH: usize = 16;
/// The longest that AES-GCM can seal under one IV, in bytes: its counter has 32 bits, and two blocks are taken.
const GREATEST_LENGTH: u64 = (1 << 36) - 32;

/// The first pass: takes in the ciphertext and checks its tag; wiped on drop.
pub struct TagCheck {
    keystream: Keystream,
    hash: Box<GHash>,
    /// The first block of the keystream, which masks the tag.
    mask: Zeroizing<[u8; BLOCK_LENGTH]>,
    /// The begun block: as many bytes as `length` goes beyond whole blocks.
    begun: [u8; BLOCK_LENGTH],
    aad_length: u64,
    length: u64,
}

/// A ciphertext whose tag was right: its key, its IV and its length, but not its bytes. Wiped on drop.
pub struct Authentic {
    keystream: Keystream,
    length: u64,
}

/// The second pass: decrypts the ciphertext whose tag was right; wiped on drop.
pub struct StreamDecryptor {
    keystream: Keystream,
    remaining: u64,
}

/// More bytes to decrypt than were authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreThanAuthenticated {
    /// How many there were yet to decrypt.
    pub remaining: u64,
}

impl TagCheck {
    /// A check of the ciphertext that was sealed under this key of 16, 24 or 32 bytes, this IV and this additional
    /// authenticated data.
    ///
    /// # Errors
    /// [`AeadKeyError`] for a key of another length.
    pub fn new(key: &[u8], iv: &[u8; IV_LENGTH], aad: &[u8]) -> Result<Self, AeadKeyError> {
        let begun = Keystream::begin(key, iv).ok_or(AeadKeyError { length: key.len() })?;
        let (mut keystream, mut hash) = begun;
        let mut mask = Zeroizing::new([0; BLOCK_LENGTH]);
        let has_room = keystream.apply(&mut *mask);
        debug_assert!(has_room, "the keystream is longer than a block");
        hash.update_padded(aad);
        Ok(Self { keystream, hash, mask, begun: [0; BLOCK_LENGTH], aad_length: aad.len() as u64, length: 0 })
    }

    /// Takes in the next bytes of the ciphertext, any number of them. The tag is not among them.
    pub fn update(&mut self, ciphertext: &[u8]) {
        let at = begun_length(self.length);
        self.length = self.length.saturating_add(ciphertext.len() as u64);
        if self.length > GREATEST_LENGTH {
            // No tag is right any more: `finish` says so.
            return;
        }
        let mut ciphertext = ciphertext;
        if at > 0 {
            let room = &mut self.begun[at..];
            let Some((head, rest)) = ciphertext.split_at_checked(room.len()) else {
                room[..ciphertext.len()].copy_from_slice(ciphertext);
                return;
            };
            room.copy_from_slice(head);
            self.hash.update(&[self.begun.into()]);
            ciphertext = rest;
        }
        let (blocks, rest) = ghash::Block::slice_as_chunks(ciphertext);
        self.hash.update(blocks);
        self.begun[..rest.len()].copy_from_slice(rest);
    }

    /// Compares the tag, in constant time, with that of the bytes taken in.
    ///
    /// # Errors
    /// [`NotAuthentic`] when a bit of the key, the IV, the additional authenticated data, the ciphertext or the tag is
    /// another, and for more than 2^36 - 32 bytes, which nothing can have sealed.
    pub fn finish(self, tag: &[u8; TAG_LENGTH]) -> Result<Authentic, NotAuthentic> {
        if self.length > GREATEST_LENGTH {
            return Err(NotAuthentic);
        }
        let Self { keystream, mut hash, mask, begun, aad_length, length } = self;
        hash.update_padded(&begun[..begun_length(length)]);
        let bits = (u128::from(aad_length) << 64 | u128::from(length)) << 3;
        hash.update(&[bits.to_be_bytes().into()]);
        let mut expected = Zeroizing::new([0; TAG_LENGTH]);
        for ((byte, hashed), masking) in expected.iter_mut().zip(hash.finalize()).zip(mask.iter()) {
            *byte = hashed ^ masking;
        }
        if expected.ct_eq(tag).into() { Ok(Authentic { keystream, length }) } else { Err(NotAuthentic) }
    }
}

impl Authentic {
    /// Begins the second pass, at the first byte of the ciphertext.
    pub fn decryptor(self) -> StreamDecryptor {
        StreamDecryptor { keystream: self.keystream, remaining: self.length }
    }
}

impl StreamDecryptor {
    /// Decrypts the next bytes of the ciphertext where they lie, any number of them.
    ///
    /// They must be the bytes that [`TagCheck`] took in, from the first on: other bytes are not noticed, and decrypt
    /// to plaintext that nobody sealed.
    ///
    /// # Errors
    /// [`MoreThanAuthenticated`] when they go beyond the length that was authenticated. None of them is decrypted then.
    pub fn apply(&mut self, in_out: &mut [u8]) -> Result<(), MoreThanAuthenticated> {
        let refused = MoreThanAuthenticated { remaining: self.remaining };
        let remaining = self.remaining.checked_sub(in_out.len() as u64).ok_or(refused)?;
        if !self.keystream.apply(in_out) {
            return Err(refused);
        }
        self.remaining = remaining;
        Ok(())
    }

    /// How many bytes were authenticated and are yet to be decrypted: 0 when the second pass has come as far as the
    /// first.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }
}

/// AES in counter mode. Boxed, because an expanded key is some hundred bytes and moves with whoever owns it.
enum Keystream {
    Aes128(Box<Ctr32BE<Aes128Enc>>),
    Aes192(Box<Ctr32BE<Aes192Enc>>),
    Aes256(Box<Ctr32BE<Aes256Enc>>),
}

impl Keystream {
    /// The keystream from the block that masks the tag on, and the hash that this key gives; `None` for a key of a
    /// length that AES does not have.
    fn begin(key: &[u8], iv: &[u8; IV_LENGTH]) -> Option<(Self, Box<GHash>)> {
        match key.len() {
            16 => {
                let (keystream, hash) = begin(Aes128Enc::new_from_slice(key).ok()?, iv);
                Some((Self::Aes128(keystream), hash))
            }
            24 => {
                let (keystream, hash) = begin(Aes192Enc::new_from_slice(key).ok()?, iv);
                Some((Self::Aes192(keystream), hash))
            }
            32 => {
                let (keystream, hash) = begin(Aes256Enc::new_from_slice(key).ok()?, iv);
                Some((Self::Aes256(keystream), hash))
            }
            _ => None,
        }
    }

    /// Combines the next bytes with the keystream; `false`, and nothing is done, when the counter would begin again.
    fn apply(&mut self, in_out: &mut [u8]) -> bool {
        match self {
            Self::Aes128(keystream) => keystream.try_apply_keystream(in_out),
            Self::Aes192(keystream) => keystream.try_apply_keystream(in_out),
            Self::Aes256(keystream) => keystream.try_apply_keystream(in_out),
        }
        .is_ok()
    }
}

/// The counter mode of a cipher from the block IV, 1 on, and the hash whose key is its encryption of zeros.
fn begin<C>(cipher: C, iv: &[u8; IV_LENGTH]) -> (Box<Ctr32BE<C>>, Box<GHash>)
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut hash_key = Zeroizing::new([0; BLOCK_LENGTH]);
    cipher.encrypt_block((&mut *hash_key).into());
    let hash = Box::new(GHash::new((&*hash_key).into()));

    let mut first = [0; BLOCK_LENGTH];
    first[..IV_LENGTH].copy_from_slice(iv);
    first[BLOCK_LENGTH - 1] = 1;
    let core = CtrCore::inner_iv_init(cipher, &first.into());
    (Box::new(StreamCipherCoreWrapper::from_core(core)), hash)
}

/// By how many bytes a length goes beyond whole blocks.
fn begun_length(length: u64) -> usize {
    (length % BLOCK_LENGTH as u64) as usize
}

impl fmt::Debug for TagCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagCheck({} bytes)", self.length)
    }
}

impl fmt::Debug for Authentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authentic({} bytes)", self.length)
    }
}

impl fmt::Debug for StreamDecryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamDecryptor({} bytes to come)", self.remaining)
    }
}

impl fmt::Display for MoreThanAuthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more bytes than the {} that were authenticated and are yet to decrypt", self.remaining)
    }
}

impl std::error::Error for MoreThanAuthenticated {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::aead::AeadKey;
    use ctr::cipher::StreamCipherSeek;
    use proptest::prelude::*;

    const KEY_LENGTHS: [usize; 3] = [16, 24, 32];
    const IV: [u8; IV_LENGTH] = *b"twelve bytes";
    const AAD: &[u8] = b"additional, not of whole blocks";

    fn pattern(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 167 + (n >> 8) * 31 + seed * 59 + 13) as u8).collect()
    }

    /// What [`AeadKey`] makes of a plaintext: the ciphertext and its tag.
    fn sealed(key: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, [u8; TAG_LENGTH]) {
        let mut in_out = plaintext.to_vec();
        let tag = AeadKey::new(key).expect("a key length").seal(&IV, aad, &mut in_out).expect("seals");
        (in_out, tag)
    }

    /// The first pass, in chunks that end at these places.
    fn check(
        key: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        ends: &[usize],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<Authentic, NotAuthentic> {
        let mut check = TagCheck::new(key, &IV, aad).expect("a key length");
        for chunk in chunks(ciphertext.len(), ends) {
            check.update(&ciphertext[chunk]);
        }
        check.finish(tag)
    }

    /// The second pass, in chunks that end at these places.
    fn decrypt(authentic: Authentic, ciphertext: &[u8], ends: &[usize]) -> Vec<u8> {
        let mut decryptor = authentic.decryptor();
        let mut in_out = ciphertext.to_vec();
        for chunk in chunks(ciphertext.len(), ends) {
            decryptor.apply(&mut in_out[chunk]).expect("not beyond what was checked");
        }
        assert_eq!(decryptor.remaining(), 0);
        in_out
    }

    fn chunks(length: usize, ends: &[usize]) -> Vec<std::ops::Range<usize>> {
        let mut ends: Vec<usize> = ends.iter().map(|end| end % (length + 1)).chain([length]).collect();
        ends.sort_unstable();
        let begins = std::iter::once(0).chain(ends.clone());
        begins.zip(ends).map(|(begin, end)| begin..end).collect()
    }

    #[test]
    fn every_length_to_300_bytes_opens_in_chunks_of_any_size() {
        for length in 0..=300 {
            let key = pattern(KEY_LENGTHS[length % 3], length);
            let aad = pattern(length % 40, length + 1);
            let plaintext = pattern(length, length + 2);
            let (ciphertext, tag) = sealed(&key, &aad, &plaintext);
            for chunk in [1, 3, 15, 16, 17, 32, 64, 100, 300] {
                let ends: Vec<usize> = (0..length).step_by(chunk).collect();
                let authentic = check(&key, &aad, &ciphertext, &ends, &tag).expect("authentic");
                assert!(decrypt(authentic, &ciphertext, &ends) == plaintext, "{length} bytes by {chunk}");
            }
            if length > 0 {
                let (cut, _) = ciphertext.split_at(length - 1);
                assert!(check(&key, &aad, cut, &[], &tag).is_err(), "{length} bytes, one cut off");
            }
            let longer = [ciphertext.as_slice(), &[0]].concat();
            assert!(check(&key, &aad, &longer, &[], &tag).is_err(), "{length} bytes and one more");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn long_ciphertexts_open_in_chunks_that_differ_between_the_passes(
            length in 0usize..50_000,
            key_length in proptest::sample::select(KEY_LENGTHS.to_vec()),
            seed in 0usize..256,
            first in proptest::collection::vec(any::<usize>(), 0..20),
            second in proptest::collection::vec(any::<usize>(), 0..20),
            damaged in any::<usize>(),
        ) {
            let key = pattern(key_length, seed);
            let plaintext = pattern(length, seed + 1);
            let (mut ciphertext, tag) = sealed(&key, AAD, &plaintext);
            let authentic = check(&key, AAD, &ciphertext, &first, &tag).expect("authentic");
            prop_assert!(decrypt(authentic, &ciphertext, &second) == plaintext);
            if length > 0 {
                ciphertext[damaged % length] ^= 1 << (seed % 8);
                prop_assert!(check(&key, AAD, &ciphertext, &first, &tag).is_err());
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let key = pattern(32, 0);
        let (ciphertext, tag) = sealed(&key, AAD, b"thirty-one bytes of a plaintext");
        let flipped = |bytes: &[u8], bit: usize| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        for bit in 0..ciphertext.len() * 8 {
            assert!(check(&key, AAD, &flipped(&ciphertext, bit), &[], &tag).is_err());
        }
        for bit in 0..tag.len() * 8 {
            let tag = flipped(&tag, bit).try_into().expect("a tag's length");
            assert!(check(&key, AAD, &ciphertext, &[], &tag).is_err());
        }
        for bit in 0..AAD.len() * 8 {
            assert!(check(&key, &flipped(AAD, bit), &ciphertext, &[], &tag).is_err());
        }
        for bit in 0..key.len() * 8 {
            assert!(check(&flipped(&key, bit), AAD, &ciphertext, &[], &tag).is_err());
        }
        for bit in 0..IV.len() * 8 {
            let iv = flipped(&IV, bit).try_into().expect("an IV's length");
            let mut check = TagCheck::new(&key, &iv, AAD).expect("a key length");
            check.update(&ciphertext);
            assert!(check.finish(&tag).is_err());
        }
        assert!(check(&key, AAD, &ciphertext, &[], &tag).is_ok());
    }

    #[test]
    fn no_more_is_decrypted_than_was_checked() {
        let (key, plaintext) = (pattern(24, 0), pattern(100, 1));
        let (ciphertext, tag) = sealed(&key, AAD, &plaintext);
        let mut decryptor = check(&key, AAD, &ciphertext, &[], &tag).expect("authentic").decryptor();
        let mut longer = [ciphertext.clone(), vec![0]].concat();
        let untouched = longer.clone();
        assert_eq!(decryptor.apply(&mut longer), Err(MoreThanAuthenticated { remaining: 100 }));
        assert_eq!(longer, untouched);

        decryptor.apply(&mut longer[..70]).expect("not beyond what was checked");
        assert_eq!(decryptor.remaining(), 30);
        assert_eq!(decryptor.apply(&mut longer[70..]), Err(MoreThanAuthenticated { remaining: 30 }));
        decryptor.apply(&mut longer[70..100]).expect("not beyond what was checked");
        assert_eq!(longer[..100], plaintext);
        assert_eq!(decryptor.apply(&mut [0]), Err(MoreThanAuthenticated { remaining: 0 }));
        assert_eq!(decryptor.apply(&mut []), Ok(()));
    }

    /// A check that claims to have taken in so many bytes already.
    fn check_after(length: u64) -> TagCheck {
        let mut check = TagCheck::new(&[7; 32], &IV, AAD).expect("a key length");
        check.length = length;
        check
    }

    /// The tag that the check itself would expect after one more chunk.
    fn expected_tag(length: u64, chunk: &[u8]) -> [u8; TAG_LENGTH] {
        let TagCheck { mut hash, mask, .. } = check_after(length);
        hash.update_padded(chunk);
        let lengths = [(AAD.len() as u64) * 8, (length + chunk.len() as u64) * 8].map(u64::to_be_bytes);
        hash.update_padded(lengths.as_flattened());
        let mut tag: [u8; TAG_LENGTH] = hash.finalize().into();
        tag.iter_mut().zip(mask.iter()).for_each(|(byte, masking)| *byte ^= masking);
        tag
    }

    #[test]
    fn the_greatest_length_is_taken_and_no_byte_more() {
        assert_eq!(GREATEST_LENGTH, 68_719_476_704);
        let length = GREATEST_LENGTH - 32;
        let mut last = check_after(length);
        last.update(&[9; 32]);
        let authentic = last.finish(&expected_tag(length, &[9; 32])).expect("authentic");
        assert_eq!(authentic.length, GREATEST_LENGTH);

        let mut beyond = check_after(length);
        beyond.update(&[9; 33]);
        assert_eq!(beyond.finish(&expected_tag(length, &[9; 33])).err(), Some(NotAuthentic));

        // Nor does what comes after it make it right again, however long it is.
        let mut far_beyond = check_after(u64::MAX - 1);
        far_beyond.update(&[9; 32]);
        far_beyond.update(&[9; 32]);
        assert_eq!(far_beyond.length, u64::MAX);
        assert_eq!(far_beyond.finish(&expected_tag(length, &[9; 32])).err(), Some(NotAuthentic));
    }

    #[test]
    fn the_counter_runs_to_its_last_value_and_does_not_begin_again() {
        let (mut keystream, _) = Keystream::begin(&[7; 32], &IV).expect("a key length");
        let Keystream::Aes256(counter) = &mut keystream else { panic!("a key of 32 bytes") };
        // 16 bytes of the keystream, the tag's mask, come before the first byte of the ciphertext.
        counter.try_seek(16 + GREATEST_LENGTH - 16).expect("within the keystream");
        let mut last = [0; 16];
        assert!(keystream.apply(&mut last));
        let mut expected = [0xFF; 16];
        expected[..IV_LENGTH].copy_from_slice(&IV);
        Aes256Enc::new(&[7; 32].into()).encrypt_block((&mut expected).into());
        assert_eq!(last, expected);
        assert!(!keystream.apply(&mut [0]), "the next block would be that of counter 0");
    }

    #[test]
    fn other_key_lengths_are_refused() {
        for length in (0..=64).filter(|length| !KEY_LENGTHS.contains(length)) {
            let refused = TagCheck::new(&vec![0; length], &IV, AAD).err();
            assert_eq!(refused, Some(AeadKeyError { length }));
        }
    }

    #[test]
    fn each_pass_moves_between_threads_and_prints_no_key() {
        fn assert_moves<T: Send + Sync>(_: &T) {}
        let key = [0xAB; 32];
        let (ciphertext, tag) = sealed(&key, AAD, b"plaintext");
        let mut check = TagCheck::new(&key, &IV, AAD).expect("a key length");
        check.update(&ciphertext);
        assert_moves(&check);
        assert_eq!(format!("{check:?}"), "TagCheck(9 bytes)");
        let authentic = check.finish(&tag).expect("authentic");
        assert_moves(&authentic);
        assert_eq!(format!("{authentic:?}"), "Authentic(9 bytes)");
        let decryptor = authentic.decryptor();
        assert_moves(&decryptor);
        assert_eq!(format!("{decryptor:?}"), "StreamDecryptor(9 bytes to come)");
    }
}
