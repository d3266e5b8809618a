//! What a schedule remembers from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    detection::DetectionId,
    finding::Fingerprint,
    time::{Timestamp, Window},
};

/// What a schedule remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many runs were committed to it.
    pub generation: u64,
    /// Per detection, the end of the last window that it has answered and whose brief was delivered. For one that has run
    /// but never answered, the start of its first window.
    pub watermarks: BTreeMap<DetectionId, Timestamp>,
    /// Detections that gave no answer in their last runs: in how many in a row.
    pub unanswered: BTreeMap<DetectionId, u64>,
    /// Reported findings, each with the time of its last event.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
    /// Of these, those whose events were delivered late, each with the scheduled time of the last run that found it: until
    /// then at least it may be read again.
    pub seen_late: BTreeMap<Fingerprint, Timestamp>,
    /// Per account, the time in the name of its newest log file that was read.
    pub accounts: BTreeMap<String, Timestamp>,
    /// The scheduled time of the last run whose brief was delivered; `None` before the first.
    pub last_delivered: Option<Timestamp>,
    /// Bytes that Athena scanned for this schedule, by month (`2026-03`).
    pub scanned: BTreeMap<String, u64>,
    /// The run that is under way; `None` between runs.
    pub open: Option<OpenRun>,
    /// Messages that some channel took and others have not got yet, by run.
    pub pending: BTreeMap<String, Pending>,
    /// Runs whose messages were in the outbox when this state was started over, until they are made pending. Which channel
    /// has them is unknown.
    pub orphans: BTreeSet<String>,
    /// Runs that ended their processes, the latest last.
    pub set_aside: Vec<SetAside>,
}

/// A run whose process crashed repeatedly: the schedule continues without the time that the run was to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The run's id.
    pub run: String,
    /// What it was to search.
    pub window: Window,
    /// How many detections were to search it.
    pub detections: u64,
    /// Whether a delivered brief has reported it.
    pub is_reported: bool,
}

/// A run that has begun and is not committed: the process that finds it resumes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// Unique within the schedule: the name of its brief and of its message.
    pub id: String,
    /// The scheduled time.
    pub at: Timestamp,
    /// Statements that were started on Athena: client request token to execution id.
    pub executions: BTreeMap<String, String>,
    /// What is known of its brief, once that is in the outbox; `None` while detections are evaluated.
    pub dispatch: Option<Dispatch>,
}

/// A brief in the outbox, and what becomes the schedule's state once a channel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// The new watermarks.
    pub watermarks: BTreeMap<DetectionId, Timestamp>,
    /// Detections that gave no answer; see [`State::unanswered`].
    pub unanswered: BTreeMap<DetectionId, u64>,
    /// The accounts' newest log files; see [`State::accounts`].
    pub accounts: BTreeMap<String, Timestamp>,
    /// Reported findings, including those of this brief.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
    /// Of these, those whose events were delivered late; see [`State::seen_late`].
    pub seen_late: BTreeMap<Fingerprint, Timestamp>,
    /// What is known of it, by channel. A channel without an entry has not got it.
    pub receipts: BTreeMap<String, Receipt>,
}

/// What is known of a message at a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It was handed over and no answer came: it may have arrived.
    Unknown,
    /// The channel took it, with this answer.
    Delivered(String),
    /// The channel works, but took neither the brief nor a plain text in its place, for this reason. It is not tried again.
    GivenUp(String),
}

/// A message that channels have not got yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Since when delivery is retried.
    pub since: Timestamp,
    /// The channels that have not confirmed it, by name.
    pub channels: BTreeMap<String, Arrival>,
}

/// What is known of a pending message at a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The channel has not got it.
    Missing,
    /// It was handed over and no answer came: it may have arrived, so the next attempt is marked as a repeat.
    Unknown,
}

