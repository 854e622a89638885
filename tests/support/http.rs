//! As much of HTTP/1.1 as a KMS client and a proxy in front of KMS need: messages with a `Content-Length`.

use std::io::{self, Read};
use std::net::TcpStream;

/// Greatest head that is read, in bytes: a signed KMS request has about 1.5 KiB.
const HEAD_LIMIT: usize = 64 << 10;

/// A request or an answer.
pub struct Message {
    /// Start line and headers, as they came, with the empty line that ends them.
    pub head: Vec<u8>,
    /// What follows the head.
    pub body: Vec<u8>,
}

impl Message {
    /// The value of a header, empty when there is none of that name.
    pub fn header(&self, name: &str) -> String {
        header(&self.head, name).unwrap_or_default()
    }

    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        let head = String::from_utf8_lossy(&self.head);
        head.split(' ').nth(1)?.parse().ok()
    }
}

/// Reads a whole message; `None` when the peer closed the connection before it.
pub fn read_message(stream: &mut TcpStream) -> io::Result<Option<Message>> {
    let Some(mut message) = read_all_but_last_byte(stream)? else {
        return Ok(None);
    };
    take_last_byte(stream, &mut message)?;
    Ok(Some(message))
}

/// Reads a message and leaves the last byte of its body with the operating system, though it is in `body`.
/// A connection that is dropped in this state is reset, not closed.
pub fn read_all_but_last_byte(stream: &mut TcpStream) -> io::Result<Option<Message>> {
    let Some(head) = read_head(stream)? else {
        return Ok(None);
    };
    let length = match header(&head, "content-length") {
        Some(text) => text.parse().map_err(|_| io::ErrorKind::InvalidData)?,
        None => 0,
    };
    let mut body = vec![0; length];
    if let Some((last, rest)) = body.split_last_mut() {
        stream.read_exact(rest)?;
        if stream.peek(std::slice::from_mut(last))? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Some(Message { head, body }))
}

/// Takes the byte that [`read_all_but_last_byte`] left.
pub fn take_last_byte(stream: &mut TcpStream, message: &mut Message) -> io::Result<()> {
    match message.body.last_mut() {
        Some(last) => stream.read_exact(std::slice::from_mut(last)),
        None => Ok(()),
    }
}

/// One byte at a time, so that nothing of the body is taken.
fn read_head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        head.extend(byte);
        if head.len() > HEAD_LIMIT {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(Some(head))
}

fn header(head: &[u8], name: &str) -> Option<String> {
    String::from_utf8_lossy(head)
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}
