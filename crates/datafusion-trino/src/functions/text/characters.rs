//! Functions of code points: `length`, `reverse`, `starts_with`, `ends_with`, `chr`, `codepoint`,
//! `translate`,
//! `levenshtein_distance`, `hamming_distance`.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{
    Call, KernelResult, Overload, Param, Spec, boolean, given, int, integer, text,
};
use crate::functions::binary::encodings;
use crate::functions::error::FunctionError;

const ONE: &[Param] = &[Param::Text];
const TWO: &[Param] = &[Param::Text, Param::Text];

pub(super) const LENGTH: Spec = Spec {
    name: "length",
    overloads: &[Overload::new(ONE, int, length), Overload::new(&[Param::Binary], int, encodings::length)],
};
pub(super) const STARTS_WITH: Spec =
    Spec { name: "starts_with", overloads: &[Overload::new(TWO, boolean, starts_with)] };
pub(super) const CHR: Spec = Spec { name: "chr", overloads: &[Overload::new(&[Param::Bigint], text, chr)] };
pub(super) const CODEPOINT: Spec =
    Spec { name: "codepoint", overloads: &[Overload::new(ONE, integer, codepoint)] };
pub(super) const TRANSLATE: Spec = Spec {
    name: "translate",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Text], text, translate)],
};
pub(super) const LEVENSHTEIN: Spec =
    Spec { name: "levenshtein_distance", overloads: &[Overload::new(TWO, int, levenshtein)] };
pub(super) const HAMMING: Spec =
    Spec { name: "hamming_distance", overloads: &[Overload::new(TWO, int, hamming)] };

fn length(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ints(|row| Ok(Some(given!(source.at(row)).chars().count() as i64)))
}

/// `reverse` of a varchar.
pub fn reverse(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| Ok(Some(given!(source.at(row)).chars().rev().collect::<String>())))
}

fn starts_with(call: &Call) -> Result<ArrayRef> {
    let (source, prefix) = (call.text(0)?, call.text(1)?);
    call.booleans(|row| Ok(Some(given!(source.at(row)).starts_with(given!(prefix.at(row))))))
}

fn chr(call: &Call) -> Result<ArrayRef> {
    let code = call.int(0)?;
    call.texts(|row| {
        let code = given!(code.at(row));
        let c = u32::try_from(code).ok().and_then(char::from_u32);
        let c =
            c.ok_or_else(|| FunctionError::argument(format!("Not a valid Unicode code point: {code}")))?;
        Ok(Some(c.to_string()))
    })
}

fn codepoint(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ints(|row| {
        let mut chars = given!(source.at(row)).chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(Some(i64::from(u32::from(c)))),
            _ => Err(FunctionError::argument("Input string must be a single character string")),
        }
    })
}

fn translate(call: &Call) -> Result<ArrayRef> {
    let (source, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    call.texts(|row| {
        let (source, from, to) = (given!(source.at(row)), given!(from.at(row)), given!(to.at(row)));
        let map = |c: char| match from.chars().position(|f| f == c) {
            Some(at) => to.chars().nth(at),
            None => Some(c),
        };
        Ok(Some(source.chars().filter_map(map).collect::<String>()))
    })
}

fn levenshtein(call: &Call) -> Result<ArrayRef> {
    let (a, b) = (call.text(0)?, call.text(1)?);
    call.ints(|row| {
        let (a, b) = (given!(a.at(row)), given!(b.at(row)));
        let b: Vec<char> = b.chars().collect();
        let mut last: Vec<i64> = (0..=b.len() as i64).collect();
        for (i, x) in a.chars().enumerate() {
            let mut next = vec![i as i64 + 1];
            for (j, y) in b.iter().enumerate() {
                let change = last[j] + i64::from(x != *y);
                next.push(change.min(last[j + 1] + 1).min(next[j] + 1));
            }
            last = next;
        }
        Ok(last.last().copied())
    })
}

fn hamming(call: &Call) -> Result<ArrayRef> {
    let (a, b) = (call.text(0)?, call.text(1)?);
    call.ints(|row| distance(given!(a.at(row)), given!(b.at(row))))
}

fn distance(a: &str, b: &str) -> KernelResult<i64> {
    if a.chars().count() != b.chars().count() {
        return Err(FunctionError::argument(
            "The input strings to hamming_distance function must have the same length",
        ));
    }
    Ok(Some(a.chars().zip(b.chars()).filter(|(x, y)| x != y).count() as i64))
}
