//! The keys in `test_keys/` are OpenSSL's, and no one's: one RSA key of 2,048 bits in every form.

use super::*;
use crate::crypto::hex;

const PKCS8: &[u8] = include_bytes!("test_keys/pkcs8.pem");
const PKCS1: &[u8] = include_bytes!("test_keys/pkcs1.pem");
const SPKI: &[u8] = include_bytes!("test_keys/spki.pem");
const PKCS1_PUBLIC: &[u8] = include_bytes!("test_keys/pkcs1-public.pem");
const CERTIFICATE: &[u8] = include_bytes!("test_keys/certificate.pem");
const ENCRYPTED_PBKDF2: &[u8] = include_bytes!("test_keys/encrypted-pbkdf2.pem");
const ENCRYPTED_SCRYPT: &[u8] = include_bytes!("test_keys/encrypted-scrypt.pem");
const ENCRYPTED_SHA1: &[u8] = include_bytes!("test_keys/encrypted-sha1.pem");
const ENCRYPTED_PBES1: &[u8] = include_bytes!("test_keys/encrypted-pbes1.pem");
const ENCRYPTED_OPENSSL: &[u8] = include_bytes!("test_keys/encrypted-openssl.pem");
const EC_PKCS8: &[u8] = include_bytes!("test_keys/ec-pkcs8.pem");
const EC_SEC1: &[u8] = include_bytes!("test_keys/ec-sec1.pem");
const EC_SPKI: &[u8] = include_bytes!("test_keys/ec-spki.pem");
const ED25519_PKCS8: &[u8] = include_bytes!("test_keys/ed25519-pkcs8.pem");
const PSS_SPKI: &[u8] = include_bytes!("test_keys/pss-spki.pem");
const SMALL_PKCS8: &[u8] = include_bytes!("test_keys/small-pkcs8.pem");
const SMALL_SPKI: &[u8] = include_bytes!("test_keys/small-spki.pem");
const OPENSSH: &[u8] = include_bytes!("test_keys/openssh.pem");

const PASSPHRASE: &str = "correct horse";

