//! What the run covered and what it did not; how much it read.
//!
//! Lists days, accounts and regions without logs, so that nobody mistakes missing logs for a quiet day.

use std::collections::BTreeMap;

use super::{Entry, Section};
use crate::{
    domain::brief::{Brief, RunFacts},
    render::{clean::Line, limits::Limits, words},
};

/// What the run covered and what it did not.
pub(super) fn coverage(brief: &Brief, limits: &Limits) -> Section {
    let coverage = &brief.coverage;
    let evaluated = coverage.detections_answered + brief.failures.len() as u64;
    let mut entries = vec![Entry {
        head: Line::new("Detections"),
        body: Line::new(format!(
            "{} of {} answered",
            words::number(coverage.detections_answered),
            words::number(evaluated)
        )),
        facts: Vec::new(),
    }];
    let short = |items: &[String]| {
        let lines: Vec<Line> = items.iter().take(limits.list + 1).map(|item| Line::short(item, 80)).collect();
        let lines: Vec<&str> = lines.iter().map(Line::as_str).collect();
        let shown = lines.len().min(limits.list);
        let more = items.len() - shown;
        let text = lines[..shown].join(", ");
        if more == 0 {
            text
        } else {
            format!("{text} … and {} more, see the JSON", words::number(more as u64))
        }
    };
    let mut entry = |head: &str, body: String| {
        entries.push(Entry { head: Line::new(head), body: Line::new(body), facts: Vec::new() });
    };
    let mut named = |head: &str, what: &str, items: &[String]| {
        if !items.is_empty() {
            entry(head, format!("{what}{}", short(items)));
        }
    };
    named("Days without logs", "", &coverage.days_silent);
    named("Silent accounts", "no log files in the window: ", &coverage.accounts_silent);
    named("Unknown accounts", "log files, but not in the account list: ", &coverage.accounts_unknown);
    named("Silent regions", "log files on other days, but none in the window: ", &coverage.regions_silent);
    if coverage.events_without_time > 0 {
        let what = words::count(coverage.events_without_time, "record");
        entry("Without a time", format!("{what} without a readable time, so in no window"));
    }
    if !coverage.events_too_late.is_empty() {
        let accounts: Vec<String> = coverage
            .events_too_late
            .iter()
            .map(|(account, n)| {
                let account = if account.is_empty() { "an unknown account" } else { account };
                format!("{} ({})", Line::short(account, 60), words::number(*n))
            })
            .collect();
        let what = "delivered later than `max_age` allows, so not judged: ";
        entry("Too old", format!("events {what}{}", short(&accounts)));
    }
    if let Some(until) = coverage.delivered_until {
        let until = words::minute(until);
        entry(
            "Delivered",
            format!("log files until {until} UTC were read; `--late 30d` reads later ones as well"),
        );
    }
    if coverage.files_passed_over > 0 {
        let what = words::count(coverage.files_passed_over, "file");
        entry("Passed over", format!("{what} of other deliveries, by the time in their names"));
    }
    for (at, drift) in coverage.drift.iter().enumerate() {
        if at == limits.list {
            let rest = words::count((coverage.drift.len() - at) as u64, "more kind");
            entry("Not documented", format!("{rest} of records that are not documented, see the JSON"));
            break;
        }
        let (what, file) = (Line::short(&drift.what, 120), Line::short(&drift.example, 120));
        let records = words::count(drift.records, "record");
        entry("Not documented", format!("{what} ({records}, for example in {file})"));
    }
    let mut idle: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, reason) in &coverage.idle {
        idle.entry(reason).or_default().push(id.as_str());
    }
    for (at, (reason, ids)) in idle.iter().enumerate() {
        if at == limits.list {
            let rest: usize = idle.values().skip(at).map(Vec::len).sum();
            let rest = words::count(rest as u64, "more detection");
            entry("Not run", format!("{rest} for other reasons, see the JSON"));
            break;
        }
        let reason = Line::short(reason, limits.value);
        entry("Not run", format!("{} ({reason})", words::list(ids, limits.list)));
    }
    if !coverage.folders_skipped.is_empty() {
        let folders: Vec<String> = coverage
            .folders_skipped
            .iter()
            .map(|(name, n)| format!("{} ({})", Line::short(name, 60), words::number(*n)))
            .collect();
        entry("Skipped folders", format!("no CloudTrail records: {}", short(&folders)));
    }
    if !coverage.accounts_seen.is_empty() {
        entry("Accounts read", words::number(coverage.accounts_seen.len() as u64));
    }
    if !coverage.regions_seen.is_empty() {
        entry("Regions read", short(&coverage.regions_seen));
    }
    Section { title: "Coverage", lead: None, entries, more: None, tabular: true }
}

/// How much was read, where and at what cost.
pub(super) fn reading(brief: &Brief, limits: &Limits) -> Section {
    let run = &brief.run;
    let entry = |head: &str, body: String| Entry {
        head: Line::new(head),
        body: Line::short(body, limits.value * 2),
        facts: Vec::new(),
    };
    Section {
        title: "This run",
        lead: None,
        entries: vec![
            entry("Window", format!("{} ({})", words::window(run.window), words::span(run.window.span()))),
            entry("Read", read(run)),
            entry(
                "Of these",
                format!(
                    "{} in the window, {} dropped, {}",
                    words::number(run.events_in_window),
                    words::count(run.duplicates_dropped, "duplicate"),
                    words::count(run.candidates, "candidate")
                ),
            ),
            entry("Cost", words::dollars(run.cost_usd)),
            entry("Source", format!("{} ({} engine)", run.source, run.engine)),
            entry("Run", format!("{}, started {}", run.id, run.started)),
        ],
        more: None,
        tabular: true,
    }
}

/// What was read. Athena reports bytes, and returns only the events that the statements select.
fn read(run: &RunFacts) -> String {
    let (events, bytes) = (words::count(run.events_read, "event"), words::bytes(run.bytes_scanned));
    match run.engine {
        "athena" => format!("{events} returned by Athena, which scanned {bytes}"),
        _ => format!("{}, {events}, {bytes}", words::count(run.files_read, "file")),
    }
}
