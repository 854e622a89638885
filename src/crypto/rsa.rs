//! RSA wrapping keys: reading their files, wrapping and unwrapping data keys, making new ones.
//!
//! | padding | greatest data key under a modulus of n bytes |
//! | --- | --- |
//! | OAEP, hash of h bytes, MGF1 with the same hash, empty label | n - 2h - 2 |
//! | PKCS #1 v1.5 | n - 11 |
//!
//! A wrapped data key is as long as the modulus: 256 to 1,024 bytes.
//!
//! Spec: framework/raw-rsa-keyring.md#rsa

mod key_file;
mod pem;

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{RandomError, random_bytes};
pub use key_file::RsaKeyError;

/// How a data key is padded before RSA.
///
/// Spec: framework/raw-rsa-keyring.md#padding-scheme
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaPadding {
    /// OAEP with SHA-1 and MGF1 with SHA-1.
    OaepSha1,
    /// OAEP with SHA-256 and MGF1 with SHA-256.
    OaepSha256,
    /// OAEP with SHA-384 and MGF1 with SHA-384.
    OaepSha384,
    /// OAEP with SHA-512 and MGF1 with SHA-512.
    OaepSha512,
    /// PKCS #1 v1.5: unwrapping cannot tell a wrong ciphertext from a right one without giving keys away.
    Pkcs1,
}

/// An RSA public key of 2,048 to 8,192 bits: wraps data keys.
pub struct RsaPublicKey(PublicEncryptingKey);

/// An RSA private key of 2,048 to 8,192 bits: unwraps data keys. Wiped on drop.
pub struct RsaPrivateKey(PrivateDecryptingKey);

/// A new RSA key pair, as it is written to files.
pub struct GeneratedRsaKey {
    /// PEM of the private key, PKCS#8, not encrypted.
    pub private_pem: Zeroizing<String>,
    /// PEM of the public key, SubjectPublicKeyInfo.
    pub public_pem: String,
}

/// A data key that could not be wrapped or unwrapped, or a key pair that could not be made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RsaError {
    /// The modulus has no room for the data key and its padding.
    TooSmall {
        /// Length of the data key in bytes.
        data_key_length: usize,
        /// Greatest length that has room, in bytes.
        greatest: usize,
    },
    /// The library could not wrap.
    Wrap,
    /// The ciphertext is not one under this key and padding.
    DoesNotOpen,
    /// It opened to a data key of another length.
    DataKeyLength {
        /// The length asked for, in bytes.
        expected: usize,
        /// What came out, in bytes.
        found: usize,
    },
    /// Key pairs are made of 2,048, 3,072 or 4,096 bits, not of this many.
    UnsupportedSize {
        /// The size asked for, in bits.
        bits: u32,
    },
    /// The library could not make a key pair.
    Generation,
    /// The operating system gave no random bytes.
    Random(RandomError),
}

impl RsaPadding {
    /// Every padding, the default first.
    pub const ALL: [Self; 5] =
        [Self::OaepSha256, Self::OaepSha1, Self::OaepSha384, Self::OaepSha512, Self::Pkcs1];

    /// The name on the command line: `oaep-sha256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OaepSha1 => "oaep-sha1",
            Self::OaepSha256 => "oaep-sha256",
            Self::OaepSha384 => "oaep-sha384",
            Self::OaepSha512 => "oaep-sha512",
            Self::Pkcs1 => "pkcs1",
        }
    }

    /// The padding with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|padding| padding.name() == name)
    }

    /// Bytes of the modulus that the padding takes.
    const fn overhead(self) -> usize {
        match self {
            Self::OaepSha1 => 2 * 20 + 2,
            Self::OaepSha256 => 2 * 32 + 2,
            Self::OaepSha384 => 2 * 48 + 2,
            Self::OaepSha512 => 2 * 64 + 2,
            Self::Pkcs1 => 11,
        }
    }

    fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
            Self::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
            Self::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
            Self::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
            Self::Pkcs1 => None,
        }
    }
}

