//! The message header. The input is the beginning of a message, whatever follows the header.

use esdk::format::fields::{Fields, ReadError};
use esdk::format::{FormatError, Header, HeaderAuthentication};
use esdk::message::decrypt::UnverifiedMessage;

use super::streams::Watched;

/// Shorter headers are cut at every length, longer ones at so many.
const CUTS: usize = 300;
/// A byte at a time, with interruptions.
const DRIBBLE: u8 = 0x21;

/// What is read is what is written again and cannot be shorter; what is refused is refused for good.
pub fn check(input: &[u8]) {
    let mut fields = Fields::new(input, 0);
    match Header::read(&mut fields, None) {
        Ok(header) => {
            let length = usize::try_from(fields.offset()).expect("it lies in memory");
            let (bytes, rest) = input.split_at(length);
            assert_eq!(fields.take_record(), bytes, "the record");
            is_written_again(&header, bytes);
            is_refused_when_cut(bytes);
            is_limited(&header, bytes);
            has_printable_names(&header);
            is_followed_by_its_authentication(&header, input, rest);
            let again = read(&mut Watched::new(bytes, DRIBBLE)).expect("it was read in one piece");
            assert_eq!(format!("{again:?}"), format!("{header:?}"), "byte by byte");
        }
        Err(error) => is_refused_for_good(input, &format_error(error)),
    }
}

fn read(source: &mut Watched<'_>) -> Result<Header, FormatError> {
    Header::read(&mut Fields::new(source, 0), None).map_err(format_error)
}

fn format_error(error: ReadError) -> FormatError {
    match error {
        ReadError::Format(error) => error,
        ReadError::Io(error) => panic!("memory can be read: {error}"),
    }
}

fn is_written_again(header: &Header, bytes: &[u8]) {
    let written = header.serialized().expect("it was read, so it fits");
    assert_eq!(written, with_sorted_context(bytes), "written again");
    let again = Header::read(&mut Fields::new(written.as_slice(), 0), None).expect("it was written");
    assert_eq!(format!("{again:?}"), format!("{header:?}"), "read again");
}

/// The header with the pairs of its context in the order of their keys, by a reader of its own.
fn with_sorted_context(bytes: &[u8]) -> Vec<u8> {
    let begin = if bytes[0] == 1 { 20 } else { 35 };
    let (before, mut rest) = bytes.split_at(begin);
    let context = counted(&mut rest);
    if context.is_empty() {
        return bytes.to_vec();
    }
    let (count, mut fields) = context.split_at(2);
    let mut pairs = Vec::new();
    while !fields.is_empty() {
        pairs.push((counted(&mut fields), counted(&mut fields)));
    }
    assert_eq!(pairs.len(), usize::from(u16::from_be_bytes([count[0], count[1]])), "the count of pairs");
    pairs.sort_unstable();
    assert!(pairs.windows(2).all(|two| two[0].0 != two[1].0), "a key stands twice");
    let mut sorted = before.to_vec();
    put(&mut sorted, context.len());
    sorted.extend(count);
    for (key, value) in pairs {
        for text in [key, value] {
            assert!(std::str::from_utf8(text).is_ok(), "text that is not UTF-8");
            put(&mut sorted, text.len());
            sorted.extend(text);
        }
    }
    sorted.extend(rest);
    sorted
}

fn counted<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, after) = rest.split_first_chunk::<2>().expect("a length");
    let (bytes, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
    *rest = after;
    bytes
}

fn put(out: &mut Vec<u8>, length: usize) {
    out.extend(u16::try_from(length).expect("it was read from two bytes").to_be_bytes());
}

fn is_refused_when_cut(bytes: &[u8]) {
    for end in (0..bytes.len()).step_by(bytes.len().div_ceil(CUTS)) {
        let error = Header::read(&mut Fields::new(&bytes[..end], 0), None).map_err(format_error);
        match error.expect_err("a header was read that is cut off") {
            FormatError::Empty => assert_eq!(end, 0),
            FormatError::EndsInside { offset, .. } => assert_eq!(offset, end as u64, "where it ends"),
            other => panic!("cut to {end} bytes: {other:?}"),
        }
    }
}

fn is_limited(header: &Header, bytes: &[u8]) {
    let count = header.encrypted_data_keys.len();
    let read = |limit| Header::read(&mut Fields::new(bytes, 0), Some(limit)).map_err(format_error);
    assert!(read(count).is_ok(), "as many as are allowed");
    let expected = FormatError::TooManyEncryptedDataKeys { count, limit: count - 1 };
    assert_eq!(read(count - 1).expect_err("one more than allowed"), expected);
}

fn has_printable_names(header: &Header) {
    for edk in &header.encrypted_data_keys {
        is_printable(&edk.provider_text());
        is_printable(&edk.key_text());
    }
}

fn is_printable(text: &str) {
    let turns = |c| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(|c: char| c.is_control() || turns(c)), "{text:?} would reach a terminal");
}

fn is_followed_by_its_authentication(header: &Header, input: &[u8], rest: &[u8]) {
    let version = header.suite.message_version();
    let authentication = HeaderAuthentication::read(&mut Fields::new(rest, 0), version);
    let message = UnverifiedMessage::read(Watched::new(input, 0), None);
    match (authentication, message) {
        (Ok(authentication), Ok(message)) => {
            let written = authentication.serialized(version);
            assert!(rest.starts_with(&written), "the authentication, written again");
            assert_eq!(message.header_length(), (input.len() - rest.len() + written.len()) as u64);
            assert_eq!(message.authentication(), &authentication);
            assert_eq!(format!("{:?}", message.header()), format!("{header:?}"));
        }
        (Err(_), Err(_)) => {}
        (authentication, message) => panic!("{authentication:?}, and of the message {message:?}"),
    }
}

fn is_refused_for_good(input: &[u8], error: &FormatError) {
    let text = error.to_string();
    assert!(!text.is_empty(), "{error:?} says nothing");
    is_printable(&text);
    assert!(UnverifiedMessage::read(input, None).is_err(), "refused as a header, and read as a message");
    let dribbled = read(&mut Watched::new(input, DRIBBLE)).expect_err("refused in one piece");
    assert_eq!(&dribbled, error, "byte by byte");
    match error {
        FormatError::Empty => assert!(input.is_empty()),
        FormatError::EndsInside { offset, .. } => assert_eq!(*offset, input.len() as u64),
        // Four bytes tell base64 from what is nothing.
        FormatError::Version(b'A') if input.len() < 4 => {}
        _ => {
            let longer = [input, &[0; 40]].concat();
            let again = read(&mut Watched::new(&longer, 0)).expect_err("it was refused before its end");
            assert_eq!(&again, error, "with more bytes behind it");
        }
    }
}
