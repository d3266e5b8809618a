//! Whether a plan has an empty answer when there are no events: then a question without candidates need not be run.
//!
//! A library grows; what fires in one window does not. Most questions of a pack find no candidate. Reads plans only, no data.

use datafusion::{
    common::tree_node::Transformed,
    datasource::source_as_provider,
    error::Result,
    logical_expr::{EmptyRelation, LogicalPlan},
    optimizer::{Optimizer, OptimizerContext, propagate_empty_relation::PropagateEmptyRelation},
};
use std::sync::Arc;

use super::reader;

/// Whether a plan returns no row if there is no event; an aggregate without `GROUP BY` returns one even then.
///
/// # Errors
///
/// If DataFusion refuses the plan without its events.
pub fn is_empty_without_events(plan: &LogicalPlan) -> Result<bool> {
    let plan = plan.clone().transform_up_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = &node
            && source_as_provider(&scan.source).is_ok_and(|table| table.schema() == reader::schema())
        {
            let schema = scan.projected_schema.clone();
            return Ok(Transformed::yes(LogicalPlan::EmptyRelation(EmptyRelation {
                produce_one_row: false,
                schema,
            })));
        }
        Ok(Transformed::no(node))
    })?;
    let optimizer = Optimizer::with_rules(vec![Arc::new(PropagateEmptyRelation::new())]);
    // The rule goes from the leaves up, so one pass is enough.
    let once = OptimizerContext::new().with_max_passes(1);
    let plan = optimizer.optimize(plan.data, &once, |_, _| {})?;
    Ok(matches!(plan, LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, .. })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::embedded::relations::tests::plan_of;

    fn is_empty(text: &str) -> bool {
        is_empty_without_events(&plan_of(text)).unwrap()
    }

    #[test]
    fn what_reads_events_is_empty_without_them() {
        for text in [
            "SELECT eventid FROM events WHERE eventname = 'A'",
            "SELECT eventname, COUNT(*) FROM events GROUP BY eventname HAVING COUNT(*) < 5",
            "SELECT e.eventid FROM events e JOIN watchlist w ON w.value = e.eventname",
            "SELECT eventid FROM events WHERE eventname NOT IN (SELECT value FROM watchlist)",
            "WITH a AS (SELECT eventid FROM events) SELECT eventid FROM a ORDER BY eventid LIMIT 3",
        ] {
            assert!(is_empty(text), "{text}");
        }
    }

    #[test]
    fn what_answers_without_events_is_not_empty() {
        for text in [
            "SELECT COUNT(*) FROM events",
            "SELECT value FROM watchlist",
            "SELECT w.value, e.eventid FROM watchlist w LEFT JOIN events e ON w.value = e.eventname",
            "SELECT value FROM watchlist WHERE value NOT IN (SELECT eventname FROM events)",
            "SELECT value FROM watchlist UNION ALL SELECT eventid FROM events",
        ] {
            assert!(!is_empty(text), "{text}");
        }
    }
}
