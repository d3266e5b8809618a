//! Which window a detection is due for.
//!
//! A schedule judges what was *delivered* since its watermark, whatever its event time; a run on demand judges what
//! *happened* in its window. A detection that counts by buckets or looks back needs all events of its buckets, so it has windows of
//! event time on a schedule, too: each begins `lateness` before the watermark and at a whole bucket. Pure: the caller gives
//! the time.

use crate::domain::{
    delivery::USUAL_DELAY,
    time::{Span, Timestamp, Window},
};

/// How often a schedule runs and how far it looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// The period: the length of the first window.
    pub every: Span,
    /// How far before its watermark a window begins: files may appear later than the time in their names.
    pub lateness: Span,
    /// The longest time that one pass over the events searches for the first time: missed runs are caught up in such steps.
    pub max_window: Span,
    /// The longest time to catch up.
    pub catch_up: Span,
    /// The greatest age of an event that is judged when it is delivered at last.
    pub max_age: Span,
    /// How long before the watermark an event may lie without being called late.
    pub settle: Span,
}

impl Default for Cadence {
    /// Hourly; CloudTrail tries to deliver for up to 30 days, and delivers most files within 15 minutes.
    fn default() -> Self {
        Self {
            every: Span::HOUR,
            lateness: Span::from_s(2 * 3_600),
            max_window: Span::from_s(6 * 3_600),
            catch_up: Span::from_s(7 * 86_400),
            max_age: Span::from_s(31 * 86_400),
            settle: Span::from_s(15 * 60),
        }
    }
}

/// A window that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The event time to search: with the overlap, and from a whole bucket on.
    pub window: Window,
    /// Of these events, only those that were delivered from this time on; `None` for all.
    pub delivered_from: Option<Timestamp>,
    /// Which events come too late for the window of a detection that counts.
    pub late: Option<LateSpan>,
    /// What is searched for the first time: `window` without the overlap.
    pub first_search: Window,
    /// Where the last answered window ended.
    pub watermark: Option<Timestamp>,
}

impl Due {
    /// The window of a run on demand; it begins at a whole bucket of `align`.
    #[must_use]
    pub fn on_demand(window: Window, align: Span) -> Self {
        let searched = window.starting_by(window.start().floor(align));
        Self { window: searched, delivered_from: None, late: None, first_search: window, watermark: None }
    }

    /// The window of a scheduled run at `at`; `None` if the detection has answered up to that time already.
    #[must_use]
    pub fn on_schedule(
        at: Timestamp,
        watermark: Option<Timestamp>,
        cadence: Cadence,
        counts: Counts,
    ) -> Option<Self> {
        let start = watermark.unwrap_or(at.minus(cadence.every));
        let first_search = Window::new(start, at).ok()?;
        let lateness = if watermark.is_some() { cadence.lateness } else { Span::ZERO };
        let from = start.minus(lateness);
        let oldest = at.minus(cadence.max_age);
        let (begins, delivered_from) = match counts {
            Counts::Buckets(align) | Counts::OnEventTime(align) => (from.floor(align), None),
            Counts::Nothing => (oldest, Some(from)),
        };
        let window = first_search.starting_by(begins.min(from));
        let late = match counts {
            Counts::Buckets(align) => Window::new(oldest, window.start()).ok().map(|window| LateSpan {
                window,
                delivered_from: from,
                bucket: if align == Span::ZERO { ROLLING } else { align },
                margin: if align == Span::ZERO { ROLLING } else { Span::ZERO },
                delay: cadence.lateness.max(USUAL_DELAY),
                in_time: Span::from_s(cadence.lateness.seconds() / 2),
            }),
            Counts::OnEventTime(_) | Counts::Nothing => None,
        };
        Some(Self { window, delivered_from, late, first_search, watermark })
    }
}

/// The events that come too late for the window of a detection that counts: they happened before it and were delivered since
/// the detection last answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateSpan {
    /// The event time: what lies before the window, as far back as a schedule judges events.
    pub window: Window,
    /// From when on they were delivered.
    pub delivered_from: Timestamp,
    /// The bucket by which the detection counts.
    pub bucket: Span,
    /// How much before and after a bucket it must see, too.
    pub margin: Span,
    /// How long after their event time the events of such a bucket were delivered that are not late.
    pub delay: Span,
    /// An event that was delivered this long after it happened, or sooner, was counted in time: it lay in the window of an earlier
    /// run, whose windows reach back twice as long for files that appear later than their names say.
    pub in_time: Span,
}

