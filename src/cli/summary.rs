//! What a run came to: its exit status, and one line for people.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::HumanBytes;

use super::report::FailureKind;

/// The exit status of a run: that of its failures when they are of one kind.
#[derive(Debug, Default)]
pub struct Outcome {
    first: Option<FailureKind>,
    is_mixed: bool,
    failures: u64,
}

impl Outcome {
    /// Counts a failure.
    pub fn add(&mut self, kind: FailureKind) {
        self.failures += 1;
        self.is_mixed |= self.first.is_some_and(|first| first != kind);
        self.first.get_or_insert(kind);
    }

    /// How many failures there were.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// The exit status.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.first {
            None => 0,
            Some(_) if self.is_mixed => FailureKind::Other.status(),
            Some(kind) => kind.status(),
        })
    }
}

/// The numbers of a run.
#[derive(Debug, Default)]
pub struct Summary {
    /// Jobs that were done.
    pub done: u64,
    /// Inputs that were passed over, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Inputs that failed.
    pub failed: u64,
    /// Plaintext, in bytes.
    pub bytes: u64,
}

impl Summary {
    /// The line.
    pub fn text(&self, took: Duration, kms_calls: Option<u64>) -> String {
        let skipped: u64 = self.skipped.values().sum();
        let mut text = format!("{} done, {skipped} skipped", self.done);
        if !self.skipped.is_empty() {
            let reasons: Vec<_> =
                self.skipped.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
            text += &format!(" ({})", reasons.join("; "));
        }
        text += &format!(", {} failed, {}", self.failed, HumanBytes(self.bytes));
        text += &format!(", {:.1} s", took.as_secs_f64());
        if let Some(calls) = kms_calls {
            text += &format!(", {calls} KMS call{}", if calls == 1 { "" } else { "s" });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_gives_its_status_and_several_give_1() {
        let status = |kinds: &[FailureKind]| {
            let mut outcome = Outcome::default();
            kinds.iter().for_each(|kind| outcome.add(*kind));
            format!("{:?}", outcome.exit_code())
        };
        let is = |status: u8| format!("{:?}", ExitCode::from(status));
        assert_eq!(status(&[]), is(0));
        assert_eq!(status(&[FailureKind::Data]), is(65));
        assert_eq!(status(&[FailureKind::Data, FailureKind::Data]), is(65));
        assert_eq!(status(&[FailureKind::Data, FailureKind::Refused]), is(1));
    }

    #[test]
    fn the_line_has_every_number() {
        let mut summary = Summary { done: 3, failed: 1, bytes: 2048, ..Summary::default() };
        let took = Duration::from_millis(1250);
        assert_eq!(summary.text(took, None), "3 done, 0 skipped, 1 failed, 2.00 KiB, 1.2 s");
        summary.skipped.insert("is a FIFO", 2);
        let text = "3 done, 2 skipped (2: is a FIFO), 1 failed, 2.00 KiB, 1.2 s, 1 KMS call";
        assert_eq!(summary.text(took, Some(1)), text);
    }
}
