//! A statement's tokens without space and comments: what [`pasted`](super::pasted) and `adhoc` decide by. Knows no grammar.

use crate::text::sql_tokens::{Token, TokenKind, tokens};

/// A statement's tokens without space and comments.
pub(super) struct Words<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Words<'a> {
    pub(super) fn of(sql: &'a str) -> Self {
        let mut tokens = tokens(sql);
        tokens.retain(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment));
        Self { sql, tokens }
    }

    /// A token's text; empty past the end.
    pub(super) fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    /// Whether a token is this word, in any case.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.text(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The statement with these CTEs before its own.
    #[cfg(feature = "aws")]
    pub(super) fn with(&self, bound: &[String]) -> String {
        let end = self.tokens.last().map_or(0, |token| token.range.end);
        let sql = &self.sql[..end];
        if bound.is_empty() {
            return sql.to_owned();
        }
        let bound = bound.join(",\n    ");
        if !self.is(0, "with") {
            return format!("WITH {bound}\n{sql}");
        }
        let recursive = if self.is(1, "recursive") { " RECURSIVE" } else { "" };
        let after = if recursive.is_empty() { 0 } else { 1 };
        let rest = &sql[self.tokens[after].range.end..];
        format!("WITH{recursive} {bound},\n    {}", rest.trim_start())
    }
}
