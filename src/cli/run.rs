//! `trailbrief run`: detections over a time window, or a scheduled run.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use clap::Args;

use super::{
    ConfigOption, Exit, LogsOption, Outcome, SelectionOptions, UserError, WindowOptions, fails, load, notify,
    now, output, progress, window,
};
use crate::{
    app::{
        App, TableUse,
        baseline::habits_of,
        log_source::{self, LogSource},
    },
    config::Channel,
    domain::{
        brief::Brief,
        delivery::USUAL_DELAY,
        news::News,
        severity::Severity,
        time::{Span, Timestamp},
        trace::TraceEvent,
    },
    engine::{embedded::scan::Progress, ledger::Started},
    plan::Occasion,
    run::{self, Job, Logs},
    schedule::{self, Observer, RunOutput, ScheduleEvent, ScheduledRun},
    selection::select,
    store::LEASE,
    user_error::ErrorKind,
};

/// What the help of `run` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief run --logs ./AWSLogs --last 24h
  trailbrief run --logs s3://bucket/prefix --from 2026-03-10 --to 2026-03-11 --out brief/
  trailbrief run --logs ./AWSLogs --last 7d --query 'iam.*' --fail-on high
  trailbrief run --logs ./AWSLogs --from 2026-03-10 --to 2026-03-11 --late 30d
  trailbrief run --schedule hourly";

/// Options of `run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    /// Run the packs of this schedule over the time since its last run, and record the result
    #[arg(long, value_name = "NAME", conflicts_with_all = ["last", "from", "to", "query", "pack"], help_heading = "Schedule")]
    schedule: Option<String>,
    /// The time for which the schedule runs, in UTC [default: now]
    #[arg(long, value_name = "TIME", requires = "schedule", help_heading = "Schedule")]
    at: Option<Timestamp>,
    #[command(flatten)]
    window: WindowOptions,
    /// Also read log files that were delivered up to this long after the window, to the end of that day [default: 1h]
    #[arg(long, value_name = "SPAN", conflicts_with = "schedule", help_heading = "Window")]
    late: Option<Span>,
    #[command(flatten)]
    selection: SelectionOptions,
    /// Run the schedule, but do not record the result
    #[arg(long, requires = "schedule", help_heading = "Schedule")]
    no_state: bool,
    #[command(flatten)]
    shown: output::ShowOptions,
    /// Also write the brief into this directory, in every format, and `report.html`: a page to search
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Exit with code 1 if a new finding has this severity or a higher one, or an event that could not be judged may be one
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    fail_on: Option<Severity>,
    /// Show what the run would read and which SQL it would run, and exit
    #[arg(long, help_heading = "Output")]
    dry_run: bool,
    /// Send the brief to every configured channel; a recorded run of a schedule sends it to those that want it in any case
    #[arg(long, help_heading = "Delivery")]
    notify: bool,
    /// Do not send the brief of the schedule to any channel
    #[arg(long, requires = "schedule", conflicts_with = "notify", help_heading = "Delivery")]
    no_notify: bool,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

