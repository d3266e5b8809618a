//! Detections that answered and had nothing to read: their silence says nothing.

use super::{detection::DetectionId, time::Timestamp};

/// Detections whose silence means nothing: no event of any source that they need was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NothingToRead {
    /// Since when none was seen, up to the end of the window: 30 days, or the window of a run on demand that is longer.
    pub since: Timestamp,
    /// The detections.
    pub detections: Vec<Unread>,
}

/// A detection that had nothing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The detection.
    pub detection: DetectionId,
    /// The event sources of which it needs one.
    pub sources: Vec<String>,
    /// Whether it needs their data events, which a trail records only where it is set up for them.
    pub data_events: bool,
}
