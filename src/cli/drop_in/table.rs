//! The options of `aws-encryption-cli` 4.3 as a table, in the order in which the original knows them: that of its usage
//! text, and of what an ambiguous abbreviation could mean.

use crate::suite::AlgorithmSuite;

/// One option.
#[derive(Debug)]
pub struct Known {
    /// Which one.
    pub what: What,
    /// Its names; the first stands in the usage text.
    pub names: &'static [&'static str],
    /// The words that follow it.
    pub takes: Takes,
    /// What a word of it is called.
    pub value: &'static str,
    /// The others that it excludes.
    pub group: Group,
    /// Whether nothing goes without it.
    pub is_required: bool,
    /// What it does; empty for one that is not shown.
    pub help: &'static str,
}

/// How many words belong to an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// One.
    One,
    /// None or one.
    AtMostOne,
    /// All up to the next that begins with a dash, and at least one.
    OneOrMore,
}

/// Options of which exactly one is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Of no such group.
    None,
    /// What is done.
    Action,
    /// Where metadata goes.
    Metadata,
}

/// Which option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of the options
pub enum What {
    Help,
    Version,
    Encrypt,
    Decrypt,
    DecryptUnsigned,
    SuppressMetadata,
    MetadataOutput,
    OverwriteMetadata,
    WrappingKeys,
    CommitmentPolicy,
    Caching,
    Buffer,
    Input,
    Output,
    Encode,
    Decode,
    EncryptionContext,
    RequiredContextKeys,
    Algorithm,
    FrameLength,
    MaxLength,
    MaxEncryptedDataKeys,
    Suffix,
    Interactive,
    NoOverwrite,
    Recursive,
    Verbose,
    Quiet,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// An option.
    Option(&'static Known),
    /// A long name that was typed with one dash: it is there to be told apart from a bundle of short ones.
    OneDash(&'static str),
}

const POLICIES: &str =
    "{forbid-encrypt-allow-decrypt,require-encrypt-allow-decrypt,require-encrypt-require-decrypt}";

const fn flag(what: What, names: &'static [&'static str], help: &'static str) -> Known {
    Known { what, names, takes: Takes::Nothing, value: "", group: Group::None, is_required: false, help }
}

const fn valued(
    what: What,
    names: &'static [&'static str],
    takes: Takes,
    value: &'static str,
    help: &'static str,
) -> Known {
    Known { what, names, takes, value, group: Group::None, is_required: false, help }
}

const fn grouped(group: Group, known: Known) -> Known {
    Known { group, ..known }
}

const fn required(known: Known) -> Known {
    Known { is_required: true, ..known }
}

