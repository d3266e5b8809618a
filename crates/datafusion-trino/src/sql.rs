//! Athena's SQL on DataFusion: text → tokens → parsed statement → rewritten statement → logical plan.
//!
//! Each step is a file below. Differences between Athena and DataFusion are handled here and in `functions`,
//! and nowhere else.
//! Nothing here runs a query or reads data.

mod aliases;
mod compare;
mod dialect;
mod error;
mod fill;
mod grammar;
mod hidden;
mod inspect;
mod json_calls;
mod json_names;
mod moments;
mod names;
mod output;
mod params;
mod parse;
mod planner;
mod provider;
mod rewrite;
mod scopes;
mod session;
mod strict;
mod subqueries;
mod table_names;
mod tables;
mod ties;
mod time_texts;
mod tokens;
mod unicode;
mod unnest;
mod uses;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use datafusion::common::{ResolvedTableReference, TableReference};
use datafusion::execution::{SessionState, SessionStateDefaults};
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{LogicalPlan, ScalarUDF, TableSource};
use datafusion::sql::planner::{NullOrdering, ParserOptions, SqlToRel};
use datafusion::sql::sqlparser::tokenizer::Location;

pub use error::SqlError;
pub use inspect::{Inspected, Mention, Output, inspect};
pub use params::Parameter;
pub use session::{session_config, session_state};
pub use table_names::{TableNameError, TableNames};
pub use uses::{ColumnUse, Usage, column_uses};

use crate::functions::{self, ErrorClass};
use hidden::{Hidden, is_hidden};
use inspect::Places;

/// Plans one `SELECT` or `WITH`. The plan's types are not coerced yet, and it is not optimized.
///
/// `state` is a session of [`session_state`] with the tables that the statement reads; `now` is what the
/// clock functions return.
/// Columns of the result are named as typed, and names may repeat.
///
/// # Errors
///
/// Errors that Athena reports when it analyzes a query, with the place in `sql`; NOT_SUPPORTED for what this
/// crate lacks.
pub async fn plan(state: &SessionState, sql: &str, now: DateTime<Utc>) -> Result<LogicalPlan, SqlError> {
    plan_with(state, sql, now, &Bindings::new(&[], &TableNames::default())).await
}

/// What the `?` and the table names of a statement stand for.
#[derive(Clone, Copy, Debug)]
pub struct Bindings<'a> {
    /// The values of the `?`, in their order; each is read as a [`Parameter`].
    pub params: &'a [String],
    /// Other names for one of the session's tables.
    pub tables: &'a TableNames,
    /// How a person gives a text as a value, for hints: from the text to what is typed, without quotation
    /// marks around it.
    pub typed: fn(&str) -> String,
    /// Whether a text literal that is compared with a timestamp is read as one. Athena refuses that.
    pub texts_are_times: bool,
}

impl<'a> Bindings<'a> {
    /// Values and names; hints show a text as `'text'`.
    #[must_use]
    pub fn new(params: &'a [String], tables: &'a TableNames) -> Self {
        Self { params, tables, typed: |text| format!("'{text}'"), texts_are_times: false }
    }
}

/// Plans a statement as [`plan`] does, with values for its `?` and other names for a table.
///
/// # Errors
///
/// The errors of [`plan`], and SYNTAX_ERROR if the number of values is not the number of `?`.
pub async fn plan_with(
    state: &SessionState,
    sql: &str,
    now: DateTime<Utc>,
    bindings: &Bindings<'_>,
) -> Result<LogicalPlan, SqlError> {
    let mut parsed = parse::parse(sql)?;
    fill::fill(&mut parsed, bindings.params)?;
    let inspected = inspect::inspected(&parsed);
    let places = Places::of(&parsed);
    let planned = planned(state, sql, now, parsed, &inspected, &places, bindings).await;
    planned.map_err(|error| fill::hinted(error, bindings))
}

async fn planned(
    state: &SessionState,
    sql: &str,
    now: DateTime<Utc>,
    mut parsed: parse::Parsed,
    inspected: &Inspected,
    places: &Places,
    bindings: &Bindings<'_>,
) -> Result<LogicalPlan, SqlError> {
    check_functions(inspected)?;
    tables::shorten(&mut parsed, bindings.tables);
    scopes::distinguish(&mut parsed);
    let (tables, hidden) = loaded(state, inspected, places, bindings.tables).await?;
    hidden::leave_out(&mut parsed, &hidden)?;
    rewrite::rewrite(&mut parsed, now)?;

    let dropped = Arc::new(Mutex::new(None));
    let provider = provider::Provider {
        state,
        tables,
        expr_planners: expr_planners(state, &parsed, places, &dropped, bindings.texts_are_times),
        relation_planners: vec![Arc::new(unnest::Unnester)],
    };
    let options = ParserOptions::new()
        .with_enable_ident_normalization(false)
        .with_collect_spans(true)
        .with_map_string_types_to_utf8view(false)
        .with_default_null_ordering(NullOrdering::NullsLast);
    let planner = SqlToRel::new_with_options(&provider, options);
    let second = aliases::probed(&parsed.statement);
    let operators = parsed.operators;
    let planned = planner.sql_statement_to_plan(parsed.statement);
    let dropped = dropped.lock().ok().and_then(|mut dropped| dropped.take());
    let plan = match (planned, dropped) {
        (Ok(plan), None) => plan,
        (_, Some(error)) => return Err(quoted_hint(error, sql)),
        (Err(error), None) => return Err(quoted_hint(SqlError::of(&error, places), sql)),
    };
    if let Some((statement, uses)) = second
        && let Err(error) = planner.sql_statement_to_plan(statement)
    {
        let error = SqlError::of(&error, places);
        let alias = uses.iter().find(|(name, _)| error.message.contains(&format!("'{name}'")));
        if let (ErrorClass::ColumnNotFound, Some((_, place))) = (error.class, alias) {
            let hint = "an alias of the SELECT list is visible in ORDER BY only; repeat its expression or its number";
            return Err(error.at(*place).hint(Some(hint.into())));
        }
    }
    let plan = match bindings.texts_are_times {
        true => time_texts::read(plan).map_err(|error| SqlError::of(&error, places))?,
        false => plan,
    };
    strict::check(&plan, &operators)?;
    let plan = match state.window_functions().get("rank") {
        Some(rank) => ties::replace(plan, rank).map_err(|error| SqlError::of(&error, places))?,
        None => plan,
    };
    let called = udfs(state, &[compare::FUNCTIONS.as_slice(), &subqueries::FUNCTIONS].concat());
    let plan = subqueries::replace(plan, &called).map_err(|error| SqlError::of(&error, places))?;
    let plan = compare::replace(plan, &called).map_err(|error| SqlError::of(&error, places))?;
    output::rename(plan, &inspected.outputs).map_err(|error| SqlError::of(&error, places))
}

