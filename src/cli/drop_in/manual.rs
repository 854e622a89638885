//! The manual page of `aws-encryption-cli`.

use super::NAME;
use super::table::KNOWN;
use super::usage::{self, DIFFERENCES};
use crate::cli::manual::{Page, Rows, bold_row, escape, list, paragraphs};

const DESCRIPTION: &str = "\
Encrypts and decrypts files, directories and streams in the AWS Encryption SDK message format, with the command line of the
Python aws-encryption-sdk-cli 4.3: its options, names of outputs, metadata lines, messages and exit statuses. Scripts for it
need no change. This is esdk called by another name; it is made neither by Amazon nor by the authors of that tool.

An option that takes several words ends at the next word that begins with a dash. A long option can be abbreviated as long
as it is clear which one is meant. The name of an input that is a directory goes with -r; a pattern (*, ?, [...]) can be
quoted, and stands for what it matches.

When the output is a directory, each file gets the name of its input with .encrypted or .decrypted behind it, or with what
--suffix says; nothing is taken off. An output that exists is replaced, with a warning, unless --no-overwrite or
--interactive is given.";

const KEYS: &str = "\
Each -w is one group of wrapping keys: words of the form name=value. The first key of the first group generates the data
key, and all the others wrap it as well.";

const KEY_WORDS: Rows = &[
    ("provider=aws-kms", "AWS KMS keys; so is a group without provider."),
    (
        "key=KEY",
        "A key (repeat): to encrypt a key ARN, key id, alias name or alias ARN, to decrypt a key ARN.",
    ),
    ("region=REGION, profile=NAME", "Where keys are whose name does not tell it, and as whom KMS is called."),
    (
        "discovery=true",
        "To decrypt, with whatever key the message names; with discovery-partition=aws and discovery-account=ACCOUNT \
         (repeat), with those of these accounts only.",
    ),
    (
        "provider=raw-aes, raw-rsa, aws-kms-rsa, local",
        "Keys of esdk: the names that esdk-encrypt(1) lists, each as a word of its own.",
    ),
];

const CACHING: &str = "\
--caching has data keys used again: capacity=N and max_age=SECONDS, and when wanted max_messages_encrypted=N and
max_bytes_encrypted=N.";

const FILES: &str = "\
A word @FILE stands for the words in that file: several in a line, '...' and \"...\" around what holds blanks, a backslash
before a letter that means something, # before a comment. A ~ at the beginning of a word and $VAR or ${VAR} in it are
replaced. Words in it that begin with @ are files again.";

const EXAMPLES: &[(&str, &str)] = &[
    (
        "A file into a directory, as report.pdf.encrypted:",
        "aws-encryption-cli -e -S -i report.pdf -o backup/ -w key=KEY_ARN -c purpose=backup",
    ),
    (
        "Back, only if it was encrypted with that purpose:",
        "aws-encryption-cli -d -S -i backup/report.pdf.encrypted -o report.pdf -w key=KEY_ARN -c purpose=backup",
    ),
    (
        "A tree, with records, under the keys of two Regions:",
        "aws-encryption-cli -e -r --metadata-output log.json -i docs -o backup -w key=KEY_ARN key=OTHER_ARN",
    ),
    (
        "In a pipeline, with whatever key the message names, of one account:",
        "aws-encryption-cli -d -S -i - -o - -w discovery=true discovery-partition=aws discovery-account=111122223333",
    ),
];

const STATUSES: Rows = &[
    ("0", "everything asked for was done, or left out with a warning"),
    ("1", "a request that cannot be, or a file that failed"),
    ("2", "wrong usage"),
    ("130, 143", "interrupted, terminated"),
];

const ENVIRONMENT: Rows = &[
    (
        "AWS_DEFAULT_REGION",
        "The Region of keys whose name does not tell it: it goes before that of a profile, and before AWS_REGION.",
    ),
    (
        "AWS_DEFAULT_PROFILE",
        "The profile, before AWS_PROFILE, where no word names one and there are no credentials in the environment.",
    ),
    (
        "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_KMS, AWS_CA_BUNDLE, ...",
        "Those of the AWS SDKs, as for esdk-encrypt(1).",
    ),
    ("COLUMNS", "How wide the usage and help texts are."),
];

const GUARANTEES: &str = "\
An output file appears whole or not at all, after everything has been verified. When anything fails, nothing is left of it,
and a file that was there is untouched. What was decrypted is authentic; that of a signed message leaves for a pipe after its
signature has verified.

The exit status is 0 only when nothing failed and every message had the encryption context that was asked for.";

/// The page.
pub fn page() -> Vec<u8> {
    let mut page = Page::new(NAME);
    page.section(
        "NAME",
        &format!(
            "{} \\- {}\n",
            escape(NAME),
            escape("Encrypt and decrypt with the command line of the Python aws-encryption-sdk-cli")
        ),
    );
    page.section("SYNOPSIS", &synopsis());
    page.section("DESCRIPTION", &paragraphs(DESCRIPTION));
    let options = KNOWN.iter().filter(|known| !known.help.is_empty()).map(|known| {
        let names =
            known.names.iter().map(|name| [*name, &usage::values(known)].join(" ").trim_end().to_owned());
        bold_row(&names.collect::<Vec<_>>().join(", "), known.help)
    });
    page.section("OPTIONS", &options.collect::<String>());
    page.section("WRAPPING KEYS", &paragraphs(KEYS));
    page.add(&list(KEY_WORDS));
    page.section("DATA KEY CACHING", &paragraphs(CACHING));
    page.section("ARGUMENTS IN FILES", &paragraphs(FILES));
    let examples = EXAMPLES
        .iter()
        .map(|(remark, line)| format!("{}.RS 4\n.nf\n{}\n.fi\n.RE\n", paragraphs(remark), escape(line)));
    page.section("EXAMPLES", &examples.collect::<Vec<_>>().join(".PP\n"));
    page.section("EXIT STATUS", &list(STATUSES));
    page.section("ENVIRONMENT", &list(ENVIRONMENT));
    page.section("GUARANTEES", &paragraphs(GUARANTEES));
    let differences = DIFFERENCES.iter().map(|text| format!(".IP \\(bu 2\n{}\n", escape(text)));
    page.section(
        "DIFFERENCES",
        &format!(
            "{}{}",
            paragraphs("On purpose it differs from the Python tool:"),
            differences.collect::<String>()
        ),
    );
    page.section(
        "SEE ALSO",
        "\\fBesdk\\fR(1),\n\\fBesdk\\-encrypt\\fR(1),\n\\fBesdk\\-install\\-links\\fR(1)\n",
    );
    page.into_bytes()
}

/// The three calls there are; the options have a section of their own.
fn synopsis() -> String {
    let call =
        |what: &str, rest: &str| format!("\\fB{}\\fR {} {}\n", escape(NAME), escape(what), escape(rest));
    let rest = "(-S | --metadata-output FILE) -i INPUT -o OUTPUT -w WORD... [-w WORD...]... [options]";
    [call("(-e | -d | --decrypt-unsigned)", rest), call("@FILE", "..."), call("(--help | --version)", "")]
        .map(|line| line.trim_end().to_owned() + "\n")
        .join(".br\n")
}
