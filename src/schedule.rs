//! A scheduled run: claim the state, resume what was left open, deliver pending messages, evaluate, deliver, commit.
//!
//! Every step that must not happen twice is written down before it happens, so that whichever process finds the state
//! afterwards continues where this one ended. A terminal or a function's log watches as an [`Observer`].

#[cfg(feature = "aws")]
mod attempt;
mod claimed_run;
mod closing;
#[cfg(feature = "aws")]
mod delivery;
mod habits;
#[cfg(not(feature = "aws"))]
mod no_channels;
mod notes;
mod observer;
mod orphans;
#[cfg(feature = "aws")]
mod pending;
mod recipients;
mod recovered;
mod roll_up;
mod run_ledger;
mod setting_aside;
mod stored_message;

use std::time::Instant;

pub use observer::{Observer, RunOutput, ScheduleEvent};
pub use recipients::recipients;

use crate::{
    app::App,
    config::Channel,
    domain::{detection::Detection, state::OpenRun, time::Timestamp},
    plan::window::Cadence,
    run::{self, Logs},
    store::{LeaseTerms, Store},
    user_error::{ErrorKind, UserError},
};
use claimed_run::ClaimedRun;

/// A run of a schedule for one scheduled time.
#[derive(Debug)]
pub struct ScheduledRun<'a> {
    /// The configuration, the library and the engine.
    pub app: &'a App,
    /// Keeps the schedule's state, its outbox and its archive.
    pub store: &'a Store,
    /// Holds the events.
    pub logs: Logs<'a>,
    /// The schedule's name.
    pub schedule: &'a str,
    /// The scheduled time: windows end here.
    pub at: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// For how long the state is claimed.
    pub lease: LeaseTerms,
    /// When Athena's statements are waited for no longer and nothing pending is sent any more; `None` if the run may take
    /// as long as it needs.
    pub deadline: Option<Instant>,
    /// When a delivery under way is abandoned, a moment before the process is killed; `None` if it is not killed.
    pub end: Option<Instant>,
    /// The channels that take this schedule's briefs.
    pub channels: Vec<&'a Channel>,
    /// Sends nothing: this time's brief goes to no channel, and pending messages stay pending.
    pub without_delivery: bool,
    /// What a reader of the brief must know that was found out before the run.
    pub notes: Vec<String>,
    /// For a scheduled time whose brief was delivered already: evaluate the detections again that gave no answer. If
    /// false, such a run does nothing.
    pub repeats_unanswered: bool,
}

/// How a scheduled run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunResult {
    /// What became of the run for its scheduled time.
    pub status: RunStatus,
    /// Deliveries that failed, of this run's brief or of a pending one.
    pub undelivered: Vec<Undelivered>,
}

/// A brief that a channel did not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The channel's name.
    pub channel: String,
    /// Why.
    pub reason: String,
}

/// What became of a scheduled run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Its brief was delivered and its state committed.
    Delivered,
    /// The brief of its scheduled time had been delivered before; nothing was evaluated.
    AlreadyDelivered,
    /// Its deadline came while statements were running: the next run of the schedule resumes it.
    Open,
}

/// Executes a scheduled run.
///
/// # Errors
///
/// If the state cannot be claimed, the run as a whole fails, or no channel takes its brief.
pub async fn execute(run: &ScheduledRun<'_>, observer: &mut impl Observer) -> Result<RunResult, UserError> {
    let open = OpenRun::new(&run::scheduled_id(run.schedule, run.at), run.at);
    let claim = run.store.claim(run.schedule, open, run.now, run.lease.clone()).await?;
    let mut claimed = ClaimedRun::new(run, claim, observer);
    let status = claimed.execute().await;
    let undelivered = claimed.release().await;
    Ok(RunResult { status: status?, undelivered })
}

/// A schedule's detections and cadence.
///
/// # Errors
///
/// If there is no such schedule.
pub fn scheduled<'a>(app: &'a App, name: &str) -> Result<(Vec<&'a Detection>, Cadence), UserError> {
    app.schedule(name).ok_or_else(|| {
        let known: Vec<&str> = app.config.schedules.keys().map(String::as_str).collect();
        UserError::new(ErrorKind::Request, anyhow::anyhow!("there is no schedule `{name}`"))
            .hint(format!("schedules are: {}", known.join(", ")))
    })
}
