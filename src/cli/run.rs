//! `trailbrief run`: detections over a window, or a schedule's turn.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{
    ConfigOption, Exit, Format, Outcome, PickOptions, PlaceOption, Refusal, WindowOptions, desk, fails,
    notify, now, output,
    place::{self, Place, Table},
    progress, window,
};
use crate::{
    app::App,
    config::Channel,
    domain::{
        finding::Finding,
        severity::Severity,
        state::State,
        time::{Timestamp, Window},
    },
    engine::{embedded::scan::Progress, ledger::NoLedger},
    plan::Occasion,
    render,
    run::{self, Job, RunError},
    store::{LEASE, Store, StoreError, Trouble},
};

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: PlaceOption,
    /// Run this schedule's turn: its packs, from where it left off, and remember
    #[arg(long, value_name = "NAME", conflicts_with_all = ["last", "from", "to", "query", "pack"])]
    schedule: Option<String>,
    /// The schedule's time [default: now]
    #[arg(long, value_name = "TIME", requires = "schedule")]
    at: Option<Timestamp>,
    #[command(flatten)]
    window: WindowOptions,
    #[command(flatten)]
    pick: PickOptions,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also write the brief in every form into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Run a schedule's turn without recording it
    #[arg(long, requires = "schedule")]
    no_state: bool,
    /// Send the brief of a run on demand to every configured channel; a schedule's is sent anyway
    #[arg(long)]
    notify: bool,
    /// Send a schedule's brief to no channel
    #[arg(long, requires = "schedule", conflicts_with = "notify")]
    no_notify: bool,
    /// Show what the run would ask and read, and end
    #[arg(long)]
    dry_run: bool,
    /// Exit with 1 if there is a new finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
}

pub(super) async fn run(options: Options) -> Outcome {
    let mut app = desk::load(&options.config)?;
    let now = now();
    let recorded = options.schedule.is_some() && !options.no_state && !options.dry_run;
    let table = if recorded { Table::InStep } else { Table::AsItIs };
    let (place, mut notes) = place::find(options.logs.logs.as_deref(), &mut app, table).await?;
    notes.extend(app.notes());
    let asked = if options.notify { notify::every(&app)? } else { Vec::new() };
    if let Some(schedule) = &options.schedule {
        return scheduled(&options, &app, &place, schedule, notes, now).await;
    }
    let window = window::asked(options.window, now)?.ok_or_else(|| {
        Refusal::usage(anyhow::anyhow!("the run has no window"))
            .hint("add `--last 24h`, or `--from` and `--to`, or `--schedule hourly`")
    })?;
    let detections = desk::pick(&app, &options.pick)?;
    let job = Job {
        id: on_demand_id(now, window),
        detections,
        occasion: Occasion::OnDemand(window),
        schedule: None,
        logs: place.logs(),
        now,
        notes,
        failures: app.failures(),
        deadline: None,
        spent_bytes: 0,
    };
    if options.dry_run {
        return super::plan::print(&app, &job, super::plan::Format::Text).await;
    }
    let brief = brief_of(&app, job).await?.brief;
    show(&options, &brief)?;
    notify::send(&brief, &asked, None).await?;
    Ok(exit(&brief.findings, brief.failures.is_empty(), options.fail_on))
}

/// The id of a run that somebody asked for.
pub(super) fn on_demand_id(now: Timestamp, window: Window) -> String {
    let compact = |time: Timestamp| time.to_string().replace(['-', ':'], "");
    format!("on-demand-{}-{}-{}", compact(now), compact(window.start()), compact(window.end()))
}

/// Runs a job and follows it on the terminal.
pub(super) async fn brief_of(app: &App, job: Job<'_>) -> Result<run::Outcome, Refusal> {
    let progress = Arc::new(Progress::default());
    let bar = progress::follow(&progress);
    let outcome = run::run(&app.desk, job, &progress, &mut NoLedger).await;
    drop(bar);
    outcome.map_err(refused)
}

/// A failed run, with what to do about it.
pub(super) fn refused(error: RunError) -> Refusal {
    match error {
        RunError::NothingDue(_) => {
            Refusal::usage(error).hint("give a later `--at`, or ask on demand with `--last`")
        }
        RunError::NoDetections => Refusal::usage(error).hint("`trailbrief list` names detections and packs"),
        RunError::Source(error) => desk::unlisted(error),
        #[cfg(feature = "aws")]
        RunError::Aws(error) => {
            let hint = error.hint.clone();
            let refusal = Refusal::failed(error);
            hint.into_iter().fold(refusal, Refusal::hint)
        }
        other => Refusal::failed(other),
    }
}

