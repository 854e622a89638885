//! What is asked of the system so that bytes move in large pieces.

use std::fs::{File, Metadata};
#[cfg(target_os = "linux")]
use std::os::unix::fs::FileTypeExt as _;

/// The most that a pipe holds without privileges, in bytes, unless the system was told otherwise.
#[cfg(target_os = "linux")]
const PIPE_LENGTH: usize = 1 << 20;
/// Files that are shorter, in bytes, are not worth a call.
#[cfg(target_os = "linux")]
const LONG: u64 = 1 << 20;

/// A pipe is made to hold more, and a long file is read ahead. Where the system will not, it is slower, and nothing else.
pub fn expect_many_bytes(file: &File, metadata: &Metadata) {
    #[cfg(target_os = "linux")]
    if metadata.file_type().is_fifo() {
        if rustix::pipe::fcntl_getpipe_size(file).is_ok_and(|length| length < PIPE_LENGTH) {
            let _ = rustix::pipe::fcntl_setpipe_size(file, PIPE_LENGTH);
        }
    } else if metadata.is_file() && metadata.len() > LONG {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, metadata);
}
