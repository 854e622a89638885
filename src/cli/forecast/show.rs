//! A plan on standard output: as text, as lines of JSON, or its IAM policy alone.

use indicatif::HumanBytes;
use serde_json::{Map, Value, json};

use super::Inputs;
use super::calls::{Count, Range, Row, Tally};
use super::policy::{MAX_POLICY_LENGTH, Policies, Principal};
use super::warnings::Warning;
use crate::cli::args::RecordArgs;
use crate::cli::args::plan::FormArgs;
use crate::cli::destination::Destination;
use crate::cli::metadata;
use crate::cli::report::{Failure, FailureKind, say};
use crate::cli::source::{Source, full_path_bytes};
use crate::cli::terminal;
use crate::cli::walk::Reason;
use crate::format::escaped;
use crate::keyring::kms::{KmsCall, KmsClients, NeededRegion};
use crate::message::EdkReport;
use crate::message::cache::{CacheLimits, GREATEST_MAX_BYTES, GREATEST_MAX_MESSAGES};
use crate::message::forecast::MessageForecast;

/// So many messages are shown one by one when `-v` does not ask for all.
const MAX_SHOWN: u64 = 20;

/// What would become of one input.
#[derive(Debug)]
pub enum Line {
    /// It would be encrypted; its length in bytes, when that is known.
    Encrypt {
        /// In bytes.
        length: Option<u64>,
    },
    /// It would be decrypted.
    Decrypt(MessageForecast),
    /// It would be passed over.
    Skipped(Reason),
}

/// How much would be encrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plaintext {
    bytes: u64,
    of_unknown_length: u64,
}

impl Plaintext {
    /// Adds an input, whose length may be unknown.
    pub fn add(&mut self, length: Option<u64>) {
        match length {
            Some(length) => self.bytes = self.bytes.saturating_add(length),
            None => self.of_unknown_length += 1,
        }
    }
}

/// The caching that is counted with.
#[derive(Clone, Copy, Debug)]
pub struct Caching {
    /// Its limits.
    pub limits: CacheLimits,
    /// Whether it was asked for.
    is_given: bool,
}

impl Caching {
    /// What was asked for, or an example.
    pub fn new(given: Option<CacheLimits>, example: CacheLimits) -> Self {
        Self { limits: given.unwrap_or(example), is_given: given.is_some() }
    }

    /// As it is typed.
    fn text(&self) -> String {
        let (capacity, max_age) = (self.limits.capacity(), self.limits.max_age().as_secs());
        let mut text = format!("capacity={capacity},max-age={max_age}");
        if self.limits.max_messages() < GREATEST_MAX_MESSAGES {
            text += &format!(",max-messages={}", self.limits.max_messages());
        }
        if self.limits.max_bytes() < GREATEST_MAX_BYTES {
            text += &format!(",max-bytes={}", self.limits.max_bytes());
        }
        text
    }
}

/// A plan, but for the lines of its inputs.
#[derive(Debug)]
pub struct Plan<'a> {
    /// `encrypt` or `decrypt`.
    pub mode: &'static str,
    /// How many inputs there are.
    pub inputs: &'a Inputs,
    /// How much is encrypted.
    pub plaintext: Option<Plaintext>,
    /// The calls.
    pub tally: Tally,
    /// The caching that they are counted with.
    pub caching: Caching,
    /// What they need.
    pub policies: Policies,
    /// Most calls at once.
    pub calls_in_flight: usize,
    /// Most requests a second.
    pub requests_a_second: Option<f64>,
    /// Through which the calls would be made.
    pub clients: &'a KmsClients,
    /// What is warned of.
    pub warnings: Vec<Warning>,
}

/// Shows it.
#[derive(Debug)]
pub struct Show {
    form: FormArgs,
    shows_all: bool,
    is_quiet: bool,
    shown: u64,
    not_shown: u64,
}

impl Show {
    /// In this form.
    pub fn new(form: FormArgs, records: &RecordArgs) -> Self {
        let (shows_all, is_quiet) = (records.verbose > 0, records.quiet);
        Self { form, shows_all, is_quiet, shown: 0, not_shown: 0 }
    }

