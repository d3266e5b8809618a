//! `trailbrief test --conditions`: does some case need each condition of a detection?
//!
//! A condition is dropped, and the cases run again. If all of them pass, nothing proves that the condition is needed, or
//! that it does what it should. Beside the cases as written, each that fires is tried with the events of another source, and
//! with other calls of the same one: it must find nothing then.

use serde_json::Value;

use super::{Exit, Outcome, UserError, counted, output};
use crate::{
    app::App,
    cases::{CaseResult, Runner, Subject},
    domain::{detection::Detection, untrusted::visible},
    library::{Case, Condition, Edit, conditions},
};

/// What events have in its place that no detection is about.
const OTHERS: [(&str, &str); 2] = [("eventSource", "other.amazonaws.com"), ("eventName", "OtherCall")];

/// How many conditions there are, and of how many no case is the proof.
#[derive(Default)]
struct Tally {
    conditions: usize,
    excused: usize,
    failed: usize,
}

pub(super) async fn run(app: &App, detections: &[&Detection], verbose: bool) -> Outcome {
    let mut tally = Tally::default();
    for detection in detections {
        for condition in conditions(&detection.sql) {
            tally.conditions += 1;
            let needed = is_needed(app, detection, &condition).await?;
            let text = one_line(condition.text(&detection.sql));
            match (&condition.reason, needed) {
                (None, true) => {}
                (None, false) => {
                    tally.failed += 1;
                    output::print(&format!("FAIL  {}: no case needs `{text}`", detection.id))?;
                }
                (Some(_), true) => {
                    tally.failed += 1;
                    output::print(&format!(
                        "FAIL  {}: a case needs `{text}`, though its comment says that none does",
                        detection.id
                    ))?;
                }
                (Some(reason), false) => {
                    tally.excused += 1;
                    if verbose {
                        output::print(&format!("      {}: no case needs `{text}`: {reason}", detection.id))?;
                    }
                }
            }
        }
    }
    let Tally { conditions: all, excused, failed } = tally;
    output::print(&format!(
        "{}, {}: {} needed by a case, {excused} with a reason why not, {failed} failed",
        counted(detections.len(), "detection"),
        counted(all, "condition"),
        all - excused - failed
    ))?;
    if failed == 0 {
        return Ok(Exit::Done);
    }
    output::print(
        "Write a case that the condition decides, or say behind the condition why there is none: -- no case: REASON",
    )?;
    Ok(Exit::Failed)
}

/// Whether a case no longer passes without the condition.
async fn is_needed(app: &App, detection: &Detection, condition: &Condition) -> Result<bool, UserError> {
    let without = Detection { sql: condition.dropped_from(&detection.sql), ..detection.clone() };
    let mut runner = Runner::new(&app.context.sessions, &app.context.limits, Subject::Detection(&without));
    let cases = app.library.cases(&detection.id);
    // What must find nothing is what a condition keeps out, so it tells sooner.
    let (fires, misses): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.finds > 0);
    for case in misses.into_iter().chain(fires.iter().copied()) {
        if runner.run(case).await.map_err(UserError::failed)? != CaseResult::Passed {
            return Ok(true);
        }
    }
    let mut whole = Runner::new(&app.context.sessions, &app.context.limits, Subject::Detection(detection));
    let others = OTHERS.into_iter().flat_map(|other| fires.iter().map(move |case| with(case, other)));
    for case in others {
        let holds = whole.run(&case).await.map_err(UserError::failed)? == CaseResult::Passed;
        if holds && runner.run(&case).await.map_err(UserError::failed)? != CaseResult::Passed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A case whose events have another value in a field, so that nothing is to be found.
fn with(case: &Case, (field, value): (&str, &str)) -> Case {
    let mut case = Case { finds: 0, rows: Vec::new(), ..case.clone() };
    for event in &mut case.events {
        event.edits.insert(field.to_owned(), Edit::Set(Value::from(value)));
    }
    case
}

/// A condition as one line.
fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
