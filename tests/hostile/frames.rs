//! Frames moved, repeated, dropped, renumbered, and taken from other messages.

use esdk::suite::AlgorithmSuite;

use crate::support::in_process::{SameDataKey, decrypt_stream, encrypt, plaintext, suite};
use crate::support::layout::{FramePlace, Layout};
use crate::support::streams::{DribblingReader, Rhythm};
use crate::{FRAME_LENGTH, SIGNED, Target, UNSIGNED, small_context, wrapping_keys};

/// A message as header, frames and footer.
#[derive(Clone)]
struct Pieces {
    header: Vec<u8>,
    frames: Vec<Vec<u8>>,
    footer: Vec<u8>,
}

impl Pieces {
    fn of(target: &Target) -> Pieces {
        Pieces::cut(&target.message, &target.layout)
    }

    fn cut(message: &[u8], layout: &Layout) -> Pieces {
        Pieces {
            header: message[layout.header.clone()].to_vec(),
            frames: layout.frames.iter().map(|frame| message[frame.bytes.clone()].to_vec()).collect(),
            footer: message[layout.footer.clone()].to_vec(),
        }
    }

    fn with(&self, frames: &[&[u8]]) -> Vec<u8> {
        [&self.header, &*frames.concat(), &self.footer].concat()
    }

    /// The message with these of its frames, from 0.
    fn with_order(&self, order: &[usize]) -> Vec<u8> {
        let frames: Vec<&[u8]> = order.iter().map(|place| self.frames[*place].as_slice()).collect();
        self.with(&frames)
    }
}

/// The frame with another sequence number, in the IV as well.
fn renumbered(frame: &[u8], place: &FramePlace, number: u32) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let at = if place.is_final { 4 } else { 0 };
    frame[at..at + 4].copy_from_slice(&number.to_be_bytes());
    frame[at + 12..at + 16].copy_from_slice(&number.to_be_bytes());
    frame
}

/// Every sequence of up to `most` of the numbers 0 to `count - 1`, the empty one included.
fn sequences(count: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    let mut longest = all.clone();
    for _ in 0..most {
        longest = longest
            .iter()
            .flat_map(|sequence| (0..count).map(move |next| [sequence.as_slice(), &[next]].concat()))
            .collect();
        all.extend(longest.clone());
    }
    all
}

#[test]
fn frames_in_every_other_order_number_and_choice_are_refused() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let pieces = Pieces::of(&target);
        let orders = sequences(3, 5);
        assert_eq!(orders.len(), 1 + 3 + 9 + 27 + 81 + 243);
        for order in orders.iter().filter(|order| **order != [0, 1, 2]) {
            target.refuses(|| format!("{suite}: the frames {order:?}"), &pieces.with_order(order));
        }
    }
}

#[test]
fn renumbered_frames_are_refused() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let pieces = Pieces::of(&target);
        let places = &target.layout.frames;
        // Every order again, with the numbers that are due.
        for order in sequences(3, 4).iter().filter(|order| **order != [0, 1, 2]) {
            let frames: Vec<_> = order
                .iter()
                .zip(1..)
                .map(|(place, number)| renumbered(&pieces.frames[*place], &places[*place], number))
                .collect();
            let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
            target.refuses(|| format!("{suite}: the frames {order:?}, renumbered"), &pieces.with(&frames));
        }
        // One frame with another number.
        for (place, frame) in places.iter().enumerate() {
            for number in [0, 1, 2, 3, 4, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF] {
                if number == frame.sequence_number {
                    continue;
                }
                let mut changed = pieces.clone();
                changed.frames[place] = renumbered(&pieces.frames[place], frame, number);
                let what = || format!("{suite}: frame {} as {number}", frame.sequence_number);
                target.refuses(what, &changed.with_order(&[0, 1, 2]));
            }
        }
    }
}

