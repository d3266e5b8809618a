//! Near misses: what looks like an attack to a detection that looks less closely, and what only just lies in the window.

use serde_json::{Value, json};

use crate::demo::{
    START,
    actor::{Actor, BROWSER},
    organization::{CI_ADDRESS, MANAGEMENT, NAT_ADDRESSES, PAYMENTS, SANDBOX, WEB_SHOP},
    scribe::{Scene, Scribe},
};
use crate::domain::time::Span;

/// Writes each of them once.
pub(super) fn make(scribe: &mut Scribe) {
    edges(scribe);
    let at = |hour: i64, minute: i64| START.plus(Span::from_s(hour * 3_600 + minute * 60));

    // The root user, but a service acts for it.
    let mut root = Actor::root(&MANAGEMENT, "AWS Internal");
    root.identity["invokedBy"] = json!("AWS Internal");
    let mut scene = Scene { account: &MANAGEMENT, region: "us-east-1", at: at(9, 12), actor: root };
    for name in ["organizations:DescribeOrganization", "kms:Decrypt", "health:DescribeEventAggregates"] {
        scribe.call(&scene, name, Value::Null);
        scene.wait(1);
    }

    // An inner network; a policy that only the own VPC endpoint passes; a list without anybody in it.
    let ci = Actor::role(&PAYMENTS, "network-admin", "change-4711", CI_ADDRESS);
    let mut scene = Scene { account: &PAYMENTS, region: "eu-west-1", at: at(10, 3), actor: ci };
    let inside = json!({ "groupId": "sg-0fedcba9876543210", "ipPermissions": { "items": [{ "ipProtocol": "tcp",
        "fromPort": 22, "toPort": 22, "groups": {}, "ipRanges": { "items": [{ "cidrIp": "10.0.0.0/8" }] },
        "ipv6Ranges": {}, "prefixListIds": {} }] } });
    scribe.call(&scene, "ec2:AuthorizeSecurityGroupIngress", inside);
    scene.wait(20);
    let inside = json!({ "ModifySecurityGroupRulesRequest": { "GroupId": "sg-0fedcba9876543210",
        "SecurityGroupRule": { "SecurityGroupRuleId": "sgr-0fedcba9876543210", "tag": 1, "SecurityGroupRule": {
        "CidrIpv4": "10.20.0.0/16", "FromPort": 3389, "ToPort": 3389, "IpProtocol": "tcp" } } } });
    scribe.call(&scene, "ec2:ModifySecurityGroupRules", inside);
    scene.wait(20);
    let policy = json!({ "bucketName": "example-payments-data", "policy": "", "bucketPolicy": { "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::example-payments-data/*",
        "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" } } }] } });
    scribe.call(&scene, "s3:PutBucketPolicy", policy);
    scene.wait(20);
    let list = json!({ "bucketName": "example-payments-data", "acl": "", "x-amz-acl": "private" });
    scribe.call(&scene, "s3:PutBucketAcl", list);
    scene.wait(20);
    scribe.call(
        &scene,
        "rds:ModifyDBCluster",
        json!({ "dBClusterIdentifier": "orders", "backupRetentionPeriod": 14 }),
    );
    scene.wait(20);
    scribe.call(
        &scene,
        "sns:Unsubscribe",
        json!({ "subscriptionArn": format!("arn:aws:sns:eu-west-1:{}:orders:7", PAYMENTS.id) }),
    );

    // What was tried and not done; a user who changes her own password; a detector that is switched on.
    let nina = Actor::user(&WEB_SHOP, "nina", "198.51.100.31");
    let mut scene = Scene { account: &WEB_SHOP, region: "us-east-1", at: at(33, 40), actor: nina };
    scribe.failed(
        &scene,
        "iam:CreateAccessKey",
        "LimitExceededException",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    );
    scene.wait(30);
    scribe.call(
        &scene,
        "iam:UpdateLoginProfile",
        json!({ "userName": "nina", "passwordResetRequired": false }),
    );
    scene.wait(30);
    scene.actor = scene.actor.with_agent(BROWSER);
    let login = scribe.call(&scene, "signin:ConsoleLogin", Value::Null);
    login["eventType"] = json!("AwsConsoleSignIn");
    login["readOnly"] = json!(false);
    login["responseElements"] = json!({ "ConsoleLogin": "Success" });
    login["additionalEventData"] = json!({ "MFAUsed": "Yes", "MobileVersion": "No",
        "MFAIdentifier": format!("arn:aws:iam::{}:mfa/nina", WEB_SHOP.id) });
    let lead = Actor::person(&SANDBOX, "grace@example.com", "198.51.100.27", "SecurityAudit");
    let mut scene = Scene { account: &SANDBOX, region: "eu-west-1", at: at(34, 5), actor: lead };
    let on = json!({ "detectorId": "0123456789abcdef0123456789abcdef", "enable": true });
    scribe.call(&scene, "guardduty:UpdateDetector", on);
    scene.wait(15);
    let ordinary = format!("arn:aws:iam::{}:role/developer", SANDBOX.id);
    scribe.call(&scene, "sts:AssumeRole", json!({ "roleArn": ordinary, "roleSessionName": "grace" }));
}

/// A heartbeat around each midnight: the first and the last second of the window have their event, and the minutes
/// before a midnight are always delivered after it.
fn edges(scribe: &mut Scribe) {
    for (from_s, beats) in [(0, 1), (86_400 - 281, 8), (2 * 86_400 - 281, 8)] {
        let actor = Actor::role(&WEB_SHOP, "app-server", "i-0a1b2c3d4e5f60718", NAT_ADDRESSES[0]);
        let at = START.plus(Span::from_s(from_s));
        let mut scene = Scene { account: &WEB_SHOP, region: "eu-west-1", at, actor };
        for _ in 0..beats {
            scribe.call(&scene, "ssm:UpdateInstanceInformation", json!({ "agentStatus": "Active" }));
            scene.wait(40);
        }
    }
}
