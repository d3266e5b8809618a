//! A [`Spec`] as DataFusion's function.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature,
};

use super::{Arguments, Call, Spec};

/// One of the two forms of a function.
pub(super) struct Function {
    pub name: String,
    pub lenient: bool,
    pub spec: &'static Spec,
    pub signature: Signature,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Function {}
impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let given = Arguments { types: arg_types.to_vec(), constants: &[] };
        Ok((self.spec.overload(arg_types)?.returns)(&given)?)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let given = Arguments {
            types: args.arg_fields.iter().map(|field| field.data_type().clone()).collect(),
            constants: args.scalar_arguments,
        };
        let data_type = (self.spec.overload(&given.types)?.returns)(&given)?;
        Ok(Arc::new(Field::new(&self.name, data_type, true)))
    }

    /// The values are unknown, but the type is needed for comparisons.
    fn evaluate_bounds(&self, inputs: &[&Interval]) -> Result<Interval> {
        let constants: Vec<Option<&ScalarValue>> = inputs
            .iter()
            .map(|of| (of.lower() == of.upper() && !of.lower().is_null()).then_some(of.lower()))
            .collect();
        let given =
            Arguments { types: inputs.iter().map(|of| of.data_type()).collect(), constants: &constants };
        let returns = self.spec.overload(&given.types).and_then(|overload| (overload.returns)(&given));
        Interval::make_unbounded(&returns.unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant =
            !self.spec.is_volatile() && args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let call = Call {
            rows: if constant { 1 } else { args.number_rows },
            lenient: self.lenient,
            returns: args.return_field.data_type().clone(),
            args: args.args,
        };
        let overload = self.spec.overload(&call.types())?;
        let array = (overload.eval)(&call)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}
