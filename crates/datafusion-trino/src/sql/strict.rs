//! Refuses type mismatches that DataFusion would silently convert: `IN`, `BETWEEN`, `IS DISTINCT FROM`,
//! `CASE` and `coalesce` over
//! types without a common type, and likewise the columns of UNION, VALUES and joins.

use std::collections::HashSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, InList};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Between, BinaryExpr, Case, Expr, ExprSchemable, Like, LogicalPlan, Operator, Subquery,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::error::SqlError;
use super::planner::{conversion_hint, mismatch};
use crate::functions::{ErrorClass, types};

/// Checks every expression of a plan whose types are not coerced yet.
pub(super) fn check(
    plan: &LogicalPlan,
    operators: &[(String, Location)],
) -> std::result::Result<(), SqlError> {
    let mut refused = None;
    let walked = plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        if let Some(error) = of_node(node).unwrap_or_default() {
            refused = Some(error);
            return Ok(TreeNodeRecursion::Stop);
        }
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                // The types of references to an outer query are unknown here; they are not checked.
                if let Some(error) = one(expr, &schema, operators).unwrap_or_default() {
                    refused = Some(error);
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    match (refused, walked) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(SqlError::of(&error, &super::inspect::Places::default())),
        (None, Ok(_)) => Ok(()),
    }
}

fn common(types_seen: &[DataType]) -> Option<DataType> {
    let (first, rest) = types_seen.split_first()?;
    rest.iter().try_fold(first.clone(), |a, b| types::common(&a, b))
}

fn names(types_seen: &[DataType]) -> String {
    let mut seen = HashSet::new();
    let names = types_seen.iter().map(types::name).filter(|name| seen.insert(name.clone()));
    names.collect::<Vec<_>>().join(" and ")
}

