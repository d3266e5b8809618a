//! A run whose time is over: its statements keep running, and the process that resumes it is charged nothing twice.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use object_store::ObjectStoreExt as _;
use serde_json::json;
use trailbrief::testing::{
    app::App,
    aws::{athena::Statements, glue::Glue, organizations::Organizations},
    domain::time::Window,
    engine::{
        athena,
        embedded::scan::Progress,
        ledger::{Ledger, LedgerError, NoLedger},
    },
    run::{self, Job, Logs, Outcome, RunError},
};

use super::{
    athena::{Athena, Fault},
    function::{Place, QUARTER, SECONDS, scheduled_run},
    runs,
};
use crate::{
    common::{app, base, log_file},
    deliver::server::{Server, answer},
    rig,
};

/// What a schedule's state would hold.
#[derive(Default)]
struct Kept(BTreeMap<String, String>);

impl Ledger for Kept {
    fn keeps(&self) -> bool {
        true
    }

    fn known(&self, token: &str) -> Option<String> {
        self.0.get(token).cloned()
    }

    async fn note(&mut self, started: &[(String, String)]) -> Result<(), LedgerError> {
        self.0.extend(started.iter().cloned());
        Ok(())
    }
}

pub(super) async fn table(url: &str) -> athena::Athena {
    let sdk = rig::sdk().await;
    let mut table = Glue::new(&sdk).table("sample", "cloudtrail").await.unwrap().unwrap().definition;
    // This process has no credentials for S3: results come by pages, and nobody looks at who delivered.
    table.parameters.remove("storage.location.template");
    let sdk = sdk.into_builder().endpoint_url(url).build();
    athena::Athena {
        statements: Statements::new(&sdk),
        table,
        settings: athena::Settings {
            workgroup: "managed".to_owned(),
            output: None,
            concurrency: 4,
            partitions: 50_000,
            candidates: 200_000,
            flood_factor: 10,
            timeout: Duration::from_secs(600),
            unknown: athena::UNKNOWN,
            own: true,
            run_bytes: None,
            month_bytes: None,
            price_per_tb: 5.0,
        },
    }
}

pub(super) async fn asked(
    app: &App,
    table: &athena::Athena,
    late: bool,
    ledger: &mut impl Ledger,
) -> Result<Outcome, RunError> {
    let window =
        Window::new("2026-03-11T08:00:00Z".parse().unwrap(), "2026-03-11T09:00:00Z".parse().unwrap())
            .unwrap();
    let selected = ["iam.root-console-login", "activity.denied-calls"];
    let detections = app.library.detections().filter(|one| selected.contains(&one.id.as_str())).collect();
    let job = Job {
        deadline: late.then(Instant::now),
        ..Job::on_demand(window, detections, Logs::Athena(table), window.end())
    };
    run::run(&app.context, job, &Arc::new(Progress::default()), ledger).await
}

#[test]
fn whoever_goes_on_with_a_run_pays_nothing_twice() {
    LazyLock::force(&runs::SAMPLE);
    let (athena, app) = (Athena::start(), app());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let table = table(&athena.url).await;
        let mut kept = Kept::default();
        let first = asked(&app, &table, true, &mut kept).await;
        assert!(matches!(first, Err(RunError::Unfinished { statements: 2 })), "{first:?}");
        assert_eq!((athena.executions().len(), athena.stopped(), kept.0.len()), (2, 0, 2));
        let second = asked(&app, &table, false, &mut kept).await.unwrap();
        assert_eq!(second.brief.failures, []);
        assert_eq!(athena.executions().len(), 2, "what was started is watched, not started again");
        assert_eq!(
            second.brief.run.bytes_scanned,
            athena.executions().iter().map(|one| one.scanned_bytes).sum::<u64>()
        );

        // Athena forgets executions: then the next attempt is made.
        let token = kept.0.keys().next().unwrap().clone();
        kept.0.insert(token, "00000000-0000-4000-8000-ffffffffffff".to_owned());
        let third = asked(&app, &table, false, &mut kept).await.unwrap();
        assert_eq!((third.brief.failures.len(), athena.executions().len(), kept.0.len()), (0, 3, 3));
        assert_eq!(third.brief.findings, second.brief.findings);
    });
}

