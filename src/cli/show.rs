//! `trailbrief show`: one detection, for people who must understand its findings, one view, or one event.

mod event;

use std::fmt::Write as _;

use clap::Args;

use super::{ConfigOption, Exit, LogsOption, Outcome, WindowOptions, load, output};
use crate::{
    domain::{
        detection::{Detection, Need},
        time::{Span, Timestamp},
        view::{PAST, View},
    },
    library::{Library, literal, tactic_name, technique},
    selection::SelectionError,
};

/// What the help of `show` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief show iam.root-console-login
  trailbrief show calls
  trailbrief show 3f2b0c1d-8a54-4f0e-9c77-0d1c2b3a4f5e --logs ./AWSLogs --last 7d";

/// Options of `show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    /// For an event: only these detections, also those that do not name its call; ids, or patterns such as iam.*
    #[arg(long, value_name = "ID[,ID…]", value_delimiter = ',', help_heading = "Detections")]
    query: Vec<String>,
    /// The id of a detection, the name of a view, or the id of an event, which is looked for in the log files of `--logs`, by
    /// default those of the last 7 days
    #[arg(value_name = "ID")]
    id: String,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

pub(super) async fn run(options: Options) -> Outcome {
    let app = load::load(&options.config)?;
    if event::is_event_id(options.id.trim()) {
        return event::run(&app, &options).await;
    }
    if let Some(view) = app.library.views().get(&options.id) {
        output::print(&of_view(view, &app.library))?;
        return Ok(Exit::Done);
    }
    let found = options.id.parse().ok().and_then(|id| app.library.get(&id));
    let detection = found.ok_or_else(|| SelectionError::unknown_detection(&app.library, &options.id))?;
    output::print(&text(detection, app.library.cases(&detection.id).len()))?;
    Ok(Exit::Done)
}

fn of_view(view: &View, library: &Library) -> String {
    let mut text = format!("{}\n\n", view.name);
    let reads: Vec<&str> = view.reads.iter().map(String::as_str).collect();
    let mut lines =
        vec![("reads", reads.join(", ")), ("cases", library.cases_of_view(view).len().to_string())];
    if library.views().has_past(view) {
        lines.insert(1, ("past", format!("`{PAST}{}` is the same over `history`", view.name)));
    }
    lines.push(("file", view.origin.to_string()));
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<12}{value}");
    }
    let _ = writeln!(text, "\n{}\n\nColumns", view.description);
    let width = view.columns.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, meaning) in &view.columns {
        let meaning = if meaning.is_empty() { "as in `events`" } else { meaning };
        let _ = writeln!(text, "  {name:<width$}  {meaning}");
    }
    let _ = write!(text, "\nSQL\n{}", view.body);
    text
}

fn text(detection: &Detection, cases: usize) -> String {
    let mut text = format!("{}\n{}\n\n", detection.title, detection.id);
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<12}{value}");
        }
    };
    line("severity", detection.severity.to_string());
    line("status", detection.status.as_str().to_owned());
    line("packs", detection.packs.join(", "));
    for attack in &detection.attack {
        let tactic = tactic_name(&attack.tactic).unwrap_or_default();
        let technique = technique(&attack.technique).map(|technique| technique.name).unwrap_or_default();
        line("att&ck", format!("{attack}  {tactic}: {technique}"));
    }
    line("cis", detection.cis.join(", "));
    line("about", detection.about.join(", "));
    if detection.lookback != Span::ZERO {
        line("look-back", detection.lookback.to_string());
    }
    if detection.align != Span::ZERO {
        line("counts per", detection.align.to_string());
    }
    for need in &detection.needs {
        line(
            "needs",
            match need {
                Need::Watchlist(list) => format!("the watch-list `{list}`"),
                Need::Trail(what) => what.clone(),
                Need::Habits => "a baseline of habits".to_owned(),
            },
        );
    }
    for (name, param) in &detection.params {
        line(
            "parameter",
            format!("{name} = {}  {}", literal(&param.default).unwrap_or_default(), param.about),
        );
    }
    line("cases", cases.to_string());
    line("file", format!("{} ({})", detection.origin, detection.hash));
    if !detection.description.is_empty() {
        let _ = writeln!(text, "\n{}", detection.description.trim());
    }
    for (title, items) in [
        ("First steps", &detection.steps),
        ("Harmless explanations", &detection.benign),
        ("References", &detection.references),
    ] {
        if !items.is_empty() {
            let _ = writeln!(text, "\n{title}");
            for item in items {
                let _ = writeln!(text, "  - {item}");
            }
        }
    }
    let body = detection.sql.lines().skip_while(|line| line.trim().is_empty() || line.trim() == "--");
    let _ = write!(text, "\nSQL\n{}", body.collect::<Vec<_>>().join("\n"));
    text
}
