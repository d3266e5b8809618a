//! A brief of a bad day: more than anybody can read.

use trailbrief::testing::domain::{
    brief::{Brief, Failure},
    detection::Detection,
    finding::{Finding, FindingState},
    severity::Severity,
    untrusted::Untrusted,
};

use super::sample::{detection, finding, id, small, some};

/// What fires on a bad day, and how often.
const BAD_DAY: &[(&str, &str, Severity, u64)] = &[
    ("iam.admin-policy-attached", "Administrator policy attached to a principal", Severity::High, 31),
    ("iam.mfa-device-removed", "MFA device removed or deactivated", Severity::High, 4),
    ("cloudtrail.logging-stopped", "CloudTrail logging stopped or changed", Severity::Critical, 2),
    ("kms.key-deletion-scheduled", "KMS key scheduled for deletion", Severity::High, 3),
    ("s3.bucket-public", "Bucket policy or ACL lets everybody in", Severity::High, 9),
    ("s3.bucket-policy-changed", "Bucket policy changed", Severity::Low, 60),
    ("s3.replication-to-foreign-account", "Bucket replicates to an account outside", Severity::High, 2),
    ("ec2.security-group-opened", "Security group opened to the internet", Severity::Medium, 44),
    ("ec2.snapshot-shared", "Snapshot shared with another account", Severity::High, 5),
    ("ec2.instance-userdata-changed", "User data of an instance changed", Severity::Medium, 18),
    ("ec2.unusual-instance-type", "Instance type never used before", Severity::Medium, 12),
    ("ec2.password-data-read", "Windows password data read many times", Severity::Medium, 25),
    ("secrets.mass-read", "Many secrets read by one actor", Severity::High, 3),
    ("ssm.command-sent", "Command sent to instances through Systems Manager", Severity::Low, 81),
    ("lambda.public-url", "Function URL without authentication", Severity::Medium, 6),
    ("sts.session-token-long", "Session token for an unusually long time", Severity::Low, 40),
    ("org.leave-attempt", "Account tried to leave the organization", Severity::Critical, 1),
    ("guardduty.disabled", "GuardDuty detector disabled or suspended", Severity::Critical, 2),
    ("config.recorder-stopped", "Configuration recorder stopped", Severity::Medium, 3),
    ("rds.snapshot-public", "Database snapshot made public", Severity::High, 2),
    ("login.failed-burst", "Many failed console sign-ins", Severity::Medium, 14),
    ("console.change-by-hand", "Change made by hand in the console", Severity::Info, 130),
];

/// A detection with much to say.
fn wordy(name: &str, title: &str, severity: Severity) -> Detection {
    Detection {
        description: format!(
            "{title}. This is how an intruder who already holds a credential widens what it can do, or keeps \
             others from seeing it."
        ),
        benign: vec![
            "A change through the pipeline, with a ticket".to_owned(),
            "The platform team's weekly maintenance".to_owned(),
        ],
        steps: vec![
            "Ask the actor, over another channel, whether it was them".to_owned(),
            "Look at what the same session did before and after".to_owned(),
            "Undo the change if nobody answers for it".to_owned(),
        ],
        references: vec![format!("https://attack.mitre.org/techniques/T{}/", 1000 + name.len())],
        ..detection(name, title, severity)
    }
}

/// A finding by one of 40 actors in one of 12 accounts.
fn change(known: &Detection, nth: u64) -> Finding {
    let account = (nth * 7 + known.id.as_str().len() as u64) % 12;
    let actor = (nth * nth + nth) % 40;
    let number = 111_122_223_333 + account * 1_111;
    Finding {
        says: Untrusted::new(format!(
            "engineer-{actor:02} did {} on resource {nth} of account {number} from 203.0.113.{actor}",
            known.id.name()
        )),
        state: match nth % 9 {
            7 => FindingState::Late,
            8 => FindingState::Repeated,
            _ => FindingState::New,
        },
        account_id: Some(Untrusted::new(number.to_string())),
        account_name: Some(format!("team-{account:02}-prod")),
        actor: Some(Untrusted::new(format!(
            "arn:aws:sts::{number}:assumed-role/AWSReservedSSO_PowerUser_0123456789abcdef/engineer-{actor:02}"
        ))),
        action: some("PutBucketPolicy"),
        resource: Some(Untrusted::new(format!("arn:aws:s3:::example-bucket-{nth:03}/reports/2026/03"))),
        source_ip: Some(Untrusted::new(format!("203.0.113.{actor}"))),
        ..finding(known, nth)
    }
}

/// A bad day: 500 findings of 24 detections by 40 actors in 12 accounts.
pub fn large() -> Brief {
    let mut brief = small();
    for &(name, title, severity, findings) in BAD_DAY {
        let known = wordy(name, title, severity);
        brief.findings.extend((0..findings).map(|nth| change(&known, nth)));
        brief.detections.insert(known.id.clone(), known);
    }
    brief.failures.extend(["s3.object-burst", "s3.foreign-read", "dns.zone-deleted"].map(|name| {
        Failure {
            detection: id(name),
            reason: "Athena refused the statement: TABLE_NOT_FOUND, `security.cloudtrail_s3` does not exist"
                .to_owned(),
            hint: Some("run `trailbrief table apply`".to_owned()),
        }
    }));
    brief.coverage.accounts_silent = (0..47u64).map(|n| (700_000_000_000 + n).to_string()).collect();
    brief
}
