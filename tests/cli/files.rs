//! Outputs: their names, their permission bits, and that they appear whole or not at all.

use std::os::unix::fs::symlink;
use std::process::Command;

use super::{LOCAL, mode, set_mode, with_message, workspace};

const SAYS_EXISTS: &str = "exists already";

#[test]
fn a_file_goes_beside_itself_and_back() {
    let workspace = with_message();
    assert_eq!(workspace.files(), ["plain.txt", "plain.txt.esdk"]);
    workspace.remove("plain.txt");
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk"]).succeeded();
    assert_eq!(workspace.read("plain.txt"), b"a secret\n");
    assert_eq!(workspace.files(), ["plain.txt", "plain.txt.esdk"]);
}

#[test]
fn all_four_ways_between_files_and_streams() {
    let workspace = workspace();
    let encrypt = |more: &[&str], input: &[u8]| {
        let outcome = workspace.esdk_reading(input, [&["encrypt", "-q", LOCAL[0], LOCAL[1]], more].concat());
        outcome.succeeded();
        outcome.stdout
    };
    let decrypt = |more: &[&str], input: &[u8]| {
        let outcome = workspace.esdk_reading(input, [&["decrypt", LOCAL[0], LOCAL[1]], more].concat());
        outcome.succeeded();
        outcome.stdout
    };
    let message = encrypt(&["plain.txt", "-o", "-"], b"");
    assert_eq!(decrypt(&[], &message), b"a secret\n");
    let message = encrypt(&[], b"piped");
    assert_eq!(decrypt(&["-"], &message), b"piped");
    assert!(encrypt(&["-o", "out.esdk"], b"to a file").is_empty());
    assert_eq!(decrypt(&["out.esdk", "-o", "-"], b""), b"to a file");
    assert!(decrypt(&["-o", "out"], &workspace.read("out.esdk")).is_empty());
    assert_eq!(workspace.read("out"), b"to a file");
}

#[test]
fn into_folders_that_exist_and_that_are_made() {
    let workspace = with_message();
    std::fs::create_dir(workspace.path("there")).expect("a folder");
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "there"]).succeeded();
    assert_eq!(workspace.read("there/plain.txt"), b"a secret\n");
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "new/"]).succeeded();
    assert_eq!(workspace.read("new/plain.txt"), b"a secret\n");
    let outcome = workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt", "-o", "no/such/file"]);
    outcome.failed(73).saying(&["no/such/file", "hint: make its folder first"]);
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "-o", "there"]).failed(2).saying(&["has no name"]);
}

#[test]
fn suffixes() {
    let workspace = workspace();
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "--suffix", ".x", "plain.txt"]).succeeded();
    let outcome = workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.x"]);
    outcome.failed(2).saying(&["plain.txt.x", "does not end with \".esdk\"", "hint: "]);
    workspace.remove("plain.txt");
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "--suffix", ".x", "plain.txt.x"]).succeeded();
    assert_eq!(workspace.read("plain.txt"), b"a secret\n");
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "--suffix=", "plain.txt"]).failed(2);
}

#[test]
fn an_output_that_exists_is_refused_passed_over_or_replaced() {
    let workspace = with_message();
    workspace.write("out", "old");
    let decrypt = |more: &[&str]| {
        workspace.esdk([&["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "out"], more].concat())
    };
    decrypt(&[]).failed(73).saying(&["out: ", SAYS_EXISTS, "--force"]);
    assert_eq!(workspace.read("out"), b"old");
    decrypt(&["--skip-existing"]).succeeded().saying(&["skipped: "]);
    assert_eq!(workspace.read("out"), b"old");
    decrypt(&["-f"]).succeeded();
    assert_eq!(workspace.read("out"), b"a secret\n");
    decrypt(&["-f", "--skip-existing"]).exited(2);
}

#[test]
fn a_failed_decrypt_leaves_an_existing_output_untouched() {
    let workspace = with_message();
    workspace.write("out", "old");
    set_mode(&workspace, "out", 0o640);
    let good = workspace.read("plain.txt.esdk");
    for damaged in [&good[..good.len() - 1], &good[..200], &[good.as_slice(), b"x"].concat()] {
        workspace.write("bad.esdk", damaged);
        workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "-f", "bad.esdk", "-o", "out"]).failed(65);
        assert_eq!(workspace.read("out"), b"old");
        assert_eq!(mode(&workspace, "out"), 0o640);
        assert_eq!(workspace.files(), ["bad.esdk", "out", "plain.txt", "plain.txt.esdk"]);
    }
}

#[test]
fn the_input_is_never_its_own_output() {
    let workspace = with_message();
    std::fs::hard_link(workspace.path("plain.txt"), workspace.path("link")).expect("a link");
    symlink("plain.txt", workspace.path("symbolic")).expect("a link");
    for output in ["plain.txt", "link", "symbolic", "./plain.txt"] {
        let outcome = workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "-f", "plain.txt", "-o", output]);
        outcome.failed(73).saying(&["is the input itself"]);
    }
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    command.args(["-c", &format!("{esdk} encrypt -q -w provider=local plain.txt -o - >> plain.txt")]);
    workspace.run(command, b"").failed(73).saying(&["is the input itself"]);
    assert_eq!(workspace.read("plain.txt"), b"a secret\n");
}

