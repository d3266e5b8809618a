//! The pipeline: Terraform plans and applies, releases of functions.

use serde_json::{Value, json};

use crate::demo::{
    actor::Actor,
    organization::{CI_ADDRESS, RELEASES},
    scribe::{Scene, Scribe},
};

/// A plan reads, and asks for what is not there.
pub(super) fn plan(scribe: &mut Scribe, mut scene: Scene) {
    let reads = [
        "iam:GetRole",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "iam:GetPolicy",
        "ec2:DescribeVpcs",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ssm:GetParameter",
        "ssm:ListTagsForResource",
        "secretsmanager:DescribeSecret",
        "s3:GetBucketPolicy",
        "s3:GetBucketVersioning",
        "lambda:GetFunction20150331v2",
        "rds:DescribeDBClusters",
        "logs:DescribeLogGroups",
    ];
    scene.actor = Actor::terraform(scene.account, scribe.random.within(4_000..4_800));
    scribe.call(&scene, "sts:GetCallerIdentity", Value::Null);
    for _ in 0..scribe.random.within(18..38) {
        scene.wait(scribe.random.within(0..3));
        let name = *scribe.random.pick(&reads);
        if name == "iam:GetPolicy" {
            scribe.failed(&scene, name, "NoSuchEntityException", "Policy was not found.");
        } else {
            scribe.call(&scene, name, json!({ "name": "app" }));
        }
    }
}

/// An apply creates and deletes.
pub(super) fn apply(scribe: &mut Scribe, mut scene: Scene) {
    scene.actor = Actor::terraform(scene.account, scribe.random.within(4_800..5_000));
    let (id, name) = (scene.account.id, format!("app-{}", scribe.random.hex(6)));
    let group = format!("sg-{}", scribe.random.hex(17));
    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("arn:aws:logs:*:{id}:log-group:/{name}:*") }] });
    let inside = json!({ "groupId": group, "ipPermissions": { "items": [{ "ipProtocol": "tcp", "fromPort": 5432,
        "toPort": 5432, "groups": {}, "ipRanges": { "items": [{ "cidrIp": "10.0.0.0/8" }] }, "ipv6Ranges": {},
        "prefixListIds": {} }] } });
    let steps = [
        ("iam:CreateRole", json!({ "roleName": name, "assumeRolePolicyDocument": "{}" })),
        (
            "iam:PutRolePolicy",
            json!({ "roleName": name, "policyName": "logs", "policyDocument": document.to_string() }),
        ),
        ("iam:CreatePolicy", json!({ "policyName": name, "policyDocument": document.to_string() })),
        ("iam:DeletePolicy", json!({ "policyArn": format!("arn:aws:iam::{id}:policy/{name}-old") })),
        (
            "ec2:CreateSecurityGroup",
            json!({ "groupName": name, "groupDescription": name, "vpcId": "vpc-0123456789abcdef0" }),
        ),
        ("ec2:AuthorizeSecurityGroupIngress", inside),
        ("ec2:DeleteSecurityGroup", json!({ "groupId": format!("sg-{}", scribe.random.hex(17)) })),
        ("logs:CreateLogGroup", json!({ "logGroupName": format!("/{name}") })),
        ("logs:DeleteLogGroup", json!({ "logGroupName": format!("/{name}-old") })),
        (
            "ssm:PutParameter",
            json!({ "name": format!("/{name}/version"), "type": "String", "overwrite": true }),
        ),
        ("ssm:DeleteParameter", json!({ "name": format!("/{name}/old") })),
        (
            "s3:PutBucketLifecycle",
            json!({ "bucketName": format!("example-{}-data", scene.account.name), "lifecycle": "" }),
        ),
        (
            "ec2:RunInstances",
            json!({ "instanceType": "m7g.large", "instancesSet": { "items": [{ "minCount": 1, "maxCount": 1 }] } }),
        ),
        (
            "ec2:TerminateInstances",
            json!({ "instancesSet": { "items": [{ "instanceId": format!("i-{}", scribe.random.hex(17)) }] } }),
        ),
        ("cloudwatch:DeleteAlarms", json!({ "alarmNames": [format!("{name}-old")] })),
    ];
    for (step, request) in steps {
        scene.wait(scribe.random.within(1..9));
        if scribe.random.percent(75) {
            let region = if step.starts_with("iam:") { "us-east-1" } else { scene.region };
            scribe.call(&Scene { region, ..scene.clone() }, step, request);
        }
    }
    if scribe.random.percent(15) {
        scribe.call(&scene, "secretsmanager:CreateSecret", json!({ "name": format!("{name}/key") }));
    }
}

/// A release uploads and publishes.
pub(super) fn release(scribe: &mut Scribe, mut scene: Scene) {
    scene.region = "eu-west-1";
    scene.actor = Actor::role(scene.account, "github-release", "release", CI_ADDRESS);
    for part in ["index.html", "app.js", "app.css"] {
        let key = format!("releases/{}/{part}", scribe.random.hex(7));
        let request = json!({ "bucketName": RELEASES, "Host": format!("{RELEASES}.s3.eu-west-1.amazonaws.com"), "key": key });
        scribe.object(&scene, "s3:PutObject", request, &format!("arn:aws:s3:::{RELEASES}/{key}"));
        scene.wait(1);
    }
    let trial = json!({ "functionName": "checkout", "dryRun": true, "publish": false });
    scribe.call(&scene, "lambda:UpdateFunctionCode20150331v2", trial);
    scene.wait(4);
    let request = json!({ "functionName": "checkout", "dryRun": false, "publish": true });
    scribe.call(&scene, "lambda:UpdateFunctionCode20150331v2", request);
    scene.wait(6);
    scribe.call(&scene, "lambda:GetFunction20150331v2", json!({ "functionName": "checkout" }));
}