/// The data key 00 01 … 1f under the key of `test_keys/`, by Python's `cryptography`.
const WRAPPED: [(RsaPadding, &str); 5] = [
    (
        RsaPadding::OaepSha1,
        "1ea1d56dc56aca74efd021821d96dafb41300caa9bf75df055fb83a00b8096ebc9942976d49150ee895667ae90da1770 \
         b757edd0e5996707ff461527fda2a831a76a9f2c04fb6ced113d218e7ec351beb5588e303d354ff87c116327d13156b9 \
         6b202afa4c44454edb8839af665ea709574994a9a58f01b2f91c9768839d0ed2214dfa85601d6dd9692319123fc4efdf \
         43f0f795318fac11bb3fac14154a2b2a394a3b87d1c486f5f633efd55dd9bd931b6caa398a7038ba969f4068abf38762 \
         56a0b90890076fb9b24a98656b27ec24d5989f6379819bec165ca8f0bac7f363af582bbfeedf960427e7ac9a7df1bf3a \
         dff66f20d3d59a32b9926163655c8733",
    ),
    (
        RsaPadding::OaepSha256,
        "76660c576de975db332c859a1efa9fe329de732ee999e15b788c3a67bde1c0fcb10f2c081be1fa4d395e7cc760882c16 \
         0b16ceded3495b4fc5ac89d6c9cea22b7e590e2149038e0e947db6bc8a0213672333612f134cda234ad412809e556a20 \
         6564b8467bdf4002792df55d155490ac08f8b098642510ddf9348856bd5f39ed2f08f52a4ebde3240284c261266821c5 \
         662164d69e12018c892192c8903dc07b30427dcd3a1b37674477a7533069ed95605716c594b11dd3c9805efa407e1f2b \
         783182029cc482a8e084ff41feddb81f8f06b307d401e207355372eb419cea90437b6b8ac1a9cabcefced7d1352a04cb \
         fe2d5f629907fa83552ca558def37b56",
    ),
    (
        RsaPadding::OaepSha384,
        "75e9f794ce69513900827965e52357183faa32413eb11d0d27eab3f417d0dd40887f72c9d22f883249ea6a61ef9b8219 \
         3024578ae3c0f1b4774866bf39064cd79490257b8181813fcc09fbf60d9eb5f89f03e6fcb333b842c6137bb1cd8aa746 \
         453131cee822c3e30cb2297bb96e3a9a39601f79bdd49bba956b657dc72734a3ae08be6219b329cd3719bdefd2a86d8a \
         590ab345b047ff9b3419171928bb139143460439e694f3d03738bf4bedfb028f6965412cfd8e601d502732398a207e92 \
         2c15b3715e766d2a657de43a91d873517645ee4820c5dae3ae653215282bdde29954a4196f8da5604a2427b1d3c8e51a \
         e3d78d17390f24cea97e7bdca3ff1650",
    ),
    (
        RsaPadding::OaepSha512,
        "6d00d396d151367bbeb2fbf32ec4e0c15b16cd62e6288de8a6bef93ca51d55a9fb47b9ca0c243831de22e61b5185c9ee \
         397081427cb84e1537e27b961e1f3a4a05680cf5ebf9de068832691b646bff0105d726d2008616ddb6caf3a2a911e7cc \
         1e5ab10a713ec52041bb8430c39f6d57c02ba5a2b4a367ac884eb566e20908594040865bdb46efeb9edf158651d114e5 \
         3064fcdcd41481cf9332d1843499ad01197034bd932154da04543c4fb30d115e34ea8d7d56cb7f3ffc2f701bbb974bb3 \
         4b00671d983f07a8420eb57a1bdb15fe914e8916a4b2bbc1acff6c27ea4c2f89f04989d38e20221de778a467b8755978 \
         0b8d8a69bb09faf02dde0edb9133e4a8",
    ),
    (
        RsaPadding::Pkcs1,
        "71b404c348e2b47add3ccd8aabdaa5832e35bd3f89b19fdcfc3bac034be8af186fd5689236e32dfed61282a4123aa752 \
         7c0c6d40e0639cff360fcf49fe007c0db7fe536a47753899953b841910a7ed3443132d9f8364a9ad14656d7616f270ea \
         a43dc34a9db0917290c9d98b34c50506e30c6eff5ef19aa6fa0558565b32c77c5712a67c5229ba0a24cf33eee0c5f72c \
         2be4ce5e0e7166bb8c131e6136dbad66a3a96e326a51433ca7c58b2bccc42d20757fb5e3b426616226f23a65149ebb87 \
         2f9a407338f0d66469822c9b466cacf848a7584935528d777a3f260bce421939a078e1218c3b4289aef92bd80b3f7333 \
         828e046384e76d764d39bd87f5d85648",
    ),
];

fn private_of(bytes: &[u8], passphrase: Option<&str>) -> Result<RsaPrivateKey, RsaKeyError> {
    RsaPrivateKey::from_file_bytes(bytes, &mut || passphrase.map(|text| Zeroizing::new(text.to_owned())))
}

fn private_key() -> RsaPrivateKey {
    private_of(PKCS8, None).expect("a private key")
}

/// The DER inside a PEM file.
fn der(pem: &[u8]) -> Vec<u8> {
    pem::blocks(pem).expect("PEM").expect("a block")[0].decode().expect("base64").to_vec()
}

fn refused_public(bytes: &[u8]) -> RsaKeyError {
    RsaPublicKey::from_file_bytes(bytes).expect_err("no public key")
}

fn refused_private(bytes: &[u8]) -> RsaKeyError {
    RsaPrivateKey::from_file_bytes(bytes, &mut || panic!("no passphrase is needed"))
        .expect_err("no private key")
}

