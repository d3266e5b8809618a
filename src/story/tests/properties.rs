//! The same stories, however the events come; and fast.

use std::time::Instant;

use proptest::prelude::*;
use serde_json::json;

use super::{event, finding_about};
use crate::{
    domain::{
        account::Accounts,
        finding::Finding,
        severity::Severity,
        story::Story,
        trace::{Trace, TraceEvent},
    },
    story::{Surroundings, tell},
};

/// A user takes a role, whose session takes another, and makes a user with a key, who acts.
fn world(users: usize) -> Vec<TraceEvent> {
    let mut events = Vec::new();
    for number in 0..users {
        let minute = number % 60;
        let mut add = |second: usize,
                       call: &str,
                       who: serde_json::Value,
                       request: serde_json::Value,
                       answer: serde_json::Value| {
            events.push(event(&json!({
                "eventTime": format!("2026-03-10T12:{minute:02}:{second:02}Z"),
                "eventID": format!("e{number}-{second}"), "eventName": call,
                "eventSource": if call.starts_with("Assume") { "sts.amazonaws.com" } else { "iam.amazonaws.com" },
                "userIdentity": who, "requestParameters": request, "responseElements": answer,
            })));
        };
        let user = |name: String, key: String| {
            json!({ "type": "IAMUser", "arn": format!("arn:aws:iam::111111111111:user/{name}"), "userName": name,
                "accountId": "111111111111", "accessKeyId": key, "principalId": format!("AIDA{name}") })
        };
        let session = |role: &str| {
            json!({ "type": "AssumedRole", "accountId": "111111111111", "accessKeyId": format!("ASIA{role}{number}"),
                "arn": format!("arn:aws:sts::111111111111:assumed-role/{role}/s"), "principalId": format!("AROA{role}:s") })
        };
        let take = |role: &str| {
            (
                json!({ "roleArn": format!("arn:aws:iam::111111111111:role/{role}") }),
                json!({ "credentials": { "accessKeyId": format!("ASIA{role}{number}") } }),
            )
        };
        let (request, answer) = take("a");
        add(1, "AssumeRole", user(format!("u{number}"), format!("AKIA{number}")), request, answer);
        let (request, answer) = take("b");
        add(2, "AssumeRole", session("a"), request, answer);
        let made = format!("made{number}");
        add(3, "CreateUser", session("b"), json!({ "userName": made }), json!(null));
        add(
            4,
            "CreateAccessKey",
            session("b"),
            json!({ "userName": made }),
            json!({ "accessKey": { "userName": made, "accessKeyId": format!("AKIAmade{number}") } }),
        );
        for second in 5..15 {
            add(
                second,
                "AttachUserPolicy",
                user(made.clone(), format!("AKIAmade{number}")),
                json!({ "userName": made, "policyArn": format!("arn:aws:iam::aws:policy/p{second}") }),
                json!(null),
            );
        }
    }
    events
}

fn stories_of(events: Vec<TraceEvent>, findings: &[Finding]) -> Vec<Story> {
    let accounts = Accounts::default();
    tell(
        findings,
        &Trace { events, ..Trace::default() },
        Surroundings { accounts: &accounts, trusted: &[], end: "2026-03-11".parse().unwrap() },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn stories_do_not_depend_on_the_order_of_events_or_on_repeated_ones(
        order in Just((0..28usize).collect::<Vec<_>>()).prop_shuffle(),
        twice in proptest::collection::vec(0..28usize, 0..20),
        split in 0..28usize,
    ) {
        let events = world(2);
        let findings: Vec<Finding> = events.iter().map(|event| finding_about(event, Severity::High)).collect();
        let expected = stories_of(events.clone(), &findings);
        prop_assert_eq!(expected.len(), 2);
        let pick = |places: &[usize]| places.iter().map(|at| events[*at].clone()).collect::<Vec<_>>();
        // Two parts of the input, the second first, with repeated events.
        let (first, second) = order.split_at(split);
        let shuffled = [pick(second), pick(&twice), pick(first)].concat();
        let mut reordered = findings.clone();
        reordered.rotate_left(split);
        prop_assert_eq!(stories_of(shuffled, &reordered), expected);
    }
}

#[test]
fn twenty_thousand_findings_are_quick() {
    let events = world(2_000);
    let findings: Vec<Finding> =
        events.iter().take(20_000).map(|event| finding_about(event, Severity::Low)).collect();
    assert_eq!(findings.len(), 20_000);
    let began = Instant::now();
    let stories = stories_of(events, &findings);
    assert!(stories.len() > 1_000);
    // A build for tests is several times slower than the program.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
