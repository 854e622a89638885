//! `ec2:user-data` as an input: the message that is an instance's user data, raw or as base64 text.

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use super::encoding::decoded;
use super::report::{Failure, FailureKind};
use crate::instance::{InstanceError, MetadataService, Stage};
use crate::message::replay::SpoolError;

/// What is typed for it. A file of this name is `./ec2:user-data`.
pub const ARGUMENT: &str = "ec2:user-data";

/// What user data begins with that is made for others than this tool, and what it is.
///
/// The beginnings are those that cloud-init and EC2Launch tell user data apart by.
const OTHERS: &[(&str, &str)] = &[
    ("#cloud-config", "cloud-config"),
    ("#cloud-boothook", "a boothook of cloud-init"),
    ("#include", "a list of addresses for cloud-init"),
    ("#part-handler", "a part handler of cloud-init"),
    ("## template:", "a template of cloud-init"),
    ("#!", "a script"),
    ("Content-Type:", "a MIME archive"),
    ("MIME-Version:", "a MIME archive"),
    ("<powershell>", "a script"),
    ("<script>", "a script"),
];
const GZIP: &[u8] = b"\x1f\x8b";

/// Reads the user data of this instance into a file without a name; what is base64 text of a message is decoded.
///
/// # Errors
/// [`Failure`]: there is none, it cannot be read, or it is a script and the like, which is not searched for a message.
pub fn open() -> Result<File, Failure> {
    let user_data = MetadataService::from_environment().and_then(|service| service.user_data())?;
    let message = message(user_data)?;
    let spool = || -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        // The plaintext gets the permission bits of its source.
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(&message)?;
        file.rewind()?;
        Ok(file)
    };
    spool().map_err(|error| Failure::reading(&io::Error::other(SpoolError(error))))
}

fn message(user_data: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if user_data.starts_with(GZIP) {
        return Err(Failure::new(FailureKind::Data, "the user data is compressed with gzip")
            .hint("give the message itself as user data: ciphertext becomes no shorter"));
    }
    let text = user_data.trim_ascii_start();
    if let Some((_, what)) = OTHERS.iter().find(|(beginning, _)| starts_with(text, beginning)) {
        let message = format!("the user data is {what}, and is not searched for a message");
        return Err(Failure::new(FailureKind::Data, message).hint(
            "have it hand its message to esdk: as a file, or on standard input; base64 with --decode",
        ));
    }
    if is_base64_of_message(text) {
        let mut message = Vec::new();
        decoded(text).read_to_end(&mut message).map_err(|error| Failure::reading(&error))?;
        return Ok(message);
    }
    Ok(user_data)
}

fn starts_with(text: &[u8], beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|text| text.eq_ignore_ascii_case(beginning.as_bytes()))
}

/// The base64 of the first three bytes of a message: version 1 and its type, or version 2 and its suites.
fn is_base64_of_message(text: &[u8]) -> bool {
    [b"AYA".as_slice(), b"AgR", b"AgV"].iter().any(|beginning| text.starts_with(beginning))
}

impl From<InstanceError> for Failure {
    fn from(error: InstanceError) -> Self {
        let kind = match &error {
            InstanceError::Setting { .. } => FailureKind::Usage,
            InstanceError::TooLong => FailureKind::Data,
            InstanceError::Unreachable { .. } => FailureKind::NoInput,
            _ if error.is_passing() => FailureKind::TryAgain,
            _ => FailureKind::NoInput,
        };
        let failure = Self::new(kind, error.to_string());
        match &error {
            InstanceError::Disabled => failure.hint("unset AWS_EC2_METADATA_DISABLED to have it asked"),
            InstanceError::NoUserData => {
                failure.hint("user data is given when an instance is launched, or while it is stopped")
            }
            InstanceError::TimedOut { stage: Stage::Token, .. } => failure.hint(
                "in a container the instance's metadata options need a hop limit of 2 (HttpPutResponseHopLimit)",
            ),
            InstanceError::Status { status: 403, .. } => failure.hint(
                "the instance's metadata options forbid it: aws ec2 modify-instance-metadata-options --http-endpoint enabled",
            ),
            InstanceError::Status { .. } if error.is_passing() => failure.hint("try again later"),
            InstanceError::Unreachable { .. }
            | InstanceError::TimedOut { .. }
            | InstanceError::Status { stage: Stage::Token, .. } => failure.hint(
                "it is there on EC2 instances only; a file of this name is given as ./ec2:user-data",
            ),
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(user_data: &[u8]) -> String {
        message(user_data.to_vec()).expect_err("no message").message
    }

    #[test]
    fn a_message_raw_or_as_text_is_taken() {
        let raw = b"\x02\x05\x78 and so on".to_vec();
        assert_eq!(message(raw.clone()).expect("raw"), raw);
        for text in ["AgV4IGFuZCBzbyBvbg==", "AgV4IGFu\r\nZCBzbyBvbg==\n", " \nAgV4 IGFuZCBzbyBvbg=="] {
            assert_eq!(message(text.as_bytes().to_vec()).expect("text"), raw, "{text:?}");
        }
        assert_eq!(message(b"AYADeA==".to_vec()).expect("version 1"), b"\x01\x80\x03\x78");
        assert!(refused(b"AgV4!").starts_with("is not base64"));
    }

    #[test]
    fn what_is_for_others_is_named() {
        for (user_data, what) in [
            ("#!/bin/sh\necho", "a script"),
            ("\n#cloud-config\nwrite_files:", "cloud-config"),
            ("#Cloud-Config\n", "cloud-config"),
            ("Content-Type: multipart/mixed; boundary=\"=\"", "a MIME archive"),
            ("<powershell>\n", "a script"),
        ] {
            let refusal = refused(user_data.as_bytes());
            assert_eq!(refusal, format!("the user data is {what}, and is not searched for a message"));
        }
        assert!(refused(b"\x1f\x8b\x08").contains("gzip"));
    }

    #[test]
    fn what_is_nobodys_is_left_for_the_reader_of_messages_to_name() {
        for other in [b"".as_slice(), b"key=value", b"age-encryption.org/v1", &[0; 40]] {
            assert_eq!(message(other.to_vec()).expect("as it is"), other);
        }
    }
}
