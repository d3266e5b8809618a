//! `substr` / `substring`: counted in code points from 1; negative from the end; 0 and beyond give ''.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Overload, Param, Spec, given, text};

const OVERLOADS: &[Overload] =
    &[Overload::new(&[Param::Text, Param::Bigint, Param::Bigint], text, eval).optional(1)];

pub(super) const SUBSTR: Spec = Spec { name: "substr", overloads: OVERLOADS };
pub(super) const SUBSTRING: Spec = Spec { name: "substring", overloads: OVERLOADS };

/// The part of `source` from code point `start`, `length` of them or all that follow.
pub(super) fn substr(source: &str, start: i64, length: Option<i64>) -> &str {
    if start == 0 || length.is_some_and(|length| length <= 0) {
        return "";
    }
    let skip = if start > 0 {
        start - 1
    } else {
        let count = source.chars().count() as i64;
        if start < -count {
            return "";
        }
        count + start
    };
    let at = |source: &str, count: i64| {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        source.char_indices().nth(count).map_or(source.len(), |(at, _)| at)
    };
    let rest = &source[at(source, skip)..];
    match length {
        Some(length) => &rest[..at(rest, length)],
        None => rest,
    }
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let (source, start) = (call.text(0)?, call.int(1)?);
    let length = (call.len() > 2).then(|| call.int(2)).transpose()?;
    call.texts(|row| {
        let length = match &length {
            Some(length) => Some(given!(length.at(row))),
            None => None,
        };
        Ok(Some(substr(given!(source.at(row)), given!(start.at(row)), length)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::substr;

    proptest! {
        #[test]
        fn is_a_run_of_the_code_points(source in "\\PC{0,12}", start in -15_i64..15, length in -2_i64..15) {
            let chars: Vec<char> = source.chars().collect();
            let first = if start > 0 { start - 1 } else { chars.len() as i64 + start };
            let expected: String = if start == 0 || first < 0 {
                String::new()
            } else {
                chars.iter().skip(first as usize).take(length.max(0) as usize).collect()
            };
            prop_assert_eq!(substr(&source, start, Some(length)), expected);
        }
    }
}
