//! `provider=local`: one AES-256 key of this user, for trying the tool and for tests.
//!
//! The file holds one line: `esdk-local-key-1`, the key's name and the key in base64, separated by blanks.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::report::{Failure, FailureKind, io_text, path_text};
use crate::crypto;
use crate::keyring::raw_aes::RawAesKeyring;

const NAMESPACE: &str = "esdk-local";
const MARK: &str = "esdk-local-key-1";
const KEY_LENGTH: usize = 32;

/// Whether the key may be made when it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Make it.
    Make,
    /// Fail: nothing can have been encrypted under it.
    Fail,
}

/// The keyring of this user's local key.
///
/// # Errors
/// [`Failure`]: the key cannot be read or made.
pub fn keyring(missing: Missing) -> Result<RawAesKeyring, Failure> {
    let path = path()?;
    let text = match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && missing == Missing::Make => {
            make(&path).map_err(|error| {
                Failure::new(
                    FailureKind::CannotCreate,
                    format!("the local key cannot be made: {}", io_text(&error)),
                )
                .about(&path_text(&path))
            })?;
            read(&path)
        }
        other => other,
    };
    let text = text.map_err(|error| {
        let failure =
            Failure::new(FailureKind::NoInput, format!("the local key cannot be read: {}", io_text(&error)))
                .about(&path_text(&path));
        match error.kind() {
            io::ErrorKind::NotFound => {
                failure.hint("this user has encrypted nothing with provider=local on this machine")
            }
            _ => failure,
        }
    })?;
    parse(&text).ok_or_else(|| {
        Failure::new(FailureKind::Data, "the file does not hold a local key")
            .about(&path_text(&path))
            .hint("restore it from a copy; when nothing encrypted under it is needed any more, remove it")
    })
}

/// Where it is.
///
/// # Errors
/// A usage [`Failure`]: there is no place for it.
pub fn path() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("esdk/local.key")).ok_or_else(|| {
        Failure::usage("provider=local needs a place for its key, and neither XDG_DATA_HOME nor HOME is set")
    })
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    fs::read_to_string(path).map(Zeroizing::new)
}

fn parse(text: &str) -> Option<RawAesKeyring> {
    let mut words = text.split_whitespace();
    let (mark, name, key) = (words.next()?, words.next()?, words.next()?);
    let key = Zeroizing::new(BASE64.decode(key).ok()?);
    if mark != MARK || key.len() != KEY_LENGTH || words.next().is_some() {
        return None;
    }
    RawAesKeyring::new(NAMESPACE, name, key).ok()
}

/// Writes a new key where none is; when another process was faster, its key stays.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut name = [0; 8];
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    crypto::random_bytes(&mut name)
        .and_then(|()| crypto::random_bytes(key.as_mut_slice()))
        .map_err(io::Error::other)?;
    let name = u64::from_be_bytes(name);
    let text = Zeroizing::new(format!("{MARK} {name:016x} {}\n", BASE64.encode(key.as_slice())));
    let mut file =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o600)).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring as _;

    #[test]
    fn made_once_private_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/local.key");
        make(&path).expect("made");
        let first = read(&path).expect("there");
        make(&path).expect("there already");
        assert_eq!(*first, *read(&path).expect("there"));
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(parse(&first).expect("a key").name().starts_with("raw-aes esdk-local/"));
        assert!(parse("esdk-local-key-1 name short").is_none());
        assert!(parse("").is_none());
    }
}
