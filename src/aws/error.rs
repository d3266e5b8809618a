//! What an AWS service says when it refuses, in words a person can act on.

use aws_sdk_glue::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed for {thing}: {reason}")]
pub struct AwsError {
    /// Such as `glue:GetTable`: also the permission that it needs.
    pub operation: &'static str,
    /// What it was for.
    pub thing: String,
    /// What the service, or the way to it, said.
    pub reason: String,
    /// The service's code; empty if it did not answer.
    pub code: String,
    /// What to do.
    pub hint: Option<String>,
}

/// The service's answer, as an error of ours.
pub(super) fn failed<E>(operation: &'static str, thing: &str, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let reason = match (&error, error.message()) {
        (SdkError::ServiceError(_), Some(message)) if code.is_empty() => message.to_owned(),
        (SdkError::ServiceError(_), Some(message)) => format!("{code}: {message}"),
        (SdkError::ServiceError(_), None) if !code.is_empty() => code.clone(),
        _ => DisplayErrorContext(&error).to_string(),
    };
    let hint = hint(operation, &code, &reason, &error);
    AwsError { operation, thing: thing.to_owned(), reason, code, hint }
}

fn hint<E>(operation: &str, code: &str, reason: &str, error: &SdkError<E, HttpResponse>) -> Option<String> {
    if reason.contains("Lake Formation") {
        return Some(
            "Lake Formation guards this database: grant the role DESCRIBE, ALTER and CREATE_TABLE there"
                .to_owned(),
        );
    }
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation"
            if operation.starts_with("organizations:") =>
        {
            Some(format!(
                "allow `{operation}` in the management account or a delegated administrator's, or list the accounts under \
                 `[[accounts]]` in the configuration"
            ))
        }
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => {
            Some(format!("allow the role `{operation}`"))
        }
        "AWSOrganizationsNotInUseException" => Some(
            "this account is in no organization: list the accounts under `[[accounts]]` in the configuration"
                .to_owned(),
        ),
        "ExpiredTokenException" | "ExpiredToken" | "UnrecognizedClientException" | "InvalidClientTokenId" => {
            Some("the credentials are not valid, or no longer: sign in again".to_owned())
        }
        _ => match error {
            SdkError::ConstructionFailure(_) => {
                Some("set a region (`AWS_REGION`) and credentials".to_owned())
            }
            SdkError::DispatchFailure(_) => {
                Some("check the region, the network, and that there are credentials".to_owned())
            }
            _ => None,
        },
    }
}
