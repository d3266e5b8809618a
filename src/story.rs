//! Makes stories of findings: what one person or key did, with the calls around the findings, over accounts and sessions.
//!
//! Pure: the same findings and events make the same stories, in whatever order they come and however often. Two actors are
//! joined only by what a record proves ([`mod@links`]).

mod actor;
mod acts;
mod case_file;
mod containment;
mod continued;
mod filter;
mod identities;
mod left_behind;
mod links;
mod pattern;
mod people;
mod record;
mod scene;
mod shell;
mod steps;
mod template;
#[cfg(test)]
mod tests;
mod times;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;

pub use case_file::{Asked, asked, case_file};
pub use continued::{Before, continued, with_events};

use self::{acts::Acts, people::Cast, scene::Scene, steps::score};
use crate::domain::{
    account::Accounts,
    detection::DetectionId,
    finding::{Finding, FindingState},
    severity::Severity,
    story::{LeftBehind, Story, StoryAccount, StoryAddress, StoryId, StoryState},
    subject::network,
    time::Timestamp,
    trace::{Trace, TraceEvent, TraceQuery},
    untrusted::Untrusted,
};

/// The most addresses of a story.
const MOST_ADDRESSES: usize = 10;
/// The most things that a story names as left behind.
const MOST_LEFT: usize = 60;

/// What is known besides the events.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The accounts and their names.
    pub accounts: &'a Accounts,
    /// The entries of the watch-list of trusted networks.
    pub trusted: &'a [&'a str],
    /// The end of what was searched: what ends by itself before it is not left behind.
    pub end: Timestamp,
}

/// Which events stories need besides those of the findings.
#[must_use]
pub fn query() -> &'static TraceQuery {
    Acts::table().query()
}

/// Who made whom possible, as ids of actors: child and parent, with the event that shows it, and whether the child is a session
/// of the parent.
#[must_use]
pub fn links(events: &[TraceEvent]) -> Vec<(String, String, String, bool)> {
    let scene = Scene::of(events);
    let link = |(child, link): (&actor::Actor, &links::Link)| {
        let event = scene.records[link.event].event.id.clone();
        (child.text(), link.parent.text(), event, link.is_session())
    };
    scene.links.iter().map(link).collect()
}

/// The stories of these findings, the worst first. A finding without a known actor is in none.
#[must_use]
pub fn tell(findings: &[Finding], trace: &Trace, around: Surroundings<'_>) -> Vec<Story> {
    let scene = Scene::of(&trace.events);
    let casts = people::casts(&scene, findings);
    let networks: Vec<IpNet> = around.trusted.iter().filter_map(|text| network(text)).collect();
    let mut undoings = left_behind::Undoings::of(&scene.records, around.end);
    let mut stories: Vec<Story> =
        casts.iter().map(|cast| story(&scene, cast, findings, (around, &networks), &mut undoings)).collect();
    stories.sort_by_cached_key(|story| {
        let telling: u64 = story.steps.iter().map(|step| u64::from(score(step).0)).sum();
        (Reverse((story.state.is_news(), story.severity, telling)), story.first, story.id.clone())
    });
    stories
}

fn story(
    scene: &Scene<'_>,
    cast: &Cast,
    findings: &[Finding],
    (around, networks): (Surroundings<'_>, &[IpNet]),
    undoings: &mut left_behind::Undoings<'_>,
) -> Story {
    let mut of: Vec<&Finding> = cast.findings.iter().map(|at| &findings[*at]).collect();
    of.sort_by_key(|finding| (Reverse(finding.severity), finding.event_time, &finding.fingerprint));
    let severity = of.first().map_or(Severity::Info, |worst| worst.severity);
    let severities = cast.severities(scene, findings);
    let acts: Vec<_> =
        cast.events.iter().map(|at| (&scene.records[*at], severities.get(at).copied())).collect();
    let is_seen = |it: &&Finding| scene.of_finding(it).iter().any(|at| cast.events.contains(at));
    let unseen: Vec<&Finding> =
        cast.findings.iter().map(|at| &findings[*at]).filter(|it| !is_seen(it)).collect();
    let (steps, left_out) = steps::of(&acts, &unseen);
    let (left_behind, undone) = left(scene, cast, undoings);
    // What is less severe does not need anybody to be locked out at once.
    let acting = if severity >= Severity::High { cast.acting(scene) } else { Vec::new() };
    let times = || acts.iter().filter_map(|(record, _)| record.event.time).chain(unseen_times(&unseen));
    let events: Vec<&TraceEvent> = acts.iter().map(|(record, _)| record.event).collect();
    let fresh = |finding: &&&Finding| finding.state != FindingState::Repeated;
    let state = match of.iter().filter(fresh).count() {
        0 if !of.is_empty() => StoryState::Repeated,
        all if all == of.len() => StoryState::New,
        _ => StoryState::Grown,
    };
    let why = of
        .iter()
        .filter(|finding| finding.severity == severity)
        .max_by_key(|finding| (weight(scene, finding), Reverse(&finding.detection)));
    Story {
        id: StoryId::of(&cast.root.text()),
        person: Untrusted::new(cast.person(scene)),
        kind: cast.root.kind().into(),
        chain: cast.chain(scene),
        accounts: accounts(&events, &of, around.accounts),
        first: times().min(),
        last: times().max(),
        addresses: addresses(&events, &unseen, networks),
        severity,
        why: why.map_or_else(no_finding, |finding| finding.detection.clone()),
        do_now: containment::of(&acting, &left_behind),
        steps,
        left_out,
        left_behind,
        undone,
        findings: of.iter().map(|finding| finding.fingerprint.clone()).collect(),
        state,
    }
}

/// In place of a detection, where none found anything.
fn no_finding() -> DetectionId {
    "case.no-finding".parse().expect("it is an id")
}

fn unseen_times<'f>(findings: &'f [&Finding]) -> impl Iterator<Item = Timestamp> + 'f {
    findings.iter().flat_map(|finding| [finding.event_time, finding.last_seen]).flatten()
}

