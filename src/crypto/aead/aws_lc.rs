//! AES-GCM by aws-lc-rs.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{NotAuthentic, SealError};
use crate::suite::{IV_LENGTH, TAG_LENGTH};

/// "Less safe" because the caller chooses the IVs: the message format does.
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new).map(Self)
    }

    pub(super) fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        in_out: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], SealError> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), in_out).map_err(|_| SealError)?;
        tag.as_ref().try_into().map_err(|_| SealError)
    }

    pub(super) fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        in_out: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), NotAuthentic> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        match self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, in_out) {
            Ok(_) => Ok(()),
            Err(_) => Err(NotAuthentic),
        }
    }
}
