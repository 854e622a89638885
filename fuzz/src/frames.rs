//! The frame reader: first the parser of a frame's header, then the body of a message that streams through it.
//!
//! | bytes | of the input |
//! | --- | --- |
//! | 4 | frame length; 0 stands for 1 |
//! | 1 | bit 7: every frame gets the tag that makes it authentic. Bit 6: zeros follow the body. Bits 0 to 5: the pieces in which the message comes |
//! | n | body |

use std::io::{Cursor, Read};

use esdk::commitment::CommitmentPolicy;
use esdk::context::EncryptionContext;
use esdk::crypto::aead::AeadKey;
use esdk::data_key::DataKey;
use esdk::format::frame::{FINAL_HEADER_LENGTH, Frame, FrameKind, Parsed, REGULAR_HEADER_LENGTH};
use esdk::format::{ContentType, EncryptedDataKey, FormatError, Header, HeaderAuthentication};
use esdk::keyring::{Keyring, OpenedDataKey, Proof, Reach, Unwrapped, WrapError};
use esdk::message::DecryptError;
use esdk::message::body::{Decrypted, Message};
use esdk::message::decrypt::{DecryptRequirements, UnverifiedMessage};
use esdk::message::replay::Replay;
use esdk::suite::{AlgorithmSuite, IV_LENGTH, TAG_LENGTH};
use zeroize::Zeroizing;

use super::streams::Watched;

const DATA_KEY: [u8; 32] = [9; 32];
const MESSAGE_ID: [u8; 16] = [7; 16];
const FINAL_MARKER: u32 = u32::MAX;
const AUTHENTIC: u8 = 0x80;
const PADDED: u8 = 0x40;
/// More than is read at a time: only then a buffer has to grow, by what is there and not by what is claimed.
const PADDING: usize = 300 * 1024;

/// The parser says what a second reader says, and the stream consumes just those frames, whatever its pieces.
pub fn check(input: &[u8]) {
    let Some((&[length @ .., control], body)) = input.split_first_chunk::<5>() else { return };
    let frame_length = u32::from_be_bytes(length).max(1);
    parses_as_read(body, frame_length);

    let key = AeadKey::new(&DATA_KEY).expect("32 bytes are a key");
    let header = header(&key, frame_length);
    let mut body = body.to_vec();
    if control & PADDED != 0 {
        body.resize(body.len() + PADDING, 0);
    }
    let frames =
        Frames::seal(&mut body, frame_length, &MESSAGE_ID, (control & AUTHENTIC != 0).then_some(&key));
    let message = [header.as_slice(), &body].concat();

    let expected = Expected { frames: &frames, header_length: header.len(), length: message.len() };
    let mut written = Vec::new();
    let outcome = open(message.as_slice()).decrypt(&mut written);
    expected.holds(outcome, &written);
    written.clear();
    let outcome = open(Watched::new(&message, control)).decrypt(&mut written);
    expected.holds(outcome, &written);
    written.clear();
    let checked = open(Replay::of_stream(Cursor::new(message))).check_first();
    let outcome = checked.and_then(|checked| checked.decrypt(&mut written));
    expected.holds(outcome, &written);
}

/// Opens the message with the known data key.
fn open<R: Read>(source: R) -> Message<R> {
    let requirements = DecryptRequirements {
        commitment_policy: CommitmentPolicy::RequireEncryptAllowDecrypt,
        ..DecryptRequirements::default()
    };
    let message = UnverifiedMessage::read(source, None).expect("the message has a header");
    message.verify(&KnownDataKey, &requirements).expect("the header is authentic")
}

/// What stands at the beginning of some bytes, by a reader that shares no code with the crate's.
#[derive(Debug, PartialEq)]
enum Reading {
    Frame { kind: FrameKind, header_length: usize, content_length: u32 },
    Cut,
    OtherNumber(u32),
    TooLong(u32),
}

