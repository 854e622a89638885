//! Data key caching: how many calls KMS gets, counted at the proxy.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::Scene;
use crate::support::command::Outcome;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};
use crate::support::fault_proxy::Fault;

/// How many files are gone through at once, and how that is asked for.
const JOBS: usize = 16;
const JOBS_ARGUMENTS: &[&str] = &["-j", "16"];
/// How one file after the other is asked for.
const IN_TURN: &[&str] = &["-j", "1"];

/// A folder of so many files of this length, of which no two are the same.
pub struct Batch {
    pub scene: Scene,
    pub key: KmsKey,
    pub names: Vec<String>,
}

fn content(number: usize, length: usize) -> Vec<u8> {
    (number as u32..).flat_map(u32::to_be_bytes).take(length).collect()
}

impl Batch {
    pub fn new(count: usize, length: usize) -> Batch {
        let scene = Scene::new();
        let key = emulator().create_key(HOME_REGION);
        let names: Vec<_> = (0..count).map(|number| format!("{number:04}.txt")).collect();
        for (number, name) in names.iter().enumerate() {
            scene.place.write(name, content(number, length));
        }
        Batch { scene, key, names }
    }

    fn encrypt(&self, arguments: &[&str]) -> Outcome {
        let words =
            [&["encrypt", "-k", &self.key.arn, "-o", "encrypted/"], JOBS_ARGUMENTS, arguments].concat();
        self.scene.place.esdk(words.into_iter().chain(self.names.iter().map(String::as_str)))
    }

    /// Decrypts or verifies all that was encrypted.
    fn open(&self, command: &str, arguments: &[&str]) -> Outcome {
        let names = self.names.iter().map(|name| format!("encrypted/{name}.esdk"));
        let words = [&[command, "-k", &self.key.arn], arguments].concat();
        self.scene.place.esdk(words.into_iter().map(str::to_owned).chain(names))
    }

    fn decrypt(&self, arguments: &[&str]) -> Outcome {
        self.open("decrypt", &[&["-f", "-o", "opened/"], arguments].concat())
    }

    /// Decrypts them all, and compares what comes out.
    #[track_caller]
    fn opens(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.decrypt(arguments);
        outcome.succeeded();
        for name in &self.names {
            let opened = self.scene.place.read(&format!("opened/{name}"));
            assert!(opened == self.scene.place.read(name), "{name}: another plaintext came out");
        }
        outcome
    }

    fn calls(&self, operation: &str) -> usize {
        self.scene.proxy.calls_of(operation).len()
    }
}

#[test]
fn a_thousand_files_take_a_call_for_each_hundred() {
    const FILES: usize = 1000;
    const MAX_MESSAGES: usize = 100;
    let batch = Batch::new(FILES, 1024);
    batch.scene.proxy.always("GenerateDataKey", Fault::Delay(Duration::from_millis(20)));
    batch.scene.proxy.always("Decrypt", Fault::Delay(Duration::from_millis(20)));
    let caching = ["--caching", "capacity=10,max-age=600,max-messages=100"];
    batch.encrypt(&[&caching[..], &["--unsigned"]].concat()).succeeded();
    let calls = batch.calls("GenerateDataKey");
    assert!(calls <= FILES.div_ceil(MAX_MESSAGES) + JOBS, "{calls} calls");
    assert_eq!(calls, FILES.div_ceil(MAX_MESSAGES));
    batch.opens(&[&caching[..], JOBS_ARGUMENTS].concat());
    assert_eq!(batch.calls("Decrypt"), FILES.div_ceil(MAX_MESSAGES));
}

#[test]
fn a_cached_run_is_opened_by_one_without_a_cache_and_the_other_way_round() {
    let batch = Batch::new(25, 3000);
    batch
        .encrypt(&["-v", "--caching", "max-messages=10,capacity=1,max-age=600"])
        .succeeded()
        .saying(&["data key cache: 22 hits, 3 misses, 0 messages went around it"]);
    assert_eq!(batch.calls("GenerateDataKey"), 3);
    batch.opens(&[]);
    assert_eq!(batch.calls("Decrypt"), 25);
    let caching = ["-v", "--caching", "capacity=3,max-age=600"];
    batch.opens(&caching).saying(&["data key cache: 22 hits, 3 misses, 0 messages went around it"]);
    assert_eq!(batch.calls("Decrypt"), 28);

    batch.open("verify", &caching).succeeded();
    assert_eq!(batch.calls("Decrypt"), 31);

    let again = Batch::new(3, 10);
    again.encrypt(&[]).succeeded();
    again.opens(&["--caching", "capacity=10,max-age=600"]);
    assert_eq!((again.calls("GenerateDataKey"), again.calls("Decrypt")), (3, 3));
}

#[test]
fn bytes_are_counted_before_they_are_encrypted() {
    let batch = Batch::new(10, 1000);
    batch.encrypt(&["--caching", "capacity=1,max-age=600,max-bytes=3999"]).succeeded();
    assert_eq!(batch.calls("GenerateDataKey"), 4, "three files a data key");
    let batch = Batch::new(10, 1000);
    batch.encrypt(&["--caching", "capacity=1,max-age=600,max-bytes=999"]).succeeded();
    assert_eq!(batch.calls("GenerateDataKey"), 10, "none fits");
}

