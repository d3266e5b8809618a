//! What a field means where a record leaves it out or writes it in another way, as Athena's SQL: the rules of
//! [`domain::normal`](crate::domain::normal).
//!
//! A condition of the shared statement must let through what the embedded engine sees after it has applied the same rules. A
//! statement of its own reads columns that are bound so; the fields inside of structs are there as the table has them.

use super::text::{listed, literal, name};
use crate::{
    domain::normal::{
        NO_ERROR, READ_PREFIXES, READS, SERVICE_TYPE, SIGN_IN, TYPES_BY_ARN, UNKNOWN_TYPE, WRITES,
    },
    engine::embedded::scan::normal::{CONTENT_COLUMNS, CONTENT_ID, CONTENT_IDENTITY},
};

const UUID: &str = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// A record that updates an earlier one, by the column `addendum`.
pub(super) const IS_UPDATE: &str =
    "COALESCE(upper(addendum.reason) = 'UPDATED_DATA' AND addendum.originaleventid IS NOT NULL, FALSE)";

/// The value of a text column. Of `eventid` it is that of the record itself, updated or not.
#[must_use]
pub fn column(column: &str) -> String {
    let own = name(column);
    match column {
        "errorcode" => {
            format!("CASE WHEN NOT contains(ARRAY[{}], lower({own})) THEN {own} END", listed(&NO_ERROR))
        }
        "readonly" => format!(
            "COALESCE({}, CASE WHEN \"eventname\" IN ({}) OR regexp_like(\"eventname\", '^({})') AND \"eventname\" NOT IN ({}) \
             THEN 'true' ELSE 'false' END)",
            truth(&own),
            listed(&READS),
            READ_PREFIXES.join("|"),
            listed(&WRITES)
        ),
        "managementevent" | "sessioncredentialfromconsole" => truth(&own),
        "eventtype" => format!(
            "COALESCE(NULLIF({own}, ''), CASE WHEN \"serviceeventdetails\" IS NOT NULL THEN 'AwsServiceEvent' \
             WHEN \"eventsource\" = {} THEN 'AwsConsoleSignIn' ELSE 'AwsApiCall' END)",
            literal(SIGN_IN)
        ),
        "eventid" => {
            format!("CASE WHEN regexp_like({own}, '{UUID}') THEN {own} ELSE {} END", content_id())
        }
        _ => format!("NULLIF({own}, '')"),
    }
}

/// The id of an event in a table with the column `addendum`: the original's, if the record updates it.
pub(super) fn original_id() -> String {
    format!("CASE WHEN {IS_UPDATE} THEN addendum.originaleventid ELSE {} END", column("eventid"))
}

/// The value of a field of the column of identities; `None` if SQL cannot tell it from the field alone.
pub(super) fn identity(field: &str) -> Option<String> {
    let own = format!("useridentity.{}", name(field));
    match field {
        "username" => None,
        "type" => {
            let types: Vec<String> = TYPES_BY_ARN
                .iter()
                .map(|(pattern, kind)| {
                    format!("WHEN useridentity.\"arn\" LIKE {} THEN {}", literal(pattern), literal(kind))
                })
                .collect();
            Some(format!(
                "COALESCE(NULLIF({own}, ''), CASE {} WHEN useridentity.\"invokedby\" <> '' THEN {} ELSE {} END)",
                types.join(" "),
                literal(SERVICE_TYPE),
                literal(UNKNOWN_TYPE)
            ))
        }
        _ => Some(format!("NULLIF({own}, '')")),
    }
}

fn truth(own: &str) -> String {
    format!("CASE WHEN lower({own}) IN ('true', 'false') THEN lower({own}) ELSE NULLIF({own}, '') END")
}

fn content_id() -> String {
    let part = |text: String| format!("COALESCE({text}, '')");
    let (columns, last) = CONTENT_COLUMNS.split_at(CONTENT_COLUMNS.len() - 1);
    let identity =
        CONTENT_IDENTITY.iter().map(|key| format!("useridentity.{}", name(&key.to_ascii_lowercase())));
    let parts: Vec<String> = columns
        .iter()
        .map(|column| name(column))
        .chain(identity)
        .chain(last.iter().map(|column| name(column)))
        .map(part)
        .collect();
    format!(
        "concat('{CONTENT_ID}', substr(lower(to_hex(sha256(to_utf8(array_join(ARRAY[{}], chr(10)))))), 1, 32))",
        parts.join(", ")
    )
}
