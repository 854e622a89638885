//! Two messages that are to be the same: their headers except for chance, and their plaintexts.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use esdk::message::decrypt::UnverifiedMessage;

use crate::support::command::Workspace;
use crate::support::emulator::{HOME_REGION, emulator};

/// Two messages that are to have the same plaintext.
pub struct Pair {
    pub name: String,
    pub theirs: Vec<u8>,
    pub ours: Vec<u8>,
}

/// The message in these bytes, encoded or not.
pub fn message(bytes: &[u8]) -> Option<Vec<u8>> {
    let decoded = BASE64.decode(bytes.trim_ascii_end()).ok();
    let bytes = decoded.as_deref().unwrap_or(bytes);
    UnverifiedMessage::read(bytes, None).is_ok().then(|| bytes.to_vec())
}

/// What differs between the headers, except by chance.
pub fn headers_differ(theirs: &[u8], ours: &[u8]) -> Option<String> {
    let seen = |message: &[u8]| {
        let message = UnverifiedMessage::read(message, None).ok()?;
        let header = message.header();
        let context: BTreeMap<_, _> =
            header.context.pairs().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let is_key = |key: &str| key == "aws-crypto-public-key";
        let context = context.into_iter().map(|(k, v)| if is_key(&k) { (k, String::new()) } else { (k, v) });
        let keys = header.encrypted_data_keys.iter().map(|key| (key.provider_text(), key.key_text()));
        let context: Vec<_> = context.collect();
        // The original wraps by them in any order, the first one too.
        let mut keys: Vec<_> = keys.collect();
        keys.sort();
        Some(format!(
            "{} {:?} {} {context:?} {keys:?}",
            header.suite.name(),
            header.content_type,
            header.frame_length
        ))
    };
    let (theirs, ours) = (seen(theirs), seen(ours));
    (theirs != ours)
        .then(|| format!("header {}\nand not {}", ours.unwrap_or_default(), theirs.unwrap_or_default()))
}

/// Opens all messages at once, and says where the plaintexts differ.
pub fn opened_differently(pairs: &[Pair]) -> Vec<String> {
    if pairs.is_empty() {
        return Vec::new();
    }
    let mut place = Workspace::new(&format!("http://{}", emulator().address));
    place.set("AWS_DEFAULT_REGION", HOME_REGION);
    for folder in ["theirs", "ours"] {
        fs::create_dir(place.path(folder)).expect("a folder");
    }
    for (at, pair) in pairs.iter().enumerate() {
        place.write(&format!("theirs/{at}.esdk"), &pair.theirs);
        place.write(&format!("ours/{at}.esdk"), &pair.ours);
    }
    let words = ["decrypt", "-w", "discovery=true", "--commitment-policy", "require-encrypt-allow-decrypt"];
    let outcome = place.esdk([&words[..], &["-r", "-o", "opened/", "theirs", "ours"]].concat());
    let mut differing = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let opened = |folder: &str| fs::read(place.path(&format!("opened/{folder}/{at}"))).ok();
        let (theirs, ours) = (opened("theirs"), opened("ours"));
        if theirs.is_none() || theirs != ours {
            differing.push(format!(
                "{}: opened {:?} and not {:?}",
                pair.name,
                ours.map(|o| excerpt(&o)),
                theirs.map(|o| excerpt(&o))
            ));
        }
    }
    if !differing.is_empty() {
        differing.push(outcome.stderr);
    }
    differing
}

/// The beginning of some bytes, and how many they are.
pub fn excerpt(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(1_500).collect();
    format!("{} bytes: {text}", bytes.len())
}