impl fmt::Display for RsaPadding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl RsaPublicKey {
    /// The key in a file: PEM or DER of a SubjectPublicKeyInfo, a PKCS#1 public key or an X.509 certificate. Of a
    /// certificate only the key is used: neither its dates nor its issuer are looked at. Of several PEM blocks the
    /// first that can be a public key counts.
    ///
    /// # Errors
    /// [`RsaKeyError`], which says what the file is instead.
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, RsaKeyError> {
        let spki = key_file::public_key(bytes)?;
        match PublicEncryptingKey::from_der(&spki) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(RsaKeyError::Malformed("RSA public key")),
        }
    }

    /// Length of the modulus in bytes, 256 to 1,024: the length of a wrapped data key.
    pub fn modulus_length(&self) -> usize {
        self.0.key_size_bytes()
    }

    /// Length of the modulus in bits, 2,048 to 8,192.
    pub fn modulus_bits(&self) -> usize {
        self.0.key_size_bits()
    }

    /// Whether both are the same key: modulus and exponent.
    pub fn is_same_key(&self, other: &Self) -> bool {
        let (one, other): (Result<PublicKeyX509Der<'_>, _>, Result<PublicKeyX509Der<'_>, _>) =
            (self.0.as_der(), other.0.as_der());
        matches!((one, other), (Ok(one), Ok(other)) if one.as_ref() == other.as_ref())
    }

    /// Wraps a data key: a ciphertext of [`Self::modulus_length`] bytes, another one each time.
    ///
    /// # Errors
    /// [`RsaError::TooSmall`] when the modulus has no room for it, [`RsaError::Wrap`] when the library fails.
    ///
    /// Spec: framework/raw-rsa-keyring.md#onencrypt
    pub fn wrap(&self, padding: RsaPadding, data_key: &[u8]) -> Result<Vec<u8>, RsaError> {
        let greatest = self.modulus_length().saturating_sub(padding.overhead());
        if data_key.len() > greatest {
            return Err(RsaError::TooSmall { data_key_length: data_key.len(), greatest });
        }
        let mut ciphertext = vec![0; self.modulus_length()];
        let written = match padding.oaep() {
            Some(oaep) => OaepPublicEncryptingKey::new(self.0.clone()).and_then(|key| {
                key.encrypt(oaep, data_key, &mut ciphertext, None).map(|written| written.len())
            }),
            None => Pkcs1PublicEncryptingKey::new(self.0.clone())
                .and_then(|key| key.encrypt(data_key, &mut ciphertext).map(|written| written.len())),
        };
        match written {
            Ok(length) if length == ciphertext.len() => Ok(ciphertext),
            _ => Err(RsaError::Wrap),
        }
    }
}

