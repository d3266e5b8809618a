//! The headline, the other counts, and what a brief without findings says.
//!
//! The worst story by name, else counts.

use std::collections::BTreeSet;

use super::{Glance, findings::worst_first, sentence::sentence, undecidable};
use crate::{
    domain::{brief::Brief, finding::FindingState, severity::Severity},
    render::{clean::Line, words},
};

/// Findings by severity and state, worst first.
pub(super) fn glance(brief: &Brief) -> Vec<Glance> {
    let all = brief.findings.iter().chain(brief.suppressed.iter().map(|(finding, _)| finding));
    let mut counts = [(); 5].map(|()| [0u64; 4]);
    for finding in all {
        counts[finding.severity as usize][finding.state as usize] += 1;
    }
    worst_first()
        .map(|severity| {
            let count = |state: FindingState| counts[severity as usize][state as usize];
            Glance {
                severity: severity.as_str(),
                new: count(FindingState::New),
                late: count(FindingState::Late),
                repeated: count(FindingState::Repeated),
                suppressed: count(FindingState::Suppressed),
            }
        })
        .filter(|glance| glance.fresh() + glance.repeated + glance.suppressed > 0)
        .collect()
}

/// What the words of the glance mean, for the words that it uses.
pub(super) fn legend(glance: &[Glance]) -> Option<Line> {
    let parts: Vec<&str> = [
        (
            glance.iter().any(|row| row.late > 0),
            "late: the log arrived after the time of the event had been searched",
        ),
        (glance.iter().any(|row| row.repeated > 0), "already reported: shown in an earlier brief"),
        (glance.iter().any(|row| row.suppressed > 0), "suppressed: held back by a suppression"),
    ]
    .into_iter()
    .filter(|(used, _)| *used)
    .map(|(_, words)| words)
    .collect();
    (!parts.is_empty()).then(|| Line::new(parts.join("; ")))
}

/// What matters, in one sentence.
pub(crate) fn headline(brief: &Brief) -> Line {
    let fresh = || brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated);
    let counts: Vec<String> = worst_first()
        .map(|severity| (severity, fresh().filter(|finding| finding.severity == severity).count() as u64))
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| format!("{} {severity}", words::number(n)))
        .collect();
    let unanswered = brief.failures.len() as u64;
    let of = brief.coverage.detections_answered + unanswered;
    let what = if let Some(story) = stories(brief) {
        story
    } else if !counts.is_empty() {
        let accounts: BTreeSet<_> = fresh().filter_map(|finding| finding.account_id.as_ref()).collect();
        match accounts.len() as u64 {
            0 => counts.join(", "),
            n => format!("{} in {}", counts.join(", "), words::count(n, "account")),
        }
    } else if !brief.findings.is_empty() {
        format!(
            "Nothing new, {} {}",
            words::count(brief.findings.len() as u64, "finding"),
            words::ALREADY_REPORTED
        )
    } else if brief.coverage.detections_answered == 0 && unanswered > 0 {
        return Line::new(match unanswered {
            1 => "Nothing was checked: the only detection gave no answer".to_owned(),
            n => format!("Nothing was checked: none of {} detections gave an answer", words::number(n)),
        });
    } else if brief.is_blind() {
        "No findings, but no log was read".to_owned()
    } else {
        "No findings".to_owned()
    };
    let what = match brief.coverage.folders_unlisted {
        0 => what,
        n => format!("{} could not be read; {what}", words::count(n, "folder")),
    };
    let what = match no_log_of(brief) {
        Some(missing) => format!("No log of {missing}; {what}"),
        None => what,
    };
    let what = not_searched(brief).into_iter().chain([what]).collect::<Vec<_>>().join("; ");
    let what = match reported_by_others(brief) {
        Some(reported) => format!("{what}; reported before: {reported}"),
        None => what,
    };
    let mut gaps = Vec::new();
    if unanswered > 0 {
        let of = words::count(of, "detection");
        gaps.push(format!("{} of {of} gave no answer", words::number(unanswered)));
    }
    gaps.extend(not_judged(brief));
    if gaps.is_empty() {
        return Line::new(what);
    }
    let joint = if counts.is_empty() { ", but" } else { ";" };
    Line::new(format!("{what}{joint} {}", gaps.join(", ")))
}

/// The longest sentence about the worst story, in characters, if it names more than one act.
const MAX_SENTENCE: usize = 120;

/// How many stories of the worst severity are news, and what the first of them is; `None` if nothing serious is news.
fn stories(brief: &Brief) -> Option<String> {
    let news =
        || brief.stories.iter().filter(|story| story.state.is_news() && story.severity >= Severity::Medium);
    let worst = news().next()?;
    // What gave no answer must fit into the subject, too.
    let is_whole = brief.failures.is_empty() && brief.newly_undecidable().next().is_none();
    let sentence = sentence(worst, if is_whole { MAX_SENTENCE } else { MAX_SENTENCE / 2 });
    let alike = news().filter(|story| story.severity == worst.severity).count() as u64;
    let (one, many) = (format!("{} story", worst.severity), format!("{} stories", worst.severity));
    let first = if alike > 1 { ", the first" } else { "" };
    Some(format!("{}{first}: {sentence}", words::count_of(alike, &one, &many)))
}

