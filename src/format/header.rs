//! The message header, versions 1 and 2, and the fields that authenticate it.
//!
//! | bytes, version 1 | bytes, version 2 | field |
//! | --- | --- | --- |
//! | 1 | 1 | version, 0x01 or 0x02 |
//! | 1 | | type, 0x80 |
//! | 2 | 2 | algorithm suite id |
//! | 16 | 32 | message id |
//! | 2, n | 2, n | length of the encryption context, encryption context |
//! | 2 | 2 | count of encrypted data keys, 1 to 65,535 |
//! | n | n | encrypted data keys |
//! | 1 | 1 | content type: 1 unframed, 2 framed |
//! | 4 | | reserved, zero |
//! | 1 | | IV length, 12 |
//! | 4 | 4 | frame length in bytes; 0 when unframed |
//! | | 32 | commitment key |
//! | 12 | | authentication: IV |
//! | 16 | 16 | authentication: tag |
//!
//! Spec: data-format/message-header.md#structure, data-format/message-header.md#header-body-version-10,
//! data-format/message-header.md#header-body-version-20

use std::io::Read;

use super::fields::{Fields, ReadError, put_bytes16};
use super::{EncryptedDataKey, FormatError};
use crate::context::EncryptionContext;
use crate::data_key::CommitmentKey;
use crate::suite::{AlgorithmSuite, IV_LENGTH, MessageVersion, TAG_LENGTH};

const VERSION_1: u8 = 0x01;
const VERSION_2: u8 = 0x02;
const TYPE_CUSTOMER_AUTHENTICATED: u8 = 0x80;
/// Spec: data-format/message-header.md#reserved
const RESERVED: [u8; 4] = [0; 4];
/// Spec: data-format/message-header.md#iv-length
const IV_LENGTH_FIELD: u8 = IV_LENGTH as u8;

/// How the body is cut.
///
/// Spec: data-format/message-header.md#content-type, data-format/message-header.md#supported-content-types
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// One piece.
    Unframed,
    /// Frames of the frame length.
    Framed,
}

/// What stands in a message header, up to its authentication.
#[derive(Clone, Debug)]
pub struct Header {
    /// The algorithm suite; it fixes the version.
    pub suite: &'static AlgorithmSuite,
    /// The message id: random, 16 or 32 bytes.
    pub message_id: Vec<u8>,
    /// The encryption context that is stored, reserved keys included.
    pub context: EncryptionContext,
    /// The encrypted data keys, at least one.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// Framed or unframed.
    pub content_type: ContentType,
    /// Length of every frame's content but the last one's, in bytes; 0 when unframed.
    ///
    /// Spec: data-format/message-header.md#frame-length
    pub frame_length: u32,
    /// The commitment to the data key, in a committing suite.
    pub commitment_key: Option<CommitmentKey>,
}

/// The fields that authenticate a header.
///
/// Spec: data-format/message-header.md#header-authentication,
/// data-format/message-header.md#header-authentication-version-10,
/// data-format/message-header.md#header-authentication-version-20, data-format/message-header.md#iv,
/// data-format/message-header.md#authentication-tag
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderAuthentication {
    /// The IV: stored in version 1, zero in version 2.
    pub iv: [u8; IV_LENGTH],
    /// The tag over the serialised header.
    pub tag: [u8; TAG_LENGTH],
}

