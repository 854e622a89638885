//! A failure in the original's words: the exception that Python would have raised, with its arguments.

use super::stop::raised;
use crate::cli::metadata::Record;
use crate::cli::report::{Cause, Failure, FailureKind};
use crate::commitment::CommitmentPolicyError;
use crate::format::recognise::OtherFormat;
use crate::format::{ContentType, FormatError};
use crate::keyring::kms::{KmsFailure, KmsFailureKind, KmsOperation};
use crate::keyring::{NotMine, Refusal, WrapError};
use crate::message::{DecryptError, EdkReport, EncryptError, Verdict};

const SEE: &str =
    "See: https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/troubleshooting-migration.html";

/// What the original says of a failure; `record` is what was learned before it, `max_length` what was typed.
pub fn of_failure(failure: &Failure, record: &Record, max_length: Option<i128>) -> String {
    let known = match &failure.cause {
        Some(Cause::Encrypt(error)) => of_encrypting(error),
        Some(Cause::Decrypt(error)) => of_decrypting(error, record, max_length),
        None => None,
    };
    let known = known.or_else(|| of_system(failure));
    known.unwrap_or_else(|| raised(class(failure.kind), &[&failure.message]))
}

/// What the operating system says, how Python calls it, and its number; scripts look for the words.
const SYSTEM: &[(&str, &str, &str)] = &[
    ("No such file or directory", "FileNotFoundError", "2"),
    ("Permission denied", "PermissionError", "13"),
    ("Not a directory", "NotADirectoryError", "20"),
    ("Is a directory", "IsADirectoryError", "21"),
    ("File too large", "OSError", "27"),
    ("No space left on device", "OSError", "28"),
    ("Read-only file system", "OSError", "30"),
    ("File name too long", "OSError", "36"),
    ("Disk quota exceeded", "OSError", "122"),
];

/// A file that cannot be read or written, in the system's own words.
fn of_system(failure: &Failure) -> Option<String> {
    if !matches!(failure.kind, FailureKind::NoInput | FailureKind::CannotCreate) {
        return None;
    }
    let message = failure.message.to_lowercase();
    let (text, class, number) = SYSTEM.iter().find(|(text, ..)| message.ends_with(&text.to_lowercase()))?;
    Some(raised(class, &[number, text]))
}

/// What Python would have raised where there is no nearer match.
fn class(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NoInput | FailureKind::CannotCreate => "OSError",
        FailureKind::Data => "SerializationError",
        FailureKind::TryAgain => "ClientError",
        FailureKind::Refused => "MasterKeyProviderError",
        FailureKind::Usage => "ValueError",
        FailureKind::Other => "AWSEncryptionSDKClientError",
    }
}

fn of_encrypting(error: &EncryptError) -> Option<String> {
    Some(match error {
        EncryptError::Policy(error) => {
            let requiring = if error.suite.is_committing() { "non-committed" } else { "committed" };
            conflict(error, "encrypt", requiring)
        }
        EncryptError::TooManyEncryptedDataKeys { count, limit } => too_many(*count, *limit),
        EncryptError::Wrap(WrapError::Kms(failure)) => of_connection(failure).unwrap_or_else(|| {
            let (class, what) = match failure.operation {
                KmsOperation::GenerateDataKey => ("GenerateKeyError", "generate"),
                _ => ("EncryptKeyError", "encrypt"),
            };
            raised(class, &[&format!("Master Key {} unable to {what} data key", failure.key)])
        }),
        _ => return None,
    })
}

