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
    #[derive(Default)]
    struct Names {
        names: Vec<Ident>,
        /// The parameters of lambdas, which are not columns.
        parameters: HashSet<String>,
        /// How many subqueries are around; their names are their own.
        depth: usize,
    }
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) if self.depth == 0 => self.names.push(ident.clone()),
                Expr::Lambda(lambda) => {
                    self.parameters
                        .extend(lambda.params.iter().map(|parameter| parameter.name.value.clone()));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut found = Names::default();
    if let GroupByExpr::Expressions(keys, _) = &select.group_by {
        let _ = keys.visit(&mut found);
    }
    let _ = select.having.visit(&mut found);
    let Names { mut names, parameters, .. } = found;
    names.retain(|name| !parameters.contains(&name.value));
    names
}
