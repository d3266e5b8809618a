//! `trailbrief suppress suggest`: suppressions that could be made, from the archived briefs.

use clap::Args;

use super::{
    ConfigOption, Exit, Outcome,
    archive::{Archive, Entry},
    brief::Format,
    decide, now, output,
};
use crate::{
    domain::{
        suggestion::{ReportedFindings, Suggestions},
        suppression::PLACEHOLDER,
        time::{Span, Timestamp},
        untrusted::visible,
    },
    render,
};

/// Options of `suppress suggest`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only from briefs for times in a window that ends now and has this length
    #[arg(long, value_name = "LENGTH", default_value = "30d")]
    last: Span,
    /// Only from briefs of this schedule [default: every schedule of the configuration]
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
    /// Format of the suggestions
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    config: ConfigOption,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

pub(super) async fn run(options: &Options) -> Outcome {
    let archive = Archive::open(&options.config, options.schedule.as_deref()).await?;
    let now = options.now.unwrap_or_else(now);
    let entries: Vec<&Entry> = archive.since(now.minus(options.last)).collect();
    if entries.is_empty() {
        eprintln!("note: {}", archive.nothing_since(options.last));
    }
    let mut reported = ReportedFindings::default();
    let read = archive.read_all(&entries, |brief| reported.add(&brief)).await?;
    let mut exit = Exit::Done;
    for (entry, read) in entries.iter().zip(read) {
        if let Err(why) = read {
            exit = Exit::Partial;
            eprintln!("warning: the brief {} cannot be read: {}", entry.run, visible(&why));
        }
    }
    let found = Suggestions::of(reported);
    let owner = decide::user().unwrap_or_else(|| PLACEHOLDER.to_owned());
    match options.format {
        Format::Json => output::print(&render::suggestions_json(&found, (&owner, now)))?,
        Format::Text if entries.is_empty() => {}
        Format::Text if found.all.is_empty() => {
            eprintln!("note: the briefs report nothing often enough that is safe to suppress");
        }
        Format::Text => {
            output::print(&render::suggestions_text(&found, (&owner, now), output::plain_style()))?;
        }
    }
    Ok(exit)
}
