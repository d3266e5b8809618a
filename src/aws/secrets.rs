//! Secrets: from Secrets Manager and from the parameter store. A secret's text appears in no message.

use super::{Failure, call::sent, region, sdk_config};

/// A secret that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Asking failed.
    #[error("cannot read {kind} `{name}`")]
    NotRead {
        /// What it is: `secret` or `parameter`.
        kind: &'static str,
        /// Its name or ARN.
        name: String,
        /// Why.
        #[source]
        failure: Failure,
    },
    /// It is there, but it is not text.
    #[error("secret `{0}` holds bytes, not text")]
    NotText(String),
}

impl SecretError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let Self::NotRead { kind, failure, .. } = self else {
            return Some("store it again as text".to_owned());
        };
        let action = if *kind == "secret" { "secretsmanager:GetSecretValue" } else { "ssm:GetParameter" };
        match failure.code() {
            "ResourceNotFoundException" | "ParameterNotFound" => {
                Some("check its name, and that it lies in the region and account that AWS_REGION and the credentials name".to_owned())
            }
            "DecryptionFailure" | "InvalidKeyId" => Some(format!(
                "allow `kms:Decrypt` with the key that it is encrypted with, besides `{action}`"
            )),
            _ => failure.hint(action),
        }
    }
}

/// The region that an ARN names, so that a secret elsewhere is asked for where it is.
fn region_of(name: &str) -> Option<&str> {
    name.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}

/// The text of a secret of Secrets Manager, by name or ARN.
///
/// # Errors
///
/// If it cannot be read or is not text.
pub async fn secret(name: &str) -> Result<String, SecretError> {
    let failed = |failure| SecretError::NotRead { kind: "secret", name: name.to_owned(), failure };
    let config = sdk_config(region_of(name)).await;
    region(&config).map_err(failed)?;
    let client = aws_sdk_secretsmanager::Client::new(&config);
    let request = client.get_secret_value().secret_id(name);
    let answer =
        sent("secretsmanager:GetSecretValue", name, |tries| request.customize().interceptor(tries).send());
    let answer = answer.await.map_err(|error| failed(Failure::of(&error)))?;
    answer.secret_string.ok_or_else(|| SecretError::NotText(name.to_owned()))
}

/// The value of a parameter of the parameter store, by name or ARN, decrypted if need be.
///
/// # Errors
///
/// If it cannot be read.
pub async fn parameter(name: &str) -> Result<String, SecretError> {
    let failed = |failure| SecretError::NotRead { kind: "parameter", name: name.to_owned(), failure };
    let config = sdk_config(region_of(name)).await;
    region(&config).map_err(failed)?;
    let client = aws_sdk_ssm::Client::new(&config);
    let request = client.get_parameter().name(name).with_decryption(true);
    let answer = sent("ssm:GetParameter", name, |tries| request.customize().interceptor(tries).send());
    let answer = answer.await.map_err(|error| failed(Failure::of(&error)))?;
    Ok(answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default())
}
