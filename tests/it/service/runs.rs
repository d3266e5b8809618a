//! Runs on Athena: the same findings as over log files, nothing charged twice, every failure reported.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::LazyLock,
};

use futures::{StreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use serde_json::Value;

use super::{
    athena::{Athena, Fault},
    command, stderr, trailbrief,
};
use crate::rig;

const WINDOW: [&str; 6] = ["--from", "2026-03-10", "--to", "2026-03-12", "--format", "json"];

/// The sample organization's logs, in a directory and in a bucket, without the file that is damaged on purpose: on Athena
/// it would fail every statement.
pub(super) struct Sample {
    pub(super) folder: tempfile::TempDir,
    /// What the program finds in the directory.
    pub(super) local: Value,
}

pub(super) static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let output = trailbrief(folder.path(), &["demo", "--out", "."]);
    assert!(output.status.success(), "{}", stderr(&output));
    let brief: Value = serde_json::from_slice(&fs::read(folder.path().join("brief.json")).unwrap()).unwrap();
    for problem in brief["problems"].as_array().unwrap() {
        fs::remove_file(folder.path().join("AWSLogs").join(problem["file"].as_str().unwrap())).unwrap();
    }
    rig::make_bucket("logs-sample");
    rig::make_bucket("results-sample");
    let mut files = Vec::new();
    list(&folder.path().join("AWSLogs"), &mut files);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bucket = rig::bucket("logs-sample");
        let upload = stream::iter(&files).map(|file| {
            let key = file.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
            let (bucket, bytes) = (&bucket, fs::read(file).unwrap());
            async move { bucket.put(&key.as_str().into(), bytes.into()).await.unwrap() }
        });
        upload.buffer_unordered(16).collect::<Vec<_>>().await;
    });
    let config = fs::read_to_string(folder.path().join("trailbrief.toml")).unwrap();
    let service = "[table]\nlogs = \"s3://logs-sample\"\ndatabase = \"sample\"\norganization = \"o-exampleorgid\"\n\
                   [athena]\noutput = \"s3://results-sample/athena/\"\n";
    fs::write(folder.path().join("service.toml"), format!("{service}{config}")).unwrap();
    let output = trailbrief(folder.path(), &["table", "apply", "--config", "service.toml"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let run = [&["run", "--logs", "AWSLogs", "--config", "trailbrief.toml"], WINDOW.as_slice()].concat();
    let local = json(&trailbrief(folder.path(), &run));
    Sample { folder, local }
});

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path() {
            path if path.is_dir() => list(&path, files),
            path => files.push(path),
        }
    }
}

pub(super) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {}", stderr(output)))
}

/// Runs the sample through this Athena, with more in its configuration.
fn run(athena: &Athena, more: &str) -> Output {
    run_as(athena, more, "json")
}

fn run_as(athena: &Athena, more: &str, format: &str) -> Output {
    let folder = SAMPLE.folder.path();
    let config = fs::read_to_string(folder.join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("trailbrief.toml"), config.replace("[athena]\n", &format!("[athena]\n{more}")))
        .unwrap();
    let arguments = [&["run"], &WINDOW[..4], &["--format", format]].concat();
    command(own.path(), &arguments).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap()
}

/// Runs the program with these arguments over the sample, with more in its configuration.
pub(super) fn asked(athena: &Athena, more: &str, arguments: &[&str]) -> Output {
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("trailbrief.toml"), config.replace("[athena]\n", &format!("[athena]\n{more}")))
        .unwrap();
    command(own.path(), arguments).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap()
}

/// The program's output with these arguments over the sample's files.
pub(super) fn in_files(arguments: &[&str]) -> Output {
    let arguments = [arguments, &["--logs", "AWSLogs", "--config", "trailbrief.toml"]].concat();
    trailbrief(SAMPLE.folder.path(), &arguments)
}

/// The findings of a brief, whatever the order of details.
pub(super) fn reported(brief: &Value) -> BTreeSet<String> {
    ["findings", "suppressed"]
        .iter()
        .flat_map(|list| brief[list].as_array().unwrap())
        .map(|finding| {
            format!(
                "{} {} {} {}",
                finding["detection"], finding["state"], finding["fingerprint"], finding["details"]
            )
        })
        .collect()
}

