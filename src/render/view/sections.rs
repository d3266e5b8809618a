//! The parts beside the findings: detections without an answer, suppressions, files that were not read.
//!
//! Counts and reasons; decides nothing about a finding.

use std::collections::BTreeMap;

use super::{Entry, Fact, Section, findings::title};
use crate::{
    domain::{
        brief::{Brief, Failure},
        detection::DetectionId,
        suppression::SuppressionUse,
        time::Span,
    },
    render::{clean::Line, clock, limits::Limits, words},
};

/// How long before its expiry a suppression shows how much time is left.
const SOON: Span = Span::from_s(14 * 86_400);

fn left_out(total: usize, shown: usize, noun: &str) -> Option<Line> {
    (total > shown).then(|| {
        let more = words::count((total - shown) as u64, &format!("more {noun}"));
        Line::new(format!("\u{2026} and {more}, see the JSON"))
    })
}

/// Detections that gave no answer; those with the same reason together.
pub(super) fn unanswered(brief: &Brief, limits: &Limits) -> Option<Section> {
    if brief.failures.is_empty() {
        return None;
    }
    let mut by: BTreeMap<(&str, Option<&str>), Vec<&Failure>> = BTreeMap::new();
    for failure in &brief.failures {
        by.entry((failure.reason.as_str(), failure.hint.as_deref())).or_default().push(failure);
    }
    let mut all: Vec<_> = by.into_iter().collect();
    all.sort_by_key(|(_, failures)| std::cmp::Reverse(failures.len()));
    let shown = limits.list.min(all.len());
    let hidden: usize = all[shown..].iter().map(|(_, failures)| failures.len()).sum();
    let them = if brief.failures.len() == 1 { "it" } else { "them" };
    let next_run = format!(" The next run of the schedule evaluates {them} again.");
    let entries = all[..shown]
        .iter()
        .map(|((reason, hint), failures)| {
            let ids: Vec<&str> = failures.iter().map(|failure| failure.detection.as_str()).collect();
            let mut facts = Vec::new();
            if let Some(hint) = hint {
                facts.push(Fact::new("what to do", Line::short(hint, limits.value * 2)));
            }
            Entry {
                head: Line::new(words::list(&ids, limits.list.min(8))),
                body: Line::short(reason, limits.value * 2),
                facts,
            }
        })
        .collect();
    Some(Section {
        title: "No answer",
        lead: Some(Line::new(format!(
            "{} gave no answer, so this brief does not cover {them}.{}",
            words::count(brief.failures.len() as u64, "detection"),
            if brief.run.schedule.is_some() { next_run } else { String::new() },
        ))),
        entries,
        more: left_out(hidden, 0, "detection"),
        tabular: false,
    })
}

/// What the suppressions did, including those that held back nothing.
pub(super) fn suppressed(brief: &Brief, limits: &Limits) -> Option<Section> {
    // One of a detection that did not run could hold back nothing.
    let all = brief.suppressions.iter().enumerate();
    let mut order: Vec<(usize, &SuppressionUse)> = all
        .filter(|(_, used)| used.ran && (used.matched > 0 || used.suppression.fingerprint.is_none()))
        .collect();
    if brief.suppressed.is_empty() && order.is_empty() {
        return None;
    }
    // Those that need a person come first: not evaluated, expired, in use, unused.
    order.sort_by_key(|(_, used)| {
        let rank = match used {
            used if used.error.is_some() => 0,
            used if used.expired => 1,
            used if used.matched > 0 => 2,
            _ => 3,
        };
        (rank, std::cmp::Reverse(used.matched))
    });
    let shown = limits.list.min(order.len());
    let entries = order[..shown].iter().map(|(at, used)| suppression(brief, *at, used, limits)).collect();
    Some(Section {
        title: "Suppressed",
        lead: Some(Line::new(match brief.suppressed.len() as u64 {
            0 => "No findings were held back.".to_owned(),
            1 => "1 finding was held back. The CSV and the JSON list it.".to_owned(),
            n => format!("{} were held back. The CSV and the JSON list them.", words::count(n, "finding")),
        })),
        entries,
        more: left_out(order.len(), shown, "suppression"),
        tabular: false,
    })
}

