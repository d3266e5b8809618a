//! How a statement uses its columns: what it compares them with, and whether it reads them by keys. Looks at
//! no table: a column is whatever is written like one.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, Ident, Subscript, Value, ValueWithSpan, Visit, Visitor,
};

use super::compare;
use super::error::SqlError;
use super::fill;
use super::parse::{Parsed, parse};
use super::rewrite::{name_of, plain_args};

/// One use of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// The column as it is written, in lower case: with its relation before it and its fields behind it.
    pub path: Vec<String>,
    /// What the statement does with it.
    pub with: Usage,
}

/// What a statement does with a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Compares it with this text.
    Text(String),
    /// Compares it with a text in this format of dates, or reads it in this format.
    Format(String),
    /// Compares it with another text.
    SomeText,
    /// Compares it with the text of a number, without zeros before it.
    NumberText,
    /// Compares it with a number.
    Number,
    /// Compares it with a boolean.
    Boolean,
    /// Compares it with a date or a timestamp.
    Time,
    /// Reads the value of a text key, as of a map.
    Key,
}

/// Parses a statement, with the values of its `?`, and lists how it uses columns.
///
/// # Errors
///
/// The errors of [`inspect`](super::inspect()), and SYNTAX_ERROR if the number of values is not the number of `?`.
pub fn column_uses(sql: &str, params: &[String]) -> Result<Vec<ColumnUse>, SqlError> {
    let mut parsed = parse(sql)?;
    fill::fill(&mut parsed, params)?;
    Ok(of(&parsed))
}

fn of(parsed: &Parsed) -> Vec<ColumnUse> {
    let mut walk = Walk(Vec::new());
    let _ = parsed.statement.visit(&mut walk);
    walk.0
}

struct Walk(Vec<ColumnUse>);

impl Walk {
    /// Notes a use, if the expression is a column.
    fn note(&mut self, expr: &Expr, with: Usage) {
        if let Some(path) = column(expr) {
            self.0.push(ColumnUse { path, with });
        }
    }

    fn compared(&mut self, expr: &Expr, other: &Expr) {
        if let Some(with) = shows(other) {
            self.note(expr, with);
        }
    }

    fn called(&mut self, function: &Function) {
        let (name, args) = (name_of(function).unwrap_or_default(), plain_args(function));
        match (name, args.as_slice()) {
            ("element_at", [of, key]) if text(key).is_some() => self.note(of, Usage::Key),
            ("date_parse" | "parse_datetime", [of, format]) => {
                if let Some(format) = text(format) {
                    self.note(of, Usage::Format(format.to_owned()));
                }
            }
            ("date" | "from_iso8601_date", [of]) => self.note(of, Usage::Format(ISO.to_owned())),
            ("$cast" | "$try_cast", [of, to]) if text(to) == Some("date") => {
                self.note(of, Usage::Format(ISO.to_owned()));
            }
            _ => {}
        }
    }
}

