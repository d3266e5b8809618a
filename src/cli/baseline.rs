//! `trailbrief baseline`: builds the baseline of habits from logs, and shows how it stands.

use std::{collections::BTreeSet, sync::Arc};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{ConfigOption, Exit, Outcome, UserError, WindowOptions, load, now, output, progress, window};
use crate::{
    app::{App, log_source},
    config::TableSetting,
    domain::{
        delivery::{Deliveries, USUAL_DELAY},
        habits::{Habits, KEPT_DAYS},
        price::{Encryption, Price, Requests},
        time::{Timestamp, Window},
        untrusted::visible,
    },
    engine::embedded::{
        scan::Progress,
        source::{Source, walk::Listing, walk::walk},
    },
    render, run,
};

/// What the help of `baseline` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief baseline build --last 90d --logs s3://bucket/prefix --dry-run
  trailbrief baseline build --last 90d --logs ./AWSLogs
  trailbrief baseline show";

/// Options of `baseline`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Learn habits from the log files of a time, beside what schedules have learned
    Build(BuildOptions),
    /// Show since when habits are learned, how many there are, and how much room they take
    Show(ShowOptions),
}

/// Options of `build`.
#[derive(Debug, Args)]
struct BuildOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// Directory or s3://bucket/prefix that holds CloudTrail log files [default: the log files of the configured table,
    /// read without Athena]
    #[arg(long, value_name = "PATH|S3-URL", help_heading = "Logs")]
    logs: Option<String>,
    #[command(flatten)]
    window: WindowOptions,
    /// Show what would be read and what that costs, and exit
    #[arg(long, help_heading = "Output")]
    dry_run: bool,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

/// Options of `show`.
#[derive(Debug, Args)]
struct ShowOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// Format
    #[arg(long, value_enum, default_value_t = ShowFormat::Text, help_heading = "Output")]
    format: ShowFormat,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// Plain text for a terminal
    Text,
    /// One JSON object
    Json,
}

pub(super) async fn run(options: Options) -> Outcome {
    match options.what {
        What::Build(options) => build(options).await,
        What::Show(options) => show(&options).await,
    }
}

async fn build(options: BuildOptions) -> Outcome {
    let app = load::load_to_run(&options.config)?;
    let now = options.now.unwrap_or_else(now);
    let window = window::chosen(options.window, now)?.ok_or_else(|| {
        UserError::usage(anyhow::anyhow!("the time to learn from is missing"))
            .hint(format!("add `--last {KEPT_DAYS}d`: what is older is forgotten anyway"))
    })?;
    if window.end() > now {
        return Err(UserError::usage(anyhow::anyhow!("the time to learn from ends in the future"))
            .hint("give an end in the past"));
    }
    let source = log_source::open_files(&logs(&app, options.logs)?)?;
    let listing = list(&source, window).await?;
    if options.dry_run {
        output::print(&planned(&source, &listing, window))?;
        return Ok(Exit::Done);
    }
    for problem in &listing.problems {
        eprintln!("warning: {}: {}", visible(&problem.file), visible(&problem.reason));
    }
    let store = app.store()?;
    let progress = Arc::new(Progress::default());
    let bar = progress::follow(&progress);
    let learned = run::learn(&app.context, &source, listing.files, window, &progress).await;
    drop(bar);
    let (habits, stats) = learned.map_err(UserError::failed)?;
    for problem in &stats.problems {
        eprintln!("warning: {}: {}", visible(&problem.file), visible(&problem.reason));
    }
    if stats.in_window == 0 {
        return Err(UserError::failed(anyhow::anyhow!(
            "no event of {window} was read, so nothing was learned"
        ))
        .hint("check `--logs` and the time"));
    }
    output::print(&format!(
        "learned     {} habits of {} actors, from {} events in {} files",
        habits.len(),
        habits.actors(),
        stats.in_window,
        stats.files
    ))?;
    if let Some(note) = store.add_habits(vec![habits], now).await? {
        eprintln!("warning: {}", visible(&note));
    }
    let standing = Standing::of(&app, now).await?;
    output::print(&standing.text())?;
    let is_complete = listing.unlisted == 0 && stats.problems.is_empty();
    Ok(if is_complete { Exit::Done } else { Exit::Partial })
}

