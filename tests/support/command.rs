//! Runs commands as a user with nothing of ours in his environment: a home folder, a working folder, and
//! credentials that mean nothing.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::emulator::HOME_REGION;

/// Becomes the command that follows.
const WITH_ITS_SIGNALS: &str = "
import os, signal, sys
for each in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    signal.signal(each, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
";

/// The tool, with the signals that end a run as they are by default. Whoever runs the tests may have them ignore one, as
/// nohup does, or a shell in the background; the tool would ignore it as well.
pub fn with_its_signals() -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", WITH_ITS_SIGNALS, env!("CARGO_BIN_EXE_esdk")]);
    command
}

/// How long a command may run. The slowest one waits out a silent KMS, which is bounded by a minute.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// A user's home and working folder, removed when it is dropped.
pub struct Workspace {
    root: TempDir,
    environment: Vec<(String, String)>,
}

impl Workspace {
    /// An empty one, whose environment names this KMS endpoint.
    pub fn new(endpoint: &str) -> Workspace {
        let root = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "here", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a folder in it");
        }
        let mut workspace = Workspace { root, environment: Vec::new() };
        let home = workspace.home();
        let nothing = home.join("nothing");
        let temporary = workspace.root.path().join("tmp");
        workspace.set("PATH", std::env::var("PATH").unwrap_or_default());
        workspace.set("HOME", home.to_string_lossy());
        workspace.set("XDG_DATA_HOME", home.join("data").to_string_lossy());
        workspace.set("TMPDIR", temporary.to_string_lossy());
        workspace.set("AWS_ENDPOINT_URL_KMS", endpoint);
        workspace.set("AWS_REGION", HOME_REGION);
        workspace.set("AWS_ACCESS_KEY_ID", "AKIDTEST");
        workspace.set("AWS_SECRET_ACCESS_KEY", "secret");
        workspace.set("AWS_EC2_METADATA_DISABLED", "true");
        workspace.set("AWS_CONFIG_FILE", nothing.to_string_lossy());
        workspace.set("AWS_SHARED_CREDENTIALS_FILE", nothing.to_string_lossy());
        workspace
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// A path in the working folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("here").join(name)
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Removes a variable of the environment.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(found, _)| found != name);
    }

    /// The environment of this user's commands.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Writes a file in the working folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file in the working folder");
    }

    /// Reads a file in the working folder.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        match fs::read(self.path(name)) {
            Ok(content) => content,
            Err(error) => panic!("{name}: {error}; there are {:?}", self.files()),
        }
    }

    /// Removes a file of the working folder, if it is there.
    pub fn remove(&self, name: &str) {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => panic!("{name}: {error}"),
            _ => {}
        }
    }

    /// The names in the working folder, hidden ones too, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(""))
            .expect("the working folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs `esdk` with these arguments.
    pub fn esdk<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.esdk_reading(b"", arguments)
    }

    /// Runs `esdk` with these arguments and this standard input.
    pub fn esdk_reading<A: AsRef<OsStr>>(
        &self,
        standard_input: &[u8],
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let program = Path::new(env!("CARGO_BIN_EXE_esdk"));
        let mut command = Command::new(program);
        command.args(arguments);
        self.run(command, standard_input)
    }

    /// Runs a command in the working folder with the environment of this user.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn run(&self, mut command: Command, standard_input: &[u8]) -> Outcome {
        let line = format!("{command:?}");
        command
            .current_dir(self.path(""))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("the command can be started");
        let mut input = child.stdin.take().expect("a pipe");
        let mut output = child.stdout.take().expect("a pipe");
        let mut errors = child.stderr.take().expect("a pipe");
        let (status, stdout, stderr) = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A command that fails early closes the pipe, and is right.
                let _ = input.write_all(standard_input);
            });
            let output = scope.spawn(move || read_all(&mut output));
            let errors = scope.spawn(move || read_all(&mut errors));
            let status = loop {
                if let Some(status) = child.try_wait().expect("a child can be waited for") {
                    break Some(status);
                }
                if started.elapsed() > TIME_LIMIT {
                    child.kill().expect("a running child can be killed");
                    break None;
                }
                std::thread::sleep(Duration::from_millis(2));
            };
            let output = output.join().expect("reading does not panic");
            let errors = errors.join().expect("reading does not panic");
            (status, output, errors)
        });
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        let Some(status) = status else {
            panic!("{line} did not end within {TIME_LIMIT:?}:\n{stderr}");
        };
        Outcome { command: line, status: status.code(), stdout, stderr, elapsed: started.elapsed() }
    }
}

fn read_all(stream: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("a pipe can be read");
    bytes
}

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    command: String,
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Outcome {
    /// It did what was asked.
    #[track_caller]
    pub fn succeeded(&self) -> &Outcome {
        self.exited(0)
    }

    /// It ended with this status.
    #[track_caller]
    pub fn exited(&self, status: i32) -> &Outcome {
        assert_eq!(self.status, Some(status), "{}\n{}", self.command, self.stderr);
        self
    }

    /// It ended with this status, reported an error in the tool's form, and wrote nothing to standard output.
    #[track_caller]
    pub fn failed(&self, status: i32) -> &Outcome {
        self.exited(status);
        let is_error = |line: &str| line.starts_with("esdk: error: ");
        assert!(
            self.stderr.lines().any(is_error),
            "{}\nno error is reported:\n{}",
            self.command,
            self.stderr
        );
        assert!(self.stdout.is_empty(), "{}\nwrote to standard output", self.command);
        self
    }

    /// Its messages name all of these.
    #[track_caller]
    pub fn saying(&self, words: &[&str]) -> &Outcome {
        for word in words {
            assert!(self.stderr.contains(word), "{}\ndoes not say {word:?}:\n{}", self.command, self.stderr);
        }
        self
    }
}
