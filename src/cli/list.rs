//! `trailbrief list`: the detections, the views, or the base events of cases.

mod index;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{ConfigOption, Exit, Outcome, SelectionOptions, load, output};
use crate::{
    domain::{
        detection::Detection,
        view::{View, Views},
    },
    library::Library,
    selection::select,
};

/// Options of `list`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    selection: SelectionOptions,
    /// List the base events of cases instead of the detections
    #[arg(long, conflicts_with_all = ["query", "pack", "format", "views"])]
    bases: bool,
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
    /// A page: by family, ATT&CK, CIS and service
    Markdown,
}

pub(super) fn run(options: &Options) -> Outcome {
    let app = load::load(&options.config)?;
    if options.bases {
        output::print(&bases(&app.library))?;
        return Ok(Exit::Done);
    }
    if options.views {
        output::print(&list_of_views(app.library.views(), options.format))?;
        return Ok(Exit::Done);
    }
    let detections = select(&app, &options.selection.query, &options.selection.pack)?;
    let text = match options.format {
        ListFormat::Text => text(&detections),
        ListFormat::Markdown => index::markdown(&app.library, &detections),
        ListFormat::Json => {
            format!("{:#}", serde_json::Value::Array(detections.iter().map(|d| object(d)).collect()))
        }
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

fn bases(library: &Library) -> String {
    let width = library.bases().map(|(name, _)| name.len()).max().unwrap_or(0);
    let of = |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let lines = library.bases().map(|(name, record)| {
        format!("{name:<width$}  {:<32}  {}", of(record, "eventSource"), of(record, "eventName"))
    });
    lines.collect::<Vec<_>>().join("\n")
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
