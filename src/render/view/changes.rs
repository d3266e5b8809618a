//! What changed since the last brief, in a few lines.

use crate::{
    domain::{
        brief::Brief,
        changes::{Changes, StillThere, StoryChange, Undone},
        decision::{Decision, Verdict},
        story::Standing,
        time::Timestamp,
    },
    render::{clean::Line, words},
};

/// How many people or things a line names.
const NAMED: usize = 4;

/// How many things that were undone have a line each.
const MAX_UNDONE: usize = 6;

/// The longest line, in characters.
const MAX: usize = 400;

/// What changed, one line each; nothing for a run on demand and for a first brief without changes.
pub(super) fn lines(brief: &Brief) -> Vec<Line> {
    let Some(changes) = &brief.changes else { return Vec::new() };
    let year = words::year(brief.run.window.end());
    let mut lines = Vec::new();
    if let Some(line) = stories(changes, year) {
        lines.push(line);
    }
    lines.extend(changes.undone.iter().take(MAX_UNDONE).map(|undone| self::undone(undone, year)));
    if changes.undone.len() > MAX_UNDONE {
        let more = words::count((changes.undone.len() - MAX_UNDONE) as u64, "more thing");
        lines.push(format!("Undone: {more}, see the JSON"));
    }
    lines.extend(still_there(changes, year));
    if !changes.waiting.is_empty() {
        let says: Vec<String> =
            changes.waiting.iter().map(|it| format!("{} ({})", it.says, it.severity)).collect();
        let all = words::count(says.len() as u64, "finding");
        lines.push(format!("From briefs that were not sent: {all}: {}", words::list(&says, NAMED)));
    }
    lines.extend(changes.decisions.iter().map(decision));
    lines.into_iter().map(|line| Line::short(line, MAX)).collect()
}

/// Which stories are new, have grown, or are quiet now.
fn stories(changes: &Changes, year: i32) -> Option<String> {
    let people = |of: &[StoryChange]| {
        let names: Vec<&str> = of.iter().map(|change| change.person.raw()).collect();
        words::list(&names, NAMED)
    };
    let parts = [("new", &changes.new), ("grown", &changes.grown), ("quiet now", &changes.quiet)];
    let parts = parts.into_iter().filter(|(_, of)| !of.is_empty());
    let parts: Vec<String> = parts.map(|(word, of)| format!("{word}: {}", people(of))).collect();
    let since = changes.since?;
    (!parts.is_empty()).then(|| format!("Since {}: {}", words::instant(since, year), parts.join("; ")))
}

fn undone(undone: &Undone, year: i32) -> String {
    let how = match undone.standing {
        None => "Undone",
        Some(Standing::Paused) => "Switched off",
        Some(Standing::Check | Standing::Present) => "Changed",
    };
    let at = undone.at.map_or_else(String::new, |at| format!(" at {}", words::instant(at, year)));
    format!("{how}: {} of {}, by {}{at}", undone.what.raw(), undone.person.raw(), undone.by.raw())
}

/// What is there still, one line a story.
fn still_there(changes: &Changes, year: i32) -> Vec<String> {
    let mut stories: Vec<Vec<&StillThere>> = Vec::new();
    for thing in &changes.still_there {
        match stories.last_mut().filter(|things| things[0].story == thing.story) {
            Some(things) => things.push(thing),
            None => stories.push(vec![thing]),
        }
    }
    let line = |things: &Vec<&StillThere>| {
        let since: Option<Timestamp> = things.iter().filter_map(|thing| thing.since).min();
        let since = since.map_or_else(String::new, |at| format!(" since {}", words::instant(at, year)));
        let by = things[0].acknowledged_by.as_ref();
        let by = by.map_or_else(String::new, |by| format!(" (acknowledged by {by})"));
        let names: Vec<&str> = things.iter().map(|thing| thing.what.raw()).collect();
        format!("Still there{since}, left by {}{by}: {}", things[0].person.raw(), words::list(&names, NAMED))
    };
    stories.iter().map(line).collect()
}

fn decision(decision: &Decision) -> String {
    let Decision { subject, verdict, reason, by, expires, .. } = decision;
    let did = match verdict {
        Verdict::Acknowledged => "acknowledged",
        Verdict::Suppressed => "suppressed",
    };
    format!("{by} {did} {} {} until {}: {reason}", subject.kind(), subject.as_str(), words::day(*expires))
}
