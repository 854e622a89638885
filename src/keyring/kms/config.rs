//! Where calls go and as whom: profile, Region, endpoint, time limits.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, FrameworkMetadata, Region, SdkConfig};

/// How one group of KMS keys is reached. What is `None` comes from the AWS environment and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KmsSettings {
    /// The profile whose credentials are used, and whose Region counts before the environment's.
    pub profile: Option<String>,
    /// The Region for keys whose name does not tell theirs.
    pub region: Option<String>,
    /// The endpoint to call in place of the Region's own, `https://…`; counts before `AWS_ENDPOINT_URL_KMS`.
    pub endpoint_url: Option<String>,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KmsLimits {
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For one request with its answer, the connection included.
    pub attempt_timeout: Duration,
    /// For all attempts and the pauses between them.
    pub operation_timeout: Duration,
    /// Greatest number of requests for one call, 1 or more.
    pub attempts: u32,
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

    fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.operation_timeout)
            .build()
    }

    fn retries(&self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts.max(1))
    }
}

impl Default for KmsLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Self::CONNECT_TIMEOUT,
            attempt_timeout: Self::ATTEMPT_TIMEOUT,
            operation_timeout: Self::OPERATION_TIMEOUT,
            attempts: Self::ATTEMPTS,
        }
    }
}

/// The Region that settings, profile or environment name. Asks no network.
pub(super) async fn configured_region(settings: &KmsSettings) -> Option<String> {
    if let Some(region) = &settings.region {
        return Some(region.clone());
    }
    let environment = EnvironmentVariableRegionProvider::new();
    let chain = match &settings.profile {
        Some(profile) => {
            RegionProviderChain::first_try(ProfileFileRegionProvider::builder().profile_name(profile).build())
                .or_else(environment)
        }
        None => RegionProviderChain::first_try(environment).or_else(ProfileFileRegionProvider::new()),
    };
    chain.region().await.map(|region| region.to_string())
}

/// The Region of the EC2 instance this runs on, when it runs on one.
pub(super) async fn instance_region() -> Option<String> {
    // One attempt: anywhere else, each costs a second of silence.
    let metadata = imds::Client::builder().max_attempts(1).build();
    let provider = imds::region::ImdsRegionProvider::builder().imds_client(metadata).build();
    provider.region().await.map(|region| region.to_string())
}

/// Credentials, retries, limits and the rest of the AWS environment and files.
///
/// A profile that is named in the settings gives the credentials, whatever the environment holds; the SDK alone
/// would let `AWS_ACCESS_KEY_ID` go before it.
pub(super) async fn load(settings: KmsSettings, region: String, limits: KmsLimits) -> SdkConfig {
    let region = Region::new(region);
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.clone())
        .retry_config(limits.retries())
        .timeout_config(limits.timeouts());
    if let Ok(metadata) = FrameworkMetadata::new("esdk", Some(env!("CARGO_PKG_VERSION"))) {
        loader = loader.framework_metadata(metadata);
    }
    if let Some(profile) = settings.profile {
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_region(Some(region)))
            .profile_name(&profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    loader.load().await
}

/// A client for one Region.
pub(super) fn client(config: &SdkConfig, settings: &KmsSettings, region: String) -> aws_sdk_kms::Client {
    let mut builder = aws_sdk_kms::config::Builder::from(config).region(Region::new(region));
    if let Some(url) = &settings.endpoint_url {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_kms::Client::from_conf(builder.build())
}
