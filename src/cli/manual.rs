//! Manual pages and completions, made from the clap command.

use std::io;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// A generated file: its name in `man/` or `completions/`, and what it holds.
pub type Generated = (String, Vec<u8>);

const ENVIRONMENT: &str = "\
AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and the other variables and files of
the AWS SDKs say how KMS is reached. --profile, --region and --endpoint-url, and the names of a SPEC, come before them.

ESDK_PRIVATE_KEY_PASSPHRASE holds the passphrase of an encrypted private-key-file. When it is not set, the passphrase
is asked for at a terminal.

XDG_DATA_HOME, or HOME, is where provider=local keeps its key: esdk/local.key.";

const EXIT_STATUS: &[(&str, &str)] = &[
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

const WRAPPING_KEYS: &str = "\
A SPEC is name=value pairs, separated by commas; a comma in a value is written \\,. The first -k or -w generates the data
key, and all the others wrap it as well: any one of them opens the message.";

const PROVIDERS: &[(&str, &str)] = &[
    (
        "provider=aws-kms (the default)",
        "key= (repeat), region=, profile=, endpoint-url=. To decrypt only: discovery=true, with discovery-account= (repeat) \
         and discovery-partition=, both or neither, and discovery-region= (repeat, in order of preference).",
    ),
    (
        "provider=raw-aes",
        "namespace=, name=, and key-file= (16, 24 or 32 bytes: raw, or in hexadecimal or base64) or key-env= (a variable \
         that holds hexadecimal or base64).",
    ),
    (
        "provider=raw-rsa",
        "namespace=, name=, padding= (oaep-sha256, the default, oaep-sha1, oaep-sha384, oaep-sha512, pkcs1), \
         public-key-file= to encrypt, private-key-file= to decrypt (PEM or DER: SPKI, certificate, PKCS#1, PKCS#8, \
         encrypted PKCS#8).",
    ),
    ("provider=local", "One AES-256 key of this user, made on first use. For trying the tool and for tests."),
];

const ENCRYPT_GUARANTEES: &str = "\
An output file appears whole or not at all: it is written under another name (mode 0600, ending in .esdk.part, same
directory), synced to disk, given its permission bits and then its name. When anything fails, nothing is left, and a file
that was there is untouched.

What is written to standard output before a failure is not a message: no AWS Encryption SDK decrypts it.

The exit status is 0 only when every input was encrypted whole.";

const DECRYPT_GUARANTEES: &str = "\
An output file appears after everything has been verified: header, every frame, the signature when there is one, and that
nothing follows the message. It appears whole or not at all: it is written under another name (mode 0600, ending in
.esdk.part, same directory), synced to disk, given its permission bits and then its name. When anything fails, nothing is
left, and a file that was there is untouched.

To standard output each frame is released after it has been authenticated, and the final frame after the signature has
been verified and the message has been seen to end. What has been written before a failure is authentic and is not the
whole plaintext: look at the exit status.

No key is asked before the commitment policy, the encryption context and the signature requirement are met.

The exit status is 0 only when every input was decrypted whole.";

const INSPECT_GUARANTEES: &str = "\
No key is asked, and nothing is verified: anyone can write a header that reads like this one.";

const KEYGEN_GUARANTEES: &str = "\
No file is overwritten. Secret keys are written with mode 0600. When anything fails, no file is left.";

/// Every manual page.
///
/// # Errors
/// An [`io::Error`] of the page's writer, which is memory.
pub fn pages() -> io::Result<Vec<Generated>> {
    let command = super::command().disable_help_subcommand(true);
    let mut pages = vec![("esdk.1".to_owned(), top_page(&command)?)];
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name().to_owned();
        let page = page(subcommand, &name)?;
        pages.push((format!("esdk-{name}.1"), page));
    }
    Ok(pages)
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

fn man(command: &Command) -> Man {
    Man::new(command.clone()).manual("esdk").source(format!("esdk {}", env!("CARGO_PKG_VERSION"))).date("")
}

fn top_page(command: &Command) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let man = man(command);
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    man.render_subcommands_section(&mut out)?;
    section(&mut out, "WRAPPING KEYS", &paragraphs(WRAPPING_KEYS));
    out.extend(list(PROVIDERS).into_bytes());
    common_sections(&mut out, command);
    Ok(out)
}

fn page(subcommand: &Command, name: &str) -> io::Result<Vec<u8>> {
    let command = subcommand.clone().name(format!("esdk-{name}")).bin_name(format!("esdk {name}"));
    let mut out = Vec::new();
    let man = man(&command);
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    if name == "keygen" {
        for kind in command.get_subcommands() {
            let about = kind.get_about().map(ToString::to_string).unwrap_or_default();
            section(&mut out, &kind.get_name().to_uppercase(), &paragraphs(&about));
            let kind = kind.clone().disable_help_flag(true);
            let mut options = Vec::new();
            Man::new(kind).render_options_section(&mut options)?;
            let options = String::from_utf8_lossy(&options);
            out.extend(options.lines().skip(1).flat_map(|line| [line, "\n"]).flat_map(str::bytes));
        }
    } else {
        man.render_options_section(&mut out)?;
    }
    if matches!(name, "encrypt" | "decrypt") {
        section(&mut out, "WRAPPING KEYS", &paragraphs(WRAPPING_KEYS));
        out.extend(list(PROVIDERS).into_bytes());
    }
    common_sections(&mut out, &command);
    let guarantees = match name {
        "encrypt" => ENCRYPT_GUARANTEES,
        "decrypt" => DECRYPT_GUARANTEES,
        "inspect" => INSPECT_GUARANTEES,
        "keygen" => KEYGEN_GUARANTEES,
        _ => return Ok(out),
    };
    section(&mut out, "GUARANTEES", &paragraphs(guarantees));
    Ok(out)
}

fn common_sections(out: &mut Vec<u8>, command: &Command) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some((_, examples)) = help.split_once("Examples:\n") {
        let examples = examples.split("\n\n").next().unwrap_or_default();
        let lines = examples.lines().map(|line| format!("{}\n", escape(line))).collect::<String>();
        section(out, "EXAMPLES", &format!(".nf\n{lines}.fi\n"));
    }
    section(out, "EXIT STATUS", &list(EXIT_STATUS));
    section(out, "ENVIRONMENT", &paragraphs(ENVIRONMENT));
}

fn section(out: &mut Vec<u8>, title: &str, body: &str) {
    out.extend(format!(".SH \"{title}\"\n{body}").into_bytes());
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.lines().map(|line| format!("{}\n", escape(line))).collect::<String>())
        .collect::<Vec<_>>()
        .join(".PP\n")
}

fn list(rows: &[(&str, &str)]) -> String {
    rows.iter().map(|(term, text)| format!(".TP\n\\fB{}\\fR\n{}\n", escape(term), escape(text))).collect()
}

/// Text as roff: no line is taken for a request.
fn escape(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