    /// One input.
    ///
    /// # Errors
    /// [`Failure`]: standard output cannot be written.
    pub fn input(
        &mut self,
        source: &Source,
        destination: Option<&Destination>,
        line: Result<&Line, &Failure>,
    ) -> Result<(), Failure> {
        if self.form.json {
            return print(&format!("{}\n", input_json(source, destination, line)));
        }
        let to = destination.map(Destination::text).unwrap_or_default();
        if let Ok(Line::Encrypt { .. } | Line::Decrypt(_)) = line {
            log::info!("{} -> {to}", source.text());
        }
        match line {
            Ok(Line::Decrypt(forecast)) if !self.form.iam_policy => {
                if !self.shows_all && self.shown >= MAX_SHOWN {
                    self.not_shown += 1;
                    return Ok(());
                }
                self.shown += 1;
                print(&message_text(&source.text(), forecast))
            }
            _ => Ok(()),
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// [`Failure`]: standard output cannot be written.
    pub fn end(self, mut plan: Plan<'_>) -> Result<(), Failure> {
        plan.add_warnings();
        if !self.is_quiet {
            plan.warnings.iter().for_each(|warning| say("warning", &warning.text()));
        }
        match (self.form.iam_policy, self.form.json) {
            (true, _) if plan.policies.is_incomplete => {
                let message = "the messages name more keys than an IAM policy can";
                Err(Failure::new(FailureKind::Other, message).hint(
                    "limit discovery with discovery-account= and discovery-partition=, or name the keys",
                ))
            }
            (true, _) if plan.policies.each().is_empty() && !plan.policies.left_out.is_empty() => {
                let message = "no IAM policy can name the keys that would be asked";
                Err(Failure::new(FailureKind::Other, message)
                    .hint("name keys with -k; look at the messages with esdk inspect"))
            }
            // IAM refuses a policy without statements.
            (true, _) if plan.policies.each().is_empty() => {
                if !self.is_quiet {
                    say("warning", "no call of KMS is made: no IAM policy is needed, and none is printed");
                }
                Ok(())
            }
            (true, _) => print(&format!("{:#}\n", plan.policies.json())),
            (_, true) => print(&format!("{}\n", plan.json())),
            _ => print(&self.text(&plan)),
        }
    }

    fn text(&self, plan: &Plan<'_>) -> String {
        let mut text = match (self.shown, self.not_shown) {
            (0, _) => String::new(),
            (_, 0) => "\n".to_owned(),
            (_, more) => format!("… and {more} more messages; -v shows them\n\n"),
        };
        text += &plan.text();
        text
    }
}

impl Plan<'_> {
    fn add_warnings(&mut self) {
        let mut settings: Vec<_> = self.tally.rows().iter().map(|row| &row.call.settings).collect();
        settings.dedup();
        let mut unusable: Vec<_> = settings
            .into_iter()
            .filter_map(|settings| self.clients.check(settings, NeededRegion::None).err())
            .map(|error| Warning::Unusable(error.to_string()))
            .collect();
        unusable.dedup();
        self.warnings.extend(unusable);
        if self.tally.apart() > 0 {
            self.warnings.push(Warning::NotListed(self.tally.apart()));
        }
        self.warnings.extend(self.policies.left_out.iter().cloned().map(Warning::NotInPolicy));
        for (_, policy) in self.policies.each() {
            let length = policy.to_string().len();
            if length > MAX_POLICY_LENGTH {
                self.warnings.push(Warning::LongPolicy(length));
            }
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}", self.mode, counted(self.inputs.planned, "input"));
        if let Some(plaintext) = &self.plaintext {
            match plaintext.of_unknown_length {
                0 => text += &format!(", {} of plaintext", HumanBytes(plaintext.bytes)),
                unknown => {
                    text += &format!(
                        ", {} of plaintext and {unknown} of unknown length",
                        HumanBytes(plaintext.bytes)
                    );
                }
            }
        }
        let skipped: u64 = self.inputs.skipped.values().sum();
        if skipped > 0 {
            text += &format!("; {skipped} skipped");
        }
        if self.inputs.outcome.failures() > 0 {
            text += &format!("; {} failed", self.inputs.outcome.failures());
        }
        text.push('\n');
        if self.tally.uncached.most == 0 {
            text += "No call of KMS is made.\n";
            return text;
        }
        if self.tally.opened_here > 0 {
            text += &format!(
                "{} tried first with a key of this process, which takes no call\n",
                are(self.tally.opened_here, "message")
            );
        }
        let uncached = self.tally.uncached;
        text += &format!("\nKMS calls without caching: {}{}\n", uncached.text(), self.at_least(uncached));
        text += &table(self.tally.rows(), |row| row.uncached);
        let cached = self.tally.cached;
        let is_given = if self.caching.is_given { "" } else { ", which is not given" };
        text += &format!(
            "\nKMS calls with --caching {}{is_given}: {}{}\n",
            self.caching.text(),
            cached.text(),
            self.at_least(cached)
        );
        text += &table(self.tally.rows(), |row| row.cached);
        text += &format!(
            "  with the inputs in their order, and no data key {} s old; at least {} in any order, {} when none is used again\n",
            self.caching.limits.max_age().as_secs(),
            self.tally.cached_least,
            uncached.most
        );
        if uncached.fewest != uncached.most {
            text += "\nThe fewest calls are made when what is asked first opens each message, the most when what is asked last does.\n";
        }
        let policies = self.policies.each();
        text += "\nThe same with --iam-policy prints the IAM policy that this needs";
        if policies.len() > 1 {
            let names: Vec<_> = policies.iter().map(|(principal, _)| principal.text()).collect();
            text += &format!(", one for each of: {}", names.join(", "));
        }
        text += ".\n";
        text
    }

    fn at_least(&self, calls: Range) -> String {
        match self.least_seconds(calls) {
            Some(seconds) => format!(", in {seconds:.1} s or more"),
            None => String::new(),
        }
    }

    /// What `--kms-rate` makes them take.
    fn least_seconds(&self, calls: Range) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a number of calls for people")]
        self.requests_a_second.map(|rate| calls.fewest.saturating_sub(1) as f64 / rate)
    }

