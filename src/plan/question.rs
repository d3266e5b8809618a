//! What a run evaluates: one detection, its statement, its window. Knows nothing of the engine that will answer it.

use std::sync::Arc;

use super::{Sql, window::LateSpan};
use crate::domain::{
    delivery::{Deliveries, ReturnedRegions},
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
    /// On Athena, the files that count as delivered now because their regions deliver again, if it looks at delivery.
    pub returned: Option<Arc<ReturnedRegions>>,
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