impl Reading {
    fn of(bytes: &[u8], number: u32, frame_length: u32) -> Self {
        let is_final = u32_at(bytes, 0) == Some(FINAL_MARKER);
        let (kind, number_at, header_length) = match is_final {
            true => (FrameKind::Final, 4, FINAL_HEADER_LENGTH),
            false => (FrameKind::Regular, 0, REGULAR_HEADER_LENGTH),
        };
        match u32_at(bytes, number_at) {
            None => return Self::Cut,
            Some(found) if found != number => return Self::OtherNumber(found),
            Some(_) => {}
        }
        let content_length = if is_final { u32_at(bytes, 20) } else { Some(frame_length) };
        match content_length {
            _ if bytes.len() < header_length => Self::Cut,
            None => Self::Cut,
            Some(length) if length > frame_length => Self::TooLong(length),
            Some(content_length) => Self::Frame { kind, header_length, content_length },
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The IV that is stored with the frame, as far as it is there.
fn stored_iv(bytes: &[u8]) -> Option<&[u8; IV_LENGTH]> {
    let at = if u32_at(bytes, 0) == Some(FINAL_MARKER) { 8 } else { 4 };
    bytes.get(at..)?.first_chunk()
}

/// Walks over all frames with the parser.
fn parses_as_read(body: &[u8], frame_length: u32) {
    let mut rest = body;
    for number in 1.. {
        let reading = Reading::of(rest, number, frame_length);
        let frame = match Frame::parse(rest, number, frame_length) {
            Ok(Parsed::Frame(frame)) => frame,
            Ok(Parsed::Needs(needs)) => {
                assert_eq!(reading, Reading::Cut);
                assert!(rest.len() < needs && needs <= FINAL_HEADER_LENGTH, "needs {needs}");
                return;
            }
            Err(FormatError::SequenceNumber { expected, found }) => {
                assert_eq!((expected, &Reading::OtherNumber(found)), (number, &reading));
                return;
            }
            Err(FormatError::FinalFrameLength { length, frame_length: limit }) => {
                assert_eq!((limit, &Reading::TooLong(length)), (frame_length, &reading));
                return;
            }
            Err(error) => panic!("frame {number}: {error:?}"),
        };
        let (header_length, content_length) = (frame.header_length(), frame.content_length);
        assert_eq!(reading, Reading::Frame { kind: frame.kind, header_length, content_length });
        assert_eq!((frame.sequence_number, Some(&frame.iv)), (number, stored_iv(rest)));
        let header = &rest[..header_length];
        assert_eq!(Frame::parse(header, number, frame_length), Ok(Parsed::Frame(frame)), "the header alone");
        for end in 0..header_length {
            match Frame::parse(&header[..end], number, frame_length) {
                Ok(Parsed::Needs(needs)) => assert!(end < needs && needs <= header_length),
                other => panic!("{end} bytes of the header of frame {number}: {other:?}"),
            }
        }
        assert!(Frame::parse(rest, number + 1, frame_length).is_err(), "the number of the frame after it");
        let mut written = vec![0; header_length];
        frame.write_header(&mut written);
        assert_eq!(written, header, "written again");
        let length = frame.length().expect("it can be addressed");
        assert_eq!(length, header_length + content_length as usize + TAG_LENGTH);
        match rest.get(length..) {
            Some(after) if frame.kind == FrameKind::Regular => rest = after,
            _ => return,
        }
    }
}

/// The whole frames at the beginning of a body, and what comes of them.
#[derive(Debug)]
pub struct Frames {
    /// Content of all frames before they were sealed.
    pub plaintext: Vec<u8>,
    /// How much of it stands in regular frames, in bytes.
    before_final: usize,
    count: u64,
    /// Length of the frames in bytes; the final one is among them when there is no error.
    length: usize,
    error: Option<BodyError>,
    is_sealed: bool,
}

#[derive(Debug)]
enum BodyError {
    Format(FormatError),
    EndsInsideFrame(u32),
}

impl Frames {
    /// Reads the frames, and with a key seals each of them in place under the IV that is stored with it.
    pub fn seal(body: &mut [u8], frame_length: u32, message_id: &[u8], key: Option<&AeadKey>) -> Self {
        let mut frames = Self {
            plaintext: Vec::new(),
            before_final: 0,
            count: 0,
            length: 0,
            error: None,
            is_sealed: key.is_some(),
        };
        for number in 1.. {
            let rest = &mut body[frames.length..];
            let (kind, header_length, content_length) = match Reading::of(rest, number, frame_length) {
                Reading::Frame { kind, header_length, content_length } => {
                    (kind, header_length, content_length)
                }
                Reading::Cut => return frames.ended_by(BodyError::EndsInsideFrame(number)),
                Reading::OtherNumber(found) => {
                    let error = FormatError::SequenceNumber { expected: number, found };
                    return frames.ended_by(BodyError::Format(error));
                }
                Reading::TooLong(length) => {
                    let error = FormatError::FinalFrameLength { length, frame_length };
                    return frames.ended_by(BodyError::Format(error));
                }
            };
            let tag_at = header_length + content_length as usize;
            let Some(frame) = rest.get_mut(..tag_at + TAG_LENGTH) else {
                return frames.ended_by(BodyError::EndsInsideFrame(number));
            };
            frames.plaintext.extend(&frame[header_length..tag_at]);
            if let Some(key) = key {
                let iv = *stored_iv(frame).expect("a whole frame has one");
                let text: &[u8] = match kind {
                    FrameKind::Regular => b"AWSKMSEncryptionClient Frame",
                    FrameKind::Final => b"AWSKMSEncryptionClient Final Frame",
                };
                let length = u64::from(content_length).to_be_bytes();
                let aad = [message_id, text, &number.to_be_bytes(), &length].concat();
                let content = &mut frame[header_length..tag_at];
                let tag = key.seal(&iv, &aad, content).expect("a small frame");
                frame[tag_at..].copy_from_slice(&tag);
            }
            frames.count += 1;
            frames.length += tag_at + TAG_LENGTH;
            if kind == FrameKind::Final {
                return frames;
            }
            frames.before_final = frames.plaintext.len();
        }
        unreachable!("the body has an end")
    }

    fn ended_by(self, error: BodyError) -> Self {
        Self { error: Some(error), ..self }
    }
}

/// What must come of a message.
struct Expected<'a> {
    frames: &'a Frames,
    header_length: usize,
    length: usize,
}

impl Expected<'_> {
    fn holds(&self, outcome: Result<Decrypted, DecryptError>, written: &[u8]) {
        let frames = self.frames;
        let error = match outcome {
            Ok(done) => {
                assert!(frames.is_sealed && frames.error.is_none(), "accepted: {frames:?}");
                assert_eq!(written, frames.plaintext);
                let (frames, plaintext_bytes) = (frames.count, written.len() as u64);
                assert_eq!(done, Decrypted { plaintext_bytes, ciphertext_bytes: self.length as u64, frames });
                return;
            }
            Err(error) => error,
        };
        assert!(frames.plaintext.starts_with(written), "gave out what no frame holds");
        assert!(written.len() <= frames.before_final, "gave out the final frame");
        assert!(frames.is_sealed || written.is_empty(), "gave out a frame that is not authentic");
        match error {
            DecryptError::FrameNotAuthentic { sequence_number } => {
                assert!(!frames.is_sealed && frames.count > 0 && sequence_number == 1, "{frames:?}");
            }
            DecryptError::Format(error) => assert_eq!(error, self.error()),
            other => panic!("{other:?}"),
        }
    }

    fn error(&self) -> FormatError {
        match &self.frames.error {
            Some(BodyError::Format(error)) => error.clone(),
            Some(BodyError::EndsInsideFrame(number)) => {
                FormatError::EndsInsideFrame { sequence_number: *number, offset: self.length as u64 }
            }
            None => {
                let offset = self.header_length + self.frames.length;
                assert!(offset < self.length, "nothing is wrong with it");
                FormatError::TrailingBytes { offset: offset as u64 }
            }
        }
    }
}

/// A header that is authentic under [`DATA_KEY`], which this suite uses as it is.
fn header(key: &AeadKey, frame_length: u32) -> Vec<u8> {
    let suite = AlgorithmSuite::by_id(0x0078).expect("a suite");
    let header = Header {
        suite,
        message_id: MESSAGE_ID.to_vec(),
        context: EncryptionContext::new(),
        encrypted_data_keys: vec![EncryptedDataKey {
            provider_id: b"known".to_vec(),
            provider_information: Vec::new(),
            ciphertext: Vec::new(),
        }],
        content_type: ContentType::Framed,
        frame_length,
        commitment_key: None,
    };
    authenticated(&header, [0; IV_LENGTH], key)
}

/// The header with its tag.
pub fn authenticated(header: &Header, iv: [u8; IV_LENGTH], key: &AeadKey) -> Vec<u8> {
    let mut bytes = header.serialized().expect("it fits");
    let tag = key.seal(&iv, &bytes, &mut []).expect("a short header");
    bytes.extend(HeaderAuthentication { iv, tag }.serialized(header.suite.message_version()));
    bytes
}

/// Opens everything to [`DATA_KEY`].
struct KnownDataKey;

impl Keyring for KnownDataKey {
    fn wrap(
        &self,
        _: &'static AlgorithmSuite,
        _: &EncryptionContext,
        _: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        Err(WrapError::UnwrapsOnly { wrapping_key: self.name() })
    }

    fn unwrap(&self, _: &'static AlgorithmSuite, _: &EncryptionContext, _: &EncryptedDataKey) -> Unwrapped {
        Unwrapped::Opened(OpenedDataKey {
            data_key: DataKey::from_bytes(Zeroizing::new(DATA_KEY.to_vec())),
            wrapping_key: self.name(),
            proof: Proof::Checked,
        })
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn name(&self) -> String {
        "known data key".to_owned()
    }
}
