//! An Athena of our own: its wire protocol, over the table of the Glue emulator and the logs of the S3 emulator.
//!
//! Statements run on the embedded engine, or on a real Trino by a switch. Partition projection, idempotency, states, errors and result bytes follow what
//! was measured of the real one; faults come on demand.

mod engine;
mod pages;
mod reads;

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::SystemTime,
};

use object_store::{ObjectStoreExt as _, path::Path};
use serde_json::{Value, json};

use crate::rig;

/// What goes wrong, once, with the next statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is refused for its rate.
    Throttled,
    /// The statement is started, and the answer lost.
    LostAnswer,
    /// It fails through no fault of its own.
    FailsAgain,
    /// It fails for good.
    Fails,
    /// It goes back to the queue while it runs.
    QueuedAgain,
    /// Its result breaks off.
    Truncated,
    /// It never ends.
    Stuck,
    /// The service breaks down once.
    Down,
    /// There are too many statements of others.
    Crowded,
    /// Its result is deleted.
    Gone,
    /// It scans more than its workgroup allows, and began long ago.
    CutOff,
    /// S3 throttles requests.
    SlowDown,
}

/// What one execution was.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The statement.
    pub sql: String,
    /// The values of its `?`.
    pub params: Vec<String>,
    /// Partitions that it listed.
    pub partitions: u64,
    /// Bytes of the files in them.
    pub scanned_bytes: u64,
    /// Where and how the result was to be kept.
    pub keeping: Value,
    token: String,
    database: String,
    output: String,
    table: pages::Table,
    /// Its states, one for each request; the last one stays.
    states: VecDeque<&'static str>,
    error: Option<(String, u32, bool)>,
    /// Whether its result is deleted.
    gone: bool,
    /// In seconds since 1970.
    pub submitted: f64,
}

/// A running Athena.
#[derive(Debug)]
pub struct Athena {
    /// Where it listens.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

/// Tells that an execution was started.
static ANSWERED: Condvar = Condvar::new();

#[derive(Debug, Default)]
struct Inner {
    executions: BTreeMap<String, Execution>,
    faults: VecDeque<Fault>,
    stopped: Vec<String>,
    pages: usize,
    /// How often states were requested.
    asked_after: usize,
    /// Workgroups that say where results go.
    workgroups: BTreeMap<String, String>,
}

impl Athena {
    /// Starts one; it goes with the test process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner::default()));
        let shared = inner.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = shared.clone();
                thread::spawn(move || answer(stream, &inner));
            }
        });
        Self { url, inner }
    }

    /// Creates a workgroup with a location for results.
    pub fn keeps(&self, workgroup: &str, output: &str) {
        self.inner.lock().unwrap().workgroups.insert(workgroup.to_owned(), output.to_owned());
    }

    /// Lets these go wrong, one a statement.
    pub fn fail(&self, faults: &[Fault]) {
        self.inner.lock().unwrap().faults.extend(faults);
    }

    /// Every execution until now.
    pub fn executions(&self) -> Vec<Execution> {
        self.inner.lock().unwrap().executions.values().cloned().collect()
    }

    /// How many pages of results were requested.
    pub fn pages(&self) -> usize {
        self.inner.lock().unwrap().pages
    }

    /// Waits for the first execution.
    pub fn started(&self) {
        let mut inner = self.inner.lock().unwrap();
        while inner.executions.is_empty() {
            inner = ANSWERED.wait(inner).unwrap();
        }
    }

    /// Waits until somebody asks after an execution.
    pub fn watched(&self) {
        let mut inner = self.inner.lock().unwrap();
        while inner.asked_after == 0 {
            inner = ANSWERED.wait(inner).unwrap();
        }
    }

    /// Lets those end that never would.
    pub fn unstick(&self) {
        for execution in self.inner.lock().unwrap().executions.values_mut() {
            if execution.states == ["QUEUED"] {
                execution.states = VecDeque::from(["RUNNING", "SUCCEEDED"]);
            }
        }
    }

    /// How many executions were stopped.
    pub fn stopped(&self) -> usize {
        self.inner.lock().unwrap().stopped.len()
    }
}

