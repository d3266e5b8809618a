//! A key of the build machines leaked: the finder tries what it may do, makes itself at home and stops the log.

use serde_json::json;

use crate::demo::{
    Planted,
    actor::Actor,
    organization::{RELEASES, WEB_SHOP},
    scribe::Scribe,
    story::{Act, Story, act},
};

const ADDRESS: &str = "203.0.113.66";
const AGENT: &str = "aws-cli/2.28.4 md/awscrt#0.27.4 ua/2.1 os/linux#6.12.38+kali-amd64 lang/python#3.13.5 exec-env/none cfg/retry-mode#standard";

/// What the finder tries, and when.
const TRIES: [(&str, &str); 20] = [
    ("10T22:05:11", "iam:ListUsers"),
    ("10T22:05:14", "iam:ListRoles"),
    ("10T22:05:18", "iam:GetAccountAuthorizationDetails"),
    ("10T22:05:25", "s3:ListAllMyBuckets"),
    ("10T22:05:31", "ec2:DescribeInstances"),
    ("10T22:05:33", "ec2:DescribeInstances"),
    ("10T22:05:40", "ec2:DescribeSnapshots"),
    ("10T22:05:52", "rds:DescribeDBInstances"),
    ("10T22:06:03", "ssm:DescribeParameters"),
    ("10T22:06:05", "ssm:GetParametersByPath"),
    ("10T22:06:11", "dynamodb:ListTables"),
    ("10T22:06:20", "sqs:ListQueues"),
    ("10T22:06:21", "organizations:ListAccounts"),
    ("10T22:06:30", "ecr:DescribeRepositories"),
    ("10T22:06:38", "eks:ListClusters"),
    ("10T22:06:44", "cloudformation:ListStacks"),
    ("10T22:06:50", "guardduty:ListDetectors"),
    ("10T22:07:02", "ses:GetSendQuota"),
    ("10T22:07:09", "bedrock:ListFoundationModels"),
    ("10T22:07:15", "ec2:RunInstances"),
];

/// The detections that report a denied call by what it asks for.
const NAMED: [(&str, &str); 9] = [
    ("iam:ListUsers", "attempts.reconnaissance"),
    ("iam:ListRoles", "attempts.reconnaissance"),
    ("iam:GetAccountAuthorizationDetails", "attempts.reconnaissance"),
    ("ssm:GetParametersByPath", "attempts.secrets"),
    ("guardduty:ListDetectors", "attempts.reconnaissance-defences"),
    ("ses:GetSendQuota", "attempts.reconnaissance-abuse"),
    ("ses:GetSendQuota", "messaging.mail-explored"),
    ("bedrock:ListFoundationModels", "attempts.reconnaissance-abuse"),
    ("ec2:RunInstances", "attempts.cost"),
];

fn denied(at: &'static str, call: &'static str) -> Act {
    let (service, name) = call.split_once(':').unwrap_or(("", call));
    let message = format!(
        "User: arn:aws:iam::{}:user/ci-deploy is not authorized to perform: {call} because no identity-based policy allows the {call} action",
        WEB_SHOP.id
    );
    act("denied-call", at)
        .set("/eventSource", format!("{service}.amazonaws.com"))
        .set("/eventName", name)
        .set("/errorMessage", message)
        .set("/readOnly", name != "RunInstances")
        .set("/tlsDetails/clientProvidedHostHeader", format!("{service}.eu-west-1.amazonaws.com"))
}

/// Writes the story.
pub(super) fn write(scribe: &mut Scribe, planted: &mut Vec<Planted>) {
    let key = Actor::user(&WEB_SHOP, "ci-deploy", ADDRESS).with_agent(AGENT);
    let mut story = Story::new(scribe, planted, "leaked CI key in web-shop", &WEB_SHOP, "eu-west-1", key);
    for (at, call) in TRIES {
        let denials = ["activity.denied-burst", "activity.denied-calls", "activity.attack-tool"];
        let named = NAMED.iter().filter(|(named, _)| *named == call).map(|(_, detection)| *detection);
        let detections: Vec<&str> = denials.into_iter().chain(named).collect();
        story.write(denied(at, call), &detections);
    }
    let bot = |base, at| act(base, at).set("/requestParameters/userName", "support-bot");
    let write = "activity.unknown-address-write";
    let user = json!({ "path": "/", "userName": "support-bot", "userId": "AIDAQ7K2MZPX4EXAMPLE",
        "arn": format!("arn:aws:iam::{}:user/support-bot", WEB_SHOP.id), "createDate": "Mar 10, 2026, 10:31:02 PM" });
    story.write(
        bot("create-user", "10T22:31:02").set("/responseElements/user", user),
        &["iam.user-changed", write],
    );
    story.write(
        bot("create-access-key", "10T22:31:09")
            .set("/responseElements/accessKey/userName", "support-bot")
            .twice(),
        &["iam.access-key-created", "iam.access-key-for-another", write],
    );
    story.write(
        bot("create-login-profile", "10T22:31:20")
            .set("/responseElements/loginProfile/userName", "support-bot"),
        &["iam.login-profile-created", write],
    );
    story.write(
        bot("attach-user-policy", "10T22:31:44"),
        &["iam.admin-policy-granted", "iam.policy-changed", write],
    );
    story.write(
        act("create-group", "10T22:32:10")
            .set("/requestParameters/groupName", "support")
            .set("/responseElements/group/groupName", "support")
            .set("/responseElements/group/arn", format!("arn:aws:iam::{}:group/support", WEB_SHOP.id)),
        &["iam.group-changed", write],
    );
    story.write(
        bot("add-user-to-group", "10T22:32:15").set("/requestParameters/groupName", "support"),
        &["iam.group-membership-changed", write],
    );
    story.write(bot("update-access-key", "10T22:33:01"), &["iam.access-key-changed", write]);

    story.write(act("secret-describe", "10T22:40:00"), &["secrets.listed"]);
    for (at, secret) in [("10T22:40:12", "prod/db"), ("10T22:40:19", "prod/payment-provider")] {
        story.write(
            act("secret-get-value", at).set("/requestParameters/secretId", secret),
            &["secrets.value-read"],
        );
    }
    story.write(act("secret-batch-get-value", "10T22:40:41").late("11T03:41:00"), &["secrets.value-read"]);
    story.write(
        act("secret-put-resource-policy", "10T22:44:05"),
        &["secrets.policy-changed", "sharing.resource-shared-outside", write],
    );

    story.write(act("lambda-update-code", "10T23:15:30"), &["compute.lambda-code-updated", write]);
    story.write(
        act("s3-put-object", "10T23:21:07")
            .set("/requestParameters/bucketName", RELEASES)
            .set("/requestParameters/Host", format!("{RELEASES}.s3.eu-west-1.amazonaws.com"))
            .set("/requestParameters/key", "checkout/latest.js"),
        &["s3.watched-bucket-upload"],
    );
    let trail = format!("arn:aws:cloudtrail:us-east-1:{}:trail/web-shop-audit", WEB_SHOP.id);
    story.write(
        act("cloudtrail-stop-logging", "10T23:58:47").set("/requestParameters/name", trail),
        &["logging.cloudtrail-stopped", write],
    );
}
