//! What an EC2 instance can read of itself: its user data, through version 2 of the instance metadata service (IMDSv2).
//!
//! A token is asked for with `PUT /latest/api/token`, and the user data with `GET /latest/user-data` and the token. Nothing is
//! ever asked without a token (version 1). Every wait is bounded: whoever boots must not hang.

use std::fmt;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one request may take, its answer included.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long all of it may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// Greatest length of user data that is read, in bytes: four times what EC2 accepts.
pub const MAX_USER_DATA_LENGTH: u64 = 64 << 10;
/// Greatest length of a token that is read, in bytes: one has 56.
const MAX_TOKEN_LENGTH: u64 = 4 << 10;
/// How long the token is wanted for, in seconds.
const TOKEN_SECONDS: &str = "60";

const IPV4_ENDPOINT: &str = "http://169.254.169.254";
const IPV6_ENDPOINT: &str = "http://[fd00:ec2::254]";

/// The instance metadata service at one address.
#[derive(Debug)]
pub struct MetadataService {
    agent: Agent,
    endpoint: String,
}

/// The user data could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstanceError {
    /// The environment says that the service is not to be asked.
    Disabled,
    /// A variable of the environment does not say where the service is.
    Setting {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The service cannot be reached at its address.
    Unreachable {
        /// The address.
        endpoint: String,
        /// What the system says.
        error: io::Error,
    },
    /// The service did not answer in time.
    TimedOut {
        /// The address.
        endpoint: String,
        /// How far it got.
        stage: Stage,
    },
    /// The service answered with a status that is no success.
    Status {
        /// What it was asked for.
        stage: Stage,
        /// The status.
        status: u16,
    },
    /// The instance has no user data.
    NoUserData,
    /// The user data is longer than [`MAX_USER_DATA_LENGTH`].
    TooLong,
    /// What came is not the answer of such a service.
    Protocol {
        /// What it was asked for.
        stage: Stage,
        /// What is wrong with it.
        message: String,
    },
}

/// What the service is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To be connected with.
    Connection,
    /// The token.
    Token,
    /// The user data.
    UserData,
}

impl MetadataService {
    /// The service where the environment says that it is: `AWS_EC2_METADATA_SERVICE_ENDPOINT`, else the address that
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` (`IPv4`, `IPv6`) chooses.
    ///
    /// # Errors
    /// [`InstanceError`]: `AWS_EC2_METADATA_DISABLED` is `true`, or a variable holds something else than these.
    pub fn from_environment() -> Result<Self, InstanceError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InstanceError> {
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
        let set = |name| variable(name).filter(|value| !value.is_empty());
        if set("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Err(InstanceError::Disabled);
        }
        if let Some(value) = set(ENDPOINT) {
            return match value.strip_prefix("http://") {
                Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(Self::at(&value)),
                _ => {
                    let expected = "an address that begins with http:// and names a host";
                    Err(InstanceError::Setting { variable: ENDPOINT, value, expected })
                }
            };
        }
        match set(MODE) {
            None => Ok(Self::at(IPV4_ENDPOINT)),
            Some(mode) if mode.eq_ignore_ascii_case("ipv4") => Ok(Self::at(IPV4_ENDPOINT)),
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => Ok(Self::at(IPV6_ENDPOINT)),
            Some(value) => Err(InstanceError::Setting { variable: MODE, value, expected: "IPv4 or IPv6" }),
        }
    }

    /// The service at this address, `http://HOST[:PORT]`.
    pub fn at(endpoint: &str) -> Self {
        let config = Agent::config_builder()
            // A proxy would be another machine, with other user data or none.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .user_agent(concat!("esdk/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    /// Reads the user data, as it was given to the instance.
    ///
    /// What may pass is tried three times: silence, connections that fail, a token that is not accepted, and errors of the
    /// service. All of it takes [`TOTAL_TIMEOUT`] at most.
    ///
    /// # Errors
    /// [`InstanceError`]: that of the last attempt.
    pub fn user_data(&self) -> Result<Vec<u8>, InstanceError> {
        let end = Instant::now() + TOTAL_TIMEOUT;
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.attempt(end) {
                Err(error) if error.is_passing() => error,
                ended => return ended,
            };
            match pauses.next() {
                Some(pause) if Instant::now() + *pause < end => thread::sleep(*pause),
                _ => return Err(error),
            }
        }
    }