fn answer(stream: TcpStream, inner: &Mutex<Inner>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut target) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "x-amz-target" => target = value.trim().trim_start_matches("AmazonAthena.").to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answered = match target.as_str() {
        "StartQueryExecution" => start(&body, inner),
        "GetQueryResults" => Some(pages::answer(&body, inner)),
        "BatchGetQueryExecution" => Some(Ok(watch(&body, inner))),
        "StopQueryExecution" => {
            let id = body["QueryExecutionId"].as_str().unwrap_or_default().to_owned();
            inner.lock().unwrap().stopped.push(id);
            Some(Ok(json!({})))
        }
        other => Some(Err(invalid("NOT_SUPPORTED", &format!("{other} is not known here")))),
    };
    let Some(answered) = answered else { return };
    let (status, body) = match answered {
        Ok(body) => ("200 OK", body),
        Err(body) if body["__type"] == "InternalServerException" => ("500 Internal Server Error", body),
        Err(body) => ("400 Bad Request", body),
    };
    let body = body.to_string();
    let _ = write!(
        &stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\nConnection: close\r\n\
         x-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\n\r\n{body}",
        body.len()
    );
}

fn invalid(code: &str, message: &str) -> Value {
    json!({"__type": "InvalidRequestException", "AthenaErrorCode": code, "ErrorCode": code, "Message": message})
}

