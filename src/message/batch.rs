//! Batches of bytes: plaintext read into the place where it is sealed, ciphertext opened where it was read.

mod buffer;
mod opening;
mod sealing;

use std::io::{self, IoSlice, Write};

pub(super) use buffer::OpeningBuffer;
pub(super) use opening::OpeningBatch;
pub(super) use sealing::{Position, SealingBatch};

use super::BATCH_LENGTH;
use crate::format::frame::REGULAR_OVERHEAD;

/// Slices given to one vectored call: the limit of the systems we know.
const MAX_SLICES: usize = 1024;
/// Content of frames that are shorter, in bytes, is read and written in one piece: moving it together costs less than a slice
/// for each.
const SHORT_FRAME: usize = 1024;

/// Memory for what is read first and for what is behind a final frame, in bytes: enough for a small message, which is not worth
/// clearing a whole batch.
pub(super) const FIRST_LENGTH: usize = 12 * 1024;

/// How many regular frames of this length are read at a time, and how long they are together, in bytes.
pub(super) fn frames_at_a_time(frame_length: usize) -> (usize, usize) {
    let length = frame_length.saturating_add(REGULAR_OVERHEAD);
    let frames = (BATCH_LENGTH / length).max(1);
    (frames, length.saturating_mul(frames))
}

/// Makes a buffer this long. The first time its pages come zeroed from the system, and a small message touches few.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.is_empty() {
        *bytes = vec![0; length];
    } else {
        bytes.resize(length, 0);
    }
}

/// Writes all the slices, with as few calls as there can be.
pub(super) fn write_all_vectored(destination: &mut impl Write, pieces: &[&[u8]]) -> io::Result<()> {
    for pieces in pieces.chunks(MAX_SLICES) {
        let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = slices.as_mut_slice();
        // Leading empty slices must not be taken for a destination that accepts nothing.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            match destination.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
