//! `trailbrief check`: every problem of the library and the configuration at once.

use clap::Args;

use super::{ConfigOption, Exit, Outcome, load, output};
use crate::library::Level;

/// Options of `check`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) async fn run(options: Options) -> Outcome {
    let checked = load::check(&options.config).await?;
    for diagnostic in &checked.diagnostics {
        output::print(&diagnostic.to_string())?;
        output::print("")?;
    }
    let count = |level: Level| checked.diagnostics.iter().filter(|one| one.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    output::print(&format!(
        "{} detections, {} cases checked: {errors} error{}, {warnings} warning{}",
        checked.detections,
        checked.cases,
        plural(errors),
        plural(warnings)
    ))?;
    Ok(if errors == 0 { Exit::Done } else { Exit::Usage })
}
