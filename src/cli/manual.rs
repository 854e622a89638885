//! Manual pages and completions, made from the clap command.

mod plan;
mod rotate;
mod topics;

use std::io;

use clap::{Arg, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::drop_in;

use topics::{
    CACHING, INPUTS, KMS_LIMITS, LIMITS, MANY_FILES, METADATA, METADATA_FIELDS, OUTPUTS, PROVIDERS, SPEED,
    WRAPPING_KEYS,
};

/// A generated file: its name in `man/` or `completions/`, and what it holds.
pub type Generated = (String, Vec<u8>);

/// Rows of a list: a term and what it means.
pub type Rows = &'static [(&'static str, &'static str)];

/// What a page says that the command does not.
struct Texts {
    description: &'static str,
    /// Variables of the environment.
    environment: Rows,
    /// Exit statuses that the command can end with.
    statuses: &'static [&'static str],
    guarantees: &'static str,
}

/// Every exit status and what it means.
pub const EXIT_STATUS: Rows = &[
    ("0", "everything asked for was done"),
    ("1", "several inputs failed, for different reasons; or an error that no other row names"),
    ("2", "wrong usage"),
    ("65", "data: not a message, damaged, tampered with, truncated, wrong signature or commitment"),
    ("66", "an input is missing or cannot be read"),
    ("73", "an output exists or cannot be written"),
    ("75", "try again: throttled, timed out, network, service unavailable, after the retries"),
    (
        "77",
        "refused: no key opened it, access denied, context, commitment policy or signature requirement not met",
    ),
    ("130, 143", "interrupted, terminated"),
];

const ALL_STATUSES: &[&str] = &["0", "1", "2", "65", "66", "73", "75", "77", "130, 143"];

const SEVERAL: &str = "Several inputs that fail for one reason give that reason's status.";

const METADATA_SERVICE: Rows = &[(
    "AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_EC2_METADATA_DISABLED",
    "Where the instance metadata service is that is asked for ec2:user-data, whether by IPv4 or IPv6, and whether it may be \
     asked at all. A profile's ec2_metadata_service_endpoint is not read.",
)];

const ENVIRONMENT: Rows = &[
    (
        "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_KMS, AWS_ACCESS_KEY_ID, …",
        "The variables and files of the AWS SDKs say how KMS is reached and as whom: keys, profiles, roles, SSO, processes, web \
         identity, containers and instances; AWS_ENDPOINT_URL and AWS_IGNORE_CONFIGURED_ENDPOINT_URLS; \
         AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT; HTTPS_PROXY and NO_PROXY. --profile, --region and --endpoint-url \
         come before them, and the names of a SPEC before these.",
    ),
    (
        "AWS_CA_BUNDLE",
        "A file of PEM certificates: these authorities are trusted in place of the system's. The profile's ca_bundle says the \
         same.",
    ),
    METADATA_SERVICE[0],
    (
        "NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM",
        "Whether messages have colours when --color does not say it.",
    ),
    (
        "ESDK_PRIVATE_KEY_PASSPHRASE",
        "The passphrase of an encrypted private-key-file. When it is not set, the passphrase is asked for at a terminal.",
    ),
    (
        "XDG_DATA_HOME, HOME",
        "Where provider=local keeps its key: esdk/local.key in XDG_DATA_HOME, by default ~/.local/share.",
    ),
];

const TOP: Texts = Texts {
    description: "\
esdk encrypts and decrypts files and streams in the AWS Encryption SDK message format: what it writes, every AWS Encryption
SDK reads, and the other way round. Each message has a data key of its own, wrapped by AWS KMS keys, RSA or AES keys, or
several of them at once. It is an independent project, neither made nor endorsed by Amazon.

Each subcommand has a page of its own.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
A file appears whole or not at all, and what was there before is untouched until then. Nothing is decrypted that the
wrapping keys, the commitment policy and the required encryption context do not allow. The exit status is 0 only when
everything that was asked for was done. The pages of the subcommands say it in full.

One thing the exit status does not tell: a standard stream that was closed (>&-, <&-) is /dev/null. The language's runtime opens
it before esdk begins, just as many programs do on purpose for those that they start, and nothing tells the two apart. What
is written to a closed standard output is lost without an error, and a closed standard input is empty. Files are not
concerned.",
};