impl LateSpan {
    /// The time to count again for an event, if it is one of these: its bucket, with the margin.
    #[must_use]
    pub fn bucket_of(self, time: Timestamp, delivered: Timestamp) -> Option<Window> {
        let is_late = self.window.contains(time)
            && delivered >= self.delivered_from
            && delivered > time.plus(self.in_time);
        let start = time.floor(self.bucket);
        let (start, end) = (start.minus(self.margin), start.plus(self.bucket).plus(self.margin));
        is_late.then(|| Window::new(start, end).expect("a bucket is not empty"))
    }
}

/// How a detection judges events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Each by itself, so what was delivered since the watermark is enough.
    Nothing,
    /// Together: by buckets of this length, at whose begin its windows begin; zero if it has none.
    Buckets(Span),
    /// Together, or in whatever way: its SQL has not been planned yet.
    OnEventTime(Span),
}

/// The bucket in which a detection without buckets counts late events: longer than any burst that it may look for, with
/// as much before and after it.
const ROLLING: Span = Span::HOUR;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the times of the runs, what they search for the first time tiles event time.
        #[test]
        fn windows_tile(steps in prop::collection::vec(1i64..5_000, 1..20), every in 60i64..4_000, late in 0i64..9_000) {
            let cadence =
                Cadence { every: Span::from_s(every), lateness: Span::from_s(late), ..Cadence::default() };
            let mut at = Timestamp::from_unix_s(1_000_000);
            let mut watermark = None;
            for step in steps {
                let due = Due::on_schedule(at, watermark, cadence, Counts::Buckets(Span::HOUR)).unwrap();
                prop_assert_eq!(due.first_search.end(), at);
                prop_assert!(due.window.start() <= due.first_search.start());
                if let Some(watermark) = watermark {
                    prop_assert_eq!(due.first_search.start(), watermark);
                    prop_assert!(due.window.start() <= watermark.minus(cadence.lateness));
                }
                prop_assert_eq!(due.window.start().unix_s() % if watermark.is_some() { 3_600 } else { 1 }, 0);
                watermark = Some(at);
                at = at.plus(Span::from_s(step));
            }
        }
    }

    #[test]
    fn who_judges_each_event_by_itself_searches_what_was_delivered_since_the_watermark() {
        let cadence = Cadence { lateness: Span::HOUR, ..Cadence::default() };
        let at: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let due = |watermark, counts| Due::on_schedule(at, watermark, cadence, counts).unwrap();
        let watermark = at.minus(Span::HOUR);
        let judges = due(Some(watermark), Counts::Nothing);
        assert_eq!(judges.delivered_from, Some(watermark.minus(Span::HOUR)));
        assert_eq!(judges.window, Window::new(at.minus(cadence.max_age), at).unwrap());
        assert_eq!(judges.first_search, Window::new(watermark, at).unwrap());
        let first = due(None, Counts::Nothing);
        assert_eq!(
            (first.delivered_from, first.watermark),
            (Some(watermark), None),
            "nothing was read before"
        );
        let counts = due(Some(watermark), Counts::Buckets(Span::DAY));
        assert_eq!((counts.delivered_from, counts.window.start()), (None, at.floor(Span::DAY)));
        let late = counts.late.unwrap();
        let before = Window::new(at.minus(cadence.max_age), at.floor(Span::DAY)).unwrap();
        assert_eq!(
            (late.window, late.delivered_from, late.bucket),
            (before, watermark.minus(Span::HOUR), Span::DAY)
        );
        let old = at.minus(Span::from_s(3 * 86_400));
        let day = Window::new(old.floor(Span::DAY), old.floor(Span::DAY).plus(Span::DAY)).unwrap();
        assert_eq!(late.bucket_of(old, at), Some(day));
        assert_eq!(late.bucket_of(old, old), None, "it was delivered in time");
        let earlier = late.delivered_from.minus(Span::from_s(1));
        assert_eq!(late.bucket_of(old, earlier), None, "an earlier run counted its bucket again");
        assert_eq!(late.bucket_of(at, at), None, "it belongs to the window");
        let before = late.window.end().minus(Span::from_s(60));
        let half = before.plus(Span::from_s(1_800));
        let from = LateSpan { delivered_from: before, ..late };
        assert_eq!(from.bucket_of(before, half), None, "an earlier run counted it");
        assert!(from.bucket_of(before, half.plus(Span::from_s(1))).is_some());
        // A detection that searches more than the age of any event searches it all.
        let long = Cadence { max_age: Span::HOUR, ..cadence };
        let due = Due::on_schedule(at, Some(at.minus(Span::DAY)), long, Counts::Nothing).unwrap();
        assert_eq!(Some(due.window.start()), due.delivered_from);
        assert_eq!(Due::on_schedule(at, Some(at), cadence, Counts::Nothing), None);
    }
}
