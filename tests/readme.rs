//! The README's commands do what the README says: each block is cut out of it and run by `sh`.

mod support;

use std::path::Path;
use std::process::Command;

use support::command::{Outcome, Workspace};
use support::emulator::{FAR_REGION, HOME_REGION, emulator};
use support::fault_proxy::Proxy;
use support::imds::{Answer, MetadataService};

const README: &str = include_str!("../README.md");
const THIRD_REGION: &str = "ap-northeast-1";

/// The `sh` blocks under a heading, in their order.
#[track_caller]
fn blocks(heading: &str) -> Vec<String> {
    let (_, section) =
        README.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    let section = section.split("\n#").next().unwrap_or_default();
    let block = |rest: &str| rest.split_once("\n```").map(|(block, _)| block.to_owned());
    section.split("```sh\n").skip(1).map(|rest| block(rest).expect("a block ends")).collect()
}

/// A user with `esdk` in his PATH, and a proxy of his own before the KMS emulator.
struct Scene {
    proxy: Proxy,
    place: Workspace,
}

impl Scene {
    fn new() -> Scene {
        let proxy = Proxy::start(emulator().address);
        let mut place = Workspace::new(&proxy.endpoint());
        let binaries = Path::new(env!("CARGO_BIN_EXE_esdk")).parent().expect("a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        place.set("PATH", format!("{}:{path}", binaries.display()));
        Scene { proxy, place }
    }

    #[track_caller]
    fn sh(&self, block: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-eu", "-c", block]);
        let outcome = self.place.run(command, b"");
        outcome.succeeded();
        outcome
    }

    fn make_folder(&self, name: &str) {
        std::fs::create_dir(self.place.path(name)).expect("a folder in the working folder");
    }

    #[track_caller]
    fn same(&self, one: &str, other: &str) {
        assert!(self.place.read(one) == self.place.read(other), "{one} and {other} differ");
    }
}

fn content(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(u32::to_be_bytes).take(length).collect()
}

#[test]
fn the_first_two_blocks_are_the_set_up_and_the_tests() {
    let blocks = blocks("## Start");
    assert_eq!(blocks, ["cargo install --locked --path . && examples/quickstart.sh", "cargo test"]);
}

#[test]
fn every_block_is_run_here() {
    let tested = [
        "## Start",
        "### A pipeline",
        "### EC2 user data",
        "### A batch",
        "### Escrow",
        "### In its place",
        "## What it would ask of KMS",
    ];
    let count: usize = tested.iter().map(|heading| blocks(heading).len()).sum();
    assert_eq!(README.matches("```sh\n").count(), count);
}

/// Installing is left out: the test runs the binary that has just been built.
#[test]
fn the_quick_start() {
    let mut place = Workspace::new("http://127.0.0.1:9");
    place.set("ESDK", env!("CARGO_BIN_EXE_esdk"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.sh");
    let outcome = place.run(Command::new(script), b"");
    outcome.succeeded();
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(said.ends_with("All of it worked as it should.\n"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 160), "{said}");
    assert_eq!(place.files(), Vec::<String>::new());
    let data = place.home().join("data");
    assert!(!data.exists(), "the user's own data was touched");

    place.set("ESDK", "/nonexistent/esdk");
    place.set("CARGO_HOME", "/nonexistent");
    place.set("PATH", "/nonexistent");
    place
        .run(Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.sh")), b"")
        .exited(1)
        .saying(&["esdk was not found"]);
}

#[test]
fn a_pipeline() {
    let mut scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    emulator().create_alias(&key, "alias/backup");
    scene.place.set("KEY", &key.arn);
    scene.make_folder("documents");
    scene.make_folder("restored");
    scene.place.write("documents/one.bin", content(100_000));
    scene.place.write("documents/two.txt", "two\n");
    for block in blocks("### A pipeline") {
        let outcome = scene.sh(&block);
        assert!(String::from_utf8_lossy(&outcome.stdout).contains(&key.arn), "inspect names the key");
    }
    scene.same("restored/documents/one.bin", "documents/one.bin");
    scene.same("restored/documents/two.txt", "documents/two.txt");
}

#[test]
fn ec2_user_data() {
    let mut scene = Scene::new();
    let regions = [HOME_REGION, FAR_REGION, THIRD_REGION];
    let keys = regions.map(|region| emulator().create_key(region));
    for key in &keys {
        emulator().create_alias(key, "alias/orders");
    }
    scene.place.write("secrets.env", "PASSWORD=correct horse battery staple\n");
    let blocks = blocks("### EC2 user data");
    let [make, boot] = &blocks[..] else { panic!("two blocks: {blocks:?}") };
    scene.sh(make);
    let user_data = scene.place.read("user-data");
    assert!(user_data.len() <= 16 * 1024, "user data is at most 16 KiB");
    let service = MetadataService::start(Answer::UserData(user_data));
    scene.place.unset("AWS_EC2_METADATA_DISABLED");
    scene.place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint());
    for key in &keys {
        scene.place.set("KEY_HERE", &key.arn);
        scene.place.set("AWS_REGION", &key.region);
        scene.place.remove("orders.env");
        let calls_before = scene.proxy.calls().len();
        scene.sh(boot);
        scene.same("orders.env", "secrets.env");
        let asked: Vec<_> =
            scene.proxy.calls()[calls_before..].iter().map(|call| call.region.clone()).collect();
        assert_eq!(asked, [key.region.as_str()], "one call, in the instance's own Region");
    }
}

#[test]
fn a_batch() {
    let mut scene = Scene::new();
    let [key, new_key] = [(); 2].map(|()| emulator().create_key(HOME_REGION));
    scene.place.set("KEY", &key.arn);
    scene.place.set("NEW_KEY", &new_key.arn);
    for folder in ["reports", "logs", "logs/old", "measurements"] {
        scene.make_folder(folder);
    }
    for name in ["reports/january.csv", "reports/february.csv", "logs/a.log", "logs/old/b.log"] {
        scene.place.write(name, content(5_000));
    }
    let measurements: Vec<_> = (0..5).map(|number| format!("measurements/{number}.json")).collect();
    for name in &measurements {
        scene.place.write(name, content(100));
    }
    let blocks = blocks("### A batch");
    let [batch, caching, rotation] = &blocks[..] else { panic!("three blocks: {blocks:?}") };
    scene.sh(batch);
    let before = scene.proxy.calls().len();
    scene.sh(caching);
    assert_eq!(scene.proxy.calls().len(), before + 1, "five files share a data key");
    let verified = String::from_utf8(scene.sh(rotation).stdout).expect("text");
    assert_eq!(verified.matches(&format!("opened by aws-kms {}", new_key.arn)).count(), 2, "{verified}");
    assert_eq!(scene.sh(rotation).stderr.matches("skipped: ").count(), 2);
    for name in ["january.csv", "february.csv"] {
        scene.same(&format!("decrypted/{name}"), &format!("reports/{name}"));
    }
    for name in ["logs/a.log", "logs/old/b.log"] {
        assert_ne!(scene.place.read(&format!("{name}.esdk")), scene.place.read(name));
    }
    let records = String::from_utf8(scene.place.read("records.jsonl")).expect("JSON is text");
    assert_eq!(records.lines().count(), 2);
    assert!(records.lines().all(|line| line.contains(r#""status":"ok""#)), "{records}");
    assert!(!scene.place.files().contains(&"failed.txt".to_owned()));
}

#[test]
fn escrow() {
    let mut scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.set("KEY", &key.arn);
    scene.place.write("ledger.db", content(20_000));
    for block in blocks("### Escrow") {
        scene.sh(&block);
    }
    scene.same("from-kms.db", "ledger.db");
    scene.same("from-escrow.db", "ledger.db");
    assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"], "the private key needs no KMS");
}

#[test]
fn in_the_place_of_the_python_tool() {
    let mut scene = Scene::new();
    scene.place.set("KEY", &emulator().create_key(HOME_REGION).arn);
    scene.place.write("report.pdf", content(20_000));
    let [block] = &blocks("### In its place")[..] else { panic!("one block") };
    scene.sh(block);
    scene.same("report.copy", "report.pdf");
}

#[test]
fn what_it_would_ask_of_kms() {
    let mut scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.place.set("KEY", &key.arn);
    for folder in ["reports", "archive"] {
        scene.make_folder(folder);
    }
    scene.place.write("reports/january.csv", content(5_000));
    let arguments = ["encrypt", "-k", &key.arn, "-c", "purpose=archive", "-r", "reports", "-o", "archive"];
    scene.place.esdk(arguments).succeeded();
    let before = scene.proxy.calls().len();
    let blocks = blocks("## What it would ask of KMS");
    let [plans] = &blocks[..] else { panic!("one block: {blocks:?}") };
    let shown = String::from_utf8(scene.sh(plans).stdout).expect("text");
    assert!(shown.starts_with("encrypt: 1 input, 4.88 KiB of plaintext\n"), "{shown}");
    assert_eq!(scene.proxy.calls().len(), before, "a plan asked something");
    for (name, action) in [("writer.json", "kms:GenerateDataKey"), ("reader.json", "kms:Decrypt")] {
        let policy: serde_json::Value = serde_json::from_slice(&scene.place.read(name)).expect("JSON");
        let statement = &policy["Statement"][0];
        assert_eq!((&statement["Action"], &statement["Resource"]), (&action.into(), &(*key.arn).into()));
        let condition = &statement["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"];
        assert_eq!(condition, "archive");
    }
    assert_eq!(scene.place.files(), ["archive", "reader.json", "reports", "writer.json"]);
}
