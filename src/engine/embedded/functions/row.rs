//! `ROW(a, b)` and `(a, b)`: a row whose fields have no names of their own; and `typeof`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StructArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;

use super::adapter::{Call, Overload, Param, Spec, text};
use super::types;

pub(super) const ROW: Spec = Spec {
    name: "row",
    overloads: &[Overload::new(
        &[Param::Any],
        |given| {
            let field = |(at, data_type): (usize, &DataType)| {
                Field::new(format!("field{at}"), data_type.clone(), true)
            };
            Ok(DataType::Struct(given.types.iter().enumerate().map(field).collect()))
        },
        row,
    )
    .variadic()],
};

pub(super) const TYPEOF: Spec =
    Spec { name: "typeof", overloads: &[Overload::new(&[Param::Any], text, type_of)] };

fn row(call: &Call) -> Result<ArrayRef> {
    let DataType::Struct(fields) = &call.returns else { unreachable!("the return type above") };
    let columns = fields.iter().enumerate().map(|(at, field)| call.full(at, field.data_type()));
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns.collect::<Result<_>>()?, None)?))
}

fn type_of(call: &Call) -> Result<ArrayRef> {
    let name = types::name(&call.types()[0]);
    call.texts(|_| Ok(Some(&name)))
}
