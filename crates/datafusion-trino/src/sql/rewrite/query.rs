//! Queries and selects: names of items, FETCH, ORDER BY of a selected expression, the shape of UNNEST.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, LimitClause, ObjectNamePart, OrderByKind,
    Query, Select, SelectItem, SetExpr, Spanned, TableFactor, TableWithJoins, Value,
};

use crate::functions::ErrorClass;
use crate::sql::error::SqlError;
use crate::sql::names::last_name;
use crate::sql::ties;

/// `FETCH FIRST` becomes LIMIT; an ORDER BY of an expression that is also selected becomes its ordinal, so
/// that it
/// may be used with DISTINCT.
pub(super) fn shape(query: &mut Query) -> Result<(), SqlError> {
    if let Some(fetch) = query.fetch.take() {
        if fetch.percent {
            return Err(SqlError::new(ErrorClass::SyntaxError, "FETCH FIRST … PERCENT is not SQL of Athena"));
        }
        let count =
            fetch.quantity.unwrap_or_else(|| Expr::Value(Value::Number("1".into(), false).with_empty_span()));
        if fetch.with_ties && query.order_by.is_none() {
            let message = "FETCH FIRST WITH TIES clause requires ORDER BY";
            return Err(SqlError::new(ErrorClass::MissingOrderBy, message).at(count.span().start));
        }
        let span = count.span();
        let limit = Some(if fetch.with_ties { super::call(ties::COUNT, vec![count], span) } else { count });
        query.limit_clause = Some(match query.limit_clause.take() {
            Some(LimitClause::LimitOffset { offset, limit_by, .. }) => {
                LimitClause::LimitOffset { limit, offset, limit_by }
            }
            _ => LimitClause::LimitOffset { limit, offset: None, limit_by: vec![] },
        });
    }
    let SetExpr::Select(select) = query.body.as_ref() else { return Ok(()) };
    let Some(order_by) = &mut query.order_by else { return Ok(()) };
    let OrderByKind::Expressions(keys) = &mut order_by.kind else { return Ok(()) };
    for key in keys {
        if matches!(key.expr, Expr::Identifier(_) | Expr::Value(_)) {
            continue;
        }
        let mut ordinal = None;
        for (index, item) in select.projection.iter().enumerate() {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }
                    if *expr == key.expr =>
                {
                    ordinal = Some(index + 1);
                    break;
                }
                SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. } => {}
                _ => break,
            }
        }
        if let Some(ordinal) = ordinal {
            let span = key.expr.span();
            key.expr = Expr::Value(Value::Number(ordinal.to_string(), false).with_span(span));
        }
    }
    Ok(())
}

/// Names of relations in a FROM, as a qualifier can use them.
fn relation_names<'a>(from: &'a [TableWithJoins], names: &mut HashSet<&'a str>) {
    fn factor<'a>(relation: &'a TableFactor, names: &mut HashSet<&'a str>) {
        match relation {
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::UNNEST { alias: Some(alias), .. }
            | TableFactor::Function { alias: Some(alias), .. } => {
                names.insert(&alias.name.value);
            }
            TableFactor::Table { name, .. } => {
                if let Some(ObjectNamePart::Identifier(ident)) = name.0.last() {
                    names.insert(&ident.value);
                }
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                relation_names(std::slice::from_ref(table_with_joins), names);
            }
            _ => {}
        }
    }
    for table in from {
        factor(&table.relation, names);
        for join in &table.joins {
            factor(&join.relation, names);
        }
    }
}

