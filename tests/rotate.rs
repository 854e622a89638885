//! One message to another in one pass, through the library: what is kept, what is new, and that nothing is finished when
//! either side fails.

mod support;

use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::sync::Mutex;

use esdk::context::EncryptionContext;
use esdk::crypto::rsa::RsaPadding;
use esdk::data_key::DataKey;
use esdk::format::{EncryptedDataKey, FormatError};
use esdk::keyring::{Keyring, Reach, Unwrapped, WrapError};
use esdk::message::body::Message;
use esdk::message::decrypt::UnverifiedMessage;
use esdk::message::encrypt::MessageEncryptor;
use esdk::message::read_back::ReadBack;
use esdk::message::rotate::{Changes, RotateError, Rotated, is_under};
use esdk::message::{DecryptError, EncryptError, EncryptionMaterials};
use esdk::suite::AlgorithmSuite;

use support::in_process::{
    aes, context, decrypt, encrypt, no_requirements, plaintext, policy_for, rsa, rsa_public, several,
};
use support::layout::Layout;
use support::streams::{DribblingReader, Failing, Rhythm, ShortWriter};

/// Small, so that a message of some frames is short.
const FRAME_LENGTH: u32 = 20;
/// Nothing, less than a frame, a frame, several with and without a rest, and more than is handed over at once.
const LENGTHS: [usize; 6] = [0, 7, 20, 60, 67, 1_000_000];

fn frame_length(plaintext_length: usize) -> u32 {
    if plaintext_length > 1000 { 4096 } else { FRAME_LENGTH }
}

fn opened<R: Read>(keyring: &dyn Keyring, message: R) -> Message<R> {
    let message = UnverifiedMessage::read(message, None).expect("a header");
    message.verify(keyring, &no_requirements()).expect("an authentic header")
}

/// Rotates under `to` with these changes; gives what was written in any case.
fn rotated(
    message: impl Read + Send,
    from: &dyn Keyring,
    to: &dyn Keyring,
    changes: &Changes,
    destination: impl Write,
) -> (Result<Rotated, RotateError>, ReadBack) {
    let message = opened(from, message);
    let policy = changes.suite.map_or(policy_for(AlgorithmSuite::DEFAULT), policy_for);
    let outline = changes.applied(message.header(), policy).expect("good changes");
    let none = EncryptionContext::new();
    let materials = EncryptionMaterials::obtain(to, policy, outline.suite, outline.context, none, None);
    let materials = materials.expect("a data key");
    let read_back = materials.read_back();
    let encryptor = MessageEncryptor::new(materials, outline.frame_length).expect("a header");
    (message.rotate(encryptor, destination), read_back)
}

/// Rotates what must rotate.
#[track_caller]
fn rotates(message: &[u8], from: &dyn Keyring, to: &dyn Keyring, changes: &Changes) -> Vec<u8> {
    let mut new = Vec::new();
    let (result, read_back) = rotated(message, from, to, changes, &mut new);
    let rotated = result.expect("it rotates");
    rotated.check_written(&read_back, &new[..]).expect("it is as written");
    assert_eq!(rotated.decrypted.plaintext_bytes, rotated.encrypted.plaintext_bytes);
    assert_eq!(rotated.decrypted.ciphertext_bytes, message.len() as u64);
    assert_eq!(rotated.encrypted.ciphertext_bytes, new.len() as u64);
    new
}

#[test]
fn every_suite_becomes_every_suite_whatever_the_length() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    for from in AlgorithmSuite::all() {
        for length in [0, 67] {
            let message = encrypt(&*old, from, context([("a", "1")]), FRAME_LENGTH, &plaintext(length));
            for to in AlgorithmSuite::all() {
                let changes = Changes { suite: Some(to), ..Changes::default() };
                let rotated = rotates(&message, &*old, &*new, &changes);
                let header = opened(&*new, &rotated[..]).header().clone();
                assert_eq!(header.suite, to);
                assert_eq!(header.frame_length, FRAME_LENGTH);
                assert_eq!(header.context.value("a"), Some("1"));
                assert_eq!(decrypt(&*new, &rotated).expect("it opens"), plaintext(length), "{from} {to}");
                assert!(decrypt(&*old, &rotated).is_err());
            }
        }
    }
    for suite in [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED] {
        for length in LENGTHS {
            let plaintext = plaintext(length);
            let message = encrypt(&*old, suite, EncryptionContext::new(), frame_length(length), &plaintext);
            let rotated = rotates(&message, &*old, &*new, &Changes::default());
            assert!(decrypt(&*new, &rotated).expect("it opens") == plaintext, "{suite} {length}");
            assert_eq!(opened(&*new, &rotated[..]).header().suite, suite);
        }
    }
}

