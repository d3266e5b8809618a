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
    telemetry,
    turn::{Event, Front, Shown},
    user_error::UserError,
};

/// CloudWatch's name for our metrics.
const NAMESPACE: &str = "trailbrief";

/// So many failures have a line each; the rest is counted. The brief has them all.
const FAILURES: usize = 3;

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
    turn: Option<Run>,
}

/// The turn that is told of.
#[derive(Clone, Debug)]
struct Run {
    id: String,
    schedule: String,
    now: Timestamp,
    /// What is counted once the brief is delivered.
    answered: Option<Answered>,
}

#[derive(Clone, Debug)]
struct Answered {
    failures: u64,
    scanned_bytes: u64,
}

impl Log {
    /// Begins the log of an invocation with its event.
    pub(super) fn new(request: &str, event: &Value) -> Self {
        // As a span of the gravest level it is there for lines of every level.
        let span = tracing::error_span!("invocation", requestId = request, run = tracing::field::Empty);
        let log = Self { span, began: Instant::now(), turn: None };
        if !event.is_null() {
            log.line(Level::Info, "asked", json!({"event": event, "version": env!("CARGO_PKG_VERSION")}));
        }
        log
    }

    /// From here on lines belong to this run.
    pub(super) fn begin(&mut self, id: &str, schedule: &str, now: Timestamp) {
        self.span.record("run", id);
        let (id, schedule) = (id.to_owned(), schedule.to_owned());
        self.turn = Some(Run { id, schedule, now, answered: None });
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
        let Some(turn) = &self.turn else { return };
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
            "Schedule": turn.schedule,
            "run": turn.id,
        });
        if let Some(severity) = severity {
            line["Severity"] = json!(severity.to_string());
        }
        for (name, _, value) in metrics {
            line[*name] = json!(value);
        }
        telemetry::write_line(&line);
    }

    fn answered(&mut self, brief: &Brief) {
        for failure in brief.failures.iter().take(FAILURES) {
            self.line(
                Level::Warn,
                "no answer",
                json!({"detection": failure.detection.to_string(), "reason": failure.reason, "hint": failure.hint}),
            );
        }
        let run = &brief.run;
        self.line(
            Level::Info,
            "answered",
            json!({
                "window": {"start": run.window.start().to_string(), "end": run.window.end().to_string()},
                "answered": brief.coverage.detections_answered,
                "failures": brief.failures.len(),
                "findings": brief.findings.len(),
                "suppressed": brief.suppressed.len(),
                "candidates": run.candidates,
                "scanned_bytes": run.bytes_scanned,
                "cost_usd": run.cost_usd,
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
        if let Some(turn) = &mut self.turn {
            let failures = brief.failures.len() as u64;
            turn.answered = Some(Answered { failures, scanned_bytes: run.bytes_scanned });
        }
    }

    fn committed(&self, run: &str, at: Timestamp, state: &State, oldest: Option<Timestamp>) {
        self.line(Level::Info, "remembered", json!({"committed": run, "owed": state.owed.len()}));
        let Some(turn) = &self.turn else { return };
        let seconds = |from: Timestamp| (turn.now.unix_s() - from.unix_s()) as f64;
        let mut metrics = vec![
            ("Runs", "Count", 1.0),
            ("Duration", "Milliseconds", self.began.elapsed().as_millis() as f64),
            ("Lateness", "Seconds", seconds(at)),
        ];
        if let Some(oldest) = oldest {
            metrics.push(("WatermarkAge", "Seconds", seconds(oldest)));
        }
        if let Some(answered) = &turn.answered {
            metrics.push(("Failures", "Count", answered.failures as f64));
            metrics.push(("ScannedBytes", "Bytes", answered.scanned_bytes as f64));
        }
        self.metrics(None, &metrics);
    }
}

impl Front for Log {
    type Following = ();

    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following {
        let log = self.clone();
        progress.listener.listen(move |note| log.line(Level::Warn, "note", json!({"note": note})));
    }

    fn show(&mut self, shown: Shown<'_>) -> Result<(), UserError> {
        match shown {
            Shown::Brief(brief) => self.answered(brief),
            Shown::Letter(letter) => {
                self.line(Level::Info, "the brief was written before", json!({"subject": letter.subject}));
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Resumed { run } => {
                self.line(Level::Info, "goes on with an open run", json!({"open": run}))
            }
            Event::Sent { run, channel, receipt } => {
                self.line(Level::Info, "sent", json!({"of": run, "channel": channel, "receipt": receipt}));
            }
            Event::NotSent { run, channel, reason, hint } => self.line(
                Level::Error,
                "not sent",
                json!({"of": run, "channel": channel, "reason": reason, "hint": hint}),
            ),
            Event::Committed { run, at, state, oldest } => self.committed(run, at, state, oldest),
            Event::NotReleased(error) => self.line(
                Level::Warn,
                "the state is not given back: the next turn must wait until this lease is over",
                json!({"reason": error.line()}),
            ),
        }
    }
}
