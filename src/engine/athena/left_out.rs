//! Fields that CloudTrail left out of a record, or that are cut off, as Athena's SQL: the rules of
//! [`scan::omitted`](crate::engine::embedded::scan::omitted).
//!
//! For a statement of its own such a field looks like one that says nothing. So the statement fails where it reads one, and its
//! candidates are judged by the embedded engine, which sets the event aside. A failed statement costs nothing, and where
//! nothing was left out this costs nothing, either.

use super::text::{literal, name};
use crate::{
    domain::cloudtrail::{COLUMNS, ColumnKind},
    plan::Sql,
};

/// What a statement cannot cast, before the event's id.
const LEFT_OUT: &str = "a field that CloudTrail left out of the event ";

/// One further field of CloudTrail's mark.
const OTHER: &str = r#""(?:originalsize|reason)"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^"{}\[\],]+)\s*"#;

/// The condition that an event lacks one of these columns; `None` if none of them can be left out.
pub(super) fn lacking<'a>(columns: impl Iterator<Item = &'a str>) -> Option<String> {
    let is_document =
        |column: &&str| COLUMNS.iter().any(|known| known.name == *column && known.kind == ColumnKind::Json);
    let lacks: Vec<String> = columns.filter(is_document).map(lacks).collect();
    (!lacks.is_empty()).then(|| lacks.join("\n        OR "))
}

/// The condition that fails for an event that lacks one of these columns, and holds for every other.
pub(super) fn fails_without<'a>(columns: impl Iterator<Item = &'a str>) -> Option<String> {
    lacking(columns).map(|lacking| format!("CASE WHEN {lacking} THEN {} ELSE TRUE END", failing()))
}

/// A condition that cannot be evaluated; `event` is the column of the event's id.
fn failing() -> String {
    format!("CAST(concat({}, event) AS bigint) = 0", literal(LEFT_OUT))
}

/// Whether a statement failed because of such an event.
pub(super) fn is_of_left_out(reason: &str) -> bool {
    reason.contains(LEFT_OUT)
}

/// The same statement over the events that lack nothing.
pub(super) fn leaving_out(sql: Sql) -> Sql {
    // Of `events` and of `history`.
    (0..2).fold(sql, |sql, _| sql.with_condition(&failing(), "FALSE"))
}

/// Whether a column's document is cut off, is CloudTrail's mark, or holds one.
fn lacks(column: &str) -> String {
    let column = name(column);
    let mark = format!(r#"(?i)\{{\s*(?:{OTHER},\s*)*"omitted"\s*:\s*"?true"?\s*(?:,\s*{OTHER})*\}}"#);
    let says = |key: &str| format!("lower(json_extract_scalar({column}, '$.{key}')) = 'true'");
    format!(
        "(regexp_like({column}, '^\\s*[\\{{\\[]') AND (TRY(json_parse({column})) IS NULL OR (regexp_like({column}, '(?i)omitted') \
         AND ({} OR {} OR regexp_like({column}, {})))))",
        says("omitted"),
        says("Omitted"),
        literal(&mark)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_can_be_left_out() {
        assert_eq!(fails_without(["eventname", "useridentity"].into_iter()), None);
        let condition = fails_without(["eventname", "requestparameters"].into_iter()).unwrap();
        assert!(condition.starts_with("CASE WHEN (regexp_like(\"requestparameters\", "), "{condition}");
        let ends = "THEN CAST(concat('a field that CloudTrail left out of the event ', event) AS bigint) = 0 ELSE TRUE END";
        assert!(condition.ends_with(ends), "{condition}");
    }

    #[test]
    fn a_statement_that_fails_may_leave_the_events_out_instead() {
        let condition = fails_without(["requestparameters"].into_iter()).unwrap();
        let sql = leaving_out(Sql::of_own(format!("events {condition} history {condition}")));
        assert!(
            !sql.text().contains("bigint") && sql.text().matches("THEN FALSE ELSE TRUE END").count() == 2
        );
        let said =
            "INVALID_CAST_ARGUMENT: Cannot cast 'a field that CloudTrail left out of the event 1' to BIGINT";
        assert!(
            is_of_left_out(said) && !is_of_left_out("INVALID_CAST_ARGUMENT: Cannot cast 'all' to BIGINT")
        );
    }
}