#[test]
fn every_kind_of_key_becomes_every_other() {
    let kinds: Vec<(Box<dyn Keyring>, Box<dyn Keyring>)> = vec![
        (aes("a", 16), aes("a", 16)),
        (aes("b", 24), aes("b", 24)),
        (rsa_public("r", RsaPadding::OaepSha256), rsa("r", RsaPadding::OaepSha256)),
        (rsa_public("p", RsaPadding::Pkcs1), rsa("p", RsaPadding::Pkcs1)),
        (
            several(vec![aes("c", 32), rsa_public("s", RsaPadding::OaepSha384)]),
            rsa("s", RsaPadding::OaepSha384),
        ),
    ];
    for (old_public, old) in &kinds {
        let suite = AlgorithmSuite::DEFAULT;
        let message = encrypt(&**old_public, suite, context([("k", "v")]), FRAME_LENGTH, &plaintext(67));
        for (new_public, new) in &kinds {
            let rotated = rotates(&message, &**old, &**new_public, &Changes::default());
            assert_eq!(decrypt(&**new, &rotated).expect("it opens"), plaintext(67));
        }
    }
}

#[test]
fn frame_lengths_and_contexts_are_kept_or_changed() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    let stored = context([("a", "1"), ("b", "2"), ("empfänger", "Zoë")]);
    let message = encrypt(&*old, AlgorithmSuite::DEFAULT, stored, FRAME_LENGTH, &plaintext(100));
    for length in [1, 20, 4096] {
        let changes = Changes { frame_length: NonZeroU32::new(length), ..Changes::default() };
        let rotated = rotates(&message, &*old, &*new, &changes);
        assert_eq!(opened(&*new, &rotated[..]).header().frame_length, length);
        assert_eq!(decrypt(&*new, &rotated).expect("it opens"), plaintext(100));
    }
    let changes = Changes {
        set: context([("b", "new"), ("c", "3")]),
        unset: vec!["a".to_owned()],
        ..Changes::default()
    };
    let rotated = rotates(&message, &*old, &*new, &changes);
    let message = opened(&*new, &rotated[..]);
    let found: Vec<_> = message.context().pairs().filter(|(key, _)| !key.starts_with("aws-crypto")).collect();
    assert_eq!(found, [("b", "new"), ("c", "3"), ("empfänger", "Zoë")]);
}

/// A keyring that remembers the data keys that went through it.
struct Remembering(Box<dyn Keyring>, Mutex<Vec<Vec<u8>>>);

