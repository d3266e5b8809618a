//! `trim`, `ltrim`, `rtrim`: whitespace, or the given characters.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Overload, Param, Spec, given, text};

const PARAMS: &[Param] = &[Param::Text, Param::Text];

pub(super) const TRIM: Spec = Spec {
    name: "trim",
    overloads: &[Overload::new(PARAMS, text, |call| eval(call, true, true)).optional(1)],
};
pub(super) const LTRIM: Spec = Spec {
    name: "ltrim",
    overloads: &[Overload::new(PARAMS, text, |call| eval(call, true, false)).optional(1)],
};
pub(super) const RTRIM: Spec = Spec {
    name: "rtrim",
    overloads: &[Overload::new(PARAMS, text, |call| eval(call, false, true)).optional(1)],
};

/// White space as Java defines it, without the non-breaking spaces.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
        || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn eval(call: &Call, left: bool, right: bool) -> Result<ArrayRef> {
    let source = call.text(0)?;
    let set = (call.len() > 1).then(|| call.text(1)).transpose()?;
    call.texts(|row| {
        let mut rest = given!(source.at(row));
        let set: Option<&str> = match &set {
            Some(set) => Some(given!(set.at(row))),
            None => None,
        };
        let goes = |c: char| set.map_or_else(|| is_space(c), |set| set.contains(c));
        if left {
            rest = rest.trim_start_matches(goes);
        }
        if right {
            rest = rest.trim_end_matches(goes);
        }
        Ok(Some(rest))
    })
}
