//! `trailbrief query`: ad hoc SQL over log files.

use std::{fs, io::Read as _, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};

use super::{ConfigOption, Exit, LogsOption, Outcome, Refusal, WindowOptions, desk, now, progress, window};
use crate::{
    engine::{
        NoAnswer,
        embedded::{
            adhoc::{self, AdHocError, Files},
            answer,
            pack::Surroundings,
            scan::Progress,
            source::walk::{DeliveryDays, walk},
        },
    },
    place,
    plan::Sql,
};

/// Options of `query`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    /// The statement: SELECT or WITH, in Athena's SQL, over `events`, `accounts` and `watchlist`
    #[arg(value_name = "SQL", required_unless_present = "file", conflicts_with = "file")]
    sql: Option<String>,
    /// Read the statement from a file; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Aligned columns, for people
    Table,
    /// An array of objects
    Json,
    /// Athena's CSV
    Csv,
}

pub(super) async fn run(options: Options) -> Outcome {
    let text = match (&options.sql, &options.file) {
        (Some(sql), _) => sql.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => {
            return Err(Refusal::usage(anyhow::anyhow!("there is no statement"))
                .hint("give one, or a file with `-f`"));
        }
    };
    let app = desk::load(&options.config)?;
    let source = place::open(&options.logs.logs)?;
    let now = now();
    let window = window::asked(options.window, now)?;
    let listed = source.clone();
    let listing = tokio::task::spawn_blocking(move || walk(&listed, window.map(DeliveryDays::of)))
        .await
        .map_err(Refusal::failed)?
        .map_err(Refusal::from)?;
    let progress = Arc::new(Progress::default());
    let files = Files { source, files: Arc::new(listing.files), window, progress: progress.clone() };
    let surroundings = Surroundings { accounts: &app.desk.accounts, watchlist: &app.desk.watchlist, now };
    let bar = progress::follow(&progress);
    let arriving =
        adhoc::ask(&app.desk.sessions, &Sql::ad_hoc(text), &files, &app.desk.limits, &surroundings)
            .await
            .map_err(refused)?;
    let stats = arriving.stats.clone();
    let mut out = std::io::stdout().lock();
    let form = match options.format {
        Form::Table => answer::Form::Table,
        Form::Json => answer::Form::Json,
        Form::Csv => answer::Form::Csv,
    };
    let told = answer::write(arriving, form, &mut out).await;
    drop(bar);
    match told {
        Ok(()) => {}
        Err(answer::WriteError::Failed(no_answer)) => return Err(refused(AdHocError::Failed(no_answer))),
        Err(answer::WriteError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            return Ok(Exit::Done);
        }
        Err(answer::WriteError::Io(error)) => {
            return Err(Refusal::failed(anyhow::Error::new(error).context("cannot write the answer")));
        }
    }
    let stats = stats.lock().expect("no thread panics in here");
    for problem in listing.problems.iter().chain(&stats.problems) {
        eprintln!("warning: {}: {}", shown(&problem.file), shown(&problem.reason));
    }
    Ok(Exit::Done)
}

/// Untrusted text for a terminal: control characters are told, not obeyed.
fn shown(text: &str) -> String {
    crate::domain::untrusted::visible(text)
}

fn read(file: &PathBuf) -> Result<String, Refusal> {
    let read = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    read.map_err(|error| {
        Refusal::usage(
            anyhow::Error::new(error).context(format!("cannot read the statement from `{}`", file.display())),
        )
    })
}

fn refused(error: AdHocError) -> Refusal {
    let refuse = |refusal: Refusal, hint: Option<String>| match hint {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    };
    match error {
        AdHocError::Refused(error) => {
            let hint = error.hint.clone();
            refuse(Refusal::usage(anyhow::anyhow!("{error}")), hint)
        }
        AdHocError::Failed(NoAnswer { reason, hint }) => {
            refuse(Refusal::failed(anyhow::anyhow!("the query failed: {reason}")), hint)
        }
    }
}
