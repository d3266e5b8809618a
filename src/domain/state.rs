//! What a schedule remembers from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use super::{detection::DetectionId, finding::Fingerprint, time::Timestamp};

/// What a schedule remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How often it was committed.
    pub generation: u64,
    /// Per detection, the end of the last window that it has answered and whose brief was delivered. Of one that was asked and
    /// never answered, the start of the first window.
    pub watermarks: BTreeMap<DetectionId, Timestamp>,
    /// Findings that were told, with the time until which their events may be read again.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
    /// The scheduled time of the last run whose brief was delivered; `None` before the first.
    pub told: Option<Timestamp>,
    /// Bytes that Athena scanned for this schedule, by month (`2026-03`).
    pub scanned: BTreeMap<String, u64>,
    /// The run that is under way; `None` between runs.
    pub open: Option<OpenRun>,
    /// Briefs that some channel took and others have not got yet, by run.
    pub owed: BTreeMap<String, Owed>,
    /// Runs whose letters lay in the outbox when this state began anew: who got them is not known, and nobody has owed them to
    /// channels yet.
    pub orphans: BTreeSet<String>,
}

/// A run that has begun and is not committed: whoever finds it goes on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// Its id.
    pub id: String,
    /// Its scheduled time.
    pub at: Timestamp,
    /// What was started for it on Athena: token and execution.
    pub executions: BTreeMap<String, String>,
    /// Its brief, once that is written; `None` while detections are asked.
    pub dispatch: Option<Dispatch>,
}

/// A brief that lies in the outbox, and what is remembered once a channel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// The watermarks that it brings.
    pub watermarks: BTreeMap<DetectionId, Timestamp>,
    /// The findings that are told by then.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
    /// What became of it, by channel; a channel that is not here has not got it.
    pub receipts: BTreeMap<String, Receipt>,
}

/// What is known of a brief on its way to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It was handed over, and nobody knows whether it arrived.
    Unknown,
    /// The channel took it, with what it said.
    Taken(String),
    /// The channel works, but took neither the brief nor a plain text in its place, for this reason. It is not tried again.
    GivenUp(String),
}

/// A brief that is owed to channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Since when.
    pub since: Timestamp,
    /// Which channels, and whether it may have arrived there all the same.
    pub channels: BTreeMap<String, bool>,
}

impl State {
    /// The state after a run whose brief was delivered.
    ///
    /// `answered` gives, per detection, up to where its windows are answered; `told` the findings of the brief, each with
    /// the time of its last event. Watermarks never move backwards. A finding is forgotten once its events lie before
    /// `horizon`, the earliest time that a later run can read again.
    #[must_use]
    pub fn advanced(
        mut self,
        answered: impl IntoIterator<Item = (DetectionId, Timestamp)>,
        told: impl IntoIterator<Item = (Fingerprint, Timestamp)>,
        horizon: Timestamp,
    ) -> Self {
        for (detection, end) in answered {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        for (fingerprint, time) in told {
            let last = self.seen.entry(fingerprint).or_insert(time);
            *last = (*last).max(time);
        }
        self.seen.retain(|_, time| *time >= horizon);
        self
    }

    /// The state after the open run's brief was delivered: what it brought is remembered, and it is open no more.
    ///
    /// `channels` are those that should have got it. What one of them lacks is owed.
    #[must_use]
    pub fn closed(mut self, channels: &[&str], now: Timestamp) -> Self {
        let Some(OpenRun { id, at, dispatch, .. }) = self.open.take() else { return self };
        self.generation += 1;
        self.told = self.told.max(Some(at));
        let Some(Dispatch { watermarks, seen, receipts }) = dispatch else { return self };
        for (detection, end) in watermarks {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        self.seen = seen;
        let lacks = |channel: &&str| match receipts.get(*channel) {
            Some(Receipt::Taken(_) | Receipt::GivenUp(_)) => None,
            Some(Receipt::Unknown) => Some(((*channel).to_owned(), true)),
            None => Some(((*channel).to_owned(), false)),
        };
        let channels: BTreeMap<String, bool> = channels.iter().filter_map(lacks).collect();
        if !channels.is_empty() {
            self.owed.insert(id, Owed { since: now, channels });
        }
        self
    }

    /// Adds to what Athena scanned in the month of a time.
    pub fn scan(&mut self, at: Timestamp, bytes: u64) {
        *self.scanned.entry(month(at)).or_default() += bytes;
        // Last year's months tell nothing any more.
        while self.scanned.len() > 12 {
            self.scanned.pop_first();
        }
    }

    /// What Athena scanned in the month of a time, in bytes.
    #[must_use]
    pub fn scanned_in_month(&self, at: Timestamp) -> u64 {
        self.scanned.get(&month(at)).copied().unwrap_or(0)
    }
}

/// The month of a time, as `2026-03`.
fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}

impl OpenRun {
    /// A run that begins.
    #[must_use]
    pub fn new(id: &str, at: Timestamp) -> Self {
        Self { id: id.to_owned(), at, executions: BTreeMap::new(), dispatch: None }
    }

    /// The channels that its brief was given up for, each with the reason.
    #[must_use]
    pub fn given_up(&self) -> Vec<(String, String)> {
        let receipts = self.dispatch.iter().flat_map(|dispatch| &dispatch.receipts);
        let given_up = receipts.filter_map(|(channel, receipt)| match receipt {
            Receipt::GivenUp(reason) => Some((channel.clone(), reason.clone())),
            Receipt::Taken(_) | Receipt::Unknown => None,
        });
        given_up.collect()
    }

