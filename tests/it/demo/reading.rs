//! What a reader gets of the sample's brief.

use trailbrief::testing::{
    domain::severity::Severity,
    render::{self, TextStyle},
};

use super::briefed;

#[test]
fn the_first_nine_hundred_words_say_what_to_do() {
    let text = render::text(&briefed().1, TextStyle::default());
    let (top, _) = text.split_once("CONTAINMENT \u{2500}").unwrap();
    let words: Vec<&str> = top.split_whitespace().collect();
    assert!(words.len() <= 900, "{} words", words.len());
    let top = words.join(" ");
    for part in [
        // Who did it, from when to when, from where.
        "1. maria (IAM user) in payments (444455556666) [critical, new] 03-10 18:31 \u{2013} 20:30 UTC, from 2001:db8:bad::17 (outside the trusted",
        "2. ci-deploy (IAM user) in web-shop (555566667777) [critical, new] 03-10 22:05 \u{2013} 23:58 UTC, from 203.0.113.66 (outside the trusted networks, aws-cli 2.28.4 on kali)",
        "3. tomas (IAM user) in sandbox (666677778888) [critical, new] 03-11 14:02",
        "4. root user in management (111122223333) [critical, new] 03-11 03:08",
        "[critical, new] 03-11 09:26 UTC",
        // What, in order.
        "18:42 set a new console password for carlos 18:55",
        "22:31 created access key",
        "23:58 stopped trail web-shop-audit",
        // What is left, and the first command with the exact identity.
        "new console password of user carlos",
        "administrator rights of user support-bot",
        "$ aws iam update-access-key --user-name maria --access-key-id AKIA",
        "$ aws iam update-access-key --user-name ci-deploy --access-key-id AKIA",
        "$ aws iam update-access-key --user-name tomas --access-key-id AKIA",
        "as root, change password and MFA and delete the keys; for a member account: `aws sts assume-root`",
        // What is probably harmless, and why.
        "stories in 5 accounts)",
        "harmless if: An application and its logs are being removed",
        "18 findings, most of them because",
    ] {
        assert!(top.contains(part), "the beginning lacks: {part}\n{top}");
    }
}

#[test]
fn the_json_of_the_demo_fits_its_schema() {
    crate::render::schema::check(&briefed().1);
}

#[test]
fn the_mail_of_the_demo_explains_what_is_critical_and_high() {
    let brief = &briefed().1;
    let mail = render::html(brief).unwrap();
    assert!(mail.len() <= 96_000, "{} bytes", mail.len());
    let fired = brief.detections.values().filter(|detection| {
        detection.severity >= Severity::High
            && brief.findings.iter().any(|finding| finding.detection == detection.id)
    });
    let steps = fired.filter(|detection| !detection.steps.is_empty()).count();
    assert!(mail.matches("First steps").count() >= steps, "{steps} detections have steps");
}

/// `.ci/picture` makes the picture.
#[test]
fn the_picture_in_the_readme_is_that_of_the_demo_and_small() {
    let json: serde_json::Value = serde_json::from_str(&render::json(&briefed().1)).unwrap();
    let shown = format!("![The demo's brief: {}](docs/brief.png)", json["headline"].as_str().unwrap());
    let readme = std::fs::read_to_string("README.md").unwrap();
    assert!(readme.contains(&shown), "make the picture again, and write in README.md: {shown}");
    assert!(readme.lines().take(10).any(|line| line == shown), "on the first screen");
    let picture = std::fs::read("docs/brief.png").unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < 100_000, "{} bytes", picture.len());
}
