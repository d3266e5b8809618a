//! What a scheduled run shows and reports while it works.

use std::sync::Arc;

use crate::{
    domain::{brief::Brief, message::Message, state::State, time::Timestamp},
    engine::embedded::scan::Progress,
    user_error::UserError,
};

/// What a scheduled run has to show.
#[derive(Clone, Copy, Debug)]
pub enum RunOutput<'a> {
    /// The brief of detections that this process evaluated.
    Brief(&'a Brief),
    /// The brief of a resumed run, which an earlier process wrote to the outbox.
    Stored(&'a Message),
}

/// What happens during a scheduled run.
#[derive(Clone, Debug)]
pub enum ScheduleEvent<'a> {
    /// An open run of an earlier process is resumed.
    Resumed {
        /// The open run's id.
        run: &'a str,
    },
    /// A channel took a brief.
    Delivered {
        /// The id of the brief's run: this one, or an earlier one whose brief was pending.
        run: &'a str,
        /// The channel's name.
        channel: &'a str,
        /// The channel's answer, for people.
        receipt: &'a str,
    },
    /// A channel did not take a brief.
    NotDelivered {
        /// The id of the brief's run: this one, or an earlier one whose brief was pending.
        run: &'a str,
        /// The channel's name.
        channel: &'a str,
        /// Why.
        reason: &'a str,
        /// What to do about it, where that is known.
        hint: Option<&'a str>,
    },
    /// A channel does not get a brief, because it holds no news for it.
    WithoutNews {
        /// The id of the brief's run.
        run: &'a str,
        /// The channel's name.
        channel: &'a str,
    },
    /// A run's state was committed: its watermarks have moved.
    Committed {
        /// The run's id.
        run: &'a str,
        /// Its scheduled time.
        at: Timestamp,
        /// The schedule's state from now on.
        state: &'a State,
        /// The earliest watermark of the detections that can run; `None` if there is none.
        oldest: Option<Timestamp>,
    },
    /// The claim on the state could not be released.
    NotReleased(&'a UserError),
}

/// Watches a scheduled run.
pub trait Observer {
    /// Follows a run's progress until it is dropped.
    type Following;

    /// Begins to follow a run's progress.
    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following;

    /// Shows a brief before it is delivered.
    ///
    /// # Errors
    ///
    /// If it cannot be shown; then nothing is delivered.
    fn show(&mut self, output: RunOutput<'_>) -> Result<(), UserError>;

    /// Takes note of an event.
    fn event(&mut self, event: ScheduleEvent<'_>);
}
