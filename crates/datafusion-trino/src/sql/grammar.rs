//! Refuses syntax that the parser accepts and Athena's grammar does not have, before anything is planned.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, JoinConstraint, JoinOperator, LimitClause, ObjectName, Query, Select,
    SelectFlavor, SelectItem, Spanned, Statement, UnaryOperator, Value, ValueWithSpan, Visit, Visitor,
    WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::error::SqlError;
use super::tokens::syntax;
use crate::functions::ErrorClass;

/// Refuses such syntax, with its place; `operators` are those of the statement.
pub(super) fn check(statement: &Statement, operators: &[(String, Location)]) -> Result<(), SqlError> {
    match statement.visit(&mut Check { operators }) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Check<'a> {
    operators: &'a [(String, Location)],
}

type Flow = ControlFlow<Box<SqlError>>;

fn refuse(place: Location, message: impl Into<String>, hint: Option<&str>) -> Flow {
    ControlFlow::Break(Box::new(syntax(place, message).hint(hint.map(str::to_owned))))
}

impl Visitor for Check<'_> {
    type Break = Box<SqlError>;

    fn pre_visit_query(&mut self, query: &Query) -> Flow {
        match &query.limit_clause {
            Some(LimitClause::OffsetCommaLimit { offset, .. }) => {
                let hint = "OFFSET n LIMIT m";
                refuse(offset.span().end, "mismatched input ','. Expecting: <EOF>", Some(hint))
            }
            Some(LimitClause::LimitOffset { limit: Some(limit), .. })
                if !matches!(
                    limit,
                    Expr::Value(ValueWithSpan { value: Value::Number(..) | Value::Placeholder(_), .. })
                        | Expr::Identifier(_)
                ) =>
            {
                refuse(limit.span().start, "LIMIT must be a whole number", None)
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> Flow {
        if let Some(place) = odd_select(select) {
            return refuse(place, "Athena does not support this form of SELECT", None);
        }
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                quoted(alias)?;
            }
        }
        let joins = select.from.iter().flat_map(|table| &table.joins);
        for join in joins {
            let place = join.relation.span();
            match &join.join_operator {
                JoinOperator::CrossJoin(JoinConstraint::None) => {}
                JoinOperator::CrossJoin(_) => {
                    return refuse(place.end, "mismatched input 'ON': a CROSS JOIN has no condition", None);
                }
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on)
                | JoinOperator::Right(on)
                | JoinOperator::RightOuter(on)
                | JoinOperator::FullOuter(on) => {
                    if matches!(on, JoinConstraint::None) {
                        let hint = "write CROSS JOIN to combine every row with every other row";
                        return refuse(
                            place.end,
                            "a JOIN without condition. Expecting: 'ON', 'USING'",
                            Some(hint),
                        );
                    }
                }
                _ => return refuse(place.start, "Athena does not support this kind of join", None),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Flow {
        relation.0.iter().filter_map(|part| part.as_ident()).try_for_each(quoted)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Flow {
        self.compared(expr)?;
        let place = expr.span();
        match expr {
            Expr::BinaryOp { left, op, .. } if !is_operator(op) => {
                refuse(left.span().end, format!("mismatched input '{op}'"), None)
            }
            Expr::IsTrue(of)
            | Expr::IsFalse(of)
            | Expr::IsNotTrue(of)
            | Expr::IsNotFalse(of)
            | Expr::IsUnknown(of)
            | Expr::IsNotUnknown(of) => {
                let hint = "write the condition itself, or coalesce(…, false)";
                refuse(of.span().end, "IS must be followed by NULL or DISTINCT FROM", Some(hint))
            }
            Expr::Array(array) if !array.named => {
                refuse(place.start, "mismatched input '['", Some("write arrays as ARRAY[…]"))
            }
            Expr::Value(ValueWithSpan { value, span }) if !is_literal(value) => {
                refuse(span.start, format!("mismatched input '{value}'"), None)
            }
            Expr::ILike { .. } | Expr::RLike { .. } | Expr::SimilarTo { .. } => {
                let hint = "regexp_like(…), or lower(…) LIKE …";
                refuse(place.start, "Athena supports only LIKE", Some(hint))
            }
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. }
                if !matches!(**right, Expr::Subquery(_)) =>
            {
                let hint = "contains(array, value) looks for a value in an array";
                let word = match expr {
                    Expr::AllOp { .. } => "ALL",
                    Expr::AnyOp { is_some: true, .. } => "SOME",
                    _ => "ANY",
                };
                let message =
                    format!("Function '{}' not registered: {word} needs a query", word.to_lowercase());
                let error = SqlError::new(ErrorClass::FunctionNotFound, message).at(right.span().start);
                ControlFlow::Break(Box::new(error.hint(Some(hint.into()))))
            }
            Expr::Identifier(ident) => quoted(ident),
            Expr::Function(function) => call(function, place.start),
            Expr::JsonAccess { .. }
            | Expr::Convert { .. }
            | Expr::Overlay { .. }
            | Expr::Collate { .. }
            | Expr::Struct { .. }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::Interval(_)
            | Expr::InUnnest { .. }
            | Expr::MatchAgainst { .. }
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::MemberOf(_) => refuse(place.start, format!("mismatched input '{expr}'"), None),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Check<'_> {
    /// Refuses a comparison of a comparison that is not in parentheses.
    fn compared(&self, expr: &Expr) -> Flow {
        let is_other = |operand: &Expr| {
            is_predicate(operand)
                || matches!(
                    operand,
                    Expr::UnaryOp { op: UnaryOperator::Not, .. } | Expr::Exists { negated: true, .. }
                )
        };
        if let Some(operand) = values(expr).into_iter().find(|operand| is_other(operand)) {
            let hint = "put the condition in parentheses";
            return refuse(
                operand.span().start,
                "a condition cannot be an operand without parentheses",
                Some(hint),
            );
        }
        let Some((first, rest)) = operands(expr) else { return ControlFlow::Continue(()) };
        let place = if is_other(first) {
            let end = first.span().end;
            self.operators.iter().map(|(_, place)| *place).find(|place| *place >= end)
        } else {
            rest.into_iter().find(|operand| is_other(operand)).map(|operand| operand.span().start)
        };
        match place {
            Some(place) => {
                let hint = "put the inner comparison in parentheses";
                refuse(place, "the result of a comparison cannot be compared without parentheses", Some(hint))
            }
            None => ControlFlow::Continue(()),
        }
    }
}

/// Refuses a text in single quotes as a name.
fn quoted(ident: &Ident) -> Flow {
    match (ident.quote_style, ident.value.is_empty()) {
        (Some('\''), _) => {
            let hint = "write names in double quotes or without quotes";
            refuse(
                ident.span.start,
                format!("mismatched input ''{}''. Expecting: <identifier>", ident.value),
                Some(hint),
            )
        }
        (Some(_), true) => refuse(ident.span.start, "Zero-length delimited identifier not allowed", None),
        _ => ControlFlow::Continue(()),
    }
}

fn odd_select(select: &Select) -> Option<Location> {
    let has_options = |options: &WildcardAdditionalOptions| {
        options.opt_ilike.is_some()
            || options.opt_exclude.is_some()
            || options.opt_except.is_some()
            || options.opt_replace.is_some()
            || options.opt_rename.is_some()
            || options.opt_alias.is_some()
    };
    let item = select.projection.iter().find(|item| match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => has_options(options),
        _ => false,
    });
    if let Some(item) = item {
        return Some(item.span().start);
    }
    let is_odd = matches!(select.distinct, Some(Distinct::On(_)))
        || select.top.is_some()
        || select.exclude.is_some()
        || select.into.is_some()
        || select.prewhere.is_some()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some()
        || !select.lateral_views.is_empty()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.projection.is_empty()
        || select.flavor != SelectFlavor::Standard;
    is_odd.then_some(select.select_token.0.span.end)
}

fn is_operator(op: &BinaryOperator) -> bool {
    use BinaryOperator::{And, Divide, Minus, Modulo, Multiply, Or, Plus, StringConcat};
    matches!(op, And | Or | Plus | Minus | Multiply | Divide | Modulo | StringConcat) || is_comparison(op)
}

fn is_literal(value: &Value) -> bool {
    matches!(
        value,
        Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::UnicodeStringLiteral(_)
            | Value::HexStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_)
    )
}

fn call(function: &Function, place: Location) -> Flow {
    let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
    let is_all = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && list.args.iter().any(is_all) {
        return refuse(place, "mismatched input '*'. Expecting: <expression>", None);
    }
    let name = function.name.to_string().replace('"', "");
    let unknown = |message: String| {
        ControlFlow::Break(Box::new(SqlError::new(ErrorClass::FunctionNotFound, message).at(place)))
    };
    match name.as_str() {
        "position" => unknown("Function 'position' not registered".to_owned()),
        "count" if list.args.len() > 1 => {
            unknown("Unexpected parameters for function count. Expected: count(), count(any)".to_owned())
        }
        "listagg" if function.within_group.is_empty() => {
            refuse(place, "listagg needs WITHIN GROUP (ORDER BY …)", None)
        }
        _ => ControlFlow::Continue(()),
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    super::compare::function(op).is_some()
}

fn is_predicate(expr: &Expr) -> bool {
    operands(expr).is_some()
}

/// The operands of arithmetic, of `||` and of AT TIME ZONE.
fn values(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op, right }
            if !is_comparison(op) && !matches!(op, BinaryOperator::And | BinaryOperator::Or) =>
        {
            vec![left, right]
        }
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => vec![expr],
        Expr::AtTimeZone { timestamp, .. } => vec![timestamp],
        _ => vec![],
    }
}

/// The operands of a predicate: the first, and the others.
fn operands(expr: &Expr) -> Option<(&Expr, Vec<&Expr>)> {
    Some(match expr {
        Expr::BinaryOp { left, op, right } if is_comparison(op) => (left, vec![right]),
        Expr::IsNull(of) | Expr::IsNotNull(of) => (of, vec![]),
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => (left, vec![right]),
        Expr::Like { expr, pattern, .. } => (expr, vec![pattern]),
        Expr::Between { expr, low, high, .. } => (expr, vec![low, high]),
        Expr::InList { expr, .. } | Expr::InSubquery { expr, .. } => (expr, vec![]),
        Expr::AnyOp { left, .. } | Expr::AllOp { left, .. } => (left, vec![]),
        _ => return None,
    })
}
