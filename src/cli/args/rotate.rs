//! What can be typed after `esdk rotate`.

use std::num::NonZeroU32;

use clap::{ArgAction, ArgMatches, Args, FromArgMatches};

use super::batch::RunArgs;
use super::{FileArgs, OpeningArgs, RecordArgs, TypedKey, in_order, parse_frame_length, parse_suite};
use crate::suite::AlgorithmSuite;

const EXAMPLES: &str = "\
Examples:
  esdk rotate -k OLD_KEY_ARN --to-kms-key NEW_KEY_ARN --if-needed -r backups  each in its place
  esdk rotate -k KEY_ARN --to-kms-key KEY_ARN --set-context stage=archive < old.esdk > new.esdk";

const TO_KMS_KEY: &str = "to_kms_key";
const TO_WRAPPING_KEYS: &str = "to_wrapping_keys";

/// `esdk rotate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("suffix", |suffix| suffix.help("What names of messages in directories end with; empty: any")))]
#[command(mut_arg("remove_input", |remove| remove.help("Remove an input when its output is whole, read back and synced; with -o only")))]
#[command(mut_arg("caching", |caching| caching.help("Reuse data keys of old messages: capacity=N,max-age=SECONDS")))]
#[command(mut_arg("kms_key", |key| key.help("AWS KMS key that opens the old message: its ARN (repeat)")))]
#[command(mut_arg("output", |output| output.help("A file, a directory, or `-` [default: the input itself]")))]
pub struct RotateArgs {
    /// Inputs and outputs.
    #[command(flatten)]
    pub files: FileArgs,
    /// Leave alone what is as it would become, under exactly these keys
    #[arg(long, conflicts_with = "output", help_heading = "Files")]
    pub if_needed: bool,
    /// What must be true of a message.
    #[command(flatten)]
    pub opening: OpeningArgs,
    /// The new keys.
    #[command(flatten)]
    pub to: ToKeys,
    /// Store this pair, in place of one with this key (repeat)
    #[arg(long, value_name = "KEY=VALUE", help_heading = "New message")]
    pub set_context: Vec<String>,
    /// Store this key no more; a message without it is refused (repeat)
    #[arg(long, value_name = "KEY", help_heading = "New message")]
    pub unset_context: Vec<String>,
    /// Algorithm suite, by name or 0xID [default: that of the old message]
    #[arg(long, value_name = "NAME|0xID", value_parser = parse_suite, help_heading = "New message")]
    pub algorithm: Option<&'static AlgorithmSuite>,
    /// Short for --algorithm 0x0478: no signature
    #[arg(long, conflicts_with = "algorithm", help_heading = "New message")]
    pub unsigned: bool,
    /// Plaintext bytes in a frame [default: those of the old message]
    #[arg(long, value_name = "BYTES", value_parser = parse_frame_length, help_heading = "New message")]
    pub frame_length: Option<NonZeroU32>,
    /// How many at once.
    #[command(flatten)]
    pub run: RunArgs,
    /// Records and messages.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// `--to-kms-key` and `--to-wrapping-keys` in the order in which they were typed: the first generates the data key.
#[derive(Clone, Debug, Default)]
pub struct ToKeys(pub Vec<TypedKey>);

impl Args for ToKeys {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .arg(
                clap::Arg::new(TO_KMS_KEY)
                    .long("to-kms-key")
                    .value_name("KEY")
                    .action(ArgAction::Append)
                    .help_heading("New message")
                    .help("AWS KMS key: ARN, key id, alias name or alias ARN (repeat)"),
            )
            .arg(
                clap::Arg::new(TO_WRAPPING_KEYS)
                    .long("to-wrapping-keys")
                    .value_name("SPEC")
                    .action(ArgAction::Append)
                    .help_heading("New message")
                    .help("Wrapping keys of the new message, as with -w (repeat)"),
            )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ToKeys {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(in_order(matches, TO_KMS_KEY, TO_WRAPPING_KEYS)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn parsed(words: &[&str]) -> Result<RotateArgs, clap::Error> {
        let cli = Cli::try_parse_from([&["esdk", "rotate"], words].concat())?;
        let Command::Rotate(arguments) = cli.command else { panic!("another command") };
        Ok(arguments)
    }

    #[test]
    fn both_sides_keep_the_order_in_which_their_keys_were_typed() {
        let words = ["--to-wrapping-keys", "a=1", "-k", "o", "--to-kms-key", "b", "-w", "p=1"];
        let arguments = parsed(&words).expect("good");
        let (spec, kms) = (|s: &str| TypedKey::Spec(s.into()), |s: &str| TypedKey::Kms(s.into()));
        assert_eq!(arguments.to.0, [spec("a=1"), kms("b")]);
        assert_eq!(arguments.opening.keys.keys.0, [kms("o"), spec("p=1")]);
    }

    #[test]
    fn only_messages_in_place_are_left_alone() {
        assert!(parsed(&["--if-needed"]).expect("good").if_needed);
        assert!(parsed(&["--if-needed", "-o", "x"]).is_err());
    }
}
