//! The usage and help texts.

use super::table::{KNOWN, Known, Takes, What, suite_name};
use crate::suite::AlgorithmSuite;

const NAME: &str = "aws-encryption-cli";
/// Where help stands behind an option.
const HELP_COLUMN: usize = 24;
/// What Python takes a terminal to have when nothing says otherwise.
const DEFAULT_COLUMNS: usize = 80;
/// So many of them it leaves free.
const MARGIN: usize = 2;

/// Where this differs from the original, each as one line of a list.
pub const DIFFERENCES: &[&str] = &[
    "An encryption context that is not what -c asks for exits 1 (there: 0).",
    "An output that exists survives a failure. It is replaced, with its permission bits, once the new one is whole and \
     synced.",
    "An output appears whole or not at all, also when the run is killed, and also from stdin.",
    "Plaintext of a signed message goes to stdout after its signature has verified. That of an unsigned one goes as \
     it is authenticated, and with --buffer when all of it has been.",
    "--buffer does not hold the file in memory. What is encrypted to stdout leaves as it is made without it, the header \
     first (there: nothing leaves when the first read fails).",
    "The warning after a failure says \"keeping existing output file\" where one was there, and the words of an exception \
     are not always Python's own.",
    "A KMS that does not answer ends the run after a minute for each call.",
    "A metadata line is written when its file has ended. That of a failure says so: \"status\" and \"error\". \
     --overwrite-metadata does no harm with --metadata-output - (there: it fails).",
    "Something appended to a message, and an encryption context whose keys begin with \"aws-crypto-\", is refused.",
    "--frame-length 0 makes a message of frames of the usual length: unframed ones are read, and not written.",
    "To decrypt, a key that is no key ARN opens nothing, and the others are tried (there: it ends the run); so are the keys \
     of every -w (there: those of the first one). What is wrong with a key is said before any file is looked at.",
    "To encrypt, --max-length has no effect (there: it fails). max_age=nan is refused.",
    "That an encryption context is not met is said with --quiet too. -v never prints what libraries do, nor a traceback.",
    "A metadata file may have a name that begins with that of the output directory.",
    "Interrupted or terminated it exits 130 or 143.",
    "A symbolic link that leads nowhere fails as an input (there: it is passed over). What is no file stays when a run \
     with that output fails (there: it is deleted, /dev/null too).",
    "In a directory, what cannot be read fails, and what is no file is left out with a warning (there: without); an \
     output directory that lies in the input is left out, and no symbolic link leads an output out of its directory.",
    "Other providers: raw-aes, raw-rsa, aws-kms-rsa and local, with the names that esdk-encrypt(1) lists, as words. \
     Python plug-ins cannot be loaded.",
];

/// The usage text, for a terminal of so many columns.
pub fn usage(columns: usize) -> String {
    let prefix = format!("usage: {NAME} ");
    let width = columns.saturating_sub(MARGIN);
    let mut lines = Vec::new();
    let mut line = prefix.trim_end().to_owned();
    let mut is_begun = false;
    for part in KNOWN.iter().filter(|known| !known.help.is_empty()).flat_map(parts) {
        if line.len().saturating_add(1).saturating_add(part.len()) > width && is_begun {
            lines.push(std::mem::replace(&mut line, " ".repeat(prefix.len().saturating_sub(1))));
        }
        line.push(' ');
        line.push_str(&part);
        is_begun = true;
    }
    lines.push(line);
    lines.join("\n")
}

/// The help text.
pub fn help(columns: usize) -> String {
    let width = columns.saturating_sub(MARGIN);
    let mut text = format!(
        "{}\n\nEncrypt or decrypt data in the message format of the AWS Encryption SDK, with the command line of\n\
         aws-encryption-sdk-cli 4.3. This is esdk {}.\n\noptions:\n",
        usage(columns),
        env!("CARGO_PKG_VERSION")
    );
    for known in KNOWN.iter().filter(|known| !known.help.is_empty()) {
        let names = known.names.iter().map(|name| [*name, &values(known)].join(" ").trim_end().to_owned());
        let head = format!("  {}", names.collect::<Vec<_>>().join(", "));
        let mut lines = wrapped(known.help, width.saturating_sub(HELP_COLUMN)).into_iter();
        match head.len().saturating_add(MARGIN) <= HELP_COLUMN {
            true => {
                text.push_str(&format!("{head:HELP_COLUMN$}{}\n", lines.next().unwrap_or_default()));
            }
            false => text.push_str(&format!("{head}\n")),
        }
        for line in lines {
            text.push_str(&format!("{:HELP_COLUMN$}{line}\n", ""));
        }
    }
    text.push_str("\nOn purpose it differs from the Python tool:\n");
    for difference in DIFFERENCES {
        for (number, line) in wrapped(difference, width.saturating_sub(4)).iter().enumerate() {
            text.push_str(&format!("  {} {line}\n", if number == 0 { "-" } else { " " }));
        }
    }
    text.push_str("\nMore is in the manual: aws-encryption-cli(1).\n");
    text
}

/// As many columns as the environment says.
pub fn columns() -> usize {
    let named = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    named.filter(|columns| *columns > MARGIN).unwrap_or(DEFAULT_COLUMNS)
}

/// What a usage text has of an option, in pieces that a line can end between.
fn parts(known: &Known) -> Vec<String> {
    let name = known.names.first().copied().unwrap_or_default();
    let values = values(known);
    match known.is_required {
        true => match values.split_once(" [") {
            Some((first, rest)) => vec![name.to_owned(), first.to_owned(), format!("[{rest}")],
            None => vec![name.to_owned(), values],
        },
        false if values.is_empty() => vec![format!("[{name}]")],
        false => vec![format!("[{name} {values}]")],
    }
}

/// What follows an option, as help and usage have it.
pub fn values(known: &Known) -> String {
    let value = match known.what {
        What::Algorithm => {
            let names = AlgorithmSuite::all().iter().map(suite_name);
            format!("{{{}}}", names.collect::<Vec<_>>().join(","))
        }
        _ => known.value.to_owned(),
    };
    match known.takes {
        Takes::Nothing => String::new(),
        Takes::One => value,
        Takes::AtMostOne => format!("[{value}]"),
        Takes::OneOrMore => format!("{value} [{value} ...]"),
    }
}

/// A text in lines of at most so many letters, as far as its words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len().saturating_add(1).saturating_add(word.len()) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_laid_out_as_argparse_does_it() {
        let usage = usage(80);
        let lines: Vec<_> = usage.lines().collect();
        let top = [
            "usage: aws-encryption-cli [-h] [--version] [-e] [-d] [--decrypt-unsigned] [-S]",
            "                          [--metadata-output METADATA_OUTPUT]",
            "                          [--overwrite-metadata] -w WRAPPING_KEYS",
            "                          [WRAPPING_KEYS ...]",
        ];
        assert_eq!(lines[..4], top);
        assert_eq!(
            lines[5..9],
            [
                "                          [--caching CACHING [CACHING ...]] [-b] -i INPUT -o",
                "                          OUTPUT [--encode] [--decode]",
                "                          [-c ENCRYPTION_CONTEXT [ENCRYPTION_CONTEXT ...]]",
                lines[8],
            ]
        );
        assert!(lines[8].trim_start().starts_with("[--algorithm {"));
        assert_eq!(lines[lines.len() - 1], "                          [-r] [-v] [-q]");
    }
}