#[test]
fn a_regular_frame_is_not_final_nor_the_other_way_round() {
    for suite in AlgorithmSuite::all() {
        let target = Target::of_suite(suite.id());
        let pieces = Pieces::of(&target);
        for (place, frame) in target.layout.frames.iter().enumerate() {
            let bytes = &pieces.frames[place];
            let other = if frame.is_final {
                [&bytes[4..20], &bytes[24..]].concat()
            } else {
                let length = (FRAME_LENGTH as u32).to_be_bytes();
                [&[0xFF; 4], &bytes[..16], &length, &bytes[16..]].concat()
            };
            let mut frames: Vec<&[u8]> = pieces.frames.iter().map(Vec::as_slice).collect();
            frames[place] = &other;
            let what = || format!("{suite}: frame {} as the other kind", frame.sequence_number);
            target.refuses(what, &pieces.with(&frames));
            frames.truncate(place + 1);
            target.refuses(|| format!("{}, and the last", what()), &pieces.with(&frames));
        }
    }
}

/// Frames, headers and footers of another message that has the same data key, for every suite: with the suites that
/// derive nothing even the key of the frames is the same, and only the message id tells them apart.
#[test]
fn pieces_of_another_message_under_the_same_data_key_are_refused() {
    for suite in AlgorithmSuite::all() {
        let target = Target::sealed_by(Box::new(SameDataKey(wrapping_keys())), suite.id());
        let other = Target::sealed_by(Box::new(SameDataKey(wrapping_keys())), suite.id());
        let (one, two) = (Pieces::of(&target), Pieces::of(&other));
        // Every mixture of the five pieces but the two messages themselves.
        for choice in 1_u8..0b11111 {
            let from = |piece: u8| if choice & 1 << piece == 0 { &one } else { &two };
            let frames: Vec<&[u8]> =
                (0_u8..3).map(|piece| from(piece).frames[usize::from(piece)].as_slice()).collect();
            let mixed = [&from(3).header, &*frames.concat(), &from(4).footer].concat();
            if mixed == target.message || mixed == other.message {
                // An unsigned message has no footer: without one, the choice of it changes nothing.
                assert!(!suite.is_signed());
                continue;
            }
            target.refuses(|| format!("{suite}: mixture {choice:05b}"), &mixed);
        }
    }
}

/// A longer message under the same key is not to be cut to a shorter one, nor put together from two.
#[test]
fn bodies_of_other_lengths_are_refused() {
    for id in [0x0014, 0x0378, 0x0478, 0x0578] {
        let target = Target::sealed_by(Box::new(SameDataKey(wrapping_keys())), id);
        let pieces = Pieces::of(&target);
        for length in [0, 1, FRAME_LENGTH, FRAME_LENGTH + 1, 4 * FRAME_LENGTH] {
            let message = encrypt(
                &*target.keyring,
                suite(id),
                small_context(),
                FRAME_LENGTH as u32,
                &plaintext(length),
            );
            let other = Pieces::cut(&message, &Layout::of(&message));
            for (kept, taken) in
                (0..=3).flat_map(|kept| (0..=other.frames.len()).map(move |taken| (kept, taken)))
            {
                let frames = pieces.frames[..kept].iter().chain(&other.frames[other.frames.len() - taken..]);
                let frames: Vec<&[u8]> = frames.map(Vec::as_slice).collect();
                if (kept, taken) == (3, 0) {
                    continue;
                }
                for footer in [&pieces.footer, &other.footer] {
                    let mixed = [&pieces.header, &*frames.concat(), footer].concat();
                    target.refuses(
                        || format!("{id:04x}: {kept} frames, and {taken} of {length} bytes"),
                        &mixed,
                    );
                }
            }
        }
    }
}

/// The end of the input does not hide what was wrong before it.
#[test]
fn a_frame_out_of_order_and_cut_off_is_refused_for_one_reason_however_it_comes() {
    for target in [UNSIGNED, SIGNED].map(Target::of_suite) {
        let pieces = Pieces::of(&target);
        let message = pieces.with(&[&pieces.frames[0], &pieces.frames[2][..22]]);
        let message = &message[..message.len() - pieces.footer.len()];
        for sizes in [[usize::MAX].as_slice(), &[1], &[2], &[3, 0, 5], &[16]] {
            let source = DribblingReader::new(message, Rhythm::new(sizes));
            let error = decrypt_stream(&*target.keyring, source, Vec::new()).expect_err("out of order");
            assert_eq!(error.to_string(), "frame 3 stands where frame 2 is due", "in pieces of {sizes:?}");
        }
    }
}
