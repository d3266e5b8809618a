//! `trailbrief brief`: the briefs that schedules archived beside their state.

use clap::{Args, Subcommand, ValueEnum};

use super::{
    ConfigOption, Exit, Outcome, UserError,
    archive::{Archive, Entry, LATEST},
    now, output,
};
use crate::{
    domain::{
        brief::Brief,
        comparison::Comparison,
        time::{Span, Timestamp},
    },
    render::{self, ArchivedBrief, Summary},
};

/// What the help ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief brief list --last 7d
  trailbrief brief show latest
  trailbrief brief show hourly-20260310T060000Z --format html > brief.html
  trailbrief brief show 2026-03-10T06:00:00Z --schedule daily --out brief/
  trailbrief brief diff 2026-03-10T06:00:00Z latest --schedule hourly";

/// Options of `brief`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the archived briefs, the latest first
    List(ListOptions),
    /// Show an archived brief in any format of `run`
    Show(AgainOptions),
    /// Show what differs between two archived briefs, from the older to the later one
    Diff(DiffOptions),
}

/// Where the archive is.
#[derive(Debug, Args)]
struct Common {
    /// Only briefs of this schedule [default: every schedule of the configuration]
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
struct ListOptions {
    /// Only briefs for times in a window that ends now and has this length
    #[arg(long, value_name = "LENGTH", default_value = "7d")]
    last: Span,
    /// Format of the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    common: Common,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

#[derive(Debug, Args)]
struct AgainOptions {
    /// The id of a brief, the time for which its schedule ran, or `latest`
    #[arg(value_name = "ID|TIME", default_value = LATEST)]
    which: String,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    shown: output::ShowOptions,
    /// Also write the brief into this directory, in every format, and `report.html`: a page to search
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<std::path::PathBuf>,
}

#[derive(Debug, Args)]
struct DiffOptions {
    /// One brief: an id, the time for which its schedule ran, or `latest`
    #[arg(value_name = "A")]
    one: String,
    /// The other brief
    #[arg(value_name = "B")]
    other: String,
    /// Format of what differs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    common: Common,
}

/// A format of lists and comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text for a terminal
    Text,
    /// JSON for programs
    Json,
}

/// Runs `brief`.
pub(super) async fn run(options: Options) -> Outcome {
    match options.what {
        What::List(options) => list(&options).await,
        What::Show(options) => show(&options).await,
        What::Diff(options) => diff(&options).await,
    }
}

async fn list(options: &ListOptions) -> Outcome {
    let archive = Archive::open(&options.common.config, options.common.schedule.as_deref()).await?;
    let now = options.now.unwrap_or_else(now);
    let entries: Vec<&Entry> = archive.since(now.minus(options.last)).collect();
    if entries.is_empty() {
        eprintln!("note: {}", archive.nothing_since(options.last));
    }
    let summaries = archive.read_all(&entries, |brief| Summary::of(&brief)).await?;
    let named = |(entry, summary): (&&Entry, _)| ArchivedBrief {
        run: entry.run.clone(),
        schedule: entry.schedule.clone(),
        at: entry.at,
        summary,
    };
    let briefs: Vec<ArchivedBrief> = entries.iter().zip(summaries).map(named).collect();
    match options.format {
        Format::Json => output::print(&render::archived_json(&briefs))?,
        Format::Text if briefs.is_empty() => {}
        Format::Text => output::print(&render::archived_text(&briefs, output::plain_style()))?,
    }
    Ok(if briefs.iter().all(|it| it.summary.is_ok()) { Exit::Done } else { Exit::Partial })
}

async fn show(options: &AgainOptions) -> Outcome {
    let archive = Archive::open(&options.common.config, options.common.schedule.as_deref()).await?;
    let brief = archive.read(archive.find(&options.which)?).await?;
    if let Some(folder) = &options.out {
        output::make(folder)?;
        output::write(&brief, &[], folder)?;
    }
    output::show(&brief, options.shown)?;
    Ok(Exit::Done)
}

async fn diff(options: &DiffOptions) -> Outcome {
    let archive = Archive::open(&options.common.config, options.common.schedule.as_deref()).await?;
    let (one, other) = (archive.find(&options.one)?, archive.find(&options.other)?);
    if one.run == other.run {
        let error = anyhow::anyhow!("both name the brief {}", one.run);
        return Err(UserError::usage(error).hint(archive.near(one.at, &one.run)));
    }
    let (before, after) = if one.at <= other.at { (one, other) } else { (other, one) };
    let between: Vec<&Entry> = archive.between(before, after).collect();
    let between: Vec<Brief> = archive.read_each(&between).await?;
    let (before, after) = (archive.read(before).await?, archive.read(after).await?);
    let found = Comparison::of(&before, &between, &after);
    output::print(&match options.format {
        Format::Text => render::comparison_text(&before, &after, &found, output::plain_style()),
        Format::Json => render::comparison_json(&before, &after, &found),
    })?;
    Ok(Exit::Done)
}
