//! The Python environment of the emulator and of the Python Encryption SDK: made once under `target/`, from
//! pinned requirements, and made anew when these or the interpreter change.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("kms/requirements.txt");

/// What to do when there is no environment.
const ADVICE: &str = "The tests against KMS need Python 3.9 or later with venv and pip, and a package index or a \
     folder of wheels (PIP_INDEX_URL, PIP_FIND_LINKS). Install it (Debian, Ubuntu: apt-get install python3-venv; \
     Fedora: dnf install python3; macOS: brew install python), or set PYTHON to an interpreter, and run again.";

/// The interpreter of the environment, made on first use.
///
/// # Panics
/// When there is none and none can be made: with a message that says what to install.
pub fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match INTERPRETER.get_or_init(environment) {
        Ok(path) => path,
        Err(reason) => panic!("{reason}\n{ADVICE}"),
    }
}

/// A file of `tests/support/kms`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/kms").join(name)
}

/// A command that runs the environment's interpreter without anything of the caller's Python set-up.
pub fn command() -> Command {
    let mut command = Command::new(interpreter());
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    command
}

fn environment() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("the target folder has no parent")?;
    let folder = target.join("test-venv");
    let stamp = folder.join("made-from");
    let interpreter = folder.join("bin/python");

    // One test binary makes it while the others wait.
    let lock = File::create(target.join("test-venv.lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;

    let python = system_python()?;
    let wanted = format!("{}\n{REQUIREMENTS}", python.version);
    // The stamp is written last: without it the environment is half made.
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(interpreter);
    }
    note("making the Python environment of the tests in target/test-venv (once)");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(|error| format!("{} cannot be removed: {error}", folder.display()))?;
    }
    let mut venv = Command::new(&python.program);
    run(venv.args(["-m", "venv"]).arg(&folder), &lock)?;
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--disable-pip-version-check"]);
    run(pip.arg("--requirement").arg(script("requirements.txt")), &lock)?;
    fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    Ok(interpreter)
}

struct SystemPython {
    program: String,
    /// Where it is and which: a change of it makes the environment unusable.
    version: String,
}

fn system_python() -> Result<SystemPython, String> {
    const QUESTION: &str =
        "import sys; print(sys.executable, sys.version_info[:3]); sys.exit(sys.version_info < (3, 9))";
    let named = std::env::var("PYTHON").ok();
    let candidates = named.map_or_else(|| vec!["python3".to_owned(), "python".to_owned()], |one| vec![one]);
    let mut found = Vec::new();
    for program in candidates {
        let Ok(answer) = Command::new(&program).args(["-c", QUESTION]).output() else {
            continue;
        };
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        if answer.status.success() {
            return Ok(SystemPython { program, version });
        }
        found.push(format!("{program} is {version}"));
    }
    let others = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
    Err(format!("no Python 3.9 or later was found{others}"))
}

/// Runs a step of the making. The step holds the lock too (as its standard input), so that one that outlives a
/// killed test run is waited for.
fn run(command: &mut Command, lock: &File) -> Result<(), String> {
    let lock = lock.try_clone().map_err(|error| error.to_string())?;
    let output = command
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME")
        .stdin(Stdio::from(lock))
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Past the test harness, which would keep it to itself: somebody waits.
fn note(text: &str) {
    // A test run without standard error misses the note and nothing else.
    let _ = writeln!(std::io::stderr(), "{text}");
}
