//! Frames over time: `RANGE BETWEEN INTERVAL … PRECEDING AND …`, exact at their edges.

use crate::common::{run, session};

async fn column(sql: &str) -> String {
    let rows = run(&session(), sql).await.unwrap();
    rows[1..].iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", ")
}

const TIMES: &str = "FROM (VALUES '2024-03-31T00:00:00Z', '2024-03-31T00:04:00Z', '2024-03-31T00:05:00Z', \
                     '2024-03-31T00:10:00.001Z', '2024-04-01T00:00:00Z') AS e(eventtime)";

#[tokio::test]
async fn a_frame_of_minutes_holds_its_edges() {
    for (of, frame, expected) in [
        (
            "from_iso8601_timestamp(eventtime)",
            "INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW",
            "1, 2, 3, 1, 1",
        ),
        (
            "from_iso8601_timestamp(eventtime)",
            "CURRENT ROW AND INTERVAL '5' MINUTE FOLLOWING",
            "3, 2, 1, 1, 1",
        ),
        ("from_iso8601_timestamp(eventtime)", "INTERVAL '1' DAY PRECEDING AND CURRENT ROW", "1, 2, 3, 4, 5"),
        (
            "from_iso8601_timestamp(eventtime) AT TIME ZONE 'Europe/Berlin'",
            "INTERVAL '1' DAY PRECEDING AND CURRENT ROW",
            "1, 2, 3, 4, 5",
        ),
        (
            "CAST(from_iso8601_timestamp(eventtime) AS timestamp)",
            "INTERVAL '6' MINUTE PRECEDING AND INTERVAL '1' SECOND PRECEDING",
            "0, 1, 2, 1, 0",
        ),
        (
            "CAST(from_iso8601_timestamp(eventtime) AS date)",
            "INTERVAL '1' DAY PRECEDING AND CURRENT ROW",
            "4, 4, 4, 4, 5",
        ),
        (
            "from_iso8601_timestamp(eventtime)",
            "INTERVAL '1' MONTH PRECEDING AND CURRENT ROW",
            "1, 2, 3, 4, 5",
        ),
    ] {
        let sql =
            format!("SELECT count(*) OVER (ORDER BY {of} RANGE BETWEEN {frame}) {TIMES} ORDER BY eventtime");
        assert_eq!(column(&sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_named_window_can_have_such_a_frame() {
    let sql = format!(
        "SELECT max(n) FROM (SELECT count(*) OVER burst AS n {TIMES} \
         WINDOW burst AS (ORDER BY from_iso8601_timestamp(eventtime) \
         RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW))"
    );
    assert_eq!(column(&sql).await, "3");
}