    fn json(&self) -> Value {
        let plaintext = self.plaintext.map(
            |plaintext| json!({ "bytes": plaintext.bytes, "of_unknown_length": plaintext.of_unknown_length }),
        );
        let (uncached, cached) = (self.tally.uncached, self.tally.cached);
        let warnings: Vec<_> = self
            .warnings
            .iter()
            .map(|warning| json!({ "kind": warning.kind(), "text": warning.text() }))
            .collect();
        let policies: Map<_, _> =
            self.policies.each().into_iter().map(|(principal, policy)| (principal.text(), policy)).collect();
        json!({
            "mode": self.mode,
            "inputs": {
                "planned": self.inputs.planned,
                "skipped": self.inputs.skipped.values().sum::<u64>(),
                "failed": self.inputs.outcome.failures(),
                "plaintext": plaintext,
            },
            "calls": {
                "without_caching": {
                    "fewest": uncached.fewest,
                    "most": uncached.most,
                    "least_seconds": self.least_seconds(uncached),
                },
                "with_caching": {
                    "limits": self.caching.text(),
                    "given": self.caching.is_given,
                    "fewest_in_order": cached.fewest,
                    "most_in_order": cached.most,
                    "fewest": self.tally.cached_least,
                    "most": uncached.most,
                    "least_seconds": self.least_seconds(cached),
                },
                "in_flight": self.calls_in_flight,
                "requests_a_second": self.requests_a_second,
            },
            "by_key": self.tally.rows().iter().map(row_json).collect::<Vec<_>>(),
            "iam_policies": policies,
            "warnings": warnings,
        })
    }
}

impl Range {
    fn text(self) -> String {
        match self.fewest == self.most {
            true => self.fewest.to_string(),
            false => format!("{} to {}", self.fewest, self.most),
        }
    }
}

impl Count {
    fn range(self) -> Range {
        Range { fewest: self.first, most: self.first + self.later }
    }
}

/// The rows as a table, those without calls left out.
fn table(rows: &[Row], count: impl Fn(&Row) -> Count) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .filter(|row| count(row).range().most > 0)
        .map(|row| {
            let [operation, region, key] = call_cells(&row.call);
            [count(row).range().text(), operation, region, key]
        })
        .collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[number, operation, region, key]: &[String; 4]| {
        let [first, second, third] = widths;
        format!("  {number:>first$}  {operation:second$}  {region:third$}  {key}\n")
    };
    cells.iter().map(line).collect()
}

