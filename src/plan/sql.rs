//! The one door through which SQL text reaches an engine: engines take an [`Sql`], never a bare text.
//!
//! Each constructor below names one origin of a statement. Nothing here reads or checks SQL.

use std::collections::{BTreeMap, BTreeSet};

use super::{pasted::Pasted, words::Words};
use crate::{
    domain::{
        detection::{Detection, ParamValue},
        view::View,
    },
    library::{BindError, bind_params},
    text::sql_tokens::TokenKind,
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

    /// A view's own statement.
    #[must_use]
    pub fn of_view(view: &View) -> Self {
        Self::new(view.sql.clone())
    }

    /// The statement that reads every column of a relation, given by its name.
    #[must_use]
    pub fn reading(relation: &str) -> Self {
        let parts: Vec<String> =
            relation.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
        Self::new(format!("SELECT * FROM {}", parts.join(".")))
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

    /// The same with `NULL` of this type in place of a column, if the statement has it.
    #[cfg(feature = "aws")]
    pub(crate) fn with_null_for(&self, column: &str, data_type: &str) -> Option<Self> {
        let text = self.text.replace(&format!("\"{column}\""), &format!("CAST(NULL AS {data_type})"));
        (text != self.text).then(|| Self { text, ..self.clone() })
    }

    /// The statement.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every name in the statement, in lower case; `None` if it may mean columns that it does not name.
    #[must_use]
    pub fn names(&self) -> Option<BTreeSet<String>> {
        let words = Words::of(&self.text);
        let means_more = |at: usize| match words.text(at) {
            "*" => at == 0 || words.text(at - 1) != "(",
            word => ["natural", "table"].iter().any(|more| word.eq_ignore_ascii_case(more)),
        };
        if (0..words.tokens.len()).any(means_more) {
            return None;
        }
        let names = (0..words.tokens.len())
            .filter(|at| matches!(words.kind(*at), Some(TokenKind::Word | TokenKind::QuotedName)));
        Some(names.map(|at| words.text(at).trim_matches(['"', '`']).to_lowercase()).collect())
    }

    /// The values of its `?`.
    #[must_use]
    pub fn params(&self) -> &[String] {
        &self.params
    }
}
