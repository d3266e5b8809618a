//! The Lambda function: one event in, one turn or one run on demand out. What it says goes to the log as JSON lines.
//!
//! The configuration is read at the first event, so that a mistake in it is an answer and no crash before any.

mod log;
mod on_demand;
mod request;

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use crate::{
    app::{App, TableUse, log_source},
    aws::function::Function,
    config::{Channel, Environment, StateLocation, ValueOrigin, Variable},
    domain::time::{Span, Timestamp},
    run,
    store::MARGIN,
    turn::{self, Ended, Outcome, Turn},
    user_error::{ErrorKind, UserError},
};
use log::{Level, Log};
use request::{Request, Scheduled};

/// So often in a row a function asks itself to go on with a run: two hours, if it may take 15 minutes each time.
const RESUMES: u64 = 8;

/// What is kept of it for noting what became of a brief that is being sent.
const LAST: Duration = Duration::from_secs(3);

/// Events in memory, unless the configuration says otherwise: a function's memory costs, its disk does not.
const CANDIDATES_BYTES: usize = 64 << 20;

/// What is kept of an invocation's time for delivering and remembering.
const RESERVE: Duration = Duration::from_secs(30);

/// Serves events until the runtime ends the process.
#[must_use]
pub fn main() -> ExitCode {
    log::install();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let app: Arc<Mutex<Option<App>>> = Arc::default();
    let handler = service_fn(move |event: LambdaEvent<Value>| handle(app.clone(), event));
    match runtime.block_on(lambda_runtime::run(handler)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    Log::new("", &Value::Null).line(Level::Error, "the runtime failed", json!({"reason": error.to_string()}));
    ExitCode::FAILURE
}

/// Answers an event. Every error becomes the function's error, with its kind as the error type.
async fn handle(app: Arc<Mutex<Option<App>>>, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    let mut log = Log::new(&context.request_id, &payload);
    let span = log.span();
    let answer = answer(&mut *app.lock().await, &payload, &context, &mut log).instrument(span).await;
    answer.map_err(|error| {
        let kind = error.kind().to_string();
        log.line(
            Level::Error,
            "refused",
            json!({"kind": kind, "reason": error.line(), "hint": error.advice()}),
        );
        let hint = error.advice().map_or_else(String::new, |hint| format!(" (hint: {hint})"));
        Diagnostic { error_type: kind, error_message: format!("{}{hint}", error.line()) }
    })
}

async fn answer(
    kept: &mut Option<App>,
    payload: &Value,
    context: &Context,
    log: &mut Log,
) -> Result<Value, UserError> {
    let began = Instant::now();
    let now = Timestamp::from_unix_s(chrono::Utc::now().timestamp());
    let app = match kept {
        Some(app) => app,
        None => kept.insert(load(log)?),
    };
    let fallback = match Environment::read().schedule {
        Variable::Set(name) => Some(name),
        Variable::NotSet => None,
    };
    let request = request::read(payload, &app.config.schedules, fallback.as_deref(), now)?;
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    // A function with little time keeps less of it.
    let deadline = began + left.saturating_sub(RESERVE.min(left / 4));
    match request {
        Request::Turn(scheduled) => {
            let time = Time { now, left, deadline, end: began + left.saturating_sub(LAST) };
            take(app, &scheduled, &time, context, log).await
        }
        Request::OnDemand(asked) => on_demand::run(app, &asked, now, deadline, log).await,
    }
}

fn load(log: &Log) -> Result<App, UserError> {
    let mut app = App::load(None).map_err(|error| {
        if let crate::app::AppError::Config(diagnostics) = &error {
            for diagnostic in diagnostics {
                log.line(Level::Error, "configuration", json!({"problem": diagnostic.to_string()}));
            }
        }
        UserError::from(error)
            .hint("each problem stands in the log; `trailbrief check` shows them before they are deployed")
    })?;
    if app.config.limits.candidates_memory.origin == ValueOrigin::Default {
        app.context.limits.candidate_bytes = CANDIDATES_BYTES;
    }
    for problem in app.warnings() {
        log.line(Level::Warn, "configuration", json!({"problem": problem.to_string()}));
    }
    log.line(
        Level::Info,
        "loaded",
        json!({"detections": app.library.detections().count(), "broken": app.library.broken().len()}),
    );
    Ok(app)
}

/// The time of an invocation.
struct Time {
    now: Timestamp,
    /// What it may take.
    left: Duration,
    /// When statements are waited for no longer.
    deadline: Instant,
    /// When nothing is sent any more.
    end: Instant,
}

async fn take(
    app: &mut App,
    scheduled: &Scheduled,
    time: &Time,
    context: &Context,
    log: &mut Log,
) -> Result<Value, UserError> {
    let Time { now, left, deadline, end } = *time;
    let Scheduled { schedule, at, note, resumes } = scheduled;
    turn::scheduled(app, schedule)?;
    lasting(app)?;
    log.begin(&run::scheduled_id(schedule, *at), schedule, now);
    let resolved = log_source::resolve(None, app, TableUse::UpToDate).await?;
    app.learn_accounts(resolved.accounts);
    let (source, mut notes) = (resolved.source, resolved.notes);
    log.line(Level::Info, "the table is up to date", json!({"logs": source.logs().name(), "notes": notes}));
    notes.extend(app.notes());
    notes.extend(note.clone());
    let store = app.store()?;
    let channels: Vec<&Channel> = app.config.channels.iter().filter(|one| one.takes(schedule)).collect();
    if channels.is_empty() {
        log.line(
            Level::Warn,
            "no channel receives the briefs of this schedule: they are only kept",
            json!({"hint": "add `[mail]` or `[slack]`, or the schedule to `schedules` there"}),
        );
    }
    let turn = Turn {
        app,
        store: &store,
        logs: source.logs(),
        schedule,
        at: *at,
        now,
        lease: Span::from_s(i64::try_from(left.as_secs()).unwrap_or(0) + MARGIN.seconds()),
        deadline: Some(deadline),
        end: Some(end),
        channels,
        mute: false,
        notes,
        insists: false,
    };
    let Ended { outcome, undelivered } = turn::take(&turn, log).await?;
    if outcome == Outcome::Open {
        go_on(scheduled, *resumes, context, log).await?;
    }
    // An event that fails comes again: with an open run there would be two that go on with it. Its last invocation fails.
    if let Some((channel, reason)) = undelivered.first().filter(|_| outcome != Outcome::Open) {
        let error = format!("a brief did not reach {channel}: {reason}");
        return Err(UserError::new(ErrorKind::Delivery, error)
            .hint("the next turn of this schedule sends there what is still owed, and its brief says what was given up"));
    }
    let outcome = match outcome {
        Outcome::Told => "told",
        Outcome::AlreadyTold => "already told",
        Outcome::Open => "open",
    };
    log.line(Level::Info, "ended", json!({"outcome": outcome}));
    Ok(json!({"run": run::scheduled_id(schedule, *at), "outcome": outcome}))
}

/// Refuses a directory for the state: its process ends with what it wrote to its disk, and tells everything again.
fn lasting(app: &App) -> Result<(), UserError> {
    match &app.config.state.value {
        StateLocation::S3 { .. } => Ok(()),
        StateLocation::Directory(path) => {
            let path = path.display();
            let error =
                format!("the state would be kept in the directory `{path}`, which a function forgets");
            Err(UserError::new(ErrorKind::Configuration, error)
                .hint("give `path` in `[state]` a place that stays: `s3://bucket/prefix`"))
        }
    }
}

/// Asks this function to go on with an open run, as the next turn may be a day away.
async fn go_on(scheduled: &Scheduled, resumes: u64, context: &Context, log: &Log) -> Result<(), UserError> {
    let unfinished = |reason: String| {
        UserError::new(ErrorKind::Unfinished, format!("the run is not ended: {reason}"))
            .hint("the next turn of this schedule goes on with it; its statements keep running and are not paid twice")
    };
    if resumes >= RESUMES {
        return Err(unfinished(format!("its statements ran through {resumes} invocations")));
    }
    let event = json!({
        "schedule": scheduled.schedule,
        "scheduled_time": scheduled.at.to_string(),
        "resumes": resumes + 1,
    });
    let function = Function::of_environment().await;
    let qualifier = qualifier(&context.invoked_function_arn);
    match function.invoke(&context.env_config.function_name, qualifier, &event.to_string()).await {
        Ok(()) => {
            log.line(Level::Info, "asked itself to go on", json!({"resumes": resumes + 1}));
            Ok(())
        }
        Err(error) => Err(unfinished(error.to_string())),
    }
}

/// The alias or version that was invoked, if it was one: whoever goes on with a run must be the same program.
fn qualifier(arn: &str) -> Option<&str> {
    // arn:aws:lambda:region:account:function:name:qualifier
    arn.splitn(8, ':').nth(7).filter(|qualifier| !qualifier.is_empty())
}
