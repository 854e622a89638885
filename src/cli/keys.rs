//! `-k` and `-w` to keyrings.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::args::{KeyArgs, TypedKey};
use super::closed_key::Closed;
use super::key_file;
use super::kms_keys::KmsKeys;
use super::local_key::{self, Missing};
use super::plan::Direction;
use super::report::{Failure, FailureKind, UNSIGNED_HINT, path_text};
use super::spec::Spec;
use crate::crypto::rsa::{RsaKeyError, RsaPadding, RsaPrivateKey};
use crate::keyring::Keyring;
use crate::keyring::kms::KmsClients;
use crate::keyring::multi::MultiKeyring;
use crate::keyring::raw_aes::RawAesKeyring;
use crate::keyring::raw_rsa::RawRsaKeyring;
use crate::suite::AlgorithmSuite;

/// Where the passphrase of an encrypted private key is looked for.
pub const PASSPHRASE_VARIABLE: &str = "ESDK_PRIVATE_KEY_PASSPHRASE";
/// The keyring that the arguments ask for, and what the user should know of it.
pub struct PlannedKeys {
    /// All keys, in the order in which they were typed.
    pub keyring: Box<dyn Keyring>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// The KMS clients of this run, which count the calls.
    pub clients: Arc<KmsClients>,
    /// The SPEC, after its option, of a key that goes with suites without a signature only.
    unsigned_only: Option<String>,
}

/// What the keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// They wrap and unwrap.
    Work,
    /// They tell what would be called. Nothing is made, nobody is asked for a passphrase, and no credentials are needed.
    Forecast,
}

/// Makes the keyring. KMS is not called; what would make every call fail is found out where that needs no call.
///
/// # Errors
/// [`Failure`]: a SPEC is wrong, a key file cannot be read, or a profile or Region is missing.
pub fn plan(arguments: &KeyArgs, direction: Direction) -> Result<PlannedKeys, Failure> {
    plan_with(arguments, direction, Arc::new(KmsKeys::clients(arguments)))
}

/// The same to tell what would be called.
///
/// # Errors
/// Those of [`plan`] that are not about credentials.
pub fn forecast(arguments: &KeyArgs, direction: Direction) -> Result<PlannedKeys, Failure> {
    plan_for(Use::Forecast, arguments, direction, Arc::new(KmsKeys::clients(arguments)))
}

/// The same; KMS is reached through these clients, within whose limits all calls are.
///
/// # Errors
/// Those of [`plan`].
pub fn plan_with(
    arguments: &KeyArgs,
    direction: Direction,
    clients: Arc<KmsClients>,
) -> Result<PlannedKeys, Failure> {
    plan_for(Use::Work, arguments, direction, clients)
}

fn plan_for(
    purpose: Use,
    arguments: &KeyArgs,
    direction: Direction,
    clients: Arc<KmsClients>,
) -> Result<PlannedKeys, Failure> {
    let options = Options::of(direction);
    let kms = KmsKeys::new(arguments, direction, clients, purpose);
    let mut warnings = Vec::new();
    let mut unsigned_only = None;
    let mut keyrings: Vec<Box<dyn Keyring>> = Vec::new();
    for typed in &arguments.keys.0 {
        match typed {
            TypedKey::Kms(key) => keyrings.push(kms.typed(key)?),
            TypedKey::Spec(text) => {
                let spec = Spec::parse(options.spec, text)?;
                match spec.provider {
                    "aws-kms-rsa" => {
                        keyrings.push(kms.rsa(&spec)?);
                        unsigned_only.get_or_insert(format!("{} {text}", options.spec));
                    }
                    "raw-aes" => keyrings.push(raw_aes(&spec)?),
                    "raw-rsa" => keyrings.push(raw_rsa(&spec, direction, purpose)?),
                    "local" => keyrings.push(local(direction, purpose, &mut warnings)?),
                    _ => keyrings.extend(kms.of_spec(&spec, &mut warnings)?),
                }
            }
        }
    }
    let mut keyrings = keyrings.into_iter();
    let Some(first) = keyrings.next() else {
        let verb = match direction {
            Direction::Encrypt => "encrypt under",
            Direction::Decrypt => "decrypt with",
            Direction::Rotate => "encrypt the new message under",
        };
        let Options { kms, spec } = options;
        return Err(Failure::usage(format!("no wrapping key is given to {verb}")).hint(format!(
            "give {kms} KEY for AWS KMS, {spec} SPEC for other keys, or {spec} provider=local to try the tool"
        )));
    };
    let rest: Vec<_> = keyrings.collect();
    let keyring = if rest.is_empty() { first } else { Box::new(MultiKeyring::new(first, rest)) };
    Ok(PlannedKeys { keyring, warnings, unsigned_only, clients: kms.clients })
}