impl State {
    /// The state after a run whose brief was delivered.
    ///
    /// `answered` gives, per detection, the end of its last answered window; `reported` gives the findings of the brief,
    /// each with the time of its last event, and `at` is the run's scheduled time. Watermarks never move backwards. A finding
    /// is forgotten once neither its events nor their delivery can be read again: `horizon` is the earliest time that a later
    /// run reads.
    #[must_use]
    pub fn advanced(
        mut self,
        answered: impl IntoIterator<Item = (DetectionId, Timestamp)>,
        reported: impl IntoIterator<Item = (Fingerprint, Timestamp)>,
        at: Timestamp,
        horizon: Timestamp,
    ) -> Self {
        for (detection, end) in answered {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        for (fingerprint, time) in reported {
            if time < horizon {
                self.seen_late.insert(fingerprint.clone(), at);
            }
            let last = self.seen.entry(fingerprint).or_insert(time);
            *last = (*last).max(time);
        }
        self.seen_late.retain(|_, found| *found >= horizon);
        let late = &self.seen_late;
        self.seen.retain(|fingerprint, time| *time >= horizon || late.contains_key(fingerprint));
        self
    }

    /// The state after the open run's brief was delivered: its results are part of the state, and no run is open.
    ///
    /// `channels` are those that should have got it. For those that have not, it is pending.
    #[must_use]
    pub fn closed(mut self, channels: &[&str], now: Timestamp) -> Self {
        let Some(OpenRun { id, at, dispatch, .. }) = self.open.take() else { return self };
        self.generation += 1;
        self.last_delivered = self.last_delivered.max(Some(at));
        let Some(Dispatch { watermarks, unanswered, accounts, seen, seen_late, receipts }) = dispatch else {
            return self;
        };
        self.have_read(accounts);
        self.unanswered = unanswered;
        for (detection, end) in watermarks {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        self.seen = seen;
        self.seen_late = seen_late;
        let unconfirmed = |channel: &&str| match receipts.get(*channel) {
            Some(Receipt::Delivered(_) | Receipt::GivenUp(_)) => None,
            Some(Receipt::Unknown) => Some(((*channel).to_owned(), Arrival::Unknown)),
            None => Some(((*channel).to_owned(), Arrival::Missing)),
        };
        let channels: BTreeMap<String, Arrival> = channels.iter().filter_map(unconfirmed).collect();
        if !channels.is_empty() {
            self.pending.insert(id, Pending { since: now, channels });
        }
        self
    }

    /// Notes the time in the name of each account's newest log file that was read.
    pub fn have_read(&mut self, accounts: impl IntoIterator<Item = (String, Timestamp)>) {
        for (account, newest) in accounts {
            let known = self.accounts.entry(account).or_insert(newest);
            *known = (*known).max(newest);
        }
    }

    /// Adds to what Athena scanned in the month of a time, in bytes. Keeps twelve months.
    pub fn add_scanned_bytes(&mut self, at: Timestamp, bytes: u64) {
        *self.scanned.entry(month(at)).or_default() += bytes;
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
    /// A run that has just begun.
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
            Receipt::Delivered(_) | Receipt::Unknown => None,
        });
        given_up.collect()
    }

