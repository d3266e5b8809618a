//! What the brief leaves out of detections that found too much. Counts, and names who did the most of it.

use super::{Entry, Fact, Section, findings::title};
use crate::{
    domain::{brief::Brief, truncation::Truncation},
    render::{clean::Line, limits::Limits, words},
};

/// Actors of one detection that are named.
const ACTORS: usize = 10;

/// The detections whose findings are not all in the brief.
pub(super) fn section(brief: &Brief, limits: &Limits) -> Option<Section> {
    let all = &brief.truncated;
    if all.is_empty() {
        return None;
    }
    let shown = limits.list.min(all.len());
    let detections = words::count(all.len() as u64, "detection");
    let then = match brief.run.schedule {
        Some(_) => "The next run searches the same time again and reports more of it.",
        None => "Ask for a shorter window to see all of it.",
    };
    let more = (all.len() > shown).then(|| {
        let hidden = words::count((all.len() - shown) as u64, "more detection");
        Line::new(format!("\u{2026} and {hidden}, see the JSON"))
    });
    Some(Section {
        title: "Truncated",
        lead: Some(Line::new(format!("{detections} found more than a brief holds. {then}"))),
        entries: all[..shown].iter().map(|truncation| entry(brief, truncation, limits)).collect(),
        more,
        tabular: false,
    })
}

fn entry(brief: &Brief, truncation: &Truncation, limits: &Limits) -> Entry {
    let id = &truncation.detection;
    let severity = brief.severity(id).map_or("", |severity| severity.as_str());
    let shown = truncation.left_out.len().min(ACTORS.min(limits.list));
    let (named, others) = truncation.left_out.split_at(shown);
    let mut facts: Vec<Fact> = named
        .iter()
        .map(|(actor, findings)| {
            let actor = actor.as_ref().map_or("unknown", |actor| actor.raw());
            let actor = Line::short(actor, limits.value);
            Fact::new("left out", Line::new(format!("{} by {actor}", words::number(*findings))))
        })
        .collect();
    if !others.is_empty() {
        let findings: u64 = others.iter().map(|(_, findings)| findings).sum();
        let actors = words::count(others.len() as u64, "other actor");
        facts.push(Fact::new("left out", Line::new(format!("{} by {actors}", words::number(findings)))));
    }
    Entry {
        head: Line::new(format!("{severity} \u{b7} {id}")),
        body: Line::new(format!("{}: {}", title(brief, id), left_out(truncation))),
        facts,
    }
}

fn left_out(truncation: &Truncation) -> String {
    let (kept, findings) = (words::number(truncation.kept), truncation.findings());
    match (findings, truncation.is_cut) {
        (0, _) => {
            format!("it returned more rows than were read, so findings may be missing beside these {kept}")
        }
        (n, false) => format!("{} left out beside these {kept}", words::count(n, "finding")),
        (n, true) => format!("{} or more left out beside these {kept}", words::count(n, "finding")),
    }
}