fn not_rsa(algorithm: &str) -> RsaKeyError {
    RsaKeyError::NotRsa { algorithm: algorithm.to_owned() }
}

#[test]
fn names_are_found() {
    let names = ["oaep-sha256", "oaep-sha1", "oaep-sha384", "oaep-sha512", "pkcs1"];
    assert_eq!(RsaPadding::ALL.map(RsaPadding::name), names);
    for padding in RsaPadding::ALL {
        assert_eq!(RsaPadding::by_name(padding.name()), Some(padding));
    }
    assert_eq!(RsaPadding::by_name("oaep"), None);
}

#[test]
fn what_another_implementation_wrapped_is_unwrapped() {
    let expected: Vec<u8> = (0..32).collect();
    for (padding, ciphertext) in WRAPPED {
        let data_key = private_key().unwrap(padding, &hex::bytes(ciphertext), 32).expect("unwraps");
        assert_eq!(*data_key, expected, "{padding}");
    }
}

#[test]
fn what_is_wrapped_is_unwrapped() {
    let (private_key, public_key) =
        (private_key(), RsaPublicKey::from_file_bytes(SPKI).expect("a public key"));
    for padding in RsaPadding::ALL {
        for length in [16, 24, 32] {
            let data_key = vec![0xA5; length];
            let wrapped = public_key.wrap(padding, &data_key).expect("wraps");
            assert_eq!(wrapped.len(), 256);
            assert_ne!(wrapped, public_key.wrap(padding, &data_key).expect("wraps"));
            assert_eq!(*private_key.unwrap(padding, &wrapped, length).expect("unwraps"), data_key);
        }
    }
}

#[test]
fn oaep_refuses_what_it_cannot_open() {
    let (private_key, public_key) = (private_key(), private_key().public_key());
    let oaep = RsaPadding::ALL.into_iter().filter(|padding| *padding != RsaPadding::Pkcs1);
    for padding in oaep {
        let wrapped = public_key.wrap(padding, &[1; 32]).expect("wraps");
        let refuses = |ciphertext: &[u8]| {
            let refusal = private_key.unwrap(padding, ciphertext, 32).expect_err("does not open");
            assert!(matches!(refusal, RsaError::DoesNotOpen), "{refusal:?}");
        };
        for byte in [0, 1, 127, 255] {
            let mut flipped = wrapped.clone();
            flipped[byte] ^= 1;
            refuses(&flipped);
        }
        refuses(&[]);
        refuses(&[0; 256]);
        refuses(&[0xff; 256]);
        refuses(&wrapped[..255]);
        refuses(&wrapped[1..]);
        refuses(&[&[0], &wrapped[..]].concat());
        refuses(&[&wrapped[..], &[0]].concat());
        for other in RsaPadding::ALL.into_iter().filter(|other| *other != padding) {
            refuses(&public_key.wrap(other, &[1; 32]).expect("wraps"));
        }
        for found in [0, 16, 31, 33] {
            let wrapped = public_key.wrap(padding, &vec![1; found]).expect("wraps");
            let refusal = private_key.unwrap(padding, &wrapped, 32).expect_err("another length");
            assert!(
                matches!(refusal, RsaError::DataKeyLength { expected: 32, found: other } if other == found)
            );
        }
    }
}

