//! varbinary: to and from UTF-8, hexadecimal and base 64.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, text};
use crate::functions::error::FunctionError;

const TEXT: &[Param] = &[Param::Text];
const BYTES: &[Param] = &[Param::Binary];

pub(super) const TO_UTF8: Spec = Spec {
    name: "to_utf8",
    overloads: &[Overload::new(TEXT, binary, |call| decoded(call, |text| Ok(text.as_bytes().to_vec())))],
};
pub(super) const FROM_UTF8: Spec = Spec {
    name: "from_utf8",
    overloads: &[
        Overload::new(&[Param::Binary, Param::Text], text, from_utf8).optional(1),
        Overload::new(&[Param::Binary, Param::Bigint], text, from_utf8_code),
    ],
};
pub(super) const TO_HEX: Spec =
    Spec { name: "to_hex", overloads: &[Overload::new(BYTES, text, |call| encoded(call, to_hex))] };
pub(super) const FROM_HEX: Spec =
    Spec { name: "from_hex", overloads: &[Overload::new(TEXT, binary, |call| decoded(call, from_hex))] };
pub(super) const TO_BASE64: Spec = Spec {
    name: "to_base64",
    overloads: &[Overload::new(BYTES, text, |call| encoded(call, |bytes| to_base64(bytes, STANDARD)))],
};
pub(super) const TO_BASE64URL: Spec = Spec {
    name: "to_base64url",
    overloads: &[Overload::new(BYTES, text, |call| encoded(call, |bytes| to_base64(bytes, URL)))],
};
pub(super) const FROM_BASE64: Spec = Spec {
    name: "from_base64",
    overloads: &[Overload::new(TEXT, binary, |call| decoded(call, |text| from_base64(text, STANDARD)))],
};
pub(super) const FROM_BASE64URL: Spec = Spec {
    name: "from_base64url",
    overloads: &[Overload::new(TEXT, binary, |call| decoded(call, |text| from_base64(text, URL)))],
};

/// Returns varbinary.
pub(super) fn binary(_: &Arguments) -> Returns {
    Ok(DataType::Binary)
}

/// The number of bytes.
pub fn length(call: &Call) -> Result<ArrayRef> {
    let bytes = call.binary(0)?;
    call.ints(|row| Ok(bytes.at(row).map(|bytes| bytes.len() as i64)))
}

fn encoded(call: &Call, kernel: impl Fn(&[u8]) -> String) -> Result<ArrayRef> {
    let bytes = call.binary(0)?;
    call.texts(|row| Ok(bytes.at(row).map(&kernel)))
}

fn decoded(
    call: &Call,
    kernel: impl Fn(&str) -> std::result::Result<Vec<u8>, FunctionError>,
) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let rows = call.each(|row| texts.at(row).map(&kernel).transpose())?;
    Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<BinaryArray>()))
}

/// Bytes as text; invalid UTF-8 becomes the replacement character.
fn readable(bytes: &[u8], replacement: &str) -> String {
    let chunks = bytes.utf8_chunks();
    chunks
        .flat_map(|chunk| [chunk.valid(), if chunk.invalid().is_empty() { "" } else { replacement }])
        .collect()
}

fn from_utf8(call: &Call) -> Result<ArrayRef> {
    let bytes = call.binary(0)?;
    let replacement = (call.len() > 1).then(|| call.text(1)).transpose()?;
    call.texts(|row| {
        let by = match &replacement {
            Some(replacement) => given!(replacement.at(row)),
            None => "\u{fffd}",
        };
        if by.chars().nth(1).is_some() {
            let message = "Replacement character string must empty or a single character";
            return Err(FunctionError::argument(message));
        }
        Ok(bytes.at(row).map(|bytes| readable(bytes, by)))
    })
}

fn from_utf8_code(call: &Call) -> Result<ArrayRef> {
    let (bytes, code) = (call.binary(0)?, call.int(1)?);
    call.texts(|row| {
        let code = u32::try_from(given!(code.at(row))).ok().and_then(char::from_u32);
        let by = code.ok_or_else(|| FunctionError::argument("Invalid replacement character"))?;
        Ok(bytes.at(row).map(|bytes| readable(bytes, by.encode_utf8(&mut [0; 4]))))
    })
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn from_hex(text: &str) -> std::result::Result<Vec<u8>, FunctionError> {
    if !text.len().is_multiple_of(2) {
        return Err(FunctionError::argument(format!("invalid input length {}", text.len())));
    }
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).ok_or_else(|| {
            FunctionError::argument(format!("not a hexadecimal digit: \"{}\"", char::from(byte)))
        })
    };
    text.as_bytes().chunks(2).map(|pair| Ok((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect()
}

const STANDARD: [u8; 2] = *b"+/";
const URL: [u8; 2] = *b"-_";

fn symbol(value: u8, last: [u8; 2]) -> char {
    char::from(match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + value - 26,
        52..=61 => b'0' + value - 52,
        other => last[usize::from(other - 62)],
    })
}

fn to_base64(bytes: &[u8], last: [u8; 2]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let value = (bits >> (18 - 6 * place) & 63) as u8;
            text.push(if place <= chunk.len() { symbol(value, last) } else { '=' });
        }
    }
    text
}

/// Padding may be missing.
fn from_base64(text: &str, last: [u8; 2]) -> std::result::Result<Vec<u8>, FunctionError> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in digits.bytes() {
        let value = (0..64).find(|value| symbol(*value, last) == char::from(byte));
        let value =
            value.ok_or_else(|| FunctionError::argument(format!("Illegal base64 character {byte:x}")))?;
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    if held >= 6 || text.len() - digits.len() > 2 {
        return Err(FunctionError::argument("Input byte array has wrong 4-byte ending unit"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(from_base64(&to_base64(&bytes, URL), URL).unwrap(), bytes.clone());
            prop_assert_eq!(from_base64(to_base64(&bytes, STANDARD).trim_end_matches('='), STANDARD).unwrap(), bytes.clone());
            prop_assert_eq!(from_hex(&to_hex(&bytes)).unwrap(), bytes);
        }
    }
}
