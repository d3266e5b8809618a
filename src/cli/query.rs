//! `trailbrief query`: one SQL statement over log files, or over the configured table on Athena.

#[cfg(feature = "aws")]
mod athena;
mod describe;

use std::{ffi::OsString, fs, io::Read as _, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use datafusion_trino::TableNames;

use super::{ConfigOption, Exit, LogsOption, Outcome, UserError, WindowOptions, load, now, progress, window};
use crate::{
    app::{App, log_source},
    config::TableSetting,
    domain::{
        cloudtrail::COLUMNS,
        delivery::{Deliveries, USUAL_DELAY},
        habits::Habits,
        partition::{BadPartitionForm, PartitionForm},
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
        foreign::NamedPartitions,
        pasted::{Pasted, described, names_of_events},
    },
};

/// What the help of `query` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief query --logs ./AWSLogs 'SELECT eventname, count(*) FROM events GROUP BY 1'
  trailbrief query --logs ./AWSLogs --format csv -f report.sql
  trailbrief query --last 24h --table cloudtrail_logs --param GetObject \\
    'SELECT * FROM cloudtrail_logs WHERE eventname = ?'";

/// Options of `query`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    /// Another name for the table `events`, such as default.cloudtrail_logs; upper and lower case are the same, and the
    /// database does not matter; can be repeated
    #[arg(long = "table", value_name = "NAME", help_heading = "Statement")]
    tables: Vec<String>,
    /// A partition column of your own table, over log files: its name and what it holds, a pattern such as yyyy/MM/dd, yyyy, MM,
    /// d or HH, or account, region, organization or date; `number:` before it makes a number of it. Usual names such as year,
    /// date, account_id and p_region are known; can be repeated
    #[arg(long = "partition", value_name = "NAME=FORM", value_parser = partition, help_heading = "Statement")]
    partitions: Vec<(String, PartitionForm)>,
    /// Value of the next `?`: an SQL expression without columns (42, 'x', DATE '2026-03-10'), or any other text, which is
    /// used as a string; can be repeated
    #[arg(long = "param", value_name = "VALUE", allow_hyphen_values = true, help_heading = "Statement")]
    params: Vec<String>,
    /// On Athena: run the statement even if it reads every day of the table
    #[arg(long, conflicts_with = "logs", help_heading = "Logs")]
    all_partitions: bool,
    /// One SELECT or WITH statement in Athena's SQL; it can read `events`, `accounts`, `watchlist`, `habits` and views such as
    /// `calls`. `DESCRIBE events` shows the columns of one of them
    #[arg(value_name = "SQL", required_unless_present = "file", conflicts_with = "file")]
    sql: Option<String>,
    /// Read the statement from this file; `-` reads standard input
    #[arg(short, long, value_name = "FILE", help_heading = "Statement")]
    file: Option<PathBuf>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = ResultFormat::Table, help_heading = "Output")]
    format: ResultFormat,
}

/// Reads `NAME=FORM`.
fn partition(text: &str) -> Result<(String, PartitionForm), String> {
    let (name, form) = text.split_once('=').ok_or("write NAME=FORM, such as landed=yyyy/MM/dd")?;
    let name = name.trim().trim_matches('"').to_lowercase();
    if name.is_empty() || name.starts_with('$') || COLUMNS.iter().any(|column| column.name == name) {
        return Err(format!("`{name}` cannot be the name of a partition column"));
    }
    form.trim().parse().map(|form| (name, form)).map_err(|error: BadPartitionForm| error.to_string())
}

/// The format of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ResultFormat {
    /// Aligned columns for a terminal
    Table,
    /// One JSON array of objects
    Json,
    /// CSV as Athena writes it
    Csv,
}

pub(super) async fn run(options: Options) -> Outcome {
    let text = match (&options.sql, &options.file) {
        (Some(sql), _) => sql.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => {
            return Err(UserError::usage(anyhow::anyhow!("there is no statement"))
                .hint("give the SQL, or a file with `-f`"));
        }
    };
    // A byte order mark is not part of a statement.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let names = || {
        names_of_events(&options.tables)
            .map_err(|error| UserError::usage(error).hint("give `--table` the name that follows FROM"))
    };
    if let Some(relation) = described(text) {
        let app = load::load_to_run(&options.config)?;
        return describe::run(&app, &relation, &names()?, options.format).await;
    }
    let pasted = Pasted::of(text, &options.params).map_err(|error| refused(AdHocError::Refused(error)))?;
    let names = pasted.data_stores().iter().fold(names()?, |names, name| names.and(name));
    let app = load::load_to_run(&options.config)?;
    let now = now();
    let window = window::chosen(options.window, now)?;
    let form = options.format.of_answer();
    let partitions = options.partitions.into_iter().collect();
    let request = Request { pasted, names, partitions, window, now, form };
    match options.logs.logs {
        Some(logs) => of_files(&app, &logs, request).await,
        #[cfg(feature = "aws")]
        None => athena::run(app, request, options.all_partitions).await,
        #[cfg(not(feature = "aws"))]
        None => {
            // Its error names the feature that this build lacks.
            log_source::resolve(None, &app, crate::app::TableUse::AsItIs).await?;
            Ok(Exit::Done)
        }
    }
}