const ENCRYPT: Texts = Texts {
    description: "\
Each INPUT becomes one message. Without INPUT, or with -, standard input is encrypted.

Without -o, standard input goes to standard output, and a file NAME to NAME.esdk beside it. With several inputs -o is a
directory; one that is typed with a slash at its end is made. A message is not written to a terminal unless -o - is typed.

With -r the files of a directory are encrypted. Those that have the suffix already are passed over: a tree can be encrypted
again, and only what is new becomes a message, with --skip-existing.

The encryption context (-c) is stored with the message in the clear, and authenticated: put into it what says where the
message belongs. Whoever decrypts can require it. Keys that begin with aws-crypto- are reserved. A pair of --unstored-context is
authenticated and not stored: whoever decrypts must know it.

With --fits BYTES nothing is written unless the output has at most BYTES: the message, or with --encode its base64. What can
be told without a key is told before one is asked, and the rest before anything is sealed; of a signed message the longest
signature counts. Otherwise the exit status is 73. Plaintext and message are held in memory, and BYTES is at most 64 MiB. EC2
user data has at most 16384 bytes before the base64 in which the API takes it: when the message itself is the user data, give
--fits 16384 without --encode; when a script holds it as base64, the rest of the script counts as well.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
An output file appears whole or not at all: it is written under another name (mode 0600, ending in .esdk.part, same
directory), synced to disk, given its permission bits and then its name. When anything fails, nothing is left, and a file
that was there is untouched.

Permission bits are those of the input file; for standard input, what the umask allows.

What is written to standard output before a failure is not a message: no AWS Encryption SDK decrypts it whole. With --fits
nothing is written before the message is whole.

The exit status is 0 only when every input was encrypted whole, or passed over with --skip-existing.",
};

const DECRYPT: Texts = Texts {
    description: "\
Each INPUT is one message. Without INPUT, or with -, the message is read from standard input.

Without -o, standard input goes to standard output, and a file NAME.esdk to NAME beside it. With several inputs -o is a
directory; one that is typed with a slash at its end is made.

With -r the files of a directory that have the suffix are decrypted; the others are passed over. With an empty --suffix and
-o all are taken.
The INPUT ec2:user-data is the user data of the EC2 instance that this runs on, read through IMDSv2: a message, raw or as
base64 text. A script or cloud-config is not searched for one. Without -o it goes to standard output, and a file that it is
decrypted to has mode 0600. The service has 5 seconds in all; when it is silent the exit status is 75, and 66 when there is no
user data or no such service. A file of this name is ./ec2:user-data.

With -c KEY=VALUE the message must have been encrypted with that pair, stored (-c) or not (--unstored-context); with -c KEY,
with that key and any value. Otherwise the exit status is 77, and nothing is written: a message that was put in the place of
another is found out.

Name the keys that are trusted, or with discovery the accounts: otherwise a message that somebody else encrypted under a key
of his own can take the place of yours.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
An output file appears after everything has been verified: header, every frame, the signature when there is one, and that
nothing follows the message. It appears whole or not at all: it is written under another name (mode 0600, ending in
.esdk.part, same directory), synced to disk, given its permission bits and then its name. When anything fails, nothing is
left, and a file that was there is untouched.

Permission bits are those of the input file; for standard input, 0600.

To a pipe, a terminal or a device the plaintext of a signed message is released only after its signature has verified and the
message has been seen to end. A file is read twice for that, and what changed in between is noticed before it is used; what
comes through a pipe is kept as ciphertext, in memory up to 16 MiB, then in a temporary file without a name (in TMPDIR). With
--release-unverified each frame is released when it has been authenticated, and the final one after the signature.

The frames of an unsigned message are released as they are authenticated, so that a truncated message shows only in the exit
status; with --verify-first they are held back as well. What has been written before a failure is authentic and is not the
whole plaintext. A body that is not framed is always checked whole first.

No key is asked before the commitment policy and the signature requirement are met, nor when the message stores another
value than -c gives, or lacks a key that -c names alone. A pair that is not stored at all can have been authenticated all
the same: only a key can tell.

The exit status is 0 only when every input was decrypted whole, or passed over with --skip-existing.",
};

