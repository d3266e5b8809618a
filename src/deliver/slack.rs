//! Posts to a Slack webhook. Slack's answer decides whether another attempt can help.
//!
//! An answer is shown only if it is one of Slack's words: a proxy's answer may contain the webhook's address.

use std::{error::Error as _, time::Duration};

use reqwest::{Client, StatusCode, header, redirect::Policy};
use tokio::time::sleep;

use super::webhook::WebhookUrl;

/// Slack's words for a message whose content it refuses, whatever the webhook.
const CONTENT: [&str; 8] = [
    "invalid_payload",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "no_text",
    "msg_too_long",
    "msg_blocks_too_long",
    "too_many_attachments",
];

/// How long to wait, and how often to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The longest wait for an answer.
    pub answer: Duration,
    /// The pause after a failure of the network or of Slack; it doubles each time.
    pub pause: Duration,
    /// The longest sum of pauses, even if Slack asks for more.
    pub waits: Duration,
    /// The largest number of attempts.
    pub attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(15),
            pause: Duration::from_secs(1),
            waits: Duration::from_secs(60),
            attempts: 4,
        }
    }
}

/// Why a message was not posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlackError {
    /// The HTTP client could not be made.
    #[error("cannot post to Slack: {0}")]
    NoClient(String),
    /// The webhook's server could not be reached.
    #[error("cannot reach the webhook's server: {0}")]
    Unreachable(String),
    /// It did not answer in time. The message may have arrived.
    #[error("the webhook's server did not answer within {} seconds", .0.as_secs_f32())]
    TimedOut(Duration),
    /// It, or a proxy in between, closed the connection after it got the message, which may have arrived.
    #[error("the webhook's server gave no answer: {0}")]
    NoAnswer(String),
    /// Too many messages. Slack asked for longer pauses than [`Patience`] allows, or too often.
    #[error("Slack takes no messages at the moment: too many were sent to this webhook")]
    Limited,
    /// Slack refused it with one of its words, such as `no_service`.
    #[error("Slack refused the message: {0}")]
    Refused(String),
    /// The answer is not one of Slack's.
    #[error("the webhook's server answered with HTTP status {0} and a text that is not Slack's")]
    NotSlack(u16),
}

impl SlackError {
    /// Whether the message may have arrived.
    #[must_use]
    pub const fn is_uncertain(&self) -> bool {
        matches!(self, Self::TimedOut(_) | Self::NoAnswer(_))
    }

    /// Whether Slack refused the content of this message: another message may be taken.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        match self {
            Self::Refused(word) => CONTENT.contains(&word.as_str()),
            Self::NotSlack(status) => *status == StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            _ => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        let word = match self {
            Self::NoClient(_) => return "check the certificates of this machine",
            Self::Unreachable(_) => {
                return "check the network connection (proxy, NAT gateway) and the host name in the address";
            }
            Self::TimedOut(_) | Self::NoAnswer(_) => {
                return "check the channel, the message may be there; check the network connection";
            }
            Self::Limited => return "run again in a few minutes; find out what else posts to this webhook",
            Self::NotSlack(500..) => return "Slack or a proxy in between has a problem: run again later",
            Self::NotSlack(413) => {
                return "Slack or a proxy in between takes no message of this size: please report it";
            }
            Self::NotSlack(_) => {
                return "check that the address is that of an incoming webhook and that no proxy answers in its place";
            }
            Self::Refused(word) => word.as_str(),
        };
        match word {
            "no_service" | "no_service_id" | "no_active_hooks" | "invalid_token" | "no_team"
            | "team_disabled" => {
                "the webhook no longer exists: create a new one in the settings of the Slack app and store its address"
            }
            "channel_not_found" | "user_not_found" => {
                "the webhook's channel no longer exists: create a webhook for another channel and store its address"
            }
            "channel_is_archived" => "unarchive the channel, or create a webhook for another one",
            "action_prohibited" | "posting_to_general_channel_denied" => {
                "the workspace does not allow it: ask an administrator, or create a webhook for another channel"
            }
            word if CONTENT.contains(&word) => {
                "this is a bug in trailbrief: `trailbrief run … --format slack` shows the message, please report it"
            }
            _ => "Slack's documentation of incoming webhooks explains this error",
        }
    }
}

/// What came of one attempt.
enum Attempt {
    Delivered,
    /// Another attempt may help, after this pause if the server asks for one.
    Again(Option<Duration>, SlackError),
    Never(SlackError),
}

