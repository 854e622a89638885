//! How long a framed message becomes, by arithmetic: before anything of it is sealed.
//!
//! Everything but the signature has one length only. A signature in DER varies by a few bytes, and the greatest length
//! counts, so that the answer does not change from one message to the next.
//!
//! Spec: data-format/message.md#structure

use std::num::NonZeroU32;

use super::Header;
use super::frame::{FINAL_OVERHEAD, REGULAR_OVERHEAD};
use crate::context::{EncryptionContext, PUBLIC_KEY};
use crate::suite::{AlgorithmSuite, COMMITMENT_KEY_LENGTH, IV_LENGTH, MessageVersion, TAG_LENGTH};

/// What decides on the length of a framed message, but for its plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLength {
    /// Header and header authentication, in bytes.
    header: u64,
    /// Frame length, in bytes of plaintext.
    frame_length: u64,
    /// The longest footer, in bytes; 0 in an unsigned message.
    footer: u64,
    /// What the public key takes up in the header, in bytes; 0 in an unsigned message.
    public_key: u64,
}

impl MessageLength {
    /// Of the message with this header.
    pub fn of(header: &Header) -> Self {
        let edks = header.encrypted_data_keys.iter().map(|edk| {
            // Each field stands behind its length in two bytes.
            let fields = [&edk.provider_id, &edk.provider_information, &edk.ciphertext];
            fields.map(|field| sum([2, field.len()])).into_iter().fold(0, u64::saturating_add)
        });
        let edks = edks.fold(0, u64::saturating_add);
        let context = sum([header.context.serialized_length()]);
        Self::new(header.suite, context, edks, header.frame_length)
    }

    /// Of a message whose data key is yet to be wrapped, its encrypted data keys not counted: it becomes longer by them.
    ///
    /// `context`: the caller's pairs that are stored, without the public key.
    pub fn without_encrypted_data_keys(
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        frame_length: NonZeroU32,
    ) -> Self {
        let pairs = context.serialized_length();
        // The count of pairs is written with the first one.
        let count = if pairs == 0 && suite.is_signed() { 2 } else { 0 };
        let context = sum([pairs, count]).saturating_add(public_key_length(suite));
        Self::new(suite, context, 0, frame_length.get())
    }

    fn new(suite: &'static AlgorithmSuite, context: u64, edks: u64, frame_length: u32) -> Self {
        let version = suite.message_version();
        // Version 1: version, type, suite id, content type, reserved, IV length, frame length, IV.
        // Version 2: version, suite id, content type, frame length, commitment key.
        let fields = match version {
            MessageVersion::V1 => sum([1, 1, 2, 1, 4, 1, 4, IV_LENGTH]),
            MessageVersion::V2 => sum([1, 2, 1, 4, COMMITMENT_KEY_LENGTH]),
        };
        // The length of the context and the count of the encrypted data keys have two bytes each.
        let every = sum([version.message_id_length(), 2, 2, TAG_LENGTH]);
        let header = [fields, every, context, edks].into_iter().fold(0, u64::saturating_add);
        let footer = match suite.signature() {
            Some(signature) => sum([2, signature.max_length()]),
            None => 0,
        };
        let public_key = public_key_length(suite);
        Self { header, frame_length: u64::from(frame_length.max(1)), footer, public_key }
    }

    /// Header and header authentication, in bytes.
    pub fn header(&self) -> u64 {
        self.header
    }

    /// What the signature makes the message longer, its public key included, in bytes at most; 0 in an unsigned one.
    pub fn signature(&self) -> u64 {
        self.footer.saturating_add(self.public_key)
    }

    /// The message with this many bytes of plaintext, in bytes: exactly, or for a signed message at most.
    pub fn greatest(&self, plaintext_length: u64) -> u64 {
        let regular = self.regular_frames(plaintext_length);
        [self.header, plaintext_length, regular, FINAL_OVERHEAD as u64, self.footer]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// What all frames but the final one make the message longer, in bytes: one long frame would do without them.
    pub fn regular_frames(&self, plaintext_length: u64) -> u64 {
        let regular = plaintext_length.checked_div(self.frame_length).unwrap_or(0);
        regular.saturating_mul(REGULAR_OVERHEAD as u64)
    }

    /// The most bytes of plaintext whose message has at most `message_length` bytes; `None` when not even an empty
    /// one has.
    pub fn greatest_plaintext(&self, message_length: u64) -> Option<u64> {
        let frames = message_length.checked_sub(self.greatest(0))?;
        let stride = self.frame_length.saturating_add(REGULAR_OVERHEAD as u64);
        let regular = frames.checked_div(stride)?;
        // A frame length of content would be a regular frame, and a final one after it.
        let last = frames.checked_rem(stride)?.min(self.frame_length.saturating_sub(1));
        regular.checked_mul(self.frame_length)?.checked_add(last)
    }
}

/// The pair of the public key in the context: base64 of the compressed point under its reserved name.
fn public_key_length(suite: &'static AlgorithmSuite) -> u64 {
    match suite.signature() {
        Some(signature) => {
            let base64 = signature.point_length().div_ceil(3).saturating_mul(4);
            sum([2, PUBLIC_KEY.len(), 2, base64])
        }
        None => 0,
    }
}

fn sum<const N: usize>(lengths: [usize; N]) -> u64 {
    lengths.into_iter().fold(0, |sum, length| sum.saturating_add(length as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(suite: &'static AlgorithmSuite, frame_length: u32) -> MessageLength {
        let frame_length = NonZeroU32::new(frame_length).expect("not zero");
        MessageLength::without_encrypted_data_keys(suite, &EncryptionContext::new(), frame_length)
    }

    #[test]
    fn the_greatest_plaintext_fits_and_one_byte_more_does_not() {
        for suite in AlgorithmSuite::all() {
            for frame_length in [1, 2, 31, 4096, u32::MAX] {
                let length = length(suite, frame_length);
                let least = length.greatest(0);
                assert_eq!(length.greatest_plaintext(least - 1), None);
                for limit in (least..least + 300).chain([16_384, 1 << 20]) {
                    let plaintext = length.greatest_plaintext(limit).expect("room for a message");
                    assert!(length.greatest(plaintext) <= limit, "{suite} {frame_length} {limit}");
                    assert!(length.greatest(plaintext + 1) > limit, "{suite} {frame_length} {limit}");
                }
            }
        }
    }

    #[test]
    fn a_message_beyond_measure_is_the_greatest_length_there_is() {
        assert_eq!(length(AlgorithmSuite::DEFAULT, 1).greatest(u64::MAX), u64::MAX);
        let most = length(AlgorithmSuite::DEFAULT, u32::MAX).greatest_plaintext(u64::MAX);
        assert!(most.is_some_and(|most| most < u64::MAX));
    }

    #[test]
    fn the_signature_is_what_an_unsigned_message_is_shorter_by() {
        let mut context = EncryptionContext::new();
        context.insert("a", "b").expect("a pair");
        let of = |suite| MessageLength::without_encrypted_data_keys(suite, &context, NonZeroU32::MIN);
        let (signed, unsigned) = (of(AlgorithmSuite::DEFAULT), of(AlgorithmSuite::UNSIGNED));
        assert_eq!(signed.greatest(100) - unsigned.greatest(100), signed.signature());
        assert_eq!(unsigned.signature(), 0);
    }
}
