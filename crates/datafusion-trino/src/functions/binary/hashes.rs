//! `md5`, `sha256`, `sha512` and `crc32` of varbinary.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray};
use datafusion::error::Result;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use super::encodings::binary;
use crate::functions::adapter::{Call, Overload, Param, Spec, int};

const ONE: &[Param] = &[Param::Binary];

pub(super) const MD5: Spec = Spec { name: "md5", overloads: &[Overload::new(ONE, binary, hash::<Md5>)] };
pub(super) const SHA256: Spec =
    Spec { name: "sha256", overloads: &[Overload::new(ONE, binary, hash::<Sha256>)] };
pub(super) const SHA512: Spec =
    Spec { name: "sha512", overloads: &[Overload::new(ONE, binary, hash::<Sha512>)] };
pub(super) const CRC32: Spec = Spec {
    name: "crc32",
    overloads: &[Overload::new(ONE, int, |call| {
        let bytes = call.binary(0)?;
        call.ints(|row| Ok(bytes.at(row).map(|bytes| i64::from(crc32(bytes)))))
    })],
};

fn hash<D: Digest>(call: &Call) -> Result<ArrayRef> {
    let bytes = call.binary(0)?;
    let rows = call.each(|row| Ok(bytes.at(row).map(|bytes| D::digest(bytes).to_vec())))?;
    Ok(Arc::new(rows.iter().map(Option::as_deref).collect::<BinaryArray>()))
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_usual_check_value() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
