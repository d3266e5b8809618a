//! Placeholders that were not filled in: `:name`, `${name}`, `{{name}}`, `<account-id>`, `$1`, `@name`. None of them is
//! SQL of Athena. Works on tokens; fills nothing in.

use datafusion_trino::{ErrorClass, SqlError};

use super::Words;
use crate::text::sql_tokens::TokenKind;

/// Words that a value or a name follows.
const BEFORE_VALUE: &[&str] = &[
    "select", "from", "join", "where", "and", "or", "not", "in", "like", "between", "on", "by", "when",
    "then", "else", "limit", "offset", "interval", "escape", "having", "distinct", "as",
];

/// Refuses a statement with a placeholder, or with the quotes of a word processor.
pub(super) fn check(words: &Words<'_>) -> Result<(), SqlError> {
    if let Some(at) = (0..words.end()).find(|at| matches!(words.text(*at), "“" | "”" | "„" | "‘" | "’"))
    {
        let message = format!("{} is not an SQL quote", words.text(at));
        let hint = "put texts in 'single quotes', names in \"double quotes\"";
        return Err(words.error(at, ErrorClass::SyntaxError, message).hint(Some(hint.to_owned())));
    }
    let placeholder = (0..words.end()).find_map(|at| Some((at, end(words, at)?)));
    let Some((at, end)) = placeholder else { return Ok(()) };
    let text = &words.sql[words.tokens[at].range.start..words.tokens[end].range.end];
    let error = words.error(at, ErrorClass::SyntaxError, format!("`{text}` is a placeholder, not a value"));
    Err(error.hint(Some(
        "replace it with the value or name, or with `?` and give its value with `--param VALUE`".to_owned(),
    )))
}

/// The last token of the placeholder that begins at a token.
fn end(words: &Words<'_>, at: usize) -> Option<usize> {
    let before = at.checked_sub(1);
    match words.kind(at)? {
        // `json_object('a' :b)` is SQL.
        TokenKind::Param => {
            before.is_none_or(|before| words.kind(before) != Some(TokenKind::Text)).then_some(at)
        }
        TokenKind::Word
            if words.text(at).ends_with('$') && words.text(at + 1) == "{" && words.touches(at + 1) =>
        {
            braces(words, at + 1)
        }
        TokenKind::Word if words.text(at).starts_with(['$', '@']) => Some(at),
        // `{2,3}` and `{- a -}` are parts of a row pattern.
        TokenKind::Symbol
            if words.text(at) == "{"
                && words.kind(at + 1) != Some(TokenKind::Number)
                && !matches!(words.text(at + 1), "," | "-") =>
        {
            braces(words, at)
        }
        TokenKind::Symbol if words.text(at) == "<" => angles(words, at),
        _ => None,
    }
}

/// The closing brace; the opening one, if nothing closes it.
fn braces(words: &Words<'_>, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let end = (open..words.end()).find(|at| {
        match words.text(*at) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.or(Some(open))
}

/// The end of `<some words>`, unless that is a comparison or a type.
fn angles(words: &Words<'_>, open: usize) -> Option<usize> {
    let inside = |at: &usize| {
        matches!(words.kind(*at), Some(TokenKind::Word | TokenKind::Number))
            || matches!(words.text(*at), "-" | ".")
    };
    let end = (open + 1..words.end()).find(|at| !inside(at))?;
    if end == open + 1 || words.text(end) != ">" || words.kind(open + 1) != Some(TokenKind::Word) {
        return None;
    }
    let Some(before) = open.checked_sub(1) else { return Some(end) };
    // `array<bigint>`
    if ["array", "map", "row"].iter().any(|of| words.is(before, of)) {
        return None;
    }
    let is_open = BEFORE_VALUE.iter().any(|word| words.is(before, word))
        || matches!(words.text(before), "(" | "," | "=" | "<" | ">" | "." | "+" | "-" | "|");
    // After a value, `<b>` is not a comparison either, but `< b and c >` is two.
    let tight = (open + 1..=end).all(|at| words.touches(at));
    (is_open || tight).then_some(end)
}