#[test]
fn pkcs1_answers_every_ciphertext_with_a_data_key() {
    let (private_key, public_key) = (private_key(), private_key().public_key());
    let data_key = [7; 32];
    let wrapped = public_key.wrap(RsaPadding::Pkcs1, &data_key).expect("wraps");
    let mut wrong: Vec<Vec<u8>> = [0, 1, 31, 33, 245]
        .iter()
        .map(|length| public_key.wrap(RsaPadding::Pkcs1, &vec![7; *length]).expect("wraps"))
        .collect();
    wrong.push(public_key.wrap(RsaPadding::OaepSha256, &data_key).expect("wraps"));
    wrong.extend([
        vec![],
        vec![0; 256],
        vec![0xff; 256],
        wrapped[1..].to_vec(),
        [&[0], &wrapped[..]].concat(),
    ]);
    let mut flipped = wrapped.clone();
    flipped[200] ^= 1;
    wrong.push(flipped);
    for ciphertext in wrong {
        let one = private_key.unwrap(RsaPadding::Pkcs1, &ciphertext, 32).expect("a data key");
        let other = private_key.unwrap(RsaPadding::Pkcs1, &ciphertext, 32).expect("a data key");
        assert_eq!(one.len(), 32);
        assert_ne!(*one, *other);
        assert_ne!(**one, data_key);
        assert!(one.iter().any(|byte| *byte != 0) && one[..31] != [7; 31]);
    }
    assert_eq!(**private_key.unwrap(RsaPadding::Pkcs1, &wrapped, 32).expect("a data key"), data_key);
    assert_eq!(private_key.unwrap(RsaPadding::Pkcs1, &wrapped, 4096).expect("a data key").len(), 4096);
}

#[test]
fn the_greatest_data_key_of_each_padding() {
    let public_key = RsaPublicKey::from_file_bytes(SPKI).expect("a public key");
    for (padding, expected) in RsaPadding::ALL.into_iter().zip([190, 214, 158, 126, 245]) {
        public_key.wrap(padding, &vec![1; expected]).expect("just fits");
        let refusal = public_key.wrap(padding, &vec![1; expected + 1]).expect_err("too long");
        assert!(matches!(refusal, RsaError::TooSmall { greatest, .. } if greatest == expected));
    }
}

#[test]
fn public_keys_are_read_in_every_form() {
    let expected = private_key().public_key();
    assert_eq!((expected.modulus_length(), expected.modulus_bits()), (256, 2048));
    for pem in [SPKI, PKCS1_PUBLIC, CERTIFICATE] {
        assert!(RsaPublicKey::from_file_bytes(pem).expect("PEM").is_same_key(&expected));
        assert!(RsaPublicKey::from_file_bytes(&der(pem)).expect("DER").is_same_key(&expected));
    }
    let pair = generate(2048).expect("a key pair");
    let other = RsaPublicKey::from_file_bytes(pair.public_pem.as_bytes()).expect("a public key");
    assert!(!other.is_same_key(&expected));
}

#[test]
fn private_keys_are_read_in_every_form() {
    let expected = private_key().public_key();
    for pem in [PKCS8, PKCS1] {
        for bytes in [pem.to_vec(), der(pem)] {
            let key = RsaPrivateKey::from_file_bytes(&bytes, &mut || panic!("no passphrase is needed"));
            assert!(key.expect("a private key").public_key().is_same_key(&expected));
        }
    }
    for pem in [ENCRYPTED_PBKDF2, ENCRYPTED_SCRYPT] {
        for bytes in [pem.to_vec(), der(pem)] {
            let key = private_of(&bytes, Some(PASSPHRASE)).expect("a private key");
            assert!(key.public_key().is_same_key(&expected));
        }
    }
}

#[test]
fn passphrases_are_needed_and_checked() {
    assert_eq!(private_of(ENCRYPTED_SCRYPT, None).expect_err("encrypted"), RsaKeyError::PassphraseNeeded);
    // Many, because one wrong passphrase in 256 leaves padding that looks right.
    for n in 0..600 {
        let refused =
            private_of(ENCRYPTED_PBKDF2, Some(&format!("wrong {n}"))).expect_err("a wrong passphrase");
        assert_eq!(refused, RsaKeyError::WrongPassphrase);
    }
    assert_eq!(private_of(ENCRYPTED_SCRYPT, Some("")).expect_err("wrong"), RsaKeyError::WrongPassphrase);
}

