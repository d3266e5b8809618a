//! `trailbrief query` of what people paste: names of tables, `?` with values, what is no query, what is not filled in.

use std::{fs, process::Command};

use serde_json::json;

use crate::common::{base, log_file};

/// A directory with three events of two days, and a configuration with a table.
fn logs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = [("ConsoleLogin", 9), ("GetObject", 10), ("CreateUser", 10)]
        .iter()
        .enumerate()
        .map(|(number, (name, day))| {
            let mut record = base("console-login-root");
            record["eventID"] = json!(format!("00000000-0000-4000-8000-00000000000{number}"));
            record["eventName"] = json!(name);
            record["eventTime"] = json!(format!("2026-03-{day:02}T12:00:00Z"));
            record
        })
        .collect();
    fs::write(folder.path().join("a.json.gz"), log_file(&records)).unwrap();
    let table = "[table]\nlogs = \"s3://trail-logs/\"\ndatabase = \"security\"\nname = \"ct_logs\"\n";
    fs::write(folder.path().join("trailbrief.toml"), table).unwrap();
    folder
}

/// Everything that one query says.
fn asked(folder: &std::path::Path, arguments: &[&str], sql: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["query", "--logs", ".", "--format", "csv"])
        .args(arguments)
        .arg(sql)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    let (code, shown, refused) = (output.status.code().unwrap(), output.stdout, output.stderr);
    format!(
        "{}{sql}\n---- {code}\n{}{}\n",
        arguments.iter().map(|argument| format!("{argument}\n")).collect::<String>(),
        String::from_utf8(shown).unwrap(),
        String::from_utf8(refused).unwrap()
    )
}

fn shown(cases: &[(&[&str], &str)]) -> String {
    let logs = logs();
    cases.iter().map(|(arguments, sql)| asked(logs.path(), arguments, sql)).collect()
}

#[test]
fn names_of_a_table_mean_events() {
    insta::assert_snapshot!(shown(NAMES));
}

const DAY: [&str; 4] = ["--from", "2026-03-10", "--to", "2026-03-11"];

const NAMES: &[(&[&str], &str)] = &[
    (&[], "SELECT eventName FROM ct_logs ORDER BY 1"),
    (&DAY, "SELECT count(*) AS n FROM CT_Logs"),
    (&DAY, "SELECT count(*) AS n FROM \"security\".\"ct_logs\""),
    (&DAY, "SELECT count(*) AS n FROM AwsDataCatalog.Security.\"CT_LOGS\""),
    (&DAY, "SELECT count(*) AS n FROM other.ct_logs"),
    (
        &["--table", "default.cloudtrail_logs", "--from", "2026-03-10", "--to", "2026-03-11"],
        "SELECT count(*) AS n FROM cloudtrail_logs",
    ),
    (
        &["--table", "a", "--table", "x.\"b\""],
        "SELECT count(*) AS n FROM db.A JOIN c.d.b ON a.eventid = b.eventid JOIN events e ON e.eventid = d.b.eventid",
    ),
    (
        &[],
        "SELECT ct_logs.eventName, \"security\".\"ct_logs\".userIdentity.Type FROM \"security\".\"ct_logs\" WHERE security.ct_logs.eventname LIKE 'C%' ORDER BY security.ct_logs.eventname",
    ),
    (&[], "SELECT c.security.ct_logs.resources[1].arn, count(*) FROM c.security.ct_logs GROUP BY 1"),
    (
        &[],
        "SELECT security.ct_logs.eventname FROM ct_logs WHERE security.ct_logs.useridentity.type = 'Root' ORDER BY 1 LIMIT 1",
    ),
    (
        &[],
        "SELECT count(*) AS n FROM (SELECT security.ct_logs.* FROM security.ct_logs) WHERE eventname = 'GetObject'",
    ),
    (&[], "SELECT l.eventname FROM security.ct_logs AS l WHERE l.eventname = 'GetObject'"),
    (&[], "WITH ct_logs AS (SELECT 'mine' AS eventname) SELECT eventname FROM ct_logs"),
    (
        &[],
        "WITH ct_logs AS (SELECT * FROM security.ct_logs WHERE eventname = 'GetObject') SELECT count(*) AS n FROM ct_logs",
    ),
    (
        &[],
        "WITH events AS (SELECT * FROM ct_logs WHERE eventname = 'GetObject'), b AS (SELECT * FROM ct_logs) SELECT (SELECT count(*) FROM events) AS one, (SELECT count(*) FROM b) AS three",
    ),
    (&[], "SELECT count(*) AS n FROM security.ct_logs t CROSS JOIN UNNEST(t.resources) AS u(r)"),
    (&[], "SELECT eventname\nFROM ct_logs\nWHERE security.ct_logs.evenname = 'x'"),
    (&[], "SELECT eventname FROM security.ct_logs WHERE security.ct_logs.evenname = 'x'"),
    (
        &[],
        "SELECT eventname\nFROM default.cloudtrail_logs c JOIN accounts ON true JOIN default.cloudtrail_logs ON true",
    ),
    (&[], "SELECT eventname FROM evnts"),
    (&[], "SELECT eventname FROM a JOIN b ON true"),
    (&[], "SELECT eventname FROM \"my logs\""),
    (&["--table", "a.b.c.d"], "SELECT 1"),
    (&["--table", "db.watchlist"], "SELECT 1"),
];

#[test]
fn values_stand_for_question_marks() {
    insta::assert_snapshot!(shown(VALUES));
}

