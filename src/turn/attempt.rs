//! One letter to one channel: in full, or as a plain text if the channel objects to what is in it.
//!
//! Nothing is remembered here, and nothing told: what a channel did is the answer.

use super::Turn;
use crate::{
    config::Channel,
    deliver::{self, DeliveryError},
    domain::letter::Letter,
    render,
    user_error::UserError,
};

/// Why a channel did not take a letter.
pub(super) struct Untaken {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
    pub(super) certainty: Certainty,
}

/// What is known of a letter that a channel did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It may have taken it all the same.
    Uncertain,
    /// It did not take it, and may do so later.
    Missed,
    /// It works, and takes this letter in no form: asking again is no use.
    Never,
}

impl Untaken {
    fn of(error: DeliveryError) -> Self {
        let certainty = match error.is_uncertain() {
            true => Certainty::Uncertain,
            false => Certainty::Missed,
        };
        Self { hint: error.hint(), reason: UserError::failed(error).line(), certainty }
    }
}

/// Sends a letter to a channel; gives the channel's name with its receipt, or why there is none.
pub(super) async fn attempt(
    turn: &Turn<'_>,
    letter: &Letter,
    channel: &Channel,
) -> (&'static str, Result<String, Untaken>) {
    let name = channel.name();
    let refused = match deliver::deliver(letter, channel, turn.end).await.outcome {
        Ok(receipt) => return (name, Ok(receipt)),
        Err(error) if error.is_about_content() => UserError::failed(error).line(),
        Err(error) => return (name, Err(Untaken::of(error))),
    };
    let place = turn.store.archived(turn.schedule, &letter.run);
    let plain = render::plain(letter, &refused, &place);
    let result = match deliver::deliver(&plain, channel, turn.end).await.outcome {
        Ok(receipt) => Ok(format!(
            "{receipt}, only as a plain text: the full brief was refused ({refused}) and is kept as {place}"
        )),
        Err(error) if error.is_about_content() => {
            let mut untaken = Untaken::of(error);
            untaken.certainty = Certainty::Never;
            untaken.reason = format!(
                "it (`{}`) was refused ({refused}), a plain text in its place as well ({}), and it is given up",
                letter.subject, untaken.reason
            );
            Err(untaken)
        }
        Err(error) => Err(Untaken::of(error)),
    };
    (name, result)
}
