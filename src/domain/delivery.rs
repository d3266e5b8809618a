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
