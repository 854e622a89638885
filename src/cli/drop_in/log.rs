//! What is said on the way, in the form of Python's logging.

use std::io::{self, Write as _};

use jiff::Zoned;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// What the original's messages are logged as.
pub const NAME: &str = "aws_encryption_sdk_cli";

struct Logger;

static LOGGER: Logger = Logger;

/// Warnings without `-v`, information with one, all with two; nothing with `-q`.
pub fn start(verbosity: usize, is_quiet: bool) {
    let level = match (is_quiet, verbosity) {
        (true, _) => LevelFilter::Off,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, _) => LevelFilter::Debug,
    };
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates log requests with their bodies.
        let target = metadata.target();
        target == NAME || target == "esdk" || target.starts_with("esdk::")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => "ERROR",
            Level::Warn => "WARNING",
            Level::Info => "INFO",
            Level::Debug | Level::Trace => "DEBUG",
        };
        let name = if record.target() == NAME { NAME } else { "esdk" };
        let now = Zoned::now();
        let milliseconds = now.millisecond();
        let time = now.strftime("%Y-%m-%d %H:%M:%S");
        say(&format!("{time},{milliseconds:03} - MainThread - {name} - {level} - {}", record.args()));
    }

    fn flush(&self) {}
}

/// Says a line, or several, on standard error.
pub fn say(text: &str) {
    // Nothing can be done when standard error is gone.
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
