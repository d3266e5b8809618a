//! Parts of the SQL standard around a query: `WITH TIES`, `TABLE`, hidden columns; and texts that stand for times.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Int64Array, RecordBatch, StringArray, TimestampMillisecondArray},
        datatypes::{DataType, Field, Schema, TimeUnit},
    },
    datasource::MemTable,
    prelude::SessionContext,
};
use datafusion_trino::{Bindings, ErrorClass, SqlError, TableNames, format_value, plan_with};

use crate::common::{now, run, session};

/// The rows of a statement, in its order; or its error.
async fn rows(context: &SessionContext, sql: &str) -> String {
    match run(context, sql).await {
        Ok(rows) => rows[1..].iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", "),
        Err(error) => format!("{}: {}", error.class, error.message),
    }
}

const T: &str = "WITH t(g, n) AS (VALUES ('a', 1), ('b', 2), ('c', 2), ('d', 3), ('e', NULL)) ";

#[tokio::test]
async fn with_ties_keeps_whoever_ties_with_the_last() {
    for (sql, expected) in [
        ("SELECT g, n FROM t ORDER BY n FETCH FIRST 2 ROWS WITH TIES", "a 1, b 2, c 2"),
        ("SELECT g FROM t ORDER BY n DESC, g FETCH FIRST 2 ROWS WITH TIES", "d, b"),
        ("SELECT g FROM t ORDER BY n DESC FETCH FIRST ROW WITH TIES", "d"),
        ("SELECT g FROM t ORDER BY n OFFSET 1 FETCH FIRST 1 ROW WITH TIES", "b, c"),
        (
            "SELECT n, count(*) AS c FROM t GROUP BY n ORDER BY count(*) DESC FETCH FIRST 1 ROWS WITH TIES",
            "2 2",
        ),
        ("SELECT DISTINCT n FROM t ORDER BY 1 FETCH FIRST 2 ROWS WITH TIES", "1, 2"),
        ("SELECT count(*) FROM (SELECT g FROM t ORDER BY n FETCH FIRST 2 ROWS WITH TIES)", "3"),
        ("SELECT g FROM t UNION ALL SELECT 'a' ORDER BY g FETCH FIRST 1 ROW WITH TIES", "a, a"),
        ("SELECT g FROM t ORDER BY n FETCH FIRST 2 ROWS ONLY", "a, b"),
        (
            "SELECT g FROM t FETCH FIRST 2 ROWS WITH TIES",
            "MISSING_ORDER_BY: FETCH FIRST WITH TIES clause requires ORDER BY",
        ),
    ] {
        let found = rows(&session(), &format!("{T}{sql}")).await;
        let sorted = |text: &str| {
            let mut rows: Vec<&str> = text.split(", ").collect();
            rows.sort_unstable();
            rows.join(", ")
        };
        assert_eq!(sorted(&found), sorted(expected), "{sql}");
    }
}

#[tokio::test]
async fn a_table_is_a_query() {
    for (sql, expected) in [
        ("TABLE t ORDER BY g LIMIT 1", "a 1"),
        ("SELECT count(*) FROM (TABLE t)", "5"),
        ("SELECT g FROM t WHERE n = 3 UNION ALL (SELECT g FROM (TABLE t) WHERE n = 1)", "d, a"),
        ("SELECT x.* FROM t", "TABLE_NOT_FOUND: Unable to resolve reference x"),
    ] {
        assert_eq!(rows(&session(), &format!("{T}{sql}")).await, expected, "{sql}");
    }
}

/// A session with a table that has a time and a hidden column.
fn with_hidden() -> SessionContext {
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("$place", DataType::Utf8, true),
    ]));
    let day = 1_773_100_800_000;
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(TimestampMillisecondArray::from(vec![day, day + 3_600_000])),
            Arc::new(StringArray::from(vec!["x", "y"])),
        ],
    );
    let context = session();
    context
        .register_table("h", Arc::new(MemTable::try_new(schema, vec![vec![batch.unwrap()]]).unwrap()))
        .unwrap();
    context
}

#[tokio::test]
async fn stars_leave_hidden_columns_out() {
    let context = with_hidden();
    for (sql, columns) in [
        ("SELECT * FROM h", "id at"),
        ("SELECT *, \"$place\" FROM h", "id at $place"),
        ("SELECT a.*, b.id FROM h a JOIN h b ON a.\"$place\" = b.\"$place\"", "id at id"),
        ("SELECT * FROM h a, h b", "id at id at"),
        ("SELECT * FROM (SELECT * FROM h) CROSS JOIN (VALUES 1) AS v(n)", "id at n"),
        ("SELECT * FROM h CROSS JOIN (SELECT 1 AS n)", "id at n"),
        ("WITH h AS (SELECT * FROM h) SELECT * FROM h", "id at"),
        ("SELECT * FROM (SELECT \"$place\" FROM h)", "$place"),
    ] {
        let found = run(&context, sql).await.unwrap();
        assert_eq!(found[0].join(" "), columns, "{sql}");
    }
    let several = run(&context, "SELECT * FROM h a, h b, (VALUES 1)").await.unwrap_err();
    assert_eq!(several.class, ErrorClass::NotSupported);
}

#[tokio::test]
async fn texts_stand_for_times_only_where_that_is_asked_for() {
    let context = with_hidden();
    let asked = async |sql: &str, texts_are_times: bool| -> Result<Vec<String>, SqlError> {
        let names = TableNames::default();
        let bindings = Bindings { texts_are_times, ..Bindings::new(&[], &names) };
        let plan = plan_with(&context.state(), sql, now(), &bindings).await?;
        let frame =
            context.execute_logical_plan(plan).await.map_err(|error| SqlError::of_execution(&error))?;
        let batches = frame.collect().await.map_err(|error| SqlError::of_execution(&error))?;
        let cells = batches.iter().flat_map(|batch| {
            (0..batch.num_rows()).map(|row| format_value(batch.column(0), row).unwrap_or_default())
        });
        Ok(cells.collect())
    };
    for condition in [
        "at > '2026-03-10 00:30:00'",
        "'2026-03-10 00:30' <= at",
        "at BETWEEN '2026-03-10 00:30:00' AND '2026-03-11'",
        "at IN ('2026-03-10 01:00:00.000')",
        "at <> '2026-03-10'",
        "at = '2026-03-10T01:00:00Z'",
        "(SELECT max(at) FROM h) = '2026-03-10 01:00:00' AND id = 2",
        "id IN (SELECT id FROM h WHERE at >= '2026-03-10 01:00:00')",
    ] {
        let sql = format!("SELECT id FROM h WHERE {condition}");
        assert_eq!(asked(&sql, true).await, Ok(vec!["2".to_owned()]), "{condition}");
        assert_eq!(asked(&sql, false).await.unwrap_err().class, ErrorClass::TypeMismatch, "{condition}");
    }
    let no_time = asked("SELECT id FROM h WHERE at > 'soon'", true).await.unwrap_err();
    assert_eq!(no_time.class, ErrorClass::InvalidCastArgument);
}
