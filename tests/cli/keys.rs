//! Raw keys, SPECs, contexts, policies and limits: what is taken and how the rest is refused.

use base64::Engine as _;

use super::{LOCAL, mode, with_message, workspace};

const RSA: &str = "provider=raw-rsa,namespace=escrow,name=2026";

#[test]
fn keygen_makes_private_keys_that_are_not_overwritten() {
    let workspace = workspace();
    for bits in ["128", "192", "256"] {
        workspace.esdk(["keygen", "aes", "--bits", bits, "-o", bits]).succeeded();
        assert_eq!(mode(&workspace, bits), 0o600);
        let spec = format!("provider=raw-aes,namespace=n,name=a,key-file={bits}");
        let message = workspace.esdk_reading(b"x", ["encrypt", "-w", &spec]);
        let again = workspace.esdk_reading(&message.succeeded().stdout, ["decrypt", "-w", &spec]);
        assert_eq!(again.succeeded().stdout, b"x");
    }
    let before = workspace.read("128");
    workspace.esdk(["keygen", "aes", "--bits", "128", "-o", "128"]).failed(73).saying(&["exists already"]);
    assert_eq!(workspace.read("128"), before);
    workspace.esdk(["keygen", "aes", "--bits", "100", "-o", "x"]).exited(2);
    workspace.esdk(["keygen", "rsa", "--bits", "2048", "-o", "r"]).succeeded();
    assert_eq!(mode(&workspace, "r.private.pem"), 0o600);
    assert!(workspace.read("r.private.pem").starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    assert!(workspace.read("r.public.pem").starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
    workspace.remove("r.private.pem");
    workspace.esdk(["keygen", "rsa", "--bits", "2048", "-o", "r"]).failed(73).saying(&["r.public.pem"]);
    assert!(!workspace.path("r.private.pem").exists(), "neither half without the other");
}

#[test]
fn every_padding_and_every_pair_of_keys() {
    let workspace = workspace();
    workspace.esdk(["keygen", "rsa", "--bits", "2048", "-o", "r"]).succeeded();
    workspace.esdk(["keygen", "aes", "--bits", "256", "-o", "a"]).succeeded();
    let aes = "provider=raw-aes,namespace=n,name=a,key-file=a";
    for padding in ["oaep-sha256", "oaep-sha1", "oaep-sha384", "oaep-sha512", "pkcs1"] {
        let public = format!("{RSA},padding={padding},public-key-file=r.public.pem");
        let private = format!("{RSA},padding={padding},private-key-file=r.private.pem");
        let message = workspace.esdk_reading(b"escrow", ["encrypt", "-w", &public, "-w", aes]);
        let message = message.succeeded().stdout.clone();
        for key in [aes, private.as_str()] {
            let outcome = workspace.esdk_reading(&message, ["decrypt", "-w", key]);
            assert_eq!(outcome.succeeded().stdout, b"escrow", "{padding} {key}");
        }
        let outcome = workspace.esdk_reading(&message, ["decrypt", "-w", &public]);
        outcome.failed(2).saying(&["private-key-file="]);
        let outcome = workspace.esdk_reading(&message, [&["decrypt"], &LOCAL[..]].concat());
        // Nothing was ever encrypted under this user's local key.
        outcome.failed(66).saying(&["local key"]);
    }
}

/// PEM to DER.
fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(lines).expect("base64")
}

#[test]
fn one_rsa_key_in_every_form() {
    let mut workspace = workspace();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/crypto/rsa/test_keys");
    for name in ["spki", "pkcs1-public", "certificate", "pkcs1", "pkcs8", "encrypted-pbkdf2"] {
        let pem = std::fs::read_to_string(folder.join(name).with_extension("pem")).expect("a test key");
        workspace.write(&format!("{name}.der"), der(&pem));
        workspace.write(&format!("{name}.pem"), pem);
    }
    let public = ["spki", "pkcs1-public", "certificate"];
    let private = ["pkcs1", "pkcs8"];
    let forms = |names: &[&str]| -> Vec<String> {
        names.iter().flat_map(|name| [format!("{name}.pem"), format!("{name}.der")]).collect()
    };
    let mut messages = Vec::new();
    for public in forms(&public) {
        let key = format!("{RSA},public-key-file={public}");
        let outcome = workspace.esdk_reading(public.as_bytes(), ["encrypt", "--unsigned", "-w", &key]);
        messages.push((public, outcome.succeeded().stdout.clone()));
    }
    for private in forms(&private) {
        let key = format!("{RSA},private-key-file={private}");
        for (public, message) in &messages {
            let outcome = workspace.esdk_reading(message, ["decrypt", "-w", &key]);
            assert_eq!(outcome.succeeded().stdout, public.as_bytes(), "{private}");
        }
    }
    let key = format!("{RSA},private-key-file=encrypted-pbkdf2.pem");
    let message = &messages[0].1;
    let outcome = workspace.esdk_reading(message, ["decrypt", "-w", &key]);
    outcome.failed(65).saying(&["encrypted-pbkdf2.pem", "passphrase", "ESDK_PRIVATE_KEY_PASSPHRASE"]);
    workspace.set("ESDK_PRIVATE_KEY_PASSPHRASE", "wrong");
    workspace.esdk_reading(message, ["decrypt", "-w", &key]).failed(65).saying(&["passphrase"]);
    workspace.set("ESDK_PRIVATE_KEY_PASSPHRASE", "correct horse");
    workspace.esdk_reading(message, ["decrypt", "-w", &key]).succeeded();
}

#[test]
fn of_several_keys_of_one_name_each_is_tried() {
    let workspace = workspace();
    for name in ["old", "new"] {
        workspace.esdk(["keygen", "rsa", "--bits", "2048", "-o", name]).succeeded();
    }
    for padding in ["pkcs1", "oaep-sha256"] {
        let spec =
            |key: &str, half: &str| format!("{RSA},padding={padding},{half}-key-file={key}.{half}.pem");
        for key in ["old", "new"] {
            let message = workspace.esdk_reading(b"x", ["encrypt", "-w", &spec(key, "public")]);
            let message = message.succeeded().stdout.clone();
            let both = ["decrypt", "-w", &spec("old", "private"), "-w", &spec("new", "private")];
            assert_eq!(workspace.esdk_reading(&message, both).succeeded().stdout, b"x", "{padding} {key}");
            let other = if key == "old" { "new" } else { "old" };
            let outcome = workspace.esdk_reading(&message, ["decrypt", "-w", &spec(other, "private")]);
            outcome.failed(77).saying(&["no key opened", "does not open it"]);
        }
    }
}

#[test]
fn key_files_that_never_end() {
    let workspace = workspace();
    let spec = "provider=raw-aes,namespace=n,name=a,key-file=/dev/zero";
    workspace.esdk(["encrypt", "-w", spec, "plain.txt"]).failed(65).saying(&["too long for a key"]);
}

#[test]
fn key_files_and_specs_that_are_wrong() {
    let workspace = workspace();
    workspace.write("short", "short");
    workspace.write("ambiguous", "0123456789abcdef0123456789abcdef");
    let cases = [
        ("provider=raw-aes,namespace=n,name=a", 2, "key-file= or key-env= is missing"),
        ("provider=raw-aes,namespace=n,key-file=short", 2, "name= is missing"),
        ("provider=raw-aes,namespace=n,name=a,key-file=missing", 66, "missing: cannot be read"),
        ("provider=raw-aes,namespace=n,name=a,key-file=short", 65, "does not hold an AES key"),
        ("provider=raw-aes,namespace=n,name=a,key-file=ambiguous", 65, "could be a raw key"),
        ("provider=raw-aes,namespace=n,name=a,key-env=NOT_SET_ANYWHERE", 66, "NOT_SET_ANYWHERE"),
        ("provider=raw-aes,namespace=aws-kms,name=a,key-env=HEX", 2, "aws-kms"),
        ("provider=raw-aes,namespce=n", 2, "did you mean \"namespace\"?"),
        ("provider=raw-rsa,namespace=n,name=a,public-key-file=short", 65, "short: "),
        ("provider=raw-rsa,namespace=n,name=a", 2, "public-key-file="),
        ("provider=raw-rsa,namespace=n,name=a,padding=oaep,public-key-file=short", 2, "oaep-sha256"),
        ("provider=vault", 2, "no provider \"vault\""),
        ("discovery=true", 2, "decrypting only"),
        ("region=us-west-2", 2, "key= is missing"),
        ("key=not/a/key", 2, "not/a/key"),
        ("key", 2, "not a name=value pair"),
    ];
    let mut workspace = workspace;
    workspace.set("HEX", "000102030405060708090a0b0c0d0e0f");
    for (spec, status, says) in cases {
        workspace.esdk(["encrypt", "-w", spec, "plain.txt"]).failed(status).saying(&[says]);
    }
    let decrypt = [
        ("discovery=true,key=x", "exclude each other"),
        ("discovery=maybe", "neither true nor false"),
        ("discovery=true,discovery-account=111122223333", "discovery-partition="),
        ("discovery=true,discovery-partition=aws", "discovery-account="),
        ("key=alias/x", "alias/x"),
        ("discovery-region=us-west-2,key=arn:aws:kms:us-west-2:111122223333:key/1", "discovery=true only"),
    ];
    for (spec, says) in decrypt {
        workspace.esdk_reading(b"", ["decrypt", "-w", spec]).failed(2).saying(&[says]);
    }
    workspace.esdk(["encrypt", "plain.txt"]).failed(2).saying(&["no wrapping key", "hint: "]);
    assert_eq!(workspace.files(), ["ambiguous", "plain.txt", "short"]);
    let key = "provider=raw-aes,namespace=n,name=a,key-env=HEX";
    workspace.esdk(["encrypt", "-w", key, "plain.txt"]).succeeded();
}

#[test]
fn the_encryption_context_is_required_before_any_plaintext() {
    let workspace = with_message();
    let decrypt = |context: &[&str]| {
        let words: Vec<&str> = context.iter().flat_map(|pair| ["-c", pair]).collect();
        workspace.esdk([&["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "-"][..], &words].concat())
    };
    for good in [&[][..], &["purpose=test"], &["purpose"], &["purpose", "purpose=test"]] {
        assert_eq!(decrypt(good).succeeded().stdout, b"a secret\n");
    }
    let bad: [&[&str]; 6] = [
        &["purpose=other"],
        &["purpose="],
        &["stage"],
        &["stage=x"],
        &["purpose=test", "stage=x"],
        &["Purpose"],
    ];
    for bad in bad {
        decrypt(bad).failed(77).saying(&["encryption context"]);
    }
    for reserved in ["aws-crypto-public-key", "aws-crypto-x=y"] {
        decrypt(&[reserved]).failed(2).saying(&["reserved"]);
    }
    decrypt(&["=x"]).failed(2);
    decrypt(&["purpose=test", "purpose=test"]).failed(2).saying(&["twice"]);
    workspace.write("context.json", "{\"purpose\": \"test\"}");
    workspace.write("wrong.json", "{\"purpose\": 1}");
    let with_file = |file: &str| {
        workspace.esdk([
            "decrypt",
            LOCAL[0],
            LOCAL[1],
            "plain.txt.esdk",
            "-o",
            "-",
            "--encryption-context-file",
            file,
        ])
    };
    with_file("context.json").succeeded();
    with_file("wrong.json").failed(65).saying(&["wrong.json", "\"purpose\" is not a string"]);
    with_file("plain.txt").failed(65).saying(&["not a JSON object"]);
    with_file("missing.json").failed(66);
}

#[test]
fn contexts_that_cannot_be_encrypted_with() {
    let workspace = workspace();
    let large = format!("k={}", "v".repeat(65_530));
    for (pair, says) in [
        ("aws-crypto-x=1", "reserved"),
        ("bare", "has no value"),
        ("=1", "no key before its ="),
        (large.as_str(), "65535"),
    ] {
        let outcome = workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", pair, "plain.txt"]);
        outcome.failed(2).saying(&[says]);
    }
    assert_eq!(workspace.files(), ["plain.txt"]);
}

#[test]
fn commitment_policies() {
    let workspace = workspace();
    let run = |arguments: &[&str], input: &[u8]| workspace.esdk_reading(input, [arguments, &LOCAL].concat());
    let strict = "require-encrypt-require-decrypt";
    let allow = "require-encrypt-allow-decrypt";
    let forbid = "forbid-encrypt-allow-decrypt";
    run(&["encrypt", "-q", "--algorithm", "0x0178"], b"x").failed(77).saying(&[strict, "0x0178"]);
    run(&["encrypt", "-q", "--commitment-policy", forbid, "--unsigned"], b"x").failed(77);
    let old = run(&["encrypt", "-q", "--commitment-policy", forbid], b"x");
    let old = old.succeeded().stdout.clone();
    assert!(old.starts_with(&[1, 0x80, 0x03, 0x78]));
    run(&["decrypt"], &old).failed(77).saying(&["0x0378", allow]);
    for policy in [allow, forbid] {
        assert_eq!(run(&["decrypt", "--commitment-policy", policy], &old).succeeded().stdout, b"x");
    }
    run(&["decrypt", "--commitment-policy", "none"], &old).exited(2);
}

#[test]
fn signatures_required_and_forbidden() {
    let workspace = workspace();
    let run = |arguments: &[&str], input: &[u8]| workspace.esdk_reading(input, [arguments, &LOCAL].concat());
    let signed = run(&["encrypt", "-q"], b"x").stdout;
    let unsigned = run(&["encrypt", "-q", "--unsigned"], b"x").stdout;
    assert!(signed.starts_with(&[2, 5, 0x78]) && unsigned.starts_with(&[2, 4, 0x78]));
    run(&["decrypt", "--require-signature"], &signed).succeeded();
    run(&["decrypt", "--require-signature"], &unsigned).failed(77).saying(&["signature is required"]);
    run(&["decrypt", "--forbid-signature"], &unsigned).succeeded();
    run(&["decrypt", "--forbid-signature"], &signed).failed(77).saying(&["signed messages are not accepted"]);
}

#[test]
fn limits() {
    let workspace = workspace();
    let twice = [LOCAL[0], LOCAL[1], LOCAL[0], LOCAL[1]];
    let run = |arguments: &[&str], input: &[u8]| workspace.esdk_reading(input, [arguments, &twice].concat());
    run(&["encrypt", "-q", "--max-encrypted-data-keys", "1"], b"x").failed(2).saying(&["1 allowed"]);
    let message = run(&["encrypt", "-q", "--max-encrypted-data-keys", "2", "--frame-length", "100"], b"x");
    let message = message.succeeded().stdout.clone();
    let outcome = run(&["decrypt", "--max-encrypted-data-keys", "1"], &message);
    outcome.failed(65).saying(&["2 encrypted data keys", "at most 1"]);
    run(&["decrypt", "--max-encrypted-data-keys", "0"], &message).succeeded();
    run(&["decrypt", "--max-length", "100"], &message).succeeded();
    run(&["decrypt", "--max-length", "99"], &message).failed(65).saying(&["100 bytes", "--max-length"]);
    for wrong in ["0", "-1", "4294967296", "x"] {
        run(&["encrypt", "--frame-length", wrong], b"x").exited(2);
    }
    run(&["encrypt", "-q", "--frame-length", "4294967295"], b"x").succeeded();
}

#[test]
fn the_local_key_is_private_and_warned_of() {
    let workspace = workspace();
    let outcome = workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "plain.txt"]);
    outcome.succeeded().saying(&["esdk: warning: ", "local.key"]);
    let key = workspace.home().join("data/esdk/local.key");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&key).expect("made").permissions().mode() & 0o777, 0o600);
    std::fs::write(&key, "damaged").expect("ours");
    workspace
        .esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "x"])
        .failed(65)
        .saying(&["local.key"]);
    std::fs::remove_file(&key).expect("ours");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt", "-o", "other.esdk"]).succeeded();
    let outcome = workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "x"]);
    outcome.failed(77).saying(&["no key opened", "esdk-local", "another key of this provider"]);
}

#[test]
fn usage_errors_name_the_program_and_the_word() {
    let workspace = workspace();
    let outcome = workspace.esdk(["encrypt", "--frame-lenght", "5"]);
    outcome.failed(2).saying(&["--frame-lenght", "--frame-length"]);
    workspace.esdk(["encript"]).failed(2).saying(&["encript"]);
    workspace
        .esdk(["encrypt", "--algorithm", "0x9999"])
        .failed(2)
        .saying(&["no such algorithm suite", "0x0578"]);
    workspace.esdk(Vec::<&str>::new()).exited(2).saying(&["Usage: esdk"]);
    let outcome = workspace.esdk(["--version"]);
    assert_eq!(outcome.succeeded().stdout, format!("esdk {}\n", env!("CARGO_PKG_VERSION")).as_bytes());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(!workspace.esdk(["completions", shell]).succeeded().stdout.is_empty());
    }
}
