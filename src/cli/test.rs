//! `trailbrief test`: the cases of the library's detections.

use clap::Args;

use super::{ConfigOption, Exit, Outcome, SelectionOptions, UserError, load, output};
use crate::{
    cases::{self, Verdict},
    domain::untrusted::visible,
    selection::select,
};

/// Options of `test`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    selection: SelectionOptions,
    /// Also name the cases that pass
    #[arg(short, long)]
    verbose: bool,
}

pub(super) async fn run(options: Options) -> Outcome {
    let app = load::load(&options.config)?;
    let detections = select(&app, &options.selection.query, &options.selection.pack)?;
    let (mut passed, mut failed) = (0u64, 0u64);
    for detection in &detections {
        for case in app.library.cases(&detection.id) {
            let verdict = cases::run(&app.context.sessions, &app.context.limits, detection, case)
                .await
                .map_err(UserError::failed)?;
            match verdict {
                Verdict::Passed => {
                    passed += 1;
                    if options.verbose {
                        output::print(&format!("ok    {}: {}", detection.id, case.name))?;
                    }
                }
                Verdict::Failed(reason) => {
                    failed += 1;
                    let reason: Vec<String> = reason.lines().map(visible).collect();
                    output::print(&format!(
                        "FAIL  {}: {} (line {} of its cases)\n      {}",
                        detection.id,
                        case.name,
                        case.line,
                        reason.join("\n")
                    ))?;
                }
            }
        }
    }
    let broken = app.library.broken().len() as u64;
    for file in app.library.broken() {
        output::print(&format!("FAIL  {}: {}", file.file, visible(&file.reason)))?;
    }
    output::print(&format!("{} detections: {passed} passed, {} failed", detections.len(), failed + broken))?;
    Ok(if failed + broken == 0 { Exit::Done } else { Exit::Failed })
}
