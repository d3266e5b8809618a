//! What a brief says around its findings: what changed, what was decided, suppressed and covered.

use super::{
    Part, Read,
    contents::{fingerprint, standing, story_id},
};
use crate::domain::{
    brief::{BaselineFacts, Coverage, Drift, MissingRegion},
    changes::{Changes, StillThere, StoryChange, Undone},
    decision::{Decision, Subject, Verdict},
    finding::Fingerprint,
    nothing_to_read::{NothingToRead, Unread},
    roll_up::{LeftOutPack, ReportedStory, RollUp, ScheduleReport},
    severity::Severity,
    suppression::{Suppression, SuppressionUse},
    waiting::Waiting,
};
use crate::render::json::changes::GONE;

pub(super) fn changes(it: Part<'_>) -> Read<Changes> {
    Ok(Changes {
        since: it.maybe_parsed("since")?,
        new: it.list("new", change)?,
        grown: it.list("grown", change)?,
        quiet: it.list("quiet", change)?,
        undone: it.list("undone", undone)?,
        still_there: it.list("still_there", still_there)?,
        waiting: it.list("waiting", |it| {
            Ok(Waiting {
                fingerprint: fingerprint(it)?,
                severity: it.parsed("severity")?,
                says: it.text("says")?,
                at: it.maybe_parsed("last_seen")?,
                // The JSON of a brief does not hold this: it decided who got the brief.
                only_continues: false,
            })
        })?,
        decisions: it.list("decisions", decision)?,
    })
}

fn change(it: Part<'_>) -> Read<StoryChange> {
    Ok(StoryChange {
        story: story_id(it, "story")?,
        person: it.untrusted("person")?,
        severity: it.parsed("severity")?,
        first: it.maybe_parsed("first_seen")?,
        last: it.maybe_parsed("last_seen")?,
    })
}

fn undone(it: Part<'_>) -> Read<Undone> {
    let is_gone = it.maybe_text("standing")?.is_none_or(|standing| standing == GONE);
    Ok(Undone {
        story: story_id(it, "story")?,
        person: it.untrusted("person")?,
        severity: it.parsed("severity")?,
        what: it.untrusted("what")?,
        standing: if is_gone { None } else { Some(standing(it)?) },
        by: it.untrusted("by")?,
        at: it.maybe_parsed("time")?,
        event_id: it.untrusted("event_id")?,
    })
}

fn still_there(it: Part<'_>) -> Read<StillThere> {
    Ok(StillThere {
        story: story_id(it, "story")?,
        person: it.untrusted("person")?,
        severity: it.parsed("severity")?,
        what: it.untrusted("what")?,
        standing: standing(it)?,
        account: it.untrusted("account_id")?,
        since: it.maybe_parsed("since")?,
        acknowledged_by: it.maybe_text("acknowledged_by")?,
    })
}

pub(super) fn decision(it: Part<'_>) -> Read<Decision> {
    Ok(Decision {
        subject: it.must("subject", |value| Subject::from_text(value.as_str()?))?,
        verdict: it.named("verdict", &[Verdict::Acknowledged, Verdict::Suppressed], Verdict::as_str)?,
        reason: it.text("reason")?,
        by: it.text("by")?,
        made: it.parsed("made")?,
        expires: it.parsed("expires")?,
    })
}

pub(super) fn suppression(it: Part<'_>) -> Read<Suppression> {
    Ok(Suppression {
        detection: it.text("detection")?,
        fingerprint: it.may("fingerprint", |value| Fingerprint::from_stored(value.as_str()?))?,
        condition: it.text("condition")?,
        reason: it.text("reason")?,
        owner: it.text("owner")?,
        expires: it.parsed("expires")?,
        line: usize::try_from(it.number("line")?).unwrap_or_default(),
    })
}

pub(super) fn usage(it: Part<'_>) -> Read<SuppressionUse> {
    Ok(SuppressionUse {
        suppression: suppression(it)?,
        matched: it.number("matched")?,
        // Programs that did not say it showed every suppression as one that ran.
        ran: it.flag("ran")?.unwrap_or(true),
        expired: it.flag("expired")?.unwrap_or_default(),
        error: it.maybe_text("error")?,
    })
}