/// Where the log files are.
fn logs(app: &App, given: Option<String>) -> Result<String, UserError> {
    match (given, &app.config.table) {
        (Some(logs), _) => Ok(logs),
        (None, TableSetting::Configured(table)) => Ok(table.logs.value.to_string()),
        (None, TableSetting::NotConfigured) => {
            Err(UserError::usage(anyhow::anyhow!("there are no logs to learn from"))
                .hint("add `--logs` with a directory or s3://bucket/prefix"))
        }
    }
}

async fn list(source: &Source, window: Window) -> Result<Listing, UserError> {
    let listed = source.clone();
    let deliveries = Deliveries::of(window, USUAL_DELAY);
    let listing = tokio::task::spawn_blocking(move || walk(&listed, Some(deliveries)));
    Ok(listing.await.map_err(UserError::failed)??)
}

/// What a build would read, and what S3 charges for it.
fn planned(source: &Source, listing: &Listing, window: Window) -> String {
    let bytes = source.stored_bytes(&listing.files);
    let mut lines = vec![
        format!("window      {window}"),
        format!("logs        {}", source.name()),
        format!("files       {}, {} stored", listing.files.len(), indicatif::HumanBytes(bytes)),
    ];
    // The build lists the same folders again.
    let lists = source.requests().lists;
    if lists > 0 {
        let requests = Requests::reading(listing.files.len() as u64, lists, Encryption::Unknown);
        lines.push(format!("estimate    {}", render::price(&Price { requests, ..Price::default() })));
    }
    lines.join("\n")
}

/// How the baseline stands.
struct Standing {
    habits: Habits,
    bytes: u64,
    location: String,
    learns_until: Option<Timestamp>,
    needing: usize,
}

impl Standing {
    async fn of(app: &App, now: Timestamp) -> Result<Self, UserError> {
        let store = app.store()?;
        let habits = store.habits().await?.unwrap_or_default();
        Ok(Self {
            learns_until: habits.learns_until(app.context.learning, now),
            bytes: store.habits_bytes().await?.unwrap_or(0),
            location: store.habits_location(),
            needing: needing(app),
            habits,
        })
    }

    fn text(&self) -> String {
        let Self { habits, bytes, location, learns_until, needing } = self;
        let Some((since, until)) = habits.since.zip(habits.until) else {
            return format!(
                "habits      none at {location}\nstate       {needing} detections need them and are quiet: a schedule learns \
                 habits, and `trailbrief baseline build --last 90d` builds them at once"
            );
        };
        let mut lines = vec![
            format!("habits      {} of {} actors", habits.len(), habits.actors()),
            format!("learned     {since} … {until}"),
            format!("size        {}, {location}", indicatif::HumanBytes(*bytes)),
            match learns_until {
                Some(until) => {
                    format!(
                        "state       learning until {until}: {needing} detections that need habits are quiet"
                    )
                }
                None => format!("state       ready: {needing} detections use it"),
            },
        ];
        if habits.left_out > 0 {
            lines.push(format!("left out    {} habits, because there were too many", habits.left_out));
        }
        lines.join("\n")
    }

    fn json(&self) -> serde_json::Value {
        let Self { habits, bytes, location, learns_until, needing } = self;
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        json!({
            "habits": habits.len(),
            "actors": habits.actors(),
            "since": time(habits.since),
            "until": time(habits.until),
            "learns_until": time(*learns_until),
            "left_out": habits.left_out,
            "bytes": bytes,
            "location": location,
            "detections": needing,
        })
    }
}

/// How many detections need the baseline.
fn needing(app: &App) -> usize {
    use crate::domain::detection::Need;
    let needing = app.library.detections().filter(|it| it.needs.contains(&Need::Habits));
    needing.map(|detection| &detection.id).collect::<BTreeSet<_>>().len()
}

async fn show(options: &ShowOptions) -> Outcome {
    let app = load::load_to_run(&options.config)?;
    let standing = Standing::of(&app, options.now.unwrap_or_else(now)).await?;
    output::print(&match options.format {
        ShowFormat::Text => standing.text(),
        ShowFormat::Json => format!("{:#}", standing.json()),
    })?;
    Ok(Exit::Done)
}
