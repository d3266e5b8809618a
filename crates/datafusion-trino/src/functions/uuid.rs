//! UUID values: 16 bytes, and a zero byte that tells them from addresses.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, FixedSizeBinaryArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::adapter::{Call, Overload, Spec, represent};
use super::error::FunctionError;
use super::types;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[&UUID];

const UUID: Spec = Spec { name: "uuid", overloads: &[Overload::new(&[], |_| Ok(types::UUID), random)] };

/// How many bytes a value takes.
const SIZE: i32 = 17;

/// Reads `12151fd2-7586-11e9-8f9e-2a86e4085a59`, in any case.
pub(super) fn parse(text: &str) -> Option<[u8; 17]> {
    let dashes = text.bytes().enumerate().all(|(at, byte)| matches!(at, 8 | 13 | 18 | 23) == (byte == b'-'));
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if text.len() != 36 || !dashes || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(of(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes()))
}

fn of(bytes: [u8; 16]) -> [u8; 17] {
    let mut value = [0; 17];
    value[..16].copy_from_slice(&bytes);
    value
}

/// A value as text, in lower case.
pub(super) fn print(value: &[u8]) -> String {
    let digits: String = value.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// Values as an array.
pub(super) fn array(values: impl Iterator<Item = Option<[u8; 17]>>) -> Result<ArrayRef> {
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values, SIZE)?))
}

/// Their bytes.
pub(super) fn bytes(values: &ArrayRef) -> ArrayRef {
    let values = values.as_fixed_size_binary();
    let bytes = (0..values.len()).map(|row| values.is_valid(row).then(|| &values.value(row)[..16]));
    Arc::new(bytes.collect::<BinaryArray>())
}

/// The value of these bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> std::result::Result<[u8; 17], FunctionError> {
    let wrong = |_| FunctionError::cast(format!("Invalid UUID binary length: {}", bytes.len()));
    <[u8; 16]>::try_from(bytes).map(of).map_err(wrong)
}

/// A new one in every row, of version 4.
fn random(call: &Call) -> Result<ArrayRef> {
    let bits = || RandomState::new().build_hasher().finish().to_be_bytes();
    let one = |_| {
        let mut value = [0; 16];
        value[..8].copy_from_slice(&bits());
        value[8..].copy_from_slice(&bits());
        value[6] = value[6] & 0x0f | 0x40;
        value[8] = value[8] & 0x3f | 0x80;
        Some(of(value))
    };
    represent(&array((0..call.rows).map(one))?, &DataType::FixedSizeBinary(SIZE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_its_bytes_are_the_same_value() {
        let text = "12151fd2-7586-11e9-8f9e-2a86e4085a59";
        assert_eq!(print(&parse(&text.to_uppercase()).unwrap()), text);
        for bad in [
            "",
            "12151fd2-7586-11e9-8f9e-2a86e4085a5",
            "12151fd27586-11e9-8f9e-2a86e4085a59-",
            &text.replace('d', "x"),
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
