//! When CloudTrail delivers events. Paths of log files hold the day of delivery, names its minute, and neither event time.

use std::collections::BTreeMap;

use super::time::{Day, Span, Timestamp, Window};

/// How much older than its newest event the time in a file's name may be.
const NAME_LAG: Span = Span::from_s(15 * 60);

/// How long after its events a file is delivered, as a rule.
pub const USUAL_DELAY: Span = Span::HOUR;

/// Which log files a run reads: those that were delivered in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliveries {
    window: Window,
}

impl Deliveries {
    /// The files that can hold the events of a window, if none was delivered more than `delay` after its events; and those of
    /// the rest of the last day, as Athena reads whole days.
    #[must_use]
    pub fn of(window: Window, delay: Span) -> Self {
        let end = window.end().plus(delay).day().next().start();
        Self { window: Window::new(window.start(), end).unwrap_or(window) }
    }

    /// The files of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { window: self.window.union(other.window) }
    }

    /// Those before this time.
    #[must_use]
    pub fn before(self, end: Timestamp) -> Self {
        let end = end.min(self.window.end());
        Self { window: Window::new(self.window.start(), end).unwrap_or(self.window) }
    }

    /// The span of their delivery.
    #[must_use]
    pub fn window(self) -> Window {
        self.window
    }

    /// The days whose folders hold them.
    #[must_use]
    pub fn days(self) -> DeliveryDays {
        let last = self.window.end().minus(Span::from_s(1)).day();
        DeliveryDays { first: self.window.start().day(), end: last.next() }
    }

    /// Whether a file whose name has this time can be one of them.
    #[must_use]
    pub fn can_hold(self, name: Timestamp) -> bool {
        name.plus(NAME_LAG) >= self.window.start() && name < self.window.end()
    }
}

/// An account, and one of its regions.
pub type Region = (String, String);

/// Regions that deliver again after a silence, with the files that no run has read: they count as delivered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedRegions {
    /// For each account and region, the earliest time in the names of these files.
    pub from: BTreeMap<Region, Timestamp>,
    /// Before which time their names lie.
    pub before: Timestamp,
}

/// When an event was delivered: at the time in its file's name, else on the day of its folder, and never before it happened.
/// An event of a loose file without a time in its name counts as delivered when it happened.
#[must_use]
pub fn delivered(name: Option<Timestamp>, folder: Option<Day>, event: Timestamp) -> Timestamp {
    let floor = name.or(folder.map(Day::start)).unwrap_or(event);
    floor.max(event)
}

/// The time in the name of a file of CloudTrail (`…_us-east-1_20260310T1205Z_….json.gz`), to the minute.
#[must_use]
pub fn time_in_name(path: &str) -> Option<Timestamp> {
    let name = path.rsplit('/').next()?;
    name.split(['_', '.']).find_map(minute)
}

/// A time as `20260310T1205Z`.
fn minute(text: &str) -> Option<Timestamp> {
    let digits =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let [year, month, day] = [digits(0, 4)?, digits(4, 6)?, digits(6, 8)?];
    let [hour, minute] = [digits(9, 11)?, digits(11, 13)?];
    let marks = (text.get(8..9)?, text.get(13..)?);
    (marks == ("T", "Z"))
        .then(|| Timestamp::parse_iso(&format!("{year}-{month}-{day}T{hour}:{minute}:00Z")))?
}

/// The delivery days whose folders can hold events of a window: the window's own days, and those of the hour after its end,
/// because delivery takes up to an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryDays {
    first: Day,
    end: Day,
}

impl DeliveryDays {
    /// The days that can hold this window's events.
    #[must_use]
    pub fn of(window: Window) -> Self {
        Deliveries::of(window, USUAL_DELAY).days()
    }

    /// One day alone.
    #[must_use]
    pub fn one(day: Day) -> Self {
        Self { first: day, end: day.next() }
    }

    /// How many days that is.
    #[must_use]
    pub fn count(self) -> u64 {
        self.iter().count() as u64
    }

    /// The same days without those before `first`.
    #[must_use]
    pub fn from(self, first: Day) -> Self {
        Self { first: self.first.max(first), ..self }
    }

    /// Whether any of the days `[first, end)` is one of these.
    #[must_use]
    pub fn overlaps(self, first: Day, end: Day) -> bool {
        first < self.end && self.first < end
    }

