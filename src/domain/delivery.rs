//! On which days CloudTrail delivers the events of a window. Paths of log files hold delivery days, not event time.

use super::time::{Day, Span, Window};

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
        Self { first: window.start().day(), end: window.end().plus(Span::HOUR).day().next() }
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
