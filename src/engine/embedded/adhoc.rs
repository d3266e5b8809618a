//! Ad hoc SQL: one statement that reads log files while it runs. As on Athena, it sees every record, even one that was
//! delivered twice. Nothing here prints an answer.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    thread,
};

use async_trait::async_trait;
use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::{
        ExecutionPlan, execute_stream,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use datafusion_trino::{Bindings, ErrorClass, SqlError, TableNames};
use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::{
    judge::failed,
    pack::{PackLimits, Surroundings},
    reader::{self, ColumnSet, Limits},
    relations,
    scan::{
        self, BatchSink, Progress, ScanRequest, ScanSpan, SinkError, Stats, condition::Condition, gate::Gate,
        omitted::Omissions,
    },
    session::Sessions,
    source::{LogFile, Source},
};
use crate::{
    domain::{cloudtrail::PATH_COLUMN, time::Window, view::Views},
    engine::NoAnswer,
    plan::Sql,
};

/// The relations of an ad hoc statement.
const RELATIONS: [&str; 4] = ["events", "accounts", "watchlist", "habits"];

/// The files that an ad hoc statement reads.
#[derive(Clone, Debug)]
pub struct Files {
    /// Where they are.
    pub source: Source,
    /// The files.
    pub files: Arc<Vec<LogFile>>,
    /// Only events of this time; `None` for all.
    pub window: Option<Window>,
    /// Other names of `events`.
    pub names: TableNames,
    /// Whether the relation holds what detections see: fields normalized, each event once. A person's statement sees every
    /// record as it is.
    pub as_detections: bool,
    /// Progress of reading.
    pub progress: Arc<Progress>,
}

/// The answer to an ad hoc statement, while it arrives.
pub struct AnswerStream {
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// Its batches.
    pub batches: SendableRecordBatchStream,
    /// What was read; complete once the batches have ended.
    pub stats: Arc<Mutex<Stats>>,
}

/// Why an ad hoc statement has no answer.
#[derive(Debug)]
pub enum AdHocError {
    /// The statement is refused.
    Refused(SqlError),
    /// It failed while it ran.
    Failed(NoAnswer),
}

/// Starts a statement; polling the answer reads the files.
///
/// # Errors
///
/// If the statement is refused, or cannot be started.
pub async fn run(
    sessions: &Sessions,
    sql: &Sql,
    files: &Files,
    limits: &PackLimits,
    surroundings: &Surroundings<'_>,
) -> Result<AnswerStream, AdHocError> {
    let stats = Arc::new(Mutex::new(Stats::default()));
    let events = LogTable {
        files: files.clone(),
        threads: limits.threads,
        limits: limits.reader,
        stats: stats.clone(),
        schema: schema_of(sql),
    };
    let failure = |error| AdHocError::Failed(failed(error));
    let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
    let relations: [(&str, Arc<dyn TableProvider>); 4] = [
        ("events", Arc::new(events)),
        ("accounts", Arc::new(relations::accounts(surroundings.accounts).map_err(failure)?)),
        ("watchlist", Arc::new(relations::watchlist(entries).map_err(failure)?)),
        ("habits", Arc::new(relations::habits(surroundings.habits).map_err(failure)?)),
    ];
    let typed = |text: &str| format!("--param \"'{text}'\"");
    let bindings = Bindings { typed, ..Bindings::new(sql.params(), &files.names) };
    let planned = sessions.plan_with(relations, sql, surroundings.now, &bindings).await;
    let (state, plan) = planned.map_err(|error| {
        AdHocError::Refused(with_table_hint(error, sql.text(), &files.names, sessions.views()))
    })?;
    let plan = state.optimize(&plan).map_err(|error| AdHocError::Refused(SqlError::of_execution(&error)))?;
    let plan = state.query_planner().create_physical_plan(&plan, &state).await.map_err(failure)?;
    let batches = execute_stream(plan, state.task_ctx()).map_err(failure)?;
    Ok(AnswerStream { schema: batches.schema(), batches, stats })
}

/// The columns of `events` for a statement: with the path of each event's file if the statement names it, as on Athena, where
/// that column is hidden otherwise.
fn schema_of(sql: &Sql) -> SchemaRef {
    match sql.text().contains(&format!("\"{PATH_COLUMN}\"")) {
        true => reader::schema_with_path(),
        false => reader::schema(),
    }
}

/// The error of a statement with one unknown relation, perhaps the name of a table of logs, with the option that makes it
/// mean `events`.
fn with_table_hint(error: SqlError, text: &str, names: &TableNames, views: &Views) -> SqlError {
    if error.class != ErrorClass::TableNotFound {
        return error;
    }
    let Ok(inspected) = datafusion_trino::inspect(text) else { return error };
    let is_view = |name: &str| views.find(name).is_some();
    let known = |name: &str| {
        RELATIONS.contains(&name) || is_view(name) || names.mean(&name.split('.').collect::<Vec<_>>())
    };
    let unknown: BTreeSet<String> = inspected.relations.into_iter().map(|relation| relation.name).collect();
    let mut unknown = unknown.into_iter().filter(|name| !known(name));
    let (Some(name), None) = (unknown.next(), unknown.next()) else { return error };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let argument = if name.chars().all(plain) { name } else { format!("'{}'", name.replace('\'', "'\\''")) };
    let hint = format!("`--table {argument}` makes it mean `events`");
    let hint = error.hint.as_ref().map_or(hint.clone(), |near| format!("{near} {hint}"));
    error.hint(Some(hint))
}

/// Why an answer ended with an error.
#[must_use]
pub fn broke_off(error: datafusion::error::DataFusionError) -> NoAnswer {
    failed(error)
}

/// `events` of an ad hoc statement.
#[derive(Debug)]
struct LogTable {
    files: Files,
    threads: usize,
    limits: Limits,
    stats: Arc<Mutex<Stats>>,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = relations::projected(&self.schema, projection)?;
        let stream = LogStream {
            schema: schema.clone(),
            files: self.files.clone(),
            request: Arc::new(ScanRequest {
                span: self.files.window.map(ScanSpan::of),
                gate: Gate::new(vec![(0, Condition::of(filters))]),
                trace: None,
                late: Vec::new(),
                omissions: Omissions::default(),
                columns: ColumnSet::named(schema.fields().iter().map(|field| field.name().as_str())),
                distinct: self.files.as_detections,
                normalized: self.files.as_detections,
                threads: self.threads,
                limits: self.limits,
                deadline: None,
                learn: None,
            }),
            stats: self.stats.clone(),
        };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(stream)], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct LogStream {
    schema: SchemaRef,
    files: Files,
    request: Arc<ScanRequest>,
    stats: Arc<Mutex<Stats>>,
}

impl PartitionStream for LogStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (sender, receiver) = mpsc::channel(2);
        let (files, request, stats) = (self.files.clone(), self.request.clone(), self.stats.clone());
        thread::spawn(move || {
            let sink = Channel { sender: sender.clone() };
            match scan::scan(&files.source, &files.files, &request, &sink, &files.progress) {
                Ok(read) => stats.lock().expect("no thread panics in here").merge(read),
                Err(SinkError(error)) => drop(sender.blocking_send(Err(error))),
            }
        });
        let schema = self.schema.clone();
        let batches = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|batch| (batch, receiver))
        })
        .map(move |batch| relations::columns_of(&batch?, &schema));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}

/// Hands batches to the query, which closes the channel when it needs no more.
struct Channel {
    sender: mpsc::Sender<Result<RecordBatch>>,
}

impl BatchSink for Channel {
    fn take(&self, batch: RecordBatch) -> Result<bool, SinkError> {
        Ok(self.sender.blocking_send(Ok(batch)).is_ok())
    }
}
