//! Encrypting one message: header, frames, footer.
//!
//! Spec: client-apis/encrypt.md#behavior

use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::sync::Arc;

use super::batch::{Position, SealingBatch, frames_at_a_time};
use super::hashing::Hashing;
use super::in_turn::{Turns, WritingInTurn};
use super::positioned::{Onward, ReadAt, Stretch, WriteAt};
use super::replay::ChangedWhileRead;
use super::threads::{self, Threads};
use super::{EncryptError, EncryptionMaterials, MAX_BYTES_AT_WORK};
use crate::context::EncryptionContext;
use crate::crypto::aead::AeadKey;
use crate::crypto::kdf;
use crate::crypto::signature::{MessageHash, SigningKey};
use crate::crypto::{self};
use crate::format::frame::MAX_SEQUENCE_NUMBER;
use crate::format::{BodyAad, ContentType, Header, HeaderAuthentication, footer};
use crate::suite::IV_LENGTH;

/// A message whose header is made and whose body is still to come.
///
/// Dropping it finishes nothing: only [`Self::encrypt`] writes the final frame and the footer.
#[derive(Debug)]
pub struct MessageEncryptor {
    header: Header,
    context: EncryptionContext,
    authenticated_header: Vec<u8>,
    frame_length: NonZeroU32,
    key: AeadKey,
    signature: Option<(Arc<SigningKey>, MessageHash)>,
    plaintext_bound: Option<u64>,
}

type Signing = Option<(Arc<SigningKey>, Hashing<SealingBatch>)>;

/// What an encryption came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Plaintext read, in bytes.
    pub plaintext_bytes: u64,
    /// Message written, in bytes.
    pub ciphertext_bytes: u64,
    /// Frames written, the final one included.
    pub frames: u64,
}

impl MessageEncryptor {
    /// Makes the header: a fresh message id, the derived keys, the commitment and the header's tag.
    ///
    /// `frame_length` is in bytes of plaintext.
    ///
    /// # Errors
    /// [`EncryptError`]: no random bytes, or a field that does not fit the header.
    ///
    /// Spec: client-apis/encrypt.md#construct-the-header, client-apis/encrypt.md#authentication-tag,
    /// client-apis/encrypt.md#un-framed-message-body-encryption, data-format/message-header.md#message-id
    pub fn new(materials: EncryptionMaterials, frame_length: NonZeroU32) -> Result<Self, EncryptError> {
        let suite = materials.suite;
        let mut message_id = vec![0; suite.message_version().message_id_length()];
        crypto::random_bytes(&mut message_id)?;
        let derived = kdf::derive(suite, &materials.data_key, &message_id)?;
        let header = Header {
            suite,
            message_id,
            context: materials.context,
            encrypted_data_keys: materials.encrypted_data_keys,
            content_type: ContentType::Framed,
            frame_length: frame_length.get(),
            commitment_key: derived.commitment_key,
        };
        let context = header.context.joined(&materials.unstored)?;
        let key = AeadKey::new(derived.data_key.as_bytes())?;
        let mut authenticated_header = header.serialized()?;
        let iv = [0; IV_LENGTH];
        let aad = [authenticated_header.as_slice(), &materials.unstored.serialized()].concat();
        let tag = key.seal(&iv, &aad, &mut [])?;
        let authentication = HeaderAuthentication { iv, tag };
        authenticated_header.extend(authentication.serialized(suite.message_version()));
        let signature = materials
            .signing_key
            .zip(suite.signature())
            .map(|(signing_key, algorithm)| (signing_key, MessageHash::new(algorithm)));
        let plaintext_bound = materials.plaintext_bound;
        Ok(Self { header, context, authenticated_header, frame_length, key, signature, plaintext_bound })
    }

    /// The header that will be written.
    ///
    /// Spec: client-apis/encrypt.md#output
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole encryption context: the pairs that are stored in the header, and those that are authenticated without
    /// being stored.
    ///
    /// Spec: client-apis/encrypt.md#encryption-context-1
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Reads the plaintext to its end and writes the whole message.
    ///
    /// # Errors
    /// [`EncryptError`]: after any of them the destination holds no valid message.
    ///
    /// Spec: client-apis/encrypt.md#construct-the-body, client-apis/encrypt.md#plaintext,
    /// client-apis/encrypt.md#encrypted-message, client-apis/encrypt.md#construct-the-signature
    pub fn encrypt<R: Read, W: Write>(
        mut self,
        source: R,
        mut destination: W,
    ) -> Result<Encrypted, EncryptError> {
        let (hashing, done) = self.begin(&mut destination)?;
        self.encrypt_rest(source, destination, hashing, done)
    }

