//! `contains`: an array contains a value, or a network an address.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, boolean, given};
use crate::functions::compare::equality::Pair;
use crate::functions::error::FunctionError;
use crate::functions::lists::Lists;
use crate::functions::network::ip;
use crate::functions::types;

pub(super) const CONTAINS: Spec = Spec {
    name: "contains",
    overloads: &[
        Overload::new(&[Param::Text, Param::Ip], boolean, ip::contains),
        Overload::new(&[Param::List, Param::Any], checked, list),
    ],
};

fn checked(given: &Arguments) -> Returns {
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

/// NULL if the array has a NULL and not the value.
fn list(call: &Call) -> Result<ArrayRef> {
    let given_types = call.types();
    let item = types::item_type(&given_types[0]).unwrap_or(&given_types[1]);
    let of = types::common(item, &given_types[1]).unwrap_or_else(|| item.clone());
    let list = Lists::read(call, 0, &of)?;
    let value = call.full(1, &of)?;
    let pair = Pair::new(list.items(), &value)?;
    call.booleans(|row| {
        let range = given!(list.at(row));
        given!(value.is_valid(row).then_some(()));
        let mut answer = Some(false);
        for at in range {
            if list.items().is_null(at) {
                answer = None;
            } else if pair.equal(at, row).ok_or_else(|| of_null("contains"))? {
                return Ok(Some(true));
            }
        }
        Ok(answer)
    })
}

/// The error for a value with a NULL inside, for which equality is unknown.
pub(super) fn of_null(function: &str) -> FunctionError {
    let message = "does not support arrays with elements that are null or contain null";
    FunctionError::unsupported(format!("{function} {message}"))
}
