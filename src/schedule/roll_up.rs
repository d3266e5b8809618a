//! What a daily brief says of the other schedules, from their archived briefs and their states.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Observer, claimed_run::ClaimedRun};
use crate::{
    domain::{
        decision::{Decision, acknowledged_by},
        open_story::OpenStories,
        roll_up::{BySeverity, ReportedStory, RollUp, ScheduleReport, sum},
        severity::Severity,
        state::State,
        story::StoryId,
        time::{Span, Timestamp},
        untrusted::Untrusted,
    },
    run::scheduled_id,
    store::ArchivedBriefs,
    user_error::UserError,
};

/// The most briefs of a schedule that are read.
const MAX_BRIEFS: usize = 300;

/// The most stories of a schedule that a brief names.
const MAX_STORIES: usize = 20;

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// What the other schedules reported since the last brief of this one; `None` if it runs more often than once a day.
    pub(super) async fn roll_up(
        &self,
        (at, every): (Timestamp, Span),
        before: &State,
        decisions: &[Decision],
    ) -> Option<RollUp> {
        if every < Span::DAY {
            return None;
        }
        let since = before.last_sent.unwrap_or(at.minus(every));
        let (mut schedules, mut tallies) = (Vec::new(), vec![before.tally.clone()]);
        let names = self.run.app.config.schedules.keys().filter(|name| *name != self.run.schedule);
        for name in names {
            let (state, unread) = match self.run.store.peek(name).await {
                Ok(state) => (state, None),
                Err(error) => (State::default(), Some(UserError::from(error).line())),
            };
            // The second name follows those of all runs up to then.
            let runs = (scheduled_id(name, since), format!("{}~", scheduled_id(name, at)));
            let mut report = match self.run.store.archived(name, (&runs.0, &runs.1), MAX_BRIEFS).await {
                Ok(archived) => report(&archived, since, &state.stories, (at, decisions)),
                Err(error) => ScheduleReport {
                    trouble: vec![UserError::from(error).line()],
                    ..ScheduleReport::default()
                },
            };
            report.trouble.extend(unread.map(|why| format!("what its stories left is unknown: {why}")));
            if report != ScheduleReport::default() || state.last_delivered.is_some() {
                schedules.push(ScheduleReport { schedule: name.clone(), ..report });
            }
            tallies.push(state.tally);
        }
        let trend = [7, 30].map(|days| average(&tallies, since, days));
        Some(RollUp { since, schedules, trend })
    }
}

/// New findings a day, on average, over this many days before a time.
#[expect(clippy::cast_precision_loss, reason = "an average is shown with one digit")]
fn average(tallies: &[BTreeMap<String, BySeverity>], until: Timestamp, days: i64) -> [f64; 5] {
    let (from, until) = (until.minus(Span::from_s(days * 86_400)).day().to_string(), until.day().to_string());
    let within = |day: &String| *day >= from && *day < until;
    let counts = tallies.iter().flatten().filter(|(day, _)| within(day)).map(|(_, counts)| *counts);
    sum(counts).map(|count| count as f64 / days as f64)
}

/// What the briefs of a schedule reported since a time.
fn report(
    archived: &ArchivedBriefs,
    since: Timestamp,
    open: &OpenStories,
    (at, decisions): (Timestamp, &[Decision]),
) -> ScheduleReport {
    let mut report = ScheduleReport::default();
    let mut damaged = archived.damaged;
    let (mut findings, mut suppressed) = (BTreeMap::new(), BTreeSet::new());
    let mut stories: BTreeMap<String, ReportedStory> = BTreeMap::new();
    // The oldest first, so that the latest title of a story stays.
    for json in archived.briefs.iter().rev() {
        let brief = serde_json::from_str::<Value>(json).unwrap_or_default();
        let end = brief["run"]["window"]["end"].as_str().and_then(|end| end.parse::<Timestamp>().ok());
        damaged += u64::from(end.is_none());
        if end.is_none_or(|end| end <= since) {
            continue;
        }
        report.briefs += 1;
        report.cost_usd += brief["run"]["cost_usd"].as_f64().unwrap_or(0.0);
        let all = |key: &str| brief[key].as_array().cloned().unwrap_or_default();
        for finding in all("findings").iter().filter(|finding| finding["state"] != "repeated") {
            if let (Some(id), Some(severity)) = (text(finding, "fingerprint"), severity(finding)) {
                findings.insert(id, severity);
            }
        }
        suppressed.extend(all("suppressed").iter().filter_map(|finding| text(finding, "fingerprint")));
        report.unanswered.extend(all("failures").iter().filter_map(|failure| text(failure, "detection")));
        for story in all("stories").iter().filter(|story| story["state"] != "repeated") {
            if let Some(reported) = reported(story) {
                stories.insert(reported.story.clone(), reported);
            }
        }
    }
    for severity in findings.values() {
        report.findings[*severity as usize] += 1;
    }
    report.suppressed = suppressed.len() as u64;
    report.stories = stories.into_values().map(|story| with_open(story, open, (at, decisions))).collect();
    report.stories.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| (a.first, &a.story).cmp(&(b.first, &b.story)))
    });
    let more = report.stories.len().saturating_sub(MAX_STORIES) as u64;
    report.stories.truncate(MAX_STORIES);
    let missing = [
        (damaged, "damaged brief", "damaged briefs"),
        (archived.left_out, "older brief", "older briefs"),
        (more, "less severe story", "less severe stories"),
    ];
    let missing = missing.into_iter().filter(|(count, ..)| *count > 0);
    let name = |(count, one, many)| format!("{count} {}", if count == 1 { one } else { many });
    report.trouble.extend(missing.map(name));
    report
}

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