impl ContentType {
    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        match self {
            Self::Unframed => 1,
            Self::Framed => 2,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, FormatError> {
        match byte {
            1 => Ok(Self::Unframed),
            2 => Ok(Self::Framed),
            other => Err(FormatError::ContentType(other)),
        }
    }
}

impl Header {
    /// Reads a header up to its authentication.
    ///
    /// `max_encrypted_data_keys`: a message that claims more is refused before they are read; `None` for no limit.
    ///
    /// # Errors
    /// [`ReadError`]: the input could not be read, or is not a header.
    pub fn read<R: Read>(
        fields: &mut Fields<R>,
        max_encrypted_data_keys: Option<usize>,
    ) -> Result<Self, ReadError> {
        let version = read_version(fields)?;
        let suite_id = fields.u16("the algorithm suite id")?;
        let suite = AlgorithmSuite::by_id(suite_id).ok_or(FormatError::UnknownSuite(suite_id))?;
        if suite.message_version() != version {
            return Err(FormatError::SuiteInOtherVersion { suite, version }.into());
        }
        let message_id = match version {
            MessageVersion::V1 => fields.array::<16>("the message id")?.to_vec(),
            MessageVersion::V2 => fields.array::<32>("the message id")?.to_vec(),
        };
        let context = parse_context(&fields.bytes16("the encryption context")?)?;
        let encrypted_data_keys = read_encrypted_data_keys(fields, max_encrypted_data_keys)?;
        let content_type = ContentType::from_byte(fields.u8("the content type")?)?;
        if version == MessageVersion::V1 {
            let reserved = fields.array("the reserved field")?;
            if reserved != RESERVED {
                return Err(FormatError::Reserved(reserved).into());
            }
            let iv_length = fields.u8("the IV length")?;
            if iv_length != IV_LENGTH_FIELD {
                return Err(FormatError::IvLength(iv_length).into());
            }
        }
        let frame_length = fields.u32("the frame length")?;
        if (frame_length == 0) != (content_type == ContentType::Unframed) {
            return Err(FormatError::FrameLength(frame_length).into());
        }
        let commitment_key = if suite.is_committing() {
            Some(CommitmentKey::from_bytes(fields.array("the commitment key")?))
        } else {
            None
        };
        Ok(Self {
            suite,
            message_id,
            context,
            encrypted_data_keys,
            content_type,
            frame_length,
            commitment_key,
        })
    }

    /// The header as it is written, up to its authentication.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] when a field does not fit its length.
    ///
    /// Spec: client-apis/encrypt.md#v1-header, client-apis/encrypt.md#v2-header
    pub fn serialized(&self) -> Result<Vec<u8>, FormatError> {
        let version = self.suite.message_version();
        let mut out = match version {
            MessageVersion::V1 => vec![VERSION_1, TYPE_CUSTOMER_AUTHENTICATED],
            MessageVersion::V2 => vec![VERSION_2],
        };
        out.extend_from_slice(&self.suite.id().to_be_bytes());
        out.extend_from_slice(&self.message_id);
        put_bytes16(&mut out, &self.context.serialized(), "the encryption context")?;
        let count = self.encrypted_data_keys.len();
        let count = u16::try_from(count)
            .map_err(|_| FormatError::TooLong { field: "the list of encrypted data keys", length: count })?;
        out.extend_from_slice(&count.to_be_bytes());
        for edk in &self.encrypted_data_keys {
            out.extend(edk.serialized()?);
        }
        out.push(self.content_type.byte());
        if version == MessageVersion::V1 {
            out.extend_from_slice(&RESERVED);
            out.push(IV_LENGTH_FIELD);
        }
        out.extend_from_slice(&self.frame_length.to_be_bytes());
        if let Some(commitment_key) = &self.commitment_key {
            out.extend_from_slice(commitment_key.as_bytes());
        }
        Ok(out)
    }
}

impl HeaderAuthentication {
    /// Reads the authentication of a header of this version.
    ///
    /// # Errors
    /// [`ReadError`]: the input could not be read, or ends.
    pub fn read<R: Read>(fields: &mut Fields<R>, version: MessageVersion) -> Result<Self, ReadError> {
        let iv = match version {
            MessageVersion::V1 => fields.array("the header IV")?,
            MessageVersion::V2 => [0; IV_LENGTH],
        };
        Ok(Self { iv, tag: fields.array("the header authentication tag")? })
    }

