//! Regular expressions as Athena reads them (Joni with Java's syntax), on two engines: `regex` where it can do
//! what the pattern says, `fancy-regex` for look-around, back-references and possessive quantifiers.

mod brackets;
mod escapes;
mod groups;
mod literals;
mod part;
mod reader;

use std::sync::OnceLock;

use regex::Regex;

use crate::functions::error::FunctionError;
use reader::{Ends, Failure, Translated, translate};

/// How often the second engine may go back in one search.
const STEPS: usize = 1_000_000;

/// A compiled pattern.
pub struct Pattern {
    typed: String,
    translated: Translated,
    engine: Engine,
    /// For texts that end with a line feed, before which `$` matches, too.
    before_line_feed: OnceLock<Result<Engine, FunctionError>>,
}

enum Engine {
    Linear(Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Where a match and its groups begin and end, in bytes; the first is the whole match.
pub struct Found(Vec<Option<[usize; 2]>>);

impl Found {
    /// Begin and end of the match.
    pub fn whole(&self) -> [usize; 2] {
        self.0.first().copied().flatten().unwrap_or_default()
    }

    /// The text of a group.
    pub fn group<'t>(&self, group: usize, source: &'t str) -> Option<&'t str> {
        let [start, end] = self.0.get(group).copied().flatten()?;
        source.get(start..end)
    }

    /// The texts of all groups without the whole match.
    pub fn groups<'t>(&self, source: &'t str) -> impl Iterator<Item = Option<&'t str>> {
        (1..self.0.len()).map(move |group| self.group(group, source))
    }
}

fn failed(pattern: &str, failure: Failure) -> FunctionError {
    match failure {
        Failure::Invalid(reason) => {
            FunctionError::argument(format!("Invalid regular expression '{pattern}': {reason}"))
        }
        Failure::Unsupported(what) => FunctionError::unsupported(format!(
            "{what} in a regular expression is not supported here: '{pattern}'"
        )),
    }
}

fn build(typed: &str, translated: &Translated) -> Result<Engine, FunctionError> {
    let refused = |reason: String| {
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        failed(typed, Failure::Unsupported(format!("this form ({reason})")))
    };
    if !translated.backtracks {
        return Regex::new(&translated.text).map(Engine::Linear).map_err(|error| refused(error.to_string()));
    }
    let built = fancy_regex::RegexBuilder::new(&translated.text).backtrack_limit(STEPS).build();
    built.map(|regex| Engine::Backtracking(Box::new(regex))).map_err(|error| refused(error.to_string()))
}

impl Pattern {
    /// Compiles a pattern that only says whether a text matches.
    pub fn of_test(typed: &str) -> Result<Self, FunctionError> {
        let translated = translate(typed, Ends::Text).map_err(|failure| failed(typed, failure))?;
        let engine = build(typed, &translated)?;
        Ok(Self { typed: typed.to_owned(), translated, engine, before_line_feed: OnceLock::new() })
    }

    /// Compiles a pattern that also says what matches.
    pub fn compile(typed: &str) -> Result<Self, FunctionError> {
        let pattern = Self::of_test(typed)?;
        if pattern.translated.loops_on_nothing {
            let what = "a repeated group that can be empty".to_owned();
            return Err(failed(typed, Failure::Unsupported(what)));
        }
        Ok(pattern)
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.translated.groups
    }

    /// The number of a named group.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.translated.names.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }

    fn engine(&self, source: &str) -> Result<&Engine, FunctionError> {
        if !self.translated.asks_for_end || !source.ends_with('\n') {
            return Ok(&self.engine);
        }
        let built = self.before_line_feed.get_or_init(|| {
            let translated =
                translate(&self.typed, Ends::LineFeed).map_err(|failure| failed(&self.typed, failure))?;
            build(&self.typed, &translated)
        });
        built.as_ref().map_err(Clone::clone)
    }

    fn exhausted(&self, error: &fancy_regex::Error) -> FunctionError {
        let message = format!("the regular expression '{}' takes too many steps ({error})", self.typed);
        FunctionError::unsupported(message)
    }

    /// Whether it matches anywhere in a text.
    pub fn is_match(&self, source: &str) -> Result<bool, FunctionError> {
        match self.engine(source)? {
            Engine::Linear(regex) => Ok(regex.is_match(source)),
            Engine::Backtracking(regex) => regex.is_match(source).map_err(|error| self.exhausted(&error)),
        }
    }

    /// The first match at a place or behind it; anchors see the text before.
    pub fn find(&self, source: &str, from: usize) -> Result<Option<Found>, FunctionError> {
        let found = match self.engine(source)? {
            Engine::Linear(regex) => regex.captures_at(source, from).map(|found| {
                found.iter().map(|group| group.map(|group| [group.start(), group.end()])).collect()
            }),
            Engine::Backtracking(regex) => {
                let found = regex.captures_from_pos(source, from).map_err(|error| self.exhausted(&error))?;
                found.map(|found| {
                    found.iter().map(|group| group.map(|group| [group.start(), group.end()])).collect()
                })
            }
        };
        Ok(found.map(Found))
    }

    /// All matches as Athena finds them: an empty match may directly follow another one.
    pub fn matches(&self, source: &str) -> Result<Vec<Found>, FunctionError> {
        let mut all = Vec::new();
        let mut from = Some(0);
        while let Some(at) = from
            && let Some(found) = self.find(source, at)?
        {
            let [start, end] = found.whole();
            from = if start == end {
                // Past the next character, or past the end.
                source[end..].chars().next().map(|c| end + c.len_utf8())
            } else {
                Some(end)
            };
            all.push(found);
        }
        Ok(all)
    }
}
