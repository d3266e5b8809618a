//! Our table as an event data store of CloudTrail Lake: its types, in Athena's SQL, and the texts that a statement compares
//! with times. Works on tokens.

use crate::{
    domain::cloudtrail::{COLUMNS, PARTITION_COLUMNS},
    plan::{
        foreign::{BOOLEANS, MAPS},
        words::Words,
    },
    text::sql_tokens::TokenKind,
};

/// What to select of the table: every column, with the types of a data store.
pub(super) fn columns() -> String {
    let names = COLUMNS.iter().map(|column| column.name).chain(PARTITION_COLUMNS);
    let column = |name: &str| match name {
        "eventtime" => format!("CAST(from_iso8601_timestamp({name}) AS timestamp(3)) AS {name}"),
        _ if BOOLEANS.contains(&name) => format!("TRY_CAST({name} AS boolean) AS {name}"),
        _ if MAPS.contains(&name) => format!(
            "transform_values(TRY_CAST(TRY(json_parse({name})) AS map(varchar, json)), (k, v) -> \
             coalesce(json_extract_scalar(v, '$'), nullif(json_format(v), 'null'))) AS {name}"
        ),
        _ => format!("\"{name}\""),
    };
    names.map(column).collect::<Vec<_>>().join(", ")
}

/// The statement with timestamps in place of the texts that it compares `eventtime` with.
pub(super) fn with_times(sql: &str) -> String {
    let words = Words::of(sql);
    let mut places = Vec::new();
    for at in 0..words.tokens.len() {
        if !words.names(at, "eventtime") {
            continue;
        }
        let mut next = at + 1;
        if words.is(next, "not") {
            next += 1;
        }
        let compared: Vec<usize> = if words.is(next, "between") {
            vec![next + 1, next + 3]
        } else if words.is(next, "in") && words.text(next + 1) == "(" {
            (next + 2..words.tokens.len())
                .step_by(2)
                .take_while(|at| words.kind(*at) == Some(TokenKind::Text))
                .collect()
        } else {
            let sign = |at: &usize| matches!(words.text(*at), "<" | ">" | "=" | "!");
            let signs = (next..words.tokens.len()).take_while(sign).count();
            if signs > 0 { vec![next + signs] } else { Vec::new() }
        };
        places.extend(compared.into_iter().filter(|at| words.kind(*at) == Some(TokenKind::Text)));
    }
    let mut text = sql.to_owned();
    places.sort_unstable();
    places.dedup();
    for at in places.into_iter().rev() {
        text.insert_str(words.tokens[at].range.start, "timestamp ");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_compared_with_event_times_become_timestamps() {
        for (sql, expected) in [
            ("eventTime > '2026-03-10 00:00:00'", "eventTime > timestamp '2026-03-10 00:00:00'"),
            ("e.eventtime >= 'a' AND x = 'b'", "e.eventtime >= timestamp 'a' AND x = 'b'"),
            (
                "\"eventtime\" NOT BETWEEN 'a' AND 'b'",
                "\"eventtime\" NOT BETWEEN timestamp 'a' AND timestamp 'b'",
            ),
            (
                "eventtime IN ('a', 'b') AND y = 'c'",
                "eventtime IN (timestamp 'a', timestamp 'b') AND y = 'c'",
            ),
            ("eventtime <> 'a'", "eventtime <> timestamp 'a'"),
            ("eventtime > now() AND x > 'a'", "eventtime > now() AND x > 'a'"),
            ("eventname = 'eventtime > 1'", "eventname = 'eventtime > 1'"),
        ] {
            assert_eq!(with_times(sql), expected);
        }
    }

    #[test]
    fn every_column_of_the_table_is_there_with_a_data_store_s_type() {
        let columns = columns();
        for name in COLUMNS.iter().map(|column| column.name).chain(PARTITION_COLUMNS) {
            assert!(
                columns.contains(&format!("\"{name}\"")) || columns.contains(&format!(" AS {name}")),
                "{name}"
            );
        }
        assert!(columns.contains("TRY_CAST(readonly AS boolean) AS readonly"));
        assert!(columns.contains("TRY(json_parse(requestparameters))"));
        assert!(datafusion_trino::inspect(&format!("SELECT {columns} FROM t")).is_ok());
    }
}
