//! Secrets from Secrets Manager and Parameter Store. No message contains a secret's text.

use super::{Failure, call::sent, region, sdk_config};

/// A secret that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The call failed.
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
                Some("check its name, and that it is in the region of AWS_REGION and the account of the credentials".to_owned())
            }
            "DecryptionFailure" | "InvalidKeyId" => Some(format!(
                "allow `kms:Decrypt` with the key that encrypts it, besides `{action}`"
            )),
            _ => failure.hint(action),
        }
    }
}

/// The region in an ARN, so that a secret of another region is read there.
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

/// The value of a parameter of Parameter Store, by name or ARN, decrypted if necessary.
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
