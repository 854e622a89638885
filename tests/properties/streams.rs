//! What was encrypted comes out, however the streams move.

use std::error::Error as _;

use esdk::message::{DecryptError, EncryptError};
use proptest::prelude::*;

use crate::support::in_process::{
    aes, context, decrypt, decrypt_stream, encrypt, encrypt_stream, plaintext, suite,
};
use crate::support::layout::Layout;
use crate::support::streams::{DribblingReader, Failing, Rhythm, ShortWriter};
use crate::{any_suite, cases, lengths, pairs, rhythm};

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn round_trips(
        suite in any_suite(),
        (frame_length, length) in lengths(),
        pairs in pairs(),
        key_length in prop::sample::select(vec![16_usize, 24, 32]),
        rhythms in [rhythm(), rhythm(), rhythm(), rhythm()],
    ) {
        let keyring = aes("key", key_length);
        let plain = plaintext(length);
        let [read_plain, write_message, read_message, write_plain] = rhythms.map(|sizes| Rhythm::new(&sizes));

        let mut message = ShortWriter::new(write_message);
        let source = DribblingReader::new(&plain, read_plain);
        let encrypted =
            encrypt_stream(&*keyring, suite, context(pairs_of(&pairs)), frame_length, source, &mut message)?;
        let message = message.bytes;
        let mut opened = ShortWriter::new(write_plain);
        let decrypted = decrypt_stream(&*keyring, DribblingReader::new(&message, read_message), &mut opened)?;

        prop_assert!(opened.bytes == plain, "{} bytes came out of {}", opened.bytes.len(), plain.len());
        prop_assert_eq!(encrypted.plaintext_bytes, length as u64);
        prop_assert_eq!(encrypted.ciphertext_bytes, message.len() as u64);
        prop_assert_eq!(
            (encrypted.plaintext_bytes, encrypted.ciphertext_bytes, encrypted.frames),
            (decrypted.plaintext_bytes, decrypted.ciphertext_bytes, decrypted.frames)
        );
    }
}

proptest! {
    #![proptest_config(cases(100))]

    /// The pieces in which the plaintext comes leave no trace in the structure of the message.
    #[test]
    fn the_structure_does_not_depend_on_the_reads(
        suite in any_suite(),
        (frame_length, length) in lengths(),
        sizes in rhythm(),
    ) {
        let keyring = aes("key", 32);
        let plain = plaintext(length);
        let whole = encrypt(&*keyring, suite, context::<&str, &str>([]), frame_length, &plain);
        let mut message = Vec::new();
        let source = DribblingReader::new(&plain, Rhythm::new(&sizes));
        encrypt_stream(&*keyring, suite, context::<&str, &str>([]), frame_length, source, &mut message)?;
        let (whole, pieces) = (Layout::of(&whole), Layout::of(&message));
        let contents = |layout: &Layout| layout.frames.iter().map(|frame| frame.content.clone()).collect::<Vec<_>>();
        prop_assert_eq!(contents(&whole), contents(&pieces));
    }

    /// The source of the plaintext fails: the error comes back, and no message has come about.
    #[test]
    fn a_failing_source_makes_no_message(
        suite in any_suite(),
        (frame_length, length) in lengths(),
        at in any::<prop::sample::Index>(),
    ) {
        let keyring = aes("key", 32);
        let plain = plaintext(length);
        let at = at.index(length + 1);
        let mut message = Vec::new();
        let source = Failing::after(at, plain.as_slice());
        let result =
            encrypt_stream(&*keyring, suite, context([("a", "b")]), frame_length, source, &mut message);
        prop_assert!(matches!(&result, Err(EncryptError::ReadPlaintext(_))), "{result:?}");
        prop_assert!(result.is_err_and(|error| error.source().is_some()));
        prop_assert!(decrypt(&*keyring, &message).is_err());
    }
}

#[test]
fn a_destination_that_fails_at_any_byte_is_reported() {
    let (keyring, plain) = (aes("key", 32), plaintext(100));
    let message = encrypt(&*keyring, suite(0x0578), context([("a", "b")]), 16, &plain);
    for at in 0..plain.len() {
        let mut destination = Failing::after(at, Vec::new());
        let result = decrypt_stream(&*keyring, message.as_slice(), &mut destination);
        assert!(matches!(&result, Err(DecryptError::WritePlaintext(_))), "{at}: {result:?}");
        assert_eq!(destination.stream, plain[..at], "what fitted is a beginning of the plaintext");
    }
    // Signatures differ in length: never beyond the shortest message.
    for at in 0..message.len() - 8 {
        let mut destination = Failing::after(at, Vec::new());
        let result = encrypt_stream(
            &*keyring,
            suite(0x0578),
            context([("a", "b")]),
            16,
            plain.as_slice(),
            &mut destination,
        );
        assert!(matches!(&result, Err(EncryptError::WriteCiphertext(_))), "{at}: {result:?}");
        assert!(decrypt(&*keyring, &destination.stream).is_err(), "{at}");
    }
}

#[test]
fn a_ciphertext_that_fails_at_any_byte_is_reported_as_unreadable() {
    let (keyring, plain) = (aes("key", 32), plaintext(100));
    for id in [0x0478, 0x0578] {
        let message = encrypt(&*keyring, suite(id), context([("a", "b")]), 16, &plain);
        for at in 0..=message.len() {
            let mut written = Vec::new();
            let source = Failing::after(at, message.as_slice());
            let result = decrypt_stream(&*keyring, source, &mut written);
            assert!(matches!(&result, Err(DecryptError::ReadCiphertext(_))), "{at}: {result:?}");
            assert!(plain.starts_with(&written) && written.len() <= 96, "{at}");
        }
    }
}

/// A destination that takes nothing more is an error, not an endless loop.
#[test]
fn a_destination_that_takes_nothing_is_reported() {
    let (keyring, plain) = (aes("key", 32), plaintext(100));
    let message = encrypt(&*keyring, suite(0x0478), context([("a", "b")]), 16, &plain);
    let mut room = [0; 50];
    let result = decrypt_stream(&*keyring, message.as_slice(), room.as_mut_slice());
    assert!(matches!(&result, Err(DecryptError::WritePlaintext(_))), "{result:?}");
    assert_eq!(room, plain[..50]);
}

/// Every read size over one message with several batches.
#[test]
fn batches_that_are_read_in_any_size_are_the_same() {
    let keyring = aes("key", 32);
    let plain = plaintext(600_000);
    let message = encrypt(&*keyring, suite(0x0478), context([("a", "b")]), 4096, &plain);
    for sizes in
        [&[usize::MAX][..], &[4096], &[4128], &[0, 100_000, 1, 0], &[262_144], &[262_143], &[65_537, 3]]
    {
        let mut opened = ShortWriter::new(Rhythm::new(sizes));
        decrypt_stream(&*keyring, DribblingReader::new(&message, Rhythm::new(sizes)), &mut opened)
            .expect("it opens");
        assert!(opened.bytes == plain, "{sizes:?}");
    }
}

fn pairs_of(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
