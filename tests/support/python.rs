//! The Python environments of the tests: one of the KMS emulator and the Encryption SDK's command line, and one of
//! the Encryption SDK that is newer than the command line can be used with.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::installed;

/// A virtual environment under `target/`.
pub struct Environment {
    folder: &'static str,
    requirements: &'static str,
    requirements_file: &'static str,
    /// It needs Python 3 of this minor version or later.
    oldest: u8,
    /// What else its user can do.
    otherwise: &'static str,
    interpreter: OnceLock<Result<PathBuf, String>>,
}

/// The emulator's and the command line's.
pub static COMMAND_LINE: Environment = Environment {
    folder: "test-venv",
    requirements: include_str!("kms/requirements.txt"),
    requirements_file: "kms/requirements.txt",
    oldest: 9,
    otherwise: "",
    interpreter: OnceLock::new(),
};

/// That of the Encryption SDK with the keyrings of the material providers library.
pub static SDK: Environment = Environment {
    folder: "test-venv-sdk",
    requirements: include_str!("peers/requirements.txt"),
    requirements_file: "peers/requirements.txt",
    oldest: 11,
    otherwise: " Without it: ESDK_TEST_WITHOUT_PYTHON_3_11=1 leaves out the tests against the Python Encryption SDK.",
    interpreter: OnceLock::new(),
};

impl Environment {
    /// The interpreter of the environment, made on first use.
    ///
    /// # Panics
    /// When there is none and none can be made: with a message that says what to install.
    pub fn interpreter(&'static self) -> &'static Path {
        match self.interpreter.get_or_init(|| self.make()) {
            Ok(path) => path,
            Err(reason) => panic!("{reason}\n{}", self.advice()),
        }
    }

    fn make(&self) -> Result<PathBuf, String> {
        let python = system_python(self.oldest)?;
        let made_from = format!("{}\n{}", python.version, self.requirements);
        let folder = installed::folder(self.folder, &made_from, |making| {
            making.run(without_set_up(&python.program).args(["-m", "venv"]).arg(making.folder))?;
            let mut pip = without_set_up(interpreter_in(making.folder));
            pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]);
            pip.args(["--disable-pip-version-check", "--requirement"]);
            making.run(pip.arg(support(self.requirements_file)))
        })?;
        Ok(interpreter_in(&folder))
    }

    fn advice(&self) -> String {
        format!(
            "These tests need Python 3.{} or later with venv and pip, and a package index or a folder of wheels \
             (PIP_INDEX_URL, PIP_FIND_LINKS). Install it (Debian, Ubuntu: apt-get install python3-venv; Fedora: dnf \
             install python3; macOS: brew install python), or set PYTHON to an interpreter, and run again.{}",
            self.oldest, self.otherwise
        )
    }
}

/// A file of `tests/support`.
pub fn support(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name)
}

/// A command that runs the emulator's interpreter without anything of the caller's Python set-up.
pub fn command() -> Command {
    let mut command = Command::new(COMMAND_LINE.interpreter());
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    command
}

fn interpreter_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

fn without_set_up(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command
}

struct SystemPython {
    program: String,
    /// Where it is and which: a change of it makes the environment unusable.
    version: String,
}

fn system_python(oldest: u8) -> Result<SystemPython, String> {
    const QUESTION: &str = "import sys; print(sys.executable, sys.version_info[:3]); \
         sys.exit(sys.version_info < (3, int(sys.argv[1])))";
    let named = std::env::var("PYTHON").ok();
    let newer = (oldest..=20).rev().map(|minor| format!("python3.{minor}"));
    let usual = ["python3".to_owned(), "python".to_owned()];
    let candidates = named.map_or_else(|| usual.into_iter().chain(newer).collect(), |one| vec![one]);
    let mut found = Vec::new();
    for program in candidates {
        let Ok(answer) = Command::new(&program).args(["-c", QUESTION, &oldest.to_string()]).output() else {
            continue;
        };
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        if answer.status.success() {
            return Ok(SystemPython { program, version });
        }
        if !version.is_empty() {
            found.push(format!("{program} is {version}"));
        }
    }
    let others = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
    Err(format!("no Python 3.{oldest} or later was found{others}"))
}
