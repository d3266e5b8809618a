//! A case in words, as JSON and as CSV.
//!
//! The text shows what a person needs at once; the JSON holds all of the case.

mod csv;
mod json;

pub(super) use self::{csv::render as csv, json::render as json};

use super::{
    TextStyle,
    clean::Line,
    clock::Clock,
    text::{Ink, TextPage},
    whereabouts, words,
};
use crate::domain::{
    brief::Brief,
    case_file::{CallOutcome, CaseFile, Pivot},
    finding::Finding,
    story::{LeftBehind, Standing},
    time::Timestamp,
};

/// The most entries of each list in the text.
const MOST: usize = 12;
/// The longest value in the text, in characters.
const LONGEST: usize = 200;

/// The case as text. `commands` are its pivots as commands to paste.
pub(super) fn text(case: &CaseFile, brief: &Brief, commands: &[String], style: TextStyle) -> String {
    let clock = Clock::of(brief);
    let mut page = TextPage::new(style);
    head(&mut page, case, brief, clock);
    chain(&mut page, case, clock);
    timeline(&mut page, case, clock);
    calls(&mut page, case);
    touched(&mut page, case);
    places(&mut page, case, brief);
    findings(&mut page, brief, clock);
    left(&mut page, case, clock);
    others(&mut page, case);
    coverage(&mut page, brief);
    if !commands.is_empty() {
        page.gap();
        page.heading("ASK ON", "", Ink::Strong);
        for (pivot, command) in case.pivots.iter().zip(commands) {
            page.line(2, &format!("$ {}", Line::new(command)), Ink::Plain);
            page.block(6, Line::short(&pivot.why, LONGEST).as_str(), Ink::Dim);
        }
    }
    page.finish()
}

fn head(page: &mut TextPage, case: &CaseFile, brief: &Brief, clock: Clock) {
    let story = &case.story;
    let who = Line::short(story.person.raw(), LONGEST);
    let title = match story.person.raw() == case.subject {
        true => Line::short(&case.subject, LONGEST).to_string(),
        false => format!("{who} ({}), asked for as {}", story.kind, Line::short(&case.subject, LONGEST)),
    };
    page.block(0, &title, Ink::Strong);
    let when = match (story.first, story.last) {
        (Some(first), Some(last)) => format!(", {}", clock.minutes_and_utc(first, last)),
        _ => String::new(),
    };
    page.block(
        0,
        &format!("{}{when}; searched {}", words::count(case.calls, "call"), clock.window(brief.run.window)),
        Ink::Plain,
    );
    if case.left_out > 0 {
        page.block(
            0,
            &format!(
                "{} of them, the last ones, are only counted here: there were too many. A shorter window shows them.",
                words::number(case.left_out)
            ),
            Ink::Medium,
        );
    }
}

fn chain(page: &mut TextPage, case: &CaseFile, clock: Clock) {
    if case.behind.is_empty() && case.story.chain.is_empty() {
        return;
    }
    page.gap();
    page.heading("WHO IS WHO", "", Ink::Strong);
    let at = |time: Option<Timestamp>| time.map(|at| format!(" ({})", clock.minute(at))).unwrap_or_default();
    for link in &case.behind {
        let text = format!(
            "{}: {}{}",
            Line::short(link.who.raw(), LONGEST),
            Line::short(link.reason.raw(), LONGEST),
            at(link.at)
        );
        page.hang("  behind  ", &text, Ink::Dim, Ink::Plain);
    }
    for link in case.story.chain.iter().take(MOST) {
        let text = format!(
            "{}: {}{}",
            Line::short(link.who.raw(), LONGEST),
            Line::short(link.reason.raw(), LONGEST),
            at(link.at)
        );
        page.hang("  below   ", &text, Ink::Dim, Ink::Plain);
    }
    more(page, case.story.chain.len(), MOST);
}

fn more(page: &mut TextPage, all: usize, most: usize) {
    if all > most {
        page.block(
            2,
            &format!("\u{2026} and {} more, see the JSON", words::number((all - most) as u64)),
            Ink::Dim,
        );
    }
}

