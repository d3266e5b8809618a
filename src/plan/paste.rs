//! Statements as people have them: what `query` takes of a pasted text, and what it says about the rest.
//!
//! The text is only cut into tokens, for both engines: what a statement is, whether there is a second one, what has yet to
//! be filled in, and whether every `?` has its value.

mod blanks;
mod kinds;
mod names;

pub use names::{BadName, TableNames};

use crate::{
    engine::embedded::sql::{ErrorClass, Parameter, SqlError},
    text::sql_tokens::{Token, TokenKind, tokens},
};

/// A statement that may be asked: one query, its `?` with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    text: String,
    params: Vec<String>,
}

impl Pasted {
    /// Takes a statement and the values of its `?`.
    ///
    /// # Errors
    ///
    /// If it is no query or not the only statement, has blanks that were not filled in, or other than as many values as `?`.
    pub fn of(text: &str, params: &[String]) -> Result<Self, SqlError> {
        let words = Words::of(text);
        words.closed()?;
        words.alone()?;
        kinds::check(&words)?;
        blanks::check(&words)?;
        words.filled(params)?;
        Ok(Self { text: words.statement().to_owned(), params: params.to_vec() })
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

/// An error at a byte of a text.
fn error(sql: &str, byte: usize, class: ErrorClass, message: impl Into<String>) -> SqlError {
    let (line, column) = place(sql, byte);
    SqlError { line: Some(line), column: Some(column), ..SqlError::new(class, message) }
}

/// Line and column of a byte, as errors tell them.
fn place(sql: &str, byte: usize) -> (u64, u64) {
    let before = &sql[..byte];
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
}

/// A text's tokens without space and comments.
struct Words<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Words<'a> {
    fn of(sql: &'a str) -> Self {
        let mut tokens = tokens(sql);
        tokens.retain(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment));
        Self { sql, tokens }
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.text(at).eq_ignore_ascii_case(word)
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

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

    /// The first statement, from the text's beginning: places stay what they are.
    fn statement(&self) -> &'a str {
        self.tokens.get(self.end()).map_or(self.sql, |semicolon| &self.sql[..semicolon.range.start])
    }

    fn alone(&self) -> Result<(), SqlError> {
        let second = (self.end()..self.tokens.len()).find(|at| self.text(*at) != ";");
        let Some(second) = second else { return Ok(()) };
        let error = self.error(second, ErrorClass::SyntaxError, "only one statement can be run");
        Err(error.hint(Some("ask them one at a time: the second begins there".to_owned())))
    }

    /// Where the statement has a `?` for a value; in a row pattern it says how often.
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

    /// Whether every `?` has its value, and each value is one.
    fn filled(&self, params: &[String]) -> Result<(), SqlError> {
        let marks = self.marks();
        if marks.len() != params.len() {
            let count = |count: usize, one: &str, many: &str| match count {
                0 => format!("no {one}"),
                1 => format!("1 {one}"),
                more => format!("{more} {many}"),
            };
            let message = format!(
                "the statement has {} and is given {}",
                count(marks.len(), "`?`", "`?`"),
                count(params.len(), "value", "values")
            );
            let quoted = (0..self.end()).any(|at| self.text(at) == "'?'");
            let hint = match marks.get(params.len()) {
                None if quoted => "`'?'` is a text: the `?` of a value stands without quotes",
                None => "give `--param VALUE` once for each `?`",
                Some(_) => "give each `?` its value, in their order: `--param VALUE`",
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
                let hint = refused.hint.unwrap_or_else(|| {
                    "a text that is not to be read as SQL stands in single quotes".to_owned()
                });
                return Err(self.error(mark, refused.class, message).hint(Some(hint)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
