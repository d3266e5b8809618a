//! Collects the answers of a run, and decides what the schedule remembers. Pure.

use std::collections::BTreeSet;

use super::{Job, RunContext};
use crate::{
    domain::{
        brief::Failure,
        detection::{Detection, DetectionId},
        finding::{Finding, FindingState, Fingerprint},
        state::State,
        time::{Span, Timestamp},
        truncation::Truncation,
        undecidable::{Undecidable, UndecidableEvent},
    },
    engine::Answer,
    plan::{Occasion, Question, window::Cadence},
    triage,
};

/// Undecidable events that a schedule remembers, those of the worst severity first. If there are more, the next brief reports
/// the others again: the state must not grow without a bound.
const REMEMBERED: usize = 20_000;

/// The answers of a run, as findings and failures.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) findings: Vec<Finding>,
    pub(super) failures: Vec<Failure>,
    pub(super) undecidable: Vec<Undecidable>,
    /// Detections that returned more rows than were read.
    pub(super) cut: BTreeSet<DetectionId>,
    /// Per detection that answered, the end of its window.
    pub(super) answered: Vec<(DetectionId, Timestamp)>,
}

impl Answers {
    /// Adds the events that a detection could not judge.
    fn set_aside(&mut self, job: &Job<'_>, detection: &DetectionId, events: Vec<UndecidableEvent>) {
        for event in events {
            let mut undecidable = Undecidable { detection: detection.clone(), event, repeated: false };
            if let Occasion::Scheduled { state, .. } = &job.occasion {
                undecidable.repeated = state.seen.contains_key(&undecidable.fingerprint());
            }
            self.undecidable.push(undecidable);
        }
    }

    /// Keeps the watermarks of detections whose findings are not all in the brief: the next run searches the same time again
    /// and reports what is left, because what was reported does not count again.
    pub(super) fn hold(&mut self, job: &Job<'_>, truncated: &[Truncation]) {
        let Occasion::Scheduled { at, cadence, state, .. } = &job.occasion else { return };
        for (detection, end) in &mut self.answered {
            if truncated.iter().any(|truncation| truncation.detection == *detection) {
                *end = state.watermarks.get(detection).copied().unwrap_or(at.minus(cadence.every));
            }
        }
    }

    /// Puts the undecidable events in the order of a brief.
    pub(super) fn sort_undecidable(&mut self, job: &Job<'_>) {
        let severity = |id: &DetectionId| {
            job.detections.iter().find(|detection| detection.id == *id).map(|detection| detection.severity)
        };
        self.undecidable.sort_by(|a, b| {
            severity(&b.detection)
                .cmp(&severity(&a.detection))
                .then_with(|| a.detection.cmp(&b.detection))
                .then_with(|| a.event.cmp(&b.event))
        });
    }

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
        let (rows, truncated, undecidable) = match answer {
            Answer::Rows { rows, truncated, undecidable } => (rows, truncated, undecidable),
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
            self.cut.insert(detection.id.clone());
        }
        let mut findings = triage::distinct(triage::findings_of(detection, &rows, &context.accounts));
        if let Occasion::Scheduled { state, cadence, .. } = &job.occasion {
            triage::mark(&mut findings, state, watermark.map(|watermark| watermark.minus(cadence.settle)));
        }
        self.findings.extend(findings);
        self.set_aside(job, &detection.id, undecidable);
        self.answered.push((detection.id.clone(), question.window.end()));
    }
}

