//! Pipes, terminals and signals.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::command;
use super::{LOCAL, mode, with_message, workspace};

/// Runs a shell command at a terminal; gives what the terminal showed, and the exit status.
fn at_a_terminal(workspace: &super::support::command::Workspace, command: &str) -> (String, i32) {
    let script = "import os, pty, sys\n\
                  out = b''\n\
                  def read(fd):\n\
                  \x20   data = os.read(fd, 65536)\n\
                  \x20   return data\n\
                  status = pty.spawn(['sh', '-c', sys.argv[1]], read)\n\
                  sys.exit(os.waitstatus_to_exitcode(status))\n";
    let mut python = Command::new("python3");
    python.args(["-c", script, command]);
    let outcome = workspace.run(python, b"");
    (String::from_utf8_lossy(&outcome.stdout).into_owned(), outcome.status.expect("it ended by itself"))
}

#[test]
fn binary_is_not_written_to_a_terminal_unless_asked_for() {
    let workspace = with_message();
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let (shown, status) =
        at_a_terminal(&workspace, &format!("{esdk} encrypt -q -w provider=local < plain.txt"));
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("esdk: error: ") && shown.contains("terminal"), "{shown}");
    let (_, status) =
        at_a_terminal(&workspace, &format!("{esdk} encrypt -q -w provider=local -o - < plain.txt"));
    assert_eq!(status, 0);
    // Plaintext that is text is what a person wants to see.
    let (shown, status) =
        at_a_terminal(&workspace, &format!("{esdk} decrypt -w provider=local < plain.txt.esdk"));
    assert_eq!((shown.trim_end(), status), ("a secret", 0));
    workspace.write("binary", [0, 1, 2, 27, b'[', b'2', b'J']);
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "binary"]).succeeded();
    let (shown, status) =
        at_a_terminal(&workspace, &format!("{esdk} decrypt -w provider=local < binary.esdk"));
    assert_eq!(status, 2, "{shown}");
    assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
}

#[test]
fn a_closed_pipe_ends_quietly_and_not_with_success() {
    let workspace = workspace();
    workspace.write("large", vec![7; 4 << 20]);
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "large"]).succeeded();
    let esdk = env!("CARGO_BIN_EXE_esdk");
    let script = format!("({esdk} decrypt -w provider=local large.esdk -o -; echo $? > status) | head -c 1");
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    let outcome = workspace.run(command, b"");
    outcome.succeeded();
    assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_str()), (b"\x07".as_slice(), ""));
    assert_eq!(workspace.read("status"), b"73\n");
}

/// Services, and programs that want no output, give those that they start the null device for reading and writing; to them it
/// looks the same when the stream was closed. The manual page says so.
#[test]
fn the_null_device_takes_everything_however_it_was_opened() {
    let workspace = workspace();
    workspace.write("large", vec![7; 1 << 20]);
    workspace.esdk(["encrypt", "-q", LOCAL[0], LOCAL[1], "large"]).succeeded();
    let esdk = env!("CARGO_BIN_EXE_esdk");
    for redirection in ["> /dev/null", "1<> /dev/null", ">&-"] {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{esdk} decrypt -w provider=local large.esdk -o - {redirection}")]);
        let outcome = workspace.run(command, b"");
        assert_eq!(outcome.succeeded().stderr, "", "{redirection}");
    }
}

#[test]
fn signals_leave_nothing_behind() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let workspace = workspace();
        let mut child = command::with_its_signals()
            .args(["encrypt", "-q", LOCAL[0], LOCAL[1], "-o", "out.esdk"])
            .current_dir(workspace.path(""))
            .env("XDG_DATA_HOME", workspace.home())
            .stdin(Stdio::piped())
            .spawn()
            .expect("started");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(&[7; 1 << 20]).expect("it reads");
        let begun = Instant::now();
        let is_part = |name: &String| name.ends_with(".esdk.part");
        let part = loop {
            if let Some(part) = workspace.files().into_iter().find(is_part) {
                break part;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no .part file appears");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(part.starts_with(".out.esdk."), "{part}");
        assert_eq!(mode(&workspace, &part), 0o600, "private while it is written");
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        assert_eq!(child.wait().expect("it ends").code(), Some(status));
        assert_eq!(workspace.files(), ["plain.txt"]);
        drop(input);
    }
}

#[test]
fn a_signal_that_is_to_be_ignored_is() {
    let workspace = workspace();
    let mut command = Command::new("sh");
    let esdk = env!("CARGO_BIN_EXE_esdk");
    // As nohup does it; the run must outlive the signal and finish.
    let script = format!(
        "trap '' HUP; mkfifo in; {esdk} encrypt -q -w provider=local in -o out.esdk & \
         exec 3> in; sleep 0.5; kill -HUP $!; echo text >&3; exec 3>&-; wait $!"
    );
    command.args(["-c", &script]);
    workspace.run(command, b"").succeeded();
    assert!(workspace.path("out.esdk").exists());
}

#[test]
fn plaintext_of_an_unfinished_message_leaves_frame_by_frame() {
    use std::io::Read as _;
    let workspace = workspace();
    workspace.write("large", vec![7; 1 << 20]);
    workspace.esdk(["encrypt", "-q", "--unsigned", LOCAL[0], LOCAL[1], "large"]).succeeded();
    let message = workspace.read("large.esdk");
    let mut child = Command::new(env!("CARGO_BIN_EXE_esdk"))
        .args(["decrypt", LOCAL[0], LOCAL[1]])
        .env("XDG_DATA_HOME", workspace.home().join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = child.stdout.take().expect("a pipe");
    // Half of the message, and the pipe stays open: what is whole must come out.
    let half = message[..message.len() / 2].to_vec();
    let writer = std::thread::spawn(move || {
        input.write_all(&half).expect("it reads");
        input
    });
    let mut first = vec![0; 400_000];
    output.read_exact(&mut first).expect("frames are released as they are authenticated");
    assert!(first.iter().all(|byte| *byte == 7));
    drop(writer.join().expect("written"));
    std::io::copy(&mut output, &mut std::io::sink()).expect("read to the end");
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(65));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("ends inside frame") && said.contains("cut short"), "{said}");
}
