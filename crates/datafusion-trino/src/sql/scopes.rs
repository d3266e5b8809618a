//! `WITH` names that repeat one of an outer query: DataFusion wants all of them to be different.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::parse::Parsed;

/// Renames them, and every relation that means them.
pub(super) fn distinguish(parsed: &mut Parsed) {
    let _ = VisitMut::visit(parsed.query_mut(), &mut Scopes { all: Vec::new(), renamed: 0 });
}

struct Scopes {
    all: Vec<Scope>,
    renamed: usize,
}

/// The names that a query's `WITH` defines.
struct Scope {
    /// Each as typed, as it is called now, and the address of its query, which identifies it during the walk.
    names: Vec<(String, String, usize)>,
    /// How many of them are visible so far: a name is visible after its own query.
    visible: usize,
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Scopes {
    /// What a name is called now, if it is one of these.
    fn meant(&self, name: &str) -> Option<&str> {
        let visible = self.all.iter().rev().flat_map(|scope| scope.names[..scope.visible].iter().rev());
        visible.into_iter().find(|(typed, ..)| typed == name).map(|(_, now, _)| now.as_str())
    }

    fn reach(&mut self, query: &Query, further: usize) {
        if let Some(scope) = self.all.last_mut()
            && let Some(at) = scope.names.iter().position(|(.., place)| *place == address(query))
        {
            scope.visible = scope.visible.max(at + further);
        }
    }
}

impl VisitorMut for Scopes {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.reach(query, 0);
        let mut names = Vec::new();
        let mut visible = 0;
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let typed = cte.alias.name.value.clone();
                if self.all.iter().flat_map(|scope| &scope.names).any(|(known, ..)| *known == typed) {
                    self.renamed += 1;
                    cte.alias.name.value = format!("{typed}$with{}", self.renamed);
                }
                names.push((typed, cte.alias.name.value.clone(), address(&cte.query)));
            }
            visible = if with.recursive { names.len() } else { 0 };
        }
        self.all.push(Scope { names, visible });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.all.pop();
        self.reach(query, 1);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name: ObjectName(parts), alias, .. } = factor
            && let [ObjectNamePart::Identifier(ident)] = parts.as_mut_slice()
            && let Some(now) = self.meant(&ident.value)
            && now != ident.value
        {
            let typed = std::mem::replace(ident, Ident { value: now.to_owned(), ..ident.clone() });
            alias.get_or_insert(TableAlias { explicit: false, name: typed, columns: Vec::new(), at: None });
        }
        ControlFlow::Continue(())
    }
}
