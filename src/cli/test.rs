//! `trailbrief test`: the cases of the library's detections and views.

mod conditions;

use clap::Args;

use super::{ConfigOption, Exit, Outcome, SelectionOptions, UserError, check::counted, load, output};
use crate::{
    app::App,
    cases::{CaseResult, Runner, Subject},
    domain::{untrusted::visible, view::View},
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
    /// Run the cases of views alone
    #[arg(long, conflicts_with_all = ["query", "pack"])]
    views: bool,
    /// Drop each condition of the detections in turn, and name those without which every case still passes
    #[arg(long, conflicts_with = "views")]
    conditions: bool,
    /// Also name the cases that pass
    #[arg(short, long)]
    verbose: bool,
}

pub(super) async fn run(options: Options) -> Outcome {
    let app = load::load(&options.config)?;
    let library = &app.library;
    let SelectionOptions { query, pack, .. } = &options.selection;
    if options.conditions {
        return conditions::run(&app, &select(&app, query, pack)?, options.verbose).await;
    }
    let detections = if options.views { Vec::new() } else { select(&app, query, pack)? };
    let views: Vec<&View> =
        if query.is_empty() && pack.is_empty() { library.views().iter().collect() } else { Vec::new() };
    let of_views = views.iter().map(|view| (Subject::View(view), library.cases_of_view(view)));
    let of_detections =
        detections.iter().map(|detection| (Subject::Detection(detection), library.cases(&detection.id)));
    let (mut passed, mut failed) = (0, 0);
    for (subject, cases) in of_views.chain(of_detections) {
        let mut runner = Runner::new(&app.context.sessions, &app.context.limits, subject);
        for case in cases {
            let result = runner.run(case).await.map_err(UserError::failed)?;
            if passes(subject, case, &result, options.verbose)? {
                passed += 1;
            } else {
                failed += 1;
            }
        }
        failed += unreadable(&app, subject)?;
    }
    for file in app.library.broken() {
        output::print(&format!("FAIL  {}: {}", file.file, visible(&file.reason)))?;
    }
    failed += app.library.broken().len();
    let with_views =
        if views.is_empty() { String::new() } else { format!(", {}", counted(views.len(), "view")) };
    output::print(&format!(
        "{}{with_views}: {passed} passed, {failed} failed",
        counted(detections.len(), "detection")
    ))?;
    if passed + failed == 0 {
        return Err(UserError::usage(anyhow::anyhow!("there is no case to run"))
            .hint("write cases into `<name>.cases.toml` beside the detection, or choose other detections"));
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Prints what came of a case; returns whether it passed.
fn passes(subject: Subject<'_>, case: &Case, result: &CaseResult, verbose: bool) -> Result<bool, UserError> {
    match result {
        CaseResult::Passed => {
            if verbose {
                output::print(&format!("ok    {subject}: {}", case.name))?;
            }
            Ok(true)
        }
        CaseResult::Failed(reason) => {
            let reason: Vec<String> = reason.lines().map(visible).collect();
            output::print(&format!(
                "FAIL  {subject}: {} (line {} of its cases)\n      {}",
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
fn unreadable(app: &App, subject: Subject<'_>) -> Result<usize, UserError> {
    let errors = match subject {
        Subject::Detection(detection) => app.library.case_errors(&detection.id),
        Subject::View(view) => app.library.case_errors_of_view(view),
    };
    for error in errors {
        output::print(&format!("FAIL  {subject}: a case cannot be run\n{error}"))?;
    }
    Ok(errors.len())
}
