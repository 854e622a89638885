//! One cache under many threads.

use std::sync::Barrier;
use std::thread;

use esdk::context::EncryptionContext;
use esdk::message::cache::MaterialsCache;
use esdk::message::{DecryptError, EncryptError};
use esdk::suite::AlgorithmSuite;

use crate::support::in_process::{aes, decrypt};
use crate::{Scene, limits};

const THREADS: usize = 16;
const SUITE: &AlgorithmSuite = AlgorithmSuite::UNSIGNED;

/// Runs `work` so many times at once.
fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(thread)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn encrypt(scene: &Scene) -> Result<Vec<u8>, EncryptError> {
    let none = EncryptionContext::new();
    scene.encrypt_as(SUITE, (&none, &none), b"plaintext", Some(9))
}

#[test]
fn a_cache_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<MaterialsCache>();
}

#[test]
fn sixteen_that_encrypt_at_once_make_one_call() {
    let scene = Scene::new(limits(1));
    scene.calls.take_long();
    for message in at_once(|_| encrypt(&scene)) {
        assert_eq!(
            decrypt(&*aes("key", 32), &message.expect("it encrypts")).expect("it opens"),
            b"plaintext"
        );
    }
    assert_eq!(scene.calls.generated(), 1);
}

#[test]
fn sixteen_that_encrypt_at_once_keep_within_the_limits() {
    let limits = limits(1);
    for limits in [limits.with_max_messages(3), limits.with_max_bytes(3 * 9 + 8)] {
        let scene = Scene::new(limits.expect("limits"));
        at_once(|_| (0..10).for_each(|_| drop(encrypt(&scene).expect("it encrypts"))));
        assert_eq!(scene.calls.generated(), (THREADS * 10).div_ceil(3));
    }
}

#[test]
fn sixteen_that_fail_at_once_make_one_call_and_have_the_same_failure() {
    let scene = Scene::new(limits(1));
    scene.calls.take_long();
    scene.calls.set_broken(true);
    for outcome in at_once(|_| encrypt(&scene)) {
        assert_eq!(outcome.expect_err("broken").to_string(), "broken: no public key to wrap with");
    }
    assert_eq!(scene.calls.generated(), 1);
}

#[test]
fn sixteen_that_decrypt_at_once_make_one_call() {
    let writer = Scene::new(limits(1));
    let messages: Vec<_> = (0..THREADS).map(|_| encrypt(&writer).expect("it encrypts")).collect();
    let scene = Scene::new(limits(1));
    scene.calls.take_long();
    for plaintext in at_once(|thread| scene.decrypt(&messages[thread])) {
        assert_eq!(plaintext.expect("it opens"), b"plaintext");
    }
    assert_eq!(scene.calls.unwrapped(), 1);

    let scene = Scene::new(limits(1));
    scene.calls.take_long();
    scene.calls.set_broken(true);
    for outcome in at_once(|thread| scene.decrypt(&messages[thread])) {
        assert!(matches!(outcome, Err(DecryptError::NoKeyOpened(reports)) if reports.len() == 1));
    }
    assert_eq!(scene.calls.unwrapped(), 1);
}

#[test]
fn a_forged_message_among_sixteen_is_refused_and_the_others_open() {
    let writer = Scene::new(limits(1));
    let mut messages: Vec<_> = (0..THREADS).map(|_| encrypt(&writer).expect("it encrypts")).collect();
    for message in messages.iter_mut().step_by(2) {
        message[4] ^= 1;
    }
    let scene = Scene::new(limits(1));
    scene.calls.take_long();
    for (thread, outcome) in at_once(|thread| scene.decrypt(&messages[thread])).into_iter().enumerate() {
        match thread % 2 {
            0 => assert!(matches!(outcome, Err(DecryptError::Commitment))),
            _ => assert_eq!(outcome.expect("it opens"), b"plaintext"),
        }
    }
    // One for all, and one more for each of the forged, at most.
    assert!(scene.calls.unwrapped() <= 1 + THREADS / 2, "{}", scene.calls.unwrapped());
}
