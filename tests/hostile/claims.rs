//! Small messages that claim to be huge: what they claim is never allocated before the bytes are there.
//!
//! The binary runs with its private memory limited to 16 MiB (`ulimit -d`: heap, mappings and stacks, whether touched or
//! not). When it asks for more, it is ended by a signal and not by its own verdict.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::process::Command;

use esdk::format::extent::TAIL_LENGTH;
use esdk::suite::AlgorithmSuite;

use crate::support::command::{Outcome, Workspace};
use crate::support::in_process::{encrypt, plaintext, suite};
use crate::support::layout::Layout;
use crate::{SIGNED, UNSIGNED, files, small_context, wrapping_keys};

const LIMIT_KIB: usize = 16 * 1024;
/// More than the limit: the bytes of one frame that are really there.
const BEYOND_LIMIT: usize = 24 * 1024 * 1024;

/// Decrypts this message, from a file and from a pipe, with limited memory; both must end in one way.
fn decrypt_limited(place: &Workspace, message: &[u8]) -> Outcome {
    place.write("message", message);
    let from_file = limited(place, &["message"], b"");
    let from_pipe = limited(place, &[], message);
    assert_eq!(from_file.status, from_pipe.status, "{}{}", from_file.stderr, from_pipe.stderr);
    place.remove("message");
    from_file
}

fn limited(place: &Workspace, input: &[&str], standard_input: &[u8]) -> Outcome {
    let mut command = Command::new("sh");
    let script = format!("ulimit -c 0; ulimit -d {LIMIT_KIB}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_esdk")]);
    command.args(files::decrypt_arguments(&["first", "second"]));
    command.args(["--max-encrypted-data-keys", "0", "-o", "out"]);
    command.args(input.iter().map(OsStr::new));
    place.run(command, standard_input)
}

/// It is refused as bad data, by the tool itself, and leaves nothing.
#[track_caller]
fn is_refused(place: &Workspace, what: &str, message: &[u8]) {
    let before = place.files();
    let outcome = decrypt_limited(place, message);
    assert_eq!(outcome.status, Some(65), "{what}: {}", outcome.stderr);
    assert_eq!(place.files(), before, "{what}");
}

/// A message of this frame length whose only frame holds five bytes.
fn small_message(id: u16, frame_length: u32) -> Vec<u8> {
    encrypt(&*wrapping_keys(), suite(id), small_context(), frame_length, &plaintext(5))
}

fn header_of(message: &[u8]) -> &[u8] {
    &message[Layout::of(message).header]
}

/// A header that claims frames of this length, the header of one, and so much of its content.
fn begun_frame(id: u16, frame_length: u32, content: usize) -> Vec<u8> {
    let message = small_message(id, frame_length);
    let frame_header = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    [header_of(&message), &frame_header, &*vec![0; content]].concat()
}

#[test]
fn the_limit_lets_small_messages_pass_and_stops_great_ones() {
    let place = files::place();
    for frame_length in [16, u32::MAX] {
        decrypt_limited_and_opened(&place, &small_message(SIGNED, frame_length));
    }
    // Without a limit this one would be refused too: the limit is what ends it here.
    let great = begun_frame(UNSIGNED, BEYOND_LIMIT as u32 + 1, BEYOND_LIMIT);
    place.write("message", &great);
    let outcome = limited(&place, &["message"], b"");
    assert_eq!(outcome.status, None, "the limit has no effect: {}", outcome.stderr);
}

fn decrypt_limited_and_opened(place: &Workspace, message: &[u8]) {
    place.write("message", message);
    limited(place, &["message"], b"").succeeded();
    assert_eq!(place.read("out"), plaintext(5));
    place.remove("out");
    place.remove("message");
}

#[test]
fn claimed_frames_of_4_gib_are_not_allocated() {
    let place = files::place();
    for suite in AlgorithmSuite::all() {
        for content in [0, 1, 20] {
            let message = begun_frame(suite.id(), u32::MAX, content);
            is_refused(
                &place,
                &format!("{suite}: a regular frame of 4 GiB, {content} bytes there"),
                &message,
            );
        }
        let message = small_message(suite.id(), u32::MAX);
        let place_of_length = Layout::of(&message).place("final frame content length");
        let mut longer = message;
        longer[place_of_length].fill(0xFF);
        is_refused(&place, &format!("{suite}: a final frame of 4 GiB"), &longer);
    }
}

#[test]
fn claimed_lists_and_fields_of_the_header_are_not_allocated() {
    let place = files::place();
    for id in [0x0178, 0x0378, UNSIGNED, SIGNED] {
        let message = small_message(id, 4096);
        let layout = Layout::of(&message);
        let lengths = ["context length", "context pair count", "context key 1 length", "EDK count"];
        let of_edk =
            ["EDK 1 provider id length", "EDK 1 provider information length", "EDK 1 ciphertext length"];
        for name in lengths.into_iter().chain(of_edk) {
            let field = layout.place(name);
            let claims = [&message[..field.start], &[0xFF, 0xFF]].concat();
            // Nothing behind the claim, the message's own bytes behind it, and filled up to 100 bytes.
            is_refused(&place, &format!("{id:04x}: {name}, and the end"), &claims);
            is_refused(&place, &format!("{id:04x}: {name}"), &[&claims, &message[field.end..]].concat());
            let padded = [&*claims, &vec![0; 100_usize.saturating_sub(claims.len())]].concat();
            is_refused(&place, &format!("{id:04x}: {name}, 100 bytes"), &padded);
        }
        if suite(id).is_signed() {
            let field = layout.place("signature length");
            let claims = [&message[..field.start], &[0xFF, 0xFF], &[0; TAIL_LENGTH]].concat();
            is_refused(&place, &format!("{id:04x}: the signature"), &claims);
        }
    }
}
