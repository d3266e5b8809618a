//! The sources of all events, whoever made them and with whatever outcome: what detections could have read.

use std::collections::BTreeMap;

use super::{Days, KEPT_DAYS, day_of, joined};
use crate::domain::time::Timestamp;

/// The most sources. Of more, nobody can say which were not there.
const MOST: usize = 2_000;
/// Longer names are not noted: AWS writes none that are.
const MOST_TEXT: usize = 256;

/// The source of an event, and whether it is a data event: what is done with the content of a resource, which a trail records
/// only where it is set up for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventSource {
    /// Such as `s3.amazonaws.com`.
    pub name: String,
    /// Whether it is a data event.
    pub is_data: bool,
}

/// The sources of all events that passes over log files read, and on which days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Since when all of them are noted, without a longer gap.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
    seen: BTreeMap<EventSource, Days>,
}

impl Sources {
    /// Notes days of a source.
    pub fn note(&mut self, source: EventSource, days: Days) {
        if source.name.len() <= MOST_TEXT && (self.seen.len() < MOST || self.seen.contains_key(&source)) {
            self.seen.entry(source).and_modify(|known| *known = known.and(days)).or_insert(days);
        }
    }

    /// Adds what was noted over a time. After a longer gap it begins anew, like a baseline.
    pub fn learn(&mut self, more: Self) {
        (self.since, self.until) = joined((self.since, self.until), (more.since, more.until));
        more.seen.into_iter().for_each(|(source, days)| self.note(source, days));
    }

    /// Forgets what was not seen for `KEPT_DAYS` before its end.
    pub(super) fn prune(&mut self) {
        let Some(until) = self.until else { return };
        let oldest = day_of(until) - KEPT_DAYS;
        let old = std::mem::take(&mut self.seen);
        self.seen =
            old.into_iter().filter_map(|(source, days)| Some((source, days.since(oldest)?))).collect();
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&EventSource, Days)> {
        self.seen.iter().map(|(source, days)| (source, *days))
    }

    /// Whether it can tell which sources had no event from a time up to another one.
    #[must_use]
    pub fn covers(&self, from: Timestamp, until: Timestamp) -> bool {
        let begins = self.since.is_some_and(|since| since <= from);
        begins && self.until.is_some_and(|end| end >= until) && self.seen.len() < MOST
    }

    /// Whether a source had an event on the day of a time, or later. A whole source has its data events as well.
    #[must_use]
    pub fn has(&self, name: &str, only_data: bool, from: Timestamp) -> bool {
        let seen = |is_data| {
            let days = self.seen.get(&EventSource { name: name.to_owned(), is_data });
            days.is_some_and(|days| days.last() >= day_of(from))
        };
        seen(true) || !only_data && seen(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_unix_s(day * 86_400)
    }

    fn noted(from: i64, to: i64, seen: &[(&str, bool, i64)]) -> Sources {
        let mut sources = Sources { since: Some(at(from)), until: Some(at(to)), ..Sources::default() };
        for (name, is_data, day) in seen {
            sources.note(EventSource { name: (*name).to_owned(), is_data: *is_data }, Days::on(*day));
        }
        sources
    }

    #[test]
    fn a_source_is_known_by_its_days_and_kind() {
        let mut sources = noted(0, 100, &[("s3", false, 90), ("kms", true, 60), ("old", false, 9)]);
        assert!(sources.has("s3", false, at(90)) && !sources.has("s3", true, at(0)));
        assert!(!sources.has("s3", false, at(91)) && !sources.has("ec2", false, at(0)));
        assert!(
            sources.has("kms", true, at(60)) && sources.has("kms", false, at(60)),
            "data events are events"
        );
        sources.note(EventSource { name: "s3".to_owned(), is_data: false }, Days::on(70));
        assert!(sources.has("s3", false, at(90)), "an older day takes nothing away");
        sources.prune();
        let left: Vec<_> = sources.iter().map(|(source, _)| source.name.as_str()).collect();
        assert_eq!(left, ["kms", "s3"]);
    }

    #[test]
    fn only_a_time_without_a_longer_gap_is_covered() {
        let mut sources = noted(0, 30, &[]);
        assert!(sources.covers(at(0), at(30)));
        assert!(!sources.covers(at(-1), at(30)) && !sources.covers(at(0), at(31)));
        assert!(!Sources::default().covers(at(0), at(0)));
        sources.learn(noted(37, 38, &[("s3", false, 37)]));
        assert!(sources.covers(at(0), at(38)) && sources.has("s3", false, at(37)));
        sources.learn(noted(46, 47, &[]));
        assert!(!sources.covers(at(45), at(47)) && sources.covers(at(46), at(47)));
    }

    #[test]
    fn too_many_sources_say_nothing_about_those_that_are_missing() {
        let mut sources = noted(0, 30, &[]);
        for number in 0..MOST + 5 {
            sources.note(EventSource { name: format!("{number}"), is_data: false }, Days::on(1));
        }
        assert_eq!(sources.iter().count(), MOST);
        assert!(!sources.covers(at(0), at(30)));
        let mut long = noted(0, 30, &[]);
        long.note(EventSource { name: "a".repeat(MOST_TEXT + 1), is_data: false }, Days::on(1));
        assert_eq!(long.iter().count(), 0);
    }
}
