//! From kernels on Rust values to DataFusion functions.
//!
//! A function is a [`Spec`]: its overloads, each with parameter kinds, a return type and an evaluator over
//! whole batches. Evaluators read arguments by row through [`Call`]; a constant argument is stored once.
//! Every function exists twice: under its name, where an error ends the query, and with `$try` appended,
//! where an error gives NULL for that row (what `try(…)` is rewritten to).

mod call;
mod function;
mod spec;

pub use call::{Argument, Call, KernelResult, Memo, represent};
pub use spec::{Arguments, Overload, Param, Returns, Spec, boolean, double, int, integer, json, text, texts};

/// Unwraps an optional argument, or answers NULL.
macro_rules! given {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}
pub(crate) use given;
