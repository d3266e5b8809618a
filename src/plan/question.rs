//! What a run evaluates: one detection, its statement, its window. Knows nothing of the engine that will answer it.

use super::Sql;
use crate::domain::{
    delivery::Deliveries,
    detection::DetectionId,
    time::{Span, Timestamp, Window},
};

/// One detection with its window and its SQL.
#[derive(Clone, Debug)]
pub struct Question {
    /// The detection.
    pub detection: DetectionId,
    /// Its statement, parameters bound.
    pub sql: Sql,
    /// The event time that `events` holds.
    pub window: Window,
    /// `events` holds only what was delivered from this time on; `None` if only event time counts.
    pub delivered_from: Option<Timestamp>,
    /// Which events come too late for its window, if it counts: their buckets are counted again.
    pub late: Option<LateSpan>,
    /// How long after its event time a file of the window may have been delivered.
    pub delay: Span,
    /// The bucket by which the detection counts; zero if it has none.
    pub align: Span,
    /// How far `history` reaches back before the window; zero if the statement does not read it.
    pub lookback: Span,
    /// Whether its header asks for a statement of its own on Athena (`scan = "own"`).
    pub own_scan: bool,
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
}

impl LateSpan {
    /// The time to count again for an event, if it is one of these: its bucket, with the margin.
    #[must_use]
    pub fn bucket_of(self, time: Timestamp, delivered: Timestamp) -> Option<Window> {
        let is_late = self.window.contains(time) && delivered >= self.delivered_from;
        let start = time.floor(self.bucket);
        let (start, end) = (start.minus(self.margin), start.plus(self.bucket).plus(self.margin));
        is_late.then(|| Window::new(start, end).expect("a bucket is not empty"))
    }
}

impl Question {
    /// The window of `history`: the look-back before the window. Without a look-back it is one second, which no statement
    /// reads.
    #[must_use]
    pub fn history(&self) -> Window {
        let lookback = if self.lookback == Span::ZERO { Span::from_s(1) } else { self.lookback };
        let start = self.window.start();
        Window::new(start.minus(lookback), start).expect("a look-back is not empty")
    }

    /// The files that can hold what the statement reads.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        let reach = self.reach();
        let start = self.delivered_from.unwrap_or(reach.start());
        Deliveries::of(Window::new(start, reach.end()).unwrap_or(reach), self.delay)
    }

    /// The span of event time that the statement reads: the window, and the look-back before it.
    #[must_use]
    pub fn reach(&self) -> Window {
        match self.lookback {
            Span::ZERO => self.window,
            _ => self.window.union(self.history()),
        }
    }
}
