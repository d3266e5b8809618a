//! Thin clients of AWS services, one file per service.
//!
//! The SDK's crates are used here and nowhere else. Region, credentials, profile and endpoint come from the environment
//! as usual (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, …); nothing here reads our own
//! configuration.

pub mod athena;
mod call;
pub mod credentials;
mod error;
mod failure;
pub mod function;
pub mod glue;
pub mod mail;
pub mod organizations;
pub mod partition;
pub mod profile;
pub mod secrets;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

pub use aws_config::SdkConfig;
pub use error::AwsError;
pub use failure::Failure;

/// The configuration of every client; `region` overrides the environment's.
pub async fn sdk_config(region: Option<&str>) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(60))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts);
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    // An empty variable names no region.
    match config.region() {
        Some(region) if region.as_ref().is_empty() => config.into_builder().region(None::<Region>).build(),
        _ => config,
    }
}

/// The region that calls go to, or the failure that there is none.
fn region(config: &SdkConfig) -> Result<String, Failure> {
    let region = config.region().map(|region| region.as_ref().to_owned());
    region.filter(|region| !region.is_empty()).ok_or(Failure::NoRegion)
}