fn of_decrypting(error: &DecryptError, record: &Record, max_length: Option<i128>) -> Option<String> {
    let serialization = |text: &str| raised("SerializationError", &[text]);
    Some(match error {
        DecryptError::Policy(error) => conflict(error, "decrypt", "committed"),
        DecryptError::SignatureForbidden(suite) => {
            let text = format!(
                "Configuration conflict. Cannot decrypt signed message in decrypt-unsigned mode. Algorithm ID was {}. ",
                suite.id()
            );
            raised("ActionNotAllowedError", &[&text])
        }
        DecryptError::LengthOverLimit { length, limit } => {
            over_limit(record, *length, max_length.unwrap_or(i128::from(*limit)))
        }
        DecryptError::NoKeyOpened(reports) => of_reports(reports),
        DecryptError::Commitment => raised(
            "MasterKeyProviderError",
            &[
                "Key commitment validation failed. Key identity does not match the identity asserted in the message. \
               Halting processing of this message.",
            ],
        ),
        DecryptError::HeaderNotAuthentic => serialization("Header authorization failed"),
        DecryptError::FrameNotAuthentic { .. } | DecryptError::BodyNotAuthentic => raised("InvalidTag", &[]),
        DecryptError::SignatureNotValid => raised("InvalidSignature", &[]),
        DecryptError::NoPublicKey => {
            serialization("No signature verification key found in header for signed algorithm.")
        }
        DecryptError::PublicKeyInUnsigned => {
            serialization("Signature verification key found in header for non-signed algorithm.")
        }
        // Their first byte is taken for the version.
        DecryptError::OtherFormat(OtherFormat::Gzip) => no_version(31),
        DecryptError::Format(FormatError::Base64Text) => no_version(65),
        DecryptError::Format(FormatError::Version(version)) => no_version(*version),
        DecryptError::Format(FormatError::Type(number)) => raised(
            "NotSupportedError",
            &[
                &format!("Unsupported type {number} discovered in data stream"),
                &format!("{number} is not a valid ObjectType"),
            ],
        ),
        DecryptError::Format(FormatError::UnknownSuite(id)) => {
            raised("UnknownIdentityError", &[&format!("Unknown algorithm {id}"), &id.to_string()])
        }
        DecryptError::Format(FormatError::TooManyEncryptedDataKeys { count, limit }) => {
            too_many(*count, *limit)
        }
        DecryptError::Format(FormatError::SequenceNumber { .. }) => {
            serialization("Malformed message: frames out of order")
        }
        DecryptError::Format(
            error @ (FormatError::Empty
            | FormatError::EndsInside { .. }
            | FormatError::EndsInsideFrame { .. }),
        ) => raised("SerializationError", &["Unexpected deserialization error", &error.to_string()]),
        _ => return None,
    })
}

/// What is said of a message whose frames or body are longer than accepted.
fn over_limit(record: &Record, length: u64, limit: i128) -> String {
    let is_framed = record.header.as_ref().is_none_or(|header| header.content_type == ContentType::Framed);
    let what = if is_framed { "Frame Size in header" } else { "Non-framed message content length" };
    let text = format!("{what} found larger than custom value: {length} > {limit}");
    raised("CustomMaximumValueExceeded", &[&text])
}

fn no_version(version: u8) -> String {
    raised(
        "NotSupportedError",
        &[
            &format!("Unsupported version {version}"),
            &format!("{version} is not a valid SerializationVersion"),
        ],
    )
}

fn too_many(count: usize, limit: usize) -> String {
    let text = format!("Number of encrypted data keys found larger than configured value: {count} > {limit}");
    raised("MaxEncryptedDataKeysExceeded", &[&text])
}

fn conflict(error: &CommitmentPolicyError, what: &str, requiring: &str) -> String {
    let policy = error.policy.name().to_uppercase().replace('-', "_");
    let text = format!(
        "Configuration conflict. Cannot {what} due to CommitmentPolicy.{policy} requiring only {requiring} messages. \
         Algorithm ID was {}. {SEE}",
        error.suite.id()
    );
    raised("ActionNotAllowedError", &[&text])
}

/// A KMS that was not reached, as botocore says it.
fn of_connection(failure: &KmsFailure) -> Option<String> {
    match failure.kind {
        KmsFailureKind::NoCredentials => {
            Some(raised("NoCredentialsError", &["Unable to locate credentials"]))
        }
        KmsFailureKind::NoRegion => Some(raised(
            "UnknownRegionError",
            &[&format!("No default region found and no region determinable from key id: {}", failure.key)],
        )),
        KmsFailureKind::TimedOut | KmsFailureKind::Unreachable | KmsFailureKind::Untrusted => {
            let text = format!("Could not connect to the endpoint URL: {failure}");
            Some(raised("EndpointConnectionError", &[&text]))
        }
        _ => None,
    }
}

