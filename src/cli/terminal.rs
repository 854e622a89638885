//! Standard error: whole lines, in colours where they are wanted, and above the progress bar.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::ProgressBar;

use super::args::When;

static COLOR: OnceLock<When> = OnceLock::new();
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[1;36m";
const RESET: &str = "\u{1b}[0m";

/// `--color` among arguments that have not been parsed: their own errors have colours too.
pub fn read_color(arguments: &[OsString]) -> When {
    let mut words = arguments.iter().skip(1).take_while(|word| *word != "--").peekable();
    let mut color = When::Auto;
    while let Some(word) = words.next() {
        let value = match word.to_str() {
            Some("--color") => words.peek().map(|next| next.to_string_lossy()),
            Some(word) => word.strip_prefix("--color=").map(Cow::Borrowed),
            None => None,
        };
        match value.as_deref() {
            Some("always") => color = When::Always,
            Some("never") => color = When::Never,
            Some("auto") => color = When::Auto,
            _ => {}
        }
    }
    let _ = COLOR.set(color);
    color
}

/// The same for clap, which asks the environment itself.
pub fn clap_color(color: When) -> clap::ColorChoice {
    match color {
        When::Auto => clap::ColorChoice::Auto,
        When::Always => clap::ColorChoice::Always,
        When::Never => clap::ColorChoice::Never,
    }
}

/// Whether what is said on standard error has colours: as `--color` has it, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`
/// and `TERM`.
pub fn is_coloured() -> bool {
    match COLOR.get().copied().unwrap_or_default() {
        When::Always => true,
        When::Never => false,
        When::Auto => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
    }
}

/// Says a line, or several, on standard error.
pub fn say(what: &str, text: &str) {
    let text = text.replace('\n', "\n  ");
    let line = if is_coloured() {
        let colour = match what {
            "error" => RED,
            "warning" => YELLOW,
            "hint" => CYAN,
            _ => BOLD,
        };
        format!("{BOLD}esdk:{RESET} {colour}{what}:{RESET} {text}\n")
    } else {
        format!("esdk: {what}: {text}\n")
    };
    // Nothing can be done when standard error is gone.
    above_bar(|| {
        let _ = io::stderr().lock().write_all(line.as_bytes());
    });
}

/// Writes text to standard output, so that no bar is drawn into it.
///
/// # Errors
/// [`io::Error`] of standard output.
pub fn show(text: &str) -> io::Result<()> {
    let write = || {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    };
    if io::stdout().is_terminal() { above_bar(write) } else { write() }
}

fn above_bar<T>(write: impl FnOnce() -> T) -> T {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    match bar.as_ref() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// From now on lines are said above this bar.
pub fn begin_bar(bar: ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
}

/// The bar is taken away.
pub fn end_bar() {
    // Whoever holds it is drawing: then a signal leaves it where it is.
    if let Ok(mut bar) = BAR.try_lock()
        && let Some(bar) = bar.take()
    {
        bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_is_found_before_the_arguments_are_parsed() {
        let read = |words: &[&str]| read_color(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(read(&["esdk", "encrypt", "--color", "always"]), When::Always);
        assert_eq!(read(&["esdk", "--color=never", "encrypt"]), When::Never);
        assert_eq!(read(&["esdk", "--color=never", "--color=auto"]), When::Auto);
        assert_eq!(read(&["esdk", "encrypt", "--", "--color=always"]), When::Auto);
        assert_eq!(read(&["esdk", "--color=sometimes"]), When::Auto);
    }
}
