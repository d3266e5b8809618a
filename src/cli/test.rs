//! `trailbrief test`: the cases of the library's detections.

use clap::Args;

use super::{ConfigOption, Exit, Outcome, SelectionOptions, UserError, check::counted, load, output};
use crate::{
    app::App,
    cases::{CaseResult, Runner},
    domain::{detection::Detection, untrusted::visible},
    library::Case,
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
    let (mut passed, mut failed) = (0, 0);
    for detection in &detections {
        let mut runner = Runner::new(&app.context.sessions, &app.context.limits, detection);
        for case in app.library.cases(&detection.id) {
            let result = runner.run(case).await.map_err(UserError::failed)?;
            if passes(detection, case, &result, options.verbose)? {
                passed += 1;
            } else {
                failed += 1;
            }
        }
        failed += unreadable(&app, detection)?;
    }
    for file in app.library.broken() {
        output::print(&format!("FAIL  {}: {}", file.file, visible(&file.reason)))?;
    }
    failed += app.library.broken().len();
    output::print(&format!("{}: {passed} passed, {failed} failed", counted(detections.len(), "detection")))?;
    if passed + failed == 0 {
        return Err(UserError::usage(anyhow::anyhow!("there is no case to run"))
            .hint("write cases into `<name>.cases.toml` beside the detection, or choose other detections"));
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Prints what came of a case; returns whether it passed.
fn passes(detection: &Detection, case: &Case, result: &CaseResult, verbose: bool) -> Result<bool, UserError> {
    match result {
        CaseResult::Passed => {
            if verbose {
                output::print(&format!("ok    {}: {}", detection.id, case.name))?;
            }
            Ok(true)
        }
        CaseResult::Failed(reason) => {
            let reason: Vec<String> = reason.lines().map(visible).collect();
            output::print(&format!(
                "FAIL  {}: {} (line {} of its cases)\n      {}",
                detection.id,
                case.name,
                case.line,
                reason.join("\n")
            ))?;
            Ok(false)
        }
    }
}

/// Prints what keeps cases of a detection from being run, and how many problems that are: a case that silently did not run
/// would count as proof.
fn unreadable(app: &App, detection: &Detection) -> Result<usize, UserError> {
    let errors = app.library.case_errors(&detection.id);
    for error in errors {
        output::print(&format!("FAIL  {}: a case cannot be run\n{error}", detection.id))?;
    }
    Ok(errors.len())
}
