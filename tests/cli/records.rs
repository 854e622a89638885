//! Metadata lines, `inspect`, verbosity.

use serde_json::{Value, json};

use super::{LOCAL, with_message, workspace};

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
}

#[test]
fn a_line_for_each_job_with_the_fields_of_the_python_tool_and_ours() {
    let workspace = workspace();
    let metadata = ["--metadata-output", "records"];
    let encrypt = ["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", "purpose=test", "plain.txt"];
    workspace.esdk([&encrypt[..], &metadata].concat()).succeeded();
    let decrypt = ["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "out"];
    workspace.esdk([&decrypt[..], &metadata].concat()).succeeded();
    workspace.esdk([&decrypt[..], &metadata].concat()).failed(73);
    workspace.esdk([&decrypt[..], &metadata, &["--skip-existing"]].concat()).succeeded();
    let lines = lines(&workspace.read("records"));
    assert_eq!(lines.len(), 4, "appended");
    let full = |name: &str| json!(workspace.path(name).to_string_lossy());
    for line in &lines {
        let [mode, input, output] = ["mode", "input", "output"].map(|name| line[name].clone());
        match mode.as_str() {
            Some("encrypt") => assert_eq!((input, output), (full("plain.txt"), full("plain.txt.esdk"))),
            Some("decrypt") => assert_eq!((input, output), (full("plain.txt.esdk"), full("out"))),
            other => panic!("{other:?}"),
        }
        assert!(line["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    }
    let [encrypted, decrypted, refused, skipped] = &lines[..] else { panic!() };
    let header = &encrypted["header"];
    assert_eq!(header["version"], "2.0");
    assert_eq!(header["algorithm"], "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384");
    assert_eq!(header["encryption_context"]["purpose"], "test");
    assert_eq!((&header["content_type"], &header["frame_length"]), (&json!(2), &json!(4096)));
    let key = &header["encrypted_data_keys"][0];
    assert_eq!(key["key_provider"]["provider_id"], "ZXNkay1sb2NhbA==");
    assert!(key["key_provider"]["key_info"].is_string() && key["encrypted_data_key"].is_string());
    for field in ["message_id", "commitment_key"] {
        assert_eq!(header[field].as_str().map(str::len), Some(44), "{field}: 32 bytes in base64");
    }
    assert!(encrypted.get("header_auth").is_none());
    assert_eq!(decrypted["header"], *header);
    assert!(decrypted["header_auth"]["tag"].is_string() && decrypted["header_auth"]["iv"].is_string());
    for line in [encrypted, decrypted] {
        assert_eq!(line["status"], "ok");
        assert_eq!((&line["plaintext_bytes"], &line["frames"]), (&json!(9), &json!(1)));
        assert_eq!(line["ciphertext_bytes"], json!(workspace.read("plain.txt.esdk").len()));
        assert!(line["wrapping_key"].as_str().is_some_and(|name| name.contains("esdk-local")));
    }
    assert_eq!(decrypted["signature"], "verified");
    assert_eq!((&refused["status"], &refused["error"]["kind"]), (&json!("failed"), &json!("cannot-create")));
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("exists")));
    assert_eq!((&skipped["status"], &skipped["skipped"]), (&json!("skipped"), &json!(true)));
}

#[test]
fn a_context_that_is_not_met_is_recorded() {
    let workspace = with_message();
    let decrypt = ["decrypt", LOCAL[0], LOCAL[1], "-c", "purpose=other", "-c", "stage", "plain.txt.esdk"];
    let outcome = workspace.esdk([&decrypt[..], &["-o", "x", "--metadata-output", "-"]].concat());
    outcome.exited(77).saying(&["key \"stage\"", "pair \"purpose\"=\"other\""]);
    let lines = lines(&outcome.stdout);
    let line = &lines[0];
    assert_eq!((&line["status"], &line["error"]["kind"]), (&json!("failed"), &json!("refused")));
    assert_eq!(line["reason"], "Missing encryption context key or value");
    assert_eq!(line["missing_encryption_context_keys"], json!(["stage"]));
    assert_eq!(line["missing_encryption_context_pairs"], json!([["purpose", "other"]]));
    assert!(!workspace.path("x").exists());
}

#[test]
fn streams_are_named_and_kept_apart_from_metadata() {
    let workspace = workspace();
    let outcome =
        workspace.esdk_reading(b"x", ["encrypt", "-q", LOCAL[0], LOCAL[1], "--metadata-output", "-"]);
    outcome.failed(2).saying(&["both standard output"]);
    let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "--metadata-output", "records"];
    let message = workspace.esdk_reading(b"x", arguments);
    message.succeeded();
    let line = &lines(&workspace.read("records"))[0];
    assert_eq!((&line["input"], &line["output"]), (&json!("<stdin>"), &json!("<stdout>")));
    let again = [&arguments[..], &["--overwrite-metadata"]].concat();
    workspace.esdk_reading(b"x", again).succeeded();
    assert_eq!(lines(&workspace.read("records")).len(), 1);
}

#[test]
fn a_metadata_file_that_cannot_be_written_is_found_first() {
    let workspace = workspace();
    let encrypt = ["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt", "--metadata-output"];
    workspace.esdk([&encrypt[..], &["no/such/records"]].concat()).failed(73).saying(&["no/such/records"]);
    workspace.esdk([&encrypt[..], &["plain.txt"]].concat()).failed(2).saying(&["input or an output"]);
    workspace.esdk([&encrypt[..], &["./plain.txt.esdk"]].concat()).failed(2);
    assert_eq!(workspace.files(), ["plain.txt"]);
    assert_eq!(workspace.read("plain.txt"), b"a secret\n");
}

#[test]
fn a_metadata_file_is_never_an_input_by_another_name() {
    let workspace = workspace();
    std::fs::hard_link(workspace.path("plain.txt"), workspace.path("link")).expect("a link");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let encrypt = format!("{esdk} encrypt -q -w provider=local --overwrite-metadata --metadata-output");
    for line in [
        format!("{encrypt} plain.txt -o out < plain.txt"),
        format!("{encrypt} link -o out plain.txt"),
        format!("{encrypt} records -o - plain.txt > records"),
    ] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &line]);
        workspace.run(command, b"").failed(2).saying(&["also an input or an output"]);
        assert_eq!(workspace.read("plain.txt"), b"a secret\n", "{line}");
    }
    std::fs::create_dir(workspace.path("d")).expect("a folder");
    let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt", "-f", "-o", "m"];
    workspace.esdk([&arguments[..], &["--metadata-output", "d/../m"]].concat()).failed(2);
    workspace
        .esdk([&arguments[..], &["--metadata-output", "/dev/null", "--overwrite-metadata"]].concat())
        .succeeded();
}

