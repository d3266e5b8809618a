//! UNNEST that reads from its left side: every row once for each element; and `LATERAL (SELECT …)`: every row
//! with values computed
//! from it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, NullHandling, TableReference, UnnestOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, when};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, JoinConstraint, JoinOperator, Select, SelectItem, Spanned, TableAlias, TableFactor,
    Value, ValueWithSpan,
};

use super::error::SqlError;
use super::names::last_name;
use super::rewrite::lateral;
use crate::functions::{ErrorClass, get_field, types};

/// Plans `UNNEST(…)` and `(left JOIN UNNEST(…))`.
#[derive(Debug)]
pub(super) struct Unnester;

fn refuse(class: ErrorClass, message: impl Into<String>, at: &impl Spanned) -> DataFusionError {
    DataFusionError::External(Box::new(SqlError::new(class, message).at(at.span().start)))
}

impl RelationPlanner for Unnester {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match relation {
            TableFactor::UNNEST { .. } => {
                let left = LogicalPlanBuilder::empty(true).build()?;
                planned(unnest(left, relation, false, context)?)
            }
            TableFactor::NestedJoin { mut table_with_joins, alias } if matches!(table_with_joins.joins.as_slice(), [join] if matches!(join.relation, TableFactor::UNNEST { .. }) || lateral(&join.relation).is_some()) =>
            {
                let join = table_with_joins.joins.remove(0);
                let keep = match &join.join_operator {
                    JoinOperator::CrossJoin(_) => false,
                    JoinOperator::Join(on) | JoinOperator::Inner(on) if is_true(on) => false,
                    JoinOperator::Left(on) | JoinOperator::LeftOuter(on) if is_true(on) => true,
                    _ => {
                        let message =
                            "UNNEST and LATERAL can be joined by CROSS JOIN, or by LEFT JOIN … ON TRUE";
                        return Err(refuse(ErrorClass::NotSupported, message, &join.relation));
                    }
                };
                let left = context.plan(table_with_joins.relation)?;
                let plan = match lateral(&join.relation) {
                    Some(select) => computed(left, select, &join.relation, keep, context)?,
                    None => unnest(left, join.relation, keep, context)?,
                };
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

fn planned(plan: LogicalPlan) -> Result<RelationPlanning> {
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
}

/// The left side with the columns of `LATERAL (SELECT …)`. Its WHERE drops rows, or with a LEFT JOIN only the
/// computed values.
fn computed(
    left: LogicalPlan,
    select: &Select,
    relation: &TableFactor,
    keep: bool,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let TableFactor::Derived { alias, .. } = relation else {
        return Err(DataFusionError::Internal("not a LATERAL".into()));
    };
    let schema = left.schema().clone();
    let qualifier = alias.as_ref().map(|alias| TableReference::bare(alias.name.value.clone()));
    let names: Vec<&str> =
        alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.as_str()).collect();
    if !names.is_empty() && names.len() != select.projection.len() {
        let (given, columns) = (names.len(), select.projection.len());
        let message = format!("Column alias list has {given} entries but relation has {columns} columns");
        return Err(refuse(ErrorClass::MismatchedColumnAliases, message, relation));
    }
    let condition = match &select.selection {
        Some(condition) => Some(context.sql_to_expr(condition.clone(), &schema)?),
        None => None,
    };
    let mut found: Vec<Expr> = schema.iter().map(Expr::from).collect();
    for (index, item) in select.projection.iter().enumerate() {
        let (sql, name) = match item {
            SelectItem::UnnamedExpr(sql) => (sql, last_name(sql).map(|ident| ident.value.clone())),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            _ => {
                let message = "a LATERAL without FROM has no columns for a *";
                return Err(refuse(ErrorClass::NotSupported, message, relation));
            }
        };
        let mut expr = context.sql_to_expr(sql.clone(), &schema)?;
        if let (true, Some(condition)) = (keep, &condition) {
            expr = when(condition.clone(), expr).end()?;
        }
        let name = names.get(index).map(|name| (*name).to_owned()).or(name);
        found.push(expr.alias_qualified(qualifier.clone(), name.unwrap_or_else(|| format!("_col{index}"))));
    }
    let mut plan = LogicalPlanBuilder::from(left);
    if let (false, Some(condition)) = (keep, condition) {
        plan = plan.filter(condition)?;
    }
    plan.project(found)?.build()
}

fn is_true(constraint: &JoinConstraint) -> bool {
    matches!(
        constraint,
        JoinConstraint::On(SqlExpr::Value(ValueWithSpan { value: Value::Boolean(true), .. }))
    )
}

/// An argument: the lists that it adds to the input, and the columns that it produces.
struct Argument {
    lists: Vec<Expr>,
    /// For an array of rows, the fields of its rows.
    fields: Option<Vec<String>>,
}

fn argument(
    expr: Expr,
    schema: &DFSchema,
    at: &SqlExpr,
    context: &dyn RelationPlannerContext,
) -> Result<Argument> {
    let data_type = expr.get_type(schema)?;
    if let Some(item) = types::item_type(&data_type) {
        let fields = match item {
            DataType::Struct(fields) => Some(fields.iter().map(|field| field.name().clone()).collect()),
            _ => None,
        };
        return Ok(Argument { lists: vec![expr], fields });
    }
    if matches!(data_type, DataType::Map(_, _)) {
        let part = |name: &str| {
            let function = context.context_provider().get_function_meta(name);
            function.map(|function| function.call(vec![expr.clone()]))
        };
        if let (Some(keys), Some(values)) = (part("map_keys"), part("map_values")) {
            return Ok(Argument { lists: vec![keys, values], fields: None });
        }
    }
    let message = format!("Cannot unnest type: {}", types::name(&data_type));
    let hint = types::is_text(&data_type)
        .then(|| "JSON text becomes an array by CAST(json_extract(…) AS array(json))".to_string());
    let error = SqlError::new(ErrorClass::TypeMismatch, message).hint(hint).at(at.span().start);
    Err(DataFusionError::External(Box::new(error)))
}

fn unnest(
    left: LogicalPlan,
    relation: TableFactor,
    keep: bool,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let place = relation.clone();
    let TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } = relation else {
        return Err(DataFusionError::Internal("not an UNNEST".into()));
    };
    let schema = left.schema().clone();
    let mut arguments = Vec::new();
    for sql in array_exprs {
        let expr = context.sql_to_expr(sql.clone(), &schema)?;
        arguments.push(argument(expr, &schema, &sql, context)?);
    }
    let kept: Vec<Expr> = schema.iter().map(Expr::from).collect();
    let mut lists: Vec<Expr> = arguments.iter().flat_map(|argument| argument.lists.clone()).collect();
    if with_ordinality {
        let function = context.context_provider().get_function_meta("$ordinals");
        let function =
            function.ok_or_else(|| DataFusionError::Internal("functions are not registered".into()))?;
        lists.push(function.call(lists.clone()));
    }
    let names: Vec<String> = (0..lists.len()).map(|at| format!("$unnest{at}")).collect();
    let mut inputs = kept.clone();
    inputs.extend(lists.into_iter().zip(&names).map(|(list, name)| list.alias(name)));
    let handling = if keep { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop };
    let columns: Vec<Column> = names.iter().map(Column::from_name).collect();
    let plan = LogicalPlanBuilder::from(left)
        .project(inputs)?
        .unnest_columns_with_options(columns.clone(), UnnestOptions::new().with_null_handling(handling))?;
    let outputs = outputs(&arguments, columns, with_ordinality, alias, &place)?;
    plan.project(kept.into_iter().chain(outputs))?.build()
}

/// The columns that an UNNEST produces, under its alias.
///
/// Athena gives an array of rows as one column of rows; newer engines give a column per field. The number of
/// column
/// aliases decides.
fn outputs(
    arguments: &[Argument],
    columns: Vec<Column>,
    with_ordinality: bool,
    alias: Option<TableAlias>,
    at: &TableFactor,
) -> Result<Vec<Expr>> {
    let qualifier = alias.as_ref().map(|alias| TableReference::bare(alias.name.value.clone()));
    let names: Vec<String> =
        alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.clone()).collect();
    let narrow = columns.len();
    let wide: usize =
        arguments.iter().map(|a| a.fields.as_ref().map_or(a.lists.len(), Vec::len)).sum::<usize>()
            + usize::from(with_ordinality);
    let expand = names.len() == wide && wide != narrow;
    if !names.is_empty() && names.len() != narrow && !expand {
        let message =
            format!("Column alias list has {} entries but relation has {narrow} columns", names.len());
        return Err(refuse(ErrorClass::MismatchedColumnAliases, message, at));
    }
    let mut found = Vec::new();
    let mut columns = columns.into_iter();
    for argument in arguments {
        for column in columns.by_ref().take(argument.lists.len()) {
            match &argument.fields {
                Some(fields) if expand => {
                    found.extend(fields.iter().map(|f| get_field(Expr::Column(column.clone()), f)));
                }
                _ => found.push(Expr::Column(column)),
            }
        }
    }
    found.extend(columns.map(Expr::Column));
    let named = found.into_iter().enumerate().map(|(index, expr)| {
        let name = names.get(index).cloned().unwrap_or_else(|| format!("_col{index}"));
        expr.alias_qualified(qualifier.clone(), name)
    });
    Ok(named.collect())
}