/// Starts a statement; `None` if the answer is lost.
fn start(body: &Value, inner: &Mutex<Inner>) -> Option<Result<Value, Value>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (sql, token) = (text(&body["QueryString"]), text(&body["ClientRequestToken"]));
    let database = text(&body["QueryExecutionContext"]["Database"]);
    let params: Vec<String> =
        body["ExecutionParameters"].as_array().into_iter().flatten().map(text).collect();
    if params.iter().any(|value| !(1..=1_024).contains(&value.chars().count())) {
        return Some(Err(invalid(
            "INVALID_INPUT",
            "a member of executionParameters is too short or too long",
        )));
    }
    let mut output = text(&body["ResultConfiguration"]["OutputLocation"]);
    if token.chars().count() < 32 || token.len() > 128 {
        return Some(Err(invalid("INVALID_INPUT", "clientRequestToken is null or empty")));
    }
    // This workgroup's results are kept by Athena itself.
    let managed = text(&body["WorkGroup"]) == "managed";
    if managed && !output.is_empty() {
        let message = "OutputLocation cannot be set for a workgroup with managed query results";
        return Some(Err(invalid("INVALID_INPUT", message)));
    }
    let workgroup = text(&body["WorkGroup"]);
    if let Some(kept) = inner.lock().unwrap().workgroups.get(&workgroup) {
        output.clone_from(kept);
    } else if workgroup != "primary" && !managed {
        return Some(Err(invalid("WORKGROUP_NOT_FOUND", "WorkGroup is not found.")));
    }
    if output.is_empty() && !managed {
        let message = "No output location provided. You did not provide an output location for  your query results. Either \
                       specify an S3 bucket location or enable Athena managed query results in your workgroup settings.";
        return Some(Err(invalid("INVALID_INPUT", message)));
    }
    let fault = {
        let mut inner = inner.lock().unwrap();
        if let Some((id, known)) = inner.executions.iter().find(|(_, known)| known.token == token) {
            let same = known.sql == sql && known.database == database && known.output == output;
            return Some(match same {
                true => Ok(json!({"QueryExecutionId": id})),
                false => Err(invalid("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match")),
            });
        }
        inner.faults.pop_front()
    };
    if fault == Some(Fault::Throttled) {
        return Some(Err(json!({"__type": "ThrottlingException", "Message": "Rate exceeded"})));
    }
    if fault == Some(Fault::Down) {
        return Some(Err(json!({"__type": "InternalServerException", "Message": "try again"})));
    }
    if fault == Some(Fault::Crowded) {
        return Some(Err(
            json!({"__type": "TooManyRequestsException", "Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED",
            "Message": "You have exceeded the limit for the number of queries you can run concurrently"}),
        ));
    }
    // Several of these write into one bucket.
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let id = format!("{:08}-0000-4000-8000-000000000000", STARTED.fetch_add(1, Ordering::Relaxed));
    let ran = match engine::run(&sql, params.clone()) {
        Ok(ran) => ran,
        Err(engine::Refused::Syntax(message)) => return Some(Err(invalid("MALFORMED_QUERY", &message))),
    };
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
        execution.states = VecDeque::from(["QUEUED", "RUNNING", "FAILED"]);
        execution.error = Some((failure, 1_000, false));
        Vec::new()
    });
    execution.table = pages::Table::of(ran.columns, &csv);
    let failing = |execution: &mut Execution, reason: &str, kind, again| {
        execution.states = VecDeque::from(["QUEUED", "RUNNING", "FAILED"]);
        execution.error = Some((reason.to_owned(), kind, again));
    };
    match fault {
        Some(Fault::FailsAgain) => failing(&mut execution, "GENERIC_INTERNAL_ERROR: worker lost", 200, false),
        Some(Fault::Fails) => {
            failing(&mut execution, "HIVE_EXCEEDED_PARTITION_LIMIT: too many", 1_000, false)
        }
        Some(Fault::SlowDown) => {
            failing(&mut execution, "HIVE_S3_THROTTLING: Please reduce your request rate", 1_403, false);
        }
        Some(Fault::CutOff) => {
            execution.states = VecDeque::from(["QUEUED", "CANCELLED"]);
            execution.submitted -= 60.0;
        }
        Some(Fault::QueuedAgain) => {
            execution.states = VecDeque::from(["RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]);
        }
        Some(Fault::Stuck) => execution.states = VecDeque::from(["QUEUED"]),
        Some(Fault::Truncated) => csv.truncate(csv.len() * 2 / 3),
        _ => {}
    }
    if !managed && fault != Some(Fault::Gone) {
        put(&output, &id, csv);
    }
    inner.lock().unwrap().executions.insert(id.clone(), execution);
    ANSWERED.notify_all();
    if fault == Some(Fault::LostAnswer) { None } else { Some(Ok(json!({"QueryExecutionId": id}))) }
}

fn put(output: &str, id: &str, bytes: Vec<u8>) {
    let (bucket, prefix) = output.trim_start_matches("s3://").split_once('/').unwrap();
    let path = Path::from(format!("{prefix}{id}.csv"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(rig::bucket(bucket).put(&path, bytes.into())).unwrap();
}

fn watch(body: &Value, inner: &Mutex<Inner>) -> Value {
    let mut inner = inner.lock().unwrap();
    inner.asked_after += 1;
    ANSWERED.notify_all();
    let ids: Vec<&str> =
        body["QueryExecutionIds"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(execution) = inner.executions.get_mut(id) else {
            unknown.push(json!({"QueryExecutionId": id, "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
                "ErrorMessage": format!("QueryExecution {id} was not found")}));
            continue;
        };
        let state = match execution.states.len() {
            1 => execution.states[0],
            _ => execution.states.pop_front().unwrap(),
        };
        let mut status = json!({"State": state, "SubmissionDateTime": execution.submitted});
        if let (Some((reason, kind, again)), "FAILED") = (&execution.error, state) {
            status["StateChangeReason"] = json!(reason);
            status["AthenaError"] =
                json!({"ErrorCategory": 1, "ErrorType": kind, "Retryable": again, "ErrorMessage": reason});
        }
        if state == "CANCELLED" {
            status["StateChangeReason"] = json!("Bytes scanned limit was exceeded");
        }
        let mut found = json!({
            "QueryExecutionId": id, "Query": execution.sql, "Status": status,
            "Statistics": {"DataScannedInBytes": execution.scanned_bytes},
        });
        if execution.output.is_empty() {
            found["ManagedQueryResultsConfiguration"] = json!({"Enabled": true});
        } else {
            found["ResultConfiguration"] = execution.keeping.clone();
            found["ResultConfiguration"]["OutputLocation"] = json!(format!("{}{id}.csv", execution.output));
        }
        known.push(found);
    }
    json!({"QueryExecutions": known, "UnprocessedQueryExecutionIds": unknown})
}