/// The options after which keys are typed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// For one KMS key.
    pub kms: &'static str,
    /// For a SPEC.
    pub spec: &'static str,
}

impl Options {
    /// Those of this direction.
    pub fn of(direction: Direction) -> Self {
        match direction {
            Direction::Encrypt | Direction::Decrypt => Self { kms: "-k", spec: "-w" },
            Direction::Rotate => Self { kms: "--to-kms-key", spec: "--to-wrapping-keys" },
        }
    }
}

impl PlannedKeys {
    /// Refuses a suite that does not go with one of the keys.
    ///
    /// # Errors
    /// A usage [`Failure`] that names the key.
    pub fn check_suite(&self, suite: &AlgorithmSuite) -> Result<(), Failure> {
        match &self.unsigned_only {
            Some(spec) if suite.is_signed() => Err(Failure::usage(format!(
                "{spec}: provider=aws-kms-rsa goes with algorithm suites without a signature only, not with {suite}"
            ))
            .hint(UNSIGNED_HINT)),
            _ => Ok(()),
        }
    }
}

fn raw_aes(spec: &Spec) -> Result<Box<dyn Keyring>, Failure> {
    let (namespace, name) = (spec.required("namespace")?, spec.required("name")?);
    let key = match (spec.value("key-file"), spec.value("key-env")) {
        (Some(file), None) => aes_key_from_file(Path::new(file))?,
        (None, Some(variable)) => aes_key_from_environment(variable)?,
        (Some(_), Some(_)) => return Err(spec.failure("key-file= and key-env= exclude each other")),
        (None, None) => return Err(spec.failure("key-file= or key-env= is missing")),
    };
    let keyring =
        RawAesKeyring::new(namespace, name, key).map_err(|error| spec.failure(&error.to_string()))?;
    Ok(Box::new(keyring))
}

fn raw_rsa(spec: &Spec, direction: Direction, purpose: Use) -> Result<Box<dyn Keyring>, Failure> {
    let (namespace, name) = (spec.required("namespace")?, spec.required("name")?);
    let padding = match spec.value("padding") {
        None => RsaPadding::OaepSha256,
        Some(text) => {
            RsaPadding::ALL.into_iter().find(|padding| padding.name() == text).ok_or_else(|| {
                let known = RsaPadding::ALL.map(RsaPadding::name).join(", ");
                spec.failure(&format!("there is no padding {text:?}; there are {known}"))
            })?
        }
    };
    let public = spec.value("public-key-file").map(key_file::public_key).transpose()?;
    let private = match spec.value("private-key-file").map(|file| private_key(Path::new(file), purpose)) {
        Some(Ok(private)) => Some(private),
        Some(Err(Unread::ForWantOfPassphrase)) => {
            return Ok(Box::new(Closed::new("raw-rsa", namespace, name)));
        }
        Some(Err(Unread::Failure(failure))) => return Err(failure),
        None => None,
    };
    match (direction, &public, &private) {
        (Direction::Decrypt, _, None) => return Err(spec.failure("private-key-file= is needed to decrypt")),
        (Direction::Encrypt | Direction::Rotate, None, None) => {
            return Err(spec.failure("public-key-file= is needed to encrypt"));
        }
        _ => {}
    }
    let keyring = RawRsaKeyring::new(namespace, name, padding, public, private)
        .map_err(|error| spec.failure(&error.to_string()))?;
    Ok(Box::new(keyring))
}

/// Why a private key was not read.
enum Unread {
    /// It cannot be, or not be used.
    Failure(Failure),
    /// Nobody is to be asked for its passphrase, and its names are all that is needed of it.
    ForWantOfPassphrase,
}

fn private_key(path: &Path, purpose: Use) -> Result<RsaPrivateKey, Unread> {
    let bytes = key_file::read(path).map_err(Unread::Failure)?;
    let passphrase = &mut || match purpose {
        Use::Work => passphrase(path),
        Use::Forecast => passphrase_variable(),
    };
    RsaPrivateKey::from_file_bytes(&bytes, passphrase).map_err(|error| {
        let failure = key_file::malformed(path, &error);
        match error {
            RsaKeyError::PassphraseNeeded if purpose == Use::Forecast => Unread::ForWantOfPassphrase,
            RsaKeyError::PassphraseNeeded | RsaKeyError::WrongPassphrase => Unread::Failure(
                failure.hint(format!("set {PASSPHRASE_VARIABLE}, or run it at a terminal to be asked")),
            ),
            _ => Unread::Failure(failure),
        }
    })
}

