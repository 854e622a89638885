//! Files of keys: read whole, wiped when they are dropped.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::report::{Failure, FailureKind, path_text};
use crate::crypto::rsa::RsaPublicKey;

/// A key file is at most this long, in bytes: RSA keys and certificates are a tenth of it.
const MAX_KEY_FILE_LENGTH: u64 = 64 << 10;
/// Room for every usual key file, so that reading one leaves no copies behind, in bytes.
const KEY_FILE_CAPACITY: usize = 16 << 10;

/// The bytes of a key file.
///
/// # Errors
/// [`Failure`]: it cannot be read, or is too long for a key.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let about = |failure: Failure| failure.about(&format!("key file {}", path_text(path)));
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_CAPACITY));
    fs::File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE_LENGTH + 1).read_to_end(&mut bytes))
        .map_err(|error| about(Failure::reading(&error)))?;
    if bytes.len() as u64 > MAX_KEY_FILE_LENGTH {
        let message = format!("it is longer than {MAX_KEY_FILE_LENGTH} bytes, too long for a key");
        return Err(about(Failure::new(FailureKind::Data, message)));
    }
    Ok(bytes)
}

/// The failure of a file that does not hold the key that it should.
pub fn malformed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Data, error.to_string()).about(&path_text(path))
}

/// The RSA public key in a file.
///
/// # Errors
/// [`Failure`]: it cannot be read, or is none.
pub fn public_key(file: &str) -> Result<RsaPublicKey, Failure> {
    let path = Path::new(file);
    RsaPublicKey::from_file_bytes(&read(path)?).map_err(|error| malformed(path, &error))
}
