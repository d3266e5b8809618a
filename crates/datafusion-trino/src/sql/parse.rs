//! From SQL text to one parsed `SELECT` or `WITH`.

use std::collections::HashMap;

use datafusion::sql::sqlparser::ast::{Ident, Query, Statement};
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::dialect::Athena;
use super::error::SqlError;
use super::grammar;
use super::inspect::is_select;
use super::tokens::{prepare, syntax};
use crate::functions::ErrorClass;

/// How deep expressions and queries may nest.
pub(super) const MAX_DEPTH: usize = 100;

/// A parsed query.
pub(super) struct Parsed {
    /// The statement; always a query.
    pub statement: Statement,
    /// Comparison operators and the words of predicates, in order.
    pub operators: Vec<(String, Location)>,
    spelling: HashMap<Location, String>,
}

impl Parsed {
    /// The query.
    pub(super) fn query(&self) -> &Query {
        match &self.statement {
            Statement::Query(query) => query,
            _ => unreachable!("parse accepts nothing else"),
        }
    }

    /// The query, to be rewritten.
    pub(super) fn query_mut(&mut self) -> &mut Query {
        match &mut self.statement {
            Statement::Query(query) => query,
            _ => unreachable!("parse accepts nothing else"),
        }
    }

    /// For every name that is not typed in lower case, how it is typed first.
    pub(super) fn spelling(&self) -> HashMap<String, String> {
        let mut found: Vec<_> = self.spelling.iter().collect();
        found.sort_by_key(|(place, _)| std::cmp::Reverse((place.line, place.column)));
        found.into_iter().map(|(_, typed)| (typed.to_lowercase(), typed.clone())).collect()
    }

    /// A name as typed.
    pub(super) fn typed(&self, ident: &Ident) -> String {
        self.spelling.get(&ident.span.start).unwrap_or(&ident.value).clone()
    }
}

/// Parses one statement; a `;` at its end is allowed.
pub(super) fn parse(sql: &str) -> Result<Parsed, SqlError> {
    let prepared = prepare(sql)?;
    let start = prepared.tokens.first().map(|token| token.span.start);
    let second = second(&prepared.tokens);
    let mut parser =
        Parser::new(&Athena).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(prepared.tokens);
    let mut statements = parser.parse_statements().map_err(|error| of_parser(&error, sql))?;
    if let (true, Some(second)) = (statements.len() > 1, second) {
        return Err(syntax(second, "only one statement can be run"));
    }
    let Some(statement) = statements.pop() else {
        return Err(SqlError::new(ErrorClass::SyntaxError, "the statement is empty"));
    };
    match &statement {
        Statement::Query(query) if is_select(query) => {
            grammar::check(&statement, &prepared.operators)?;
            Ok(Parsed { statement, operators: prepared.operators, spelling: prepared.spelling })
        }
        other => {
            let text = other.to_string();
            let verb = text.split_whitespace().next().unwrap_or_default();
            let message = format!("{verb} can't be run, only SELECT and WITH");
            Err(SqlError::new(ErrorClass::NotSupported, message)
                .at(start.unwrap_or(Location { line: 1, column: 1 })))
        }
    }
}

/// Where the second statement begins, if there is one.
fn second(tokens: &[TokenWithSpan]) -> Option<Location> {
    let mut rest = tokens.iter().skip_while(|token| token.token != Token::SemiColon);
    rest.find(|token| token.token != Token::SemiColon).map(|token| token.span.start)
}

/// Converts an error of the parser, whose message ends with the place.
fn of_parser(error: &ParserError, sql: &str) -> SqlError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => "the statement nests too deep",
    };
    let place = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? }))
    });
    match place {
        Some((text, place)) => syntax(place, text),
        None => {
            let end = Location {
                line: sql.lines().count().max(1) as u64,
                column: sql.lines().last().map_or(0, |line| line.chars().count()) as u64 + 1,
            };
            syntax(end, message)
        }
    }
}

#[cfg(test)]
mod tests;
