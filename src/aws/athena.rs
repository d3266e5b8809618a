//! Athena's API: starts, watches and stops statements, and reads results by pages where there is no object.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_athena::{
    Client,
    types::{
        EncryptionConfiguration, EncryptionOption, QueryExecution, QueryExecutionContext,
        QueryExecutionState, QueryExecutionStatistics, ResultConfiguration,
    },
};

use super::{AwsError, call::sent, error::failed};

/// The longest statement in bytes: the service's limit, which cannot be raised.
pub const STATEMENT_BYTES: usize = 262_144;

/// Statements per call that asks for their states: the service's limit.
const BATCH: usize = 50;

/// The longest reason that is kept: Athena's may repeat the whole statement.
const REASON_CHARACTERS: usize = 500;

/// Rows per page, with the header: the service's limit.
const PAGE: i32 = 1_000;

/// A client of Athena.
#[derive(Clone, Debug)]
pub struct Statements {
    client: Client,
    storage: ResultStorage,
}

/// How results are stored whose output location the statement gives; the default leaves it to the workgroup and the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultStorage {
    /// How they are encrypted.
    pub encryption: Option<Encryption>,
    /// The account that the bucket must belong to.
    pub owner: Option<String>,
}

/// How results are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// By S3 with a key of its own.
    SseS3,
    /// By S3 with this KMS key.
    SseKms(String),
    /// By Athena with this KMS key: only Athena can read them again, by pages.
    CseKms(String),
}

/// A page of a result.
#[derive(Clone, Debug, Default)]
pub struct ResultPage {
    /// Names and Athena types of the columns.
    pub columns: Vec<(String, String)>,
    /// The rows without the header; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// A request to start a statement.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The statement.
    pub sql: &'a str,
    /// The values of its `?`, each a SQL expression.
    pub params: &'a [String],
    /// The same token gives the same execution, so nothing is paid twice.
    pub token: &'a str,
    /// The database.
    pub database: &'a str,
    /// The workgroup.
    pub workgroup: &'a str,
    /// The output location of its result; `None` for the workgroup's.
    pub output: Option<&'a str>,
}

/// The state of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not ended; also when it went back from running to the queue.
    UnderWay,
    /// Athena does not know it, or no longer does.
    Unknown,
    /// Athena reported the others' states but not this one, for this reason. It may the next time.
    NotReported(AwsError),
    /// It has a result: in this object, or only by pages.
    Succeeded(Option<String>),
    /// It failed.
    Failed {
        /// Why.
        reason: String,
        /// Whether the same statement may succeed.
        retry: Retry,
        /// Whether it was cancelled: what it scanned until then costs money.
        cancelled: bool,
        /// Whether it was because it scanned more than its workgroup allows.
        limited: bool,
    },
}

impl Phase {
    /// Why it was not reported.
    #[must_use]
    pub fn not_reported(&self) -> Option<&AwsError> {
        match self {
            Self::NotReported(error) => Some(error),
            _ => None,
        }
    }
}

/// Whether and when a failed statement may succeed if it is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    No,
    /// At once.
    Soon,
    /// After a while: something was throttled.
    Later,
}

/// An execution as Athena reports it.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its execution's id.
    pub id: String,
    /// Its state.
    pub phase: Phase,
    /// Bytes scanned until now.
    pub scanned_bytes: u64,
    /// Time in the queue.
    pub queued: Duration,
    /// Time it ran until now.
    pub ran: Duration,
    /// When it was started.
    pub submitted: Option<SystemTime>,
}

