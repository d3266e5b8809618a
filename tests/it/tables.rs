//! `trailbrief query` of statements that were written for other tables of CloudTrail's logs: their partition columns, hidden
//! columns, maps, and CloudTrail Lake.

mod lake;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    sync::{Arc, LazyLock},
};

use datafusion_trino::TableNames;
use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::habits::Habits,
    engine::embedded::{
        adhoc::{self, AdHocError, Files},
        answer::{self, AnswerFormat},
        pack::Surroundings,
        source::{Source, walk::walk},
    },
    plan::Sql,
};

use crate::common::{base, log_file};

/// Where each event of the sample lies: account, region, day, minute of delivery, name.
const EVENTS: [(&str, &str, &str, &str, &str); 4] = [
    ("111122223333", "us-east-1", "2026/03/09", "0905", "CreateBucket"),
    ("111122223333", "eu-west-1", "2026/03/10", "0005", "DeleteBucket"),
    ("111122223333", "us-east-1", "2026/03/10", "1305", "GetBucketAcl"),
    ("222233334444", "us-east-1", "2026/04/01", "1305", "PutBucketAcl"),
];

/// An organization's logs in CloudTrail's folders: one file for each event. It happened five minutes before the delivery.
fn logs() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (number, (account, region, day, minute, name)) in EVENTS.into_iter().enumerate() {
        let mut record = base("create-bucket");
        record["eventID"] = json!(format!("00000000-0000-4000-8000-00000000000{number}"));
        record["eventName"] = json!(name);
        record["eventTime"] = json!(format!("{}T{}:00:00Z", day.replace('/', "-"), &minute[..2]));
        record["awsRegion"] = json!(region);
        record["recipientAccountId"] = json!(account);
        record["readOnly"] = json!(name.starts_with("Get"));
        record["requestParameters"] =
            json!({ "bucketName": format!("b{number}"), "acl": { "grants": [1, 2] } });
        write(root.path(), (account, region, day, minute), &record);
    }
    root
}

/// Writes the file of one record.
fn write(root: &Path, (account, region, day, minute): (&str, &str, &str, &str), record: &Value) {
    let folder = root.join(format!("AWSLogs/o-exampleorgid/{account}/CloudTrail/{region}/{day}"));
    fs::create_dir_all(&folder).unwrap();
    let name = format!("{account}_CloudTrail_{region}_{}T{minute}Z_abc.json.gz", day.replace('/', ""));
    fs::write(folder.join(name), log_file(std::slice::from_ref(record))).unwrap();
}

/// What one query says: its result as CSV, then its messages.
fn asked(folder: &Path, arguments: &[&str], sql: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["query", "--logs", "AWSLogs", "--format", "csv", "--table", "cloudtrail_logs"])
        .args(arguments)
        .arg(sql)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

static APP: LazyLock<App> = LazyLock::new(|| {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/empty.toml");
    App::load(Some(&config)).unwrap()
});

/// The names of the events that a condition keeps, in order, without a process of its own; then what was wrong with files.
fn kept(folder: &Path, condition: &str) -> String {
    let sql = format!("SELECT eventname FROM cloudtrail_logs WHERE {condition} ORDER BY eventtime");
    let source = Source::open(&folder.join("AWSLogs").to_string_lossy()).unwrap();
    let files = Files {
        files: Arc::new(walk(&source, None).unwrap().files),
        source,
        window: None,
        names: TableNames::of("events", &[]).with(&["cloudtrail_logs"]).unwrap(),
        partitions: BTreeMap::new(),
        reads_lake: false,
        as_detections: false,
        progress: Arc::default(),
    };
    let now = "2026-04-02".parse().unwrap();
    let habits = Habits::default();
    let surroundings = Surroundings { accounts: &APP.context.accounts, watchlist: &[], habits: &habits, now };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (sessions, limits) = (&APP.context.sessions, &APP.context.limits);
        let arriving = match adhoc::run(sessions, &Sql::ad_hoc(sql), &files, limits, &surroundings).await {
            Ok(arriving) => arriving,
            Err(AdHocError::Refused(error)) => {
                return format!("{error} ({})", error.hint.as_deref().unwrap_or_default());
            }
            Err(AdHocError::Failed(error)) => return error.reason,
        };
        let stats = arriving.stats.clone();
        let mut rows = Vec::new();
        answer::write(arriving, AnswerFormat::Csv, &mut rows).await.unwrap();
        let rows = String::from_utf8(rows).unwrap().replace('"', "");
        let names = rows.lines().skip(1).collect::<Vec<_>>().join(" ");
        let stats = stats.lock().unwrap();
        stats.problems.iter().fold(names, |names, problem| format!("{names} {}", problem.file))
    })
}

/// The same through the program.
fn names(folder: &Path, arguments: &[&str], condition: &str) -> String {
    let sql = format!("SELECT eventname FROM cloudtrail_logs WHERE {condition} ORDER BY eventtime");
    let said = asked(folder, arguments, &sql);
    match said.strip_prefix("\"eventname\"\n") {
        Some(rows) => rows.replace('"', "").trim_end().replace('\n', " "),
        None => said,
    }
}

