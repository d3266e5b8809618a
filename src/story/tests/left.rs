//! What is left behind.

use serde_json::{Value, json};

use super::{event, stories};
use crate::domain::{
    story::{Standing, Story},
    trace::TraceEvent,
};

/// A call of IAM by alice about bob's key, some seconds into the hour.
pub(super) fn call(second: u32, name: &str, more: Value) -> TraceEvent {
    let mut record = json!({
        "eventTime": format!("2026-03-10T12:00:{second:02}Z"), "eventID": format!("e{second}"),
        "eventSource": "iam.amazonaws.com", "eventName": name,
        "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/alice", "userName": "alice",
            "accountId": "111111111111", "accessKeyId": "AKIA1" },
        "requestParameters": { "userName": "bob", "accessKeyId": "AKIA2" },
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event(&record)
}

pub(super) fn made() -> TraceEvent {
    let answer = json!({ "accessKey": { "accessKeyId": "AKIA2", "userName": "bob" } });
    call(
        10,
        "CreateAccessKey",
        json!({ "responseElements": answer, "requestParameters": { "userName": "bob" } }),
    )
}

fn story(events: &[TraceEvent]) -> Story {
    stories(events, |event| event.id == "e10").remove(0)
}

fn standing(later: TraceEvent) -> (Option<Standing>, u64) {
    let story = story(&[made(), later]);
    (story.left_behind.iter().find(|left| left.kind == "key").map(|left| left.standing), story.undone)
}

#[test]
fn what_is_left_behind_is_what_nothing_undid() {
    let present = (Some(Standing::Present), 0);
    let status = |status: &str| json!({ "requestParameters": { "userName": "bob", "accessKeyId": "AKIA2", "status": status } });
    let other = json!({ "requestParameters": { "userName": "bob", "accessKeyId": "AKIA9" } });
    for (later, expected) in [
        (call(20, "DeleteAccessKey", json!({})), (None, 1)),
        (call(10, "DeleteAccessKey", json!({ "eventID": "x" })), (None, 1)),
        (call(20, "UpdateAccessKey", status("Inactive")), (Some(Standing::Paused), 0)),
        (call(20, "UpdateAccessKey", status("Active")), present),
        (call(5, "DeleteAccessKey", json!({})), present),
        (call(20, "DeleteAccessKey", json!({ "errorCode": "AccessDenied" })), present),
        (call(20, "DeleteAccessKey", other), present),
        (call(20, "DeleteAccessKey", json!({ "recipientAccountId": "222222222222" })), present),
        (call(20, "DeleteAccessKey", json!({ "awsRegion": "eu-west-1" })), present),
    ] {
        let name = format!("{} {:?}", later.name, later.request);
        assert_eq!(standing(later), expected, "{name}");
    }
}

#[test]
fn what_is_left_behind_has_commands_and_its_maker() {
    let story = story(&[made()]);
    let left = &story.left_behind[0];
    assert_eq!((left.what.raw(), left.by.raw()), ("access key AKIA2 of user bob", "alice"));
    let contain = left.contain.as_ref().unwrap().raw();
    assert_eq!(contain, "aws iam update-access-key --user-name bob --access-key-id AKIA2 --status Inactive");
    let commands: Vec<&str> = story.do_now.iter().filter_map(|it| Some(it.command.as_ref()?.raw())).collect();
    assert!(commands[0].contains("--access-key-id AKIA1 --status Inactive"), "{commands:?}");
    assert_eq!(commands.last(), Some(&contain), "whoever acts first");
}

#[test]
fn a_session_that_has_ended_is_not_left_behind() {
    let session = |expiration: &str| {
        let answer = json!({ "credentials": { "accessKeyId": "ASIA1", "expiration": expiration } });
        let more = json!({ "eventSource": "sts.amazonaws.com", "responseElements": answer,
            "requestParameters": { "roleArn": "arn:aws:iam::111111111111:role/a", "roleSessionName": "s" } });
        story(&[call(10, "AssumeRole", more)]).left_behind.len()
    };
    assert_eq!(session("Mar 10, 2026, 1:00:00 PM"), 0);
    assert_eq!(session("Mar 11, 2026, 1:00:00 PM"), 1);
}
