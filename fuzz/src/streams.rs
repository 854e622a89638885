//! A source that gives its bytes in pieces and watches for how much room was made.

use std::io::{self, ErrorKind, Read};

/// So much room may be made before anything has been read, in bytes.
const BATCH_LENGTH: usize = 256 * 1024;

/// Gives its bytes in pieces; panics when room for more is offered than has been read already.
#[derive(Debug)]
pub struct Watched<'a> {
    rest: &'a [u8],
    given: usize,
    piece: usize,
    interrupts: bool,
    calls: usize,
}

impl<'a> Watched<'a> {
    /// The low five bits of `rhythm` are the length of a piece, 0 for all at once; with bit 5 every third call is
    /// interrupted.
    pub fn new(bytes: &'a [u8], rhythm: u8) -> Self {
        let piece = match rhythm & 0x1F {
            0 => usize::MAX,
            length => usize::from(length),
        };
        Self { rest: bytes, given: 0, piece, interrupts: rhythm & 0x20 != 0, calls: 0 }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (room, given) = (out.len(), self.given);
        assert!(room <= given.max(BATCH_LENGTH), "room for {room} bytes after {given} were read");
        self.calls += 1;
        if self.interrupts && self.calls.is_multiple_of(3) {
            return Err(ErrorKind::Interrupted.into());
        }
        let length = self.piece.min(room).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(length);
        out[..length].copy_from_slice(piece);
        self.rest = rest;
        self.given += length;
        Ok(length)
    }
}
