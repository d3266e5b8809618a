//! Decides what a run evaluates: which detections, over which windows, with which SQL.
//!
//! Pure: no clock, no files, and nothing runs here. Only the error types of the SQL layer are used, not an engine.

#[cfg(feature = "aws")]
pub mod adhoc;
pub mod foreign;
pub mod pasted;
mod question;
pub mod sql;
pub mod steps;
#[cfg(feature = "aws")]
pub mod views;
pub mod window;
mod words;

use std::collections::BTreeMap;

pub use question::Question;
pub use sql::Sql;
pub use window::LateSpan;

use self::window::{Cadence, Counts, Due};
use crate::domain::{
    brief::Failure,
    delivery::{Deliveries, USUAL_DELAY},
    detection::{Detection, DetectionId, Need, ParamValue},
    state::State,
    time::{Span, Timestamp, Window},
};

/// What a run is for.
#[derive(Clone, Debug)]
pub enum Occasion<'a> {
    /// A person chose this window of event time; nothing is remembered.
    OnDemand {
        /// The window.
        window: Window,
        /// How long after its event time a file of the window may have been delivered.
        delay: Span,
    },
    /// A scheduled run.
    Scheduled {
        /// Its scheduled time.
        at: Timestamp,
        /// How often it runs and how far it looks back.
        cadence: Cadence,
        /// What it remembers.
        state: &'a State,
    },
}

impl Occasion<'_> {
    /// How long after its event time a file may have been delivered. A schedule reads later files in later runs.
    #[must_use]
    pub fn delay(&self) -> Span {
        match self {
            Self::OnDemand { delay, .. } => *delay,
            Self::Scheduled { .. } => USUAL_DELAY,
        }
    }

    /// The files to read of these: a scheduled run leaves what was delivered after its time to the next one.
    #[must_use]
    pub fn files_of(&self, deliveries: Deliveries) -> Deliveries {
        match self {
            Self::OnDemand { .. } => deliveries,
            Self::Scheduled { at, .. } => deliveries.before(*at),
        }
    }
}

/// Everything that a run is going to evaluate.
#[derive(Clone, Debug, Default)]
pub struct RunPlan {
    /// The detections to evaluate, each with its window and SQL.
    pub questions: Vec<Question>,
    /// For each question, the watermark that it continues from: a finding before it that was not reported yet is late.
    pub watermarks: Vec<Option<Timestamp>>,
    /// Detections that cannot be evaluated.
    pub failures: Vec<Failure>,
    /// Detections that cannot fire, with the reason: they are not evaluated.
    pub idle: Vec<(DetectionId, String)>,
    /// The window that the brief shows: the union of the questions' windows without their overlap.
    pub window: Option<Window>,
}

/// Decides what to evaluate.
///
/// `params` are the configuration's values by detection; `watchlists` the names of the lists that are not empty.
#[must_use]
pub fn plan<'a>(
    detections: impl IntoIterator<Item = &'a Detection>,
    occasion: &Occasion<'_>,
    params: &BTreeMap<DetectionId, BTreeMap<String, ParamValue>>,
    watchlists: &[&str],
) -> RunPlan {
    let mut plan = RunPlan::default();
    for detection in detections {
        if let Some(reason) = unmet(detection, watchlists) {
            plan.idle.push((detection.id.clone(), reason));
            continue;
        }
        let due = match occasion {
            Occasion::OnDemand { window, .. } => Due::on_demand(*window, detection.align),
            Occasion::Scheduled { at, cadence, state, .. } => {
                let watermark = state.watermarks.get(&detection.id).copied();
                match Due::on_schedule(*at, watermark, *cadence, Counts::OnEventTime(detection.align)) {
                    Some(due) => due,
                    None => continue,
                }
            }
        };
        let no_params = BTreeMap::new();
        match Sql::of_detection(detection, params.get(&detection.id).unwrap_or(&no_params)) {
            Ok(sql) => {
                plan.window =
                    Some(plan.window.map_or(due.first_search, |window| window.union(due.first_search)));
                plan.watermarks.push(due.watermark);
                plan.questions.push(Question {
                    detection: detection.id.clone(),
                    sql,
                    window: due.window,
                    delivered_from: due.delivered_from,
                    returned: None,
                    late: due.late,
                    delay: occasion.delay(),
                    align: detection.align,
                    lookback: detection.lookback,
                    own_scan: detection.own_scan,
                });
            }
            Err(error) => plan.failures.push(Failure {
                detection: detection.id.clone(),
                reason: error.to_string(),
                hint: None,
            }),
        }
    }
    plan
}

