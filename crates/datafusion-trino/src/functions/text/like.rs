//! LIKE: `%` is any text, `_` any code point, and there is no escape character unless `ESCAPE` names one.
//!
//! Only for patterns that are not constant: constant ones become DataFusion's own LIKE (see `sql::rewrite`),
//! which scans see.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Memo, Overload, Param, Spec, boolean, given};
use crate::functions::error::FunctionError;

pub(super) const LIKE: Spec = Spec {
    name: "$like",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Text], boolean, eval).optional(1)],
};

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `%`
    Any,
    /// `_`
    One,
    /// The character itself.
    Is(char),
}

/// Reads a pattern.
///
/// # Errors
/// INVALID_FUNCTION_ARGUMENT if the escape is not one character, or escapes anything but `%`, `_` or itself.
pub(crate) fn pattern(text: &str, escape: Option<&str>) -> std::result::Result<Vec<Piece>, FunctionError> {
    let escape = match escape {
        None => None,
        Some(escape) => {
            let mut chars = escape.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => return Err(FunctionError::argument("Escape string must be a single character")),
            }
        }
    };
    let mut pieces = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        pieces.push(if Some(c) == escape {
            match chars.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => Piece::Is(next),
                _ => {
                    return Err(FunctionError::argument(
                        "Escape character must be followed by '%', '_' or the escape character itself",
                    ));
                }
            }
        } else {
            match c {
                '%' => Piece::Any,
                '_' => Piece::One,
                c => Piece::Is(c),
            }
        });
    }
    Ok(pieces)
}

/// The pattern in the form whose escape character is `\`.
pub(crate) fn with_backslashes(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Any => text.push('%'),
            Piece::One => text.push('_'),
            Piece::Is(c) => {
                if matches!(c, '%' | '_' | '\\') {
                    text.push('\\');
                }
                text.push(*c);
            }
        }
    }
    text
}

/// Whether the whole of `source` matches.
pub(crate) fn matches(source: &str, pieces: &[Piece]) -> bool {
    let source: Vec<char> = source.chars().collect();
    let (mut at, mut piece) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < source.len() || piece < pieces.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                retry = Some((at, piece));
                piece += 1;
                continue;
            }
            Some(Piece::One) if at < source.len() => {
                at += 1;
                piece += 1;
                continue;
            }
            Some(Piece::Is(c)) if source.get(at) == Some(c) => {
                at += 1;
                piece += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((from, any)) if from < source.len() => {
                retry = Some((from + 1, any));
                at = from + 1;
                piece = any + 1;
            }
            _ => return false,
        }
    }
    true
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let (source, like) = (call.text(0)?, call.text(1)?);
    let escape = (call.len() > 2).then(|| call.text(2)).transpose()?;
    let mut memo = Memo::new();
    call.booleans(|row| {
        let escape = match &escape {
            Some(escape) => Some(given!(escape.at(row))),
            None => None,
        };
        let (source, like) = (given!(source.at(row)), given!(like.at(row)));
        // A key that identifies pattern and escape character together.
        let key = format!("{}\u{0}{like}", escape.unwrap_or_default());
        Ok(Some(matches(source, memo.get(&key, |_| pattern(like, escape))?)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn as_regex(pieces: &[Piece]) -> regex::Regex {
        let body: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Any => ".*".to_string(),
                Piece::One => ".".to_string(),
                Piece::Is(c) => regex::escape(&c.to_string()),
            })
            .collect();
        regex::Regex::new(&format!("(?s)^(?:{body})$")).unwrap()
    }

    proptest! {
        #[test]
        fn agrees_with_the_regular_expression(source in "[ab%_\\\\é\n]{0,8}", like in "[ab%_\\\\é]{0,6}") {
            let pieces = pattern(&like, None).unwrap();
            prop_assert_eq!(matches(&source, &pieces), as_regex(&pieces).is_match(&source));
        }

        #[test]
        fn backslash_form_is_the_same_pattern(like in "[ab%_\\\\#]{0,8}") {
            let pieces = pattern(&like, None).unwrap();
            prop_assert_eq!(pattern(&with_backslashes(&pieces), Some("\\")).unwrap(), pieces);
        }
    }
}