#[test]
fn a_pack_on_athena_finds_what_it_finds_in_files() {
    let athena = Athena::start();
    let output = run(&athena, "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let brief = json(&output);
    assert!(reported(&SAMPLE.local).len() > 100);
    assert_eq!(reported(&brief), reported(&SAMPLE.local));
    assert_eq!(brief["run"]["engine"], "athena");
    let executions = athena.executions();
    assert_eq!(executions.len(), 1, "one statement for the whole pack");
    assert_eq!(brief["run"]["bytes_scanned"], executions[0].scanned_bytes);
    assert!(brief["run"]["cost_usd"].as_f64().unwrap() > 0.0);
    assert!(brief["run"]["candidates"].as_u64() < SAMPLE.local["run"]["events_read"].as_u64());
    for key in [
        "accounts_seen",
        "accounts_silent",
        "accounts_unknown",
        "regions_seen",
        "regions_silent",
        "days_silent",
    ] {
        assert_eq!(brief["coverage"][key], SAMPLE.local["coverage"][key], "{key}");
    }
    assert!(brief["coverage"]["accounts_seen"].as_array().unwrap().len() > 2);
    let text = String::from_utf8(run_as(&athena, "", "text").stdout).unwrap();
    assert!(
        text.contains("returned by Athena, which scanned") && text.contains("1 statement over"),
        "{text}"
    );
}

#[test]
fn statements_that_list_few_partitions_find_the_same() {
    let athena = Athena::start();
    let brief = json(&run(&athena, "partitions = 9\n"));
    assert_eq!(reported(&brief), reported(&SAMPLE.local));
    let executions = athena.executions();
    assert!(executions.len() > 5 && executions.iter().all(|execution| execution.partitions <= 9));
}

#[test]
fn what_goes_wrong_on_the_way_changes_nothing_and_is_not_paid_twice() {
    let athena = Athena::start();
    athena.fail(&[Fault::Throttled, Fault::LostAnswer, Fault::FailsAgain, Fault::QueuedAgain]);
    let output = run(&athena, "partitions = 60\n");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(reported(&json(&output)), reported(&SAMPLE.local));
    let executions = athena.executions();
    let distinct: BTreeSet<&str> = executions.iter().map(|execution| execution.sql.as_str()).collect();
    // One was run again because Athena failed it; the lost answer and the throttled call cost no second execution.
    assert_eq!(executions.len(), distinct.len() + 1);
}

/// Athena keeps results itself for a day: a run that is resumed later must not ask for them for ever.
#[test]
fn a_result_that_athena_keeps_no_longer_is_brought_again() {
    let athena = Athena::start();
    athena.fail(&[Fault::Gone]);
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let managed = config.replace("output = \"s3://results-sample/athena/\"\n", "workgroup = \"managed\"\n");
    fs::write(own.path().join("trailbrief.toml"), managed).unwrap();
    let arguments = [&["run", "--query", "iam.root*"], WINDOW.as_slice()].concat();
    let output =
        command(own.path(), &arguments).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(athena.executions().len(), 2);
}

#[test]
fn what_was_throttled_is_run_again_after_a_while() {
    let athena = Athena::start();
    athena.fail(&[Fault::SlowDown]);
    let brief = json(&run(&athena, ""));
    assert_eq!(reported(&brief), reported(&SAMPLE.local));
    let times: Vec<f64> = athena.executions().iter().map(|one| one.submitted).collect();
    assert!(times.len() == 2 && times[1] - times[0] >= 5.0, "{times:?}");
}

#[test]
fn a_statement_without_an_answer_is_a_failure_of_every_detection() {
    for (fault, more, reason) in [
        (Fault::Fails, "", "its statement on Athena failed: HIVE_EXCEEDED_PARTITION_LIMIT: too many"),
        (Fault::Truncated, "", "is incomplete"),
        (Fault::Stuck, "timeout = \"1s\"\n", "took longer than 1 s"),
    ] {
        let athena = Athena::start();
        athena.fail(&[fault]);
        let output = run(&athena, more);
        assert_eq!(output.status.code(), Some(4), "{fault:?}: {}", stderr(&output));
        let brief = json(&output);
        let failures = brief["failures"].as_array().unwrap();
        assert!(failures.len() > 40, "{fault:?}");
        for failure in failures {
            assert!(failure["reason"].as_str().unwrap().contains(reason), "{failure}");
        }
        assert_eq!(brief["findings"], serde_json::json!([]));
        assert_eq!(athena.stopped(), usize::from(fault == Fault::Stuck), "{fault:?}");
    }
}

/// The first statement of a plan for these detections.
fn planned_statement(athena: &Athena, query: &str) -> String {
    let window = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let arguments =
        [["plan", "--config", "service.toml", "--sql", "--query", query].as_slice(), &window].concat();
    let mut command = command(SAMPLE.folder.path(), &arguments);
    let output = command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let statement = text.split("SELECT json_format").nth(1).unwrap().split("\n\n").next().unwrap();
    format!("SELECT json_format{statement}")
}

#[test]
fn a_plan_shows_the_statement_and_asks_nothing() {
    let athena = Athena::start();
    insta::assert_snapshot!(planned_statement(&athena, "iam.root*"));
    assert!(athena.executions().is_empty());
}

/// Half of the bytes that Athena accepts are left for accounts. A filter that is too long would select by event names alone.
#[test]
fn the_statement_for_the_whole_library_is_short_and_tests_more_than_names() {
    let statement = planned_statement(&Athena::start(), "*");
    assert!(statement.len() < 262_144 / 2, "{} bytes", statement.len());
    let tests = statement.matches("lower(\"errorcode\")").count();
    assert!(tests > 15, "{tests}\n{statement}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_what_a_run_on_demand_started() {
    use std::process::{Command, Stdio};

    let athena = Athena::start();
    athena.fail(&[Fault::Stuck]);
    let arguments =
        [&["run", "--config", "service.toml", "--query", "iam.root*"], WINDOW.as_slice()].concat();
    let mut command = command(SAMPLE.folder.path(), &arguments);
    command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).stderr(Stdio::piped()).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    // Its state is requested once its start is recorded.
    athena.watched();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("the statements on Athena were stopped"), "{}", stderr(&output));
    assert_eq!(athena.stopped(), 1);
}

