//! One run: what is evaluated, over which events, and for what.

use std::{sync::Arc, time::Instant};

use super::{Logs, RunContext};
use crate::{
    domain::{
        brief::Failure,
        decision::Decision,
        delivery::USUAL_DELAY,
        detection::Detection,
        habits::Habits,
        state::State,
        subject::Subject,
        time::{Timestamp, Window},
    },
    engine::embedded::pack::{PackLimits, Surroundings},
    plan::{Occasion, window::Cadence},
};

/// One run.
#[derive(Debug)]
pub struct Job<'a> {
    /// Unique id.
    pub id: String,
    /// The detections to run.
    pub detections: Vec<&'a Detection>,
    /// What the run is for.
    pub occasion: Occasion<'a>,
    /// The schedule's name, for a scheduled run.
    pub schedule: Option<String>,
    /// Where the events are.
    pub logs: Logs<'a>,
    /// When the run begins.
    pub now: Timestamp,
    /// Notes for the reader of the brief that were known before the run.
    pub notes: Vec<String>,
    /// Detections that cannot be run, as their files are broken.
    pub failures: Vec<Failure>,
    /// The time by which the run must end; detections without an answer by then stay unanswered. `None` without a deadline.
    pub deadline: Option<Instant>,
    /// What this schedule scanned this month already, in bytes.
    pub spent_bytes: u64,
    /// Whether the previous process crashed in this run, so that this one takes the shortest steps.
    pub is_cautious: bool,
    /// What is known of everybody's habits before the run.
    pub habits: Arc<Habits>,
    /// What people decided about findings and stories.
    pub decisions: Vec<Decision>,
    /// Time that crashed runs were to search: no scheduled run searches it again.
    pub set_aside: Vec<Window>,
    /// Whom or what somebody investigates: its events are collected as well.
    pub subject: Option<&'a Subject>,
}

impl Job<'_> {
    /// The time that the run is for: the scheduled time, else when the run begins. Suppressions expire by it.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        match self.occasion {
            Occasion::Scheduled { at, .. } => at,
            Occasion::OnDemand { .. } => self.now,
        }
    }

    /// What its questions read beside events.
    #[must_use]
    pub fn surroundings<'a>(&'a self, context: &'a RunContext) -> Surroundings<'a> {
        let RunContext { accounts, watchlist, .. } = context;
        Surroundings { accounts, watchlist, habits: &self.habits, now: self.now }
    }

    /// The engine's limits for this run: with its deadline.
    #[must_use]
    pub fn limits(&self, context: &RunContext) -> PackLimits {
        PackLimits { deadline: self.deadline, ..context.limits }
    }
}

impl<'a> Job<'a> {
    /// A run on demand over one window, without notes, failures and deadline.
    #[must_use]
    pub fn on_demand(window: Window, detections: Vec<&'a Detection>, logs: Logs<'a>, now: Timestamp) -> Self {
        Self {
            id: on_demand_id(now, window),
            detections,
            occasion: Occasion::OnDemand { window, delay: USUAL_DELAY },
            schedule: None,
            logs,
            now,
            notes: Vec::new(),
            failures: Vec::new(),
            deadline: None,
            spent_bytes: 0,
            is_cautious: false,
            habits: Arc::default(),
            decisions: Vec::new(),
            set_aside: Vec::new(),
            subject: None,
        }
    }

    /// A run of a schedule at a scheduled time, after what the schedule remembers in `state`; without notes, failures and
    /// deadline.
    #[must_use]
    pub fn scheduled(
        schedule: &str,
        at: Timestamp,
        (detections, cadence): (Vec<&'a Detection>, Cadence),
        state: &'a State,
        logs: Logs<'a>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: scheduled_id(schedule, at),
            detections,
            occasion: Occasion::Scheduled { at, cadence, state },
            schedule: Some(schedule.to_owned()),
            logs,
            now,
            notes: Vec::new(),
            failures: Vec::new(),
            deadline: None,
            spent_bytes: state.scanned_in_month(at),
            is_cautious: false,
            habits: Arc::default(),
            decisions: Vec::new(),
            set_aside: Vec::new(),
            subject: None,
        }
    }
}

fn compact(time: Timestamp) -> String {
    time.to_string().replace(['-', ':'], "")
}

/// The id of a run on demand.
fn on_demand_id(now: Timestamp, window: Window) -> String {
    format!("on-demand-{}-{}-{}", compact(now), compact(window.start()), compact(window.end()))
}

/// The time for which a schedule ran, by the id of the run; `None` if it is not the id of one of its runs.
#[must_use]
pub fn scheduled_time(schedule: &str, id: &str) -> Option<Timestamp> {
    let time = id.strip_prefix(schedule)?.strip_prefix('-')?;
    let part = |from, to| time.get(from..to);
    let (year, month, rest) = (part(0, 4)?, part(4, 6)?, part(6, 11)?);
    let (minute, second) = (part(11, 13)?, part(13, 16)?);
    let time: Timestamp = format!("{year}-{month}-{rest}:{minute}:{second}").parse().ok()?;
    (scheduled_id(schedule, time) == id).then_some(time)
}

/// The id of a scheduled run.
#[must_use]
pub fn scheduled_id(schedule: &str, at: Timestamp) -> String {
    format!("{schedule}-{}", compact(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_scheduled_run_says_its_time() {
        let at: Timestamp = "2026-03-10T06:05:09Z".parse().unwrap();
        let id = scheduled_id("hour-ly", at);
        assert_eq!(scheduled_time("hour-ly", &id), Some(at));
        for (schedule, id) in [
            ("hour", id.as_str()),
            ("hour-ly", "hour-ly-"),
            ("hour-ly", "hour-ly-20260310T060509"),
            ("hour-ly", "hour-ly-20260310T060509Zx"),
            ("hour-ly", "hour-ly-20261310T060509Z"),
            ("hour-ly", "hour-ly-é0260310T060509Z"),
        ] {
            assert_eq!(scheduled_time(schedule, id), None, "{id}");
        }
    }
}
