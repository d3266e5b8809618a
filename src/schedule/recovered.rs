//! A schedule whose state was lost continues from its newest archived briefs.

use serde_json::Value;

use super::{Observer, claimed_run::ClaimedRun, scheduled};
use crate::{
    domain::{
        changes::Undone,
        detection::DetectionId,
        finding::Fingerprint,
        severity::Severity,
        story::{Standing, StoryId},
        time::{Timestamp, Window},
        undecidable::{Undecidable, UndecidableEvent},
        untrusted::Untrusted,
        waiting::{MAX_WAITING, Waiting},
    },
    run::scheduled_id,
    user_error::UserError,
};

/// How many briefs are read: their findings are not reported again.
const BRIEFS: usize = 4;

/// What an archived brief says of its run.
#[derive(Debug, PartialEq, Eq)]
struct Archived {
    run: String,
    window: Window,
    /// Up to when it searched: the end of its window, unless it read no event or was still catching up.
    searched_until: Timestamp,
    /// Detections that gave no answer, or found more than the brief holds: they kept their watermarks.
    held: Vec<DetectionId>,
    /// What it reported, each with the time of its last event.
    reported: Vec<(Fingerprint, Timestamp)>,
    /// What was new in it or waited for it. Whether a channel got it, nobody knows any more.
    waiting: Vec<Waiting>,
}

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Continues from the briefs that were archived before the run that is open, if the schedule has no state.
    pub(super) async fn recover(&mut self) -> Result<(), UserError> {
        let has_run = !self.state.watermarks.is_empty() || self.state.last_delivered.is_some();
        let Some(open) = self.state.open.clone().filter(|_| !has_run) else { return Ok(()) };
        let (run, schedule) = (self.run, self.run.schedule);
        // The open run may have archived its own brief, which may not have been delivered.
        let before = scheduled_id(schedule, open.at);
        let archived = run.store.archived(schedule, ("", &before), BRIEFS).await?;
        let briefs: Vec<Archived> = archived.briefs.iter().filter_map(|json| read(json)).collect();
        let Some(newest) = briefs.first() else { return Ok(()) };
        for detection in scheduled(run.app, schedule)?.0 {
            let is_held = newest.held.contains(&detection.id);
            let until = if is_held { newest.window.start() } else { newest.searched_until };
            self.state.watermarks.insert(detection.id.clone(), until);
        }
        for (fingerprint, time) in briefs.iter().flat_map(|brief| &brief.reported) {
            let last = self.state.seen.entry(fingerprint.clone()).or_insert(*time);
            *last = (*last).max(*time);
        }
        if !run.channels.is_empty() {
            self.state.waiting = newest.waiting.iter().take(MAX_WAITING).cloned().collect();
        }
        let note = format!(
            "the state of `{schedule}` was lost: it continues from its newest archived brief, {}, which searched up to {}. What \
             that brief reported is named once more, and what only older briefs reported may be reported again",
            newest.run, newest.searched_until
        );
        self.notes.add_and_keep(note, &mut self.claim);
        Ok(self.claim.save(&self.state).await?)
    }
}

/// Reads a brief's JSON; `None` if it is not one.
fn read(json: &str) -> Option<Archived> {
    let brief: Value = serde_json::from_str(json).ok()?;
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let time = |value: &Value, key: &str| value[key].as_str()?.parse::<Timestamp>().ok();
    let window = &brief["run"]["window"];
    let finding = |finding: &Value| {
        let fingerprint = Fingerprint::from_stored(finding["fingerprint"].as_str()?)?;
        Some((fingerprint, time(finding, "last_seen").or_else(|| time(finding, "event_time"))?))
    };
    let detection = |entry: &Value| entry["detection"].as_str()?.parse().ok();
    let window = Window::new(time(window, "start")?, time(window, "end")?).ok()?;
    // Without any event, the brief does not show whether there were logs: that time is searched again.
    let read_nothing = ["events_read", "candidates"].iter().all(|key| brief["run"][key] == 0);
    let caught_up = time(&brief["coverage"], "searched_until").unwrap_or(window.end());
    Some(Archived {
        run: text(&brief["run"], "id")?,
        window,
        searched_until: if read_nothing { window.start() } else { caught_up.min(window.end()) },
        held: ["failures", "truncated"]
            .iter()
            .filter_map(|key| brief[key].as_array())
            .flatten()
            .filter_map(detection)
            .collect(),
        reported: brief["findings"].as_array()?.iter().filter_map(finding).collect(),
        waiting: waiting(&brief),
    })
}

