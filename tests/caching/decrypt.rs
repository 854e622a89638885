//! Data keys that decrypt several messages, and messages that are refused all the same.

use std::time::Duration;

use esdk::commitment::CommitmentPolicy;
use esdk::context::{EncryptionContext, RequiredContext};
use esdk::crypto::rsa::RsaPadding;
use esdk::keyring::Keyring;
use esdk::message::DecryptError;
use esdk::message::cache::CacheUse;
use esdk::message::decrypt::{DecryptRequirements, SignatureRequirement, UnverifiedMessage};
use esdk::suite::AlgorithmSuite;

use crate::support::in_process::{aes, context, decrypt, no_requirements, plaintext, rsa, several};
use crate::{Scene, derived, limits};

/// Messages under one data key, opened by nobody yet.
fn messages(keyring: Box<dyn Keyring>, suite: &'static AlgorithmSuite, count: usize) -> Vec<Vec<u8>> {
    let scene = Scene::before(keyring, limits(1));
    (0..count).map(|n| scene.encrypt(suite, &EncryptionContext::new(), &plaintext(n))).collect()
}

#[test]
fn a_hundred_messages_under_one_data_key_take_one_call() {
    for suite in derived() {
        let scene = Scene::new(limits(1));
        for (n, message) in messages(aes("key", 32), suite, 100).iter().enumerate() {
            assert_eq!(scene.decrypt(message).expect("it opens"), plaintext(n), "{suite}");
        }
        assert_eq!(scene.calls.unwrapped(), 1, "{suite}");
        assert_eq!(scene.cache.use_so_far(), CacheUse { hits: 99, misses: 1, passed: 0 });
    }
}

#[test]
fn what_limits_encryption_does_not_limit_decryption() {
    let limits = limits(1).with_max_messages(1).and_then(|limits| limits.with_max_bytes(1)).expect("limits");
    let scene = Scene::new(limits);
    for message in messages(aes("key", 32), AlgorithmSuite::DEFAULT, 10) {
        scene.decrypt(&message).expect("it opens");
    }
    assert_eq!(scene.calls.unwrapped(), 1);
}

#[test]
fn age_and_capacity_count() {
    let scene = Scene::new(limits(2));
    let suites = [0x0578, 0x0478, 0x0178].map(|id| AlgorithmSuite::by_id(id).expect("a suite"));
    let [a, b, c] = suites.map(|suite| messages(aes("key", 32), suite, 1).remove(0));
    for (message, calls) in [(&a, 1), (&b, 2), (&a, 2), (&c, 3), (&a, 3), (&b, 4)] {
        scene.decrypt(message).expect("it opens");
        assert_eq!(scene.calls.unwrapped(), calls);
    }
    for (seconds, calls) in [(59, 4), (1, 5), (59, 5)] {
        scene.pass(Duration::from_secs(seconds));
        scene.decrypt(&b).expect("it opens");
        assert_eq!(scene.calls.unwrapped(), calls, "{seconds} s later");
    }
}

#[test]
fn the_wrapping_key_is_named_on_a_hit_as_on_a_miss() {
    let scene = Scene::new(limits(1));
    for message in messages(aes("key", 32), AlgorithmSuite::DEFAULT, 2) {
        let message = UnverifiedMessage::read(message.as_slice(), None).expect("a message");
        let message = message.verify_cached(&scene.cache, &no_requirements()).expect("it opens");
        assert_eq!(message.wrapping_key(), "raw-aes esdk tests/key");
    }
    assert_eq!(scene.calls.unwrapped(), 1);
}

#[test]
fn every_flipped_bit_is_refused_as_without_the_cache() {
    for suite in
        [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED, AlgorithmSuite::by_id(0x0178).expect("a suite")]
    {
        let scene = Scene::new(limits(1));
        let messages = messages(aes("key", 32), suite, 2);
        scene.decrypt(&messages[0]).expect("it opens");
        let message = &messages[1];
        // Verifying a signature takes long.
        for bit in (0..message.len() * 8).step_by(if suite.is_signed() { 7 } else { 1 }) {
            let mut flipped = message.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let cached = scene.decrypt(&flipped).expect_err("it was changed").to_string();
            let uncached = decrypt(&*aes("key", 32), &flipped).expect_err("it was changed").to_string();
            assert_eq!(cached, uncached, "{suite}, bit {bit}");
        }
        let before = scene.calls.unwrapped();
        assert_eq!(scene.decrypt(message).expect("it opens"), plaintext(1));
        assert!(scene.calls.unwrapped() <= before + 1);
    }
}

#[test]
fn a_message_that_is_refused_does_not_drive_the_data_key_out() {
    let scene = Scene::new(limits(1));
    let messages = messages(aes("key", 32), AlgorithmSuite::UNSIGNED, 2);
    scene.decrypt(&messages[0]).expect("it opens");
    let mut changed = messages[1].clone();
    // The message id: the data key is the same, and nothing derived from it is.
    changed[4] ^= 1;
    assert!(matches!(scene.decrypt(&changed), Err(DecryptError::Commitment)));
    assert_eq!(scene.calls.unwrapped(), 2, "asked as without the cache");
    scene.decrypt(&messages[1]).expect("it opens");
    assert_eq!(scene.calls.unwrapped(), 2);
}

