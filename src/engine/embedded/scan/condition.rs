//! What a pushed-down filter requires of a record's raw fields.
//!
//! [`Condition::of`] reads DataFusion's expressions; what it does not understand counts as true.
//! [`Gate`](super::gate::Gate) evaluates the result.

use std::{collections::BTreeSet, fmt};

use datafusion::{
    logical_expr::{BinaryExpr, Expr, Like, Operator, expr::InList},
    scalar::ScalarValue,
};
use serde::{Deserialize, Serialize};

pub use super::field::Field;
use crate::domain::{
    cloudtrail::{COLUMNS, ColumnKind},
    trace::are_in_order,
};

/// A test of one field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is one of these.
    In(BTreeSet<String>),
    /// It is there and none of these.
    NotIn(BTreeSet<String>),
    /// It matches this pattern; lower-cased first if the flag is set.
    Like(Pattern, bool),
    /// It is there.
    Present,
    /// It is not there, or null.
    Absent,
}

/// A LIKE pattern, split at its `%`. A `_` counts as `%`: that lets too much through, never too little.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern {
    parts: Vec<String>,
}

/// What a filter requires of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A test of one field.
    Is(Field, Test),
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Something that raw fields do not show: it may hold.
    Unknown,
}

impl Condition {
    /// What these filters, all of which must hold, require of a record.
    #[must_use]
    pub fn of(filters: &[Expr]) -> Self {
        Self::all(filters.iter().map(of_expr).collect())
    }

    fn all(parts: Vec<Self>) -> Self {
        let mut known: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::Unknown => {}
                Self::All(inner) => known.extend(inner),
                other => known.push(other),
            }
        }
        // Cheap tests first: a nested field has to be searched for.
        known.sort_by_key(|part| match part {
            Self::Is(Field::Top(_), _) => 0,
            Self::Is(Field::Nested(..), _) => 1,
            _ => 2,
        });
        match known.len() {
            0 => Self::Unknown,
            1 => known.remove(0),
            _ => Self::All(known),
        }
    }

    fn any(parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Unknown) { Self::Unknown } else { Self::Any(parts) }
    }

    /// The event names of which it needs one, if it does: those of one part that must hold, or of every branch.
    #[must_use]
    pub fn event_names(&self) -> Option<BTreeSet<String>> {
        self.texts_of(Field::event_name())
    }

    /// The event sources of which it needs one, if it does.
    #[must_use]
    pub fn event_sources(&self) -> Option<BTreeSet<String>> {
        self.texts_of(Field::event_source())
    }

    /// The texts of a column of which it needs one, if it does.
    fn texts_of(&self, wanted: usize) -> Option<BTreeSet<String>> {
        match self {
            Self::Is(Field::Top(column), Test::In(texts)) if *column == wanted => Some(texts.clone()),
            Self::All(parts) => {
                parts.iter().filter_map(|part| part.texts_of(wanted)).min_by_key(BTreeSet::len)
            }
            Self::Any(parts) => {
                let texts: Option<Vec<_>> = parts.iter().map(|part| part.texts_of(wanted)).collect();
                texts.map(|texts| texts.into_iter().flatten().collect())
            }
            _ => None,
        }
    }
}

impl Test {
    /// Whether a field with this text passes; `None` if it is absent or null.
    #[must_use]
    pub fn holds(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::In(values), Some(text)) => values.contains(text),
            (Self::NotIn(values), Some(text)) => !values.contains(text),
            (Self::Like(pattern, true), Some(text)) => pattern.matches(&text.to_lowercase()),
            (Self::Like(pattern, false), Some(text)) => pattern.matches(text),
            (Self::Present, Some(_)) | (Self::Absent, None) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Condition {
    /// In a form like SQL, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (at, part) in parts.iter().enumerate() {
                let word = if at == 0 { "" } else { word };
                match part {
                    Self::Any(_) => write!(f, "{word}({part})")?,
                    other => write!(f, "{word}{other}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Unknown => f.write_str("anything"),
            Self::All(parts) => list(f, parts, " AND "),
            Self::Any(parts) => list(f, parts, " OR "),
            Self::Is(field, test) => {
                let name = match field {
                    Field::Top(column) => COLUMNS[*column].name.to_owned(),
                    Field::Nested(column, key) => {
                        format!("{}.{}", COLUMNS[*column].name, key.to_ascii_lowercase())
                    }
                };
                let quoted = |values: &BTreeSet<String>| {
                    values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ")
                };
                match test {
                    Test::In(values) => write!(f, "{name} IN ({})", quoted(values)),
                    Test::NotIn(values) => write!(f, "{name} NOT IN ({})", quoted(values)),
                    Test::Like(pattern, true) => {
                        write!(f, "lower({name}) LIKE '{}'", pattern.parts.join("%"))
                    }
                    Test::Like(pattern, false) => write!(f, "{name} LIKE '{}'", pattern.parts.join("%")),
                    Test::Present => write!(f, "{name} IS NOT NULL"),
                    Test::Absent => write!(f, "{name} IS NULL"),
                }
            }
        }
    }
}

fn of_expr(expr: &Expr) -> Condition {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Condition::all(vec![of_expr(left), of_expr(right)])
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Condition::any(vec![of_expr(left), of_expr(right)])
        }
        Expr::IsTrue(inner) => of_expr(inner),
        // A branch of a CASE is taken if its condition is true, not if it is NULL.
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::IsNotDistinctFrom, right }) if is_true(right) => {
            of_expr(left)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => comparison(left, *op, right)
            .or_else(|| comparison(right, *op, left))
            .unwrap_or(Condition::Unknown),
        Expr::InList(InList { expr, list, negated }) => {
            let values: Option<BTreeSet<String>> = list.iter().map(literal).collect();
            match (field(expr), values) {
                (Some(field), Some(values)) if *negated => Condition::Is(field, Test::NotIn(values)),
                (Some(field), Some(values)) => Condition::Is(field, Test::In(values)),
                _ => Condition::Unknown,
            }
        }
        Expr::IsNotNull(inner) => presence(inner, Test::Present),
        Expr::IsNull(inner) => presence(inner, Test::Absent),
        Expr::Like(like) => of_like(like).unwrap_or(Condition::Unknown),
        Expr::ScalarFunction(call) if call.func.name() == "starts_with" && call.args.len() == 2 => {
            match (field(&call.args[0]), literal(&call.args[1])) {
                (Some(field), Some(prefix)) => {
                    Condition::Is(field, Test::Like(Pattern { parts: vec![prefix, String::new()] }, false))
                }
                _ => Condition::Unknown,
            }
        }
        _ => Condition::Unknown,
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _))
}

