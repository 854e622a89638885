//! `-v`: what the library logs, on standard error. Never a key, never a plaintext.

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::args::RecordArgs;
use super::report::say;

struct Logger;

static LOGGER: Logger = Logger;

/// Logs this crate's messages: `-v` information, `-vv` every call and every key tried.
pub fn start(records: &RecordArgs) {
    let level = match records.verbose {
        0 => return,
        1 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates log requests with their bodies.
        let target = metadata.target();
        target == "esdk" || target.starts_with("esdk::")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let what = if record.level() >= Level::Debug { "debug" } else { "info" };
            say(what, &record.args().to_string());
        }
    }

    fn flush(&self) {}
}
