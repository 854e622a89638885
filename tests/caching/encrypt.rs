//! Data keys that encrypt several messages.

use std::collections::HashSet;
use std::time::Duration;

use esdk::context::EncryptionContext;
use esdk::message::EncryptError;
use esdk::message::cache::{
    CacheLimits, CacheLimitsError, CacheUse, GREATEST_MAX_BYTES, GREATEST_MAX_MESSAGES, MaterialsCache,
};
use esdk::suite::AlgorithmSuite;

use crate::support::in_process::{aes, context, decrypt, plaintext, several};
use crate::{Scene, derived, header, limits, not_derived};

const SUITE: &AlgorithmSuite = AlgorithmSuite::DEFAULT;

fn none() -> EncryptionContext {
    EncryptionContext::new()
}

#[test]
fn one_data_key_for_many_messages_each_with_its_own_id_and_derived_key() {
    for suite in derived() {
        let scene = Scene::new(limits(1));
        let messages: Vec<_> = (0..20).map(|n| scene.encrypt(suite, &none(), &plaintext(n))).collect();
        assert_eq!(scene.calls.generated(), 1, "{suite}");
        let headers: Vec<_> = messages.iter().map(|message| header(message)).collect();
        let ids: HashSet<_> = headers.iter().map(|header| header.message_id.clone()).collect();
        assert_eq!(ids.len(), 20, "{suite}");
        let commitments: HashSet<_> =
            headers.iter().map(|header| header.commitment_key.map(|key| *key.as_bytes())).collect();
        assert_eq!(commitments.len(), if suite.is_committing() { 20 } else { 1 }, "{suite}");
        for header in &headers {
            assert_eq!(header.encrypted_data_keys, headers[0].encrypted_data_keys);
            // A signed suite's public key is the entry's as well.
            assert_eq!(header.context, headers[0].context);
        }
        // Whoever has no cache opens them, signatures and all.
        for (n, message) in messages.iter().enumerate() {
            assert_eq!(decrypt(&*aes("key", 32), message).expect("it opens"), plaintext(n), "{suite}");
        }
        assert_eq!(scene.cache.use_so_far(), CacheUse { hits: 19, misses: 1, passed: 0 });
    }
}

#[test]
fn suites_without_a_derivation_go_around_the_cache() {
    for suite in not_derived() {
        let scene = Scene::new(limits(1));
        let messages = [(); 3].map(|()| scene.encrypt(suite, &none(), b"plaintext"));
        assert_eq!(scene.calls.generated(), 3, "{suite}");
        let keys: HashSet<_> = messages
            .iter()
            .map(|message| header(message).encrypted_data_keys[0].ciphertext.clone())
            .collect();
        assert_eq!(keys.len(), 3);
        for message in &messages {
            assert_eq!(scene.decrypt(message).expect("it opens"), b"plaintext");
            assert_eq!(scene.decrypt(message).expect("it opens"), b"plaintext");
        }
        assert_eq!(scene.calls.unwrapped(), 6, "{suite}");
        assert_eq!(scene.cache.use_so_far(), CacheUse { hits: 0, misses: 0, passed: 9 });
    }
}

#[test]
fn a_message_of_unknown_length_has_its_own_data_key_and_is_not_bounded() {
    let scene = Scene::new(limits(1).with_max_bytes(8).expect("a limit"));
    scene.encrypt(SUITE, &none(), b"12345678");
    for _ in 0..2 {
        let message =
            scene.encrypt_as(SUITE, (&none(), &none()), &plaintext(1000), None).expect("it encrypts");
        assert_eq!(scene.decrypt(&message).expect("it opens"), plaintext(1000));
    }
    assert_eq!(scene.calls.generated(), 3);
    assert_eq!(scene.cache.use_so_far().passed, 2);
}

#[test]
fn a_message_longer_than_the_limit_goes_around_the_cache_and_leaves_the_entry() {
    let scene = Scene::new(limits(1).with_max_bytes(10).expect("a limit"));
    scene.encrypt(SUITE, &none(), &plaintext(4));
    let long = scene.encrypt(SUITE, &none(), &plaintext(11));
    assert_eq!(scene.calls.generated(), 2);
    assert_eq!(scene.decrypt(&long).expect("it opens"), plaintext(11));
    scene.encrypt(SUITE, &none(), &plaintext(6));
    assert_eq!(scene.calls.generated(), 2, "the first entry has room for as much");
    scene.encrypt(SUITE, &none(), &plaintext(1));
    assert_eq!(scene.calls.generated(), 3, "and for no more");
    scene.encrypt(SUITE, &none(), &plaintext(10));
    assert_eq!(scene.calls.generated(), 4, "a whole limit needs a new one");
}

#[test]
fn messages_are_counted() {
    let scene = Scene::new(limits(1).with_max_messages(10).expect("a limit"));
    for count in 1..=101 {
        scene.encrypt(SUITE, &none(), b"");
        assert_eq!(scene.calls.generated(), (count as usize).div_ceil(10), "{count}");
    }
}

#[test]
fn age_is_counted_from_when_the_data_key_came() {
    let scene = Scene::new(limits(1));
    for (seconds, calls) in [(0, 1), (59, 1), (1, 2), (59, 2), (60, 3), (600, 4)] {
        scene.pass(Duration::from_secs(seconds));
        scene.encrypt(SUITE, &none(), b"plaintext");
        assert_eq!(scene.calls.generated(), calls, "{seconds} s later");
    }
}