/// Makes clap read a statement that begins with a `--` comment as a value: no option has a space in its name.
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

/// The statement, and how it is to be run.
struct Request {
    pasted: Pasted,
    /// Names that mean `events`.
    names: TableNames,
    /// Partition columns that the command line names.
    partitions: NamedPartitions,
    window: Option<Window>,
    now: Timestamp,
    form: answer::AnswerFormat,
}

impl ResultFormat {
    fn of_answer(self) -> answer::AnswerFormat {
        match self {
            Self::Table => answer::AnswerFormat::Table,
            Self::Json => answer::AnswerFormat::Json,
            Self::Csv => answer::AnswerFormat::Csv,
        }
    }
}

/// The habits, if the statement reads them.
async fn habits_for(app: &App, sql: &Sql) -> Arc<Habits> {
    let views = app.library.views();
    let mut of_habits = views.names().into_iter().chain(["habits".to_owned()]);
    let text = sql.text().to_lowercase();
    if !of_habits.any(|name| text.contains(&name) && views.sources([name.as_str()]).contains("habits")) {
        return Arc::default();
    }
    let (habits, note) = app.habits().await;
    if let Some(note) = note {
        eprintln!("warning: {}", shown(&note));
    } else if habits.is_empty() {
        eprintln!("warning: `habits` is empty: a schedule learns them, or `trailbrief baseline build`");
    }
    habits
}

async fn of_files(app: &App, logs: &str, request: Request) -> Outcome {
    let Request { pasted, names, partitions, window, now, form } = request;
    let names = match &app.config.table {
        TableSetting::Configured(table) => names.and(&table.name.value),
        TableSetting::NotConfigured => names,
    };
    let configured = app.config.partitions.iter().map(|(name, form)| (name.clone(), form.value.clone()));
    let partitions: NamedPartitions = configured.chain(partitions).collect();
    let source = log_source::open_files(logs)?;
    let listed = source.clone();
    let listing = tokio::task::spawn_blocking(move || {
        walk(&listed, window.map(|window| Deliveries::of(window, USUAL_DELAY)))
    })
    .await
    .map_err(UserError::failed)?
    .map_err(UserError::from)?;
    let progress = Arc::new(Progress::default());
    let files = Files {
        source,
        files: Arc::new(listing.files),
        window,
        names,
        partitions,
        reads_lake: !pasted.data_stores().is_empty(),
        as_detections: false,
        progress: progress.clone(),
    };
    let habits = habits_for(app, &Sql::pasted(&pasted)).await;
    let surroundings = Surroundings {
        accounts: &app.context.accounts,
        watchlist: &app.context.watchlist,
        habits: &habits,
        now,
    };
    let nothing_listed = files.files.is_empty();
    let bar = progress::follow(&progress);
    let arriving =
        adhoc::run(&app.context.sessions, &Sql::pasted(&pasted), &files, &app.context.limits, &surroundings)
            .await
            .map_err(refused)?;
    // Before the answer, which is empty because of this.
    if nothing_listed {
        eprintln!("warning: no log file was read: check `--logs` and the window");
    }
    let stats = arriving.stats.clone();
    let result = answer::write(arriving, form, &mut std::io::stdout().lock()).await;
    drop(bar);
    if let Some(exit) = written(result)? {
        return Ok(exit);
    }
    let stats = stats.lock().expect("no thread panics in here");
    for problem in listing.problems.iter().chain(&stats.problems) {
        eprintln!("warning: {}: {}", shown(&problem.file), shown(&problem.reason));
    }
    if listing.passed_over > 0 {
        let (files, were) = if listing.passed_over == 1 { ("file", "was") } else { ("files", "were") };
        eprintln!(
            "note: {} {files} of other deliveries {were} not read, by the time in their names",
            listing.passed_over
        );
    }
    // What could not be listed or read may hold rows that are missing.
    let is_complete =
        listing.unlisted == 0 && !nothing_listed && (stats.files > 0 || stats.problems.is_empty());
    Ok(if is_complete { Exit::Done } else { Exit::Partial })
}

/// Turns a failure to write the result into an error; if the reader closed the pipe, the command ends without one.
fn written(result: Result<(), answer::WriteError>) -> Result<Option<Exit>, UserError> {
    match result {
        Ok(()) => Ok(None),
        Err(answer::WriteError::Failed(no_answer)) => Err(refused(AdHocError::Failed(no_answer))),
        Err(answer::WriteError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(Some(Exit::Done))
        }
        Err(answer::WriteError::Io(error)) => {
            Err(UserError::failed(anyhow::Error::new(error).context("cannot write the result")))
        }
    }
}

/// Untrusted text for a terminal, with control characters escaped.
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