    /// The same from file to file, by several threads where that is faster: without a signature. The source is read from
    /// offset 0 to its end.
    ///
    /// `length`: how long the plaintext is now, in bytes. What is written before the end is not always the beginning of the
    /// message: a file that failed is not to be kept.
    ///
    /// # Errors
    /// [`EncryptError`], as [`Self::encrypt`] gives it; also when the source has become shorter.
    ///
    /// Spec: client-apis/encrypt.md#construct-the-body, client-apis/encrypt.md#plaintext,
    /// client-apis/encrypt.md#encrypted-message
    pub fn encrypt_at(
        mut self,
        source: &impl ReadAt,
        length: u64,
        destination: &impl WriteAt,
        threads: &Threads,
    ) -> Result<Encrypted, EncryptError> {
        let (hashing, mut done) = self.begin(Onward::from(destination, 0))?;
        if hashing.is_none() {
            self.encrypt_stretches(source, length, destination, threads, &mut done)?;
        }
        let source = Stretch::from(source, done.plaintext_bytes);
        let destination = Onward::from(destination, done.ciphertext_bytes);
        self.encrypt_rest(source, destination, hashing, done)
    }

    /// Writes the header.
    fn begin(&mut self, mut destination: impl Write) -> Result<(Signing, Encrypted), EncryptError> {
        let header = std::mem::take(&mut self.authenticated_header);
        let mut done = Encrypted { plaintext_bytes: 0, ciphertext_bytes: 0, frames: 0 };
        let signing = self.signature.take().map(|(signing_key, mut hash)| {
            hash.update(&header);
            (signing_key, Hashing::new(hash))
        });
        write(&header, &mut destination, &mut done)?;
        Ok((signing, done))
    }

    /// Seals the plaintext as far as it fills whole batches, each at its place in the destination.
    fn encrypt_stretches(
        &self,
        source: &impl ReadAt,
        length: u64,
        destination: &impl WriteAt,
        threads: &Threads,
        done: &mut Encrypted,
    ) -> Result<(), EncryptError> {
        let frame_length = self.frame_length()?;
        let (frames, sealed) = frames_at_a_time(frame_length);
        let plaintext = frames as u64 * frame_length as u64;
        let count = length / plaintext;
        if count < 2 {
            return Ok(());
        }
        check_frame_count(length, self.frame_length)?;
        self.check_bound(count * plaintext)?;
        let begin = done.ciphertext_bytes;
        destination.reserve(begin + count * sealed as u64).map_err(EncryptError::WriteCiphertext)?;
        let turns = Turns::of(sealed);
        let worker = || {
            let (mut rest, mut aad) = (Vec::new(), BodyAad::new(&self.header.message_id));
            let make = move |number: u64, spare: Option<SealingBatch>| {
                let mut batch = spare.unwrap_or_else(|| SealingBatch::new(frame_length));
                let mut stretch = Stretch::from(source, number * plaintext);
                batch.fill(&mut stretch, &mut rest).map_err(EncryptError::ReadPlaintext)?;
                if batch.filled() < batch.capacity() {
                    let changed = io::Error::new(io::ErrorKind::InvalidData, ChangedWhileRead);
                    return Err(EncryptError::ReadPlaintext(changed));
                }
                let first = u32::try_from(number * frames as u64 + 1).map_err(|_| self.too_many_frames())?;
                batch.seal(&self.key, &mut aad, first, Position::Inside)?;
                Ok(batch)
            };
            let write = |number: u64, batch: &SealingBatch| {
                let mut onward = Onward::from(destination, begin + number * sealed as u64);
                onward.write_all(batch.sealed()).map_err(EncryptError::WriteCiphertext)
            };
            WritingInTurn::new(&turns, make, write)
        };
        let most = MAX_BYTES_AT_WORK / sealed.saturating_mul(turns.held());
        threads::each(threads, most, count, worker).map_err(|(_, error)| error)?;
        done.frames += count * frames as u64;
        done.plaintext_bytes += count * plaintext;
        done.ciphertext_bytes += count * sealed as u64;
        Ok(())
    }

