//! `[[suppress]]`: what is held back, why, by whom and until when.

use super::load::is_pattern;
use crate::{
    domain::{suppression::Suppression, time::Timestamp},
    library::{At, Lint, Table, tokens},
};

/// Reads one suppression; `None` if something that it needs is missing.
pub(super) fn read(table: Table<'_>) -> Option<Suppression> {
    let report = table.report();
    let place = table.place();
    let detection = table.need("detection").and_then(|item| item.text());
    let detection = detection.filter(|pattern| is_pattern(pattern, report));
    let condition = table.take("where").and_then(|item| item.text());
    let line_of = |key| {
        let text: At<String> = table.need(key)?.text()?;
        if text.value.trim().is_empty() {
            report.error(Lint::BadValue, text.place, format!("a suppression needs a `{key}`"));
            return None;
        }
        Some(text.value)
    };
    let (reason, owner) = (line_of("reason"), line_of("owner"));
    let expires = table.need("expires").and_then(|item| item.parsed::<Timestamp>());
    table.finish();
    if let Some(condition) = condition.as_ref().filter(|condition| condition.value.trim().is_empty()) {
        let hint = Some("leave it out to hold back every finding of the detection".to_owned());
        report.error_with(Lint::BadValue, condition.place, "`where` is empty", hint);
    }
    if let Some(condition) = &condition
        && let Some(problem) = fault(&condition.value)
    {
        report.error(Lint::BadValue, condition.place, format!("`where` {problem}"));
    }
    Some(Suppression {
        detection: detection?.value,
        condition: condition.map_or_else(String::new, |condition| condition.value.trim().to_owned()),
        reason: reason?,
        owner: owner?,
        expires: expires?.value,
        line: place.line,
    })
}

/// What keeps a text from being one condition, as far as tokens can tell.
fn fault(condition: &str) -> Option<&'static str> {
    use tokens::TokenKind;
    let mut depth = 0i32;
    for token in tokens::tokens(condition) {
        match (token.kind, token.text(condition)) {
            (TokenKind::Unclosed, _) => return Some("has a quote or comment that is never closed"),
            (TokenKind::Comment, _) => return Some("has a comment: say it in `reason`"),
            (TokenKind::Param, _) => return Some("has a parameter, but nothing binds it"),
            (TokenKind::Symbol, ";") => return Some("is one condition, without a semicolon"),
            (TokenKind::Symbol, "(") => depth += 1,
            (TokenKind::Symbol, ")") => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            break;
        }
    }
    (depth != 0).then_some("has parentheses that do not match")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_one_condition() {
        for good in ["actor LIKE '%:role/terraform%'", "(a = ';') AND b IN ('(')", ""] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in ["a = 'x", "a = 1; DROP", "(a", "a) OR (b", "a -- b", "a = :b"] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
