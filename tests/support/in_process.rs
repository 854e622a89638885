//! Messages made and opened in this process, under fixed wrapping keys.

use std::io::{Read, Write};
use std::num::NonZeroU32;

use esdk::commitment::CommitmentPolicy;
use esdk::context::EncryptionContext;
use esdk::crypto::rsa::{RsaPadding, RsaPrivateKey, RsaPublicKey};
use esdk::data_key::DataKey;
use esdk::format::EncryptedDataKey;
use esdk::keyring::multi::MultiKeyring;
use esdk::keyring::raw_aes::RawAesKeyring;
use esdk::keyring::raw_rsa::RawRsaKeyring;
use esdk::keyring::{Keyring, Reach, Unwrapped, WrapError};
use esdk::message::body::Decrypted;
use esdk::message::decrypt::{DecryptRequirements, UnverifiedMessage};
use esdk::message::encrypt::{Encrypted, MessageEncryptor};
use esdk::message::{DecryptError, EncryptError, EncryptionMaterials};
use esdk::suite::AlgorithmSuite;
use zeroize::Zeroizing;

/// The key namespace of every key here.
pub const NAMESPACE: &str = "esdk tests";
/// A private key that protects nothing: PKCS#8, 2,048 bits.
pub const RSA_PRIVATE_KEY: &[u8] = include_bytes!("../../src/crypto/rsa/test_keys/pkcs8.pem");
/// Its public half.
pub const RSA_PUBLIC_KEY: &[u8] = include_bytes!("../../src/crypto/rsa/test_keys/spki.pem");

/// The suite with this id.
pub fn suite(id: u16) -> &'static AlgorithmSuite {
    AlgorithmSuite::by_id(id).expect("a suite")
}

/// A policy under which this suite may encrypt, and every suite may be decrypted.
pub fn policy_for(suite: &AlgorithmSuite) -> CommitmentPolicy {
    if suite.is_committing() {
        CommitmentPolicy::RequireEncryptAllowDecrypt
    } else {
        CommitmentPolicy::ForbidEncryptAllowDecrypt
    }
}

/// Nothing is required of a message.
pub fn no_requirements() -> DecryptRequirements {
    DecryptRequirements {
        commitment_policy: CommitmentPolicy::RequireEncryptAllowDecrypt,
        ..DecryptRequirements::default()
    }
}

/// A context of these pairs.
pub fn context<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> EncryptionContext {
    EncryptionContext::of(pairs).expect("good pairs")
}

/// The bytes of the AES key of this name, in bytes of length 16, 24 or 32: another name, other bytes.
pub fn aes_key(name: &str, length: usize) -> Vec<u8> {
    let letters = name.bytes().chain([length as u8]).cycle();
    letters.zip(0_u8..).map(|(letter, place)| letter.wrapping_mul(31) ^ place).take(length).collect()
}

/// The AES key of this name.
pub fn aes(name: &str, length: usize) -> Box<dyn Keyring> {
    let key = Zeroizing::new(aes_key(name, length));
    Box::new(RawAesKeyring::new(NAMESPACE, name, key).expect("a good key"))
}

/// The RSA key, both halves, under this name and padding.
pub fn rsa(name: &str, padding: RsaPadding) -> Box<dyn Keyring> {
    let private_key = RsaPrivateKey::from_file_bytes(RSA_PRIVATE_KEY, &mut || None).expect("a private key");
    Box::new(RawRsaKeyring::new(NAMESPACE, name, padding, None, Some(private_key)).expect("a good key"))
}

/// The same, public half only.
pub fn rsa_public(name: &str, padding: RsaPadding) -> Box<dyn Keyring> {
    let public_key = RsaPublicKey::from_file_bytes(RSA_PUBLIC_KEY).expect("a public key");
    Box::new(RawRsaKeyring::new(NAMESPACE, name, padding, Some(public_key), None).expect("a good key"))
}

/// The first of these generates, the others wrap as well.
pub fn several(mut keyrings: Vec<Box<dyn Keyring>>) -> Box<dyn Keyring> {
    let generator = keyrings.remove(0);
    Box::new(MultiKeyring::new(generator, keyrings))
}

/// A keyring whose data keys are all the same: what a broken generator would give.
pub struct SameDataKey(pub Box<dyn Keyring>);

impl Keyring for SameDataKey {
    fn generate(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<(DataKey, Vec<EncryptedDataKey>), WrapError> {
        let data_key = DataKey::from_bytes(Zeroizing::new(vec![0x5A; suite.data_key_length()]));
        let edks = self.wrap(suite, context, &data_key)?;
        Ok((data_key, edks))
    }

    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        self.0.wrap(suite, context, data_key)
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        self.0.unwrap(suite, context, edk)
    }

    fn reach(&self) -> Reach {
        self.0.reach()
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

/// Encrypts from one stream to another.
pub fn encrypt_stream(
    keyring: &dyn Keyring,
    suite: &'static AlgorithmSuite,
    context: EncryptionContext,
    frame_length: u32,
    source: impl Read,
    destination: impl Write,
) -> Result<Encrypted, EncryptError> {
    let materials = EncryptionMaterials::obtain(
        keyring,
        policy_for(suite),
        suite,
        context,
        EncryptionContext::new(),
        None,
    )?;
    let frame_length = NonZeroU32::new(frame_length).expect("not zero");
    MessageEncryptor::new(materials, frame_length)?.encrypt(source, destination)
}

/// Encrypts.
pub fn encrypt(
    keyring: &dyn Keyring,
    suite: &'static AlgorithmSuite,
    context: EncryptionContext,
    frame_length: u32,
    plaintext: &[u8],
) -> Vec<u8> {
    let mut message = Vec::new();
    encrypt_stream(keyring, suite, context, frame_length, plaintext, &mut message).expect("it encrypts");
    message
}

/// Decrypts from one stream to another, without any limit or requirement.
pub fn decrypt_stream(
    keyring: &dyn Keyring,
    source: impl Read,
    destination: impl Write,
) -> Result<Decrypted, DecryptError> {
    UnverifiedMessage::read(source, None)?.verify(keyring, &no_requirements())?.decrypt(destination)
}

/// Decrypts, without any limit or requirement.
pub fn decrypt(keyring: &dyn Keyring, message: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let mut plaintext = Vec::new();
    decrypt_stream(keyring, message, &mut plaintext)?;
    Ok(plaintext)
}

/// So many bytes in which no two places look alike.
pub fn plaintext(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(|number| number.wrapping_mul(0x9E37_79B1).to_be_bytes()).take(length).collect()
}
