//! Findings in words: by severity, detection, actor and account; the first in full, the rest counted.

use std::collections::BTreeMap;

use super::{
    Counted, DetectionView, Fact, FindingRow, GroupView, Reference, SeverityView,
    findings::{account, by_detection, counts, title, worst_first},
};
use crate::{
    domain::{
        brief::Brief,
        detection::{Detection, DetectionId, Status},
        finding::{Finding, FindingState},
        severity::Severity,
        untrusted::Untrusted,
    },
    render::{clean::Line, clock::Clock, limits::Limits, whereabouts, words},
};

/// All findings, worst first.
pub(super) fn severities(brief: &Brief, limits: &Limits) -> Vec<SeverityView> {
    let all = by_detection(brief);
    worst_first()
        .filter_map(|severity| {
            let of: Vec<_> = all.iter().filter(|((s, _), _)| *s == severity).collect();
            let findings: Vec<&Finding> =
                of.iter().flat_map(|(_, findings)| findings.iter().copied()).collect();
            let shown = limits.detections_of(severity).min(of.len());
            let rest: usize = of[shown..].iter().map(|(_, findings)| findings.len()).sum();
            (!of.is_empty()).then(|| SeverityView {
                severity: severity.as_str(),
                counts: Line::new(format!(
                    "{} · {}",
                    counts(&findings),
                    words::count(of.len() as u64, "detection")
                )),
                detections: of[..shown]
                    .iter()
                    .map(|((_, id), findings)| detection(brief, severity, id, findings, limits))
                    .collect(),
                more: (rest > 0).then(|| {
                    Line::new(format!(
                        "\u{2026} and {} of {}, see the CSV or JSON",
                        words::count(rest as u64, "finding"),
                        words::count((of.len() - shown) as u64, "more detection")
                    ))
                }),
            })
        })
        .collect()
}

fn detection(
    brief: &Brief,
    severity: Severity,
    id: &DetectionId,
    findings: &[&Finding],
    limits: &Limits,
) -> DetectionView {
    let known = brief.detections.get(id);
    let clock = Clock::of(brief);
    let (full, rest) = split(findings, limits.rows_of(severity));
    let (counted, counted_note) = count_rest(&rest, limits, clock);
    // An earlier brief explained what it reported.
    let is_news = findings.iter().any(|finding| finding.state != FindingState::Repeated);
    let guide = |lines: fn(&Detection) -> &Vec<String>| -> Vec<Line> {
        known
            .filter(|_| is_news && limits.explains(severity))
            .map(|known| lines(known).iter().map(|line| Line::short(line, 500)).collect())
            .unwrap_or_default()
    };
    DetectionView {
        title: title(brief, id),
        counts: Line::new(counts(findings)),
        findings: findings.len() as u64,
        id: id_line(id, known),
        why: known
            .filter(|known| is_news && limits.explains(severity) && !known.description.trim().is_empty())
            .map(|known| Line::short(one_line(&known.description), 900)),
        groups: full
            .into_iter()
            .map(|(_, rows)| GroupView {
                actor: actor(rows[0], limits),
                account: account(rows[0]),
                rows: rows.iter().map(|finding| row(brief, finding, limits)).collect(),
            })
            .collect(),
        counted,
        counted_note,
        benign: guide(|known| &known.benign),
        steps: guide(|known| &known.steps),
        references: known
            .filter(|_| is_news)
            .map(|known| references(&known.references, severity, limits))
            .unwrap_or_default(),
    }
}

fn references(all: &[String], severity: Severity, limits: &Limits) -> Vec<Reference> {
    let max = match (limits.explains(severity), limits.guidance) {
        (true, _) if severity == Severity::Critical => 8,
        (true, Severity::Info) => 2,
        (true, _) => 1,
        (false, Severity::Critical) => 0,
        (false, _) => 1,
    };
    let mut shown: Vec<Reference> = all
        .iter()
        .take(max)
        .map(|text| Reference { text: Line::short(text, 300), link: is_link(text) })
        .collect();
    if all.len() > max && max > 0 {
        let text = format!("\u{2026} and {} more, see the JSON", words::number((all.len() - max) as u64));
        shown.push(Reference { text: Line::new(text), link: false });
    }
    shown
}

