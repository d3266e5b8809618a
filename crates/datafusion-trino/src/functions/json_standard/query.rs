//! `json_exists`, `json_value`, `json_query`: what a path finds, with what to do if it finds nothing or fails.
//!
//! The internal functions take the document, the path, one text for each clause, and then the passed values, each
//! after its name.

use std::collections::HashMap;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::compute;
use super::construct::item_at;
use super::item::Item;
use super::path::Path;
use crate::functions::adapter::{
    Argument, Arguments, Call, Memo, Overload, Param, Returns, Spec, boolean, given, integer, text,
};
use crate::functions::error::{ErrorClass, FunctionError};

const CLAUSES_1: &[Param] = &[Param::Text, Param::Text, Param::Text, Param::Any];
const CLAUSES_2: &[Param] = &[Param::Text, Param::Text, Param::Text, Param::Text, Param::Any];
const CLAUSES_4: &[Param] =
    &[Param::Text, Param::Text, Param::Text, Param::Text, Param::Text, Param::Text, Param::Any];

pub(super) const JSON_EXISTS: Spec = Spec {
    name: "$json_exists",
    overloads: &[Overload::new(CLAUSES_1, |given| checked(given, boolean), exists).optional(1).variadic()],
};
pub(super) const JSON_VALUE: Spec = Spec {
    name: "$json_value",
    overloads: &[Overload::new(CLAUSES_2, |given| checked(given, text), value).optional(1).variadic()],
};
pub(super) const JSON_STATE: Spec = Spec {
    name: "$json_state",
    overloads: &[Overload::new(CLAUSES_2, |given| checked(given, integer), state).optional(1).variadic()],
};
pub(super) const JSON_QUERY: Spec = Spec {
    name: "$json_query",
    overloads: &[Overload::new(CLAUSES_4, |given| checked(given, text), query).optional(1).variadic()],
};

/// The path is checked when the query is planned.
fn checked(given: &Arguments, returns: fn(&Arguments) -> Returns) -> Returns {
    if let Some(path) = given.text(1) {
        Path::parse(path).map_err(|message| FunctionError { class: ErrorClass::SyntaxError, message })?;
    }
    returns(given)
}

