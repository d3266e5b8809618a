//! `lower` and `upper`: one code point to one code point, so `ß` stays `ß`.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Overload, Param, Spec, given, text};

pub(super) const LOWER: Spec =
    Spec { name: "lower", overloads: &[Overload::new(&[Param::Text], text, |call| map(call, lower))] };
pub(super) const UPPER: Spec =
    Spec { name: "upper", overloads: &[Overload::new(&[Param::Text], text, |call| map(call, upper))] };

fn only(mut mapped: impl Iterator<Item = char>, original: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

fn lower(c: char) -> char {
    // `İ`, the only letter whose lower case has two code points, has a simple lower case, too.
    if c == '\u{130}' { 'i' } else { only(c.to_lowercase(), c) }
}

fn upper(c: char) -> char {
    only(c.to_uppercase(), c)
}

fn map(call: &Call, kernel: fn(char) -> char) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| Ok(Some(given!(source.at(row)).chars().map(kernel).collect::<String>())))
}
