//! Opens buckets for every part of the program, with credentials and endpoint from the standard `AWS_*` variables.

pub mod endpoint;
#[cfg(feature = "aws")]
pub mod fetch;
pub mod raw_keys;
mod region;
pub mod requests;
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
    let builder = endpoint::with_endpoint(builder).with_http_connector(region::NamedRegion);
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
    let builder = if endpoint.is_some_and(|url| is_on_loopback(&url)) {
        builder.with_allow_http(true)
    } else {
        builder
    };
    check_endpoint(&builder)?;
    Ok(builder)
}

/// Whether an endpoint is on this machine: plain HTTP does not leave it.
fn is_on_loopback(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or(rest);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    ["127.0.0.1", "localhost", "[::1]"].into_iter().any(|host| {
        authority
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
    })
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
        (Some(_), Some(message)) if message.starts_with(region::IN_REGION) => message.to_owned(),
        (Some(code), Some(message)) => format!("{code}: {message}"),
        // The address of a machine's role, where `object_store` looks last.
        _ if text.contains("169.254.169.254") => NO_CREDENTIALS.to_owned(),
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

/// What is wrong, if it is something that a person can do something about: then the library's own words add nothing.
#[must_use]
pub fn known(error: &object_store::Error) -> Option<String> {
    Some(said(error)).filter(|said| hint(said).is_some())
}

/// The error of one object or folder in one sentence that says what to do, if there is something to do about it.
#[must_use]
pub fn explained(error: &object_store::Error) -> String {
    let said = said(error);
    if said.starts_with("InvalidObjectState") {
        return "it is archived (S3 Glacier): restore it with `aws s3api restore-object`, then run again"
            .to_owned();
    }
    if let Some(key) = key_of(&said) {
        return format!("`{key}` encrypts it, and these credentials may not use that key: {ALLOW_KEY}");
    }
    match hint(&said) {
        Some(hint) => format!("{said}; {hint}"),
        None => said,
    }
}

/// The KMS key that may not be used, by what the store said.
fn key_of(said: &str) -> Option<&str> {
    let is_denied = said.starts_with("AccessDenied") && said.contains("kms:Decrypt");
    let arn = said.split_whitespace().find(|word| word.starts_with("arn:") && word.contains(":kms:"));
    is_denied.then(|| arn.unwrap_or("a KMS key").trim_matches(['"', '.', ',']))
}

/// What to do if a KMS key may not be used.
const ALLOW_KEY: &str =
    "allow `kms:Decrypt` in the policy of the role or user that runs this, and in the key's";

/// The message of the SDK's credentials when there are none.
const NO_CREDENTIALS: &str = "there are no credentials";

/// How the message about a profile that does not exist begins.
const NO_PROFILE: &str = "AWS_PROFILE names the profile";

/// What to do if a profile does not exist.
const NAME_PROFILE: &str = "correct AWS_PROFILE: `aws configure list-profiles` lists the profiles";

/// What to do if there are none.
#[cfg(feature = "aws")]
const GIVE_CREDENTIALS: &str =
    "set AWS_PROFILE, sign in with `aws sso login`, or give the machine or function a role";
/// What to do if there are none, where nothing reads profiles.
#[cfg(not(feature = "aws"))]
const GIVE_CREDENTIALS: &str = "this build reads no profiles, only the `AWS_*` variables and the role of a machine: set the \
                                variables that `aws configure export-credentials --format env` prints";

/// The message for a bucket that answers only in its own region.
const ELSEWHERE: &str = "the bucket is in another region";

/// What to do about an error of the store, by what it [`said`].
#[must_use]
pub fn hint(said: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["NoSuchBucket"]) {
        Some("check the bucket's name, and that AWS_ENDPOINT_URL is not set to anything but AWS")
    } else if says(&[region::IN_REGION]) {
        Some("set AWS_REGION to that region")
    } else if says(&[ELSEWHERE, "PermanentRedirect", "AuthorizationHeaderMalformed"]) {
        Some("set AWS_REGION to the bucket's region")
    } else if key_of(said).is_some() {
        Some(ALLOW_KEY)
    } else if says(&["AccessDenied"]) {
        Some(
            "allow `s3:ListBucket` on the bucket and `s3:GetObject` on its objects, in the policy of the role or user that \
             runs this and in the bucket's; also `kms:Decrypt`, if a KMS key encrypts them",
        )
    } else if says(&[NO_PROFILE]) {
        Some(NAME_PROFILE)
    } else if says(&[NO_CREDENTIALS]) {
        Some(GIVE_CREDENTIALS)
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

    fn error(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn an_error_says_what_to_do_and_not_what_the_library_did() {
        let xml = |code: &str, message: &str| {
            error(&format!(
                "Client error with status 403: <Error><Code>{code}</Code><Message>{message}</Message></Error>"
            ))
        };
        let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
        for (error, words) in [
            (
                xml("InvalidObjectState", "The operation is not valid"),
                "it is archived (S3 Glacier): restore it",
            ),
            (
                xml(
                    "AccessDenied",
                    &format!("User: x is not authorized to perform: kms:Decrypt on resource: {key} because"),
                ),
                "`arn:aws:kms:us-east-1:123456789012:key/1234abcd` encrypts it, and these credentials may not use that key: allow",
            ),
            (
                xml("PermanentRedirect", "the bucket is in the region `eu-central-1`"),
                "the bucket is in the region `eu-central-1`; set AWS_REGION to that region",
            ),
            (
                error("there are no credentials: AWS_PROFILE names the profile `x`, which does not exist"),
                "there are no credentials: AWS_PROFILE names the profile `x`, which does not exist; correct AWS_PROFILE",
            ),
            (xml("AccessDenied", "Access Denied"), "AccessDenied: Access Denied; allow `s3:ListBucket`"),
            (
                xml("NoSuchBucket", "The specified bucket does not exist"),
                "NoSuchBucket: The specified bucket does not exist; check",
            ),
            (
                error("Error performing PUT http://169.254.169.254/latest/api/token in 5s, after 10 retries"),
                &format!("there are no credentials; {GIVE_CREDENTIALS}"),
            ),
        ] {
            let explained = explained(&error);
            assert!(explained.starts_with(words), "{explained}");
            assert!(!explained.contains("Client error") && !explained.contains("retries"), "{explained}");
        }
    }

    #[test]
    fn plain_http_is_allowed_on_this_machine_alone() {
        for endpoint in ["http://127.0.0.1:9911", "http://localhost", "http://[::1]:80/"] {
            assert!(is_on_loopback(endpoint), "{endpoint}");
        }
        for endpoint in [
            "http://127.0.0.1.example.com",
            "http://localhost:1@example.com",
            "http://192.0.2.1",
            "https://localhost",
        ] {
            assert!(!is_on_loopback(endpoint), "{endpoint}");
        }
    }

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
