//! What the run covered and what it did not; how much it read.
//!
//! Lists days, accounts and regions without logs, so that nobody mistakes missing logs for a quiet day.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Entry, Section};
use crate::{
    domain::{
        brief::{Brief, Coverage, Drift, MissingRegion, RunFacts},
        detection::DetectionId,
    },
    render::{clean::Line, clock::Clock, limits::Limits, words},
};

/// What the run covered and what it did not.
pub(super) fn coverage(brief: &Brief, limits: &Limits) -> Section {
    let (coverage, clock) = (&brief.coverage, Clock::of(brief));
    let evaluated = coverage.detections_answered + brief.failures.len() as u64;
    let answered = words::number(coverage.detections_answered);
    let mut lines = vec![("Detections", format!("{answered} of {} answered", words::number(evaluated)))];
    let mut named = |head: &'static str, what: &str, items: &[String]| {
        if !items.is_empty() {
            lines.push((head, format!("{what}{}", short(items, limits))));
        }
    };
    named("Days without logs", "", &coverage.days_silent);
    named("Silent accounts", "no log files in the window: ", &coverage.accounts_silent);
    named("Unknown accounts", "log files, but not in the account list: ", &coverage.accounts_unknown);
    named("Silent regions", "log files on other days, but none in the window: ", &coverage.regions_silent);
    if !coverage.regions_missing.is_empty() {
        let since = |it: &MissingRegion| {
            format!("{}, {} (last file {})", it.account, it.region, clock.full(it.last_file))
        };
        let missing: Vec<String> = coverage.regions_missing.iter().map(since).collect();
        lines.push(("Missing regions", format!("no log files any more: {}", short(&missing, limits))));
    }
    lines.extend(times(coverage, clock, limits));
    lines.extend(not_documented(coverage, limits));
    lines.extend(not_run(coverage, limits));
    lines.extend(nothing_to_read(brief, limits));
    if !coverage.folders_skipped.is_empty() {
        let folders = counted(&coverage.folders_skipped);
        lines.push(("Skipped folders", format!("no CloudTrail records: {}", short(&folders, limits))));
    }
    if !coverage.accounts_seen.is_empty() {
        lines.push(("Accounts read", words::number(coverage.accounts_seen.len() as u64)));
    }
    if !coverage.regions_seen.is_empty() {
        lines.push(("Regions read", short(&coverage.regions_seen, limits)));
    }
    let entry = |(head, body): (&str, String)| Entry {
        head: Line::new(head),
        body: Line::new(body),
        facts: Vec::new(),
    };
    let entries = lines.into_iter().map(entry).collect();
    Section { title: "Coverage", lead: None, entries, more: None, tabular: true }
}

/// As many of these as a line holds, and how many more there are.
fn short(items: &[String], limits: &Limits) -> String {
    let lines: Vec<Line> = items.iter().take(limits.list + 1).map(|item| Line::short(item, 80)).collect();
    let lines: Vec<&str> = lines.iter().map(Line::as_str).collect();
    let shown = lines.len().min(limits.list);
    let more = items.len() - shown;
    let text = lines[..shown].join(", ");
    if more == 0 { text } else { format!("{text} … and {} more, see the JSON", words::number(more as u64)) }
}

/// Names with their numbers.
fn counted(items: &[(String, u64)]) -> Vec<String> {
    items.iter().map(|(name, n)| format!("{} ({})", Line::short(name, 60), words::number(*n))).collect()
}