    /// The days, in order.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        std::iter::successors(Some(self.first), |day| Some(day.next())).take_while(move |day| *day < self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Day {
        Day::from_ymd(2026, 3, day).unwrap()
    }

    fn days(start: &str, end: &str) -> DeliveryDays {
        let time = |text: &str| format!("2026-03-{text}:00Z").parse().unwrap();
        DeliveryDays::of(Window::new(time(start), time(end)).unwrap())
    }

    #[test]
    fn a_window_has_its_days_and_that_of_the_hour_after_it() {
        let listed = |start, end| days(start, end).iter().collect::<Vec<_>>();
        assert_eq!(listed("10T00:00", "10T22:59"), [day(10)]);
        assert_eq!(listed("10T00:00", "10T23:00"), [day(10), day(11)]);
        assert_eq!(listed("09T23:59", "11T12:00"), [day(9), day(10), day(11)]);
        let later = days("09T23:59", "11T12:00").from(day(11));
        assert_eq!(later.iter().collect::<Vec<_>>(), [day(11)]);
        assert_eq!(later.from(day(9)), later);
        assert_eq!(later.from(day(12)).iter().count(), 0);
        assert_eq!(days("09T23:59", "11T12:00").count(), 3);
        assert_eq!(DeliveryDays::one(day(10)).iter().collect::<Vec<_>>(), [day(10)]);
    }

    fn time(text: &str) -> Timestamp {
        format!("2026-03-{text}Z").parse().unwrap()
    }

    #[test]
    fn the_time_of_delivery_is_read_from_the_name_alone() {
        let folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/10";
        for (name, found) in [
            (
                "111122223333_CloudTrail_us-east-1_20260310T1205Z_AbCdEfGhIjKlMnOp.json.gz",
                Some("10T12:05:00"),
            ),
            ("a_20260310T0000Z.json.gz", Some("10T00:00:00")),
            ("20260310T1205Z_x.json", Some("10T12:05:00")),
            ("a_20260310T12050Z_b.json.gz", None),
            ("a_20261310T1205Z_b.json.gz", None),
            ("a_20260310T2405Z_b.json.gz", None),
            ("a_20260310 1205Z_b.json.gz", None),
            ("a_20260310T1205Zé_b.json.gz", None),
            ("é0260310T1205Z.json.gz", None),
            ("0.json.gz", None),
            ("", None),
        ] {
            assert_eq!(time_in_name(&format!("{folder}/{name}")), found.map(time), "{name}");
        }
        assert_eq!(time_in_name("x_20260310T1205Z_y/0.json.gz"), None, "a folder's name does not count");
    }

    #[test]
    fn an_event_is_never_delivered_before_it_happened() {
        let event = time("10T12:00:00");
        let at = |name: Option<&str>, folder: Option<u32>| delivered(name.map(time), folder.map(day), event);
        assert_eq!(at(None, None), event, "a loose file");
        assert_eq!(at(Some("10T12:05:00"), Some(10)), time("10T12:05:00"));
        assert_eq!(at(Some("10T11:58:00"), Some(10)), event, "a name may be minutes older than an event");
        assert_eq!(at(None, Some(10)), event, "a name without a time");
        assert_eq!(at(None, Some(24)), time("24T00:00:00"), "delivered again two weeks later");
    }

    #[test]
    fn files_are_chosen_by_the_time_in_their_names() {
        let window = Window::new(time("10T12:00:00"), time("10T13:00:00")).unwrap();
        let hour = Deliveries::of(window, Span::HOUR);
        for (name, holds) in [
            ("10T11:44:00", false),
            ("10T11:45:00", true),
            ("10T12:30:00", true),
            ("10T23:59:00", true),
            ("11T00:00:00", false),
        ] {
            assert_eq!(hour.can_hold(time(name)), holds, "{name}");
        }
        let longer = hour.union(Deliveries::of(window, Span::DAY));
        assert!(longer.can_hold(time("11T23:59:00")) && !longer.can_hold(time("12T00:00:00")));
        assert_eq!(longer.window(), Window::new(window.start(), time("12T00:00:00")).unwrap());
        let before = longer.before(time("11T06:00:00"));
        assert!(before.can_hold(time("11T05:59:00")) && !before.can_hold(time("11T06:00:00")));
        assert_eq!(before.days().iter().collect::<Vec<_>>(), [day(10), day(11)]);
        assert_eq!(before.before(time("11T00:00:00")).days().iter().collect::<Vec<_>>(), [day(10)]);
        assert_eq!(hour.before(time("20T00:00:00")), hour);
    }

    #[test]
    fn days_overlap_if_they_share_one() {
        let days = days("10T00:00", "11T12:00");
        for (first, end, overlaps) in [
            (8, 10, false),
            (8, 11, true),
            (10, 11, true),
            (11, 12, true),
            (12, 14, false),
            (1, 20, true),
            (10, 10, false),
        ] {
            assert_eq!(days.overlaps(day(first), day(end)), overlaps, "{first} to {end}");
        }
    }
}
