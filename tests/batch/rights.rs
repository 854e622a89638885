//! What an ordinary user may not read or write. Root may do everything: as root, the tool runs as `nobody`.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use super::support::command::{Outcome, Workspace};
use super::{all, make, records, workspace};

const NOBODY: u32 = 65534;

/// A workspace of a user who is not root, with a copy of the tool that he can reach.
struct Ordinary {
    place: Workspace,
    is_nobody: bool,
}

impl Ordinary {
    /// `None` where there is no such user to be had; it is said then that the test has shown nothing.
    fn new(files: &[&str]) -> Option<Ordinary> {
        let place = workspace();
        make(&place, files);
        let is_root = fs::metadata(place.path("")).expect("there").uid() == 0;
        let user = Ordinary { place, is_nobody: is_root };
        if is_root {
            fs::copy(env!("CARGO_BIN_EXE_esdk"), user.place.home().join("esdk")).expect("a copy of the tool");
            give(user.place.home().parent().expect("it has one"));
        }
        let is_possible = user.shell("$ESDK --version").status == Some(0);
        if !is_possible {
            let _ = writeln!(io::stderr(), "not shown: setpriv cannot run a command as nobody here");
        }
        is_possible.then_some(user)
    }

    /// Sets permission bits.
    fn allow(&self, name: &str, mode: u32) {
        fs::set_permissions(self.place.path(name), Permissions::from_mode(mode)).expect("ours");
    }

    /// Runs a script in which `$ESDK` is the tool and `$KEYS` its keys.
    fn shell(&self, script: &str) -> Outcome {
        let esdk = match self.is_nobody {
            true => self.place.home().join("esdk"),
            false => env!("CARGO_BIN_EXE_esdk").into(),
        };
        let script = format!("ESDK={}; KEYS='-q -w provider=local'; {script}", esdk.display());
        let mut command = match self.is_nobody {
            true => {
                let mut setpriv = Command::new("setpriv");
                let nobody =
                    [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".into()];
                setpriv.args(nobody).arg("sh");
                setpriv
            }
            false => Command::new("sh"),
        };
        command.args(["-c", &script]);
        self.place.run(command, b"")
    }
}

impl Drop for Ordinary {
    /// What nobody may enter, nobody can remove.
    fn drop(&mut self) {
        let mut command = Command::new("chmod");
        command.args(["-R", "u+rwX", "."]);
        self.place.run(command, b"");
    }
}

fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("root gives away");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            give(&entry.expect("an entry").path());
        }
    }
}

#[test]
fn what_cannot_be_read_fails_and_the_rest_goes_on() {
    let Some(user) = Ordinary::new(&["t/a", "t/locked", "t/closed/b", "t/d/c", "t/blind/e"]) else { return };
    user.allow("t/locked", 0o200);
    user.allow("t/closed", 0o000);
    // Its names can be listed, and nothing behind them reached.
    user.allow("t/blind", 0o400);
    let outcome = user.shell("$ESDK encrypt $KEYS -r t -o out --metadata-output r");
    outcome.failed(66).saying(&[
        "t/locked: cannot be read: permission denied",
        "t/closed: cannot be read: permission denied",
        "t/blind/e: cannot be read: permission denied",
    ]);
    assert_eq!(all(&user.place, "out"), ["a.esdk", "d/c.esdk"]);
    let failed = records(&user.place, "r").iter().filter(|line| line["status"] == "failed").count();
    assert_eq!(failed, 3);
    // Now they can be, and only they are run again.
    for (name, mode) in [("t/locked", 0o600), ("t/closed", 0o700), ("t/blind", 0o700)] {
        user.allow(name, mode);
    }
    user.shell("$ESDK encrypt $KEYS -r t -o out --metadata-output r --retry-failed r").succeeded();
    let names = ["a.esdk", "blind/e.esdk", "closed/b.esdk", "d/c.esdk", "locked.esdk"];
    assert_eq!(all(&user.place, "out"), names);
    user.allow("out/d/c.esdk", 0o000);
    for act in ["verify", "decrypt -o back", "rotate --to-wrapping-keys provider=local"] {
        let outcome = user.shell(&format!("$ESDK {act} $KEYS -r out"));
        outcome.exited(66).saying(&["out/d/c.esdk: cannot be read: permission denied"]);
    }
    assert_eq!(all(&user.place, "back"), ["a", "blind/e", "closed/b", "locked"]);
}

#[test]
fn folders_that_may_not_be_written_keep_what_they_hold() {
    let Some(user) = Ordinary::new(&["t/a", "t/d/b", "m/d/keep"]) else { return };
    user.shell("$ESDK encrypt $KEYS -r t -o enc").succeeded();
    let messages = ["enc/a.esdk", "enc/d/b.esdk"].map(|name| user.place.read(name));
    for folder in ["t/d", "enc/d", "m/d"] {
        user.allow(folder, 0o555);
    }
    // Beside the inputs, below -o, and a folder that would have to be made.
    let denied = "cannot be written: permission denied";
    let outcome = user.shell("$ESDK encrypt $KEYS -r t");
    outcome.failed(73).saying(&["t/d/b.esdk", denied]);
    user.shell("$ESDK encrypt $KEYS -f -r t -o enc").failed(73).saying(&["enc/d/b.esdk", denied]);
    user.shell("$ESDK encrypt $KEYS -r t -o m/d/new").failed(73).saying(&["m/d/new", denied]);
    user.shell("$ESDK encrypt $KEYS t/a -o m/d/").failed(73).saying(&["m/d/a.esdk", denied]);
    assert_eq!(all(&user.place, "m"), ["d/keep"]);
    assert_eq!(all(&user.place, "t"), ["a", "a.esdk", "d/b"]);
    // The old message stays where the new one could not be written.
    let outcome = user.shell("$ESDK rotate $KEYS --to-wrapping-keys provider=local -r enc");
    outcome.failed(73).saying(&["enc/d/b.esdk", denied]);
    assert!(user.place.read("enc/d/b.esdk") == messages[1]);
    assert!(user.place.read("enc/a.esdk") != messages[0]);
    user.shell("$ESDK verify $KEYS -r enc").succeeded();
    // An input that may not be removed stays, and that is told.
    user.allow("enc/d", 0o755);
    let outcome = user.shell("$ESDK encrypt $KEYS -r t -f -o enc --remove-input --exclude '*.esdk'");
    outcome.failed(1).saying(&["t/d/b: is not removed: permission denied"]);
    assert_eq!(all(&user.place, "t"), ["a.esdk", "d/b"]);
    user.shell("$ESDK verify $KEYS -r enc").succeeded();
    let outcome = user.shell("chmod 555 m; $ESDK clean -n m && $ESDK clean m");
    outcome.succeeded().saying(&["0 files"]);
}
