//! Cases over small worlds: who belongs to one, who is behind, who is not.

use serde_json::{Value, json};

use super::{super::tests::event, *};
use crate::domain::{account::Accounts, case_file::CallOutcome};

fn record(id: &str, second: u32, call: &str, who: Value, more: Value) -> TraceEvent {
    let (service, name) = call.split_once(':').unwrap();
    let mut record = json!({
        "eventID": id, "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "eventTime": format!("2026-03-10T12:00:{second:02}Z"), "userIdentity": who,
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event(&record)
}

fn user(account: &str, name: &str, key: &str) -> Value {
    json!({ "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/{name}"), "userName": name,
        "accountId": account, "principalId": format!("AIDA{account}{name}"), "accessKeyId": key })
}

fn session(role: &str, name: &str, key: &str) -> Value {
    json!({ "type": "AssumedRole", "arn": format!("arn:aws:sts::111111111111:assumed-role/{role}/{name}"),
        "accountId": "111111111111", "principalId": format!("AROA{role}:{name}"), "accessKeyId": key })
}

/// Alice takes the role admin, whose session makes a key for bob, whom nobody else knows. Carol calls from the same address.
fn world() -> Vec<TraceEvent> {
    let took = json!({
        "requestParameters": { "roleArn": "arn:aws:iam::111111111111:role/admin", "roleSessionName": "x" },
        "responseElements": { "credentials": { "accessKeyId": "ASIA1" } },
    });
    let made = json!({
        "requestParameters": { "userName": "bob" },
        "responseElements": { "accessKey": { "accessKeyId": "AKIABOB", "userName": "bob" } },
    });
    let denied = json!({ "errorCode": "AccessDenied" });
    let none = || json!({});
    vec![
        record("e1", 1, "sts:AssumeRole", user("111111111111", "alice", "AKIA1"), took),
        record("e2", 2, "iam:CreateAccessKey", session("admin", "x", "ASIA1"), made),
        record("e3", 3, "iam:ListUsers", user("111111111111", "bob", "AKIABOB"), none()),
        record("e4", 4, "ec2:RunInstances", session("admin", "x", "ASIA1"), denied),
        record("e5", 5, "iam:ListUsers", user("111111111111", "carol", "AKIA2"), none()),
        record("e6", 6, "s3:ListBuckets", user("111111111111", "alice", "AKIA1"), none()),
    ]
}

fn window() -> Window {
    Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap()
}

fn of(subject: &Subject, events: &[TraceEvent]) -> Result<(CaseFile, Asked), SubjectError> {
    let trace = Trace { events: events.to_vec(), ..Trace::default() };
    let mut asked = asked(&[], &trace, subject, window())?;
    for event in events.iter().filter(|event| !subject.concerns(event)) {
        if !asked.members.iter().any(|wanted| wanted.holds(event)) {
            asked.note(event);
        }
    }
    let accounts = Accounts::default();
    let around = Surroundings { accounts: &accounts, trusted: &[], end: window().end() };
    let case = case_file(&[], &trace, around, (subject, window()), &asked)?;
    Ok((case, asked))
}

fn ids(case: &CaseFile, events: &[TraceEvent]) -> String {
    let ids: Vec<&str> = case.events.iter().map(|event| events[event.at].id.as_str()).collect();
    ids.join(" ")
}

#[test]
fn a_case_holds_the_subject_and_all_that_came_of_it() {
    let events = world();
    let actor = |name: &str| Subject::Actor(name.to_owned());
    for (subject, expected, behind) in [
        (actor("alice"), "e1 e2 e3 e4 e6", ""),
        (Subject::Key("ASIA1".to_owned()), "e2 e3 e4", "alice"),
        (Subject::Session("admin/x".to_owned()), "e2 e3 e4", "alice"),
        (Subject::Key("AKIABOB".to_owned()), "e3", "admin/x alice"),
        (Subject::Event("e4".to_owned()), "e2 e3 e4", "alice"),
        (actor("carol"), "e5", ""),
        (Subject::Resource("bob".to_owned()), "e2", ""),
        (Subject::Story(StoryId::of("user:111111111111:alice")), "e1 e2 e3 e4 e6", ""),
    ] {
        let (case, _) = of(&subject, &events).unwrap();
        assert_eq!(ids(&case, &events), expected, "{subject}");
        let who: Vec<&str> = case.behind.iter().map(|link| link.who.raw()).collect();
        assert_eq!(who.join(" "), behind, "{subject}");
    }
}

#[test]
fn a_case_says_what_was_done_and_who_else_was_there() {
    let events = world();
    let (case, _) = of(&Subject::Key("ASIA1".to_owned()), &events).unwrap();
    let calls: Vec<(&str, CallOutcome)> =
        case.tally.iter().map(|tally| (tally.call.raw(), tally.outcome)).collect();
    assert_eq!(
        calls,
        [
            ("iam:CreateAccessKey", CallOutcome::Changed),
            ("ec2:RunInstances", CallOutcome::Denied),
            ("iam:ListUsers", CallOutcome::Read)
        ]
    );
    let touched: Vec<&str> = case.touched.iter().map(|it| it.resource.raw()).collect();
    assert_eq!(touched, ["bob"]);
    let left: Vec<&str> = case.story.left_behind.iter().map(|left| left.what.raw()).collect();
    assert_eq!(left, ["access key AKIABOB of user bob"]);
    let others: Vec<&str> = case.others.iter().map(|other| other.who.raw()).collect();
    assert!(others.contains(&"arn:aws:iam::111111111111:user/carol"), "{others:?}");
    let pivots: Vec<String> =
        case.pivots.iter().map(|pivot| format!("{} {}", pivot.option, pivot.value.raw())).collect();
    for expected in ["--actor arn:aws:iam::111111111111:user/alice", "--key AKIABOB", "--ip 203.0.113.9"] {
        assert!(pivots.iter().any(|pivot| pivot == expected), "{expected}: {pivots:?}");
    }
}

#[test]
fn whoever_came_of_the_subject_is_asked_for() {
    let events = world();
    let asked_for = |subject: Subject| of(&subject, &events).unwrap().1.members;
    let key = |key: &str| Wanted::Is(TraceField::AccessKey, key.to_owned());
    assert_eq!(asked_for(Subject::Actor("alice".to_owned())), [key("AKIABOB"), key("ASIA1")]);
    assert_eq!(asked_for(Subject::Event("e4".to_owned())), [key("AKIABOB"), key("ASIA1")]);
    assert_eq!(asked_for(Subject::Actor("carol".to_owned())), []);
}

#[test]
fn a_name_of_several_principals_is_no_subject() {
    let mut events = world();
    events.push(record("e7", 7, "iam:ListUsers", user("222222222222", "alice", "AKIA3"), json!({})));
    let Err(SubjectError::Ambiguous(all)) = of(&Subject::Actor("alice".to_owned()), &events) else {
        panic!("two users have this name")
    };
    let arns: Vec<(&str, u64)> = all.iter().map(|(pivot, calls)| (pivot.value.raw(), *calls)).collect();
    assert_eq!(
        arns,
        [("arn:aws:iam::111111111111:user/alice", 2), ("arn:aws:iam::222222222222:user/alice", 1)]
    );
    let (case, _) = of(&Subject::Actor(arns[1].0.to_owned()), &events).unwrap();
    assert_eq!(ids(&case, &events), "e7");
}

#[test]
fn nobody_is_no_subject_but_a_key_that_nobody_used_is_one() {
    let events = &world()[..2];
    let Err(SubjectError::Nothing(names)) = of(&Subject::Actor("alicia".to_owned()), events) else {
        panic!("nobody has this name")
    };
    assert!(names.contains(&"alice".to_owned()), "{names:?}");
    let (case, _) = of(&Subject::Key("AKIABOB".to_owned()), events).unwrap();
    assert_eq!((case.calls, case.behind.len()), (0, 2));
}
