//! Opens buckets for every part of the program, with credentials and endpoint from the standard `AWS_*` variables.

#[cfg(feature = "aws")]
pub mod fetch;
#[cfg(feature = "aws")]
pub mod stored;

use object_store::{
    ClientConfigKey,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
};

/// A builder for a bucket, with the environment's credentials and endpoint.
///
/// # Errors
///
/// If the endpoint cannot be used: see [`check_endpoint`].
pub fn bucket(name: &str) -> Result<AmazonS3Builder, String> {
    let builder = with_credentials(AmazonS3Builder::from_env().with_bucket_name(name));
    check_endpoint(&builder)?;
    Ok(builder)
}

/// Lets the SDK find credentials (profiles, SSO, roles) if the environment has no keys.
#[cfg(feature = "aws")]
pub fn with_credentials(builder: AmazonS3Builder) -> AmazonS3Builder {
    // An empty variable is not a key.
    let key = builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId).filter(|key| !key.is_empty());
    match key {
        Some(_) => builder,
        None => {
            builder.with_credentials(std::sync::Arc::new(crate::aws::credentials::SdkCredentials::default()))
        }
    }
}

/// Without the SDK: keys of the environment, or the role of a machine or container.
#[cfg(not(feature = "aws"))]
#[must_use]
pub fn with_credentials(builder: AmazonS3Builder) -> AmazonS3Builder {
    builder
}

/// Checks the endpoint: `object_store` panics at the first request to one without a scheme, and reports plain HTTP as
/// unreachable.
///
/// # Errors
///
/// If it is not an address, or plain HTTP that is not allowed.
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

/// The store's error in one line, in its own words where it has any: the library repeats itself in every cause.
#[must_use]
pub fn said(error: &object_store::Error) -> String {
    let text = error.to_string();
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value)
    };
    let said = match (tag("Code"), tag("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ if text.contains("incorrectly configured region") => ELSEWHERE.to_owned(),
        _ => match text.rsplit_once(NO_CREDENTIALS) {
            // The list of all places where credentials were looked for fills a page.
            Some((_, why)) if why.contains("found in chain") => NO_CREDENTIALS.to_owned(),
            Some((_, why)) => format!("{NO_CREDENTIALS}{why}"),
            None => text,
        },
    };
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The message of the SDK's credentials when there are none.
const NO_CREDENTIALS: &str = "there are no credentials";

/// The message for a bucket that answers only in its own region.
const ELSEWHERE: &str = "the bucket is in another region";

/// What to do about an error of the store, by what it [`said`].
#[must_use]
pub fn hint(said: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["NoSuchBucket"]) {
        Some("check the bucket's name, and that AWS_ENDPOINT_URL is not set to anything but AWS")
    } else if says(&[ELSEWHERE, "PermanentRedirect", "AuthorizationHeaderMalformed"]) {
        Some("set AWS_REGION to the bucket's region")
    } else if says(&["AccessDenied"]) {
        Some(
            "allow `s3:ListBucket` on the bucket and `s3:GetObject` on its objects, in the policy of the role or user that \
             runs this and in the bucket's; also `kms:Decrypt`, if a KMS key encrypts them",
        )
    } else if says(&[NO_CREDENTIALS]) {
        Some("set AWS_PROFILE, sign in with `aws sso login`, or give the machine or function a role")
    } else if says(&["ExpiredToken"]) {
        Some("the credentials have expired: sign in again, such as with `aws sso login`")
    } else if says(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"]) {
        Some("AWS does not know these credentials: check AWS_PROFILE, and the keys and their session token")
    } else {
        None
    }
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
