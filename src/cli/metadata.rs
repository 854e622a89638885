//! One JSON object a line and a job, written when the job has ended.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::destination::Destination;
use super::interrupt;
use super::jobs::Job;
use super::report::{Failure, FailureKind, io_text, path_text};
use super::source::{Source, resolved};
use super::walk::Reason;
use crate::context::{ContextNotMet, EncryptionContext};
use crate::format::{EncryptedDataKey, Header, HeaderAuthentication};
use crate::message::body::Decrypted;
use crate::message::{EdkReport, Verdict};
use crate::suite::{IV_LENGTH, MessageVersion};

const TYPE_CUSTOMER_AUTHENTICATED: u8 = 128;

/// What is known of a job; filled in as it goes, so that a failure has what was learned before it.
#[derive(Debug, Default)]
pub struct Record {
    /// The header, from when it was made or read; on decrypt it is authentic only when the job succeeded.
    pub header: Option<Header>,
    /// The header's authentication, on decrypt.
    pub authentication: Option<HeaderAuthentication>,
    /// The wrapping key that generated or unwrapped the data key.
    pub wrapping_key: Option<String>,
    /// The plaintext's length in bytes.
    pub plaintext_bytes: Option<u64>,
    /// The message's length in bytes.
    pub ciphertext_bytes: Option<u64>,
    /// Number of frames.
    pub frames: Option<u64>,
    /// Whether the message's signature was verified, on decrypt.
    pub signature: Option<Signature>,
    /// What became of the encrypted data keys, on decrypt.
    pub verdicts: Vec<Value>,
    /// The encryption context that was asked for and not found.
    pub context_not_met: Option<ContextNotMet>,
    /// What is printed on standard output when the job is done.
    pub shown: Option<String>,
    /// The message that was there before, on rotate.
    pub previous: Option<Box<Previous>>,
    /// Why nothing was to be done, when the job itself has found that out.
    pub passed_over: Option<Reason>,
}

/// What is known of the message that a rotation reads.
#[derive(Debug)]
pub struct Previous {
    /// The header, from when it was read; authentic only when the job succeeded.
    pub header: Header,
    /// The header's authentication.
    pub authentication: HeaderAuthentication,
    /// The wrapping key that unwrapped its data key.
    pub wrapping_key: Option<String>,
    /// What its decryption came to.
    pub decrypted: Option<Decrypted>,
}

/// What became of a message's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// It was verified.
    Verified,
    /// The message has none.
    None,
}

/// How a job ended.
#[derive(Debug)]
pub enum End<'a> {
    /// Everything asked for was done.
    Ok,
    /// Nothing was to be done, and why.
    Skipped(&'a str),
    /// It failed.
    Failed(&'a Failure),
}

/// What a line begins with.
#[derive(Debug)]
pub struct JobNames {
    /// `encrypt`, `decrypt` …
    pub mode: &'static str,
    /// The input's full path.
    pub input: String,
    /// The bytes of the input's path in base64, when it is not text.
    pub input_bytes: Option<String>,
    /// The output's full path; `None` when nothing is written.
    pub output: Option<String>,
    /// The bytes of the output's path in base64, when it is not text.
    pub output_bytes: Option<String>,
}

/// Where the lines go.
#[derive(Debug)]
pub struct MetadataOutput {
    file: File,
    name: String,
    /// Whether the last line has no end: of a run that was killed, or on a disk that was full.
    is_cut: bool,
}

impl MetadataOutput {
    /// Opens it, so that a file that cannot be written is found before anything is done.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written.
    pub fn open(path: &Path, overwrite: bool, jobs: &[Job]) -> Result<Self, Failure> {
        let (file, name) = if path == Path::new("-") {
            (io::stdout().as_fd().try_clone_to_owned().map(File::from), "standard output".to_owned())
        } else {
            // Not truncated here: only when it is open can it be told from the inputs.
            let file = OpenOptions::new().create(true).append(true).open(path);
            let begin = |file: File| match jobs_files(jobs).any(|other| is_same(&file, &other)) {
                true => Ok(None),
                false if overwrite && file.metadata()?.is_file() => file.set_len(0).map(|()| Some(file)),
                false => Ok(Some(file)),
            };
            let file = match file.and_then(begin) {
                Ok(Some(file)) => Ok(file),
                Ok(None) => return Err(is_another(path)),
                Err(error) => Err(error),
            };
            (file, path_text(path))
        };
        match file {
            Ok(file) => {
                let is_cut = is_cut(path, &file);
                Ok(Self { file, name, is_cut })
            }
            Err(error) => Err(Failure::writing(&error).about(&format!("metadata output {name}"))),
        }
    }

    /// The same, and the first line goes on where the file ends, whatever stands there: as the Python tool has it.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { is_cut: false, ..self }
    }

    /// Writes a line whole.
    ///
    /// # Errors
    /// [`Failure`]: it could not be written.
    pub fn write(&mut self, line: &Value) -> Result<(), Failure> {
        self.write_text(&line.to_string())
    }

    /// Writes a line that is text already.
    ///
    /// # Errors
    /// [`Failure`]: it could not be written.
    pub fn write_text(&mut self, line: &str) -> Result<(), Failure> {
        // What is left of a line stays a line of its own, and takes no other with it.
        let line = format!("{}{line}\n", if self.is_cut { "\n" } else { "" });
        let written = interrupt::recording(|| self.file.write_all(line.as_bytes()));
        self.is_cut = written.is_err();
        written.map_err(|error| {
            let message = format!("metadata output {} cannot be written: {}", self.name, io_text(&error));
            let is_quiet = error.kind() == io::ErrorKind::BrokenPipe;
            Failure { is_quiet, ..Failure::new(FailureKind::CannotCreate, message) }
        })
    }

    /// Device and number of the file: it is neither an input nor an output.
    pub fn identity(&self) -> Option<(u64, u64)> {
        let found = self.file.metadata().ok().filter(Metadata::is_file)?;
        Some((found.dev(), found.ino()))
    }
}

