//! `trailbrief list`: the detections, or the views.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{ConfigOption, Exit, Outcome, SelectionOptions, load, output};
use crate::{
    domain::{
        detection::Detection,
        view::{View, Views},
    },
    selection::select,
};

/// Options of `list`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    selection: SelectionOptions,
    /// List the views instead of the detections
    #[arg(long, conflicts_with_all = ["query", "pack"])]
    views: bool,
    /// Format of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// One line each
    Text,
    /// An array of objects
    Json,
}

pub(super) fn run(options: &Options) -> Outcome {
    let app = load::load(&options.config)?;
    if options.views {
        output::print(&list_of_views(app.library.views(), options.format))?;
        return Ok(Exit::Done);
    }
    let detections = select(&app, &options.selection.query, &options.selection.pack)?;
    let text = match options.format {
        ListFormat::Text => text(&detections),
        ListFormat::Json => {
            format!("{:#}", serde_json::Value::Array(detections.iter().map(|d| object(d)).collect()))
        }
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

fn list_of_views(views: &Views, format: ListFormat) -> String {
    if format == ListFormat::Json {
        let object = |view: &View| {
            let columns = view.columns.iter();
            let columns = columns.map(|(name, meaning)| json!({ "name": name, "meaning": meaning }));
            json!({
                "name": view.name,
                "description": view.description,
                "columns": columns.collect::<Vec<_>>(),
                "reads": view.reads,
                "origin": view.origin.to_string(),
            })
        };
        return format!("{:#}", serde_json::Value::Array(views.iter().map(object).collect()));
    }
    let width = views.iter().map(|view| view.name.len()).max().unwrap_or(0);
    let first = |view: &View| view.description.lines().next().unwrap_or_default().to_owned();
    let lines = views.iter().map(|view| format!("{:<width$}  {}", view.name, first(view)));
    lines.collect::<Vec<_>>().join("\n")
}

fn text(detections: &[&Detection]) -> String {
    let width = detections.iter().map(|detection| detection.id.as_str().len()).max().unwrap_or(0);
    let lines: Vec<String> = detections
        .iter()
        .map(|detection| {
            format!(
                "{:<8}  {:<width$}  {:<14}  {}",
                detection.severity,
                detection.id,
                detection.packs.join(","),
                detection.title
            )
        })
        .collect();
    lines.join("\n")
}

fn object(detection: &Detection) -> serde_json::Value {
    json!({
        "id": detection.id.as_str(),
        "title": detection.title,
        "severity": detection.severity.as_str(),
        "status": detection.status.as_str(),
        "packs": detection.packs,
        "attack": detection.attack.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "cis": detection.cis,
        "origin": detection.origin.to_string(),
        "hash": detection.hash,
    })
}
