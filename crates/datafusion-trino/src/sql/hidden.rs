//! Hidden columns: those whose names begin with `$`. They are read by their names, and `*` leaves them out.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    ExceptSelectItem, Ident, ObjectName, ObjectNamePart, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableFactor, TableWithJoins, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::error::SqlError;
use super::parse::Parsed;
use crate::functions::ErrorClass;

/// The hidden columns of tables, by the places where the statement reads these.
pub(super) type Hidden = HashMap<Location, Vec<String>>;

/// Whether a column of this name is hidden.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('$')
}

/// Makes every `*` leave hidden columns out.
pub(super) fn leave_out(parsed: &mut Parsed, hidden: &Hidden) -> Result<(), SqlError> {
    if hidden.is_empty() {
        return Ok(());
    }
    match VisitMut::visit(parsed.query_mut(), &mut Stars { hidden }) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Stars<'a> {
    hidden: &'a Hidden,
}

/// A relation of a FROM: its name as a qualifier, and its hidden columns.
struct Relation {
    name: Option<Ident>,
    hidden: Vec<String>,
}

impl Stars<'_> {
    fn relations(&self, from: &[TableWithJoins]) -> Vec<Relation> {
        let factors = from.iter().flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|it| &it.relation))
        });
        factors.flat_map(|factor| self.relation(factor)).collect()
    }

    fn relation(&self, factor: &TableFactor) -> Vec<Relation> {
        let named = |alias: &Option<_>| alias.as_ref().map(alias_name);
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.relations(std::slice::from_ref(table_with_joins))
            }
            TableFactor::Table { name, alias, .. } => {
                let idents: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
                let hidden = idents.first().and_then(|first| self.hidden.get(&first.span.start));
                let name = named(alias).or_else(|| idents.last().map(|last| (*last).clone()));
                vec![Relation { name, hidden: hidden.cloned().unwrap_or_default() }]
            }
            TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                vec![Relation { name: named(alias), hidden: Vec::new() }]
            }
            _ => vec![Relation { name: None, hidden: Vec::new() }],
        }
    }
}

fn alias_name(alias: &datafusion::sql::sqlparser::ast::TableAlias) -> Ident {
    alias.name.clone()
}

/// The options of a `*` that leaves these columns out.
fn except(hidden: &[String]) -> WildcardAdditionalOptions {
    let mut idents = hidden.iter().map(|name| Ident::with_quote('"', name));
    let opt_except = idents
        .next()
        .map(|first_element| ExceptSelectItem { first_element, additional_elements: idents.collect() });
    WildcardAdditionalOptions { opt_except, ..WildcardAdditionalOptions::default() }
}

impl VisitorMut for Stars<'_> {
    type Break = Box<SqlError>;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        let relations = self.relations(&select.from);
        let with_hidden = relations.iter().filter(|relation| !relation.hidden.is_empty()).count();
        if with_hidden == 0 {
            return ControlFlow::Continue(());
        }
        let qualified = |relation: &Relation| {
            let name = relation.name.clone()?;
            let kind = SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(vec![name]));
            Some(SelectItem::QualifiedWildcard(kind, except(&relation.hidden)))
        };
        let mut projection = Vec::with_capacity(select.projection.len());
        for item in std::mem::take(&mut select.projection) {
            match item {
                SelectItem::Wildcard(_) if with_hidden == 1 => {
                    let hidden: Vec<String> =
                        relations.iter().flat_map(|relation| relation.hidden.clone()).collect();
                    projection.push(SelectItem::Wildcard(except(&hidden)));
                }
                SelectItem::Wildcard(_) => {
                    match relations.iter().map(qualified).collect::<Option<Vec<_>>>() {
                        Some(items) => projection.extend(items),
                        None => {
                            let message =
                                "`*` over several tables with hidden columns needs a name for every relation";
                            let error = SqlError::new(ErrorClass::NotSupported, message)
                                .hint(Some("give each relation an alias".into()));
                            return ControlFlow::Break(Box::new(error));
                        }
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    let last = name.0.last().and_then(ObjectNamePart::as_ident);
                    let meant = relations.iter().find(|relation| {
                        relation.name.as_ref().zip(last).is_some_and(|(a, b)| a.value == b.value)
                    });
                    let options = match meant {
                        Some(relation) if !relation.hidden.is_empty() => except(&relation.hidden),
                        _ => options,
                    };
                    let kind = SelectItemQualifiedWildcardKind::ObjectName(name);
                    projection.push(SelectItem::QualifiedWildcard(kind, options));
                }
                other => projection.push(other),
            }
        }
        select.projection = projection;
        ControlFlow::Continue(())
    }
}
