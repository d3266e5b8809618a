//! `trailbrief run`: detections over a window, or a schedule's turn.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use clap::Args;

use super::{
    ConfigOption, Exit, Format, Outcome, PickOptions, PlaceOption, Refusal, WindowOptions, desk, fails,
    notify, now, output, progress, window,
};
use crate::{
    app::App,
    domain::{brief::Brief, finding::Finding, severity::Severity, time::Timestamp},
    engine::{embedded::scan::Progress, ledger::Started},
    pick::pick,
    place::{self, Place, Table},
    plan::Occasion,
    refusal::Kind,
    run::{self, Job, Logs},
    schedule::{self, Observer, RunOutput, ScheduleEvent, ScheduledRun},
    store::LEASE,
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
    /// Take this for the time now
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
    /// Exit with 1 if there is a new finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
}

pub(super) async fn run(options: Options) -> Outcome {
    let mut app = desk::load(&options.config)?;
    let now = options.now.unwrap_or_else(now);
    if let Some(folder) = options.out.as_deref().filter(|_| !options.dry_run) {
        output::make(folder)?;
    }
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
    let detections = pick(&app, &options.pick.query, &options.pick.pack)?;
    let job = Job {
        id: run::on_demand_id(now, window),
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
    notify::send(&brief, &asked).await?;
    Ok(exit(&brief.findings, brief.failures.is_empty(), options.fail_on))
}

/// Runs a job and follows it on the terminal.
pub(super) async fn brief_of(app: &App, job: Job<'_>) -> Result<run::Outcome, Refusal> {
    let progress = Arc::new(Progress::default());
    let bar = progress::follow(&progress);
    let logs = job.logs;
    let mut started = Started::default();
    let outcome = tokio::select! {
        biased;
        () = interrupt(logs) => None,
        outcome = run::run(&app.desk, job, &progress, &mut started) => Some(outcome),
    };
    drop(bar);
    match outcome {
        Some(outcome) => Ok(outcome?),
        None => Err(stopped(logs, &started.ids).await),
    }
}

/// Ends when somebody presses Ctrl-C while statements run elsewhere; log files are let go as the process is.
#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "log files start nothing elsewhere"))]
async fn interrupt(logs: Logs<'_>) {
    #[cfg(feature = "aws")]
    if matches!(logs, Logs::Athena(_)) && tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending().await
}

/// Stops what was started: it would be paid for and read by nobody.
#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "log files start nothing elsewhere"))]
async fn stopped(logs: Logs<'_>, started: &[String]) -> Refusal {
    #[cfg(feature = "aws")]
    if let Logs::Athena(athena) = logs {
        for id in started {
            if let Err(error) = athena.statements.stop(id).await {
                let error = anyhow::anyhow!("interrupted: a statement may run on: {error}");
                return Refusal::failed(error).hint("stop it in Athena's console");
            }
        }
    }
    Refusal::failed(anyhow::anyhow!("interrupted: nothing that was started on Athena runs on"))
}

async fn scheduled(
    options: &Options,
    app: &App,
    place: &Place,
    name: &str,
    notes: Vec<String>,
    now: Timestamp,
) -> Outcome {
    let (detections, cadence) = schedule::scheduled(app, name)?;
    let at = options.at.unwrap_or(now);
    if at > now {
        return Err(Refusal::usage(anyhow::anyhow!("the schedule's time {at} lies in the future"))
            .hint("give a time that has passed: events after it are not there yet"));
    }
    let store = app.store()?;
    let channels = notify::of_schedule(app, name);
    if options.no_state || options.dry_run {
        let state = store.peek(name).await?;
        let job = Job {
            id: schedule::run_id(name, at),
            detections,
            occasion: Occasion::Scheduled { at, cadence, state: &state },
            schedule: Some(name.to_owned()),
            logs: place.logs(),
            now,
            notes,
            failures: app.failures(),
            deadline: None,
            spent_bytes: state.scanned_in_month(at),
        };
        if options.dry_run {
            return super::plan::print(app, &job, super::plan::Format::Text).await;
        }
        let brief = brief_of(app, job).await?.brief;
        show(options, &brief)?;
        notify::send(&brief, if options.no_notify { &[] } else { &channels }).await?;
        return Ok(exit(&brief.findings, brief.failures.is_empty(), options.fail_on));
    }
    let run = ScheduledRun {
        app,
        store: &store,
        logs: place.logs(),
        schedule: name,
        at,
        now,
        lease: LEASE,
        deadline: None,
        end: None,
        channels,
        without_delivery: options.no_notify,
        notes,
        repeats_unanswered: true,
    };
    let mut terminal = Terminal { options, exit: Exit::Done };
    let result = schedule::execute(&run, &mut terminal).await?;
    match result.undelivered.as_slice() {
        [] => Ok(terminal.exit),
        missed => {
            let names: BTreeSet<&str> = missed.iter().map(|missed| missed.channel.as_str()).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(" and ");
            let error = anyhow::anyhow!("the brief did not reach {names}; the reason stands above");
            Err(Refusal::new(Kind::Delivery, error)
                .hint(format!("the next run of `{name}` sends there what is still owed, and its brief says what was given up")))
        }
    }
}

/// Shows a scheduled run on the terminal.
struct Terminal<'a> {
    options: &'a Options,
    exit: Exit,
}

impl Observer for Terminal<'_> {
    type Following = progress::Bar;

    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following {
        progress::follow(progress)
    }

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), Refusal> {
        match output {
            RunOutput::Brief(brief) => {
                show(self.options, brief)?;
                self.exit = exit(&brief.findings, brief.failures.is_empty(), self.options.fail_on);
            }
            RunOutput::Stored(message) => {
                if let Some(folder) = &self.options.out {
                    output::write_message(message, folder)?;
                }
                output::show_message(message, self.options.format)?;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: ScheduleEvent<'_>) {
        match event {
            ScheduleEvent::Resumed { run } => {
                eprintln!("note: the run {run} was not ended: going on with it")
            }
            ScheduleEvent::Delivered { channel, receipt, .. } => eprintln!("sent: {channel} {receipt}"),
            ScheduleEvent::NotDelivered { channel, reason, hint, .. } => {
                eprintln!("not sent: {channel}: {reason}");
                if let Some(hint) = hint {
                    eprintln!("  hint: {hint}");
                }
            }
            ScheduleEvent::Committed { .. } => {}
            ScheduleEvent::NotReleased(refusal) => eprintln!(
                "warning: {}: other runs of this schedule must wait until this run's lease is over",
                refusal.line()
            ),
        }
    }
}

fn show(options: &Options, brief: &Brief) -> Result<(), Refusal> {
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
