//! The tool against KMS: the emulator of `support/kms`, and a proxy before it that records the calls and plans
//! the faults. Everything goes through the binary.

mod support;

#[path = "kms/caching.rs"]
mod caching;
#[path = "kms/calls.rs"]
mod calls;
#[path = "kms/client.rs"]
mod client;
#[path = "kms/context.rs"]
mod context;
#[path = "kms/credentials.rs"]
mod credentials;
#[path = "kms/discovery.rs"]
mod discovery;
#[path = "kms/environment.rs"]
mod environment;
#[path = "kms/metadata.rs"]
mod metadata;
#[path = "kms/multi_region.rs"]
mod multi_region;
#[path = "kms/order.rs"]
mod order;
#[path = "kms/plain_moto.rs"]
mod plain_moto;
#[path = "kms/plan.rs"]
mod plan;
#[path = "kms/refused.rs"]
mod refused;
#[path = "kms/report.rs"]
mod report;
#[path = "kms/rotate.rs"]
mod rotate;
#[path = "kms/round_trip.rs"]
mod round_trip;
#[path = "kms/rsa.rs"]
mod rsa;
#[path = "kms/several_keys.rs"]
mod several_keys;
#[path = "kms/unavailable.rs"]
mod unavailable;

use support::command::{Outcome, Workspace};
use support::emulator::emulator;
use support::fault_proxy::Proxy;
use support::message::Header;

/// Three frames of the default length, the last one not full.
fn plaintext() -> Vec<u8> {
    (0..10_000_u32).flat_map(u32::to_be_bytes).take(10_000).collect()
}

/// A user with `plain.bin` in his working folder, and a proxy of his own before the emulator.
struct Scene {
    proxy: Proxy,
    place: Workspace,
}

impl Scene {
    fn new() -> Scene {
        let proxy = Proxy::start(emulator().address);
        let place = Workspace::new(&proxy.endpoint());
        place.write("plain.bin", plaintext());
        Scene { proxy, place }
    }

    /// Encrypts `plain.bin` to `message.esdk` and reads its header.
    #[track_caller]
    fn encrypts(&self, keys: &[&str]) -> Header {
        let outcome = self.encrypt(keys);
        outcome.succeeded();
        Header::read(&self.place.read("message.esdk"))
    }

    fn encrypt(&self, arguments: &[&str]) -> Outcome {
        let words = [&["encrypt", "-o", "message.esdk"], arguments, &["plain.bin"]];
        self.place.esdk(words.concat())
    }

    fn decrypt(&self, arguments: &[&str]) -> Outcome {
        let words = [&["decrypt", "-o", "opened.bin"], arguments, &["message.esdk"]];
        self.place.esdk(words.concat())
    }

    /// Decrypts `message.esdk` and compares what comes out.
    #[track_caller]
    fn opens(&self, arguments: &[&str]) -> Outcome {
        self.place.remove("opened.bin");
        let outcome = self.decrypt(arguments);
        outcome.succeeded();
        assert!(self.place.read("opened.bin") == plaintext(), "another plaintext came out");
        outcome
    }

    /// Encryption ends with this status, says these words, and leaves the folder as it was.
    #[track_caller]
    fn cannot_encrypt(&self, arguments: &[&str], status: i32, words: &[&str]) -> Outcome {
        let before = self.place.files();
        let outcome = self.encrypt(arguments);
        outcome.failed(status).saying(words);
        assert_eq!(self.place.files(), before, "{}", outcome.stderr);
        outcome
    }

    /// Decryption ends with this status, says these words, and leaves the folder as it was.
    #[track_caller]
    fn cannot_decrypt(&self, arguments: &[&str], status: i32, words: &[&str]) -> Outcome {
        let before = self.place.files();
        let outcome = self.decrypt(arguments);
        outcome.failed(status).saying(words);
        assert_eq!(self.place.files(), before, "{}", outcome.stderr);
        outcome
    }

    /// The Region and key of each Decrypt call so far.
    fn decrypt_calls(&self) -> Vec<(String, String)> {
        let calls = self.proxy.calls_of("Decrypt");
        calls.iter().map(|call| (call.region.clone(), call.key_id().to_owned())).collect()
    }
}
