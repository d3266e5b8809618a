//! Services and agents at work on their own.

use serde_json::{Value, json};

use crate::demo::{
    actor::Actor,
    organization::{LOG_BUCKET, NAT_ADDRESSES},
    scribe::{Scene, Scribe},
};

/// Data keys for logs, queues, volumes.
pub(super) fn keys(scribe: &mut Scribe, mut scene: Scene) {
    let hosts = ["cloudtrail", "delivery.logs", "sqs", "rds", "backup", "secretsmanager"];
    scene.actor = Actor::service(&format!("{}.amazonaws.com", scribe.random.pick(&hosts)));
    let id = scene.account.id;
    let arn = format!("arn:aws:kms:{}:{id}:key/{}", scene.region, scribe.random.uuid());
    for _ in 0..scribe.random.within(2..8) {
        let name = *scribe.random.pick(&[
            "kms:GenerateDataKey",
            "kms:GenerateDataKey",
            "kms:Decrypt",
            "s3:GetBucketAcl",
        ]);
        let request = if name.starts_with("s3") {
            json!({ "bucketName": LOG_BUCKET, "Host": format!("{LOG_BUCKET}.s3.amazonaws.com"), "acl": "" })
        } else {
            json!({ "keyId": arn, "keySpec": "AES_256", "encryptionContext": { "aws:cloudtrail:arn": format!("arn:aws:cloudtrail:us-east-1:{id}:trail/organization") } })
        };
        let shared = scribe.random.uuid();
        let record = scribe.call(&scene, name, request);
        record["sharedEventID"] = json!(shared);
        let kind = if name.starts_with("s3") { "AWS::S3::Bucket" } else { "AWS::KMS::Key" };
        record["resources"] = json!([{ "accountId": id, "type": kind, "ARN": arn }]);
        scene.wait(scribe.random.within(1..50));
    }
}

/// Services take the roles that they were given.
pub(super) fn assume_role(scribe: &mut Scribe, mut scene: Scene) {
    let pairs = [
        ("lambda", "orders-function"),
        ("ecs-tasks", "checkout-task"),
        ("ec2", "app-server"),
        ("config", "AWSServiceRoleForConfig"),
        ("ssm", "AWSServiceRoleForAmazonSSM"),
        ("states", "settlement"),
    ];
    let (host, role) = *scribe.random.pick(&pairs);
    scene.actor = Actor::service(&format!("{host}.amazonaws.com"));
    let arn = format!("arn:aws:iam::{}:role/{role}", scene.account.id);
    for _ in 0..scribe.random.within(1..6) {
        let session = scribe.random.hex(32);
        let request = json!({ "roleArn": arn, "roleSessionName": session });
        let record = scribe.call(&scene, "sts:AssumeRole", request);
        record["resources"] =
            json!([{ "accountId": record["recipientAccountId"], "type": "AWS::IAM::Role", "ARN": arn }]);
        scene.wait(scribe.random.within(1..70));
    }
}

/// Flow logs that lack a permission nobody ever gave them.
pub(super) fn log_delivery_denied(scribe: &mut Scribe, mut scene: Scene) {
    scene.actor = Actor::service("delivery.logs.amazonaws.com");
    for _ in 0..scribe.random.within(3..10) {
        let message = "User: delivery.logs.amazonaws.com is not authorized to perform: logs:CreateLogStream";
        scribe.failed(&scene, "logs:CreateLogStream", "AccessDenied", message);
        scene.wait(scribe.random.within(1..20));
    }
}

/// AWS Config looks at everything.
pub(super) fn config_sweep(scribe: &mut Scribe, mut scene: Scene) {
    let calls = [
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
        "iam:ListAttachedRolePolicies",
        "iam:GetRole",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicyStatus",
        "rds:DescribeDBInstances",
        "lambda:ListFunctions20150331",
        "kms:ListKeys",
    ];
    scene.actor = Actor::linked_role(scene.account, "AWSServiceRoleForConfig", "config.amazonaws.com");
    for _ in 0..scribe.random.within(6..15) {
        let name = *scribe.random.pick(&calls);
        if name == "s3:GetBucketPolicyStatus" {
            scribe.failed(&scene, name, "NoSuchBucketPolicy", "The bucket policy does not exist");
        } else {
            scribe.call(&scene, name, json!({ "maxResults": 1000 }));
        }
        scene.wait(scribe.random.within(0..4));
    }
}

/// Systems Manager's agents report.
pub(super) fn agents(scribe: &mut Scribe, mut scene: Scene) {
    let instance = format!("i-{}", scribe.random.hex(17));
    let address = *scribe.random.pick(&NAT_ADDRESSES);
    scene.actor = Actor::role(scene.account, "app-server", &instance, address)
        .with_agent("aws-sdk-go/1.55.5 (go1.24.6; linux; amd64) amazon-ssm-agent/3.3.3050.0");
    for _ in 0..scribe.random.within(1..4) {
        let request = json!({ "instanceId": instance, "agentName": "amazon-ssm-agent", "agentStatus": "Active", "platformType": "Linux" });
        scribe.call(&scene, "ssm:UpdateInstanceInformation", request);
        scribe.call(
            &scene,
            "ssm:ListInstanceAssociations",
            json!({ "instanceId": instance, "maxResults": 20 }),
        );
        scribe.call(&scene, "ssmmessages:CreateControlChannel", json!({ "channelId": instance }));
        scene.wait(300);
    }
}

/// Groups of instances grow and shrink.
pub(super) fn scaling(scribe: &mut Scribe, mut scene: Scene) {
    scene.actor =
        Actor::linked_role(scene.account, "AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com");
    let group = "web-fleet";
    scribe.call(&scene, "ec2:DescribeInstanceStatus", json!({ "maxResults": 100 }));
    scene.wait(2);
    scribe.call(&scene, "elasticloadbalancing:DescribeTargetHealth", json!({ "targetGroupArn": group }));
    scene.wait(3);
    let instance = format!("i-{}", scribe.random.hex(17));
    let name = *scribe.random.pick(&["ec2:TerminateInstances", "ec2:RunInstances"]);
    scribe.call(&scene, name, json!({ "instancesSet": { "items": [{ "instanceId": instance }] } }));
    scene.wait(1);
    scribe.call(&scene, "elasticloadbalancing:DeregisterTargets", json!({ "targets": [{ "id": instance }] }));
}

/// What services report about themselves: no caller, no type.
pub(super) fn own_events(scribe: &mut Scribe, mut scene: Scene) {
    for name in ["secretsmanager:StartSecretVersionDelete", "secretsmanager:EndSecretVersionDelete"] {
        let record = scribe.call(&scene, name, Value::Null);
        record["userIdentity"] =
            json!({ "accountId": record["recipientAccountId"], "invokedBy": "secretsmanager.amazonaws.com" });
        record["eventType"] = json!("AwsServiceEvent");
        record["sourceIPAddress"] = json!("secretsmanager.amazonaws.com");
        record["userAgent"] = json!("secretsmanager.amazonaws.com");
        record["additionalEventData"] = json!({ "SecretId": "prod/db" });
        scene.wait(1);
    }
}
