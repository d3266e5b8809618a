//! Aliases of the SELECT list are visible in ORDER BY only; DataFusion also resolves them in GROUP BY and
//! HAVING.
//!
//! A query that may use one there is planned a second time with those names in its WHERE, where aliases are
//! not visible: a name that
//! cannot be resolved there was an alias.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, Query, Select, SelectItem, Statement, Value, Visit, VisitMut,
    Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Location;

/// The statement with the suspected names in its WHERE, and their places; `None` if there are none.
pub(super) fn probed(statement: &Statement) -> Option<(Statement, Vec<(String, Location)>)> {
    let mut probe = Probe { places: Vec::new() };
    let mut statement = statement.clone();
    let _ = VisitMut::visit(&mut statement, &mut probe);
    (!probe.places.is_empty()).then_some((statement, probe.places))
}

struct Probe {
    places: Vec<(String, Location)>,
}

impl VisitorMut for Probe {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for ident in used(select) {
            let is_alias = select.projection.iter().any(
                |item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == ident.value),
            );
            if is_alias {
                self.places.push((ident.value.clone(), ident.span.start));
                select.selection = Some(with_mention(select.selection.take(), ident));
            }
        }
        ControlFlow::Continue(())
    }
}

/// The same condition, which also mentions a name.
fn with_mention(condition: Option<Expr>, name: Ident) -> Expr {
    let truth = || Expr::Value(Value::Boolean(true).with_empty_span());
    let join = |left: Expr, op: BinaryOperator, right: Expr| Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(left))),
        op,
        right: Box::new(Expr::Nested(Box::new(right))),
    };
    let mention = join(Expr::IsNotNull(Box::new(Expr::Identifier(name))), BinaryOperator::Or, truth());
    join(condition.unwrap_or_else(truth), BinaryOperator::And, mention)
}

/// Names in GROUP BY and HAVING.
fn used(select: &Select) -> Vec<Ident> {
    /// The names, the parameters of lambdas, and how many queries are around: the names in one are its own.
    struct Names(Vec<Ident>, HashSet<String>, usize);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.2 += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.2 -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) if self.2 == 0 => self.0.push(ident.clone()),
                // Its parameters are not columns.
                Expr::Lambda(lambda) => {
                    self.1.extend(lambda.params.iter().map(|parameter| parameter.name.value.clone()));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new(), HashSet::new(), 0);
    if let GroupByExpr::Expressions(keys, _) = &select.group_by {
        let _ = keys.visit(&mut names);
    }
    let _ = select.having.visit(&mut names);
    let Names(mut names, parameters, _) = names;
    names.retain(|name| !parameters.contains(&name.value));
    names
}
