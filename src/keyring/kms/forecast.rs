//! What would be asked of KMS, found out without asking.

use super::{DiscoveryFilter, KeyIdentifier, KmsAccess, KmsOperation, KmsSettings};

/// A call that would be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KmsCall {
    /// What would be asked.
    pub operation: KmsOperation,
    /// The key as the request would name it.
    pub key: KeyIdentifier,
    /// The Region that would be asked; `None` when neither the key's name nor settings, profile or environment tell it:
    /// then it is that of the EC2 instance, where there is one.
    pub region: Option<String>,
    /// Whether that is the caller's own Region.
    pub is_own_region: bool,
    /// As whom, and where in place of the Region's own endpoint.
    pub settings: KmsSettings,
    /// Whether the encryption context goes with it. RSA keys take none.
    pub has_context: bool,
    /// The filter that let it through, when the key was found by discovery and there is one.
    pub filter: Option<DiscoveryFilter>,
}

impl KmsCall {
    /// Whether it is made once a run, and not for each data key.
    pub fn is_once_a_run(&self) -> bool {
        self.operation == KmsOperation::GetPublicKey
    }

    /// A call under a symmetric key.
    pub(super) fn of(access: &KmsAccess, operation: KmsOperation, key: KeyIdentifier) -> Self {
        let own = access.clients.own_region(&access.settings);
        let region = key.region().map(str::to_owned).or_else(|| own.clone());
        let is_own_region = region.is_some() && region == own;
        Self {
            operation,
            key,
            region,
            is_own_region,
            settings: access.settings.clone(),
            has_context: true,
            filter: None,
        }
    }

    /// A call under an RSA key.
    pub(super) fn of_rsa(access: &KmsAccess, operation: KmsOperation, key: KeyIdentifier) -> Self {
        Self { has_context: false, ..Self::of(access, operation, key) }
    }
}
