//! A statement as a person pasted it: whether `query` can run it, and if not, what to do instead.
//!
//! The text is only cut into tokens, for both engines: whether it is a query and the only statement, whether a placeholder
//! has yet to be filled in, and whether every `?` has its value. Nothing here parses SQL or knows a table.

mod data_stores;
mod names;
mod placeholders;
mod statement_kind;

pub use names::names_of_events;

use datafusion_trino::{ErrorClass, Parameter, SqlError};

use super::words::Words;
use crate::text::sql_tokens::TokenKind;

/// A statement that can be run: one query, its `?` with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    text: String,
    params: Vec<String>,
    data_stores: Vec<String>,
}

impl Pasted {
    /// Takes a statement and the values of its `?`.
    ///
    /// # Errors
    ///
    /// If it is not a query or not the only statement, has placeholders that were not filled in, or if the number of values
    /// is not that of its `?`.
    pub fn of(text: &str, params: &[String]) -> Result<Self, SqlError> {
        let (text, data_stores) = data_stores::named(text);
        let words = Words::of(&text);
        words.closed()?;
        words.alone()?;
        statement_kind::check(&words)?;
        placeholders::check(&words)?;
        words.filled(params)?;
        Ok(Self { text: words.statement().to_owned(), params: params.to_vec(), data_stores })
    }

    /// The names by which the statement reads event data stores of CloudTrail Lake, in lower case.
    #[must_use]
    pub fn data_stores(&self) -> &[String] {
        &self.data_stores
    }

    /// The statement, without a `;` at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values of its `?`, as they were given.
    #[must_use]
    pub fn params(&self) -> &[String] {
        &self.params
    }
}

/// The name of the relation that a statement asks to describe, its parts in lower case; `None` if it is no such statement.
#[must_use]
pub fn described(text: &str) -> Option<Vec<String>> {
    let words = Words::of(text);
    if words.closed().is_err()
        || words.alone().is_err()
        || !["describe", "desc"].iter().any(|it| words.is(0, it))
    {
        return None;
    }
    let is_name = |at: usize| matches!(words.kind(at), Some(TokenKind::Word | TokenKind::QuotedName));
    let fits = |at: usize| if at % 2 == 1 { is_name(at) } else { words.text(at) == "." };
    let whole = words.end() > 1 && words.end().is_multiple_of(2) && (1..words.end()).all(fits);
    let parts = (1..words.end()).step_by(2).map(|at| words.text(at).trim_matches(['"', '`']).to_lowercase());
    whole.then(|| parts.collect())
}

/// An error at a byte of a text.
fn error(sql: &str, byte: usize, class: ErrorClass, message: impl Into<String>) -> SqlError {
    let (line, column) = place(sql, byte);
    SqlError { line: Some(line), column: Some(column), ..SqlError::new(class, message) }
}

/// Line and column of a byte, as errors show them.
fn place(sql: &str, byte: usize) -> (u64, u64) {
    let before = &sql[..byte];
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
}

impl<'a> Words<'a> {
    /// Whether nothing stands between a token and the one before it.
    fn touches(&self, at: usize) -> bool {
        at > 0 && self.tokens.get(at).is_some_and(|token| self.tokens[at - 1].range.end == token.range.start)
    }

    fn error(&self, at: usize, class: ErrorClass, message: impl Into<String>) -> SqlError {
        let byte = self.tokens.get(at).map_or(self.sql.len(), |token| token.range.start);
        error(self.sql, byte, class, message)
    }

    /// Line and column of a token, as people write them.
    fn shown_place(&self, at: usize) -> String {
        let (line, column) = place(self.sql, self.tokens.get(at).map_or(0, |token| token.range.start));
        format!("line {line}:{column}")
    }

    /// Whether every quote and comment is closed.
    fn closed(&self) -> Result<(), SqlError> {
        match self.tokens.iter().position(|token| token.kind == TokenKind::Unclosed) {
            None => Ok(()),
            Some(at) => {
                let what = if self.text(at).starts_with("/*") { "comment" } else { "quote" };
                let message = format!("the {what} that begins here is never closed");
                Err(self.error(at, ErrorClass::SyntaxError, message))
            }
        }
    }

    /// Where the `;` at the end of the first statement is, if there is one.
    fn end(&self) -> usize {
        (0..self.tokens.len()).find(|at| self.text(*at) == ";").unwrap_or(self.tokens.len())
    }

    /// The first statement, from the text's beginning, so that places in it stay the same.
    fn statement(&self) -> &'a str {
        self.tokens.get(self.end()).map_or(self.sql, |semicolon| &self.sql[..semicolon.range.start])
    }

    /// Whether there is no second statement.
    fn alone(&self) -> Result<(), SqlError> {
        let second = (self.end()..self.tokens.len()).find(|at| self.text(*at) != ";");
        let Some(second) = second else { return Ok(()) };
        let error = self.error(second, ErrorClass::SyntaxError, "only one statement can be run");
        Err(error.hint(Some("run them one at a time: the second begins there".to_owned())))
    }

    /// The tokens `?` that stand for a value; in a row pattern, `?` is a quantifier.
    fn marks(&self) -> Vec<usize> {
        let (mut marks, mut depth, mut pattern) = (Vec::new(), 0usize, None);
        for at in 0..self.end() {
            match self.text(at) {
                "(" => {
                    depth += 1;
                    if at > 0 && self.is(at - 1, "pattern") {
                        pattern = pattern.or(Some(depth));
                    }
                }
                ")" => {
                    pattern = pattern.filter(|began| *began != depth);
                    depth = depth.saturating_sub(1);
                }
                "?" if pattern.is_none() => marks.push(at),
                _ => {}
            }
        }
        marks
    }

    /// Whether every `?` has its value, and each value can be read.
    fn filled(&self, params: &[String]) -> Result<(), SqlError> {
        let marks = self.marks();
        if marks.len() != params.len() {
            let count = |count: usize, one: &str, many: &str| match count {
                0 => format!("no {one}"),
                1 => format!("1 {one}"),
                more => format!("{more} {many}"),
            };
            let message = format!(
                "the statement has {} and got {}",
                count(marks.len(), "`?`", "`?`"),
                count(params.len(), "value", "values")
            );
            let quoted = (0..self.end()).any(|at| self.text(at) == "'?'");
            let hint = match marks.get(params.len()) {
                None if quoted => "`'?'` is a text: write the `?` of a value without quotes",
                None => "give `--param VALUE` once for each `?`",
                Some(_) => "give each `?` its value, in order: `--param VALUE`",
            };
            let error = match marks.get(params.len()) {
                Some(first) => self.error(*first, ErrorClass::SyntaxError, message),
                None => SqlError::new(ErrorClass::SyntaxError, message),
            };
            return Err(error.hint(Some(hint.to_owned())));
        }
        for (number, (mark, param)) in marks.into_iter().zip(params).enumerate() {
            if let Err(refused) = Parameter::read(param) {
                let message = format!("value {} is refused: {}", number + 1, refused.message);
                let hint =
                    refused.hint.unwrap_or_else(|| "put a text that is not SQL in single quotes".to_owned());
                return Err(self.error(mark, refused.class, message).hint(Some(hint)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
