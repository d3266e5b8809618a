//! Binding parameters: `:name` in a detection's SQL becomes a typed literal, and nothing else.

use std::collections::BTreeMap;

use crate::{
    domain::detection::ParamValue,
    text::sql_tokens::{TokenKind, tokens},
};

/// Why parameters cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The SQL names a parameter that has no value.
    #[error("parameter `:{0}` has no value")]
    Unknown(String),
    /// A value has no literal, such as a number that is not finite.
    #[error("the value of parameter `:{0}` has no SQL literal")]
    NoLiteral(String),
}

/// The SQL with each `:name` replaced by the literal of its value.
///
/// A literal never runs into its neighbours: spaces are added where they would touch, and negative numbers
/// stand in parentheses, so that a minus before one does not begin a comment.
///
/// # Errors
///
/// If a parameter has no value, or its value no literal.
pub fn bind_params(sql: &str, values: &BTreeMap<String, ParamValue>) -> Result<String, BindError> {
    let mut bound = String::with_capacity(sql.len());
    for token in tokens(sql) {
        let text = token.text(sql);
        if token.kind != TokenKind::Param {
            bound.push_str(text);
            continue;
        }
        let name = &text[1..];
        let value = values.get(name).ok_or_else(|| BindError::Unknown(name.to_owned()))?;
        let literal = literal(value).ok_or_else(|| BindError::NoLiteral(name.to_owned()))?;
        if bound.chars().next_back().is_some_and(touches) {
            bound.push(' ');
        }
        bound.push_str(&literal);
        if sql[token.range.end..].chars().next().is_some_and(touches) {
            bound.push(' ');
        }
    }
    Ok(bound)
}

