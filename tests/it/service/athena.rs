//! An Athena of our own: its wire protocol, over the table of the Glue emulator and the logs of the S3 emulator.
//!
//! Statements run on the embedded engine, or on a real Trino by a switch. Partition projection, idempotency, states, errors and result bytes follow what
//! was measured of the real one; faults come on demand.

mod engine;
mod pages;
mod reads;
mod start;

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

use serde_json::{Value, json};

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
    /// Its filter is too long to be compiled.
    TooLong,
    /// It does not know the column with the time at which S3 got a file, if the statement has it.
    NoStoredTimes,
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
        "StartQueryExecution" => start::start(&body, inner),
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
