//! `ROW(a, b)` and `(a, b)`: a row whose fields have no names of their own; `ARRAY[a, b]`; and `typeof`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StructArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, text};
use crate::functions::error::FunctionError;
use crate::functions::lists::{gather, join};
use crate::functions::types;

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

pub(super) const ARRAY: Spec = Spec {
    name: "$array",
    overloads: &[
        Overload::new(&[], |_| Ok(types::list(DataType::Null)), array),
        Overload::new(&[Param::Any], common, array).variadic(),
    ],
};

fn common(given: &Arguments) -> Returns {
    let mut all = given.types.iter();
    let first = all.next().cloned().unwrap_or(DataType::Null);
    all.try_fold(first, |a, b| types::common(&a, b)).map(types::list).ok_or_else(|| {
        let names: Vec<_> = given.types.iter().map(types::name).collect();
        FunctionError::mismatch(format!("All ARRAY elements must be the same type: {}", names.join(", ")))
    })
}

fn array(call: &Call) -> Result<ArrayRef> {
    let of = types::item_type(&call.returns).unwrap_or(&DataType::Null).clone();
    let columns = (0..call.len()).map(|index| call.full(index, &of)).collect::<Result<Vec<_>>>()?;
    let none = datafusion::arrow::array::new_null_array(&of, 0);
    let (items, starts) =
        if columns.is_empty() { (none, vec![]) } else { join(&columns.iter().collect::<Vec<_>>())? };
    gather(call, &items, |row| Ok(Some(starts.iter().map(|start| Some(start + row)).collect())))
}
