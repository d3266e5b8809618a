//! Delivery: a brief to every configured channel, with a receipt or a reason for each.
//!
//! Nothing here decides what a failure means for the schedule, and nothing here is remembered: that is the caller's.
//! Rendering is `render`'s, AWS is `aws`'s.

mod mail;
pub mod slack;
mod trial;
pub mod webhook;

use std::time::Instant;

use crate::{aws, config::Channel, domain::letter::Letter};

pub use mail::{Message, compose};
pub use trial::trial;

use slack::{Patience, SlackError};
use webhook::WebhookError;

/// What became of a brief at one channel.
#[derive(Debug)]
pub struct Delivery {
    /// The channel's name: `mail` or `slack`.
    pub channel: &'static str,
    /// What the channel says, for people: who got it, and its id there. Or why nobody did.
    pub outcome: Result<String, DeliveryError>,
}

/// A brief that a channel did not get.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// SES did not take it.
    #[error(transparent)]
    Mail(#[from] aws::mail::MailError),
    /// There is no address to post to.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Slack did not take it.
    #[error(transparent)]
    Slack(#[from] SlackError),
    /// The time of the invocation is over; the channel may have taken it all the same.
    #[error("it did not answer before the invocation's time was over")]
    Late,
}

impl DeliveryError {
    /// Whether the channel may have got it all the same.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Mail(error) => error.is_uncertain(),
            Self::Webhook(_) => false,
            Self::Slack(error) => error.is_uncertain(),
            Self::Late => true,
        }
    }

    /// Whether the channel works and it is this brief that it does not take: a plainer one may arrive.
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
                Some("look into the channel: it may be there; give the function more time".to_owned())
            }
        }
    }
}

/// Sends a letter to a channel, until this moment at the latest if there is one.
pub async fn deliver(letter: &Letter, channel: &Channel, until: Option<Instant>) -> Delivery {
    let sent = async {
        match channel {
            Channel::Mail(to) => by_mail(letter, to).await,
            Channel::Slack(to) => by_slack(letter, to).await,
        }
    };
    let outcome = match until {
        None => sent.await,
        Some(until) => tokio::time::timeout_at(until.into(), sent).await.unwrap_or(Err(DeliveryError::Late)),
    };
    Delivery { channel: channel.name(), outcome }
}

async fn by_mail(letter: &Letter, mail: &crate::config::Mail) -> Result<String, DeliveryError> {
    let message = compose(letter, mail);
    let to: Vec<String> = mail.to.value.iter().map(|address| address.email().to_owned()).collect();
    let receipt = match to.as_slice() {
        [one] => one.clone(),
        many => format!("{} recipients", many.len()),
    };
    let envelope = aws::mail::Envelope {
        from: mail.from.value.email(),
        to,
        configuration_set: mail.configuration_set.as_ref().map(|name| name.value.as_str()),
        message: message.raw,
    };
    let region = mail.region.as_ref().map(|region| region.value.as_str());
    let id = aws::mail::send(region, envelope).await?;
    Ok(format!("to {receipt}, SES message {id}"))
}

async fn by_slack(letter: &Letter, slack: &crate::config::Slack) -> Result<String, DeliveryError> {
    let place = &slack.webhook.value;
    let url = webhook::find(place).await?;
    slack::post(&url, letter.slack.clone(), Patience::default()).await?;
    Ok(format!("to the webhook of {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::webhook::BadWebhook;

    #[test]
    fn only_what_a_channel_may_have_taken_is_uncertain() {
        let place = crate::config::SecretPlace::Environment("HOOK".to_owned());
        for (error, uncertain, about_content, hint) in [
            (DeliveryError::Late, true, false, "give the function more time"),
            (WebhookError::NotSet("HOOK".to_owned()).into(), false, false, "HOOK"),
            (
                WebhookError::Bad { place, bad: BadWebhook::NotHttps }.into(),
                false,
                false,
                "https://hooks.slack.com",
            ),
            (SlackError::TimedOut(std::time::Duration::ZERO).into(), true, false, "look into the channel"),
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