/// Why a call failed.
enum Failure {
    /// The document is not JSON.
    Input,
    /// The path cannot be followed.
    Path(String),
    /// What it finds does not fit.
    Result(&'static str),
}

impl Failure {
    fn error(self, source: &str) -> FunctionError {
        match self {
            Self::Input => FunctionError {
                class: ErrorClass::JsonInputConversion,
                message: format!("conversion to JSON failed: '{source}'"),
            },
            Self::Path(why) => FunctionError {
                class: ErrorClass::PathEvaluation,
                message: format!("path evaluation failed: {why}"),
            },
            Self::Result(why) => FunctionError {
                class: ErrorClass::JsonValueResult,
                message: format!("cannot extract SQL scalar from JSON: {why}"),
            },
        }
    }
}

/// Documents, paths and passed values of a batch of calls.
struct Calls {
    sources: Argument<datafusion::arrow::array::StringArray>,
    paths: Argument<datafusion::arrow::array::StringArray>,
    memo: Memo<Path>,
    passed: Vec<(String, ArrayRef)>,
}

impl Calls {
    /// The passed values begin at this argument.
    fn of(call: &Call, passed: usize) -> Result<Self> {
        let names = (passed..call.len()).step_by(2);
        let passed = names
            .filter(|at| at + 1 < call.len())
            .map(|at| {
                let name = call.text(at)?.at(0).unwrap_or_default().to_owned();
                let data_type: DataType = call.types()[at + 1].clone();
                Ok((name, call.full(at + 1, &data_type)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { sources: call.text(0)?, paths: call.text(1)?, memo: Memo::new(), passed })
    }

    /// What the path finds in a row; `None` without a document.
    fn found(&mut self, row: usize) -> std::result::Result<Option<Vec<Item>>, (Failure, String)> {
        let (Some(source), Some(path)) = (self.sources.at(row), self.paths.at(row)) else { return Ok(None) };
        let failed = |failure| (failure, source.to_owned());
        let root = Item::read(source).ok_or_else(|| failed(Failure::Input))?;
        let mut passed = HashMap::new();
        for (name, values) in &self.passed {
            let value = item_at(values, row).ok_or_else(|| {
                failed(Failure::Path(format!("the type of the value passed as {name} has no JSON form")))
            })?;
            passed.insert(name.clone(), value);
        }
        let path = self.memo.get(path, Path::parse).map_err(|why| failed(Failure::Path(why)))?;
        compute::follow(path, &root, &passed).map(Some).map_err(|why| failed(Failure::Path(why)))
    }
}

fn exists(call: &Call) -> Result<ArrayRef> {
    let (mut calls, on_error) = (Calls::of(call, 3)?, call.text(2)?);
    call.booleans(|row| match calls.found(row) {
        Ok(found) => Ok(found.map(|items| !items.is_empty())),
        Err((failure, source)) => match on_error.at(row) {
            Some("true") => Ok(Some(true)),
            Some("unknown") => Ok(None),
            Some("error") => Err(failure.error(&source)),
            _ => Ok(Some(false)),
        },
    })
}

/// The only scalar among the values that a path finds; `None` for JSON null.
fn scalar(items: &[Item]) -> std::result::Result<Option<String>, Failure> {
    match items {
        [Item::Null] => Ok(None),
        [Item::Digits(_)] => Err(Failure::Result("the number is out of the range of bigint")),
        [item] => match item.as_varchar() {
            Some(text) => Ok(Some(text)),
            None => Err(Failure::Result("the path found an array or an object")),
        },
        _ => Err(Failure::Result("the path found several items")),
    }
}

fn value(call: &Call) -> Result<ArrayRef> {
    let mut calls = Calls::of(call, 4)?;
    let (on_empty, on_error) = (call.text(2)?, call.text(3)?);
    call.texts(|row| {
        let (failure, source) = match calls.found(row) {
            Ok(None) => return Ok(None),
            Ok(Some(items)) if items.is_empty() => {
                return match on_empty.at(row) {
                    Some("error") => Err(Failure::Result("the path found no items").error("")),
                    _ => Ok(None),
                };
            }
            Ok(Some(items)) => match scalar(&items) {
                Ok(found) => return Ok(found),
                Err(failure) => (failure, String::new()),
            },
            Err(failed) => failed,
        };
        match on_error.at(row) {
            Some("error") => Err(failure.error(&source)),
            _ => Ok(None),
        }
    })
}

/// 1 if the path finds nothing, 2 if there is an error, else 0.
fn state(call: &Call) -> Result<ArrayRef> {
    let mut calls = Calls::of(call, 4)?;
    call.ints(|row| {
        Ok(Some(match calls.found(row) {
            Ok(None) => 0,
            Ok(Some(items)) if items.is_empty() => 1,
            Ok(Some(items)) if scalar(&items).is_ok() => 0,
            _ => 2,
        }))
    })
}

fn query(call: &Call) -> Result<ArrayRef> {
    let mut calls = Calls::of(call, 6)?;
    let (wrapper, quotes) = (call.text(2)?, call.text(3)?);
    let (on_empty, on_error) = (call.text(4)?, call.text(5)?);
    call.texts(|row| {
        let instead = |what: Option<&str>, failure: Failure, source: &str| match what {
            Some("error") => Err(failure.error(source)),
            Some("array") => Ok(Some("[]".to_owned())),
            Some("object") => Ok(Some("{}".to_owned())),
            _ => Ok(None),
        };
        let items = match calls.found(row) {
            Ok(found) => given!(found),
            Err((failure, source)) => return instead(on_error.at(row), failure, &source),
        };
        let is_structure = |items: &[Item]| matches!(items, [Item::Array(_) | Item::Object(_)]);
        let item = match (wrapper.at(row), items) {
            (_, items) if items.is_empty() => {
                return instead(on_empty.at(row), Failure::Result("the path found no items"), "");
            }
            (Some("unconditional"), items) => Item::Array(items),
            (Some("conditional"), items) if !is_structure(&items) => Item::Array(items),
            (_, mut items) if items.len() == 1 => items.remove(0),
            _ => {
                let failure = Failure::Result("the path found several items");
                return instead(on_error.at(row), failure, "");
            }
        };
        Ok(Some(match (&item, quotes.at(row)) {
            (Item::Text(text), Some("omit")) => text.clone(),
            _ => {
                let mut text = String::new();
                item.write(&mut text);
                text
            }
        }))
    })
}
