//! Delivers a message to a channel and returns a receipt or an error.
//!
//! Nothing here decides what a failure means for the schedule, and nothing is remembered: the caller does both.
//! `render` writes the messages, `aws` talks to SES.

mod mail;
pub mod slack;
mod trial;
pub mod webhook;

use std::time::Instant;

use crate::{aws, config::Channel, domain::message::Message};

pub use mail::{MimeMail, compose};
pub use trial::trial;

use slack::{Patience, SlackError};
use webhook::WebhookError;

/// What became of a message at one channel.
#[derive(Debug)]
pub struct Delivery {
    /// The channel's name: `mail` or `slack`.
    pub channel: &'static str,
    /// The receipt, for people: the recipients and the message's id in the channel. Or why it was not delivered.
    pub outcome: Result<String, DeliveryError>,
}

/// Why a message was not delivered to a channel.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// SES did not take it.
    #[error(transparent)]
    Mail(#[from] aws::mail::MailError),
    /// The webhook's address cannot be found.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Slack did not take it.
    #[error(transparent)]
    Slack(#[from] SlackError),
    /// The invocation's time is over. The message may have arrived.
    #[error("it did not answer before the invocation's time was over")]
    Late,
}

impl DeliveryError {
    /// Whether the message may have arrived.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Mail(error) => error.is_uncertain(),
            Self::Webhook(_) => false,
            Self::Slack(error) => error.is_uncertain(),
            Self::Late => true,
        }
    }

    /// Whether the channel works but refuses the content of this message: a plainer one may be taken.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        match self {
            Self::Mail(error) => error.is_about_content(),
            Self::Slack(error) => error.is_about_content(),
            Self::Webhook(_) | Self::Late => false,
        }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Mail(error) => error.hint(),
            Self::Webhook(error) => error.hint(),
            Self::Slack(error) => Some(error.hint().to_owned()),
            Self::Late => {
                Some("check the channel, the message may be there; give the function more time".to_owned())
            }
        }
    }
}

/// Sends a message to a channel. Gives up at `until`, if there is such a moment.
pub async fn deliver(message: &Message, channel: &Channel, until: Option<Instant>) -> Delivery {
    let sent = async {
        match channel {
            Channel::Mail(to) => by_mail(message, to).await,
            Channel::Slack(to) => by_slack(message, to).await,
        }
    };
    let outcome = match until {
        None => sent.await,
        Some(until) => tokio::time::timeout_at(until.into(), sent).await.unwrap_or(Err(DeliveryError::Late)),
    };
    Delivery { channel: channel.name(), outcome }
}

async fn by_mail(message: &Message, mail: &crate::config::Mail) -> Result<String, DeliveryError> {
    let mime = compose(message, mail);
    let to: Vec<String> = mail.to.value.iter().map(|address| address.email().to_owned()).collect();
    let receipt = match to.as_slice() {
        [one] => one.clone(),
        many => format!("{} recipients", many.len()),
    };
    let envelope = aws::mail::Envelope {
        from: mail.from.value.email(),
        to,
        configuration_set: mail.configuration_set.as_ref().map(|name| name.value.as_str()),
        message: mime.raw,
    };
    let region = mail.region.as_ref().map(|region| region.value.as_str());
    let id = aws::mail::send(region, envelope).await?;
    Ok(format!("to {receipt}, SES message {id}"))
}

async fn by_slack(message: &Message, slack: &crate::config::Slack) -> Result<String, DeliveryError> {
    let place = &slack.webhook.value;
    let url = webhook::find(place).await?;
    slack::post(&url, message.slack.clone(), Patience::default()).await?;
    Ok(format!("to the webhook of {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::webhook::BadWebhook;

    #[test]
    fn only_what_a_channel_may_have_taken_is_uncertain() {
        let place = crate::config::SecretLocation::Environment("HOOK".to_owned());
        for (error, uncertain, about_content, hint) in [
            (DeliveryError::Late, true, false, "give the function more time"),
            (WebhookError::NotSet("HOOK".to_owned()).into(), false, false, "HOOK"),
            (
                WebhookError::Bad { place, bad: BadWebhook::NotHttps }.into(),
                false,
                false,
                "https://hooks.slack.com",
            ),
            (SlackError::TimedOut(std::time::Duration::ZERO).into(), true, false, "check the channel"),
            (SlackError::Refused("invalid_blocks".to_owned()).into(), false, true, "report it"),
            (SlackError::Limited.into(), false, false, "a few minutes"),
        ] {
            assert_eq!(
                (error.is_uncertain(), error.is_about_content()),
                (uncertain, about_content),
                "{error}"
            );
            assert!(error.hint().is_some_and(|given| given.contains(hint)), "{error}: {:?}", error.hint());
        }
    }
}