impl RsaPrivateKey {
    /// The key in a file: PEM or DER of a PKCS#1 or PKCS#8 private key, the latter also encrypted (PBES2). Of
    /// several PEM blocks the first that can be a private key counts. `passphrase` is asked once, and only when
    /// the key is encrypted; `None` stands for having none.
    ///
    /// # Errors
    /// [`RsaKeyError`], which says what the file is instead.
    pub fn from_file_bytes(
        bytes: &[u8],
        passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    ) -> Result<Self, RsaKeyError> {
        let pkcs8 = key_file::private_key(bytes, passphrase)?;
        match PrivateDecryptingKey::from_pkcs8(pkcs8.as_bytes()) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(RsaKeyError::Malformed("RSA private key")),
        }
    }

    /// The public half.
    pub fn public_key(&self) -> RsaPublicKey {
        RsaPublicKey(self.0.public_key())
    }

    /// Length of the modulus in bytes, 256 to 1,024: the length of a wrapped data key.
    pub fn modulus_length(&self) -> usize {
        self.0.key_size_bytes()
    }

    /// Length of the modulus in bits, 2,048 to 8,192.
    pub fn modulus_bits(&self) -> usize {
        self.0.key_size_bits()
    }

    /// Unwraps a data key of `data_key_length` bytes.
    ///
    /// With [`RsaPadding::Pkcs1`] this **always gives a data key**: a random one when the ciphertext does not open
    /// or holds another length. Whoever could tell the two apart could, message by message, find out data keys that
    /// were never his (Bleichenbacher's attack); so they look the same until the message header has been verified.
    ///
    /// # Errors
    /// With OAEP, [`RsaError::DoesNotOpen`] and [`RsaError::DataKeyLength`]. With PKCS #1, [`RsaError::Random`] when
    /// the operating system gives no random bytes, whatever the ciphertext is.
    ///
    /// Spec: framework/raw-rsa-keyring.md#ondecrypt
    pub fn unwrap(
        &self,
        padding: RsaPadding,
        ciphertext: &[u8],
        data_key_length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        match padding.oaep() {
            Some(oaep) => self.unwrap_oaep(oaep, ciphertext, data_key_length),
            None => self.unwrap_pkcs1(ciphertext, data_key_length),
        }
    }

    fn unwrap_oaep(
        &self,
        oaep: &'static OaepAlgorithm,
        ciphertext: &[u8],
        expected: usize,
    ) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        let mut plaintext = Zeroizing::new(vec![0; self.modulus_length()]);
        let found = OaepPrivateDecryptingKey::new(self.0.clone())
            .and_then(|key| key.decrypt(oaep, ciphertext, &mut plaintext, None).map(|opened| opened.len()))
            .map_err(|_| RsaError::DoesNotOpen)?;
        if found != expected {
            return Err(RsaError::DataKeyLength { expected, found });
        }
        let data_key = plaintext.get(..found).ok_or(RsaError::DoesNotOpen)?;
        Ok(Zeroizing::new(data_key.to_vec()))
    }

    fn unwrap_pkcs1(
        &self,
        ciphertext: &[u8],
        data_key_length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        // Drawn before the ciphertext is tried, so that both outcomes do the same work.
        let mut data_key = Zeroizing::new(vec![0; data_key_length]);
        random_bytes(&mut data_key).map_err(RsaError::Random)?;
        let mut plaintext = Zeroizing::new(vec![0; self.modulus_length().max(data_key_length)]);
        let length = Pkcs1PrivateDecryptingKey::new(self.0.clone())
            .and_then(|key| key.decrypt(ciphertext, &mut plaintext).map(|opened| opened.len()))
            .unwrap_or(usize::MAX);
        let opened = length.ct_eq(&data_key_length);
        for (byte, plain) in data_key.iter_mut().zip(plaintext.iter()) {
            byte.conditional_assign(plain, opened);
        }
        Ok(data_key)
    }
}

/// Makes an RSA key pair of 2,048, 3,072 or 4,096 bits.
///
/// # Errors
/// [`RsaError::UnsupportedSize`] for another size, [`RsaError::Generation`] when the library fails.
pub fn generate(bits: u32) -> Result<GeneratedRsaKey, RsaError> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return Err(RsaError::UnsupportedSize { bits }),
    };
    let private_key = PrivateDecryptingKey::generate(size).map_err(|_| RsaError::Generation)?;
    let pkcs8: Pkcs8V1Der<'static> = private_key.as_der().map_err(|_| RsaError::Generation)?;
    let spki: PublicKeyX509Der<'static> =
        private_key.public_key().as_der().map_err(|_| RsaError::Generation)?;
    Ok(GeneratedRsaKey {
        private_pem: Zeroizing::new(pem::encode("PRIVATE KEY", pkcs8.as_ref()).ok_or(RsaError::Generation)?),
        public_pem: pem::encode("PUBLIC KEY", spki.as_ref()).ok_or(RsaError::Generation)?,
    })
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits)", self.modulus_bits())
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateKey({} bits)", self.modulus_bits())
    }
}

impl fmt::Debug for GeneratedRsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratedRsaKey")
    }
}

impl fmt::Display for RsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { data_key_length, greatest } => write!(
                f,
                "the RSA key has room for {greatest} bytes under this padding, and the data key is {data_key_length} bytes long"
            ),
            Self::Wrap => f.write_str("the data key could not be wrapped"),
            Self::DoesNotOpen => f.write_str("the RSA key does not open it"),
            Self::DataKeyLength { expected, found } => {
                write!(f, "it holds a data key of {found} bytes where {expected} are needed")
            }
            Self::UnsupportedSize { bits } => {
                write!(f, "RSA keys are made of 2048, 3072 or 4096 bits, not of {bits}")
            }
            Self::Generation => f.write_str("no RSA key could be made"),
            Self::Random(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RsaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Random(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