/// Whether a literal must not stand directly beside this character.
fn touches(c: char) -> bool {
    !(c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
}

/// The SQL literal of a value; `None` if there is none (a number that is not finite).
#[must_use]
pub fn literal(value: &ParamValue) -> Option<String> {
    Some(match value {
        ParamValue::Integer(number) if *number < 0 => format!("({number})"),
        ParamValue::Integer(number) => number.to_string(),
        ParamValue::Number(number) if !number.is_finite() => return None,
        ParamValue::Number(number) if number.is_sign_negative() => format!("({number:E})"),
        ParamValue::Number(number) => format!("{number:E}"),
        ParamValue::Boolean(true) => "TRUE".to_owned(),
        ParamValue::Boolean(false) => "FALSE".to_owned(),
        ParamValue::Text(text) => quoted(text),
        ParamValue::TextList(texts) if texts.is_empty() => "NULL".to_owned(),
        ParamValue::TextList(texts) => texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "),
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sql_tokens;
    use proptest::prelude::*;

    fn bind(sql: &str, value: ParamValue) -> String {
        bind_params(sql, &BTreeMap::from([("p".to_owned(), value)])).unwrap()
    }

    fn significant(sql: &str) -> Vec<(TokenKind, String)> {
        tokens(sql)
            .iter()
            .filter(|token| token.kind != TokenKind::Space)
            .map(|token| (token.kind, token.text(sql).to_owned()))
            .collect()
    }

    #[test]
    fn literals_have_their_type() {
        for (value, sql) in [
            (ParamValue::Integer(20), "a > 20"),
            (ParamValue::Integer(-5), "a > (-5)"),
            (ParamValue::Integer(i64::MIN), "a > (-9223372036854775808)"),
            (ParamValue::Number(1.5), "a > 1.5E0"),
            (ParamValue::Number(-0.25), "a > (-2.5E-1)"),
            (ParamValue::Boolean(true), "a > TRUE"),
            (ParamValue::Text("it's".to_owned()), "a > 'it''s'"),
            (ParamValue::TextList(vec!["a".to_owned(), "b'".to_owned()]), "a > 'a', 'b'''"),
            (ParamValue::TextList(Vec::new()), "a > NULL"),
        ] {
            assert_eq!(bind("a > :p", value), sql);
        }
    }

    #[test]
    fn a_literal_never_joins_its_neighbours() {
        let text = || ParamValue::Text("x".to_owned());
        assert_eq!(bind("a-:p", ParamValue::Integer(-1)), "a- (-1)");
        assert_eq!(bind("LIMIT:p", ParamValue::Integer(7)), "LIMIT 7");
        assert_eq!(bind("'a':p'b'", text()), "'a' 'x' 'b'");
        assert_eq!(bind("U&:p", text()), "U& 'x'");
        assert_eq!(bind("f(:p,:p)", text()), "f('x','x')");
        assert_eq!(bind(":p.5", ParamValue::Integer(1)), "1 .5");
    }

    #[test]
    fn what_has_no_value_or_no_literal_is_an_error() {
        assert_eq!(bind_params(":q", &BTreeMap::new()), Err(BindError::Unknown("q".to_owned())));
        let values = BTreeMap::from([("q".to_owned(), ParamValue::Number(f64::NAN))]);
        assert_eq!(bind_params(":q", &values), Err(BindError::NoLiteral("q".to_owned())));
        assert_eq!(bind_params("':q' -- :q", &values), Ok("':q' -- :q".to_owned()));
    }

    /// Text made of what SQL could mistake for its own, and of anything else.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof!["\\PC*", "['\"\\\\;:/*`a -]{0,16}", "['\n\r\t\u{0}\u{2019}\u{ff07}]{0,8}"]
    }

    proptest! {
        #[test]
        fn hostile_text_is_exactly_one_literal(text in hostile()) {
            let bound = bind("SELECT x FROM t WHERE a = :p AND b = 1", ParamValue::Text(text.clone()));
            let expected = bind("SELECT x FROM t WHERE a = :p AND b = 1", ParamValue::Text(String::new()));
            let (bound, expected) = (significant(&bound), significant(&expected));
            prop_assert_eq!(bound.len(), expected.len());
            for (index, (one, other)) in bound.iter().zip(&expected).enumerate() {
                if index == 7 {
                    prop_assert_eq!(one.0, TokenKind::Text);
                    let inner = &one.1[1..one.1.len() - 1];
                    prop_assert_eq!(inner.replace("''", "'"), text.clone());
                } else {
                    prop_assert_eq!(one, other);
                }
            }
        }

        #[test]
        fn hostile_lists_are_as_many_literals(texts in proptest::collection::vec(hostile(), 1..5)) {
            let bound = bind("(:p)", ParamValue::TextList(texts.clone()));
            let kinds: Vec<_> = significant(&bound).into_iter().map(|(kind, _)| kind).collect();
            prop_assert_eq!(kinds.iter().filter(|kind| **kind == TokenKind::Text).count(), texts.len());
            prop_assert_eq!(kinds.len(), 2 * texts.len() + 1);
        }

        #[test]
        fn hostile_text_stays_apart_whatever_stands_around(
            before in "[-'\"/*a1 (:&]{0,3}", after in "[-'\"/*a1 ):.]{0,3}", text in hostile(),
        ) {
            let sql = format!("{before}:p{after}");
            prop_assume!(sql_tokens::params(&sql).iter().map(|(name, _)| *name).eq(["p"]));
            let bound = bind(&sql, ParamValue::Text(text.clone()));
            prop_assert_eq!(significant(&bound).len(), significant(&sql).len());
        }

        #[test]
        fn numbers_are_one_number(number in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let bound = bind("-:p", ParamValue::Number(number));
            let kinds: Vec<_> = significant(&bound).into_iter().map(|(kind, _)| kind).collect();
            prop_assert_eq!(kinds.iter().filter(|kind| **kind == TokenKind::Number).count(), 1);
            prop_assert!(!kinds.contains(&TokenKind::Comment));
        }
    }
}
