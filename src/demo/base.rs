//! Whole records to start from: the base events of the detections' cases.

use serde_json::Value;

use crate::domain::time::Timestamp;

/// The account, Region and time that the base events were written for.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const TIME: &str = "Mar 10, 2026, 12:00:00 PM";

macro_rules! bases {
    ($($name:literal,)*) => {
        const BASES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../tests/events/", $name, ".json"))),)*];
    };
}

bases! {
    "add-user-to-group",
    "assume-role",
    "attach-user-policy",
    "cloudtrail-put-advanced-selectors",
    "cloudtrail-put-event-selectors",
    "cloudtrail-stop-logging",
    "cloudtrail-update-trail",
    "config-put-evaluations",
    "config-stop-recorder",
    "console-login-failed",
    "console-login-federated",
    "console-login-root",
    "console-login",
    "create-access-key",
    "create-group",
    "create-instance-connect-endpoint",
    "create-login-profile",
    "create-policy-version",
    "create-user",
    "delete-db-instance",
    "delete-login-profile",
    "denied-call",
    "guardduty-delete-detector",
    "guardduty-update-detector",
    "kms-disable-key",
    "kms-schedule-key-deletion",
    "lambda-update-code",
    "mfa-deactivate",
    "mfa-delete-virtual",
    "open-tunnel",
    "password-policy-update",
    "put-role-policy",
    "rds-enable-http-endpoint",
    "rds-modify-cluster",
    "root-access-key-create",
    "root-api-call",
    "root-mfa-deactivate",
    "root-password-updated",
    "s3-put-bucket-acl",
    "s3-put-bucket-policy",
    "s3-put-object",
    "secret-batch-get-value",
    "secret-delete",
    "secret-describe",
    "secret-get-value",
    "secret-put-resource-policy",
    "secret-update",
    "send-ssh-public-key",
    "sg-authorize-ingress-ipv6",
    "sg-authorize-ingress",
    "sg-modify-rules",
    "sns-delete-topic",
    "sns-unsubscribe",
    "switch-role",
    "update-access-key",
    "update-login-profile",
}

/// A base event moved to an account, a Region and a time.
pub(super) fn base(name: &str, account: &str, region: &str, at: Timestamp) -> Value {
    let found = BASES.iter().find(|(own, _)| *own == name);
    let (_, text) = found.expect("the stories only name base events of the table");
    let time = at.to_utc().format("%b %-d, %Y, %-I:%M:%S %p").to_string();
    let text = text.replace(ACCOUNT, account).replace(REGION, region).replace(TIME, &time);
    serde_json::from_str(&text).expect("base events are JSON, and no replacement holds a quote")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_base_event_can_be_moved() {
        for (name, _) in BASES {
            let text = base(name, "111122223333", "us-west-2", Timestamp::from_unix_s(0)).to_string();
            assert!(!text.contains(ACCOUNT) && !text.contains(REGION) && !text.contains(TIME), "{name}");
        }
    }
}
