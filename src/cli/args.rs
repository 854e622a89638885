//! What can be typed: the clap types and their help texts.

pub mod batch;
pub mod links;
pub mod plan;
pub mod rotate;

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{ArgAction, ArgMatches, Args, FromArgMatches, Parser, Subcommand};

pub use batch::When;
use batch::{RunArgs, SelectionArgs, ThreadArgs};
use links::{DropInArgs, InstallLinksArgs};
use plan::PlanArgs;
use rotate::RotateArgs;

use super::caching;
use crate::commitment::CommitmentPolicy;
use crate::keyring::kms::KmsLimits;
use crate::message::cache::CacheLimits;
use crate::message::{DEFAULT_FRAME_LENGTH, DEFAULT_MAX_ENCRYPTED_DATA_KEYS};
use crate::suite::AlgorithmSuite;

/// Greatest limit of --fits, in bytes: so much is held in memory.
const MAX_FITS: u64 = 64 << 20;

const ABOUT: &str = "Encrypt files and streams with AWS KMS in the AWS Encryption SDK message format";

const EXAMPLES: &str = "\
Examples:
  pg_dump db | esdk encrypt -k alias/backup -c purpose=backup > db.esdk
  esdk encrypt -k arn:aws:kms:us-west-2:111122223333:key/mrk-1234 secrets.json
  esdk decrypt -k arn:aws:kms:eu-central-1:111122223333:key/mrk-1234 secrets.json.esdk
  esdk rotate -k OLD_KEY_ARN --to-kms-key NEW_KEY_ARN secrets.json.esdk
  esdk inspect secrets.json.esdk

Exit status: 0 done, 1 mixed or other failures, 2 usage, 65 damaged or forged data, 66 no input,
73 cannot create the output, 75 try again, 77 refused (no key, context, policy), 130/143 interrupted";

const ENCRYPT_EXAMPLES: &str = "\
Examples:
  esdk encrypt -k alias/backup report.pdf                      writes report.pdf.esdk
  tar c docs | esdk encrypt -k KEY_ARN -k OTHER_REGION_ARN > docs.tar.esdk
  esdk encrypt -k KEY_ARN -w provider=raw-rsa,namespace=n,name=a,public-key-file=a.pem f
  esdk encrypt -k KEY_ARN --fits 16384 -o user-data secrets    fails when it is too long for EC2 user data
  esdk encrypt -k alias/backup -r documents -o encrypted/      a tree, mirrored
  esdk encrypt -w provider=local -c purpose=test notes.txt     no AWS needed: for trying the tool";

const DECRYPT_EXAMPLES: &str = "\
Examples:
  esdk decrypt -k KEY_ARN report.pdf.esdk                      writes report.pdf
  esdk decrypt -k KEY_ARN -c purpose=backup < db.esdk | psql db
  esdk decrypt -k KEY_ARN -r encrypted -o documents/           a tree, mirrored
  esdk decrypt -w discovery=true,discovery-partition=aws,discovery-account=111122223333 f.esdk
  esdk decrypt -k KEY_ARN -o orders.env ec2:user-data          on an EC2 instance: its user data
  esdk decrypt -w provider=raw-rsa,namespace=n,name=a,private-key-file=a.pem f.esdk";

const VERIFY_EXAMPLES: &str = "\
Examples:
  esdk verify -k KEY_ARN -c purpose=backup *.esdk              one line for each message that is good
  aws s3 cp s3://bucket/db.esdk - | esdk verify -k KEY_ARN --json";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "esdk", version, about = ABOUT, after_help = EXAMPLES, disable_help_subcommand = false)]
