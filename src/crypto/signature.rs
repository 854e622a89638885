//! The signature over a message: ECDSA on P-256 or P-384.
//!
//! | suite's algorithm | hash | public key, compressed point | signature, DER |
//! | --- | --- | --- | --- |
//! | ECDSA P-256 | SHA-256 | 33 bytes | 8 to 72 bytes |
//! | ECDSA P-384 | SHA-384 | 49 bytes | 8 to 104 bytes |
//!
//! The message is hashed as it passes ([`MessageHash`]); what is signed and verified is the hash.
//!
//! Spec: framework/algorithm-suites.md#algorithm-suites-signature-settings

use std::fmt;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsBigEndian, EcPublicKeyCompressedBin};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair,
    ParsedPublicKey,
};

use crate::suite::SignatureAlgorithm;

/// The hash of the message so far, everything before its footer. A thread can own it.
pub struct MessageHash(digest::Context);

/// A key pair for one message, or for those that share its data key; the private half never leaves this process and is
/// wiped on drop.
pub struct SigningKey {
    algorithm: SignatureAlgorithm,
    key_pair: EcdsaKeyPair,
}

/// The public key that a message carries in its encryption context.
pub struct VerificationKey {
    algorithm: SignatureAlgorithm,
    public_key: ParsedPublicKey,
}

/// A message that cannot be signed, or whose signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// No key pair could be generated.
    Generation,
    /// The hash could not be signed.
    Signing,
    /// The message was hashed for another signature algorithm than the key's.
    OtherAlgorithm,
    /// The public key is not a compressed point of the algorithm's curve.
    PublicKey,
    /// The signature is not one of this key over this message.
    DoesNotVerify,
}

impl MessageHash {
    /// The hash of nothing yet: SHA-256 for P-256, SHA-384 for P-384.
    pub fn new(algorithm: SignatureAlgorithm) -> Self {
        Self(digest::Context::new(hash_of(algorithm)))
    }

    /// Takes in the next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self, algorithm: SignatureAlgorithm) -> Result<Digest, SignatureError> {
        if self.0.algorithm() != hash_of(algorithm) {
            return Err(SignatureError::OtherAlgorithm);
        }
        Ok(self.0.finish())
    }
}

impl SigningKey {
    /// A fresh key pair.
    ///
    /// # Errors
    /// [`SignatureError::Generation`] when the library gives none.
    ///
    /// Spec: framework/default-cmm.md#get-encryption-materials
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<Self, SignatureError> {
        let key_pair = EcdsaKeyPair::generate(signing(algorithm)).map_err(|_| SignatureError::Generation)?;
        Ok(Self { algorithm, key_pair })
    }

    /// The public key as a message carries it: the compressed point, 33 or 49 bytes.
    ///
    /// # Errors
    /// [`SignatureError::PublicKey`] when the library cannot write it.
    pub fn public_key(&self) -> Result<Vec<u8>, SignatureError> {
        let point: EcPublicKeyCompressedBin<'static> =
            self.key_pair.public_key().as_be_bytes().map_err(|_| SignatureError::PublicKey)?;
        let point = point.as_ref().to_vec();
        if point.len() != self.algorithm.point_length() {
            return Err(SignatureError::PublicKey);
        }
        Ok(point)
    }

