//! `trailbrief query`: ad hoc SQL over log files, or over the configured table on Athena.

#[cfg(feature = "aws")]
mod athena;

use std::{ffi::OsString, fs, io::Read as _, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use datafusion_trino::TableNames;

use super::{ConfigOption, Exit, LogsOption, Outcome, UserError, WindowOptions, load, now, progress, window};
use crate::{
    app::{App, log_source},
    config::TableSetting,
    domain::{
        delivery::DeliveryDays,
        time::{Timestamp, Window},
    },
    engine::{
        NoAnswer,
        embedded::{
            adhoc::{self, AdHocError, Files},
            answer,
            pack::Surroundings,
            scan::Progress,
            source::walk::walk,
        },
    },
    plan::{
        Sql,
        pasted::{Pasted, names_of_events},
    },
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
    /// A name that means `events`, such as default.cloudtrail_logs, in any case and behind any database; may be repeated
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// The value of a `?`, in their order; read as SQL where it is an expression without a column (42, 'x', DATE
    /// '2026-03-10'), else as the text that it is; may be repeated
    #[arg(long = "param", value_name = "VALUE", allow_hyphen_values = true)]
    params: Vec<String>,
    /// On Athena: ask even if the statement lists every day that the table knows
    #[arg(long, conflicts_with = "logs")]
    all_partitions: bool,
    /// The statement: one SELECT or WITH in Athena's SQL, as it was pasted, over `events`, `accounts` and `watchlist`
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
            return Err(UserError::usage(anyhow::anyhow!("there is no statement"))
                .hint("give one, or a file with `-f`"));
        }
    };
    // A byte order mark is no part of a statement.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let pasted = Pasted::of(text, &options.params).map_err(|error| refused(AdHocError::Refused(error)))?;
    let names = names_of_events(&options.tables)
        .map_err(|error| UserError::usage(error).hint("give `--table` the name that stands after FROM"))?;
    let app = load::load(&options.config)?;
    let now = now();
    let window = window::asked(options.window, now)?;
    let asked = Asked { pasted, names, window, now, form: options.format.of_answer() };
    match options.logs.logs {
        Some(logs) => of_files(&app, &logs, asked).await,
        #[cfg(feature = "aws")]
        None => athena::run(app, asked, options.all_partitions).await,
        #[cfg(not(feature = "aws"))]
        None => {
            // The error says what this build lacks.
            log_source::resolve(None, &app, crate::app::TableUse::AsItIs).await?;
            Ok(Exit::Done)
        }
    }
}

/// A statement that begins with a `--` comment is no option: no option has a space in its name.
pub(super) fn with_comments(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut is_value = false;
    arguments.map(move |argument| {
        let text = argument.to_str().unwrap_or_default();
        let name = text.split('=').next().unwrap_or_default();
        let is_comment = text.starts_with("--") && name.contains(char::is_whitespace) && !is_value;
        is_value = text == "--param";
        if is_comment { OsString::from(format!(" {text}")) } else { argument }
    })
}

/// What was asked.
struct Asked {
    pasted: Pasted,
    /// Names that mean `events`.
    names: TableNames,
    window: Option<Window>,
    now: Timestamp,
    form: answer::AnswerFormat,
}

impl Form {
    fn of_answer(self) -> answer::AnswerFormat {
        match self {
            Self::Table => answer::AnswerFormat::Table,
            Self::Json => answer::AnswerFormat::Json,
            Self::Csv => answer::AnswerFormat::Csv,
        }
    }
}

async fn of_files(app: &App, logs: &str, asked: Asked) -> Outcome {
    let Asked { pasted, names, window, now, form } = asked;
    let names = match &app.config.table {
        TableSetting::Configured(table) => names.and(&table.name.value),
        TableSetting::NotConfigured => names,
    };
    let source = log_source::open_files(logs)?;
    let listed = source.clone();
    let listing = tokio::task::spawn_blocking(move || walk(&listed, window.map(DeliveryDays::of)))
        .await
        .map_err(UserError::failed)?
        .map_err(UserError::from)?;
    let progress = Arc::new(Progress::default());
    let files = Files { source, files: Arc::new(listing.files), window, names, progress: progress.clone() };
    let surroundings =
        Surroundings { accounts: &app.context.accounts, watchlist: &app.context.watchlist, now };
    let bar = progress::follow(&progress);
    let arriving =
        adhoc::run(&app.context.sessions, &Sql::pasted(&pasted), &files, &app.context.limits, &surroundings)
            .await
            .map_err(refused)?;
    let stats = arriving.stats.clone();
    let told = answer::write(arriving, form, &mut std::io::stdout().lock()).await;
    drop(bar);
    if let Some(exit) = written(told)? {
        return Ok(exit);
    }
    let stats = stats.lock().expect("no thread panics in here");
    for problem in listing.problems.iter().chain(&stats.problems) {
        eprintln!("warning: {}: {}", shown(&problem.file), shown(&problem.reason));
    }
    Ok(Exit::Done)
}

/// What became of writing an answer: nothing more to say if its reader has gone.
fn written(told: Result<(), answer::WriteError>) -> Result<Option<Exit>, UserError> {
    match told {
        Ok(()) => Ok(None),
        Err(answer::WriteError::Failed(no_answer)) => Err(refused(AdHocError::Failed(no_answer))),
        Err(answer::WriteError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(Some(Exit::Done))
        }
        Err(answer::WriteError::Io(error)) => {
            Err(UserError::failed(anyhow::Error::new(error).context("cannot write the answer")))
        }
    }
}

/// Untrusted text for a terminal: control characters are told, not obeyed.
fn shown(text: &str) -> String {
    crate::domain::untrusted::visible(text)
}

fn read(file: &PathBuf) -> Result<String, UserError> {
    let read = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    read.map_err(|error| {
        UserError::usage(
            anyhow::Error::new(error).context(format!("cannot read the statement from `{}`", file.display())),
        )
    })
}

fn refused(error: AdHocError) -> UserError {
    let refuse = |error: UserError, hint: Option<String>| match hint {
        Some(hint) => error.hint(hint),
        None => error,
    };
    match error {
        AdHocError::Refused(error) => {
            let hint = error.hint.clone();
            refuse(UserError::usage(anyhow::anyhow!("{error}")), hint)
        }
        AdHocError::Failed(NoAnswer { reason, hint }) => {
            refuse(UserError::failed(anyhow::anyhow!("the query failed: {reason}")), hint)
        }
    }
}
