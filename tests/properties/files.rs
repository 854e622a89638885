//! From file to file by several threads: the same as in one stream, whatever the file holds.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Seek as _, Write as _};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::atomic::{AtomicUsize, Ordering};

use esdk::context::EncryptionContext;
use esdk::message::body::Decrypted;
use esdk::message::decrypt::UnverifiedMessage;
use esdk::message::encrypt::{Encrypted, MessageEncryptor};
use esdk::message::positioned::{ReadAt, WriteAt};
use esdk::message::replay::{AtOffsets, Replay};
use esdk::message::threads::Threads;
use esdk::message::{DecryptError, EncryptError, EncryptionMaterials};
use esdk::suite::AlgorithmSuite;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::in_process::{
    aes, decrypt, decrypt_stream, encrypt, no_requirements, plaintext, policy_for,
};
use crate::support::layout::Layout;
use crate::{BATCH_LENGTH, FRAME_OVERHEAD, any_suite, cases};

/// Fewer with the other cipher, which takes minutes for them without optimisation.
const CASES: u32 = if cfg!(feature = "rust-crypto") { 8 } else { 60 };

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).expect("not zero"))
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("a file");
    file
}

fn bytes_of(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; file.metadata().expect("a file").len() as usize];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, 0).expect("readable");
    bytes
}

fn encryptor(suite: &'static AlgorithmSuite, frame_length: u32) -> MessageEncryptor {
    let none = EncryptionContext::new;
    let keyring = aes("key", 32);
    let materials = EncryptionMaterials::obtain(&*keyring, policy_for(suite), suite, none(), none(), None);
    let frame_length = NonZeroU32::new(frame_length).expect("not zero");
    MessageEncryptor::new(materials.expect("keys"), frame_length).expect("a header")
}

fn encrypt_file(
    suite: &'static AlgorithmSuite,
    frame_length: u32,
    source: &impl ReadAt,
    length: u64,
    count: usize,
) -> Result<(Vec<u8>, Encrypted), EncryptError> {
    let destination = tempfile::tempfile().expect("a file");
    let encryptor = encryptor(suite, frame_length);
    let encrypted = encryptor.encrypt_at(source, length, &destination, &threads(count))?;
    Ok((bytes_of(&destination), encrypted))
}

fn decrypt_file(message: &[u8], count: usize) -> Result<(Vec<u8>, Decrypted), DecryptError> {
    let destination = tempfile::tempfile().expect("a file");
    let replay = Replay::new(file_of(message)).expect("a file");
    let opened = UnverifiedMessage::read(replay, None)?.verify(&*aes("key", 32), &no_requirements())?;
    let decrypted = opened.read_once().decrypt_at(&destination, &threads(count))?;
    Ok((bytes_of(&destination), decrypted))
}

fn check_file(message: &[u8], count: usize) -> Result<Decrypted, DecryptError> {
    let replay = Replay::new(file_of(message)).expect("a file");
    let opened = UnverifiedMessage::read(replay, None)?.verify(&*aes("key", 32), &no_requirements())?;
    opened.read_once().check_at(&threads(count))
}

/// Frame length and plaintext length, in bytes: around whole batches.
fn lengths() -> impl Strategy<Value = (u32, usize)> {
    let frames = select(vec![1000_u32, 1023, 1024, 4096, 60_000, 65_536, 131_040, 262_112, 300_000]);
    frames.prop_flat_map(|frame| {
        let frames_in_batch = (BATCH_LENGTH / (frame as usize + FRAME_OVERHEAD)).max(1);
        let batch = frames_in_batch * frame as usize;
        (
            Just(frame),
            (0..7_usize, 0..5_usize).prop_map(move |(n, more)| (n * batch + more).saturating_sub(2)),
        )
    })
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn what_threads_write_is_what_one_stream_reads_and_the_other_way_round(
        suite in any_suite(),
        (frame_length, length) in lengths(),
        count in 1..5_usize,
    ) {
        let plaintext = plaintext(length);
        let source = file_of(&plaintext);
        let (message, encrypted) = encrypt_file(suite, frame_length, &source, length as u64, count)?;
        prop_assert_eq!(message.len() as u64, encrypted.ciphertext_bytes);
        let mut opened = Vec::new();
        let streamed = decrypt_stream(&*aes("key", 32), message.as_slice(), &mut opened)?;
        prop_assert!(opened == plaintext);
        prop_assert_eq!(
            (streamed.plaintext_bytes, streamed.ciphertext_bytes, streamed.frames),
            (encrypted.plaintext_bytes, encrypted.ciphertext_bytes, encrypted.frames)
        );
        for message in [message, encrypt(&*aes("key", 32), suite, EncryptionContext::new(), frame_length, &plaintext)] {
            let (opened, decrypted) = decrypt_file(&message, count)?;
            prop_assert!(opened == plaintext);
            prop_assert_eq!(decrypted.frames, streamed.frames);
            prop_assert_eq!(decrypted.ciphertext_bytes, message.len() as u64);
            prop_assert_eq!(check_file(&message, count)?, decrypted);
        }
    }
}

/// Six batches and something.
fn long_message() -> Vec<u8> {
    let keyring = aes("key", 32);
    encrypt(
        &*keyring,
        AlgorithmSuite::UNSIGNED,
        EncryptionContext::new(),
        4096,
        &plaintext(6 * BATCH_LENGTH + 9),
    )
}

