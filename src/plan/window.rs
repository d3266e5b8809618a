//! Which window a detection is due for.
//!
//! Windows of one schedule tile event time from the watermark; each begins `lateness` before it, to catch events that were
//! delivered late, and at a whole bucket for a detection that counts by buckets. Pure: the caller gives the time.

use crate::domain::time::{Span, Timestamp, Window};

/// How often a schedule runs and how far it looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// The period: the length of the first window.
    pub every: Span,
    /// How far before its watermark a window begins.
    pub lateness: Span,
    /// The longest time to catch up.
    pub catch_up: Span,
}

/// A window that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What to search: with the overlap, and from a whole bucket on.
    pub window: Window,
    /// What is searched for the first time: `window` without the overlap.
    pub first_search: Window,
    /// Where the last answered window ended.
    pub watermark: Option<Timestamp>,
    /// What is never searched because catching up is capped.
    pub skipped: Option<Window>,
}

impl Due {
    /// The window of a run on demand; it begins at a whole bucket of `align`.
    #[must_use]
    pub fn on_demand(window: Window, align: Span) -> Self {
        let searched = window.starting_by(window.start().floor(align));
        Self { window: searched, first_search: window, watermark: None, skipped: None }
    }

    /// The window of a scheduled run at `at`; `None` if the detection has answered up to that time already.
    #[must_use]
    pub fn on_schedule(
        at: Timestamp,
        watermark: Option<Timestamp>,
        cadence: Cadence,
        align: Span,
    ) -> Option<Self> {
        let due = watermark.unwrap_or(at.minus(cadence.every));
        let start = due.max(at.minus(cadence.catch_up.max(cadence.every)));
        let first_search = Window::new(start, at).ok()?;
        let lateness = if watermark.is_some() { cadence.lateness } else { Span::ZERO };
        Some(Self {
            window: first_search.starting_by(start.minus(lateness).floor(align)),
            first_search,
            watermark: watermark.map(|_| start),
            skipped: Window::new(due, start).ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the times of the runs, what they search for the first time tiles event time.
        #[test]
        fn windows_tile(steps in prop::collection::vec(1i64..5_000, 1..20), every in 60i64..4_000, late in 0i64..9_000) {
            let cadence =
                Cadence { every: Span::from_s(every), lateness: Span::from_s(late), catch_up: Span::from_s(1_000_000) };
            let mut at = Timestamp::from_unix_s(1_000_000);
            let mut watermark = None;
            for step in steps {
                let due = Due::on_schedule(at, watermark, cadence, Span::HOUR).unwrap();
                prop_assert_eq!(due.first_search.end(), at);
                prop_assert!(due.window.start() <= due.first_search.start());
                prop_assert_eq!(due.skipped, None);
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
    fn catching_up_is_capped_and_reported() {
        let cadence = Cadence { every: Span::HOUR, lateness: Span::HOUR, catch_up: Span::DAY };
        let at: Timestamp = "2026-03-10T00:00:00Z".parse().unwrap();
        let due =
            Due::on_schedule(at, Some(at.minus(Span::from_s(3 * 86_400))), cadence, Span::ZERO).unwrap();
        assert_eq!(due.first_search.span(), Span::DAY);
        assert_eq!(due.skipped.unwrap().span(), Span::from_s(2 * 86_400));
        assert_eq!(Due::on_schedule(at, Some(at), cadence, Span::ZERO), None);
    }
}