#[test]
fn requirements_are_checked_on_a_hit() {
    let scene = Scene::new(limits(10));
    let signed = messages(aes("key", 32), AlgorithmSuite::DEFAULT, 2);
    let unsigned = messages(aes("key", 32), AlgorithmSuite::UNSIGNED, 2);
    let not_committing = messages(aes("key", 32), AlgorithmSuite::by_id(0x0178).expect("a suite"), 2);
    for messages in [&signed, &unsigned, &not_committing] {
        scene.decrypt(&messages[0]).expect("it opens");
    }
    let calls = scene.calls.unwrapped();
    let require = |signature| DecryptRequirements { signature, ..no_requirements() };
    let forbidden = scene.decrypt_with(&signed[1], &require(SignatureRequirement::Forbidden));
    assert!(matches!(forbidden, Err(DecryptError::SignatureForbidden(_))));
    let required = scene.decrypt_with(&unsigned[1], &require(SignatureRequirement::Required));
    assert!(matches!(required, Err(DecryptError::SignatureRequired(_))));
    let policy = DecryptRequirements { commitment_policy: CommitmentPolicy::default(), ..no_requirements() };
    assert!(matches!(scene.decrypt_with(&not_committing[1], &policy), Err(DecryptError::Policy(_))));
    let mut pair = RequiredContext::new();
    pair.require_pair("a", "1").expect("a pair");
    let pair = DecryptRequirements { context: pair, ..no_requirements() };
    assert!(matches!(scene.decrypt_with(&signed[1], &pair), Err(DecryptError::Context(_))));
    let mut key = RequiredContext::new();
    key.require_key("a").expect("a key");
    let key = DecryptRequirements { context: key, ..no_requirements() };
    assert!(matches!(scene.decrypt_with(&signed[1], &key), Err(DecryptError::Context(_))));
    assert_eq!(
        scene.calls.unwrapped(),
        calls + 1,
        "a key was asked about the pair that is not stored, as without a cache"
    );
}

#[test]
fn pairs_that_are_not_stored_tell_messages_apart() {
    let writer = Scene::new(limits(10));
    let unstored = context([("secret", "1")]);
    let write = || {
        let context = (&EncryptionContext::new(), &unstored);
        writer.encrypt_as(AlgorithmSuite::DEFAULT, context, b"plaintext", Some(9)).expect("it encrypts")
    };
    let (first, second) = (write(), write());
    assert_eq!(writer.calls.generated(), 1);
    let reader = Scene::new(limits(10));
    let requiring = |value: &str| {
        let mut context = RequiredContext::new();
        context.require_pair("secret", value).expect("a pair");
        DecryptRequirements { context, ..no_requirements() }
    };
    for message in [&first, &second] {
        assert_eq!(reader.decrypt_with(message, &requiring("1")).expect("it opens"), b"plaintext");
        // The data key is in the cache, and it does not help whoever does not know the pair.
        assert!(matches!(reader.decrypt_with(message, &requiring("2")), Err(DecryptError::Context(_))));
        assert!(matches!(reader.decrypt(message), Err(DecryptError::NoKeyOpened(_))));
    }
    assert_eq!(reader.calls.unwrapped(), 1 + 4);
}

#[test]
fn an_unwrapping_that_failed_is_tried_again() {
    let scene = Scene::new(limits(1));
    let message = messages(aes("key", 32), AlgorithmSuite::DEFAULT, 1).remove(0);
    scene.calls.set_broken(true);
    for calls in 1..=2 {
        assert!(matches!(scene.decrypt(&message), Err(DecryptError::NoKeyOpened(_))));
        assert_eq!(scene.calls.unwrapped(), calls);
    }
    scene.calls.set_broken(false);
    scene.decrypt(&message).expect("it opens");
    scene.decrypt(&message).expect("it opens");
    assert_eq!(scene.calls.unwrapped(), 3);
}

#[test]
fn a_data_key_that_only_the_header_can_tell_is_kept_when_the_header_has_told() {
    // The other key gives a data key for the first message's encrypted data key too: not the right one.
    let keyrings = || several(vec![aes("other", 32), rsa("key", RsaPadding::Pkcs1)]);
    let messages = messages(keyrings(), AlgorithmSuite::DEFAULT, 2);
    let scene = Scene::before(rsa("key", RsaPadding::Pkcs1), limits(10));
    let mut changed = messages[0].clone();
    changed[4] ^= 1;
    for _ in 0..2 {
        assert!(matches!(scene.decrypt(&changed), Err(DecryptError::NoKeyOpened(_))));
    }
    let calls = scene.calls.unwrapped();
    assert_eq!(calls, 4, "nothing was kept");
    for (n, message) in messages.iter().enumerate() {
        assert_eq!(scene.decrypt(message).expect("it opens"), plaintext(n));
    }
    assert_eq!(scene.calls.unwrapped(), calls + 2, "kept");
    assert!(matches!(scene.decrypt(&changed), Err(DecryptError::NoKeyOpened(_))));
    assert_eq!(scene.decrypt(&messages[0]).expect("it opens"), plaintext(0));
}