#[command(max_term_width = 110, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Use colours [default: auto, at a terminal]
    #[arg(long, global = true, value_name = "auto|always|never", value_enum, default_value_t = When::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub color: When,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Encrypt files, trees or standard input
    Encrypt(EncryptArgs),
    /// Decrypt files, trees or standard input
    Decrypt(DecryptArgs),
    /// Decrypt and check everything, write nothing
    Verify(VerifyArgs),
    /// Show a message's header; needs no key
    Inspect(InspectArgs),
    /// Encrypt messages anew under other keys, in one pass, plaintext in memory only
    Rotate(RotateArgs),
    /// Show the KMS calls that encrypt or decrypt would make, and the IAM policy they need
    Plan(PlanArgs),
    /// Make a wrapping key for the raw keyrings
    Keygen(KeygenArgs),
    /// Remove the unfinished files that killed runs have left
    Clean(CleanArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Make links by whose names this is called as another program
    InstallLinks(InstallLinksArgs),
    /// Take the arguments of the Python aws-encryption-sdk-cli 4.3
    #[command(disable_help_flag = true)]
    AwsEncryptionCli(DropInArgs),
}

/// `esdk encrypt`.
#[derive(Debug, Args)]
#[command(after_help = ENCRYPT_EXAMPLES)]
pub struct EncryptArgs {
    /// Inputs and outputs.
    #[command(flatten)]
    pub files: FileArgs,
    /// Wrapping keys.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)
    #[arg(short = 'c', long = "encryption-context", value_name = "KEY=VALUE", help_heading = "Message")]
    pub context: Vec<String>,
    /// Read more pairs from a JSON object of strings
    #[arg(long = "encryption-context-file", value_name = "FILE", help_heading = "Message")]
    pub context_file: Option<PathBuf>,
    /// Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Message")]
    pub unstored_context: Vec<String>,
    /// Algorithm suite, by name or 0xID [default: 0x0578, signed]
    #[arg(long, value_name = "NAME|0xID", value_parser = parse_suite, help_heading = "Message")]
    pub algorithm: Option<&'static AlgorithmSuite>,
    /// Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast
    #[arg(long, conflicts_with = "algorithm", help_heading = "Message")]
    pub unsigned: bool,
    /// Plaintext bytes in a frame
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = DEFAULT_FRAME_LENGTH,
        value_parser = parse_frame_length,
        help_heading = "Message"
    )]
    pub frame_length: NonZeroU32,
    /// Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)
    #[arg(long, value_name = "BYTES", value_parser = parse_fits, help_heading = "Message")]
    pub fits: Option<NonZeroU64>,
    /// Policy and limits.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How they are gone through.
    #[command(flatten)]
    pub run: RunArgs,
    /// How many threads.
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Records and messages.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// `esdk decrypt`.
#[derive(Debug, Args)]
#[command(after_help = DECRYPT_EXAMPLES)]
pub struct DecryptArgs {
    /// Inputs and outputs.
    #[command(flatten)]
    pub files: FileArgs,
    /// What must be true of a message.
    #[command(flatten)]
    pub opening: OpeningArgs,
    /// To a pipe or terminal: give out frames of a signed message before its signature has verified
    #[arg(long, help_heading = "Message")]
    pub release_unverified: bool,
    /// To a pipe or terminal: give out nothing of an unsigned message either before all has verified
    #[arg(long, conflicts_with = "release_unverified", help_heading = "Message")]
    pub verify_first: bool,
    /// How they are gone through.
    #[command(flatten)]
    pub run: RunArgs,
    /// How many threads.
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Records and messages.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// `esdk verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    /// Files, patterns, with -r directories; `-` or none: standard input; ec2:user-data
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Which others.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Of directories, take the files whose names end with TEXT
    #[arg(long, value_name = "TEXT", default_value = ".esdk", help_heading = "Inputs")]
    pub suffix: String,
    /// The input is base64
    #[arg(long)]
    pub decode: bool,
    /// One line of JSON for each message on standard output
    #[arg(long, conflicts_with = "metadata_output")]
    pub json: bool,
    /// What must be true of a message.
    #[command(flatten)]
    pub opening: OpeningArgs,
    /// How they are gone through.
    #[command(flatten)]
    pub run: RunArgs,
    /// How many threads.
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Records and messages.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// The keys that may open a message, and what must be true of it.
#[derive(Debug, Args)]
pub struct OpeningArgs {
    /// Wrapping keys.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Refuse the message unless it was encrypted with this pair, or has this key (repeat)
    #[arg(short = 'c', long = "encryption-context", value_name = "KEY[=VALUE]", help_heading = "Message")]
    pub context: Vec<String>,
    /// Read more pairs from a JSON object of strings
    #[arg(long = "encryption-context-file", value_name = "FILE", help_heading = "Message")]
    pub context_file: Option<PathBuf>,
    /// Refuse messages that are not signed
    #[arg(long, conflicts_with = "forbid_signature", help_heading = "Message")]
    pub require_signature: bool,
    /// Refuse messages that are signed
    #[arg(long, help_heading = "Message")]
    pub forbid_signature: bool,
    /// Greatest length accepted of a frame, or of a body that is not framed
    #[arg(long, value_name = "BYTES", help_heading = "Message")]
    pub max_length: Option<NonZeroU64>,
    /// Policy and limits.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// Where bytes come from and go to.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// Files, patterns, with -r directories; `-` or none: standard input
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Which others.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// A file, a directory, or `-` for standard output
    #[arg(short, long, value_name = "PATH", help_heading = "Files")]
    pub output: Option<PathBuf>,
    /// What names of encrypted files end with
    #[arg(long, value_name = "TEXT", default_value = ".esdk", help_heading = "Files")]
    pub suffix: String,
    /// Replace an output that exists, once the new one is whole
    #[arg(short, long, help_heading = "Files")]
    pub force: bool,
    /// Pass over an input whose output exists
    #[arg(long, conflicts_with = "force", help_heading = "Files")]
    pub skip_existing: bool,
    /// Keep the times of the input, and its owner when that is allowed
    #[arg(long, help_heading = "Files")]
    pub preserve: bool,
    /// Remove an input when its output is whole, synced, and (encrypt) read back and verified
    #[arg(long, help_heading = "Files")]
    pub remove_input: bool,
    /// Write base64, in one line
    #[arg(long, help_heading = "Files")]
    pub encode: bool,
    /// Read base64, with or without line breaks
    #[arg(long, help_heading = "Files")]
    pub decode: bool,
}

/// Wrapping keys, and how KMS is reached.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The keys, in the order in which they were typed.
    #[command(flatten)]
    pub keys: TypedKeys,
    /// AWS profile
    #[arg(long, value_name = "NAME", help_heading = "Keys")]
    pub profile: Option<String>,
    /// AWS Region of keys that name none
    #[arg(long, value_name = "REGION", help_heading = "Keys")]
    pub region: Option<String>,
    /// Address of KMS
    #[arg(long, value_name = "URL", value_parser = parse_endpoint, help_heading = "Keys")]
    pub endpoint_url: Option<String>,
    /// How far data keys are used again.
    #[arg(
        long,
        value_name = "LIMITS",
        value_parser = caching::parse,
        help = "Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]",
        help_heading = "Keys"
    )]
    pub caching: Option<CacheLimits>,
    /// Longest time for a KMS operation, or to open a message
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = parse_timeout, help_heading = "Keys")]
    pub kms_timeout: Duration,
    /// Most KMS requests a second, fractions allowed [default: no limit]
    #[arg(long, value_name = "N", value_parser = parse_rate, help_heading = "Keys")]
    pub kms_rate: Option<f64>,
    /// Most KMS calls at the same time
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CALLS_IN_FLIGHT, help_heading = "Keys")]
    pub kms_in_flight: NonZeroUsize,
}