#[test]
fn other_contexts_suites_and_caches_share_nothing() {
    let scene = Scene::new(limits(100));
    let (a, b) = (context([("a", "1")]), context([("b", "2")]));
    let both = context([("a", "1"), ("b", "2")]);
    let contexts = [
        (none(), none()),
        (a.clone(), none()),
        (none(), a.clone()),
        (both.clone(), none()),
        (a.clone(), b.clone()),
        (b, a),
        (none(), both),
    ];
    let mut calls = 0;
    let mut keys = HashSet::new();
    for suite in [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED] {
        for (stored, unstored) in &contexts {
            calls += 1;
            for _ in 0..2 {
                let message =
                    scene.encrypt_as(suite, (stored, unstored), b"plaintext", Some(9)).expect("it encrypts");
                keys.insert(header(&message).encrypted_data_keys[0].ciphertext.clone());
                assert_eq!(scene.calls.generated(), calls);
            }
        }
    }
    assert_eq!(keys.len(), calls);
    let other = Scene::new(limits(100));
    other.encrypt(SUITE, &none(), b"plaintext");
    assert_eq!(other.calls.generated(), 1);
}

#[test]
fn the_least_recently_used_entry_gives_way() {
    let scene = Scene::new(limits(2));
    let [a, b, c] = ["a", "b", "c"].map(|value| context([("key", value)]));
    for (context, calls) in [(&a, 1), (&b, 2), (&a, 2), (&c, 3), (&a, 3), (&c, 3), (&b, 4)] {
        scene.encrypt(SUITE, context, b"plaintext");
        assert_eq!(scene.calls.generated(), calls, "{context:?}");
    }
}

#[test]
fn a_plaintext_longer_than_was_accounted_is_not_encrypted() {
    let scene = Scene::new(limits(1));
    let encrypt = |length: usize| scene.encrypt_as(SUITE, (&none(), &none()), &plaintext(length), Some(1000));
    let message = encrypt(1000).expect("as long as was said");
    assert_eq!(scene.decrypt(&message).expect("it opens"), plaintext(1000));
    encrypt(999).expect("shorter than was said");
    for length in [1001, 1_000_000] {
        let error = encrypt(length).expect_err("longer than was said");
        assert!(matches!(error, EncryptError::PlaintextOverBound { bound: 1000 }), "{error}");
    }
    // The first one as well, which asks for the data key.
    let error =
        Scene::new(limits(1)).encrypt_as(SUITE, (&none(), &none()), b"x", Some(0)).expect_err("longer");
    assert_eq!(
        error.to_string(),
        "the plaintext is longer than the 0 bytes that it had when its data key was chosen"
    );
}

#[test]
fn what_is_refused_without_the_cache_is_refused_with_it() {
    use esdk::commitment::CommitmentPolicy;
    let scene = Scene::before(several(vec![aes("one", 32), aes("two", 32)]), limits(1));
    let materials = |policy, limit| {
        scene.cache.encryption_materials(policy, SUITE, none(), none(), limit, Some(0)).map(|_| ())
    };
    materials(CommitmentPolicy::default(), Some(2)).expect("two keys");
    // There is an entry now, and it may not be used for this.
    let forbidden = materials(CommitmentPolicy::ForbidEncryptAllowDecrypt, None);
    assert!(matches!(forbidden, Err(EncryptError::Policy(_))));
    let too_many = materials(CommitmentPolicy::default(), Some(1));
    assert!(matches!(too_many, Err(EncryptError::TooManyEncryptedDataKeys { count: 2, limit: 1 })));
}

#[test]
fn a_failure_is_not_kept() {
    let scene = Scene::new(limits(1));
    scene.calls.set_broken(true);
    for calls in 1..=2 {
        let error = scene.encrypt_as(SUITE, (&none(), &none()), b"x", Some(1)).expect_err("broken");
        assert!(matches!(error, EncryptError::Wrap(_)), "{error}");
        assert_eq!(scene.calls.generated(), calls);
    }
    scene.calls.set_broken(false);
    scene.encrypt(SUITE, &none(), b"x");
    scene.encrypt(SUITE, &none(), b"x");
    assert_eq!(scene.calls.generated(), 3);
}

#[test]
fn limits_have_limits() {
    let second = Duration::from_secs(1);
    assert_eq!(CacheLimits::new(0, second), Err(CacheLimitsError::Capacity));
    assert_eq!(CacheLimits::new(1, Duration::ZERO), Err(CacheLimitsError::MaxAge));
    let limits = CacheLimits::new(1, Duration::from_nanos(1)).expect("the least");
    assert!(limits.with_max_messages(1).is_ok() && limits.with_max_messages(GREATEST_MAX_MESSAGES).is_ok());
    assert!(limits.with_max_bytes(1).is_ok() && limits.with_max_bytes(GREATEST_MAX_BYTES).is_ok());
    for wrong in [0, GREATEST_MAX_MESSAGES + 1, u64::MAX] {
        assert_eq!(limits.with_max_messages(wrong), Err(CacheLimitsError::MaxMessages(wrong)));
    }
    for wrong in [0, GREATEST_MAX_BYTES + 1, u64::MAX] {
        assert_eq!(limits.with_max_bytes(wrong), Err(CacheLimitsError::MaxBytes(wrong)));
    }
}

#[test]
fn a_cache_shows_numbers_and_names_and_nothing_else() {
    let cache = MaterialsCache::new(aes("key", 32), limits(1)).expect("random bytes");
    assert_eq!(format!("{cache:?}"), "MaterialsCache(0 entries before raw-aes esdk tests/key)");
}