/// The format of a date as text.
const ISO: &str = "yyyy-MM-dd";

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op, right } if compare::function(op).is_some() => {
                self.compared(left, right);
                self.compared(right, left);
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.compared(left, right);
                self.compared(right, left);
            }
            Expr::Between { expr, low, high, .. } => {
                self.compared(expr, low);
                self.compared(expr, high);
            }
            Expr::InList { expr, list, .. } => list.iter().for_each(|item| self.compared(expr, item)),
            Expr::Like { expr, pattern, .. } => self.compared(expr, pattern),
            Expr::Function(function) => self.called(function),
            Expr::CompoundFieldAccess { root, access_chain } => {
                if let [steps @ .., AccessExpr::Subscript(Subscript::Index { index })] =
                    access_chain.as_slice()
                    && text(index).is_some()
                    && let Some(path) = path_of(root, steps)
                {
                    self.0.push(ColumnUse { path, with: Usage::Key });
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The column that an expression is, as it is written.
fn column(expr: &Expr) -> Option<Vec<String>> {
    let lower = |idents: &[Ident]| idents.iter().map(|ident| ident.value.to_lowercase()).collect();
    match expr {
        Expr::Identifier(ident) => Some(vec![ident.value.to_lowercase()]),
        Expr::CompoundIdentifier(idents) => Some(lower(idents)),
        Expr::CompoundFieldAccess { root, access_chain } => path_of(root, access_chain),
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

fn path_of(root: &Expr, steps: &[AccessExpr]) -> Option<Vec<String>> {
    let mut path = column(root)?;
    for step in steps {
        let AccessExpr::Dot(Expr::Identifier(ident)) = step else { return None };
        path.push(ident.value.to_lowercase());
    }
    Some(path)
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        Expr::Nested(inner) => text(inner),
        _ => None,
    }
}

/// What an expression shows about a column that it is compared with.
fn shows(expr: &Expr) -> Option<Usage> {
    match expr {
        Expr::Value(ValueWithSpan { value, .. }) => match value {
            Value::SingleQuotedString(text) => Some(Usage::Text(text.clone())),
            Value::Number(..) => Some(Usage::Number),
            Value::Boolean(_) => Some(Usage::Boolean),
            _ => None,
        },
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => shows(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right } => {
            shows(left).or_else(|| shows(right))
        }
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => Some(Usage::SomeText),
        Expr::Function(function) => of_call(function),
        _ => None,
    }
}

/// What a cast to a type shows.
fn cast(expr: &Expr, to: &str) -> Option<Usage> {
    let to = to.split(['(', ' ']).next().unwrap_or_default();
    let is_text = matches!(to, "varchar" | "char" | "string");
    match (to, shows(expr)) {
        ("date" | "timestamp", _) => Some(Usage::Time),
        (_, Some(Usage::Number)) if is_text => Some(Usage::NumberText),
        (_, Some(Usage::Time)) if is_text => Some(Usage::Format(ISO.to_owned())),
        (_, found) if is_text => found.or(Some(Usage::SomeText)),
        ("boolean", _) => Some(Usage::Boolean),
        ("bigint" | "integer" | "int" | "smallint" | "tinyint" | "double" | "decimal" | "real", _) => {
            Some(Usage::Number)
        }
        _ => None,
    }
}

fn of_call(function: &Function) -> Option<Usage> {
    let args = plain_args(function);
    match name_of(function).unwrap_or_default() {
        "$cast" | "$try_cast" => match args.as_slice() {
            [of, to] => cast(of, text(to).unwrap_or_default()),
            _ => None,
        },
        "date_format" | "format_datetime" => match args.as_slice() {
            [_, format] => Some(text(format).map_or(Usage::SomeText, |it| Usage::Format(it.to_owned()))),
            _ => None,
        },
        "year" | "month" | "day" | "hour" | "day_of_month" => Some(Usage::Number),
        "now"
        | "current_timestamp"
        | "current_date"
        | "localtimestamp"
        | "date"
        | "date_add"
        | "date_trunc"
        | "date_parse"
        | "parse_datetime"
        | "from_unixtime"
        | "from_iso8601_date"
        | "from_iso8601_timestamp" => Some(Usage::Time),
        "concat" | "lpad" | "substr" | "substring" | "replace" | "lower" | "upper" | "trim" | "format" => {
            Some(Usage::SomeText)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(sql: &str) -> Vec<(String, Usage)> {
        let uses = column_uses(sql, &[]).unwrap();
        uses.into_iter().map(|one| (one.path.join("."), one.with)).collect()
    }

    #[test]
    fn what_a_column_is_compared_with_is_listed() {
        let text = |it: &str| Usage::Text(it.to_owned());
        let format = |it: &str| Usage::Format(it.to_owned());
        for (condition, path, with) in [
            ("Year = '2026'", "year", text("2026")),
            ("'2026' <= t.year", "t.year", text("2026")),
            ("(month) IN ('03', '04')", "month", text("03")),
            ("day BETWEEN 1 AND 3", "day", Usage::Number),
            ("dt LIKE '2026/%'", "dt", text("2026/%")),
            ("dt >= date_format(current_date - interval '1' day, '%Y/%m/%d')", "dt", format("%Y/%m/%d")),
            ("dt >= cast(current_date as varchar)", "dt", format("yyyy-MM-dd")),
            ("month = cast(month(now()) as varchar)", "month", Usage::NumberText),
            ("year = year(current_date)", "year", Usage::Number),
            ("dt > current_date - interval '7' day", "dt", Usage::Time),
            ("dt = DATE '2026-03-10'", "dt", Usage::Time),
            ("date_parse(dt, '%Y%m%d') > now()", "dt", format("%Y%m%d")),
            ("cast(dt as date) > current_date", "dt", format("yyyy-MM-dd")),
            ("element_at(requestParameters, 'k') = 'x'", "requestparameters", Usage::Key),
            ("requestParameters['k'] = 'x'", "requestparameters", Usage::Key),
            ("e.requestParameters['k'] = 'x'", "e.requestparameters", Usage::Key),
            ("readOnly = false", "readonly", Usage::Boolean),
        ] {
            let found = used(&format!("SELECT 1 FROM t WHERE {condition}"));
            assert_eq!(found.first(), Some(&(path.to_owned(), with)), "{condition}: {found:?}");
        }
        assert_eq!(used("SELECT a, resources[1], f(b, 'x') FROM t WHERE a = b"), []);
        let filled = column_uses("SELECT 1 FROM t WHERE year = ?", &["'2026'".to_owned()]).unwrap();
        assert_eq!(filled[0].with, text("2026"));
    }
}
