//! `soundex`: how an English name sounds, as a letter and three digits.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, given, text};
use crate::functions::error::FunctionError;

pub(super) const SOUNDEX: Spec =
    Spec { name: "soundex", overloads: &[Overload::new(&[Param::Text], text, eval)] };

/// The digits of the letters A to Z; 0 is not written.
const DIGITS: &[u8; 26] = b"01230120022455012623010202";

fn soundex(source: &str) -> KernelResult<String> {
    let mut letters = Vec::new();
    for c in source.chars().filter(|c| c.is_alphabetic()) {
        let upper = c.to_ascii_uppercase();
        if !upper.is_ascii_uppercase() {
            return Err(FunctionError::argument(format!("The character is not mapped: {c}")));
        }
        letters.push(upper as u8);
    }
    let Some(first) = letters.first() else { return Ok(Some(String::new())) };
    let digit = |letter: u8| DIGITS[usize::from(letter - b'A')];
    let mut code = String::from(char::from(*first));
    let mut last = digit(*first);
    for letter in &letters[1..] {
        // H and W do not part two letters of one digit; vowels do.
        if matches!(letter, b'H' | b'W') {
            continue;
        }
        let found = digit(*letter);
        if found != b'0' && found != last && code.len() < 4 {
            code.push(char::from(found));
        }
        last = found;
    }
    Ok(Some(format!("{code:0<4}")))
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| soundex(given!(source.at(row))))
}
