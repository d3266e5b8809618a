//! `contains`: an array contains a value, or a network an address.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::error::Result;

use super::adapter::{Call, Given, Overload, Param, Returns, Spec, boolean, given};
use super::error::FunctionError;
use super::lists::{Lists, comparable};
use super::{ip, types};

pub(super) const CONTAINS: Spec = Spec {
    name: "contains",
    overloads: &[
        Overload::new(&[Param::Text, Param::Ip], boolean, ip::contains),
        Overload::new(&[Param::List, Param::Any], checked, list),
    ],
};

fn checked(given: &Given) -> Returns {
    let item = types::item_type(&given.types[0]);
    if item.is_some_and(|item| types::common(item, &given.types[1]).is_none()) {
        return Err(FunctionError::mismatch(format!(
            "Cannot look for {} in {}",
            types::name(&given.types[1]),
            types::name(&given.types[0])
        )));
    }
    boolean(given)
}

/// NULL if the value is not there but a NULL is.
fn list(call: &Call) -> Result<ArrayRef> {
    let given_types = call.types();
    let item = types::item_type(&given_types[0]).unwrap_or(&given_types[1]);
    let of = types::common(item, &given_types[1]).unwrap_or_else(|| item.clone());
    let list = Lists::read(call, 0, &of)?;
    let value = call.full(1, &of)?;
    let rows = comparable(&[list.items().clone(), value.clone()])?;
    call.booleans(|row| {
        let range = given!(list.at(row));
        given!(value.is_valid(row).then_some(()));
        let found = range.clone().any(|at| rows[0].row(at) == rows[1].row(row));
        let has_null = || range.clone().any(|at| list.items().is_null(at));
        Ok(if found {
            Some(true)
        } else if has_null() {
            None
        } else {
            Some(false)
        })
    })
}
