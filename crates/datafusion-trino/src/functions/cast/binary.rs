//! Casts of varbinary, and to it: the bytes of a text or of an address.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::Errors;
use crate::functions::adapter::{given, represent};
use crate::functions::error::FunctionError;
use crate::functions::{types, uuid};

/// `None` if neither type is varbinary.
pub(super) fn cast(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<Option<ArrayRef>> {
    let from = array.data_type();
    if *from == types::UUID && *to == DataType::Binary {
        return Ok(Some(uuid::bytes(array)));
    }
    if *to == DataType::Binary {
        return represent(array, to).map(Some);
    }
    if types::name(from) == "varbinary" && *to == types::UUID {
        let bytes = represent(array, &DataType::Binary)?;
        let bytes = bytes.as_binary::<i32>();
        let rows = errors.rows(bytes.len(), |row| {
            uuid::of_bytes(given!(bytes.is_valid(row).then(|| bytes.value(row)))).map(Some)
        });
        return uuid::array(rows.into_iter()).map(Some);
    }
    if types::name(from) != "varbinary" || *to != types::IPADDRESS {
        return Ok(None);
    }
    let bytes = represent(array, &DataType::Binary)?;
    let bytes = bytes.as_binary::<i32>();
    let rows = errors.rows(bytes.len(), |row| {
        let bytes = given!(bytes.is_valid(row).then(|| bytes.value(row)));
        if let Ok([a, b, c, d]) = <[u8; 4]>::try_from(bytes) {
            return Ok(Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, a, b, c, d]));
        }
        let length = || FunctionError::cast(format!("Invalid IP address binary length: {}", bytes.len()));
        <[u8; 16]>::try_from(bytes).map(Some).map_err(|_| length())
    });
    let addresses = FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows.into_iter(), 16)?;
    Ok(Some(Arc::new(addresses)))
}
