//! What a statement mentions, and where: relations, functions, columns of the result; and places for errors.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Spanned, TableFactor, Value, ValueWithSpan,
    Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::error::SqlError;
use super::names::{last_name, leftmost};
use super::parse::{Parsed, parse};

/// A name and where the statement mentions it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The name, lower case; a relation's parts joined by `.`.
    pub name: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

/// A column of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Its name as typed; `_col0` and so on for an unnamed expression.
    Column(Mention),
    /// `*` or `x.*`
    Wildcard(Mention),
}

/// What a statement mentions, before any table is looked up.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Tables and views read, without the statement's own `WITH` names.
    pub relations: Vec<Mention>,
    /// Functions called, as SQL names them.
    pub functions: Vec<Mention>,
    /// Columns of the result.
    pub outputs: Vec<Output>,
}

/// Parses a statement and lists what it mentions.
///
/// # Errors
///
/// SYNTAX_ERROR with the place, NOT_SUPPORTED for a statement that is not a query, TYPE_MISMATCH for an
/// unknown type in a cast.
pub fn inspect(sql: &str) -> Result<Inspected, SqlError> {
    parse(sql).map(|parsed| inspected(&parsed))
}

/// What a parsed statement mentions.
pub(super) fn inspected(parsed: &Parsed) -> Inspected {
    let places = Places::of(parsed);
    Inspected {
        outputs: outputs(parsed),
        functions: places.functions.iter().filter(|f| !f.name.starts_with('$')).cloned().collect(),
        relations: places.relations,
    }
}

pub(super) fn mention(name: impl Into<String>, at: Location) -> Mention {
    Mention { name: name.into(), line: at.line, column: at.column }
}

fn outputs(parsed: &Parsed) -> Vec<Output> {
    outputs_of(parsed.query(), parsed, &mut Vec::new())
}

/// The only relation of a SELECT, if the statement itself contains its query, so that the columns behind `*`
/// are known.
fn spelt_out<'a>(select: &'a Select, scopes: &[&'a Query]) -> Option<&'a Query> {
    let [table] = select.from.as_slice() else { return None };
    if !table.joins.is_empty() {
        return None;
    }
    match &table.relation {
        TableFactor::Derived { subquery, alias, .. } => {
            alias.as_ref().is_none_or(|alias| alias.columns.is_empty()).then_some(subquery.as_ref())
        }
        TableFactor::Table { name, .. } => {
            let [part] = name.0.as_slice() else { return None };
            let name = &part.as_ident()?.value;
            let ctes =
                scopes.iter().rev().flat_map(|query| query.with.iter().flat_map(|with| &with.cte_tables));
            let cte = ctes.into_iter().find(|cte| cte.alias.name.value == *name)?;
            cte.alias.columns.is_empty().then_some(cte.query.as_ref())
        }
        _ => None,
    }
}

fn outputs_of<'a>(query: &'a Query, parsed: &Parsed, scopes: &mut Vec<&'a Query>) -> Vec<Output> {
    if let SetExpr::Values(values) = query.body.as_ref() {
        let width = values.rows.first().map_or(0, |row| row.len());
        let unnamed =
            |at: usize| Output::Column(mention(format!("_col{at}"), Location { line: 1, column: 1 }));
        return (0..width).map(unnamed).collect();
    }
    let Some(select) = leftmost(&query.body) else { return Vec::new() };
    if scopes.len() > 20 {
        return Vec::new();
    }
    scopes.push(query);
    let column = |index: usize, ident: Option<&Ident>, at: Location| {
        let name = ident.map_or_else(|| format!("_col{index}"), |ident| parsed.typed(ident));
        Output::Column(mention(name, ident.map_or(at, |ident| ident.span.start)))
    };
    let mut found = Vec::new();
    for (index, item) in select.projection.iter().enumerate() {
        match item {
            SelectItem::UnnamedExpr(expr) => found.push(column(index, last_name(expr), expr.span().start)),
            SelectItem::ExprWithAlias { alias, .. } => {
                found.push(column(index, Some(alias), alias.span.start))
            }
            other => found.push(Output::Wildcard(mention(other.to_string(), other.span().start))),
        }
    }
    // `SELECT *` of a subquery has the names that are typed there.
    if let ([SelectItem::Wildcard(_)], Some(inner)) =
        (select.projection.as_slice(), spelt_out(select, scopes))
    {
        let inner = outputs_of(inner, parsed, scopes);
        if inner.iter().all(|output| matches!(output, Output::Column(_))) {
            found = inner;
        }
    }
    scopes.pop();
    found
}

/// The places of a statement's names and literals.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    relations: Vec<Mention>,
    pub functions: Vec<Mention>,
    /// Names of columns, as paths, in the order in which Athena analyzes a query: the SELECT list comes last.
    paths: Vec<(Vec<String>, Location)>,
    literals: Vec<(String, Location)>,
}

impl Places {
    pub(super) fn of(parsed: &Parsed) -> Self {
        let mut walk = Walk { places: Self::default(), scopes: Vec::new(), selected: Vec::new() };
        let _ = parsed.statement.visit(&mut walk);
        let is_selected =
            |place: &Location| walk.selected.iter().any(|[start, end]| (start..end).contains(&place));
        walk.places.paths.sort_by_key(|(_, place)| (is_selected(place), *place));
        walk.places
    }

