//! Makes one brief of those of two steps of a run. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::nothing_to_read;
use crate::{
    domain::{
        brief::{Brief, Coverage, RunFacts},
        detection::DetectionId,
        finding::FindingState,
        time::{Day, Window},
    },
    triage,
};

/// The brief of a run whose first steps have this brief and whose next step has that one. `asked` are the detections of all
/// steps.
pub(super) fn followed_by(mut first: Brief, then: Brief, asked: &BTreeSet<DetectionId>) -> Brief {
    first.coverage = covered(&first, &then);
    first.run = facts(first.run, then.run);
    first.detections.extend(then.detections);
    let places: BTreeMap<_, _> =
        first.findings.iter().enumerate().map(|(place, it)| (it.fingerprint.clone(), place)).collect();
    for finding in then.findings {
        match places.get(&finding.fingerprint) {
            None => first.findings.push(finding),
            // The first step reported it.
            Some(_) if finding.state == FindingState::Repeated => {}
            Some(place) => first.findings[*place] = finding,
        }
    }
    triage::sort(&mut first.findings);
    let held: BTreeSet<_> = first.suppressed.iter().map(|(finding, _)| finding.fingerprint.clone()).collect();
    let more = then.suppressed.into_iter().filter(|(finding, _)| !held.contains(&finding.fingerprint));
    first.suppressed.extend(more);
    for (number, used) in first.suppressions.iter_mut().enumerate() {
        used.matched = first.suppressed.iter().filter(|(_, by)| *by == number).count() as u64;
        let later = then.suppressions.get(number);
        used.ran |= later.is_some_and(|later| later.ran);
        used.expired = later.map_or(used.expired, |later| later.expired);
        used.error = used.error.take().or(later.and_then(|later| later.error.clone()));
    }
    let failed: BTreeSet<_> = first.failures.iter().map(|failure| failure.detection.clone()).collect();
    first.failures.extend(then.failures.into_iter().filter(|it| !failed.contains(&it.detection)));
    let known: BTreeSet<_> = first.undecidable.iter().map(|it| it.fingerprint()).collect();
    first.undecidable.extend(then.undecidable.into_iter().filter(|it| !known.contains(&it.fingerprint())));
    let mut undecidable = std::mem::take(&mut first.undecidable);
    undecidable.sort_by_key(|it| std::cmp::Reverse(first.severity(&it.detection)));
    first.undecidable = undecidable;
    first.truncated.extend(then.truncated);
    first.problems.extend(then.problems);
    first.problems.sort();
    first.problems.dedup();
    let unanswered = first.failures.iter().filter(|failure| asked.contains(&failure.detection)).count();
    let idle = first.coverage.idle.len();
    first.coverage.detections_answered = asked.len().saturating_sub(unanswered + idle) as u64;
    first
}

fn facts(first: RunFacts, then: RunFacts) -> RunFacts {
    let mut notes = first.notes;
    notes.extend(then.notes.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
    let mut price = then.price;
    // A source of log files counts the requests of all steps.
    if first.engine != "embedded" {
        price += first.price;
    }
    RunFacts {
        window: first.window.union(then.window),
        files_read: first.files_read + then.files_read,
        events_read: first.events_read + then.events_read,
        events_in_window: first.events_in_window + then.events_in_window,
        candidates: first.candidates + then.candidates,
        duplicates_dropped: first.duplicates_dropped + then.duplicates_dropped,
        bytes_scanned: first.bytes_scanned + then.bytes_scanned,
        price,
        notes,
        ..first
    }
}

fn covered(first: &Brief, then: &Brief) -> Coverage {
    let (one, other) = (&first.coverage, &then.coverage);
    let united = |one: &[String], other: &[String]| {
        one.iter().chain(other).cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let silent = |all: Vec<String>, seen: &[String]| {
        all.into_iter().filter(|name| !seen.contains(name)).collect::<Vec<_>>()
    };
    let accounts_seen = united(&one.accounts_seen, &other.accounts_seen);
    let regions_seen = united(&one.regions_seen, &other.regions_seen);
    let days = united(&one.days_silent, &other.days_silent);
    let is_silent = |day: &String, brief: &Brief| {
        brief.coverage.days_silent.contains(day) || !days_of(brief.run.window).contains(day)
    };
    let mut drift = one.drift.clone();
    for more in &other.drift {
        match drift.iter_mut().find(|known| known.what == more.what) {
            Some(known) => {
                known.records += more.records;
                known.detections.extend(more.detections.iter().cloned());
                known.detections.sort();
                known.detections.dedup();
            }
            None => drift.push(more.clone()),
        }
    }
    // Each step of a baseline that learns says so.
    let idle: BTreeMap<_, _> = one.idle.iter().chain(&other.idle).cloned().collect();
    Coverage {
        detections_answered: 0,
        packs_left_out: one.packs_left_out.clone(),
        idle: idle.into_iter().collect(),
        nothing_to_read: nothing_to_read::in_both(
            (one.nothing_to_read.as_ref(), |id| first.detections.contains_key(id)),
            (other.nothing_to_read.as_ref(), |id| then.detections.contains_key(id)),
        ),
        baseline: then.coverage.baseline,
        accounts_silent: silent(united(&one.accounts_silent, &other.accounts_silent), &accounts_seen),
        accounts_missing: silent(united(&one.accounts_missing, &other.accounts_missing), &accounts_seen),
        accounts_unknown: united(&one.accounts_unknown, &other.accounts_unknown),
        accounts_seen,
        regions_silent: silent(united(&one.regions_silent, &other.regions_silent), &regions_seen),
        // The later step knows better.
        regions_missing: other.regions_missing.clone(),
        regions_seen,
        days_silent: days
            .iter()
            .filter(|day| is_silent(day, first) && is_silent(day, then))
            .cloned()
            .collect(),
        // Both steps list the same folders.
        folders_skipped: merged(&one.folders_skipped, &other.folders_skipped, u64::max),
        folders_unlisted: one.folders_unlisted.max(other.folders_unlisted),
        events_without_time: one.events_without_time + other.events_without_time,
        events_too_late: merged(&one.events_too_late, &other.events_too_late, |one, other| one + other),
        files_passed_over: one.files_passed_over + other.files_passed_over,
        delivered_until: one.delivered_until.max(other.delivered_until),
        events_sharing_id: one.events_sharing_id + other.events_sharing_id,
        drift,
        skipped: one.skipped.iter().chain(&other.skipped).copied().collect(),
        searched_until: one.searched_until.min(other.searched_until),
    }
}

/// Counts by name, put together.
fn merged(one: &[(String, u64)], other: &[(String, u64)], both: fn(u64, u64) -> u64) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in one.iter().chain(other) {
        counts.entry(name).and_modify(|known| *known = both(*known, *count)).or_insert(*count);
    }
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// The days of a window, as coverage names them.
fn days_of(window: Window) -> BTreeSet<String> {
    std::iter::successors(Some(window.start().day()), |day| Some(day.next()))
        .take_while(|day| day.start() < window.end())
        .map(Day::path)
        .collect()
}
