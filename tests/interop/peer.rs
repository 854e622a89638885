//! A process of another Encryption SDK, which is given many cases at once: its start is paid once.

use std::env;
use std::process::Command;

use serde_json::Value;

use crate::cases::Case;
use crate::support::command::Workspace;
use crate::support::{installed, node, python};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// aws-encryption-sdk with the keyrings of the material providers library.
    Python,
    /// @aws-crypto/client-node.
    JavaScript,
}

impl Peer {
    /// Whether its tests run: always, but where its variable is set.
    pub fn is_wanted(self) -> bool {
        let variable = match self {
            Peer::Python => "ESDK_TEST_WITHOUT_PYTHON_3_11",
            Peer::JavaScript => "ESDK_TEST_WITHOUT_NODE",
        };
        let is_left_out = env::var_os(variable).is_some_and(|value| value == "1");
        if is_left_out {
            installed::note(&format!("{variable}=1: a test against the {self:?} Encryption SDK is left out"));
        }
        !is_left_out
    }

    /// Has it do the cases, in the working folder. The answers are in their order.
    ///
    /// # Panics
    /// When it does not answer each of them.
    #[track_caller]
    pub fn answers(self, place: &Workspace, cases: Vec<Value>) -> Vec<Answer> {
        let count = cases.len();
        let outcome = place.run(self.command(), Value::from(cases).to_string().as_bytes());
        outcome.succeeded();
        // Node.js warns on standard output, before anything else.
        let last_line = outcome.stdout.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let answers: Vec<Value> = serde_json::from_slice(last_line)
            .unwrap_or_else(|error| panic!("{self:?}: {error}\n{}", outcome.stderr));
        assert_eq!(answers.len(), count, "{self:?} answers each case");
        answers.into_iter().map(Answer).collect()
    }

    fn command(self) -> Command {
        match self {
            Peer::Python => {
                let mut command = Command::new(python::SDK.interpreter());
                command.arg(python::support("peers/python_sdk.py"));
                command
            }
            Peer::JavaScript => {
                let packages = node::packages();
                let mut command = node::command();
                command.arg(python::support("peers/javascript_sdk.js")).arg(packages);
                command
            }
        }
    }
}

/// What a peer says of a case.
#[derive(Debug)]
pub struct Answer(Value);

impl Answer {
    /// The case was done, and the header that the peer read is the case's. The public key of a signed message is
    /// there, whichever it is.
    #[track_caller]
    pub fn is_of(&self, case: &Case) {
        let mut header = self.0.clone();
        assert_eq!(header.get("error"), None, "{case:?}");
        let context = header["context"].as_object_mut().expect("a context");
        let public_key = context.remove("aws-crypto-public-key");
        assert_eq!(public_key.is_some(), case.is_signed(), "the public key of a signed message: {case:?}");
        assert_eq!(header, case.header(), "{case:?}");
    }

    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        self.0.get("error").is_none()
    }

    /// It was refused, in these words.
    #[track_caller]
    pub fn refused(&self, words: &str) {
        let error = self.0["error"].as_str().unwrap_or_else(|| panic!("{} was to be refused", self.0));
        assert!(error.contains(words), "does not say {words:?}: {error}");
    }
}
