//! `esdk keygen`: wrapping keys for the raw keyrings.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::args::{KeygenArgs, KeygenKind};
use super::interrupt::{Trace, Unfinished};
use super::report::{Failure, FailureKind, io_text, path_text};
use crate::crypto::{self, rsa};

const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o666;

/// Runs it.
///
/// # Errors
/// [`Failure`]: the key cannot be made, or a file of its name exists or cannot be written. No file is left then.
pub fn run(arguments: &KeygenArgs) -> Result<(), Failure> {
    let (KeygenKind::Aes { output, .. } | KeygenKind::Rsa { output, .. }) = &arguments.kind;
    if output == Path::new("-") {
        return Err(Failure::usage("-o -: a key is written to a file of its own, not to standard output"));
    }
    match &arguments.kind {
        KeygenKind::Aes { bits, output } => {
            let mut key = Zeroizing::new(vec![0; *bits as usize / 8]);
            crypto::random_bytes(&mut key)
                .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
            let text = Zeroizing::new(format!("{}\n", BASE64.encode(&key)));
            KeyFile::create(output, PRIVATE)?.write(text.as_bytes())?.keep();
        }
        KeygenKind::Rsa { bits, output } => {
            let with = |ending: &str| {
                let mut path = output.clone().into_os_string();
                path.push(ending);
                PathBuf::from(path)
            };
            // Both files are there before the key is made, so that neither is left without the other.
            let private = KeyFile::create(&with(".private.pem"), PRIVATE)?;
            let public = KeyFile::create(&with(".public.pem"), PUBLIC)?;
            let key =
                rsa::generate(*bits).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
            let private = private.write(key.private_pem.as_bytes())?;
            let public = public.write(key.public_pem.as_bytes())?;
            private.keep();
            public.keep();
        }
    }
    Ok(())
}

/// A new file that is removed again unless it is kept.
struct KeyFile {
    file: File,
    path: PathBuf,
    is_kept: bool,
    _unfinished: Unfinished,
}

impl KeyFile {
    fn create(path: &Path, mode: u32) -> Result<Self, Failure> {
        let open = || OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        let created = Unfinished::create(open, |_| Trace::Path(path.to_owned()));
        let (file, unfinished) = created.map_err(|error| {
            let failure = match error.kind() {
                io::ErrorKind::AlreadyExists => Failure::new(FailureKind::CannotCreate, "exists already")
                    .hint("a key that is overwritten is lost with all it opens: choose another name, or remove it yourself"),
                io::ErrorKind::NotFound => Failure::writing(&error).hint("make its folder first"),
                _ => Failure::writing(&error),
            };
            failure.about(&path_text(path))
        })?;
        Ok(Self { file, path: path.to_owned(), is_kept: false, _unfinished: unfinished })
    }

    fn write(mut self, bytes: &[u8]) -> Result<Self, Failure> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        written.map_err(|error| {
            let message = format!("cannot be written: {}", io_text(&error));
            Failure::new(FailureKind::CannotCreate, message).about(&path_text(&self.path))
        })?;
        Ok(self)
    }

    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // The failure that led here has been reported; an empty file is what would be left at worst.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