/// `-k` and `-w` in the order in which they were typed: the first generates the data key.
#[derive(Clone, Debug, Default)]
pub struct TypedKeys(pub Vec<TypedKey>);

/// One `-k` or `-w`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedKey {
    /// `-k KEY`.
    Kms(String),
    /// `-w SPEC`.
    Spec(String),
}

/// Policy and limits of messages.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt
    #[arg(
        long,
        value_name = "POLICY",
        default_value = CommitmentPolicy::default().name(),
        value_parser = policy_parser(),
        hide_possible_values = true,
        help_heading = "Message"
    )]
    pub commitment_policy: CommitmentPolicy,
    /// Most encrypted data keys in a message, 0 for no limit
    #[arg(
        long,
        value_name = "N",
        default_value_t = DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
        help_heading = "Message"
    )]
    pub max_encrypted_data_keys: usize,
}

/// What is recorded and said.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Append a line of JSON for each job to FILE, or print it with `-`
    #[arg(long, value_name = "FILE|-", help_heading = "Records")]
    pub metadata_output: Option<PathBuf>,
    /// Begin the metadata file anew
    #[arg(long, requires = "metadata_output", help_heading = "Records")]
    pub overwrite_metadata: bool,
    /// No metadata; the default
    #[arg(short = 'S', long, conflicts_with = "metadata_output", help_heading = "Records")]
    pub suppress_metadata: bool,
    /// Say more on standard error (repeat)
    #[arg(short, long, action = ArgAction::Count, help_heading = "Records")]
    pub verbose: u8,
    /// Say errors only
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Records")]
    pub quiet: bool,
}