fn timeline(page: &mut TextPage, case: &CaseFile, clock: Clock) {
    page.gap();
    page.heading("WHAT HAPPENED", "calls that only read are folded", Ink::Strong);
    let mut before = None;
    for (step, by) in case.story.steps.iter().zip(&case.by) {
        let time = step.at.map_or_else(|| "no time".to_owned(), |at| clock.minute_after(at, before));
        before = step.at.or(before);
        let severity = step.severity.map(|severity| format!(" [{severity}]")).unwrap_or_default();
        let by = by.as_ref().map(|by| format!(" (by {})", Line::short(by.raw(), 80))).unwrap_or_default();
        let text = format!("{}{by}{severity}", Line::short(words::with_names(step.text.raw()), LONGEST));
        let ink = step.severity.map_or(Ink::Plain, |severity| Ink::soft(severity.as_str()));
        page.hang(
            &format!("  {time:<11} "),
            &text,
            Ink::Dim,
            if ink == Ink::Strong { Ink::Plain } else { ink },
        );
    }
    if case.story.left_out > 0 {
        page.block(
            2,
            &format!("\u{2026} and {} that tell less", words::count(case.story.left_out, "call")),
            Ink::Dim,
        );
    }
}

fn calls(page: &mut TextPage, case: &CaseFile) {
    page.gap();
    page.heading("CALLS", "", Ink::Strong);
    for outcome in [CallOutcome::Changed, CallOutcome::Denied, CallOutcome::Failed, CallOutcome::Read] {
        let of: Vec<_> = case.tally.iter().filter(|tally| tally.outcome == outcome).collect();
        if of.is_empty() {
            continue;
        }
        let shown: Vec<String> = of
            .iter()
            .take(MOST)
            .map(|tally| match tally.count {
                1 => Line::short(tally.call.raw(), 80).to_string(),
                many => format!("{} {}", Line::short(tally.call.raw(), 80), words::number(many)),
            })
            .collect();
        let rest = of.len().saturating_sub(MOST);
        let rest =
            if rest > 0 { format!(" and {} other calls", words::number(rest as u64)) } else { String::new() };
        page.hang(
            &format!("  {:<9}", outcome.as_str()),
            &format!("{}{rest}", shown.join(", ")),
            Ink::Dim,
            Ink::Plain,
        );
    }
}

fn touched(page: &mut TextPage, case: &CaseFile) {
    if case.touched.is_empty() {
        return;
    }
    page.gap();
    page.heading("TOUCHED", "", Ink::Strong);
    for it in case.touched.iter().take(MOST) {
        let how = match it.changed {
            0 => format!("named by {}", words::count(it.calls, "call")),
            changed => format!("changed by {} of {}", words::number(changed), words::count(it.calls, "call")),
        };
        page.block(2, &format!("{}: {how}", Line::short(it.resource.raw(), LONGEST)), Ink::Plain);
    }
    let rest = case.touched.len().saturating_sub(MOST) as u64 + case.touched_more;
    if rest > 0 {
        page.block(2, &format!("\u{2026} and {} more", words::number(rest)), Ink::Dim);
    }
}

fn places(page: &mut TextPage, case: &CaseFile, brief: &Brief) {
    if case.story.addresses.is_empty() {
        return;
    }
    page.gap();
    page.heading("FROM", "", Ink::Strong);
    for address in &case.story.addresses {
        let trusted = match address.is_trusted {
            Some(true) => ", trusted",
            Some(false) => ", not in `trusted-cidrs`",
            None => "",
        };
        let known = whereabouts::of(brief, address.address.raw());
        let known = known.map(|known| format!(", {known}")).unwrap_or_default();
        let agent = address
            .agent
            .as_ref()
            .map(|agent| format!(", mostly {}", Line::short(words::agent(agent.raw()), 80)))
            .unwrap_or_default();
        page.block(
            2,
            &format!(
                "{}: {}{trusted}{known}{agent}",
                Line::short(address.address.raw(), 80),
                words::count(address.acts, "call")
            ),
            Ink::Plain,
        );
    }
}

fn findings(page: &mut TextPage, brief: &Brief, clock: Clock) {
    page.gap();
    if brief.findings.is_empty() {
        page.heading("DETECTIONS", "none found anything here", Ink::Strong);
        return;
    }
    page.heading("DETECTIONS", &words::count(brief.findings.len() as u64, "finding"), Ink::Strong);
    for finding in brief.findings.iter().take(MOST) {
        page.hang(
            &format!("  {:<9}", finding.severity),
            &finding_text(finding, clock),
            Ink::soft(finding.severity.as_str()),
            Ink::Plain,
        );
    }
    more(page, brief.findings.len(), MOST);
}