impl Statements {
    /// A client with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), storage: ResultStorage::default() }
    }

    /// The same client, which stores results like this where a statement gives their output location.
    #[must_use]
    pub fn storing(self, storage: ResultStorage) -> Self {
        Self { storage, ..self }
    }

    /// Starts a statement and returns its execution's id.
    ///
    /// # Errors
    ///
    /// If the service refuses it.
    pub async fn start(&self, start: Start<'_>) -> Result<String, AwsError> {
        const OPERATION: &str = "athena:StartQueryExecution";
        let thing = format!("the workgroup `{}`", start.workgroup);
        let encryption = self.storage.encryption.as_ref().map(encryption).transpose();
        let encryption = encryption.map_err(|reason| AwsError::unusable(OPERATION, &thing, reason))?;
        let result = start.output.map(|output| {
            ResultConfiguration::builder()
                .output_location(output)
                .set_encryption_configuration(encryption)
                .set_expected_bucket_owner(self.storage.owner.clone())
                .build()
        });
        let request = self
            .client
            .start_query_execution()
            .query_string(start.sql)
            .set_execution_parameters((!start.params.is_empty()).then(|| start.params.to_vec()))
            .client_request_token(start.token)
            .work_group(start.workgroup)
            .query_execution_context(QueryExecutionContext::builder().database(start.database).build())
            .set_result_configuration(result);
        let answer = sent(OPERATION, &thing, |tries| request.customize().interceptor(tries).send()).await;
        let answer = answer.map_err(|error| hinted(failed(OPERATION, &thing, &error)))?;
        Ok(answer.query_execution_id.unwrap_or_default())
    }

    /// The states of these executions.
    ///
    /// # Errors
    ///
    /// If the service refuses all of them.
    pub async fn watch(&self, ids: &[String]) -> Result<Vec<Watched>, AwsError> {
        const OPERATION: &str = "athena:BatchGetQueryExecution";
        let mut states = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let request = self.client.batch_get_query_execution().set_query_execution_ids(Some(ids.to_vec()));
            let thing = "the statements that were started";
            let answer = sent(OPERATION, thing, |tries| request.customize().interceptor(tries).send()).await;
            let answer = answer.map_err(|error| failed(OPERATION, thing, &error))?;
            for unprocessed in answer.unprocessed_query_execution_ids() {
                let id = unprocessed.query_execution_id().unwrap_or_default();
                let said = unprocessed.error_message().unwrap_or("the service gives no reason");
                let code = unprocessed.error_code().unwrap_or_default();
                let unknown = code.contains("NOT_FOUND") || said.contains("not found") || code.is_empty();
                states.push(Watched {
                    id: id.to_owned(),
                    phase: match unknown {
                        true => Phase::Unknown,
                        false => {
                            let thing = format!("the statement {id}");
                            Phase::NotReported(AwsError::not_reported(OPERATION, &thing, code, said))
                        }
                    },
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

    /// Stops an execution; one that has ended already is fine.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn stop(&self, id: &str) -> Result<(), AwsError> {
        const OPERATION: &str = "athena:StopQueryExecution";
        let thing = format!("the statement {id}");
        let request = self.client.stop_query_execution().query_execution_id(id);
        let answer = sent(OPERATION, &thing, |tries| request.customize().interceptor(tries).send()).await;
        answer.map(drop).map_err(|error| failed(OPERATION, &thing, &error))
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
        let page = self.rows(id, token).await?;
        let first = |row: Vec<Option<String>>| row.into_iter().next().flatten();
        Ok((page.rows.into_iter().map(first).collect(), page.next))
    }

    /// One page of a result.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn rows(&self, id: &str, token: Option<String>) -> Result<ResultPage, AwsError> {
        const OPERATION: &str = "athena:GetQueryResults";
        let (first, thing) = (token.is_none(), format!("the statement {id}"));
        let request = self.client.get_query_results().query_execution_id(id).max_results(PAGE);
        let request = request.set_next_token(token);
        let answer = sent(OPERATION, &thing, |tries| request.customize().interceptor(tries).send()).await;
        let answer = answer.map_err(|error| failed(OPERATION, &thing, &error))?;
        let Some(set) = answer.result_set else { return Ok(ResultPage::default()) };
        let columns = set.result_set_metadata().map(|metadata| metadata.column_info()).unwrap_or_default();
        let columns: Vec<_> =
            columns.iter().map(|column| (column.name().to_owned(), column.r#type().to_owned())).collect();
        let row = |row: &aws_sdk_athena::types::Row| {
            row.data().iter().map(|datum| datum.var_char_value().map(str::to_owned)).collect()
        };
        // The first page begins with the names.
        let rows = set.rows().iter().skip(usize::from(first)).map(row).collect();
        Ok(ResultPage { columns, rows, next: answer.next_token.filter(|token| !token.is_empty()) })
    }
}

fn encryption(encryption: &Encryption) -> Result<EncryptionConfiguration, String> {
    let (option, key) = match encryption {
        Encryption::SseS3 => (EncryptionOption::SseS3, None),
        Encryption::SseKms(key) => (EncryptionOption::SseKms, Some(key.clone())),
        Encryption::CseKms(key) => (EncryptionOption::CseKms, Some(key.clone())),
    };
    let builder = EncryptionConfiguration::builder().encryption_option(option).set_kms_key(key);
    builder.build().map_err(|error| error.to_string())
}

fn hinted(mut error: AwsError) -> AwsError {
    if error.hint.is_none() {
        let says = |text: &str| error.failure.to_string().contains(text);
        error.hint = if says("No output location") {
            Some("give the workgroup an output location, or set `output` in `[athena]`".to_owned())
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

/// The object that holds a result; `None` if Athena stores it itself, or only Athena can decrypt it.
fn object(execution: &QueryExecution) -> Option<String> {
    let managed = execution.managed_query_results_configuration().is_some_and(|managed| managed.enabled());
    let result = execution.result_configuration()?;
    let option = result.encryption_configuration().map(EncryptionConfiguration::encryption_option);
    if managed || option == Some(&EncryptionOption::CseKms) {
        return None;
    }
    result.output_location().filter(|location| !location.is_empty()).map(str::to_owned)
}

fn watched(execution: &QueryExecution) -> Watched {
    let status = execution.status();
    let phase = match status.and_then(|status| status.state()) {
        Some(QueryExecutionState::Succeeded) => Phase::Succeeded(object(execution)),
        Some(state @ (QueryExecutionState::Failed | QueryExecutionState::Cancelled)) => {
            let said =
                status.and_then(|status| status.state_change_reason()).unwrap_or("Athena gives no reason");
            let error = status.and_then(|status| status.athena_error());
            let retry = error.map_or(Retry::No, |error| match error.error_type().unwrap_or(0) {
                // Throttled by Glue, S3 or Athena.
                1_400..=1_406 => Retry::Later,
                // It would take as long again.
                206 | 210 if !error.retryable() => Retry::No,
                // Failures of the engine and the service, and lost results: not the statement's fault.
                100..=303 | 401..=402 => Retry::Soon,
                _ if error.retryable() => Retry::Soon,
                _ => Retry::No,
            });
            let cancelled = *state == QueryExecutionState::Cancelled;
            let limited = cancelled && said.contains("limit was exceeded");
            let verb = if cancelled { "was cancelled" } else { "failed" };
            let said: String = said.chars().take(REASON_CHARACTERS).collect();
            Phase::Failed { reason: format!("{verb}: {said}"), retry, cancelled, limited }
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
