//! What a query needs of each record: the columns and the filters that reach its scans.

use datafusion::{
    common::tree_node::TreeNodeRecursion, datasource::source_as_provider, logical_expr::LogicalPlan,
};
use serde::{Deserialize, Serialize};

use super::{reader, scan::condition::Condition};
use crate::domain::cloudtrail::COLUMNS;

/// What a query needs of each record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The columns, by name.
    pub columns: Vec<String>,
    /// What a record must meet.
    pub conditions: Vec<Condition>,
}

/// What a plan needs of records: the columns and filters that reached its scans of `events` and `history`.
pub(super) fn needs_of(plan: &LogicalPlan) -> Needs {
    let mut needs = Needs { columns: Vec::new(), conditions: Vec::new() };
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && source_as_provider(&scan.source).is_ok_and(|table| table.schema() == reader::schema())
        {
            needs.columns.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
            let filtered = scan.filters.iter().flat_map(|filter| filter.column_refs());
            needs.columns.extend(filtered.map(|column| column.name.clone()));
            needs.conditions.push(Condition::of(&scan.filters));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    needs.columns.sort();
    needs.columns.dedup();
    needs.columns.retain(|name| is_event_column(name));
    needs
}

fn is_event_column(name: &str) -> bool {
    COLUMNS.iter().any(|column| column.name == name)
        || crate::domain::cloudtrail::PARTITION_COLUMNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use datafusion::optimizer::{Optimizer, OptimizerContext};

    use super::*;
    use crate::engine::embedded::relations::tests::plan_of;

    fn text(needs: &Needs) -> String {
        let conditions: Vec<String> = needs.conditions.iter().map(ToString::to_string).collect();
        format!("{} where {}", needs.columns.join(", "), conditions.join(" or "))
    }

    #[test]
    fn a_condition_on_an_expression_reaches_the_scan_simplified() {
        let plan = plan_of(
            "WITH c AS (SELECT eventname AS action, eventsource,
                               CASE WHEN errorcode IS NULL THEN 'success' ELSE 'failed' END AS outcome FROM events)
             SELECT action FROM c WHERE outcome = 'success' AND action = 'PutKey'",
        );
        assert_eq!(
            text(&needs_of(&plan)),
            "errorcode, eventname where errorcode IS NULL AND eventname IN ('PutKey')"
        );
    }

    /// Planning takes one pass over a plan; DataFusion's own rules take three.
    #[test]
    fn further_passes_bring_no_further_condition() {
        for statement in [
            "SELECT a.action FROM (SELECT eventname AS action, coalesce(errorcode, 'none') AS code FROM events) a
             WHERE a.code IN ('none', 'AccessDenied') AND a.action LIKE 'Delete%'",
            "SELECT e.eventname, count(*) FROM (SELECT eventname, eventsource FROM events WHERE readonly = 'false') e
             JOIN watchlist w ON w.value = e.eventname WHERE e.eventsource = 'iam.amazonaws.com'
             GROUP BY e.eventname HAVING count(*) > 2 AND e.eventname <> 'CreateUser'",
            "SELECT eventid FROM events e WHERE e.eventname = 'A' AND EXISTS
               (SELECT 1 FROM history h WHERE h.eventname = e.eventname AND h.awsregion = 'eu-west-1')",
            "WITH two AS (SELECT eventid, eventname FROM events UNION ALL SELECT eventid, eventname FROM history)
             SELECT eventid FROM two WHERE eventname IN ('A', 'B') AND eventid NOT IN (SELECT value FROM watchlist)",
        ] {
            let plan = plan_of(statement);
            let once = text(&needs_of(&plan));
            let as_in_sessions = OptimizerContext::new().filter_null_keys(false);
            let optimized = Optimizer::new().optimize(plan, &as_in_sessions, |_, _| {}).unwrap();
            assert_eq!(once, text(&needs_of(&optimized)), "{statement}");
        }
    }
}