pub(super) fn roll_up(it: Part<'_>) -> Read<RollUp> {
    let average = |key: &'static str| -> Read<[f64; 5]> {
        let of = it.part(key);
        let mut averages = [0.0; 5];
        for severity in Severity::ALL {
            averages[severity as usize] = of.amount(severity.as_str())?;
        }
        Ok(averages)
    };
    Ok(RollUp {
        since: it.parsed("since")?,
        schedules: it.list("schedules", schedule)?,
        trend: [average("average_7_days")?, average("average_30_days")?],
    })
}

fn schedule(it: Part<'_>) -> Read<ScheduleReport> {
    let mut findings = [0; 5];
    for severity in Severity::ALL {
        findings[severity as usize] = it.part("findings").number(severity.as_str())?;
    }
    Ok(ScheduleReport {
        schedule: it.text("schedule")?,
        briefs: it.number("briefs")?,
        findings,
        suppressed: it.number("suppressed")?,
        unanswered: it.strings("unanswered")?.into_iter().collect(),
        cost_usd: it.amount("cost_usd")?,
        stories: it.list("stories", |it| {
            Ok(ReportedStory {
                story: it.text("story")?,
                title: it.untrusted("title")?,
                severity: it.parsed("severity")?,
                first: it.maybe_parsed("first_seen")?,
                last: it.maybe_parsed("last_seen")?,
                left: it.untrusted_list("left_behind")?,
                acknowledged_by: it.maybe_text("acknowledged_by")?,
            })
        })?,
        trouble: it.maybe_text("trouble")?.into_iter().collect(),
    })
}

pub(super) fn coverage(it: Part<'_>) -> Read<Coverage> {
    let baseline = it.part("baseline");
    Ok(Coverage {
        detections_answered: it.number("detections_answered")?,
        idle: it.list("idle", |it| Ok((it.parsed("detection")?, it.text("reason")?)))?,
        nothing_to_read: it.maybe("nothing_to_read", |it| {
            Ok(NothingToRead {
                since: it.parsed("since")?,
                detections: it.list("detections", |it| {
                    Ok(Unread {
                        detection: it.parsed("detection")?,
                        sources: it.strings("sources")?,
                        data_events: it.flag("data_events")?.unwrap_or_default(),
                    })
                })?,
            })
        })?,
        baseline: BaselineFacts {
            since: baseline.maybe_parsed("since")?,
            learns_until: baseline.maybe_parsed("learns_until")?,
            habits: baseline.number("habits")?,
            left_out: baseline.number("left_out")?,
        },
        packs_left_out: it.list("packs_left_out", |it| {
            Ok(LeftOutPack {
                pack: it.text("pack")?,
                detections: it.number("detections")?,
                worst: it.parsed("worst")?,
                schedules: it.strings("schedules")?,
            })
        })?,
        accounts_seen: it.strings("accounts_seen")?,
        accounts_silent: it.strings("accounts_silent")?,
        accounts_missing: it.strings("accounts_missing")?,
        accounts_unknown: it.strings("accounts_unknown")?,
        regions_seen: it.strings("regions_seen")?,
        regions_silent: it.strings("regions_silent")?,
        regions_missing: it.list("regions_missing", |it| {
            Ok(MissingRegion {
                account: it.text("account")?,
                region: it.text("region")?,
                last_file: it.parsed("last_file")?,
            })
        })?,
        days_silent: it.strings("days_silent")?,
        folders_skipped: it.list("folders_skipped", |it| Ok((it.text("folder")?, it.number("count")?)))?,
        events_without_time: it.number("events_without_time")?,
        events_too_late: it.list("events_too_late", |it| Ok((it.text("account")?, it.number("events")?)))?,
        files_passed_over: it.number("files_passed_over")?,
        delivered_until: it.maybe_parsed("delivered_until")?,
        folders_unlisted: it.number("folders_unlisted")?,
        events_sharing_id: it.number("events_sharing_id")?,
        drift: it.list("drift", |it| {
            Ok(Drift {
                what: it.text("what")?,
                records: it.number("records")?,
                example: it.text("example")?,
                detections: it.texts("detections", |text| text.parse().ok())?,
            })
        })?,
        skipped: it.list("skipped", Part::window)?,
        searched_until: it.maybe_parsed("searched_until")?,
    })
}
