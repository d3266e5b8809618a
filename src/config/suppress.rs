//! `[[suppress]]`: which findings are held back, why, by whom and until when.

use super::{Config, pattern::is_pattern};
use crate::{
    domain::{
        suppression::{PLACEHOLDER, Suppression},
        time::{Span, Timestamp},
    },
    text::{At, Diagnostic, Lint, Place, TomlTable, sql_tokens},
};

/// Reads one suppression; `None` if a required key is missing.
pub(super) fn read(table: TomlTable<'_>) -> Option<Suppression> {
    let report = table.report();
    let place = table.place();
    let detection = table.need("detection").and_then(|item| item.text());
    let detection = detection.filter(|pattern| is_pattern(pattern, report));
    let condition = table.take("where").and_then(|item| item.text());
    let line_of = |key| {
        let text: At<String> = table.need(key)?.text()?;
        if ["", PLACEHOLDER].contains(&text.value.trim()) {
            report.error(Lint::BadValue, text.place, format!("a suppression needs a `{key}`"));
            return None;
        }
        Some(text.value)
    };
    let (reason, owner) = (line_of("reason"), line_of("owner"));
    let expires = table.need("expires").and_then(|item| item.parsed::<Timestamp>());
    table.finish();
    if let Some(condition) = condition.as_ref().filter(|condition| condition.value.trim().is_empty()) {
        let hint = Some("remove it to hold back every finding of the detection".to_owned());
        report.error_with(Lint::BadValue, condition.place, "`where` is empty", hint);
    }
    if let Some(condition) = &condition
        && let Some(problem) = fault(&condition.value)
    {
        report.error(Lint::BadValue, condition.place, format!("`where` {problem}"));
    }
    Some(Suppression {
        detection: detection?.value,
        fingerprint: None,
        condition: condition.map_or_else(String::new, |condition| condition.value.trim().to_owned()),
        reason: reason?,
        owner: owner?,
        expires: expires?.value,
        line: place.line,
    })
}

/// How long before it expires a suppression is reported.
const NOTICE: Span = Span::from_s(14 * 86_400);

/// A warning for each suppression that has expired, or will within two weeks.
#[must_use]
pub fn expiring(config: &Config, now: Timestamp) -> Vec<Diagnostic> {
    let file = config.shown_name();
    let soon = now.plus(NOTICE);
    let expiring = config.suppressions.iter().filter(|suppression| suppression.expires <= soon);
    expiring
        .map(|Suppression { detection, expires, owner, line, .. }| {
            let message = if *expires <= now {
                format!("the suppression of `{detection}` expired at {expires}: it holds back nothing")
            } else {
                format!("the suppression of `{detection}` expires soon, at {expires}")
            };
            let place = Place { line: *line, column: 1 };
            let problem = Diagnostic::error(Lint::SuppressionExpires, &file, place, message).warning();
            problem.hint(format!("ask its owner, {owner}; then give it a later date or remove it"))
        })
        .collect()
}

/// What keeps a text from being one condition, as far as tokens can tell.
fn fault(condition: &str) -> Option<&'static str> {
    use sql_tokens::TokenKind;
    let mut depth = 0i32;
    for token in sql_tokens::tokens(condition) {
        match (token.kind, token.text(condition)) {
            (TokenKind::Unclosed, _) => return Some("has a quote or comment that is never closed"),
            (TokenKind::Comment, _) => return Some("has a comment: write it into `reason`"),
            (TokenKind::Param, _) => return Some("has a parameter, which has no value here"),
            (TokenKind::Symbol, ";") => return Some("must be one condition, without a semicolon"),
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

    #[test]
    fn a_suppression_is_reported_two_weeks_before_it_expires() {
        let mut config = crate::config::load_text("", std::path::Path::new("/")).unwrap();
        let expires: Timestamp = "2026-03-31T00:00:00Z".parse().unwrap();
        config.suppressions = vec![Suppression {
            detection: "iam.*".to_owned(),
            fingerprint: None,
            condition: String::new(),
            reason: "r".to_owned(),
            owner: "o".to_owned(),
            expires,
            line: 1,
        }];
        let messages = |now: &str| {
            let found = expiring(&config, now.parse().unwrap());
            found.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(messages("2026-03-16T23:59:59Z"), [] as [&str; 0]);
        let soon = "the suppression of `iam.*` expires soon, at 2026-03-31T00:00:00Z";
        assert_eq!(messages("2026-03-17T00:00:00Z"), [soon]);
        assert_eq!(messages("2026-03-30T23:59:59Z"), [soon]);
        let expired = "the suppression of `iam.*` expired at 2026-03-31T00:00:00Z: it holds back nothing";
        assert_eq!(messages("2026-03-31T00:00:00Z"), [expired]);
    }
}
