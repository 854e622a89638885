//! Runs on a file system that fills up: every name of an output holds a whole message, the whole plaintext or what was
//! there before, nothing is lost, and when there is room again the batch that is taken up ends complete.
//!
//! The file system is a small tmpfs in a mount namespace of its own. Where the machine allows none, files that may not grow
//! (`ulimit -f`) stand in for it.

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use super::support::command::{Outcome, Workspace};
use super::{LOCAL, Random, content};

/// Runs unless `ESDK_KILL_RUNS` says how many.
const RUNS: usize = 40;
const FILES: usize = 12;

const ACTS: [&str; 4] = ["encrypt", "decrypt", "rotate", "remove"];

/// Runs the act in `disk`, which has `$ROOM` KiB for its outputs, with the statuses that the failures have; then with as
/// much as it needs, and compares. A line of a failure begins with `not`.
const SCRIPT: &str = r#"
keys='-q -w provider=local'
fill() { # give the disk ROOM KiB more than it holds
    used=$(df -k --output=used disk | tail -1)
    if $mounted; then mount -o remount,size=$((used + $1))k disk; else ulimit -f $((ROOM % 290 * 2)); fi
}
run() { # the act, with what is added to it
    case $ACT in
    encrypt) esdk encrypt $keys --unsigned -r tree -o disk/out "$@" ;;
    decrypt) esdk decrypt $keys -r messages -o disk/out "$@" ;;
    rotate) esdk rotate $keys --to-wrapping-keys provider=local -r disk/messages ;;
    remove) esdk encrypt $keys --unsigned -r disk/tree -o disk/out --remove-input "$@" ;;
    esac
}
check() { # $1: whole or part
    left=$(find disk -name '*.part')
    [ -z "$left" ] || echo "not removed: $left"
    rm -rf opened
    case $ACT in
    encrypt|remove)
        [ ! -d disk/out ] || esdk decrypt $keys -r disk/out -o opened || echo "not whole"
        mkdir -p opened; [ $ACT = encrypt ] || cp -Rn disk/tree/. opened/ ;;
    decrypt) mkdir opened; [ ! -d disk/out ] || cp -R disk/out/. opened/ ;;
    rotate) esdk decrypt $keys -r disk/messages -o opened || echo "not whole" ;;
    esac
    # What is there is as it was; in place, and at the end, everything is there.
    differences=$(diff -r tree opened | grep -v '^Only in tree')
    [ -z "$differences" ] || echo "not the same: $differences"
    if [ $1 = whole ] || [ $ACT = rotate ] || [ $ACT = remove ]; then
        diff -rq tree opened > /dev/null || echo "not complete: $(diff -rq tree opened)"
    fi
}
mkdir disk
if $APART && mount -t tmpfs -o size=64m none disk 2> /dev/null; then mounted=true; else mounted=false; fi
echo "mounted $mounted"
case $ACT in rotate) cp -R messages disk/ ;; remove) cp -R tree disk/ ;; esac
(fill $ROOM; run; echo "status $?")
check part
$mounted && fill 65536
run --skip-existing || echo "not ended: $?"
check whole
"#;

/// What all runs begin with: a tree, and the messages of it.
fn prepared() -> Workspace {
    let place = Workspace::new("http://127.0.0.1:9");
    for number in 0..FILES {
        let folder = place.path(&format!("tree/d{}", number % 3));
        fs::create_dir_all(&folder).expect("a folder");
        // No file has the length of another: 0, 100 … and some of many blocks.
        fs::write(folder.join(format!("f{number}")), content(number * 10 + number % 2)).expect("a file");
    }
    let encrypt = ["encrypt", "-q", "--unsigned", "-r", "tree", "-o", "messages"];
    place.esdk([&encrypt[..], &LOCAL].concat()).succeeded();
    place
}

/// Runs the script in a mount namespace of its own, or where there is none, without one.
fn run(place: &Workspace, act: &str, room: u64, is_apart: bool) -> Outcome {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_esdk")).parent().expect("a folder");
    let script =
        format!("PATH={}:$PATH; ACT={act}; ROOM={room}; APART={is_apart}; {SCRIPT}", folder.display());
    let mut command = match is_apart {
        true => {
            let mut unshare = Command::new("unshare");
            unshare.args(["-rm", "sh"]);
            unshare
        }
        false => Command::new("sh"),
    };
    command.args(["-c", &script]);
    place.run(command, b"")
}

#[test]
fn a_disk_that_fills_up_holds_nothing_that_is_not_whole() {
    let seed =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos();
    let mut random = Random(seed as u64);
    let place = prepared();
    let mut unshare = Command::new("unshare");
    unshare.args(["-rm", "true"]);
    let is_apart = unshare.status().is_ok_and(|status| status.success());
    if !is_apart {
        let _ = writeln!(
            io::stderr(),
            "no mount namespace can be had here: files that may not grow stand in for it"
        );
    }
    let runs = std::env::var("ESDK_KILL_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let mut failed = 0;
    for number in 0..runs {
        let act = ACTS[number % ACTS.len()];
        // All outputs need some 1,800 KiB; in place there has to be room for a message a job.
        let room = random.below(if act == "rotate" { 450 } else { 2200 });
        let outcome = run(&place, act, room, is_apart);
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let about = format!("{act} with room for {room} KiB\n{said}{}", outcome.stderr);
        assert!(!said.lines().any(|line| line.starts_with("not ")), "{about}");
        let status = said.lines().find_map(|line| line.strip_prefix("status ")).expect("it has ended");
        assert!(matches!(status, "0" | "73"), "{about}");
        failed += usize::from(status == "73");
        for folder in ["disk", "opened"] {
            let _ = fs::remove_dir_all(place.path(folder));
        }
    }
    assert!(failed > 0, "the disk was never full");
}