async fn scheduled(
    options: &Options,
    app: &App,
    place: &Place,
    name: &str,
    notes: Vec<String>,
    now: Timestamp,
) -> Outcome {
    let (detections, cadence) = app.schedule(name).ok_or_else(|| {
        let known: Vec<&str> = app.config.schedules.keys().map(String::as_str).collect();
        Refusal::usage(anyhow::anyhow!("there is no schedule `{name}`"))
            .hint(format!("schedules are: {}", known.join(", ")))
    })?;
    let at = options.at.unwrap_or(now);
    if at > now {
        return Err(Refusal::usage(anyhow::anyhow!("the schedule's time {at} lies in the future"))
            .hint("give a time that has passed: events after it are not there yet"));
    }
    let id = format!("{name}-{}", at.to_string().replace(['-', ':'], ""));
    let job = |state, more: Vec<String>| Job {
        id: id.clone(),
        detections,
        occasion: Occasion::Scheduled { at, cadence, state },
        schedule: Some(name.to_owned()),
        logs: place.logs(),
        now,
        notes: notes.into_iter().chain(more).collect(),
        failures: app.failures(),
        deadline: None,
        spent_bytes: 0,
    };
    let store = app.store().map_err(unstored)?;
    if options.no_state || options.dry_run {
        let state = store.peek(name).await.map_err(unstored)?;
        let job = job(&state, Vec::new());
        if options.dry_run {
            return super::plan::print(app, &job, super::plan::Format::Text).await;
        }
        let brief = brief_of(app, job).await?.brief;
        show(options, &brief)?;
        notify::send(&brief, &channels(options, app, name), None).await?;
        return Ok(exit(&brief.findings, brief.failures.is_empty(), options.fail_on));
    }
    let claim = store.claim(name, &id, now, LEASE).await.map_err(unstored)?;
    let job = job(claim.state(), claim.notes().map(str::to_owned).collect());
    match turn(options, app, &store, name, job).await {
        Ok((advanced, exit)) => {
            claim.commit(&advanced).await.map_err(unstored)?;
            Ok(exit)
        }
        Err(refusal) => {
            if let Err(error) = claim.release().await {
                eprintln!(
                    "warning: {error}: other runs of `{name}` must wait until this run's lease is over"
                );
            }
            Err(refusal)
        }
    }
}

/// Runs a schedule's turn up to its commit: a brief that was told twice is a nuisance, one that was lost is a breach.
async fn turn(
    options: &Options,
    app: &App,
    store: &Store,
    name: &str,
    job: Job<'_>,
) -> Result<(State, Exit), Refusal> {
    let run::Outcome { brief, state } = brief_of(app, job).await?;
    show(options, &brief)?;
    notify::send(&brief, &channels(options, app, name), Some(name)).await?;
    let html = render::html(&brief).map_err(Refusal::failed)?;
    store.archive(name, &brief.run.id, &render::json(&brief), &html).await.map_err(unstored)?;
    let state = state.expect("a scheduled run gives a state");
    Ok((state, exit(&brief.findings, brief.failures.is_empty(), options.fail_on)))
}

/// The channels that a schedule's brief goes to.
fn channels<'a>(options: &Options, app: &'a App, name: &str) -> Vec<&'a Channel> {
    if options.no_notify { Vec::new() } else { notify::of_schedule(app, name) }
}

/// A state that cannot be claimed, read or written, with what to do about it.
fn unstored(error: StoreError) -> Refusal {
    let hint = match &error {
        StoreError::Io { .. } => {
            "give `path` in `[state]` a directory that you may write to, or use `--no-state`"
        }
        StoreError::Object { trouble, .. } => match trouble {
            Trouble::NoBucket => "make the bucket, or give `path` in `[state]` one that is there",
            Trouble::Denied => {
                "check the credentials (`AWS_ACCESS_KEY_ID`, …) and that they allow s3:GetObject and s3:PutObject on \
                 this prefix, and s3:ListBucket on the bucket: without it S3 denies what is only not there yet"
            }
            Trouble::Region => "set `AWS_REGION` to the bucket's region",
            Trouble::NoCredentials if cfg!(feature = "aws") => {
                "set `AWS_PROFILE`, sign in with `aws sso login`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
            }
            Trouble::NoCredentials => {
                "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`, if there is one); profiles \
                 are read by a build with `--features aws`"
            }
            Trouble::Unreachable => "check the network, `AWS_REGION`, and `AWS_ENDPOINT_URL` if it is set",
            Trouble::Other => "check bucket, region and credentials, or use `--no-state`",
        },
        StoreError::Unusable { .. } if cfg!(not(feature = "s3")) => {
            "give `path` in `[state]` a directory, or build with `--features s3`"
        }
        StoreError::Unusable { .. } => "correct that, or give `path` in `[state]` a directory",
        StoreError::Busy { .. } => {
            "wait for it to end; if it was killed, its state can be claimed again when its lease is over"
        }
        StoreError::Lost { .. } => {
            "its brief was delivered, and the run that took over tells the same again: nothing is lost"
        }
        StoreError::Damaged { .. } => {
            "run without `--no-state` or `--dry-run`: that puts it aside, begins anew and says so"
        }
        StoreError::Newer { .. } => "use the program that wrote it, or a newer one",
    };
    Refusal::failed(error).hint(hint)
}

fn show(options: &Options, brief: &crate::domain::brief::Brief) -> Result<(), Refusal> {
    if let Some(folder) = &options.out {
        output::write(brief, folder)?;
    }
    output::show(brief, options.format)
}

/// Unanswered detections weigh more than findings: the caller must know that the run was partial.
fn exit(findings: &[Finding], complete: bool, fail_on: Option<Severity>) -> Exit {
    use crate::domain::finding::FindingState::Repeated;
    let worst =
        findings.iter().filter(|finding| finding.state != Repeated).map(|finding| finding.severity).max();
    if !complete {
        Exit::Partial
    } else if fails(fail_on, worst) {
        Exit::Findings
    } else {
        Exit::Done
    }
}
