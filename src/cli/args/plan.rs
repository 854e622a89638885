//! What can be typed after `esdk plan`: the arguments of encrypt and decrypt, and in which form the plan is shown.

use clap::{Arg, Args, Subcommand};

use super::{DecryptArgs, EncryptArgs, RecordArgs};

const EXAMPLES: &str = "\
Examples:
  esdk plan encrypt -k alias/backup -r documents -o encrypted/
  esdk plan encrypt --iam-policy -k KEY_ARN report.pdf > policy.json
  esdk plan decrypt -k KEY_ARN -k OTHER_REGION_ARN report.pdf.esdk
  esdk plan decrypt --json -k KEY_ARN -r encrypted | tail -n 1 | jq .calls";

/// Options of encrypt and decrypt that say how it is done and recorded: a plan is the same with them. They are taken and
/// not shown.
const OF_THE_WORK: [&str; 11] = [
    "preserve",
    "kms_timeout",
    "release_unverified",
    "verify_first",
    "ordered",
    "progress",
    "metadata_output",
    "overwrite_metadata",
    "suppress_metadata",
    "jobs",
    "threads",
];

const OTHERS_OF_ENCRYPT: &str = "All other options of `esdk encrypt` are taken as well: they say how it is done, and the plan is the same.";
const OTHERS_OF_DECRYPT: &str = "All other options of `esdk decrypt` are taken as well: they say how it is done, and the plan is the same.";

fn without_those_of_the_work(argument: Arg) -> Arg {
    let is_hidden = OF_THE_WORK.contains(&argument.get_id().as_str());
    argument.hide(is_hidden)
}

/// `esdk plan`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = EXAMPLES)]
pub struct PlanArgs {
    /// Of which command.
    #[command(subcommand)]
    pub of: PlanKind,
}

impl PlanArgs {
    /// What is recorded and said.
    pub fn records(&self) -> &RecordArgs {
        match &self.of {
            PlanKind::Encrypt(of) => &of.arguments.records,
            PlanKind::Decrypt(of) => &of.arguments.records,
        }
    }
}

/// The commands whose calls can be planned.
#[derive(Debug, Subcommand)]
pub enum PlanKind {
    /// Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs
    #[command(override_usage = "esdk plan encrypt [--iam-policy|--json] [OPTIONS] [INPUT]...")]
    Encrypt(Box<PlanEncryptArgs>),
    /// Show what decrypt would ask of KMS by the messages' headers, and the IAM policy it needs
    #[command(override_usage = "esdk plan decrypt [--iam-policy|--json] [OPTIONS] [INPUT]...")]
    Decrypt(Box<PlanDecryptArgs>),
}

/// `esdk plan encrypt`.
#[derive(Debug, Args)]
#[command(after_help = OTHERS_OF_ENCRYPT, mut_args(without_those_of_the_work))]
pub struct PlanEncryptArgs {
    /// How it is shown.
    #[command(flatten)]
    pub form: FormArgs,
    /// Those of encrypt.
    #[command(flatten)]
    pub arguments: EncryptArgs,
}

/// `esdk plan decrypt`.
#[derive(Debug, Args)]
#[command(after_help = OTHERS_OF_DECRYPT, mut_args(without_those_of_the_work))]
pub struct PlanDecryptArgs {
    /// How it is shown.
    #[command(flatten)]
    pub form: FormArgs,
    /// Those of decrypt.
    #[command(flatten)]
    pub arguments: DecryptArgs,
}

/// In which form a plan is shown.
#[derive(Clone, Copy, Debug, Args)]
pub struct FormArgs {
    /// Print the IAM policy that the calls need, and nothing else
    #[arg(long, conflicts_with = "json", help_heading = "Plan")]
    pub iam_policy: bool,
    /// Print one line of JSON for each input, and a last one for all of them
    #[arg(long, help_heading = "Plan")]
    pub json: bool,
}
