//! What a question reads: which candidates, and which files can hold them.

use super::relations::CandidateSpan;
use crate::{
    domain::{
        delivery::Deliveries,
        time::{Timestamp, Window},
    },
    plan::{LateSpan, Question},
};

/// What a query reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// What `events` and `history` hold.
    pub(super) spans: [CandidateSpan; 2],
    /// The span of event time.
    pub(super) events: Window,
    /// Of these, only what was delivered from this time on; `None` for all.
    pub(super) delivered_from: Option<Timestamp>,
    /// Which events come too late for it.
    pub(super) late: Option<LateSpan>,
    /// The files that can hold it.
    pub(super) deliveries: Deliveries,
}

impl Reach {
    pub(super) fn of(question: &Question) -> Self {
        let events = CandidateSpan { window: question.window, delivered_from: question.delivered_from };
        Self {
            spans: [events, CandidateSpan { window: question.history(), delivered_from: None }],
            events: question.reach(),
            delivered_from: question.delivered_from,
            late: question.late,
            deliveries: question.deliveries(),
        }
    }
}
