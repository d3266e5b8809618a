//! Why a call to AWS failed, in the few kinds that need different actions.

use std::error::Error;

use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};

use super::profile;
use crate::domain::untrusted::visible;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No region is configured.
    #[error("no region is configured")]
    NoRegion,
    /// No credentials were found.
    #[error("there are no credentials")]
    NoCredentials,
    /// `AWS_PROFILE` names a profile that no file defines.
    #[error("AWS_PROFILE names the profile `{0}`, which does not exist")]
    NoProfile(String),
    /// The service did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The service could not be reached, or its answer could not be read.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Something answered, but not an AWS service.
    #[error("the answer does not come from AWS")]
    NotAws,
    /// The answer is unusable, or the call could not be built.
    #[error("{0}")]
    Unusable(String),
    /// The service answered and refused.
    #[error("{said} ({code})")]
    Refused {
        /// The service's code, such as `MessageRejected`.
        code: String,
        /// What the service says.
        said: String,
    },
}

impl Failure {
    /// The service's code; empty if it gave none.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            _ => "",
        }
    }

    /// What to do about it, whatever the service; `action` is the permission that the call needs, such as
    /// `ses:SendRawEmail`.
    #[must_use]
    pub fn hint(&self, action: &str) -> Option<String> {
        let hint = match self {
            Self::NoRegion => "set AWS_REGION",
            Self::NoCredentials => {
                "set AWS_PROFILE, sign in with `aws sso login`, or give the machine or function a role"
            }
            Self::NoProfile(_) => "correct AWS_PROFILE: `aws configure list-profiles` lists the profiles",
            Self::TimedOut | Self::Unreachable(_) => {
                "check the region, AWS_ENDPOINT_URL and the route to the network (NAT gateway, VPC endpoint)"
            }
            Self::Unusable(_) => return None,
            Self::NotAws => "check AWS_ENDPOINT_URL, and that no proxy answers in its place",
            Self::Refused { code, .. } => match code.as_str() {
                "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
                    return Some(format!(
                        "allow `{action}` in the policy of the role or user that runs this"
                    ));
                }
                "ExpiredToken" | "ExpiredTokenException" => {
                    "the credentials have expired: sign in again, such as with `aws sso login`"
                }
                "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
                    "AWS does not know these credentials: check AWS_PROFILE, and the keys and their session token"
                }
                _ => return None,
            },
        };
        Some(hint.to_owned())
    }

    /// The failure of a call. It repeats nothing that was sent.
    pub(super) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug,
    {
        if let Some(refused) = error.as_service_error() {
            let Some(code) = refused.code() else { return Self::NotAws };
            let said = refused.message().unwrap_or("the service gives no reason");
            return Self::Refused { code: visible(code), said: visible(said.trim_end_matches('.')) };
        }
        if matches!(error, SdkError::TimeoutError(_)) {
            return Self::TimedOut;
        }
        let chain: Vec<String> = std::iter::successors(error.source(), |cause| (*cause).source())
            .map(ToString::to_string)
            .collect();
        let about = |words: &[&str]| chain.iter().any(|text| words.iter().any(|word| text.contains(word)));
        if about(&["credential", "identity"]) {
            profile::missing().map_or(Self::NoCredentials, Self::NoProfile)
        } else if about(&["Missing Region", "missing signing region"]) {
            Self::NoRegion
        } else {
            Self::Unreachable(chain.last().map(|cause| visible(cause)).unwrap_or_default())
        }
    }
}
