//! Where each field of a framed message lies, versions 1 and 2: a reader of the format that shares no code with the
//! crate's, so that a test which changes a field changes the one it means.
//!
//! Spec: data-format/message.md

use std::ops::Range;

const SIGNED_SUITES: [u16; 4] = [0x0214, 0x0346, 0x0378, 0x0578];
const FINAL_MARKER: u32 = u32::MAX;
const TAG_LENGTH: usize = 16;

/// The parts of one message.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Every field in its order, without a gap.
    pub fields: Vec<Field>,
    /// The header and its authentication.
    pub header: Range<usize>,
    pub frames: Vec<FramePlace>,
    /// Empty in an unsigned message.
    pub footer: Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub bytes: Range<usize>,
    pub kind: FieldKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number of bytes or of things that follow.
    Length,
    Other,
}

#[derive(Clone, Debug)]
pub struct FramePlace {
    pub bytes: Range<usize>,
    pub content: Range<usize>,
    pub sequence_number: u32,
    pub is_final: bool,
}

impl Layout {
    /// Reads a whole message.
    ///
    /// # Panics
    /// When it is not a well-formed framed message to its last byte.
    pub fn of(message: &[u8]) -> Layout {
        let mut cursor = Cursor { message, fields: Vec::new(), at: 0 };
        let suite = cursor.header();
        let header = 0..cursor.at;
        let frame_length = number(&message[cursor.place("frame length")]);
        let mut frames = Vec::new();
        while !frames.last().is_some_and(|frame: &FramePlace| frame.is_final) {
            frames.push(cursor.frame(frame_length));
        }
        let body_end = cursor.at;
        if SIGNED_SUITES.contains(&suite) {
            cursor.counted("signature");
        }
        assert_eq!(cursor.at, message.len(), "bytes after the message");
        Layout { fields: cursor.fields, header, frames, footer: body_end..message.len() }
    }

    /// Where the field of this name lies.
    #[track_caller]
    pub fn place(&self, name: &str) -> Range<usize> {
        let field = self.fields.iter().find(|field| field.name == name);
        field.unwrap_or_else(|| panic!("no field {name}")).bytes.clone()
    }

    /// The field that this byte belongs to.
    pub fn field_at(&self, byte: usize) -> &str {
        let field = self.fields.iter().find(|field| field.bytes.contains(&byte));
        field.map_or("the end", |field| &field.name)
    }

    /// Length of the plaintext in bytes.
    pub fn plaintext_length(&self) -> usize {
        self.frames.iter().map(|frame| frame.content.len()).sum()
    }
}

/// A big-endian number of up to four bytes.
pub fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

struct Cursor<'a> {
    message: &'a [u8],
    fields: Vec<Field>,
    at: usize,
}

impl Cursor<'_> {
    /// Reads the header and its authentication; gives the suite's id.
    fn header(&mut self) -> u16 {
        let is_first = number(self.other("version", 1)) == 1;
        if is_first {
            self.other("type", 1);
        }
        let suite = number(self.other("suite", 2)) as u16;
        self.other("message id", if is_first { 16 } else { 32 });
        if self.length("context length", 2) > 0 {
            for pair in 1..=self.length("context pair count", 2) {
                self.counted(&format!("context key {pair}"));
                self.counted(&format!("context value {pair}"));
            }
        }
        for edk in 1..=self.length("EDK count", 2) {
            self.counted(&format!("EDK {edk} provider id"));
            self.counted(&format!("EDK {edk} provider information"));
            self.counted(&format!("EDK {edk} ciphertext"));
        }
        assert_eq!(self.other("content type", 1), [2], "a framed body");
        if is_first {
            self.other("reserved", 4);
            self.length("IV length", 1);
        }
        self.length("frame length", 4);
        if is_first {
            self.other("header IV", 12);
        } else {
            self.other("commitment key", 32);
        }
        self.other("header tag", TAG_LENGTH);
        suite
    }

    fn frame(&mut self, frame_length: u32) -> FramePlace {
        let start = self.at;
        let is_final = number(&self.message[start..start + 4]) == FINAL_MARKER;
        let frame = if is_final {
            "final frame".to_owned()
        } else {
            format!("frame {}", number(&self.message[start..start + 4]))
        };
        if is_final {
            self.other("final frame marker", 4);
        }
        let sequence_number = number(self.other(&format!("{frame} sequence number"), 4));
        self.other(&format!("{frame} IV"), 12);
        let length = if is_final { self.length("final frame content length", 4) } else { frame_length };
        let content = self.at..self.at + length as usize;
        self.other(&format!("{frame} content"), content.len());
        self.other(&format!("{frame} tag"), TAG_LENGTH);
        FramePlace { bytes: start..self.at, content, sequence_number, is_final }
    }

    /// A field behind its length in two bytes.
    fn counted(&mut self, name: &str) {
        let length = self.length(&format!("{name} length"), 2);
        self.other(name, length as usize);
    }

    fn length(&mut self, name: &str, width: usize) -> u32 {
        number(self.take(name, width, FieldKind::Length))
    }

    fn other(&mut self, name: &str, length: usize) -> &[u8] {
        self.take(name, length, FieldKind::Other)
    }

    fn take(&mut self, name: &str, length: usize, kind: FieldKind) -> &[u8] {
        let bytes = self.at..self.at + length;
        assert!(bytes.end <= self.message.len(), "the message ends inside {name}");
        self.at = bytes.end;
        self.fields.push(Field { name: name.to_owned(), bytes: bytes.clone(), kind });
        &self.message[bytes]
    }

    fn place(&self, name: &str) -> Range<usize> {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map(|field| field.bytes.clone()).expect("it has been read")
    }
}