/// `esdk inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing that is shown has been verified: a header can be forged by anyone until a key opens it.

Examples:
  esdk inspect backup.esdk
  aws s3 cp s3://bucket/backup.esdk - | esdk inspect --json | jq .encryption_context"
)]
pub struct InspectArgs {
    /// Files, patterns, with -r directories; `-` or none: standard input; ec2:user-data
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Which others.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Of directories, take the files whose names end with TEXT
    #[arg(long, value_name = "TEXT", default_value = ".esdk", help_heading = "Inputs")]
    pub suffix: String,
    /// One line of JSON for each message
    #[arg(long)]
    pub json: bool,
    /// How they are gone through.
    #[command(flatten)]
    pub run: RunArgs,
    /// Records and messages.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// `esdk keygen`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Examples:
  esdk keygen aes --bits 256 -o backup.key
  esdk keygen rsa --bits 4096 -o escrow       writes escrow.private.pem and escrow.public.pem")]
pub struct KeygenArgs {
    /// Which kind of key.
    #[command(subcommand)]
    pub kind: KeygenKind,
}

/// The kinds of keys that can be made.
#[derive(Debug, Subcommand)]
pub enum KeygenKind {
    /// Make an AES key, written as base64 text with mode 0600
    Aes {
        /// Length of the key
        #[arg(long, value_parser = bits_parser(["128", "192", "256"]))]
        bits: u32,
        /// The file to write; it must not exist
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)
    Rsa {
        /// Length of the modulus
        #[arg(long, value_parser = bits_parser(["2048", "3072", "4096"]))]
        bits: u32,
        /// What the names of both files begin with; neither must exist
        #[arg(short, long, value_name = "PREFIX")]
        output: PathBuf,
    },
}

/// `esdk clean`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esdk clean --dry-run /backup       lists them
  esdk clean /backup                 lists and removes them")]
pub struct CleanArgs {
    /// Directories, looked through with all that is in them
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,
    /// Remove nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `esdk completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

fn bits_parser<const N: usize>(bits: [&'static str; N]) -> impl clap::builder::TypedValueParser<Value = u32> {
    PossibleValuesParser::new(bits).map(|text| text.parse().unwrap_or_default())
}

fn policy_parser() -> impl clap::builder::TypedValueParser<Value = CommitmentPolicy> {
    PossibleValuesParser::new(CommitmentPolicy::ALL.map(CommitmentPolicy::name)).map(|name| {
        CommitmentPolicy::ALL.into_iter().find(|policy| policy.name() == name).unwrap_or_default()
    })
}

fn parse_suite(text: &str) -> Result<&'static AlgorithmSuite, String> {
    let by_id = text
        .strip_prefix("0x")
        .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        .and_then(AlgorithmSuite::by_id);
    by_id.or_else(|| AlgorithmSuite::by_name(text)).ok_or_else(|| {
        let known = AlgorithmSuite::all().iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("no such algorithm suite; the suites are {}", known.join(", "))
    })
}

/// Only what every address has: the rest is for KMS to answer.
pub fn parse_endpoint(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(text.to_owned()),
        _ => Err("an address begins with https:// or http:// and names a host".to_owned()),
    }
}

fn parse_fits(text: &str) -> Result<NonZeroU64, String> {
    let limit = text.parse().ok().filter(|limit: &NonZeroU64| limit.get() <= MAX_FITS);
    limit.ok_or_else(|| format!("a limit is 1 to {MAX_FITS} bytes, because the message is held in memory"))
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (1.0..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds, 1 to 86400".to_owned()),
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("a number of requests a second, 0.001 to 1000000".to_owned()),
    }
}

fn parse_frame_length(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("a frame has 1 to {} bytes", u32::MAX))
}

