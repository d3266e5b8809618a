//! What a query needs of each record: the columns and the filters that reach its scans.

use datafusion::{
    common::tree_node::TreeNodeRecursion, datasource::source_as_provider, logical_expr::LogicalPlan,
};

use super::{reader, scan::condition::Condition};
use crate::domain::cloudtrail::COLUMNS;

/// What a query needs of each record.
#[derive(Clone, Debug)]
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
