//! Ad hoc SQL over a table on Athena: its relations become CTEs, and nobody lists every partition by accident.
//!
//! The statement is only cut into tokens: Athena knows more SQL than the embedded engine, and says itself what is wrong.

use crate::{
    domain::{
        account::Accounts,
        time::{Day, Window},
    },
    engine::embedded::source::walk::DeliveryDays,
    library::tokens::{Token, TokenKind, tokens},
    plan::Sql,
};

/// Athena takes statements of so many bytes.
const LONGEST_BYTES: usize = 262_144;

/// What the relations of a statement stand for.
#[derive(Clone, Copy, Debug)]
pub struct Relations<'a> {
    /// The database.
    pub database: &'a str,
    /// The table.
    pub table: &'a str,
    /// What `events` holds; `None` for all that the table has.
    pub window: Option<Window>,
    /// The relation `accounts`.
    pub accounts: &'a Accounts,
    /// The relation `watchlist`.
    pub watchlist: &'a [(String, String)],
    /// Whether the statement may list every partition that the table projects.
    pub all_partitions: bool,
}

/// Why a statement is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// It is not a query.
    #[error("`{0}` is no query: only SELECT and WITH are asked")]
    NotAQuery(String),
    /// It ends inside of a text, name or comment.
    #[error("a quote or comment of the statement is never closed")]
    Unclosed,
    /// It would list every partition.
    #[error(
        "the statement has no condition on `\"timestamp\"`: it would list every day that the table knows"
    )]
    EveryDay,
    /// A window was given, but the statement does not read what it is for.
    #[error("the window holds for `events`, which the statement does not read")]
    WindowUnused,
    /// It is too long.
    #[error("the statement has {0} bytes with its relations, and Athena takes {LONGEST_BYTES}")]
    TooLong(usize),
}

impl NotAsked {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::EveryDay => Some(
                "add `--last 24h`, or `--from` and `--to`; or a condition such as \"timestamp\" >= '2026/03/10'; \
                 `--all-partitions` asks in spite of it",
            ),
            Self::WindowUnused => {
                Some("read `events` in place of the table, or write the condition into the statement")
            }
            Self::TooLong(_) => {
                Some("list what it needs in the statement, in place of `accounts` or `watchlist`")
            }
            Self::NotAQuery(_) | Self::Unclosed => None,
        }
    }
}

/// Whether a statement reads a relation of this name.
#[must_use]
pub fn reads(sql: &str, relation: &str) -> bool {
    Words::of(sql).reads(relation)
}

/// A statement as Athena is asked it.
///
/// # Errors
///
/// If it is no query, would list every partition, or is too long.
pub fn bind(sql: &str, relations: &Relations<'_>) -> Result<Sql, NotAsked> {
    let words = Words::of(sql);
    if words.tokens.iter().any(|token| token.kind == TokenKind::Unclosed) {
        return Err(NotAsked::Unclosed);
    }
    let first = words.text(0).to_owned();
    if !["select", "with", "values", "table", "("].contains(&first.to_ascii_lowercase().as_str()) {
        return Err(NotAsked::NotAQuery(first.chars().take(20).collect()));
    }
    let reads_events = words.reads("events");
    // Also where a default database leaves only the name.
    let reads_table = words.names_qualified(relations.table)
        || (words.reads(relations.table) && !relations.table.eq_ignore_ascii_case("events"));
    if relations.window.is_some() && !reads_events {
        return Err(NotAsked::WindowUnused);
    }
    let windowed = relations.window.is_some() && !reads_table;
    let is_bounded = windowed || !(reads_events || reads_table) || words.has_days();
    if !is_bounded && !relations.all_partitions {
        return Err(NotAsked::EveryDay);
    }
    let mut bound = Vec::new();
    if reads_events {
        bound.push(format!("events AS ({})", events(relations)));
    }
    if words.reads("accounts") {
        let rows = relations.accounts.iter().map(|account| {
            [account.id.as_str(), &account.name, &account.email, &account.ou, &account.state].map(literal)
        });
        bound.push(values("accounts", &["account_id", "name", "email", "ou", "state"], rows));
    }
    if words.reads("watchlist") {
        let rows = relations.watchlist.iter().map(|(list, value)| [list, value].map(|text| literal(text)));
        bound.push(values("watchlist", &["list", "value"], rows));
    }
    let text = words.with(&bound);
    if text.len() > LONGEST_BYTES {
        return Err(NotAsked::TooLong(text.len()));
    }
    Ok(Sql::ad_hoc(text))
}