#[test]
fn a_data_key_is_forgotten_when_its_time_is_up() {
    for (max_age, calls) in [("1", 3), ("600", 2)] {
        let batch = Batch::new(3, 10);
        batch.encrypt(&["--caching", "capacity=1,max-age=600"]).succeeded();
        let place = &batch.scene.place;
        let second = "encrypted/0001.txt.esdk";
        place.esdk(["encrypt", "-f", "-k", &batch.key.arn, "-o", second, "0001.txt"]).succeeded();
        // The second message's data key comes late: the first one's is older than a second at the third message.
        batch.scene.proxy.once("Decrypt", Fault::None);
        batch.scene.proxy.once("Decrypt", Fault::Delay(Duration::from_millis(1100)));
        let caching = ["--caching", &format!("capacity=2,max-age={max_age}")];
        batch.opens(&[&caching[..], IN_TURN].concat());
        assert_eq!(batch.calls("Decrypt"), calls, "max-age={max_age}");
    }
}

#[test]
fn every_key_is_asked_once_for_each_data_key() {
    let batch = Batch::new(5, 100);
    let far = emulator().create_key(FAR_REGION);
    batch.encrypt(&["-k", &far.arn, "--caching", "capacity=1,max-age=600"]).succeeded();
    assert_eq!(batch.scene.proxy.operations(), ["GenerateDataKey", "Encrypt"]);
    let caching = ["--caching", "capacity=1,max-age=600"];
    batch.opens(&caching);
    assert_eq!(batch.calls("Decrypt"), 1);
}

#[test]
fn a_file_that_grows_while_its_data_key_is_asked_for_is_not_encrypted() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.proxy.always("GenerateDataKey", Fault::Delay(Duration::from_secs(1)));
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            scene.place.esdk(["encrypt", "-k", &key.arn, "--caching", "capacity=1,max-age=600", "plain.bin"])
        });
        let begun = Instant::now();
        while scene.proxy.calls().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no call arrives");
            std::thread::sleep(Duration::from_millis(5));
        }
        let file = std::fs::OpenOptions::new().append(true).open(scene.place.path("plain.bin"));
        file.and_then(|mut file| file.write_all(b"x")).expect("a longer file");
        run.join().expect("no panic")
    });
    outcome
        .failed(75)
        .saying(&["plain.bin: the plaintext is longer than the 10000 bytes", "it grew while it was read"]);
    assert_eq!(scene.place.files(), ["plain.bin"]);
    // Without a limit on the data key it does not matter.
    scene.place.esdk(["encrypt", "-k", &key.arn, "plain.bin"]).succeeded();
}

#[test]
fn a_refusal_is_not_kept() {
    let batch = Batch::new(3, 10);
    let caching = ["--caching", "capacity=10,max-age=600"];
    batch.encrypt(&caching).succeeded();
    batch.scene.proxy.once("Decrypt", Fault::Error { status: 400, code: "AccessDeniedException" });
    let outcome = batch.decrypt(&[&caching[..], IN_TURN].concat());
    outcome.failed(77).saying(&["0000.txt.esdk", "AccessDeniedException"]);
    assert_eq!(batch.calls("Decrypt"), 2, "asked again for the second message, and not for the third");
    for name in ["0001.txt", "0002.txt"] {
        assert!(batch.scene.place.read(&format!("opened/{name}")) == batch.scene.place.read(name));
    }
}

#[test]
fn a_forged_message_takes_nothing_from_the_others() {
    let batch = Batch::new(3, 10);
    let caching = ["--caching", "capacity=10,max-age=600"];
    batch.encrypt(&caching).succeeded();
    let name = "encrypted/0001.txt.esdk";
    let mut forged = batch.scene.place.read(name);
    // The message id.
    forged[4] ^= 1;
    batch.scene.place.write(name, &forged);
    batch.decrypt(&caching).failed(65).saying(&["0001.txt.esdk: the message is not committed"]);
    for name in ["0000.txt", "0002.txt"] {
        assert!(batch.scene.place.read(&format!("opened/{name}")) == batch.scene.place.read(name));
    }
    assert!(!batch.scene.place.path("opened/0001.txt").exists());
}

#[test]
fn the_required_context_is_checked_with_a_cache() {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    let caching = ["-k", &key.arn, "--caching", "capacity=1,max-age=600"];
    scene.encrypts(&[&caching[..], &["-c", "purpose=a", "--unstored-context", "secret=1"]].concat());
    scene.opens(&[&caching[..], &["-c", "purpose=a", "-c", "secret=1"]].concat());
    for wrong in [["-c", "purpose=b"], ["-c", "secret=2"]] {
        let words = [&caching[..], &["-f"], &wrong].concat();
        scene.cannot_decrypt(&words, 77, &["encryption context"]);
    }
}
