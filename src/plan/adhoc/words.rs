//! A statement's tokens: what it reads by which names, whether it is bounded, and other queries before its own.

use crate::{
    plan::paste::TableNames,
    text::sql_tokens::{Token, TokenKind, tokens},
};

/// A statement's tokens without space, comments and the semicolon at its end.
pub(super) struct Words<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Words<'a> {
    pub(super) fn of(sql: &'a str) -> Self {
        let mut tokens = tokens(sql);
        tokens.retain(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment));
        while tokens.last().is_some_and(|token| token.text(sql) == ";") {
            tokens.pop();
        }
        Self { sql, tokens }
    }

    pub(super) fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.text(at).eq_ignore_ascii_case(word)
    }

    /// Whether the token is this name, quoted or not.
    pub(super) fn names(&self, at: usize, name: &str) -> bool {
        let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::QuotedName);
        self.tokens.get(at).is_some_and(|token| is_name(token.kind))
            && self.text(at).trim_matches('"').eq_ignore_ascii_case(name)
    }

    /// Whether a relation of this name is read that the statement does not make itself. A column of the name counts, too:
    /// what is bound without need costs nothing.
    pub(super) fn reads(&self, relation: &str) -> bool {
        let read = |at: usize| self.names(at, relation) && (at == 0 || self.text(at - 1) != ".");
        (0..self.tokens.len()).any(read) && !self.own().contains(&relation.to_ascii_lowercase())
    }

    pub(super) fn names_qualified(&self, table: &str) -> bool {
        (1..self.tokens.len()).any(|at| self.names(at, table) && self.text(at - 1) == ".")
    }

    /// The parts of the name that begins at a token, in lower case.
    fn chain(&self, mut at: usize) -> Vec<String> {
        let mut parts = Vec::new();
        while let Some(TokenKind::Word | TokenKind::QuotedName) = self.tokens.get(at).map(|token| token.kind)
        {
            parts.push(self.text(at).trim_matches(['"', '`']).to_lowercase());
            if self.text(at + 1) != "." {
                break;
            }
            at += 2;
        }
        parts
    }

    /// Names with a database that mean `events` where a relation stands.
    fn qualified(&self, names: &TableNames) -> Vec<Vec<String>> {
        let begins = |at: &usize| {
            let after = ["from", "join", ",", "("];
            *at > 0 && after.iter().any(|word| self.is(*at - 1, word))
        };
        let mut found: Vec<_> = (0..self.tokens.len()).filter(begins).map(|at| self.chain(at)).collect();
        found.retain(|chain| {
            chain.len() > 1 && names.mean(&chain.iter().map(String::as_str).collect::<Vec<_>>())
        });
        found
    }

    /// A name that means `events` behind its database, and is one of the statement's own `WITH`, too.
    pub(super) fn named_twice(&self, names: &TableNames) -> Option<String> {
        let own = self.own();
        self.qualified(names).into_iter().filter_map(|mut chain| chain.pop()).find(|last| own.contains(last))
    }

    /// The statement with spaces in place of databases and catalogs before names that mean `events`, also where they
    /// stand before columns: every place stays what it is.
    pub(super) fn shortened(&self, names: &TableNames) -> String {
        let mut text = self.sql.to_owned();
        let qualified = self.qualified(names);
        for at in 0..self.tokens.len() {
            if at > 0 && self.text(at - 1) == "." {
                continue;
            }
            let chain = self.chain(at);
            // `db.table` is a qualifier of `catalog.db.table`, too.
            let is_of = |name: &Vec<String>| {
                (2..=name.len())
                    .rev()
                    .map(|parts| &name[name.len() - parts..])
                    .find(|name| chain.starts_with(name))
                    .map(<[_]>::len)
            };
            if let Some(parts) = qualified.iter().find_map(is_of) {
                let range = self.tokens[at].range.start..self.tokens[at + 2 * (parts - 1)].range.start;
                let blank = " ".repeat(range.len());
                text.replace_range(range, &blank);
            }
        }
        text
    }

    /// The names of the statement's own `WITH`, in lower case.
    fn own(&self) -> Vec<String> {
        let (mut names, mut depth) = (Vec::new(), 0usize);
        if !self.is(0, "with") {
            return names;
        }
        for at in 1..self.tokens.len() {
            let begins = at == 1 || (at == 2 && self.is(1, "recursive")) || self.text(at - 1) == ",";
            match self.text(at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                word if depth == 0 => {
                    if ["select", "values", "table"].iter().any(|body| word.eq_ignore_ascii_case(body)) {
                        break;
                    }
                    if begins {
                        names.push(word.trim_matches('"').to_ascii_lowercase());
                    }
                }
                _ => {}
            }
        }
        names
    }

    /// Whether the partition column of the days is compared with something.
    pub(super) fn has_days(&self) -> bool {
        let compares = |text: &str| {
            let words = ["between", "in", "like", "not"];
            matches!(text, "=" | "<" | ">" | "!") || words.iter().any(|word| text.eq_ignore_ascii_case(word))
        };
        (1..self.tokens.len()).any(|at| {
            self.names(at, "timestamp")
                && (compares(self.text(at + 1)) || matches!(self.text(at - 1), "=" | "<" | ">"))
                // `>= timestamp '2026-03-10 …'` is a literal.
                && self.tokens.get(at + 1).is_none_or(|next| next.kind != TokenKind::Text)
        })
    }

    /// The statement with these CTEs before its own.
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
