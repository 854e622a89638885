//! From settings, environment and files to the SDK's configuration and clients.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, FrameworkMetadata, Region, SdkConfig};
use aws_sdk_kms::config::{SharedCredentialsProvider, SharedHttpClient};

use super::clients::CallingProgram;
use super::settings::{KmsLimits, KmsRole, KmsSettings};

impl KmsLimits {
    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.operation_timeout)
            .build()
    }

    /// Pauses of random length between the attempts.
    fn retries(&self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts.max(1))
    }

    /// The same, and after a throttled attempt everything is sent more slowly for a while.
    pub(super) fn adaptive_retries(&self) -> RetryConfig {
        RetryConfig::adaptive().with_max_attempts(self.attempts.max(1))
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
/// A profile that is named gives the credentials, whatever the environment holds; the SDK alone would let
/// `AWS_ACCESS_KEY_ID` go before it. `trusting` is the client that trusts others than the system does.
pub(super) async fn load(
    profile: Option<String>,
    region: String,
    limits: KmsLimits,
    program: Option<CallingProgram>,
    trusting: Option<SharedHttpClient>,
) -> SdkConfig {
    let region = Region::new(region);
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.clone())
        .retry_config(limits.retries())
        .timeout_config(limits.timeouts());
    let esdk = CallingProgram { name: "esdk", version: env!("CARGO_PKG_VERSION") };
    for CallingProgram { name, version } in std::iter::once(esdk).chain(program) {
        if let Ok(metadata) = FrameworkMetadata::new(name, Some(version)) {
            loader = loader.framework_metadata(metadata);
        }
    }
    let mut provider_config = ProviderConfig::without_region()
        .with_region(Some(region))
        .with_retry_config(limits.retries())
        .with_timeout_config(limits.timeouts());
    if let Some(client) = trusting {
        provider_config = provider_config.with_http_client(client.clone());
        loader = loader.http_client(client);
    }
    if let Some(profile) = profile {
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&provider_config)
            .profile_name(&profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    loader.load().await
}

/// The same configuration with the credentials of a role, which those of `config` assume.
pub(super) async fn with_role(config: SdkConfig, role: KmsRole) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(role.arn)
        .configure(&config)
        .session_name(role.session_name.unwrap_or_else(|| KmsRole::SESSION_NAME.to_owned()));
    if let Some(external_id) = role.external_id {
        provider = provider.external_id(external_id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    config.into_builder().credentials_provider(provider).build()
}

/// A client for one Region.
pub(super) fn client(config: &SdkConfig, settings: &KmsSettings, region: String) -> aws_sdk_kms::Client {
    let mut builder = aws_sdk_kms::config::Builder::from(config).region(Region::new(region));
    if let Some(url) = &settings.endpoint_url {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_kms::Client::from_conf(builder.build())
}
