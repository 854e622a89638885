//! What the tool says: errors, hints and warnings on standard error, and the exit status.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use super::terminal::say;
use crate::format::FormatError;
use crate::format::recognise::OtherFormat;
use crate::keyring::kms::{KmsFailure, KmsFailureKind};
use crate::keyring::{NotMine, Refusal, WrapError};
use crate::message::replay::{ChangedWhileRead, SpoolError};
use crate::message::{DecryptError, EdkReport, EncryptError, Verdict};

/// The reasons for which a run can fail; each has an exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// A reason that no other kind names.
    Other,
    /// Wrong usage.
    Usage,
    /// Not a message, damaged, tampered with or truncated.
    Data,
    /// An input is missing or cannot be read.
    NoInput,
    /// An output exists or cannot be written.
    CannotCreate,
    /// It could work later.
    TryAgain,
    /// No key opened it, access denied, or a requirement is not met.
    Refused,
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened and where; more lines than one when several keys failed.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Whether nothing is said: the reader of a pipe has gone.
    pub is_quiet: bool,
    /// What the library gave, for whoever puts it in other words.
    pub cause: Option<Cause>,
}

/// An error of the library that a failure comes from.
#[derive(Clone, Debug)]
pub enum Cause {
    /// A message could not be encrypted.
    Encrypt(Arc<EncryptError>),
    /// A message could not be decrypted.
    Decrypt(Arc<DecryptError>),
}

impl FailureKind {
    /// The exit status that stands for it.
    pub fn status(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::CannotCreate => 73,
            Self::TryAgain => 75,
            Self::Refused => 77,
        }
    }

    /// Its name in metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Usage => "usage",
            Self::Data => "data",
            Self::NoInput => "no-input",
            Self::CannotCreate => "cannot-create",
            Self::TryAgain => "try-again",
            Self::Refused => "refused",
        }
    }
}

impl Failure {
    /// A failure without advice.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, is_quiet: false, cause: None }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// The same with what to do next.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same about this file.
    pub fn about(mut self, what: &impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// A failure to write an output.
    pub fn writing(error: &io::Error) -> Self {
        let failure = Self::new(FailureKind::CannotCreate, format!("cannot be written: {}", io_text(error)));
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { is_quiet: true, ..failure },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                failure.hint("make room and run it again")
            }
            _ => failure,
        }
    }

    /// A failure to read an input.
    pub fn reading(error: &io::Error) -> Self {
        match error.get_ref() {
            Some(inner) if inner.is::<SpoolError>() => {
                return Self::new(FailureKind::CannotCreate, io_text(error))
                    .hint("make room there, or set TMPDIR to a directory with room for the whole message");
            }
            Some(inner) if inner.is::<ChangedWhileRead>() => {
                return Self::new(FailureKind::Data, io_text(error))
                    .hint("run it again when nothing writes to it");
            }
            Some(inner) if inner.is::<base64::DecodeError>() => {
                return Self::new(FailureKind::Data, format!("is not base64: {}", io_text(error)));
            }
            _ => {}
        }
        Self::new(FailureKind::NoInput, format!("cannot be read: {}", io_text(error)))
    }

    /// Says it on standard error.
    pub fn print(&self) {
        if self.is_quiet {
            return;
        }
        say("error", &self.message);
        if let Some(hint) = &self.hint {
            say("hint", hint);
        }
    }
}

/// A path for people.
pub fn path_text(path: &Path) -> String {
    crate::format::escaped(path.as_os_str().as_encoded_bytes())
}

/// An error of the operating system without its number.
pub fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

impl From<EncryptError> for Failure {
    fn from(error: EncryptError) -> Self {
        let failure = Self::of_encrypting(&error);
        Self { cause: Some(Cause::Encrypt(Arc::new(error))), ..failure }
    }
}

impl From<DecryptError> for Failure {
    fn from(error: DecryptError) -> Self {
        let failure = Self::of_decrypting(&error);
        Self { cause: Some(Cause::Decrypt(Arc::new(error))), ..failure }
    }
}

