//! Stories over small worlds: who is joined with whom, and why. The situations are data, in the files of this folder.

mod continued;
mod left;
mod properties;
mod situations;

use serde_json::Value;

use super::*;
use crate::domain::{
    finding::Finding,
    normal::event_time,
    trace::{Trace, TraceEvent, TraceIdentity},
};

/// An event of a trace from a record as CloudTrail writes it, with defaults for what a test leaves out.
pub(super) fn event(record: &Value) -> TraceEvent {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let json = |pointer: &str| record.pointer(pointer).map(ToString::to_string);
    let is_true = |pointer: &str| text(pointer).as_deref() == Some("true");
    let who = |field: &str| text(&format!("/userIdentity/{field}"));
    let issuer = |field: &str| who(&format!("sessionContext/sessionIssuer/{field}"));
    let created = who("sessionContext/attributes/creationDate");
    TraceEvent {
        time: text("/eventTime").and_then(|time| event_time(&time)),
        id: text("/eventID").unwrap_or_default(),
        account: text("/recipientAccountId").unwrap_or_else(|| "111111111111".to_owned()),
        region: text("/awsRegion").unwrap_or_else(|| "us-east-1".to_owned()),
        source: text("/eventSource").unwrap_or_default(),
        name: text("/eventName").unwrap_or_default(),
        address: text("/sourceIPAddress").or(Some("203.0.113.9".to_owned())),
        agent: text("/userAgent"),
        error: text("/errorCode"),
        error_message: text("/errorMessage"),
        request: json("/requestParameters"),
        response: json("/responseElements"),
        additional: json("/additionalEventData"),
        details: json("/serviceEventDetails"),
        resources: Vec::new(),
        shared_id: text("/sharedEventID"),
        from_console: is_true("/sessionCredentialFromConsole"),
        identity: TraceIdentity {
            kind: who("type"),
            principal: who("principalId"),
            arn: who("arn"),
            account: who("accountId").or_else(|| who("arn")?.split(':').nth(4).map(str::to_owned)),
            access_key: who("accessKeyId"),
            user_name: who("userName"),
            invoked_by: who("invokedBy"),
            user_id: who("onBehalfOf/userId"),
            identity_store: who("onBehalfOf/identityStoreArn"),
            provider: who("identityProvider"),
            created: created.and_then(|time| event_time(&time)),
            issuer_kind: issuer("type"),
            issuer_arn: issuer("arn"),
            issuer_name: issuer("userName"),
            is_instance: who("sessionContext/ec2RoleDelivery").is_some(),
            is_assumed_root: who("sessionContext/assumedRoot").as_deref() == Some("true"),
            sign_in: who("sessionContext/signInSessionArn"),
        },
    }
}

/// A finding about an event.
pub(super) fn finding_about(event: &TraceEvent, severity: Severity) -> Finding {
    Finding {
        severity,
        event_id: Some(Untrusted::new(event.id.clone())),
        account_id: Some(Untrusted::new(event.account.clone())),
        actor: event.identity.arn.clone().map(Untrusted::new),
        action: Some(Untrusted::new(event.name.clone())),
        ..Finding::sample("activity.sample", &event.id, event.time)
    }
}

/// The stories of these events with a finding about each that `is_found`.
pub(super) fn stories(events: &[TraceEvent], is_found: impl Fn(&TraceEvent) -> bool) -> Vec<Story> {
    let findings: Vec<Finding> = events
        .iter()
        .filter(|event| is_found(event))
        .map(|event| finding_about(event, Severity::High))
        .collect();
    let accounts = Accounts::default();
    let trace = Trace { events: events.to_vec(), ..Trace::default() };
    tell(
        &findings,
        &trace,
        Surroundings {
            accounts: &accounts,
            trusted: &["198.51.100.0/24"],
            end: "2026-03-11".parse().unwrap(),
        },
    )
}

/// A finding that counts the calls of a role's sessions takes nobody's acts into the story of another.
#[test]
fn a_finding_about_several_people_joins_nobody() {
    let session = |who: &str, call: &str| {
        event(&serde_json::json!({
            "eventID": format!("{who}-{call}"), "eventSource": "iam.amazonaws.com", "eventName": call,
            "eventTime": "2026-03-10T12:00:00Z",
            "userIdentity": { "type": "AssumedRole", "accountId": "111111111111", "accessKeyId": format!("ASIA{who}"),
                "arn": format!("arn:aws:sts::111111111111:assumed-role/admin/{who}"), "principalId": format!("AROA1:{who}") },
        }))
    };
    let events = [session("ann", "CreateUser"), session("ann", "DeleteUser"), session("bob", "DeleteUser")];
    let counted = Finding {
        event_id: None,
        event_ids: events[1..].iter().map(|event| Untrusted::new(event.id.clone())).collect(),
        occurrences: Some(2),
        actor: Some(Untrusted::new("arn:aws:iam::111111111111:role/admin")),
        says: Untrusted::new("admin deleted users"),
        ..finding_about(&events[1], Severity::High)
    };
    let findings = [finding_about(&events[0], Severity::High), counted];
    let accounts = Accounts::default();
    let trace = Trace { events: events.to_vec(), ..Trace::default() };
    let end = "2026-03-11".parse().unwrap();
    let stories = tell(&findings, &trace, Surroundings { accounts: &accounts, trusted: &[], end });
    let shown: BTreeMap<&str, (usize, Vec<&str>)> = stories
        .iter()
        .map(|story| {
            let steps = story.steps.iter().map(|step| step.text.raw());
            (story.person.raw(), (story.findings.len(), steps.collect()))
        })
        .collect();
    let [(_, (1, of_ann)), (_, (1, of_role))] = shown.iter().collect::<Vec<_>>()[..] else {
        panic!("{shown:?}")
    };
    assert_eq!(of_ann.len(), 2, "{shown:?}");
    // The finding itself is the one step.
    assert_eq!(of_role[..], ["called DeleteUser (2 times)"], "{shown:?}");
}

#[test]
fn the_documents_say_how_much_a_story_holds() {
    let said = include_str!("../../docs/json.md");
    for (most, what) in [
        (steps::MOST_STEPS, "steps"),
        (steps::MOST_IDS, "event ids a step"),
        (MOST_LEFT, "things that are left behind"),
        (containment::MOST, "actions"),
        (people::MOST_LINKS, "links"),
        (MOST_ADDRESSES, "addresses"),
    ] {
        assert!(said.contains(&format!(" {most} {what}")), "{most} {what}");
    }
}
