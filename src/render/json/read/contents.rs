//! Findings, stories and what else a brief is about.

use serde_json::Value as Json;

use super::{Part, Read};
use crate::domain::{
    attack::Attack,
    detection::{Attempts, Detection, Origin, Status},
    finding::{Finding, FindingState, Fingerprint},
    rows::Value,
    severity::Severity,
    story::{
        Containment, LeftBehind, Standing, Step, Story, StoryAccount, StoryAddress, StoryId, StoryLink,
        StoryState,
    },
    time::Span,
    truncation::Truncation,
    undecidable::{Undecidable, UndecidableEvent},
};

pub(super) fn finding(it: Part<'_>) -> Read<Finding> {
    use FindingState::{Late, New, Repeated, Suppressed};
    Ok(Finding {
        detection: it.parsed("detection")?,
        severity: it.parsed("severity")?,
        state: it.named("state", &[New, Late, Repeated, Suppressed], FindingState::as_str)?,
        fingerprint: fingerprint(it)?,
        says: it.untrusted("says")?,
        event_time: it.maybe_parsed("event_time")?,
        last_seen: it.maybe_parsed("last_seen")?,
        occurrences: it.may("occurrences", Json::as_u64)?,
        event_id: it.maybe_untrusted("event_id")?,
        event_ids: it.untrusted_list("event_ids")?,
        account_id: it.maybe_untrusted("account_id")?,
        account_name: it.maybe_text("account_name")?,
        region: it.maybe_untrusted("region")?,
        actor: it.maybe_untrusted("actor")?,
        action: it.maybe_untrusted("action")?,
        resource: it.maybe_untrusted("resource")?,
        source_ip: it.maybe_untrusted("source_ip")?,
        is_first: it.flag("first_time")?,
        details: it.may("details", Json::as_object)?.map(fields).unwrap_or_default(),
        // The JSON of a brief does not hold these.
        united: Vec::new(),
        replaces: it.texts("replaces", |text| text.parse().ok())?,
    })
}

pub(super) fn fingerprint(it: Part<'_>) -> Read<Fingerprint> {
    it.must("fingerprint", |value| Fingerprint::from_stored(value.as_str()?))
}

fn fields(object: &serde_json::Map<String, Json>) -> Vec<(String, Value)> {
    object.iter().map(|(name, item)| (name.clone(), value(item))).collect()
}

fn value(of: &Json) -> Value {
    match of {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(object) => Value::Fields(fields(object)),
    }
}

pub(super) fn story(it: Part<'_>) -> Read<Story> {
    use StoryState::{Grown, New, Repeated};
    Ok(Story {
        id: story_id(it, "id")?,
        person: it.untrusted("person")?,
        kind: it.text("kind")?.into(),
        chain: it.list("chain", |it| {
            Ok(StoryLink {
                who: it.untrusted("who")?,
                reason: it.untrusted("reason")?,
                at: it.maybe_parsed("time")?,
                event_id: it.maybe_untrusted("event_id")?,
            })
        })?,
        accounts: it.list("accounts", |it| {
            Ok(StoryAccount { id: it.untrusted("id")?, name: it.maybe_text("name")? })
        })?,
        first: it.maybe_parsed("first_seen")?,
        last: it.maybe_parsed("last_seen")?,
        addresses: it.list("addresses", |it| {
            Ok(StoryAddress {
                address: it.untrusted("address")?,
                is_trusted: it.flag("trusted")?,
                agent: it.maybe_untrusted("user_agent")?,
                acts: it.number("acts")?,
            })
        })?,
        severity: it.parsed("severity")?,
        why: it.parsed("why")?,
        steps: it.list("steps", step)?,
        left_out: it.number("acts_left_out")?,
        left_behind: it.list("left_behind", left_behind)?,
        undone: it.number("undone")?,
        do_now: it.list("do_now", |it| {
            Ok(Containment {
                what: it.untrusted("what")?,
                command: it.maybe_untrusted("command")?,
                account: it.maybe_untrusted("account_id")?,
                risk: it.maybe_text("risk")?.map(Into::into),
            })
        })?,
        findings: it.texts("findings", Fingerprint::from_stored)?,
        state: it.named("state", &[New, Grown, Repeated], StoryState::as_str)?,
    })
}