fn finding_text(finding: &Finding, clock: Clock) -> String {
    let at = finding.event_time.map(|at| format!("{} ", clock.minute(at))).unwrap_or_default();
    format!("{at}{} ({})", Line::short(finding.says.raw(), LONGEST), finding.detection)
}

fn left(page: &mut TextPage, case: &CaseFile, clock: Clock) {
    let story = &case.story;
    page.gap();
    let undone = match story.undone {
        0 => String::new(),
        many => format!("{} undone again", words::count_of(many, "thing was", "things were")),
    };
    if story.left_behind.is_empty() {
        page.heading(
            "LEFT BEHIND",
            &format!(
                "nothing, as far as the logs show{}",
                if undone.is_empty() { String::new() } else { format!("; {undone}") }
            ),
            Ink::Strong,
        );
    } else {
        page.heading("LEFT BEHIND", &undone, Ink::Strong);
        for left in story.left_behind.iter().take(MOST) {
            page.block(2, &left_text(left, clock), Ink::Plain);
        }
        more(page, story.left_behind.len(), MOST);
    }
    if !story.do_now.is_empty() {
        page.gap();
        page.heading("CONTAINMENT", "read each command before you run it", Ink::Strong);
        for action in &story.do_now {
            let account = action
                .account
                .as_ref()
                .map(|account| format!(" (account {})", Line::short(account.raw(), 20)))
                .unwrap_or_default();
            let risk = action.risk.as_ref().map(|risk| format!("; {risk}")).unwrap_or_default();
            page.block(2, &format!("{}{account}{risk}", Line::short(action.what.raw(), LONGEST)), Ink::Plain);
            if let Some(command) = &action.command {
                page.line(4, &format!("$ {}", Line::new(command.raw())), Ink::Plain);
            }
        }
    }
}

fn left_text(left: &LeftBehind, clock: Clock) -> String {
    let standing = match left.standing {
        Standing::Present => "",
        Standing::Paused => ", switched off",
        Standing::Check => ", changed since: look at it",
    };
    let at = left.at.map(|at| format!(" ({})", clock.minute(at))).unwrap_or_default();
    format!(
        "{} in {}{standing}{at}, by {}",
        Line::short(left.what.raw(), LONGEST),
        Line::short(left.account.raw(), 20),
        Line::short(left.by.raw(), 80)
    )
}

fn others(page: &mut TextPage, case: &CaseFile) {
    if case.others.is_empty() {
        return;
    }
    page.gap();
    page.heading("ALSO USED BY OTHERS", "an address may be shared by many", Ink::Strong);
    for other in case.others.iter().take(MOST) {
        page.block(
            2,
            &format!(
                "{}: {}, {}",
                Line::short(other.shared.raw(), 80),
                Line::short(other.who.raw(), LONGEST),
                words::count(other.calls, "call")
            ),
            Ink::Plain,
        );
    }
    more(page, case.others.len(), MOST);
}

fn coverage(page: &mut TextPage, brief: &Brief) {
    let mut lines: Vec<String> = Vec::new();
    for failure in &brief.failures {
        lines.push(format!(
            "{} gave no answer: {}",
            failure.detection,
            Line::short(&failure.reason, LONGEST)
        ));
    }
    for problem in &brief.problems {
        lines.push(format!(
            "not read: {}: {}",
            Line::short(&problem.file, LONGEST),
            Line::short(&problem.reason, LONGEST)
        ));
    }
    if brief.coverage.folders_unlisted > 0 {
        lines
            .push(format!("{} could not be listed", words::count(brief.coverage.folders_unlisted, "folder")));
    }
    lines.extend(brief.run.notes.iter().map(|note| Line::short(note, LONGEST).to_string()));
    if lines.is_empty() {
        return;
    }
    page.gap();
    page.heading("NOT SEEN", "", Ink::Strong);
    for line in lines.iter().take(MOST) {
        page.block(2, line, Ink::Plain);
    }
    more(page, lines.len(), MOST);
}

/// What a pivot means, as an option and its value, each a word of a shell; `None` if a value cannot be one.
pub(super) fn option(pivot: &Pivot) -> Option<String> {
    let value = pivot.value.raw();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@=+,".contains(c);
    if value.is_empty() || value.chars().any(crate::domain::untrusted::is_hidden) {
        return None;
    }
    let word = match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', "'\\''")),
    };
    Some(format!("{} {word}", pivot.option))
}
