//! Where outputs go, and what is never touched.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::time::{Duration, SystemTime};

use super::{all, decrypt, encrypt, make, shell, workspace};

#[test]
fn no_two_inputs_have_one_output() {
    let place = workspace();
    make(&place, &["x/f", "y/f", "z/x/f"]);
    encrypt(&place, &["-r", "x/", "y/", "-o", "out"]).succeeded();
    assert_eq!(all(&place, "out"), ["x/f.esdk", "y/f.esdk"]);
    let outcome = encrypt(&place, &["-r", "x", "z/x", "-o", "other"]);
    outcome.failed(2).saying(&["two trees have the same output other/x"]);
    assert!(!place.path("other").exists());
    encrypt(&place, &["x/f", "y/f", "-o", "other/"]).failed(2).saying(&["two inputs have the same output"]);
    place.write("list", "x/f\ny/f\n");
    let outcome = encrypt(&place, &["--files-from", "list", "-o", "other/", "-j", "1"]);
    outcome.failed(73).saying(&["y/f: two inputs have the same output other/f.esdk"]);
    assert_eq!(decrypt(&place, &["other/f.esdk", "-o", "-"]).succeeded().stdout, b"x/f");
    // Also when the first has long been done: what this run has written is no output that was there.
    let between: Vec<String> = (0..40).map(|number| format!("between/{number}")).collect();
    make(&place, &between.iter().map(String::as_str).collect::<Vec<_>>());
    place.write("list", format!("x/f\n{}\ny/f\n", between.join("\n")));
    let outcome = encrypt(&place, &["--files-from", "list", "-o", "far/", "--skip-existing", "-j", "1"]);
    outcome.failed(73).saying(&["y/f: two inputs have the same output far/f.esdk"]);
    // A message and a file that has its plaintext's name: the file is no message and is left alone.
    fs::create_dir(place.path("m")).expect("a folder");
    fs::copy(place.path("out/x/f.esdk"), place.path("m/f.esdk")).expect("copied");
    place.write("m/f", "mine");
    decrypt(&place, &["-r", "m", "-o", "dec"]).succeeded();
    assert_eq!((all(&place, "dec"), place.read("dec/f")), (vec!["f".to_owned()], b"x/f".to_vec()));
    // All files of one tree, whatever their names: `f` and `f.esdk` would become one.
    let outcome = decrypt(&place, &["m/f.esdk", "m/f", "-o", "both/"]);
    outcome.failed(2).saying(&["two inputs have the same output both/f"]);
}

#[test]
fn force_replaces_nothing_that_is_yet_to_be_read() {
    let place = workspace();
    make(&place, &["t/a"]);
    encrypt(&place, &["-r", "t"]).succeeded();
    encrypt(&place, &["t/a.esdk"]).succeeded();
    place.remove("t/a");
    let before = place.read("t/a.esdk");
    // a.esdk.esdk would become a.esdk, which is a message as well.
    let outcome = decrypt(&place, &["-f", "-r", "t"]);
    outcome.failed(73).saying(&["t/a.esdk.esdk: the output t/a.esdk is also an input"]);
    assert_eq!((place.read("t/a.esdk"), place.read("t/a")), (before, b"t/a".to_vec()));
    place.write("list", "t/a.esdk\nt/a\n");
    let outcome = encrypt(&place, &["-f", "--files-from", "list", "-j", "1"]);
    outcome.failed(73).saying(&["t/a: the output t/a.esdk is also an input"]);
}

#[test]
fn nothing_is_written_outside_the_output_directory() {
    let place = workspace();
    make(&place, &["t/d/f", "t/g", "outside/victim"]);
    fs::create_dir(place.path("out")).expect("a folder");
    symlink("../outside", place.path("out/d")).expect("a link");
    symlink("../outside/victim", place.path("out/g.esdk")).expect("a link");
    for more in [&[][..], &["-f"]] {
        let outcome = encrypt(&place, &[&["-r", "t", "-o", "out"], more].concat());
        outcome
            .failed(73)
            .saying(&["out/d is a symbolic link".replace(" is", ": is").as_str(), "out/g.esdk"]);
    }
    assert_eq!(all(&place, "outside"), ["victim"]);
    assert_eq!(place.read("outside/victim"), b"outside/victim");
    // A FIFO leads elsewhere as well.
    shell(&place, "mkfifo out/h.esdk; echo x > t/h").succeeded();
    encrypt(&place, &["t/h", "-f", "-o", "out"]).failed(73).saying(&["out/h.esdk: is in the way"]);
    // The directory itself can be a link: it was typed.
    symlink("outside", place.path("link")).expect("a link");
    encrypt(&place, &["-r", "t/d", "-o", "link"]).succeeded();
    assert_eq!(all(&place, "outside"), ["f.esdk", "victim"]);
    place.write("file", "");
    encrypt(&place, &["-r", "t", "-o", "file"]).failed(2).saying(&["-o file is no directory"]);
}