#[test]
fn a_message_that_is_refused_is_refused_for_the_same_reason() {
    let good = long_message();
    let end = good.len();
    let frame = 4096 + FRAME_OVERHEAD;
    let mut bad = Vec::new();
    for place in
        [500, 3 * BATCH_LENGTH, 3 * BATCH_LENGTH + 2 * frame + 5, 5 * BATCH_LENGTH + 17, end - 60, end - 1]
    {
        let mut changed = good.clone();
        changed[place] ^= 1;
        bad.push(changed.clone());
        // Two places at once: the first one counts.
        changed[end - 2 * BATCH_LENGTH] ^= 1;
        bad.push(changed);
    }
    for cut in [1, 39, 40, 41, frame, BATCH_LENGTH, 3 * BATCH_LENGTH + 11, end - 300] {
        bad.push(good[..end - cut].to_vec());
    }
    bad.push([&good[..], b"x"].concat());
    bad.push([&good[..], &vec![0; 4 * BATCH_LENGTH]].concat());
    bad.push([&good[..], &good].concat());
    // Two frames that have changed places, a frame twice, a frame left out.
    let frames = Layout::of(&good).frames;
    let (one, other) = (frames[100].bytes.start, frames[200].bytes.start);
    let pieces = |ranges: &[std::ops::Range<usize>]| -> Vec<u8> {
        ranges.iter().flat_map(|range| good[range.clone()].to_vec()).collect()
    };
    bad.push(pieces(&[
        0..one,
        other..other + frame,
        one + frame..other,
        one..one + frame,
        other + frame..end,
    ]));
    bad.push(pieces(&[0..one + frame, one..end]));
    bad.push(pieces(&[0..one, one + frame..end]));
    for message in bad {
        let expected = decrypt(&*aes("key", 32), &message).expect_err("it is bad");
        for count in [1, 3] {
            let found = decrypt_file(&message, count).expect_err("it is bad");
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            let found = check_file(&message, count).expect_err("it is bad");
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
    }
}

#[test]
fn a_source_that_grows_is_encrypted_to_its_end_and_one_that_shrinks_is_refused() {
    let plaintext = plaintext(5 * BATCH_LENGTH);
    let source = file_of(&plaintext);
    let (message, _) = encrypt_file(AlgorithmSuite::UNSIGNED, 4096, &source, 3 * BATCH_LENGTH as u64, 3)
        .expect("it encrypts");
    assert!(decrypt(&*aes("key", 32), &message).expect("it opens") == plaintext);
    let error = encrypt_file(AlgorithmSuite::UNSIGNED, 4096, &source, 9 * BATCH_LENGTH as u64, 3);
    match error.expect_err("it is shorter") {
        EncryptError::ReadPlaintext(error) => {
            assert_eq!(error.to_string(), "the file was changed while it was read")
        }
        other => panic!("{other:?}"),
    }
}

/// Gives a few bytes at a time, and now and then is interrupted.
struct Dribbling(Vec<u8>, AtomicUsize);

impl ReadAt for Dribbling {
    fn read_slices_at(&self, slices: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        if self.1.fetch_add(1, Ordering::Relaxed) % 5 == 4 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let Some(slice) = slices.iter_mut().find(|slice| !slice.is_empty()) else { return Ok(0) };
        let length = rest.len().min(slice.len()).min(1 + (offset % 3001) as usize);
        slice[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

#[test]
fn reads_may_be_as_short_as_they_like() {
    let plaintext = plaintext(3 * BATCH_LENGTH + 100);
    let source = Dribbling(plaintext.clone(), AtomicUsize::new(0));
    let length = plaintext.len() as u64;
    let (message, _) = encrypt_file(AlgorithmSuite::UNSIGNED, 4096, &source, length, 2).expect("it encrypts");
    assert!(decrypt(&*aes("key", 32), &message).expect("it opens") == plaintext);
}

#[test]
fn a_part_of_a_file_is_read_from_where_it_begins() {
    let plaintext = plaintext(3 * BATCH_LENGTH);
    let source = file_of(&plaintext);
    let part = AtOffsets::new(&source, 1000, None).expect("a file");
    let (message, _) =
        encrypt_file(AlgorithmSuite::UNSIGNED, 4096, &part, part.length(), 2).expect("it encrypts");
    assert!(decrypt(&*aes("key", 32), &message).expect("it opens") == plaintext[1000..]);
}

/// A file on a disk that is full from the write of this number on.
struct Full {
    file: File,
    left: AtomicUsize,
}

impl WriteAt for Full {
    fn write_slices_at(&self, slices: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let one_less = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => self.file.write_slices_at(slices, offset),
            Err(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn reserve(&self, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn end_at(&self, length: u64) -> io::Result<()> {
        self.file.end_at(length)
    }
}

#[test]
fn a_write_that_fails_is_told_whichever_thread_made_it() {
    let (message, length) = (long_message(), 6 * BATCH_LENGTH as u64 + 9);
    let source = file_of(&plaintext(length as usize));
    for (count, written) in (1..4).flat_map(|count| (0..7).map(move |written| (count, written))) {
        let full = || Full { file: tempfile::tempfile().expect("a file"), left: AtomicUsize::new(written) };
        let encrypted =
            encryptor(AlgorithmSuite::UNSIGNED, 4096).encrypt_at(&source, length, &full(), &threads(count));
        let failed = encrypted.expect_err("there is no room");
        let is_full = |error: &io::Error| error.kind() == io::ErrorKind::StorageFull;
        assert!(
            matches!(&failed, EncryptError::WriteCiphertext(error) if is_full(error)),
            "{count} {written} {failed:?}"
        );

        let replay = Replay::new(file_of(&message)).expect("a file");
        let opened = UnverifiedMessage::read(replay, None).expect("a header");
        let opened = opened.verify(&*aes("key", 32), &no_requirements()).expect("its key");
        let failed = opened.read_once().decrypt_at(&full(), &threads(count)).expect_err("there is no room");
        assert!(
            matches!(&failed, DecryptError::WritePlaintext(error) if is_full(error)),
            "{count} {written} {failed:?}"
        );
    }
}
