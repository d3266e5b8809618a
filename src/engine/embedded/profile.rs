//! What follows from a statement's plan: what it needs of records, what its answer looks like, and whether it needs to be run.
//!
//! Planning a library takes longer than many a run. [`shipped`] knows the profiles of the shipped detections, so that only
//! statements with candidates have to be planned.

pub mod shipped;

use datafusion::logical_expr::LogicalPlan;
use serde::{Deserialize, Serialize};

use super::{
    empty_answer::is_empty_without_events,
    needs::{Needs, needs_of},
    outline::Outline,
};

/// What follows from a statement's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What it needs of records.
    pub needs: Needs,
    /// What its answer looks like.
    pub outline: Outline,
    /// Whether it returns no row if there is no event.
    pub is_empty_without_events: bool,
}

impl Profile {
    /// The profile of an optimized plan over the relations of a pack.
    pub(super) fn of(plan: &LogicalPlan) -> Self {
        Self {
            needs: needs_of(plan),
            outline: Outline::of(plan),
            is_empty_without_events: is_empty_without_events(plan).unwrap_or(false),
        }
    }
}