const VERIFY: Texts = Texts {
    description: "\
Decrypts each message and checks everything, and writes no plaintext anywhere: header, every frame, the signature when there
is one, and that nothing follows the message. For each message that is good one line goes to standard output; with --json one
JSON object for each message, good or not. Without INPUT, or with -, the message is read from standard input;
ec2:user-data is that of decrypt. With -r the files of a directory that have the suffix are verified.

-c and the other requirements are those of decrypt.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
No file is written, and no plaintext leaves the process. A message that verifies decrypts with the same arguments.

The exit status is 0 only when every message verified.",
};

const INSPECT: Texts = Texts {
    description: "\
Shows the header of each message: its algorithm suite, whether that is signed and commits to its key, the message id, the
frame length, the encryption context, the wrapping keys that open it, and the sizes of its parts. Of standard input only the
header is read. Messages are shown in the order of the inputs. The INPUT ec2:user-data is that of decrypt.",
    environment: METADATA_SERVICE,
    statuses: &["0", "1", "2", "65", "66", "73", "75", "130, 143"],
    guarantees: "\
No key is asked, and nothing is verified: anyone can write a header that reads like this one. Control characters in its
texts are escaped.",
};

const KEYGEN: Texts = Texts {
    description: "\
Makes a wrapping key for provider=raw-aes or provider=raw-rsa. The key has no name in its file: the namespace and the name
that are given with it when a message is encrypted have to be given again when it is decrypted.",
    environment: &[],
    statuses: &["0", "1", "2", "73", "130, 143"],
    guarantees: "\
No file is overwritten. Secret keys are written with mode 0600. When anything fails, no file is left. Random bytes are
those of the operating system's generator; RSA keys are made by AWS-LC.",
};

const CLEAN: Texts = Texts {
    description: "\
Lists the files that killed runs have left, one a line on standard output, and removes them; with --dry-run it only lists
them. They are hidden, and their names end in .esdk.part. Directories are looked through with all that is in them; symbolic
links are not followed.",
    environment: &[],
    statuses: &["0", "1", "66", "73"],
    guarantees: "\
A file that a run is still writing is left alone: it is locked until it has its name. Where the file system has no locks,
nothing is removed. No other files are touched.",
};

const COMPLETIONS: Texts = Texts {
    description: "Prints the script that has a shell complete the subcommands and options of esdk.",
    environment: &[],
    statuses: &["0", "2", "73"],
    guarantees: "Nothing is installed or changed.",
};

const INSTALL_LINKS: Texts = Texts {
    description: "\
Makes the link aws-encryption-cli in DIR. Called by that name, esdk takes the arguments of the Python aws-encryption-sdk-cli
4.3; its page is aws-encryption-cli(1). The link leads to the program that makes it, by its full path, which is printed
when it is there.",
    environment: &[],
    statuses: &["0", "1", "2", "73"],
    guarantees: "\
Nothing is replaced without --force, and then in one step: whoever calls the name meanwhile gets what was there or the link.
When anything fails, what had the name has it still.",
};

/// Every manual page.
///
/// # Errors
/// An [`io::Error`] of the page's writer, which is memory.
pub fn pages() -> io::Result<Vec<Generated>> {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    let subcommands: Vec<_> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let mut pages = vec![("esdk.1".to_owned(), page(&command, "esdk", &TOP, &subcommands)?)];
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name();
        if name == drop_in::NAME {
            pages.push((format!("{name}.1"), drop_in::manual::page()));
            continue;
        }
        let texts = match name {
            "encrypt" => &ENCRYPT,
            "decrypt" => &DECRYPT,
            "verify" => &VERIFY,
            "inspect" => &INSPECT,
            "rotate" => &rotate::ROTATE,
            "plan" => &plan::PLAN,
            "keygen" => &KEYGEN,
            "clean" => &CLEAN,
            "completions" => &COMPLETIONS,
            "install-links" => &INSTALL_LINKS,
            _ => return Err(io::Error::other(format!("the subcommand {name} has no texts for its page"))),
        };
        let page_name = page_name(name);
        let page = page(subcommand, &page_name, texts, &subcommands)?;
        pages.push((format!("{page_name}.1"), page));
    }
    Ok(pages)
}

/// The name of a subcommand's page.
fn page_name(subcommand: &str) -> String {
    if subcommand == drop_in::NAME { subcommand.to_owned() } else { format!("esdk-{subcommand}") }
}

