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
    domain::{
        finding::Finding,
        severity::Severity,
        time::{Timestamp, Window},
    },
    engine::embedded::scan::Progress,
    plan::Occasion,
    render,
    run::{self, Job, RunError},
    store::{Claim, Store, StoreError},
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
    let outcome = run::run(&app.desk, job, &progress).await;
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
    mut notes: Vec<String>,
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
    let store = Store::new(app.state_path());
    let claim = match options.no_state || options.dry_run {
        true => None,
        false => Some(store.claim(name).map_err(unstored)?),
    };
    let state = match &claim {
        Some(Claim { state, note, .. }) => {
            notes.extend(note.clone());
            state.clone()
        }
        None => store.peek(name).map_err(unstored)?,
    };
    let job = Job {
        id: format!("{name}-{}", at.to_string().replace(['-', ':'], "")),
        detections,
        occasion: Occasion::Scheduled { at, cadence, state: &state },
        schedule: Some(name.to_owned()),
        logs: place.logs(),
        now,
        notes,
        failures: app.failures(),
    };
    if options.dry_run {
        return super::plan::print(app, &job, super::plan::Format::Text).await;
    }
    let run::Outcome { brief, state: advanced } = brief_of(app, job).await?;
    // Deliver, then commit: a brief that was told twice is a nuisance, one that was lost is a breach.
    show(options, &brief)?;
    let channels = if options.no_notify { Vec::new() } else { notify::of_schedule(app, name) };
    notify::send(&brief, &channels, claim.is_some().then_some(name)).await?;
    if let (Some(claim), Some(advanced)) = (claim, advanced) {
        let html = render::html(&brief).map_err(Refusal::failed)?;
        store.archive(name, &brief.run.id, &render::json(&brief), &html).map_err(unstored)?;
        claim.commit(&advanced).map_err(unstored)?;
    }
    Ok(exit(&brief.findings, brief.failures.is_empty(), options.fail_on))
}

fn unstored(error: StoreError) -> Refusal {
    let hint = match &error {
        StoreError::Io { .. } => {
            "give `path` in `[state]` a directory that you may write to, or use `--no-state`"
        }
        StoreError::Busy { .. } => "wait for it to end",
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
