//! `regexp_like`, `regexp_extract`, `regexp_extract_all`, `regexp_replace`, `regexp_split`, `regexp_count`,
//! `regexp_position`.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::pattern::Pattern;
use super::split::text_lists;
use crate::functions::adapter::{
    Arguments, Call, KernelResult, Memo, Overload, Param, Returns, Spec, boolean, given, int, integer, text,
    texts,
};
use crate::functions::error::FunctionError;
use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

const TWO: &[Param] = &[Param::Text, Param::Text];

pub(super) const REGEXP_LIKE: Spec =
    Spec { name: "regexp_like", overloads: &[Overload::new(TWO, |given| checked(given, boolean), like)] };
pub(super) const REGEXP_EXTRACT: Spec = Spec {
    name: "regexp_extract",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Bigint],
        |given| checked(given, text),
        extract,
    )
    .optional(1)],
};
pub(super) const REGEXP_EXTRACT_ALL: Spec = Spec {
    name: "regexp_extract_all",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Bigint],
        |given| checked(given, texts),
        extract_all,
    )
    .optional(1)],
};
pub(super) const REGEXP_REPLACE: Spec = Spec {
    name: "regexp_replace",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Text],
        |given| checked(given, text),
        replace,
    )
    .optional(1)],
};
pub(super) const REGEXP_SPLIT: Spec =
    Spec { name: "regexp_split", overloads: &[Overload::new(TWO, |given| checked(given, texts), split)] };
pub(super) const REGEXP_COUNT: Spec =
    Spec { name: "regexp_count", overloads: &[Overload::new(TWO, |given| checked(given, int), count)] };
pub(super) const REGEXP_POSITION: Spec = Spec {
    name: "regexp_position",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Integer, Param::Integer],
        |given| checked(given, integer),
        position,
    )
    .optional(2)],
};

/// A constant pattern is checked when the query is planned.
fn checked(given: &Arguments, returns: fn(&Arguments) -> Returns) -> Returns {
    if let Some(pattern) = given.text(1) {
        is_valid(pattern)?;
    }
    returns(given)
}

/// How many patterns are remembered.
const REMEMBERED: usize = 1_000;

/// What compiling a pattern gave. Planning asks for a call's type dozens of times, and compiling takes longer than
/// everything else that it does for a call, so answers are remembered.
fn is_valid(pattern: &str) -> std::result::Result<(), FunctionError> {
    type Known = HashMap<String, std::result::Result<(), FunctionError>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known().get(pattern) {
        return known.clone();
    }
    let valid = Pattern::of_test(pattern).map(|_| ());
    let mut known = known();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(pattern.to_owned(), valid.clone());
    valid
}

fn like(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.booleans(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        Ok(Some(memo.get(pattern, Pattern::of_test)?.is_match(source)?))
    })
}

fn group_of(regex: &Pattern, group: i64) -> std::result::Result<usize, FunctionError> {
    let groups = regex.groups();
    match usize::try_from(group) {
        Err(_) => Err(FunctionError::argument("Group cannot be negative")),
        Ok(group) if group > groups => {
            Err(FunctionError::argument(format!("Pattern has {groups} groups. Cannot access group {group}")))
        }
        Ok(group) => Ok(group),
    }
}

fn extract(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let group = (call.len() > 2).then(|| call.int(2)).transpose()?;
    let mut memo = Memo::new();
    call.texts(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let group = match &group {
            Some(group) => given!(group.at(row)),
            None => 0,
        };
        let regex = memo.get(pattern, Pattern::compile)?;
        let group = group_of(regex, group)?;
        Ok(regex.find(source, 0)?.and_then(|found| found.group(group, source).map(String::from)))
    })
}

fn extract_all(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let group = (call.len() > 2).then(|| call.int(2)).transpose()?;
    let mut memo = Memo::new();
    text_lists(call, |row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let group = match &group {
            Some(group) => given!(group.at(row)),
            None => 0,
        };
        let regex = memo.get(pattern, Pattern::compile)?;
        let group = group_of(regex, group)?;
        let all = regex.matches(source)?;
        Ok(Some(all.iter().map(|found| found.group(group, source).map(String::from)).collect()))
    })
}