    fn attempt(&self, end: Instant) -> Result<Vec<u8>, InstanceError> {
        let timeout = || Some(ATTEMPT_TIMEOUT.min(end.saturating_duration_since(Instant::now())));
        let token = self
            .agent
            .put(format!("{}/latest/api/token", self.endpoint))
            .config()
            .timeout_global(timeout())
            .build()
            .header("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS)
            .send_empty();
        let token = self.body(token, Stage::Token, MAX_TOKEN_LENGTH)?;
        let token = String::from_utf8(token).ok().filter(|token| is_token(token)).ok_or_else(|| {
            let message = "the token is not text that can stand in a header".to_owned();
            InstanceError::Protocol { stage: Stage::Token, message }
        })?;
        let user_data = self
            .agent
            .get(format!("{}/latest/user-data", self.endpoint))
            .config()
            .timeout_global(timeout())
            .build()
            .header("x-aws-ec2-metadata-token", token)
            .call();
        self.body(user_data, Stage::UserData, MAX_USER_DATA_LENGTH)
    }

    fn body(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
        stage: Stage,
        limit: u64,
    ) -> Result<Vec<u8>, InstanceError> {
        let mut answer = answer.map_err(|error| self.failed(error, stage))?;
        match (answer.status(), stage) {
            (StatusCode::OK, _) => {}
            (StatusCode::NOT_FOUND, Stage::UserData) => return Err(InstanceError::NoUserData),
            (status, _) => return Err(InstanceError::Status { stage, status: status.as_u16() }),
        }
        // The limit is what is accepted: an answer that reaches it is seen to go on, or not.
        let body = answer.body_mut().with_config().limit(limit + 1).read_to_vec();
        match body {
            Ok(body) if body.len() as u64 <= limit => Ok(body),
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) if stage == Stage::UserData => {
                Err(InstanceError::TooLong)
            }
            Ok(_) => {
                let message = "the answer is too long".to_owned();
                Err(InstanceError::Protocol { stage, message })
            }
            Err(error) => Err(self.failed(error, stage)),
        }
    }

    fn failed(&self, error: ureq::Error, stage: Stage) -> InstanceError {
        let endpoint = self.endpoint.clone();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect) => {
                InstanceError::TimedOut { endpoint, stage: Stage::Connection }
            }
            ureq::Error::Timeout(_) => InstanceError::TimedOut { endpoint, stage },
            ureq::Error::Io(error) => InstanceError::Unreachable { endpoint, error },
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
                let error = io::Error::new(io::ErrorKind::NotFound, "there is no host of this name");
                InstanceError::Unreachable { endpoint, error }
            }
            other => InstanceError::Protocol { stage, message: other.to_string() },
        }
    }
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

impl InstanceError {
    /// Whether the same could work later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Unreachable { .. } => true,
            Self::Status { status, .. } => matches!(status, 401 | 429 | 500..),
            Self::Disabled
            | Self::Setting { .. }
            | Self::NoUserData
            | Self::TooLong
            | Self::Protocol { .. } => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "a connection",
            Self::Token => "a token",
            Self::UserData => "the user data",
        })
    }
}

impl fmt::Display for InstanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str(
                "the instance metadata service is not to be asked: AWS_EC2_METADATA_DISABLED is true",
            ),
            Self::Setting { variable, value, expected } => {
                write!(f, "{variable} is {value:?}, and not {expected}")
            }
            Self::Unreachable { endpoint, error } => {
                let text = error.to_string().to_lowercase();
                let text = text.split(" (os error").next().unwrap_or(&text);
                write!(f, "the instance metadata service at {endpoint} cannot be reached: {text}")
            }
            Self::TimedOut { endpoint, stage } => {
                write!(f, "the instance metadata service at {endpoint} did not give {stage} in time")
            }
            Self::Status { stage, status } => {
                write!(f, "the instance metadata service answered {status} when it was asked for {stage}")
            }
            Self::NoUserData => f.write_str("the instance has no user data"),
            Self::TooLong => write!(
                f,
                "the user data is longer than {MAX_USER_DATA_LENGTH} bytes, more than an instance can have"
            ),
            Self::Protocol { stage, message } => {
                write!(
                    f,
                    "the instance metadata service gave no {} that can be read: {message}",
                    match stage {
                        Stage::Connection => "connection",
                        Stage::Token => "token",
                        Stage::UserData => "user data",
                    }
                )
            }
        }
    }
}

impl std::error::Error for InstanceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { error, .. } => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<String, InstanceError> {
        let variable = |name: &str| {
            variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        };
        MetadataService::from_variables(variable).map(|service| service.endpoint)
    }

    #[test]
    fn the_environment_says_where_the_service_is() {
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
        const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
        assert_eq!(with(&[]).expect("a default"), IPV4_ENDPOINT);
        assert_eq!(with(&[(MODE, "ipv6")]).expect("a mode"), IPV6_ENDPOINT);
        let given = [(MODE, "IPv6"), (ENDPOINT, "http://127.0.0.1:80/"), (DISABLED, "false")];
        assert_eq!(with(&given).expect("an address"), "http://127.0.0.1:80");
        assert_eq!(with(&[(ENDPOINT, ""), (MODE, "")]).expect("nothing"), IPV4_ENDPOINT);
        for (variable, value) in [(ENDPOINT, "169.254.169.254"), (ENDPOINT, "https://a"), (MODE, "IPv5")] {
            match with(&[(variable, value)]) {
                Err(InstanceError::Setting { variable: found, .. }) => assert_eq!(found, variable),
                other => panic!("{value}: {other:?}"),
            }
        }
        assert!(matches!(with(&[(DISABLED, "True"), given[1]]), Err(InstanceError::Disabled)));
    }

    #[test]
    fn a_token_is_one_word_of_a_header() {
        assert!(is_token("AQAEAFTNrA4eEGx0AQgJ1arIq_Cc-t4tWt3fB0Hd8RKhXlKc5ccvhg=="));
        for none in ["", "a b", "a\r\nx: y", "a\u{7f}", "é"] {
            assert!(!is_token(none), "{none:?}");
        }
    }
}
