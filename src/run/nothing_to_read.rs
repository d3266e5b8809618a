//! Which detections had nothing to read: no event of any source that they need came for a month, so that their silence means
//! nothing.
//!
//! Only passes over log files know it. Athena returns the events that statements ask for, and what it does not return may be
//! there.

use std::collections::BTreeSet;

use super::{Job, Logs};
use crate::{
    domain::{
        detection::{Detection, DetectionId, Need},
        habits::Sources,
        nothing_to_read::{NothingToRead, Unread},
        time::{Span, Timestamp, Window},
    },
    engine::embedded::pack::Pack,
    plan::{Occasion, RunPlan},
};

/// For how long no event must have come.
const LONG: Span = Span::from_s(30 * 86_400);

/// The end of the names of needs such as `s3-data-events`.
const DATA_EVENTS: &str = "-data-events";

/// What the questions of a run read.
pub(super) struct Wants(Vec<(DetectionId, BTreeSet<String>)>);

/// Whether a run notes the sources of all events: to remember them, or to tell about its own window.
pub(super) fn are_noted(job: &Job<'_>) -> bool {
    matches!(job.logs, Logs::Files(_))
        && match job.occasion {
            Occasion::Scheduled { .. } => true,
            Occasion::OnDemand { window, .. } => window.span() >= LONG,
        }
}

impl Wants {
    /// Of a pack with the questions of a plan.
    pub(super) fn of(plan: &RunPlan, pack: &Pack) -> Self {
        let questions = plan.questions.iter().zip(pack.needs());
        let wanted = questions.filter_map(|(question, needs)| {
            let sources: Option<Vec<_>> =
                needs?.conditions.iter().map(|condition| condition.event_sources()).collect();
            let sources: BTreeSet<String> = sources?.into_iter().flatten().collect();
            (!sources.is_empty()).then(|| (question.detection.clone(), sources))
        });
        Self(wanted.collect())
    }

    /// Those of the detections that answered which had nothing to read; `None` if nobody can tell.
    ///
    /// `own` are the sources that the run itself has seen over its window.
    pub(super) fn unread<'d>(
        &self,
        job: &Job<'d>,
        own: &Sources,
        window: Window,
        answered: impl Fn(&DetectionId) -> bool,
    ) -> Option<NothingToRead> {
        let (known, since) = match job.occasion {
            _ if !are_noted(job) => return None,
            Occasion::OnDemand { .. } => (own.clone(), window.start()),
            Occasion::Scheduled { .. } => {
                let mut known = job.habits.sources.clone();
                known.learn(own.clone());
                (known, window.end().minus(LONG))
            }
        };
        if !known.covers(since, window.end()) {
            return None;
        }
        let asked = self.0.iter().filter(|(id, _)| answered(id));
        let unread = asked.filter_map(|(id, sources)| {
            let detection: &'d Detection = job.detections.iter().find(|detection| detection.id == *id)?;
            unread(detection, sources, &known, since)
        });
        Some(NothingToRead { since, detections: unread.collect() })
    }
}

/// A detection that had nothing to read.
fn unread(
    detection: &Detection,
    sources: &BTreeSet<String>,
    known: &Sources,
    since: Timestamp,
) -> Option<Unread> {
    let needs_data = |source: &str| {
        let service = source.split('.').next().unwrap_or(source);
        detection
            .needs
            .iter()
            .any(|need| matches!(need, Need::Trail(what) if what.strip_suffix(DATA_EVENTS) == Some(service)))
    };
    let is_seen = |source: &String| known.has(source, needs_data(source), since);
    (!sources.iter().any(is_seen)).then(|| Unread {
        detection: detection.id.clone(),
        sources: sources.iter().cloned().collect(),
        data_events: sources.iter().all(|source| needs_data(source)),
    })
}

/// What two steps of a run say of it: what one says of a detection, the other must not deny.
pub(super) fn in_both(
    one: (Option<&NothingToRead>, impl Fn(&DetectionId) -> bool),
    other: (Option<&NothingToRead>, impl Fn(&DetectionId) -> bool),
) -> Option<NothingToRead> {
    let ((one, one_asked), (other, other_asked)) = ((one.0?, one.1), (other.0?, other.1));
    let says = |of: &NothingToRead, id: &DetectionId| of.detections.iter().any(|it| it.detection == *id);
    let of_one = one.detections.iter().filter(|it| !other_asked(&it.detection) || says(other, &it.detection));
    let of_other = other.detections.iter().filter(|it| !one_asked(&it.detection));
    let mut detections: Vec<Unread> = of_one.chain(of_other).cloned().collect();
    detections.sort_by(|a, b| a.detection.cmp(&b.detection));
    Some(NothingToRead { since: one.since.max(other.since), detections })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DetectionId {
        text.parse().unwrap()
    }

    fn said(since: i64, ids: &[&str]) -> NothingToRead {
        let unread = |text: &&str| Unread { detection: id(text), sources: Vec::new(), data_events: false };
        NothingToRead { since: Timestamp::from_unix_s(since), detections: ids.iter().map(unread).collect() }
    }

    #[test]
    fn a_step_that_read_something_denies_what_another_one_says() {
        let (one, other) = (said(1, &["a.both", "a.denied", "a.one"]), said(2, &["a.both", "a.other"]));
        let one_asked = |of: &DetectionId| *of != id("a.other");
        let other_asked = |of: &DetectionId| *of != id("a.one");
        let both = in_both((Some(&one), one_asked), (Some(&other), other_asked)).unwrap();
        assert_eq!(both, said(2, &["a.both", "a.one", "a.other"]));
        assert_eq!(in_both((Some(&one), one_asked), (None, other_asked)), None);
    }

    #[test]
    fn a_detection_that_needs_data_events_is_not_fed_by_others() {
        use crate::domain::habits::{Days, EventSource, day_of};
        let at = Timestamp::from_unix_s(86_400);
        let mut known = Sources::default();
        let source = EventSource { name: "s3.amazonaws.com".to_owned(), is_data: false };
        known.note(source, Days::on(day_of(at)));
        let sources = BTreeSet::from(["s3.amazonaws.com".to_owned()]);
        let plain = Detection::sample("a.b");
        let needing =
            Detection { needs: vec![Need::Trail("s3-data-events".to_owned())], ..Detection::sample("a.b") };
        assert_eq!(unread(&plain, &sources, &known, at), None);
        assert!(unread(&needing, &sources, &known, at).unwrap().data_events);
        let two = BTreeSet::from(["s3.amazonaws.com".to_owned(), "kms.amazonaws.com".to_owned()]);
        assert!(!unread(&needing, &two, &known, at).unwrap().data_events, "not of all its sources");
        let kms = BTreeSet::from(["kms.amazonaws.com".to_owned()]);
        assert_eq!(unread(&plain, &kms, &known, at).unwrap().sources, ["kms.amazonaws.com"]);
    }
}