#[test]
fn partition_columns_of_other_tables_are_known() {
    let logs = logs();
    let (first, tenth, april) = ("CreateBucket", "DeleteBucket GetBucketAcl", "PutBucketAcl");
    for (condition, expected) in [
        ("year = '2026' AND month = '03' AND day = '10'", tenth),
        ("year = 2026 AND month = 3 AND day >= 10", tenth),
        ("month = '4'", april),
        (
            "concat(year, month, day) BETWEEN '20260309' AND '20260310' AND region = 'eu-west-1'",
            "DeleteBucket",
        ),
        ("cast(year as integer) * 100 + cast(month as integer) = 202604", april),
        ("day = '2026/03/10'", tenth),
        ("day = date '2026-03-09'", first),
        ("hour = '13' AND month = '03'", "GetBucketAcl"),
        ("hour = 9", first),
        ("date = '2026/03/10'", tenth),
        ("date >= '2026-03-10' AND date < '2026-04-01'", tenth),
        ("date BETWEEN DATE '2026-03-09' AND DATE '2026-03-09'", first),
        ("dt LIKE '2026/04/%'", april),
        ("dt = '20260309'", first),
        ("date_parse(dt, '%Y-%m-%d') < timestamp '2026-03-10 00:00:00'", first),
        ("eventdate = '2026-03-09'", first),
        ("event_date = '2026/03/09'", first),
        ("date_partition >= '2026/04/01'", april),
        ("p_date = '2026-04-01' AND p_account = '222233334444' AND p_region = 'us-east-1'", april),
        ("account_partition = '222233334444' AND region_partition LIKE 'us-%'", april),
        ("awsregion_partition = 'eu-west-1'", "DeleteBucket"),
        ("accountid = '222233334444'", april),
        ("account_id = 222233334444", april),
        ("account = 222233334444", april),
        ("org_id = 'o-exampleorgid' AND region = 'eu-west-1'", "DeleteBucket"),
        ("\"timestamp\" = '2026/03/09'", first),
        ("timestamp >= '2026-03-10' AND timestamp <= '2026-03-31'", tenth),
    ] {
        assert_eq!(kept(logs.path(), condition), expected, "{condition}");
    }
    let grouped = "WITH logs AS (SELECT * FROM cloudtrail_logs WHERE year = '2026') \
                   SELECT l.month, day, count(*) AS n FROM logs l GROUP BY l.month, day ORDER BY 1, 2";
    assert_eq!(
        asked(logs.path(), &[], grouped),
        "\"month\",\"day\",\"n\"\n\"03\",\"09\",\"1\"\n\"03\",\"10\",\"2\"\n\"04\",\"01\",\"1\"\n"
    );
}

#[test]
fn a_name_of_the_statements_own_stays_what_it_is() {
    let logs = logs();
    let own = "SELECT day, count(*) AS n FROM (SELECT substr(eventtime, 9, 2) AS day, * FROM cloudtrail_logs) GROUP BY day ORDER BY day LIMIT 1";
    assert_eq!(asked(logs.path(), &[], own), "\"day\",\"n\"\n\"01\",\"1\"\n");
    let stars = asked(logs.path(), &[], "SELECT * FROM cloudtrail_logs LIMIT 1");
    let header = stars.lines().next().unwrap();
    assert!(header.ends_with("\"eventcontext\",\"account\",\"region\",\"timestamp\""), "{header}");
    let stars = asked(
        logs.path(),
        &[],
        "SELECT * FROM cloudtrail_logs WHERE year = '2026' AND p_account IS NOT NULL LIMIT 1",
    );
    let header = stars.lines().next().unwrap();
    assert!(header.ends_with("\"timestamp\",\"p_account\",\"year\""), "{header}");
    let unknown = asked(logs.path(), &[], "SELECT 1 FROM cloudtrail_logs WHERE landed = '2026-03-10'");
    assert!(unknown.contains("COLUMN_NOT_FOUND: Column 'landed' cannot be resolved"), "{unknown}");
    assert!(unknown.contains("`--partition landed=yyyy/MM/dd`"), "{unknown}");
    let mixed = asked(logs.path(), &[], "SELECT 1 FROM cloudtrail_logs WHERE year = '2026' OR year = 2026");
    assert!(mixed.contains("TYPE_MISMATCH"), "{mixed}");
}

