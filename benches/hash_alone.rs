//! Prints how many seconds it takes to hash so many bytes with the hash of the default suite, in blocks of 1 MiB: what a
//! signed message cannot be faster than. `benches/compare.sh` runs it beside the others.

use std::hint::black_box;
use std::time::Instant;

use esdk::crypto::signature::MessageHash;
use esdk::suite::SignatureAlgorithm;

const BLOCK: usize = 1 << 20;

#[allow(clippy::print_stdout, reason = "what it is for")]
fn main() {
    let bytes: usize = std::env::args().nth(1).and_then(|bytes| bytes.parse().ok()).unwrap_or(1 << 30);
    let block = vec![7; BLOCK];
    let mut hash = MessageHash::new(SignatureAlgorithm::EcdsaP384Sha384);
    hash.update(&block);
    let begun = Instant::now();
    for _ in 0..bytes / BLOCK {
        hash.update(black_box(&block));
    }
    println!("{}", begun.elapsed().as_secs_f64());
    black_box(hash);
}