fn events(relations: &Relations<'_>) -> String {
    let mut text = format!("SELECT * FROM {}.{}", name(relations.database), name(relations.table));
    if let Some(window) = relations.window {
        let days: Vec<Day> = DeliveryDays::of(window).iter().collect();
        let (first, last) = (days[0], days[days.len() - 1]);
        text += &format!(
            " WHERE \"timestamp\" BETWEEN {} AND {} AND eventtime >= {} AND eventtime < {}",
            literal(&first.path()),
            literal(&last.path()),
            literal(&window.start().to_string()),
            literal(&window.end().to_string()),
        );
    }
    text
}

/// A relation of given rows; one without rows has no `VALUES`.
fn values<const N: usize>(
    relation: &str,
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<String> = rows.map(|row| format!("({})", row.join(", "))).collect();
    let body = if rows.is_empty() {
        let nothing = vec!["CAST(NULL AS VARCHAR)"; N].join(", ");
        format!("SELECT * FROM (VALUES ({nothing})) WHERE FALSE")
    } else {
        format!("VALUES {}", rows.join(", "))
    };
    format!("{relation} ({}) AS ({body})", columns.join(", "))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A statement's tokens without space, comments and the semicolon at its end.
struct Words<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Words<'a> {
    fn of(sql: &'a str) -> Self {
        let mut tokens = tokens(sql);
        tokens.retain(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment));
        while tokens.last().is_some_and(|token| token.text(sql) == ";") {
            tokens.pop();
        }
        Self { sql, tokens }
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.text(at).eq_ignore_ascii_case(word)
    }

    /// Whether the token is this name, quoted or not.
    fn names(&self, at: usize, name: &str) -> bool {
        let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::QuotedName);
        self.tokens.get(at).is_some_and(|token| is_name(token.kind))
            && self.text(at).trim_matches('"').eq_ignore_ascii_case(name)
    }

    /// Whether a relation of this name is read that the statement does not make itself. A column of the name counts, too:
    /// what is bound without need costs nothing.
    fn reads(&self, relation: &str) -> bool {
        let read = |at: usize| self.names(at, relation) && (at == 0 || self.text(at - 1) != ".");
        (0..self.tokens.len()).any(read) && !self.own().contains(&relation.to_ascii_lowercase())
    }

    fn names_qualified(&self, table: &str) -> bool {
        (1..self.tokens.len()).any(|at| self.names(at, table) && self.text(at - 1) == ".")
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
    fn has_days(&self) -> bool {
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
    fn with(&self, bound: &[String]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: (&str, &str) = ("2026-03-10", "2026-03-11");

    fn asked(sql: &str, windowed: bool, all_partitions: bool) -> Result<String, NotAsked> {
        let window = Window::new(WINDOW.0.parse().unwrap(), WINDOW.1.parse().unwrap()).unwrap();
        let account = crate::domain::account::Account {
            id: "111122223333".parse().unwrap(),
            name: "Zoë's".to_owned(),
            email: String::new(),
            ou: "prod".to_owned(),
            state: "ACTIVE".to_owned(),
        };
        let relations = Relations {
            database: "db",
            table: "cloudtrail",
            window: windowed.then_some(window),
            accounts: &[account].into_iter().collect(),
            watchlist: &[],
            all_partitions,
        };
        bind(sql, &relations).map(|sql| sql.text().to_owned())
    }

    const EVENTS: &str = "events AS (SELECT * FROM \"db\".\"cloudtrail\" WHERE \"timestamp\" BETWEEN '2026/03/10' AND \
                          '2026/03/11' AND eventtime >= '2026-03-10T00:00:00Z' AND eventtime < '2026-03-11T00:00:00Z')";

    #[test]
    fn relations_become_ctes_before_the_statement_s_own() {
        let of = |sql| asked(sql, true, false).unwrap();
        assert_eq!(of("SELECT 1 FROM events; "), format!("WITH {EVENTS}\nSELECT 1 FROM events"));
        assert_eq!(
            of("-- mine\nwith a AS (SELECT * FROM events e) SELECT * FROM a"),
            format!("WITH {EVENTS},\n    a AS (SELECT * FROM events e) SELECT * FROM a")
        );
        assert_eq!(
            of("WITH RECURSIVE a (n) AS (SELECT 1) SELECT * FROM a, \"events\""),
            format!("WITH RECURSIVE {EVENTS},\n    a (n) AS (SELECT 1) SELECT * FROM a, \"events\"")
        );
        let joined = of("SELECT * FROM events JOIN accounts USING (account_id), watchlist");
        assert!(joined.contains(
            "accounts (account_id, name, email, ou, state) AS (VALUES ('111122223333', 'Zoë''s', '', 'prod', 'ACTIVE'))"
        ));
        assert!(
            joined.contains("watchlist (list, value) AS (SELECT * FROM (VALUES (CAST(NULL AS VARCHAR), ")
        );
    }

    #[test]
    fn what_names_the_table_runs_as_it_is() {
        let sql = "SELECT count(*) FROM \"db\".\"cloudtrail\" WHERE \"timestamp\" >= '2026/03/10'";
        assert_eq!(asked(sql, false, false).unwrap(), sql);
        let own = "WITH events AS (SELECT * FROM cloudtrail WHERE timestamp IN ('2026/03/10')) SELECT 1 FROM events";
        assert_eq!(asked(own, false, false).unwrap(), own);
        assert_eq!(asked("SELECT 1", false, false).unwrap(), "SELECT 1");
        assert_eq!(asked(sql, true, false), Err(NotAsked::WindowUnused));
    }

    #[test]
    fn no_statement_lists_every_day_by_accident() {
        for sql in [
            "SELECT * FROM events",
            "SELECT * FROM events WHERE eventname = '\"timestamp\" = 1' -- \"timestamp\" = ''",
            "SELECT \"timestamp\" FROM events WHERE from_iso8601_timestamp(eventtime) > timestamp '2026-03-10 00:00:00'",
            "SELECT * FROM db.cloudtrail WHERE eventname = 'x'",
            "SELECT * FROM cloudtrail",
            "WITH events AS (SELECT * FROM cloudtrail) SELECT * FROM events",
        ] {
            assert_eq!(asked(sql, false, false), Err(NotAsked::EveryDay), "{sql}");
            assert!(asked(sql, false, true).is_ok(), "{sql}");
        }
        for sql in [
            "SELECT * FROM events e WHERE e.\"timestamp\" BETWEEN '2026/03/10' AND '2026/03/11'",
            "SELECT * FROM events WHERE '2026/03/10' <= \"timestamp\"",
        ] {
            assert!(asked(sql, false, false).is_ok(), "{sql}");
        }
    }

    #[test]
    fn only_queries_are_asked() {
        for sql in
            ["DROP TABLE cloudtrail", "INSERT INTO a SELECT 1", "UNLOAD (SELECT 1) TO 's3://b'", "", "-- x"]
        {
            assert!(matches!(asked(sql, false, true), Err(NotAsked::NotAQuery(_))), "{sql}");
        }
        assert_eq!(asked("SELECT 'x", false, true), Err(NotAsked::Unclosed));
    }
}