/// What other schedules reported of what is serious, in a daily brief.
fn reported_by_others(brief: &Brief) -> Option<String> {
    let findings = brief.roll_up.as_ref()?.findings();
    let serious = worst_first().filter(|severity| *severity >= Severity::High);
    let counts = serious.map(|severity| (severity, findings[severity as usize])).filter(|(_, n)| *n > 0);
    let counts: Vec<String> =
        counts.map(|(severity, n)| format!("{} {severity}", words::number(n))).collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// What time of a schedule was not searched.
fn not_searched(brief: &Brief) -> Option<String> {
    let skipped = &brief.coverage.skipped;
    match (skipped.first(), brief.coverage.searched_until) {
        (Some(window), _) if skipped.len() == 1 => Some(format!("{window} was not searched")),
        (Some(_), _) => Some(format!("{} were not searched", words::count(skipped.len() as u64, "window"))),
        (None, Some(until)) => Some(format!("Searched only up to {until}")),
        (None, None) => None,
    }
}

/// The accounts and regions without logs that must have some.
fn no_log_of(brief: &Brief) -> Option<String> {
    let coverage = &brief.coverage;
    let (accounts, regions) = (coverage.accounts_missing.len() as u64, &coverage.regions_missing);
    let accounts = (accounts > 0).then(|| words::count(accounts, "configured account"));
    let regions = match &regions[..] {
        [] => None,
        [one] => Some(format!(
            "account {}, region {}",
            Line::short(&one.account, 40),
            Line::short(&one.region, 40)
        )),
        [first, ..] => Some(format!(
            "{}, the first: account {}, region {}",
            words::count(regions.len() as u64, "region"),
            Line::short(&first.account, 40),
            Line::short(&first.region, 40)
        )),
    };
    let missing: Vec<String> = accounts.into_iter().chain(regions).collect();
    (!missing.is_empty() && !brief.is_blind()).then(|| missing.join(" and of "))
}

/// How many events could not be judged that no earlier brief reported, with the worst severity of what they may be.
fn not_judged(brief: &Brief) -> Option<String> {
    let worst = brief.newly_undecidable().filter_map(|it| brief.severity(&it.detection)).max()?;
    let events = words::count(undecidable::events(brief.newly_undecidable()), "event");
    Some(format!("{events} could not be judged (up to {worst})"))
}

/// Counts that the headline leaves out and a reader should not miss.
pub(super) fn also(brief: &Brief) -> Option<Line> {
    let state = |state| brief.findings.iter().filter(|finding| finding.state == state).count() as u64;
    let coverage = &brief.coverage;
    let lost: u64 = brief.problems.iter().map(|problem| problem.records).sum();
    let unreadable = words::count(brief.problems.len() as u64, "file");
    let undecided = undecidable::events(brief.undecidable.iter().filter(|it| it.repeated));
    let failed = brief.suppressions.iter().filter(|used| used.error.is_some()).count() as u64;
    let expired = brief.suppressions.iter().filter(|used| used.expired && used.ran).count() as u64;
    let too_late = coverage.events_too_late.iter().map(|(_, events)| events).sum();
    let parts: Vec<String> = [
        (state(FindingState::Late), format!("{} late", words::number(state(FindingState::Late)))),
        (
            state(FindingState::Repeated),
            format!("{} {}", words::number(state(FindingState::Repeated)), words::ALREADY_REPORTED),
        ),
        (
            brief.suppressed.len() as u64,
            format!("{} suppressed", words::number(brief.suppressed.len() as u64)),
        ),
        (
            brief.truncated.len() as u64,
            format!("{} truncated", words::count(brief.truncated.len() as u64, "detection")),
        ),
        (expired, format!("{} expired", words::count(expired, "suppression"))),
        (failed, format!("{} not evaluated", words::count(failed, "suppression"))),
        (undecided, format!("{} not judged ({})", words::count(undecided, "event"), words::ALREADY_REPORTED)),
        (
            brief.problems.len() as u64,
            match lost {
                0 => format!("{unreadable} not read completely"),
                n => format!("{unreadable} not read completely ({})", words::lost(n)),
            },
        ),
        (
            coverage.events_without_time,
            format!("{} without a time", words::count(coverage.events_without_time, "event")),
        ),
        (too_late, format!("{} delivered too late to be judged", words::count(too_late, "event"))),
        (
            coverage.days_silent.len() as u64,
            format!("{} without logs", words::count(coverage.days_silent.len() as u64, "day")),
        ),
        (
            coverage.accounts_silent.len() as u64,
            format!("{} without logs", words::count(coverage.accounts_silent.len() as u64, "account")),
        ),
        (
            coverage.idle.len() as u64,
            format!("{} not run", words::count(coverage.idle.len() as u64, "detection")),
        ),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(_, words)| words)
    .collect();
    (!parts.is_empty()).then(|| Line::new(format!("Also: {}.", parts.join(", "))))
}

/// Whether there is nothing to do: no findings, everything was read, and every detection answered for every event.
pub(super) fn calm(brief: &Brief) -> bool {
    brief.findings.is_empty()
        && brief.is_complete()
        && brief.newly_undecidable().next().is_none()
        && brief.truncated.is_empty()
}

/// What a brief without findings says in their place.
pub(super) fn nothing(brief: &Brief) -> Option<Line> {
    if !brief.findings.is_empty() {
        return None;
    }
    let answered = brief.coverage.detections_answered;
    Some(Line::new(match (answered, brief.suppressed.len() as u64) {
        (0, _) if !brief.failures.is_empty() => {
            "No detection gave an answer, so this brief does not show what happened in the window.".to_owned()
        }
        _ if brief.is_blind() => {
            "No log was read, so this brief does not show what happened in the window. See \
                              the coverage below."
                .to_owned()
        }
        (n, 0) if !brief.undecidable.is_empty() => format!(
            "{} answered and found nothing among the events of this window that could be judged.",
            words::count(n, "detection")
        ),
        (n, 0) => format!("{} answered and found nothing in this window.", words::count(n, "detection")),
        (n, held) => format!(
            "{} answered; suppressions held back what was found ({}), see below.",
            words::count(n, "detection"),
            words::count(held, "finding")
        ),
    }))
}