/// Default of `--kms-in-flight`.
pub const DEFAULT_CALLS_IN_FLIGHT: NonZeroUsize =
    NonZeroUsize::new(KmsLimits::CALLS_IN_FLIGHT).expect("32 is not zero");

const KMS_KEY: &str = "kms_key";
const WRAPPING_KEYS: &str = "wrapping_keys";

impl Args for TypedKeys {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .arg(
                clap::Arg::new(KMS_KEY)
                    .short('k')
                    .long("kms-key")
                    .value_name("KEY")
                    .action(ArgAction::Append)
                    .help_heading("Keys")
                    .help("AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)"),
            )
            .arg(
                clap::Arg::new(WRAPPING_KEYS)
                    .short('w')
                    .long("wrapping-keys")
                    .value_name("SPEC")
                    .action(ArgAction::Append)
                    .help_heading("Keys")
                    .help("Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)"),
            )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TypedKeys {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(in_order(matches, KMS_KEY, WRAPPING_KEYS)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The keys of two options in the order in which they were typed.
fn in_order(matches: &ArgMatches, kms_key: &str, wrapping_keys: &str) -> Vec<TypedKey> {
    let typed = |id: &str, kind: fn(String) -> TypedKey| {
        let indices = matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many::<String>(id).into_iter().flatten().cloned();
        indices.zip(values.map(kind)).collect::<Vec<_>>()
    };
    let mut keys = typed(kms_key, TypedKey::Kms);
    keys.extend(typed(wrapping_keys, TypedKey::Spec));
    keys.sort_by_key(|(index, _)| *index);
    keys.into_iter().map(|(_, key)| key).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn keys_keep_the_order_in_which_they_were_typed() {
        let cli =
            Cli::parse_from(["esdk", "encrypt", "-w", "a=1", "-k", "b", "--wrapping-keys", "c=2", "-kd"]);
        let Command::Encrypt(arguments) = cli.command else { panic!("another command") };
        let (spec, kms) = (|s: &str| TypedKey::Spec(s.into()), |s: &str| TypedKey::Kms(s.into()));
        assert_eq!(arguments.keys.keys.0, [spec("a=1"), kms("b"), spec("c=2"), kms("d")]);
    }

    #[test]
    fn suites_by_name_and_id() {
        assert_eq!(parse_suite("0x0478").map(AlgorithmSuite::id), Ok(0x0478));
        assert_eq!(parse_suite("AES_256_GCM_HKDF_SHA512_COMMIT_KEY").map(AlgorithmSuite::id), Ok(0x0478));
        assert!(parse_suite("0x0479").is_err());
        assert!(parse_suite("0478").is_err());
    }
}