    /// The authentication as it is written after a header of this version.
    ///
    /// Spec: client-apis/encrypt.md#v1-authentication-tag, client-apis/encrypt.md#v2-authentication-tag
    pub fn serialized(&self, version: MessageVersion) -> Vec<u8> {
        match version {
            MessageVersion::V1 => [self.iv.as_slice(), self.tag.as_slice()].concat(),
            MessageVersion::V2 => self.tag.to_vec(),
        }
    }
}

/// Spec: data-format/message-header.md#version, data-format/message-header.md#type,
/// data-format/message-header.md#supported-types
fn read_version<R: Read>(fields: &mut Fields<R>) -> Result<MessageVersion, ReadError> {
    let version = match fields.u8("the version") {
        Err(ReadError::Format(FormatError::EndsInside { .. })) => return Err(FormatError::Empty.into()),
        other => other?,
    };
    match version {
        VERSION_1 => {
            let found = fields.u8("the type")?;
            if found != TYPE_CUSTOMER_AUTHENTICATED {
                return Err(FormatError::Type(found).into());
            }
            Ok(MessageVersion::V1)
        }
        VERSION_2 => Ok(MessageVersion::V2),
        b'A' => match fields.array::<3>("the version") {
            Ok([b'Y', ..] | [b'g', b'V' | b'R', b'4']) => Err(FormatError::Base64Text.into()),
            Err(ReadError::Io(error)) => Err(ReadError::Io(error)),
            _ => Err(FormatError::Version(version).into()),
        },
        other => Err(FormatError::Version(other).into()),
    }
}

/// Pairs may stand in any order: there are published messages in which they are not sorted. What a keyring authenticates is
/// the sorted form, what the header's tag covers are the bytes as they stand.
///
/// Spec: data-format/message-header.md#aad, data-format/message-header.md#key-value-pairs-length,
/// data-format/message-header.md#key-value-pairs
fn parse_context(bytes: &[u8]) -> Result<EncryptionContext, ReadError> {
    let mut context = EncryptionContext::new();
    if bytes.is_empty() {
        return Ok(context);
    }
    let mut fields = Fields::new(bytes, 0);
    let inside = |error| match error {
        ReadError::Format(FormatError::EndsInside { .. }) => FormatError::ContextLength.into(),
        other => other,
    };
    let count = fields.u16("the encryption context").map_err(inside)?;
    for _ in 0..count {
        let mut text = || -> Result<String, ReadError> {
            let bytes = fields.bytes16("the encryption context").map_err(inside)?;
            String::from_utf8(bytes).map_err(|_| FormatError::ContextNotUtf8.into())
        };
        let (key, value) = (text()?, text()?);
        context.insert_unchecked(&key, &value).map_err(FormatError::Context)?;
    }
    if count == 0 || fields.offset() != bytes.len() as u64 {
        return Err(FormatError::ContextLength.into());
    }
    Ok(context)
}

/// Spec: data-format/message-header.md#encrypted-data-keys, data-format/message-header.md#encrypted-data-key-count,
/// data-format/message-header.md#encrypted-data-key-entries
fn read_encrypted_data_keys<R: Read>(
    fields: &mut Fields<R>,
    limit: Option<usize>,
) -> Result<Vec<EncryptedDataKey>, ReadError> {
    let count = usize::from(fields.u16("the count of encrypted data keys")?);
    if count == 0 {
        return Err(FormatError::NoEncryptedDataKey.into());
    }
    if let Some(limit) = limit.filter(|limit| count > *limit) {
        return Err(FormatError::TooManyEncryptedDataKeys { count, limit }.into());
    }
    let mut edks = Vec::new();
    for _ in 0..count {
        edks.push(EncryptedDataKey {
            provider_id: fields.bytes16("a key provider id")?,
            provider_information: fields.bytes16("a key provider information")?,
            ciphertext: fields.bytes16("an encrypted data key")?,
        });
    }
    Ok(edks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextError;

    fn header(suite: &'static AlgorithmSuite) -> Header {
        let mut context = EncryptionContext::new();
        context.insert("a", "b").expect("a good pair");
        context.insert("c", "").expect("a good pair");
        Header {
            suite,
            message_id: vec![7; suite.message_version().message_id_length()],
            context,
            encrypted_data_keys: vec![EncryptedDataKey {
                provider_id: b"namespace".to_vec(),
                provider_information: b"name".to_vec(),
                ciphertext: vec![1, 2, 3],
            }],
            content_type: ContentType::Framed,
            frame_length: 4096,
            commitment_key: suite.is_committing().then(|| CommitmentKey::from_bytes([9; 32])),
        }
    }

    fn read(bytes: &[u8]) -> Result<Header, FormatError> {
        match Header::read(&mut Fields::new(bytes, 0), Some(2)) {
            Ok(header) => Ok(header),
            Err(ReadError::Format(error)) => Err(error),
            Err(ReadError::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn every_suite_reads_what_it_writes_and_nothing_shorter() {
        for suite in AlgorithmSuite::all() {
            let bytes = header(suite).serialized().expect("fits");
            let again = read(&bytes).expect("a header");
            assert_eq!(again.serialized().expect("fits"), bytes);
            assert_eq!(again.suite, suite);
            for end in 0..bytes.len() {
                let error = read(&bytes[..end]).expect_err("too short");
                let inside = matches!(error, FormatError::EndsInside { .. } | FormatError::Empty);
                assert!(inside, "{end}: {error:?}");
            }
        }
    }

    #[test]
    fn authentication_fields() {
        let one = HeaderAuthentication { iv: [1; 12], tag: [2; 16] };
        let bytes = one.serialized(MessageVersion::V1);
        assert_eq!(bytes.len(), 28);
        let again = HeaderAuthentication::read(&mut Fields::new(bytes.as_slice(), 0), MessageVersion::V1);
        assert_eq!(again.expect("whole"), one);
        let two = HeaderAuthentication { iv: [0; 12], tag: [2; 16] };
        let bytes = two.serialized(MessageVersion::V2);
        assert_eq!(bytes.len(), 16);
        let again = HeaderAuthentication::read(&mut Fields::new(bytes.as_slice(), 0), MessageVersion::V2);
        assert_eq!(again.expect("whole"), two);
    }

    #[test]
    fn refuses_with_a_reason() {
        let good = header(AlgorithmSuite::DEFAULT).serialized().expect("fits");
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            read(&bytes).expect_err("bad")
        };
        assert_eq!(with(0, 3), FormatError::Version(3));
        assert_eq!(read(b"AgV4abc").expect_err("base64"), FormatError::Base64Text);
        assert_eq!(read(b"AYABabc").expect_err("base64"), FormatError::Base64Text);
        assert_eq!(read(b"Ahoy").expect_err("text"), FormatError::Version(b'A'));
        assert_eq!(with(1, 9), FormatError::UnknownSuite(0x0978));
        assert!(matches!(with(1, 1), FormatError::SuiteInOtherVersion { .. }));
        // context: length at 35, count at 37, first key length at 39, key at 41
        assert_eq!(with(38, 1), FormatError::ContextLength);
        assert_eq!(with(38, 0), FormatError::ContextLength);
        let twice = FormatError::Context(ContextError::RepeatedKey("c".into()));
        assert_eq!(with(41, b'c'), twice);
        let mut unsorted = good.clone();
        unsorted[41] = b'x';
        let found = read(&unsorted).expect("in another order").context;
        assert_eq!(found.pairs().map(|(key, _)| key).collect::<Vec<_>>(), ["c", "x"]);
        assert_eq!(with(41, 0xFF), FormatError::ContextNotUtf8);
    }

    #[test]
    fn counts_and_lengths_at_their_limits() {
        let mut subject = header(AlgorithmSuite::UNSIGNED);
        subject.encrypted_data_keys.clear();
        let error = read(&subject.serialized().expect("fits")).expect_err("none");
        assert_eq!(error, FormatError::NoEncryptedDataKey);
        let mut subject = header(AlgorithmSuite::UNSIGNED);
        let edk = subject.encrypted_data_keys[0].clone();
        subject.encrypted_data_keys.extend([edk.clone(), edk]);
        let error = read(&subject.serialized().expect("fits")).expect_err("too many");
        assert_eq!(error, FormatError::TooManyEncryptedDataKeys { count: 3, limit: 2 });
        for (content_type, frame_length) in [(ContentType::Framed, 0), (ContentType::Unframed, 1)] {
            let mut subject = header(AlgorithmSuite::UNSIGNED);
            (subject.content_type, subject.frame_length) = (content_type, frame_length);
            let error = read(&subject.serialized().expect("fits")).expect_err("frame length");
            assert_eq!(error, FormatError::FrameLength(frame_length));
        }
    }
}