fn comparison(subject: &Expr, op: Operator, value: &Expr) -> Option<Condition> {
    let value = BTreeSet::from([literal(value)?]);
    let field = field(subject)?;
    match op {
        Operator::Eq => Some(Condition::Is(field, Test::In(value))),
        Operator::NotEq => Some(Condition::Is(field, Test::NotIn(value))),
        _ => None,
    }
}

fn presence(subject: &Expr, test: Test) -> Condition {
    field(subject).map_or(Condition::Unknown, |field| Condition::Is(field, test))
}

fn of_like(like: &Like) -> Option<Condition> {
    if like.negated || like.case_insensitive {
        return None;
    }
    let escape = like.escape_char.unwrap_or('\\');
    let pattern = Pattern::read(&literal(&like.pattern)?, escape)?;
    if let Expr::ScalarFunction(call) = like.expr.as_ref()
        && call.func.name() == "lower"
        && call.args.len() == 1
        && pattern.parts.iter().all(|part| part.is_ascii())
    {
        return Some(Condition::Is(field(&call.args[0])?, Test::Like(pattern, true)));
    }
    Some(Condition::Is(field(&like.expr)?, Test::Like(pattern, false)))
}

/// The text of a varchar literal.
fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::LargeUtf8(Some(text))
            | ScalarValue::Utf8View(Some(text)),
            _,
        ) => Some(text.clone()),
        _ => None,
    }
}

/// The text field that an expression reads as it is, if it is one.
fn field(expr: &Expr) -> Option<Field> {
    let index = |name: &str| COLUMNS.iter().position(|column| column.name == name);
    match expr {
        Expr::Column(column) => {
            let index = index(&column.name)?;
            (COLUMNS[index].kind == ColumnKind::Text).then_some(Field::Top(index))
        }
        Expr::ScalarFunction(call) if call.func.name() == "get_field" && call.args.len() == 2 => {
            let Expr::Column(column) = &call.args[0] else { return None };
            let index = index(&column.name)?;
            let ColumnKind::Struct(fields) = COLUMNS[index].kind else { return None };
            let name = literal(&call.args[1])?;
            let field = fields.iter().find(|field| field.name == name)?;
            (field.kind == ColumnKind::Text).then(|| Field::Nested(index, field.json_key.to_owned()))
        }
        _ => None,
    }
}

impl Pattern {
    /// A pattern of texts with anything between them.
    #[must_use]
    pub fn of(parts: Vec<String>) -> Self {
        Self { parts }
    }

    /// The texts between its `%`.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Splits a LIKE pattern at its `%` and `_`; `None` if it ends in its escape character.
    fn read(pattern: &str, escape: char) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut chars = pattern.chars();
        while let Some(char) = chars.next() {
            let last = parts.last_mut().expect("there is always a part");
            match char {
                '%' | '_' => parts.push(String::new()),
                _ if char == escape => last.push(chars.next()?),
                _ => last.push(char),
            }
        }
        Some(Self { parts })
    }

    fn matches(&self, text: &str) -> bool {
        are_in_order(&self.parts, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::logical_expr::{col, lit};
    use proptest::prelude::*;

    #[test]
    fn filters_are_read() {
        let name = || Field::Top(Field::event_name());
        let one = |text: &str| Test::In([text.to_owned()].into());
        assert_eq!(Condition::of(&[col("eventname").eq(lit("A"))]), Condition::Is(name(), one("A")));
        assert_eq!(Condition::of(&[lit("A").eq(col("eventname"))]), Condition::Is(name(), one("A")));
        assert_eq!(Condition::of(&[col("requestparameters").eq(lit("A"))]), Condition::Unknown);
        assert_eq!(
            Condition::of(&[col("eventname").eq(lit("A")).or(col("requestparameters").is_not_null())]),
            Condition::Unknown
        );
        assert_eq!(Condition::of(&[col("eventname").gt(lit("A"))]), Condition::Unknown);
        assert_eq!(Condition::of(&[]), Condition::Unknown);
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_like_does(pattern in "[ab%]{0,6}", text in "[ab]{0,6}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('%', ".*"))).unwrap();
            prop_assert_eq!(Pattern::read(&pattern, '\\').unwrap().matches(&text), regex.is_match(&text));
        }

        #[test]
        fn a_pattern_matches_all_that_like_does(pattern in "[ab%_]{0,6}", text in "[ab]{0,6}") {
            let like = pattern.replace('%', ".*").replace('_', ".");
            let regex = regex::Regex::new(&format!("^{like}$")).unwrap();
            prop_assert!(Pattern::read(&pattern, '\\').unwrap().matches(&text) || !regex.is_match(&text));
        }
    }
}
