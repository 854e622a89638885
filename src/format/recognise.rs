//! What bytes are that are not a message: the formats that people mistake for one.

use std::fmt;

/// Another tool's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherFormat {
    /// A file of age.
    Age,
    /// An OpenPGP message, binary or armoured.
    OpenPgp,
    /// What `aws kms encrypt` gives, binary.
    KmsCiphertext,
    /// The same in base64.
    KmsCiphertextBase64,
    /// What `openssl enc` writes.
    OpenSslSalted,
    /// gzip.
    Gzip,
}

/// So many bytes from the beginning are enough.
pub const BEGINNING_LENGTH: usize = 40;

const BEGINNINGS: &[(&[u8], OtherFormat)] = &[
    (b"age-encryption.org/", OtherFormat::Age),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", OtherFormat::Age),
    (b"-----BEGIN PGP MESSAGE-----", OtherFormat::OpenPgp),
    // Public-key and symmetric-key encrypted session key packets, in the old and the new packet format.
    (b"\x84\x5e\x03", OtherFormat::OpenPgp),
    (b"\x85\x01\x0c\x03", OtherFormat::OpenPgp),
    (b"\x85\x01\x8c\x03", OtherFormat::OpenPgp),
    (b"\x85\x02\x0c\x03", OtherFormat::OpenPgp),
    (b"\x8c\x0d\x04", OtherFormat::OpenPgp),
    (b"\xc1\x5e\x03", OtherFormat::OpenPgp),
    (b"\xc1\xc0\x4c\x03", OtherFormat::OpenPgp),
    (b"\xc3\x0d\x04", OtherFormat::OpenPgp),
    (b"\x01\x02\x02\x00", OtherFormat::KmsCiphertext),
    (b"AQICA", OtherFormat::KmsCiphertextBase64),
    (b"Salted__", OtherFormat::OpenSslSalted),
    (b"U2FsdGVkX1", OtherFormat::OpenSslSalted),
    (b"\x1f\x8b", OtherFormat::Gzip),
];

impl OtherFormat {
    /// The format that begins like this, when it is a known one.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        let trimmed = beginning.trim_ascii_start();
        BEGINNINGS.iter().find(|(known, _)| trimmed.starts_with(known)).map(|(_, format)| *format)
    }
}

impl fmt::Display for OtherFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Age => "an age file",
            Self::OpenPgp => "an OpenPGP message",
            Self::KmsCiphertext => "a ciphertext of `aws kms encrypt`",
            Self::KmsCiphertextBase64 => "the base64 of a ciphertext of `aws kms encrypt`",
            Self::OpenSslSalted => "a file of `openssl enc`",
            Self::Gzip => "gzip",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_by_their_first_bytes() {
        assert_eq!(OtherFormat::of(b"age-encryption.org/v1\n-> X25519"), Some(OtherFormat::Age));
        assert_eq!(OtherFormat::of(b"\n-----BEGIN PGP MESSAGE-----\n\n"), Some(OtherFormat::OpenPgp));
        assert_eq!(OtherFormat::of(b"\x8c\x0d\x04\x09\x03\x02"), Some(OtherFormat::OpenPgp));
        assert_eq!(OtherFormat::of(b"\x01\x02\x02\x00\x78"), Some(OtherFormat::KmsCiphertext));
        assert_eq!(OtherFormat::of(b"AQICAHh"), Some(OtherFormat::KmsCiphertextBase64));
        assert_eq!(OtherFormat::of(b"Salted__12345678"), Some(OtherFormat::OpenSslSalted));
        assert_eq!(OtherFormat::of(b"\x1f\x8b\x08"), Some(OtherFormat::Gzip));
        assert_eq!(OtherFormat::of(b"plain text"), None);
        assert_eq!(OtherFormat::of(b""), None);
    }
}
