//! AWS in our words: thin clients over the SDKs, which are used nowhere else.

pub mod athena;
mod error;
pub mod glue;
pub mod objects;
pub mod organizations;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

pub use error::AwsError;

/// Region, credentials and endpoint as everybody configures them: environment, profile, or the role of the machine.
pub async fn sdk_config(region: Option<&str>) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    loader.load().await
}
