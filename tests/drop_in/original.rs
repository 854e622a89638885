//! The original, in a process that runs many of its calls.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::support::command::Workspace;
use crate::support::{installed, python};

const WITHOUT: &str = "ESDK_TEST_WITHOUT_PYTHON_3_11";

/// Whether the tests run that need it: always, but where the variable is set.
///
/// # Panics
/// When its Python is older than 3.11: it prints other texts, and another line in some cases.
pub fn is_wanted() -> bool {
    if std::env::var_os(WITHOUT).is_some_and(|value| value == "1") {
        installed::note(&format!("{WITHOUT}=1: a test against the original aws-encryption-cli is left out"));
        return false;
    }
    let question = "import sys; sys.exit(sys.version_info < (3, 11))";
    let status = python::command().args(["-c", question]).status().expect("the interpreter can be started");
    assert!(
        status.success(),
        "these tests need Python 3.11 or later. Install it, or set PYTHON to an interpreter, and run again. \
         Without it: {WITHOUT}=1 leaves them out."
    );
    true
}

/// A running one.
pub struct Original {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a call did.
#[derive(Clone, Debug)]
pub struct Called {
    /// The exit status; negative when a signal ended it.
    pub status: i64,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Original {
    pub fn start() -> Original {
        let mut process = python::command()
            .arg(python::support("peers/python_cli.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter can be started");
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Original { process, requests, answers }
    }

    /// Calls it with these arguments, in the place's working folder and environment.
    #[track_caller]
    pub fn call(&mut self, place: &Workspace, arguments: &[String], standard_input: &[u8]) -> Called {
        let environment = place.environment().iter().map(|(name, value)| (name.clone(), json!(value)));
        let request = json!({
            "arguments": arguments, "folder": place.path(""), "input": BASE64.encode(standard_input),
            "environment": environment.collect::<serde_json::Map<_, _>>(),
        });
        let requests = self.requests.as_mut().expect("open until it is dropped");
        writeln!(requests, "{request}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {line:?}"));
        let bytes = |name: &str| BASE64.decode(answer[name].as_str().expect("base64")).expect("base64");
        Called {
            status: answer["status"].as_i64().expect("a status"),
            stdout: bytes("output"),
            stderr: String::from_utf8_lossy(&bytes("errors")).into_owned(),
        }
    }
}

impl Drop for Original {
    fn drop(&mut self) {
        drop(self.requests.take());
        // It ends when its standard input does; how is of no interest any more.
        let _ = self.process.wait();
    }
}
