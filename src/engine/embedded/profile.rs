//! What a statement's plan shows: which parts of a record it reads, which columns it returns, whether it needs events at all.
//!
//! To plan the whole library takes longer than most runs. [`shipped`] has the profiles of the shipped detections, so a run
//! plans only those that have candidates.

pub mod shipped;

use datafusion::logical_expr::LogicalPlan;
use serde::{Deserialize, Serialize};

use super::{
    empty_answer::is_empty_without_events,
    needs::{Needs, needs_of},
    outline::Outline,
};

/// What a statement's plan shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What it needs of records.
    pub needs: Needs,
    /// The columns of its answer, and how it reads events.
    pub outline: Outline,
    /// Whether its answer is empty when there are no events.
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