fn severity(value: &Value) -> Option<Severity> {
    value["severity"].as_str()?.parse().ok()
}

fn reported(story: &Value) -> Option<ReportedStory> {
    let time = |key: &str| story[key].as_str()?.parse::<Timestamp>().ok();
    Some(ReportedStory {
        story: text(story, "id")?,
        title: Untrusted::new(text(story, "title")?),
        severity: severity(story)?,
        first: time("first_seen"),
        last: time("last_seen"),
        left: Vec::new(),
        acknowledged_by: None,
    })
}

/// The story with what is left of it now, and who takes care of it.
fn with_open(
    mut story: ReportedStory,
    open: &OpenStories,
    (at, decisions): (Timestamp, &[Decision]),
) -> ReportedStory {
    let Some(id) = StoryId::from_stored(&story.story) else { return story };
    if let Some(known) = open.stories.get(&id) {
        story.left = known.left.iter().map(|thing| Untrusted::new(thing.what.clone())).collect();
        story.severity = story.severity.max(known.severity);
    }
    story.acknowledged_by = acknowledged_by(decisions, &id, at).map(str::to_owned);
    story
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decision::{Subject, Verdict};

    fn brief(end: &str, state: &str, finding: char) -> String {
        let fingerprint = finding.to_string().repeat(32);
        let story = StoryId::of("alice");
        let severity = if state == "repeated" { "low" } else { "high" };
        format!(
            r#"{{"run":{{"window":{{"end":"{end}"}},"cost_usd":0.25}},
                "findings":[{{"fingerprint":"{fingerprint}","severity":"{severity}","state":"{state}"}}],
                "suppressed":[{{"fingerprint":"f"}}],"failures":[{{"detection":"a.b"}}],
                "stories":[{{"id":"{story}","title":"alice {finding}","severity":"high","state":"{state}","first_seen":"2026-03-10T01:00:00Z"}}]}}"#
        )
    }

    #[test]
    fn a_schedule_reported_each_finding_and_story_once_since_the_last_daily_brief() {
        let since = "2026-03-10T06:00:00Z".parse().unwrap();
        // The newest first, as the archive gives them.
        let briefs = [
            brief("2026-03-10T09:00:00Z", "repeated", 'c'),
            brief("2026-03-10T08:00:00Z", "new", 'b'),
            brief("2026-03-10T07:00:00Z", "late", 'b'),
            "half".to_owned(),
            brief("2026-03-10T06:00:00Z", "new", 'a'),
        ];
        let archived = ArchivedBriefs { briefs: briefs.into(), left_out: 2, damaged: 1 };
        let decision = Decision {
            subject: Subject::Story(StoryId::of("alice")),
            verdict: Verdict::Acknowledged,
            reason: "r".to_owned(),
            by: "carol".to_owned(),
            made: since,
            expires: since.plus(Span::HOUR),
        };
        let at = |hours: i64| since.plus(Span::from_s(hours * 3_600));
        let of =
            |hours, decision| report(&archived, since, &OpenStories::default(), (at(hours), &[decision]));
        assert_eq!(of(1, decision.clone()).stories[0].acknowledged_by, None, "it has expired");
        let report = of(0, decision);
        assert_eq!(report.stories[0].acknowledged_by.as_deref(), Some("carol"));
        assert_eq!(report.trouble, ["2 damaged briefs", "2 older briefs"]);
        assert_eq!((report.briefs, report.findings, report.suppressed), (3, [0, 0, 0, 1, 0], 1));
        assert_eq!(report.unanswered, ["a.b".to_owned()].into());
        assert!((report.cost_usd - 0.75).abs() < 1e-9);
        let titles: Vec<&str> = report.stories.iter().map(|story| story.title.raw()).collect();
        assert_eq!(titles, ["alice b"]);
    }

    #[test]
    fn a_trend_is_an_average_of_the_days_before() {
        let tally = |entries: &[(&str, u64)]| -> BTreeMap<String, BySeverity> {
            entries.iter().map(|(day, n)| ((*day).to_owned(), [0, 0, 0, 0, *n])).collect()
        };
        let tallies = [
            tally(&[("2026-03-09", 7), ("2026-03-10", 99)]),
            tally(&[("2026-03-03", 7), ("2026-03-02", 16)]),
        ];
        let until = "2026-03-10T06:00:00Z".parse().unwrap();
        assert_eq!(average(&tallies, until, 7)[4].to_string(), "2");
        assert_eq!(average(&tallies, until, 30)[4].to_string(), "1");
    }
}
