//! Lints about a detection's SQL, alone and against its header.

use std::collections::BTreeSet;

use super::{
    header::Parts,
    meta::Meta,
    shape::{Inspector, SqlShape},
};
use crate::{
    domain::{
        detection::Attempts,
        finding::{OUTCOME, RequiredIn, required_in},
        view::{RELATIONS, Views},
    },
    text::{LineMap, Lint, Place, Report, did_you_mean, sql_tokens},
};

/// Parses the body and notes what is wrong with it, whatever is in the header. `views` are the names of views that it may read.
pub(crate) fn inspect(
    parts: &Parts,
    inspector: &Inspector<'_>,
    views: &[String],
    report: &Report<'_>,
) -> Option<SqlShape> {
    let shape = match (inspector.inspect)(&parts.sql) {
        Ok(shape) => shape,
        Err(problem) => {
            let place = in_body(problem.place, parts.body);
            report.error_with(Lint::SqlSyntax, place, problem.message, problem.hint);
            return None;
        }
    };
    for star in &shape.stars {
        let hint =
            "name every column: a new field in the logs must not change what a finding shows".to_owned();
        report.error_with(Lint::SelectStar, *star, "the query selects `*`", Some(hint));
    }
    let known = || RELATIONS.into_iter().chain(views.iter().map(String::as_str));
    for relation in shape.relations.iter().filter(|read| known().all(|known| known != read.name)) {
        let hint = did_you_mean(&relation.name, known())
            .unwrap_or_else(|| format!("there are only {}", known().collect::<Vec<_>>().join(", ")));
        let message = format!("the query reads `{}`", relation.name);
        report.error_with(Lint::ForeignRelation, relation.place, message, Some(hint));
    }
    for function in &shape.functions {
        if !inspector.known_functions.contains(&function.name.as_str()) {
            report.error_with(
                Lint::UnknownFunction,
                function.place,
                format!("the function `{}` does not exist on both engines", function.name),
                did_you_mean(&function.name, inspector.known_functions.iter().copied()),
            );
        }
    }
    Some(shape)
}

/// Where a problem of the SQL stands. A parser that cannot say it, or points before the body, means the statement as a whole.
pub(crate) fn in_body(place: Option<Place>, body: Place) -> Place {
    place.filter(|place| *place >= body).unwrap_or(body)
}

/// Notes where header and body do not agree.
pub(crate) fn against_header(
    meta: &Meta,
    shape: Option<&SqlShape>,
    parts: &Parts,
    views: &Views,
    report: &Report<'_>,
) {
    params(meta, parts, report);
    let Some(shape) = shape else { return };
    history(meta, shape, views, report);
    // The columns of a `*` are not known here, so none can be reported as missing.
    if shape.stars.is_empty() {
        outputs(meta, shape, parts, report);
    }
}

fn params(meta: &Meta, parts: &Parts, report: &Report<'_>) {
    let lines = LineMap::of_file(&parts.sql);
    let used = sql_tokens::params(&parts.sql);
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

fn history(meta: &Meta, shape: &SqlShape, views: &Views, report: &Report<'_>) {
    let reads_history = |name: &str| views.sources([name]).contains("history");
    let read = shape.relations.iter().find(|relation| reads_history(&relation.name));
    match (read, &meta.lookback) {
        (None, Some(lookback)) => report.error_with(
            Lint::LookbackWithoutHistory,
            lookback.place,
            "the header gives a `lookback`, but the query does not read `history`",
            Some("remove `lookback`, or read `history`".to_owned()),
        ),
        (Some(history), None) => report.error_with(
            Lint::HistoryWithoutLookback,
            history.place,
            "the query reads `history`, but the header gives no `lookback`",
            Some("add how far it reaches back, such as `lookback = \"14d\"`".to_owned()),
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
        let rows = if aggregate { "count events" } else { "are single events" };
        report.error_with(
            Lint::MissingColumn,
            parts.body,
            format!("a query whose rows {rows} must also return `{}`", missing.join("`, `")),
            Some("where there is no value, select NULL under the column's name".to_owned()),
        );
    }
    if meta.attempts.value != Attempts::No && !has(OUTCOME) {
        let message = format!("`attempts` needs the output column `{OUTCOME}`");
        let hint = "return `success`, `denied` or `failed` for each row".to_owned();
        report.error_with(Lint::MissingColumn, meta.attempts.place, message, Some(hint));
    }
    let names = || shape.outputs.iter().map(String::as_str);
    for about in meta.about.iter().filter(|about| !has(&about.value)) {
        let message = format!("`{}` in `about` is not an output column", about.value);
        report.error_with(Lint::UnknownAbout, about.place, message, did_you_mean(&about.value, names()));
    }
    match placeholders(&meta.says.value) {
        Ok(names_in_says) => {
            for name in names_in_says.into_iter().filter(|name| !has(name)) {
                let message = format!("`{{{name}}}` in `says` is not an output column");
                report.error_with(Lint::UnknownHole, meta.says.place, message, did_you_mean(name, names()));
            }
        }
        Err(message) => report.error(Lint::BadValue, meta.says.place, message),
    }
}

/// The names between braces.
fn placeholders(says: &str) -> Result<Vec<&str>, &'static str> {
    let mut found = Vec::new();
    let mut rest = says;
    while let Some(at) = rest.find(['{', '}']) {
        let after = &rest[at + 1..];
        if rest[at..].starts_with('}') {
            return Err("`says` has a `}` without a `{`");
        }
        let end = after.find(['{', '}']).filter(|end| after[*end..].starts_with('}'));
        let end = end.ok_or("`says` has a `{` without a `}`")?;
        found.push(&after[..end]);
        rest = &after[end + 1..];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_names_between_braces() {
        assert_eq!(placeholders("{a} did {b_c}"), Ok(vec!["a", "b_c"]));
        assert_eq!(placeholders("nothing"), Ok(vec![]));
        for bad in ["{a", "a}", "{a{b}}", "}{"] {
            assert!(placeholders(bad).is_err(), "{bad}");
        }
    }
}
