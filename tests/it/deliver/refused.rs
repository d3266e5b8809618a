//! A channel that works but refuses the content of a message: a plain text is sent in its place, or the message is given up
//! with a note. Neither stops a schedule.

use std::{fs, path::Path};

use mail_parser::{Message, MessageParser};
use serde_json::Value;
use trailbrief::testing::{deliver::trial, render};

use super::{
    pending::{FIRST, SECOND, THIRD, notes, outbox, scheduled_run},
    server::{Mood, Server, answer},
    stderr, trailbrief,
    trouble::ses_error,
    workspace,
};
use crate::common::gunzipped;

const SLACK: &str = "[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n";

fn state(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(".trailbrief/state/hourly.json")).unwrap()).unwrap()
}

fn texts(server: &Server) -> Vec<String> {
    let text =
        |body: &String| serde_json::from_str::<Value>(body).unwrap()["text"].as_str().unwrap().to_owned();
    server.asked().iter().map(text).collect()
}

#[test]
fn a_webhook_that_refuses_the_blocks_gets_a_plain_text() {
    for (status, word) in [(400, "invalid_blocks"), (400, "msg_blocks_too_long"), (413, "<html>")] {
        let (workspace, slack) =
            (workspace(SLACK), Server::start(&[answer(status, word), answer(200, "ok")]));
        let first = scheduled_run(workspace.path(), &slack, FIRST, &[]);
        assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
        let said = stderr(&first);
        assert!(said.contains("sent: slack") && said.contains("as plain text only"), "{said}");
        let message: Value = serde_json::from_str(&slack.asked()[1]).unwrap();
        assert_eq!(message["blocks"], Value::Null);
        let text = message["text"].as_str().unwrap();
        assert!(text.starts_with("1 critical"), "{text}");
        assert!(text.contains("refused it: ") && text.contains(word) != word.starts_with('<'), "{text}");
        let archived = ".trailbrief/briefs/hourly/hourly-20260310T123000Z.html.gz";
        assert!(text.contains(archived) && workspace.path().join(archived).is_file(), "{text}");
        // It is delivered: nothing is open, nothing is pending, and the next brief is delivered as usual.
        let state = state(workspace.path());
        assert_eq!(
            (&state["told"], &state["open"], &state["owed"]),
            (&FIRST.into(), &Value::Null, &Value::Null)
        );
        assert_eq!(outbox(workspace.path()).len(), 0);
        assert_eq!(scheduled_run(workspace.path(), &slack, SECOND, &[]).status.code(), Some(0));
        assert_eq!(slack.asked().len(), 3);
    }
}