/// Checks the columns of UNION and VALUES and the keys of a join.
fn of_node(node: &LogicalPlan) -> Result<Option<SqlError>> {
    let column = |of: &str, at: usize, seen: &[DataType]| {
        let message = format!("column {} in {of} has incompatible types: {}", at + 1, names(seen));
        SqlError::new(ErrorClass::TypeMismatch, message)
            .hint(conversion_hint(&seen[0], &seen[seen.len() - 1]))
    };
    match node {
        LogicalPlan::Union(union) => {
            let schemas: Vec<_> = union.inputs.iter().map(|input| input.schema()).collect();
            let Some(first) = schemas.first() else { return Ok(None) };
            Ok((0..first.fields().len()).find_map(|at| {
                let seen: Vec<DataType> = schemas
                    .iter()
                    .filter_map(|s| s.fields().get(at))
                    .map(|f| f.data_type().clone())
                    .collect();
                common(&seen).is_none().then(|| column("UNION query", at, &seen))
            }))
        }
        LogicalPlan::Values(values) => {
            let width = values.values.first().map_or(0, Vec::len);
            for at in 0..width {
                let cells = values.values.iter().filter_map(|row| row.get(at));
                let seen = cells.map(|cell| cell.get_type(&values.schema)).collect::<Result<Vec<_>>>()?;
                if common(&seen).is_none() {
                    return Ok(Some(column("VALUES", at, &seen)));
                }
            }
            Ok(None)
        }
        LogicalPlan::Join(join) => {
            for (left, right) in &join.on {
                let seen = [left.get_type(join.left.schema())?, right.get_type(join.right.schema())?];
                if common(&seen).is_none() {
                    let message = format!(
                        "Cannot apply operator: {} = {}",
                        types::name(&seen[0]),
                        types::name(&seen[1])
                    );
                    let error = mismatch(message, "=", &[left, right], &[]);
                    return Ok(Some(error.hint(conversion_hint(&seen[0], &seen[1]))));
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn is_truth(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Boolean | DataType::Null)
}

/// Checks one expression of a node with this schema.
fn one(expr: &Expr, schema: &DFSchema, operators: &[(String, Location)]) -> Result<Option<SqlError>> {
    match expr {
        Expr::InList(list) => in_list(list, schema, operators),
        Expr::Between(between) => of_between(between, schema, operators),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::IsDistinctFrom | Operator::IsNotDistinctFrom,
            right,
        }) => refuse_mixed("IS DISTINCT FROM", &[left, right], schema, operators),
        Expr::InSubquery(of) => with_subquery(&of.expr, &of.subquery, schema, operators),
        Expr::SetComparison(of) => with_subquery(&of.expr, &of.subquery, schema, operators),
        Expr::AggregateFunction(call) if call.params.distinct => Ok(distinct_order(call, operators)),
        Expr::Not(of) => not_boolean(of, schema, operators, |found| {
            format!("Value of logical NOT expression must evaluate to a boolean (actual: {found})")
        }),
        Expr::Like(like) => of_like(like, schema, operators),
        Expr::Case(case) => of_case(case, schema, operators),
        Expr::ScalarFunction(function) if matches!(function.name(), "coalesce" | "nullif") => {
            refuse_mixed(function.name(), &function.args.iter().collect::<Vec<_>>(), schema, operators)
        }
        _ => Ok(None),
    }
}

fn types_of(exprs: &[&Expr], schema: &DFSchema) -> Result<Vec<DataType>> {
    exprs.iter().map(|expr| expr.get_type(schema)).collect()
}

/// Refuses a condition that is not boolean; `message` gets its type.
fn not_boolean(
    expr: &Expr,
    schema: &DFSchema,
    operators: &[(String, Location)],
    message: impl Fn(String) -> String,
) -> Result<Option<SqlError>> {
    let found = expr.get_type(schema)?;
    Ok((!is_truth(&found)).then(|| mismatch(message(types::name(&found)), "", &[expr], operators)))
}

fn in_list(list: &InList, schema: &DFSchema, operators: &[(String, Location)]) -> Result<Option<SqlError>> {
    let mut exprs = vec![list.expr.as_ref()];
    exprs.extend(&list.list);
    let seen = types_of(&exprs, schema)?;
    if common(&seen).is_some() {
        return Ok(None);
    }
    let message = format!(
        "IN value and list items must be the same type or coercible to a common type. \
         Cannot find common type between {}",
        names(&seen)
    );
    let other = seen.iter().find(|t| types::common(&seen[0], t).is_none()).unwrap_or(&seen[0]);
    Ok(Some(mismatch(message, "in", &exprs, operators).hint(conversion_hint(&seen[0], other))))
}

fn of_between(
    between: &Between,
    schema: &DFSchema,
    operators: &[(String, Location)],
) -> Result<Option<SqlError>> {
    let exprs = [between.expr.as_ref(), between.low.as_ref(), between.high.as_ref()];
    let seen = types_of(&exprs, schema)?;
    if common(&seen).is_some() {
        return Ok(None);
    }
    let message = format!(
        "Cannot check if {} is BETWEEN {} and {}",
        types::name(&seen[0]),
        types::name(&seen[1]),
        types::name(&seen[2])
    );
    Ok(Some(mismatch(message, "between", &exprs, operators).hint(conversion_hint(&seen[0], &seen[1]))))
}

fn with_subquery(
    expr: &Expr,
    subquery: &Subquery,
    schema: &DFSchema,
    operators: &[(String, Location)],
) -> Result<Option<SqlError>> {
    let fields = subquery.subquery.schema().fields().clone();
    let seen = [expr.get_type(schema)?, fields[0].data_type().clone()];
    if common(&seen).is_some() {
        return Ok(None);
    }
    let message = format!(
        "Value expression and result of subquery must be of the same type: {} vs {}",
        types::name(&seen[0]),
        types::name(&seen[1])
    );
    Ok(Some(mismatch(message, "", &[expr], operators).hint(conversion_hint(&seen[0], &seen[1]))))
}

/// An ORDER BY inside an aggregate with DISTINCT can only use the aggregate's arguments.
fn distinct_order(call: &AggregateFunction, operators: &[(String, Location)]) -> Option<SqlError> {
    let is_argument = |key: &Expr| call.params.args.contains(key);
    let other = call.params.order_by.iter().find(|key| !is_argument(&key.expr))?;
    let message = "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments";
    let class = ErrorClass::ExpressionNotInDistinct;
    Some(SqlError { class, ..mismatch(message.to_owned(), "", &[&other.expr], operators) })
}

fn of_like(like: &Like, schema: &DFSchema, operators: &[(String, Location)]) -> Result<Option<SqlError>> {
    let exprs = [like.expr.as_ref(), like.pattern.as_ref()];
    let seen = types_of(&exprs, schema)?;
    if seen.iter().all(|data_type| types::is_text(data_type) || *data_type == DataType::Null) {
        return Ok(None);
    }
    let message = format!(
        "Left side of LIKE expression must evaluate to a varchar (actual: {})",
        types::name(&seen[0])
    );
    Ok(Some(mismatch(message, "", &exprs, operators)))
}

/// Results must have one type; so must an operand and what it is compared with, and conditions without one
/// are boolean.
fn of_case(case: &Case, schema: &DFSchema, operators: &[(String, Location)]) -> Result<Option<SqlError>> {
    let mut results: Vec<&Expr> = case.when_then_expr.iter().map(|(_, then)| then.as_ref()).collect();
    results.extend(case.else_expr.as_deref());
    let error = refuse_mixed("CASE", &results, schema, operators)?;
    if error.is_some() {
        return Ok(error);
    }
    if let Some(operand) = &case.expr {
        let mut whens = vec![operand.as_ref()];
        whens.extend(case.when_then_expr.iter().map(|(when, _)| when.as_ref()));
        return refuse_mixed("CASE", &whens, schema, operators);
    }
    for (when, _) in &case.when_then_expr {
        let message = |found| format!("CASE WHEN clause must evaluate to a boolean: {found}");
        if let Some(error) = not_boolean(when, schema, operators, message)? {
            return Ok(Some(error));
        }
    }
    Ok(None)
}

fn refuse_mixed(
    what: &str,
    exprs: &[&Expr],
    schema: &DFSchema,
    operators: &[(String, Location)],
) -> Result<Option<SqlError>> {
    let seen = types_of(exprs, schema)?;
    if seen.is_empty() || common(&seen).is_some() {
        return Ok(None);
    }
    let message =
        format!("All values of {what} must be of one type. Cannot find common type between {}", names(&seen));
    let other = seen.iter().find(|t| types::common(&seen[0], t).is_none()).unwrap_or(&seen[0]);
    let operator = if what.starts_with("IS") { "is" } else { what };
    Ok(Some(mismatch(message, operator, exprs, operators).hint(conversion_hint(&seen[0], other))))
}