fn of_reports(reports: &[EdkReport]) -> String {
    for report in reports {
        if let Verdict::NotMine(NotMine::FilteredAccount(_) | NotMine::FilteredPartition(_)) = report.verdict
        {
            let key = report.encrypted_data_key.key_text();
            let text = format!("Key b'{key}' not allowed by this Master Key Provider");
            return raised("MasterKeyProviderError", &[&text]);
        }
    }
    let mut unreached = reports.iter().filter_map(|report| match &report.verdict {
        Verdict::Refused(Refusal::Kms(failure)) => of_connection(failure),
        _ => None,
    });
    unreached.next().unwrap_or_else(|| raised("DecryptKeyError", &["Unable to decrypt any data key"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::CommitmentPolicy;
    use crate::suite::AlgorithmSuite;

    fn told(error: DecryptError) -> String {
        of_failure(&error.into(), &Record::default(), None)
    }

    #[test]
    fn failures_in_the_words_of_the_original() {
        let begin = format!("{}\n", crate::cli::drop_in::stop::UNEXPECTED);
        for (error, text) in [
            (
                DecryptError::Format(FormatError::Version(104)),
                r#"NotSupportedError("Unsupported version 104", "104 is not a valid SerializationVersion")"#,
            ),
            (DecryptError::FrameNotAuthentic { sequence_number: 1 }, "InvalidTag()"),
            (DecryptError::SignatureNotValid, "InvalidSignature()"),
            (
                DecryptError::LengthOverLimit { length: 4096, limit: 10 },
                r#"CustomMaximumValueExceeded("Frame Size in header found larger than custom value: 4096 > 10")"#,
            ),
            (DecryptError::NoKeyOpened(Vec::new()), r#"DecryptKeyError("Unable to decrypt any data key")"#),
            (
                DecryptError::SignatureForbidden(AlgorithmSuite::DEFAULT),
                r#"ActionNotAllowedError("Configuration conflict. Cannot decrypt signed message in decrypt-unsigned mode. Algorithm ID was 1400. ")"#,
            ),
        ] {
            assert_eq!(told(error), format!("{begin}{text}"));
        }
        let (policy, suite) = (CommitmentPolicy::ForbidEncryptAllowDecrypt, AlgorithmSuite::UNSIGNED);
        let error = EncryptError::Policy(CommitmentPolicyError { policy, suite });
        let text = of_failure(&error.into(), &Record::default(), None);
        assert!(text.contains(
            "Cannot encrypt due to CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT requiring only non-committed messages. \
             Algorithm ID was 1144. See: "
        ));
    }

    #[test]
    fn the_system_is_quoted() {
        for (number, text) in [
            (28, r#"OSError("28", "No space left on device")"#),
            (13, r#"PermissionError("13", "Permission denied")"#),
        ] {
            let error = std::io::Error::from_raw_os_error(number);
            let failure = Failure::writing(&error).about(&"out/f");
            let told = of_failure(&failure, &Record::default(), None);
            assert!(told.ends_with(&format!("\n{text}")), "{told}");
        }
        let failure = Failure::new(FailureKind::CannotCreate, "out/f: is a directory");
        let told = of_failure(&failure, &Record::default(), None);
        assert!(told.ends_with("\nIsADirectoryError(\"21\", \"Is a directory\")"), "{told}");
    }

    #[test]
    fn what_the_original_does_not_know_is_told_in_our_words() {
        let failure = Failure::new(FailureKind::CannotCreate, "out/f: is in the way");
        let text = of_failure(&failure, &Record::default(), None);
        assert!(text.ends_with("\nOSError(\"out/f: is in the way\")"), "{text}");
    }
}
