//! A schedule whose state was lost continues from its newest archived briefs.

use serde_json::Value;

use super::{Observer, claimed_run::ClaimedRun, scheduled};
use crate::{
    domain::{
        detection::DetectionId,
        finding::Fingerprint,
        time::{Timestamp, Window},
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
        let note = format!(
            "the state of `{schedule}` was lost: it continues from its newest archived brief, {}, which searched up to {}. What \
             only older briefs reported may be reported again",
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
    })
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
        };
        assert_eq!(read(&brief("{}", 1)), Some(expected));
        assert_eq!([read("{}"), read("half")], [None, None]);
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
