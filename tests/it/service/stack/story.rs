//! The whole story on a deployed stack: an empty account, logs, an event; then mail and Slack have the brief, and the state
//! has gone on.

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};
use trailbrief::testing::aws::organizations::Organizations;

use super::{call, deploy};
use crate::{
    common::{base, log_file},
    deliver::{
        program::{mails, verify},
        server::{Server, answer},
    },
    rig,
    service::athena::Athena,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployed_stack_reports_once() {
    let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
    rig::make_bucket("logs-story");
    let path = format!("AWSLogs/{organization}/111122223333/CloudTrail/us-east-1/2026/03/10/a.json.gz");
    let file = log_file(&[base("console-login-root")]);
    rig::bucket("logs-story").put(&path.into(), file.into()).await.unwrap();
    verify("story@example.com");
    let slack = Server::start(&[answer(200, "ok")]);
    let parameter = json!({"Name": "/story/slack", "Type": "SecureString", "Value": slack.url});
    call("ssm", "AmazonSSM.PutParameter", &parameter);

    let parameters = [
        ("LogBucket", "logs-story"),
        ("Database", "db_story"),
        ("MailFrom", "story@example.com"),
        ("MailTo", "story@example.com"),
        ("MailIdentityArns", "arn:aws:ses:us-east-1:000000000000:identity/story@example.com"),
        ("SlackParameter", "/story/slack"),
    ];
    let stack = deploy("story", &parameters).await.unwrap();
    let athena = Athena::start();
    athena.keeps(stack.output("WorkGroup"), &format!("s3://{}/athena/", stack.bucket()));
    stack.point_at_emulator(&[("AWS_ENDPOINT_URL_ATHENA", &athena.url)]);

    let event = json!({"schedule": "hourly", "scheduled_time": "2026-03-10T12:30:00Z"});
    let answer = stack.invoke(&event).await.unwrap();
    assert_eq!(answer["outcome"], "told", "{answer}");
    let found = mails("story@example.com");
    let [mail] = found.as_slice() else { panic!("{found:?}") };
    assert!(mail["Subject"].as_str().unwrap().starts_with("1 critical"), "{mail}");
    assert!(slack.asked().concat().contains("Root user signed in"));

    let again = stack.invoke(&event).await.unwrap();
    assert_eq!(again["outcome"], "already told");
    assert_eq!((mails("story@example.com").len(), slack.asked().len()), (1, 1));
    // One selects candidates, one learns habits from every call of the day before.
    assert_eq!(athena.executions().len(), 2);
    let state = rig::bucket(stack.bucket()).get(&"state/state/hourly.json".into()).await.unwrap();
    let state: Value = serde_json::from_slice(&state.bytes().await.unwrap()).unwrap();
    assert_eq!(state["told"], "2026-03-10T12:30:00Z");
    let outbox =
        rig::bucket(stack.bucket()).get(&"state/outbox/hourly/hourly-20260310T123000Z.json".into()).await;
    assert!(outbox.is_err(), "what was delivered has left the outbox");
}