/// Names items without an alias as Athena does, where DataFusion would choose another name. If the top query
/// selects a name twice, the
/// second gets an internal name here, and its own again in the result.
pub(super) fn name_items(select: &mut Select, is_top: bool) {
    let mut relations = HashSet::new();
    relation_names(&select.from, &mut relations);
    let relations: HashSet<String> = relations.into_iter().map(String::from).collect();
    let has_wildcard = select
        .projection
        .iter()
        .any(|i| matches!(i, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let mut used = HashSet::new();
    for (index, item) in select.projection.iter_mut().enumerate() {
        let (expr, name) = match item {
            SelectItem::UnnamedExpr(expr) => {
                let name =
                    last_name(expr).map_or_else(|| format!("_col{index}"), |ident| ident.value.clone());
                (expr, name)
            }
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
            _ => continue,
        };
        let repeated = is_top && (has_wildcard || !used.insert(name.clone()));
        let is_column = match expr {
            Expr::Identifier(_) => true,
            Expr::CompoundIdentifier(idents) => idents.len() == 2 && relations.contains(&idents[0].value),
            _ => false,
        };
        if is_column && !repeated && matches!(item, SelectItem::UnnamedExpr(_)) {
            continue;
        }
        let expr = super::take(match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr,
            _ => continue,
        });
        let name = if repeated { format!("{name}$repeated{index}") } else { name };
        let span = expr.span();
        *item =
            SelectItem::ExprWithAlias { expr, alias: Ident { value: name, quote_style: Some('"'), span } };
    }
    // DataFusion sees `GROUP BY (a, b)` as a row.
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        let flat = std::mem::take(keys).into_iter().flat_map(|key| match key {
            Expr::Tuple(parts) => parts,
            other => vec![other],
        });
        *keys = flat.collect();
    }
}

/// Whether a relation is computed from each row to its left: UNNEST, or a lateral SELECT without FROM.
fn is_unnest(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { .. }) || lateral(factor).is_some()
}

/// The SELECT of `LATERAL (SELECT …)`, if it only computes from the row to its left.
pub(in crate::sql) fn lateral(factor: &TableFactor) -> Option<&Select> {
    let TableFactor::Derived { lateral: true, subquery, .. } = factor else { return None };
    let SetExpr::Select(select) = subquery.body.as_ref() else { return None };
    let is_plain = select.from.is_empty()
        && select.having.is_none()
        && select.distinct.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let query_is_plain = subquery.with.is_none() && subquery.limit_clause.is_none();
    (is_plain && query_is_plain).then_some(select)
}

fn nested(table: TableWithJoins) -> TableFactor {
    if table.joins.is_empty() {
        return table.relation;
    }
    TableFactor::NestedJoin { table_with_joins: Box::new(table), alias: None }
}

/// Turns every UNNEST with a relation to its left into `(left JOIN UNNEST)`, which `unnest` plans.
pub(super) fn fold_unnest(from: &mut Vec<TableWithJoins>) {
    let mut folded: Vec<TableWithJoins> = Vec::new();
    for mut table in std::mem::take(from) {
        if is_unnest(&table.relation) && !folded.is_empty() {
            // `FROM a, b, UNNEST(x)`: everything before is to its left.
            let mut left = folded.remove(0);
            for other in folded.drain(..) {
                left.joins.push(Join {
                    relation: nested(other),
                    global: false,
                    join_operator: JoinOperator::CrossJoin(JoinConstraint::None),
                });
            }
            let unnest = std::mem::replace(&mut table.relation, nested(left));
            let join = Join {
                relation: unnest,
                global: false,
                join_operator: JoinOperator::CrossJoin(JoinConstraint::None),
            };
            table.joins.insert(0, join);
        }
        fold_joins(&mut table);
        folded.push(table);
    }
    *from = folded;
}

fn fold_joins(table: &mut TableWithJoins) {
    while let Some(at) = table.joins.iter().position(|join| is_unnest(&join.relation)) {
        let rest = table.joins.split_off(at + 1);
        let Some(unnest) = table.joins.pop() else { return };
        let left =
            TableWithJoins { relation: table.relation.clone(), joins: std::mem::take(&mut table.joins) };
        let pair = TableWithJoins { relation: nested(left), joins: vec![unnest] };
        table.relation = TableFactor::NestedJoin { table_with_joins: Box::new(pair), alias: None };
        table.joins = rest;
    }
}

/// The same for joins in parentheses. A join that has this form already stays.
pub(super) fn fold_nested(factor: &mut TableFactor) {
    if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
        let folded = table_with_joins.joins.len() == 1 && is_unnest(&table_with_joins.joins[0].relation);
        if !folded {
            fold_joins(table_with_joins);
        }
    }
}
