//! The commitment policy: which suites may encrypt and which may be decrypted.

use std::fmt;

use crate::suite::AlgorithmSuite;

/// Whether messages must commit to their data key.
///
/// Spec: client-apis/client.md#commitment-policy
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommitmentPolicy {
    /// Encrypt with committing suites only, decrypt committing messages only; the default.
    #[default]
    RequireEncryptRequireDecrypt,
    /// Encrypt with committing suites only, decrypt every message.
    RequireEncryptAllowDecrypt,
    /// Encrypt with suites that do not commit, decrypt every message.
    ForbidEncryptAllowDecrypt,
}

/// A suite that the commitment policy does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitmentPolicyError {
    /// The policy in force.
    pub policy: CommitmentPolicy,
    /// The suite that it forbids.
    pub suite: &'static AlgorithmSuite,
}

impl CommitmentPolicy {
    /// Every policy, the default first.
    pub const ALL: [Self; 3] = [
        Self::RequireEncryptRequireDecrypt,
        Self::RequireEncryptAllowDecrypt,
        Self::ForbidEncryptAllowDecrypt,
    ];

    /// The policy's name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequireEncryptRequireDecrypt => "require-encrypt-require-decrypt",
            Self::RequireEncryptAllowDecrypt => "require-encrypt-allow-decrypt",
            Self::ForbidEncryptAllowDecrypt => "forbid-encrypt-allow-decrypt",
        }
    }

    /// The suite to encrypt with when none is named: signed, and committing unless that is forbidden.
    ///
    /// Spec: framework/commitment-policy.md#supported-commitment-policy-enum,
    /// framework/default-cmm.md#get-encryption-materials
    pub fn default_suite(self) -> &'static AlgorithmSuite {
        match self {
            Self::RequireEncryptRequireDecrypt | Self::RequireEncryptAllowDecrypt => AlgorithmSuite::DEFAULT,
            Self::ForbidEncryptAllowDecrypt => AlgorithmSuite::DEFAULT_NOT_COMMITTING,
        }
    }

    /// Allows or refuses to encrypt with `suite`.
    ///
    /// # Errors
    /// [`CommitmentPolicyError`] when the policy forbids the suite.
    ///
    /// Spec: client-apis/encrypt.md#get-the-encryption-materials
    pub fn may_encrypt_with(self, suite: &'static AlgorithmSuite) -> Result<(), CommitmentPolicyError> {
        let allowed = match self {
            Self::RequireEncryptRequireDecrypt | Self::RequireEncryptAllowDecrypt => suite.is_committing(),
            Self::ForbidEncryptAllowDecrypt => !suite.is_committing(),
        };
        self.verdict(suite, allowed)
    }

    /// Allows or refuses to decrypt a message of `suite`.
    ///
    /// # Errors
    /// [`CommitmentPolicyError`] when the policy forbids the suite.
    ///
    /// Spec: client-apis/decrypt.md#get-the-decryption-materials
    pub fn may_decrypt(self, suite: &'static AlgorithmSuite) -> Result<(), CommitmentPolicyError> {
        let allowed = match self {
            Self::RequireEncryptRequireDecrypt => suite.is_committing(),
            Self::RequireEncryptAllowDecrypt | Self::ForbidEncryptAllowDecrypt => true,
        };
        self.verdict(suite, allowed)
    }

    fn verdict(self, suite: &'static AlgorithmSuite, allowed: bool) -> Result<(), CommitmentPolicyError> {
        if allowed { Ok(()) } else { Err(CommitmentPolicyError { policy: self, suite }) }
    }
}

impl fmt::Display for CommitmentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for CommitmentPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the commitment policy {} does not allow the algorithm suite {}", self.policy, self.suite)
    }
}

impl std::error::Error for CommitmentPolicyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_over_each_suite() {
        for suite in AlgorithmSuite::all() {
            let commits = suite.is_committing();
            let [strict, allow, forbid] = CommitmentPolicy::ALL;
            assert_eq!(strict.may_encrypt_with(suite).is_ok(), commits);
            assert_eq!(allow.may_encrypt_with(suite).is_ok(), commits);
            assert_eq!(forbid.may_encrypt_with(suite).is_ok(), !commits);
            assert_eq!(strict.may_decrypt(suite).is_ok(), commits);
            assert!(allow.may_decrypt(suite).is_ok());
            assert!(forbid.may_decrypt(suite).is_ok());
        }
    }

    #[test]
    fn the_default_suite_is_allowed_and_signed() {
        for policy in CommitmentPolicy::ALL {
            assert!(policy.may_encrypt_with(policy.default_suite()).is_ok());
            assert!(policy.default_suite().is_signed());
        }
    }
}
