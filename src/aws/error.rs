//! A failed call to an AWS service: which operation, on what, why, and what to do.

use std::error::Error;

use aws_sdk_glue::error::{ProvideErrorMetadata, SdkError};

use super::Failure;
use crate::domain::untrusted::visible;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed for {thing}: {failure}")]
pub struct AwsError {
    /// Such as `glue:GetTable`: also the permission that it needs.
    pub operation: &'static str,
    /// What it was called for.
    pub thing: String,
    /// Why.
    pub failure: Failure,
    /// What to do.
    pub hint: Option<String>,
}

impl AwsError {
    /// Whether the service throttles: the same call may succeed later.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.failure.code(), "TooManyRequestsException" | "ThrottlingException")
    }

    /// Whether Athena refuses the statement rather than the call: then the message names a line in it.
    #[must_use]
    pub fn is_of_statement(&self) -> bool {
        matches!(&self.failure, Failure::Refused { code, said }
            if code == "InvalidRequestException" && said.starts_with("line "))
    }

    /// Whether the result of a statement does not exist any more: deleted, or older than the 24 hours that Athena keeps it.
    #[must_use]
    pub fn is_of_lost_result(&self) -> bool {
        matches!(&self.failure, Failure::Refused { code, said }
            if code == "InvalidRequestException" && said.contains("Could not find results"))
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let of_service = ["InternalServerException", "InternalFailure", "ServiceUnavailableException"];
        matches!(self.failure, Failure::TimedOut | Failure::Unreachable(_))
            || self.is_throttled()
            || of_service.contains(&self.failure.code())
    }

    /// A call that the service answered, but not for this item.
    pub(super) fn not_reported(operation: &'static str, thing: &str, code: &str, said: &str) -> Self {
        let failure = Failure::Refused { code: visible(code), said: visible(said.trim_end_matches('.')) };
        let hint = hint(operation, &failure).or_else(|| failure.hint(operation));
        Self { operation, thing: thing.to_owned(), failure, hint }
    }

    /// A call whose answer is unusable, or that could not be made.
    pub(super) fn unusable(operation: &'static str, thing: &str, reason: String) -> Self {
        Self { operation, thing: thing.to_owned(), failure: Failure::Unusable(reason), hint: None }
    }
}

/// The SDK's error as an [`AwsError`].
pub(super) fn failed<E, R>(operation: &'static str, thing: &str, error: &SdkError<E, R>) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    let failure = Failure::of(error);
    let hint = hint(operation, &failure).or_else(|| failure.hint(operation));
    AwsError { operation, thing: thing.to_owned(), failure, hint }
}

fn hint(operation: &str, failure: &Failure) -> Option<String> {
    let Failure::Refused { code, said } = failure else { return None };
    if said.contains("Lake Formation") {
        return Some(
            "Lake Formation controls this database: grant the role DESCRIBE, ALTER and CREATE_TABLE there"
                .to_owned(),
        );
    }
    match code.as_str() {
        // The id is needed even if the configuration lists the accounts.
        "AccessDeniedException" if operation == "organizations:DescribeOrganization" => Some(
            "set `organization` in `[table]` to the organization's id (`o-…`), or allow `organizations:DescribeOrganization`"
                .to_owned(),
        ),
        "AWSOrganizationsNotInUseException" if operation == "organizations:DescribeOrganization" => Some(
            "this account is in no organization: set `trail = \"account\"` in `[table]`; or `organization`, if the bucket \
             holds the logs of one"
                .to_owned(),
        ),
        "AccessDeniedException" if operation.starts_with("organizations:") => Some(format!(
            "allow `{operation}` in the management account or a delegated administrator's, or list the accounts under \
             `[[accounts]]` in the configuration"
        )),
        "AWSOrganizationsNotInUseException" => Some(
            "this account is in no organization: list the accounts under `[[accounts]]` in the configuration"
                .to_owned(),
        ),
        _ => None,
    }
}
