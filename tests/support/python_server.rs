//! Servers in Python: started by a test, gone when it ends (their standard input closes).

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use super::python;

/// How long a server may take to start. The emulator needs half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running server.
pub struct PythonServer {
    /// The line that it began with: its address.
    pub url: String,
    _process: Child,
    _standard_input: ChildStdin,
}

impl PythonServer {
    /// Runs a script of `tests/support/kms` with these arguments.
    ///
    /// # Errors
    /// Why it did not start, with its messages.
    pub fn start(script: &str, arguments: &[&str]) -> Result<PythonServer, String> {
        let mut process = python::command()
            .arg(python::support(&format!("kms/{script}")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let standard_input = process.stdin.take().ok_or("no standard input")?;
        let standard_output = process.stdout.take().ok_or("no standard output")?;
        let mut standard_error = process.stderr.take().ok_or("no standard error")?;

        let messages = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&messages);
        let collector = std::thread::spawn(move || {
            let mut chunk = [0; 1024];
            while let Ok(count @ 1..) = standard_error.read(&mut chunk) {
                if let Ok(mut messages) = collected.lock() {
                    messages.extend_from_slice(&chunk[..count]);
                }
            }
        });
        let (sender, first_line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(standard_output).read_line(&mut line);
            // Nobody listens any more when the limit has passed.
            let _ = sender.send(read.map(|_| line));
        });
        let line = first_line.recv_timeout(START_LIMIT);
        if let Ok(Ok(line)) = &line
            && line.starts_with("http")
        {
            let url = line.trim().to_owned();
            return Ok(PythonServer { url, _process: process, _standard_input: standard_input });
        }
        // It may have ended by itself, which is as good.
        let _ = process.kill();
        let _ = collector.join();
        let messages = messages.lock().map_err(|error| error.to_string())?;
        Err(format!("{line:?}\n{}", String::from_utf8_lossy(&messages)))
    }
}