impl Keyring for Remembering {
    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        self.1.lock().expect("no poison").push(data_key.as_bytes().to_vec());
        self.0.wrap(suite, context, data_key)
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        self.0.unwrap(suite, context, edk)
    }

    fn reach(&self) -> Reach {
        self.0.reach()
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

#[test]
fn data_key_and_message_id_are_new_even_under_the_same_key() {
    let keyring = Remembering(aes("same", 32), Mutex::default());
    for suite in AlgorithmSuite::all() {
        let message = encrypt(&keyring, suite, EncryptionContext::new(), FRAME_LENGTH, b"text");
        let changes = Changes { suite: Some(suite), ..Changes::default() };
        let rotated = rotates(&message, &keyring, &keyring, &changes);
        let mut data_keys = keyring.1.lock().expect("no poison");
        assert_eq!(data_keys.len(), 2);
        assert_ne!(data_keys[0], data_keys[1]);
        data_keys.clear();
        let [old, new] = [&message, &rotated].map(|bytes| opened(&keyring, &bytes[..]).header().clone());
        assert_ne!(old.message_id, new.message_id);
        assert_ne!(old.encrypted_data_keys, new.encrypted_data_keys);
    }
}

/// A failed rotation has left nothing that anybody decrypts.
#[track_caller]
fn is_no_message(bytes: &[u8], keyring: &dyn Keyring) {
    assert!(decrypt(keyring, bytes).is_err(), "a failed rotation finished a message");
}

#[test]
fn no_message_is_finished_when_anything_of_the_old_one_fails() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    for suite in AlgorithmSuite::all() {
        let good = encrypt(&*old, suite, EncryptionContext::new(), FRAME_LENGTH, &plaintext(67));
        let layout = Layout::of(&good);
        let fails = |message: &[u8]| -> DecryptError {
            let mut written = Vec::new();
            let to = AlgorithmSuite::UNSIGNED;
            let changes = Changes { suite: Some(to), ..Changes::default() };
            let (result, read_back) = rotated(message, &*old, &*new, &changes, &mut written);
            is_no_message(&written, &*new);
            assert!(read_back.check(&written[..]).is_err());
            match result {
                Err(RotateError::Decrypt(error)) => error,
                other => panic!("{suite}: {other:?}"),
            }
        };
        for frame in &layout.frames {
            for at in [frame.content.start, frame.content.end, frame.bytes.end - 1] {
                let mut bad = good.clone();
                bad[at] ^= 1;
                let error = fails(&bad);
                let number = frame.sequence_number;
                let is_named = matches!(error, DecryptError::FrameNotAuthentic { sequence_number } if sequence_number == number);
                assert!(is_named, "{suite}, frame {number}: {error:?}");
            }
            assert!(matches!(
                fails(&good[..frame.bytes.start]),
                DecryptError::Format(FormatError::EndsInsideFrame { .. })
            ));
        }
        if suite.is_signed() {
            for at in layout.footer.clone().step_by(9) {
                let mut bad = good.clone();
                bad[at] ^= 1;
                fails(&bad);
                fails(&good[..at]);
            }
        }
        let trailing = fails(&[&good[..], b"x"].concat());
        assert!(matches!(trailing, DecryptError::Format(FormatError::TrailingBytes { .. })), "{trailing:?}");
    }
}

/// The frames before the bad one fill the hand-over several times.
#[test]
fn a_failure_late_in_a_long_message_ends_both_sides() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    for suite in [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED] {
        let good = encrypt(&*old, suite, EncryptionContext::new(), 4096, &plaintext(4_000_000));
        for at in [good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let mut written = Vec::new();
            let (result, _) = rotated(&bad[..], &*old, &*new, &Changes::default(), &mut written);
            assert!(matches!(result, Err(RotateError::Decrypt(_))), "{result:?}");
            is_no_message(&written, &*new);
        }
        let (result, _) =
            rotated(Failing::after(good.len() / 2, &good[..]), &*old, &*new, &Changes::default(), io::sink());
        assert!(matches!(result, Err(RotateError::Decrypt(DecryptError::ReadCiphertext(_)))), "{result:?}");
        let after = Failing::after(good.len() / 2, io::sink());
        let (result, _) = rotated(&good[..], &*old, &*new, &Changes::default(), after);
        assert!(matches!(result, Err(RotateError::Encrypt(EncryptError::WriteCiphertext(_)))), "{result:?}");
    }
}

#[test]
fn a_destination_that_fails_at_any_byte_is_the_failure_of_the_new_message() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    let message =
        encrypt(&*old, AlgorithmSuite::UNSIGNED, EncryptionContext::new(), FRAME_LENGTH, &plaintext(67));
    let whole = rotates(&message, &*old, &*new, &Changes::default());
    for room in 0..whole.len() {
        let mut destination = Failing::after(room, Vec::new());
        let (result, _) = rotated(&message[..], &*old, &*new, &Changes::default(), &mut destination);
        assert!(matches!(result, Err(RotateError::Encrypt(EncryptError::WriteCiphertext(_)))), "{room}");
        is_no_message(&destination.stream, &*new);
    }
}

