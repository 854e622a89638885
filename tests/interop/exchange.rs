//! The exchange of messages with either peer: each case goes both ways, and a part of them only one.

use crate::cases::{self, ASTRAL, Case, Key, SUITES};
use crate::peer::{Answer, Peer};
use crate::support::command::{Outcome, Workspace};
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::in_process::plaintext;
use crate::support::layout::Layout;

/// A folder with the keys, and a plaintext and a message for each case.
pub struct Scene {
    pub place: Workspace,
    peer: Peer,
    cases: Vec<Case>,
}

impl Scene {
    pub fn new(peer: Peer, cases: Vec<Case>) -> Scene {
        let has_kms = cases.iter().any(|case| matches!(case.key, Key::MultiRegion { .. }));
        let endpoint =
            if has_kms { format!("http://{}", emulator().address) } else { "http://127.0.0.1:9".to_owned() };
        let place = Workspace::new(&endpoint);
        cases::write_keys(&place);
        for (at, case) in cases.iter().enumerate() {
            place.write(&plain(at), plaintext(case.length));
            place.write(&context_file(at), case.header()["context"].to_string());
        }
        Scene { place, peer, cases }
    }

    /// esdk writes a message for each case.
    #[track_caller]
    pub fn esdk_writes(&self) {
        for (at, case) in self.cases.iter().enumerate() {
            let policy = if case.row().is_committing() {
                "require-encrypt-require-decrypt"
            } else {
                "forbid-encrypt-allow-decrypt"
            };
            let (algorithm, frame_length) = (case.row().name(), case.frame_length.to_string());
            let mut words = vec!["encrypt", "--commitment-policy", policy, "--algorithm", algorithm];
            let context = context_file(at);
            words.extend(["--frame-length", &frame_length, "--encryption-context-file", &context]);
            let unstored: Vec<String> = case.unstored.iter().map(|(k, v)| format!("{k}={v}")).collect();
            words.extend(unstored.iter().flat_map(|pair| ["--unstored-context", pair]));
            let keys = case.encrypting();
            words.extend(keys.iter().map(String::as_str));
            let outcome = self.place.esdk(words.into_iter().chain(["-o", "-", &plain(at)]));
            self.place.write(&message(at), &outcome.succeeded().stdout);
        }
    }

    /// The peer's answers to writing a message for each case.
    #[track_caller]
    pub fn peer_writes(&self) -> Vec<Answer> {
        let to_do = self.cases.iter().enumerate();
        let to_do = to_do.map(|(at, case)| case.to_peer(&self.place, "encrypt", &plain(at), &message(at)));
        self.peer.answers(&self.place, to_do.collect())
    }

    /// The peer's answers to reading the message of each case.
    #[track_caller]
    pub fn peer_reads(&self) -> Vec<Answer> {
        let to_do = self.cases.iter().enumerate();
        let to_do = to_do.map(|(at, case)| case.to_peer(&self.place, "decrypt", &message(at), &opened(at)));
        self.peer.answers(&self.place, to_do.collect())
    }

    /// esdk is asked to read the message of a case, and requires its context.
    #[track_caller]
    pub fn esdk_reads(&self, at: usize) -> Outcome {
        let case = &self.cases[at];
        let mut words = vec!["decrypt", "--commitment-policy", "require-encrypt-allow-decrypt"];
        let (context, message, opened) = (context_file(at), message(at), opened(at));
        words.extend(["--encryption-context-file", &context]);
        let unstored: Vec<String> = case.unstored.iter().map(|(k, v)| format!("{k}={v}")).collect();
        words.extend(unstored.iter().flat_map(|pair| ["-c", pair]));
        let keys = case.decrypting();
        words.extend(keys.iter().map(String::as_str));
        self.place.esdk(words.into_iter().chain(["-o", &opened, &message]))
    }

    /// The peer wrote what the case says: so it says itself, and so say the bytes.
    #[track_caller]
    pub fn are_written(&self, answers: &[Answer]) {
        for ((at, case), answer) in self.cases.iter().enumerate().zip(answers) {
            answer.is_of(case);
            if case.frame_length > 0 {
                let layout = Layout::of(&self.place.read(&message(at)));
                // An empty final frame follows an exact multiple: esdk and both peers agree.
                assert_eq!(layout.frames.len(), case.length / case.frame_length as usize + 1, "{case:?}");
            }
        }
    }

    /// What was opened of each case is its plaintext.
    #[track_caller]
    pub fn are_opened(&self) {
        for (at, case) in self.cases.iter().enumerate() {
            assert!(
                self.place.read(&opened(at)) == plaintext(case.length),
                "another plaintext came out: {case:?}"
            );
        }
    }
}

fn plain(at: usize) -> String {
    format!("plain-{at}")
}

fn message(at: usize) -> String {
    format!("message-{at}")
}

fn opened(at: usize) -> String {
    format!("opened-{at}")
}

fn context_file(at: usize) -> String {
    format!("context-{at}.json")
}

/// esdk writes the cases and the peer reads them.
#[track_caller]
pub fn peer_reads_what_esdk_wrote(peer: Peer, cases: Vec<Case>) {
    let scene = Scene::new(peer, cases);
    scene.esdk_writes();
    for (case, answer) in scene.cases.iter().zip(scene.peer_reads()) {
        answer.is_of(case);
    }
    scene.are_opened();
}

/// The peer writes the cases and esdk reads them.
#[track_caller]
pub fn esdk_reads_what_peer_wrote(peer: Peer, cases: Vec<Case>) {
    let scene = Scene::new(peer, cases);
    scene.are_written(&scene.peer_writes());
    for at in 0..scene.cases.len() {
        scene.esdk_reads(at).succeeded();
    }
    scene.are_opened();
}

/// Every length and algorithm of the raw keyrings, under names that are not ASCII as well.
pub fn raw_keys() -> Vec<Case> {
    let aes = [16, 24, 32].map(|bytes| Key::RawAes { name: "Schl\u{FC}ssel \u{1F511}", bytes });
    let rsa = ["pkcs1", "oaep-sha1", "oaep-sha256", "oaep-sha384", "oaep-sha512"];
    let keys = aes.into_iter().chain(rsa.map(|padding| Key::RawRsa { padding }));
    let suites = SUITES.into_iter().rev().cycle();
    keys.zip(suites).map(|(key, suite)| Case { key, context: ASTRAL, ..Case::simple(suite) }).collect()
}

/// Every suite under a multi-Region key whose other replica is the peer's.
pub fn multi_region() -> Vec<Case> {
    let ours = emulator().create_multi_region_key(HOME_REGION);
    let theirs = emulator().replicate(&ours, FAR_REGION);
    let key = Key::MultiRegion { ours, theirs };
    SUITES
        .map(|suite| Case { key: key.clone(), context: ASTRAL, ..Case::simple(suite) })
        .into_iter()
        .collect()
}
