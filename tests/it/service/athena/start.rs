//! `StartQueryExecution`: what is refused, what runs, and what goes wrong on demand.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use object_store::{ObjectStoreExt as _, path::Path};
use serde_json::{Value, json};

use super::{ANSWERED, Execution, Fault, Inner, engine, invalid, pages};
use crate::rig;

/// What a client asks for.
struct Request {
    sql: String,
    params: Vec<String>,
    token: String,
    database: String,
    /// Where the result goes.
    output: String,
    /// Whether Athena itself keeps the result.
    managed: bool,
}

impl Request {
    /// Reads and checks a request.
    fn of(body: &Value, inner: &Mutex<Inner>) -> Result<Self, Value> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let token = text(&body["ClientRequestToken"]);
        let params: Vec<String> =
            body["ExecutionParameters"].as_array().into_iter().flatten().map(text).collect();
        if params.iter().any(|value| !(1..=1_024).contains(&value.chars().count())) {
            return Err(invalid("INVALID_INPUT", "a member of executionParameters is too short or too long"));
        }
        if token.chars().count() < 32 || token.len() > 128 {
            return Err(invalid("INVALID_INPUT", "clientRequestToken is null or empty"));
        }
        let managed = text(&body["WorkGroup"]) == "managed";
        Ok(Self {
            sql: text(&body["QueryString"]),
            params,
            token,
            database: text(&body["QueryExecutionContext"]["Database"]),
            output: place(body, managed, inner)?,
            managed,
        })
    }

    /// Whether an execution is what this request asks for.
    fn asks_for(&self, known: &Execution) -> bool {
        known.sql == self.sql && known.database == self.database && known.output == self.output
    }
}

/// Where a result goes: the workgroup decides before the client.
fn place(body: &Value, managed: bool, inner: &Mutex<Inner>) -> Result<String, Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut output = text(&body["ResultConfiguration"]["OutputLocation"]);
    if managed && !output.is_empty() {
        let message = "OutputLocation cannot be set for a workgroup with managed query results";
        return Err(invalid("INVALID_INPUT", message));
    }
    let workgroup = text(&body["WorkGroup"]);
    if let Some(kept) = inner.lock().unwrap().workgroups.get(&workgroup) {
        output.clone_from(kept);
    } else if workgroup != "primary" && !managed {
        return Err(invalid("WORKGROUP_NOT_FOUND", "WorkGroup is not found."));
    }
    if output.is_empty() && !managed {
        let message = "No output location provided. You did not provide an output location for  your query results. Either \
                       specify an S3 bucket location or enable Athena managed query results in your workgroup settings.";
        return Err(invalid("INVALID_INPUT", message));
    }
    Ok(output)
}

/// Starts a statement; `None` if the answer is lost.
pub(super) fn start(body: &Value, inner: &Mutex<Inner>) -> Option<Result<Value, Value>> {
    let request = match Request::of(body, inner) {
        Ok(request) => request,
        Err(refused) => return Some(Err(refused)),
    };
    let fault = {
        let mut inner = inner.lock().unwrap();
        if let Some((id, known)) = inner.executions.iter().find(|(_, known)| known.token == request.token) {
            return Some(match request.asks_for(known) {
                true => Ok(json!({"QueryExecutionId": id})),
                false => Err(invalid("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match")),
            });
        }
        inner.faults.pop_front()
    };
    if let Some(refused) = fault.and_then(error_of) {
        return Some(Err(refused));
    }
    // Several of these write into one bucket.
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let id = format!("{:08}-0000-4000-8000-000000000000", STARTED.fetch_add(1, Ordering::Relaxed));
    let ran = match engine::run(&request.sql, request.params.clone()) {
        Ok(ran) => ran,
        Err(engine::Refused::Syntax(message)) => return Some(Err(invalid("MALFORMED_QUERY", &message))),
    };
    let Request { sql, params, token, database, output, managed } = request;
    let mut execution = Execution {
        sql,
        params,
        token,
        database,
        partitions: ran.partitions,
        scanned_bytes: ran.scanned_bytes,
        states: VecDeque::from(["QUEUED", "RUNNING", "SUCCEEDED"]),
        error: None,
        gone: fault == Some(Fault::Gone),
        submitted: SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64(),
        output: output.clone(),
        keeping: body["ResultConfiguration"].clone(),
        table: pages::Table::default(),
    };
    let mut csv = ran.result.unwrap_or_else(|failure| {
        fail(&mut execution, &failure, 1_000, false);
        Vec::new()
    });
    execution.table = pages::Table::of(ran.columns, &csv);
    if let Some(fault) = fault {
        spoil(fault, &mut execution, &mut csv);
    }
    if !managed && fault != Some(Fault::Gone) {
        put(&output, &id, csv);
    }
    inner.lock().unwrap().executions.insert(id.clone(), execution);
    ANSWERED.notify_all();
    if fault == Some(Fault::LostAnswer) { None } else { Some(Ok(json!({"QueryExecutionId": id}))) }
}

/// The answer of a service that starts nothing now.
fn error_of(fault: Fault) -> Option<Value> {
    match fault {
        Fault::Throttled => Some(json!({"__type": "ThrottlingException", "Message": "Rate exceeded"})),
        Fault::Down => Some(json!({"__type": "InternalServerException", "Message": "try again"})),
        Fault::Crowded => {
            Some(json!({"__type": "TooManyRequestsException", "Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED",
            "Message": "You have exceeded the limit for the number of queries you can run concurrently"}))
        }
        _ => None,
    }
}

/// Lets an execution fail: the reason, Athena's number for it, whether it may be tried again.
fn fail(execution: &mut Execution, reason: &str, kind: u32, again: bool) {
    execution.states = VecDeque::from(["QUEUED", "RUNNING", "FAILED"]);
    execution.error = Some((reason.to_owned(), kind, again));
}

/// Lets an execution go wrong after its start.
fn spoil(fault: Fault, execution: &mut Execution, csv: &mut Vec<u8>) {
    match fault {
        Fault::FailsAgain => fail(execution, "GENERIC_INTERNAL_ERROR: worker lost", 200, false),
        Fault::Fails => fail(execution, "HIVE_EXCEEDED_PARTITION_LIMIT: too many", 1_000, false),
        Fault::TooLong => {
            fail(execution, "COMPILER_ERROR: Query exceeded maximum filters", 1_000, false);
        }
        Fault::NoStoredTimes if execution.sql.contains("\"$file_modified_time\"") => {
            let reason = "COLUMN_NOT_FOUND: line 3:5: Column '$file_modified_time' cannot be resolved";
            fail(execution, reason, 1_006, false);
        }
        Fault::SlowDown => {
            fail(execution, "HIVE_S3_THROTTLING: Please reduce your request rate", 1_403, false);
        }
        Fault::CutOff => {
            execution.states = VecDeque::from(["QUEUED", "CANCELLED"]);
            execution.submitted -= 60.0;
        }
        Fault::QueuedAgain => {
            execution.states = VecDeque::from(["RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]);
        }
        Fault::Stuck => execution.states = VecDeque::from(["QUEUED"]),
        Fault::Truncated => csv.truncate(csv.len() * 2 / 3),
        _ => {}
    }
}

/// Writes a result.
fn put(output: &str, id: &str, bytes: Vec<u8>) {
    let (bucket, prefix) = output.trim_start_matches("s3://").split_once('/').unwrap();
    let path = Path::from(format!("{prefix}{id}.csv"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(rig::bucket(bucket).put(&path, bytes.into())).unwrap();
}
