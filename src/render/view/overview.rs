//! Overviews: which detections fired, which actors several of them name, one line for the mailbox.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Entry, Fact, Fired, Section,
    findings::{account, by_detection, by_state, title},
};
use crate::{
    domain::{
        brief::Brief,
        detection::DetectionId,
        finding::{Finding, FindingState},
        severity::Severity,
    },
    render::{clean::Line, limits::Limits, words},
};

/// From how many detections on an overview helps.
const MANY: usize = 4;

/// A line for each detection that fired, if there are many, and what was left out.
pub(super) fn fired(brief: &Brief, limits: &Limits) -> (Vec<Fired>, Option<Line>) {
    let all = by_detection(brief);
    if all.len() < MANY {
        return (Vec::new(), None);
    }
    let shown = limits.overview.min(all.len());
    let lines = all[..shown]
        .iter()
        .map(|((severity, id), findings)| Fired {
            severity: severity.as_str(),
            title: Line::short(title(brief, id).as_str(), 90),
            counts: by_state(findings),
        })
        .collect();
    let rest = &all[shown..];
    let more = (!rest.is_empty()).then(|| {
        let findings: usize = rest.iter().map(|(_, findings)| findings.len()).sum();
        Line::new(format!(
            "\u{2026} and {} more with {}",
            words::count(rest.len() as u64, "detection"),
            words::count(findings as u64, "finding")
        ))
    });
    (lines, more)
}

/// The detections that fired with their counts, in one line.
pub(super) fn preview(brief: &Brief) -> Line {
    let parts: Vec<String> = by_detection(brief)
        .iter()
        .take(5)
        .map(|((_, id), findings)| format!("{} ({})", title(brief, id), words::number(findings.len() as u64)))
        .collect();
    Line::short(parts.join("; "), 200)
}

/// Actors whom at least two detections of medium severity or worse name with something new.
pub(super) fn actors(brief: &Brief, limits: &Limits) -> Option<Section> {
    #[derive(Default)]
    struct Trace<'a> {
        worst: Option<Severity>,
        findings: u64,
        detections: BTreeSet<&'a DetectionId>,
        accounts: BTreeSet<String>,
    }
    let mut by: BTreeMap<&str, Trace<'_>> = BTreeMap::new();
    // A finding of low severity, or an old one, says little about its actor.
    let significant =
        |finding: &&Finding| finding.severity >= Severity::Medium && finding.state != FindingState::Repeated;
    for finding in brief.findings.iter().filter(significant) {
        let Some(actor) = &finding.actor else { continue };
        let trace = by.entry(actor.raw()).or_default();
        trace.worst = trace.worst.max(Some(finding.severity));
        trace.findings += 1;
        trace.detections.insert(&finding.detection);
        trace.accounts.insert(account(finding).to_string());
    }
    let mut all: Vec<_> = by.into_iter().filter(|(_, trace)| trace.detections.len() > 1).collect();
    all.sort_by_key(|(actor, trace)| {
        (std::cmp::Reverse((trace.worst, trace.detections.len(), trace.findings)), *actor)
    });
    let max = limits.list.min(5);
    let entries: Vec<Entry> = all
        .iter()
        .take(max)
        .map(|(actor, trace)| {
            let mut ids: Vec<_> = trace.detections.iter().collect();
            ids.sort_by_key(|id| std::cmp::Reverse(brief.detections.get(**id).map(|known| known.severity)));
            let titles: Vec<Line> = ids.iter().map(|id| title(brief, id)).collect();
            let titles: Vec<&str> = titles.iter().map(Line::as_str).collect();
            let accounts: Vec<&String> = trace.accounts.iter().collect();
            Entry {
                head: Line::short(actor, limits.value),
                body: Line::new(format!(
                    "{} in {}, worst severity {}",
                    words::count(trace.findings, "finding"),
                    words::list(&accounts, 4),
                    trace.worst.unwrap_or(Severity::Info)
                )),
                facts: vec![Fact::new("", Line::new(words::list(&titles, 6)))],
            }
        })
        .collect();
    let left = all.len().saturating_sub(max) as u64;
    (!entries.is_empty()).then(|| Section {
        title: "Actors in several detections",
        lead: None,
        entries,
        more: (left > 0).then(|| Line::new(format!("\u{2026} and {}", words::count(left, "more actor")))),
        tabular: false,
    })
}