/// The completion scripts of every shell.
pub fn completions() -> Vec<Generated> {
    let file = |shell: Shell| match shell {
        Shell::Bash => "esdk.bash",
        Shell::Elvish => "esdk.elv",
        Shell::Fish => "esdk.fish",
        Shell::PowerShell => "_esdk.ps1",
        Shell::Zsh => "_esdk",
        _ => "esdk.other",
    };
    let shells = [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh];
    shells.map(|shell| (file(shell).to_owned(), completion(shell))).into()
}

/// The completion script of one shell.
pub fn completion(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "esdk", &mut script);
    script
}

fn page(command: &Command, name: &str, texts: &Texts, subcommands: &[String]) -> io::Result<Vec<u8>> {
    let is_top = name == "esdk";
    let takes_keys = command.get_arguments().any(|argument| argument.get_long() == Some("wrapping-keys"));
    let mut page = Page::new(name);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    page.section("NAME", &format!("{} \\- {}\n", escape(name), escape(&about)));
    page.section("SYNOPSIS", &synopsis(command));
    page.section("DESCRIPTION", &paragraphs(texts.description));
    if is_top {
        let rows = command.get_subcommands().map(|one| {
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            row(&format!("\\fBesdk {}\\fR", escape(one.get_name())), &about)
        });
        page.section("COMMANDS", &rows.collect::<String>());
    }
    page.section("OPTIONS", &options(command)?);
    if takes_keys || is_top {
        page.section("WRAPPING KEYS", &paragraphs(WRAPPING_KEYS));
        page.add(&list(PROVIDERS));
        page.add(&format!(".PP\n{}", paragraphs(KMS_LIMITS)));
    }
    if takes_keys {
        page.section("DATA KEY CACHING", &paragraphs(CACHING));
        page.add(&list(LIMITS));
        page.section("METADATA", &paragraphs(METADATA));
        page.add(&list(METADATA_FIELDS));
    }
    if command.get_arguments().any(|argument| argument.get_long() == Some("recursive")) {
        page.section("INPUTS", &paragraphs(INPUTS));
        if command.get_arguments().any(|argument| argument.get_long() == Some("output")) {
            page.add(&format!(".PP\n{}", paragraphs(OUTPUTS)));
        }
        page.section("MANY FILES", &paragraphs(MANY_FILES));
    }
    if command.get_arguments().any(|argument| argument.get_long() == Some("threads")) {
        page.section("SPEED AND MEMORY", &paragraphs(SPEED));
    }
    page.section("EXAMPLES", &examples(command));
    let is_of_page = |(status, _): &&(&str, &str)| texts.statuses.contains(status);
    let statuses = EXIT_STATUS.iter().filter(is_of_page).map(|(status, text)| bold_row(status, text));
    page.section("EXIT STATUS", &statuses.collect::<String>());
    if texts.statuses.contains(&"65") {
        page.add(&format!(".PP\n{}", paragraphs(SEVERAL)));
    }
    page.section(
        "ENVIRONMENT",
        &match texts.environment {
            [] => paragraphs("No variable changes what this command does."),
            rows => list(rows),
        },
    );
    page.section("GUARANTEES", &paragraphs(texts.guarantees));
    let others = subcommands.iter().map(|one| page_name(one));
    let others: Vec<_> = std::iter::once("esdk".to_owned())
        .chain(others)
        .filter(|other| other != name)
        .map(|other| format!("\\fB{}\\fR(1)", escape(&other)))
        .collect();
    page.section("SEE ALSO", &format!("{}\n", others.join(",\n")));
    Ok(page.into_bytes())
}

/// A page as roff.
pub(super) struct Page(String);

impl Page {
    /// An empty page of this name.
    pub fn new(name: &str) -> Self {
        let title = escape(&name.to_uppercase());
        Self(format!(".TH \"{title}\" \"1\" \"\" \"esdk {}\" \"esdk manual\"\n", env!("CARGO_PKG_VERSION")))
    }

    /// A section; the body is roff.
    pub fn section(&mut self, title: &str, body: &str) {
        self.0.push_str(&format!(".SH \"{title}\"\n{body}"));
    }

    /// The page as it is written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// More of the section before; it is roff.
    pub fn add(&mut self, body: &str) {
        self.0.push_str(body);
    }
}