#[test]
fn inspect_shows_the_header_to_people_and_programs() {
    let workspace = with_message();
    let outcome = workspace.esdk(["inspect", "plain.txt.esdk"]);
    outcome.succeeded();
    let shown = String::from_utf8(outcome.stdout).expect("text");
    let size = workspace.read("plain.txt.esdk").len();
    for part in [
        "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 (0x0578)",
        "esdk-local",
        "frame length 4096 bytes",
        "ECDSA P-384",
        &format!("{size} bytes"),
        "9 bytes",
        "in 1 frame",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let row = shown.lines().find(|line| line.contains("purpose")).expect("the context");
    assert!(row.ends_with("  test"), "{row}");
    let outcome = workspace.esdk(["inspect", "--json", "plain.txt.esdk"]);
    let line = &lines(&outcome.succeeded().stdout)[0];
    assert_eq!(line["encryption_context"]["purpose"], "test");
    assert_eq!((&line["signed"], &line["committing"]), (&json!(true), &json!(true)));
    assert_eq!(line["sizes"]["message_bytes"], json!(size));
    assert_eq!(line["sizes"]["plaintext_bytes"], json!(9));
    let parts = ["header_bytes", "body_bytes", "footer_bytes"].map(|part| line["sizes"][part].as_u64());
    assert_eq!(parts.into_iter().flatten().sum::<u64>(), size as u64);
}

#[test]
fn inspect_reads_a_pipe_and_tells_a_truncated_file() {
    let workspace = with_message();
    let message = workspace.read("plain.txt.esdk");
    let outcome = workspace.esdk_reading(&message, ["inspect"]);
    assert!(String::from_utf8_lossy(&outcome.succeeded().stdout).contains("standard input"));
    workspace.write("cut", &message[..message.len() - 3]);
    let outcome = workspace.esdk(["inspect", "cut"]);
    assert!(String::from_utf8_lossy(&outcome.succeeded().stdout).contains("NOT WHOLE"));
    workspace.esdk_reading(b"no message", ["inspect"]).failed(65).saying(&["standard input: not a message"]);
    workspace.esdk_reading(b"", ["inspect"]).failed(65).saying(&["no bytes"]);
    workspace.esdk_reading(b"AgV4abcd", ["inspect"]).failed(65).saying(&["base64", "hint: "]);
    workspace.esdk(["inspect", "missing"]).failed(66);
}

#[test]
fn text_in_a_message_cannot_drive_the_terminal() {
    let workspace = workspace();
    let context = "evil\u{1b}[31m=\u{7}red\r\n";
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", context, "plain.txt"]).succeeded();
    let outcome = workspace.esdk(["inspect", "plain.txt.esdk"]);
    let shown = &outcome.succeeded().stdout;
    assert!(!shown.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n'), "{shown:?}");
    assert!(String::from_utf8_lossy(shown).contains("evil\\u{1b}[31m"));
}

#[test]
fn quiet_and_verbose() {
    let workspace = workspace();
    assert_eq!(workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt"]).stderr, "");
    let outcome = workspace.esdk(["decrypt", "-vv", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "out"]);
    outcome.succeeded().saying(&["esdk: info: decrypt plain.txt.esdk -> out"]);
    workspace.esdk(["decrypt", "-v", "-q", LOCAL[0], LOCAL[1], "plain.txt.esdk"]).exited(2);
}