#[test]
fn what_a_channel_refuses_in_every_form_is_given_up_and_noted() {
    let refused = answer(400, "invalid_payload");
    let (workspace, slack) =
        (workspace(SLACK), Server::start(&[refused.clone(), refused, answer(200, "ok")]));
    let first = scheduled_run(workspace.path(), &slack, FIRST, &[]);
    assert_eq!(first.status.code(), Some(3), "a channel did not get its brief");
    assert!(stderr(&first).contains("and the plain text in its place"), "{}", stderr(&first));
    assert_eq!((state(workspace.path())["told"].as_str(), outbox(workspace.path()).len()), (Some(FIRST), 0));
    assert_eq!(state(workspace.path())["last_sent"], Value::Null, "nothing counts as sent");
    let noted = |at: &str| {
        let output = scheduled_run(workspace.path(), &slack, at, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let lost = |note: &&String| {
            note.contains("20260310T123000Z was never delivered to slack: the channel refused `1 critical")
        };
        notes(&output).iter().filter(lost).count()
    };
    assert_eq!((noted(SECOND), noted(THIRD)), (1, 0), "the next brief says so, once");
    assert!(texts(&slack)[2].starts_with("1 critical"), "and reports it as new: {:?}", texts(&slack));
    assert_eq!(slack.asked().len(), 4);
}

#[test]
fn giving_up_one_channel_leaves_another_pending() {
    let config = format!(
        "{SLACK}[mail]\nwhen = \"always\"\nfrom = \"given@example.com\"\nto = [\"given@example.com\"]\n"
    );
    let (workspace, slack) = (workspace(&config), Server::start(&[answer(400, "invalid_payload")]));
    // The mail's address is not verified: no channel has the brief, but mail may still get it.
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    let open = state(workspace.path())["open"].clone();
    assert!(open["dispatch"]["given_up"]["slack"].is_string(), "{open}");
    assert_eq!(scheduled_run(workspace.path(), &slack, SECOND, &[]).status.code(), Some(3));
    assert_eq!(slack.asked().len(), 2, "it is not tried again");
    super::program::verify("given@example.com");
    scheduled_run(workspace.path(), &slack, THIRD, &[]);
    assert_eq!(super::program::mails("given@example.com").len(), 2);
    let next = workspace.path().join(".trailbrief/briefs/hourly/hourly-20260310T143000Z.json.gz");
    let next = gunzipped(&fs::read(next).unwrap());
    assert!(next.contains("20260310T123000Z was never delivered to slack"), "{next}");
}

#[test]
fn a_pending_message_that_is_refused_does_not_hold_up_later_ones() {
    super::program::verify("later@example.com");
    let config = format!(
        "{SLACK}[mail]\nwhen = \"always\"\nfrom = \"later@example.com\"\nto = [\"later@example.com\"]\n"
    );
    let (dead, refused) = (answer(404, "no_service"), answer(400, "invalid_blocks"));
    let moods = [dead.clone(), dead.clone(), dead, refused.clone(), refused, answer(200, "ok")];
    let (workspace, slack) = (workspace(&config), Server::start(&moods));
    for at in [FIRST, SECOND] {
        assert_eq!(scheduled_run(workspace.path(), &slack, at, &[]).status.code(), Some(3));
    }
    let third = scheduled_run(workspace.path(), &slack, THIRD, &[]);
    // The first of the two messages in both forms, the second, and the brief of this run.
    assert_eq!(
        (slack.asked().len(), outbox(workspace.path()).len()),
        (1 + 2 + 2 + 2, 0),
        "{:?}",
        texts(&slack)
    );
    let lost = |note: &String| note.contains("20260310T123000Z was never delivered to slack");
    assert!(notes(&third).iter().any(lost), "{:?}", notes(&third));
    assert_eq!(state(workspace.path())["owed"], Value::Null);
}

fn mail(body: &str) -> Vec<u8> {
    let data = body.split('&').find_map(|field| field.strip_prefix("RawMessage.Data=")).unwrap();
    let data = data.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    mail_parser::decoders::base64::base64_decode(data.as_bytes()).unwrap()
}

#[test]
fn ses_that_objects_to_a_message_gets_a_plain_one() {
    let taken: Mood = answer(
        200,
        "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult><MessageId>0100-1\
         </MessageId></SendRawEmailResult></SendRawEmailResponse>",
    );
    let ses = Server::start(&[ses_error(400, "MessageRejected", "Email contains a virus"), taken]);
    let workspace =
        workspace("[mail]\nwhen = \"always\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n");
    let arguments = ["run", "--logs", ".", "--schedule", "hourly", "--at", FIRST];
    let output = trailbrief(workspace.path(), &[("AWS_ENDPOINT_URL", &ses.url)], &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mails: Vec<Vec<u8>> = ses.asked().iter().map(|body| mail(body)).collect();
    let parsed: Vec<Message<'_>> =
        mails.iter().map(|raw| MessageParser::default().parse(raw).unwrap()).collect();
    let [full, plain] = parsed.as_slice() else { panic!("{}", parsed.len()) };
    assert_eq!((full.html_body_count(), full.attachment_count()), (1, 1));
    assert_eq!(plain.attachment_count(), 0);
    assert!(!String::from_utf8_lossy(&mails[1]).contains("text/html"));
    assert_eq!(plain.subject(), full.subject());
    let text = plain.body_text(0).unwrap();
    assert!(text.starts_with("1 critical") && text.contains("Email contains a virus"), "{text}");
    assert!(text.contains("hourly-20260310T123000Z.html"), "{text}");
}

#[test]
fn nothing_in_a_plain_text_means_anything_to_slack() {
    let message = render::message(&trial("2026-03-10T12:30:00Z".parse().unwrap())).unwrap();
    let plain = render::plain(&message, "<!channel> &\n<http://192.0.2.1|look>", "s3://bucket/a b.html");
    let body: Value = serde_json::from_str(&plain.slack).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(!text.contains(['<', '>']) && text.contains("&lt;!channel&gt; &amp;"), "{text}");
    assert_eq!((plain.html.as_str(), plain.csv.as_deref(), text.lines().count()), ("", None, 4));
    let again = render::plain(&render::repeated(&message), "no_text", "x");
    assert!(again.subject.starts_with("[repeat]") && again.text.starts_with("[repeat]"), "{}", again.text);
}
