//! The function's log: one line for each step of a run, and metrics in CloudWatch's embedded format.
//!
//! `info` is a step that went well. `warn` is for the owner of the configuration or the detections: the run went on, but
//! its brief is smaller than it should be, or the next run has to wait. `error` is for whoever operates the function: no brief
//! was delivered, or one channel did not get it. `debug` is every call to a service.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};
use tracing::{Span, level_filters::LevelFilter};

use crate::{
    config::{Environment, Variable},
    domain::{
        brief::Brief,
        finding::{Finding, FindingState},
        severity::Severity,
        state::State,
        time::Timestamp,
    },
    engine::embedded::scan::Progress,
    schedule::{Observer, RunOutput, ScheduleEvent},
    telemetry,
    user_error::UserError,
};

/// CloudWatch's name for our metrics.
const NAMESPACE: &str = "trailbrief";

/// How many failures have a line each. The brief shows all of them.
const MAX_FAILURE_LINES: usize = 3;

/// Who must act on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Nobody.
    Info,
    /// The owner of the configuration or of a detection.
    Warn,
    /// Whoever operates the function.
    Error,
}

/// Begins logging: `AWS_LAMBDA_LOG_LEVEL` says from which level on.
pub(super) fn install() {
    let least = match Environment::read().log_level {
        Variable::Set(level) => least(&level),
        Variable::NotSet => LevelFilter::INFO,
    };
    telemetry::in_function(least);
}

/// A level as Lambda names it; unknown names count as `INFO`.
fn least(level: &str) -> LevelFilter {
    match level.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// The log of one invocation.
#[derive(Clone, Debug)]
pub(super) struct Log {
    span: Span,
    began: Instant,
    run: Option<LoggedRun>,
}

/// The scheduled run that lines and metrics belong to.
#[derive(Clone, Debug)]
struct LoggedRun {
    id: String,
    schedule: String,
    now: Timestamp,
    /// Metrics that are written once the run is committed.
    evaluated: Option<Evaluated>,
}

#[derive(Clone, Debug)]
struct Evaluated {
    failures: u64,
    scanned_bytes: u64,
}

impl Log {
    /// Begins the log of an invocation with its event.
    pub(super) fn new(request: &str, event: &Value) -> Self {
        // As a span of the gravest level it is there for lines of every level.
        let span = tracing::error_span!("invocation", requestId = request, run = tracing::field::Empty);
        let log = Self { span, began: Instant::now(), run: None };
        if !event.is_null() {
            log.line(
                Level::Info,
                "event received",
                json!({"event": event, "version": env!("CARGO_PKG_VERSION")}),
            );
        }
        log
    }

    /// From here on lines belong to this run.
    pub(super) fn begin(&mut self, id: &str, schedule: &str, now: Timestamp) {
        self.span.record("run", id);
        let (id, schedule) = (id.to_owned(), schedule.to_owned());
        self.run = Some(LoggedRun { id, schedule, now, evaluated: None });
    }

    /// The span of the invocation, for what is done in it: its lines carry the request and the run.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Writes a line; `fields` is an object.
    pub(super) fn line(&self, level: Level, message: &str, fields: Value) {
        match level {
            Level::Info => tracing::info!(parent: &self.span, %fields, "{message}"),
            Level::Warn => tracing::warn!(parent: &self.span, %fields, "{message}"),
            Level::Error => tracing::error!(parent: &self.span, %fields, "{message}"),
        }
    }

    /// Writes metrics of the schedule: name, unit, value.
    fn metrics(&self, severity: Option<Severity>, metrics: &[(&str, &str, f64)]) {
        let Some(run) = &self.run else { return };
        let dimensions = match severity {
            Some(_) => json!([["Schedule", "Severity"]]),
            None => json!([["Schedule"]]),
        };
        let names: Vec<Value> =
            metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": chrono::Utc::now().timestamp_millis(),
                "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": names}],
            },
            "Schedule": run.schedule,
            "run": run.id,
        });
        if let Some(severity) = severity {
            line["Severity"] = json!(severity.to_string());
        }
        for (name, _, value) in metrics {
            line[*name] = json!(value);
        }
        telemetry::write_line(&line);
    }

    fn evaluated(&mut self, brief: &Brief) {
        for failure in brief.failures.iter().take(MAX_FAILURE_LINES) {
            self.line(
                Level::Warn,
                "a detection gave no answer",
                json!({"detection": failure.detection.to_string(), "reason": failure.reason, "hint": failure.hint}),
            );
        }
        let run = &brief.run;
        self.line(
            Level::Info,
            "evaluated",
            json!({
                "window": {"start": run.window.start().to_string(), "end": run.window.end().to_string()},
                "answered": brief.coverage.detections_answered,
                "failures": brief.failures.len(),
                "undecidable": brief.undecidable.len(),
                "findings": brief.findings.len(),
                "suppressed": brief.suppressed.len(),
                "candidates": run.candidates,
                "scanned_bytes": run.bytes_scanned,
                "cost_usd": run.price.total_usd(),
            }),
        );
        for severity in Severity::ALL {
            let counts =
                |finding: &&Finding| finding.severity == severity && finding.state != FindingState::Repeated;
            let count = brief.findings.iter().filter(counts).count();
            if count > 0 {
                self.metrics(Some(severity), &[("Findings", "Count", count as f64)]);
            }
        }
        if let Some(logged) = &mut self.run {
            let failures = brief.failures.len() as u64;
            logged.evaluated = Some(Evaluated { failures, scanned_bytes: run.bytes_scanned });
        }
    }

    fn committed(&self, run: &str, at: Timestamp, state: &State, oldest: Option<Timestamp>) {
        self.line(Level::Info, "committed", json!({"committed": run, "pending": state.pending.len()}));
        let Some(logged) = &self.run else { return };
        let seconds = |from: Timestamp| (logged.now.unix_s() - from.unix_s()) as f64;
        let mut metrics = vec![
            ("Runs", "Count", 1.0),
            ("Duration", "Milliseconds", self.began.elapsed().as_millis() as f64),
            ("Lateness", "Seconds", seconds(at)),
        ];
        if let Some(oldest) = oldest {
            metrics.push(("WatermarkAge", "Seconds", seconds(oldest)));
        }
        if let Some(evaluated) = &logged.evaluated {
            metrics.push(("Failures", "Count", evaluated.failures as f64));
            metrics.push(("ScannedBytes", "Bytes", evaluated.scanned_bytes as f64));
        }
        self.metrics(None, &metrics);
    }
}

