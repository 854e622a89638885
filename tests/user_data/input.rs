//! What decrypt, verify and inspect read when the input is `ec2:user-data`.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::support::command::{Outcome, Workspace};
use super::support::imds::{Answer, MetadataService};
use super::{LOCAL, on_instance};

/// Nobody listens there.
const NO_KMS: &str = "http://127.0.0.1:9";
const TOKEN: &str = "PUT /latest/api/token";
const USER_DATA: &str = "GET /latest/user-data";

/// A user and his message.
fn message_of(plaintext: &[u8], more: &[&str]) -> (Workspace, Vec<u8>) {
    let workspace = Workspace::new(NO_KMS);
    let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", "app=orders"];
    let outcome = workspace.esdk_reading(plaintext, arguments.iter().chain(more));
    outcome.succeeded();
    (workspace, outcome.stdout)
}

/// The same user on an instance that answers like this.
fn boot(mut workspace: Workspace, answer: Answer) -> (MetadataService, Workspace) {
    let service = MetadataService::start(answer);
    workspace.unset("AWS_EC2_METADATA_DISABLED");
    workspace.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint());
    (service, workspace)
}

fn decrypt(workspace: &Workspace, more: &[&str]) -> Outcome {
    let arguments = ["decrypt", LOCAL[0], LOCAL[1], "ec2:user-data"];
    workspace.esdk(arguments.iter().chain(more))
}

/// Of a user who has a local key.
fn decrypt_of(answer: Answer) -> (MetadataService, Outcome) {
    let (workspace, _) = message_of(b"secret", &[]);
    let (service, workspace) = boot(workspace, answer);
    let outcome = decrypt(&workspace, &[]);
    assert_eq!(workspace.files(), Vec::<String>::new());
    (service, outcome)
}

#[test]
fn raw_and_base64_with_and_without_line_breaks() {
    for more in [&[][..], &["--unsigned"]] {
        let (mut workspace, message) = message_of(b"PASSWORD=1\n", more);
        let text = BASE64.encode(&message);
        let broken: String = text
            .as_bytes()
            .chunks(76)
            .map(|line| [line, b"\r\n"].concat())
            .fold(String::new(), |text, line| text + &String::from_utf8(line).expect("base64 is text"));
        for user_data in [message, text.clone().into_bytes(), broken.into_bytes(), format!("{text}\n").into()]
        {
            let (service, user) = boot(workspace, Answer::UserData(user_data));
            let outcome = decrypt(&user, &["-c", "app=orders"]);
            outcome.succeeded();
            assert_eq!(outcome.stdout, b"PASSWORD=1\n");
            assert_eq!(service.requests(), [TOKEN, USER_DATA]);
            // Whoever says that it is base64 is right, or does no harm.
            assert_eq!(decrypt(&user, &["--decode"]).stdout, b"PASSWORD=1\n");
            workspace = user;
        }
    }
}

#[test]
fn user_data_is_rotated_into_a_file_or_a_stream() {
    let (workspace, message) = message_of(b"PASSWORD=1\n", &["--encode"]);
    let (service, workspace) = boot(workspace, Answer::UserData(message));
    let rotate = |more: &[&str]| {
        let arguments = ["rotate", "-q", LOCAL[0], LOCAL[1], "--to-wrapping-keys", LOCAL[1], "ec2:user-data"];
        workspace.esdk(arguments.iter().chain(more))
    };
    let outcome = rotate(&["--unset-context", "app", "-o", "new.esdk", "--metadata-output", "r"]);
    outcome.succeeded();
    assert_eq!(service.requests(), [TOKEN, USER_DATA]);
    let opened = workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "-o", "-", "new.esdk"]);
    assert_eq!(opened.succeeded().stdout, b"PASSWORD=1\n");
    let record: serde_json::Value = serde_json::from_slice(&workspace.read("r")).expect("a line of JSON");
    assert_eq!((&record["input"], &record["status"]), (&"ec2:user-data".into(), &"ok".into()));
    assert_eq!(record["previous"]["header"]["encryption_context"]["app"], "orders");
    assert_eq!(record["header"]["encryption_context"].get("app"), None);
    // It has no place of its own: without -o the new message goes to standard output.
    let outcome = rotate(&[]);
    workspace.write("stream.esdk", &outcome.succeeded().stdout);
    let opened =
        workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "-c", "app=orders", "-o", "-", "stream.esdk"]);
    assert_eq!(opened.succeeded().stdout, b"PASSWORD=1\n");
    rotate(&["--if-needed"]).failed(2).saying(&["--if-needed leaves files alone"]);
    rotate(&["--remove-input", "-o", "other.esdk"]).failed(2);
    assert_eq!(workspace.files(), ["new.esdk", "r", "stream.esdk"]);
}

