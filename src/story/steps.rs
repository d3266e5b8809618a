//! The acts of a story as a short timeline: like acts at about one time are one step.

use std::collections::BTreeSet;

use super::acts::{Act, Acts, plain_name, short};
use super::record::Record;
use crate::domain::{
    finding::Finding,
    normal::is_read,
    severity::Severity,
    story::{Step, before_several},
    time::{Span, Timestamp},
    untrusted::Untrusted,
};

/// The most steps of a story; the least telling ones are left out.
pub(super) const MOST_STEPS: usize = 40;
/// The most events that a step names.
pub(super) const MOST_IDS: usize = 20;
/// Like acts are one step if no more time than this lies between two of them.
const GAP: Span = Span::from_s(30 * 60);

/// Up to which weight the same act is one step whenever it is repeated.
const SMALL: u8 = 3;

/// The key of calls that only read and that the table of acts does not have.
const READS: &str = "reads";

/// One act.
struct Event {
    at: Option<Timestamp>,
    key: String,
    text: String,
    count: u64,
    succeeded: bool,
    weight: u8,
    severity: Option<Severity>,
    ids: Vec<Untrusted>,
}

/// Like acts, while they are collected.
struct Fold {
    key: String,
    events: Vec<Event>,
}

/// The steps of these acts in order of time, and how many acts are left out. `records` come with the worst severity of the
/// findings about them; `findings` are those whose events are not known.
pub(super) fn of(records: &[(&Record<'_>, Option<Severity>)], findings: &[&Finding]) -> (Vec<Step>, u64) {
    let mut events: Vec<Event> =
        records.iter().map(|(record, severity)| of_record(record, *severity)).collect();
    events.extend(findings.iter().map(|finding| of_finding(finding)));
    events.sort_by(|a, b| (a.at, &a.ids, &a.text).cmp(&(b.at, &b.ids, &b.text)));
    let mut folds: Vec<Fold> = Vec::new();
    for event in events {
        let is_near = |fold: &&mut Fold| {
            let last = fold.events.last().and_then(|last| last.at);
            let is_same = event.weight <= SMALL && fold.events.iter().all(|other| other.text == event.text);
            fold.key == event.key && (is_same || last.map(|last| last.plus(GAP)) >= event.at)
        };
        match folds.iter_mut().rev().find(is_near) {
            Some(fold) => fold.events.push(event),
            None => folds.push(Fold { key: event.key.clone(), events: vec![event] }),
        }
    }
    let mut steps: Vec<Step> = folds.into_iter().map(Fold::into_step).collect();
    let mut left_out = 0;
    if steps.len() > MOST_STEPS {
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(score(&steps[*at])), *at));
        let kept: BTreeSet<usize> = order.into_iter().take(MOST_STEPS).collect();
        let mut at = 0;
        steps.retain(|step| {
            let keep = kept.contains(&at);
            at += 1;
            left_out += if keep { 0 } else { step.count };
            keep
        });
    }
    (steps, left_out)
}

/// How much a step tells.
pub(super) fn score(step: &Step) -> (u8, bool) {
    let severity = step.severity.map_or(0, |severity| severity as u8);
    (step.weight * 2 + severity, step.succeeded)
}

fn of_record(record: &Record<'_>, severity: Option<Severity>) -> Event {
    let event = record.event;
    let act = Acts::table().of(record);
    let phrase = act.and_then(|act| act.phrase(record));
    let is_small = act.is_none() && is_read(&event.name);
    let weight = act.map_or_else(|| if is_small { 1 } else { weight_of(severity) }, Act::weight);
    let service = event.source.strip_suffix(".amazonaws.com").unwrap_or(&event.source);
    let call = format!("{service}:{}", plain_name(&event.name));
    let is_denied = event.error.as_deref().is_some_and(|error| {
        ["denied", "unauthorized", "forbidden", "notauthorized"]
            .iter()
            .any(|word| error.to_ascii_lowercase().contains(word))
    });
    let succeeded = event.succeeded() && !failed_inside(record);
    let (key, text) = match phrase {
        Some(phrase) if !is_denied || weight >= 4 => (format!("{call} {succeeded}"), phrase),
        _ if is_denied => ("denied".to_owned(), call),
        Some(phrase) => (format!("{call} {succeeded}"), phrase),
        None if succeeded && is_read(&event.name) => (READS.to_owned(), call),
        None if succeeded => (format!("{call} true"), format!("called {call}")),
        None => (format!("{call} false"), format!("tried to call {call}")),
    };
    Event {
        at: event.time,
        key,
        text,
        count: 1,
        succeeded,
        weight,
        severity,
        ids: vec![Untrusted::new(event.id.clone())],
    }
}

/// Whether a call that has no error says in its answer that it failed.
fn failed_inside(record: &Record<'_>) -> bool {
    record.event.name == "ConsoleLogin"
        && record.text("$.responseElements.ConsoleLogin").is_some_and(|answer| answer != "Success")
}

