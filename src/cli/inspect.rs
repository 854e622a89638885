//! `esdk inspect`: a message's header, which nobody has verified.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::args::InspectArgs;
use super::in_use::FilesInUse;
use super::jobs::{self, Inputs, JobOptions, Order, RunOptions};
use super::metadata::{authentication_value, header_value};
use super::plan;
use super::report::{Failure, FailureKind, io_text};
use super::source::OpenSource;
use crate::format::extent::{Extent, TAIL_LENGTH};
use crate::format::frame::FINAL_HEADER_LENGTH;
use crate::format::{ContentType, Header, HeaderAuthentication, escaped};
use crate::message::decrypt::UnverifiedMessage;
use crate::suite::SignatureAlgorithm;

/// What is shown of one message.
struct Inspected {
    header: Header,
    authentication: HeaderAuthentication,
    header_length: u64,
    size: Size,
}

/// What the length of the input tells.
enum Size {
    /// The input is a stream: only its beginning has been read.
    Unknown,
    /// The frames and the footer fill the input.
    Whole { message_length: u64, extent: Extent },
    /// They do not: it is truncated, or something follows it.
    NotWhole { message_length: u64 },
    /// An unframed body says its length itself, after the header.
    Unframed { message_length: u64 },
}

/// Runs it.
///
/// # Errors
/// [`Failure`]: nothing was begun.
pub fn run(arguments: &InspectArgs) -> Result<ExitCode, Failure> {
    let jobs = plan::jobs_without_output(&arguments.inputs, &arguments.selection, &arguments.suffix)?;
    let options = JobOptions {
        mode: "inspect",
        manner: plan::no_manner(),
        inputs: Inputs::Kept,
        is_quiet: arguments.records.quiet,
        // People read it from the top to the bottom.
        run: RunOptions { order: Order::Inputs, ..RunOptions::from(&arguments.run) },
        in_use: FilesInUse::new(),
        kms: None,
    };
    if arguments.records.metadata_output.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage("--metadata-output and what inspect shows are both standard output")
            .hint("give the metadata a file"));
    }
    let metadata = plan::metadata(&arguments.records, &jobs)?;
    let is_first = AtomicBool::new(true);
    Ok(jobs::run(&jobs, &options, metadata, |source, output, record| {
        let (name, full_name) = (output.source_name(), output.source_record());
        let inspected = inspect(source)?;
        record.header = Some(inspected.header.clone());
        record.authentication = Some(inspected.authentication);
        record.shown = Some(match arguments.json {
            true => format!("{}\n", inspected.json(full_name)),
            // A line between two of them.
            false if !is_first.swap(false, Ordering::Relaxed) => format!("\n{}", inspected.text(&name)),
            false => inspected.text(&name),
        });
        Ok(())
    }))
}

fn inspect(source: OpenSource) -> Result<Inspected, Failure> {
    let file = source.file().try_clone().map_err(|error| Failure::reading(&error))?;
    let length = source.metadata.is_file().then_some(source.metadata.len());
    let is_from_its_start = source.is_named;
    let message = UnverifiedMessage::read(source, None)?;
    let (header, header_length) = (message.header().clone(), message.header_length());
    let size = match (length.filter(|_| is_from_its_start), header.content_type) {
        (None, _) => Size::Unknown,
        (Some(message_length), ContentType::Unframed) => Size::Unframed { message_length },
        (Some(message_length), ContentType::Framed) => {
            let extent = extent(&file, &header, header_length, message_length).map_err(|error| {
                Failure::new(FailureKind::NoInput, format!("cannot be read: {}", io_text(&error)))
            })?;
            match extent {
                Some(extent) => Size::Whole { message_length, extent },
                None => Size::NotWhole { message_length },
            }
        }
    };
    Ok(Inspected { header, authentication: *message.authentication(), header_length, size })
}

/// Finds the final frame by arithmetic and looks whether it is there.
fn extent(file: &std::fs::File, header: &Header, begin: u64, length: u64) -> io::Result<Option<Extent>> {
    let rest = length.saturating_sub(begin);
    let mut tail = vec![0; TAIL_LENGTH.min(usize::try_from(rest).unwrap_or(TAIL_LENGTH))];
    let tail_offset = length - tail.len() as u64;
    file.read_exact_at(&mut tail, tail_offset)?;
    for extent in Extent::of(rest, header.frame_length, header.suite.is_signed(), &tail) {
        let mut bytes = [0; FINAL_HEADER_LENGTH];
        file.read_exact_at(&mut bytes, begin + extent.final_frame_offset)?;
        if extent.is_final_frame(&bytes, header.frame_length) {
            return Ok(Some(extent));
        }
    }
    Ok(None)
}

