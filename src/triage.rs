//! Turns the rows that detections returned into findings that are new, late or repeated. Pure.

mod finding;

use std::collections::BTreeMap;

pub use finding::findings_of;

use crate::domain::{
    finding::{Finding, FindingState, Fingerprint},
    state::State,
    time::Timestamp,
};

/// Gives every finding of one detection its state.
///
/// An aggregate that was reported is repeated only if no event has been added to it since; otherwise it is new again.
/// `watermark` is where the last answered window ended; `None` if there was none, and for a run on demand.
pub fn mark(findings: &mut [Finding], state: &State, watermark: Option<Timestamp>) {
    for finding in findings {
        let last = finding.last_seen.or(finding.event_time);
        let reported_up_to = state.seen.get(&finding.fingerprint);
        finding.state = if reported_up_to.is_some_and(|reported| last.is_none_or(|last| last <= *reported)) {
            FindingState::Repeated
        } else if watermark.zip(last).is_some_and(|(watermark, last)| last < watermark) {
            FindingState::Late
        } else {
            FindingState::New
        };
    }
}

/// Keeps one finding of each fingerprint; details in which the others differ are kept beside its own.
#[must_use]
pub fn distinct(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut positions: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for finding in findings {
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