    /// Where a name or a path of names is mentioned first, with or without the name of its relation.
    pub(super) fn path(&self, path: &[&str]) -> Option<Location> {
        let ends =
            |whole: &[String]| whole.len() >= path.len() && whole[whole.len() - path.len()..].iter().eq(path);
        let begins = |whole: &[String]| whole.iter().take(path.len()).eq(path);
        let whole = |whole: &[String]| whole.iter().eq(path);
        let found = self.paths.iter().find(|(found, _)| whole(found));
        let found = found.or_else(|| self.paths.iter().find(|(found, _)| ends(found)));
        let found = found.or_else(|| self.paths.iter().find(|(found, _)| begins(found)));
        found.map(|(_, place)| *place)
    }

    /// Where a relation is read.
    pub(super) fn relation(&self, name: &str) -> Option<Location> {
        let found = self.relations.iter().find(|relation| relation.name == name)?;
        Some(Location { line: found.line, column: found.column })
    }

    /// The place of the text, function or name that a message mentions.
    pub(super) fn mentioned(&self, message: &str) -> Option<Location> {
        let quoted = |text: &str| ["'", "\""].iter().any(|q| message.contains(&format!("{q}{text}{q}")));
        let literal = self.literals.iter().filter(|(text, _)| !text.is_empty() && quoted(text));
        if let Some((_, at)) = literal.max_by_key(|(text, _)| text.len()) {
            return Some(*at);
        }
        // `%V not supported …` mentions a part of a text.
        let directive = message.split_whitespace().next().filter(|word| word.starts_with('%'));
        if let Some((_, at)) =
            directive.and_then(|word| self.literals.iter().find(|(text, _)| text.contains(word)))
        {
            return Some(*at);
        }
        let says = |name: &str| {
            message.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').any(|word| word == name)
        };
        let function = self.functions.iter().find(|function| says(&function.name));
        if let Some(function) = function {
            return Some(Location { line: function.line, column: function.column });
        }
        let named = self.paths.iter().find(|(path, _)| path.last().is_some_and(|name| says(name)));
        named.map(|(_, at)| *at)
    }
}

struct Walk {
    places: Places,
    scopes: Vec<Scope>,
    /// Start and end of each SELECT list.
    selected: Vec<[Location; 2]>,
}

/// The names that a query's `WITH` defines.
struct Scope {
    /// Each with the address of its query in memory, which identifies it during the walk.
    names: Vec<(String, usize)>,
    /// How many of them are visible so far: a name is visible after its own query.
    visible: usize,
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Walk {
    fn path(&mut self, idents: &[Ident]) {
        if let Some(first) = idents.first() {
            let path = idents.iter().map(|ident| ident.value.clone()).collect();
            self.places.paths.push((path, first.span.start));
        }
    }
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // So `WITH events AS (SELECT … FROM events)` reads the table.
        if let Some(scope) = self.scopes.last_mut()
            && let Some(at) = scope.names.iter().position(|(_, place)| *place == address(query))
        {
            scope.visible = scope.visible.max(at);
        }
        let with = query.with.as_ref();
        let names: Vec<_> = with
            .iter()
            .flat_map(|with| &with.cte_tables)
            .map(|cte| (cte.alias.name.value.clone(), address(&cte.query)))
            .collect();
        let visible = if with.is_some_and(|with| with.recursive) { names.len() } else { 0 };
        self.scopes.push(Scope { names, visible });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        if let Some(scope) = self.scopes.last_mut()
            && let Some(at) = scope.names.iter().position(|(_, place)| *place == address(query))
        {
            scope.visible = scope.visible.max(at + 1);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let (Some(first), Some(last)) = (select.projection.first(), select.projection.last()) {
            self.selected.push([first.span().start, last.span().end]);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let parts: Vec<&Ident> = relation.0.iter().filter_map(|part| part.as_ident()).collect();
        let name = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
        if let Some(first) = parts.first() {
            let mut visible = self.scopes.iter().flat_map(|scope| &scope.names[..scope.visible]);
            let own = parts.len() == 1 && visible.any(|(known, _)| *known == name);
            if !own {
                self.places.relations.push(mention(name, first.span.start));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Function { name, .. } | TableFactor::Table { name, args: Some(_), .. } = factor
            && let Some(ident) = name.0.last().and_then(|part| part.as_ident())
        {
            self.places.functions.push(mention(&ident.value, ident.span.start));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.path(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.path(idents),
            Expr::Function(function) => {
                if let Some(ident) = function.name.0.last().and_then(|part| part.as_ident()) {
                    self.places.functions.push(mention(&ident.value, ident.span.start));
                }
            }
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), span }) => {
                self.places.literals.push((text.clone(), span.start));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether a query consists of SELECT and VALUES only.
pub(super) fn is_select(query: &Query) -> bool {
    fn ok(body: &SetExpr) -> bool {
        match body {
            SetExpr::Select(_) | SetExpr::Values(_) => true,
            SetExpr::Query(query) => is_select(query),
            SetExpr::SetOperation { left, right, .. } => ok(left) && ok(right),
            _ => false,
        }
    }
    ok(&query.body)
}