#[test]
fn conditions_on_partition_columns_and_paths_spare_files() {
    let logs = logs();
    let folder = logs.path().join("AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2026/03/08");
    fs::create_dir_all(&folder).unwrap();
    let damaged = "111122223333_CloudTrail_us-east-1_20260308T0105Z_abc.json.gz";
    fs::write(folder.join(damaged), b"\x1f\x8b\x08 no log").unwrap();
    let everything = kept(logs.path(), "eventname = 'CreateBucket'");
    assert!(everything.contains("20260308T0105Z"), "a damaged file is reported: {everything}");
    for condition in [
        "year = '2026' AND month = '03' AND day = '09'",
        "day IN ('09')",
        "concat(year, '-', month, '-', day) = '2026-03-09'",
        "\"timestamp\" = '2026/03/09'",
        "\"timestamp\" > '2026-03-08' AND region = 'us-east-1' AND dt = '20260309'",
        "hour = '09'",
        "\"$path\" LIKE '%20260309T%'",
        "\"$file_size\" > 100 AND date_format(cast(p_date as date), '%d') = '09'",
        "\"$partition\" = 'account=111122223333/region=us-east-1/timestamp=2026%2F03%2F09'",
    ] {
        assert_eq!(kept(logs.path(), condition), "CreateBucket", "{condition}");
    }
    let early = kept(logs.path(), "hour = '01' OR eventname = 'CreateBucket'");
    assert!(early.contains("20260308T0105Z"), "what no path decides is read: {early}");
}

#[test]
fn hidden_columns_tell_of_the_file_and_stay_out_of_stars() {
    let logs = logs();
    let file = "o-exampleorgid/111122223333/CloudTrail/eu-west-1/2026/03/10/111122223333_CloudTrail_eu-west-1_20260310T0005Z_abc.json.gz";
    let size = fs::metadata(logs.path().join("AWSLogs").join(file)).unwrap().len();
    let said = asked(
        logs.path(),
        &[],
        "SELECT \"$path\", \"$file_size\", \"$partition\", \"$file_modified_time\" > timestamp '2024-01-01 00:00:00 UTC' AS late FROM cloudtrail_logs WHERE region = 'eu-west-1'",
    );
    assert_eq!(
        said,
        format!(
            "\"$path\",\"$file_size\",\"$partition\",\"late\"\n\"{file}\",\"{size}\",\"account=111122223333/region=eu-west-1/timestamp=2026%2F03%2F10\",\"true\"\n"
        )
    );
    for (sql, ends) in [
        ("SELECT * FROM cloudtrail_logs WHERE \"$path\" LIKE '%eu-west-1%'", "\"region\",\"timestamp\""),
        ("SELECT l.*, \"$path\" FROM cloudtrail_logs l", "\"region\",\"timestamp\",\"$path\""),
        (
            "SELECT * FROM cloudtrail_logs a JOIN cloudtrail_logs b ON a.\"$path\" = b.\"$path\" CROSS JOIN (VALUES 1) AS v(n)",
            "\"region\",\"timestamp\",\"n\"",
        ),
    ] {
        let said = asked(logs.path(), &[], sql);
        let header = said.lines().next().unwrap();
        assert!(header.ends_with(ends) && !header.contains("$file_size"), "{sql}: {said}");
        assert_eq!(header.matches("$path").count(), ends.matches("$path").count(), "{sql}: {header}");
    }
}

#[test]
fn a_query_that_fails_before_its_first_row_prints_no_header() {
    let logs = logs();
    let said = asked(logs.path(), &[], "SELECT (SELECT eventname FROM cloudtrail_logs) AS n");
    assert!(said.starts_with("error: the query failed: SUBQUERY_MULTIPLE_ROWS"), "{said}");
    let empty = asked(logs.path(), &[], "SELECT eventname FROM cloudtrail_logs WHERE year = '1999'");
    assert!(empty.starts_with("\"eventname\"\n"), "{empty}");
}

#[test]
fn partition_columns_can_be_named() {
    let logs = logs();
    let named = ["--partition", "landed=yyyy/MM/dd", "--partition", "Owner=number:account"];
    assert_eq!(names(logs.path(), &named, "landed = '2026/04/01' AND owner = 222233334444"), "PutBucketAcl");
    let known = ["--partition", "day=d"];
    assert_eq!(names(logs.path(), &known, "day = '1'"), "PutBucketAcl");
    assert_eq!(names(logs.path(), &known, "day LIKE '9'"), "CreateBucket");
    fs::write(logs.path().join("trailbrief.toml"), "[table.partitions]\nlanded = \"yyyyMM\"\n").unwrap();
    assert_eq!(names(logs.path(), &[], "landed = '202604'"), "PutBucketAcl");
    let over = ["--partition", "landed=yyyy"];
    assert_eq!(names(logs.path(), &over, "landed = '2026' AND region = 'eu-west-1'"), "DeleteBucket");
    for (given, says) in [
        ("landed", "write NAME=FORM"),
        ("landed=x", "`x` is not the form of a partition"),
        ("eventname=yyyy", "`eventname` cannot be the name"),
    ] {
        let said = names(logs.path(), &["--partition", given], "true");
        assert!(said.contains(says), "{given}: {said}");
    }
    fs::write(logs.path().join("trailbrief.toml"), "[table.partitions]\nlanded = \"weekly\"\n").unwrap();
    let said = names(logs.path(), &[], "true");
    assert!(said.contains("`weekly` is not the form of a partition"), "{said}");
}
