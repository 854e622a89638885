//! PEM as it is found in files: text around the blocks, several of them, any line length and line end.
//!
//! Standard: RFC 7468

use pkcs1::pem::{Base64Decoder, LineEnding, encode_string};
use zeroize::Zeroizing;

use super::RsaKeyError;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// One block of a PEM file.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    /// What stands after `BEGIN`.
    pub(super) label: &'a str,
    /// What stands between the first and the last line.
    body: &'a [u8],
}

/// The blocks of a file in their order; `None` when there is no beginning of one.
///
/// # Errors
/// [`RsaKeyError::Malformed`] when a block has no end.
pub(super) fn blocks(text: &[u8]) -> Result<Option<Vec<Block<'_>>>, RsaKeyError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = split_once(rest, BEGIN) {
        let (label, after) =
            split_once(after, DASHES).ok_or(RsaKeyError::Malformed("PEM: its first line"))?;
        let (body, after) = split_once(after, END).ok_or(RsaKeyError::Malformed("PEM: no end"))?;
        let end = after.strip_prefix(label).and_then(|after| after.strip_prefix(DASHES));
        rest = end.ok_or(RsaKeyError::Malformed("PEM: begins and ends with different labels"))?;
        // One line only: what a damaged first line runs into may be the key, and labels are printed.
        let label = std::str::from_utf8(label)
            .ok()
            .filter(|label| label.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
            .ok_or(RsaKeyError::Malformed("PEM: its label"))?;
        blocks.push(Block { label, body });
    }
    Ok((!blocks.is_empty()).then_some(blocks))
}

impl Block<'_> {
    /// The bytes that the block stands for.
    ///
    /// # Errors
    /// [`RsaKeyError::UnsupportedEncryption`] for a block encrypted in OpenSSL's own way, [`RsaKeyError::Malformed`]
    /// when it is not base64.
    pub(super) fn decode(&self) -> Result<Zeroizing<Vec<u8>>, RsaKeyError> {
        if self.body.contains(&b':') {
            return Err(match split_once(self.body, b"ENCRYPTED") {
                Some(_) => RsaKeyError::UnsupportedEncryption("OpenSSL's own PEM encryption".to_owned()),
                None => RsaKeyError::Malformed("PEM: headers inside the block"),
            });
        }
        let malformed = |_| RsaKeyError::Malformed("PEM: not base64");
        // Room for all before the first byte: a buffer that grows leaves copies of the key behind.
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        base64.extend(self.body.iter().filter(|byte| !byte.is_ascii_whitespace()));
        let mut decoder = Base64Decoder::new(&base64).map_err(malformed)?;
        let mut decoded = Zeroizing::new(vec![0; decoder.remaining_len()]);
        decoder.decode(&mut decoded).map_err(malformed)?;
        Ok(decoded)
    }
}

/// PEM with this label, lines of 64 characters; `None` when there are too many bytes for it.
pub(super) fn encode(label: &str, bytes: &[u8]) -> Option<String> {
    encode_string(label, LineEnding::LF, bytes).ok()
}

/// What stands before and after the first `mark`.
fn split_once<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = text.windows(mark.len()).position(|window| window == mark)?;
    let (before, from_mark) = text.split_at_checked(start)?;
    Some((before, from_mark.strip_prefix(mark)?))
}