/// Whether a reference may become a link: `https` and nothing that needs escaping.
fn is_link(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
        && text.len() <= 300
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>`\\".contains(&byte))
}

/// Folded text of a header as one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn id_line(id: &DetectionId, known: Option<&Detection>) -> Line {
    let mut parts = vec![id.to_string()];
    if let Some(known) = known {
        if known.status != Status::Stable {
            parts.push(known.status.as_str().to_owned());
        }
        parts.extend(known.attack.iter().map(|attack| format!("ATT&CK {}", attack.technique)));
        parts.extend(known.cis.iter().map(|section| format!("CIS {section}")));
    }
    Line::short(parts.join(" · "), 240)
}

type Pair<'a> = (Option<&'a Untrusted>, Option<&'a Untrusted>);
type Groups<'a> = Vec<(Pair<'a>, Vec<&'a Finding>)>;

/// Findings by actor and account: first those with news, then the larger.
fn by_actor<'a>(findings: &[&'a Finding]) -> Groups<'a> {
    let mut by: BTreeMap<Pair<'a>, Vec<&'a Finding>> = BTreeMap::new();
    for finding in findings {
        by.entry((finding.actor.as_ref(), finding.account_id.as_ref())).or_default().push(finding);
    }
    let mut all: Groups<'a> = by.into_iter().collect();
    for (_, rows) in &mut all {
        rows.sort_by_key(|finding| (finding.state == FindingState::Repeated, finding.event_time));
    }
    all.sort_by_key(|(pair, rows)| {
        (rows.iter().all(|finding| finding.state == FindingState::Repeated), usize::MAX - rows.len(), *pair)
    });
    all
}

/// At most `max` findings to show in full, taken in turn from every actor and account, and the others.
fn split<'a>(findings: &[&'a Finding], max: usize) -> (Groups<'a>, Groups<'a>) {
    let mut rest = by_actor(findings);
    // Counting one finding takes as much room as showing it.
    if max > 0 && findings.len() <= max + 1 {
        return (rest, Vec::new());
    }
    let mut take = vec![0usize; rest.len()];
    let mut left = max;
    while left > 0 {
        let before = left;
        for (at, (_, rows)) in rest.iter().enumerate() {
            if left > 0 && take[at] < rows.len() {
                take[at] += 1;
                left -= 1;
            }
        }
        if before == left {
            break;
        }
    }
    let mut full: Groups<'a> = Vec::new();
    for ((pair, rows), take) in rest.iter_mut().zip(take) {
        let first: Vec<&Finding> = rows.drain(..take).collect();
        if !first.is_empty() {
            full.push((*pair, first));
        }
    }
    rest.retain(|(_, rows)| !rows.is_empty());
    (full, rest)
}

/// The findings that are not shown in full: counts by actor and account, and the sentence above them.
fn count_rest(rest: &Groups<'_>, limits: &Limits, clock: Clock) -> (Vec<Counted>, Option<Line>) {
    let total: usize = rest.iter().map(|(_, rows)| rows.len()).sum();
    if total == 0 {
        return (Vec::new(), None);
    }
    let shown = if rest.len() <= limits.groups + 1 { rest.len() } else { limits.groups };
    let counted = rest[..shown]
        .iter()
        .map(|(_, rows)| {
            let first = rows.iter().filter_map(|finding| finding.event_time).min();
            let last = rows.iter().filter_map(|f| f.last_seen.max(f.event_time)).max();
            Counted {
                findings: rows.len() as u64,
                actor: actor(rows[0], limits),
                account: account(rows[0]),
                times: Line::new(match (first, last) {
                    (Some(a), Some(b)) => clock.instants(a, b),
                    _ => "no time".to_owned(),
                }),
            }
        })
        .collect();
    let hidden: usize = rest[shown..].iter().map(|(_, rows)| rows.len()).sum();
    let what = words::count(total as u64, "more finding");
    let text = match hidden {
        0 => format!("\u{2026} and {what}, only counted here; the CSV and the JSON have all details"),
        n => format!(
            "\u{2026} and {what}, only counted here ({} of them in {} not listed); the CSV and the JSON have all details",
            words::number(n as u64),
            words::count((rest.len() - shown) as u64, "actor and account pair")
        ),
    };
    (counted, Some(Line::new(text)))
}

fn actor(finding: &Finding, limits: &Limits) -> Line {
    match &finding.actor {
        Some(actor) if !actor.raw().is_empty() => Line::short(actor.raw(), limits.value),
        _ => Line::new("no actor recorded"),
    }
}

/// The sentence of a finding with short names: the row shows the ARNs, the group the account's id.
fn in_words(says: &str, finding: &Finding) -> String {
    let says = words::with_names(says);
    let account = finding.account_id.as_ref().map(Untrusted::raw).filter(|id| id.len() == 12);
    match (account, finding.account_name.as_deref()) {
        (Some(id), Some(name)) if !name.is_empty() => {
            says.replace(&format!("in {id}"), &format!("in {name}"))
        }
        _ => says,
    }
}

fn row(brief: &Brief, finding: &Finding, limits: &Limits) -> FindingRow {
    let clock = Clock::of(brief);
    // An earlier brief showed the rest of what it reported.
    let is_news = finding.state != FindingState::Repeated;
    let (facts, details) = match is_news {
        true => (facts(brief, finding, limits), details(finding, limits)),
        false => (Vec::new(), Vec::new()),
    };
    FindingRow {
        time: Line::new(finding.event_time.map_or_else(|| "no time".to_owned(), |at| clock.instant(at))),
        mark: match finding.state {
            FindingState::New => None,
            FindingState::Late => Some("late"),
            FindingState::Repeated => Some(words::ALREADY_REPORTED),
            FindingState::Suppressed => Some("suppressed"),
        },
        says: match finding.says.raw() {
            "" => Line::new("(no description)"),
            says => Line::short(in_words(says, finding), limits.value * 3 / 2),
        },
        facts,
        details,
        suppress: (brief.run.schedule.is_some() && is_news).then(|| {
            Line::new(format!("trailbrief suppress {} --reason '...' --for 30d", finding.fingerprint))
        }),
    }
}

/// What a finding says in its standard columns.
fn facts(brief: &Brief, finding: &Finding, limits: &Limits) -> Vec<Fact> {
    let clock = Clock::of(brief);
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: Option<Line>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push(Fact::new(label, value));
        }
    };
    let text = |value: &Option<Untrusted>| value.as_ref().map(|v| Line::short(v.raw(), limits.value));
    fact("", (finding.is_first == Some(true)).then(|| Line::new(words::FIRST_TIME)));
    fact("", finding.occurrences.map(|n| Line::new(words::count(n, "time"))));
    fact("until", finding.last_seen.map(|at| Line::new(clock.instant(at))));
    fact("", text(&finding.action));
    fact("in", text(&finding.region));
    let from = finding.source_ip.as_ref().map(|ip| whereabouts::beside(brief, ip.raw()));
    fact("from", from.map(|from| Line::short(from, limits.value)));
    fact("on", text(&finding.resource));
    fact("event", text(&finding.event_id));
    if let [first, rest @ ..] = finding.event_ids.as_slice() {
        let first = Line::short(first.raw(), limits.value);
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        fact("events", Some(Line::new(format!("{first}{more}"))));
    }
    if !finding.replaces.is_empty() {
        let titles: Vec<String> = finding.replaces.iter().map(|id| title(brief, id).to_string()).collect();
        fact("also", Some(Line::short(titles.join("; "), limits.value)));
    }
    facts
}

/// The named details that have a value; the CSV and the JSON keep the others, too.
fn details(finding: &Finding, limits: &Limits) -> Vec<Fact> {
    let named: Vec<(&String, String)> = finding
        .details
        .iter()
        .filter_map(|(name, value)| Some((name, value.text().filter(|text| !text.is_empty())?)))
        .collect();
    let shown = limits.details.min(named.len());
    let mut details: Vec<Fact> = named[..shown]
        .iter()
        .map(|(name, text)| Fact { label: Line::short(name, 60), value: Line::short(text, limits.value) })
        .collect();
    if named.len() > shown {
        let more = words::count((named.len() - shown) as u64, "more detail");
        details.push(Fact::new("", Line::new(format!("\u{2026} and {more}, see the CSV or JSON"))));
    }
    details
}
