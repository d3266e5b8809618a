//! The command line: its options, and the commands behind them.
//!
//! Data goes to standard output, progress and messages to standard error. One file a command.

mod archive;
mod baseline;
mod brief;
mod check;
mod completions;
mod decide;
mod demo;
mod investigate;
mod list;
mod load;
mod new;
mod notify;
mod output;
mod plan;
mod progress;
mod query;
mod run;
mod show;
mod suggest;
mod table;
mod test;
mod window;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    config::{Environment, Variable},
    domain::{
        severity::Severity,
        time::{Span, Timestamp},
        untrusted::visible,
    },
    telemetry,
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

/// The end of a command.
type Outcome = Result<Exit, UserError>;

/// Runs SQL detections over CloudTrail logs and writes one brief.
#[derive(Debug, Parser)]
#[command(name = "trailbrief", version, max_term_width = 100, propagate_version = true, after_help = HELP_END)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Log every call to AWS on standard error, as with RUST_LOG=debug
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// What the help ends with.
const HELP_END: &str = "\
Examples:
  trailbrief demo
  trailbrief run --logs ./AWSLogs --last 24h
  trailbrief query --logs ./AWSLogs 'SELECT eventname, count(*) FROM events GROUP BY 1'

Exit codes:
  0  success
  1  a new finding at or above --fail-on
  2  wrong usage or configuration
  3  the run failed, or a channel did not get the brief
  4  partial: a detection gave no answer";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write sample logs of an organization, run all detections over them and show the brief
    Demo(demo::Options),
    /// Run detections over a time window or for a schedule, and show the brief
    Run(run::Options),
    /// Run one SQL statement over log files, or on Athena
    Query(query::Options),
    /// Show all that an actor, key, address, resource or call was part of, as a case
    Investigate(investigate::Options),
    /// Show what a run would read and which SQL it would run, without running it
    Plan(plan::Options),
    /// Build or show the baseline of habits, which detections of a first time need
    Baseline(baseline::Options),
    /// List, show and compare the archived briefs of schedules
    Brief(brief::Options),
    /// Acknowledge a story or a finding: somebody takes care of it
    Ack(decide::AckOptions),
    /// Hold a finding back for a time
    Suppress(decide::SuppressOptions),
    /// Test the channels that briefs are sent to
    Notify(notify::Options),
    /// Check the detections and the configuration, and report every problem
    Check(check::Options),
    /// Run the test cases of the detections
    Test(test::Options),
    /// Begin a detection of your own, with its cases, from an event
    New(new::Options),
    /// List the detections
    List(list::Options),
    /// Show a detection or a view, or an event with what it triggers
    Show(show::Options),
    /// Show, create or update the CloudTrail table in Glue
    Table(table::Options),
    /// Print a completion script for a shell
    Completions(completions::Options),
}

/// The option for the configuration file.
#[derive(Clone, Debug, Args)]
struct ConfigOption {
    /// Configuration file [default: ./trailbrief.toml if it exists; env: TRAILBRIEF_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The option for the logs.
#[derive(Clone, Debug, Args)]
struct LogsOption {
    /// Directory or s3://bucket/prefix that holds CloudTrail log files [default: the configured table, read through
    /// Athena]
    #[arg(long, value_name = "PATH|S3-URL", help_heading = "Logs")]
    logs: Option<String>,
}

/// The options for the time window.
#[derive(Clone, Copy, Debug, Args)]
struct WindowOptions {
    /// A window that ends now and has this length, such as 90m, 24h or 7d
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"], help_heading = "Time window")]
    last: Option<Span>,
    /// Start of the window in UTC, such as 2026-03-10 or 2026-03-10T08:00:00Z
    #[arg(long, value_name = "TIME", requires = "to", help_heading = "Time window")]
    from: Option<Timestamp>,
    /// End of the window in UTC; an event at exactly this time is not included
    #[arg(long, value_name = "TIME", requires = "from", help_heading = "Time window")]
    to: Option<Timestamp>,
}

/// The options that select detections.
#[derive(Clone, Debug, Args)]
struct SelectionOptions {
    /// Only the detections with these ids, or patterns such as iam.*
    #[arg(long, value_name = "ID[,ID…]", value_delimiter = ',', help_heading = "Detections")]
    query: Vec<String>,
    /// Only the detections of these packs
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',', help_heading = "Detections")]
    pack: Vec<String>,
}

/// The format of a brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text for a terminal
    Text,
    /// One JSON object for programs
    Json,
    /// The HTML of the mail
    Html,
    /// Blocks for Slack
    Slack,
    /// The findings, one row each
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
    let choice = match Environment::read().rust_log {
        Variable::Set(text) => Some(text),
        Variable::NotSet => None,
    };
    if let Err(reason) = telemetry::on_terminal(cli.verbose, choice.as_deref()) {
        eprintln!("warning: RUST_LOG cannot be read, so nothing is logged: {}", visible(&reason));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&UserError::failed(error)),
    };
    let outcome = runtime.block_on(dispatch(cli.command));
    // A query with a LIMIT may end while threads still read files. They end with the process: without their runtime they would
    // panic.
    std::mem::forget(runtime);
    outcome.unwrap_or_else(|error| report(&error))
}

async fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Demo(options) => demo::run(options).await,
        Command::Run(options) => run::run(options).await,
        Command::Query(options) => query::run(options).await,
        Command::Investigate(options) => investigate::run(options).await,
        Command::Plan(options) => plan::run(options).await,
        Command::Baseline(options) => baseline::run(options).await,
        Command::Brief(options) => brief::run(options).await,
        Command::Ack(options) => decide::ack(options).await,
        Command::Suppress(options) => decide::suppress(options).await,
        Command::Notify(options) => notify::run(options).await,
        Command::Check(options) => check::run(options).await,
        Command::Test(options) => test::run(options).await,
        Command::New(options) => new::run(&options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(options).await,
        Command::Table(options) => table::run(options).await,
        Command::Completions(options) => completions::run(&options),
    }
}

/// Prints an error on standard error and gives the exit code for it.
fn report(error: &UserError) -> Exit {
    let mut chain = error.chain();
    if error.kind() == ErrorKind::NothingDue {
        eprintln!("note: {}", chain.next().map(ToString::to_string).unwrap_or_default());
        return Exit::Done;
    }
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

/// Whether `--fail-on` requires exit code 1.
fn fails(fail_on: Option<Severity>, worst: Option<Severity>) -> bool {
    fail_on.zip(worst).is_some_and(|(limit, worst)| worst >= limit)
}
