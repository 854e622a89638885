//! Whole messages, with fixed wrapping keys: raw AES of three lengths and raw RSA with two paddings, those of
//! `tests/vectors/keys.json`.
//!
//! | bytes | of the input |
//! | --- | --- |
//! | 1 | 0xFF: the message is what follows. Anything else: the number of a template, and edits of it follow |
//! | 1 | bit 7: the edited message is made authentic again, all but its signature. Bit 6: under one wrapping key. Bits 0 to 5: the pieces in which it comes |
//! | n | the message, or edits: a byte that says which, positions and lengths in one or two bytes, bytes |

use std::io::{Cursor, Read};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use esdk::commitment::CommitmentPolicy;
use esdk::context::EncryptionContext;
use esdk::crypto::aead::AeadKey;
use esdk::crypto::kdf;
use esdk::crypto::rsa::{RsaPadding, RsaPrivateKey};
use esdk::data_key::DataKey;
use esdk::format::fields::Fields;
use esdk::format::{ContentType, EncryptedDataKey, Header, HeaderAuthentication};
use esdk::keyring::multi::MultiKeyring;
use esdk::keyring::raw_aes::RawAesKeyring;
use esdk::keyring::raw_rsa::RawRsaKeyring;
use esdk::keyring::{Keyring, Reach, Unwrapped, WrapError};
use esdk::message::DecryptError;
use esdk::message::body::{Decrypted, Message};
use esdk::message::decrypt::{DecryptRequirements, UnverifiedMessage};
use esdk::message::replay::Replay;
use esdk::suite::{AlgorithmSuite, IV_LENGTH, TAG_LENGTH};
use zeroize::Zeroizing;

use super::frames::{Frames, authenticated};
use super::streams::Watched;

const KEYS: &str = include_str!("../../tests/vectors/keys.json");
const NAMESPACE: &str = "raw-keys-open";
const PLAIN: u8 = 0xFF;
const FORGED: u8 = 0x80;
const ONE_KEY: u8 = 0x40;
/// Edits make no message longer than this, in bytes.
const MAX_LENGTH: usize = 8 << 10;
/// Wraps the data key of forged messages.
const FORGER: &str = "aes-256";

macro_rules! vectors {
    ($($message:literal => $plaintext:literal),+ $(,)?) => {
        &[$((
            include_bytes!(concat!("../../tests/vectors/ciphertexts/", $message)),
            include_bytes!(concat!("../../tests/vectors/plaintexts/", $plaintext)),
        )),+]
    };
}

/// Messages and their plaintexts. Seeds name them by their places: add new ones at the end.
const VECTORS: &[(&[u8], &[u8])] = vectors! {
    "context-0014-v1-f4096-p40-aes-256-astral-0057" => "p000040",
    "framing-0046-v1-f16-p48-aes-128-bmp-0078" => "p000048",
    "framing-0078-v1-f1-p5-aes-192-control-0133" => "p000005",
    "context-0114-v1-f4096-p40-aes-256-bmp-0239" => "p000040",
    "framing-0146-v1-f16-p48-aes-128-one-0261" => "p000048",
    "framing-0178-v1-f1-p5-aes-192-normal-forms-0316" => "p000005",
    "framing-0214-v1-f1-p1-aes-128-normal-forms-0375" => "p000001",
    "framing-0346-v1-f16-p15-aes-192-normal-forms-0442" => "p000015",
    "context-0378-v1-f4096-p40-aes-256-astral-0546" => "p000040",
    "special-full-final-frame-0478-0565" => "p000048",
    "framing-0578-v2-f16-p48-aes-256-control-0629" => "p000048",
    "framing-0014-v1-f0-p15-aes-256-none-0002" => "p000015",
    "framing-0178-v1-f0-p17-aes-192-control-0310" => "p000017",
    "framing-0378-v1-f0-p17-aes-256-none-0494" => "p000017",
    "framing-0478-v2-f0-p15-aes-192-none-0553" => "p000015",
    "framing-0578-v2-f0-p17-aes-256-bmp-0617" => "p000017",
    "special-nonframed-empty-0478-0657" => "p000000",
    "special-empty-final-frame-0578-0560" => "p000048",
    "keys-0478-v2-f512-p0-aes_rsa_both-one-0602" => "p000000",
    "framing-0478-v2-f16-p1-rsa-2048-pkcs1-none-0563" => "p000001",
    "special-edk-of-an-impostor-first-0478-0596" => "p000040",
    "special-edk-all-fields-empty-first-0178-0628" => "p000040",
    "special-frame-length-ffffffff-one-small-final-frame-0578-0572" => "p000040",
    "special-signature-short-0214-0640" => "p000040",
};