    /// Whether some channel took its brief.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        let mut receipts = self.dispatch.iter().flat_map(|dispatch| dispatch.receipts.values());
        receipts.any(|receipt| matches!(receipt, Receipt::Delivered(_)))
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
                state = state.advanced([(id.clone(), Timestamp::from_unix_s(end))], [], Timestamp::from_unix_s(end), Timestamp::from_unix_s(0));
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
        let state =
            State::default().advanced([], found(50), at(50), at(50)).advanced([], found(40), at(50), at(40));
        assert_eq!(state.seen, [(first.clone(), at(50)), (second.clone(), at(100))].into(), "never earlier");
        assert_eq!(
            state.clone().advanced([], found(60), at(60), at(0)).seen[&first],
            at(60),
            "later if it has grown"
        );
        assert_eq!(
            state.advanced([], [], at(60), at(51)).seen,
            [(second, at(100))].into(),
            "forgotten before the horizon"
        );
    }

    #[test]
    fn a_late_finding_is_remembered_while_its_file_can_be_read_again() {
        let late = fingerprint("late");
        let found = |time| [(late.clone(), at(time))];
        let state = State::default().advanced([], found(5), at(100), at(90));
        assert_eq!((state.seen.clone(), state.seen_late.clone()), (found(5).into(), found(100).into()));
        let next = state.advanced([], found(5), at(110), at(100));
        assert_eq!(next.seen_late, found(110).into(), "found again, so kept for longer");
        let kept = next.clone().advanced([], [], at(120), at(110));
        assert_eq!(kept.seen, found(5).into());
        let gone = next.advanced([], [], at(130), at(111));
        assert_eq!((gone.seen.len(), gone.seen_late.len()), (0, 0));
    }

    #[test]
    fn a_delivered_brief_brings_its_watermarks_and_is_pending_for_channels_that_missed_it() {
        let [one, other]: [DetectionId; 2] = ["a.b", "c.d"].map(|id| id.parse().unwrap());
        let dispatch = Dispatch {
            watermarks: [(one.clone(), at(200)), (other.clone(), at(50))].into(),
            seen: [(fingerprint("new"), at(7))].into(),
            seen_late: [(fingerprint("new"), at(200))].into(),
            unanswered: [(other.clone(), 2)].into(),
            accounts: [("111122223333".to_owned(), at(150))].into(),
            receipts: receipts(&[
                ("took", Receipt::Delivered("id".to_owned())),
                ("gave up", Receipt::GivenUp("too long".to_owned())),
                ("silent", Receipt::Unknown),
            ]),
        };
        let open = OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(200)) };
        let before = State {
            generation: 3,
            watermarks: [(one.clone(), at(100)), (other.clone(), at(100))].into(),
            seen: [(fingerprint("old"), at(6))].into(),
            last_delivered: Some(at(100)),
            open: Some(open.clone()),
            ..State::default()
        };
        let after = before.clone().closed(&["took", "gave up", "silent", "absent"], at(201));
        assert_eq!(after.watermarks, [(one, at(200)), (other, at(100))].into(), "no watermark moves back");
        assert_eq!((after.generation, after.last_delivered, after.open), (4, Some(at(200)), None));
        assert_eq!(after.seen, [(fingerprint("new"), at(7))].into());
        assert_eq!(after.seen_late, [(fingerprint("new"), at(200))].into());
        assert_eq!(after.unanswered.values().collect::<Vec<_>>(), [&2]);
        assert_eq!(after.accounts.values().collect::<Vec<_>>(), [&at(150)]);
        let channels =
            [("absent".to_owned(), Arrival::Missing), ("silent".to_owned(), Arrival::Unknown)].into();
        assert_eq!(after.pending, [("run-1".to_owned(), Pending { since: at(201), channels })].into());

        let reached = before.clone().closed(&["took", "gave up"], at(201));
        assert_eq!(reached.pending, BTreeMap::new());
        let earlier = State { open: Some(OpenRun { at: at(90), ..open }), ..before.clone() };
        assert_eq!(
            earlier.closed(&[], at(201)).last_delivered,
            Some(at(100)),
            "nor does the time of the last brief"
        );
        let none = State { open: None, ..before };
        assert_eq!(none.clone().closed(&["absent"], at(201)), none);
    }

    #[test]
    fn bytes_are_counted_by_month_for_a_year() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut state = State::default();
        for month in 1..=12 {
            state.add_scanned_bytes(day(&format!("2026-{month:02}-10")), 1);
        }
        state.add_scanned_bytes(day("2026-12-31"), 5);
        assert_eq!((state.scanned.len(), state.scanned_in_month(day("2026-12-01"))), (12, 6));
        state.add_scanned_bytes(day("2027-01-01"), 7);
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
        let sent = open(&[given_up.clone(), ("slack", Receipt::Delivered("ok".to_owned()))]);
        assert_eq!(sent.given_up(), [("mail".to_owned(), "too long".to_owned())]);
        assert!(sent.is_delivered() && !open(&[given_up, ("slack", Receipt::Unknown)]).is_delivered());

        let begun = OpenRun::new("run-1", at(0));
        assert!(!begun.is_delivered() && begun.given_up().is_empty() && !begun.is_worth_resuming());
        assert!(open(&[]).is_worth_resuming());
        let started = OpenRun { executions: [("token".to_owned(), "id".to_owned())].into(), ..begun };
        assert!(started.is_worth_resuming());
    }
}
