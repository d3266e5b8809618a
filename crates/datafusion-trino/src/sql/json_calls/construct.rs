//! `json_object` and `json_array`: lists of values, each of which may be JSON already.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Call, Tokens};
use crate::sql::error::SqlError;

impl Call<'_> {
    /// A value, and whether it is JSON: by `FORMAT JSON`, or as the result of a function that makes JSON.
    fn json_value(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Result<[Tokens; 2], SqlError> {
        let value =
            self.until(|call, at| ends(call, at) || call.is(at, "format") && call.is(at + 1, "json"))?;
        let makes_json = |token: &TokenWithSpan| match &token.token {
            Token::Word(word) => {
                ["$json_object", "$json_array", "$json_query"].contains(&word.value.as_str())
            }
            _ => false,
        };
        let is_json = self.format_json()? || value.first().is_some_and(makes_json);
        Ok([value, vec![self.text(if is_json { "json" } else { "value" })]])
    }

    fn nulls(&mut self, usual: &'static str) -> &'static str {
        ["null", "absent"].into_iter().find(|it| self.words(&[it, "on", "null"])).unwrap_or(usual)
    }

    /// Whether the list of values ends at a token.
    fn list_ends(&self, at: usize) -> bool {
        self.comma(at) || self.clause(at) || self.is(at, "absent")
    }

    pub(super) fn object(&mut self) -> Result<Tokens, SqlError> {
        let mut members = Vec::new();
        while self.at < self.rest.len() && !self.is(self.at, "returning") {
            self.skip(&["key"]);
            let key = self.until(|call, at| call.is(at, "value") || call.rest[at].token == Token::Colon)?;
            if !self.symbol(&Token::Colon) && !self.words(&["value"]) {
                return self.refuse("':' or 'VALUE'");
            }
            members.push(key);
            members.extend(self.json_value(Self::list_ends)?);
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        let nulls = self.nulls("null");
        let unique = self.words(&["with", "unique"]);
        if !unique {
            self.skip(&["without", "unique"]);
        }
        self.skip(&["keys"]);
        let returns = self.returning()?;
        let unique = if unique { "unique" } else { "any" };
        let clauses = [nulls, unique].map(|clause| vec![self.text(clause)]);
        let call = self.call("$json_object", clauses.into_iter().chain(members).collect(), Vec::new());
        Ok(self.returned(call, returns))
    }

    pub(super) fn array(&mut self) -> Result<Tokens, SqlError> {
        let mut values = Vec::new();
        while self.at < self.rest.len() && !self.is(self.at, "returning") {
            values.extend(self.json_value(Self::list_ends)?);
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        let nulls = self.nulls("absent");
        let nulls = vec![self.text(nulls)];
        let returns = self.returning()?;
        let call = self.call("$json_array", std::iter::once(nulls).chain(values).collect(), Vec::new());
        Ok(self.returned(call, returns))
    }
}
