//! One story as JSON; keys as in `schema_version` 1.

use serde::Serialize;

use crate::{
    domain::{
        story::{LeftBehind, Step, Story, StoryAddress, StoryLink},
        time::Timestamp,
        untrusted::Untrusted,
    },
    render::view::sentence,
};

/// The longest title, in characters, if it names more than one act.
const MAX_TITLE: usize = 300;

/// A story in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(crate) struct StoryV1<'a> {
    id: &'a str,
    title: String,
    severity: &'a str,
    state: &'a str,
    person: &'a str,
    kind: &'a str,
    why: &'a str,
    first_seen: Option<String>,
    last_seen: Option<String>,
    chain: Vec<LinkV1<'a>>,
    accounts: Vec<AccountV1<'a>>,
    addresses: Vec<AddressV1<'a>>,
    steps: Vec<StepV1<'a>>,
    acts_left_out: u64,
    left_behind: Vec<LeftBehindV1<'a>>,
    undone: u64,
    do_now: Vec<ContainmentV1<'a>>,
    findings: Vec<&'a str>,
}

/// Somebody of a chain.
#[derive(Serialize)]
pub(crate) struct LinkV1<'a> {
    who: &'a str,
    reason: &'a str,
    time: Option<String>,
    event_id: Option<&'a str>,
}

#[derive(Serialize)]
struct AccountV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct AddressV1<'a> {
    address: &'a str,
    trusted: Option<bool>,
    user_agent: Option<&'a str>,
    acts: u64,
}

#[derive(Serialize)]
struct StepV1<'a> {
    time: Option<String>,
    last_seen: Option<String>,
    did: &'a str,
    count: u64,
    succeeded: bool,
    weight: u8,
    severity: Option<&'a str>,
    event_ids: Vec<&'a str>,
}

#[derive(Serialize)]
struct LeftBehindV1<'a> {
    what: &'a str,
    kind: &'a str,
    standing: &'a str,
    by: &'a str,
    time: Option<String>,
    deadline: Option<String>,
    account_id: &'a str,
    region: &'a str,
    event_id: &'a str,
    contain: Option<&'a str>,
    remove: Option<&'a str>,
    risk: Option<&'a str>,
}

#[derive(Serialize)]
struct ContainmentV1<'a> {
    what: &'a str,
    command: Option<&'a str>,
    account_id: Option<&'a str>,
    risk: Option<&'a str>,
}

impl<'a> StoryV1<'a> {
    /// The story.
    pub(crate) fn of(story: &'a Story) -> Self {
        Self {
            id: story.id.as_str(),
            title: sentence(story, MAX_TITLE).to_string(),
            severity: story.severity.as_str(),
            state: story.state.as_str(),
            person: story.person.raw(),
            kind: &story.kind,
            why: story.why.as_str(),
            first_seen: text(story.first),
            last_seen: text(story.last),
            chain: story.chain.iter().map(link).collect(),
            accounts: story
                .accounts
                .iter()
                .map(|account| AccountV1 { id: account.id.raw(), name: account.name.as_deref() })
                .collect(),
            addresses: story.addresses.iter().map(address).collect(),
            steps: story.steps.iter().map(step).collect(),
            acts_left_out: story.left_out,
            left_behind: story.left_behind.iter().map(left_behind).collect(),
            undone: story.undone,
            do_now: story
                .do_now
                .iter()
                .map(|it| ContainmentV1 {
                    what: it.what.raw(),
                    command: raw(&it.command),
                    account_id: raw(&it.account),
                    risk: it.risk.as_deref(),
                })
                .collect(),
            findings: story.findings.iter().map(|finding| finding.as_str()).collect(),
        }
    }
}

fn text(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn raw(text: &Option<Untrusted>) -> Option<&str> {
    text.as_ref().map(Untrusted::raw)
}

pub(crate) fn link(link: &StoryLink) -> LinkV1<'_> {
    LinkV1 {
        who: link.who.raw(),
        reason: link.reason.raw(),
        time: text(link.at),
        event_id: raw(&link.event_id),
    }
}

fn address(of: &StoryAddress) -> AddressV1<'_> {
    AddressV1 { address: of.address.raw(), trusted: of.is_trusted, user_agent: raw(&of.agent), acts: of.acts }
}

fn step(step: &Step) -> StepV1<'_> {
    StepV1 {
        time: text(step.at),
        last_seen: text(step.until),
        did: step.text.raw(),
        count: step.count,
        succeeded: step.succeeded,
        weight: step.weight,
        severity: step.severity.map(|severity| severity.as_str()),
        event_ids: step.event_ids.iter().map(Untrusted::raw).collect(),
    }
}

fn left_behind(left: &LeftBehind) -> LeftBehindV1<'_> {
    LeftBehindV1 {
        what: left.what.raw(),
        kind: &left.kind,
        standing: left.standing.as_str(),
        by: left.by.raw(),
        time: text(left.at),
        deadline: text(left.deadline),
        account_id: left.account.raw(),
        region: left.region.raw(),
        event_id: left.event_id.raw(),
        contain: raw(&left.contain),
        remove: raw(&left.remove),
        risk: left.risk.as_deref(),
    }
}
