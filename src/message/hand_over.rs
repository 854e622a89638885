//! Plaintext from one thread to another, in memory: a few pieces that are used again and wiped at the end.
//!
//! To finish is an act, and to be dropped is not: only a writer that was finished gives its reader an end. One that was
//! dropped gives it an error, so that what reads cannot take a part of the plaintext for the whole.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zeroize::Zeroizing;

use super::BATCH_LENGTH;

/// Greatest length of a piece, in bytes.
const PIECE_LENGTH: usize = BATCH_LENGTH;
/// How many pieces there are at most: they bound the memory.
const MAX_PIECES: usize = 3;

/// Both ends.
pub(super) fn hand_over() -> (HandOverWriter, HandOverReader) {
    let (to, filled) = sync_channel(MAX_PIECES + 1);
    let (back, emptied) = sync_channel(MAX_PIECES);
    let writer = HandOverWriter { piece: None, made: 0, to, emptied };
    let reader = HandOverReader { piece: None, read: 0, has_ended: false, filled, back };
    (writer, reader)
}

/// Where plaintext is written.
pub(super) struct HandOverWriter {
    piece: Option<Piece>,
    made: usize,
    to: SyncSender<Handed>,
    emptied: Receiver<Piece>,
}

/// Where it is read.
pub(super) struct HandOverReader {
    piece: Option<Piece>,
    read: usize,
    has_ended: bool,
    filled: Receiver<Handed>,
    back: SyncSender<Piece>,
}

/// Plaintext; never longer than it was made for, so that nothing of it stays behind in memory that was given up.
type Piece = Zeroizing<Vec<u8>>;

enum Handed {
    Piece(Piece),
    End,
}

/// The other end of a hand-over is gone before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BrokenOff;

impl BrokenOff {
    /// Whether this is why a stream failed.
    pub(super) fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl HandOverWriter {
    /// Hands over the rest, and then the end.
    ///
    /// # Errors
    /// [`io::Error`] of [`BrokenOff`]: the reader is gone.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.send_piece()?;
        self.to.send(Handed::End).map_err(|_| broken_off())
    }

    fn send_piece(&mut self) -> io::Result<()> {
        match self.piece.take() {
            Some(piece) => self.to.send(Handed::Piece(piece)).map_err(|_| broken_off()),
            None => Ok(()),
        }
    }

    fn take_piece(&mut self) -> io::Result<Piece> {
        if let Some(piece) = self.piece.take() {
            return Ok(piece);
        }
        if let Ok(piece) = self.emptied.try_recv() {
            return Ok(piece);
        }
        if self.made < MAX_PIECES {
            self.made += 1;
            return Ok(Zeroizing::new(Vec::with_capacity(PIECE_LENGTH)));
        }
        self.emptied.recv().map_err(|_| broken_off())
    }
}

impl Write for HandOverWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = 0;
        for slice in slices {
            let mut rest: &[u8] = slice;
            while !rest.is_empty() {
                let mut piece = self.take_piece()?;
                let (now, later) = rest.split_at(rest.len().min(PIECE_LENGTH - piece.len()));
                piece.extend_from_slice(now);
                written += now.len();
                rest = later;
                let is_full = piece.len() == PIECE_LENGTH;
                self.piece = Some(piece);
                if is_full {
                    self.send_piece()?;
                }
            }
        }
        Ok(written)
    }

    /// Nothing waits for the rest of a piece: it goes with the next ones, or with the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl HandOverReader {
    /// What is there and has not been read; empty at the end.
    fn rest(&mut self) -> io::Result<&[u8]> {
        while !self.has_ended && self.piece.as_ref().is_none_or(|piece| self.read == piece.len()) {
            if let Some(mut piece) = self.piece.take() {
                piece.clear();
                // The writer may have written all it has, and be gone.
                let _ = self.back.send(piece);
            }
            match self.filled.recv().map_err(|_| broken_off())? {
                Handed::Piece(piece) => (self.piece, self.read) = (Some(piece), 0),
                Handed::End => self.has_ended = true,
            }
        }
        Ok(self.piece.as_ref().and_then(|piece| piece.get(self.read..)).unwrap_or_default())
    }
}