/// The usage line of a command; of one that has subcommands of its own, theirs.
fn synopsis(command: &Command) -> String {
    let usage = |command: &Command| {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim().trim_start_matches("Usage: ").to_owned();
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        let rest = usage.strip_prefix(name).unwrap_or(&usage);
        format!("\\fB{}\\fR{}\n", escape(name), escape(rest))
    };
    let kinds: Vec<_> =
        command.get_subcommands().filter(|kind| kind.get_name() != "help").map(usage).collect();
    match command.get_name() {
        "esdk" => usage(command),
        _ if !kinds.is_empty() => kinds.join(".br\n"),
        _ => usage(command),
    }
}

/// The options, under their headings; of a command that has subcommands of its own, theirs.
fn options(command: &Command) -> io::Result<String> {
    let kinds: Vec<_> = command.get_subcommands().filter(|kind| kind.get_name() != "help").collect();
    if command.get_name() == "esdk" || kinds.is_empty() {
        return own_options(command);
    }
    let mut out = String::new();
    for kind in kinds {
        let about = kind.get_about().map(ToString::to_string).unwrap_or_default();
        let name = kind.get_bin_name().unwrap_or_else(|| kind.get_name());
        out.push_str(&format!(".SS \"{}\"\n{}{}", escape(name), paragraphs(&about), own_options(kind)?));
    }
    Ok(out)
}

fn own_options(command: &Command) -> io::Result<String> {
    let mut roff = Vec::new();
    Man::new(command.clone().mut_args(with_values)).render_options_section(&mut roff)?;
    let roff = String::from_utf8_lossy(&roff);
    let lines = roff.lines().skip_while(|line| *line != ".SH OPTIONS").skip(1);
    Ok(lines
        .map(|line| match line.strip_prefix(".SH ") {
            Some(heading) => {
                let (first, rest) = heading.split_at_checked(1).unwrap_or((heading, ""));
                format!(".SS \"{first}{}\"\n", rest.to_lowercase())
            }
            None => format!("{line}\n"),
        })
        .collect())
}

/// The possible values of an option in its help text, in place of a list.
fn with_values(argument: Arg) -> Arg {
    let takes_values = argument.get_num_args().is_some_and(|range| range.takes_values());
    let values = argument.get_possible_values();
    if !takes_values || values.is_empty() || argument.is_hide_possible_values_set() {
        return argument;
    }
    let values: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    argument.hide_possible_values(true).help(format!("{help}: {}", values.join(", ")))
}

/// The examples of the help text, each under the remark that stands behind it there.
fn examples(command: &Command) -> String {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples = match help.split_once("Examples:\n") {
        Some((_, examples)) => examples.split("\n\n").next().unwrap_or_default(),
        None => COMPLETIONS_EXAMPLES,
    };
    let example = |line: &str| {
        let (line, remark) = match line.trim().split_once("  ") {
            Some((line, remark)) => (line, remark.trim()),
            None => (line.trim(), ""),
        };
        let remark = match remark.split_at_checked(1) {
            Some((first, rest)) => {
                let end = if rest.contains(':') { "." } else { ":" };
                paragraphs(&format!("{}{rest}{end}", first.to_uppercase()))
            }
            None => String::new(),
        };
        format!(".PP\n{remark}.RS 4\n.nf\n{}\n.fi\n.RE\n", escape(line))
    };
    let examples: String = examples.lines().map(example).collect();
    // No paragraph begins before the first text of a section.
    examples.strip_prefix(".PP\n").unwrap_or(&examples).to_owned()
}

const COMPLETIONS_EXAMPLES: &str = "\
esdk completions bash > ~/.local/share/bash-completion/completions/esdk  Bash, for this user
esdk completions zsh > /usr/local/share/zsh/site-functions/_esdk  Zsh, for everybody
esdk completions fish > ~/.config/fish/completions/esdk.fish  Fish, for this user";

/// Paragraphs, with an empty line between them, as roff.
pub fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.lines().map(|line| format!("{}\n", escape(line))).collect::<String>())
        .collect::<Vec<_>>()
        .join(".PP\n")
}

/// Terms and what they mean, as roff.
pub fn list(rows: Rows) -> String {
    rows.iter().map(|(term, text)| bold_row(term, text)).collect()
}

/// A term in bold letters and what it means, as roff.
pub fn bold_row(term: &str, text: &str) -> String {
    row(&format!("\\fB{}\\fR", escape(term)), text)
}

fn row(term: &str, text: &str) -> String {
    format!(".TP\n{term}\n{}\n", escape(text))
}

/// Text as roff: no line is taken for a request.
pub fn escape(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-").replace('…', "\\&...").replace('~', "\\(ti");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