/// Adds a hint where a text may have been written in double quotes, which make it the name of a column.
fn quoted_hint(error: SqlError, sql: &str) -> SqlError {
    let at = |line: u64, column: u64| sql.lines().nth(line as usize - 1)?.chars().nth(column as usize - 1);
    let quoted = error.line.zip(error.column).and_then(|(line, column)| at(line, column)) == Some('"');
    if error.class == ErrorClass::ColumnNotFound && error.hint.is_none() && quoted {
        return error.hint(Some("text is written in single quotes".into()));
    }
    error
}

fn udfs(state: &SessionState, names: &[&str]) -> Vec<Arc<ScalarUDF>> {
    names.iter().filter_map(|name| state.scalar_functions().get(*name).cloned()).collect()
}

fn expr_planners(
    state: &SessionState,
    parsed: &parse::Parsed,
    places: &Places,
    dropped: &Arc<Mutex<Option<SqlError>>>,
    texts_are_times: bool,
) -> Vec<Arc<dyn ExprPlanner>> {
    let names = ["concat", "$add", "$subtract", "$multiply", "$divide", "$modulus"];
    let ours = planner::Planner {
        functions: udfs(state, &[&names, compare::FUNCTIONS.as_slice()].concat()),
        spelling: parsed.spelling(),
        operators: parsed.operators.clone(),
        places: places.clone(),
        dropped: Arc::clone(dropped),
        texts_are_times,
    };
    let mut all: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(ours)];
    all.extend(SessionStateDefaults::default_expr_planners());
    all
}

fn check_functions(inspected: &Inspected) -> Result<(), SqlError> {
    for function in &inspected.functions {
        if functions::known_functions().binary_search(&function.name.as_str()).is_err()
            && !CLOCK.contains(&function.name.as_str())
        {
            let near = error::nearest(&function.name, functions::known_functions().iter().copied());
            let error = SqlError::new(
                ErrorClass::FunctionNotFound,
                format!("Function '{}' not registered", function.name),
            );
            let place = Location { line: function.line, column: function.column };
            return Err(error.at(place).hint(near.map(|near| format!("did you mean '{near}'?"))));
        }
    }
    Ok(())
}

/// Clock functions that are called without parentheses.
const CLOCK: &[&str] = &["current_timestamp", "current_date", "localtimestamp"];

type Tables = HashMap<ResolvedTableReference, Arc<dyn TableSource>>;

/// The tables that a statement reads, and their hidden columns.
async fn loaded(
    state: &SessionState,
    inspected: &Inspected,
    places: &Places,
    names: &TableNames,
) -> Result<(Tables, Hidden), SqlError> {
    let (mut tables, mut hidden) = (Tables::new(), Hidden::new());
    for relation in &inspected.relations {
        let table = load(state, &mut tables, relation, places, names).await?;
        let schema = table.schema();
        let columns = schema.fields().iter().map(|field| field.name()).filter(|name| is_hidden(name));
        let columns: Vec<String> = columns.cloned().collect();
        if !columns.is_empty() {
            hidden.insert(Location { line: relation.line, column: relation.column }, columns);
        }
    }
    Ok((tables, hidden))
}

async fn load(
    state: &SessionState,
    tables: &mut Tables,
    relation: &Mention,
    places: &Places,
    names: &TableNames,
) -> Result<Arc<dyn TableSource>, SqlError> {
    let parts: Vec<&str> = relation.name.split('.').collect();
    let name = match parts.as_slice() {
        [table] => TableReference::bare(*table),
        [schema, table] => TableReference::partial(*schema, *table),
        [catalog, schema, table] => TableReference::full(*catalog, *schema, *table),
        _ => TableReference::bare(relation.name.clone()),
    };
    let meant = tables::means(names, &relation.name).then(|| TableReference::bare(names.table()));
    let found = provider::load(state, tables, name, meant).await;
    if let Some(table) = found.map_err(|error| SqlError::of(&error, places))? {
        return Ok(table);
    }
    let catalog = &state.config_options().catalog;
    let schema = TableReference::partial(catalog.default_schema.as_str(), "");
    let known = state.schema_for_ref(schema).map(|schema| schema.table_names()).unwrap_or_default();
    let near = error::nearest(parts.last().unwrap_or(&""), known.iter().map(String::as_str));
    let error = SqlError::new(ErrorClass::TableNotFound, format!("Table '{}' does not exist", relation.name))
        .hint(near.map(|near| format!("did you mean '{near}'?")));
    Err(places.relation(&relation.name).map_or(error.clone(), |place| error.at(place)))
}
