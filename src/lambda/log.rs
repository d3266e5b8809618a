//! The function's log: JSON lines that show what a run does, and metrics in CloudWatch's embedded format.

use std::{io::Write as _, sync::Arc, time::Instant};

use serde_json::{Map, Value, json};

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
    refusal::Refusal,
    schedule::{Observer, RunOutput, ScheduleEvent},
};

/// CloudWatch's name for our metrics.
const NAMESPACE: &str = "trailbrief";

/// How many failures have a line each. The brief shows all of them.
const MAX_FAILURE_LINES: usize = 3;

/// How severe a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// It went as intended.
    Info,
    /// A person should look at it.
    Warn,
    /// It kept the function from its work.
    Error,
}

/// The log of one invocation.
#[derive(Clone, Debug)]
pub(super) struct Log {
    request: String,
    least: Level,
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
        let least = match Environment::read().log_level {
            Variable::Set(level) if level.eq_ignore_ascii_case("warn") => Level::Warn,
            Variable::Set(level) if level.eq_ignore_ascii_case("error") => Level::Error,
            _ => Level::Info,
        };
        let log = Self { request: request.to_owned(), least, began: Instant::now(), run: None };
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
        let (id, schedule) = (id.to_owned(), schedule.to_owned());
        self.run = Some(LoggedRun { id, schedule, now, evaluated: None });
    }

    /// Writes a line.
    pub(super) fn line(&self, level: Level, message: &str, fields: Value) {
        if level < self.least {
            return;
        }
        let level = match level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        let mut line = Map::new();
        line.insert(
            "timestamp".to_owned(),
            json!(chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        );
        line.insert("level".to_owned(), json!(level));
        line.insert("message".to_owned(), json!(message));
        line.insert("requestId".to_owned(), json!(self.request));
        if let Some(run) = &self.run {
            line.insert("run".to_owned(), json!(run.id));
        }
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        write(&Value::Object(line));
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
        write(&line);
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
        progress.listener.hear(move |note| log.line(Level::Warn, "note", json!({"note": note})));
    }

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), Refusal> {
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
            ScheduleEvent::Committed { run, at, state, oldest } => self.committed(run, at, state, oldest),
            ScheduleEvent::NotReleased(error) => self.line(
                Level::Warn,
                "the state was not released: the next run of the schedule must wait until the lease is over",
                json!({"reason": error.line()}),
            ),
        }
    }
}

/// One line of standard output, which is the log.
fn write(line: &Value) {
    let mut out = std::io::stdout().lock();
    // If the log cannot be written, there is nowhere to say so.
    let _ = writeln!(out, "{line}");
}
