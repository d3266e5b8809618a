//! A schedule whose state was lost goes on from its newest archived briefs.

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
    unanswered: Vec<DetectionId>,
    /// What it reported, each with the time of its last event.
    reported: Vec<(Fingerprint, Timestamp)>,
}

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Continues from the briefs that were archived before the run that is open, if the schedule has no state.
    pub(super) async fn recover(&mut self) -> Result<(), UserError> {
        let has_run = !self.state.watermarks.is_empty() || self.state.last_delivered.is_some();
        let Some(open) = self.state.open.clone().filter(|_| !has_run) else { return Ok(()) };
        let (run, schedule) = (self.run, self.run.schedule);
        // The open run may have archived its own brief, which nobody may have got.
        let before = scheduled_id(schedule, open.at);
        let archived = run.store.archived(schedule, &before, BRIEFS).await?;
        let briefs: Vec<Archived> = archived.iter().filter_map(|json| read(json)).collect();
        let Some(newest) = briefs.first() else { return Ok(()) };
        for detection in scheduled(run.app, schedule)?.0 {
            let has_answered = !newest.unanswered.contains(&detection.id);
            let until = if has_answered { newest.window.end() } else { newest.window.start() };
            self.state.watermarks.insert(detection.id.clone(), until);
        }
        for (fingerprint, time) in briefs.iter().flat_map(|brief| &brief.reported) {
            let last = self.state.seen.entry(fingerprint.clone()).or_insert(*time);
            *last = (*last).max(*time);
        }
        let note = format!(
            "the state of `{schedule}` was lost: it goes on from its newest archived brief, {}, whose window ended at {}. What \
             only older briefs reported may be reported again",
            newest.run,
            newest.window.end()
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
    let failure = |failure: &Value| failure["detection"].as_str()?.parse().ok();
    Some(Archived {
        run: text(&brief["run"], "id")?,
        window: Window::new(time(window, "start")?, time(window, "end")?).ok()?,
        unanswered: brief["failures"].as_array()?.iter().filter_map(failure).collect(),
        reported: brief["findings"].as_array()?.iter().filter_map(finding).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_says_what_was_searched_and_reported() {
        let fingerprint = Fingerprint::of(&"a.b".parse().unwrap(), &[None]);
        let json = format!(
            r#"{{"run":{{"id":"hourly-1","window":{{"start":"2026-03-10T11:30:00Z","end":"2026-03-10T12:30:00Z"}}}},
               "failures":[{{"detection":"a.b"}}],
               "findings":[{{"fingerprint":"{fingerprint}","event_time":"2026-03-10T12:00:00Z","last_seen":null}},
                           {{"fingerprint":"odd","event_time":"2026-03-10T12:00:00Z"}}]}}"#
        );
        let at = |time: &str| format!("2026-03-10T{time}:00Z").parse::<Timestamp>().unwrap();
        let expected = Archived {
            run: "hourly-1".to_owned(),
            window: Window::new(at("11:30"), at("12:30")).unwrap(),
            unanswered: vec!["a.b".parse().unwrap()],
            reported: vec![(fingerprint, at("12:00"))],
        };
        assert_eq!(read(&json), Some(expected));
        assert_eq!([read("{}"), read("half")], [None, None]);
    }
}
