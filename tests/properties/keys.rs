//! Every kind of wrapping key, alone and in pairs.

use esdk::crypto::rsa::RsaPadding;
use esdk::data_key::DataKey;
use esdk::keyring::{Keyring, Unwrapped};
use esdk::message::DecryptError;
use esdk::message::decrypt::UnverifiedMessage;
use esdk::suite::AlgorithmSuite;
use proptest::prelude::*;

use crate::cases;
use crate::support::in_process::{
    aes, context, decrypt, encrypt, no_requirements, plaintext, rsa, rsa_public, several, suite,
};
use crate::support::layout::Layout;

/// The kinds of local wrapping keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Aes(usize),
    Rsa(RsaPadding),
}

const KINDS: [Kind; 8] = [
    Kind::Aes(16),
    Kind::Aes(24),
    Kind::Aes(32),
    Kind::Rsa(RsaPadding::OaepSha1),
    Kind::Rsa(RsaPadding::OaepSha256),
    Kind::Rsa(RsaPadding::OaepSha384),
    Kind::Rsa(RsaPadding::OaepSha512),
    Kind::Rsa(RsaPadding::Pkcs1),
];

impl Kind {
    fn keyring(self, name: &str) -> Box<dyn Keyring> {
        match self {
            Self::Aes(length) => aes(name, length),
            Self::Rsa(padding) => rsa(name, padding),
        }
    }
}

/// Opens the message with this keyring; gives the plaintext and the name of the key that opened it.
fn opened_by(keyring: &dyn Keyring, message: &[u8]) -> Result<(Vec<u8>, String), DecryptError> {
    let message = UnverifiedMessage::read(message, None)?.verify(keyring, &no_requirements())?;
    let name = message.wrapping_key().to_owned();
    let mut plaintext = Vec::new();
    message.decrypt(&mut plaintext)?;
    Ok((plaintext, name))
}

#[test]
fn every_kind_of_key_with_every_suite() {
    for kind in KINDS {
        for suite in AlgorithmSuite::all() {
            let keyring = kind.keyring("key");
            let message = encrypt(&*keyring, suite, context([("a", "b")]), 16, &plaintext(40));
            let opened =
                decrypt(&*keyring, &message).unwrap_or_else(|error| panic!("{kind:?} {suite}: {error}"));
            assert_eq!(opened, plaintext(40), "{kind:?} {suite}");
        }
    }
}

#[test]
fn every_pair_of_keys_opens_with_either_alone() {
    for first in KINDS {
        for second in KINDS {
            let both = several(vec![first.keyring("one"), second.keyring("two")]);
            let message =
                encrypt(&*both, AlgorithmSuite::UNSIGNED, context([("a", "b")]), 16, &plaintext(40));
            for (kind, name) in [(first, "one"), (second, "two")] {
                let (opened, opener) = opened_by(&*kind.keyring(name), &message)
                    .unwrap_or_else(|error| panic!("{first:?} {second:?} by {name}: {error}"));
                assert_eq!(opened, plaintext(40));
                assert!(opener.ends_with(&format!("/{name}")), "{opener}");
            }
            let (opened, opener) = opened_by(&*both, &message).expect("it opens with both");
            assert_eq!(opened, plaintext(40));
            assert!(opener.ends_with("/one"), "the first that opens counts: {opener}");
            // A key of another name, and one of the same name that is another.
            for stranger in [aes("three", 32), aes("on", 16)] {
                let refused = decrypt(&*stranger, &message);
                assert!(matches!(refused, Err(DecryptError::NoKeyOpened(reports)) if reports.len() == 2));
            }
        }
    }
}

#[test]
fn a_public_key_encrypts_and_does_not_decrypt() {
    for padding in RsaPadding::ALL {
        let message = encrypt(
            &*rsa_public("escrow", padding),
            suite(0x0578),
            context([("a", "b")]),
            16,
            &plaintext(40),
        );
        assert!(matches!(
            decrypt(&*rsa_public("escrow", padding), &message),
            Err(DecryptError::NoKeyOpened(_))
        ));
        assert_eq!(decrypt(&*rsa("escrow", padding), &message).expect("it opens"), plaintext(40));
        for other in RsaPadding::ALL.into_iter().filter(|other| *other != padding) {
            let refused = decrypt(&*rsa("escrow", other), &message);
            assert!(
                matches!(refused, Err(DecryptError::NoKeyOpened(_))),
                "{padding} as {other}: {refused:?}"
            );
        }
    }
}

#[test]
fn data_keys_are_never_the_same() {
    let keyring = aes("key", 32);
    for suite in AlgorithmSuite::all() {
        let data_keys: Vec<DataKey> = (0..20)
            .map(|_| {
                let (data_key, edks) = keyring.generate(suite, &context([("a", "b")])).expect("it generates");
                let opened = keyring.unwrap(suite, &context([("a", "b")]), &edks[0]);
                let Unwrapped::Opened(opened) = opened else { panic!("{opened:?}") };
                assert_eq!(opened.data_key.as_bytes(), data_key.as_bytes());
                data_key
            })
            .collect();
        for (place, one) in data_keys.iter().enumerate() {
            assert_eq!(one.length(), suite.data_key_length());
            assert!(data_keys[..place].iter().all(|other| other.as_bytes() != one.as_bytes()), "{suite}");
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    /// Any keys in any order: as many encrypted data keys, in that order, and every key opens its own.
    #[test]
    fn any_number_of_keys(
        lengths in prop::collection::vec(prop::sample::select(vec![16_usize, 24, 32]), 1..12),
        suite in crate::any_suite(),
        length in 0..200_usize,
    ) {
        let name = |place: usize| format!("key {place}");
        let keyrings = lengths.iter().enumerate().map(|(place, length)| aes(&name(place), *length)).collect();
        let message = encrypt(&*several(keyrings), suite, context([("a", "b")]), 64, &plaintext(length));
        let layout = Layout::of(&message);
        prop_assert_eq!(&message[layout.place("EDK count")], &(lengths.len() as u16).to_be_bytes());
        for (place, key_length) in lengths.iter().enumerate() {
            let information = layout.place(&format!("EDK {} provider information", place + 1));
            prop_assert!(message[information].starts_with(name(place).as_bytes()));
            let (opened, opener) = opened_by(&*aes(&name(place), *key_length), &message)?;
            prop_assert_eq!(opened, plaintext(length));
            prop_assert!(opener.ends_with(&name(place)));
        }
    }
}
