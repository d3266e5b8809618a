//! Which rows a statement takes by when their events happened and when they were delivered.
//!
//! Delivery time is the time in the name of a row's file (`"$path"`), else the day of its folder, and never before the event:
//! the rule of [`domain::delivery`](crate::domain::delivery). An object that S3 got later than its name says
//! (`"$file_modified_time"`), within the deliveries that a run reads, counts as delivered then.
//!
//! Partitions are pruned by the day of delivery; neither the name nor the time at which S3 got an object prunes anything: both
//! only filter rows that were read.

use std::sync::Arc;

use super::text::literal;
use crate::{
    domain::{
        delivery::ReturnedRegions,
        time::{Span, Timestamp, Window},
    },
    plan::Question,
};

/// The time in the name of a row's file, else the first minute of its folder's day: a text that sorts by time.
const DELIVERED: &str = "COALESCE(regexp_extract(\"$path\", '(?:^|[/_.])([0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\
                         T(?:[01][0-9]|2[0-3])[0-5][0-9]Z)(?:[_.][^/]*)?$', 1), concat(replace(\"timestamp\", '/', ''), 'T0000Z'))";

/// The column that says when S3 got a row's file, and its type. Athena's documents do not name it.
pub(super) const STORED_COLUMN: (&str, &str) = ("$file_modified_time", "timestamp(3) with time zone");

/// When S3 got a row's file, in seconds since 1970. The column's zone is that of Athena's workers.
const STORED: &str = "to_unixtime(\"$file_modified_time\")";

/// The condition that S3 got a row's file in this time.
fn stored_within(from: Timestamp, until: Timestamp) -> String {
    format!("{STORED} >= {} AND {STORED} < {}", from.unix_s(), until.unix_s())
}

/// A time as names have it. They have minutes: of one that begins before it, no second counts.
fn in_names(time: Timestamp) -> String {
    let minute = time.plus(Span::from_s(59)).floor(Span::from_s(60));
    let minute: String = minute.to_string().replace(['-', ':'], "").chars().take(13).collect();
    literal(&format!("{minute}Z"))
}

/// The condition that a row with an event of this time was delivered at `from` or later, or counts as delivered now; no later
/// delivery than `until` counts.
pub(super) fn delivered_from(
    from: Timestamp,
    until: Timestamp,
    returned: Option<&ReturnedRegions>,
) -> String {
    let (event, stored) = (literal(&from.to_string()), stored_within(from, until));
    let or_returned = returned.map_or_else(String::new, |returned| format!(" OR {}", of_returned(returned)));
    format!("(eventtime >= {event} OR {DELIVERED} >= {} OR {stored}{or_returned})", in_names(from))
}

/// The condition that a row's file is one that counts as delivered now.
fn of_returned(returned: &ReturnedRegions) -> String {
    let from = returned.from.iter().map(|((account, region), from)| {
        format!(" WHEN {} THEN {}", literal(&format!("{account}/{region}")), in_names(*from))
    });
    format!(
        "({DELIVERED} >= CASE concat(account, '/', region){} END AND {DELIVERED} < {})",
        from.collect::<String>(),
        in_names(returned.before)
    )
}

/// The events that several questions read: by event time, by delivery, or by both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EventTimes {
    /// Spans of event time of which every event counts, in order and apart from each other.
    windows: Vec<Window>,
    /// Events of any age before the first time, delivered at the second or later. Those that are too old to be judged are
    /// among them, because the brief counts them.
    lately: Option<(Timestamp, Timestamp)>,
    /// Before which time an object must have reached S3 for that to count.
    until: Option<Timestamp>,
    /// Files that count as delivered now.
    pub(super) returned: Option<Arc<ReturnedRegions>>,
}

