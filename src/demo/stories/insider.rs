//! Somebody who may use the emergency role does so without an emergency, from the office: blinds what watches, destroys.

use serde_json::json;

use crate::demo::{
    Planted,
    actor::{Actor, BROWSER, CLI},
    organization::{BREAK_GLASS, LOG_BUCKET, SANDBOX},
    scribe::Scribe,
    story::{Story, act, instant},
};

const ADDRESS: &str = "198.51.100.77";
/// When the role is taken.
const ASSUMED: &str = "11T14:02:11";
/// When the role is taken once more, in the console.
const SWITCHED: &str = "11T14:03:40";

/// Writes the story.
pub(super) fn write(scribe: &mut Scribe, planted: &mut Vec<Planted>) {
    let tomas = Actor::user(&SANDBOX, "tomas", ADDRESS);
    let session = Actor::role(&SANDBOX, BREAK_GLASS, "tomas", ADDRESS);
    let mut story = Story::new(scribe, planted, "insider in sandbox", &SANDBOX, "eu-west-1", tomas);
    // The key that is issued here is the one that the session's calls have.
    story.write(
        act("assume-role", ASSUMED)
            .set("/requestParameters/roleArn", format!("arn:aws:iam::{}:role/{BREAK_GLASS}", SANDBOX.id))
            .set("/requestParameters/roleSessionName", "tomas")
            .set("/responseElements/credentials/accessKeyId", session.identity["accessKeyId"].clone())
            .set("/responseElements/assumedRoleUser/assumedRoleId", session.identity["principalId"].clone())
            .set("/responseElements/assumedRoleUser/arn", session.identity["arn"].clone()),
        &["iam.watched-role-assumed"],
    );
    story.as_actor(session.clone().with_agent(BROWSER).without_key().since(instant(SWITCHED)));
    story.write(
        act("switch-role", SWITCHED)
            .set("/additionalEventData/SwitchFrom", format!("arn:aws:iam::{}:user/tomas", SANDBOX.id)),
        &["iam.watched-role-assumed"],
    );

    story.as_actor(session.with_agent(CLI).since(instant(ASSUMED)));
    story.write(act("config-stop-recorder", "11T14:10:00"), &["logging.config-stopped"]);
    story.write(act("guardduty-update-detector", "11T14:11:30"), &["logging.guardduty-disabled"]);
    story.write(
        act("guardduty-delete-detector", "11T14:11:52"),
        &["logging.guardduty-disabled", "activity.resource-deletion"],
    );
    story.write(
        act("cloudtrail-update-trail", "11T14:15:00")
            .set("/requestParameters/name", "sandbox")
            .set("/requestParameters/s3BucketName", LOG_BUCKET)
            .set("/requestParameters/isOrganizationTrail", false),
        &["logging.cloudtrail-changed"],
    );
    for (base, at) in [
        ("cloudtrail-put-event-selectors", "11T14:15:44"),
        ("cloudtrail-put-advanced-selectors", "11T14:16:10"),
    ] {
        story.write(
            act(base, at).set("/requestParameters/trailName", "sandbox"),
            &["logging.cloudtrail-weakened", "logging.cloudtrail-changed"],
        );
    }
    let topic = format!("arn:aws:sns:eu-west-1:{}:security-alarms", SANDBOX.id);
    story.write(act("sns-unsubscribe", "11T14:20:10"), &["messaging.sns-topic-deleted"]);
    story.write(
        act("sns-delete-topic", "11T14:20:31").set("/requestParameters/topicArn", topic),
        &["messaging.sns-topic-deleted", "activity.resource-deletion"],
    );

    story.write(act("put-role-policy", "11T14:30:00"), &["iam.admin-policy-granted", "iam.policy-changed"]);
    story.write(
        act("create-policy-version", "11T14:31:12"),
        &["iam.admin-policy-granted", "iam.policy-changed"],
    );
    story.write(
        act("delete-login-profile", "11T14:33:00"),
        &["iam.login-profile-deleted", "activity.resource-deletion"],
    );
    delete_databases(&mut story);
    terminate_instances(&mut story);
}

fn delete_databases(story: &mut Story<'_>) {
    for (at, database) in
        [("11T14:40:00", "orders-1"), ("11T14:40:04", "orders-2"), ("11T14:40:09", "customers-1")]
    {
        story.write(
            act("delete-db-instance", at)
                .set("/requestParameters/dBInstanceIdentifier", database)
                .set("/responseElements/dBInstanceIdentifier", database),
            &[
                "activity.resource-deletion",
                "data.database-deleted",
                "data.database-deleted-without-snapshot",
            ],
        );
    }
}

fn terminate_instances(story: &mut Story<'_>) {
    for (at, number) in [("11T14:41:00", 1), ("11T14:41:03", 2), ("11T14:41:05", 3), ("11T14:41:09", 4)] {
        let instance = format!("i-0123456789abcde{number:02}");
        story.write(
            act("delete-db-instance", at)
                .set("/eventSource", "ec2.amazonaws.com")
                .set("/eventName", "TerminateInstances")
                .set(
                    "/requestParameters",
                    json!({ "instancesSet": { "items": [{ "instanceId": instance }] } }),
                )
                .set(
                    "/responseElements",
                    json!({ "instancesSet": { "items": [{ "instanceId": instance,
                    "currentState": { "code": 32, "name": "shutting-down" },
                    "previousState": { "code": 16, "name": "running" } }] } }),
                )
                .set("/tlsDetails/clientProvidedHostHeader", "ec2.eu-west-1.amazonaws.com"),
            &["activity.resource-deletion", "compute.instances-stopped"],
        );
    }
}