pub(super) async fn run(options: Options) -> Outcome {
    options.check_schedule()?;
    let mut app = load::load_to_run(&options.config)?;
    let now = options.now.unwrap_or_else(now);
    if let Some(folder) = options.out.as_deref().filter(|_| !options.dry_run) {
        output::make(folder)?;
    }
    let recorded = options.schedule.is_some() && !options.no_state && !options.dry_run;
    let table_use = if recorded { TableUse::UpToDate(now) } else { TableUse::AsItIs };
    let resolved = log_source::resolve(options.logs.logs.as_deref(), &app, table_use).await?;
    app.learn_accounts(resolved.accounts);
    let (source, mut notes) = (resolved.source, resolved.notes);
    notes.extend(app.notes());
    let channels = if options.notify { notify::every(&app)? } else { Vec::new() };
    if let Some(schedule) = &options.schedule {
        return scheduled(&options, &app, &source, schedule, notes, now).await;
    }
    let window = window::chosen(options.window, now)?.ok_or_else(|| {
        UserError::usage(anyhow::anyhow!("the run has no window"))
            .hint("add `--last 24h`, or `--from` and `--to`, or `--schedule hourly`")
    })?;
    let detections = select(&app, &options.selection.query, &options.selection.pack)?;
    let (habits, note) = app.habits().await;
    notes.extend(note);
    let delay = options.late.unwrap_or(USUAL_DELAY);
    let job = Job {
        notes,
        failures: app.failures(),
        habits,
        occasion: Occasion::OnDemand { window, delay },
        ..Job::on_demand(window, detections, source.logs(), now)
    };
    if options.dry_run {
        return super::plan::print(&app, &job, super::plan::Format::Text).await;
    }
    let run::Outcome { brief, events, .. } = brief_of(&app, job, options.shown.quiet).await?;
    show(&options, &brief, &events)?;
    notify::send(&brief, &channels).await?;
    Ok(exit(&brief, options.fail_on))
}

impl Options {
    /// Refuses options of a schedule where no schedule is given. `requires` does not: clap drops it as soon as another option,
    /// such as `--last`, excludes `--schedule`.
    fn check_schedule(&self) -> Result<(), UserError> {
        let given =
            [("--at", self.at.is_some()), ("--no-state", self.no_state), ("--no-notify", self.no_notify)];
        match given.iter().find(|(_, given)| *given && self.schedule.is_none()) {
            Some((option, _)) => Err(UserError::usage(anyhow::anyhow!("`{option}` needs `--schedule`"))
                .hint(format!("add `--schedule hourly`, or leave `{option}` out"))),
            None => Ok(()),
        }
    }
}

/// Runs a job and shows its progress on the terminal, unless it is to be quiet.
pub(super) async fn brief_of(app: &App, job: Job<'_>, is_quiet: bool) -> Result<run::Outcome, UserError> {
    let progress = Arc::new(Progress::default());
    let bar = (!is_quiet).then(|| progress::follow(&progress));
    let logs = job.logs;
    let mut started = Started::default();
    let outcome = tokio::select! {
        biased;
        () = interrupt(logs) => None,
        outcome = run::run(&app.context, job, &progress, &mut started) => Some(outcome),
    };
    drop(bar);
    match outcome {
        Some(outcome) => Ok(outcome?),
        None => Err(stopped(logs, &started.ids).await),
    }
}

/// Ends when somebody presses Ctrl-C while statements run on Athena. Over log files Ctrl-C ends the process as usual.
#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "only Athena runs statements elsewhere"))]
pub(super) async fn interrupt(logs: Logs<'_>) {
    #[cfg(feature = "aws")]
    if matches!(logs, Logs::Athena(_)) && tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending().await
}

/// Stops the statements on Athena: their results would cost money, and nobody would read them.
#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "only Athena runs statements elsewhere"))]
pub(super) async fn stopped(logs: Logs<'_>, started: &[String]) -> UserError {
    #[cfg(feature = "aws")]
    if let Logs::Athena(athena) = logs {
        for id in started {
            if let Err(error) = athena.statements.stop(id).await {
                let error = anyhow::anyhow!("interrupted, but a statement may still be running: {error}");
                return UserError::failed(error).hint("stop it in Athena's console");
            }
        }
    }
    UserError::failed(anyhow::anyhow!("interrupted: the statements on Athena were stopped"))
}

