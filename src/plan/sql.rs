//! The one door through which SQL text reaches an engine.

use std::collections::BTreeMap;

use crate::{
    domain::detection::{Detection, ParamValue},
    library::{BindError, bind_params},
};

/// A statement that may be given to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql(String);

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
        bind_params(&detection.sql, &bound).map(Self)
    }

    /// A statement that a person typed, to be run for that person alone.
    #[must_use]
    pub fn ad_hoc(text: String) -> Self {
        Self(text)
    }

    /// The statement that brings the candidates of a pack, written by the engine from planned filters.
    #[cfg(feature = "aws")]
    pub(crate) fn of_candidates(text: String) -> Self {
        Self(text)
    }

    /// A detection's own statement: its text with its relations bound around it.
    #[cfg(feature = "aws")]
    pub(crate) fn of_own(text: String) -> Self {
        Self(text)
    }

    /// The statement.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}
