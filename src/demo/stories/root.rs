//! Somebody got into the mailbox of the management account's root user, and from there into the account. In another
//! account root signs in from the office with its second factor, which only the first of the detections may report.

use serde_json::{Value, json};

use crate::demo::{
    Planted,
    actor::Actor,
    organization::{LOG_ARCHIVE, MANAGEMENT},
    scribe::Scribe,
    story::{Story, act},
};

const ADDRESS: &str = "192.0.2.201";

/// Writes the story.
pub(super) fn write(scribe: &mut Scribe, planted: &mut Vec<Planted>) {
    let root = Actor::root(&MANAGEMENT, ADDRESS);
    let mut story = Story::new(scribe, planted, "root in management", &MANAGEMENT, "us-east-1", root);
    let no_mfa = json!({ "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true",
        "MobileVersion": "No", "MFAUsed": "No" });
    for at in ["11T03:08:50", "11T03:09:31"] {
        story.write(
            act("console-login-root", at)
                .set("/additionalEventData", no_mfa.clone())
                .set("/errorMessage", "Failed authentication")
                .set("/responseElements/ConsoleLogin", "Failure"),
            &["iam.root-console-login-failed"],
        );
    }
    let (used, write) = ("iam.root-api-activity", "activity.unknown-address-write");
    story.write(act("root-password-updated", "11T03:12:20"), &["iam.root-credentials-changed", used]);
    story.write(
        act("console-login-root", "11T03:13:05").set("/additionalEventData", no_mfa),
        &[
            "iam.root-console-login",
            "iam.root-console-login-no-mfa",
            "console.login-success",
            "console.login-unknown-address",
        ],
    );
    story.write(act("root-api-call", "11T03:14:00"), &[used]);
    story.write(
        act("root-mfa-deactivate", "11T03:15:10").set(
            "/requestParameters/serialNumber",
            format!("arn:aws:iam::{}:mfa/root-account-mfa-device", MANAGEMENT.id),
        ),
        &["iam.root-mfa-removed", used, write],
    );
    story.write(
        act("root-access-key-create", "11T03:16:44").set("/requestParameters", Value::Null),
        &["iam.root-credentials-changed", "iam.access-key-created", used, write],
    );
    story.write(act("password-policy-update", "11T03:20:00"), &["iam.password-policy-changed", used, write]);

    let owner = Actor::root(&LOG_ARCHIVE, "198.51.100.31");
    let mut story = Story::new(scribe, planted, "root in log-archive", &LOG_ARCHIVE, "us-east-1", owner);
    story.write(
        act("console-login-root", "11T09:26:15"),
        &["iam.root-console-login", "console.login-success"],
    );
}