impl Read for HandOverReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.read_vectored(&mut [IoSliceMut::new(out)])
    }

    fn read_vectored(&mut self, slices: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut rest = self.rest()?;
        let before = rest.len();
        for slice in slices {
            let (now, later) = rest.split_at(rest.len().min(slice.len()));
            if let Some(place) = slice.get_mut(..now.len()) {
                place.copy_from_slice(now);
            }
            rest = later;
        }
        let read = before - rest.len();
        self.read += read;
        Ok(read)
    }
}

fn broken_off() -> io::Error {
    io::Error::other(BrokenOff)
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other side of the rotation has failed")
    }
}

impl std::error::Error for BrokenOff {}

impl fmt::Debug for HandOverWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOverWriter").finish_non_exhaustive()
    }
}

impl fmt::Debug for HandOverReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOverReader").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn what_is_written_is_read_whatever_the_lengths() {
        for length in [0, 1, PIECE_LENGTH - 1, PIECE_LENGTH, 5 * PIECE_LENGTH + 7] {
            for step in [1_000, PIECE_LENGTH, 3 * PIECE_LENGTH] {
                let (mut writer, mut reader) = hand_over();
                let sent = bytes(length);
                let writing = thread::spawn(move || {
                    for pieces in sent.chunks(step) {
                        let (one, other) = pieces.split_at(pieces.len() / 3);
                        let slices = [IoSlice::new(one), IoSlice::new(&[]), IoSlice::new(other)];
                        assert_eq!(writer.write_vectored(&slices).expect("read"), pieces.len());
                    }
                    writer.finish().expect("read");
                });
                let mut read = Vec::new();
                reader.read_to_end(&mut read).expect("whole");
                assert!(read == bytes(length), "{length} bytes in steps of {step}");
                assert_eq!(reader.read(&mut [0]).expect("ended"), 0, "the end is still the end");
                writing.join().expect("no panic");
            }
        }
    }

    #[test]
    fn a_writer_that_is_dropped_gives_no_end() {
        for length in [0, 10, PIECE_LENGTH] {
            let (mut writer, mut reader) = hand_over();
            writer.write_all(&bytes(length)).expect("room");
            drop(writer);
            let mut read = Vec::new();
            let error = reader.read_to_end(&mut read).expect_err("no end");
            assert!(BrokenOff::is_in(&error), "{error}");
            assert!(reader.read(&mut [0]).is_err(), "nor later");
        }
    }

    #[test]
    fn a_reader_that_is_dropped_stops_the_writer() {
        let (mut writer, reader) = hand_over();
        let waiting = thread::spawn(move || writer.write_all(&bytes(100 * PIECE_LENGTH)));
        drop(reader);
        let error = waiting.join().expect("no panic").expect_err("nobody reads");
        assert!(BrokenOff::is_in(&error), "{error}");
        let (writer, reader) = hand_over();
        drop(reader);
        assert!(writer.finish().is_err());
    }

    #[test]
    fn no_more_than_so_many_pieces_are_ever_made() {
        let (mut writer, mut reader) = hand_over();
        // Nothing is read yet: the writer is ahead by all the pieces there are.
        writer.write_all(&bytes(MAX_PIECES * PIECE_LENGTH)).expect("room");
        assert_eq!(writer.made, MAX_PIECES);
        let writing = thread::spawn(move || {
            writer.write_all(&bytes(40 * PIECE_LENGTH)).expect("read");
            let made = writer.made;
            writer.finish().expect("read");
            made
        });
        io::copy(&mut reader, &mut io::sink()).expect("whole");
        assert_eq!(writing.join().expect("no panic"), MAX_PIECES);
    }
}
