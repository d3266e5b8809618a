//! Why a detection does not find an event: the conditions that its optimized plan has on single events, each asked alone.
//!
//! They are the filters that reached the scans of `events` and `history`, the same that the gate is made of. What a plan does
//! besides (counting, joining, comparing groups) is not asked here.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch},
        datatypes::DataType,
    },
    catalog::TableProvider,
    common::{DFSchema, tree_node::TreeNodeRecursion},
    datasource::source_as_provider,
    error::Result,
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan, Operator, expr_rewriter::unnormalize_col, utils::split_conjunction},
};
use datafusion_trino::format_value;
use futures::StreamExt as _;

use super::{
    adhoc::{self, AdHocError, Files},
    pack::{PackLimits, Surroundings},
    reader, relations,
    scan::Progress,
    session::Sessions,
    source::{Memory, Source, walk::walk},
};
use crate::{
    engine::NoAnswer,
    plan::{Sql, foreign::NamedPartitions},
};

/// A condition on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedCondition {
    /// The condition, as SQL.
    pub text: String,
    /// Whether the event meets it; `None` if it is NULL for the event, which counts as no.
    pub holds: Option<bool>,
    /// The fields that it reads, with their values; `None` for NULL.
    pub values: Vec<(String, Option<String>)>,
}

/// One place in a statement that reads events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventReading {
    /// Whether it reads the events before the window.
    pub is_history: bool,
    /// Its conditions on single events.
    pub conditions: Vec<AskedCondition>,
}

/// One event, as detections see it.
#[derive(Debug)]
pub struct SeenEvent(RecordBatch);

/// An event as detections see it, from its record.
///
/// # Errors
///
/// If the record is none.
pub async fn seen(
    sessions: &Sessions,
    record: &str,
    limits: &PackLimits,
    surroundings: &Surroundings<'_>,
) -> std::result::Result<SeenEvent, NoAnswer> {
    let none = |reason: String| NoAnswer { reason, hint: None };
    let files = [("event.json".to_owned(), record.as_bytes().to_vec())];
    let source = Source::Memory(Memory::from_iter(files));
    let listing = walk(&source, None).map_err(|error| none(error.to_string()))?;
    let files = Files {
        source,
        files: Arc::new(listing.files),
        window: None,
        names: datafusion_trino::TableNames::default(),
        partitions: NamedPartitions::default(),
        reads_lake: false,
        as_detections: true,
        progress: Arc::new(Progress::default()),
    };
    let arriving = adhoc::run(sessions, &Sql::reading("events"), &files, limits, surroundings).await;
    let mut arriving = arriving.map_err(|error| match error {
        AdHocError::Refused(error) => none(error.to_string()),
        AdHocError::Failed(no_answer) => no_answer,
    })?;
    while let Some(batch) = arriving.batches.next().await {
        let batch = batch.map_err(adhoc::broke_off)?;
        if batch.num_rows() > 0 {
            return Ok(SeenEvent(batch.slice(0, 1)));
        }
    }
    Err(none("the record is not an event".to_owned()))
}

