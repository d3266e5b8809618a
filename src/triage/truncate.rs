//! Leaves out what a brief cannot hold of one detection, and counts it. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::domain::{
    detection::DetectionId,
    finding::{Finding, FindingState},
    truncation::Truncation,
    untrusted::Untrusted,
};

/// Takes out of `findings` those of each detection that exceed `limit`: the latest of those that no earlier brief reported.
/// What was reported or is suppressed does not count. `cut` are detections that returned more rows than were read.
pub fn truncate(findings: &mut Vec<Finding>, limit: usize, cut: &BTreeSet<DetectionId>) -> Vec<Truncation> {
    let mut fresh: BTreeMap<&DetectionId, Vec<usize>> = cut.iter().map(|id| (id, Vec::new())).collect();
    for (at, finding) in findings.iter().enumerate() {
        if finding.state != FindingState::Repeated {
            fresh.entry(&finding.detection).or_default().push(at);
        }
    }
    let mut out = BTreeSet::new();
    let mut truncations = Vec::new();
    for (detection, mut fresh) in fresh {
        fresh.sort_by_key(|at| {
            let finding = &findings[*at];
            (finding.event_time.is_none(), finding.last_seen.or(finding.event_time), *at)
        });
        let left_out = fresh.split_off(limit.min(fresh.len()));
        let is_cut = cut.contains(detection);
        if left_out.is_empty() && !is_cut {
            continue;
        }
        truncations.push(Truncation {
            detection: detection.clone(),
            kept: fresh.len() as u64,
            left_out: by_actor(left_out.iter().map(|at| &findings[*at])),
            is_cut,
        });
        out.extend(left_out);
    }
    let mut at = 0..;
    findings.retain(|_| at.next().is_none_or(|at| !out.contains(&at)));
    truncations
}

fn by_actor<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(Option<Untrusted>, u64)> {
    let mut counts: BTreeMap<Option<&Untrusted>, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.actor.as_ref()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(actor, count)| (actor.cloned(), count)).collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn finding(detection: &str, about: i64, actor: &str, state: FindingState) -> Finding {
        let time = Some(Timestamp::from_unix_s(1_000 - about));
        let actor = Some(Untrusted::new(actor));
        Finding { state, actor, ..Finding::sample(detection, &about.to_string(), time) }
    }

    fn abouts(findings: &[Finding]) -> Vec<i64> {
        findings.iter().map(|finding| 1_000 - finding.event_time.unwrap().unix_s()).collect()
    }

    #[test]
    fn the_latest_of_what_is_new_is_left_out_and_counted_by_actor() {
        use FindingState::{Late, New, Repeated};
        let mut findings = vec![
            finding("a.b", 1, "eve", New),
            finding("a.b", 2, "bob", New),
            finding("a.b", 3, "eve", Repeated),
            finding("a.b", 4, "eve", Late),
            finding("a.b", 5, "eve", New),
            finding("a.b", 6, "eve", New),
            finding("c.d", 7, "eve", New),
        ];
        let truncations = truncate(&mut findings, 2, &BTreeSet::new());
        assert_eq!(abouts(&findings), [3, 5, 6, 7]);
        let [truncation] = truncations.as_slice() else { panic!("{truncations:?}") };
        let left_out = [(Some(Untrusted::new("eve")), 2), (Some(Untrusted::new("bob")), 1)];
        assert_eq!((truncation.left_out.as_slice(), truncation.kept), (left_out.as_slice(), 2));
        assert_eq!((truncation.findings(), truncation.is_cut), (3, false));
        assert_eq!(truncate(&mut findings, 2, &BTreeSet::new()), []);
    }

    #[test]
    fn a_detection_with_more_rows_than_were_read_is_truncated() {
        let cut = ["a.b", "c.d"].map(|id| id.parse().unwrap()).into();
        let mut findings = vec![finding("a.b", 1, "eve", FindingState::Repeated)];
        let truncations = truncate(&mut findings, 2, &cut);
        let shape = |it: &Truncation| (it.detection.to_string(), it.kept, it.findings(), it.is_cut);
        assert_eq!(
            truncations.iter().map(shape).collect::<Vec<_>>(),
            [("a.b".to_owned(), 0, 0, true), ("c.d".to_owned(), 0, 0, true)]
        );
        assert_eq!(findings.len(), 1);
    }
}
