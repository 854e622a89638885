//! The parts that take the time: `cargo bench --bench parts`.

use std::io::{self, Read as _};
use std::num::NonZeroU32;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use esdk::commitment::CommitmentPolicy;
use esdk::context::EncryptionContext;
use esdk::crypto::aead::AeadKey;
use esdk::crypto::signature::{MessageHash, SigningKey};
use esdk::keyring::raw_aes::RawAesKeyring;
use esdk::message::EncryptionMaterials;
use esdk::message::decrypt::{DecryptRequirements, UnverifiedMessage};
use esdk::message::encrypt::MessageEncryptor;
use esdk::suite::{AlgorithmSuite, SignatureAlgorithm};
use zeroize::Zeroizing;

/// What is beside a frame: a message id of 32 bytes, the words, the sequence number, the length.
const AAD: [u8; 72] = [3; 72];
const FRAME_LENGTHS: [usize; 4] = [1, 1024, 4096, 65_536];
/// Bytes of plaintext of a whole message.
const MESSAGE: u64 = 16 << 20;

fn main() {
    divan::main();
}

fn key() -> AeadKey {
    AeadKey::new(&[7; 32]).expect("32 bytes are a key")
}

#[divan::bench(args = FRAME_LENGTHS)]
fn seal(bencher: Bencher<'_, '_>, length: usize) {
    let (key, mut frame) = (key(), vec![1; length]);
    let bencher = bencher.counter(BytesCount::new(length));
    bencher.bench_local(|| key.seal(&[0; 12], &AAD, black_box(&mut frame)));
}

#[divan::bench(args = FRAME_LENGTHS)]
fn open(bencher: Bencher<'_, '_>, length: usize) {
    let (key, mut frame) = (key(), vec![1; length]);
    let tag = key.seal(&[0; 12], &AAD, &mut frame).expect("it is short");
    frame.extend(tag);
    let bencher = bencher.counter(BytesCount::new(length)).with_inputs(|| frame.clone());
    bencher.bench_local_values(|mut frame| key.open(&[0; 12], &AAD, &mut frame).map(|_| ()));
}

#[divan::bench(args = [SignatureAlgorithm::EcdsaP256Sha256, SignatureAlgorithm::EcdsaP384Sha384])]
fn hash(bencher: Bencher<'_, '_>, algorithm: SignatureAlgorithm) {
    let block = vec![7; 1 << 20];
    let mut hash = MessageHash::new(algorithm);
    bencher.counter(BytesCount::new(block.len())).bench_local(|| hash.update(black_box(&block)));
}

#[divan::bench]
fn signing_key_and_signature() -> Vec<u8> {
    let algorithm = SignatureAlgorithm::EcdsaP384Sha384;
    let key = SigningKey::generate(algorithm).expect("a key");
    key.sign(MessageHash::new(algorithm)).expect("a signature")
}

fn keyring() -> RawAesKeyring {
    RawAesKeyring::new("benchmark", "key", Zeroizing::new(vec![7; 32])).expect("a key")
}

fn suite(is_signed: bool) -> &'static AlgorithmSuite {
    if is_signed { AlgorithmSuite::DEFAULT } else { AlgorithmSuite::UNSIGNED }
}

fn message(is_signed: bool, frame_length: u32, length: u64) -> Vec<u8> {
    let (policy, none) = (CommitmentPolicy::default(), EncryptionContext::new);
    let materials = EncryptionMaterials::obtain(&keyring(), policy, suite(is_signed), none(), none(), None)
        .expect("keys");
    let frame_length = NonZeroU32::new(frame_length).expect("not zero");
    let encryptor = MessageEncryptor::new(materials, frame_length).expect("a header");
    let mut message = Vec::new();
    encryptor.encrypt(io::repeat(7).take(length), &mut message).expect("memory");
    message
}

/// A header: made with its data key wrapped, and read and verified with its data key unwrapped.
#[divan::bench(args = [false, true])]
fn header(bencher: Bencher<'_, '_>, is_signed: bool) {
    let (keyring, requirements) = (keyring(), DecryptRequirements::default());
    bencher.bench_local(|| {
        let message = message(is_signed, 4096, 0);
        let read = UnverifiedMessage::read(message.as_slice(), None).expect("a message");
        read.verify(&keyring, &requirements).map(|_| ())
    });
}

#[divan::bench(args = [(false, 1024), (false, 4096), (false, 65_536), (true, 4096)])]
fn encrypt(bencher: Bencher<'_, '_>, (is_signed, frame_length): (bool, u32)) {
    bencher.counter(BytesCount::new(MESSAGE)).bench_local(|| message(is_signed, frame_length, MESSAGE));
}

#[divan::bench(args = [(false, 1024), (false, 4096), (false, 65_536), (true, 4096)])]
fn decrypt(bencher: Bencher<'_, '_>, (is_signed, frame_length): (bool, u32)) {
    let (keyring, requirements) = (keyring(), DecryptRequirements::default());
    let message = message(is_signed, frame_length, MESSAGE);
    bencher.counter(BytesCount::new(MESSAGE)).bench_local(|| {
        let read = UnverifiedMessage::read(message.as_slice(), None).expect("a message");
        read.verify(&keyring, &requirements).expect("it opens").decrypt(io::sink())
    });
}