    /// Whether some channel took its brief.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        let mut receipts = self.dispatch.iter().flat_map(|dispatch| dispatch.receipts.values());
        receipts.any(|receipt| matches!(receipt, Receipt::Taken(_)))
    }

    /// Whether anything would be lost with it.
    #[must_use]
    pub fn is_worth_resuming(&self) -> bool {
        !self.executions.is_empty() || self.dispatch.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn watermarks_never_move_backwards(ends in prop::collection::vec(0i64..1_000, 1..10)) {
            let id: DetectionId = "a.b".parse().unwrap();
            let mut state = State::default();
            let mut last = None;
            for end in ends {
                state = state.advanced([(id.clone(), Timestamp::from_unix_s(end))], [], Timestamp::from_unix_s(0));
                let now = state.watermarks[&id];
                prop_assert!(last.is_none_or(|last| last <= now));
                last = Some(now);
            }
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_s(seconds)
    }

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::of(&"a.b".parse().unwrap(), &[Some(text.to_owned())])
    }

    fn receipts(receipts: &[(&str, Receipt)]) -> BTreeMap<String, Receipt> {
        receipts.iter().map(|(channel, receipt)| ((*channel).to_owned(), receipt.clone())).collect()
    }

    #[test]
    fn a_finding_is_remembered_by_its_last_event_until_no_run_can_read_it_again() {
        let [first, second] = ["first", "second"].map(fingerprint);
        let found = |time| [(first.clone(), at(time)), (second.clone(), at(100))];
        let state = State::default().advanced([], found(50), at(50)).advanced([], found(40), at(50));
        assert_eq!(state.seen, [(first.clone(), at(50)), (second.clone(), at(100))].into(), "never earlier");
        assert_eq!(
            state.clone().advanced([], found(60), at(0)).seen[&first],
            at(60),
            "later if it has grown"
        );
        assert_eq!(
            state.advanced([], [], at(51)).seen,
            [(second, at(100))].into(),
            "forgotten before the horizon"
        );
    }

    #[test]
    fn a_delivered_brief_brings_its_watermarks_and_is_owed_to_whom_it_did_not_reach() {
        let [one, other]: [DetectionId; 2] = ["a.b", "c.d"].map(|id| id.parse().unwrap());
        let dispatch = Dispatch {
            watermarks: [(one.clone(), at(200)), (other.clone(), at(50))].into(),
            seen: [(fingerprint("new"), at(7))].into(),
            receipts: receipts(&[
                ("took", Receipt::Taken("id".to_owned())),
                ("gave up", Receipt::GivenUp("too long".to_owned())),
                ("silent", Receipt::Unknown),
            ]),
        };
        let open = OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(200)) };
        let before = State {
            generation: 3,
            watermarks: [(one.clone(), at(100)), (other.clone(), at(100))].into(),
            seen: [(fingerprint("old"), at(6))].into(),
            told: Some(at(100)),
            open: Some(open.clone()),
            ..State::default()
        };
        let after = before.clone().closed(&["took", "gave up", "silent", "absent"], at(201));
        assert_eq!(after.watermarks, [(one, at(200)), (other, at(100))].into(), "no watermark moves back");
        assert_eq!((after.generation, after.told, after.open), (4, Some(at(200)), None));
        assert_eq!(after.seen, [(fingerprint("new"), at(7))].into());
        let channels = [("absent".to_owned(), false), ("silent".to_owned(), true)].into();
        assert_eq!(after.owed, [("run-1".to_owned(), Owed { since: at(201), channels })].into());

        let reached = before.clone().closed(&["took", "gave up"], at(201));
        assert_eq!(reached.owed, BTreeMap::new());
        let earlier = State { open: Some(OpenRun { at: at(90), ..open }), ..before.clone() };
        assert_eq!(earlier.closed(&[], at(201)).told, Some(at(100)), "nor does the time of the last brief");
        let none = State { open: None, ..before };
        assert_eq!(none.clone().closed(&["absent"], at(201)), none);
    }

    #[test]
    fn bytes_are_counted_by_month_for_a_year() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut state = State::default();
        for month in 1..=12 {
            state.scan(day(&format!("2026-{month:02}-10")), 1);
        }
        state.scan(day("2026-12-31"), 5);
        assert_eq!((state.scanned.len(), state.scanned_in_month(day("2026-12-01"))), (12, 6));
        state.scan(day("2027-01-01"), 7);
        assert_eq!((state.scanned.len(), state.scanned_in_month(day("2027-01-31"))), (12, 7));
        assert_eq!(
            (state.scanned_in_month(day("2026-01-10")), state.scanned_in_month(day("2026-02-10"))),
            (0, 1)
        );
    }

    #[test]
    fn an_open_run_knows_what_became_of_its_brief() {
        let open = |given: &[(&str, Receipt)]| {
            let dispatch = Dispatch { receipts: receipts(given), ..Dispatch::default() };
            OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(0)) }
        };
        let given_up = ("mail", Receipt::GivenUp("too long".to_owned()));
        let sent = open(&[given_up.clone(), ("slack", Receipt::Taken("ok".to_owned()))]);
        assert_eq!(sent.given_up(), [("mail".to_owned(), "too long".to_owned())]);
        assert!(sent.is_taken() && !open(&[given_up, ("slack", Receipt::Unknown)]).is_taken());

        let begun = OpenRun::new("run-1", at(0));
        assert!(!begun.is_taken() && begun.given_up().is_empty() && !begun.is_worth_resuming());
        assert!(open(&[]).is_worth_resuming());
        let started = OpenRun { executions: [("token".to_owned(), "id".to_owned())].into(), ..begun };
        assert!(started.is_worth_resuming());
    }
}
