//! Statements that Athena does not know when their state is requested: not yet, not this time, never.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use trailbrief::testing::engine::ledger::NoLedger;

use super::{
    canned::Canned,
    command,
    resumed::{self, table},
    runs::SAMPLE,
    stderr,
};
use crate::common::app;

const WINDOW: [&str; 6] = ["--from", "2026-03-10", "--to", "2026-03-12", "--format", "json"];

/// An Athena whose statements find nothing. `status` answers a request for a state, by how many there were before.
fn athena(status: impl Fn(&Value, usize) -> Value + Send + 'static) -> Canned {
    let asked_after = AtomicUsize::new(0);
    Canned::start(move |operation, body, nth| match operation {
        "StartQueryExecution" => {
            (200, json!({"QueryExecutionId": format!("00000000-0000-4000-8000-{nth:012}")}))
        }
        "BatchGetQueryExecution" => {
            let nth = asked_after.fetch_add(1, Ordering::Relaxed);
            (200, status(&body["QueryExecutionIds"][0], nth))
        }
        "GetQueryResults" => {
            let rows = json!([{"Data": [{"VarCharValue": "record"}]}]);
            let column = json!({"Name": "record", "Type": "varchar"});
            let columns = json!({"ColumnInfo": [column]});
            (200, json!({"ResultSet": {"Rows": rows, "ResultSetMetadata": columns}}))
        }
        _ => (200, json!({})),
    })
}

fn done(id: &Value) -> Value {
    let kept = json!({"Enabled": true});
    // It read logs and found nothing in them; one that reads nothing makes the run incomplete.
    let read = json!({"DataScannedInBytes": 1_000});
    json!({"QueryExecutions": [{"QueryExecutionId": id, "Status": {"State": "SUCCEEDED"}, "Statistics": read,
        "ManagedQueryResultsConfiguration": kept, "ResultConfiguration": {}}], "UnprocessedQueryExecutionIds": []})
}

fn unprocessed(id: &Value, code: &str, message: &str) -> Value {
    let one = json!({"QueryExecutionId": id, "ErrorCode": code, "ErrorMessage": message});
    json!({"QueryExecutions": [], "UnprocessedQueryExecutionIds": [one]})
}

fn asked(athena: &Canned, arguments: &[&str]) -> std::process::Output {
    let arguments = [arguments, &["--config", "service.toml"], WINDOW.as_slice()].concat();
    let mut command = command(SAMPLE.folder.path(), &arguments);
    command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap()
}

fn count(athena: &Canned, operation: &str) -> usize {
    athena.asked().iter().filter(|asked| *asked == operation).count()
}

const ASKS: [&[&str]; 2] =
    [&["run", "--query", "iam.root*"], &["query", "SELECT eventid AS record FROM events"]];

#[test]
fn a_statement_that_is_unknown_for_a_while_changes_nothing() {
    for arguments in ASKS {
        let athena = athena(|id, nth| match nth {
            0..5 => unprocessed(id, "INTERNAL_ERROR", "try again"),
            _ => done(id),
        });
        let output = asked(&athena, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!((count(&athena, "StartQueryExecution"), count(&athena, "StopQueryExecution")), (1, 0));
    }
}

#[test]
fn a_statement_that_stays_unknown_ends_the_run_with_the_reason() {
    for arguments in ASKS {
        let athena = athena(|id, _| unprocessed(id, "INTERNAL_ERROR", "the index is away."));
        let output = asked(&athena, arguments);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let said = stderr(&output);
        assert!(
            said.contains("athena:BatchGetQueryExecution failed for the statement 00000000-0000-4000-8000-000000000000: \
                           the index is away (INTERNAL_ERROR)"),
            "{said}"
        );
        assert_eq!((count(&athena, "BatchGetQueryExecution"), count(&athena, "StopQueryExecution")), (6, 1));
    }
}

/// Every start is paid: what Athena's index has not got yet is not started anew.
#[test]
fn a_statement_that_is_not_known_at_once_is_not_paid_twice() {
    let athena = athena(|id, nth| match nth {
        0..12 => unprocessed(id, "QUERY_EXECUTION_NOT_FOUND", "QueryExecution was not found"),
        _ => done(id),
    });
    let output = asked(&athena, ASKS[0]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(count(&athena, "StartQueryExecution"), 1);
}

/// A service that never knows what it has started is not polled for ever.
#[test]
fn a_statement_that_is_never_known_is_given_up() {
    LazyLock::force(&SAMPLE);
    let athena = athena(|id, _| unprocessed(id, "QUERY_EXECUTION_NOT_FOUND", "QueryExecution was not found"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        let mut table = table(&athena.url).await;
        table.settings.own = false;
        table.settings.unknown = Duration::ZERO;
        resumed::asked(&app(), &table, false, &mut NoLedger).await
    });
    let failures = outcome.unwrap().brief.failures;
    assert_eq!(failures.len(), 2, "{failures:?}");
    let reason = &failures[0].reason;
    assert!(reason.contains("Athena does not know its statement 00000000-"), "{reason}");
    assert_eq!(count(&athena, "StartQueryExecution"), 3);
}