#[test]
fn reads_and_writes_of_any_size() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    let message =
        encrypt(&*old, AlgorithmSuite::DEFAULT, EncryptionContext::new(), 4096, &plaintext(600_000));
    for sizes in [&[1, 0, 4096, 7][..], &[300_000], &[0, 5000, 11]] {
        let mut destination = ShortWriter::new(Rhythm::new(sizes));
        let source = DribblingReader::new(&message, Rhythm::new(sizes));
        let (result, read_back) = rotated(source, &*old, &*new, &Changes::default(), &mut destination);
        result.expect("it rotates").check_written(&read_back, &destination.bytes[..]).expect("as written");
        assert!(decrypt(&*new, &destination.bytes).expect("it opens") == plaintext(600_000));
    }
}

#[test]
fn what_is_read_back_must_be_this_message_with_this_plaintext() {
    let (old, new) = (aes("old", 32), aes("new", 32));
    let message =
        |text: &[u8]| encrypt(&*old, AlgorithmSuite::UNSIGNED, EncryptionContext::new(), FRAME_LENGTH, text);
    let mut written = Vec::new();
    let (result, read_back) =
        rotated(&message(b"a text")[..], &*old, &*new, &Changes::default(), &mut written);
    let first = result.expect("it rotates");
    for at in 0..written.len() {
        let mut bad = written.clone();
        bad[at] ^= 1;
        let error = first.check_written(&read_back, &bad[..]).expect_err("changed");
        assert!(matches!(error, RotateError::NotAsWritten(_)), "{at}: {error:?}");
        let error = first.check_written(&read_back, &written[..at]).expect_err("cut");
        assert!(matches!(error, RotateError::NotAsWritten(_)), "{at}: {error:?}");
    }
    let mut other = Vec::new();
    let (result, other_read_back) =
        rotated(&message(b"A text")[..], &*old, &*new, &Changes::default(), &mut other);
    result.expect("it rotates");
    assert!(matches!(first.check_written(&read_back, &other[..]), Err(RotateError::NotAsWritten(_))));
    let error = first.check_written(&other_read_back, &other[..]).expect_err("another plaintext");
    assert!(matches!(error, RotateError::OtherPlaintext), "{error:?}");
}

#[test]
fn a_header_tells_whether_it_is_under_exactly_these_keys() {
    let none = EncryptionContext::new();
    let public = |name: &str| rsa_public(name, RsaPadding::OaepSha256);
    let under = |keys: Vec<Box<dyn Keyring>>| {
        let message =
            encrypt(&*several(keys), AlgorithmSuite::DEFAULT, context([("a", "1")]), FRAME_LENGTH, b"text");
        UnverifiedMessage::read(&message[..], None).expect("a header").header().clone()
    };
    let header = under(vec![aes("a", 32), public("r")]);
    let is = |keys: Vec<Box<dyn Keyring>>| is_under(&header, &none, &*several(keys));
    assert!(is(vec![aes("a", 32), public("r")]));
    assert!(is(vec![public("r"), aes("a", 32)]), "in any order");
    assert!(is(vec![rsa("r", RsaPadding::OaepSha256), aes("a", 32)]));
    assert!(!is(vec![aes("a", 32)]), "one less");
    assert!(!is(vec![aes("a", 32), public("r"), public("s")]), "one more");
    assert!(!is(vec![aes("a", 32), public("r"), public("r")]), "one of them twice");
    assert!(!is(vec![aes("b", 32), public("r")]), "another");
    assert!(!is(vec![aes("a", 16), public("r")]), "of the same name, and another key");
    assert!(!is(vec![public("a"), public("r")]), "of the same name, and another kind");
    assert!(!is_under(&header, &context([("b", "2")]), &*several(vec![aes("a", 32), public("r")])));
    // A name that another begins with is another one.
    assert!(!is_under(&under(vec![public("rs")]), &none, &*public("r")));
    assert!(!is_under(&under(vec![public("r")]), &none, &*public("rs")));
    let twice = under(vec![public("r"), public("r")]);
    assert!(is_under(&twice, &none, &*several(vec![public("r"), public("r")])));
    assert!(!is_under(&twice, &none, &*public("r")));
}
