//! Functions over lambdas that DataFusion lacks: `reduce`, `array_sort` with a comparator, and `try`, whose
//! argument is the
//! body of a lambda, so that errors in it can be caught.
//!
//! DataFusion plans the lambdas. Here they are evaluated, for many rows at once where possible.

mod array_sort_by;
mod attempt;
mod parts;
mod reduce;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take_arrays;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF,
    HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use super::adapter::{Spec, represent};
use super::error::FunctionError;
use super::types;

/// What is known about an argument: the type of a value, or of a lambda's result, once that is known.
type Known = ValueOrLambda<FieldRef, Option<FieldRef>>;

/// A function over lambdas.
struct Higher {
    name: &'static str,
    args: &'static [ValueOrLambda<(), ()>],
    /// Types of the parameters of every lambda; `None` where a lambda waits for another.
    parameters: fn(&[Known]) -> Result<LambdaParametersProgress>,
    returns: fn(&[DataType]) -> std::result::Result<DataType, FunctionError>,
    eval: fn(&HigherOrderFunctionArgs) -> Result<ArrayRef>,
}

#[derive(Debug)]
struct Function {
    higher: &'static Higher,
    signature: HigherOrderSignature,
}

impl std::fmt::Debug for Higher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.higher.name == other.higher.name
    }
}
impl Eq for Function {}
impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.higher.name.hash(state);
    }
}

/// The functions of this family without a lambda: parts that others are rewritten to.
pub(super) const SPECS: &[&Spec] = &[&parts::ZIP, &parts::GROUPS, &parts::SUBSTITUTE];

/// The functions, for DataFusion.
pub(super) fn functions() -> impl Iterator<Item = HigherOrderUDF> {
    [&array_sort_by::ARRAY_SORT_BY, &attempt::TRY, &reduce::REDUCE].into_iter().map(|higher| {
        let signature = HigherOrderSignature::exact(higher.args.to_vec(), Volatility::Immutable);
        HigherOrderUDF::new_from_impl(Function { higher, signature })
    })
}

impl HigherOrderUDFImpl for Function {
    fn name(&self) -> &str {
        self.higher.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(&self, _: usize, fields: &[Known]) -> Result<LambdaParametersProgress> {
        (self.higher.parameters)(fields)
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        let known: Vec<DataType> = args
            .arg_fields
            .iter()
            .map(|arg| match arg {
                ValueOrLambda::Value(field) | ValueOrLambda::Lambda(field) => field.data_type().clone(),
            })
            .collect();
        Ok(Arc::new(Field::new(self.higher.name, (self.higher.returns)(&known)?, true)))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Array((self.higher.eval)(&args)?))
    }

    fn coerce_value_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    /// No part of a lambda is shared with other expressions.
    fn short_circuits(&self) -> bool {
        true
    }
}

fn parameter(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("", data_type, true))
}

/// The items of a list argument: their type.
fn item_of(known: Option<&Known>) -> std::result::Result<DataType, FunctionError> {
    let of = match known {
        Some(ValueOrLambda::Value(field)) => field.data_type(),
        _ => return Err(FunctionError::mismatch("an array is expected before the lambda")),
    };
    match types::item_type(of) {
        Some(item) => Ok(item.clone()),
        None if *of == DataType::Null => Ok(DataType::Null),
        None => Err(FunctionError::mismatch(format!("{} is not an array", types::name(of)))),
    }
}

fn lambda(args: &HigherOrderFunctionArgs, at: usize) -> Result<&LambdaArgument> {
    match args.args.get(at) {
        Some(ValueOrLambda::Lambda(lambda)) => Ok(lambda),
        _ => Err(FunctionError::mismatch("a lambda is expected").into()),
    }
}

/// A value argument, one for each row.
fn value(args: &HigherOrderFunctionArgs, at: usize, of: &DataType) -> Result<ArrayRef> {
    match args.args.get(at) {
        Some(ValueOrLambda::Value(value)) => represent(&value.to_array(args.number_rows)?, of),
        _ => Err(FunctionError::mismatch("a value is expected").into()),
    }
}

/// The results of a lambda for these rows, with `values` as its parameters.
fn apply(
    lambda: &LambdaArgument,
    values: &[ArrayRef],
    rows: &UInt32Array,
    of: &DataType,
) -> Result<ArrayRef> {
    let given: Vec<Box<dyn Fn() -> Result<ArrayRef> + '_>> =
        values.iter().map(|value| Box::new(move || Ok(Arc::clone(value))) as Box<dyn Fn() -> _>).collect();
    let given: Vec<&dyn Fn() -> Result<ArrayRef>> = given.iter().map(AsRef::as_ref).collect();
    let answer = lambda.evaluate(&given, |captures| Ok(take_arrays(captures, rows, None)?))?;
    represent(&answer.into_array(rows.len())?, of)
}
