//! Which kind of statement it is, by its first words: `query` runs queries, and says what to do instead of anything else.
//!
//! Works on tokens; whether a query is valid is not decided here.

use datafusion_trino::{ErrorClass, SqlError};

use super::Words;
use crate::text::sql_tokens::TokenKind;

/// What to do instead of running a statement that is not a query.
enum Instead {
    /// Run the query inside of it; if there is none, this.
    Inside(&'static str),
    /// This.
    Do(&'static str),
}
use Instead::{Do, Inside};

const CHANGES: &str = "`query` only reads; a SELECT with the same condition shows the rows";
const KEPT: &str =
    "`trailbrief table apply` creates and updates the table; `trailbrief table ddl` shows its definition";
const COLUMNS: &str = "`DESCRIBE events` shows the columns, `trailbrief table ddl` the table";
const PREPARED: &str = "run the prepared statement itself, and give the values of its `?` with `--param`";

/// The first words of statements; the longer ones come first where one begins with another.
const STATEMENTS: &[(&[&str], Instead)] = &[
    (&["create", "or", "replace", "view"], Inside("run the SELECT of the view")),
    (&["create", "view"], Inside("run the SELECT of the view")),
    (&["create", "external", "table"], Do(KEPT)),
    (&["create", "table"], Inside(KEPT)),
    (&["create"], Do("`query` only reads")),
    (&["insert"], Inside(CHANGES)),
    (&["unload"], Inside("run the SELECT; `--format csv` or `json` writes its answer")),
    (&["explain"], Inside("run the statement itself")),
    (&["prepare"], Inside(PREPARED)),
    (&["execute"], Do(PREPARED)),
    (&["deallocate"], Do(PREPARED)),
    (&["describe"], Do(COLUMNS)),
    (&["desc"], Do(COLUMNS)),
    (&["show"], Do(COLUMNS)),
    (&["msck", "repair"], Do("the table uses partition projection: there is nothing to repair")),
    (&["drop"], Do(KEPT)),
    (&["alter"], Do(KEPT)),
    (&["merge"], Do(CHANGES)),
    (&["update"], Do(CHANGES)),
    (&["delete"], Do(CHANGES)),
    (&["truncate"], Do(CHANGES)),
    (&["vacuum"], Do(CHANGES)),
    (&["optimize"], Do(CHANGES)),
    (&["use"], Do("give the table's name with `--table`; the database does not matter")),
    (&["set"], Do("leave it out: `query` takes one SELECT or WITH")),
];

/// Refuses what is not a query.
pub(super) fn check(words: &Words<'_>) -> Result<(), SqlError> {
    if words.tokens.is_empty() || words.end() == 0 {
        return Err(words.error(0, ErrorClass::SyntaxError, "the statement is empty"));
    }
    if ["select", "with", "values", "table", "("].iter().any(|first| words.is(0, first)) {
        return Ok(());
    }
    let known = STATEMENTS.iter().find(|(begins, _)| (0..begins.len()).all(|at| words.is(at, begins[at])));
    let Some((begins, instead)) = known else {
        let first: String = words.text(0).chars().take(20).collect();
        let message = format!("`{first}` does not begin a query: only SELECT and WITH can be run");
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
        "run the {} inside it, which begins at {}",
        words.text(at).to_uppercase(),
        words.shown_place(at)
    );
    if words.text(at - 1) == "("
        && let Some(end) = closing(words, at - 1)
    {
        hint += &format!(" and ends before the parenthesis at {}", words.shown_place(end));
    }
    if words.is(0, "prepare") {
        hint += "; give the values of its `?` with `--param`";
    }
    Some(hint)
}

/// The parenthesis that closes the one at a token.
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