/// Every place in which a statement reads events, with its conditions on this one.
///
/// # Errors
///
/// If the statement cannot be planned, or a condition cannot be asked.
pub async fn places(
    sessions: &Sessions,
    sql: &Sql,
    event: &SeenEvent,
    surroundings: &Surroundings<'_>,
) -> std::result::Result<Vec<EventReading>, NoAnswer> {
    let none = |reason: String| NoAnswer { reason, hint: None };
    let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
    let small = || -> Result<[Arc<dyn TableProvider>; 2]> {
        Ok([Arc::new(relations::accounts(surroundings.accounts)?), Arc::new(relations::watchlist(entries)?)])
    };
    let [accounts, watchlist] = small().map_err(|error| none(error.to_string()))?;
    let [events, history] = relations::of_events();
    let relations =
        [("events", events), ("history", history), ("accounts", accounts), ("watchlist", watchlist)];
    let planned = sessions.plan(relations, sql, surroundings.now).await;
    let (state, plan) = planned.map_err(|error| none(error.to_string()))?;
    let plan = state.optimize(&plan).map_err(|error| none(error.to_string()))?;
    let mut scans: Vec<(bool, Vec<Expr>)> = Vec::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && source_as_provider(&scan.source).is_ok_and(|table| table.schema() == reader::schema())
        {
            scans.push((scan.table_name.table() == "history", scan.filters.clone()));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let place = |(is_history, filters): (bool, Vec<Expr>)| -> Result<EventReading> {
        let conditions: Result<Vec<AskedCondition>> = filters
            .iter()
            .flat_map(|filter| split_conjunction(filter).into_iter())
            .map(|expr| ask(&state, expr, &event.0))
            .collect();
        Ok(EventReading { is_history, conditions: conditions? })
    };
    let places: Result<Vec<EventReading>> = scans.into_iter().map(place).collect();
    places.map_err(|error| none(error.to_string()))
}

/// Asks one condition of an event.
fn ask(state: &SessionState, expr: &Expr, event: &RecordBatch) -> Result<AskedCondition> {
    let expr = unnormalize_col(expr.clone());
    let schema = DFSchema::try_from(event.schema().as_ref().clone())?;
    let asked = state.create_physical_expr(expr.clone(), &schema)?.evaluate(event)?.into_array(1)?;
    let holds = match asked.data_type() {
        DataType::Boolean if !asked.is_null(0) => Some(asked.as_boolean().value(0)),
        _ => None,
    };
    let mut fields: Vec<Expr> = Vec::new();
    fields_of(&expr, &mut fields);
    let mut values = Vec::new();
    for field in fields {
        let value = state.create_physical_expr(field.clone(), &schema)?.evaluate(event)?.into_array(1)?;
        let text = format_value(value.as_ref(), 0);
        let known = (sql(&field), text);
        if !values.contains(&known) {
            values.push(known);
        }
    }
    Ok(AskedCondition { text: sql(&expr), holds, values })
}

/// The fields that an expression reads, the innermost ones that have a name in SQL.
fn fields_of(expr: &Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::Column(_) => into.push(expr.clone()),
        Expr::ScalarFunction(call) if call.func.name() == "get_field" => into.push(expr.clone()),
        Expr::ScalarFunction(call) => call.args.iter().for_each(|arg| fields_of(arg, into)),
        Expr::BinaryExpr(binary) => {
            fields_of(&binary.left, into);
            fields_of(&binary.right, into);
        }
        Expr::Not(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) | Expr::IsTrue(inner) => {
            fields_of(inner, into);
        }
        Expr::Like(like) => fields_of(&like.expr, into),
        Expr::InList(list) => fields_of(&list.expr, into),
        Expr::Cast(cast) => fields_of(&cast.expr, into),
        Expr::Alias(alias) => fields_of(&alias.expr, into),
        Expr::Case(case) => {
            for (when, then) in &case.when_then_expr {
                fields_of(when, into);
                fields_of(then, into);
            }
            case.else_expr.iter().for_each(|inner| fields_of(inner, into));
        }
        _ => {}
    }
}

/// An expression as people write it in SQL, as far as that is known.
fn sql(expr: &Expr) -> String {
    match expr {
        Expr::Column(column) => column.name.clone(),
        Expr::ScalarFunction(call) if call.func.name() == "get_field" => {
            let parts: Vec<String> =
                call.args.iter().map(|arg| sql(arg).trim_matches('\'').to_owned()).collect();
            parts.join(".")
        }
        Expr::ScalarFunction(call) => {
            let arguments: Vec<String> = call.args.iter().map(sql).collect();
            format!("{}({})", call.func.name(), arguments.join(", "))
        }
        Expr::BinaryExpr(binary) => {
            let side = |inner: &Expr| match inner {
                Expr::BinaryExpr(other) if other.op == Operator::Or && binary.op == Operator::And => {
                    format!("({})", sql(inner))
                }
                _ => sql(inner),
            };
            format!("{} {} {}", side(&binary.left), binary.op, side(&binary.right))
        }
        Expr::Not(inner) => format!("NOT ({})", sql(inner)),
        Expr::IsNull(inner) => format!("{} IS NULL", sql(inner)),
        Expr::IsNotNull(inner) => format!("{} IS NOT NULL", sql(inner)),
        Expr::IsTrue(inner) => sql(inner),
        Expr::Like(like) => {
            let not = if like.negated { "NOT " } else { "" };
            format!("{} {not}LIKE {}", sql(&like.expr), sql(&like.pattern))
        }
        Expr::InList(list) => {
            let not = if list.negated { "NOT " } else { "" };
            let items: Vec<String> = list.list.iter().map(sql).collect();
            format!("{} {not}IN ({})", sql(&list.expr), items.join(", "))
        }
        Expr::Literal(value, _) => match value.try_as_str() {
            Some(Some(text)) => format!("'{}'", text.replace('\'', "''")),
            _ => value.to_string(),
        },
        Expr::Cast(cast) => sql(&cast.expr),
        Expr::Alias(alias) => sql(&alias.expr),
        other => other.to_string(),
    }
}