#[test]
fn mistakes_of_the_workgroup_say_what_to_do() {
    let athena = Athena::start();
    let output = run(&athena, "workgroup = \"nowhere\"\n");
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!("workgroup", stderr(&output));
    let folder = SAMPLE.folder.path();
    let config = fs::read_to_string(folder.join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let without = config.replace("output = \"s3://results-sample/athena/\"\n", "");
    fs::write(own.path().join("trailbrief.toml"), &without).unwrap();
    let said = |folder: &Path| {
        let arguments = [&["run"], WINDOW.as_slice()].concat();
        let output =
            command(folder, &arguments).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
        format!("{}\n{}", output.status.code().unwrap(), stderr(&output))
    };
    insta::assert_snapshot!("output", said(own.path()));
    fs::write(own.path().join("trailbrief.toml"), without.replace("\"sample\"", "\"elsewhere\"")).unwrap();
    insta::assert_snapshot!("no-table", said(own.path()));
    fs::write(own.path().join("trailbrief.toml"), "").unwrap();
    insta::assert_snapshot!("nothing", said(own.path()));
}

#[test]
fn logs_in_s3_are_read_with_a_profile() {
    let own = tempfile::tempdir().unwrap();
    let profile =
        "[profile audit]\nregion = us-east-1\naws_access_key_id = test\naws_secret_access_key = test\n";
    fs::write(own.path().join("config"), profile).unwrap();
    let config = SAMPLE.folder.path().join("trailbrief.toml");
    let arguments = [
        ["run", "--logs", "s3://logs-sample", "--config"].as_slice(),
        &[config.to_str().unwrap()],
        WINDOW.as_slice(),
    ]
    .concat();
    let mut command = command(own.path(), &arguments);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_CONFIG_FILE", own.path().join("config")).env("AWS_EC2_METADATA_DISABLED", "true");
    let without = command.output().unwrap();
    assert_eq!(without.status.code(), Some(3), "{}", stderr(&without));
    assert!(stderr(&without).contains("there are no credentials"), "{}", stderr(&without));
    let output = command.env("AWS_PROFILE", "audit").output().unwrap();
    assert_eq!(reported(&json(&output)), reported(&SAMPLE.local), "{}", stderr(&output));
}
