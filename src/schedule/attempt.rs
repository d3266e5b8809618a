//! One message to one channel: in full, or as plain text if the channel objects to its content.
//!
//! Remembers nothing and shows nothing: what the channel did is the answer.

use super::ScheduledRun;
use crate::{
    config::Channel,
    deliver::{self, DeliveryError},
    domain::message::Message,
    render,
    user_error::UserError,
};

/// Why a channel did not take a message.
pub(super) struct NotDelivered {
    pub(super) reason: String,
    /// What to do about it, where that is known.
    pub(super) hint: Option<String>,
    pub(super) certainty: Certainty,
}

/// What is known of a message that a channel did not confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It may have arrived.
    Uncertain,
    /// It did not arrive, and may do so later.
    Missed,
    /// The channel works but takes this message in no form: another attempt is useless.
    Never,
}

impl NotDelivered {
    fn of(error: DeliveryError) -> Self {
        let certainty = if error.is_uncertain() { Certainty::Uncertain } else { Certainty::Missed };
        Self { hint: error.hint(), reason: UserError::failed(error).line(), certainty }
    }
}

/// Sends a message to a channel. Returns the channel's name, and its receipt or why there is none.
pub(super) async fn attempt(
    run: &ScheduledRun<'_>,
    message: &Message,
    channel: &Channel,
) -> (&'static str, Result<String, NotDelivered>) {
    let name = channel.name();
    let refused = match deliver::deliver(message, channel, run.end).await.outcome {
        Ok(receipt) => return (name, Ok(receipt)),
        Err(error) if error.is_about_content() => UserError::failed(error).line(),
        Err(error) => return (name, Err(NotDelivered::of(error))),
    };
    let archived = run.store.archive_location(run.schedule, &message.run);
    let plain = render::plain(message, &refused, &archived);
    let result = match deliver::deliver(&plain, channel, run.end).await.outcome {
        Ok(receipt) => Ok(format!(
            "{receipt}, as plain text only: the channel refused the full brief ({refused}), which is archived as {archived}"
        )),
        Err(error) if error.is_about_content() => {
            let failure = NotDelivered::of(error);
            let reason = format!(
                "the channel refused `{}` ({refused}) and the plain text in its place ({}), so it is given up",
                message.subject, failure.reason
            );
            Err(NotDelivered { reason, certainty: Certainty::Never, ..failure })
        }
        Err(error) => Err(NotDelivered::of(error)),
    };
    (name, result)
}
