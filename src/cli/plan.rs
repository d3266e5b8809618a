//! `trailbrief plan`: what a run would ask and read.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    ConfigOption, Exit, LogsOption, Outcome, PickOptions, Refusal, WindowOptions, desk, now, output,
    run::on_demand_id, window,
};
use crate::{
    app::App,
    domain::{time::Window, untrusted::visible},
    engine::{
        Question,
        embedded::{
            pack::{Needs, Pack},
            scan::condition::Condition,
            source::walk::Listing,
        },
    },
    plan::{Occasion, RunPlan},
    run::{self, Job},
};

/// Options of `plan`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    #[command(flatten)]
    pick: PickOptions,
    /// Also print the SQL that each detection runs, its parameters bound
    #[arg(long)]
    sql: bool,
    /// Form of the plan
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One object
    Json,
    /// The SQL too
    #[value(skip)]
    Sql,
}

pub(super) async fn run(options: Options) -> Outcome {
    let app = desk::load(&options.config)?;
    let source = desk::open(&options.logs.logs)?;
    let now = now();
    let window = window::asked(options.window, now)?.ok_or_else(|| {
        Refusal::usage(anyhow::anyhow!("the plan has no window"))
            .hint("add `--last 24h`, or `--from` and `--to`")
    })?;
    let job = Job {
        id: on_demand_id(now, window),
        detections: desk::pick(&app, &options.pick)?,
        occasion: Occasion::OnDemand(window),
        schedule: None,
        source: &source,
        now,
        notes: Vec::new(),
        failures: Vec::new(),
    };
    let format = if options.sql && options.format == Format::Text { Format::Sql } else { options.format };
    print(&app, &job, format).await
}

/// Prints what a job would ask and read.
pub(super) async fn print(app: &App, job: &Job<'_>, format: Format) -> Outcome {
    let (plan, pack) = run::prepare(&app.desk, job).await.map_err(Refusal::usage)?;
    let listing = run::list(job.source, pack.reach()).await.map_err(Refusal::failed)?;
    let text = match format {
        Format::Json => format!("{:#}", object(&plan, &pack, &listing, job)),
        Format::Text | Format::Sql => text(&plan, &pack, &listing, job, format == Format::Sql),
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

/// How many files of a pack's reach there are, and how many bytes they hold as stored, where the source tells.
fn weight(listing: &Listing, job: &Job<'_>) -> (usize, u64) {
    (listing.files.len(), job.source.stored_bytes(&listing.files))
}

fn text(plan: &RunPlan, pack: &Pack, listing: &Listing, job: &Job<'_>, sql: bool) -> String {
    let mut lines = Vec::new();
    let (files, bytes) = weight(listing, job);
    if let Some(window) = plan.window {
        lines.push(format!("window      {window}"));
    }
    if let Some(reach) = pack.reach() {
        lines.push(format!("reads       {reach}"));
    }
    lines.push(format!("logs        {}", job.source.name()));
    lines.push(format!("files       {files}, {} as stored", indicatif::HumanBytes(bytes)));
    lines.push(format!("questions   {} in one pass", plan.questions.len()));
    for note in &plan.notes {
        lines.push(format!("note        {note}"));
    }
    for (id, reason) in &plan.idle {
        lines.push(format!("idle        {id}: {reason}"));
    }
    for failure in &plan.failures {
        lines.push(format!("unanswered  {}: {}", failure.detection, failure.reason));
    }
    for (question, needs) in plan.questions.iter().zip(pack.needs()) {
        lines.push(String::new());
        lines.push(question.detection.to_string());
        match needs {
            Some(needs) => lines.extend(needed(question, needs, plan.window)),
            None => lines.push("  cannot be planned: run `trailbrief check`".to_owned()),
        }
        if sql {
            lines.extend(question.sql.text().lines().map(|line| format!("  | {line}")));
        }
    }
    lines.join("\n")
}

fn needed(question: &Question, needs: &Needs, window: Option<Window>) -> Vec<String> {
    let mut lines = Vec::new();
    if window != Some(question.window) {
        lines.push(format!("  window    {}", question.window));
    }
    lines.push(format!("  columns   {}", needs.columns.join(", ")));
    for condition in &needs.conditions {
        lines.push(match condition {
            Condition::Unknown => {
                "  takes     every event: none of its filters can be told from raw fields".to_owned()
            }
            known => format!("  takes     {}", visible(&known.to_string())),
        });
    }
    lines
}

fn object(plan: &RunPlan, pack: &Pack, listing: &Listing, job: &Job<'_>) -> serde_json::Value {
    let (files, bytes) = weight(listing, job);
    let window =
        |window: Window| json!({"start": window.start().to_string(), "end": window.end().to_string()});
    let questions: Vec<_> = plan
        .questions
        .iter()
        .zip(pack.needs())
        .map(|(question, needs)| {
            json!({
                "detection": question.detection.as_str(),
                "window": window(question.window),
                "lookback_s": question.lookback.seconds(),
                "columns": needs.map(|needs| needs.columns.clone()),
                "takes": needs.map(|needs| needs.conditions.iter().map(ToString::to_string).collect::<Vec<_>>()),
                "sql": question.sql.text(),
            })
        })
        .collect();
    json!({
        "window": plan.window.map(window),
        "reads": pack.reach().map(window),
        "logs": job.source.name(),
        "files": files,
        "stored_bytes": bytes,
        "questions": questions,
        "idle": plan.idle.iter().map(|(id, reason)| json!({"detection": id.as_str(), "reason": reason})).collect::<Vec<_>>(),
        "notes": plan.notes,
    })
}