    /// Seals what follows, the final frame included, and signs.
    fn encrypt_rest<R: Read, W: Write>(
        self,
        mut source: R,
        mut destination: W,
        mut signing: Signing,
        mut done: Encrypted,
    ) -> Result<Encrypted, EncryptError> {
        let mut aad = BodyAad::new(&self.header.message_id);
        let frame_length = self.frame_length()?;
        let mut spare = None;
        let mut rest = Vec::new();
        loop {
            let mut batch = spare.take().unwrap_or_else(|| SealingBatch::new(frame_length));
            let position = batch.fill(&mut source, &mut rest).map_err(EncryptError::ReadPlaintext)?;
            self.check_bound(done.plaintext_bytes + batch.filled() as u64)?;
            let first = self.check_frames(&done, &batch, position)?;
            batch.seal(&self.key, &mut aad, first, position)?;
            done.frames += batch.frames(position);
            done.plaintext_bytes += batch.filled() as u64;
            write(batch.sealed(), &mut destination, &mut done)?;
            spare = match &mut signing {
                Some((_, hashing)) => hashing.hash(batch).map_err(EncryptError::Thread)?,
                None => Some(batch),
            };
            if position == Position::Last {
                break;
            }
        }
        if let Some((signing_key, hashing)) = signing {
            let hash = hashing.finish().map_err(EncryptError::Thread)?;
            let footer = footer::serialized(&signing_key.sign(hash)?)?;
            write(&footer, &mut destination, &mut done)?;
        }
        destination.flush().map_err(EncryptError::WriteCiphertext)?;
        Ok(done)
    }

    fn frame_length(&self) -> Result<usize, EncryptError> {
        usize::try_from(self.frame_length.get()).map_err(|_| self.too_many_frames())
    }

    fn too_many_frames(&self) -> EncryptError {
        EncryptError::TooManyFrames { frame_length: self.frame_length.get(), enough: None }
    }

    /// Refuses to seal more than the data key was accounted for.
    ///
    /// Spec: client-apis/encrypt.md#plaintext-length-bound
    fn check_bound(&self, plaintext_bytes: u64) -> Result<(), EncryptError> {
        match self.plaintext_bound {
            Some(bound) if plaintext_bytes > bound => Err(EncryptError::PlaintextOverBound { bound }),
            _ => Ok(()),
        }
    }

    /// The sequence number of the batch's first frame, when all its frames still have one.
    ///
    /// Spec: data-format/message-body.md#framed-data
    fn check_frames(
        &self,
        done: &Encrypted,
        batch: &SealingBatch,
        position: Position,
    ) -> Result<u32, EncryptError> {
        let last = done.frames + batch.frames(position);
        // The greatest number marks the final frame: no regular frame may bear it.
        let limit = match position {
            Position::Inside => u64::from(MAX_SEQUENCE_NUMBER) - 1,
            Position::Last => u64::from(MAX_SEQUENCE_NUMBER),
        };
        if last > limit {
            return Err(self.too_many_frames());
        }
        u32::try_from(done.frames + 1).map_err(|_| self.too_many_frames())
    }
}

/// Refuses a plaintext of this many bytes that needs more frames of this length than a message can have.
///
/// # Errors
/// [`EncryptError::TooManyFrames`], with the frame length that would do.
pub fn check_frame_count(plaintext_bytes: u64, frame_length: NonZeroU32) -> Result<(), EncryptError> {
    let frame_length = frame_length.get();
    if plaintext_bytes / u64::from(frame_length) < u64::from(MAX_SEQUENCE_NUMBER) {
        return Ok(());
    }
    let enough = Some(plaintext_bytes / u64::from(MAX_SEQUENCE_NUMBER) + 1);
    Err(EncryptError::TooManyFrames { frame_length, enough })
}