pub(super) fn story_id(it: Part<'_>, key: &'static str) -> Read<StoryId> {
    it.must(key, |value| StoryId::from_stored(value.as_str()?))
}

fn step(it: Part<'_>) -> Read<Step> {
    Ok(Step {
        at: it.maybe_parsed("time")?,
        until: it.maybe_parsed("last_seen")?,
        text: it.untrusted("did")?,
        count: it.number("count")?,
        succeeded: it.flag("succeeded")?.unwrap_or_default(),
        weight: it.must("weight", |value| u8::try_from(value.as_u64()?).ok())?,
        severity: it.maybe_parsed::<Severity>("severity")?,
        event_ids: it.untrusted_list("event_ids")?,
    })
}

pub(super) fn standing(it: Part<'_>) -> Read<Standing> {
    it.named("standing", &[Standing::Present, Standing::Paused, Standing::Check], Standing::as_str)
}

fn left_behind(it: Part<'_>) -> Read<LeftBehind> {
    Ok(LeftBehind {
        what: it.untrusted("what")?,
        kind: it.text("kind")?.into(),
        standing: standing(it)?,
        deadline: it.maybe_parsed("deadline")?,
        by: it.untrusted("by")?,
        at: it.maybe_parsed("time")?,
        account: it.untrusted("account_id")?,
        region: it.untrusted("region")?,
        event_id: it.untrusted("event_id")?,
        // It chose what to do now, which the brief holds; no renderer reads it.
        weight: 0,
        contain: it.maybe_untrusted("contain")?,
        remove: it.maybe_untrusted("remove")?,
        risk: it.maybe_text("risk")?.map(Into::into),
    })
}

pub(super) fn undecidable(it: Part<'_>) -> Read<Undecidable> {
    let event = UndecidableEvent {
        event_time: it.maybe_parsed("event_time")?,
        event_id: it.maybe_untrusted("event_id")?,
        account_id: it.maybe_untrusted("account_id")?,
        file: it.maybe_text("file")?,
        reason: it.text("reason")?,
    };
    let repeated = it.maybe_text("state")?.as_deref() == Some(FindingState::Repeated.as_str());
    Ok(Undecidable { detection: it.parsed("detection")?, event, repeated })
}

pub(super) fn truncation(it: Part<'_>) -> Read<Truncation> {
    Ok(Truncation {
        detection: it.parsed("detection")?,
        kept: it.number("kept")?,
        left_out: it.list("by_actor", |it| Ok((it.maybe_untrusted("actor")?, it.number("findings")?)))?,
        is_cut: it.flag("is_cut")?.unwrap_or_default(),
    })
}

/// A detection as far as a brief shows it.
pub(super) fn detection(it: Part<'_>) -> Read<Detection> {
    use Status::{Deprecated, Experimental, Stable};
    let attack = |text: &str| {
        let (tactic, technique) = text.split_once(':')?;
        Some(Attack { tactic: tactic.to_owned(), technique: technique.to_owned() })
    };
    Ok(Detection {
        id: it.parsed("id")?,
        title: it.text("title")?,
        severity: it.parsed("severity")?,
        status: it.named("status", &[Stable, Experimental, Deprecated], Status::as_str)?,
        packs: Vec::new(),
        attack: it.texts("attack", attack)?,
        cis: it.strings("cis")?,
        about: Vec::new(),
        replaces: Vec::new(),
        attempts: Attempts::No,
        says: String::new(),
        description: it.text("description")?,
        benign: it.strings("benign")?,
        steps: it.strings("steps")?,
        references: it.strings("references")?,
        lookback: Span::ZERO,
        align: Span::ZERO,
        needs: Vec::new(),
        own_scan: false,
        params: std::collections::BTreeMap::new(),
        sql: String::new(),
        hash: it.text("hash")?,
        origin: Origin::Shipped(String::new()),
    })
}
