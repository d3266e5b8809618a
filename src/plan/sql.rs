//! The one door through which SQL text reaches an engine: engines take an [`Sql`], never a bare text.
//!
//! Each constructor below names one origin of a statement. Nothing here reads or checks SQL.

use std::collections::BTreeMap;

use super::pasted::Pasted;
use crate::{
    domain::detection::{Detection, ParamValue},
    library::{BindError, bind_params},
};

/// A statement that may be given to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    text: String,
    params: Vec<String>,
}

impl Sql {
    /// A detection's statement, its parameters bound as typed literals: the configuration's values, else the defaults.
    ///
    /// # Errors
    ///
    /// If the statement uses a parameter that the detection does not declare.
    pub fn of_detection(
        detection: &Detection,
        values: &BTreeMap<String, ParamValue>,
    ) -> Result<Self, BindError> {
        let mut bound: BTreeMap<String, ParamValue> =
            detection.params.iter().map(|(name, param)| (name.clone(), param.default.clone())).collect();
        bound.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        bind_params(&detection.sql, &bound).map(Self::new)
    }

    fn new(text: String) -> Self {
        Self { text, params: Vec::new() }
    }

    /// A statement that a person typed, to be run for that person alone.
    #[must_use]
    pub fn ad_hoc(text: String) -> Self {
        Self::new(text)
    }

    /// A statement as a person pasted it, with the values of its `?`.
    #[must_use]
    pub fn pasted(pasted: &Pasted) -> Self {
        Self::new(pasted.text().to_owned()).with_params(pasted.params().to_vec())
    }

    /// The query that finds the rows of `relation` that meet a suppression's condition, by their column `row`.
    pub(crate) fn of_condition(condition: &str, relation: &str, row: &str) -> Self {
        // The line end keeps a comment in the condition from swallowing the parenthesis.
        Self::new(format!("SELECT {row} FROM {relation} WHERE (\n{condition}\n)"))
    }

    /// The same with the values of its `?`: each is one expression or one text, as Athena reads execution parameters.
    #[must_use]
    pub fn with_params(self, params: Vec<String>) -> Self {
        Self { params, ..self }
    }

    /// The statement that brings the candidates of a pack, written by the engine from planned filters.
    #[cfg(feature = "aws")]
    pub(crate) fn of_candidates(text: String) -> Self {
        Self::new(text)
    }

    /// A detection's own statement: its text with its relations bound around it.
    #[cfg(feature = "aws")]
    pub(crate) fn of_own(text: String) -> Self {
        Self::new(text)
    }

    /// The same with another condition in place of the first of this text.
    #[cfg(feature = "aws")]
    pub(crate) fn with_condition(self, condition: &str, other: &str) -> Self {
        Self { text: self.text.replacen(condition, other, 1), ..self }
    }

    /// The statement.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values of its `?`.
    #[must_use]
    pub fn params(&self) -> &[String] {
        &self.params
    }
}
