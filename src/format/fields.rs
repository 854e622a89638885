//! Bounded reading of big-endian fields, and writing them.
//!
//! Spec: data-format/message-header.md#structure

use std::fmt;
use std::io::{self, Read};

use super::FormatError;

/// Reads the fields of a message one after the other, and names the field when the message ends inside it.
///
/// A length that the message claims is at most 65,535 bytes here, and nothing is kept that was not read.
#[derive(Debug)]
pub struct Fields<R> {
    reader: R,
    offset: u64,
    record: Vec<u8>,
}

/// Fields could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The input could not be read.
    Io(io::Error),
    /// What was read is not a message.
    Format(FormatError),
}

impl<R: Read> Fields<R> {
    /// Fields from `reader`, whose first byte is byte `offset` of the message.
    pub fn new(reader: R, offset: u64) -> Self {
        Self { reader, offset, record: Vec::new() }
    }

    /// How many bytes of the message have been read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Every byte read since the last call, in order.
    pub fn take_record(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.record)
    }

    /// Exactly `length` bytes.
    ///
    /// # Errors
    /// [`FormatError::EndsInside`] `field` when the input ends before.
    pub fn bytes(&mut self, length: u16, field: &'static str) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let read =
            self.reader.by_ref().take(u64::from(length)).read_to_end(&mut bytes).map_err(ReadError::Io)?;
        self.offset = self.offset.saturating_add(read as u64);
        if read < usize::from(length) {
            return Err(FormatError::EndsInside { field, offset: self.offset }.into());
        }
        self.record.extend_from_slice(&bytes);
        Ok(bytes)
    }

    /// An array of `N` bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        let mut rest = array.as_mut_slice();
        while !rest.is_empty() {
            match self.reader.read(rest) {
                Ok(0) => return Err(FormatError::EndsInside { field, offset: self.offset }.into()),
                Ok(read) => {
                    self.offset = self.offset.saturating_add(read as u64);
                    rest = rest.get_mut(read..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Io(error)),
            }
        }
        self.record.extend_from_slice(&array);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u8(&mut self, field: &'static str) -> Result<u8, ReadError> {
        self.array::<1>(field).map(u8::from_be_bytes)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u16(&mut self, field: &'static str) -> Result<u16, ReadError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn u32(&mut self, field: &'static str) -> Result<u32, ReadError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Two bytes of length and as many bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub fn bytes16(&mut self, field: &'static str) -> Result<Vec<u8>, ReadError> {
        let length = self.u16(field)?;
        self.bytes(length, field)
    }
}

/// Appends two bytes of length and the bytes.
///
/// # Errors
/// [`FormatError::TooLong`] when there are more than 65,535 bytes.
pub fn put_bytes16(out: &mut Vec<u8>, bytes: &[u8], field: &'static str) -> Result<(), FormatError> {
    let length =
        u16::try_from(bytes.len()).map_err(|_| FormatError::TooLong { field, length: bytes.len() })?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

impl From<FormatError> for ReadError {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Format(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_field_and_the_byte_where_the_message_ends() {
        let mut fields = Fields::new(b"\x00\x05abc".as_slice(), 10);
        match fields.bytes16("key provider id") {
            Err(ReadError::Format(FormatError::EndsInside { field, offset })) => {
                assert_eq!((field, offset), ("key provider id", 15));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn records_what_it_reads() {
        let mut fields = Fields::new(b"\x00\x02ab\x01\x02\x03\x04\x09".as_slice(), 0);
        assert_eq!(fields.bytes16("a").expect("there"), b"ab");
        assert_eq!(fields.u32("b").expect("there"), 0x0102_0304);
        assert_eq!(fields.take_record(), b"\x00\x02ab\x01\x02\x03\x04");
        assert_eq!(fields.u8("c").expect("there"), 9);
        assert_eq!(fields.offset(), 9);
    }

    #[test]
    fn writes_lengths() {
        let mut out = Vec::new();
        put_bytes16(&mut out, b"abc", "x").expect("short");
        assert_eq!(out, b"\x00\x03abc");
        assert!(put_bytes16(&mut out, &vec![0; 65536], "x").is_err());
    }
}