/// Events and files outside the times that the run looked at.
fn times(coverage: &Coverage, clock: Clock, limits: &Limits) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if coverage.events_without_time > 0 {
        let what = words::count(coverage.events_without_time, "record");
        lines.push(("Without a time", format!("{what} without a readable time, so in no window")));
    }
    if !coverage.events_too_late.is_empty() {
        let of = |(account, n): &(String, u64)| {
            (if account.is_empty() { "an unknown account".to_owned() } else { account.clone() }, *n)
        };
        let accounts = counted(&coverage.events_too_late.iter().map(of).collect::<Vec<_>>());
        let what = "events delivered later than `max_age` allows, so not judged: ";
        lines.push(("Too old", format!("{what}{}", short(&accounts, limits))));
    }
    if let Some(until) = coverage.delivered_until {
        let until = clock.full_in_zone(until);
        lines.push((
            "Delivered",
            format!("log files until {until} were read; `--late 30d` reads later ones as well"),
        ));
    }
    if coverage.files_passed_over > 0 {
        let what = words::count(coverage.files_passed_over, "file");
        lines.push(("Passed over", format!("{what} of other deliveries, by the time in their names")));
    }
    lines
}

/// What about records is not documented.
fn not_documented(coverage: &Coverage, limits: &Limits) -> Vec<(&'static str, String)> {
    let head = "Not documented";
    let kind = |drift: &Drift| {
        let (what, file) = (Line::short(&drift.what, 120), Line::short(&drift.example, 120));
        let records = words::count(drift.records, "record");
        let ids: Vec<&str> = drift.detections.iter().map(DetectionId::as_str).collect();
        let concerns = match ids.len() {
            0 => String::new(),
            many if many as u64 == coverage.detections_answered => "; concerns all detections".to_owned(),
            _ => format!("; concerns {}", words::list(&ids, limits.list)),
        };
        (head, format!("{what} ({records}, for example in {file}){concerns}"))
    };
    let mut lines: Vec<_> = coverage.drift.iter().take(limits.list).map(kind).collect();
    let rest = coverage.drift.len() - lines.len();
    if rest > 0 {
        let rest = words::count(rest as u64, "more kind");
        lines.push((head, format!("{rest} of records that are not documented, see the JSON")));
    }
    lines
}

/// The detections that cannot fire, by reason.
fn not_run(coverage: &Coverage, limits: &Limits) -> Vec<(&'static str, String)> {
    let mut idle: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, reason) in &coverage.idle {
        idle.entry(reason).or_default().push(id.as_str());
    }
    let head = "Not run";
    let because = |(reason, ids): (&&str, &Vec<&str>)| {
        (head, format!("{} ({})", words::list(ids, limits.list), Line::short(reason, limits.value)))
    };
    let mut lines: Vec<_> = idle.iter().take(limits.list).map(because).collect();
    let rest: usize = idle.values().skip(limits.list).map(Vec::len).sum();
    if rest > 0 {
        let rest = words::count(rest as u64, "more detection");
        lines.push((head, format!("{rest} for other reasons, see the JSON")));
    }
    lines
}

/// The detections whose silence means nothing, by what is missing, the most first.
fn nothing_to_read(brief: &Brief, limits: &Limits) -> Option<(&'static str, String)> {
    let unread = brief.coverage.nothing_to_read.as_ref().filter(|it| !it.detections.is_empty())?;
    let mut missing: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for it in &unread.detections {
        *missing.entry((it.data_events, it.sources.join(" or "))).or_default() += 1;
    }
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort_by_key(|((is_data, _), detections)| (!is_data, Reverse(*detections)));
    let name = |((is_data, sources), detections): &((bool, String), usize)| {
        let what = if *is_data { "data events" } else { "events" };
        format!("{what} of {} ({detections})", Line::short(sources, 60))
    };
    let missing: Vec<String> = missing.iter().map(name).collect();
    let days = (brief.run.window.end().unix_s() - unread.since.unix_s()) / 86_400;
    let detections = words::count(unread.detections.len() as u64, "detection");
    let missing = short(&missing, limits);
    Some(("Nothing to read", format!("{detections}; none seen in {days} days: {missing}")))
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
            entry(
                "Window",
                format!(
                    "{} ({})",
                    Clock::of(brief).window_and_utc(run.window),
                    words::span(run.window.span())
                ),
            ),
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
            entry("Cost", words::price(&run.price)),
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
