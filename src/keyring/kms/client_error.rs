//! Why there is no client: found out before anything is sent.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::failure::{KmsFailure, KmsFailureKind, KmsOperation, Shown};

/// No client can be had for a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// Nothing tells which Region to ask.
    NoRegion,
    /// The thread for the calls could not be started.
    Thread(Arc<io::Error>),
    /// The AWS configuration could not be read.
    Configuration,
    /// The AWS files cannot be read, and why.
    Files(String),
    /// There is no profile of this name.
    NoProfile(String),
    /// The profile asks for the code of an MFA device.
    Mfa {
        /// The profile.
        profile: String,
        /// The device's serial number or ARN.
        serial: String,
    },
    /// The file of authorities to trust is none.
    Bundle {
        /// Its path.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
}

impl ClientError {
    /// The same as the failure of a call.
    pub fn during(self, operation: KmsOperation, key: &str) -> KmsFailure {
        let kind = match self {
            Self::NoRegion => KmsFailureKind::NoRegion,
            Self::Mfa { .. } => KmsFailureKind::MfaNeeded,
            Self::Files(_) | Self::NoProfile(_) | Self::Bundle { .. } => KmsFailureKind::Configuration,
            Self::Thread(_) | Self::Configuration => KmsFailureKind::Other,
        };
        KmsFailure { message: Some(self.to_string().into()), ..KmsFailure::new(operation, key, kind) }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegion => f.write_str("no Region is configured"),
            Self::Thread(error) => write!(f, "the thread for KMS calls could not be started: {error}"),
            Self::Configuration => f.write_str("the AWS configuration could not be read"),
            Self::Files(fault) => write!(f, "the AWS files cannot be read: {}", Shown(fault)),
            Self::NoProfile(profile) => write!(f, "the AWS files have no profile {}", Shown(profile)),
            Self::Mfa { profile, serial } => write!(
                f,
                "profile {} asks for a code of the MFA device {}, which nobody can be asked for here",
                Shown(profile),
                Shown(serial)
            ),
            Self::Bundle { path, fault } => {
                write!(f, "the certificates to trust in {}: {}", Shown(path), Shown(fault))
            }
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) => Some(&**error),
            _ => None,
        }
    }
}