impl Failure {
    fn of_encrypting(error: &EncryptError) -> Self {
        let message = error.to_string();
        match error {
            EncryptError::ReadPlaintext(error) => Self::reading(error),
            EncryptError::WriteCiphertext(error) => Self::writing(error),
            EncryptError::Wrap(WrapError::Kms(failure)) => Self::from_kms(failure),
            EncryptError::Policy(_) => Self::new(FailureKind::Refused, message)
                .hint("choose another --algorithm, or the --commitment-policy that allows this one"),
            EncryptError::Context(_) => Self::usage(message),
            EncryptError::TooManyEncryptedDataKeys { .. } => {
                Self::usage(message).hint("raise --max-encrypted-data-keys, or give fewer keys")
            }
            EncryptError::Wrap(WrapError::UnwrapsOnly { .. }) => {
                Self::usage(message).hint("name the keys to encrypt with: -k KEY")
            }
            EncryptError::Wrap(WrapError::SignedSuite { .. }) => Self::usage(message).hint(UNSIGNED_HINT),
            EncryptError::Wrap(WrapError::RsaKeyTooSmall { .. } | WrapError::NoPublicKey { .. }) => {
                Self::new(FailureKind::Refused, message)
            }
            EncryptError::PlaintextOverBound { .. } => Self::new(FailureKind::TryAgain, message).hint(
                "it grew while it was read; run it again when nothing writes to it, or without --caching",
            ),
            EncryptError::TooManyFrames { .. } => {
                Self::usage(message).hint("choose a greater --frame-length")
            }
            _ => Self::new(FailureKind::Other, message),
        }
    }

    fn of_decrypting(error: &DecryptError) -> Self {
        let message = error.to_string();
        match error {
            DecryptError::ReadCiphertext(error) => Self::reading(error),
            DecryptError::WritePlaintext(error) => Self::writing(error),
            DecryptError::OtherFormat(format) => {
                Self::new(FailureKind::Data, message).hint(other_format_hint(*format))
            }
            DecryptError::Format(error) => Self::from_format(error, message),
            DecryptError::NoKeyOpened(reports) => Self::from_reports(reports, message),
            DecryptError::Policy(_) => Self::new(FailureKind::Refused, message).hint(
                "the message does not commit to its key; when you trust its source, \
                 decrypt with --commitment-policy require-encrypt-allow-decrypt",
            ),
            DecryptError::Context(_) => Self::new(FailureKind::Refused, message)
                .hint("the message may belong somewhere else; `esdk inspect` shows its encryption context"),
            DecryptError::SignatureRequired(_) | DecryptError::SignatureForbidden(_) => {
                Self::new(FailureKind::Refused, message)
            }
            DecryptError::LengthOverLimit { .. } => Self::new(FailureKind::Data, message)
                .hint("raise --max-length when you trust the message's source"),
            DecryptError::HeaderNotAuthentic
            | DecryptError::FrameNotAuthentic { .. }
            | DecryptError::BodyNotAuthentic
            | DecryptError::Commitment
            | DecryptError::SignatureNotValid => Self::new(FailureKind::Data, message).hint(
                "the message was changed or damaged after it was encrypted; restore it from its source",
            ),
            DecryptError::NoPublicKey | DecryptError::PublicKeyInUnsigned | DecryptError::PublicKey(_) => {
                Self::new(FailureKind::Data, message)
            }
            DecryptError::Unframed
            | DecryptError::Derive(_)
            | DecryptError::Key(_)
            | DecryptError::Thread(_) => Self::new(FailureKind::Other, message),
        }
    }

    fn from_format(error: &FormatError, message: String) -> Self {
        let failure = Self::new(FailureKind::Data, message);
        match error {
            FormatError::Base64Text => failure.hint("give --decode"),
            FormatError::EndsInside { .. } | FormatError::EndsInsideFrame { .. } => {
                failure.hint("the message was cut short; copy it again from its source")
            }
            FormatError::TrailingBytes { .. } => {
                failure.hint("something was appended to the message; restore it from its source")
            }
            FormatError::TooManyEncryptedDataKeys { .. } => {
                failure.hint("raise --max-encrypted-data-keys when you trust the message's source")
            }
            FormatError::SequenceNumber { .. } | FormatError::FinalFrameLength { .. } => failure.hint(
                "the message was changed or damaged after it was encrypted; restore it from its source",
            ),
            _ => failure,
        }
    }

    /// A failure of KMS that ends the job.
    pub fn from_kms(failure: &KmsFailure) -> Self {
        let message = Self::new(kms_kind(failure), failure.to_string());
        match kms_hint(failure.kind) {
            Some(hint) => message.hint(hint),
            None => message,
        }
    }

    /// Refusals are why, unless all that is the matter is of one other kind.
    fn from_reports(reports: &[EdkReport], message: String) -> Self {
        let refused = reports.iter().filter_map(|report| match &report.verdict {
            Verdict::Refused(refusal) => Some(refusal),
            Verdict::NotMine(_) | Verdict::Opened => None,
        });
        let kind_of = |refusal: &Refusal| match refusal {
            _ if refusal.is_passing() => FailureKind::TryAgain,
            Refusal::Kms(failure) => kms_kind(failure),
            _ => FailureKind::Refused,
        };
        let mut kinds = refused.map(kind_of);
        let kind = match kinds.next() {
            Some(first) if kinds.all(|kind| kind == first) => first,
            _ => FailureKind::Refused,
        };
        let failure = Self::new(kind, message);
        match reports.iter().find_map(|report| report_hint(&report.verdict)) {
            Some(hint) => failure.hint(hint),
            None => failure.hint("give one of the keys named above, with -k or -w"),
        }
    }
}

