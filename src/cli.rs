//! The command line: what a person types, and what becomes of it.
//!
//! Data goes to standard output, progress and messages to standard error. One file a command.

mod check;
mod completions;
mod demo;
mod list;
mod load;
mod notify;
mod output;
mod plan;
mod progress;
mod query;
mod run;
mod show;
mod table;
mod test;
mod window;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    domain::{
        severity::Severity,
        time::{Span, Timestamp},
    },
    user_error::{ErrorKind, UserError},
};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Usage or configuration.
    Usage,
    /// The run failed.
    Failed,
    /// Some detection gave no answer.
    Partial,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Partial => 4,
        })
    }
}

/// What a command comes to.
type Outcome = Result<Exit, UserError>;

/// Runs SQL detections over CloudTrail logs and writes one brief.
#[derive(Debug, Parser)]
#[command(name = "trailbrief", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a sample organization's logs, run the library over them and show the brief
    Demo(demo::Options),
    /// Run detections over a window and show the brief
    Run(run::Options),
    /// Ask ad hoc SQL over log files, or on Athena
    Query(query::Options),
    /// Show what a run would ask and read, without running it
    Plan(plan::Options),
    /// Try the channels that briefs go to
    Notify(notify::Options),
    /// Check the library and the configuration; every problem at once
    Check(check::Options),
    /// Run the cases of the library's detections
    Test(test::Options),
    /// List the detections
    List(list::Options),
    /// Show one detection: what it finds, why, what to do, and its SQL
    Show(show::Options),
    /// Compare the CloudTrail table in Glue with what it should be, and bring it in step
    Table(table::Options),
    /// Print a completion script for a shell
    Completions(completions::Options),
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
struct ConfigOption {
    /// Configuration file [default: ./trailbrief.toml if there is one; env: TRAILBRIEF_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Which logs, or the configured table.
#[derive(Clone, Debug, Args)]
struct LogsOption {
    /// Directory or s3://bucket/prefix with log files as CloudTrail delivers them, or loose files
    /// [default: the table of the configuration, on Athena]
    #[arg(long, value_name = "PATH|S3-URL")]
    logs: Option<String>,
}

/// Which span of event time.
#[derive(Clone, Copy, Debug, Args)]
struct WindowOptions {
    /// The last so many hours or days, such as 24h or 7d
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["from", "to"])]
    last: Option<Span>,
    /// Start of the window (UTC), such as 2026-03-10T00:00:00Z or 2026-03-10
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<Timestamp>,
    /// End of the window (UTC), not part of it
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<Timestamp>,
}

/// Which detections.
#[derive(Clone, Debug, Args)]
struct SelectionOptions {
    /// Only these detections: ids or patterns such as iam.*
    #[arg(long, value_name = "ID[,ID…]", value_delimiter = ',')]
    query: Vec<String>,
    /// Only detections of these packs
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',')]
    pack: Vec<String>,
}

/// How a brief is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, in a terminal
    Text,
    /// For machines; the contract is documented
    Json,
    /// The mail
    Html,
    /// Slack blocks
    Slack,
    /// One row a finding
    Csv,
}

/// Parses the arguments and runs the command.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse_from(query::with_comments(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tell(&UserError::failed(error)),
    };
    let outcome = runtime.block_on(dispatch(cli.command));
    // Threads that still read for a query that has had enough must not hold up the end.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| tell(&error))
}

async fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Demo(options) => demo::run(options).await,
        Command::Run(options) => run::run(options).await,
        Command::Query(options) => query::run(options).await,
        Command::Plan(options) => plan::run(options).await,
        Command::Notify(options) => notify::run(options).await,
        Command::Check(options) => check::run(options).await,
        Command::Test(options) => test::run(options).await,
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Table(options) => table::run(options).await,
        Command::Completions(options) => completions::run(&options),
    }
}

/// Shows an error on standard error.
fn tell(error: &UserError) -> Exit {
    let mut chain = error.chain();
    eprintln!("error: {}", chain.next().map(ToString::to_string).unwrap_or_default());
    for cause in chain {
        eprintln!("  caused by: {cause}");
    }
    if let Some(hint) = error.advice() {
        eprintln!("hint: {hint}");
    }
    match error.kind() {
        ErrorKind::Request | ErrorKind::Configuration => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// The time now, in whole seconds.
fn now() -> Timestamp {
    Timestamp::from_unix_s(chrono::Utc::now().timestamp())
}

/// Whether `--fail-on` asks for exit code 1.
fn fails(fail_on: Option<Severity>, worst: Option<Severity>) -> bool {
    fail_on.zip(worst).is_some_and(|(limit, worst)| worst >= limit)
}