#[test]
fn directories_that_were_made_for_nothing_are_gone() {
    let place = workspace();
    make(&place, &["t/d/bad.esdk", "plain"]);
    encrypt(&place, &["plain", "-o", "/dev/null"]).succeeded();
    decrypt(&place, &["t/d/bad.esdk", "-o", "new/dir/"]).failed(65);
    decrypt(&place, &["-r", "t", "-o", "new"]).failed(65);
    assert_eq!(place.files(), ["plain", "t"]);
}

#[test]
fn a_file_that_the_run_depends_on_is_not_replaced() {
    let place = workspace();
    make(&place, &["plain"]);
    place.esdk(["keygen", "aes", "--bits", "256", "-o", "key"]).succeeded();
    let key = place.read("key");
    let keys = ["-w", "provider=raw-aes,namespace=n,name=k,key-file=key"];
    let outcome = place.esdk([&["encrypt", "-q", "-f", "plain", "-o", "key"], &keys[..]].concat());
    outcome.failed(73).saying(&["key: is a file that this run depends on"]);
    let outcome = place.esdk([&["encrypt", "-q", "--remove-input", "key", "plain"], &keys[..]].concat());
    outcome.failed(2).saying(&["key: is a file that this run depends on"]);
    assert_eq!(place.read("key"), key);
    assert_eq!(place.files(), ["key", "plain.esdk"]);
}

#[test]
fn an_input_is_removed_only_when_its_message_is_whole() {
    let place = workspace();
    make(&place, &["t/a", "t/b", "t/bad.esdk"]);
    symlink("t/a", place.path("link")).expect("a link");
    for more in [&["t/a", "-o", "-"][..], &["-"], &["t/a", "-o", "/dev/null"], &["link"]] {
        encrypt(&place, &[more, &["--remove-input"]].concat()).failed(2);
    }
    assert_eq!(all(&place, "t"), ["a", "b", "bad.esdk"]);
    for encoding in [&[][..], &["--encode"]] {
        encrypt(&place, &[&["t/b", "-f", "-o", "b.esdk", "--unstored-context", "k=v"], encoding].concat())
            .succeeded();
        make(&place, &["again"]);
        encrypt(&place, &[&["again", "--remove-input", "--unstored-context", "k=v"], encoding].concat())
            .succeeded();
        assert!(!place.path("again").exists());
        let decode: &[&str] = if encoding.is_empty() { &[] } else { &["--decode"] };
        let outcome = decrypt(&place, &[&["again.esdk", "-o", "-", "-c", "k=v"], decode].concat());
        assert_eq!(outcome.succeeded().stdout, b"again");
        place.remove("again.esdk");
    }
    encrypt(&place, &["-r", "t", "--remove-input"]).succeeded();
    assert_eq!(all(&place, "t"), ["a.esdk", "b.esdk", "bad.esdk"]);
    decrypt(&place, &["-r", "t", "--remove-input"]).failed(65).saying(&["bad.esdk"]);
    assert_eq!(all(&place, "t"), ["a", "b", "bad.esdk"]);
    // Whoever exists already is not verified, so its input stays.
    place.write("t/a.esdk", "something else");
    encrypt(&place, &["t/a", "--remove-input", "--skip-existing"]).succeeded();
    assert!(place.path("t/a").exists());
}

#[test]
fn an_input_that_changes_while_it_is_read_stays() {
    let place = workspace();
    place.write("large", vec![7; 64 << 20]);
    let script = "(for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf x >> large; sleep 0.01; done) & \
                  esdk encrypt -q -w provider=local --remove-input large; echo $?; wait";
    let outcome = shell(&place, script);
    assert_eq!(outcome.stdout, b"1\n", "{}", outcome.stderr);
    outcome.saying(&["large: is not removed: it was changed while it was read"]);
    assert!(place.path("large").exists());
}

