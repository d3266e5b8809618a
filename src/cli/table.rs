//! `trailbrief table`: shows, creates or updates the CloudTrail table in Glue.

#[cfg(feature = "aws")]
pub(super) mod keep;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigOption, Outcome};

/// What the help of `table` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief table plan
  trailbrief table apply
  trailbrief table ddl > create-table.sql";

/// Options of `table`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Show the changes that `apply` would make
    Plan(StepOptions),
    /// Create the table or update it; never deletes anything
    Apply(StepOptions),
    /// Print the CREATE TABLE statement, with a warning if it is too long for Athena
    Ddl(DdlOptions),
}

#[derive(Debug, Args)]
struct StepOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// Update the table even if another program created it
    #[arg(long)]
    adopt: bool,
    /// Format of the output
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    format: TableFormat,
}

#[derive(Debug, Args)]
struct DdlOptions {
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    /// Plain text for a terminal
    Text,
    /// One JSON object
    Json,
}

#[cfg(feature = "aws")]
pub(super) async fn run(options: Options) -> Outcome {
    keep::run(options.step).await
}

#[cfg(not(feature = "aws"))]
pub(super) async fn run(options: Options) -> Outcome {
    // The configuration is checked here too: a mistake in it should not wait for another build.
    let (Step::Plan(StepOptions { config, .. })
    | Step::Apply(StepOptions { config, .. })
    | Step::Ddl(DdlOptions { config })) = &options.step;
    super::load::load_to_run(config)?;
    Err(super::UserError::usage(anyhow::anyhow!("this program was built without the `aws` feature"))
        .hint("build it with `cargo build --release --features aws`"))
}