/// Posts a message.
///
/// # Errors
///
/// If Slack did not take it, even after further attempts where those could help.
pub async fn post(url: &WebhookUrl, message: String, patience: Patience) -> Result<(), SlackError> {
    let client = Client::builder().timeout(patience.answer).redirect(Policy::none()).build();
    let client = client.map_err(|error| SlackError::NoClient(cause(error)))?;
    let (mut left, mut pause) = (patience.waits, patience.pause);
    for number in 1.. {
        let (wait, error) = match attempt(&client, url, message.clone(), patience).await {
            Attempt::Delivered => return Ok(()),
            Attempt::Never(error) => return Err(error),
            Attempt::Again(wait, error) => (wait.unwrap_or(pause), error),
        };
        if number >= patience.attempts || wait > left {
            return Err(error);
        }
        sleep(wait).await;
        left -= wait;
        pause *= 2;
    }
    Err(SlackError::Limited)
}

async fn attempt(client: &Client, url: &WebhookUrl, message: String, patience: Patience) -> Attempt {
    let request = client.post(url.secret()).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    let answer = match request.body(message).send().await {
        Ok(answer) => answer,
        // It may have arrived: another attempt could post it twice.
        Err(error) if error.is_timeout() && !error.is_connect() => {
            return Attempt::Never(SlackError::TimedOut(patience.answer));
        }
        Err(error) if error.is_connect() => {
            return Attempt::Again(None, SlackError::Unreachable(cause(error)));
        }
        Err(error) => return Attempt::Never(SlackError::NoAnswer(cause(error))),
    };
    let status = answer.status();
    let wait = answer.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Attempt::Again(wait.map(Duration::from_secs), SlackError::Limited);
    }
    let text = match body(answer).await {
        Ok(text) => text,
        Err(error) if error.is_timeout() => return Attempt::Never(SlackError::TimedOut(patience.answer)),
        Err(error) => return Attempt::Never(SlackError::NoAnswer(cause(error))),
    };
    if status == StatusCode::GATEWAY_TIMEOUT {
        return Attempt::Never(SlackError::NoAnswer("HTTP status 504".to_owned()));
    }
    let text = text.trim();
    let is_word =
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match status {
        StatusCode::OK if text == "ok" => Attempt::Delivered,
        status if status.is_server_error() => Attempt::Again(None, SlackError::NotSlack(status.as_u16())),
        _ if is_word => Attempt::Never(SlackError::Refused(text.to_owned())),
        status => Attempt::Never(SlackError::NotSlack(status.as_u16())),
    }
}

/// The first kilobyte of an answer: Slack's answers are single words.
async fn body(mut answer: reqwest::Response) -> Result<String, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 1_024 {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The innermost cause, without the address.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.last().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(word: &str) -> SlackError {
        SlackError::Refused(word.to_owned())
    }

    #[test]
    fn what_may_have_arrived_is_not_what_is_refused() {
        let text = String::new;
        for (error, uncertain, about_content) in [
            (SlackError::NoClient(text()), false, false),
            (SlackError::Unreachable(text()), false, false),
            (SlackError::TimedOut(Duration::ZERO), true, false),
            (SlackError::NoAnswer(text()), true, false),
            (SlackError::Limited, false, false),
            (refused("no_service"), false, false),
            (refused("invalid_blocks"), false, true),
            (SlackError::NotSlack(413), false, true),
            (SlackError::NotSlack(400), false, false),
            (SlackError::NotSlack(503), false, false),
        ] {
            assert_eq!(
                (error.is_uncertain(), error.is_about_content()),
                (uncertain, about_content),
                "{error}"
            );
        }
        assert!(CONTENT.iter().all(|word| refused(word).is_about_content()));
    }

    #[test]
    fn every_word_of_slack_has_its_own_advice() {
        let gone =
            ["no_service", "no_service_id", "no_active_hooks", "invalid_token", "no_team", "team_disabled"];
        let groups: [&[&str]; 6] = [
            &gone,
            &["channel_not_found", "user_not_found"],
            &["channel_is_archived"],
            &["action_prohibited", "posting_to_general_channel_denied"],
            &CONTENT,
            &["a_new_word"],
        ];
        let hints = groups.map(|words| {
            let hint = refused(words[0]).hint();
            assert!(words.iter().all(|word| refused(word).hint() == hint), "{hint}");
            hint
        });
        let others = [SlackError::NotSlack(500), SlackError::NotSlack(499), SlackError::NotSlack(413)];
        let all = hints.into_iter().chain(others.iter().map(SlackError::hint));
        assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 9, "no two are the same");
    }
}
