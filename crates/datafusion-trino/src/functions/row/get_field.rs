//! `get_field(row, 'name')`: like DataFusion's, but without a special role in the optimizer.
//!
//! DataFusion moves its own function towards the scan, and then filters on a selected field stop above the
//! projection that selects
//! it. With this one, filters reach the scan.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use crate::functions::error::{ErrorClass, FunctionError};
use crate::functions::types;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, lit,
};

static GET_FIELD: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    Arc::new(ScalarUDF::new_from_impl(GetField { inner: datafusion::functions::core::get_field() }))
});

/// The function.
pub(crate) fn function() -> Arc<ScalarUDF> {
    Arc::clone(&GET_FIELD)
}

/// A field of a row.
pub(crate) fn get_field(row: Expr, name: &str) -> Expr {
    GET_FIELD.call(vec![row, lit(name)])
}

#[derive(Debug)]
struct GetField {
    inner: Arc<ScalarUDF>,
}

impl PartialEq for GetField {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}
impl Eq for GetField {}
impl Hash for GetField {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for GetField {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let (of, name) = (args.arg_fields.first(), args.scalar_arguments.get(1).copied().flatten());
        if let (Some(of), Some(ScalarValue::Utf8(Some(name)))) = (of, name) {
            check(of.data_type(), name)?;
        }
        self.inner.return_field_from_args(args)
    }

    /// The values are unknown, but the type is needed for comparisons.
    fn evaluate_bounds(&self, inputs: &[&Interval]) -> Result<Interval> {
        let found = match inputs {
            [of, name] => match (of.data_type(), name.lower()) {
                (DataType::Struct(fields), ScalarValue::Utf8(Some(name))) => {
                    fields.find(name).map(|(_, field)| field.data_type().clone())
                }
                _ => None,
            },
            _ => None,
        };
        Interval::make_unbounded(&found.unwrap_or(DataType::Null))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.inner.invoke_with_args(args)
    }
}

/// Whether values of a type have such a field.
fn check(of: &DataType, name: &str) -> Result<()> {
    let refuse = |class, message| Err(DataFusionError::External(Box::new(FunctionError { class, message })));
    match of {
        DataType::Struct(fields) if !fields.iter().any(|field| field.name() == name) => {
            refuse(ErrorClass::ColumnNotFound, format!("Column '{name}' cannot be resolved"))
        }
        DataType::Struct(_) | DataType::Null => Ok(()),
        other => refuse(
            ErrorClass::TypeMismatch,
            format!("Expression before '.{name}' is not of type ROW, but {}", types::name(other)),
        ),
    }
}
