//! Applications and scanners at work.

use serde_json::json;

use crate::demo::{
    actor::Actor,
    organization::{NAT_ADDRESSES, SECURITY},
    scribe::{Scene, Scribe},
};

/// Objects are read and written.
pub(super) fn objects(scribe: &mut Scribe, mut scene: Scene) {
    let bucket = format!("example-{}-data", scene.account.name);
    let address = *scribe.random.pick(&NAT_ADDRESSES);
    scene.actor = Actor::role(scene.account, "app-server", &format!("i-{}", scribe.random.hex(17)), address);
    for _ in 0..scribe.random.within(6..24) {
        let name = *scribe.random.pick(&["s3:PutObject", "s3:GetObject", "s3:GetObject", "s3:HeadObject"]);
        let key = format!("orders/2026/{}.json", scribe.random.hex(12));
        let request = json!({ "bucketName": bucket, "Host": format!("{bucket}.s3.{}.amazonaws.com", scene.region), "key": key });
        scribe.object(&scene, name, request, &format!("arn:aws:s3:::{bucket}/{key}"));
        scene.wait(scribe.random.within(0..9));
    }
}

/// A tool asks for buckets that belong to others: denied, again and again, and no attack.
pub(super) fn head_buckets(scribe: &mut Scribe, mut scene: Scene) {
    let address = *scribe.random.pick(&NAT_ADDRESSES);
    scene.actor = Actor::role(scene.account, "backup-inventory", "inventory", address);
    for _ in 0..scribe.random.within(16..24) {
        scribe.failed(&scene, "s3:HeadBucket", "AccessDenied", "Access Denied");
        scene.wait(scribe.random.within(1..12));
    }
}

/// An application reads its secret and decrypts with its key, as a role and not as a person.
pub(super) fn secrets(scribe: &mut Scribe, mut scene: Scene) {
    let address = *scribe.random.pick(&NAT_ADDRESSES);
    scene.actor = Actor::role(scene.account, "app-server", &format!("i-{}", scribe.random.hex(17)), address);
    scribe.call(&scene, "secretsmanager:GetSecretValue", json!({ "secretId": "prod/db" }));
    for _ in 0..scribe.random.within(2..6) {
        let request = json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": { "SecretARN": "prod/db" } });
        let record = scribe.call(&scene, "kms:Decrypt", request);
        record["userIdentity"]["invokedBy"] = json!("secretsmanager.amazonaws.com");
        scene.wait(scribe.random.within(0..30));
    }
}

/// A program asks more often than it may.
pub(super) fn throttled(scribe: &mut Scribe, mut scene: Scene) {
    let address = *scribe.random.pick(&NAT_ADDRESSES);
    scene.actor = Actor::role(scene.account, "cluster-autoscaler", "cluster-autoscaler", address);
    for _ in 0..scribe.random.within(5..18) {
        if scribe.random.percent(60) {
            scribe.failed(
                &scene,
                "ec2:DescribeInstances",
                "Client.RequestLimitExceeded",
                "Request limit exceeded.",
            );
        } else {
            scribe.call(&scene, "autoscaling:DescribeAutoScalingGroups", json!({ "maxRecords": 100 }));
        }
        scene.wait(scribe.random.within(0..3));
    }
}

/// The security team's scanner reads all settings; a few calls it never got the permission for.
pub(super) fn audit_sweep(scribe: &mut Scribe, mut scene: Scene) {
    let calls = [
        "iam:ListUsers",
        "iam:ListRoles",
        "iam:GetAccountSummary",
        "iam:ListAccessKeys",
        "iam:GetAccountPasswordPolicy",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeInstances",
        "ec2:DescribeSnapshots",
        "ec2:DescribeFlowLogs",
        "s3:ListAllMyBuckets",
        "s3:GetBucketPolicy",
        "s3:GetBucketEncryption",
        "kms:ListKeys",
        "kms:GetKeyRotationStatus",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "guardduty:ListDetectors",
        "rds:DescribeDBInstances",
        "lambda:ListFunctions20150331",
        "config:DescribeConfigurationRecorders",
        "sns:ListTopics",
        "logs:DescribeMetricFilters",
    ];
    let role = format!("arn:aws:iam::{}:role/security-audit", scene.account.id);
    take_role(scribe, &scene, &role);
    scene.actor = Actor::role(scene.account, "security-audit", "scan", NAT_ADDRESSES[2]);
    for _ in 0..scribe.random.within(18..36) {
        scene.wait(scribe.random.within(0..4));
        let name = *scribe.random.pick(&calls);
        if scribe.random.percent(4) {
            let message = format!("User: {role} is not authorized to perform: {name}");
            scribe.failed(&scene, name, "AccessDenied", &message);
        } else {
            scribe.call(&scene, name, json!({ "maxResults": 100 }));
        }
    }
}

/// The scanner takes a role: its own account records who, the role's account only from where.
fn take_role(scribe: &mut Scribe, scene: &Scene, role: &str) {
    let mut caller = scene.clone();
    caller.actor = Actor::role(&SECURITY, "posture-scanner", "scan", NAT_ADDRESSES[2]);
    let principal = caller.actor.identity["principalId"].clone();
    let shared = scribe.random.uuid();
    for account in [&SECURITY, scene.account] {
        caller.account = account;
        let record =
            scribe.call(&caller, "sts:AssumeRole", json!({ "roleArn": role, "roleSessionName": "scan" }));
        record["sharedEventID"] = json!(shared);
        record["resources"] =
            json!([{ "accountId": scene.account.id, "type": "AWS::IAM::Role", "ARN": role }]);
        if scene.account.id == SECURITY.id {
            break;
        }
        caller.actor.identity =
            json!({ "type": "AWSAccount", "principalId": principal, "accountId": SECURITY.id });
    }
}
