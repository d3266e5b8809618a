//! The conditions of a statement: what AND joins after WHERE, HAVING and ON, in every query that it holds.
//!
//! They are found by tokens. A condition can be dropped from the statement, so that the cases show whether they need it.

use std::ops::Range;

use crate::text::sql_tokens::{Token, TokenKind, tokens};

/// What begins the reason why no case needs a condition, in a comment directly behind it.
const REASON: &str = "-- no case:";

/// Words that end the conditions of a query.
const ENDS: [&str; 16] = [
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "CROSS",
];

/// One condition of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    range: Range<usize>,
    /// Why no case needs it, as the statement says.
    pub reason: Option<String>,
}

impl Condition {
    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.range.clone()]
    }

    /// The statement without it: `TRUE` stands in its place.
    #[must_use]
    pub fn dropped_from(&self, sql: &str) -> String {
        format!("{}TRUE{}", &sql[..self.range.start], &sql[self.range.end..])
    }
}

/// The conditions of a statement, in their order. Conditions that OR joins are one.
#[must_use]
pub fn conditions(sql: &str) -> Vec<Condition> {
    let all = tokens(sql);
    let words: Vec<&Token> =
        all.iter().filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)).collect();
    let begins = |at: &usize| ["WHERE", "HAVING", "ON"].iter().any(|word| is(sql, words[*at], word));
    let clauses = (0..words.len()).filter(begins).map(|at| parts(sql, &words[at + 1..]));
    let ranges = clauses.flatten().filter(|range| !range.is_empty());
    ranges.map(|range| Condition { reason: reason(sql, &all, range.end), range }).collect()
}

fn is(sql: &str, token: &Token, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word)
}

/// The parts of the clause that these tokens begin with.
fn parts(sql: &str, words: &[&Token]) -> Vec<Range<usize>> {
    let (mut depth, mut between, mut has_or) = (0_usize, false, false);
    let (mut parts, mut first) = (Vec::new(), 0);
    let mut end = words.len();
    for (at, token) in words.iter().enumerate() {
        let text = token.text(sql);
        match token.kind {
            TokenKind::Symbol if text == "(" || text == "[" => depth += 1,
            TokenKind::Symbol if (text == ")" || text == "]") && depth > 0 => depth -= 1,
            TokenKind::Word if text.eq_ignore_ascii_case("CASE") => depth += 1,
            TokenKind::Word if text.eq_ignore_ascii_case("END") && depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            TokenKind::Symbol if matches!(text, ")" | "," | ";") => {
                end = at;
                break;
            }
            TokenKind::Word if ENDS.iter().any(|word| text.eq_ignore_ascii_case(word)) => {
                end = at;
                break;
            }
            TokenKind::Word if text.eq_ignore_ascii_case("OR") => has_or = true,
            TokenKind::Word if text.eq_ignore_ascii_case("BETWEEN") => between = true,
            // That of BETWEEN joins nothing.
            TokenKind::Word if text.eq_ignore_ascii_case("AND") && between => between = false,
            TokenKind::Word if text.eq_ignore_ascii_case("AND") => {
                parts.push(first..at);
                first = at + 1;
            }
            _ => {}
        }
    }
    parts.push(first..end);
    if has_or {
        parts = std::iter::once(0..end).collect();
    }
    let covered = |part: Range<usize>| match (words.get(part.start), part.is_empty()) {
        (Some(start), false) => start.range.start..words[part.end - 1].range.end,
        _ => 0..0,
    };
    parts.into_iter().map(covered).collect()
}

/// The reason in the comment that follows on the same line.
fn reason(sql: &str, all: &[Token], end: usize) -> Option<String> {
    let is_gap = |token: &Token| token.kind == TokenKind::Space && !token.text(sql).contains('\n');
    let mut behind = all.iter().skip_while(|token| token.range.start < end);
    let comment = behind.find(|token| !is_gap(token)).filter(|token| token.kind == TokenKind::Comment)?;
    let reason = comment.text(sql).strip_prefix(REASON)?.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        conditions(sql).into_iter().map(|condition| &sql[condition.range]).collect()
    }

    #[test]
    fn conditions_are_what_and_joins() {
        for (sql, expected) in [
            ("SELECT 1 FROM t", vec![]),
            ("SELECT 1 FROM t WHERE a = 1", vec!["a = 1"]),
            (
                "SELECT 1 FROM t WHERE a = 1 AND b IN ('x', 'y')\n  AND NOT c",
                vec!["a = 1", "b IN ('x', 'y')", "NOT c"],
            ),
            ("SELECT 1 FROM t WHERE a BETWEEN 1 AND 2 AND b", vec!["a BETWEEN 1 AND 2", "b"]),
            ("SELECT 1 FROM t WHERE a OR b AND c GROUP BY d", vec!["a OR b AND c"]),
            ("SELECT 1 FROM t WHERE (a OR b) AND c ORDER BY d", vec!["(a OR b)", "c"]),
            (
                "SELECT 1 FROM t WHERE CASE WHEN a AND b THEN c END AND d",
                vec!["CASE WHEN a AND b THEN c END", "d"],
            ),
            (
                "WITH w AS (SELECT 1 FROM t WHERE a) SELECT 1 FROM w LEFT JOIN v ON v.x = w.x AND v.y WHERE b \
                 GROUP BY c HAVING count(*) > 2 AND max(d) = 1 LIMIT 3",
                vec!["a", "v.x = w.x", "v.y", "b", "count(*) > 2", "max(d) = 1"],
            ),
            ("SELECT count(*) FILTER (WHERE a AND b), c FROM t", vec!["a", "b"]),
            (
                "SELECT 1 FROM t WHERE x IN (SELECT y FROM u WHERE z = 'WHERE' AND w) AND v",
                vec!["x IN (SELECT y FROM u WHERE z = 'WHERE' AND w)", "v", "z = 'WHERE'", "w"],
            ),
        ] {
            assert_eq!(texts(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_condition_is_dropped_alone() {
        let sql = "SELECT 1 FROM t WHERE a = 1 AND b = 2 -- no case: b is always 2\n  AND c";
        let found = conditions(sql);
        let reasons: Vec<_> = found.iter().map(|condition| condition.reason.as_deref()).collect();
        assert_eq!(reasons, [None, Some("b is always 2"), None]);
        assert_eq!(
            found[0].dropped_from(sql),
            "SELECT 1 FROM t WHERE TRUE AND b = 2 -- no case: b is always 2\n  AND c"
        );
    }
}