#[test]
fn a_file_is_private_and_appears_whole() {
    let (workspace, message) = message_of(b"PASSWORD=1\n", &[]);
    let (_service, workspace) = boot(workspace, Answer::UserData(message));
    decrypt(&workspace, &["-c", "app=orders", "-o", "orders.env"]).succeeded();
    assert_eq!(workspace.read("orders.env"), b"PASSWORD=1\n");
    let mode = std::fs::metadata(workspace.path("orders.env")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    workspace.remove("orders.env");
    decrypt(&workspace, &["-c", "app=payroll", "-o", "orders.env"]).failed(77);
    assert_eq!(workspace.files(), Vec::<String>::new());
}

#[test]
fn verify_inspect_and_records_name_it() {
    let (workspace, message) = message_of(b"secret", &[]);
    let (_service, workspace) = boot(workspace, Answer::UserData(message.clone()));
    let outcome = workspace.esdk(["verify", LOCAL[0], LOCAL[1], "ec2:user-data"]);
    outcome.succeeded();
    assert!(String::from_utf8_lossy(&outcome.stdout).starts_with("ec2:user-data: ok, 6 bytes"));
    let outcome = workspace.esdk(["inspect", "ec2:user-data"]);
    outcome.succeeded();
    let shown = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(shown.starts_with("ec2:user-data\n") && shown.contains("orders"), "{shown}");
    assert!(shown.contains(&format!("{} bytes", message.len())), "{shown}");
    decrypt(&workspace, &["--metadata-output", "records", "-o", "out"]).succeeded();
    let records = String::from_utf8(workspace.read("records")).expect("JSON is text");
    assert!(records.contains(r#""input":"ec2:user-data""#), "{records}");
}

#[test]
fn a_file_of_that_name_is_a_file() {
    let (workspace, message) = message_of(b"secret", &[]);
    workspace.write("ec2:user-data", message);
    let outcome = workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "-o", "-", "./ec2:user-data"]);
    outcome.succeeded();
    assert_eq!(outcome.stdout, b"secret");
    workspace
        .esdk(["encrypt", LOCAL[0], LOCAL[1], "ec2:user-data"])
        .failed(2)
        .saying(&["ec2:user-data", "./ec2:user-data"]);
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "-o", "./", "ec2:user-data"]).failed(2);
}

#[test]
fn what_is_no_message_is_named_and_no_key_is_asked() {
    for (user_data, words) in [
        ("#!/bin/sh\nbase64 -d << END", &["a script", "--decode"][..]),
        ("#cloud-config\nwrite_files: []\n", &["cloud-config", "on standard input"]),
        ("Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n", &["a MIME archive"]),
        ("\x1f\u{8}", &["not a message"]),
        ("key=value", &["not a message"]),
        ("AgV4", &["ends inside"]),
        ("AgV4*", &["is not base64"]),
        ("", &["not a message", "no bytes"]),
    ] {
        let (_service, outcome) = decrypt_of(Answer::UserData(user_data.into()));
        outcome.failed(65).saying(words).saying(&["ec2:user-data: "]);
    }
    let gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let (_service, outcome) = decrypt_of(Answer::UserData(gzip));
    outcome.failed(65).saying(&["compressed with gzip"]);
}

