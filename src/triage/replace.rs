//! One event is reported once: by the detection that says most about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    detection::DetectionId,
    finding::{Finding, FindingState, Fingerprint},
};

/// An event, as findings name it: its account and id.
type Event<'a> = (Option<&'a str>, &'a str);

/// Takes out findings of wider detections if narrower ones, which replace them, report all of their events.
///
/// `replaced` names the detections that each one replaces. The finding that stays says which detections found the same, and
/// carries the identities of what it replaces. What a suppression holds back replaces nothing, and neither does a finding that
/// was reported before if the other one is news.
#[must_use]
pub fn replace(findings: Vec<Finding>, replaced: &BTreeMap<DetectionId, Vec<DetectionId>>) -> Vec<Finding> {
    let wider = with_all_replaced(replaced);
    let owners = owners(&findings, &wider);
    let mut taken: BTreeMap<usize, Vec<(DetectionId, Vec<Fingerprint>)>> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for (at, finding) in findings.iter().enumerate() {
        let Some(by) = replacing(finding, &findings, &owners, &wider) else { continue };
        let identities = std::iter::once(&finding.fingerprint).chain(&finding.united).cloned().collect();
        taken.entry(by).or_default().push((finding.detection.clone(), identities));
        gone.insert(at);
    }
    let mut kept = Vec::new();
    for (at, mut finding) in findings.into_iter().enumerate() {
        if gone.contains(&at) {
            continue;
        }
        for (detection, identities) in taken.remove(&at).into_iter().flatten() {
            finding.replaces.push(detection);
            finding.united.extend(identities);
        }
        finding.replaces.sort();
        finding.replaces.dedup();
        kept.push(finding);
    }
    kept
}

/// What each detection replaces, directly or through others; of those that replace each other, none does.
fn with_all_replaced(
    replaced: &BTreeMap<DetectionId, Vec<DetectionId>>,
) -> BTreeMap<&DetectionId, BTreeSet<&DetectionId>> {
    let all = |own: &DetectionId| {
        let (mut open, mut seen): (Vec<&DetectionId>, BTreeSet<&DetectionId>) =
            (replaced.get(own).into_iter().flatten().collect(), BTreeSet::new());
        while let Some(id) = open.pop() {
            if id != own && seen.insert(id) {
                open.extend(replaced.get(id).into_iter().flatten());
            }
        }
        seen
    };
    let mut wider: BTreeMap<_, _> = replaced.keys().map(|own| (own, all(own))).collect();
    let mutual = wider.clone();
    for (own, of_own) in &mut wider {
        of_own.retain(|id| !mutual.get(id).is_some_and(|of_other| of_other.contains(own)));
    }
    wider
}

/// The findings of detections that replace others, by each of their events.
fn owners<'a>(
    findings: &'a [Finding],
    wider: &BTreeMap<&DetectionId, BTreeSet<&DetectionId>>,
) -> BTreeMap<Event<'a>, Vec<usize>> {
    let mut owners: BTreeMap<Event<'a>, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let replaces = wider.get(&finding.detection).is_some_and(|wider| !wider.is_empty());
        if replaces && finding.state != FindingState::Suppressed {
            events(finding).for_each(|event| owners.entry(event).or_default().push(at));
        }
    }
    owners
}

/// The finding that replaces this one; `None` if one of its events is reported by nothing narrower, or is not known.
fn replacing(
    finding: &Finding,
    findings: &[Finding],
    owners: &BTreeMap<Event<'_>, Vec<usize>>,
    wider: &BTreeMap<&DetectionId, BTreeSet<&DetectionId>>,
) -> Option<usize> {
    let is_complete = finding.occurrences.is_none_or(|count| count == finding.event_ids.len() as u64);
    if !is_complete || finding.state == FindingState::Suppressed {
        return None;
    }
    let of_event = |event: Event<'_>| {
        let narrower = owners.get(&event)?.iter().copied().filter(|by| {
            let by = &findings[*by];
            let is_news = by.state != FindingState::Repeated || finding.state == FindingState::Repeated;
            is_news && wider.get(&by.detection).is_some_and(|wider| wider.contains(&finding.detection))
        });
        // Nothing replaces the narrowest of them.
        narrower.min_by_key(|by| {
            let by = &findings[*by].detection;
            (wider.values().filter(|wider| wider.contains(by)).count(), by)
        })
    };
    let by: Option<Vec<usize>> = events(finding).map(of_event).collect();
    // The latest of them is remembered for long enough: a schedule knows what it reported by the time of the last event.
    by?.into_iter().max_by_key(|by| (findings[*by].last_seen.max(findings[*by].event_time), usize::MAX - by))
}