/// Every option.
pub static KNOWN: [Known; 28] = [
    flag(What::Help, &["-h", "--help"], "show this help message and exit"),
    grouped(Group::Action, flag(What::Version, &["--version"], "show program's version number and exit")),
    grouped(Group::Action, flag(What::Encrypt, &["-e", "--encrypt"], "Encrypt data")),
    grouped(Group::Action, flag(What::Decrypt, &["-d", "--decrypt"], "Decrypt data")),
    grouped(
        Group::Action,
        flag(
            What::DecryptUnsigned,
            &["--decrypt-unsigned"],
            "Decrypt data, and refuse messages that are signed",
        ),
    ),
    grouped(
        Group::Metadata,
        flag(What::SuppressMetadata, &["-S", "--suppress-metadata"], "Write no metadata"),
    ),
    grouped(
        Group::Metadata,
        valued(
            What::MetadataOutput,
            &["--metadata-output"],
            Takes::One,
            "METADATA_OUTPUT",
            "File to append metadata records to, or \"-\" for stdout",
        ),
    ),
    flag(What::OverwriteMetadata, &["--overwrite-metadata"], "Begin the metadata file anew"),
    required(valued(
        What::WrappingKeys,
        &["-w", "--wrapping-keys"],
        Takes::OneOrMore,
        "WRAPPING_KEYS",
        "A provider and its wrapping keys as \"name=value\" words, for example: key=$AWS_KMS_KEY_ARN \
         region=us-west-2. To decrypt also: discovery=true discovery-partition=aws \
         discovery-account=111122223333. Give it again for more",
    )),
    valued(
        What::CommitmentPolicy,
        &["--commitment-policy"],
        Takes::One,
        POLICIES,
        "Whether messages must commit to their key; the default is require-encrypt-require-decrypt",
    ),
    valued(
        What::Caching,
        &["--caching"],
        Takes::OneOrMore,
        "CACHING",
        "Use data keys again, within limits: capacity=10 max_age=60.0, and if wanted max_messages_encrypted=N \
         max_bytes_encrypted=N",
    ),
    flag(
        What::Buffer,
        &["-b", "--buffer"],
        "Give out nothing to stdout before all of it has been processed and verified",
    ),
    required(valued(
        What::Input,
        &["-i", "--input"],
        Takes::One,
        "INPUT",
        "Input file, directory or pattern, or \"-\" for stdin",
    )),
    required(valued(
        What::Output,
        &["-o", "--output"],
        Takes::One,
        "OUTPUT",
        "Output file or directory, or \"-\" for stdout",
    )),
    flag(What::Encode, &["--encode"], "Base64-encode output after processing"),
    flag(What::Decode, &["--decode"], "Base64-decode input before processing"),
    valued(
        What::EncryptionContext,
        &["-c", "--encryption-context"],
        Takes::OneOrMore,
        "ENCRYPTION_CONTEXT",
        "Encryption context as \"key=value\" words; to decrypt, what the message must have been encrypted with, \
         where a word without \"=\" is a key with any value",
    ),
    valued(
        What::RequiredContextKeys,
        &["--required-encryption-context-keys"],
        Takes::OneOrMore,
        "REQUIRED_ENCRYPTION_CONTEXT_KEYS",
        "",
    ),
    // Its choices stand in the suites' own table.
    valued(What::Algorithm, &["--algorithm"], Takes::One, "", "Algorithm name (encryption only)"),
    valued(
        What::FrameLength,
        &["--frame-length"],
        Takes::One,
        "FRAME_LENGTH",
        "Frame length in bytes, a multiple of 128 (encryption only)",
    ),
    valued(
        What::MaxLength,
        &["--max-length"],
        Takes::One,
        "MAX_LENGTH",
        "Maximum frame length (for framed messages) or content length (for non-framed messages) (decryption only)",
    ),
    valued(
        What::MaxEncryptedDataKeys,
        &["--max-encrypted-data-keys"],
        Takes::One,
        "MAX_ENCRYPTED_DATA_KEYS",
        "Maximum number of encrypted data keys of a message",
    ),
    valued(
        What::Suffix,
        &["--suffix"],
        Takes::AtMostOne,
        "SUFFIX",
        "What is appended to names when the output is a directory, instead of .encrypted or .decrypted (nothing if \
         no value is given)",
    ),
    flag(What::Interactive, &["--interactive"], "Ask before overwriting existing files"),
    flag(What::NoOverwrite, &["--no-overwrite"], "Never overwrite existing files"),
    flag(What::Recursive, &["-r", "-R", "--recursive"], "Allow operation on directories as input"),
    flag(What::Verbose, &["-v"], "Say more; twice, all there is to say (three and four times are the same)"),
    flag(What::Quiet, &["-q", "--quiet"], "Suppress warnings and diagnostic messages"),
];

/// Every name, in the order in which the original knows them: it has the one-dash form of a long name before the option
/// itself, and after it for the options of a group.
pub fn names() -> impl Iterator<Item = (&'static str, Meaning)> {
    KNOWN.iter().flat_map(|known| {
        let one_dash = known.names.iter().filter_map(|name| {
            let name = name.strip_prefix('-')?;
            name.starts_with('-').then_some((name, Meaning::OneDash(name)))
        });
        let own = known.names.iter().map(|name| (*name, Meaning::Option(known)));
        let (first, last) = match known.group {
            Group::None => (Some(one_dash), None),
            Group::Action | Group::Metadata => (None, Some(one_dash.collect::<Vec<_>>())),
        };
        first.into_iter().flatten().chain(own).chain(last.into_iter().flatten())
    })
}

/// A suite's name there: of those that derive no key it does not say so.
pub fn suite_name(suite: &AlgorithmSuite) -> &'static str {
    suite.name().strip_suffix("_NO_KDF").unwrap_or(suite.name())
}

/// The suite of this name.
pub fn suite(name: &str) -> Option<&'static AlgorithmSuite> {
    AlgorithmSuite::all().iter().find(|suite| suite_name(suite) == name)
}

impl Known {
    /// All its names, as an error calls it.
    pub fn title(&self) -> String {
        self.names.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_names_is_the_originals() {
        let names: Vec<_> = names().map(|(name, _)| name).collect();
        assert_eq!(names[..6], ["-help", "-h", "--help", "--version", "-version", "-e"]);
        let of = |wanted: &str| names.iter().position(|name| *name == wanted);
        assert!(of("-input") < of("-i"));
        assert!(of("-S") < of("-suppress-metadata"));
        assert_eq!(of("-recursive").map(|at| at + 1), of("-r"));
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len());
    }
}
