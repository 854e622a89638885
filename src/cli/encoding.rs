//! `--encode` and `--decode`: base64 beside a message or its plaintext, streaming.

use std::cell::Cell;
use std::io::{self, BufReader, BufWriter, IoSlice, Read, Write};
use std::rc::Rc;

use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::read::DecoderReader;
use base64::write::EncoderWriter;

/// Bytes of base64 that are read or written at a time.
const BUFFER_LENGTH: usize = 64 * 1024;

/// Bytes as they are, or their base64 in one line.
pub enum Encoded<W: Write> {
    /// As they are.
    Plain(W),
    /// In base64, without line breaks.
    Base64(Base64Writer<W>),
}

/// Base64 that has an end only when it was finished: the encoder itself would write one when it is dropped.
pub struct Base64Writer<W: Write> {
    encoder: Option<Box<EncoderWriter<'static, GeneralPurpose, BufWriter<Gate<W>>>>>,
    is_open: Rc<Cell<bool>>,
}

/// A writer that can be closed from outside: it takes nothing then.
pub struct Gate<W> {
    inner: W,
    is_open: Rc<Cell<bool>>,
}

impl<W: Write> Write for Gate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_open.get() { self.inner.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_open.get() { self.inner.flush() } else { Ok(()) }
    }
}

impl<W: Write> Base64Writer<W> {
    fn new(inner: W) -> Self {
        let is_open = Rc::new(Cell::new(true));
        let gate = Gate { inner, is_open: Rc::clone(&is_open) };
        let writer = BufWriter::with_capacity(BUFFER_LENGTH, gate);
        Self { encoder: Some(Box::new(EncoderWriter::new(writer, &STANDARD))), is_open }
    }

    fn finish(mut self) -> io::Result<W> {
        let mut encoder = self.encoder.take().ok_or(io::ErrorKind::Other)?;
        // The rest of three bytes, their padding, and what waits in the buffer.
        let ended = encoder.finish().and_then(|writer| writer.into_inner().map_err(Into::into));
        if ended.is_err() {
            self.is_open.set(false);
        }
        ended.map(|gate| gate.inner)
    }
}

impl<W: Write> Drop for Base64Writer<W> {
    fn drop(&mut self) {
        if self.encoder.is_some() {
            self.is_open.set(false);
        }
    }
}

/// Whether base64 is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The bytes themselves.
    None,
    /// Base64.
    Base64,
}

impl Encoding {
    /// Base64 when it was asked for.
    pub fn of(is_asked_for: bool) -> Self {
        if is_asked_for { Self::Base64 } else { Self::None }
    }
}

impl<W: Write> Encoded<W> {
    /// Writes to `inner`.
    pub fn new(inner: W, encoding: Encoding) -> Self {
        match encoding {
            Encoding::None => Self::Plain(inner),
            Encoding::Base64 => Self::Base64(Base64Writer::new(inner)),
        }
    }

    /// What is written to, when the bytes go there as they are.
    pub fn plain(&self) -> Option<&W> {
        match self {
            Self::Plain(inner) => Some(inner),
            Self::Base64(_) => None,
        }
    }

    /// Writes what is left and gives the inner writer back.
    ///
    /// # Errors
    /// [`io::Error`] of the inner writer.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(mut inner) => inner.flush().map(|()| inner),
            Self::Base64(writer) => writer.finish(),
        }
    }
}

impl<W: Write> Write for Encoded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write(bytes),
            Self::Base64(writer) => match &mut writer.encoder {
                Some(encoder) => encoder.write(bytes),
                None => Err(io::ErrorKind::WriteZero.into()),
            },
        }
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write_vectored(pieces),
            Self::Base64(_) => {
                let piece = pieces.iter().find(|piece| !piece.is_empty());
                piece.map_or(Ok(0), |piece| self.write(piece))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(inner) => inner.flush(),
            // The last bytes wait for `finish`: only then is it known that there are no more.
            Self::Base64(_) => Ok(()),
        }
    }
}

/// What base64 text stands for; line breaks and blanks are passed over.
pub fn decoded(source: impl Read) -> impl Read {
    let text = BufReader::with_capacity(BUFFER_LENGTH, WithoutBlanks(source));
    DecoderReader::new(text, &STANDARD)
}

/// A source without its ASCII white space.
struct WithoutBlanks<R>(R);

impl<R: Read> Read for WithoutBlanks<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(out)?;
            if read == 0 {
                return Ok(0);
            }
            let mut kept = 0;
            for at in 0..read {
                if !out[at].is_ascii_whitespace() {
                    out[kept] = out[at];
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8], chunk: usize) -> Vec<u8> {
        let mut writer = Encoded::new(Vec::new(), Encoding::Base64);
        for piece in bytes.chunks(chunk.max(1)) {
            writer.write_all(piece).expect("memory");
            writer.flush().expect("memory");
        }
        writer.finish().expect("memory")
    }

    fn read(text: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        decoded(text).read_to_end(&mut bytes).map(|_| bytes)
    }

    #[test]
    fn one_line_out_and_broken_lines_in() {
        for length in [0, 1, 2, 3, 1000, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 253) as u8).collect();
            let text = encoded(&bytes, 7);
            assert!(!text.contains(&b'\n'));
            assert_eq!(read(&text).expect("base64"), bytes);
            let broken: Vec<u8> =
                text.chunks(76).flat_map(|line| [line, b"\r\n"].concat()).chain(*b" \n").collect();
            assert_eq!(read(&broken).expect("base64"), bytes);
        }
    }

    #[test]
    fn what_was_not_finished_has_no_end() {
        let mut text = Vec::new();
        let mut writer = Encoded::new(&mut text, Encoding::Base64);
        writer.write_all(&vec![7; 100_000]).expect("memory");
        drop(writer);
        assert!(!text.is_empty() && !text.contains(&b'='));
        assert_ne!(text.len(), 100_000_usize.div_ceil(3) * 4);
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["AgV4*", "AgV", "A===", "QUJD=QUJD", "QUJDRA==QUJD"] {
            let error = read(text.as_bytes()).expect_err(text);
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{text}");
        }
    }
}