    /// Signs what was hashed: the DER encoding of r and s, at most 72 or 104 bytes.
    ///
    /// # Errors
    /// [`SignatureError::OtherAlgorithm`] for a hash of another algorithm, [`SignatureError::Signing`] when the
    /// library fails.
    ///
    /// Spec: data-format/message-footer.md#signature, client-apis/encrypt.md#construct-the-signature
    pub fn sign(&self, hash: MessageHash) -> Result<Vec<u8>, SignatureError> {
        let digest = hash.finish(self.algorithm)?;
        let signature = self.key_pair.sign_digest(&digest).map_err(|_| SignatureError::Signing)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl VerificationKey {
    /// The key at this compressed point, 33 or 49 bytes.
    ///
    /// # Errors
    /// [`SignatureError::PublicKey`] for every other length and form, and for a point that is not on the curve.
    pub fn from_compressed(algorithm: SignatureAlgorithm, point: &[u8]) -> Result<Self, SignatureError> {
        // The library would take uncompressed points and whole SubjectPublicKeyInfos as well.
        let is_compressed =
            matches!(point.first(), Some(0x02 | 0x03)) && point.len() == algorithm.point_length();
        if !is_compressed {
            return Err(SignatureError::PublicKey);
        }
        match ParsedPublicKey::new(verification(algorithm), point) {
            Ok(public_key) => Ok(Self { algorithm, public_key }),
            Err(_) => Err(SignatureError::PublicKey),
        }
    }

    /// Verifies a signature in DER over what was hashed.
    ///
    /// # Errors
    /// [`SignatureError::OtherAlgorithm`] for a hash of another algorithm, [`SignatureError::DoesNotVerify`] when
    /// the signature is another message's or key's or not strict DER.
    ///
    /// Spec: client-apis/decrypt.md#verify-the-signature
    pub fn verify(&self, hash: MessageHash, signature: &[u8]) -> Result<(), SignatureError> {
        let digest = hash.finish(self.algorithm)?;
        self.public_key.verify_digest_sig(&digest, signature).map_err(|_| SignatureError::DoesNotVerify)
    }
}

fn hash_of(algorithm: SignatureAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => &digest::SHA256,
        SignatureAlgorithm::EcdsaP384Sha384 => &digest::SHA384,
    }
}

fn signing(algorithm: SignatureAlgorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        SignatureAlgorithm::EcdsaP384Sha384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
    }
}

fn verification(algorithm: SignatureAlgorithm) -> &'static EcdsaVerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384 => &ECDSA_P384_SHA384_ASN1,
    }
}

impl fmt::Debug for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageHash")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.algorithm)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationKey({:?})", self.algorithm)
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generation => "no key pair for the signature could be generated",
            Self::Signing => "the message could not be signed",
            Self::OtherAlgorithm => "the message was hashed for another signature algorithm",
            Self::PublicKey => "the public key of the signature is not a compressed point of its curve",
            Self::DoesNotVerify => "the signature does not verify",
        })
    }
}