fn events(finding: &Finding) -> impl Iterator<Item = Event<'_>> {
    let account = finding.account_id.as_ref().map(|account| account.raw());
    finding.event_id.iter().chain(&finding.event_ids).map(move |id| (account, id.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{time::Timestamp, untrusted::Untrusted};

    /// A finding of a detection about these events, which happened at the second that their digit says.
    fn finding(detection: &str, ids: &str) -> Finding {
        let at = |digit: char| Timestamp::from_unix_s(i64::from(digit.to_digit(10).unwrap()));
        let ids: Vec<char> = ids.chars().collect();
        let named = |id: &char| Untrusted::new(id.to_string());
        let mut finding = Finding::sample(detection, &format!("{ids:?}"), ids.first().map(|id| at(*id)));
        finding.account_id = Some(Untrusted::new("123456789012"));
        if let [id] = ids.as_slice() {
            finding.event_id = Some(named(id));
        } else {
            finding.event_ids = ids.iter().map(named).collect();
            finding.occurrences = Some(ids.len() as u64);
            finding.last_seen = ids.last().map(|id| at(*id));
        }
        finding
    }

    /// What stays of these findings, as `detection ids+replaced`, where `x.a` replaces `x.b`, and that `x.c`.
    fn kept(findings: &[Finding]) -> Vec<String> {
        let id = |text: &str| text.parse::<DetectionId>().unwrap();
        let replaced = [(id("x.a"), vec![id("x.b")]), (id("x.b"), vec![id("x.c")]), (id("x.c"), Vec::new())];
        let kept = replace(findings.to_vec(), &replaced.into());
        let text = |finding: &Finding| {
            let ids: String = events(finding).map(|(_, id)| id).collect();
            let replaced: Vec<&str> = finding.replaces.iter().map(DetectionId::name).collect();
            format!("{} {ids}{}{}", finding.detection.name(), "+".repeat(replaced.len()), replaced.concat())
        };
        kept.iter().map(text).collect()
    }

    #[test]
    fn an_event_is_reported_by_the_detection_that_says_most() {
        let [a, b, c] = ["x.a", "x.b", "x.c"].map(|id| finding(id, "1"));
        assert_eq!(kept(&[c.clone(), b.clone(), a.clone()]), ["a 1++bc"]);
        assert_eq!(kept(&[a.clone(), c.clone()]), ["a 1+c"], "also through a detection that found nothing");
        assert_eq!(kept(&[b.clone(), c.clone()]), ["b 1+c"]);
        assert_eq!(kept(&[a.clone(), finding("x.b", "2")]), ["a 1", "b 2"], "another event");
        assert_eq!(
            kept(&[a.clone(), finding("y.b", "1")]),
            ["a 1", "b 1"],
            "nothing says that it replaces this one"
        );
        let elsewhere = Finding { account_id: Some(Untrusted::new("210987654321")), ..b.clone() };
        assert_eq!(kept(&[a.clone(), elsewhere]), ["a 1", "b 1"], "the same id in another account");
        let one =
            replace(vec![a.clone(), b.clone()], &[(a.detection.clone(), vec![b.detection.clone()])].into());
        assert_eq!(one[0].united, [b.fingerprint], "so that the replaced one counts as reported");
    }

    #[test]
    fn a_finding_of_many_events_is_replaced_only_if_each_of_them_is_reported() {
        let wide = finding("x.b", "123");
        let parts = ["12", "3"].map(|ids| finding("x.a", ids));
        assert_eq!(kept(&[wide.clone(), parts[0].clone()]), ["b 123", "a 12"]);
        assert_eq!(
            kept(&[wide.clone(), parts[0].clone(), parts[1].clone()]),
            ["a 12", "a 3+b"],
            "the last one"
        );
        assert_eq!(kept(&[parts[1].clone(), wide.clone(), parts[0].clone()]), ["a 3+b", "a 12"]);
        let cut = Finding { occurrences: Some(40), ..wide };
        assert_eq!(
            kept(&[cut, parts[0].clone(), parts[1].clone()]),
            ["b 123", "a 12", "a 3"],
            "37 are not known"
        );
        assert_eq!(kept(&[finding("x.a", ""), finding("x.b", "")]), ["a ", "b "], "without any event");
    }

    #[test]
    fn nothing_new_is_replaced_by_what_was_reported_or_is_suppressed() {
        use FindingState::{Late, New, Repeated, Suppressed};
        let of = |a: FindingState, b: FindingState| {
            let with = |id: &str, state| Finding { state, ..finding(id, "1") };
            kept(&[with("x.a", a), with("x.b", b)]).len()
        };
        for (a, b, left) in [
            (New, New, 1),
            (New, Repeated, 1),
            (Late, New, 1),
            (Repeated, Repeated, 1),
            (Repeated, New, 2),
            (Suppressed, New, 2),
            (New, Suppressed, 2),
        ] {
            assert_eq!(of(a, b), left, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_circle_of_broken_headers_loses_nothing() {
        let [a, b] = ["x.a", "x.b"].map(|id| finding(id, "1"));
        let circle = [
            (a.detection.clone(), vec![b.detection.clone()]),
            (b.detection.clone(), vec![a.detection.clone()]),
        ];
        assert_eq!(replace(vec![a, b], &circle.into()).len(), 2);
    }
}