impl RunPlan {
    /// Gives the questions of a scheduled run their windows of delivery.
    /// `by_event` says of a question's number whether it judges each event by itself.
    pub fn judge_deliveries(&mut self, occasion: &Occasion<'_>, by_event: impl Fn(usize) -> bool) {
        let Occasion::Scheduled { at, cadence, state } = occasion else { return };
        for (number, question) in self.questions.iter_mut().enumerate() {
            let counts = if by_event(number) { Counts::Nothing } else { Counts::Buckets(question.align) };
            let watermark = state.watermarks.get(&question.detection).copied();
            if let Some(due) = Due::on_schedule(*at, watermark, *cadence, counts) {
                question.window = due.window;
                question.delivered_from = due.delivered_from;
                question.late = due.late;
            }
        }
    }
}

/// The note on what is never searched because catching up is capped: one for all detections with the same gap.
fn gap(start: Timestamp, end: Timestamp, detections: &[&DetectionId]) -> String {
    match detections {
        [one] => format!(
            "{one} last answered up to {start}; catching up is capped, so it did not search {start} … {end}"
        ),
        many => {
            let ids: Vec<&str> = many.iter().map(|id| id.as_str()).collect();
            format!(
                "{} detections last answered up to {start}; catching up is capped, so they did not search {start} … {end}: {}",
                many.len(),
                ids.join(", ")
            )
        }
    }
}

/// What a detection needs and does not have, so that it is not evaluated.
#[must_use]
pub fn unmet(detection: &Detection, watchlists: &[&str]) -> Option<String> {
    detection.needs.iter().find_map(|need| match need {
        Need::Watchlist(list) if !watchlists.contains(&list.as_str()) => {
            Some(format!("the watch-list `{list}` is empty: fill it in `[watchlists]`"))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        format!("2026-03-10T{text}Z").parse().unwrap()
    }

    #[test]
    fn what_was_never_searched_is_named_with_its_detections() {
        let ids: Vec<DetectionId> = ["a.b", "c.d"].iter().map(|id| id.parse().unwrap()).collect();
        let (start, end) = (time("01:00:00"), time("02:00:00"));
        let searched = "2026-03-10T01:00:00Z … 2026-03-10T02:00:00Z";
        let one = gap(start, end, &[&ids[0]]);
        assert!(one.starts_with("a.b last answered") && one.contains(searched), "{one}");
        let two = gap(start, end, &[&ids[0], &ids[1]]);
        assert!(two.starts_with("2 detections last answered"), "{two}");
        assert!(two.contains(searched) && two.ends_with(": a.b, c.d"), "{two}");
    }

    #[test]
    fn a_detection_is_idle_only_while_its_watchlist_is_empty() {
        let needs = vec![Need::Habits, Need::Watchlist("partners".to_owned())];
        let detection = Detection { needs, ..Detection::sample("a.b") };
        assert_eq!(unmet(&detection, &["others", "partners"]), None);
        assert!(unmet(&detection, &["others"]).is_some_and(|reason| reason.contains("`partners` is empty")));
        assert_eq!(unmet(&Detection::sample("a.b"), &[]), None);
    }

    /// Who judges each event by itself reads what was delivered; who counts reads whole buckets of event time.
    #[test]
    fn questions_of_a_schedule_get_windows_by_how_they_judge() {
        let [each, counts] = ["a.each", "a.counts"].map(|id| Detection {
            align: Span::DAY,
            sql: "SELECT 1".to_owned(),
            ..Detection::sample(id)
        });
        let watermark = time("11:00:00");
        let watermarks = [&each, &counts].map(|detection| (detection.id.clone(), watermark));
        let state = State { watermarks: watermarks.into(), ..State::default() };
        let cadence = Cadence::default();
        let occasion = Occasion::Scheduled { at: time("12:00:00"), cadence, state: &state };
        let mut plan = plan([&each, &counts], &occasion, &BTreeMap::new(), &[]);
        plan.judge_deliveries(&occasion, |number| number == 0);
        let of = |number: usize| {
            let question = &plan.questions[number];
            (question.window.start(), question.delivered_from, question.late.is_some())
        };
        let from = watermark.minus(cadence.lateness);
        assert_eq!(of(0), (time("12:00:00").minus(cadence.max_age), Some(from), false));
        assert_eq!(of(1), (time("00:00:00"), None, true));
    }
}
