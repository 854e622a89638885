//! RSA keys as files hold them: PEM or DER, in every form that people have them in.
//!
//! | form | its DER begins with | PEM label |
//! | --- | --- | --- |
//! | SubjectPublicKeyInfo | sequence, bit string | `PUBLIC KEY` |
//! | PKCS#1 public key | integer, integer, no more | `RSA PUBLIC KEY` |
//! | X.509 certificate | sequence, sequence, bit string | `CERTIFICATE` |
//! | PKCS#8 private key | integer, sequence, octet string | `PRIVATE KEY` |
//! | PKCS#8 encrypted | sequence, octet string | `ENCRYPTED PRIVATE KEY` |
//! | PKCS#1 private key | integer, integer, integer | `RSA PRIVATE KEY` |
//!
//! A PEM label says which block is meant, and the DER in it which form it is. Whatever the form, the PKCS#1 key inside
//! is taken out and written anew in the one form that aws-lc-rs reads: SubjectPublicKeyInfo or PKCS#8.
//!
//! Standard: RFC 5208, 5280, 7468, 8017, 8018

use std::fmt;

use pkcs1::{ALGORITHM_ID, ALGORITHM_OID, RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Encode, Reader, SecretDocument, SliceReader, Tag, Tagged};
use pkcs8::pkcs5::{self, EncryptionScheme};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use x509_cert::Certificate;
use zeroize::Zeroizing;

use super::pem::{self, Block};

/// Sizes that aws-lc-rs takes for wrapping, in bits.
const SUPPORTED_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A file that does not hold the RSA key that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RsaKeyError {
    /// It is neither PEM nor DER.
    NotPemOrDer,
    /// It is PEM, and no block's label is one of a key; this is the first label.
    UnknownPemLabel(String),
    /// It is a private key, and the public one is looked for.
    PrivateKeyGiven,
    /// It is a public key or a certificate, and the private key is looked for.
    PublicKeyGiven,
    /// It is a key of another algorithm.
    NotRsa {
        /// The algorithm's name where it is known, its object identifier where not.
        algorithm: String,
    },
    /// It is a key in OpenSSH's own format.
    OpenSshFormat,
    /// It is encrypted in a way that is not supported: its name or object identifier.
    UnsupportedEncryption(String),
    /// It is encrypted, and there is no passphrase.
    PassphraseNeeded,
    /// It is encrypted, and the passphrase does not open it.
    WrongPassphrase,
    /// The key's modulus is not of 2,048 to 8,192 bits.
    UnsupportedSize {
        /// Its length in bits.
        bits: usize,
    },
    /// It looks like a key and cannot be read as one; what cannot be read.
    Malformed(&'static str),
}

/// The form of a key in DER, told from its first elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    SubjectPublicKeyInfo,
    Pkcs1Public,
    Certificate,
    Pkcs8,
    EncryptedPkcs8,
    Pkcs1Private,
    Sec1Private,
}

/// What a PEM label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Public,
    Private,
}

/// The public key in a file, as a SubjectPublicKeyInfo in DER.
pub(super) fn public_key(bytes: &[u8]) -> Result<Vec<u8>, RsaKeyError> {
    let der = der_of(bytes, Half::Public)?;
    match form_of(&der)? {
        Form::SubjectPublicKeyInfo => {
            let spki = SubjectPublicKeyInfoRef::from_der(&der);
            public_key_in(spki.map_err(|_| RsaKeyError::Malformed("public key"))?)
        }
        Form::Certificate => {
            let malformed = |_| RsaKeyError::Malformed("certificate");
            let certificate = Certificate::from_der(&der).map_err(malformed)?;
            let spki = certificate.tbs_certificate().subject_public_key_info().to_der().map_err(malformed)?;
            public_key_in(SubjectPublicKeyInfoRef::from_der(&spki).map_err(malformed)?)
        }
        Form::Pkcs1Public => public_key_from_pkcs1(&der),
        Form::Pkcs8 | Form::EncryptedPkcs8 | Form::Pkcs1Private => Err(RsaKeyError::PrivateKeyGiven),
        Form::Sec1Private => Err(not_rsa("EC")),
    }
}

/// The private key in a file, as PKCS#8 in DER.
pub(super) fn private_key(
    bytes: &[u8],
    passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
) -> Result<SecretDocument, RsaKeyError> {
    let der = der_of(bytes, Half::Private)?;
    match form_of(&der)? {
        Form::Pkcs8 => private_key_in(&der).unwrap_or(Err(RsaKeyError::Malformed("PKCS#8 private key"))),
        Form::EncryptedPkcs8 => private_key_in_encrypted(&der, passphrase),
        Form::Pkcs1Private => private_key_from_pkcs1(&der),
        Form::SubjectPublicKeyInfo | Form::Certificate | Form::Pkcs1Public => {
            Err(RsaKeyError::PublicKeyGiven)
        }
        Form::Sec1Private => Err(not_rsa("EC")),
    }
}

