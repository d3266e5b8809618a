//! What a command works with, or why it cannot.

use super::{ConfigOption, UserError};
use crate::{
    app::{App, AppError, Checked},
    config::Config,
    domain::untrusted::visible,
    library::Sources,
};

/// Checks configuration and library.
pub(super) async fn check(options: &ConfigOption) -> Result<Checked, UserError> {
    crate::app::check(options.config.as_deref(), Sources::shipped(), super::now()).await.map_err(refused)
}

/// The configuration alone.
pub(super) fn configuration(options: &ConfigOption) -> Result<Config, UserError> {
    crate::app::configuration(options.config.as_deref()).map_err(refused)
}

/// Loads configuration, library and engine. Warnings about the configuration and broken detections go to standard error.
pub(super) fn load(options: &ConfigOption) -> Result<App, UserError> {
    warned(App::load(options.config.as_deref()))
}

/// The same without the library's cases.
pub(super) fn load_to_run(options: &ConfigOption) -> Result<App, UserError> {
    warned(App::load_to_run(options.config.as_deref()))
}

fn warned(app: Result<App, AppError>) -> Result<App, UserError> {
    let app = app.map_err(refused)?;
    for problem in app.warnings() {
        eprintln!("warning: {} ({}:{})", visible(&problem.message), visible(&problem.file), problem.line);
        if let Some(hint) = &problem.hint {
            eprintln!("  hint: {}", visible(hint));
        }
    }
    match app.library.broken() {
        [] => {}
        [one] => {
            eprintln!("warning: `{}` is broken: {}; run `trailbrief check`", one.file, visible(&one.reason))
        }
        many => eprintln!("warning: {} detections are broken; run `trailbrief check`", many.len()),
    }
    Ok(app)
}

fn refused(error: AppError) -> UserError {
    if let AppError::Config(diagnostics) = &error {
        for diagnostic in diagnostics {
            eprintln!("{diagnostic}\n");
        }
    }
    error.into()
}