/// What waits if no channel got a brief: the worst first.
fn waiting(brief: &Value) -> Vec<Waiting> {
    let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let text = |of: &Value, key: &str| of[key].as_str().map(str::to_owned);
    let time = |of: &Value, key: &str| of[key].as_str()?.parse::<Timestamp>().ok();
    let severity = |of: &Value| of["severity"].as_str()?.parse::<Severity>().ok();
    let named = |finding: &Value| {
        Some(Waiting {
            fingerprint: Fingerprint::from_stored(finding["fingerprint"].as_str()?)?,
            severity: severity(finding).unwrap_or(Severity::Critical),
            says: text(finding, "says").unwrap_or_default(),
            at: time(finding, "last_seen").or_else(|| time(finding, "event_time")),
            only_continues: false,
        })
    };
    let undecidable = |it: &Value| {
        let event = UndecidableEvent {
            event_time: time(it, "event_time"),
            event_id: text(it, "event_id").map(Untrusted::new),
            account_id: text(it, "account_id").map(Untrusted::new),
            file: None,
            reason: text(it, "reason").unwrap_or_default(),
        };
        let detection = it["detection"].as_str()?.parse().ok()?;
        let undecidable = Undecidable { detection, event, repeated: false };
        Some(Waiting::undecidable(&undecidable, severity(it).unwrap_or(Severity::Critical)))
    };
    let undone = |it: &Value| {
        let undone = Undone {
            story: StoryId::from_stored(it["story"].as_str()?)?,
            person: Untrusted::new(text(it, "person")?),
            severity: severity(it)?,
            what: Untrusted::new(text(it, "what")?),
            standing: (it["standing"] == Standing::Paused.as_str()).then_some(Standing::Paused),
            by: Untrusted::new(text(it, "by")?),
            at: time(it, "time"),
            event_id: Untrusted::new(text(it, "event_id")?),
        };
        Some(Waiting::undone(&undone))
    };
    let is_new = |it: &Value| it["state"] != "repeated";
    let is_undone = |it: &Value| it["standing"] != Standing::Check.as_str();
    let fresh = all(&brief["findings"]).into_iter().filter(is_new).chain(all(&brief["changes"]["waiting"]));
    let undecided = all(&brief["undecidable"]).into_iter().filter(is_new);
    let gone = all(&brief["changes"]["undone"]).into_iter().filter(is_undone);
    let mut waiting: Vec<Waiting> = fresh.filter_map(|it| named(&it)).collect();
    waiting.extend(undecided.filter_map(|it| undecidable(&it)));
    waiting.extend(gone.filter_map(|it| undone(&it)));
    waiting.sort_by_key(|it| std::cmp::Reverse(it.severity));
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-03-10T{time}:00Z").parse().unwrap()
    }

    /// A brief that searched from 11:30 to 12:30, with this in place of its coverage and its number of events.
    fn brief(coverage: &str, events: u64) -> String {
        let fingerprint = fingerprint();
        format!(
            r#"{{"run":{{"id":"hourly-1","window":{{"start":"2026-03-10T11:30:00Z","end":"2026-03-10T12:30:00Z"}},
                        "events_read":{events},"candidates":0}},
               "coverage":{coverage},"failures":[{{"detection":"a.b"}}],"truncated":[{{"detection":"c.d"}}],
               "findings":[{{"fingerprint":"{fingerprint}","event_time":"2026-03-10T12:00:00Z","last_seen":null}},
                           {{"fingerprint":"odd","event_time":"2026-03-10T12:00:00Z"}}]}}"#
        )
    }

    fn fingerprint() -> Fingerprint {
        Fingerprint::of(&"a.b".parse().unwrap(), &[None])
    }

    #[test]
    fn a_brief_says_what_was_searched_and_reported() {
        let expected = Archived {
            run: "hourly-1".to_owned(),
            window: Window::new(at("11:30"), at("12:30")).unwrap(),
            searched_until: at("12:30"),
            held: vec!["a.b".parse().unwrap(), "c.d".parse().unwrap()],
            reported: vec![(fingerprint(), at("12:00"))],
            waiting: vec![Waiting {
                fingerprint: fingerprint(),
                severity: Severity::Critical,
                says: String::new(),
                at: Some(at("12:00")),
                only_continues: false,
            }],
        };
        assert_eq!(read(&brief("{}", 1)), Some(expected));
        assert_eq!([read("{}"), read("half")], [None, None]);
    }

    #[test]
    fn what_is_new_in_a_brief_waits_for_one_that_is_sent() {
        let (first, second) = ("1".repeat(32), "2".repeat(32));
        let brief = serde_json::json!({
            "findings": [
                { "fingerprint": first, "severity": "low", "says": "low", "state": "new", "last_seen": "2026-03-10T12:00:00Z" },
                { "fingerprint": second, "severity": "high", "says": "known", "state": "repeated" },
            ],
            "undecidable": [
                { "detection": "a.b", "severity": "high", "state": "new", "event_id": "e-1", "reason": "odd" },
                { "detection": "a.b", "severity": "high", "state": "repeated", "event_id": "e-2", "reason": "odd" },
            ],
            "changes": {
                "waiting": [{ "fingerprint": second, "severity": "critical", "says": "waited", "last_seen": null }],
                "undone": [{
                    "story": "3".repeat(16), "person": "alice", "severity": "medium", "what": "key", "standing": "gone",
                    "by": "bob", "time": null, "event_id": "e-3",
                }, { "standing": "check" }],
            },
        });
        let waiting = waiting(&brief);
        let says: Vec<&str> = waiting.iter().map(|it| it.says.as_str()).collect();
        assert_eq!(
            says,
            ["waited", "a.b could not judge event e-1: odd", "bob undid what alice left behind: key", "low"]
        );
        assert_eq!((waiting[3].at, waiting[0].at), (Some(at("12:00")), None));
    }

    #[test]
    fn what_a_brief_did_not_search_is_searched_again() {
        let until = |coverage: &str, events| read(&brief(coverage, events)).unwrap().searched_until;
        assert_eq!(
            until(r#"{"searched_until":"2026-03-10T12:00:00Z"}"#, 1),
            at("12:00"),
            "still catching up"
        );
        assert_eq!(until(r#"{"searched_until":null}"#, 1), at("12:30"));
        assert_eq!(until("{}", 0), at("11:30"), "no log was read");
    }
}