impl Observer for Log {
    type Following = ();

    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following {
        let log = self.clone();
        progress.listener.listen(move |note| log.line(Level::Warn, "note", json!({"note": note})));
    }

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), UserError> {
        match output {
            RunOutput::Brief(brief) => self.evaluated(brief),
            RunOutput::Stored(message) => {
                let subject = json!({"subject": message.subject});
                self.line(Level::Info, "the brief is already in the outbox", subject);
            }
        }
        Ok(())
    }

    fn event(&mut self, event: ScheduleEvent<'_>) {
        match event {
            ScheduleEvent::Resumed { run } => {
                self.line(Level::Info, "resuming an open run", json!({"open": run}))
            }
            ScheduleEvent::Delivered { run, channel, receipt } => self.line(
                Level::Info,
                "delivered",
                json!({"of": run, "channel": channel, "receipt": receipt}),
            ),
            ScheduleEvent::NotDelivered { run, channel, reason, hint } => self.line(
                Level::Error,
                "not delivered",
                json!({"of": run, "channel": channel, "reason": reason, "hint": hint}),
            ),
            ScheduleEvent::WithoutNews { run, channel } => {
                self.line(Level::Info, "not sent: no news", json!({"of": run, "channel": channel}))
            }
            ScheduleEvent::Committed { run, at, state, oldest } => self.committed(run, at, state, oldest),
            ScheduleEvent::NotReleased(error) => self.line(
                Level::Warn,
                "the state was not released: the next run of the schedule must wait until the lease is over",
                json!({"reason": error.line()}),
            ),
        }
    }
}