/// Operation, place and key of a call.
fn call_cells(call: &KmsCall) -> [String; 3] {
    let region = match &call.region {
        None => "Region unknown".to_owned(),
        Some(region) if call.is_own_region => format!("{region} (own)"),
        Some(region) => region.clone(),
    };
    let mut key = escaped(call.key.to_string().as_bytes());
    match Principal::of(call) {
        Principal::Caller => {}
        other => key += &format!(" as {}", other.text()),
    }
    if let Some(url) = &call.settings.endpoint_url {
        key += &format!(" at {url}");
    }
    [call.operation.to_string(), region, key]
}

/// What a message would be opened with, and what would not be asked.
fn message_text(name: &str, forecast: &MessageForecast) -> String {
    let mut text = format!("{name}\n");
    let mut number = 0;
    let mut row = |position: usize, what: String| {
        number += 1;
        text += &format!("  {number}. encrypted data key {position}: {what}\n");
    };
    for attempt in &forecast.attempts {
        for call in &attempt.calls {
            let [operation, region, key] = call_cells(call);
            row(attempt.position, format!("{operation} in {region} with {key}"));
        }
        if attempt.calls.is_empty() {
            row(attempt.position, format!("no call, with {}", escaped(attempt.wrapping_key.as_bytes())));
        }
    }
    for EdkReport { position, encrypted_data_key: edk, verdict } in &forecast.passed {
        let (provider, key) = (edk.provider_text(), edk.key_text());
        text += &format!("  -  encrypted data key {position}: {provider} {key}: {verdict}\n");
    }
    text
}

fn input_json(source: &Source, destination: Option<&Destination>, line: Result<&Line, &Failure>) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, field: Value| {
        value.insert(name.to_owned(), field);
    };
    put("input", json!(source.record()));
    if let Some(bytes) = source.record_bytes() {
        put("input_bytes", json!(bytes));
    }
    put("output", json!(destination.and_then(Destination::record)));
    if let Some(bytes) = destination.and_then(Destination::path).and_then(|path| full_path_bytes(&path)) {
        put("output_bytes", json!(bytes));
    }
    match line {
        Ok(Line::Encrypt { length }) => {
            put("status", json!("planned"));
            put("plaintext_bytes", json!(length));
        }
        Ok(Line::Decrypt(forecast)) => {
            put("status", json!("planned"));
            put("fewest_calls", json!(forecast.fewest_calls()));
            put("most_calls", json!(forecast.most_calls()));
            let attempts = forecast.attempts.iter().map(|attempt| {
                json!({
                    "position": attempt.position,
                    "wrapping_key": attempt.wrapping_key,
                    "calls": attempt.calls.iter().map(call_json).collect::<Vec<_>>(),
                })
            });
            put("attempts", attempts.collect());
            put("not_asked", metadata::verdicts(&forecast.passed).into());
        }
        Ok(Line::Skipped(reason)) => {
            put("status", json!("skipped"));
            put("reason", json!(reason.text()));
        }
        Err(failure) => {
            put("status", json!("failed"));
            put("error", json!({ "kind": failure.kind.name(), "message": failure.message }));
        }
    }
    value.into()
}

fn row_json(row: &Row) -> Value {
    let mut value = call_json(&row.call);
    for (name, count) in [("without_caching", row.uncached), ("with_caching", row.cached)] {
        value[name] = json!({ "first": count.first, "later": count.later });
    }
    value
}

fn call_json(call: &KmsCall) -> Value {
    json!({
        "operation": call.operation.name(),
        "key": call.key.to_string(),
        "region": call.region,
        "own_region": call.is_own_region,
        "principal": Principal::of(call).text(),
        "endpoint_url": call.settings.endpoint_url,
    })
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn are(count: u64, what: &str) -> String {
    format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
}

fn print(text: &str) -> Result<(), Failure> {
    terminal::show(text).map_err(|error| Failure::writing(&error).about(&"standard output"))
}