/// A piece of a replacement text.
enum Part {
    Text(String),
    Group(usize),
}

/// Reads Java's replacement language: `$1`, `${name}`, `\$`.
fn replacement(text: &str, regex: &Pattern) -> std::result::Result<Vec<Part>, FunctionError> {
    let bad = |what: &str| FunctionError::argument(format!("Illegal replacement sequence: {what}"));
    let groups = regex.groups() + 1;
    let mut parts = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next().ok_or_else(|| bad("character to be escaped is missing"))?;
                parts.push(Part::Text(next.into()));
            }
            '$' if chars.peek() == Some(&'{') => {
                chars.next();
                let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                parts.push(Part::Group(
                    regex.named(&name).ok_or_else(|| bad(&format!("unknown group {{{name}}}")))?,
                ));
            }
            '$' => {
                let first = chars.next().and_then(|c| c.to_digit(10));
                let mut group = first.ok_or_else(|| bad("illegal group reference"))? as usize;
                if group >= groups {
                    return Err(bad(&format!("unknown group {group}")));
                }
                // As many digits as form the number of a group.
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= groups {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                parts.push(Part::Group(group));
            }
            c => parts.push(Part::Text(c.into())),
        }
    }
    Ok(parts)
}

fn replace(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let by = (call.len() > 2).then(|| call.text(2)).transpose()?;
    let mut memo = Memo::new();
    call.texts(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let by = match &by {
            Some(by) => given!(by.at(row)),
            None => "",
        };
        let regex = memo.get(pattern, Pattern::compile)?;
        let all = regex.matches(source)?;
        if all.is_empty() {
            return Ok(Some(source.to_string()));
        }
        let parts = replacement(by, regex)?;
        let mut text = String::with_capacity(source.len());
        let mut from = 0;
        for found in all {
            let [start, end] = found.whole();
            text.push_str(&source[from..start]);
            for part in &parts {
                match part {
                    Part::Text(part) => text.push_str(part),
                    Part::Group(group) => text.push_str(found.group(*group, source).unwrap_or_default()),
                }
            }
            from = end;
        }
        text.push_str(&source[from..]);
        Ok(Some(text))
    })
}

fn split(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    text_lists(call, |row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let regex = memo.get(pattern, Pattern::compile)?;
        let (mut parts, mut from) = (Vec::new(), 0);
        for found in regex.matches(source)? {
            let [start, end] = found.whole();
            parts.push(Some(source[from..start].to_string()));
            from = end;
        }
        parts.push(Some(source[from..].to_string()));
        Ok(Some(parts))
    })
}

fn count(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.ints(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        Ok(Some(memo.get(pattern, Pattern::compile)?.matches(source)?.len() as i64))
    })
}

fn nth(regex: &Pattern, source: &str, start: i64, occurrence: i64) -> KernelResult<i64> {
    if start < 1 {
        return Err(FunctionError::argument("start position cannot be smaller than 1"));
    }
    if occurrence < 1 {
        return Err(FunctionError::argument("occurrence cannot be smaller than 1"));
    }
    let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let from = match source.char_indices().nth(skip) {
        Some((from, _)) => from,
        None => return Ok(Some(-1)),
    };
    // Matching starts inside the whole text, so that anchors see the text before it.
    let mut at = from;
    let mut left = occurrence;
    while at <= source.len()
        && let Some(found) = regex.find(source, at)?
    {
        let [start, end] = found.whole();
        left -= 1;
        if left == 0 {
            return Ok(Some(source[..start].chars().count() as i64 + 1));
        }
        at = end;
        if start == end {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    Ok(Some(-1))
}

fn position(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let start = (call.len() > 2).then(|| call.int(2)).transpose()?;
    let occurrence = (call.len() > 3).then(|| call.int(3)).transpose()?;
    let mut memo = Memo::new();
    call.ints(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let start = match &start {
            Some(start) => given!(start.at(row)),
            None => 1,
        };
        let occurrence = match &occurrence {
            Some(occurrence) => given!(occurrence.at(row)),
            None => 1,
        };
        nth(memo.get(pattern, Pattern::compile)?, source, start, occurrence)
    })
}
