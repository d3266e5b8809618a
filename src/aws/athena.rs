//! Athena's API: statements started, watched, stopped; their results by pages where there is no object.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_athena::{
    Client,
    types::{
        QueryExecution, QueryExecutionContext, QueryExecutionState, QueryExecutionStatistics,
        ResultConfiguration,
    },
};

use super::{AwsError, error::failed};

/// So many statements are asked after at once: the service's limit.
const BATCH: usize = 50;

/// A statement's reason is bounded: it may repeat the whole of it.
const REASON_CHARACTERS: usize = 500;

/// A client of Athena.
#[derive(Clone, Debug)]
pub struct Statements {
    client: Client,
}

/// What starts a statement.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The statement.
    pub sql: &'a str,
    /// The same token gives the same execution: nothing is paid twice.
    pub token: &'a str,
    /// The database.
    pub database: &'a str,
    /// The workgroup.
    pub workgroup: &'a str,
    /// Where its result goes; `None` if the workgroup says so.
    pub output: Option<&'a str>,
}

/// How far a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not at its end; also when it went back from running to the queue.
    UnderWay,
    /// Athena does not know it, or not any more.
    Unknown,
    /// Its result is there, in this object or by pages.
    Succeeded(Option<String>),
    /// It failed.
    Failed {
        /// Why.
        reason: String,
        /// Whether the same statement may succeed.
        again: bool,
        /// Whether somebody stopped it.
        cancelled: bool,
    },
}

/// A statement's state.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its execution's id.
    pub id: String,
    /// How far it is.
    pub phase: Phase,
    /// Bytes that it scanned until now.
    pub scanned_bytes: u64,
    /// How long it waited.
    pub queued: Duration,
    /// How long it ran until now.
    pub ran: Duration,
    /// When it was started.
    pub submitted: Option<SystemTime>,
}

impl Statements {
    /// A client with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Starts a statement and gives its execution's id.
    ///
    /// # Errors
    ///
    /// If the service refuses it.
    pub async fn start(&self, start: Start<'_>) -> Result<String, AwsError> {
        const OPERATION: &str = "athena:StartQueryExecution";
        let result =
            start.output.map(|output| ResultConfiguration::builder().output_location(output).build());
        let answer = self
            .client
            .start_query_execution()
            .query_string(start.sql)
            .client_request_token(start.token)
            .work_group(start.workgroup)
            .query_execution_context(QueryExecutionContext::builder().database(start.database).build())
            .set_result_configuration(result)
            .send()
            .await;
        let thing = format!("the workgroup `{}`", start.workgroup);
        let answer = answer.map_err(|error| hinted(failed(OPERATION, &thing, &error)))?;
        Ok(answer.query_execution_id.unwrap_or_default())
    }