/// What to do about a suite that signs under keys that go with others only.
pub const UNSIGNED_HINT: &str = "give --unsigned, or another --algorithm without a signature";

/// The kind of a call's failure.
fn kms_kind(failure: &KmsFailure) -> FailureKind {
    match failure.kind {
        _ if failure.is_passing() => FailureKind::TryAgain,
        KmsFailureKind::NoRegion | KmsFailureKind::Configuration => FailureKind::Usage,
        KmsFailureKind::Unreadable => FailureKind::Other,
        _ => FailureKind::Refused,
    }
}

fn other_format_hint(format: OtherFormat) -> &'static str {
    match format {
        OtherFormat::Age => "decrypt it with age",
        OtherFormat::OpenPgp => "decrypt it with gpg",
        OtherFormat::KmsCiphertext => "decrypt it with: aws kms decrypt --ciphertext-blob fileb://FILE",
        OtherFormat::KmsCiphertextBase64 => {
            "decode it, and decrypt it with: aws kms decrypt --ciphertext-blob fileb://FILE"
        }
        OtherFormat::OpenSslSalted => "decrypt it with openssl enc -d",
        OtherFormat::Gzip => "decompress it first: gzip -d",
    }
}

fn report_hint(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Refused(Refusal::Kms(failure)) => kms_hint(failure.kind),
        Verdict::Refused(Refusal::Several(refusals)) => refusals.iter().find_map(|refusal| match refusal {
            Refusal::Kms(failure) => kms_hint(failure.kind),
            _ => None,
        }),
        Verdict::Refused(Refusal::OtherContext) => kms_hint(KmsFailureKind::InvalidCiphertext),
        Verdict::Refused(Refusal::DoesNotOpen | Refusal::NotAuthentic) => {
            Some("check that it is the key that the message was encrypted under; several can bear one name")
        }
        Verdict::Refused(Refusal::NoPrivateKey) => Some("give the private half: private-key-file=FILE"),
        Verdict::NotMine(NotMine::FilteredAccount(_) | NotMine::FilteredPartition(_)) => Some(
            "when you trust the key's owner, add its account with discovery-account=, or name the key with -k",
        ),
        Verdict::NotMine(NotMine::FilteredRegion(_)) => {
            Some("add the key's Region with discovery-region=, or name the key with -k")
        }
        _ => None,
    }
}

fn kms_hint(kind: KmsFailureKind) -> Option<&'static str> {
    Some(match kind {
        KmsFailureKind::AccessDenied => {
            "the caller needs this IAM permission on this key, in its own policies or the key's"
        }
        KmsFailureKind::NotFound => "check the key's id, Region and account",
        KmsFailureKind::Disabled => "have the key enabled again (aws kms enable-key), or use another one",
        KmsFailureKind::InvalidState => {
            "have the key's deletion cancelled (aws kms cancel-key-deletion) while that is possible"
        }
        KmsFailureKind::InvalidCiphertext => {
            "the encryption context may differ from the one it was encrypted with, or the message was changed"
        }
        KmsFailureKind::Throttled | KmsFailureKind::ServiceFault => "nothing was written; try again later",
        KmsFailureKind::TimedOut | KmsFailureKind::Unreachable => {
            "check the network, the Region and --endpoint-url, and try again"
        }
        KmsFailureKind::NoCredentials => {
            "give AWS credentials: AWS_PROFILE or --profile, `aws sso login`, or AWS_ACCESS_KEY_ID; \
             for a profile with MFA, make a session first"
        }
        KmsFailureKind::MfaNeeded => {
            "make a session with the code, and use it in place of the profile: \
             eval \"$(aws configure export-credentials --profile NAME --format env)\""
        }
        KmsFailureKind::Configuration => {
            "check --profile and AWS_PROFILE, the files ~/.aws/config and ~/.aws/credentials, and AWS_CA_BUNDLE"
        }
        KmsFailureKind::Unreadable => {
            "something between here and KMS answers in its place: check --endpoint-url and proxies"
        }
        KmsFailureKind::Untrusted => {
            "check --endpoint-url, and that the authority that signed its certificate is trusted: \
             by the system, or in the file that AWS_CA_BUNDLE names"
        }
        KmsFailureKind::NoRegion => "give --region, set AWS_REGION, or name the key by its ARN",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_quiet() {
        assert!(Failure::writing(&io::ErrorKind::BrokenPipe.into()).is_quiet);
        assert!(!Failure::writing(&io::ErrorKind::StorageFull.into()).is_quiet);
    }
}