impl EventTimes {
    /// What these questions read.
    pub(super) fn of<'a>(questions: impl Iterator<Item = &'a Question>) -> Self {
        let mut times = Self::default();
        let mut windows = Vec::new();
        for question in questions {
            match question.delivered_from {
                Some(from) => times.add_lately(question.window.end(), from, question),
                None => windows.push(question.window),
            }
            if question.lookback != Span::ZERO {
                windows.push(question.history());
            }
            times.add_late(question);
        }
        windows.sort_by_key(|window| window.start());
        for window in windows {
            match times.windows.last_mut() {
                Some(last) if window.start() <= last.end() => *last = last.union(window),
                _ => times.windows.push(window),
            }
        }
        times
    }

    /// The events that come too late for these questions.
    pub(super) fn of_late<'a>(questions: impl Iterator<Item = &'a Question>) -> Self {
        let mut times = Self::default();
        questions.for_each(|question| times.add_late(question));
        times
    }

    /// The span of event time that is worth halving.
    pub(super) fn whole(&self) -> Option<Window> {
        let lately = self.lately.and_then(|(end, from)| Window::new(from, end).ok());
        self.windows.iter().copied().chain(lately).reduce(Window::union)
    }

    fn add_late(&mut self, question: &Question) {
        if let Some(late) = question.late {
            self.add_lately(late.window.end(), late.delivered_from, question);
        }
    }

    fn add_lately(&mut self, end: Timestamp, from: Timestamp, question: &Question) {
        self.until = self.until.max(Some(question.window.end()));
        if self.returned.is_none() {
            self.returned.clone_from(&question.returned);
        }
        let (latest, earliest) = self.lately.unwrap_or((end, from));
        self.lately = Some((latest.max(end), earliest.min(from)));
    }

    /// When S3 got a row's file, in seconds since 1970, if that counts as its delivery, or the end of the run's time, if it counts as
    /// delivered now; `None` if neither is ever so.
    pub(super) fn stored(&self) -> Option<String> {
        let ((_, from), until) = (self.lately?, self.until?);
        let now =
            |returned: &ReturnedRegions| format!("WHEN {} THEN {} ", of_returned(returned), until.unix_s());
        let now = self.returned.as_deref().map_or_else(String::new, now);
        Some(format!("CASE {now}WHEN {} THEN CAST({STORED} AS bigint) END", stored_within(from, until)))
    }

    /// The condition that such an event meets, with these spaces before each line but the first.
    pub(super) fn condition(&self, indent: &str) -> String {
        let time = |time: Timestamp| literal(&time.to_string());
        let window = |window: &Window| {
            format!("eventtime >= {} AND eventtime < {}", time(window.start()), time(window.end()))
        };
        let until = |end: Timestamp| self.until.unwrap_or(end);
        let lately = |(end, from): (Timestamp, Timestamp)| {
            format!(
                "eventtime < {} AND {}",
                time(end),
                delivered_from(from, until(end), self.returned.as_deref())
            )
        };
        let parts: Vec<String> = self.windows.iter().map(window).chain(self.lately.map(lately)).collect();
        match &parts[..] {
            [] => "FALSE".to_owned(),
            [one] => one.clone(),
            parts => format!("(({}))", parts.join(&format!(")\n{indent}    OR ("))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{LateSpan, Sql};

    fn at(text: &str) -> Timestamp {
        format!("2026-03-{text}Z").parse().unwrap()
    }

    fn question(start: &str, end: &str) -> Question {
        Question {
            detection: "a.b".parse().unwrap(),
            sql: Sql::ad_hoc(String::new()),
            window: Window::new(at(start), at(end)).unwrap(),
            delivered_from: None,
            returned: None,
            late: None,
            delay: Span::HOUR,
            align: Span::ZERO,
            lookback: Span::ZERO,
            own_scan: false,
        }
    }

    #[test]
    fn windows_that_touch_are_one_and_others_stay_apart() {
        let questions = [
            question("10T05:00:00", "10T06:00:00"),
            question("08T00:00:00", "08T01:00:00"),
            question("10T06:00:00", "10T07:00:00"),
        ];
        let condition = EventTimes::of(questions.iter()).condition("");
        assert_eq!(
            condition,
            "((eventtime >= '2026-03-08T00:00:00Z' AND eventtime < '2026-03-08T01:00:00Z')\n    OR (eventtime >= \
             '2026-03-10T05:00:00Z' AND eventtime < '2026-03-10T07:00:00Z'))"
        );
        assert_eq!(EventTimes::of([].iter()).condition(""), "FALSE");
    }

    #[test]
    fn what_was_delivered_lately_counts_whatever_its_age() {
        let judges =
            Question { delivered_from: Some(at("10T10:00:01")), ..question("01T00:00:00", "10T12:00:00") };
        let late = LateSpan {
            window: Window::new(at("01T00:00:00"), at("10T10:00:00")).unwrap(),
            delivered_from: at("10T10:00:00"),
            bucket: Span::HOUR,
            margin: Span::HOUR,
            delay: Span::HOUR,
            in_time: Span::ZERO,
        };
        let counts =
            Question { late: Some(late), lookback: Span::DAY, ..question("10T10:00:00", "10T12:00:00") };
        let times = EventTimes::of([judges, counts.clone()].iter());
        assert_eq!(times.windows, [Window::new(at("09T10:00:00"), at("10T12:00:00")).unwrap()]);
        assert_eq!(times.lately, Some((at("10T12:00:00"), at("10T10:00:00"))));
        assert_eq!(times.whole(), Some(times.windows[0]), "late events are older than what is worth halving");
        assert!(times.condition("").contains("OR (eventtime < '2026-03-10T12:00:00Z' AND (eventtime >="));
        let delivered = |from| delivered_from(at(from), at("10T12:00:00"), None);
        assert!(delivered("10T10:00:01").contains(" >= '20260310T1001Z' OR "), "a minute that begins later");
        assert!(delivered("10T10:00:00").contains(" >= '20260310T1000Z' OR "));
        // 2026-03-10T10:00:00Z and two hours later.
        let stored = "to_unixtime(\"$file_modified_time\") >= 1773136800 AND to_unixtime(\"$file_modified_time\") < 1773144000";
        assert!(
            delivered("10T10:00:00").ends_with(&format!(" OR {stored})")),
            "{}",
            delivered("10T10:00:00")
        );
        let carried =
            format!("CASE WHEN {stored} THEN CAST(to_unixtime(\"$file_modified_time\") AS bigint) END");
        assert_eq!(times.stored(), Some(carried));
        let late = EventTimes::of_late([question("10T10:00:00", "10T12:00:00"), counts].iter());
        assert!(late.windows.is_empty() && late.lately == Some((at("10T10:00:00"), at("10T10:00:00"))));
        assert_eq!(EventTimes::of([question("10T10:00:00", "10T12:00:00")].iter()).stored(), None);
    }
}
