//! `trailbrief demo`: writes sample logs of an organization, runs all detections over them and shows the brief.

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Args;

use super::{ConfigOption, Exit, Format, Outcome, Refusal, desk, now, output, run::brief_of};
use crate::{
    demo,
    pick::pick,
    place,
    plan::Occasion,
    run::{self, Job, Logs},
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
        .map_err(Refusal::failed)?
        .with_context(|| format!("cannot write the sample organization to `{}`", options.out.display()))
        .map_err(|error| Refusal::failed(error).hint("give `--out` a directory that you can write to"))?;
    eprintln!(
        "wrote {} events in {} log files of a sample organization to {}",
        written.events,
        written.files,
        written.logs.display()
    );
    let app = desk::load(&ConfigOption { config: Some(written.config.clone()) })?;
    let source = place::open(&written.logs.to_string_lossy())?;
    let now = now();
    let job = Job {
        id: run::on_demand_id(now, written.window),
        detections: pick(&app, &[], &[])?,
        occasion: Occasion::OnDemand(written.window),
        schedule: None,
        logs: Logs::Files(&source),
        now,
        notes: Vec::new(),
        failures: Vec::new(),
        deadline: None,
        spent_bytes: 0,
    };
    let brief = brief_of(&app, job).await?.brief;
    output::write(&brief, &options.out)?;
    output::show(&brief, options.format)?;
    eprintln!(
        "\nDone in {:.1} s. The brief as HTML: {}",
        began.elapsed().as_secs_f64(),
        options.out.join("brief.html").display()
    );
    eprintln!("To read your own logs: trailbrief run --logs ./AWSLogs --last 24h");
    Ok(if brief.failures.is_empty() { Exit::Done } else { Exit::Partial })
}
