//! The path language: `lax $.a[*] ? (@.b > 1).c`. Parses a text once; `compute` follows it.

use super::PathError;
use super::item::Item;
use super::reader::Reader;

/// A path: how it treats structural errors, and its expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Whether what does not fit is an error instead of nothing.
    pub strict: bool,
    /// What it computes.
    pub expression: Expression,
}

/// An expression of a path: it computes a sequence of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `$`
    Root,
    /// `@`
    Current,
    /// `$name`, a value that was passed.
    Passed(String),
    /// `last`, the index of the last element.
    Last,
    /// A literal.
    Literal(Item),
    /// Something of each value.
    Step(Box<Expression>, Step),
    /// `-x` if the flag is set, else `+x`.
    Signed(bool, Box<Expression>),
    /// Arithmetic.
    Operation(Box<Expression>, char, Box<Expression>),
}

/// What a path takes of each value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Member(String),
    /// `.*`
    Members,
    /// `..name`
    Descendants(String),
    /// `[*]`
    Elements,
    /// `[1, 3 to last]`
    Subscripts(Vec<(Expression, Option<Expression>)>),
    /// `? (…)`
    Filter(Box<Predicate>),
    /// `.type()` and the others.
    Method(Method),
}

/// A method of the path language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The name of the value's type.
    Type,
    /// The number of elements.
    Size,
    /// The value as a double.
    Double,
    /// Rounded up.
    Ceiling,
    /// Rounded down.
    Floor,
    /// Without its sign.
    Abs,
    /// The members as objects with `name`, `value` and `id`.
    KeyValue,
}

/// A condition of a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// One of both holds.
    Or(Box<Predicate>, Box<Predicate>),
    /// Both hold.
    And(Box<Predicate>, Box<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// It is neither true nor false.
    IsUnknown(Box<Predicate>),
    /// `exists (…)`
    Exists(Expression),
    /// A comparison.
    Compare(Expression, &'static str, Expression),
    /// `starts with`
    StartsWith(Expression, Expression),
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut reader = Reader::new(text);
        let strict = reader.word("strict");
        if !strict && !reader.word("lax") {
            return Err(format!("Invalid JSON path '{text}': it must begin with 'lax' or 'strict'"));
        }
        let expression = reader.expression()?;
        reader.end()?;
        Ok(Self { strict, expression })
    }
}
