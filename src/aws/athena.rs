//! Athena's API: statements started, watched, stopped; their results by pages where there is no object.

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

/// A statement has so many bytes at most: the service's limit, which cannot be raised.
pub const STATEMENT_BYTES: usize = 262_144;

/// So many statements are asked after at once: the service's limit.
const BATCH: usize = 50;

/// A statement's reason is bounded: it may repeat the whole of it.
const REASON_CHARACTERS: usize = 500;

/// So many rows a page, the header among them: the service's limit.
const PAGE: i32 = 1_000;

/// A client of Athena.
#[derive(Clone, Debug)]
pub struct Statements {
    client: Client,
    keeping: Keeping,
}

/// How results are kept that go where a statement says; the default leaves it to the workgroup and the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
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
    /// By S3 with this key of KMS.
    SseKms(String),
    /// By Athena with this key of KMS: only Athena can read them again, by pages.
    CseKms(String),
}

/// A page of a result.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Names and types of the columns, as Athena calls them.
    pub columns: Vec<(String, String)>,
    /// The rows without the header; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// What asks for the next page.
    pub next: Option<String>,
}

/// What starts a statement.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The statement.
    pub sql: &'a str,
    /// The values of its `?`, each read as SQL.
    pub params: &'a [String],
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
    /// Athena does not tell it, though it told others: why. It may the next time.
    Untold(AwsError),
    /// Its result is there, in this object or by pages.
    Succeeded(Option<String>),
    /// It failed.
    Failed {
        /// Why.
        reason: String,
        /// Whether the same statement may succeed.
        again: Again,
        /// Whether it was stopped before its end: what it scanned until then is paid.
        cancelled: bool,
        /// Whether it was because it scanned more than its workgroup allows.
        limited: bool,
    },
}

impl Phase {
    /// Why it is not told.
    #[must_use]
    pub fn untold(&self) -> Option<&AwsError> {
        match self {
            Self::Untold(error) => Some(error),
            _ => None,
        }
    }
}

/// Whether a statement that failed may succeed if it is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same would happen.
    No,
    /// At once.
    Soon,
    /// After a while: something had too much to do.
    Later,
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
        Self { client: Client::new(config), keeping: Keeping::default() }
    }

    /// The same, with results kept like this wherever a statement says where they go.
    #[must_use]
    pub fn keeping(self, keeping: Keeping) -> Self {
        Self { keeping, ..self }
    }

    /// Starts a statement and gives its execution's id.
    ///
    /// # Errors
    ///
    /// If the service refuses it.
    pub async fn start(&self, start: Start<'_>) -> Result<String, AwsError> {
        const OPERATION: &str = "athena:StartQueryExecution";
        let thing = format!("the workgroup `{}`", start.workgroup);
        let encryption = self.keeping.encryption.as_ref().map(encryption).transpose();
        let encryption = encryption.map_err(|reason| AwsError::unusable(OPERATION, &thing, reason))?;
        let result = start.output.map(|output| {
            ResultConfiguration::builder()
                .output_location(output)
                .set_encryption_configuration(encryption)
                .set_expected_bucket_owner(self.keeping.owner.clone())
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
            for untold in answer.unprocessed_query_execution_ids() {
                let id = untold.query_execution_id().unwrap_or_default();
                let said = untold.error_message().unwrap_or("the service gives no reason");
                let code = untold.error_code().unwrap_or_default();
                let unknown = code.contains("NOT_FOUND") || said.contains("not found") || code.is_empty();
                states.push(Watched {
                    id: id.to_owned(),
                    phase: match unknown {
                        true => Phase::Unknown,
                        false => {
                            let thing = format!("the statement {id}");
                            Phase::Untold(AwsError::untold(OPERATION, &thing, code, said))
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

    /// Stops an execution; one that has ended is as good.
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
    pub async fn rows(&self, id: &str, token: Option<String>) -> Result<Page, AwsError> {
        const OPERATION: &str = "athena:GetQueryResults";
        let (first, thing) = (token.is_none(), format!("the statement {id}"));
        let request = self.client.get_query_results().query_execution_id(id).max_results(PAGE);
        let request = request.set_next_token(token);
        let answer = sent(OPERATION, &thing, |tries| request.customize().interceptor(tries).send()).await;
        let answer = answer.map_err(|error| failed(OPERATION, &thing, &error))?;
        let Some(set) = answer.result_set else { return Ok(Page::default()) };
        let columns = set.result_set_metadata().map(|metadata| metadata.column_info()).unwrap_or_default();
        let columns: Vec<_> =
            columns.iter().map(|column| (column.name().to_owned(), column.r#type().to_owned())).collect();
        let row = |row: &aws_sdk_athena::types::Row| {
            row.data().iter().map(|datum| datum.var_char_value().map(str::to_owned)).collect()
        };
        // The first page begins with the names.
        let rows = set.rows().iter().skip(usize::from(first)).map(row).collect();
        Ok(Page { columns, rows, next: answer.next_token.filter(|token| !token.is_empty()) })
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

/// The object that holds a result; none if Athena keeps it itself, or only Athena can decrypt it.
fn object(execution: &QueryExecution) -> Option<String> {
    let managed = execution.managed_query_results_configuration().is_some_and(|managed| managed.enabled());
    let result = execution.result_configuration()?;
    let option = result.encryption_configuration().map(EncryptionConfiguration::encryption_option);
    if managed || option == Some(&EncryptionOption::CseKms) {
        return None;
    }
    result.output_location().filter(|place| !place.is_empty()).map(str::to_owned)
}

fn watched(execution: &QueryExecution) -> Watched {
    let status = execution.status();
    let phase = match status.and_then(|status| status.state()) {
        Some(QueryExecutionState::Succeeded) => Phase::Succeeded(object(execution)),
        Some(state @ (QueryExecutionState::Failed | QueryExecutionState::Cancelled)) => {
            let said =
                status.and_then(|status| status.state_change_reason()).unwrap_or("it does not say why");
            let error = status.and_then(|status| status.athena_error());
            let again = error.map_or(Again::No, |error| match error.error_type().unwrap_or(0) {
                // Throttled by Glue, S3 or Athena.
                1_400..=1_406 => Again::Later,
                // It would take as long again.
                206 | 210 if !error.retryable() => Again::No,
                // Engine and service trouble, lost results; not what the statement itself is to blame for.
                100..=303 | 401..=402 => Again::Soon,
                _ if error.retryable() => Again::Soon,
                _ => Again::No,
            });
            let cancelled = *state == QueryExecutionState::Cancelled;
            let limited = cancelled && said.contains("limit was exceeded");
            let verb = if cancelled { "was cancelled" } else { "failed" };
            let said: String = said.chars().take(REASON_CHARACTERS).collect();
            Phase::Failed { reason: format!("{verb}: {said}"), again, cancelled, limited }
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
