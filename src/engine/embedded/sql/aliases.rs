//! Select aliases are visible in ORDER BY only; DataFusion also looks there from GROUP BY and HAVING.
//!
//! A query that might do so is planned a second time with those aliases renamed: a name that is then missing, in that
//! place, was the alias.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Query, Select, SelectItem, Statement, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Location;

/// The statement with suspect aliases renamed, and where they are used; `None` if there are none.
pub(super) fn renamed(statement: &Statement) -> Option<(Statement, HashSet<Location>)> {
    let mut rename = Rename { places: HashSet::new() };
    let mut statement = statement.clone();
    let _ = VisitMut::visit(&mut statement, &mut rename);
    (!rename.places.is_empty()).then_some((statement, rename.places))
}

struct Rename {
    places: HashSet<Location>,
}

impl VisitorMut for Rename {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        // It may rightly use the aliases, and says nothing about the rest.
        query.order_by = None;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let used = used(select);
        for item in &mut select.projection {
            let SelectItem::ExprWithAlias { alias, .. } = item else { continue };
            let places: Vec<_> = used.iter().filter(|(name, _)| *name == alias.value).collect();
            if !places.is_empty() {
                self.places.extend(places.into_iter().map(|(_, place)| *place));
                alias.value.push('$');
            }
        }
        ControlFlow::Continue(())
    }
}

/// Names in GROUP BY and HAVING.
fn used(select: &Select) -> Vec<(String, Location)> {
    struct Names(Vec<(String, Location)>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Identifier(ident) = expr {
                self.0.push((ident.value.clone(), ident.span.start));
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    if let GroupByExpr::Expressions(keys, _) = &select.group_by {
        let _ = keys.visit(&mut names);
    }
    let _ = select.having.visit(&mut names);
    names.0
}
