//! How KMS is reached: as whom, where, how long and how often.

use std::time::Duration;

use super::{ClientError, KmsClient, KmsClients, KmsFailure, KmsOperation};
use std::sync::Arc;

/// How one group of KMS keys is reached. What is `None` comes from the AWS environment and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KmsSettings {
    /// The profile whose credentials are used, and whose Region counts before the environment's.
    pub profile: Option<String>,
    /// The Region for keys whose name does not tell theirs.
    pub region: Option<String>,
    /// The endpoint to call in place of the Region's own, `https://…`; counts before `AWS_ENDPOINT_URL_KMS`.
    pub endpoint_url: Option<String>,
    /// The role to take on with these credentials.
    pub role: Option<KmsRole>,
}

/// An IAM role that is assumed through STS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KmsRole {
    /// `arn:aws:iam::111122223333:role/backup`.
    pub arn: String,
    /// The session's name in the logs of AWS; [`Self::SESSION_NAME`] when it is `None`.
    pub session_name: Option<String>,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
}

impl KmsRole {
    /// Default of [`Self::session_name`].
    pub const SESSION_NAME: &str = "esdk";
}

/// How long a call may take, and how many may be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KmsLimits {
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For one request with its answer, the connection included.
    pub attempt_timeout: Duration,
    /// For all attempts and the pauses between them; also for all calls that are made to open one message, between them.
    pub operation_timeout: Duration,
    /// Greatest number of requests for one call, 1 or more.
    pub attempts: u32,
    /// Greatest number of calls at the same time, 1 or more.
    pub calls_in_flight: usize,
    /// Greatest number of requests a second, greater than 0; `None` for no limit.
    pub calls_per_second: Option<f64>,
}

impl KmsLimits {
    /// Default of [`Self::connect_timeout`]: 5 seconds.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Default of [`Self::attempt_timeout`]: 10 seconds.
    pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
    /// Default of [`Self::operation_timeout`]: 60 seconds.
    pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(60);
    /// Default of [`Self::attempts`]: 3 requests.
    pub const ATTEMPTS: u32 = 3;
    /// Default of [`Self::calls_in_flight`].
    pub const CALLS_IN_FLIGHT: usize = 32;

    /// The same for a call that may take no longer than `time` as a whole.
    pub(super) fn for_at_most(self, time: Duration) -> Self {
        let operation_timeout = self.operation_timeout.min(time);
        Self { operation_timeout, attempt_timeout: self.attempt_timeout.min(operation_timeout), ..self }
    }

    /// The defaults with another operation timeout; the others keep their proportion to it.
    pub fn within(operation_timeout: Duration) -> Self {
        Self {
            connect_timeout: operation_timeout / 12,
            attempt_timeout: operation_timeout / 6,
            operation_timeout,
            ..Self::default()
        }
    }
}

impl Default for KmsLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Self::CONNECT_TIMEOUT,
            attempt_timeout: Self::ATTEMPT_TIMEOUT,
            operation_timeout: Self::OPERATION_TIMEOUT,
            attempts: Self::ATTEMPTS,
            calls_in_flight: Self::CALLS_IN_FLIGHT,
            calls_per_second: None,
        }
    }
}

/// What a keyring needs to call KMS: the clients of this run, its settings, and grants that are not everywhere yet.
#[derive(Clone, Debug)]
pub struct KmsAccess {
    /// The clients of this run.
    pub clients: Arc<KmsClients>,
    /// As whom and where.
    pub settings: KmsSettings,
    /// Grant tokens, sent with each call.
    pub grant_tokens: Vec<String>,
}

impl KmsAccess {
    /// Access without grant tokens.
    pub fn new(clients: Arc<KmsClients>, settings: KmsSettings) -> Self {
        Self { clients, settings, grant_tokens: Vec::new() }
    }

    /// A client for the Region of a key, or for the configured one.
    pub(super) fn client(
        &self,
        region: Option<&str>,
        operation: KmsOperation,
        key: &str,
    ) -> Result<KmsClient, KmsFailure> {
        let client = self.clients.client(&self.settings, region);
        client
            .map(|client| KmsClient { grant_tokens: self.grant_tokens.clone(), ..client })
            .map_err(|error: ClientError| error.during(operation, key))
    }

    /// Where a key of this Region would be asked for.
    pub(super) fn place(&self, region: &str) -> crate::keyring::Place {
        let is_own = self.clients.own_region(&self.settings).is_some_and(|own| own == region);
        let name = match &self.settings.endpoint_url {
            Some(url) => format!("{region} at {url}"),
            None => region.to_owned(),
        };
        crate::keyring::Place { name, is_own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_one_call_follow_the_limit_of_all() {
        let limits = KmsLimits::within(KmsLimits::OPERATION_TIMEOUT);
        assert_eq!(limits, KmsLimits::default());
        let short = KmsLimits::within(Duration::from_secs(6));
        assert_eq!(short.attempt_timeout, Duration::from_secs(1));
        assert_eq!(short.connect_timeout, Duration::from_millis(500));
    }
}