impl std::error::Error for SignatureError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex::bytes;
    use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384};

    /// Made with Python's `cryptography` over [`MESSAGE`].
    struct Known {
        algorithm: SignatureAlgorithm,
        point: &'static str,
        y: &'static str,
        r: &'static str,
        s: &'static str,
        /// The group's order, and the order less s: the other s of the same signature.
        order: &'static str,
        other_s: &'static str,
    }

    const MESSAGE: &[u8] = b"everything before the footer";
    const KNOWN: [Known; 2] = [
        Known {
            algorithm: EcdsaP256Sha256,
            point: "0281859118d925cdf2cf96fdfb1bdf9556c9b46f7e99e01599c58a3a52504468c1",
            y: "fe0a17e6ba217152c8fd1019b3afde3ba6348c5677ab0224909399f07ad35aa4",
            r: "f1ab8f9c49e9df6314d1b1b623d10780fa07fc743580aa1b494ec40dca2c973e",
            s: "a1d1e5a16966f44c0207a8abb2c8dcbe343b53bcb024ab85f13ce84a9f793f86",
            order: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            other_s: "5e2e1a5d96990bb4fdf857544d37234188aba6f0f6f2f2ff027ce2785ce9e5cb",
        },
        Known {
            algorithm: EcdsaP384Sha384,
            point: "0335039fc630c72e9c0ca27627d4d03ce99b9efdc9d724bcf79058b70242cde0ba72ce437606d72378544bcffa69a49782",
            y: "766a399f0f7778d62c3e2e68dcce6db8ed19e080ae91a6b950cf5a5b7a4d65e11d33cfc7ae4bcc6306633c9a3db25be5",
            r: "b6d52483adb6bae5536e0401655ceb469ecce7cb11a512e6b18966bd508a50761ce45168b761ae8bccf785059277170f",
            s: "0ecc44c83bc8cd24cb81344f196cf3510034d61f93a699cac4d47c2af7c5098d079ac8c5917db20d2a15a3f138a4aa37",
            order: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            other_s: "f133bb37c43732db347ecbb0e6930caeffcb29e06c596635028ed156fc722452507f44ecb732f56dc2d6757994207f3c",
        },
    ];

    impl Known {
        fn key(&self) -> VerificationKey {
            VerificationKey::from_compressed(self.algorithm, &bytes(self.point)).expect("a good point")
        }

        fn verify(&self, signature: &[u8]) -> Result<(), SignatureError> {
            self.key().verify(hash(self.algorithm, MESSAGE), signature)
        }
    }

    fn hash(algorithm: SignatureAlgorithm, message: &[u8]) -> MessageHash {
        let mut hash = MessageHash::new(algorithm);
        hash.update(message);
        hash
    }

    /// A DER INTEGER, as short as DER asks, after `padding` needless zeros.
    fn integer(value: &[u8], padding: usize) -> Vec<u8> {
        let zeros = value.iter().take_while(|byte| **byte == 0).count().min(value.len() - 1);
        let mut content = vec![0; padding + usize::from(value[zeros] >= 0x80)];
        content.extend(&value[zeros..]);
        [vec![0x02, content.len() as u8], content].concat()
    }

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integers = [integer(r, 0), integer(s, 0)].concat();
        [vec![0x30, integers.len() as u8], integers].concat()
    }

    #[test]
    fn known_signatures_verify_with_high_and_low_s() {
        for known in KNOWN {
            let r = bytes(known.r);
            assert_eq!(known.verify(&der(&r, &bytes(known.s))), Ok(()));
            assert_eq!(known.verify(&der(&r, &bytes(known.other_s))), Ok(()));
        }
    }

    #[test]
    fn fresh_keys_sign_and_verify() {
        for algorithm in [EcdsaP256Sha256, EcdsaP384Sha384] {
            let key = SigningKey::generate(algorithm).expect("generates");
            let point = key.public_key().expect("a point");
            assert_eq!(point.len(), algorithm.point_length());
            assert_ne!(
                point,
                SigningKey::generate(algorithm).expect("generates").public_key().expect("a point")
            );
            let mut in_parts = MessageHash::new(algorithm);
            in_parts.update(b"header");
            in_parts.update(b"");
            let signature = std::thread::spawn(move || {
                in_parts.update(b"frames");
                key.sign(in_parts).expect("signs")
            });
            let signature = signature.join().expect("the thread ends well");
            let key = VerificationKey::from_compressed(algorithm, &point).expect("a good point");
            assert_eq!(key.verify(hash(algorithm, b"headerframes"), &signature), Ok(()));
            assert_eq!(
                key.verify(hash(algorithm, b"headerframe"), &signature),
                Err(SignatureError::DoesNotVerify)
            );
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        for known in KNOWN {
            let signature = der(&bytes(known.r), &bytes(known.s));
            for bit in 0..signature.len() * 8 {
                let mut flipped = signature.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(known.verify(&flipped), Err(SignatureError::DoesNotVerify), "bit {bit}");
            }
            for length in 0..signature.len() {
                assert_eq!(known.verify(&signature[..length]), Err(SignatureError::DoesNotVerify));
            }
        }
    }

    #[test]
    fn other_encodings_of_a_good_signature_are_refused() {
        for known in KNOWN {
            let (r, s) = (bytes(known.r), bytes(known.s));
            let integers = [integer(&r, 0), integer(&s, 0)].concat();
            let length = integers.len() as u8;
            let forms = [
                // The fixed-length form, r and s side by side.
                [r.clone(), s.clone()].concat(),
                // A byte after the sequence, and inside it.
                [vec![0x30, length], integers.clone(), vec![0]].concat(),
                [vec![0x30, length + 1], integers.clone(), vec![0]].concat(),
                // A length in the long form, and an indefinite one.
                [vec![0x30, 0x81, length], integers.clone()].concat(),
                [vec![0x30, 0x80], integers.clone(), vec![0, 0]].concat(),
                // Padded integers.
                [vec![0x30, length + 1], integer(&r, 1), integer(&s, 0)].concat(),
                [vec![0x30, length + 1], integer(&r, 0), integer(&s, 1)].concat(),
                // A third integer.
                [vec![0x30, length + 3], integers, vec![2, 1, 1]].concat(),
            ];
            for form in forms {
                assert_eq!(known.verify(&form), Err(SignatureError::DoesNotVerify), "{form:02x?}");
            }
        }
    }

    #[test]
    fn r_and_s_outside_the_group_are_refused() {
        for known in KNOWN {
            let (r, s, order) = (bytes(known.r), bytes(known.s), bytes(known.order));
            let sum = |a: &[u8], b: &[u8]| {
                let mut carry = 0;
                let mut sum: Vec<u8> = a
                    .iter()
                    .zip(b)
                    .rev()
                    .map(|(a, b)| {
                        let total = u16::from(*a) + u16::from(*b) + carry;
                        carry = total >> 8;
                        total as u8
                    })
                    .collect();
                sum.push(carry as u8);
                sum.reverse();
                sum
            };
            let beyond = [vec![0], order.clone(), sum(&order, &[vec![0; order.len() - 1], vec![1]].concat())];
            for wrong in beyond.iter().chain([&sum(&r, &order), &sum(&s, &order)]) {
                assert_eq!(known.verify(&der(wrong, &s)), Err(SignatureError::DoesNotVerify));
                assert_eq!(known.verify(&der(&r, wrong)), Err(SignatureError::DoesNotVerify));
                assert_eq!(known.verify(&der(wrong, wrong)), Err(SignatureError::DoesNotVerify));
            }
        }
    }

    #[test]
    fn only_compressed_points_of_the_curve_are_keys() {
        for known in KNOWN {
            let refuses = |point: &[u8]| {
                let refused = VerificationKey::from_compressed(known.algorithm, point).err();
                assert_eq!(refused, Some(SignatureError::PublicKey), "{point:02x?}");
            };
            let point = bytes(known.point);
            let (x, y) = (&point[1..], bytes(known.y));
            refuses(&[]);
            refuses(&[0]);
            refuses(&vec![0; point.len()]);
            refuses(&[&[4], x, &y].concat());
            refuses(&[&[6 | y[y.len() - 1] & 1], x, &y].concat());
            for length in 0..point.len() {
                refuses(&point[..length]);
            }
            refuses(&[&point[..], &[0]].concat());
            for first in (0..=255).filter(|first| ![2, 3].contains(first)) {
                refuses(&[&[first], x].concat());
            }
            // An x as great as the field, and one that belongs to no point.
            refuses(&[&[2], &vec![0xff; x.len()][..]].concat());
            let unmatched = (0..=255).map(|last| [&[2], &vec![0; x.len() - 1][..], &[last]].concat());
            let points =
                unmatched.filter(|point| VerificationKey::from_compressed(known.algorithm, point).is_ok());
            assert!((64..192).contains(&points.count()), "about half of all x belong to points");
            // The other y is another key.
            let other = [&[point[0] ^ 1], x].concat();
            let other = VerificationKey::from_compressed(known.algorithm, &other).expect("a point");
            let signature = der(&bytes(known.r), &bytes(known.s));
            assert_eq!(
                other.verify(hash(known.algorithm, MESSAGE), &signature),
                Err(SignatureError::DoesNotVerify)
            );
        }
        for (one, other) in [(&KNOWN[0], &KNOWN[1]), (&KNOWN[1], &KNOWN[0])] {
            let refused = VerificationKey::from_compressed(one.algorithm, &bytes(other.point)).err();
            assert_eq!(refused, Some(SignatureError::PublicKey));
        }
    }

    #[test]
    fn a_hash_of_the_other_algorithm_is_refused() {
        let [p256, p384] = KNOWN;
        let signature = der(&bytes(p256.r), &bytes(p256.s));
        let refused = p256.key().verify(hash(p384.algorithm, MESSAGE), &signature);
        assert_eq!(refused, Err(SignatureError::OtherAlgorithm));
        let key = SigningKey::generate(p384.algorithm).expect("generates");
        assert_eq!(key.sign(hash(p256.algorithm, MESSAGE)), Err(SignatureError::OtherAlgorithm));
        assert_eq!(format!("{key:?}"), "SigningKey(EcdsaP384Sha384)");
    }
}
