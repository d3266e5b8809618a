//! The function's log: JSON lines that tell the story of a run, and metrics in CloudWatch's embedded format.

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
    turn::{Event, Front, Shown},
    user_error::UserError,
};

/// CloudWatch's name for our metrics.
const NAMESPACE: &str = "trailbrief";

/// So many failures have a line each; the rest is counted. The brief has them all.
const FAILURES: usize = 3;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// What happened.
    Info,
    /// What somebody should look at.
    Warn,
    /// What kept the function from its work.
    Error,
}

/// The log of one invocation.
#[derive(Clone, Debug)]
pub(super) struct Log {
    request: String,
    least: Level,
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
        let least = match Environment::read().log_level {
            Variable::Set(level) if level.eq_ignore_ascii_case("warn") => Level::Warn,
            Variable::Set(level) if level.eq_ignore_ascii_case("error") => Level::Error,
            _ => Level::Info,
        };
        let log = Self { request: request.to_owned(), least, began: Instant::now(), turn: None };
        if !event.is_null() {
            log.line(Level::Info, "asked", json!({"event": event, "version": env!("CARGO_PKG_VERSION")}));
        }
        log
    }

    /// From here on lines belong to this run.
    pub(super) fn begin(&mut self, id: &str, schedule: &str, now: Timestamp) {
        let (id, schedule) = (id.to_owned(), schedule.to_owned());
        self.turn = Some(Run { id, schedule, now, answered: None });
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
        if let Some(turn) = &self.turn {
            line.insert("run".to_owned(), json!(turn.id));
        }
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        write(&Value::Object(line));
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
        write(&line);
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

/// One line of standard output, which is the log.
fn write(line: &Value) {
    let mut out = std::io::stdout().lock();
    // There is nobody to tell that the log cannot be written.
    let _ = writeln!(out, "{line}");
}
