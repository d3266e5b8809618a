//! `trailbrief table`: the CloudTrail table in Glue, compared with what it should be and brought in step.

#[cfg(feature = "aws")]
pub(super) mod keep;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigOption, Outcome};

/// Options of `table`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Show what would change, without changing it
    Plan(StepOptions),
    /// Make the table, or change what has to change; never drops anything
    Apply(StepOptions),
    /// Print the statement that would make the table; says so if Athena would not take one so long
    Ddl(DdlOptions),
}

#[derive(Debug, Args)]
struct StepOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// Take over a table that something else made
    #[arg(long)]
    adopt: bool,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Debug, Args)]
struct DdlOptions {
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One object
    Json,
}

#[cfg(feature = "aws")]
pub(super) async fn run(options: Options) -> Outcome {
    keep::run(options.step).await
}

#[cfg(not(feature = "aws"))]
pub(super) async fn run(options: Options) -> Outcome {
    // What was asked for is read even so: a mistake in it should not wait for another build.
    let (Step::Plan(StepOptions { config, .. })
    | Step::Apply(StepOptions { config, .. })
    | Step::Ddl(DdlOptions { config })) = &options.step;
    super::load::load(config)?;
    Err(super::UserError::usage(anyhow::anyhow!("this program was built without the `aws` feature"))
        .hint("build it with `cargo build --release --features aws`"))
}
