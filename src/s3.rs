//! How every part of the program opens a bucket: credentials and endpoint from the standard `AWS_*` variables.

#[cfg(feature = "aws")]
pub mod fetch;
#[cfg(feature = "aws")]
pub mod stored;

use object_store::{
    ClientConfigKey,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
};

/// What opens a bucket, with the environment's credentials and endpoint.
///
/// # Errors
///
/// If the endpoint cannot be used: see [`check_endpoint`].
pub fn bucket(name: &str) -> Result<AmazonS3Builder, String> {
    let builder = with_credentials(AmazonS3Builder::from_env().with_bucket_name(name));
    check_endpoint(&builder)?;
    Ok(builder)
}

/// Where the environment has no keys, the SDK looks for them: in profiles, by SSO, with roles.
#[cfg(feature = "aws")]
pub fn with_credentials(builder: AmazonS3Builder) -> AmazonS3Builder {
    let key = builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId);
    match key {
        Some(_) => builder,
        None => {
            builder.with_credentials(std::sync::Arc::new(crate::aws::credentials::SdkCredentials::default()))
        }
    }
}

/// Without the SDK: keys of the environment, and what a machine or container has.
#[cfg(not(feature = "aws"))]
#[must_use]
pub fn with_credentials(builder: AmazonS3Builder) -> AmazonS3Builder {
    builder
}

/// Says what is wrong with the endpoint: `object_store` panics at the first request to one without a scheme, and says of
/// plain HTTP that nothing answers.
///
/// # Errors
///
/// If it is no address, or plain HTTP where that is not allowed.
pub fn check_endpoint(builder: &AmazonS3Builder) -> Result<(), String> {
    let is_http_allowed = builder
        .get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp))
        .is_some_and(|allowed| allowed == "true");
    for key in [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint] {
        let Some(endpoint) = builder.get_config_value(&key) else { continue };
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            return Err(format!(
                "the endpoint `{endpoint}` (`AWS_ENDPOINT_URL`) is not an http or https address"
            ));
        }
        if endpoint.starts_with("http://") && !is_http_allowed {
            return Err(format!(
                "the endpoint `{endpoint}` is plain HTTP, which needs `AWS_ALLOW_HTTP=true`"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_needs_a_scheme_and_permission_for_plain_http() {
        let of = |endpoint: &str, http| {
            check_endpoint(&AmazonS3Builder::new().with_endpoint(endpoint).with_allow_http(http))
        };
        assert!(of("localhost:4566", true).unwrap_err().contains("is not an http or https address"));
        assert!(of("http://localhost:4566", false).unwrap_err().contains("AWS_ALLOW_HTTP"));
        assert_eq!(of("http://localhost:4566", true), Ok(()));
        assert_eq!(of("https://s3.example.com", false), Ok(()));
    }
}