const VALUES: &[(&[&str], &str)] = &[
    (&["--param", "GetObject"], "SELECT eventname FROM events WHERE eventname = ?"),
    (&["--param", "'GetObject'"], "SELECT eventname FROM events WHERE eventname = ? -- ?"),
    (&["--param", "Get%"], "SELECT eventname FROM events WHERE eventname LIKE ?"),
    (
        &[
            "--param",
            "42",
            "--param",
            "-5",
            "--param",
            "1 + 2 * 3",
            "--param",
            "root",
            "--param",
            "'x'",
            "--param",
            "DATE '2024-01-01'",
        ],
        "SELECT ?, ?, ? * 2, ?, ? AS Text, ? + interval '1' day AS d",
    ),
    (
        &[
            "--param",
            "2024-01-01",
            "--param",
            "10.0.0.1",
            "--param",
            "arn:aws:iam::1:root",
            "--param",
            "",
            "--param",
            "O'Brien",
            "--param",
            "\"x\"",
        ],
        "SELECT ?, ?, ?, ?, ?, ?",
    ),
    (
        &[
            "--param",
            "lower('ABC')",
            "--param",
            "transform(ARRAY[1], x -> x + 1)",
            "--param",
            "NULL",
            "--param",
            "true",
            "--param",
            "?",
            "--param",
            "a -- b",
        ],
        "SELECT ?, ?, ?, ?, ?, ?",
    ),
    (&["--param", "1"], "SELECT eventname FROM events ORDER BY 1 LIMIT ?"),
    (
        &["--param", "CreateUser", "--param", "2"],
        "WITH a AS (SELECT eventname FROM events WHERE eventname <> ?) SELECT count(*) AS n FROM a HAVING count(*) = ?",
    ),
    (
        &["--param", "2", "--param", "ConsoleLogin"],
        "SELECT 1 + ? AS n FROM (SELECT 1 FROM events WHERE eventname = ?)",
    ),
    (&["--param", "x' OR '1'='1"], "SELECT count(*) AS n FROM events WHERE eventname = ?"),
    (&["--param", "x') OR (1=1"], "SELECT count(*) AS n FROM events WHERE (eventname = ?)"),
    (&["--param", "'x' OR true"], "SELECT count(*) AS n FROM events WHERE eventname = 'x' AND ?"),
    (&["--param", "'x'; DROP TABLE events"], "SELECT ? AS text"),
    (&["--param", "(SELECT min(eventname) FROM events)"], "SELECT\n? AS text"),
    (&["--param", "123456789012"], "SELECT count(*) AS n FROM events WHERE recipientaccountid = ?"),
    (&["--param", "DATE '2024-13-01'"], "SELECT ?"),
    (&["--param", "nope(1)"], "SELECT\n ?"),
    (&["--param", "'2024-01-01'"], "SELECT DATE ?"),
    (&["--param", "1"], "SELECT interval ? day"),
    (&["--param", "1"], "SELECT eventname ? FROM events"),
    (&["--param", "1"], "SELECT eventname FROM events ORDER BY ?"),
    (&["--param", "x"], "SELECT max(eventname) AS n FROM events GROUP BY ?"),
    (&["--param", "a"], "SELECT ?,\n ?, ?"),
    (&["--param", "a", "--param", "b"], "SELECT '?', ?"),
    (&["--param", "a"], "SELECT eventname FROM events WHERE eventname = '?'"),
    (&[], "SELECT eventname FROM events WHERE eventname = ?"),
];

#[test]
fn what_is_not_a_query_is_answered_with_what_to_do() {
    insta::assert_snapshot!(shown(OTHERS));
}

const OTHERS: &[(&[&str], &str)] = &[
    (&[], "-- mine\nselect COUNT(*) as n FROM Events /* all */ ; -- done\n\n"),
    (&[], "SELECT 1; SELECT 2"),
    (&[], "USE security;\nSELECT 2"),
    (&[], "CREATE VIEW v AS\n  SELECT 1"),
    (&[], "create or replace view v as with a as (select 1) select * from a"),
    (&[], "CREATE TABLE t WITH (format = 'PARQUET') AS\nSELECT 1"),
    (&[], "CREATE EXTERNAL TABLE t (a string) LOCATION 's3://b/'"),
    (&[], "CREATE TABLE t (a int)"),
    (&[], "INSERT INTO t (a) SELECT 1"),
    (&[], "INSERT INTO t VALUES (1)"),
    (&[], "UNLOAD (SELECT (1)) TO 's3://b/' WITH (format = 'JSON')"),
    (&[], "EXPLAIN ANALYZE SELECT 1"),
    (&[], "EXPLAIN (TYPE LOGICAL) SELECT 1"),
    (&[], "PREPARE p FROM\nSELECT ?"),
    (&[], "EXECUTE p USING 1"),
    (&[], "SHOW TABLES"),
    (&[], "MSCK REPAIR TABLE events"),
    (&[], "DROP TABLE events"),
    (&[], "ALTER TABLE events ADD PARTITION (a = 'b')"),
    (&[], "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE"),
    (&[], "UPDATE events SET a = 1"),
    (&[], "DELETE FROM events"),
    (&[], "SELCT 1"),
    (&[], "  \n-- nothing\n"),
    (&[], "SELECT 'a"),
    (&[], "SELECT eventname FROM events WHERE eventname = “ConsoleLogin”"),
    (&[], "SELECT\u{a0}count(*) AS n FROM\u{a0}events\u{a0};\u{a0}"),
    (&[], "SELECT eventname FROM events WHERE eventname = :name"),
    (&[], "SELECT eventname FROM events\nWHERE recipientaccountid = <account-id>"),
    (&[], "SELECT eventname FROM ${database}.logs"),
    (&[], "SELECT eventname FROM events WHERE eventname = {{ name }}"),
];
