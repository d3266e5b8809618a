//! `trailbrief demo`: writes sample logs of an organization, runs all detections over them and shows the brief.

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Args;

use super::{ConfigOption, Exit, Outcome, UserError, investigate::word, load, now, output, run::brief_of};
use crate::{
    app::log_source::open_files,
    demo,
    run::{self, Job, Logs},
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
    #[command(flatten)]
    shown: output::ShowOptions,
}

pub(super) async fn run(options: Options) -> Outcome {
    let began = Instant::now();
    let out = options.out.clone();
    let written = tokio::task::spawn_blocking(move || demo::write(&out, SEED))
        .await
        .map_err(UserError::failed)?
        .with_context(|| format!("cannot write the sample organization to `{}`", options.out.display()))
        .map_err(|error| UserError::failed(error).hint("give `--out` a directory that you can write to"))?;
    let is_quiet = options.shown.quiet;
    let say = |text: String| {
        if !is_quiet {
            eprintln!("{text}");
        }
    };
    say(format!(
        "wrote {} events in {} log files of a sample organization to {}",
        written.events,
        written.files,
        written.logs.display()
    ));
    let app = load::load_to_run(&ConfigOption { config: Some(written.config.clone()) })?;
    let source = open_files(&written.logs.to_string_lossy())?;
    let job = Job::on_demand(written.window, select(&app, &[], &[])?, Logs::Files(&source), now());
    let run::Outcome { brief, events, .. } = brief_of(&app, job, is_quiet).await?;
    output::write(&brief, &events, &options.out)?;
    output::show(&brief, options.shown)?;
    let seconds = began.elapsed().as_secs_f64();
    say(format!(
        "\nDone in {seconds:.1} s. To search it in a browser: {}",
        options.out.join(output::REPORT).display()
    ));
    say(format!(
        "To see all that one of them did, and what came of it: trailbrief investigate --actor ci-deploy --config {} --logs {} \
         --from {} --to {}",
        word(&written.config.display().to_string()),
        word(&written.logs.display().to_string()),
        written.window.start(),
        written.window.end()
    ));
    say("To read your own logs: trailbrief run --logs s3://BUCKET/PREFIX --last 24h".to_owned());
    Ok(if brief.is_complete() { Exit::Done } else { Exit::Partial })
}
