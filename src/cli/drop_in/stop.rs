//! Why nothing is begun.

/// What ends a call before anything is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help was asked for.
    Help,
    /// The version was asked for.
    Version,
    /// The arguments are wrong: the usage and this, status 2.
    Usage(String),
    /// What was asked for cannot be done: this, status 1.
    Told(String),
}

/// What the original says before anything that it did not foresee.
pub const UNEXPECTED: &str = "Encountered unexpected error: increase verbosity to see details.";

impl Stop {
    /// What was asked for cannot be done.
    pub fn told(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }

    /// The same where the original has foreseen nothing, and names what Python raised.
    pub fn raised(class: &str, arguments: &[&str]) -> Self {
        Self::Told(raised(class, arguments))
    }
}

/// What the original says of something that Python raised.
pub fn raised(class: &str, arguments: &[&str]) -> String {
    let arguments = arguments.iter().map(|argument| format!("\"{argument}\"")).collect::<Vec<_>>();
    format!("{UNEXPECTED}\n{class}({})", arguments.join(", "))
}
