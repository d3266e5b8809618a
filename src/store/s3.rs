//! How a bucket is opened, and what S3's errors mean.

use object_store::Error;
#[cfg(feature = "s3")]
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};

use super::error::Trouble;

/// Opens a bucket. Requests are retried for seconds, not for the minutes that reading logs may take: a person waits.
#[cfg(feature = "s3")]
pub(super) fn open(builder: AmazonS3Builder, bucket: &str) -> Result<AmazonS3, String> {
    crate::s3::check_endpoint(&builder)?;
    let retry = object_store::RetryConfig {
        max_retries: 6,
        retry_timeout: std::time::Duration::from_secs(30),
        ..object_store::RetryConfig::default()
    };
    builder
        .with_bucket_name(bucket)
        // Two runs are kept apart by this, so nothing in the environment may switch it off.
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry)
        .build()
        .map_err(|error| error.to_string())
}

/// Where `object_store` looks for credentials if the environment has none: on EC2, in containers, for roles. The last is
/// the text of our own provider, which uses the SDK.
const CREDENTIAL_SERVICES: [&str; 5] = [
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "AssumeRoleWithWebIdentity",
    "there are no credentials",
];

/// Classifies an error. Some of S3's causes are only a code in the text of its answer.
pub(super) fn trouble(error: &Error) -> Trouble {
    let text = error.to_string();
    let says = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
    if says(&["NoSuchBucket"]) {
        Trouble::NoBucket
    } else if says(&["AWS_PROFILE names the profile"]) {
        Trouble::NoProfile
    } else if says(&["AccessDenied"]) && says(&["kms:"]) {
        Trouble::Key
    } else if says(&CREDENTIAL_SERVICES) {
        Trouble::NoCredentials
    } else if says(&["PermanentRedirect", "AuthorizationHeaderMalformed", "incorrectly configured region"]) {
        Trouble::Region
    } else if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
        Trouble::Denied
    } else if is_unreachable(error) {
        Trouble::Unreachable
    } else {
        Trouble::Other
    }
}

/// Whether the cause of an error is that nothing answered.
#[cfg(feature = "s3")]
fn is_unreachable(error: &Error) -> bool {
    use object_store::client::HttpError;
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).any(|error| error.is::<HttpError>())
}

#[cfg(not(feature = "s3"))]
fn is_unreachable(_: &Error) -> bool {
    false
}
