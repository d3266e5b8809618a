//! Turns the rows that detections returned into findings that are new, late or repeated. Pure.

mod actions;
mod finding;
mod replace;
mod truncate;

use std::collections::BTreeMap;

pub use actions::unite;
pub use finding::findings_of;
pub use replace::replace;
pub use truncate::truncate;

use crate::domain::{
    finding::{Finding, FindingState, Fingerprint},
    state::State,
    time::Timestamp,
    untrusted::Untrusted,
};

/// Gives every finding of one detection its state.
///
/// An aggregate that was reported is repeated only if no event has been added to it since; otherwise it is new again.
/// A finding is late if it ends before `settled`: where the last answered window ended, less what delivery usually takes;
/// `None` if there was no window, and for a run on demand.
pub fn mark(findings: &mut [Finding], state: &State, settled: Option<Timestamp>) {
    for finding in findings {
        let last = finding.last_seen.or(finding.event_time);
        let reported_up_to = state.seen.get(&finding.fingerprint);
        finding.state = if reported_up_to.is_some_and(|reported| last.is_none_or(|last| last <= *reported)) {
            FindingState::Repeated
        } else if settled.zip(last).is_some_and(|(settled, last)| last < settled) {
            FindingState::Late
        } else {
            FindingState::New
        };
    }
}

/// Keeps one finding of each fingerprint; details in which the others differ are kept beside its own.
///
/// Of different events that share an id, all but the first get a fingerprint that tells them apart.
#[must_use]
pub fn distinct(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut positions: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for mut finding in findings {
        let is_of_another_event = |at: &usize| event_of(&kept[*at]) != event_of(&finding);
        if finding.event_id.is_some() && positions.get(&finding.fingerprint).is_some_and(is_of_another_event)
        {
            let shared = [Some(finding.fingerprint.to_string())];
            let parts: Vec<_> = shared.into_iter().chain(event_of(&finding)).collect();
            finding.fingerprint = Fingerprint::of(&finding.detection, &parts);
        }
        match positions.get(&finding.fingerprint) {
            Some(at) => finding::merge(&mut kept[*at], finding),
            None => {
                positions.insert(finding.fingerprint.clone(), kept.len());
                kept.push(finding);
            }
        }
    }
    kept
}

/// What the rows of one event have in common.
fn event_of(finding: &Finding) -> [Option<String>; 6] {
    let raw = |text: &Option<Untrusted>| text.as_ref().map(|text| text.raw().to_owned());
    [
        finding.event_time.map(|time| time.to_string()),
        raw(&finding.account_id),
        raw(&finding.region),
        raw(&finding.actor),
        raw(&finding.action),
        raw(&finding.source_ip),
    ]
}

/// Puts findings in the order of a brief: worst first, then by detection, time and fingerprint.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.detection.cmp(&b.detection))
            .then_with(|| a.event_time.cmp(&b.event_time))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::severity::Severity;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_s(seconds)
    }

    fn finding(about: &str, time: Option<i64>) -> Finding {
        Finding { state: FindingState::Suppressed, ..Finding::sample("a.b", about, time.map(at)) }
    }

    /// The state of a finding with these times, where one of the same identity was reported up to `reported`.
    fn marked(time: i64, last: Option<i64>, reported: Option<i64>, watermark: Option<i64>) -> FindingState {
        let mut findings = [Finding { last_seen: last.map(at), ..finding("x", Some(time)) }];
        let seen = reported.map(|time| (findings[0].fingerprint.clone(), at(time)));
        let state = State { seen: seen.into_iter().collect(), ..State::default() };
        mark(&mut findings, &state, watermark.map(at));
        findings[0].state
    }

    #[test]
    fn a_finding_is_late_if_it_ends_before_the_watermark() {
        assert_eq!(marked(99, None, None, Some(100)), FindingState::Late);
        assert_eq!(
            marked(100, None, None, Some(100)),
            FindingState::New,
            "the watermark itself was not searched"
        );
        assert_eq!(marked(101, None, None, Some(100)), FindingState::New);
        assert_eq!(marked(99, Some(100), None, Some(100)), FindingState::New, "an aggregate that goes on");
        assert_eq!(marked(99, None, None, None), FindingState::New);
    }

    #[test]
    fn what_was_reported_is_repeated_unless_it_has_grown() {
        assert_eq!(marked(99, None, Some(99), Some(100)), FindingState::Repeated);
        assert_eq!(marked(90, Some(99), Some(99), Some(100)), FindingState::Repeated);
        assert_eq!(marked(90, Some(98), Some(99), Some(100)), FindingState::Repeated);
        assert_eq!(marked(90, Some(120), Some(99), Some(100)), FindingState::New);
        assert_eq!(marked(90, Some(99), Some(98), Some(100)), FindingState::Late);
        let mut timeless = [finding("x", None)];
        let seen = [(timeless[0].fingerprint.clone(), at(5))].into();
        mark(&mut timeless, &State { seen, ..State::default() }, Some(at(100)));
        assert_eq!(timeless[0].state, FindingState::Repeated);
    }

    #[test]
    fn one_finding_of_each_identity_is_kept_with_the_details_of_all() {
        use crate::domain::rows::Value;
        let with = |about: &str, detail: &str| Finding {
            details: vec![("ip".to_owned(), Value::Text(detail.to_owned()))],
            ..finding(about, Some(1))
        };
        let kept = distinct(vec![with("x", "1"), with("y", "2"), with("x", "3"), with("x", "1")]);
        let details: Vec<_> = kept.iter().map(|finding| finding.details[0].1.text().unwrap()).collect();
        assert_eq!(details, ["[1, 3]", "2"]);
    }

    #[test]
    fn different_events_with_one_id_are_different_findings() {
        let of = |time, actor: &str| Finding {
            event_id: Some(Untrusted::new("e-1")),
            actor: Some(Untrusted::new(actor)),
            ..finding("x", Some(time))
        };
        let all = [of(1, "alice"), of(1, "alice"), of(1, "bob"), of(2, "alice"), of(2, "alice")];
        let kept = distinct(all.to_vec());
        let known: std::collections::BTreeSet<_> = kept.iter().map(|finding| &finding.fingerprint).collect();
        assert_eq!((kept.len(), known.len()), (3, 3));
        assert_eq!(kept[0].fingerprint, all[0].fingerprint, "the first one is who it always was");
        assert_eq!(distinct(all[2..].to_vec()).len(), 2);
        let counted = |actor| Finding { event_id: None, ..of(1, actor) };
        assert_eq!(distinct(vec![counted("alice"), counted("bob")]).len(), 1, "what counts events has no id");
    }

    #[test]
    fn findings_are_sorted_worst_first() {
        let with = |severity, detection: &str, time| Finding {
            severity,
            detection: detection.parse().unwrap(),
            ..finding("x", Some(time))
        };
        let sorted = [
            with(Severity::Critical, "z.z", 9),
            with(Severity::Low, "a.a", 2),
            with(Severity::Low, "a.b", 1),
            with(Severity::Low, "a.b", 3),
        ];
        let mut findings = sorted.to_vec();
        findings.reverse();
        sort(&mut findings);
        assert_eq!(findings, sorted);
    }
}