/// How telling the act of a finding is.
fn weight(scene: &Scene<'_>, finding: &Finding) -> u8 {
    let of = |at: &usize| Acts::table().of(&scene.records[*at]).map(acts::Act::weight);
    scene.of_finding(finding).iter().filter_map(of).max().unwrap_or(0)
}

/// What a story left behind, the most telling first, and how much of it was undone.
fn left(scene: &Scene<'_>, cast: &Cast, undoings: &mut left_behind::Undoings<'_>) -> (Vec<LeftBehind>, u64) {
    let (mut behind, mut undone) = (Vec::new(), 0);
    for at in &cast.events {
        let left = undoings.left_of(*at, &cast.name_of(scene, *at));
        behind.extend(left.behind);
        undone += left.gone.len() as u64;
    }
    behind.sort_by(|a, b| (Reverse(a.weight), a.at, &a.what).cmp(&(Reverse(b.weight), b.at, &b.what)));
    // The same thing may be made twice, as a policy that is put again.
    let mut seen = BTreeSet::new();
    behind.retain(|left| seen.insert((left.what.clone(), left.account.clone(), left.region.clone())));
    behind.truncate(MOST_LEFT);
    (behind, undone)
}

fn accounts(events: &[&TraceEvent], findings: &[&Finding], known: &Accounts) -> Vec<StoryAccount> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| !event.account.is_empty()) {
        *counts.entry(&event.account).or_default() += 1;
    }
    for account in findings.iter().filter_map(|finding| finding.account_id.as_ref()) {
        counts.entry(account.raw()).or_default();
    }
    let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
    order.sort_by_key(|(id, count)| (Reverse(*count), *id));
    let account = |(id, _): (&str, usize)| StoryAccount {
        id: Untrusted::new(id),
        name: known.name(id).map(str::to_owned),
    };
    order.into_iter().map(account).collect()
}

fn addresses(events: &[&TraceEvent], unseen: &[&Finding], networks: &[IpNet]) -> Vec<StoryAddress> {
    let mut counts: BTreeMap<&str, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
    for event in events {
        let Some(address) = event.address.as_deref() else { continue };
        let (acts, agents) = counts.entry(address).or_default();
        *acts += 1;
        if let Some(agent) = event.agent.as_deref() {
            *agents.entry(agent).or_default() += 1;
        }
    }
    for address in unseen.iter().filter_map(|finding| finding.source_ip.as_ref()) {
        counts.entry(address.raw()).or_default().0 += 1;
    }
    let mut order: Vec<_> = counts.into_iter().collect();
    order.sort_by_key(|(address, (acts, _))| (Reverse(*acts), *address));
    order.truncate(MOST_ADDRESSES);
    order
        .into_iter()
        .map(|(address, (acts, agents))| {
            let ip = address.parse::<IpAddr>().ok();
            let is_trusted = |ip: IpAddr| networks.iter().any(|network| network.contains(&ip));
            StoryAddress {
                address: Untrusted::new(address),
                is_trusted: ip.filter(|_| !networks.is_empty()).map(is_trusted),
                agent: agents
                    .into_iter()
                    .max_by_key(|(agent, n)| (*n, Reverse(*agent)))
                    .map(|(agent, _)| Untrusted::new(agent)),
                acts,
            }
        })
        .collect()
}

/// Whether a finding of this severity makes whoever acts in it the head of a story of its own.
const fn is_serious(severity: Severity) -> bool {
    matches!(severity, Severity::Medium | Severity::High | Severity::Critical)
}
