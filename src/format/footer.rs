//! The footer of a signed message: the signature's length (2 bytes) and the signature.
//!
//! Spec: data-format/message-footer.md#structure, data-format/message-footer.md#overview

use std::io::Read;

use super::FormatError;
use super::fields::{Fields, ReadError, put_bytes16};

/// Reads the signature: DER, up to 65,535 bytes.
///
/// # Errors
/// [`ReadError`]: the input could not be read, or ends.
///
/// Spec: data-format/message-footer.md#signature-length, data-format/message-footer.md#signature
pub fn read<R: Read>(fields: &mut Fields<R>) -> Result<Vec<u8>, ReadError> {
    fields.bytes16("the signature")
}

/// The footer with this signature.
///
/// # Errors
/// [`FormatError::TooLong`] when the signature is longer than 65,535 bytes.
///
/// Spec: data-format/message-footer.md#signature-length, data-format/message-footer.md#signature
pub fn serialized(signature: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut out = Vec::new();
    put_bytes16(&mut out, signature, "the signature")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let bytes = serialized(b"signature").expect("short");
        assert_eq!(read(&mut Fields::new(bytes.as_slice(), 0)).expect("whole"), b"signature");
        assert!(read(&mut Fields::new(&bytes[..5], 0)).is_err());
    }
}
