//! Collects the answers of a run, and decides what the schedule remembers. Pure.

use super::{Job, RunContext};
use crate::{
    domain::{
        brief::Failure,
        detection::{Detection, DetectionId},
        finding::{Finding, FindingState, Fingerprint},
        state::State,
        time::{Span, Timestamp},
    },
    engine::Answer,
    plan::{Occasion, Question, window::Cadence},
    triage,
};

/// The answers of a run, as findings and failures.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) findings: Vec<Finding>,
    pub(super) failures: Vec<Failure>,
    pub(super) notes: Vec<String>,
    /// Per detection that answered, the end of its window.
    pub(super) answered: Vec<(DetectionId, Timestamp)>,
}

impl Answers {
    /// Adds the answer to one question. A detection without an answer becomes a failure and keeps its watermark.
    pub(super) fn take(
        &mut self,
        context: &RunContext,
        job: &Job<'_>,
        question: &Question,
        watermark: Option<Timestamp>,
        answer: Answer,
    ) {
        let detection = job
            .detections
            .iter()
            .find(|detection| detection.id == question.detection)
            .expect("a question belongs to a detection of the job");
        let (rows, truncated) = match answer {
            Answer::Rows { rows, truncated } => (rows, truncated),
            Answer::Unanswered(no_answer) => {
                self.failures.push(Failure {
                    detection: question.detection.clone(),
                    reason: no_answer.reason,
                    hint: no_answer.hint,
                });
                return;
            }
        };
        if truncated {
            self.notes.push(format!(
                "{} returned more than {} rows: its findings are truncated; ask for a shorter window",
                detection.id, context.limits.rows
            ));
        }
        let mut findings = triage::distinct(triage::findings_of(detection, &rows, &context.accounts));
        if let Occasion::Scheduled { state, .. } = &job.occasion {
            triage::mark(&mut findings, state, watermark);
        }
        self.findings.extend(findings);
        self.answered.push((detection.id.clone(), question.window.end()));
    }
}

/// What the schedule remembers after this run.
pub(super) fn advanced(
    job: &Job<'_>,
    answered: &[(DetectionId, Timestamp)],
    failures: &[Failure],
    findings: &[Finding],
) -> Option<State> {
    let Occasion::Scheduled { at, cadence, state } = &job.occasion else { return None };
    let reported: Vec<(Fingerprint, Timestamp)> = findings
        .iter()
        .filter(|finding| finding.state != FindingState::Suppressed)
        .map(|finding| {
            let time = finding.last_seen.or(finding.event_time).unwrap_or(*at);
            (finding.fingerprint.clone(), time)
        })
        .collect();
    // A detection that failed in its first run starts there the next time, as one does that has answered before.
    let begun = failures
        .iter()
        .filter(|failure| !state.watermarks.contains_key(&failure.detection))
        .filter(|failure| job.detections.iter().any(|detection| detection.id == failure.detection))
        .map(|failure| (failure.detection.clone(), at.minus(cadence.every)));
    let ends = answered.iter().cloned().chain(begun);
    let horizon = horizon(job, answered, state, *at, cadence);
    Some((*state).clone().advanced(ends, reported, horizon))
}

/// The earliest event time that a later run of this schedule can read again: not before what catching up reaches, however
/// long a detection has not answered.
fn horizon(
    job: &Job<'_>,
    answered: &[(DetectionId, Timestamp)],
    state: &State,
    at: Timestamp,
    cadence: &Cadence,
) -> Timestamp {
    let reach = at.minus(cadence.catch_up.max(cadence.every));
    let next_start = |detection: &&Detection| {
        let answered = answered.iter().find(|(id, _)| *id == detection.id).map(|(_, end)| *end);
        let watermark = answered.max(state.watermarks.get(&detection.id).copied()).unwrap_or(at);
        watermark.max(reach).minus(cadence.lateness).floor(detection.align)
    };
    // A detection that is broken or disabled now may run again later, from its watermark.
    let in_job = |id: &DetectionId| job.detections.iter().any(|detection| detection.id == *id);
    let others = state.watermarks.iter().filter(|(id, watermark)| **watermark > reach && !in_job(id));
    let others = others.map(|(_, watermark)| watermark.minus(cadence.lateness).floor(Span::DAY));
    job.detections.iter().map(next_start).chain(others).min().unwrap_or(at)
}