/// Whether this file ends within a line.
fn is_cut(path: &Path, file: &File) -> bool {
    let length = file.metadata().ok().filter(Metadata::is_file).map_or(0, |found| found.len());
    let last = || {
        let mut last = [0];
        File::open(path).ok()?.read_exact_at(&mut last, length.checked_sub(1)?).ok().map(|()| last[0])
    };
    length > 0 && last().is_some_and(|last| last != b'\n')
}

/// The line of a job.
pub fn line(names: &JobNames, record: &Record, end: &End<'_>, took: Duration) -> Value {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| {
        line.insert(name.to_owned(), value);
    };
    put("mode", json!(names.mode));
    put("input", json!(names.input));
    put("output", json!(names.output));
    for (name, bytes) in [("input_bytes", &names.input_bytes), ("output_bytes", &names.output_bytes)] {
        if let Some(bytes) = bytes {
            put(name, json!(bytes));
        }
    }
    if let Some(header) = &record.header {
        put("header", header_value(header));
    }
    if let Some(authentication) = &record.authentication {
        put("header_auth", authentication_value(authentication));
    }
    if let Some(previous) = &record.previous {
        put("previous", previous_value(previous));
    }
    if let End::Skipped(reason) = end {
        put("skipped", json!(true));
        put("reason", json!(reason));
    }
    if let Some(not_met) = &record.context_not_met {
        put("skipped", json!(true));
        put("reason", json!("Missing encryption context key or value"));
        put("missing_encryption_context_keys", json!(not_met.missing_keys));
        put("missing_encryption_context_pairs", json!(not_met.missing_pairs));
    }
    put(
        "status",
        json!(match end {
            End::Ok => "ok",
            End::Skipped(_) => "skipped",
            End::Failed(_) => "failed",
        }),
    );
    if let End::Failed(failure) = end {
        put("error", json!({ "kind": failure.kind.name(), "message": failure.message }));
    }
    let numbers = [
        ("plaintext_bytes", record.plaintext_bytes),
        ("ciphertext_bytes", record.ciphertext_bytes),
        ("frames", record.frames),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            put(name, json!(number));
        }
    }
    if let Some(signature) = record.signature {
        put("signature", json!(if signature == Signature::Verified { "verified" } else { "none" }));
    }
    if let Some(wrapping_key) = &record.wrapping_key {
        put("wrapping_key", json!(wrapping_key));
    }
    if !record.verdicts.is_empty() {
        put("verdicts", json!(record.verdicts));
    }
    put("seconds", json!((took.as_secs_f64() * 1e6).round() / 1e6));
    Value::Object(line)
}

