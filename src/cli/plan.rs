//! `trailbrief plan`: what a run would read, and the SQL that it would run.

#[cfg(feature = "aws")]
mod athena;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    ConfigOption, Exit, LogsOption, Outcome, SelectionOptions, UserError, WindowOptions, load, now, output,
    window,
};
use crate::{
    app::{App, TableUse, log_source},
    domain::{
        price::{Encryption, Price, Requests},
        time::Window,
        untrusted::visible,
    },
    engine::embedded::{needs::Needs, pack::Pack, scan::condition::Condition},
    plan::{Question, RunPlan},
    render::{self, CostV1},
    run::{self, Job, Logs},
    selection::select,
};

/// What the help of `plan` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief plan --logs ./AWSLogs --last 24h
  trailbrief plan --logs ./AWSLogs --last 24h --query iam.root-console-login --sql";

/// Options of `plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    #[command(flatten)]
    selection: SelectionOptions,
    /// Also print the SQL of each detection, with its parameters filled in
    #[arg(long, help_heading = "Output")]
    sql: bool,
    /// Format of the plan
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
}

/// The format of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text for a terminal
    Text,
    /// One JSON object
    Json,
    /// The text with the SQL
    #[value(skip)]
    Sql,
}

pub(super) async fn run(options: Options) -> Outcome {
    let mut app = load::load_to_run(&options.config)?;
    let resolved = log_source::resolve(options.logs.logs.as_deref(), &app, TableUse::AsItIs).await?;
    app.learn_accounts(resolved.accounts);
    let now = now();
    let window = window::chosen(options.window, now)?.ok_or_else(|| {
        UserError::usage(anyhow::anyhow!("the plan has no window"))
            .hint("add `--last 24h`, or `--from` and `--to`")
    })?;
    let detections = select(&app, &options.selection.query, &options.selection.pack)?;
    let (habits, note) = app.habits().await;
    let notes = resolved.notes.into_iter().chain(note).collect();
    let job = Job { notes, habits, ..Job::on_demand(window, detections, resolved.source.logs(), now) };
    let format = if options.sql && options.format == Format::Text { Format::Sql } else { options.format };
    print(&app, &job, format).await
}

/// Prints what a job would read, and the SQL that it would run; of a scheduled run, its first step.
pub(super) async fn print(app: &App, job: &Job<'_>, format: Format) -> Outcome {
    let Some(mut steps) = run::steps(&app.context, job) else {
        return print_step(app, job, &[], format).await;
    };
    let step = steps.next_step().expect("a run has a first step");
    print_step(app, &run::job_of_step(job, &step, steps.state(), true), &steps.notes, format).await
}

async fn print_step(app: &App, job: &Job<'_>, notes: &[String], format: Format) -> Outcome {
    let (plan, pack) = run::prepare(&app.context, job).await?;
    let reads = match job.logs {
        Logs::Files(source) => {
            let listing = run::list(source, &job.occasion, pack.deliveries()).await?;
            let bytes = source.stored_bytes(&listing.files);
            // The run lists the same folders again.
            let lists = source.requests().lists;
            let gets = if lists > 0 { listing.files.len() as u64 } else { 0 };
            let requests = Requests::reading(gets, lists, Encryption::Unknown);
            Reads::Files { files: listing.files.len(), bytes, price: Price { requests, ..Price::default() } }
        }
        #[cfg(feature = "aws")]
        Logs::Athena(athena) => {
            let reading = athena::Reading::of(athena, app, job, &plan, &pack).await;
            Reads::Athena(Box::new(reading))
        }
    };
    let text = match format {
        Format::Json => format!("{:#}", object(&plan, &pack, &reads, job, notes)),
        Format::Text | Format::Sql => text(&plan, &pack, &reads, job, notes, format == Format::Sql),
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

/// What a pack would read.
enum Reads {
    /// Log files, their stored size in bytes where the source gives it, and what reading them costs.
    Files { files: usize, bytes: u64, price: Price },
    /// Partitions of the table, read by statements on Athena.
    #[cfg(feature = "aws")]
    Athena(Box<athena::Reading>),
}

impl Reads {
    /// How a detection is run, where that differs between detections.
    #[cfg_attr(
        not(feature = "aws"),
        expect(unused_variables, reason = "over files every detection is run in the same way")
    )]
    fn line(&self, number: usize) -> Option<String> {
        match self {
            #[cfg(feature = "aws")]
            Self::Athena(reading) => reading.line(number),
            Self::Files { .. } => None,
        }
    }
}

fn text(plan: &RunPlan, pack: &Pack, reads: &Reads, job: &Job<'_>, notes: &[String], sql: bool) -> String {
    let mut lines = Vec::new();
    if let Some(window) = plan.window {
        lines.push(format!("window      {window}"));
    }
    if let Some(reach) = pack.reach() {
        lines.push(format!("reads       {reach}"));
    }
    if let (Some(deliveries), Reads::Files { .. }) = (pack.deliveries(), reads) {
        lines.push(format!("delivered   {}", deliveries.window()));
    }
    lines.push(format!("logs        {}", job.logs.name()));
    match reads {
        Reads::Files { files, bytes, price } => {
            lines.push(format!("files       {files}, {} stored", indicatif::HumanBytes(*bytes)));
            if price.requests.lists > 0 {
                lines.push(format!("estimate    {}", render::price(price)));
            }
        }
        #[cfg(feature = "aws")]
        Reads::Athena(reading) => lines.extend(reading.lines(sql)),
    }
    let pass = if matches!(reads, Reads::Files { .. }) { " in one pass" } else { "" };
    lines.push(format!("detections  {}{pass}", plan.questions.len()));
    for note in notes {
        lines.push(format!("note        {note}"));
    }
    for (id, reason) in &plan.idle {
        lines.push(format!("idle        {id}: {reason}"));
    }
    for failure in &plan.failures {
        lines.push(format!("no answer   {}: {}", failure.detection, failure.reason));
    }
    for (number, (question, needs)) in plan.questions.iter().zip(pack.needs()).enumerate() {
        lines.push(String::new());
        lines.push(question.detection.to_string());
        lines.extend(reads.line(number));
        match needs {
            Some(needs) => lines.extend(needed(question, needs, plan.window)),
            None => lines.push("  cannot be run: see `trailbrief check`".to_owned()),
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
                "  takes     every event: none of its filters can be decided on raw fields".to_owned()
            }
            known => format!("  takes     {}", visible(&known.to_string())),
        });
    }
    lines
}

fn object(plan: &RunPlan, pack: &Pack, reads: &Reads, job: &Job<'_>, notes: &[String]) -> serde_json::Value {
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
    let mut object = json!({
        "window": plan.window.map(window),
        "reads": pack.reach().map(window),
        "delivered": pack.deliveries().map(|deliveries| window(deliveries.window())),
        "logs": job.logs.name(),
        "questions": questions,
        "idle": plan.idle.iter().map(|(id, reason)| json!({"detection": id.as_str(), "reason": reason})).collect::<Vec<_>>(),
        "notes": notes,
    });
    match reads {
        Reads::Files { files, bytes, price } => {
            object["files"] = json!(files);
            object["stored_bytes"] = json!(bytes);
            if price.requests.lists > 0 {
                object["estimate"] = json!({"cost_usd": price.total_usd(), "cost": CostV1::of(price)});
            }
        }
        #[cfg(feature = "aws")]
        Reads::Athena(reading) => reading.object(&mut object),
    }
    object
}