#[test]
fn a_run_that_nobody_resumes_stops_its_statements_and_says_so() {
    LazyLock::force(&runs::SAMPLE);
    let (athena, app) = (Athena::start(), app());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let brief = runtime.block_on(async {
        let table = table(&athena.url).await;
        asked(&app, &table, true, &mut NoLedger).await.unwrap().brief
    });
    assert_eq!((athena.stopped(), brief.failures.len()), (2, 2));
    assert!(brief.failures.iter().all(|failure| failure.reason.contains("not done when the run had to end")));
}

/// It would get the results of the recorded run, and stop that run's statements together with its own.
#[test]
fn a_run_that_is_not_recorded_shares_no_statement_with_the_recorded_one() {
    let athena = Athena::start();
    let daily = ["run", "--schedule", "daily", "--at", "2026-03-12T00:00:00Z", "--format", "json"];
    for more in
        [["--no-notify"].as_slice(), &["--no-state", "--now", "2026-03-12T01:00:00Z"], &["--no-state"]]
    {
        let output = runs::asked(&athena, "", &[&daily, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", super::stderr(&output));
    }
    let executions = athena.executions();
    assert_eq!(executions.len(), 3);
    assert!(executions.iter().all(|one| one.sql == executions[0].sql), "the same statement, asked anew");
}

/// Otherwise every process that resumes the run would be charged as much again.
#[test]
fn what_scanned_more_than_its_workgroup_allows_is_not_run_again() {
    LazyLock::force(&runs::SAMPLE);
    let (athena, app) = (Athena::start(), app());
    athena.fail(&[Fault::CutOff, Fault::CutOff]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let table = table(&athena.url).await;
        let mut kept = Kept::default();
        assert!(asked(&app, &table, true, &mut kept).await.is_err());
        let brief = asked(&app, &table, false, &mut kept).await.unwrap().brief;
        assert_eq!((athena.executions().len(), brief.failures.len()), (2, 2));
        let failure = &brief.failures[0];
        assert!(failure.reason.contains("was cancelled: Bytes scanned limit was exceeded"), "{failure:?}");
        assert!(
            failure.hint.as_ref().unwrap().contains("that one query of the workgroup may scan"),
            "{failure:?}"
        );
        assert!(brief.run.price.athena_usd > 0.0, "what was scanned until then is paid");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_with_a_limited_run_scans_no_more_than_it_may() {
    let place = Place::new("limited", "").await;
    let config = place.folder.path().join("trailbrief.toml");
    let text = fs::read_to_string(&config).unwrap();
    let limits = "[athena]\ncandidates = 1\nrun_bytes = \"20KB\"\n";
    fs::write(&config, text.replace("[athena]\n", limits)).unwrap();
    let mut second = base("console-login-root");
    second["eventID"] = json!("bbbbbbbb-0000-4000-8000-000000000000");
    let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
    let path = format!("AWSLogs/{organization}/111122223333/CloudTrail/us-east-1/2026/03/10/b.json.gz");
    rig::bucket("logs-limited").put(&path.into(), log_file(&[second]).into()).await.unwrap();
    let lambda = Server::start(&[answer(202, "")]);
    let function =
        place.function_in(place.folder.path(), &[("AWS_ENDPOINT_URL_LAMBDA", lambda.url.as_str())]);
    place.athena.fail(&[Fault::Stuck]);
    assert_eq!(function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), SECONDS).unwrap()["outcome"], "open");
    place.athena.unstick();
    assert_eq!(function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap()["outcome"], "told");
    let scanned: u64 = place.athena.executions().iter().map(|execution| execution.scanned_bytes).sum();
    assert!(scanned <= 20_000, "a statement for each detection would scan more than 20 KB: {scanned}");
    assert!(place.athena.executions().len() < 10, "{:?}", place.athena.executions().len());
}