async fn scheduled(
    options: &Options,
    app: &App,
    source: &LogSource,
    name: &str,
    notes: Vec<String>,
    now: Timestamp,
) -> Outcome {
    let pack = schedule::scheduled(app, name)?;
    let every = pack.1.every;
    let at = options.at.unwrap_or(now);
    if at > now {
        return Err(UserError::usage(anyhow::anyhow!("the time of the schedule, {at}, is in the future"))
            .hint("give a time in the past: later events do not exist yet"));
    }
    let store = app.store()?;
    let channels = notify::of_schedule(app, name);
    if options.no_state || options.dry_run {
        let state = store.peek(name).await?;
        let (habits, note) = habits_of(&store).await;
        let job = Job {
            notes: notes.into_iter().chain(note).collect(),
            habits,
            failures: app.failures(),
            ..Job::scheduled(name, at, pack, &state, source.logs(), now)
        };
        if options.dry_run {
            return super::plan::print(app, &job, super::plan::Format::Text).await;
        }
        let run::Outcome { brief, events, .. } = brief_of(app, job, options.shown.quiet).await?;
        show(options, &brief, &events)?;
        let news = News::of(&brief, &state);
        let channels: Vec<&Channel> = match (options.no_notify, options.notify) {
            (true, _) => Vec::new(),
            (false, true) => channels,
            (false, false) => schedule::recipients(&channels, every, &news),
        };
        notify::send(&brief, &channels).await?;
        return Ok(exit(&brief, options.fail_on));
    }
    let run = ScheduledRun {
        app,
        store: &store,
        logs: source.logs(),
        schedule: name,
        at,
        now,
        lease: LEASE.into(),
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
            let error = anyhow::anyhow!("the brief was not delivered to {names}; see the messages above");
            Err(UserError::new(ErrorKind::Delivery, error)
                .hint(format!("the next run of `{name}` delivers the pending messages; its brief lists those that were given up")))
        }
    }
}

/// Shows a scheduled run on the terminal.
struct Terminal<'a> {
    options: &'a Options,
    exit: Exit,
}

impl Observer for Terminal<'_> {
    type Following = Option<progress::Bar>;

    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following {
        (!self.options.shown.quiet).then(|| progress::follow(progress))
    }

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), UserError> {
        match output {
            RunOutput::Brief(brief) => {
                show(self.options, brief, &[])?;
                self.exit = exit(brief, self.options.fail_on);
            }
            RunOutput::Stored(message) => {
                if let Some(folder) = &self.options.out {
                    output::write_message(message, folder)?;
                }
                output::show_message(message, self.options.shown)?;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: ScheduleEvent<'_>) {
        match event {
            ScheduleEvent::Resumed { run } => eprintln!("note: resuming the run {run}, which did not end"),
            ScheduleEvent::Delivered { channel, receipt, .. } => eprintln!("sent: {channel} {receipt}"),
            ScheduleEvent::NotDelivered { channel, reason, hint, .. } => {
                eprintln!("not sent: {channel}: {reason}");
                if let Some(hint) = hint {
                    eprintln!("  hint: {hint}");
                }
            }
            ScheduleEvent::WithoutNews { channel, .. } => {
                eprintln!(
                    "note: the brief holds no news for {channel}, so it is archived and not sent there"
                );
            }
            ScheduleEvent::Committed { .. } => {}
            ScheduleEvent::NotReleased(error) => eprintln!(
                "warning: {}: other runs of this schedule must wait until this run's lease is over",
                error.line()
            ),
        }
    }
}

fn show(options: &Options, brief: &Brief, events: &[TraceEvent]) -> Result<(), UserError> {
    if let Some(folder) = &options.out {
        output::write(brief, events, folder)?;
    }
    output::show(brief, options.shown)
}

/// What was not answered or not read takes precedence over findings: the caller must know that the run was partial. An event
/// that a detection could not judge may be one of its findings, so it counts like one.
fn exit(brief: &Brief, fail_on: Option<Severity>) -> Exit {
    use crate::domain::finding::FindingState::Repeated;
    let found = brief.findings.iter().filter(|finding| finding.state != Repeated);
    let undecidable = brief.newly_undecidable().filter_map(|it| brief.severity(&it.detection));
    let worst = found.map(|finding| finding.severity).chain(undecidable).max();
    if !brief.is_complete() {
        Exit::Partial
    } else if fails(fail_on, worst) {
        Exit::Findings
    } else {
        Exit::Done
    }
}
