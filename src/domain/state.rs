//! What a schedule remembers from one run to the next.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    detection::DetectionId,
    finding::Fingerprint,
    open_story::OpenStories,
    roll_up::{BySeverity, sum},
    time::{Span, Timestamp, Window},
    waiting::Waiting,
};

/// Accounts and regions of which the newest log file is remembered.
const REMEMBERED: usize = 50_000;

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
    /// Per account, and per region of an account (`account/region`), the time in the name of the newest log file that was read.
    pub accounts: BTreeMap<String, Timestamp>,
    /// For the same keys, the longest pause between two of these files lately.
    pub pauses: BTreeMap<String, Span>,
    /// The scheduled time of the last run whose brief was delivered; `None` before the first.
    pub last_delivered: Option<Timestamp>,
    /// What the last run could not answer, read or search, as far as a brief has said so that was sent; see `news::faults`.
    pub faults: BTreeSet<String>,
    /// The scheduled time of the last run whose brief was sent: a channel took it or is still to get it, or none is configured.
    /// `None` before the first.
    pub last_sent: Option<Timestamp>,
    /// What was new in briefs that no channel got: the next brief that is sent says it.
    pub waiting: Vec<Waiting>,
    /// The stories that its briefs reported and that later ones continue.
    pub stories: OpenStories,
    /// The ids of the decisions that a brief has shown that was sent; see [`State::last_sent`].
    pub shown: BTreeSet<String>,
    /// New and late findings of the last 31 days, by day (`2026-03-10`), in briefs that were sent.
    pub tally: BTreeMap<String, BySeverity>,
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
    /// The pauses between these; see [`State::pauses`].
    pub pauses: BTreeMap<String, Span>,
    /// Reported findings, including those of this brief.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
    /// Of these, those whose events were delivered late; see [`State::seen_late`].
    pub seen_late: BTreeMap<Fingerprint, Timestamp>,
    /// What the run could not answer, read or search; see [`State::faults`].
    pub faults: BTreeSet<String>,
    /// Whether some channel is to get it.
    pub is_sent: bool,
    /// Its new and late findings; see [`State::tally`].
    pub reported: BySeverity,
    /// What waits if no channel gets it; see [`State::waiting`].
    pub waiting: Vec<Waiting>,
    /// The stories that later briefs continue.
    pub stories: OpenStories,
    /// The ids of the decisions that it shows or an earlier one has shown; see [`State::shown`].
    pub shown: BTreeSet<String>,
    /// Channels that do not get it, because it holds no news for them.
    pub without_news: BTreeSet<String>,
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
    /// Whether no run was committed to it yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.watermarks.is_empty() && self.last_delivered.is_none()
    }

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

    /// The state after the open run: its results are part of the state, and no run is open.
    ///
    /// `channels` are those that should have got its brief; for those that have not, it is pending. `None` means that no
    /// channel is configured: whoever starts the runs reads their briefs. If channels are and none of them got the brief or is
    /// still to get it, nothing of it counts as reported.
    #[must_use]
    pub fn closed(mut self, channels: Option<&[&str]>, now: Timestamp) -> Self {
        let Some(OpenRun { id, at, dispatch, .. }) = self.open.take() else { return self };
        self.generation += 1;
        self.last_delivered = self.last_delivered.max(Some(at));
        let Some(dispatch) = dispatch else { return self };
        let dispatch = if channels.is_none_or(|channels| dispatch.reaches(channels)) {
            self.last_sent = self.last_sent.max(Some(at));
            Dispatch { waiting: Vec::new(), ..dispatch }
        } else {
            dispatch.unreported(&self)
        };
        let Dispatch { watermarks, unanswered, accounts, pauses, seen, seen_late, receipts, .. } = dispatch;
        self.pauses.extend(pauses);
        self.have_read(accounts);
        self.unanswered = unanswered;
        for (detection, end) in watermarks {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        self.seen = seen;
        self.seen_late = seen_late;
        self.faults = dispatch.faults;
        self.waiting = dispatch.waiting;
        let today = self.tally.entry(at.day().to_string()).or_default();
        *today = sum([*today, dispatch.reported]);
        while self.tally.len() > 31 {
            self.tally.pop_first();
        }
        self.stories = dispatch.stories;
        self.shown = dispatch.shown;
        let unconfirmed = |channel: &&str| match receipts.get(*channel) {
            Some(Receipt::Delivered(_) | Receipt::GivenUp(_)) => None,
            Some(Receipt::Unknown) => Some(((*channel).to_owned(), Arrival::Unknown)),
            None => Some(((*channel).to_owned(), Arrival::Missing)),
        };
        let pending: BTreeMap<String, Arrival> =
            channels.into_iter().flatten().filter_map(unconfirmed).collect();
        if !pending.is_empty() {
            self.pending.insert(id, Pending { since: now, channels: pending });
        }
        self
    }

    /// Notes the time in the name of each account's and region's newest log file that was read. Of more than `REMEMBERED`,
    /// those are forgotten that have been silent longest.
    pub fn have_read(&mut self, accounts: impl IntoIterator<Item = (String, Timestamp)>) {
        for (account, newest) in accounts {
            let known = self.accounts.entry(account).or_insert(newest);
            *known = (*known).max(newest);
        }
        let mut times: Vec<Timestamp> = self.accounts.values().copied().collect();
        if times.len() > REMEMBERED {
            times.sort_unstable();
            let oldest = times[times.len() - REMEMBERED];
            self.accounts.retain(|_, newest| *newest >= oldest);
        }
        let accounts = &self.accounts;
        self.pauses.retain(|key, _| accounts.contains_key(key));
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

impl Dispatch {
    /// Whether one of these channels took the brief or is still to get it.
    fn reaches(&self, channels: &[&str]) -> bool {
        let is_given_up = |channel: &&str| matches!(self.receipts.get(*channel), Some(Receipt::GivenUp(_)));
        self.is_sent && !channels.iter().all(is_given_up)
    }

    /// The same if no channel gets the brief: what is new in it is not known as reported, but waits. The next run reports it
    /// again where it finds it.
    fn unreported(mut self, before: &State) -> Self {
        self.seen = with_values_of(self.seen, &before.seen);
        self.seen_late = with_values_of(self.seen_late, &before.seen_late);
        self.faults.retain(|fault| before.faults.contains(fault));
        self.shown.clone_from(&before.shown);
        self.reported = BySeverity::default();
        for (id, story) in &mut self.stories.stories {
            story.sent = before.stories.stories.get(id).and_then(|known| known.sent);
        }
        self
    }
}

/// The entries that were there before, with the values that they had.
fn with_values_of<K: Ord, V: Clone>(map: BTreeMap<K, V>, before: &BTreeMap<K, V>) -> BTreeMap<K, V> {
    let known = |(key, _): (K, V)| before.get(&key).cloned().map(|value| (key, value));
    map.into_iter().filter_map(known).collect()
}

impl OpenRun {
    /// A run that has just begun.
    #[must_use]
    pub fn new(id: &str, at: Timestamp) -> Self {
        Self { id: id.to_owned(), at, executions: BTreeMap::new(), dispatch: None }
    }

    /// Whether its brief is for a channel, as far as it is known.
    #[must_use]
    pub fn goes_to(&self, channel: &str) -> bool {
        self.dispatch.as_ref().is_none_or(|dispatch| !dispatch.without_news.contains(channel))
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
