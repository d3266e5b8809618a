//! What changed since the last brief, in a few lines.

use crate::{
    domain::{
        brief::Brief,
        changes::{Changes, StillThere, StoryChange, Undone},
        decision::{Decision, Verdict},
        roll_up::{ReportedStory, RollUp},
        severity::Severity,
        story::Standing,
        time::Timestamp,
        untrusted::Untrusted,
    },
    render::{
        clean::Line,
        clock::{self, Clock},
        words,
    },
};

/// How many people or things a line names.
const NAMED: usize = 4;

/// How many things that were undone have a line each.
const MAX_UNDONE: usize = 6;

/// The longest line, in characters.
const MAX: usize = 400;

/// What changed and what other schedules reported, one line each; nothing for a run on demand.
pub(super) fn lines(brief: &Brief) -> Vec<Line> {
    let clock = Clock::of(brief);
    let mut lines =
        brief.roll_up.as_ref().map_or_else(Vec::new, |roll_up| self::roll_up(brief, roll_up, clock));
    if let Some(changes) = &brief.changes {
        lines.extend(changed(changes, clock));
    }
    lines.into_iter().map(|line| Line::short(line, MAX)).collect()
}

/// What changed since the last brief.
fn changed(changes: &Changes, clock: Clock) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(line) = stories(changes, clock) {
        lines.push(line);
    }
    lines.extend(changes.undone.iter().take(MAX_UNDONE).map(|undone| self::undone(undone, clock)));
    if changes.undone.len() > MAX_UNDONE {
        let more = words::count((changes.undone.len() - MAX_UNDONE) as u64, "more thing");
        lines.push(format!("Undone: {more}, see the JSON"));
    }
    lines.extend(still_there(changes, clock));
    if !changes.waiting.is_empty() {
        let says: Vec<String> =
            changes.waiting.iter().map(|it| format!("{} ({})", it.says, it.severity)).collect();
        let number = words::number(says.len() as u64);
        lines.push(format!("From briefs that were not sent ({number}): {}", words::list(&says, NAMED)));
    }
    lines.extend(changes.decisions.iter().map(decision));
    lines
}

/// What the other schedules reported since the last daily brief, and what this one leaves out.
fn roll_up(brief: &Brief, roll_up: &RollUp, clock: Clock) -> Vec<String> {
    let mut lines = Vec::new();
    for report in &roll_up.schedules {
        let name = &report.schedule;
        if !report.trouble.is_empty() {
            lines.push(format!("Not all that {name} reported is shown here: {}", report.trouble.join("; ")));
        }
        let mut line = format!(
            "Reported by {name} since {}: {} in {}",
            clock.instant(roll_up.since),
            numbers(report.findings.map(words::number)).unwrap_or_else(|| "nothing new".to_owned()),
            words::count(report.briefs, "brief"),
        );
        if report.suppressed > 0 {
            line.push_str(&format!("; {} suppressed", words::number(report.suppressed)));
        }
        if !report.unanswered.is_empty() {
            let unanswered: Vec<&String> = report.unanswered.iter().collect();
            line.push_str(&format!("; no answer at times from {}", words::list(&unanswered, NAMED)));
        }
        lines.push(line);
        let serious = report.stories.iter().filter(|story| story.severity >= Severity::Medium);
        lines.extend(serious.map(|story| self::story(story, clock)));
    }
    let shown = |average: f64| if average < 0.05 { "0".to_owned() } else { format!("{average:.1}") };
    let [week, month] = roll_up.trend.map(|trend| numbers(trend.map(shown)));
    let none = || "nothing".to_owned();
    lines.push(format!(
        "New findings a day before that, on average: {} (last 7 days), {} (last 30 days)",
        week.unwrap_or_else(none),
        month.unwrap_or_else(none)
    ));
    for pack in &brief.coverage.packs_left_out {
        let by = match pack.schedules.as_slice() {
            [] => "no schedule runs it".to_owned(),
            schedules => format!("run by {}", words::list(schedules, NAMED)),
        };
        let detections = words::count(pack.detections, "detection");
        lines.push(format!("Not run here: pack {} ({detections}, up to {}; {by})", pack.pack, pack.worst));
    }
    lines
}

/// Numbers by severity in words, the worst first: `2 critical, 1 high`; `None` if all are zero.
fn numbers(by: [String; 5]) -> Option<String> {
    let named = Severity::ALL.into_iter().zip(by).rev().filter(|(_, number)| number != "0");
    let named: Vec<String> = named.map(|(severity, number)| format!("{number} {severity}")).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

fn story(story: &ReportedStory, clock: Clock) -> String {
    let mut line = format!("{}: {}", story.severity, story.title.raw());
    let last = story.last.filter(|last| Some(*last) != story.first);
    match (story.first, last) {
        (Some(first), Some(last)) => line.push_str(&format!(", {}", clock.minutes(first, last))),
        (Some(at), None) => line.push_str(&format!(", {}", clock.minute(at))),
        (None, _) => {}
    }
    match story.left.as_slice() {
        [] => {}
        left => {
            let names: Vec<&str> = left.iter().map(Untrusted::raw).collect();
            line.push_str(&format!("; still there: {}", words::list(&names, NAMED)));
        }
    }
    if let Some(by) = &story.acknowledged_by {
        line.push_str(&format!(" (acknowledged by {by})"));
    }
    line
}

/// Which stories are new, have grown, or are quiet now.
fn stories(changes: &Changes, clock: Clock) -> Option<String> {
    let people = |of: &[StoryChange]| {
        let names: Vec<&str> = of.iter().map(|change| change.person.raw()).collect();
        words::list(&names, NAMED)
    };
    let parts = [("new", &changes.new), ("grown", &changes.grown), ("quiet now", &changes.quiet)];
    let parts = parts.into_iter().filter(|(_, of)| !of.is_empty());
    let parts: Vec<String> = parts.map(|(word, of)| format!("{word}: {}", people(of))).collect();
    let since = changes.since?;
    (!parts.is_empty()).then(|| format!("Since {}: {}", clock.instant(since), parts.join("; ")))
}

/// What was undone, by whom and when, and who had left it behind.
pub(in crate::render) fn undone(undone: &Undone, clock: Clock) -> String {
    let how = match undone.standing {
        None => "Undone",
        Some(Standing::Paused) => "Switched off",
        Some(Standing::Check | Standing::Present) => "Changed",
    };
    let at = undone.at.map_or_else(String::new, |at| format!(" at {}", clock.instant(at)));
    let (by, what, person) = (undone.by.raw(), undone.what.raw(), undone.person.raw());
    format!("{how} by {by}{at}: {what}, left behind by {person}")
}

/// What is there still, one line a story.
fn still_there(changes: &Changes, clock: Clock) -> Vec<String> {
    let mut stories: Vec<Vec<&StillThere>> = Vec::new();
    for thing in &changes.still_there {
        match stories.last_mut().filter(|things| things[0].story == thing.story) {
            Some(things) => things.push(thing),
            None => stories.push(vec![thing]),
        }
    }
    let line = |things: &Vec<&StillThere>| {
        let since: Option<Timestamp> = things.iter().filter_map(|thing| thing.since).min();
        let since = since.map_or_else(String::new, |at| format!(" since {}", clock.instant(at)));
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
    format!("{by} {did} {} {} until {}: {reason}", subject.kind(), subject.as_str(), clock::day(*expires))
}