#[test]
fn a_symbolic_link_stays_and_its_file_is_replaced() {
    let workspace = workspace();
    workspace.write("real", "old");
    symlink("real", workspace.path("link")).expect("a link");
    workspace
        .esdk(["encrypt", LOCAL[0], LOCAL[1], "plain.txt", "-o", "link"])
        .failed(73)
        .saying(&[SAYS_EXISTS]);
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "plain.txt", "-f", "-o", "link"]).succeeded();
    assert!(std::fs::symlink_metadata(workspace.path("link")).expect("there").is_symlink());
    assert_ne!(workspace.read("real"), b"old");
    symlink("nowhere", workspace.path("dangling")).expect("a link");
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "plain.txt", "-f", "-o", "dangling"]).failed(73);
    assert!(!workspace.path("nowhere").exists());
}

#[test]
fn permission_bits_are_the_inputs_and_those_of_streams_the_umasks() {
    let workspace = workspace();
    set_mode(&workspace, "plain.txt", 0o640);
    workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "plain.txt"]).succeeded();
    assert_eq!(mode(&workspace, "plain.txt.esdk"), 0o640);
    set_mode(&workspace, "plain.txt.esdk", 0o444);
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "out"]).succeeded();
    assert_eq!(mode(&workspace, "out"), 0o444);
    let under_umask = |umask: &str, arguments: &str| {
        let mut command = Command::new("sh");
        let esdk = env!("CARGO_BIN_EXE_esdk");
        command.args(["-c", &format!("umask {umask}; exec {esdk} {arguments}")]);
        workspace.run(command, b"").succeeded();
    };
    under_umask("027", "encrypt -q -w provider=local -o stream.esdk < plain.txt");
    assert_eq!(mode(&workspace, "stream.esdk"), 0o640);
    under_umask("000", "decrypt -w provider=local -o stream < stream.esdk");
    assert_eq!(mode(&workspace, "stream"), 0o600);
}

#[test]
fn several_inputs_go_on_after_a_failure() {
    let workspace = with_message();
    workspace.write("two", "2");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "two"]).succeeded();
    workspace.write("bad.esdk", "not a message");
    workspace.remove("plain.txt");
    workspace.remove("two");
    let inputs = ["plain.txt.esdk", "bad.esdk", "two.esdk"];
    let outcome = workspace.esdk([&["decrypt", LOCAL[0], LOCAL[1]][..], &inputs].concat());
    outcome.failed(65).saying(&["bad.esdk: not a message", "summary: 2 done, 0 skipped, 1 failed, 10 B"]);
    assert_eq!((workspace.read("plain.txt"), workspace.read("two")), (b"a secret\n".to_vec(), b"2".to_vec()));
    // Failures for different reasons: 1.
    let outcome = workspace.esdk(["decrypt", "-f", LOCAL[0], LOCAL[1], "bad.esdk", "missing.esdk"]);
    outcome.failed(1).saying(&["missing.esdk: cannot be read: no such file or directory", "2 failed"]);
    // Two inputs with one output are found before anything is done.
    let outcome = workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "two.esdk", "-o", "x"]);
    outcome.failed(2).saying(&["same output x"]);
}

#[test]
fn no_job_takes_away_what_another_reads_or_writes() {
    let workspace = with_message();
    let message = workspace.read("plain.txt.esdk");
    let encrypt =
        |more: &[&str]| workspace.esdk([&["encrypt", "-q", "-f", LOCAL[0], LOCAL[1]], more].concat());
    encrypt(&["plain.txt", "plain.txt.esdk"]).failed(2).saying(&["plain.txt.esdk is also an input"]);
    workspace.write("other", "2");
    symlink("plain.txt.esdk", workspace.path("other.esdk")).expect("a link");
    encrypt(&["plain.txt", "other"]).failed(2).saying(&["same output"]);
    std::fs::create_dir(workspace.path("out")).expect("a folder");
    workspace.write("victim", "outside");
    symlink("../victim", workspace.path("out/other.esdk")).expect("a link");
    encrypt(&["other", "-o", "out"]).failed(73).saying(&["out/other.esdk", "symbolic link"]);
    assert_eq!((workspace.read("plain.txt.esdk"), workspace.read("victim")), (message, b"outside".to_vec()));
    // Without -f nothing is replaced, and each job has its own verdict.
    let outcome = workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "plain.txt", "plain.txt.esdk"]);
    outcome.failed(73).saying(&["plain.txt: plain.txt.esdk: exists already"]);
    assert!(workspace.path("plain.txt.esdk.esdk").exists());
}

