//! Other names for a table: `db.table` is reduced to its last part, also before a column.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Ident, ObjectName, ObjectNamePart, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::parse::Parsed;
use super::table_names::TableNames;

/// Whether a relation, its parts joined by `.`, is another name for the table.
pub(super) fn means(names: &TableNames, relation: &str) -> bool {
    names.mean(&relation.split('.').collect::<Vec<_>>())
}

/// Gives each relation of several parts an alias: its last part.
pub(super) fn shorten(parsed: &mut Parsed, names: &TableNames) {
    let mut relations = Relations { names, qualifiers: HashSet::new() };
    let _ = VisitMut::visit(&mut parsed.statement, &mut relations);
    if !relations.qualifiers.is_empty() {
        let _ = VisitMut::visit(&mut parsed.statement, &mut Columns(relations.qualifiers));
    }
}

/// A name's parts.
fn idents(name: &ObjectName) -> Vec<&Ident> {
    name.0.iter().filter_map(ObjectNamePart::as_ident).collect()
}

struct Relations<'a> {
    names: &'a TableNames,
    /// The qualifiers that can stand before a column: `db.table`, `catalog.db.table`.
    qualifiers: HashSet<Vec<String>>,
}

impl VisitorMut for Relations<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias: alias @ None, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let parts = idents(name);
        let texts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
        if let [_, .., last] = parts.as_slice()
            && self.names.mean(&texts)
        {
            for from in 0..texts.len() - 1 {
                self.qualifiers.insert(texts[from..].iter().map(|text| (*text).to_owned()).collect());
            }
            *alias =
                Some(TableAlias { explicit: false, name: (*last).clone(), columns: Vec::new(), at: None });
        }
        ControlFlow::Continue(())
    }
}

struct Columns(HashSet<Vec<String>>);

impl Columns {
    /// How many parts of a path are a table's database and catalog.
    fn surplus(&self, path: &[&Ident]) -> usize {
        let longest = path.len().saturating_sub(1).min(3);
        let begins = |parts: &usize| {
            let first: Vec<String> = path[..*parts].iter().map(|ident| ident.value.clone()).collect();
            self.0.contains(&first)
        };
        (2..=longest).find(begins).map_or(0, |parts| parts - 1)
    }
}

impl VisitorMut for Columns {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
            {
                let mut path = idents(name);
                // What follows the table's name is `*`.
                let star = Ident::new("*");
                path.push(&star);
                let surplus = self.surplus(&path);
                name.0.drain(..surplus);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(path) => {
                let surplus = self.surplus(&path.iter().collect::<Vec<_>>());
                path.drain(..surplus);
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let Expr::Identifier(first) = root.as_ref() else { return ControlFlow::Continue(()) };
                let steps = access_chain.iter().map_while(|step| match step {
                    AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident),
                    _ => None,
                });
                let path: Vec<&Ident> = std::iter::once(first).chain(steps).collect();
                let surplus = self.surplus(&path);
                if surplus > 0 {
                    let table = path[surplus].clone();
                    access_chain.drain(..surplus);
                    **root = Expr::Identifier(table);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
