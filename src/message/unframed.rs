//! Unframed bodies: their one tag is checked over all of the ciphertext, and only then is any of it decrypted.

use std::io::{Read, Write};

use super::batch::OpeningBuffer;
use super::decrypt::check_length;
use super::{BATCH_LENGTH, DecryptError};
use crate::crypto::signature::MessageHash;
use crate::crypto::streaming_aead::{Authentic, TagCheck};
use crate::data_key::DerivedDataKey;
use crate::format::fields::Fields;
use crate::format::unframed::{HEADER_LENGTH, UnframedBody, read_tag};
use crate::format::{FormatError, Header};

/// Reads the body and checks its tag; gives the proof and the content's length in bytes.
///
/// Spec: client-apis/decrypt.md#un-framed-message-body-decryption,
/// data-format/message-body.md#non-framed-data-encrypted-content
pub(super) fn check<R: Read>(
    source: &mut OpeningBuffer<R>,
    header: &Header,
    key: &DerivedDataKey,
    mut hash: Option<&mut MessageHash>,
    max_length: Option<u64>,
) -> Result<(Authentic, u64), DecryptError> {
    let offset = source.consumed();
    let mut fields = Fields::new(&mut *source, offset);
    let body = UnframedBody::read(&mut fields)?;
    check_length(body.content_length, max_length)?;
    let read = fields.take_record();
    if let Some(hash) = &mut hash {
        hash.update(&read);
    }
    let mut check = TagCheck::new(key.as_bytes(), &body.iv, &body.aad(&header.message_id))?;
    for_each_piece(source, body.content_length, |piece| {
        check.update(piece);
        if let Some(hash) = &mut hash {
            hash.update(piece);
        }
        Ok(())
    })?;
    let offset = source.consumed();
    let tag = read_tag(&mut Fields::new(&mut *source, offset))?;
    if let Some(hash) = &mut hash {
        hash.update(&tag);
    }
    let authentic = check.finish(&tag).map_err(|_| DecryptError::BodyNotAuthentic)?;
    Ok((authentic, body.content_length))
}

/// Reads the body again, decrypts it and writes the plaintext.
///
/// Spec: client-apis/decrypt.md#un-framed-message-body-decryption, client-apis/decrypt.md#authenticated-data
pub(super) fn open<R: Read, W: Write>(
    source: &mut OpeningBuffer<R>,
    authentic: Authentic,
    content_length: u64,
    destination: &mut W,
) -> Result<(), DecryptError> {
    source.skip(HEADER_LENGTH).map_err(DecryptError::ReadCiphertext)?;
    let mut decryptor = authentic.decryptor();
    for_each_piece(source, content_length, |piece| {
        decryptor.apply(piece).map_err(|_| DecryptError::BodyNotAuthentic)?;
        destination.write_all(piece).map_err(DecryptError::WritePlaintext)
    })
}

/// Passes `length` bytes of the source on, piece by piece.
fn for_each_piece<R: Read>(
    source: &mut OpeningBuffer<R>,
    length: u64,
    mut work: impl FnMut(&mut [u8]) -> Result<(), DecryptError>,
) -> Result<(), DecryptError> {
    let mut left = length;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(BATCH_LENGTH);
        let available = source.fill(wanted).map_err(DecryptError::ReadCiphertext)?;
        if available < wanted {
            let offset = source.read_length();
            return Err(FormatError::EndsInside { field: "the content of the body", offset }.into());
        }
        work(&mut source.available_mut()[..wanted])?;
        source.consume(wanted);
        left -= wanted as u64;
    }
    Ok(())
}
