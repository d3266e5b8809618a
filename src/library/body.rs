//! Lints about a detection's SQL, alone and against its header.

use std::collections::BTreeSet;

use super::{
    columns,
    diagnostic::Lint,
    header::Parts,
    meta::Meta,
    nearest::did_you_mean,
    place::{LineMap, Place},
    shape::{Inspector, SqlShape},
    tokens,
    tree::Report,
};
use crate::domain::finding::{RequiredIn, required_in};

/// The relations that a detection may read.
pub const RELATIONS: [&str; 4] = ["events", "history", "accounts", "watchlist"];

/// Asks the parser about the body and notes what is wrong whatever the header says.
pub(crate) fn inspect(parts: &Parts, inspector: &Inspector<'_>, report: &Report<'_>) -> Option<SqlShape> {
    let shape = match (inspector.inspect)(&parts.sql) {
        Ok(shape) => shape,
        Err(problem) => {
            let place = Place { line: problem.line.max(1), column: problem.column.max(1) };
            report.error_with(Lint::SqlSyntax, place, problem.message, problem.hint);
            return None;
        }
    };
    if !shape.single_select {
        let hint = "write one `SELECT` or `WITH … SELECT`, without a semicolon".to_owned();
        report.error_with(Lint::NotASelect, parts.body, "the body is not one SELECT", Some(hint));
        return Some(shape);
    }
    for star in &shape.stars {
        let hint =
            "name every column: a new field in the logs must not change what a finding shows".to_owned();
        report.error_with(Lint::SelectStar, *star, "the query selects `*`", Some(hint));
    }
    for relation in shape.relations.iter().filter(|relation| !RELATIONS.contains(&relation.name.as_str())) {
        let hint = did_you_mean(&relation.name, RELATIONS)
            .unwrap_or_else(|| format!("detections read only {}", RELATIONS.join(", ")));
        let message = format!("the query reads `{}`", relation.name);
        report.error_with(Lint::ForeignRelation, relation.place, message, Some(hint));
    }
    for function in &shape.functions {
        if !inspector.known_functions.contains(&function.name.as_str()) {
            report.error_with(
                Lint::UnknownFunction,
                function.place,
                format!("not every engine has a function `{}`", function.name),
                did_you_mean(&function.name, inspector.known_functions.iter().copied()),
            );
        }
    }
    for column in &shape.columns {
        if let Err(unknown) = columns::find(&column.name) {
            report.error_with(Lint::UnknownColumn, column.place, unknown.message, unknown.hint);
        }
    }
    Some(shape)
}

/// Notes what does not agree between header and body.
pub(crate) fn against_header(meta: &Meta, shape: Option<&SqlShape>, parts: &Parts, report: &Report<'_>) {
    params(meta, parts, report);
    let Some(shape) = shape.filter(|shape| shape.single_select) else { return };
    history(meta, shape, report);
    // What a `*` stands for is not known, so nothing can be said to be missing.
    if shape.stars.is_empty() {
        outputs(meta, shape, parts, report);
    }
}

fn params(meta: &Meta, parts: &Parts, report: &Report<'_>) {
    let lines = LineMap::of_file(&parts.sql);
    let used = tokens::params(&parts.sql);
    for (name, at) in &used {
        if !meta.params.contains_key(*name) {
            report.error_with(
                Lint::UndeclaredParam,
                lines.place(*at),
                format!("parameter `:{name}` is not declared"),
                did_you_mean(name, meta.params.keys().map(String::as_str))
                    .or_else(|| Some(format!("add a table `[params.{name}]` to the header"))),
            );
        }
    }
    let used: BTreeSet<_> = used.into_iter().map(|(name, _)| name).collect();
    for (name, (place, _)) in &meta.params {
        if !used.contains(name.as_str()) {
            let message = format!("parameter `{name}` is declared, but the query does not use `:{name}`");
            report.error(Lint::UnusedParam, *place, message);
        }
    }
}

fn history(meta: &Meta, shape: &SqlShape, report: &Report<'_>) {
    let read = shape.relations.iter().find(|relation| relation.name == "history");
    match (read, &meta.lookback) {
        (None, Some(lookback)) => report.error_with(
            Lint::LookbackWithoutHistory,
            lookback.place,
            "the header gives a `lookback`, but the query does not read `history`",
            Some("take `lookback` out, or read `history`".to_owned()),
        ),
        (Some(history), None) => report.error_with(
            Lint::HistoryWithoutLookback,
            history.place,
            "the query reads `history`, but the header does not say how far it reaches",
            Some("add `lookback = \"14d\"` to the header".to_owned()),
        ),
        _ => {}
    }
}

fn outputs(meta: &Meta, shape: &SqlShape, parts: &Parts, report: &Report<'_>) {
    let has = |name: &str| shape.outputs.iter().any(|output| output == name);
    let aggregate = required_in(RequiredIn::Aggregates).any(has);
    let rows = if aggregate { RequiredIn::Aggregates } else { RequiredIn::SingleEvents };
    let required = required_in(RequiredIn::EveryAnswer).chain(required_in(rows));
    let missing: Vec<&str> = required.filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        let kind = if aggregate { "an aggregate" } else { "single events" };
        report.error_with(
            Lint::MissingColumn,
            parts.body,
            format!("the answer of {kind} lacks `{}`", missing.join("`, `")),
            Some("select NULL under the name of a column that has no value here".to_owned()),
        );
    }
    let names = || shape.outputs.iter().map(String::as_str);
    for about in meta.about.iter().filter(|about| !has(&about.value)) {
        let message = format!("`{}` in `about` is no column of the answer", about.value);
        report.error_with(Lint::UnknownAbout, about.place, message, did_you_mean(&about.value, names()));
    }
    match holes(&meta.says.value) {
        Ok(holes) => {
            for hole in holes.into_iter().filter(|hole| !has(hole)) {
                let message = format!("`{{{hole}}}` in `says` is no column of the answer");
                report.error_with(Lint::UnknownHole, meta.says.place, message, did_you_mean(hole, names()));
            }
        }
        Err(message) => report.error(Lint::BadValue, meta.says.place, message),
    }
}

/// The names between braces.
fn holes(says: &str) -> Result<Vec<&str>, &'static str> {
    let mut holes = Vec::new();
    let mut rest = says;
    while let Some(at) = rest.find(['{', '}']) {
        let after = &rest[at + 1..];
        if rest[at..].starts_with('}') {
            return Err("`says` has a `}` without a `{`");
        }
        let end = after.find(['{', '}']).filter(|end| after[*end..].starts_with('}'));
        let end = end.ok_or("`says` has a `{` without a `}`")?;
        holes.push(&after[..end]);
        rest = &after[end + 1..];
    }
    Ok(holes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_names_between_braces() {
        assert_eq!(holes("{a} did {b_c}"), Ok(vec!["a", "b_c"]));
        assert_eq!(holes("nothing"), Ok(vec![]));
        for bad in ["{a", "a}", "{a{b}}", "}{"] {
            assert!(holes(bad).is_err(), "{bad}");
        }
    }
}
