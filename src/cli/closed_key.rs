//! A key of this process that is not there, or not read, where only its names count.

use crate::context::EncryptionContext;
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::keyring::{Keyring, NotMine, Prospect, Reach, Refusal, Unwrapped, WrapError};
use crate::suite::AlgorithmSuite;

/// A raw key by its names. It wraps and unwraps nothing, and tells what it would try.
#[derive(Debug)]
pub struct Closed {
    kind: &'static str,
    namespace: String,
    name: String,
}

impl Closed {
    /// The key of this namespace and name; `kind`: `raw-aes` or `raw-rsa`.
    pub fn new(kind: &'static str, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl Keyring for Closed {
    fn wrap(
        &self,
        _suite: &'static AlgorithmSuite,
        _context: &EncryptionContext,
        _data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        Err(WrapError::NoPublicKey { wrapping_key: self.name() })
    }

    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        _context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        match self.prospect(suite, edk) {
            Prospect::NotMine(not_mine) => Unwrapped::NotMine(not_mine),
            _ => Unwrapped::Refused(Refusal::NoPrivateKey),
        }
    }

    fn prospect(&self, _suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        match () {
            () if edk.provider_id != self.namespace.as_bytes() => Prospect::NotMine(NotMine::OtherProvider),
            () if edk.provider_information != self.name.as_bytes() => Prospect::NotMine(NotMine::OtherKey),
            () => Prospect::Here,
        }
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn name(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }
}
