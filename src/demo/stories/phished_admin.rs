//! An administrator without a second factor was phished: doors are opened, data is taken, traces of it destroyed.

use serde_json::{Value, json};

use crate::demo::{
    Planted,
    actor::{Actor, BROWSER, CLI},
    organization::{NAT_ADDRESSES, PAYMENTS},
    scribe::Scribe,
    story::{Act, Story, act},
};

const ADDRESS: &str = "2001:db8:bad::17";
/// The detection that finds every change of hers from this address.
const WRITE: &str = "activity.unknown-address-write";
const BUCKET: &str = "example-payments-exports";

fn on_bucket(base: &'static str, at: &'static str) -> Act {
    act(base, at)
        .set("/requestParameters/bucketName", BUCKET)
        .set("/requestParameters/Host", format!("{BUCKET}.s3.eu-west-1.amazonaws.com"))
}

/// Writes the story.
pub(super) fn write(scribe: &mut Scribe, planted: &mut Vec<Planted>) {
    let maria = Actor::user(&PAYMENTS, "maria", ADDRESS);
    let browser = maria.clone().with_agent(BROWSER);
    let mut story = Story::new(scribe, planted, "phished admin in payments", &PAYMENTS, "eu-west-1", browser);
    let unknown = json!({ "type": "IAMUser", "principalId": "", "accountId": PAYMENTS.id, "accessKeyId": "", "userName": "maria" });
    for at in [
        "10T18:31:05",
        "10T18:31:12",
        "10T18:31:19",
        "10T18:31:26",
        "10T18:31:40",
        "10T18:32:01",
        "10T18:32:08",
        "10T18:33:12",
    ] {
        story.write(
            act("console-login-failed", at).set("/userIdentity", unknown.clone()),
            &["console.login-failed", "console.brute-force"],
        );
    }
    story.write(
        act("console-login", "10T18:35:58")
            .set("/additionalEventData/MFAUsed", "No")
            .set("/additionalEventData/MFAIdentifier", Value::Null),
        &[
            "console.login-no-mfa",
            "console.login-success",
            "console.login-unknown-address",
            "console.success-after-failures",
        ],
    );

    story.as_actor(maria.with_agent(CLI));
    let victim = format!("arn:aws:iam::{}:mfa/carlos", PAYMENTS.id);
    story.write(
        act("mfa-deactivate", "10T18:41:00")
            .set("/requestParameters/userName", "carlos")
            .set("/requestParameters/serialNumber", victim.clone()),
        &["iam.mfa-deactivated", WRITE],
    );
    story.write(
        act("mfa-delete-virtual", "10T18:41:03").set("/requestParameters/serialNumber", victim),
        &["iam.mfa-deactivated", WRITE],
    );
    story.write(
        act("update-login-profile", "10T18:42:30").set("/requestParameters/userName", "carlos"),
        &["iam.login-profile-updated", WRITE],
    );

    open_network(&mut story);
    expose_data(&mut story);
    destroy_keys(&mut story);

    // The company's own rule sees the bucket the next morning.
    let rule = Actor::role(&PAYMENTS, "config-rule-checker", "config-rule-checker", NAT_ADDRESSES[0]);
    let mut story = Story::new(scribe, planted, "rule in payments", &PAYMENTS, "eu-west-1", rule);
    let found = json!([{ "complianceResourceType": "AWS::S3::Bucket", "complianceResourceId": BUCKET,
        "complianceType": "NON_COMPLIANT", "orderingTimestamp": "Mar 11, 2026, 5:59:00 AM" }]);
    story.write(
        act("config-put-evaluations", "11T06:00:04")
            .set("/requestParameters/evaluations", found)
            .set("/additionalEventData/configRuleName", "no-public-buckets"),
        &["logging.config-noncompliant"],
    );
}

fn open_network(story: &mut Story<'_>) {
    let opened = ["network.security-group-open-admin-port", "network.security-group-changed", WRITE];
    story.write(act("sg-authorize-ingress", "10T18:55:10"), &opened);
    story.write(act("sg-authorize-ingress-ipv6", "10T18:55:52"), &opened);
    story.write(act("create-instance-connect-endpoint", "10T18:58:00"), &["compute.instance-connect", WRITE]);
    story.write(act("send-ssh-public-key", "10T19:04:21"), &["compute.instance-connect", WRITE]);
    story.write(act("open-tunnel", "10T19:05:02"), &["compute.instance-connect", WRITE]);
}

fn expose_data(story: &mut Story<'_>) {
    let public = ["s3.bucket-public", "s3.bucket-policy-changed", WRITE];
    story.write(
        on_bucket("s3-put-bucket-policy", "10T19:22:15").set(
            "/requestParameters/bucketPolicy/Statement",
            json!([{ "Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                "Resource": format!("arn:aws:s3:::{BUCKET}/*") }]),
        ),
        &public,
    );
    story.write(on_bucket("s3-put-bucket-acl", "10T19:22:48").late("11T00:31:10"), &public);
    let data_api = ["data.rds-data-api-enabled", WRITE];
    story.write(act("rds-enable-http-endpoint", "10T19:40:09"), &data_api);
    story.write(act("rds-modify-cluster", "10T19:41:30"), &data_api);
}

fn destroy_keys(story: &mut Story<'_>) {
    story.write(act("secret-update", "10T20:10:00"), &["secrets.changed", WRITE]);
    story.write(
        act("secret-delete", "10T20:11:17")
            .set("/requestParameters", json!({ "secretId": "prod/db", "forceDeleteWithoutRecovery": true })),
        &["secrets.deleted", "secrets.deleted-at-once", "activity.resource-deletion", WRITE],
    );
    story.write(act("kms-disable-key", "10T20:30:02"), &["data.kms-key-disabled", WRITE]);
    story.write(
        act("kms-schedule-key-deletion", "10T20:30:40").late("11T01:32:00"),
        &["data.kms-key-disabled", "activity.resource-deletion", WRITE],
    );
}