#[test]
fn no_user_data_no_service_and_no_permission_have_a_hint() {
    let (service, outcome) = decrypt_of(Answer::NoUserData);
    outcome.failed(66).saying(&["the instance has no user data"]);
    assert_eq!(service.requests(), [TOKEN, USER_DATA]);
    let (_service, outcome) = decrypt_of(Answer::TokenStatus(403));
    outcome.failed(66).saying(&["answered 403", "--http-endpoint enabled"]);
    let (service, outcome) = decrypt_of(Answer::TokenStatus(404));
    outcome.failed(66).saying(&["answered 404", "on EC2 instances only"]);
    assert_eq!(service.requests(), [TOKEN], "never without a token");

    let (mut workspace, _) = message_of(b"secret", &[]);
    workspace.unset("AWS_EC2_METADATA_DISABLED");
    workspace.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9");
    let outcome = decrypt(&workspace, &[]);
    outcome.failed(66).saying(&["http://127.0.0.1:9 cannot be reached", "on EC2 instances only"]);
    assert!(outcome.elapsed < Duration::from_secs(3), "{:?}", outcome.elapsed);
}

#[test]
fn the_environment_can_forbid_or_misname_the_service() {
    let (service, mut workspace) = on_instance(NO_KMS, Answer::UserData(b"x".to_vec()));
    workspace.esdk_reading(b"secret", ["encrypt", "-q", LOCAL[0], LOCAL[1], "-o", "m"]).succeeded();
    workspace.set("AWS_EC2_METADATA_DISABLED", "true");
    decrypt(&workspace, &[]).failed(66).saying(&["AWS_EC2_METADATA_DISABLED"]);
    assert!(service.requests().is_empty());
    workspace.unset("AWS_EC2_METADATA_DISABLED");
    workspace.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254");
    decrypt(&workspace, &[]).failed(2).saying(&["AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"]);
}

#[test]
fn what_passes_is_tried_again() {
    for status in [401, 429, 500, 503] {
        let (workspace, user_data) = message_of(b"secret", &[]);
        let (service, workspace) = boot(workspace, Answer::StatusFirst { times: 2, status, user_data });
        let outcome = decrypt(&workspace, &[]);
        outcome.succeeded();
        assert_eq!(outcome.stdout, b"secret");
        assert_eq!(service.requests(), [TOKEN, USER_DATA].repeat(3));
    }
    let (service, outcome) = decrypt_of(Answer::TokenStatus(503));
    outcome.failed(75).saying(&["answered 503"]);
    assert_eq!(service.requests(), [TOKEN; 3]);
}

/// Five seconds, and a machine that has other things to do.
const SILENCE_LIMIT: Duration = Duration::from_secs(8);

#[test]
fn silence_instead_of_a_token_ends_in_time() {
    let (_service, outcome) = decrypt_of(Answer::Silence);
    outcome.failed(75).saying(&["did not give a token in time", "hop limit"]);
    assert!(outcome.elapsed < SILENCE_LIMIT, "{:?}", outcome.elapsed);
}

#[test]
fn silence_instead_of_user_data_ends_in_time() {
    let (_service, outcome) = decrypt_of(Answer::SilenceAfterToken);
    outcome.failed(75).saying(&["did not give the user data in time"]);
    assert!(outcome.elapsed < SILENCE_LIMIT, "{:?}", outcome.elapsed);
}

#[test]
fn an_answer_without_end_is_read_to_the_limit_only() {
    let (_service, outcome) = decrypt_of(Answer::Endless);
    outcome.failed(65).saying(&["longer than 65536 bytes"]);
    let (_service, outcome) = decrypt_of(Answer::UserData(vec![2; 65_537]));
    outcome.failed(65).saying(&["longer than 65536 bytes"]);
}

#[test]
fn no_other_host_is_asked_and_no_token_is_taken_for_a_header() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a free port");
    elsewhere.set_nonblocking(true).expect("a setting");
    let location = format!("http://{}/latest/api/token", elsewhere.local_addr().expect("an address"));
    let (_service, outcome) = decrypt_of(Answer::Redirect(location.clone()));
    outcome.failed(66).saying(&["answered 307"]);
    let (_service, outcome) = decrypt_of(Answer::BadToken("a\r\nX-Evil: 1"));
    outcome.failed(66).saying(&["token"]);

    // A proxy is another machine.
    let (mut workspace, user_data) = message_of(b"secret", &[]);
    for variable in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"] {
        workspace.set(variable, location.trim_end_matches("/latest/api/token"));
    }
    let (_service, workspace) = boot(workspace, Answer::UserData(user_data));
    decrypt(&workspace, &[]).succeeded();
    assert!(elsewhere.accept().is_err(), "somebody connected");
}