impl Inspected {
    fn json(&self, input: String) -> Value {
        let mut value = header_value(&self.header);
        let header_length = self.header_length;
        let sizes = match &self.size {
            Size::Unknown => json!({ "header_bytes": header_length }),
            Size::Whole { message_length, extent } => json!({
                "header_bytes": header_length,
                "body_bytes": extent.body_length,
                "footer_bytes": extent.footer_length,
                "message_bytes": message_length,
                "plaintext_bytes": extent.plaintext_length,
                "frames": extent.frames,
                "whole": true,
            }),
            Size::NotWhole { message_length } => json!({
                "header_bytes": header_length, "message_bytes": message_length, "whole": false,
            }),
            Size::Unframed { message_length } => json!({
                "header_bytes": header_length, "message_bytes": message_length,
            }),
        };
        let keys = self.header.encrypted_data_keys.iter().map(|edk| {
            json!({ "provider": edk.provider_text(), "key": edk.key_text(), "bytes": edk.ciphertext.len() })
        });
        let mut add = |name: &str, added: Value| value[name] = added;
        add("wrapping_keys", keys.collect::<Vec<_>>().into());
        add("signed", self.header.suite.is_signed().into());
        add("committing", self.header.suite.is_committing().into());
        add("header_auth", authentication_value(&self.authentication));
        add("sizes", sizes);
        add("input", input.into());
        value
    }

    fn text(&self, name: &str) -> String {
        let header = &self.header;
        let suite = header.suite;
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        row("format version", suite.message_version().to_string());
        row("algorithm suite", suite.to_string());
        row(
            "signed",
            match suite.signature() {
                Some(SignatureAlgorithm::EcdsaP256Sha256) => "yes, ECDSA P-256 with SHA-256".to_owned(),
                Some(SignatureAlgorithm::EcdsaP384Sha384) => "yes, ECDSA P-384 with SHA-384".to_owned(),
                None => "no".to_owned(),
            },
        );
        row("committing", if suite.is_committing() { "yes" } else { "no" }.to_owned());
        row("message id", header.message_id.iter().map(|byte| format!("{byte:02x}")).collect());
        row(
            "body",
            match header.content_type {
                ContentType::Framed => format!("framed, frame length {} bytes", header.frame_length),
                ContentType::Unframed => "unframed".to_owned(),
            },
        );
        row("encryption context", counted(header.context.count(), "pair"));
        for (key, value) in header.context.pairs() {
            row(&format!("  {}", escaped(key.as_bytes())), escaped(value.as_bytes()));
        }
        row("encrypted data keys", header.encrypted_data_keys.len().to_string());
        for (position, edk) in (1..).zip(&header.encrypted_data_keys) {
            let bytes = edk.ciphertext.len();
            let value = format!("{} {} ({bytes} bytes)", edk.provider_text(), edk.key_text());
            row(&format!("  {position}"), value);
        }
        row("header", format!("{} bytes, authentication included", self.header_length));
        match &self.size {
            Size::Unknown => row("body size", "not read".to_owned()),
            Size::Whole { message_length, extent } => {
                let frames = counted(usize::try_from(extent.frames).unwrap_or(usize::MAX), "frame");
                row("body size", format!("{} bytes in {frames}", extent.body_length));
                row("footer", format!("{} bytes", extent.footer_length));
                row("message", format!("{message_length} bytes"));
                row("plaintext", format!("{} bytes", extent.plaintext_length));
            }
            Size::NotWhole { message_length } => {
                row("message", format!("{message_length} bytes: NOT WHOLE, it was cut short or changed"));
            }
            Size::Unframed { message_length } => row("message", format!("{message_length} bytes")),
        }
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let lines = rows.iter().map(|(name, value)| {
            let pad = " ".repeat(width - name.chars().count());
            format!("  {name}{pad}  {value}\n")
        });
        format!("{name}\n{}", lines.collect::<String>())
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
