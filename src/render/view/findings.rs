//! Findings grouped, counted and named, for all parts of a brief.

use std::collections::BTreeMap;

use crate::{
    domain::{
        brief::Brief,
        detection::DetectionId,
        finding::{Finding, FindingState},
        severity::Severity,
    },
    render::{clean::Line, words},
};

/// The findings by detection: the worst severity first, within it those with new findings, then those with few findings.
pub(super) fn by_detection(brief: &Brief) -> Vec<((Severity, &DetectionId), Vec<&Finding>)> {
    let mut by: BTreeMap<(Severity, &DetectionId), Vec<&Finding>> = BTreeMap::new();
    for finding in &brief.findings {
        by.entry((finding.severity, &finding.detection)).or_default().push(finding);
    }
    let mut all: Vec<_> = by.into_iter().collect();
    let fresh = |findings: &[&Finding]| {
        findings.iter().filter(|finding| finding.state != FindingState::Repeated).count()
    };
    // A detection that fires rarely is the signal, one that fires often the noise.
    all.sort_by_key(|((severity, id), findings)| {
        (std::cmp::Reverse(*severity), fresh(findings) == 0, findings.len(), *id)
    });
    all
}

/// The detection's title, or its id if it is not known.
pub(super) fn title(brief: &Brief, id: &DetectionId) -> Line {
    match brief.detections.get(id) {
        Some(detection) if !detection.title.trim().is_empty() => Line::short(&detection.title, 160),
        _ => Line::new(id.as_str()),
    }
}

/// How many findings are new, late, already reported.
pub(super) fn by_state(findings: &[&Finding]) -> [u64; 3] {
    [FindingState::New, FindingState::Late, FindingState::Repeated]
        .map(|state| findings.iter().filter(|finding| finding.state == state).count() as u64)
}

/// How many findings of each state, in words.
pub(super) fn counts(findings: &[&Finding]) -> String {
    states(by_state(findings))
}

/// The account's name and id, as far as known.
pub(super) fn account(finding: &Finding) -> Line {
    let id = finding.account_id.as_ref().map(|id| Line::short(id.raw(), 60)).filter(|id| !id.is_empty());
    let name = finding.account_name.as_ref().map(|name| Line::short(name, 60)).filter(|n| !n.is_empty());
    match (name, id) {
        (Some(name), Some(id)) => Line::new(format!("{name} ({id})")),
        (None, Some(id)) => id,
        (Some(name), None) => name,
        (None, None) => Line::new("no account recorded"),
    }
}

/// Findings by state in words: `3 new, 1 late, 2 already reported`.
fn states([new, late, repeated]: [u64; 3]) -> String {
    [(new, "new"), (late, "late"), (repeated, words::ALREADY_REPORTED)]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", words::number(n)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// All severities, the worst first.
pub(super) fn worst_first() -> impl Iterator<Item = Severity> {
    Severity::ALL.into_iter().rev()
}