fn local(
    direction: Direction,
    purpose: Use,
    warnings: &mut Vec<String>,
) -> Result<Box<dyn Keyring>, Failure> {
    let missing = if direction.wraps() { Missing::Make } else { Missing::Fail };
    let path = local_key::path()?;
    let keyring: Box<dyn Keyring> = match (purpose, missing) {
        (Use::Forecast, Missing::Make) if !path.exists() => {
            Box::new(Closed::new("raw-aes", "esdk-local", "yet to be made"))
        }
        _ => Box::new(local_key::keyring(missing)?),
    };
    if direction.wraps() {
        warnings.push(format!(
            "provider=local is for trying the tool: only the key in {} opens what it encrypts",
            path_text(&path)
        ));
    }
    Ok(keyring)
}

/// A key file holds the bytes themselves, or hexadecimal or base64 text of them.
fn aes_key_from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = key_file::read(path)?;
    let about = |message: &str| {
        Failure::new(FailureKind::Data, message).about(&format!("key file {}", path_text(path)))
    };
    let text = std::str::from_utf8(&bytes).ok().and_then(|text| aes_key_from_text(text.trim_ascii()));
    match (is_aes_key_length(bytes.len()), text) {
        // 24 characters with padding are base64 of 16 bytes: no random key ends like that.
        (true, Some(key)) if bytes.ends_with(b"==") => Ok(key),
        (true, Some(_)) => Err(about("could be a raw key or the text of a shorter one")
            .hint("when it is text, end it with a newline; when it is raw, write it as base64 text instead")),
        (true, None) => Ok(bytes),
        (false, Some(key)) => Ok(key),
        (false, None) => {
            Err(about("does not hold an AES key: 16, 24 or 32 bytes, raw or in hexadecimal or base64"))
        }
    }
}

fn aes_key_from_environment(variable: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text = std::env::var(variable).map(Zeroizing::new).map_err(|_| {
        Failure::new(
            FailureKind::NoInput,
            format!("key-env={variable}: the variable is not set, or not text"),
        )
    })?;
    aes_key_from_text(text.trim_ascii()).ok_or_else(|| {
        let message =
            format!("key-env={variable}: it does not hold 16, 24 or 32 bytes in hexadecimal or base64");
        Failure::new(FailureKind::Data, message)
    })
}

fn aes_key_from_text(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let key = from_hexadecimal(text).or_else(|| BASE64.decode(text).ok().map(Zeroizing::new))?;
    is_aes_key_length(key.len()).then_some(key)
}

fn from_hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Option<Zeroizing<Vec<u8>>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<Vec<u8>>>()
        .map(Zeroizing::new);
    let digits = digits.filter(|digits| is_aes_key_length(digits.len() / 2) && digits.len() % 2 == 0)?;
    Some(Zeroizing::new(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
}

fn is_aes_key_length(length: usize) -> bool {
    matches!(length, 16 | 24 | 32)
}

/// The passphrase of an encrypted private key: from the environment, or asked for at a terminal.
fn passphrase(path: &Path) -> Option<Zeroizing<String>> {
    use std::io::IsTerminal as _;
    if let Some(passphrase) = passphrase_variable() {
        return Some(passphrase);
    }
    if !std::io::stdin().is_terminal() {
        return None;
    }
    rpassword::prompt_password(format!("Passphrase of {}: ", path_text(path))).ok().map(Zeroizing::new)
}

fn passphrase_variable() -> Option<Zeroizing<String>> {
    std::env::var(PASSPHRASE_VARIABLE).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn key(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, bytes).expect("written");
        aes_key_from_file(&path).map(|key| key.to_vec()).map_err(|failure| failure.message)
    }

    #[test]
    fn key_files_raw_hexadecimal_and_base64() {
        let raw: Vec<u8> = (130..162).collect();
        for length in [16, 24, 32] {
            let raw = &raw[..length];
            let hexadecimal: String = raw.iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(key(raw).as_deref(), Ok(raw));
            assert_eq!(key(format!("{hexadecimal}\n").as_bytes()).as_deref(), Ok(raw));
            assert_eq!(key(format!("{}\r\n", BASE64.encode(raw)).as_bytes()).as_deref(), Ok(raw));
        }
        assert_eq!(key(BASE64.encode(&raw[..16]).as_bytes()).as_deref(), Ok(&raw[..16]));
    }

    #[test]
    fn key_files_that_are_none_or_could_be_two() {
        for bad in [b"".as_slice(), b"short", &[7; 33], b"0123456789abcdef0123456789abcdeg0\n"] {
            assert!(key(bad).expect_err("bad").contains("does not hold an AES key"), "{bad:?}");
        }
        assert!(key(b"0123456789abcdef0123456789abcdef").expect_err("two").contains("could be a raw key"));
    }
}
