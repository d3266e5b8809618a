//! What a statement is, by its first words: queries are asked, of anything else it is said what to do instead.

use super::Words;
use crate::{
    engine::embedded::sql::{ErrorClass, SqlError},
    text::sql_tokens::TokenKind,
};

/// What to do in place of a statement that is no query.
enum Instead {
    /// Ask the query inside of it; without one, this.
    Inside(&'static str),
    /// This.
    Do(&'static str),
}
use Instead::{Do, Inside};

const CHANGES: &str = "`query` changes nothing; a SELECT with the same condition shows the rows";
const KEPT: &str = "the table is made and kept by `trailbrief table apply`; `trailbrief table ddl` shows it";
const COLUMNS: &str = "`SELECT * FROM events LIMIT 1` shows the columns, `trailbrief table ddl` the table";
const PREPARED: &str = "ask the statement that was prepared, and give its `?` with `--param`";

/// What statements begin with, longer ones first where one begins another; `*` is one word, or `OR REPLACE`.
const KINDS: &[(&[&str], Instead)] = &[
    (&["create", "or", "replace", "view"], Inside("ask the SELECT that the view stands for")),
    (&["create", "view"], Inside("ask the SELECT that the view stands for")),
    (&["create", "external", "table"], Do(KEPT)),
    (&["create", "table"], Inside(KEPT)),
    (&["create"], Do("`query` makes nothing, it only asks")),
    (&["insert"], Inside(CHANGES)),
    (&["unload"], Inside("ask the SELECT; `--format csv` or `json` writes its answer")),
    (&["explain"], Inside("ask the statement itself")),
    (&["prepare"], Inside(PREPARED)),
    (&["execute"], Do(PREPARED)),
    (&["deallocate"], Do(PREPARED)),
    (&["describe"], Do(COLUMNS)),
    (&["desc"], Do(COLUMNS)),
    (&["show"], Do(COLUMNS)),
    (&["msck", "repair"], Do("the table finds its partitions by projection: there is nothing to repair")),
    (&["drop"], Do(KEPT)),
    (&["alter"], Do(KEPT)),
    (&["merge"], Do(CHANGES)),
    (&["update"], Do(CHANGES)),
    (&["delete"], Do(CHANGES)),
    (&["truncate"], Do(CHANGES)),
    (&["vacuum"], Do(CHANGES)),
    (&["optimize"], Do(CHANGES)),
    (&["use"], Do("give the table's name with `--table`; its database does not matter")),
    (&["set"], Do("leave it out: `query` takes one SELECT or WITH")),
];

/// Refuses what is no query.
pub(super) fn check(words: &Words<'_>) -> Result<(), SqlError> {
    if words.tokens.is_empty() || words.end() == 0 {
        return Err(words.error(0, ErrorClass::SyntaxError, "the statement is empty"));
    }
    if ["select", "with", "values", "table", "("].iter().any(|first| words.is(0, first)) {
        return Ok(());
    }
    let known = KINDS.iter().find(|(begins, _)| (0..begins.len()).all(|at| words.is(at, begins[at])));
    let Some((begins, instead)) = known else {
        let first: String = words.text(0).chars().take(20).collect();
        let message = format!("`{first}` is no query: only SELECT and WITH are asked");
        return Err(words.error(0, ErrorClass::SyntaxError, message));
    };
    let what = begins.join(" ").to_uppercase();
    let hint = match instead {
        Do(this) => (*this).to_owned(),
        Inside(this) => inside(words).unwrap_or_else(|| (*this).to_owned()),
    };
    let error =
        words.error(0, ErrorClass::NotSupported, format!("{what} can't be run, only SELECT and WITH"));
    Err(error.hint(Some(hint)))
}

/// Where the query inside of a statement is.
fn inside(words: &Words<'_>) -> Option<String> {
    let plain = |at: usize| words.kind(at) == Some(TokenKind::Word);
    // `WITH (…)` are a table's properties.
    let begins = |at: &usize| {
        plain(*at) && (words.is(*at, "select") || words.is(*at, "with") && words.text(at + 1) != "(")
    };
    let at = (1..words.end()).find(begins)?;
    let mut hint = format!(
        "ask the {} inside it, which begins at {}",
        words.text(at).to_uppercase(),
        words.shown_place(at)
    );
    if words.text(at - 1) == "("
        && let Some(end) = closing(words, at - 1)
    {
        hint += &format!(" and ends before the parenthesis at {}", words.shown_place(end));
    }
    if words.is(0, "prepare") {
        hint += "; give its `?` with `--param`";
    }
    Some(hint)
}

/// The parenthesis that closes the one at a place.
fn closing(words: &Words<'_>, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    (open..words.end()).find(|at| {
        match words.text(*at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}