#[test]
fn unsupported_encryption_is_named_and_no_passphrase_asked() {
    let name = |bytes: &[u8], passphrase: Option<&str>| match private_of(bytes, passphrase) {
        Err(RsaKeyError::UnsupportedEncryption(name)) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(ENCRYPTED_OPENSSL, None), "OpenSSL's own PEM encryption");
    assert_eq!(name(ENCRYPTED_PBES1, None), "PBE-SHA1-3DES");
    assert_eq!(name(ENCRYPTED_SHA1, Some(PASSPHRASE)), "PBKDF2 with HMAC-SHA1");
}

#[test]
fn the_other_half_is_told_apart() {
    for pem in [PKCS8, PKCS1, ENCRYPTED_PBKDF2] {
        assert_eq!(refused_public(pem), RsaKeyError::PrivateKeyGiven);
        assert_eq!(refused_public(&der(pem)), RsaKeyError::PrivateKeyGiven);
    }
    for pem in [SPKI, PKCS1_PUBLIC, CERTIFICATE] {
        assert_eq!(refused_private(pem), RsaKeyError::PublicKeyGiven);
        assert_eq!(refused_private(&der(pem)), RsaKeyError::PublicKeyGiven);
    }
    // One file with both.
    let both = [PKCS8, CERTIFICATE].concat();
    RsaPublicKey::from_file_bytes(&both).expect("the certificate");
    private_of(&both, None).expect("the private key");
}

#[test]
fn other_algorithms_are_named() {
    assert_eq!(refused_public(EC_SPKI), not_rsa("EC"));
    assert_eq!(refused_public(PSS_SPKI), not_rsa("RSASSA-PSS"));
    assert_eq!(refused_private(EC_PKCS8), not_rsa("EC"));
    assert_eq!(refused_private(EC_SEC1), not_rsa("EC"));
    assert_eq!(refused_private(&der(EC_SEC1)), not_rsa("EC"));
    assert_eq!(refused_private(ED25519_PKCS8), not_rsa("Ed25519"));
}

#[test]
fn other_sizes_are_refused() {
    assert_eq!(refused_public(SMALL_SPKI), RsaKeyError::UnsupportedSize { bits: 1024 });
    assert_eq!(refused_private(SMALL_PKCS8), RsaKeyError::UnsupportedSize { bits: 1024 });
    for bits in [0, 1024, 2047, 8192] {
        assert!(
            matches!(generate(bits), Err(RsaError::UnsupportedSize { bits: refused }) if refused == bits)
        );
    }
}

#[test]
fn what_is_no_key_is_said_so() {
    for refused in [refused_public, refused_private] {
        assert_eq!(refused(b""), RsaKeyError::NotPemOrDer);
        assert_eq!(refused(b"a text"), RsaKeyError::NotPemOrDer);
        assert_eq!(
            refused(&[0x30, 0x03, 0x02, 0x01, 0x00]),
            RsaKeyError::Malformed("DER: not a key or certificate")
        );
        assert_eq!(refused(&[0x30, 0x82]), RsaKeyError::Malformed("DER"));
        assert_eq!(refused(OPENSSH), RsaKeyError::OpenSshFormat);
        assert_eq!(refused(b"ssh-rsa AAAAB3NzaC1yc2E= me@here\n"), RsaKeyError::OpenSshFormat);
        let request = b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
        assert_eq!(refused(request), RsaKeyError::UnknownPemLabel("CERTIFICATE REQUEST".to_owned()));
        assert!(matches!(refused(b"-----BEGIN PUBLIC KEY-----\nAAAA\n"), RsaKeyError::Malformed(_)));
        let labels = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(matches!(refused(labels), RsaKeyError::Malformed(_)));
    }
    // What a damaged first line runs into is not printed as if it were a label.
    let damaged = b"-----BEGIN KEY\nsecret\n-----\n-----END KEY\nsecret\n-----\n";
    assert_eq!(refused_private(damaged), RsaKeyError::Malformed("PEM: its label"));
    assert!(matches!(
        refused_public(b"-----BEGIN PUBLIC KEY-----\nA?AA\n-----END PUBLIC KEY-----\n"),
        RsaKeyError::Malformed(_)
    ));
}

