//! Delivery: a brief to every configured channel, with a receipt or a reason for each.
//!
//! One channel that fails stops no other. Nothing here decides what a failure means for the schedule, and nothing here
//! is remembered: that is the caller's. Rendering is `render`'s, AWS is `aws`'s.

mod mail;
pub mod slack;
mod trial;
pub mod webhook;

use futures::future::join_all;

use crate::{
    aws,
    config::Channel,
    domain::brief::Brief,
    render::{self, RenderError},
};

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
    /// It could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// SES did not take it.
    #[error(transparent)]
    Mail(#[from] aws::mail::MailError),
    /// There is no address to post to.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Slack did not take it.
    #[error(transparent)]
    Slack(#[from] SlackError),
}

impl DeliveryError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Render(_) => None,
            Self::Mail(error) => error.hint(),
            Self::Webhook(error) => error.hint(),
            Self::Slack(error) => Some(error.hint().to_owned()),
        }
    }
}

/// Sends a brief to channels, to all at the same time.
pub async fn deliver(brief: &Brief, channels: &[&Channel]) -> Vec<Delivery> {
    let one = async |channel: &Channel| Delivery {
        channel: channel.name(),
        outcome: match channel {
            Channel::Mail(to) => by_mail(brief, to).await,
            Channel::Slack(to) => by_slack(brief, to).await,
        },
    };
    join_all(channels.iter().map(|channel| one(channel))).await
}

async fn by_mail(brief: &Brief, mail: &crate::config::Mail) -> Result<String, DeliveryError> {
    let message = compose(brief, mail)?;
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

async fn by_slack(brief: &Brief, slack: &crate::config::Slack) -> Result<String, DeliveryError> {
    let place = &slack.webhook.value;
    let url = webhook::find(place).await?;
    slack::post(&url, render::slack(brief), Patience::default()).await?;
    Ok(format!("to the webhook of {place}"))
}