/// The DER in a file: all of it, or that of the first PEM block which holds the half that is looked for.
fn der_of(bytes: &[u8], half: Half) -> Result<Zeroizing<Vec<u8>>, RsaKeyError> {
    if AnyRef::from_der(bytes).is_ok_and(|any| any.tag() == Tag::Sequence) {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let Some(blocks) = pem::blocks(bytes)? else {
        return Err(match bytes {
            [0x30, ..] => RsaKeyError::Malformed("DER"),
            _ if bytes.starts_with(b"ssh-") => RsaKeyError::OpenSshFormat,
            _ => RsaKeyError::NotPemOrDer,
        });
    };
    let found = |half: Half| blocks.iter().find(|block| half_of(block) == Some(half));
    match found(half) {
        Some(block) => block.decode(),
        None => Err(match half {
            Half::Public if found(Half::Private).is_some() => RsaKeyError::PrivateKeyGiven,
            Half::Private if found(Half::Public).is_some() => RsaKeyError::PublicKeyGiven,
            _ => unusable(&blocks),
        }),
    }
}

fn half_of(block: &Block<'_>) -> Option<Half> {
    match block.label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" | "X509 CERTIFICATE" => Some(Half::Public),
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => Some(Half::Private),
        _ => None,
    }
}

/// Why none of these blocks is a key to use.
fn unusable(blocks: &[Block<'_>]) -> RsaKeyError {
    for block in blocks {
        match block.label {
            "OPENSSH PRIVATE KEY" => return RsaKeyError::OpenSshFormat,
            "EC PRIVATE KEY" => return not_rsa("EC"),
            "DSA PRIVATE KEY" => return not_rsa("DSA"),
            _ => {}
        }
    }
    match blocks.first() {
        Some(block) => RsaKeyError::UnknownPemLabel(block.label.to_owned()),
        None => RsaKeyError::NotPemOrDer,
    }
}

fn form_of(der: &[u8]) -> Result<Form, RsaKeyError> {
    let tags = first_tags(der).ok_or(RsaKeyError::Malformed("DER"))?;
    match tags.as_slice() {
        [Tag::Sequence, Tag::BitString] => Ok(Form::SubjectPublicKeyInfo),
        [Tag::Sequence, Tag::Sequence, Tag::BitString, ..] => Ok(Form::Certificate),
        [Tag::Sequence, Tag::OctetString] => Ok(Form::EncryptedPkcs8),
        [Tag::Integer, Tag::Integer] => Ok(Form::Pkcs1Public),
        [Tag::Integer, Tag::Integer, Tag::Integer, ..] => Ok(Form::Pkcs1Private),
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Ok(Form::Pkcs8),
        [Tag::Integer, Tag::OctetString, ..] => Ok(Form::Sec1Private),
        _ => Err(RsaKeyError::Malformed("DER: not a key or certificate")),
    }
}

/// The tags of the first three elements of a sequence.
fn first_tags(der: &[u8]) -> Option<Vec<Tag>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der).ok()?.value()).ok()?;
    let mut tags = Vec::new();
    while tags.len() < 3 && !reader.is_finished() {
        tags.push(AnyRef::decode(&mut reader).ok()?.tag());
    }
    Some(tags)
}

fn public_key_in(spki: SubjectPublicKeyInfoRef<'_>) -> Result<Vec<u8>, RsaKeyError> {
    check_algorithm(spki.algorithm.oid)?;
    let pkcs1 = spki.subject_public_key.as_bytes().ok_or(RsaKeyError::Malformed("RSA public key"))?;
    public_key_from_pkcs1(pkcs1)
}

fn public_key_from_pkcs1(pkcs1: &[u8]) -> Result<Vec<u8>, RsaKeyError> {
    let malformed = |_| RsaKeyError::Malformed("RSA public key");
    let key = RsaPublicKeyRef::from_der(pkcs1).map_err(malformed)?;
    check_size(key.modulus)?;
    let subject_public_key = BitStringRef::from_bytes(pkcs1).map_err(malformed)?;
    SubjectPublicKeyInfoRef { algorithm: ALGORITHM_ID, subject_public_key }.to_der().map_err(malformed)
}

/// `None` when these bytes are no PKCS#8 key at all, which after decryption means a wrong passphrase.
fn private_key_in(pkcs8: &[u8]) -> Option<Result<SecretDocument, RsaKeyError>> {
    let key = PrivateKeyInfoRef::try_from(pkcs8).ok()?;
    Some(check_algorithm(key.algorithm.oid).and_then(|()| private_key_from_pkcs1(key.private_key.as_bytes())))
}