/// What the schedule remembers after this run; `searched` is false if no log was read.
pub(super) fn advanced(
    job: &Job<'_>,
    Answers { answered, failures, undecidable, .. }: &Answers,
    findings: &[Finding],
    searched: bool,
) -> Option<State> {
    let Occasion::Scheduled { at, cadence, state, .. } = &job.occasion else { return None };
    let first = at.minus(cadence.every);
    // Where no log was read, nothing was searched: the next run searches it again.
    let unmoved =
        |(id, _): &(DetectionId, Timestamp)| (id.clone(), state.watermarks.get(id).copied().unwrap_or(first));
    let answered: Vec<(DetectionId, Timestamp)> =
        if searched { answered.to_vec() } else { answered.iter().map(unmoved).collect() };
    let reported: Vec<(Fingerprint, Timestamp)> = findings
        .iter()
        .filter(|finding| finding.state != FindingState::Suppressed)
        .flat_map(|finding| {
            let time = finding.last_seen.or(finding.event_time).unwrap_or(*at);
            std::iter::once(&finding.fingerprint)
                .chain(&finding.united)
                .map(move |fingerprint| (fingerprint.clone(), time))
        })
        // By the time of the run, so that it is remembered for as long as runs look back at it.
        .chain(undecidable.iter().take(REMEMBERED).map(|it| (it.fingerprint(), *at)))
        .collect();
    // A detection that failed in its first run starts there the next time, as one does that has answered before.
    let begun = failures
        .iter()
        .filter(|failure| !state.watermarks.contains_key(&failure.detection))
        .filter(|failure| job.detections.iter().any(|detection| detection.id == failure.detection))
        .map(|failure| (failure.detection.clone(), first));
    let ends = answered.iter().cloned().chain(begun);
    let horizon = horizon(job, &answered, state, *at, cadence);
    let mut after = (*state).clone().advanced(ends, reported, *at, horizon);
    for (detection, _) in &answered {
        after.unanswered.remove(detection);
    }
    for failure in failures.iter().filter(|failure| after.watermarks.contains_key(&failure.detection)) {
        *after.unanswered.entry(failure.detection.clone()).or_default() += 1;
    }
    Some(after)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::severity::Severity,
        engine::embedded::source::{Memory, Source},
        run::Logs,
    };

    const ID: &str = "a.b";
    const CADENCE: Cadence = Cadence {
        every: Span::HOUR,
        lateness: Span::from_s(600),
        max_window: Span::from_s(6 * 3_600),
        catch_up: Span::DAY,
        max_age: Span::DAY,
        settle: Span::ZERO,
    };

    fn now() -> Timestamp {
        "2026-03-10T12:00:00Z".parse().unwrap()
    }

    fn ago(seconds: i64) -> Timestamp {
        now().minus(Span::from_s(seconds))
    }

    fn state(watermarks: &[(&str, Timestamp)]) -> State {
        let watermarks = watermarks.iter().map(|(id, end)| (id.parse().unwrap(), *end));
        State { watermarks: watermarks.collect(), ..State::default() }
    }

    fn event(event_time: Option<Timestamp>) -> UndecidableEvent {
        UndecidableEvent { event_time, event_id: None, account_id: None, file: None, reason: String::new() }
    }

    /// Runs a check with the job of these detections.
    fn with_job<T>(detections: &[Detection], state: &State, check: impl FnOnce(&Job<'_>) -> T) -> T {
        let source = Source::Memory(Memory::default());
        let chosen = (detections.iter().collect(), CADENCE);
        check(&Job::scheduled("hourly", now(), chosen, state, Logs::Files(&source), now()))
    }

    /// The horizon after a run of [`ID`], counted by buckets of `align`, that answered up to this time, if it did.
    fn horizon_of(align: Span, answered: Option<Timestamp>, watermarks: &[(&str, Timestamp)]) -> Timestamp {
        let (state, detection) = (state(watermarks), Detection { align, ..Detection::sample(ID) });
        let answered: Vec<_> = answered.map(|end| (ID.parse().unwrap(), end)).into_iter().collect();
        with_job(&[detection], &state, |job| horizon(job, &answered, &state, now(), &CADENCE))
    }

    #[test]
    fn a_later_run_reads_from_the_watermark_less_the_lateness() {
        let late = |time: Timestamp| time.minus(CADENCE.lateness);
        let of = |answered, watermark: Timestamp| horizon_of(Span::ZERO, answered, &[(ID, watermark)]);
        assert_eq!(of(Some(now()), ago(7_200)), late(now()));
        assert_eq!(of(None, ago(7_200)), late(ago(7_200)), "it gave no answer");
        assert_eq!(of(None, ago(3 * 86_400)), late(ago(86_400)), "catching up is capped");
        assert_eq!(horizon_of(Span::ZERO, None, &[]), late(now()));
        assert_eq!(horizon_of(Span::DAY, Some(now()), &[]).to_string(), "2026-03-10T00:00:00Z");
    }

    #[test]
    fn a_detection_that_did_not_run_may_read_from_its_watermark_as_well() {
        let of = |watermark| horizon_of(Span::ZERO, Some(now()), &[("other.x", watermark)]).to_string();
        assert_eq!(of(ago(7_200)), "2026-03-10T00:00:00Z", "from a whole day on, whatever it counts by");
        assert_eq!(of(ago(86_399)), "2026-03-09T00:00:00Z");
        assert_eq!(of(ago(86_400)), "2026-03-10T11:50:00Z", "beyond what catching up reaches");
        let state = state(&[]);
        assert_eq!(with_job(&[], &state, |job| horizon(job, &[], &state, now(), &CADENCE)), now());
    }

    #[test]
    fn what_is_remembered_after_a_run() {
        let [held, plain, grown, timeless] = ["held", "plain", "grown", "timeless"]
            .map(|about| Finding::sample(ID, about, Some(ago(60)).filter(|_| about != "timeless")));
        let held = Finding { state: FindingState::Suppressed, ..held };
        let part = Finding::sample(ID, "part", None).fingerprint;
        let grown = Finding { last_seen: Some(ago(30)), united: vec![part.clone()], ..grown };
        let failed = |id: &str| Failure { detection: id.parse().unwrap(), reason: String::new(), hint: None };
        let failures = ["first.time", "old.hand", "not.in-job"].map(failed);
        let detections = [ID, "first.time", "old.hand"].map(Detection::sample);
        let before = state(&[("old.hand", ago(7_200))]);
        let findings = [held, plain.clone(), grown.clone(), timeless.clone()];
        let answered = vec![(ID.parse().unwrap(), now())];
        let event = event(Some(ago(50)));
        let odd = Undecidable { detection: ID.parse().unwrap(), event, repeated: false };
        let one_more = Undecidable { detection: "x.y".parse().unwrap(), ..odd.clone() };
        let answers = Answers {
            answered,
            failures: failures.into(),
            undecidable: vec![odd.clone(); REMEMBERED].into_iter().chain([one_more]).collect(),
            ..Answers::default()
        };
        let after_run = |searched| {
            with_job(&detections, &before, |job| advanced(job, &answers, &findings, searched)).unwrap()
        };
        let after = after_run(true);
        let watermarks = [(ID, now()), ("first.time", ago(3_600)), ("old.hand", ago(7_200))];
        assert_eq!(after.watermarks, state(&watermarks).watermarks);
        let reported = [(plain, ago(60)), (grown, ago(30)), (timeless, now())];
        let reported = reported.map(|(finding, time)| (finding.fingerprint, time)).into_iter();
        let others = [(odd.fingerprint(), now()), (part, ago(30))];
        assert_eq!(after.seen, reported.chain(others).collect());
        let failed = ["first.time", "old.hand"].map(|id| (id.parse().unwrap(), 1));
        assert_eq!(after.unanswered, failed.into(), "they get another chance, each after its first failure");
        let unread = [(ID, ago(3_600)), ("first.time", ago(3_600)), ("old.hand", ago(7_200))];
        assert_eq!(after_run(false).watermarks, state(&unread).watermarks, "no log was read");
    }
    #[test]
    fn undecidable_events_are_sorted_by_severity_then_by_detection_and_time() {
        let detections = [("a.low", Severity::Low), ("b.high", Severity::High), ("c.high", Severity::High)]
            .map(|(id, severity)| Detection { severity, ..Detection::sample(id) });
        let sorted = [("b.high", 9), ("b.high", 8), ("c.high", 9), ("a.low", 9), ("gone.x", 9)];
        let odd = |(id, seconds): (&str, i64)| Undecidable {
            detection: id.parse().unwrap(),
            event: event(Some(ago(seconds))),
            repeated: false,
        };
        let mut answers = Answers {
            undecidable: [4, 2, 1, 3, 0].map(|number: usize| odd(sorted[number])).into(),
            ..Answers::default()
        };
        with_job(&detections, &state(&[]), |job| answers.sort_undecidable(job));
        assert_eq!(answers.undecidable, sorted.map(odd));
    }
}