/// A header, as the Python tool writes it: bytes in base64.
pub fn header_value(header: &Header) -> Value {
    let version = header.suite.message_version();
    json!({
        "version": version.to_string(),
        "type": (version == MessageVersion::V1).then_some(TYPE_CUSTOMER_AUTHENTICATED),
        "algorithm": header.suite.name(),
        "message_id": BASE64.encode(&header.message_id),
        "encryption_context": context_value(&header.context),
        "encrypted_data_keys": header.encrypted_data_keys.iter().map(edk_value).collect::<Vec<_>>(),
        "content_type": header.content_type.byte(),
        "header_iv_length": (version == MessageVersion::V1).then_some(IV_LENGTH),
        "frame_length": header.frame_length,
        "commitment_key": header.commitment_key.map(|key| BASE64.encode(key.as_bytes())),
    })
}

/// What became of each encrypted data key: its place in the header from 1, its names, and the verdict in words.
pub fn verdicts(reports: &[EdkReport]) -> Vec<Value> {
    let verdict = |report: &EdkReport| {
        json!({
            "position": report.position,
            "provider_id": report.encrypted_data_key.provider_text(),
            "key_info": report.encrypted_data_key.key_text(),
            "outcome": match report.verdict {
                Verdict::Opened => "opened",
                Verdict::NotMine(_) => "not-asked",
                Verdict::Refused(_) => "refused",
            },
            "verdict": report.verdict.to_string(),
        })
    };
    reports.iter().map(verdict).collect()
}

/// The authentication of a header.
pub fn authentication_value(authentication: &HeaderAuthentication) -> Value {
    json!({
        "iv": BASE64.encode(authentication.iv),
        "tag": BASE64.encode(authentication.tag),
    })
}

fn previous_value(previous: &Previous) -> Value {
    let mut value = Map::new();
    value.insert("header".to_owned(), header_value(&previous.header));
    value.insert("header_auth".to_owned(), authentication_value(&previous.authentication));
    if let Some(wrapping_key) = &previous.wrapping_key {
        value.insert("wrapping_key".to_owned(), json!(wrapping_key));
    }
    if let Some(decrypted) = &previous.decrypted {
        value.insert("ciphertext_bytes".to_owned(), json!(decrypted.ciphertext_bytes));
        value.insert("frames".to_owned(), json!(decrypted.frames));
    }
    Value::Object(value)
}

fn context_value(context: &EncryptionContext) -> Value {
    context.pairs().map(|(key, value)| (key.to_owned(), json!(value))).collect::<Map<_, _>>().into()
}

fn edk_value(edk: &EncryptedDataKey) -> Value {
    json!({
        "key_provider": {
            "provider_id": BASE64.encode(&edk.provider_id),
            "key_info": BASE64.encode(&edk.provider_information),
        },
        "encrypted_data_key": BASE64.encode(&edk.ciphertext),
    })
}

/// Refuses a metadata file that is an input or an output of a job, or that would share standard output with plaintext.
///
/// # Errors
/// A usage [`Failure`].
pub fn check(
    path: &Path,
    inputs: &[PathBuf],
    outputs: &[PathBuf],
    writes_stdout: bool,
) -> Result<(), Failure> {
    if path == Path::new("-") {
        return match writes_stdout {
            true => Err(Failure::usage("--metadata-output and the output are both standard output")
                .hint("give one of them a file")),
            false => Ok(()),
        };
    }
    let metadata = resolved(path);
    if inputs.iter().chain(outputs).any(|other| resolved(other) == metadata) {
        return Err(is_another(path));
    }
    Ok(())
}

fn is_another(path: &Path) -> Failure {
    Failure::usage(format!("--metadata-output {} is also an input or an output", path_text(path)))
}

/// What is known of the files of all jobs that exist, standard input and output among them.
fn jobs_files(jobs: &[Job]) -> impl Iterator<Item = Metadata> {
    let stream = |stream: BorrowedFd<'_>| stream.try_clone_to_owned().map(File::from)?.metadata();
    let of_job = move |job: &Job| {
        let source = match &job.source {
            Source::Stdin => stream(io::stdin().as_fd()),
            Source::File(path) => std::fs::metadata(path),
            Source::UserData => Err(io::ErrorKind::NotFound.into()),
        };
        let destination = match &job.destination {
            Destination::Stdout | Destination::TypedStdout => stream(io::stdout().as_fd()),
            Destination::File(_) | Destination::Below(..) | Destination::Nowhere => {
                std::fs::metadata(job.destination.path().unwrap_or_default())
            }
        };
        [source, destination]
    };
    jobs.iter().flat_map(of_job).flatten()
}

fn is_same(file: &File, other: &Metadata) -> bool {
    file.metadata().is_ok_and(|file| file.is_file() && (file.dev(), file.ino()) == (other.dev(), other.ino()))
}
