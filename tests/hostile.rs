//! Bad input, exhausted and not sampled: of one small message of each kind every bit is flipped, every length cut,
//! every length field set to its limits, every frame moved. Each change must be refused, none may panic, and nothing
//! that was not authenticated may come out.

mod support;

#[path = "hostile/bytes.rs"]
mod bytes;
#[path = "hostile/claims.rs"]
mod claims;
#[path = "hostile/files.rs"]
mod files;
#[path = "hostile/frames.rs"]
mod frames;
#[path = "hostile/lengths.rs"]
mod lengths;

use std::panic::{AssertUnwindSafe, catch_unwind};

use esdk::context::EncryptionContext;
use esdk::keyring::Keyring;
use esdk::message::DecryptError;

use support::in_process::{aes, context, decrypt_stream, encrypt, plaintext, several, suite};
use support::layout::Layout;

/// Bytes of plaintext in a frame.
const FRAME_LENGTH: usize = 16;
/// Two full frames and half of one.
const PLAINTEXT_LENGTH: usize = 40;
/// The suites whose messages are exhausted first of all: committing, unsigned and signed.
const UNSIGNED: u16 = 0x0478;
const SIGNED: u16 = 0x0578;

/// A small message: three frames, two pairs of context, two encrypted data keys.
struct Target {
    message: Vec<u8>,
    plaintext: Vec<u8>,
    layout: Layout,
    /// Opens both encrypted data keys.
    keyring: Box<dyn Keyring>,
}

impl Target {
    fn of_suite(id: u16) -> Target {
        let target = Target::sealed_by(wrapping_keys(), id);
        assert_eq!(target.layout.frames.len(), 3);
        assert_eq!(target.layout.footer.is_empty(), !suite(id).is_signed());
        target
    }

    /// The message of this suite that such a keyring gives.
    fn sealed_by(keyring: Box<dyn Keyring>, id: u16) -> Target {
        let plaintext = plaintext(PLAINTEXT_LENGTH);
        let message = encrypt(&*keyring, suite(id), small_context(), FRAME_LENGTH as u32, &plaintext);
        let layout = Layout::of(&message);
        let target = Target { message, plaintext, layout, keyring };
        // The message as it is must be read, or the rest proves nothing.
        assert!(matches!(target.open(&target.message), (Ok(()), written) if written == target.plaintext));
        target
    }

    /// Opens a message with this one's keys; gives what was written, whatever the outcome.
    fn open(&self, message: &[u8]) -> (Result<(), DecryptError>, Vec<u8>) {
        let mut written = Vec::new();
        let result = decrypt_stream(&*self.keyring, message, &mut written).map(drop);
        (result, written)
    }

    /// A change of this message is refused, and gives out nothing but whole authentic frames before the final one.
    #[track_caller]
    fn refuses(&self, what: impl FnOnce() -> String, changed: &[u8]) -> DecryptError {
        self.refuses_with(what, changed, &self.plaintext)
    }

    /// The same, when the frames can be of another message with this plaintext.
    #[track_caller]
    fn refuses_with(&self, what: impl FnOnce() -> String, changed: &[u8], plaintext: &[u8]) -> DecryptError {
        let Ok((result, written)) = catch_unwind(AssertUnwindSafe(|| self.open(changed))) else {
            panic!("{}: a panic", what());
        };
        let Err(error) = result else { panic!("{}: accepted", what()) };
        assert!(plaintext.starts_with(&written), "{}: gave out {written:02x?}", what());
        let before_final = (plaintext.len() - 1) / FRAME_LENGTH * FRAME_LENGTH;
        assert!(written.len() <= before_final, "{}: gave out the final frame", what());
        assert!(written.len().is_multiple_of(FRAME_LENGTH), "{}: gave out half a frame", what());
        assert!(!error.to_string().is_empty(), "{}: {error:?} says nothing", what());
        error
    }
}

fn wrapping_keys() -> Box<dyn Keyring> {
    several(vec![aes("first", 32), aes("second", 16)])
}

fn small_context() -> EncryptionContext {
    // The first key sorts before the public key of a signed message.
    context([("account", "hostile"), ("é", "")])
}
