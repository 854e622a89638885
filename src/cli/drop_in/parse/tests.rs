//! What argparse makes of these words was seen with the original.

use super::*;

const COMPLETE: [&str; 8] = ["-e", "-S", "-i", "p", "-o", "o", "-w", "key=a"];

fn parsed(words: &[&str]) -> Result<Typed, Stop> {
    parse(&words.iter().map(OsString::from).collect::<Vec<_>>())
}

fn usage(words: &[&str]) -> String {
    match parsed(words) {
        Err(Stop::Usage(text)) => text,
        other => panic!("{words:?}: no usage error: {other:?}"),
    }
}

/// The same with all that is required before it.
fn usage_with(words: &[&str]) -> String {
    usage(&[&COMPLETE, words].concat())
}

fn typed_with(words: &[&str]) -> Typed {
    parsed(&[&COMPLETE, words].concat()).expect("well formed")
}

#[test]
fn options_have_their_values() {
    let typed = typed_with(&["-c", "a=b", "c=d", "--suffix", "-vv", "-v", "-qr", "--frame-length", "-5"]);
    assert_eq!(typed.mode, Some(Mode::Encrypt));
    assert_eq!(typed.metadata, Some(MetadataTarget::Nowhere));
    assert_eq!((typed.input, typed.output), ("p".into(), "o".into()));
    assert_eq!(typed.wrapping_keys, [[OsString::from("key=a")]]);
    assert_eq!(typed.context, Some(vec!["a=b".into(), "c=d".into()]));
    assert_eq!(typed.suffix, Some(OsString::new()));
    assert_eq!((typed.verbosity, typed.is_quiet, typed.is_recursive), (3, true, true));
    assert_eq!(typed.frame_length, Some(-5));
}

#[test]
fn words_belong_to_an_option_up_to_the_next_dash() {
    let typed = typed_with(&["-w", "key=b", "region=r", "-R", "--caching", "x", "-w", "key=c"]);
    assert_eq!(typed.wrapping_keys.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(typed.caching, Some(vec!["x".into()]));
    // A word with a blank, a negative number and a single dash are values.
    let typed = typed_with(&["-c", "-x y", "-1.5", "-"]);
    assert_eq!(typed.context.map(|words| words.len()), Some(3));
}

#[test]
fn values_can_follow_without_a_blank() {
    let typed = parsed(&["-Sdip", "--output=a=b", "-wkey=a", "-c=x"]).expect("well formed");
    assert_eq!(typed.mode, Some(Mode::Decrypt));
    assert_eq!((typed.input, typed.output), ("p".into(), "a=b".into()));
    assert_eq!(typed.wrapping_keys, [[OsString::from("key=a")]]);
    assert_eq!(typed.context, Some(vec!["x".into()]));
    assert_eq!(typed_with(&["--suffix="]).suffix, Some(OsString::new()));
}

#[test]
fn long_options_can_be_abbreviated() {
    assert!(parsed(&["--encrypt", "--supp", "--inp", "p", "--outp=o", "--wr", "key=a"]).is_ok());
    assert_eq!(
        usage_with(&["--enc"]),
        "ambiguous option: --enc could match --encrypt, --encode, --encryption-context"
    );
}

#[test]
fn long_names_after_one_dash_are_told_apart() {
    assert_eq!(typed_with(&["-encode"]).one_dash, Some("-encode"));
    assert_eq!(
        usage(&["-encrypt", "-S", "-i", "p", "-o", "o", "-w", "key=a"]),
        "one of the arguments --version -e/--encrypt -d/--decrypt --decrypt-unsigned is required"
    );
    assert_eq!(
        usage(&["-e", "-S", "-input", "p", "-o", "o", "-w", "key=a"]),
        "the following arguments are required: -i/--input"
    );
    assert_eq!(usage_with(&["-in"]), "ambiguous option: -in could match -input, -i, -interactive");
}

#[test]
fn exactly_one_of_a_group() {
    assert_eq!(usage_with(&["-d"]), "argument -d/--decrypt: not allowed with argument -e/--encrypt");
    assert_eq!(
        usage_with(&["--metadata-output", "m"]),
        "argument --metadata-output: not allowed with argument -S/--suppress-metadata"
    );
    assert_eq!(
        usage(&["-e", "-i", "p", "-o", "o", "-w", "key=a"]),
        "one of the arguments -S/--suppress-metadata --metadata-output is required"
    );
    assert_eq!(
        usage(&[]),
        "the following arguments are required: -w/--wrapping-keys, -i/--input, -o/--output"
    );
}

#[test]
fn once_only_by_the_name_that_was_typed() {
    for (words, name) in [
        (["-i", "q"], "-i"),
        (["--input", "q"], "--input"),
        (["--inp", "q"], "--input"),
        (["--output=o", "-b"], "--output"),
    ] {
        assert_eq!(usage_with(&words), format!("{name} argument may not be specified more than once"));
    }
    let twice = ["--suffix", "--suffix"];
    assert_eq!(usage_with(&twice), "--suffix argument may not be specified more than once");
}

#[test]
fn values_that_are_none() {
    assert_eq!(usage_with(&["--frame-length", "x"]), "argument --frame-length: invalid int value: 'x'");
    assert_eq!(
        usage_with(&["--commitment-policy", "nope"]),
        "argument --commitment-policy: invalid CommitmentPolicyArgs value: 'nope'"
    );
    let text = usage_with(&["--algorithm", "NOPE"]);
    assert!(
        text.starts_with(
            "argument --algorithm: invalid choice: 'NOPE' (choose from 'AES_128_GCM_IV12_TAG16', "
        )
    );
    assert_eq!(typed_with(&["--alg", "AES_128_GCM_IV12_TAG16"]).suite.map(AlgorithmSuite::id), Some(0x0014));
    assert_eq!(usage_with(&["--max-length"]), "argument --max-length: expected one argument");
    assert_eq!(usage_with(&["-c", "-r"]), "argument -c/--encryption-context: expected at least one argument");
    assert_eq!(usage_with(&["--encode=x"]), "argument --encode: ignored explicit argument 'x'");
    assert_eq!(usage_with(&["-rx"]), "argument -r/-R/--recursive: ignored explicit argument 'x'");
}

#[test]
fn what_is_no_option_is_told_last() {
    assert_eq!(usage_with(&["--nope", "x", "-k"]), "unrecognized arguments: --nope x -k");
    assert_eq!(usage_with(&["--", "-e"]), "unrecognized arguments: -- -e");
    assert_eq!(usage_with(&["-b", "x"]), "unrecognized arguments: x");
    assert_eq!(
        usage(&["--nope"]),
        "the following arguments are required: -w/--wrapping-keys, -i/--input, -o/--output"
    );
}

#[test]
fn help_version_and_a_missing_folder_come_at_once() {
    assert_eq!(parsed(&["-x", "--version", "-w"]).expect_err("it stops"), Stop::Version);
    assert_eq!(parsed(&["--he"]).expect_err("it stops"), Stop::Help);
    let missing = parsed(&["--metadata-output", "no/such/m"]).expect_err("it stops");
    assert_eq!(missing, Stop::told("Parent directory for requested metdata file does not exist."));
}
