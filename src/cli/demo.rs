//! `trailbrief demo`: writes sample logs of an organization, runs all detections over them and shows the brief.

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Args;

use super::{ConfigOption, Exit, Format, Outcome, UserError, load, now, output, run::brief_of};
use crate::{
    app::log_source::open_files,
    demo,
    run::{Job, Logs},
    selection::select,
};

/// The seed of the sample, which is the same every time.
const SEED: u64 = 20_260_310;

/// Options of `demo`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Directory for the logs and the brief
    #[arg(long, value_name = "DIR", default_value = "trailbrief-demo")]
    out: PathBuf,
    /// Format of the brief on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(options: Options) -> Outcome {
    let began = Instant::now();
    let out = options.out.clone();
    let written = tokio::task::spawn_blocking(move || demo::write(&out, SEED))
        .await
        .map_err(UserError::failed)?
        .with_context(|| format!("cannot write the sample organization to `{}`", options.out.display()))
        .map_err(|error| UserError::failed(error).hint("give `--out` a directory that you can write to"))?;
    eprintln!(
        "wrote {} events in {} log files of a sample organization to {}",
        written.events,
        written.files,
        written.logs.display()
    );
    let app = load::load(&ConfigOption { config: Some(written.config.clone()) })?;
    let source = open_files(&written.logs.to_string_lossy())?;
    let job = Job::on_demand(written.window, select(&app, &[], &[])?, Logs::Files(&source), now());
    let brief = brief_of(&app, job).await?.brief;
    output::write(&brief, &options.out)?;
    output::show(&brief, options.format)?;
    eprintln!(
        "\nDone in {:.1} s. The brief as HTML: {}",
        began.elapsed().as_secs_f64(),
        options.out.join("brief.html").display()
    );
    eprintln!("To read your own logs: trailbrief run --logs ./AWSLogs --last 24h");
    Ok(if brief.is_complete() { Exit::Done } else { Exit::Partial })
}
