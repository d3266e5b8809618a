//! `regexp_like`, `regexp_extract`, `regexp_extract_all`, `regexp_replace`, `regexp_split`, `regexp_count`,
//! `regexp_position`: patterns in the `regex` crate's language, which lacks look-around and back-references.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;
use regex::{Captures, Regex};

use super::pattern::translate;
use super::split::text_lists;
use crate::functions::adapter::{
    Arguments, Call, KernelResult, Memo, Overload, Param, Returns, Spec, boolean, given, int, integer, text,
    texts,
};
use crate::functions::error::FunctionError;

const TWO: &[Param] = &[Param::Text, Param::Text];

pub(super) const REGEXP_LIKE: Spec =
    Spec { name: "regexp_like", overloads: &[Overload::new(TWO, |given| checked(given, boolean), like)] };
pub(super) const REGEXP_EXTRACT: Spec = Spec {
    name: "regexp_extract",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Int],
        |given| checked(given, text),
        extract,
    )
    .optional(1)],
};
pub(super) const REGEXP_EXTRACT_ALL: Spec = Spec {
    name: "regexp_extract_all",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Int],
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
        &[Param::Text, Param::Text, Param::Int, Param::Int],
        |given| checked(given, integer),
        position,
    )
    .optional(2)],
};

/// A constant pattern is checked when the query is planned.
fn checked(given: &Arguments, returns: fn(&Arguments) -> Returns) -> Returns {
    if let Some(pattern) = given.text(1) {
        compile(pattern)?;
    }
    returns(given)
}

pub fn compile(pattern: &str) -> std::result::Result<Regex, FunctionError> {
    Regex::new(&translate(pattern)).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        FunctionError::argument(format!("Invalid regular expression '{pattern}': {reason}"))
    })
}

/// All matches as Athena finds them: an empty match may directly follow another one.
pub fn matches<'t>(regex: &Regex, source: &'t str) -> impl Iterator<Item = Captures<'t>> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let found = regex.captures_at(source, from?)?;
        let whole = found.get_match();
        from = if whole.is_empty() {
            // Past the next character, or past the end.
            source[whole.end()..].chars().next().map(|c| whole.end() + c.len_utf8())
        } else {
            Some(whole.end())
        };
        Some(found)
    })
}

fn like(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.booleans(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        Ok(Some(memo.get(pattern, compile)?.is_match(source)))
    })
}

fn group_of(regex: &Regex, group: i64) -> std::result::Result<usize, FunctionError> {
    let groups = regex.captures_len() - 1;
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
        let regex = memo.get(pattern, compile)?;
        let group = group_of(regex, group)?;
        Ok(regex.captures(source).and_then(|found| found.get(group)).map(|found| found.as_str().to_string()))
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
        let regex = memo.get(pattern, compile)?;
        let group = group_of(regex, group)?;
        let all = matches(regex, source).map(|found| found.get(group).map(|m| m.as_str().to_string()));
        Ok(Some(all.collect()))
    })
}

/// A piece of a replacement text.
enum Part {
    Text(String),
    Group(usize),
}

/// Reads Java's replacement language: `$1`, `${name}`, `\$`.
fn replacement(text: &str, regex: &Regex) -> std::result::Result<Vec<Part>, FunctionError> {
    let bad = |what: &str| FunctionError::argument(format!("Illegal replacement sequence: {what}"));
    let groups = regex.captures_len();
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
                let group = regex.capture_names().position(|known| known == Some(name.as_str()));
                parts.push(Part::Group(group.ok_or_else(|| bad(&format!("unknown group {{{name}}}")))?));
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
        let regex = memo.get(pattern, compile)?;
        if !regex.is_match(source) {
            return Ok(Some(source.to_string()));
        }
        let parts = replacement(by, regex)?;
        let mut text = String::with_capacity(source.len());
        let mut from = 0;
        for found in matches(regex, source) {
            let whole = found.get_match();
            text.push_str(&source[from..whole.start()]);
            for part in &parts {
                match part {
                    Part::Text(part) => text.push_str(part),
                    Part::Group(group) => text.push_str(found.get(*group).map_or("", |m| m.as_str())),
                }
            }
            from = whole.end();
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
        let regex = memo.get(pattern, compile)?;
        let (mut parts, mut from) = (Vec::new(), 0);
        for found in matches(regex, source) {
            let whole = found.get_match();
            parts.push(Some(source[from..whole.start()].to_string()));
            from = whole.end();
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
        Ok(Some(matches(memo.get(pattern, compile)?, source).count() as i64))
    })
}

fn nth(regex: &Regex, source: &str, start: i64, occurrence: i64) -> KernelResult<i64> {
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
    while let Some(found) = (at <= source.len()).then(|| regex.find_at(source, at)).flatten() {
        left -= 1;
        if left == 0 {
            return Ok(Some(source[..found.start()].chars().count() as i64 + 1));
        }
        at = found.end();
        if found.is_empty() {
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
        nth(memo.get(pattern, compile)?, source, start, occurrence)
    })
}
