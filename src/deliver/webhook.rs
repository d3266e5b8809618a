//! A webhook's address: a secret that is never shown.

use std::{fmt, net::IpAddr};

use reqwest::Url;

use crate::{
    aws::secrets::{self, SecretError},
    config::{self, SecretLocation, Variable},
};

/// A webhook's address: `https`, or `http` to this machine. It has no `Display`, and its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Why a webhook's address cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The environment variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NotSet(String),
    /// The secret could not be read.
    #[error(transparent)]
    NotRead(#[from] SecretError),
    /// The value is not the address of a webhook.
    #[error("the value of `{place}` is not the address of a webhook: {bad}")]
    Bad {
        /// Where the address should be.
        place: SecretLocation,
        /// What is wrong with it.
        bad: BadWebhook,
    },
}

/// Why a text is not the address of a webhook. The text is not shown: it may be a secret nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhook {
    /// It is JSON without the address.
    #[error("it is JSON, but not an object with the string `url`")]
    NoUrl,
    /// It is not a URL.
    #[error("it is not a URL")]
    NotAUrl,
    /// What is posted could be read in transit.
    #[error("it is not https")]
    NotHttps,
}

impl WebhookError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotSet(name) => Some(format!("set {name} to the webhook's address where this program runs")),
            Self::NotRead(error) => error.hint(),
            Self::Bad { .. } => Some(
                "store the address itself, `https://hooks.slack.com/services/…`, or JSON: `{\"url\": \"https://…\"}`"
                    .to_owned(),
            ),
        }
    }
}

impl WebhookUrl {
    /// Reads the value of a secret: the address itself, or JSON with the address as `url`.
    ///
    /// # Errors
    ///
    /// If it is neither, or what is posted could be read in transit.
    pub fn parse(text: &str) -> Result<Self, BadWebhook> {
        let text = text.trim();
        let url = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => json.get("url").and_then(|url| url.as_str()).ok_or(BadWebhook::NoUrl)?.to_owned(),
            Err(_) => text.to_owned(),
        };
        let url = Url::parse(url.trim()).map_err(|_| BadWebhook::NotAUrl)?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if local => Ok(Self(url)),
            _ => Err(BadWebhook::NotHttps),
        }
    }

    /// The address, for posting to it.
    pub(super) fn secret(&self) -> Url {
        self.0.clone()
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

/// Reads the address from where the configuration says it is stored.
///
/// # Errors
///
/// If it is not there, cannot be read, or is not an address.
pub async fn find(place: &SecretLocation) -> Result<WebhookUrl, WebhookError> {
    let text = match place {
        SecretLocation::SecretsManager(name) => secrets::secret(name).await?,
        SecretLocation::Parameter(name) => secrets::parameter(name).await?,
        SecretLocation::Environment(name) => match config::variable(name) {
            Variable::Set(value) => value,
            Variable::NotSet => return Err(WebhookError::NotSet(name.clone())),
        },
    };
    WebhookUrl::parse(&text).map_err(|bad| WebhookError::Bad { place: place.clone(), bad })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_never_shown() {
        for text in [
            "https://hooks.slack.com/services/T/B/sesame\n",
            "{\"url\": \"https://hooks.slack.com/services/T/B/sesame\"}",
        ] {
            let url = WebhookUrl::parse(text).unwrap();
            assert_eq!(url.secret().as_str(), "https://hooks.slack.com/services/T/B/sesame");
            assert_eq!(format!("{url:?}"), "WebhookUrl(…)");
        }
        assert!(WebhookUrl::parse("http://127.0.0.1:8080/x").is_ok());
        assert!(WebhookUrl::parse("http://[::1]/x").is_ok());
        for (text, bad) in [
            ("http://hooks.slack.com/services/T/B/sesame", BadWebhook::NotHttps),
            ("http://127.0.0.1.example.com/x", BadWebhook::NotHttps),
            ("ftp://localhost/x", BadWebhook::NotHttps),
            ("sesame", BadWebhook::NotAUrl),
            ("", BadWebhook::NotAUrl),
            ("{\"webhook\": \"sesame\"}", BadWebhook::NoUrl),
            ("{\"url\": 7}", BadWebhook::NoUrl),
            ("7", BadWebhook::NoUrl),
        ] {
            assert_eq!(WebhookUrl::parse(text), Err(bad), "{text}");
            assert!(!bad.to_string().contains("sesame"));
        }
    }
}
