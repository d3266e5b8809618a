//! People: they sign in through single sign-on, look around, and lack a permission now and then.

use serde_json::{Value, json};

use crate::demo::{
    actor::{Actor, BROWSER},
    organization::PEOPLE,
    scribe::{Scene, Scribe},
};

const READS: [&str; 16] = [
    "health:DescribeEventAggregates",
    "iam:ListAccessKeys",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "iam:GetAccessKeyLastUsed",
    "ec2:DescribeAddresses",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeSecurityGroups",
    "cloudtrail:LookupEvents",
    "s3:ListAllMyBuckets",
    "cloudwatch:GetMetricData",
    "logs:DescribeLogGroups",
    "lambda:ListFunctions20150331",
    "rds:DescribeDBInstances",
    "ce:GetCostAndUsage",
    "tagging:GetResources",
];

/// A session in the console: a login with the second factor at the identity provider, then reading.
pub(super) fn browse(scribe: &mut Scribe, mut scene: Scene) {
    let (name, address, permissions) = *scribe.random.pick(&PEOPLE);
    scene.actor = Actor::person(scene.account, name, address, permissions);
    let login =
        scribe.call(&Scene { region: "us-east-1", ..scene.clone() }, "signin:ConsoleLogin", Value::Null);
    login["eventType"] = json!("AwsConsoleSignIn");
    login["readOnly"] = json!(false);
    login["responseElements"] = json!({ "ConsoleLogin": "Success" });
    login["additionalEventData"] = json!({ "MobileVersion": "No", "MFAUsed": "No" });
    if let Some(login) = login.as_object_mut() {
        login.remove("requestID");
    }
    for _ in 0..scribe.random.within(10..32) {
        scene.wait(scribe.random.within(1..25));
        let read = *scribe.random.pick(&READS);
        let record = scribe.call(&scene, read, json!({ "maxResults": 50 }));
        record["sessionCredentialFromConsole"] = json!("true");
    }
    if permissions == "SecurityAudit" {
        let record = scribe.call(&scene, "secretsmanager:ListSecrets", json!({ "maxResults": 100 }));
        record["sessionCredentialFromConsole"] = json!("true");
    }
}

/// A session of the portal of single sign-on.
pub(super) fn portal(scribe: &mut Scribe, mut scene: Scene) {
    let (name, address, _) = *scribe.random.pick(&PEOPLE);
    scene.region = "us-east-1";
    scene.actor = Actor {
        identity: json!({
            "type": "IdentityCenterUser",
            "accountId": scene.account.id,
            "arn": "",
            "onBehalfOf": {
                "userId": format!("90676f2a10-{}", scribe.random.uuid()),
                "identityStoreArn": format!("arn:aws:identitystore::{}:identitystore/d-90676f2a10", scene.account.id)
            },
            "credentialId": scribe.random.uuid()
        }),
        address: address.to_owned(),
        agent: BROWSER.to_owned(),
    };
    let flow = scribe.random.uuid();
    for call in ["CredentialChallenge", "CredentialVerification", "UserAuthentication"] {
        let record = scribe.call(&scene, &format!("signin:{call}"), Value::Null);
        record["eventType"] = json!("AwsServiceEvent");
        record["readOnly"] = json!(false);
        record["serviceEventDetails"] = json!({ call: "Success" });
        record["additionalEventData"] =
            json!({ "AuthWorkflowID": flow, "CredentialType": "WEBAUTHN", "UserName": name });
        scene.wait(scribe.random.within(1..9));
    }
    scribe.call(&scene, "sso:ListAccounts", Value::Null);
}

/// Somebody with few rights explores: more denied calls than usual on a day, too few kinds for a burst.
pub(super) fn mistakes(scribe: &mut Scribe, mut scene: Scene) {
    scene.actor = Actor::person(scene.account, "erin@example.com", "2001:db8:1::25", "Billing");
    for _ in 0..scribe.random.within(3..8) {
        let name =
            *scribe.random.pick(&["ec2:DescribeInstances", "s3:ListAllMyBuckets", "rds:DescribeDBInstances"]);
        scribe.failed(&scene, name, "AccessDenied", "User is not authorized to perform this action");
        scene.wait(scribe.random.within(20..90));
    }
}
