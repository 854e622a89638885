//! The packages of the JavaScript Encryption SDK: installed once under `target/`, from `peers/package-lock.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::installed;

const PACKAGE: &str = include_str!("peers/package.json");
const LOCK: &str = include_str!("peers/package-lock.json");

/// What the SDK's KMS client asks for.
const OLDEST: u32 = 20;

/// The folder with `node_modules`, made on first use.
///
/// # Panics
/// When there is none and none can be made: with a message that says what to install.
pub fn packages() -> &'static Path {
    static PACKAGES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PACKAGES.get_or_init(install) {
        Ok(folder) => folder,
        Err(reason) => panic!(
            "{reason}\nThe tests against the JavaScript Encryption SDK need Node.js {OLDEST} or later with npm, and a \
             registry (npm_config_registry). Install it (Debian, Ubuntu: apt-get install nodejs npm; Fedora: dnf \
             install nodejs; macOS: brew install node), and run again. Without it: ESDK_TEST_WITHOUT_NODE=1 leaves \
             these tests out."
        ),
    }
}

/// A command that runs Node.js, with PKCS#1 decryption where that can be had: some versions have switched it off because
/// of the timing of their OpenSSL, which does not matter to a test.
pub fn command() -> Command {
    const REVERT: &str = "--security-revert=CVE-2023-46809";
    static KNOWS_REVERT: OnceLock<bool> = OnceLock::new();
    let knows_revert = KNOWS_REVERT.get_or_init(|| {
        let answer = Command::new("node").args([REVERT, "--version"]).output();
        answer.is_ok_and(|answer| answer.status.success())
    });
    let mut command = Command::new("node");
    command.args(knows_revert.then_some(REVERT));
    command
}

fn install() -> Result<PathBuf, String> {
    let version = version()?;
    let made_from = format!("{version}\n{PACKAGE}\n{LOCK}");
    installed::folder("test-node", &made_from, |making| {
        for (name, content) in [("package.json", PACKAGE), ("package-lock.json", LOCK)] {
            fs::write(making.folder.join(name), content).map_err(|error| format!("{name}: {error}"))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]);
        // Its usual place is the home folder, which need not be writable. Nobody needs it afterwards.
        let cache = making.folder.join("npm-cache");
        npm.arg("--cache").arg(&cache);
        making.run(npm.current_dir(making.folder))?;
        fs::remove_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))
    })
}

/// What `node --version` says, when it is new enough.
fn version() -> Result<String, String> {
    let answer = Command::new("node").arg("--version").output();
    let answer = answer.map_err(|error| format!("no Node.js was found: node: {error}"))?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let major = version.strip_prefix('v').and_then(|rest| rest.split('.').next()?.parse().ok());
    match major {
        Some(OLDEST..) => Ok(version),
        _ => Err(format!("no Node.js {OLDEST} or later was found: node is {version:?}")),
    }
}
