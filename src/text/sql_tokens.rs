//! SQL text cut into tokens: just enough to distinguish parameters from strings, names and comments.
//!
//! Follows Trino: `''` inside strings and `""` inside names, no backslashes, `--` and `/* */` comments that do
//! not nest. It never fails; a string, name or comment that is not closed reaches to the end of the text.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Spaces, tabs and line breaks.
    Space,
    /// A comment, with its marks.
    Comment,
    /// A word: a keyword or an unquoted name.
    Word,
    /// A number, without sign.
    Number,
    /// A string, with its quotes.
    Text,
    /// A name in double quotes or backticks.
    QuotedName,
    /// `:name`.
    Param,
    /// Anything else, one character; `::` is one token.
    Symbol,
    /// A string, quoted name or comment that is never closed.
    Unclosed,
}

/// A piece of SQL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The bytes it covers.
    pub range: Range<usize>,
}

impl Token {
    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.range.clone()]
    }
}

/// Cuts SQL into tokens that cover it without gap.
#[must_use]
pub fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, length) = next(&sql[at..]);
        tokens.push(Token { kind, range: at..at + length });
        at += length;
    }
    tokens
}

/// The kind and length of the token that `rest` begins with; `rest` is not empty.
fn next(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let while_char = |from: usize, keep: &dyn Fn(char) -> bool| {
        rest[from..].find(|c| !keep(c)).map_or(rest.len(), |end| from + end)
    };
    match bytes[0] {
        b'-' if bytes.get(1) == Some(&b'-') => (TokenKind::Comment, while_char(2, &|c| c != '\n')),
        b'/' if bytes.get(1) == Some(&b'*') => match rest[2..].find("*/") {
            Some(end) => (TokenKind::Comment, end + 4),
            None => (TokenKind::Unclosed, rest.len()),
        },
        b'\'' => quoted(bytes, TokenKind::Text),
        b'"' | b'`' => quoted(bytes, TokenKind::QuotedName),
        b':' if bytes.get(1) == Some(&b':') => (TokenKind::Symbol, 2),
        b':' if bytes.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') => {
            (TokenKind::Param, while_char(1, &|c| c.is_ascii_alphanumeric() || c == '_'))
        }
        b'0'..=b'9' => (TokenKind::Number, number(bytes)),
        b'.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => (TokenKind::Number, number(bytes)),
        _ => match rest.chars().next() {
            Some(c) if c.is_whitespace() => (TokenKind::Space, while_char(0, &char::is_whitespace)),
            Some(c) if is_word(c) => (TokenKind::Word, while_char(0, &is_word)),
            Some(c) => (TokenKind::Symbol, c.len_utf8()),
            None => (TokenKind::Symbol, rest.len()),
        },
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '@'
}

fn quoted(bytes: &[u8], kind: TokenKind) -> (TokenKind, usize) {
    let quote = bytes[0];
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) == Some(&quote) {
                at += 1;
            } else {
                return (kind, at + 1);
            }
        }
        at += 1;
    }
    (TokenKind::Unclosed, bytes.len())
}

/// The length of a number: digits, one point, one exponent.
fn number(bytes: &[u8]) -> usize {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}

/// The parameters that SQL names, without the colon, each with the byte where it stands.
#[must_use]
pub fn params(sql: &str) -> Vec<(&str, usize)> {
    tokens(sql)
        .into_iter()
        .filter(|token| token.kind == TokenKind::Param)
        .map(|token| (&token.text(sql)[1..], token.range.start))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(sql: &str) -> Vec<TokenKind> {
        tokens(sql).into_iter().map(|token| token.kind).filter(|kind| *kind != TokenKind::Space).collect()
    }

    #[test]
    fn parameters_are_distinguished_from_everything_else() {
        let sql =
            "SELECT ':no', \":no\", a::bigint -- :no\n/* :no */ FROM t WHERE a > :yes AND b IN (:also_1)";
        let names: Vec<_> = params(sql).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["yes", "also_1"]);
    }

    #[test]
    fn what_is_not_closed_is_marked() {
        for sql in ["'a", "'a''", "\"a", "/* a", "`x"] {
            assert_eq!(kinds(sql), [TokenKind::Unclosed], "{sql}");
        }
    }

    #[test]
    fn numbers_are_one_token() {
        for sql in ["1", "1.5", "1.5E0", "1e-7", ".5", "1."] {
            assert_eq!(kinds(sql), [TokenKind::Number], "{sql}");
        }
        assert_eq!(kinds("1ex"), [TokenKind::Number, TokenKind::Word]);
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_without_gap(sql in "\\PC*") {
            let mut at = 0;
            for token in tokens(&sql) {
                prop_assert_eq!(token.range.start, at);
                prop_assert!(token.range.end > at);
                at = token.range.end;
            }
            prop_assert_eq!(at, sql.len());
        }

        #[test]
        fn tokens_cover_any_mix_of_marks(sql in "[-'\":/*`a1.e \n]{0,24}") {
            let total: usize = tokens(&sql).iter().map(|token| token.range.len()).sum();
            prop_assert_eq!(total, sql.len());
        }
    }
}