#[test]
fn missing_unreadable_and_unsuitable_inputs() {
    let workspace = workspace();
    let outcome = workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "missing"]);
    outcome.failed(66).saying(&["missing: cannot be read: no such file or directory"]);
    std::fs::create_dir(workspace.path("folder")).expect("a folder");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "folder"]).failed(2).saying(&["is a directory"]);
    assert_eq!(workspace.files(), ["folder", "plain.txt"]);
}

#[test]
fn names_that_are_not_text_and_names_of_the_greatest_length() {
    use std::os::unix::ffi::OsStrExt as _;
    let workspace = workspace();
    let name = std::ffi::OsStr::from_bytes(b"not\xfftext\n");
    std::fs::write(workspace.path("").join(name), "x").expect("a file");
    workspace
        .esdk(["encrypt".as_ref(), "-q".as_ref(), LOCAL[0].as_ref(), LOCAL[1].as_ref(), name])
        .succeeded();
    assert!(workspace.path("").join(std::ffi::OsStr::from_bytes(b"not\xfftext\n.esdk")).exists());
    let long = "n".repeat(250);
    workspace.write(&long, "x");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], &long]).succeeded();
    assert!(workspace.path(&format!("{long}.esdk")).exists());
    let longer = "n".repeat(251);
    workspace.write(&longer, "x");
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], &longer]).failed(73);
}

#[test]
fn a_file_that_may_not_grow_fails_without_a_trace() {
    let workspace = workspace();
    workspace.write("large", vec![7; 1 << 20]);
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    command.args(["-c", &format!("ulimit -f 64; exec {esdk} encrypt -q -w provider=local large")]);
    workspace.run(command, b"").failed(73).saying(&["large.esdk", "cannot be written"]);
    assert_eq!(workspace.files(), ["large", "plain.txt"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec {esdk} encrypt -q -w provider=local large -o - > /dev/full")]);
    workspace.run(command, b"").failed(73).saying(&["make room"]);
}

#[test]
fn several_threads_leave_a_whole_file_or_none() {
    let workspace = workspace();
    let plaintext: Vec<u8> = (0_u32..600_000).flat_map(u32::to_be_bytes).collect();
    workspace.write("large", &plaintext);
    for threads in ["1", "3"] {
        let options = ["-q", LOCAL[0], LOCAL[1], "--threads", threads];
        workspace.esdk([&["encrypt", "--unsigned", "-f", "large"], &options[..]].concat()).succeeded();
        workspace.esdk([&["decrypt", "-f", "-o", "again", "large.esdk"], &options[..]].concat()).succeeded();
        assert!(workspace.read("again") == plaintext);
        workspace.esdk([&["verify", "large.esdk"], &options[..]].concat()).succeeded();

        // One bit in the middle: the old output stays, and no other file.
        let mut message = workspace.read("large.esdk");
        message[1_200_000] ^= 1;
        workspace.write("bad.esdk", &message);
        workspace.write("again", "old");
        let decrypted =
            workspace.esdk([&["decrypt", "-f", "-o", "again", "bad.esdk"], &options[..]].concat());
        decrypted.failed(65).saying(&["bad.esdk", "frame 291 ", "authentication"]);
        let verified = workspace.esdk([&["verify", "bad.esdk"], &options[..]].concat());
        verified.failed(65).saying(&["frame 291 "]);
        assert_eq!(workspace.read("again"), b"old");

        // No room: the same.
        let command = |line: &str| {
            let mut command = Command::new("sh");
            let line = line.replace("esdk ", &format!("{} ", env!("CARGO_BIN_EXE_esdk")));
            command.args(["-c", &format!("ulimit -f 2500; exec {line} {}", options.join(" "))]);
            workspace.run(command, b"")
        };
        command("esdk encrypt --unsigned -f -o again large")
            .failed(73)
            .saying(&["again", "cannot be written"]);
        command("esdk decrypt -f -o again large.esdk").failed(73).saying(&["again", "cannot be written"]);
        assert_eq!(workspace.read("again"), b"old");
        assert_eq!(workspace.files(), ["again", "bad.esdk", "large", "large.esdk", "plain.txt"]);
    }
    for threads in ["0", "many", "1025"] {
        let refused = workspace.esdk(["encrypt", LOCAL[0], LOCAL[1], "--threads", threads, "plain.txt"]);
        refused.failed(2).saying(&["--threads", "1 to 1024 threads"]);
    }
}

#[test]
fn devices_and_fifos_are_written_as_they_are() {
    let workspace = with_message();
    workspace.esdk(["decrypt", LOCAL[0], LOCAL[1], "plain.txt.esdk", "-o", "/dev/null"]).succeeded();
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let script = "mkfifo f; cat f > got & exec_it decrypt -w provider=local plain.txt.esdk -o f; wait";
    command.args(["-c", &script.replace("exec_it", esdk)]);
    workspace.run(command, b"").succeeded();
    assert_eq!(workspace.read("got"), b"a secret\n");
    // A link that leads to a pipe has no file behind it.
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{esdk} decrypt -w provider=local plain.txt.esdk -o /dev/stdout | cat")]);
    assert_eq!(workspace.run(command, b"").succeeded().stdout, b"a secret\n");
}
