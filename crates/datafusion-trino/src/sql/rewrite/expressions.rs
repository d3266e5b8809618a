//! Expressions: LIKE, fields and subscripts, named operators.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Spanned, Subscript, TrimWhereField, UnaryOperator, Value,
    ValueWithSpan, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{call, calls, literals, take, text};
use crate::functions::ErrorClass;
use crate::functions::like::{pattern, with_backslashes};
use crate::sql::error::SqlError;

/// Rewrites one expression whose parts are rewritten already.
pub(super) fn rewrite(expr: &mut Expr, now: DateTime<Utc>) -> Result<(), SqlError> {
    let span = expr.span();
    match expr {
        Expr::Value(_) => {
            literals::wrap(expr);
            Ok(())
        }
        Expr::Like { .. } => like(expr, span),
        Expr::CompoundFieldAccess { .. } => access(expr, span),
        Expr::Function(_) => calls::rewrite(expr, now),
        Expr::AtTimeZone { timestamp, time_zone } => {
            *expr = call("at_timezone", vec![take(timestamp), take(time_zone)], span);
            Ok(())
        }
        Expr::Position { expr: search, r#in } => {
            *expr = call("strpos", vec![take(r#in), take(search)], span);
            Ok(())
        }
        Expr::Substring { expr: of, substring_from, substring_for, .. } => {
            let mut args = vec![take(of)];
            args.push(substring_from.as_mut().map_or_else(
                || Expr::Value(Value::Number("1".into(), false).with_span(span)),
                |from| take(from),
            ));
            args.extend(substring_for.as_mut().map(|length| take(length)));
            *expr = call("substr", args, span);
            Ok(())
        }
        Expr::Trim { expr: of, trim_where, trim_what, .. } => {
            let name = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                _ => "trim",
            };
            let mut args = vec![take(of)];
            args.extend(trim_what.as_mut().map(|what| take(what)));
            *expr = call(name, args, span);
            Ok(())
        }
        Expr::Array(array) => {
            *expr = call("$array", std::mem::take(&mut array.elem), span);
            Ok(())
        }
        Expr::Tuple(parts) => {
            *expr = call("row", std::mem::take(parts), span);
            Ok(())
        }
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: of } => {
            if !matches!(**of, Expr::Value(_)) && literals::wrapped(of).is_none() {
                *expr = call("$negate", vec![take(of)], span);
            }
            literals::wrap(expr);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn string(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}

/// A constant pattern becomes DataFusion's LIKE, whose escape is always `\`; others a call.
fn like(expr: &mut Expr, span: Span) -> Result<(), SqlError> {
    let Expr::Like { negated, expr: of, pattern: like, escape_char, .. } = expr else { return Ok(()) };
    let escape = match escape_char.as_ref().map(|escape| &escape.value) {
        None => None,
        Some(Value::SingleQuotedString(escape)) => Some(escape.clone()),
        Some(Value::Null) => {
            let null = Expr::Value(Value::Null.with_span(span));
            *expr = call("$cast", vec![null, text("boolean", span)], span);
            return Ok(());
        }
        Some(other) => {
            let error =
                SqlError::new(ErrorClass::TypeMismatch, format!("{other} is not an escape character"));
            return Err(error.at(span.start));
        }
    };
    if let Some(constant) = string(like) {
        let pieces = pattern(constant, escape.as_deref())
            .map_err(|error| SqlError::new(error.class, error.message).at(like.span().start))?;
        let place = like.span();
        **like = text(with_backslashes(&pieces), place);
        *escape_char = None;
        return Ok(());
    }
    let negated = *negated;
    let mut args = vec![take(of), take(like)];
    args.extend(escape.map(|escape| text(escape, span)));
    *expr = call("$like", args, span);
    if negated {
        *expr = Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(take(expr)) };
    }
    Ok(())
}

/// `a.b[1].c` → `get_field("$subscript"(a.b, 1), 'c')`.
fn access(expr: &mut Expr, span: Span) -> Result<(), SqlError> {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return Ok(()) };
    let mut chain = std::mem::take(access_chain).into_iter().peekable();
    let mut found = take(root);
    // Leading names belong to the column's own path, which may begin with a relation.
    if let Expr::Identifier(first) = &found {
        let mut path = vec![first.clone()];
        while let Some(AccessExpr::Dot(Expr::Identifier(ident))) = chain.peek() {
            path.push(ident.clone());
            chain.next();
        }
        if path.len() > 1 {
            found = Expr::CompoundIdentifier(path);
        }
    }
    for step in chain {
        found = match step {
            AccessExpr::Dot(Expr::Identifier(ident)) => {
                let field = text(ident.value, ident.span);
                call("get_field", vec![found, field], ident.span)
            }
            AccessExpr::Subscript(Subscript::Index { index }) => call("$subscript", vec![found, index], span),
            other => {
                let error = SqlError::new(ErrorClass::SyntaxError, format!("mismatched input '{other}'"));
                return Err(error.at(span.start));
            }
        };
    }
    *expr = found;
    Ok(())
}

/// In a lambda, `r.arn` of its parameter `r` is a field and never a column of a relation `r`.
pub(super) fn fields_of_parameters(expr: &mut Expr) {
    struct Fields(Vec<String>);
    impl VisitorMut for Fields {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::CompoundIdentifier(path) = expr
                && path.first().is_some_and(|first| self.0.contains(&first.value))
            {
                let mut path = std::mem::take(path).into_iter();
                if let Some(first) = path.next() {
                    *expr = path.fold(Expr::Identifier(first), |of, field| {
                        let span = field.span;
                        call("get_field", vec![of, text(field.value, span)], span)
                    });
                }
            }
            ControlFlow::Continue(())
        }
    }
    if let Expr::Lambda(lambda) = expr {
        let names = lambda.params.iter().map(|parameter| parameter.name.value.clone()).collect();
        let _ = VisitMut::visit(&mut lambda.body, &mut Fields(names));
    }
}

/// The function of an arithmetic operator.
pub(in crate::sql) fn arithmetic(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Plus => "$add",
        BinaryOperator::Minus => "$subtract",
        BinaryOperator::Multiply => "$multiply",
        BinaryOperator::Divide => "$divide",
        BinaryOperator::Modulo => "$modulus",
        _ => return None,
    })
}