fn write<W: Write>(bytes: &[u8], destination: &mut W, done: &mut Encrypted) -> Result<(), EncryptError> {
    destination.write_all(bytes).map_err(EncryptError::WriteCiphertext)?;
    done.ciphertext_bytes += bytes.len() as u64;
    Ok(())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::commitment::CommitmentPolicy;
    use crate::context::RequiredContext;
    use crate::format::frame::REGULAR_OVERHEAD;
    use crate::keyring::raw_aes::RawAesKeyring;
    use crate::message::decrypt::{DecryptRequirements, UnverifiedMessage};
    use crate::suite::AlgorithmSuite;

    /// The sequence number of the batch that comes after so many frames.
    fn first_after(frames: u64, plaintext: &[u8], position: Position) -> Result<u32, EncryptError> {
        let encryptor = unsigned_encryptor(1, EncryptionContext::new());
        let mut batch = SealingBatch::new(1);
        batch.fill(&mut &plaintext[..], &mut Vec::new()).expect("memory");
        let done = Encrypted { plaintext_bytes: frames, ciphertext_bytes: 0, frames };
        encryptor.check_frames(&done, &batch, position)
    }

    fn unsigned_encryptor(frame_length: u32, unstored: EncryptionContext) -> MessageEncryptor {
        let keyring = RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key");
        let context = EncryptionContext::of([("stored", "1")]).expect("a pair");
        let (policy, suite) = (CommitmentPolicy::default(), AlgorithmSuite::UNSIGNED);
        let materials = EncryptionMaterials::obtain(&keyring, policy, suite, context, unstored, None);
        let frame_length = NonZeroU32::new(frame_length).expect("not zero");
        MessageEncryptor::new(materials.expect("a data key"), frame_length).expect("a header")
    }

    /// Gives a few bytes at a time, and notes how much has been written whenever it is asked for more.
    struct Slow<'a> {
        pieces: std::slice::Iter<'a, usize>,
        written: &'a std::cell::Cell<usize>,
        seen: Vec<usize>,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.seen.push(self.written.get());
            let piece = self.pieces.next().copied().unwrap_or(0).min(out.len());
            out[..piece].fill(7);
            Ok(piece)
        }
    }

    struct Counting<'a>(&'a std::cell::Cell<usize>);

    impl Write for Counting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.set(self.0.get() + bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_frame_does_not_wait_for_what_a_slow_source_gives_later() {
        let written = std::cell::Cell::new(0);
        let encryptor = unsigned_encryptor(100, EncryptionContext::new());
        let header = encryptor.authenticated_header.len();
        let mut source = Slow { pieces: [60, 40, 60, 40, 50].iter(), written: &written, seen: Vec::new() };
        let done = encryptor.encrypt(&mut source, Counting(&written)).expect("memory");
        let frames: Vec<_> =
            source.seen.iter().map(|seen| (seen - header) / (100 + REGULAR_OVERHEAD)).collect();
        assert_eq!(frames, [0, 0, 1, 1, 2, 2]);
        assert_eq!((done.plaintext_bytes, done.frames), (250, 3));
    }

    #[test]
    fn the_context_has_the_pairs_that_are_not_stored_as_well() {
        let encryptor = unsigned_encryptor(1, EncryptionContext::of([("apart", "2")]).expect("a pair"));
        let pairs = [("apart", "2"), ("stored", "1")];
        assert_eq!(encryptor.context().pairs().collect::<Vec<_>>(), pairs);
        assert_eq!(encryptor.header().context.pairs().count(), 1);

        let mut message = Vec::new();
        encryptor.encrypt(&b"text"[..], &mut message).expect("memory");
        let keyring = RawAesKeyring::new("n", "k", Zeroizing::new(vec![7; 32])).expect("a key");
        let context = RequiredContext::of(EncryptionContext::of([("apart", "2")]).expect("a pair"));
        let requirements = DecryptRequirements { context, ..DecryptRequirements::default() };
        let message = UnverifiedMessage::read(message.as_slice(), None).expect("a message");
        let message = message.verify(&keyring, &requirements).expect("it opens");
        assert_eq!(message.context().pairs().collect::<Vec<_>>(), pairs);
        assert_eq!(message.header().context.pairs().count(), 1);
    }

    #[test]
    fn the_last_sequence_number_is_for_the_final_frame() {
        let greatest = u64::from(u32::MAX);
        assert!(matches!(first_after(0, b"", Position::Last), Ok(1)));
        assert!(matches!(first_after(greatest - 1, b"", Position::Last), Ok(u32::MAX)));
        assert!(
            matches!(first_after(greatest - 2, b"x", Position::Last), Ok(number) if number == u32::MAX - 1)
        );
        for (frames, plaintext) in [(greatest, b"".as_slice()), (greatest - 1, b"x")] {
            let error = first_after(frames, plaintext, Position::Last).expect_err("no number is left");
            assert!(matches!(error, EncryptError::TooManyFrames { frame_length: 1, enough: None }));
        }
        // A full batch that is not the last one must leave the greatest number to the final frame.
        let full = vec![7; 1 << 20];
        assert!(first_after(greatest - 100, &full, Position::Inside).is_err());
    }

    #[test]
    fn a_known_length_that_needs_too_many_frames_is_refused_with_what_would_do() {
        let greatest = u64::from(u32::MAX);
        assert!(check_frame_count(greatest - 1, NonZeroU32::MIN).is_ok());
        match check_frame_count(greatest, NonZeroU32::MIN) {
            Err(EncryptError::TooManyFrames { enough: Some(2), .. }) => {}
            other => panic!("{other:?}"),
        }
        let two = NonZeroU32::new(2).expect("not zero");
        assert!(check_frame_count(greatest, two).is_ok());
    }
}
