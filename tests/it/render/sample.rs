//! Briefs to render: empty, small, large, blind.

use std::collections::BTreeMap;

use trailbrief::testing::domain::{
    attack::Attack,
    brief::{Brief, Coverage, Drift, Failure, Problem, RunFacts},
    detection::{Attempts, Detection, DetectionId, Origin, Status},
    finding::{Finding, FindingState, Fingerprint},
    rows::Value,
    severity::Severity,
    suppression::{Suppression, SuppressionUse},
    time::{Span, Timestamp, Window},
    untrusted::Untrusted,
    zone::Zone,
};

use super::{
    set_aside::{truncated, undecidable},
    stories,
};

pub fn id(text: &str) -> DetectionId {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn some(text: &str) -> Option<Untrusted> {
    Some(Untrusted::new(text))
}

pub fn detection(name: &str, title: &str, severity: Severity) -> Detection {
    Detection {
        id: id(name),
        title: title.to_owned(),
        severity,
        status: Status::Stable,
        packs: vec!["daily".to_owned()],
        attack: vec![Attack { tactic: "TA0001".to_owned(), technique: "T1078.004".to_owned() }],
        cis: vec![],
        about: vec!["account_id".to_owned()],
        replaces: vec![],
        attempts: Attempts::No,
        says: String::new(),
        description: String::new(),
        benign: vec![],
        steps: vec![],
        references: vec![],
        lookback: Span::ZERO,
        align: Span::ZERO,
        needs: vec![],
        own_scan: false,
        params: BTreeMap::new(),
        sql: "SELECT 1".to_owned(),
        hash: "0123456789ab".to_owned(),
        origin: Origin::Shipped("x.sql".to_owned()),
    }
}

/// A root sign-in with all that a detection can say.
pub fn root_login() -> Detection {
    Detection {
        cis: vec!["4.3".to_owned()],
        description: "The root user can do everything in its account and no policy holds it back. Nobody needs it \
                      for daily work, so every sign-in deserves an explanation."
            .to_owned(),
        benign: vec!["A task that only root can do, announced in advance".to_owned()],
        steps: vec![
            "Ask the account's owner whether the sign-in was planned".to_owned(),
            "List the session's calls: trailbrief investigate --actor arn:aws:iam::111122223333:root --last 24h"
                .to_owned(),
            "If nobody answers for it: reset the password, remove access keys, check the MFA devices".to_owned(),
        ],
        references: vec![
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html".to_owned(),
        ],
        ..detection("iam.root-console-login", "Root user signed in to the console", Severity::Critical)
    }
}

pub fn finding(detection: &Detection, nth: u64) -> Finding {
    Finding {
        detection: detection.id.clone(),
        severity: detection.severity,
        state: FindingState::New,
        fingerprint: Fingerprint::of(&detection.id, &[Some(nth.to_string())]),
        says: Untrusted::new("root signed in to 111122223333 from 198.51.100.7"),
        event_time: Some(at("2026-03-10T04:12:07Z").plus(Span::from_s((nth as i64 * 137) % 70_000))),
        last_seen: None,
        occurrences: None,
        event_id: some(&format!("3fa85f64-5717-4562-b3fc-{nth:012}")),
        event_ids: vec![],
        account_id: some("111122223333"),
        account_name: Some("payments-prod".to_owned()),
        region: some("us-east-1"),
        actor: some("arn:aws:iam::111122223333:root"),
        action: some("ConsoleLogin"),
        resource: None,
        source_ip: some("198.51.100.7"),
        is_first: (nth == 1).then_some(true),
        united: Vec::new(),
        replaces: Vec::new(),
        details: vec![
            ("mfa_used".to_owned(), Value::Text("No".to_owned())),
            (
                "user_agent".to_owned(),
                Value::Text("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0".to_owned()),
            ),
        ],
    }
}

/// A brief of a daily run that found nothing and met no difficulty.
pub fn empty() -> Brief {
    Brief {
        run: RunFacts {
            id: "2026-03-11T00-15-daily-7f3a".to_owned(),
            schedule: Some("daily".to_owned()),
            engine: "embedded",
            window: Window::new(at("2026-03-10"), at("2026-03-11")).unwrap(),
            started: at("2026-03-11T00:15:00Z"),
            zone: Zone::default(),
            source: "s3://example-trail-logs/AWSLogs/o-exampleorgid/".to_owned(),
            files_read: 4_812,
            events_read: 1_204_331,
            events_in_window: 1_198_004,
            candidates: 2_113,
            duplicates_dropped: 417,
            bytes_scanned: 312_400_120,
            price: trailbrief::testing::domain::price::Price::default(),
            notes: vec![],
        },
        findings: vec![],
        stories: vec![],
        changes: None,
        roll_up: None,
        addresses: BTreeMap::new(),
        decisions: vec![],
        suppressed: vec![],
        suppressions: vec![],
        failures: vec![],
        undecidable: vec![],
        truncated: vec![],
        problems: vec![],
        coverage: Coverage {
            detections_answered: 43,
            accounts_seen: vec!["111122223333".to_owned(), "444455556666".to_owned()],
            regions_seen: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            ..Coverage::default()
        },
        detections: [root_login()].into_iter().map(|known| (known.id.clone(), known)).collect(),
    }
}

fn suppression(detection: &str, condition: &str, expires: &str, matched: u64) -> SuppressionUse {
    let expires = at(expires);
    SuppressionUse {
        suppression: Suppression {
            detection: detection.to_owned(),
            fingerprint: None,
            condition: condition.to_owned(),
            reason: "The scanner of the platform team".to_owned(),
            owner: "platform@example.com".to_owned(),
            expires,
            line: 12,
        },
        matched,
        ran: true,
        expired: expires <= at("2026-03-11T00:15:00Z"),
        error: None,
    }
}

/// A detection of a key that somebody made for somebody else.
fn key_for_other() -> Detection {
    Detection {
        benign: vec!["A key rotation by the owner".to_owned()],
        steps: vec!["Compare the actor with the key's owner".to_owned()],
        references: vec!["https://attack.mitre.org/techniques/T1098/001/".to_owned()],
        ..detection("iam.access-key-for-other-user", "Access key created for another user", Severity::High)
    }
}

/// A detection of many refused calls.
fn denied_burst() -> Detection {
    Detection {
        description:
            "Many refused calls by one actor are how somebody finds out what a stolen credential can do."
                .to_owned(),
        benign: vec!["A deployment whose role lost a permission".to_owned()],
        ..detection("recon.access-denied-burst", "Burst of refused calls", Severity::Medium)
    }
}

/// A late finding with a resource and an actor of its own.
fn late(detection: &Detection) -> Finding {
    Finding {
        says: Untrusted::new("ci-deploy created an access key for alice"),
        actor: some("arn:aws:sts::444455556666:assumed-role/Deploy/ci-deploy"),
        account_id: some("444455556666"),
        account_name: Some("web-staging".to_owned()),
        region: some("eu-west-1"),
        action: some("CreateAccessKey"),
        resource: some("arn:aws:iam::444455556666:user/alice"),
        state: FindingState::Late,
        event_time: Some(at("2026-03-09T23:58:41Z")),
        united: Vec::new(),
        details: vec![("key_id".to_owned(), Value::Text("AKIAIOSFODNN7EXAMPLE".to_owned()))],
        ..finding(detection, 3)
    }
}

/// A repeated finding of many events, with a detail of every type; the rest is that of another finding.
fn repeated(detection: &Detection, key: &Finding) -> Finding {
    Finding {
        says: Untrusted::new("ci-deploy was refused 214 times by 31 services"),
        state: FindingState::Repeated,
        event_time: Some(at("2026-03-10T09:00:02Z")),
        last_seen: Some(at("2026-03-10T09:59:48Z")),
        occurrences: Some(214),
        event_id: None,
        event_ids: vec![Untrusted::new("e-1"), Untrusted::new("e-2"), Untrusted::new("e-3")],
        action: None,
        united: Vec::new(),
        details: vec![
            ("services".to_owned(), Value::Integer(31)),
            ("share".to_owned(), Value::Number(0.97)),
            ("throttled".to_owned(), Value::Boolean(false)),
            ("session".to_owned(), Value::Null),
            (
                "top".to_owned(),
                Value::List(vec![
                    Value::Text("s3:ListBuckets".to_owned()),
                    Value::Text("ec2:Describe*".to_owned()),
                ]),
            ),
            ("codes".to_owned(), Value::Fields(vec![("AccessDenied".to_owned(), Value::Integer(200))])),
        ],
        ..Finding { detection: detection.id.clone(), severity: detection.severity, ..key.clone() }
    }
}

/// A brief with one of everything.
pub fn small() -> Brief {
    let (root, keys, denied) = (root_login(), key_for_other(), denied_burst());
    let key = late(&keys);
    let burst = repeated(&denied, &key);
    let held = Finding { state: FindingState::Suppressed, ..finding(&denied, 9) };
    Brief {
        findings: vec![finding(&root, 1), key, burst],
        stories: vec![stories::denied(), stories::root()],
        changes: None,
        roll_up: None,
        addresses: BTreeMap::new(),
        decisions: vec![],
        suppressed: vec![(held.clone(), 0), (held, 0)],
        suppressions: vec![
            suppression("recon.*", "actor LIKE '%/Scanner/%'", "2026-03-20", 2),
            suppression("s3.bucket-public", "", "2026-03-01", 0),
            suppression("ec2.*", "region = 'us-west-2'", "2026-12-31", 0),
        ],
        failures: vec![Failure {
            detection: id("s3.mass-delete"),
            reason: "the query ran out of time after 600 s".to_owned(),
            hint: Some("raise limits.query_timeout or narrow the window".to_owned()),
        }],
        undecidable: vec![undecidable(&root, "e-77", false), undecidable(&root, "e-78", true)],
        truncated: vec![truncated(&denied)],
        problems: vec![Problem {
            file: "444455556666_CloudTrail_eu-west-1_20260310T0905Z_x.json.gz".to_owned(),
            reason: "the gzip stream ends early".to_owned(),
            records: 31,
            uncounted: true,
        }],
        coverage: Coverage {
            idle: vec![(
                id("net.untrusted-console-login"),
                "the watch-list `trusted-cidrs` is empty".to_owned(),
            )],
            accounts_silent: vec!["777788889999".to_owned()],
            accounts_unknown: vec!["000011112222".to_owned()],
            regions_silent: vec!["ap-south-1".to_owned()],
            folders_skipped: vec![("CloudTrail-Digest".to_owned(), 288)],
            events_without_time: 2,
            events_sharing_id: 1,
            drift: vec![Drift {
                what: "the field `x` is not documented".to_owned(),
                records: 7,
                example: "AWSLogs/a.json.gz".to_owned(),
                detections: vec![id("iam.root-console-login")],
            }],
            ..empty().coverage
        },
        detections: [root, keys, denied].into_iter().map(|known| (known.id.clone(), known)).collect(),
        run: RunFacts {
            notes: vec!["Catching up 3 missed runs was capped at 24h; 48h were not read".to_owned()],
            ..empty().run
        },
    }
}

/// A brief of a run in which nothing could be checked.
pub fn failures_only() -> Brief {
    let mut brief = empty();
    brief.coverage.detections_answered = 0;
    brief.failures = ["iam.a", "iam.b", "s3.c"]
        .map(|name| Failure {
            detection: id(name),
            reason: "no access to s3://example-trail-logs: AccessDenied on ListObjectsV2".to_owned(),
            hint: Some(
                "allow s3:ListBucket and s3:GetObject for the run's role on the log bucket".to_owned(),
            ),
        })
        .to_vec();
    brief.run = RunFacts {
        files_read: 0,
        events_read: 0,
        events_in_window: 0,
        candidates: 0,
        bytes_scanned: 0,
        ..brief.run
    };
    brief
}
