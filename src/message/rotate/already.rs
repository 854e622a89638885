//! Whether a message is already under the keys that it would be rotated to, as far as its header tells.

use crate::context::EncryptionContext;
use crate::format::{EncryptedDataKey, Header};
use crate::keyring::{Keyring, Reach, Unwrapped};

/// Whether the encrypted data keys of a header are those of exactly these keys: of each one, and of no other.
///
/// Nothing of the header is verified, and no call is made. Who changes the names in it, and does not have the data key
/// already, makes the message one that no key opens.
///
/// `unstored`: pairs that are authenticated and not stored, as far as they are known. A key in this process that bears
/// the name and does not open its encrypted data key is another one; only where it is known to have no private half, or
/// the unwrapping proves nothing, does the name alone count.
///
/// A key whose name is not known ([`Keyring::key_name`]) is on no message.
pub fn is_under(header: &Header, unstored: &EncryptionContext, keyring: &dyn Keyring) -> bool {
    let Ok(context) = header.context.joined(unstored) else { return false };
    let mut left: Vec<&EncryptedDataKey> = header.encrypted_data_keys.iter().collect();
    let is_on = |member: &dyn Keyring, edk: &EncryptedDataKey| {
        member.key_name().is_some_and(|name| name.is_on(edk)) && {
            member.reach() == Reach::Remote || !is_another(&member.unwrap(header.suite, &context, edk))
        }
    };
    let members = keyring.members().unwrap_or_else(|| vec![keyring]);
    members.into_iter().all(|member| {
        let found = left.iter().position(|edk| is_on(member, edk));
        found.map(|at| left.remove(at)).is_some()
    }) && left.is_empty()
}

fn is_another(answer: &Unwrapped) -> bool {
    use crate::keyring::Refusal::{DataKeyLength, DoesNotOpen, NotAuthentic};
    match answer {
        Unwrapped::Opened(_) => false,
        Unwrapped::NotMine(_) => true,
        Unwrapped::Refused(reason) => matches!(reason, DoesNotOpen | NotAuthentic | DataKeyLength { .. }),
    }
}
