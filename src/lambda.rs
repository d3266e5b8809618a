//! The Lambda function: each event starts one scheduled run or one run on demand. Its log is JSON lines.
//!
//! The configuration is read at the first event, so that a mistake in it is the answer to an event and not a crash.

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
    config::{Environment, StateLocation, ValueOrigin, Variable},
    domain::time::{Span, Timestamp},
    run,
    schedule::{self, RunResult, RunStatus, ScheduledRun},
    store::{LeaseTerms, MARGIN},
    user_error::{ErrorKind, UserError},
};
use log::{Level, Log};
use request::{Request, ScheduleRequest};

/// How often in a row the function invokes itself to resume a run: for two hours, at 15 minutes each.
const MAX_RESUMES: u64 = 8;

/// Bytes of events in memory, unless the configuration says otherwise: a function pays for its memory, not for its disk.
const CANDIDATES_BYTES: usize = 64 << 20;

/// Time reserved at the end of an invocation for delivery and for saving the state.
const RESERVED_FOR_DELIVERY: Duration = Duration::from_secs(30);

/// Time reserved at the end of an invocation for saving receipts.
const RESERVED_FOR_RECEIPTS: Duration = Duration::from_secs(3);

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

/// Answers an event. An error becomes an error of the function, with its kind as the error's type.
async fn handle(app: Arc<Mutex<Option<App>>>, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    let mut log = Log::new(&context.request_id, &payload);
    let span = log.span();
    let answer = answer(&mut *app.lock().await, &payload, &context, &mut log).instrument(span).await;
    answer.map_err(|error| {
        let kind = error.kind().to_string();
        log.line(
            Level::Error,
            "failed",
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
    // A function with little time reserves less of it.
    let deadline = began + left.saturating_sub(RESERVED_FOR_DELIVERY.min(left / 4));
    match request {
        Request::Schedule(request) => {
            let time = Time { now, left, deadline, end: began + left.saturating_sub(RESERVED_FOR_RECEIPTS) };
            scheduled_run(app, &request, &time, context, log).await
        }
        Request::OnDemand(request) => on_demand::run(app, &request, now, deadline, log).await,
    }
}

fn load(log: &Log) -> Result<App, UserError> {
    let mut app = App::load_to_run(None).map_err(|error| {
        if let crate::app::AppError::Config(diagnostics) = &error {
            for diagnostic in diagnostics {
                log.line(Level::Error, "configuration", json!({"problem": diagnostic.to_string()}));
            }
        }
        UserError::from(error)
            .hint("the log shows each problem; `trailbrief check` finds them before you deploy")
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
    /// What is left of it at the start.
    left: Duration,
    /// When Athena's statements are waited for no longer.
    deadline: Instant,
    /// When a delivery under way is abandoned.
    end: Instant,
}

async fn scheduled_run(
    app: &mut App,
    request: &ScheduleRequest,
    time: &Time,
    context: &Context,
    log: &mut Log,
) -> Result<Value, UserError> {
    let Time { now, left, deadline, end } = *time;
    let ScheduleRequest { schedule, at, note, .. } = request;
    schedule::scheduled(app, schedule)?;
    check_state_location(app)?;
    log.begin(&run::scheduled_id(schedule, *at), schedule, now);
    let resolved = log_source::resolve(None, app, TableUse::UpToDate(now)).await?;
    app.learn_accounts(resolved.accounts);
    let (source, mut notes) = (resolved.source, resolved.notes);
    log.line(Level::Info, "table up to date", json!({"logs": source.logs().name(), "notes": notes}));
    notes.extend(app.notes());
    notes.extend(note.clone());
    let store = app.store()?;
    let channels = app.config.channels_of(schedule);
    if channels.is_empty() {
        log.line(
            Level::Warn,
            "no channel receives the briefs of this schedule: they are only archived",
            json!({"hint": "configure `[mail]` or `[slack]`, or look at `schedules` and `when` there"}),
        );
    }
    let run = ScheduledRun {
        app,
        store: &store,
        logs: source.logs(),
        schedule,
        at: *at,
        now,
        lease: LeaseTerms {
            length: Span::from_s(i64::try_from(left.as_secs()).unwrap_or(0) + MARGIN.seconds()),
            invocation: Some(context.request_id.clone()),
        },
        deadline: Some(deadline),
        end: Some(end),
        channels,
        without_delivery: false,
        notes,
        repeats_unanswered: false,
    };
    let RunResult { status, undelivered } = match schedule::execute(&run, log).await {
        // EventBridge may deliver an event twice; the other invocation has this run.
        Err(error) if error.is_held_by(&run::scheduled_id(schedule, *at)) => {
            return Ok(under_way(schedule, *at, log));
        }
        result => result?,
    };
    if status == RunStatus::Open {
        resume_later(request, context, log).await?;
    }
    // Lambda repeats an event that fails. With an open run, two invocations would resume it then, so only the last one fails.
    if let Some(failed) = undelivered.first().filter(|_| status != RunStatus::Open) {
        let error = anyhow::anyhow!("a brief was not delivered to {}: {}", failed.channel, failed.reason);
        return Err(UserError::new(ErrorKind::Delivery, error).hint(
            "the next run of this schedule retries what is pending; its brief names what was given up",
        ));
    }
    // These words are part of the function's contract: callers compare them.
    let outcome = match status {
        RunStatus::Delivered => "told",
        RunStatus::AlreadyDelivered => "already told",
        RunStatus::Open => "open",
    };
    log.line(Level::Info, "finished", json!({"outcome": outcome}));
    Ok(json!({"run": run::scheduled_id(schedule, *at), "outcome": outcome}))
}

/// The answer to an event whose run another invocation works on.
fn under_way(schedule: &str, at: Timestamp, log: &Log) -> Value {
    log.line(Level::Info, "finished", json!({"outcome": "under way"}));
    json!({"run": run::scheduled_id(schedule, at), "outcome": "under way"})
}

/// Rejects a directory for the state: a function's disk does not outlive its process, so everything would be reported again.
fn check_state_location(app: &App) -> Result<(), UserError> {
    match &app.config.state.value {
        StateLocation::S3 { .. } => Ok(()),
        StateLocation::Directory(path) => {
            let path = path.display();
            let error = anyhow::anyhow!(
                "the state would be kept in the directory `{path}`, which is lost when the function's process ends"
            );
            Err(UserError::new(ErrorKind::Configuration, error)
                .hint("set `path` in `[state]` to `s3://bucket/prefix`"))
        }
    }
}

/// Invokes this function again to resume an open run: the schedule's next run may be a day away.
async fn resume_later(request: &ScheduleRequest, context: &Context, log: &Log) -> Result<(), UserError> {
    let unfinished = |reason: String| {
        UserError::new(ErrorKind::Unfinished, anyhow::anyhow!("the run is not finished: {reason}")).hint(
            "the next run of this schedule resumes it; its statements keep running and are not charged twice",
        )
    };
    let resumes = request.resumes;
    if resumes >= MAX_RESUMES {
        return Err(unfinished(format!("its statements are still running after {resumes} invocations")));
    }
    let event = json!({
        "schedule": request.schedule,
        "scheduled_time": request.at.to_string(),
        "resumes": resumes + 1,
    });
    let function = Function::of_environment().await;
    let qualifier = qualifier(&context.invoked_function_arn);
    match function.invoke(&context.env_config.function_name, qualifier, &event.to_string()).await {
        Ok(()) => {
            log.line(Level::Info, "invoked itself to resume the run", json!({"resumes": resumes + 1}));
            Ok(())
        }
        Err(error) => Err(unfinished(error.to_string())),
    }
}

/// The alias or version that was invoked, if it was one: a run must be resumed by the same program.
fn qualifier(arn: &str) -> Option<&str> {
    // arn:aws:lambda:region:account:function:name:qualifier
    arn.splitn(8, ':').nth(7).filter(|qualifier| !qualifier.is_empty())
}
