//! A call to a service of AWS that failed: which, for what, why, and what to do.

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
    /// What it was for.
    pub thing: String,
    /// Why.
    pub failure: Failure,
    /// What to do.
    pub hint: Option<String>,
}

impl AwsError {
    /// Whether the service has too much to do for now: the same call may be answered later.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        matches!(self.failure.code(), "TooManyRequestsException" | "ThrottlingException")
    }

    /// Whether it is the statement that the service refuses, rather than the call: Trino names a place in it.
    #[must_use]
    pub fn is_of_statement(&self) -> bool {
        matches!(&self.failure, Failure::Refused { code, said }
            if code == "InvalidRequestException" && said.starts_with("line "))
    }

    /// Whether the result of a statement is not there any more: deleted, or kept by Athena for its 24 hours.
    #[must_use]
    pub fn is_of_lost_result(&self) -> bool {
        matches!(&self.failure, Failure::Refused { code, said }
            if code == "InvalidRequestException" && said.contains("Could not find results"))
    }

    /// Whether the same call may be answered when it is made again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let of_service = ["InternalServerException", "InternalFailure", "ServiceUnavailableException"];
        matches!(self.failure, Failure::TimedOut | Failure::Unreachable(_))
            || self.is_crowded()
            || of_service.contains(&self.failure.code())
    }

    /// A call that the service answered, but not for this thing.
    pub(super) fn untold(operation: &'static str, thing: &str, code: &str, said: &str) -> Self {
        let failure = Failure::Refused { code: visible(code), said: visible(said.trim_end_matches('.')) };
        let hint = hint(operation, &failure).or_else(|| failure.hint(operation));
        Self { operation, thing: thing.to_owned(), failure, hint }
    }

    /// A call whose answer is of no use, or that could not be made.
    pub(super) fn unusable(operation: &'static str, thing: &str, reason: String) -> Self {
        Self { operation, thing: thing.to_owned(), failure: Failure::Unusable(reason), hint: None }
    }
}

/// The service's answer, as an error of ours.
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
            "Lake Formation guards this database: grant the role DESCRIBE, ALTER and CREATE_TABLE there"
                .to_owned(),
        );
    }
    match code.as_str() {
        // The accounts may be listed in the configuration; the id is asked for even so.
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
