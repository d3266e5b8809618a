//! The SDK's credentials for `object_store`, which supports neither profiles nor sign-in by SSO.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_sdk_glue::config::{Credentials, ProvideCredentials as _};
use object_store::{CredentialProvider, Error, Result, aws::AwsCredential};
use tokio::sync::{Mutex, OnceCell};

use super::SdkConfig;

/// Credentials that expire within this time are renewed.
const MARGIN: Duration = Duration::from_secs(300);

/// Credentials from profiles, SSO, or the role of a machine or container: whatever the SDK finds.
#[derive(Debug, Default)]
pub struct SdkCredentials {
    config: OnceCell<SdkConfig>,
    last: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

#[async_trait]
impl CredentialProvider for SdkCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        if let Some((credential, end)) = &*last
            && end.is_none_or(|end| end > SystemTime::now() + MARGIN)
        {
            return Ok(credential.clone());
        }
        let found =
            self.load().await.map_err(|error| Error::Generic { store: "S3", source: error.into() })?;
        let credential = Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        });
        *last = Some((credential.clone(), found.expiry()));
        Ok(credential)
    }
}

impl SdkCredentials {
    async fn load(&self) -> Result<Credentials, String> {
        let config = self.config.get_or_init(|| super::sdk_config(None)).await;
        let provider = config.credentials_provider().ok_or("there are no credentials")?;
        provider.provide_credentials().await.map_err(|error| {
            if let Some(profile) = super::profile::missing() {
                return format!("there are no credentials: {}", super::Failure::NoProfile(profile));
            }
            let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
            let last = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
            format!("there are no credentials: {last}")
        })
    }
}