/// Every way to read a message comes to the same, and only what an encryptor wrote is accepted.
pub fn check(input: &[u8]) {
    let Some((&[template, control], rest)) = input.split_first_chunk::<2>() else { return };
    let fixture = Fixture::once();
    let message = match template {
        PLAIN => rest.to_vec(),
        number => fixture.template(number).edited(rest, fixture),
    };
    let (message, is_forged) = match control & FORGED {
        0 => (message, false),
        _ => match fixture.forged(&message, control) {
            Some(forged) => (forged, true),
            None => return,
        },
    };
    is_refused_before_any_key_is_asked(&message);
    let outcome = fixture.decrypt_in_every_way(&message, control);
    if is_forged {
        return;
    }
    match outcome {
        Ok(plaintext) => fixture.has_written(&message, &plaintext),
        Err(given_out) => fixture.may_give_out(&message, &given_out),
    }
}

/// A message and what is in it.
struct Template {
    message: &'static [u8],
    plaintext: &'static [u8],
    header_length: usize,
    /// Plaintext in regular frames, in bytes: what may leave before everything has been verified.
    before_final: usize,
}

impl Template {
    /// Applies edits until they end.
    fn edited(&self, edits: &[u8], fixture: &Fixture) -> Vec<u8> {
        let mut message = self.message.to_vec();
        let mut edits = Edits(edits);
        while message.len() <= MAX_LENGTH && edits.apply(&mut message, fixture).is_some() {}
        message.truncate(MAX_LENGTH);
        message
    }
}

/// What is left of the edits.
struct Edits<'a>(&'a [u8]);

impl Edits<'_> {
    /// Applies the next edit; none when there is no whole one.
    fn apply(&mut self, message: &mut Vec<u8>, fixture: &Fixture) -> Option<()> {
        let kind = self.byte()? % 8;
        let at = self.number()? % (message.len() + 1);
        let end = |length: usize| (at + length).min(message.len());
        match kind {
            0 => *message.get_mut(at)? ^= self.byte()?,
            1 => message.get_mut(at..at + 2)?.copy_from_slice(&self.bytes(2)?),
            2 => drop(message.drain(at..end(usize::from(self.byte()?)))),
            3 => {
                let length = usize::from(self.byte()?);
                message.splice(at..at, self.bytes(length)?);
            }
            4 => message.truncate(at),
            5 => {
                let copy = message[at..end(self.number()?)].to_vec();
                let to = self.number()? % (message.len() + 1);
                message.splice(to..to, copy);
            }
            6 => {
                let other = fixture.template(self.byte()?).message;
                let (from, length) = (self.number()? % (other.len() + 1), self.number()?);
                let part = &other[from..(from + length).min(other.len())];
                message.splice(at..end(part.len()), part.iter().copied());
            }
            _ => {
                let length = usize::from(self.byte()?);
                message.extend(self.bytes(length)?);
            }
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<usize> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(usize::from(u16::from_be_bytes(*number)))
    }

    fn bytes(&mut self, length: usize) -> Option<Vec<u8>> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes.to_vec())
    }
}

/// The wrapping keys and the templates.
struct Fixture {
    keyring: MultiKeyring,
    forger: AeadKey,
    templates: Vec<Template>,
}