    /// The states of these executions.
    ///
    /// # Errors
    ///
    /// If the service refuses, or cannot tell one of them that it knows.
    pub async fn watch(&self, ids: &[String]) -> Result<Vec<Watched>, AwsError> {
        const OPERATION: &str = "athena:BatchGetQueryExecution";
        let mut states = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let request = self.client.batch_get_query_execution().set_query_execution_ids(Some(ids.to_vec()));
            let answer = request.send().await.map_err(|error| failed(OPERATION, "its statements", &error))?;
            for untold in answer.unprocessed_query_execution_ids() {
                let id = untold.query_execution_id().unwrap_or_default();
                let reason = untold.error_message().unwrap_or("it is not known");
                let code = untold.error_code().unwrap_or_default();
                if !code.contains("NOT_FOUND") && !reason.contains("not found") && !code.is_empty() {
                    return Err(AwsError::unusable(
                        OPERATION,
                        &format!("the statement {id}"),
                        reason.to_owned(),
                    ));
                }
                states.push(Watched {
                    id: id.to_owned(),
                    phase: Phase::Unknown,
                    scanned_bytes: 0,
                    queued: Duration::ZERO,
                    ran: Duration::ZERO,
                    submitted: None,
                });
            }
            states.extend(answer.query_executions().iter().map(watched));
        }
        Ok(states)
    }

    /// Stops an execution; one that has ended is as good.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn stop(&self, id: &str) -> Result<(), AwsError> {
        let answer = self.client.stop_query_execution().query_execution_id(id).send().await;
        answer
            .map(drop)
            .map_err(|error| failed("athena:StopQueryExecution", &format!("the statement {id}"), &error))
    }

    /// One page of the first column of a result, without its header, and the token of the next.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn page(
        &self,
        id: &str,
        token: Option<String>,
    ) -> Result<(Vec<Option<String>>, Option<String>), AwsError> {
        let first = token.is_none();
        let request = self.client.get_query_results().query_execution_id(id).set_next_token(token);
        let answer = request.send().await;
        let answer = answer
            .map_err(|error| failed("athena:GetQueryResults", &format!("the statement {id}"), &error))?;
        let rows = answer.result_set().map(|set| set.rows()).unwrap_or_default();
        let cell = |row: &aws_sdk_athena::types::Row| {
            row.data().first().and_then(|datum| datum.var_char_value().map(str::to_owned))
        };
        Ok((rows.iter().skip(usize::from(first)).map(cell).collect(), answer.next_token))
    }
}

fn hinted(mut error: AwsError) -> AwsError {
    if error.hint.is_none() {
        let says = |text: &str| error.failure.to_string().contains(text);
        error.hint = if says("No output location") {
            Some("give the workgroup a place for results, or set `output` in `[athena]`".to_owned())
        } else if says("WorkGroup is not found") || says("WorkGroup does not exist") {
            Some("set `workgroup` in `[athena]` to one that exists".to_owned())
        } else if says("not a valid S3 path") {
            Some("write `output` in `[athena]` as s3://bucket/prefix/".to_owned())
        } else {
            None
        };
    }
    error
}

fn watched(execution: &QueryExecution) -> Watched {
    let status = execution.status();
    let phase = match status.and_then(|status| status.state()) {
        Some(QueryExecutionState::Succeeded) => {
            let output = execution.result_configuration().and_then(|result| result.output_location());
            Phase::Succeeded(output.map(str::to_owned))
        }
        Some(state @ (QueryExecutionState::Failed | QueryExecutionState::Cancelled)) => {
            let said =
                status.and_then(|status| status.state_change_reason()).unwrap_or("it does not say why");
            let error = status.and_then(|status| status.athena_error());
            let again = error.is_some_and(|error| {
                // Engine and service trouble, lost results, throttling; not what the statement itself is to blame for.
                let kinds = [100..=303, 401..=402, 1_400..=1_406];
                error.retryable() || kinds.iter().any(|kind| kind.contains(&error.error_type().unwrap_or(0)))
            });
            let cancelled = *state == QueryExecutionState::Cancelled;
            let verb = if cancelled { "was cancelled" } else { "failed" };
            let said: String = said.chars().take(REASON_CHARACTERS).collect();
            Phase::Failed { reason: format!("{verb}: {said}"), again, cancelled }
        }
        _ => Phase::UnderWay,
    };
    let number = |of: fn(&QueryExecutionStatistics) -> Option<i64>| {
        execution.statistics().and_then(of).and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
    };
    let submitted = status
        .and_then(|status| status.submission_date_time())
        .and_then(|time| u64::try_from(time.secs()).ok())
        .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    Watched {
        id: execution.query_execution_id().unwrap_or_default().to_owned(),
        phase,
        scanned_bytes: number(QueryExecutionStatistics::data_scanned_in_bytes),
        queued: Duration::from_millis(number(QueryExecutionStatistics::query_queue_time_in_millis)),
        ran: Duration::from_millis(number(QueryExecutionStatistics::engine_execution_time_in_millis)),
        submitted,
    }
}
