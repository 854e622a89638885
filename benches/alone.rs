//! Prints how many seconds one part of the work takes on one core, for as many bytes as asked for: what encryption cannot be
//! faster than. `benches/compare.sh` runs it beside the commands.
//!
//! usage: alone hash|seal|open|verify NUMBER, alone read FILE, alone write FILE NUMBER
//!
//! `hash` is that of the default suite, in blocks of 1 MiB; `seal` and `open` are AES-256-GCM in frames of 4 KiB; `verify` reads
//! so many public keys and verifies a signature with each; `read` and `write` move blocks of 256 KiB, and of three times of writing
//! the least counts.

use std::env;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use esdk::crypto::aead::AeadKey;
use esdk::crypto::signature::{MessageHash, SigningKey, VerificationKey};
use esdk::suite::SignatureAlgorithm::EcdsaP384Sha384;

const HASHED: usize = 1 << 20;
const BLOCK: usize = 256 << 10;
const FRAME: usize = 4096;
/// As long as what is beside a frame: a message id of 32 bytes, the words, the sequence number, the length.
const AAD: [u8; 72] = [3; 72];

#[allow(clippy::print_stdout, reason = "what it is for")]
fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = words.last().and_then(|word| word.parse().ok());
    let taken = match (&words[..], number) {
        (["hash", _], Some(bytes)) => hash(bytes),
        (["seal", _], Some(bytes)) => seal(bytes),
        (["open", _], Some(bytes)) => open(bytes),
        (["verify", _], Some(count)) => verify(count),
        (["read", file], _) => read(file)?,
        (["write", file, _], Some(bytes)) => write(file, bytes)?,
        _ => {
            return Err(io::Error::other(
                "usage: alone hash|seal|open|verify NUMBER, read FILE, write FILE NUMBER",
            ));
        }
    };
    println!("{}", taken.as_secs_f64());
    Ok(())
}

fn hash(bytes: usize) -> Duration {
    let block = vec![7; HASHED];
    let mut hash = MessageHash::new(EcdsaP384Sha384);
    hash.update(&block);
    let begun = Instant::now();
    for _ in 0..bytes / HASHED {
        hash.update(black_box(&block));
    }
    let taken = begun.elapsed();
    black_box(hash);
    taken
}

fn key() -> AeadKey {
    AeadKey::new(&[7; 32]).expect("32 bytes are a key")
}

fn seal(bytes: usize) -> Duration {
    let (key, mut block) = (key(), vec![1; BLOCK]);
    let begun = Instant::now();
    for _ in 0..bytes / BLOCK {
        for frame in block.chunks_exact_mut(FRAME) {
            black_box(key.seal(&[0; 12], &AAD, frame)).expect("it is short");
        }
    }
    begun.elapsed()
}

fn open(bytes: usize) -> Duration {
    let (key, mut frame) = (key(), vec![1; FRAME]);
    let tag = key.seal(&[0; 12], &AAD, &mut frame).expect("it is short");
    frame.extend(tag);
    let mut block = frame.repeat(BLOCK / FRAME);
    let mut taken = Duration::ZERO;
    for _ in 0..bytes / BLOCK {
        let begun = Instant::now();
        for sealed in block.chunks_exact_mut(frame.len()) {
            black_box(key.open(&[0; 12], &AAD, sealed)).expect("it is as it was sealed");
        }
        taken += begun.elapsed();
        block.chunks_exact_mut(frame.len()).for_each(|opened| opened.copy_from_slice(&frame));
    }
    taken
}

fn verify(count: usize) -> Duration {
    let key = SigningKey::generate(EcdsaP384Sha384).expect("a key");
    let point = key.public_key().expect("a point");
    let signature = key.sign(MessageHash::new(EcdsaP384Sha384)).expect("a signature");
    let begun = Instant::now();
    for _ in 0..count {
        let key = VerificationKey::from_compressed(EcdsaP384Sha384, black_box(&point)).expect("a key");
        key.verify(MessageHash::new(EcdsaP384Sha384), &signature).expect("it is the key's");
    }
    begun.elapsed()
}

fn read(file: &str) -> io::Result<Duration> {
    let (mut file, mut block) = (File::open(file)?, vec![1; BLOCK]);
    let begun = Instant::now();
    while file.read(&mut block)? > 0 {
        black_box(&block);
    }
    Ok(begun.elapsed())
}

fn write(name: &str, bytes: usize) -> io::Result<Duration> {
    let block = vec![1; BLOCK];
    let mut least = Duration::MAX;
    // The first time the memory may have to come from the host of a virtual machine.
    for _ in 0..3 {
        let mut file = File::create(name)?;
        let begun = Instant::now();
        for _ in 0..bytes / BLOCK {
            file.write_all(&block)?;
        }
        least = least.min(begun.elapsed());
    }
    Ok(least)
}