impl Fixture {
    fn once() -> &'static Self {
        static FIXTURE: OnceLock<Fixture> = OnceLock::new();
        FIXTURE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let keys: serde_json::Value = serde_json::from_str(KEYS).expect("JSON");
        let material = |name: &str| keys["keys"][name]["material"].as_str().expect("a key").to_owned();
        let aes_key = |name: &str| Zeroizing::new(BASE64.decode(material(name)).expect("base64"));
        let aes = |name: &str| -> Box<dyn Keyring> {
            Box::new(RawAesKeyring::new(NAMESPACE, name, aes_key(name)).expect("a good key"))
        };
        let rsa = |padding| -> Box<dyn Keyring> {
            let pem = material("rsa-2048-private");
            let key = RsaPrivateKey::from_file_bytes(pem.as_bytes(), &mut || None).expect("a private key");
            Box::new(RawRsaKeyring::new(NAMESPACE, "rsa-2048", padding, None, Some(key)).expect("a good key"))
        };
        let others =
            vec![aes("aes-192"), aes("aes-128"), rsa(RsaPadding::OaepSha256), rsa(RsaPadding::Pkcs1)];
        let keyring = MultiKeyring::new(aes(FORGER), others);
        let forger = AeadKey::new(&aes_key(FORGER)).expect("32 bytes are a key");
        let templates = VECTORS.iter().map(|(message, plaintext)| template(&keyring, message, plaintext));
        let templates = templates.collect();
        Self { keyring, forger, templates }
    }

    fn template(&self, number: u8) -> &Template {
        &self.templates[usize::from(number) % self.templates.len()]
    }

    /// The message with its header and frames sealed anew under a data key of ours; none when it has no header.
    fn forged(&self, message: &[u8], control: u8) -> Option<Vec<u8>> {
        let mut fields = Fields::new(message, 0);
        let mut header = Header::read(&mut fields, None).ok()?;
        let authentication = HeaderAuthentication::read(&mut fields, header.suite.message_version()).ok()?;
        let mut body = message[usize::try_from(fields.offset()).ok()?..].to_vec();

        let bytes = vec![5; header.suite.data_key_length()];
        let mut ciphertext = bytes.clone();
        let aad = header.context.serialized();
        let tag = self.forger.seal(&[0; IV_LENGTH], &aad, &mut ciphertext).expect("a data key");
        ciphertext.extend(tag);
        let after_name = [&[0, 0, 0, 128, 0, 0, 0, 12], [0; IV_LENGTH].as_slice()].concat();
        if control & ONE_KEY != 0 {
            header.encrypted_data_keys.clear();
        }
        header.encrypted_data_keys.push(EncryptedDataKey {
            provider_id: NAMESPACE.as_bytes().to_vec(),
            provider_information: [FORGER.as_bytes(), &after_name].concat(),
            ciphertext,
        });
        let data_key = DataKey::from_bytes(Zeroizing::new(bytes));
        let derived = kdf::derive(header.suite, &data_key, &header.message_id).expect("its own length");
        header.commitment_key = derived.commitment_key;
        let key = AeadKey::new(derived.data_key.as_bytes()).expect("a key of the suite's length");

        match header.content_type {
            ContentType::Framed => {
                Frames::seal(&mut body, header.frame_length, &header.message_id, Some(&key));
            }
            ContentType::Unframed => seal_unframed(&mut body, &header.message_id, &key),
        }
        let mut forged = authenticated(&header, authentication.iv, &key);
        forged.append(&mut body);
        Some(forged)
    }

    /// Gives the plaintext, or what left before it was refused.
    fn decrypt_in_every_way(&self, message: &[u8], control: u8) -> Result<Vec<u8>, Vec<u8>> {
        let checked = self.open(message).and_then(Message::check);
        let mut plaintext = Vec::new();
        let replay = || Replay::of_stream(Cursor::new(message.to_vec()));
        let twice = self.open(replay()).and_then(Message::check_first);
        let twice = twice.and_then(|message| message.decrypt(&mut plaintext));
        agree("check", &checked, "check and decrypt", &twice);
        assert!(twice.is_ok() || plaintext.is_empty(), "what was refused gave out something");

        let mut given_out = Vec::new();
        let at_once = self.open(message).and_then(|message| message.decrypt(&mut given_out));
        if let Err(DecryptError::Unframed) = at_once {
            assert!(given_out.is_empty(), "an unframed body before it was checked");
        } else {
            agree("decrypt", &at_once, "check", &checked);
            assert!(at_once.is_err() || given_out == plaintext, "another plaintext frame by frame");
        }

        let mut in_pieces = Vec::new();
        let pieces = self.open(Watched::new(message, control));
        let pieces = pieces.and_then(|message| message.decrypt(&mut in_pieces));
        let mut once = Vec::new();
        let forgotten = self.open(replay()).and_then(|message| message.read_once().decrypt(&mut once));
        for (name, outcome, written) in [("in pieces", pieces, in_pieces), ("read once", forgotten, once)] {
            agree(name, &outcome, "decrypt", &at_once);
            assert!(outcome.is_err() || written == given_out, "another plaintext {name}");
            if written.len() > given_out.len() {
                // Shorter reads see less of what is wrong further on.
                given_out = written;
            }
        }
        match checked {
            Ok(done) => {
                assert_eq!(done.plaintext_bytes, plaintext.len() as u64);
                assert_eq!(done.ciphertext_bytes, message.len() as u64);
                Ok(plaintext)
            }
            Err(error) => {
                assert!(!error.to_string().is_empty(), "{error:?} says nothing");
                Err(given_out)
            }
        }
    }

    fn open<R: Read>(&self, source: R) -> Result<Message<R>, DecryptError> {
        open(&self.keyring, source)
    }

    /// What was accepted is a template, to the last byte. The other s of a signature would be accepted as well; nobody comes
    /// upon it by chance.
    fn has_written(&self, message: &[u8], plaintext: &[u8]) {
        let template = self.templates.iter().find(|template| template.message == message);
        let template = template.expect("a message was accepted that is none of the templates");
        assert_eq!(plaintext, template.plaintext, "another plaintext");
    }

    /// What was given out of a message that was refused is whole frames of a template with the same header.
    fn may_give_out(&self, message: &[u8], given_out: &[u8]) {
        let is_of = |template: &&Template| message.starts_with(&template.message[..template.header_length]);
        let may = |template: &Template| template.plaintext[..template.before_final].starts_with(given_out);
        let mut all = self.templates.iter().filter(is_of);
        assert!(given_out.is_empty() || all.any(may), "gave out {given_out:02x?}");
    }
}

