//! AES-GCM by the aes-gcm crate.

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U12};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, aes::Aes192};

use super::{NotAuthentic, SealError};
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// Boxed, because an expanded key is about a kibibyte and moves with whoever owns it.
pub(super) enum Cipher {
    Aes128(Box<Aes128Gcm>),
    Aes192(Box<AesGcm<Aes192, U12>>),
    Aes256(Box<Aes256Gcm>),
}

impl Cipher {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128Gcm::new_from_slice(key).ok().map(Box::new).map(Self::Aes128),
            24 => AesGcm::new_from_slice(key).ok().map(Box::new).map(Self::Aes192),
            32 => Aes256Gcm::new_from_slice(key).ok().map(Box::new).map(Self::Aes256),
            _ => None,
        }
    }

    pub(super) fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        in_out: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], SealError> {
        let (nonce, in_out) = (iv.into(), in_out.into());
        match self {
            Self::Aes128(cipher) => cipher.encrypt_inout_detached(nonce, aad, in_out),
            Self::Aes192(cipher) => cipher.encrypt_inout_detached(nonce, aad, in_out),
            Self::Aes256(cipher) => cipher.encrypt_inout_detached(nonce, aad, in_out),
        }
        .map(Into::into)
        .map_err(|_| SealError)
    }

    pub(super) fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        in_out: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), NotAuthentic> {
        let (nonce, in_out, tag) = (iv.into(), in_out.into(), tag.into());
        match self {
            Self::Aes128(cipher) => cipher.decrypt_inout_detached(nonce, aad, in_out, tag),
            Self::Aes192(cipher) => cipher.decrypt_inout_detached(nonce, aad, in_out, tag),
            Self::Aes256(cipher) => cipher.decrypt_inout_detached(nonce, aad, in_out, tag),
        }
        .map_err(|_| NotAuthentic)
    }
}
