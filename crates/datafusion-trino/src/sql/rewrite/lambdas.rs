//! Functions over lambdas of two parameters, as functions over lambdas of one: the pair becomes a row.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LambdaFunction,
    LambdaFunctionParameter, LambdaSyntax, OneOrManyWithParens, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::calls::wrong;
use super::{call, text};
use crate::sql::error::SqlError;

/// The name of the pair; a statement can contain it only in quotes.
const PAIR: &str = "$pair";

/// Whether a call has a lambda among its arguments.
pub(super) fn has_lambda(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.args.iter().any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_)))))
}

fn pair(span: Span) -> Expr {
    Expr::Identifier(Ident { value: PAIR.into(), quote_style: Some('"'), span })
}

fn of_pair(body: Expr, span: Span) -> Expr {
    of_one(PAIR, body, span)
}

/// A lambda of one parameter.
pub(super) fn of_one(parameter: &str, body: Expr, span: Span) -> Expr {
    Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::One(LambdaFunctionParameter {
            name: Ident { value: parameter.into(), quote_style: Some('"'), span },
            data_type: None,
        }),
        body: Box::new(body),
        syntax: LambdaSyntax::Arrow,
    })
}

/// The body with its parameters replaced by the fields of the pair.
fn body(lambda: LambdaFunction, span: Span) -> Expr {
    struct Replace {
        names: Vec<String>,
        span: Span,
    }
    impl VisitorMut for Replace {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Identifier(ident) = expr
                && let Some(at) = self.names.iter().position(|name| *name == ident.value)
            {
                *expr = call(
                    "get_field",
                    vec![pair(self.span), text(format!("field{at}"), self.span)],
                    self.span,
                );
            }
            ControlFlow::Continue(())
        }
    }
    let names = lambda.params.iter().map(|parameter| parameter.name.value.clone()).collect();
    let mut body = *lambda.body;
    let _ = VisitMut::visit(&mut body, &mut Replace { names, span });
    body
}

/// `zip_with(a, b, f)`, `map_filter(m, f)`, `transform_values(m, f)`, `transform_keys(m, f)`.
pub(super) fn over_pairs(name: &str, mut args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
    let Some(Expr::Lambda(lambda)) = args.pop() else { return Err(wrong(name, "a lambda", span)) };
    if lambda.params.iter().count() != 2 {
        return Err(wrong(name, "a lambda of two parameters", span));
    }
    let lambda = of_pair(body(lambda, span), span);
    if name == "zip_with" {
        return Ok(call("array_transform", vec![call("zip", args, span), lambda], span));
    }
    let map =
        args.pop().filter(|_| args.is_empty()).ok_or_else(|| wrong(name, "a map and a lambda", span))?;
    let entries = call("map_entries", vec![map.clone()], span);
    Ok(match name {
        "map_filter" => {
            call("map_from_entries", vec![call("array_filter", vec![entries, lambda], span)], span)
        }
        "transform_values" => {
            let values = call("array_transform", vec![entries, lambda], span);
            call("$map", vec![call("map_keys", vec![map], span), values], span)
        }
        _ => {
            let keys = call("array_transform", vec![entries, lambda], span);
            call("$map", vec![keys, call("map_values", vec![map], span)], span)
        }
    })
}

/// `regexp_replace(s, p, groups -> …)`.
pub(super) fn regexp_replace(args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
    let [source, pattern, lambda] = <[Expr; 3]>::try_from(args)
        .map_err(|_| wrong("regexp_replace", "regexp_replace(varchar, varchar, function)", span))?;
    let groups = call("$regexp_groups", vec![source.clone(), pattern.clone()], span);
    let texts = call("array_transform", vec![groups, lambda], span);
    Ok(call("$regexp_substitute", vec![source, pattern, texts], span))
}
