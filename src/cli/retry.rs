//! `--retry-failed`: which inputs an earlier run's metadata file says failed. The last line of an input counts.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::claims::PathSet;
use super::report::{Failure, FailureKind, path_text, say};

/// What stands for standard input among full paths.
pub const STDIN: &str = "/<stdin>";
/// What stands for the user data of an instance among full paths.
pub const USER_DATA: &str = "/<ec2:user-data>";

/// The inputs that failed, and which of them have been met again.
#[derive(Debug)]
pub struct FailedInputs {
    records: PathBuf,
    mode: &'static str,
    failed: PathSet,
    left: PathSet,
}

impl FailedInputs {
    /// Reads the lines of one mode (`encrypt`, `decrypt` …).
    ///
    /// # Errors
    /// [`Failure`]: the file cannot be read, or holds a line that is no record.
    pub fn read(records: &Path, mode: &'static str) -> Result<Self, Failure> {
        let mut inputs =
            Self { records: records.to_owned(), mode, failed: PathSet::default(), left: PathSet::default() };
        let mut failed = PathSet::default();
        let mut left = PathSet::default();
        let cut = inputs.each(|input, is_failed| {
            let keys = (failed.key(input), left.key(input));
            match is_failed {
                true => (failed.add(keys.0), left.add(keys.1)),
                false => (failed.remove(keys.0), left.remove(keys.1)),
            };
        })?;
        if cut > 0 {
            let name = path_text(&inputs.records);
            say(
                "warning",
                &format!(
                    "{name}: {cut} unfinished lines are passed over; what they were about is not retried"
                ),
            );
        }
        (inputs.failed, inputs.left) = (failed, left);
        Ok(inputs)
    }

    /// Whether this input failed, or the directory that it is in; it has been met now.
    pub fn holds(&mut self, input: &Path) -> bool {
        let full = std::path::absolute(input).unwrap_or_else(|_| input.to_owned());
        let key = self.left.key(&full);
        self.left.remove(key);
        full.ancestors().any(|path| self.failed.holds(self.failed.key(path)))
    }

    /// The inputs that have not been met.
    pub fn missing(&mut self) -> Vec<PathBuf> {
        let mut missing = Vec::new();
        if self.left.is_empty() {
            return missing;
        }
        let mut left = std::mem::take(&mut self.left);
        // It could be read a moment ago: what is not told now is told as nothing.
        let _ = self.each(|input, _| {
            let key = left.key(input);
            if left.remove(key) {
                missing.push(input.to_owned());
            }
        });
        missing
    }

    /// Calls `each` with the input of every record and whether it failed; gives the number of lines that have no end.
    fn each(&self, mut each: impl FnMut(&Path, bool)) -> Result<u64, Failure> {
        let about = |failure: Failure| failure.about(&format!("--retry-failed {}", path_text(&self.records)));
        let file = File::open(&self.records).map_err(|error| about(Failure::reading(&error)))?;
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        let (mut has_records, mut cut) = (false, 0);
        for number in 1_u64.. {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).map_err(|error| about(Failure::reading(&error)))?;
            if read == 0 {
                break;
            }
            let record = match serde_json::from_slice::<Value>(&line) {
                Ok(record) => record,
                // A run that was killed while it wrote this one.
                Err(_) if line.last() != Some(&b'\n') => break,
                // The same, and later runs have gone on behind it.
                Err(_) if has_records => {
                    cut += 1;
                    continue;
                }
                Err(_) => Value::Null,
            };
            let (Some(input), Some(status)) = (input(&record), record["status"].as_str()) else {
                let message = format!("line {number} is not a metadata record of esdk");
                return Err(about(Failure::new(FailureKind::Data, message)));
            };
            has_records = true;
            if record["mode"] == self.mode {
                each(&input, status == "failed");
            }
        }
        Ok(cut)
    }
}

fn input(record: &Value) -> Option<PathBuf> {
    match record["input_bytes"].as_str() {
        Some(bytes) => Some(OsString::from_vec(BASE64.decode(bytes).ok()?).into()),
        None => match record["input"].as_str()? {
            "<stdin>" => Some(STDIN.into()),
            super::user_data::ARGUMENT => Some(USER_DATA.into()),
            path => Some(path.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_an_input_counts() {
        let place = tempfile::tempdir().expect("a folder");
        let records = place.path().join("records");
        let text = r#"{"mode":"encrypt","input":"/a","status":"failed"}
{"mode":"encrypt","input":"/b","status":"failed"}
{"mode":"encrypt","input":"/a","status":"ok"}
{"mode":"decrypt","input":"/c","status":"failed"}
{"mode":"encrypt","input":"/d","status":"failed"}
{"mode":"encrypt","input":"/x","input_bytes":"L/8=","status":"failed"}
{"mode":"encrypt","inp"#;
        std::fs::write(&records, text).expect("written");
        let mut failed = FailedInputs::read(&records, "encrypt").expect("records");
        let not_text = PathBuf::from(OsString::from_vec(vec![b'/', 0xff]));
        for (path, holds) in
            [("/a", false), ("/b", true), ("/c", false), ("/d/in/it", true), ("/", false), ("/x", false)]
        {
            assert_eq!(failed.holds(Path::new(path)), holds, "{path}");
        }
        assert!(failed.holds(&not_text));
        assert_eq!(failed.missing(), [Path::new("/d")]);
        std::fs::write(&records, "{}\n").expect("written");
        let failure = FailedInputs::read(&records, "encrypt").expect_err("no record");
        assert!(failure.message.contains("line 1 is not"), "{}", failure.message);
    }
}