/// How much was held back, and the reason for the largest part of it, in one line.
pub(super) fn held_back(brief: &Brief) -> Option<Line> {
    let mut used: Vec<&SuppressionUse> = brief.suppressions.iter().filter(|used| used.matched > 0).collect();
    used.sort_by_key(|used| std::cmp::Reverse(used.matched));
    let first = &used.first()?.suppression;
    let (all, of_first) = (used.iter().map(|used| used.matched).sum::<u64>(), used[0].matched);
    let findings = words::count(all, "finding");
    let most = match of_first {
        n if n == all => String::new(),
        n if n > all / 2 => ", most of them".to_owned(),
        n => format!(", {} of them", words::number(n)),
    };
    let (reason, owner) = (Line::short(&first.reason, 160), Line::short(&first.owner, 60));
    Some(Line::new(format!("{findings}{most} because \u{201c}{reason}\u{201d} ({owner})")))
}

fn suppression(brief: &Brief, at: usize, used: &SuppressionUse, limits: &Limits) -> Entry {
    let rule = &used.suppression;
    let until = clock::day(rule.expires);
    let did = match used {
        used if used.error.is_some() => "could not be evaluated, so it held back nothing".to_owned(),
        used if used.expired => format!("expired on {until}, so it held back nothing"),
        used if used.matched == 0 => "held back nothing in this window".to_owned(),
        used => format!("held back {}", words::count(used.matched, "finding")),
    };
    let mut facts = Vec::new();
    if let Some(error) = &used.error {
        facts.push(Fact::new("error", Line::short(error, limits.value * 2)));
    }
    if !rule.condition.is_empty() {
        facts.push(Fact::new("where", Line::short(&rule.condition, limits.value)));
    }
    let mut by: BTreeMap<&DetectionId, u64> = BTreeMap::new();
    for (finding, _) in brief.suppressed.iter().filter(|(_, of)| *of == at) {
        *by.entry(&finding.detection).or_default() += 1;
    }
    if !by.is_empty() {
        let list: Vec<String> =
            by.iter().map(|(id, n)| format!("{} ({})", title(brief, id), words::number(*n))).collect();
        facts.push(Fact::new("findings", Line::new(words::list(&list, 6))));
    }
    facts.push(Fact::new("reason", Line::short(&rule.reason, limits.value)));
    facts.push(Fact::new("owner", Line::short(&rule.owner, 120)));
    if !used.expired {
        let left = rule.expires.minus(Span::from_s(brief.run.time().unix_s())).unix_s();
        let soon = if left <= SOON.seconds() {
            format!(" (in {})", words::count(u64::try_from(left / 86_400).unwrap_or(0), "day"))
        } else {
            String::new()
        };
        facts.push(Fact::new("expires", Line::new(format!("{until}{soon}"))));
    }
    let (head, place) = match &rule.fingerprint {
        None => (Line::short(&rule.detection, 120), format!("in line {} of the configuration", rule.line)),
        Some(fingerprint) => {
            (Line::new(format!("finding {fingerprint}")), "by `trailbrief suppress`".to_owned())
        }
    };
    facts.push(Fact::new("defined", Line::new(place)));
    Entry { head, body: Line::new(did), facts }
}

/// Files and records that could not be read.
pub(super) fn unreadable(brief: &Brief, limits: &Limits) -> Option<Section> {
    if brief.problems.is_empty() {
        return None;
    }
    let lost: u64 = brief.problems.iter().map(|problem| problem.records).sum();
    let mut all: Vec<_> = brief.problems.iter().collect();
    all.sort_by_key(|problem| std::cmp::Reverse(problem.records));
    let shown = limits.list.min(all.len());
    let rest: u64 = all[shown..].iter().map(|problem| problem.records).sum();
    Some(Section {
        title: "Not read",
        lead: Some(Line::new(format!(
            "{} could not be read completely; {}.",
            words::count(all.len() as u64, "file"),
            words::lost_in_all(lost, brief.problems.iter().any(|problem| problem.uncounted))
        ))),
        entries: all[..shown]
            .iter()
            .map(|problem| Entry {
                head: Line::short(&problem.file, limits.value),
                body: Line::short(
                    match (problem.records, problem.uncounted) {
                        (0, false) => problem.reason.clone(),
                        (0, true) => format!("{}; {}", problem.reason, words::NOT_KNOWN),
                        (n, _) => format!("{}; {}", problem.reason, words::lost(n)),
                    },
                    limits.value * 2,
                ),
                facts: Vec::new(),
            })
            .collect(),
        more: (all.len() > shown).then(|| {
            let files = words::count((all.len() - shown) as u64, "more file");
            Line::new(match rest {
                0 => format!("\u{2026} and {files}, see the JSON"),
                n => format!("\u{2026} and {files} ({}), see the JSON", words::lost(n)),
            })
        }),
        tabular: false,
    })
}
