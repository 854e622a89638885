//! Whole messages in memory: values of a database, records of a queue, secrets of a service.
//!
//! ```
//! use esdk::context::{EncryptionContext, RequiredContext};
//! use esdk::keyring::raw_aes::RawAesKeyring;
//! use esdk::message::decrypt::DecryptRequirements;
//! use esdk::message::whole;
//!
//! # let wrapping_key = zeroize::Zeroizing::new(vec![7; 32]);
//! let keyring = RawAesKeyring::new("my keys", "2026", wrapping_key)?;
//! let context = EncryptionContext::of([("table", "people"), ("id", "17")])?;
//! let message = whole::encrypt(b"1 Main Street", &keyring, context.clone())?;
//!
//! let context = RequiredContext::of(context);
//! let requirements = DecryptRequirements { context, ..DecryptRequirements::default() };
//! assert_eq!(*whole::decrypt(&message, &keyring, &requirements)?, b"1 Main Street");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io;

use zeroize::Zeroizing;

use super::decrypt::{DecryptRequirements, UnverifiedMessage};
use super::encrypt::MessageEncryptor;
use super::{
    DEFAULT_FRAME_LENGTH, DEFAULT_MAX_ENCRYPTED_DATA_KEYS, DecryptError, EncryptError, EncryptionMaterials,
};
use crate::commitment::CommitmentPolicy;
use crate::context::EncryptionContext;
use crate::format::ContentType;
use crate::keyring::Keyring;

/// Encrypts under the defaults: a committing suite, signed, frames of [`DEFAULT_FRAME_LENGTH`] bytes.
///
/// `context` is stored in the clear and authenticated: put into it what says where the message belongs.
///
/// # Errors
/// [`EncryptError`]: a key cannot wrap, there are more than [`DEFAULT_MAX_ENCRYPTED_DATA_KEYS`] of them, or the context
/// is too long.
///
/// Spec: client-apis/encrypt.md#behavior
pub fn encrypt(
    plaintext: &[u8],
    keyring: &dyn Keyring,
    context: EncryptionContext,
) -> Result<Vec<u8>, EncryptError> {
    let policy = CommitmentPolicy::default();
    let materials = EncryptionMaterials::obtain(
        keyring,
        policy,
        policy.default_suite(),
        context,
        EncryptionContext::new(),
        Some(DEFAULT_MAX_ENCRYPTED_DATA_KEYS),
    )?;
    let mut message = Vec::new();
    MessageEncryptor::new(materials, DEFAULT_FRAME_LENGTH)?.encrypt(plaintext, &mut message)?;
    Ok(message)
}

/// Decrypts, and gives out nothing unless everything has verified; the plaintext is wiped when it is dropped.
///
/// # Errors
/// [`DecryptError`]: it is not a message, a requirement is not met, no key opens it, or something of it does not verify.
///
/// Spec: client-apis/decrypt.md#behavior
pub fn decrypt(
    message: &[u8],
    keyring: &dyn Keyring,
    requirements: &DecryptRequirements,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    // A plaintext is shorter than its message: in one piece from the beginning, it leaves no copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(message.len()));
    let limit = Some(DEFAULT_MAX_ENCRYPTED_DATA_KEYS);
    let message = UnverifiedMessage::read(io::Cursor::new(message), limit)?.verify(keyring, requirements)?;
    match message.header().content_type {
        ContentType::Framed => message.decrypt(&mut *plaintext)?,
        ContentType::Unframed => message.check_first()?.decrypt(&mut *plaintext)?,
    };
    Ok(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::RequiredContext;
    use crate::keyring::raw_aes::RawAesKeyring;

    fn keyring() -> RawAesKeyring {
        RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key")
    }

    fn context(value: &str) -> EncryptionContext {
        EncryptionContext::of([("record", value)]).expect("a pair")
    }

    fn requiring(value: &str) -> DecryptRequirements {
        DecryptRequirements { context: RequiredContext::of(context(value)), ..DecryptRequirements::default() }
    }

    #[test]
    fn what_was_encrypted_comes_out_where_it_belongs_and_nowhere_else() {
        for length in [0, 1, 4096, 100_000] {
            let plaintext = vec![3; length];
            let message = encrypt(&plaintext, &keyring(), context("1")).expect("it encrypts");
            assert_eq!(*decrypt(&message, &keyring(), &requiring("1")).expect("it decrypts"), plaintext);
            match decrypt(&message, &keyring(), &requiring("2")) {
                Err(DecryptError::Context(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn nothing_comes_out_of_a_message_that_was_changed_cut_or_extended() {
        let message = encrypt(&[3; 9000], &keyring(), context("1")).expect("it encrypts");
        let mut changed = message.clone();
        changed[message.len() - 300] ^= 1;
        let extended = [message.as_slice(), b"x"].concat();
        for bad in [&message[..message.len() - 1], &changed, &extended] {
            assert!(decrypt(bad, &keyring(), &requiring("1")).is_err());
        }
    }
}
