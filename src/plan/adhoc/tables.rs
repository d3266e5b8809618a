//! Which tables a statement reads and under which names, whether it bounds the days, and how queries are put before its own.
//!
//! Works on tokens: a name in another role may count as a table, never the other way round.

use std::collections::BTreeSet;

use datafusion_trino::TableNames;

use crate::{domain::view::Views, plan::words::Words, text::sql_tokens::TokenKind};

impl Words<'_> {
    /// Whether the token is this name, quoted or not.
    pub(super) fn names(&self, at: usize, name: &str) -> bool {
        matches!(self.kind(at), Some(TokenKind::Word | TokenKind::QuotedName))
            && self.text(at).trim_matches('"').eq_ignore_ascii_case(name)
    }

    /// Whether the statement reads a relation of this name that is not one of its own `WITH`. A column of this name counts,
    /// too: a relation that is bound without need costs nothing.
    pub(super) fn reads(&self, relation: &str) -> bool {
        let read = |at: usize| self.names(at, relation) && (at == 0 || self.text(at - 1) != ".");
        (0..self.tokens.len()).any(read) && !self.own().contains(&relation.to_ascii_lowercase())
    }

    /// The views that the statement reads, by the names that it uses: where a relation is read, as far as that can be told.
    pub(in crate::plan) fn views(&self, views: &Views) -> BTreeSet<String> {
        let mut names = views.names();
        match datafusion_trino::inspect(self.sql) {
            Ok(found) => names.retain(|name| found.relations.iter().any(|relation| relation.name == *name)),
            Err(_) => {
                let after = ["from", "join", ","];
                let read = |at: usize, name: &str| {
                    self.names(at, name) && at > 0 && after.iter().any(|word| self.is(at - 1, word))
                };
                let own = self.own();
                names.retain(|name| !own.contains(name) && (0..self.tokens.len()).any(|at| read(at, name)));
            }
        }
        names.into_iter().collect()
    }

    pub(super) fn names_qualified(&self, table: &str) -> bool {
        (1..self.tokens.len()).any(|at| self.names(at, table) && self.text(at - 1) == ".")
    }

    /// The parts of the name that begins at a token, in lower case.
    fn chain(&self, mut at: usize) -> Vec<String> {
        let mut parts = Vec::new();
        while let Some(TokenKind::Word | TokenKind::QuotedName) = self.kind(at) {
            parts.push(self.text(at).trim_matches(['"', '`']).to_lowercase());
            if self.text(at + 1) != "." {
                break;
            }
            at += 2;
        }
        parts
    }

    /// Names with a database that mean `events`, where a relation is read.
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

    /// The statement with spaces for the databases and catalogs before names that mean `events`, also where they qualify
    /// columns: every place in the text stays the same.
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
                && self.kind(at + 1) != Some(TokenKind::Text)
        })
    }
}