fn private_key_from_pkcs1(pkcs1: &[u8]) -> Result<SecretDocument, RsaKeyError> {
    let malformed = |_| RsaKeyError::Malformed("RSA private key");
    let key = RsaPrivateKeyRef::from_der(pkcs1).map_err(malformed)?;
    check_size(key.modulus)?;
    let pkcs1 = OctetStringRef::new(pkcs1).map_err(malformed)?;
    SecretDocument::encode_msg(&PrivateKeyInfoRef::new(ALGORITHM_ID, pkcs1)).map_err(malformed)
}

fn private_key_in_encrypted(
    der: &[u8],
    passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
) -> Result<SecretDocument, RsaKeyError> {
    let malformed = |_| RsaKeyError::Malformed("encrypted PKCS#8 private key");
    let (algorithm, ciphertext) = AnyRef::from_der(der)
        .and_then(|any| {
            any.sequence(|reader| {
                Ok((AlgorithmIdentifierRef::decode(reader)?, <&OctetStringRef>::decode(reader)?))
            })
        })
        .map_err(malformed)?;
    let unsupported = |oid: ObjectIdentifier| RsaKeyError::UnsupportedEncryption(encryption_name(oid));
    let scheme = EncryptionScheme::try_from(algorithm).map_err(|_| unsupported(algorithm.oid))?;
    if scheme.pbes2().is_none() {
        return Err(unsupported(algorithm.oid));
    }
    let passphrase = passphrase().ok_or(RsaKeyError::PassphraseNeeded)?;
    let mut buffer = Zeroizing::new(ciphertext.as_bytes().to_vec());
    let pkcs8 = scheme.decrypt_in_place(passphrase.as_bytes(), &mut buffer).map_err(|error| match error {
        pkcs5::Error::UnsupportedAlgorithm { oid } | pkcs5::Error::AlgorithmParametersInvalid { oid } => {
            unsupported(oid)
        }
        _ => RsaKeyError::WrongPassphrase,
    })?;
    // One wrong passphrase in 256 leaves padding that looks right, and nonsense before it.
    private_key_in(pkcs8).unwrap_or(Err(RsaKeyError::WrongPassphrase))
}

fn check_algorithm(oid: ObjectIdentifier) -> Result<(), RsaKeyError> {
    if oid == ALGORITHM_OID {
        return Ok(());
    }
    let oid = oid.to_string();
    Err(not_rsa(match oid.as_str() {
        "1.2.840.10045.2.1" => "EC",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.1.7" => "RSAES-OAEP",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.3.1" => "Diffie-Hellman",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    }))
}

fn not_rsa(algorithm: &str) -> RsaKeyError {
    RsaKeyError::NotRsa { algorithm: algorithm.to_owned() }
}

fn encryption_name(oid: ObjectIdentifier) -> String {
    let oid = oid.to_string();
    match oid.as_str() {
        "1.2.840.113549.1.5.3" => "PBE-MD5-DES".to_owned(),
        "1.2.840.113549.1.5.10" => "PBE-SHA1-DES".to_owned(),
        "1.2.840.113549.1.5.13" => "PBES2 with unknown parameters".to_owned(),
        "1.2.840.113549.1.12.1.3" => "PBE-SHA1-3DES".to_owned(),
        "1.2.840.113549.2.7" => "PBKDF2 with HMAC-SHA1".to_owned(),
        "1.2.840.113549.3.7" => "DES-EDE3-CBC".to_owned(),
        _ => oid,
    }
}

fn check_size(modulus: UintRef<'_>) -> Result<(), RsaKeyError> {
    let bytes = modulus.as_bytes();
    let unused = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = (bytes.len() * 8).saturating_sub(unused);
    if SUPPORTED_BITS.contains(&bits) { Ok(()) } else { Err(RsaKeyError::UnsupportedSize { bits }) }
}

impl fmt::Display for RsaKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPemOrDer => f.write_str("neither PEM nor DER"),
            Self::UnknownPemLabel(label) => {
                write!(f, "PEM of something else than an RSA key: \"{}\"", label.escape_debug())
            }
            Self::PrivateKeyGiven => f.write_str("a private key where the public key is needed"),
            Self::PublicKeyGiven => f.write_str("a public key where the private key is needed"),
            Self::NotRsa { algorithm } => write!(f, "a key of the algorithm {algorithm}, not RSA"),
            Self::OpenSshFormat => {
                f.write_str("a key in OpenSSH's format, not in PKCS#8 or SubjectPublicKeyInfo")
            }
            Self::UnsupportedEncryption(name) => {
                write!(f, "a private key encrypted in an unsupported way: {name}")
            }
            Self::PassphraseNeeded => {
                f.write_str("the private key is encrypted, and no passphrase was given")
            }
            Self::WrongPassphrase => f.write_str("the passphrase does not open the private key"),
            Self::UnsupportedSize { bits } => {
                write!(f, "an RSA key of {bits} bits, where 2048 to 8192 are supported")
            }
            Self::Malformed(what) => write!(f, "malformed {what}"),
        }
    }
}

impl std::error::Error for RsaKeyError {}