fn open<R: Read>(keyring: &dyn Keyring, source: R) -> Result<Message<R>, DecryptError> {
    UnverifiedMessage::read(source, None)?.verify(keyring, &every_suite())
}

fn every_suite() -> DecryptRequirements {
    DecryptRequirements {
        commitment_policy: CommitmentPolicy::RequireEncryptAllowDecrypt,
        ..DecryptRequirements::default()
    }
}

fn agree(
    one: &str,
    outcome: &Result<Decrypted, DecryptError>,
    other: &str,
    expected: &Result<Decrypted, DecryptError>,
) {
    match (outcome, expected) {
        (Ok(outcome), Ok(expected)) => assert_eq!(outcome, expected, "{one} and {other}"),
        (Err(_), Err(_)) => {}
        _ => panic!("{one}: {outcome:?}; {other}: {expected:?}"),
    }
}

fn template(keyring: &dyn Keyring, message: &'static [u8], plaintext: &'static [u8]) -> Template {
    let unverified = UnverifiedMessage::read(message, None).expect("a template has a header");
    let header_length = usize::try_from(unverified.header_length()).expect("short");
    let frame_length = unverified.header().frame_length;
    let verified = unverified.verify(keyring, &every_suite()).expect("a template opens");
    let done = verified.check().expect("a template is a whole message");
    let before_final = match frame_length {
        0 => 0,
        length => (done.frames - 1) * u64::from(length),
    };
    assert_eq!(done.plaintext_bytes, plaintext.len() as u64, "the plaintext of a template");
    let before_final = usize::try_from(before_final).expect("short");
    Template { message, plaintext, header_length, before_final }
}

/// Seals an unframed body in place, when all that it claims is there.
fn seal_unframed(body: &mut [u8], message_id: &[u8], key: &AeadKey) {
    let Some((header, rest)) = body.split_first_chunk_mut::<20>() else { return };
    let (iv, length) = header.split_first_chunk::<IV_LENGTH>().expect("20 are more than 12");
    let Ok(content_length) = usize::try_from(u64::from_be_bytes(length.try_into().expect("8 bytes"))) else {
        return;
    };
    let Some((content, rest)) = rest.split_at_mut_checked(content_length) else { return };
    let Some(tag) = rest.first_chunk_mut::<TAG_LENGTH>() else { return };
    let text = b"AWSKMSEncryptionClient Single Block";
    let aad = [message_id, text, &1_u32.to_be_bytes(), length].concat();
    *tag = key.seal(iv, &aad, content).expect("a small body");
}

/// Under the default policy a message that does not commit is refused, and no key is asked.
fn is_refused_before_any_key_is_asked(message: &[u8]) {
    let Ok(unverified) = UnverifiedMessage::read(message, None) else { return };
    if unverified.header().suite.is_committing() {
        return;
    }
    match unverified.verify(&Untouchable, &DecryptRequirements::default()) {
        Err(DecryptError::Policy(_)) => {}
        other => panic!("not committing, and {other:?}"),
    }
}

/// A keyring that must not be asked.
struct Untouchable;

impl Keyring for Untouchable {
    fn wrap(
        &self,
        _: &'static AlgorithmSuite,
        _: &EncryptionContext,
        _: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        panic!("asked to wrap")
    }

    fn unwrap(&self, _: &'static AlgorithmSuite, _: &EncryptionContext, _: &EncryptedDataKey) -> Unwrapped {
        panic!("asked to unwrap")
    }

    fn reach(&self) -> Reach {
        Reach::Local
    }

    fn name(&self) -> String {
        "untouchable".to_owned()
    }
}