fn of_finding(finding: &Finding) -> Event {
    let action = finding.action.as_ref().map_or("something", Untrusted::raw);
    let text = match finding.resource.as_ref().map(|resource| short(resource.raw())) {
        Some(resource) if !resource.is_empty() => format!("called {action} on {resource}"),
        _ => format!("called {action}"),
    };
    Event {
        at: finding.event_time,
        key: format!("{} {action}", finding.detection),
        text,
        count: finding.occurrences.unwrap_or(1),
        succeeded: true,
        weight: weight_of(Some(finding.severity)),
        severity: Some(finding.severity),
        ids: finding.event_id.iter().chain(&finding.event_ids).take(MOST_IDS).cloned().collect(),
    }
}

fn weight_of(severity: Option<Severity>) -> u8 {
    match severity {
        Some(Severity::Critical | Severity::High) => 4,
        Some(Severity::Medium) => 3,
        Some(Severity::Low) => 2,
        _ => 1,
    }
}

impl Fold {
    fn into_step(self) -> Step {
        let first = &self.events[0];
        let mut texts: Vec<&str> = Vec::new();
        for event in &self.events {
            if !texts.contains(&event.text.as_str()) && texts.len() < 50 {
                texts.push(&event.text);
            }
        }
        let count: u64 = self.events.iter().map(|event| event.count).sum();
        let text = match self.key.as_str() {
            READS if count == 1 => format!("called {}", texts[0]),
            READS => format!("made {count} reading calls: {}", listed(&texts)),
            "denied" if count == 1 => format!("was denied {}", texts[0]),
            "denied" => format!("was denied {count} calls: {}", listed(&texts)),
            _ if texts.len() == 1 && count > 1 => format!("{} ({count} times)", texts[0]),
            _ => together(&texts),
        };
        Step {
            at: first.at,
            until: self.events.iter().filter_map(|event| event.at).max(),
            text: Untrusted::new(text),
            count,
            succeeded: first.succeeded,
            weight: self.events.iter().map(|event| event.weight).max().unwrap_or(1),
            severity: self.events.iter().filter_map(|event| event.severity).max(),
            event_ids: self
                .events
                .iter()
                .flat_map(|event| event.ids.iter().cloned())
                .take(MOST_IDS)
                .collect(),
        }
    }
}

/// Phrases that differ in a few words as one: `read secret a`, `read secret b` become `read secrets a, b`.
fn together(phrases: &[&str]) -> String {
    let [first, rest @ ..] = phrases else { return String::new() };
    if rest.is_empty() {
        return (*first).to_owned();
    }
    let words: Vec<Vec<&str>> = phrases.iter().map(|phrase| phrase.split(' ').collect()).collect();
    let shortest = words.iter().map(Vec::len).min().unwrap_or(0);
    let same = |at: usize, from_end: bool| {
        let word = |words: &Vec<&str>| {
            if from_end { words[words.len() - 1 - at].to_owned() } else { words[at].to_owned() }
        };
        words.iter().all(|other| word(other) == word(&words[0]))
    };
    let before = (0..shortest.saturating_sub(1)).take_while(|at| same(*at, false)).count();
    let after = (0..shortest.saturating_sub(before + 1)).take_while(|at| same(*at, true)).count();
    if before == 0 {
        return format!("{first} and {} more", rest.len());
    }
    let middles: Vec<String> =
        words.iter().map(|words| words[before..words.len() - after].join(" ")).collect();
    let middles: Vec<&str> = middles.iter().map(String::as_str).filter(|middle| !middle.is_empty()).collect();
    let mut beginning = words[0][..before].to_vec();
    if let Some(noun) = beginning.last_mut().filter(|_| middles.len() > 1) {
        *noun = before_several(noun);
    }
    let mut parts = vec![beginning.join(" "), listed(&middles)];
    parts.push(words[0][words[0].len() - after..].join(" "));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// The first few of a list, and how many more.
fn listed(items: &[&str]) -> String {
    let shown = if items.len() <= 4 { items.len() } else { 3 };
    let more = items.len() - shown;
    let text = items[..shown].join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_phrases_become_one() {
        for (phrases, expected) in [
            (vec!["read secret a"], "read secret a"),
            (vec!["read secret a", "read secret b"], "read secrets a, b"),
            (vec!["opened port 22 to x", "opened port 80 to x"], "opened ports 22, 80 to x"),
            (
                vec!["deleted a b", "deleted c", "deleted d", "deleted e", "deleted f"],
                "deleted a b, c, d and 2 more",
            ),
            (vec!["a b", "c d"], "a b and 1 more"),
            (vec!["read a", "read a b"], "read a, a b"),
        ] {
            assert_eq!(together(&phrases), expected);
        }
    }
}
