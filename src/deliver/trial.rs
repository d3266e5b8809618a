//! The small brief that `trailbrief notify test` sends. It says that it is a test.

use std::collections::BTreeMap;

use crate::domain::{
    brief::{Brief, Coverage, RunFacts},
    price::Price,
    time::{Span, Timestamp, Window},
    zone::Zone,
};

/// A brief without findings that says that it is a test.
#[must_use]
pub fn trial(now: Timestamp) -> Brief {
    let window = Window::new(now.minus(Span::HOUR), now).ok();
    let note = "This is a test, sent by `trailbrief notify test`: no log was read and no detection ran. Briefs will \
                arrive here in the same way.";
    Brief {
        run: RunFacts {
            id: format!("test-{}", now.to_string().replace(['-', ':'], "")),
            schedule: Some("test".to_owned()),
            engine: "embedded",
            window: window.expect("an hour before now lies before now"),
            started: now,
            zone: Zone::default(),
            source: "nothing".to_owned(),
            files_read: 0,
            events_read: 0,
            events_in_window: 0,
            candidates: 0,
            duplicates_dropped: 0,
            bytes_scanned: 0,
            price: Price::default(),
            notes: vec![note.to_owned()],
        },
        findings: Vec::new(),
        stories: Vec::new(),
        changes: None,
        roll_up: None,
        addresses: BTreeMap::new(),
        decisions: vec![],
        suppressed: Vec::new(),
        suppressions: Vec::new(),
        failures: Vec::new(),
        undecidable: Vec::new(),
        truncated: Vec::new(),
        problems: Vec::new(),
        coverage: Coverage::default(),
        detections: BTreeMap::new(),
    }
}
