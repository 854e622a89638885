//! How runs end: after failures, by signals, when nobody reads on.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::command::{Workspace, with_its_signals};
use super::{all, decrypt, encrypt, make, records, shell, workspace};

#[test]
fn fail_fast_begins_nothing_more() {
    let place = workspace();
    let names: Vec<String> = (0..50).map(|number| format!("t/{number}")).collect();
    make(&place, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let inputs: Vec<&str> = ["missing"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let more = ["-o", "out/", "-j", "1", "--metadata-output", "r"];
    encrypt(&place, &[&inputs[..], &more, &["--fail-fast"]].concat()).failed(66);
    assert_eq!(records(&place, "r").len(), 1, "what failed, and nothing after it");
    assert!(!place.path("out").exists());
    encrypt(&place, &[&inputs[..], &more, &["--skip-existing"]].concat()).failed(66);
    assert_eq!(all(&place, "out").len(), 50);
}

#[test]
fn fail_fast_does_not_wait_for_a_list_that_goes_on() {
    let place = workspace();
    make(&place, &["a"]);
    // The list is open for as long as the run is.
    let script = "mkfifo list; sleep 60 > list 2> /dev/null & open=$!; printf 'a\nmissing\nunfinis' > list & \
                  esdk encrypt -q -w provider=local --files-from list --fail-fast -o out/; echo $?; kill $open";
    let outcome = shell(&place, script);
    assert_eq!(outcome.stdout, b"66\n", "{}", outcome.stderr);
    outcome.saying(&["missing: cannot be read"]);
}

#[test]
fn records_keep_the_order_of_the_inputs_when_asked() {
    let place = workspace();
    make(&place, &["b", "c"]);
    place.write("a", vec![7; 4 << 20]);
    let inputs = ["a", "missing", "b", "c", "-j", "4", "-o", "out/", "--metadata-output", "r"];
    encrypt(&place, &[&inputs[..], &["--ordered"]].concat()).failed(66);
    let names: Vec<String> = records(&place, "r")
        .iter()
        .map(|line| {
            line["input"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default().into()
        })
        .collect();
    assert_eq!(names, ["a", "missing", "b", "c"]);
}

/// Encrypts under a KMS that takes the connection and never answers.
fn waiting_for_kms(place: &Workspace, server: &TcpListener) -> Child {
    let endpoint = format!("http://{}", server.local_addr().expect("bound"));
    let key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let child = with_its_signals()
        .args(["encrypt", "-q", "-k", key, "-r", "t", "-o", "out", "--metadata-output", "r"])
        .args(["--endpoint-url", &endpoint])
        .current_dir(place.path(""))
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let _connection = server.accept().expect("it calls");
    std::mem::forget(_connection);
    child
}

fn kill(child: &Child, signal: &str) {
    let status = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

#[test]
fn a_signal_ends_the_run_within_a_second_while_kms_is_silent() {
    for (signal, expected) in [("INT", 130), ("TERM", 143)] {
        let server = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let place = workspace();
        make(&place, &["t/a", "t/b"]);
        let mut child = waiting_for_kms(&place, &server);
        let begun = Instant::now();
        kill(&child, signal);
        assert_eq!(child.wait().expect("it ends").code(), Some(expected));
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(place.files(), ["r", "t"]);
    }
}

/// The records of a run cannot be written, because nobody takes them: the first signal waits for them, for a while.
#[test]
fn a_second_signal_ends_the_run_at_once() {
    let place = workspace();
    let names: Vec<String> = (0..400).map(|number| format!("t/{number}")).collect();
    make(&place, &names.iter().map(String::as_str).collect::<Vec<_>>());
    // On a busy machine the signals may come late; without the second one it never takes less.
    let shortest = Duration::from_millis(500);
    let ends_at_once = (0..10).any(|run| {
        let out = format!("out{run}");
        let mut child = with_its_signals()
            .args(["encrypt", "-q", "-w", "provider=local", "-r", "t", "-o", &out])
            .args(["--metadata-output", "-"])
            .current_dir(place.path(""))
            .env("XDG_DATA_HOME", place.home().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let written = || if place.path(&out).exists() { all(&place, &out).len() } else { 0 };
        let (begun, mut before) = (Instant::now(), 0);
        // Until the pipe is full, and nothing moves any more.
        while before < 20 || written() != before {
            before = written();
            assert!(begun.elapsed() < Duration::from_secs(60), "{before} files were written");
            std::thread::sleep(Duration::from_millis(100));
        }
        let begun = Instant::now();
        kill(&child, "INT");
        std::thread::sleep(Duration::from_millis(50));
        kill(&child, "INT");
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        begun.elapsed() < shortest
    });
    assert!(ends_at_once);
}

#[test]
fn whoever_reads_no_further_ends_the_run_quietly() {
    let place = workspace();
    for number in 0..40 {
        make(&place, &[&format!("t/{number}")]);
    }
    place.write("t/large", vec![7; 64 << 20]);
    encrypt(&place, &["-r", "t", "-o", "enc"]).succeeded();
    for line in [
        "verify -w provider=local -r enc",
        "verify -w provider=local -r enc --json",
        "inspect -r enc",
        "inspect --json enc/*",
    ] {
        let outcome = shell(&place, &format!("(esdk {line}; echo $? >&2) | head -c 1 > /dev/null"));
        assert_eq!(outcome.stderr, "73\n", "{line}");
    }
    // Before the first word.
    let outcome = shell(&place, "(esdk verify -w provider=local -r enc; echo $? >&2) | true");
    assert_eq!(outcome.stderr, "73\n");
    let outcome = shell(&place, "esdk verify -w provider=local -r enc > /dev/full; echo $?");
    assert_eq!(outcome.stdout, b"73\n");
}

#[test]
fn a_failed_stream_of_base64_has_no_end() {
    let place = workspace();
    place.write("plain", vec![7; 100_000]);
    encrypt(&place, &["plain"]).succeeded();
    let message = place.read("plain.esdk");
    place.write("cut.esdk", &message[..message.len() - 10]);
    let outcome = decrypt(&place, &["cut.esdk", "-o", "-", "--encode"]);
    outcome.exited(65);
    assert!(!outcome.stdout.ends_with(b"="));
}

#[test]
fn more_jobs_than_files_can_be_open_are_not_begun() {
    let place = workspace();
    make(&place, &["t/a", "t/b"]);
    let outcome = shell(&place, "ulimit -n 120; esdk encrypt -q -w provider=local -r t -o out -j 500");
    outcome.succeeded().saying(&["5 jobs at once, not 500"]);
    encrypt(&place, &["-r", "t", "-j", "0"]).failed(2);
    encrypt(&place, &["-r", "t", "-j", "1025"]).failed(2);
}