#[test]
fn times_owner_and_permission_bits() {
    let place = workspace();
    make(&place, &["t/d/f"]);
    let past = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_000_000);
    let file = fs::File::options().write(true).open(place.path("t/d/f")).expect("there");
    file.set_times(fs::FileTimes::new().set_modified(past).set_accessed(past)).expect("ours");
    file.set_permissions(Permissions::from_mode(0o640)).expect("ours");
    fs::set_permissions(place.path("t/d"), Permissions::from_mode(0o750)).expect("ours");
    let folder = fs::File::open(place.path("t/d")).expect("there");
    folder.set_times(fs::FileTimes::new().set_modified(past)).expect("ours");
    // Where we may, the file is somebody else's.
    let is_other = std::os::unix::fs::fchown(&file, Some(1234), Some(4321)).is_ok();
    encrypt(&place, &["-r", "t", "-o", "kept", "--preserve"]).succeeded();
    encrypt(&place, &["-r", "t", "-o", "plain"]).succeeded();
    let kept = fs::metadata(place.path("kept/d/f.esdk")).expect("there");
    assert_eq!((kept.modified().expect("a time"), kept.mode() & 0o7777), (past, 0o640));
    if is_other {
        assert_eq!((kept.uid(), kept.gid()), (1234, 4321));
    }
    // The permission bits of a directory are mirrored; its times are those of the writing.
    let folder = fs::metadata(place.path("kept/d")).expect("there");
    assert!(folder.mode() & 0o777 == 0o750 && folder.modified().expect("a time") > past);
    let plain = fs::metadata(place.path("plain/d/f.esdk")).expect("there");
    assert!(plain.modified().expect("a time") > past && plain.mode() & 0o7777 == 0o640);
}

#[test]
fn a_full_or_limited_file_system_leaves_no_trace() {
    let place = workspace();
    make(&place, &["t/small", "t/another"]);
    place.write("t/large", vec![7; 1 << 20]);
    let script = "ulimit -f 256; esdk encrypt -q -w provider=local -r t -o out";
    shell(&place, script).failed(73).saying(&["t/large: ", "cannot be written"]);
    assert_eq!(all(&place, "out"), ["another.esdk", "small.esdk"]);
    // A small tmpfs, in a mount namespace of its own where the machine allows one.
    let mount = "mkdir full && mount -t tmpfs -o size=300k none full";
    let run = "esdk encrypt -q -w provider=local -r t -o full; echo status \\$?; find full -name '*.part' -o -name 'large*'";
    let script = format!("unshare -rm sh -c \"{mount} || exit 99; {run}\"");
    let outcome = shell(&place, &script);
    let is_allowed = outcome.status == Some(0);
    if is_allowed {
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "status 73\n", "{}", outcome.stderr);
        outcome.saying(&["no space left on device", "make room"]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_fails() {
    let place = workspace();
    make(&place, &["t/a"]);
    // Nobody can make files there, not even root.
    encrypt(&place, &["t/a", "-o", "/proc/self/new.esdk"]).failed(73).saying(&["/proc/self/new.esdk"]);
    encrypt(&place, &["-r", "t", "-o", "/proc/self/new"]).failed(73).saying(&["/proc/self/new"]);
}

#[test]
fn clean_removes_what_killed_runs_left_and_nothing_else() {
    let place = workspace();
    make(&place, &["t/d/.f.esdk.0a.esdk.part", "t/f.esdk.part", "t/.esdk", "t/a"]);
    let left = place.path("t/d/.f.esdk.0a.esdk.part");
    let outcome = place.esdk(["clean", "-n", "t"]);
    assert_eq!(outcome.succeeded().stdout, b"t/d/.f.esdk.0a.esdk.part\n");
    outcome.saying(&["1 file would be removed, 24 B"]);
    assert!(left.exists());
    // While a run writes one, it stays.
    let script = "mkfifo in; esdk encrypt -q -w provider=local in -o t/live.esdk & exec 3> in; \
                  until ls -A t | grep -q live; do sleep 0.01; done; esdk clean t; \
                  echo x >&3; exec 3>&-; wait $!";
    let outcome = shell(&place, script);
    outcome.succeeded().saying(&["esdk.part: a run is writing it", "1 file removed"]);
    assert!(!left.exists());
    assert_eq!(all(&place, "t"), [".esdk", "a", "f.esdk.part", "live.esdk"]);
    place.esdk(["clean", "nowhere"]).failed(66).saying(&["nowhere: cannot be read"]);
}

#[test]
fn an_output_that_appears_meanwhile_is_left_alone() {
    let place = workspace();
    for (more, status) in [("--skip-existing", "0"), ("", "73"), ("-f", "0")] {
        let script = format!(
            "rm -f in out.esdk; mkfifo in; esdk encrypt -q -w provider=local {more} in -o out.esdk & exec 3> in; \
             until ls -A | grep -q part; do sleep 0.01; done; echo mine > out.esdk; \
             echo x >&3; exec 3>&-; wait $!; echo $?"
        );
        let outcome = shell(&place, &script);
        assert_eq!(String::from_utf8_lossy(&outcome.stdout).trim(), status, "{more} {}", outcome.stderr);
        assert_eq!(place.read("out.esdk") == b"mine\n", more != "-f", "{more}");
        assert!(!place.files().iter().any(|name| name.ends_with(".part")));
    }
}
