//! What a planned statement returns: its columns, how often it reads events, and whether it answers event by event.
//!
//! An engine that runs the same statement elsewhere learns from it what to read and how to read the answer. Reads plans only,
//! no data.

use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::{TreeNode as _, TreeNodeRecursion},
    logical_expr::{JoinType, LogicalPlan},
};
use datafusion_trino::JSON_TYPE;
use serde::{Deserialize, Serialize};

use super::reader;

/// What a planned statement returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Its columns, in order.
    pub columns: Vec<(String, Shape)>,
    /// How often it reads `events`.
    pub events: u64,
    /// How often it reads `history`.
    pub history: u64,
    /// Whether the rows for an event depend on no other event: then the answers over parts of the events are the answer over
    /// all of them.
    pub by_event: bool,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A double.
    Number,
    /// True or false.
    Boolean,
    /// A JSON document, given as its text.
    Json,
    /// An array.
    List(Box<Shape>),
    /// A row with named fields.
    Fields(Vec<(String, Shape)>),
    /// A map.
    Map(Box<Shape>),
    /// Anything else, given as its text: times, decimals.
    Other,
}

impl Outline {
    /// The outline of a plan over the relations of a pack.
    pub(super) fn of(plan: &LogicalPlan) -> Self {
        let (mut events, mut history) = (0, 0);
        let _ = plan.apply_with_subqueries(|node| {
            match event_table(node) {
                Some("history") => history += 1,
                Some(_) => events += 1,
                None => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        let fields = plan.schema().fields();
        Self {
            columns: fields.iter().map(|field| (field.name().clone(), shape(field.data_type()))).collect(),
            events,
            history,
            by_event: events == 1 && history == 0 && is_by_event(plan),
        }
    }
}

/// The table's name, if it is one of events.
fn event_table(node: &LogicalPlan) -> Option<&str> {
    match node {
        LogicalPlan::TableScan(scan) if scan.source.schema() == reader::schema() => {
            Some(scan.table_name.table())
        }
        _ => None,
    }
}

/// Whether a plan that reads events once, here, answers event by event.
fn is_by_event(plan: &LogicalPlan) -> bool {
    let reads = |plan: &LogicalPlan| plan.exists(|node| Ok(event_table(node).is_some())).unwrap_or(true);
    match plan {
        LogicalPlan::TableScan(scan) => event_table(plan).is_some() && scan.fetch.is_none(),
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Unnest(_) => is_by_event(plan.inputs()[0]),
        LogicalPlan::Sort(sort) => sort.fetch.is_none() && is_by_event(&sort.input),
        LogicalPlan::Join(join) => {
            let (left, right) = (reads(&join.left), reads(&join.right));
            let kept = match join.join_type {
                JoinType::Inner => true,
                JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => left,
                JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => right,
                JoinType::Full => false,
            };
            kept && left != right && is_by_event(if left { &join.left } else { &join.right })
        }
        _ => false,
    }
}

fn shape(of: &DataType) -> Shape {
    match of {
        DataType::Utf8 => Shape::Text,
        DataType::Boolean => Shape::Boolean,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Shape::Integer,
        DataType::Float32 | DataType::Float64 => Shape::Number,
        DataType::List(item) => Shape::List(Box::new(shape(item.data_type()))),
        DataType::Struct(fields) => Shape::Fields(
            fields.iter().map(|field| (field.name().clone(), shape(field.data_type()))).collect(),
        ),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => Shape::Map(Box::new(shape(pair[1].data_type()))),
            _ => Shape::Other,
        },
        other if *other == JSON_TYPE => Shape::Json,
        _ => Shape::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::embedded::relations::tests::plan_of;

    fn outline(text: &str) -> Outline {
        Outline::of(&plan_of(text))
    }

    #[test]
    fn what_compares_events_does_not_answer_event_by_event() {
        for (by_event, text) in [
            (true, "SELECT eventid FROM events WHERE eventname = 'A'"),
            (true, "WITH a AS (SELECT * FROM events) SELECT eventid FROM a WHERE eventname = 'A'"),
            (true, "SELECT eventid FROM events CROSS JOIN UNNEST(resources) AS t (resource)"),
            (true, "SELECT eventid FROM events WHERE sourceipaddress NOT IN (SELECT value FROM watchlist)"),
            (true, "SELECT eventid FROM events ORDER BY eventtime"),
            (false, "SELECT eventid FROM events ORDER BY eventtime LIMIT 3"),
            (false, "SELECT count(*) AS n FROM events"),
            (false, "SELECT DISTINCT eventname FROM events"),
            (false, "SELECT eventid, row_number() OVER (ORDER BY eventtime) AS n FROM events"),
            (false, "SELECT a.eventid FROM events a JOIN events b ON a.eventname = b.errorcode"),
            (false, "SELECT value FROM watchlist WHERE value NOT IN (SELECT eventname FROM events)"),
            (false, "SELECT eventid FROM events WHERE eventname NOT IN (SELECT eventname FROM history)"),
            (false, "SELECT eventid FROM events UNION ALL SELECT value FROM watchlist"),
        ] {
            assert_eq!(outline(text).by_event, by_event, "{text}");
        }
    }

    #[test]
    fn columns_have_shapes_and_reads_are_counted() {
        let found = outline(
            "WITH own AS (SELECT * FROM events) SELECT a.eventid, count(*) AS n, array_agg(b.useridentity) AS who, \
             from_iso8601_timestamp(max(b.eventtime)) AS at FROM own a JOIN own b ON a.eventid = b.eventname \
             WHERE a.eventname NOT IN (SELECT eventname FROM history) GROUP BY a.eventid",
        );
        assert_eq!((found.events, found.history), (2, 1));
        let shapes: Vec<&Shape> = found.columns.iter().map(|(_, shape)| shape).collect();
        assert!(
            matches!(shapes[..], [Shape::Text, Shape::Integer, Shape::List(who), Shape::Other]
                if matches!(**who, Shape::Fields(_))),
            "{shapes:?}"
        );
    }
}
