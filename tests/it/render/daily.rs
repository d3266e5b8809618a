//! A daily brief: what changed since the last one, what the other schedules reported, what people decided.

use std::collections::BTreeSet;

use trailbrief::testing::domain::{
    brief::{Brief, Coverage, MissingRegion, NothingToRead, Unread},
    changes::{Changes, StillThere, StoryChange, Undone},
    decision::{Decision, Subject, Verdict},
    finding::Fingerprint,
    roll_up::{LeftOutPack, ReportedStory, RollUp, ScheduleReport},
    severity::Severity,
    story::{Standing, Story, StoryId, StoryState},
    time::Window,
    untrusted::Untrusted,
    waiting::Waiting,
};
use trailbrief::testing::render;

use super::{
    sample::{at, id, small},
    stories,
};

fn text(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn change(person: &str) -> StoryChange {
    StoryChange {
        story: StoryId::of(person),
        person: text(person),
        severity: Severity::High,
        first: Some(at("2026-03-10T04:12:07Z")),
        last: Some(at("2026-03-10T04:40:00Z")),
    }
}

fn undone(what: &str, standing: Option<Standing>) -> Undone {
    Undone {
        story: StoryId::of("ci-deploy"),
        person: text("ci-deploy"),
        severity: Severity::Critical,
        what: text(what),
        standing,
        by: text("alice"),
        at: Some(at("2026-03-10T08:00:00Z")),
        event_id: text("00000000-0000-4000-8000-000000000004"),
    }
}

fn decision(subject: Subject, verdict: Verdict) -> Decision {
    Decision {
        subject,
        verdict,
        reason: "INC-7: planned".to_owned(),
        by: "bob".to_owned(),
        made: at("2026-03-10T09:00:00Z"),
        expires: at("2026-04-09T09:00:00Z"),
    }
}

/// What changed, with one of everything.
fn changes() -> Changes {
    Changes {
        since: Some(at("2026-03-10T00:00:00Z")),
        new: vec![change("root user")],
        grown: vec![change("ci-deploy")],
        quiet: vec![change("maria"), change("tomas")],
        undone: vec![
            undone("console password of user support-bot", None),
            undone("access key AKIAEXAMPLE of user support-bot", Some(Standing::Paused)),
            undone("policy of secret prod/db", Some(Standing::Check)),
        ],
        still_there: vec![StillThere {
            story: StoryId::of("ci-deploy"),
            person: text("ci-deploy"),
            severity: Severity::Critical,
            what: text("stopped trail web-shop-audit"),
            standing: Standing::Present,
            account: text("555566667777"),
            since: Some(at("2026-03-09T23:58:00Z")),
            acknowledged_by: Some("bob".to_owned()),
        }],
        waiting: vec![Waiting {
            fingerprint: Fingerprint::of(&id("iam.root-console-login"), &[Some("7".to_owned())]),
            severity: Severity::Low,
            says: "ann listed the users of 111122223333".to_owned(),
            at: Some(at("2026-03-10T03:00:00Z")),
            only_continues: false,
        }],
        decisions: vec![
            decision(Subject::Story(StoryId::of("ci-deploy")), Verdict::Acknowledged),
            decision(
                Subject::Finding(Fingerprint::of(&id("s3.mass-delete"), &[Some("8".to_owned())])),
                Verdict::Suppressed,
            ),
        ],
    }
}

/// What the other schedules reported; the briefs of one could not be read.
fn roll_up() -> RollUp {
    RollUp {
        since: at("2026-03-10T00:00:00Z"),
        schedules: vec![
            ScheduleReport {
                schedule: "hourly".to_owned(),
                briefs: 24,
                findings: [0, 3, 2, 1, 1],
                suppressed: 5,
                unanswered: ["s3.mass-delete".to_owned()].into(),
                cost_usd: 0.25,
                stories: vec![ReportedStory {
                    story: "0123456789abcdef".to_owned(),
                    title: text("ci-deploy (web-shop) stopped trail web-shop-audit"),
                    severity: Severity::Critical,
                    first: Some(at("2026-03-09T22:05:00Z")),
                    last: Some(at("2026-03-09T23:58:00Z")),
                    left: vec![text("stopped trail web-shop-audit")],
                    acknowledged_by: Some("bob".to_owned()),
                }],
                trouble: Vec::new(),
            },
            ScheduleReport {
                schedule: "weekly".to_owned(),
                trouble: vec!["the archive cannot be read: AccessDenied".to_owned()],
                ..ScheduleReport::default()
            },
        ],
        trend: [[0.0, 4.0, 1.5, 0.5, 0.0], [0.0, 2.0, 0.75, 0.25, 0.1]],
    }
}

/// The brief of a daily schedule.
pub fn daily() -> Brief {
    let mut brief = small();
    brief.stories = vec![Story { state: StoryState::Grown, ..stories::root() }, stories::denied()];
    brief.changes = Some(changes());
    brief.roll_up = Some(roll_up());
    brief.decisions = changes().decisions;
    brief.coverage = Coverage {
        packs_left_out: vec![LeftOutPack {
            pack: "hourly".to_owned(),
            detections: 27,
            worst: Severity::Critical,
            schedules: vec!["hourly".to_owned()],
        }],
        accounts_missing: vec!["222233334444".to_owned()],
        regions_missing: vec![MissingRegion {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            last_file: at("2026-03-10T12:25:00Z"),
        }],
        nothing_to_read: Some(NothingToRead {
            since: at("2026-02-09"),
            detections: [
                ("s3.mass-read", "s3", true),
                ("backup.a", "backup", false),
                ("backup.b", "backup", false),
            ]
            .map(|(detection, service, data_events)| Unread {
                detection: id(detection),
                sources: vec![format!("{service}.amazonaws.com")],
                data_events,
            })
            .to_vec(),
        }),
        days_silent: vec!["2026-03-10".to_owned()],
        events_too_late: vec![("444455556666".to_owned(), 12)],
        files_passed_over: 3,
        folders_unlisted: 1,
        delivered_until: Some(at("2026-03-11T00:10:00Z")),
        skipped: vec![Window::new(at("2026-03-08"), at("2026-03-09")).unwrap()],
        searched_until: Some(at("2026-03-10T20:00:00Z")),
        ..brief.coverage
    };
    brief
}

/// Puts other texts into what changed, what was reported and what was decided.
pub fn scribble(brief: &mut Brief, text: &mut impl FnMut() -> String) {
    let mut decided: Vec<&mut Decision> = brief.decisions.iter_mut().collect();
    if let Some(changes) = &mut brief.changes {
        let Changes { since: _, new, grown, quiet, undone, still_there, waiting, decisions } = changes;
        for change in new.iter_mut().chain(grown).chain(quiet) {
            change.person = Untrusted::new(text());
        }
        for undone in undone {
            (undone.person, undone.what) = (Untrusted::new(text()), Untrusted::new(text()));
            (undone.by, undone.event_id) = (Untrusted::new(text()), Untrusted::new(text()));
        }
        for thing in still_there {
            (thing.person, thing.what) = (Untrusted::new(text()), Untrusted::new(text()));
            (thing.account, thing.acknowledged_by) = (Untrusted::new(text()), Some(text()));
        }
        waiting.iter_mut().for_each(|it| it.says = text());
        decided.extend(decisions);
    }
    for decision in decided {
        (decision.reason, decision.by) = (text(), text());
    }
    for report in brief.roll_up.iter_mut().flat_map(|roll_up| &mut roll_up.schedules) {
        (report.schedule, report.unanswered) = (text(), [text()].into());
        report.trouble.iter_mut().for_each(|trouble| *trouble = text());
        for story in &mut report.stories {
            (story.story, story.title) = (text(), Untrusted::new(text()));
            (story.left, story.acknowledged_by) = (vec![Untrusted::new(text())], Some(text()));
        }
    }
    for pack in &mut brief.coverage.packs_left_out {
        (pack.pack, pack.schedules) = (text(), vec![text()]);
    }
}

/// The keys of objects, with those inside of them. What a detection named itself is not a key.
fn keys(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.insert(key.clone());
                if !["details", "cost"].contains(&key.as_str()) {
                    keys(value, found);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_page_shows_every_key_of_the_json() {
    // What tells programs apart, not people: the shape, the order of steps, the text of a detection.
    const FOR_PROGRAMS: [&str; 5] = ["schema_version", "weight", "succeeded", "hash", "count"];
    const SCRIPT: &str = include_str!("../../../templates/report/report.js");
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(&render::json(&daily())).unwrap(), &mut found);
    let words: BTreeSet<&str> = SCRIPT.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let missing = found.iter().filter(|key| !words.contains(key.as_str()));
    let missing: Vec<&String> = missing.filter(|key| !FOR_PROGRAMS.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "report.html does not show {missing:?}");
}
