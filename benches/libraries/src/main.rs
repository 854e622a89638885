//! Prints how fast the libraries that are well kept are, on one core, at what binds esdk: SHA-384, and verifying an ECDSA
//! signature on P-384 with a public key that is a compressed point.
//!
//! usage: cargo run --release --manifest-path benches/libraries/Cargo.toml
//!
//! [docs/benchmarks/hash.md](../../../docs/benchmarks/hash.md) and `bounds.md` have what came of it.

use std::hint::black_box;
use std::time::Instant;

use p384::ecdsa::signature::{Signer as _, Verifier as _};
use p384::ecdsa::{DerSignature, SigningKey, VerifyingKey};

const BLOCK: usize = 1 << 20;
const BLOCKS: usize = 64;
const SIGNATURES: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    let block = vec![7; BLOCK];
    let hashed = |name, hash: &dyn Fn(&[u8])| {
        let seconds = best(BLOCKS, || hash(black_box(&block)));
        println!("SHA-384, {name}: {:.2} GB/s", BLOCK as f64 / seconds / 1e9);
    };
    hashed("aws-lc-rs", &|block| {
        black_box(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, block));
    });
    hashed("ring", &|block| {
        black_box(ring::digest::digest(&ring::digest::SHA384, block));
    });
    hashed("graviola", &|block| {
        black_box(<graviola::hashing::Sha384 as graviola::hashing::Hash>::hash(block));
    });
    hashed("sha2 0.11", &|block| {
        black_box(<sha2::Sha384 as sha2::Digest>::digest(block));
    });
    hashed("sha2 0.10 with assembly", &|block| {
        black_box(<sha2_with_assembly::Sha384 as sha2_with_assembly::Digest>::digest(block));
    });

    let message = b"everything before the footer";
    let key = SigningKey::from_slice(&[7; 48]).expect("it is below the order");
    let signature: DerSignature = key.sign(message);
    let compressed = key.verifying_key().to_encoded_point(true);
    let uncompressed = key.verifying_key().to_encoded_point(false);
    let (compressed, uncompressed) = (compressed.as_bytes(), uncompressed.as_bytes());
    let verified = |name, verify: &dyn Fn()| {
        println!("P-384, {name}: {:.0} µs", best(SIGNATURES, verify) * 1e6);
    };
    verified("aws-lc-rs, compressed", &|| {
        let algorithm = &aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1;
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, compressed);
        key.verify(message, signature.as_bytes()).expect("it verifies");
    });
    verified("aws-lc-rs", &|| {
        let algorithm = &aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1;
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, uncompressed);
        key.verify(message, signature.as_bytes()).expect("it verifies");
    });
    verified("ring", &|| {
        let algorithm = &ring::signature::ECDSA_P384_SHA384_ASN1;
        let key = ring::signature::UnparsedPublicKey::new(algorithm, uncompressed);
        key.verify(message, signature.as_bytes()).expect("it verifies");
    });
    verified("graviola", &|| {
        type Key = graviola::signing::ecdsa::VerifyingKey<graviola::signing::ecdsa::P384>;
        let key = Key::from_x962_uncompressed(uncompressed).expect("it is on the curve");
        let verified = key.verify_asn1::<graviola::hashing::Sha384>(&[message], signature.as_bytes());
        verified.expect("it verifies");
    });
    verified("p384, compressed", &|| {
        let key = VerifyingKey::from_sec1_bytes(compressed).expect("it is on the curve");
        key.verify(message, &signature).expect("it verifies");
    });
    verified("p384, the point alone", &|| {
        black_box(p384::PublicKey::from_sec1_bytes(compressed)).expect("it is on the curve");
    });
}

/// Seconds of one time, the best of some rounds.
fn best(times: usize, act: impl Fn()) -> f64 {
    let seconds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        (0..times).for_each(|_| act());
        begun.elapsed().as_secs_f64() / times as f64
    });
    seconds.fold(f64::INFINITY, f64::min)
}
