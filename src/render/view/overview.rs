//! Overviews: which detections fired, one line for the mailbox.

use super::{
    Fired,
    findings::{by_detection, by_state, title},
};
use crate::{
    domain::brief::Brief,
    render::{clean::Line, limits::Limits, words},
};

/// From how many detections on an overview helps.
const MANY: usize = 4;

/// A line for each detection that fired, if there are many and no stories, which say more; and what was left out.
pub(super) fn fired(brief: &Brief, limits: &Limits) -> (Vec<Fired>, Option<Line>) {
    let all = by_detection(brief);
    if all.len() < MANY || !brief.stories.is_empty() {
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