#[test]
fn text_line_ends_and_other_blocks_around_are_passed_over() {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let crlf = text(PKCS8).replace('\n', "\r\n");
    private_of(crlf.as_bytes(), None).expect("CRLF");
    private_of(text(PKCS8).trim_end().as_bytes(), None).expect("no last line end");
    private_of(format!("\u{FEFF}Bag Attributes\n  0 s:CN=x\n{}\n\nrest\n", text(PKCS8)).as_bytes(), None)
        .expect("text");
    private_of([EC_SEC1, OPENSSH, SPKI, PKCS8].concat().as_slice(), None).expect("behind others");
    let one_line = text(SPKI).replace("-----\n", "-----|").replace('\n', "").replace('|', "\n");
    RsaPublicKey::from_file_bytes(one_line.replace("-----END", "\n-----END").as_bytes())
        .expect("one long line");
    // The first usable block counts.
    let pair = generate(2048).expect("a key pair");
    let two = [pair.public_pem.as_bytes(), SPKI].concat();
    let first = RsaPublicKey::from_file_bytes(pair.public_pem.as_bytes()).expect("a public key");
    assert!(RsaPublicKey::from_file_bytes(&two).expect("two keys").is_same_key(&first));
}

#[test]
fn damaged_keys_never_panic_and_never_become_other_keys() {
    let (padding, ciphertext) = (WRAPPED[1].0, hex::bytes(WRAPPED[1].1));
    let data_key: Vec<u8> = (0..32).collect();
    for bytes in [der(PKCS8), der(PKCS1)] {
        for length in 0..bytes.len() {
            refused_private(&bytes[..length]);
        }
        for byte in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[byte] ^= 0x01;
            if let Ok(key) = private_of(&damaged, None) {
                assert_eq!(*key.unwrap(padding, &ciphertext, 32).expect("unwraps"), data_key, "byte {byte}");
            }
        }
    }
    for bytes in [der(SPKI), der(PKCS1_PUBLIC), der(CERTIFICATE)] {
        for length in 0..bytes.len() {
            refused_public(&bytes[..length]);
        }
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let _ = RsaPublicKey::from_file_bytes(&damaged);
        }
    }
}

#[test]
fn generated_keys_are_read_back() {
    let pair = generate(3072).expect("a key pair");
    assert!(pair.private_pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(pair.private_pem.ends_with("-----END PRIVATE KEY-----\n"));
    assert!(pair.public_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert!(pair.private_pem.lines().chain(pair.public_pem.lines()).all(|line| line.len() <= 64));
    let private_key = private_of(pair.private_pem.as_bytes(), None).expect("a private key");
    let public_key = RsaPublicKey::from_file_bytes(pair.public_pem.as_bytes()).expect("a public key");
    assert!(private_key.public_key().is_same_key(&public_key));
    assert_eq!((private_key.modulus_bits(), public_key.modulus_length()), (3072, 384));
    let wrapped = public_key.wrap(RsaPadding::OaepSha256, &[9; 32]).expect("wraps");
    assert_eq!(**private_key.unwrap(RsaPadding::OaepSha256, &wrapped, 32).expect("unwraps"), [9; 32]);
}

#[test]
fn keys_are_shared_between_threads_and_not_printed() {
    fn assert_shared<T: Send + Sync>(_: &T) {}
    let key = private_key();
    assert_shared(&key);
    assert_shared(&key.public_key());
    assert_eq!(format!("{key:?} {:?}", key.public_key()), "RsaPrivateKey(2048 bits) RsaPublicKey(2048 bits)");
    assert_eq!(format!("{:?}", generate(2048).expect("a key pair")), "GeneratedRsaKey");
}
