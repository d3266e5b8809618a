//! Decides what a run asks: which detections, over which windows, with which SQL. Pure: no clock, no files, no engine.

#[cfg(feature = "aws")]
pub mod adhoc;
pub mod paste;
mod question;
pub mod sql;
pub mod window;

use std::collections::BTreeMap;

pub use question::Question;
pub use sql::Sql;

use self::window::{Cadence, Due};
use crate::domain::{
    brief::Failure,
    detection::{Detection, DetectionId, Need, ParamValue},
    state::State,
    time::{Timestamp, Window},
};

/// What a run is for.
#[derive(Clone, Debug)]
pub enum Occasion<'a> {
    /// Somebody asked for this window; nothing is remembered.
    OnDemand(Window),
    /// A schedule's turn.
    Scheduled {
        /// Its scheduled time.
        at: Timestamp,
        /// How often it runs and how far it looks back.
        cadence: Cadence,
        /// What it remembers.
        state: &'a State,
    },
}

/// Everything a run is going to ask.
#[derive(Debug, Default)]
pub struct RunPlan {
    /// The questions.
    pub questions: Vec<Question>,
    /// Per question, the watermark that it goes on from: what lies before it and was not told is late.
    pub watermarks: Vec<Option<Timestamp>>,
    /// Detections that cannot be asked.
    pub failures: Vec<Failure>,
    /// Detections that cannot fire, with the reason: they are not asked.
    pub idle: Vec<(DetectionId, String)>,
    /// What a reader of the brief must know.
    pub notes: Vec<String>,
    /// What the brief calls its window: all questions' windows without their overlap.
    pub window: Option<Window>,
}

/// Decides what to ask.
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
    let mut skipped: BTreeMap<(Timestamp, Timestamp), Vec<&DetectionId>> = BTreeMap::new();
    for detection in detections {
        if let Some(reason) = unmet(detection, watchlists) {
            plan.idle.push((detection.id.clone(), reason));
            continue;
        }
        let due = match occasion {
            Occasion::OnDemand(window) => Due::on_demand(*window, detection.align),
            Occasion::Scheduled { at, cadence, state } => {
                let watermark = state.watermarks.get(&detection.id).copied();
                match Due::on_schedule(*at, watermark, *cadence, detection.align) {
                    Some(due) => due,
                    None => continue,
                }
            }
        };
        if let Some(window) = due.skipped {
            skipped.entry((window.start(), window.end())).or_default().push(&detection.id);
        }
        let no_params = BTreeMap::new();
        match Sql::of_detection(detection, params.get(&detection.id).unwrap_or(&no_params)) {
            Ok(sql) => {
                plan.window = Some(plan.window.map_or(due.told, |window| window.union(due.told)));
                plan.watermarks.push(due.watermark);
                plan.questions.push(Question {
                    detection: detection.id.clone(),
                    sql,
                    window: due.window,
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
    plan.notes.extend(skipped.iter().map(|((start, end), detections)| gap(*start, *end, detections)));
    plan
}

/// Says what is given up because catching up is capped: one note for all that were last answered together.
fn gap(start: Timestamp, end: Timestamp, detections: &[&DetectionId]) -> String {
    match detections {
        [one] => format!(
            "{one} was last answered up to {start}; catching up is capped, so {start} … {end} was not searched by it"
        ),
        many => {
            let ids: Vec<&str> = many.iter().map(|id| id.as_str()).collect();
            format!(
                "{} detections were last answered up to {start}; catching up is capped, so {start} … {end} was not searched \
                 by them: {}",
                many.len(),
                ids.join(", ")
            )
        }
    }
}

/// What a detection needs and does not have, so that it is not asked.
#[must_use]
pub fn unmet(detection: &Detection, watchlists: &[&str]) -> Option<String> {
    detection.needs.iter().find_map(|need| match need {
        Need::Watchlist(list) if !watchlists.contains(&list.as_str()) => {
            Some(format!("the watch-list `{list}` is empty: fill it in `[watchlists]`"))
        }
        _ => None,
    })
}
