//! `trailbrief investigate`: all that one subject did and made possible, as a case.

mod folder;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use clap::{ArgGroup, Args, ValueEnum};

use super::{
    ConfigOption, Exit, LogsOption, Outcome, UserError, WindowOptions, load, now, output, progress, window,
};
use crate::{
    app::{App, TableUse, log_source},
    domain::{
        brief::Problem,
        case_file::SubjectError,
        delivery::{Deliveries, USUAL_DELAY},
        finding::Fingerprint,
        normal::event_time,
        story::StoryId,
        subject::{Subject, network},
        time::{Span, Timestamp, Window},
        untrusted::visible,
    },
    engine::{
        embedded::{
            raw::{self, FoundRecord},
            scan::Progress,
            source::{Source, walk::walk},
        },
        ledger::Started,
    },
    render::{self, TextStyle},
    run::{self, Investigation, Job, Logs},
    selection::select,
    text::nearest,
};

/// What the help of `investigate` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief investigate --actor ci-deploy --logs ./AWSLogs --last 24h
  trailbrief investigate --key AKIAIOSFODNN7EXAMPLE --logs ./AWSLogs --last 7d
  trailbrief investigate --ip 203.0.113.0/24 --logs ./AWSLogs --from 2026-03-10 --to 2026-03-11
  trailbrief investigate --event 3f2b… --around 2h --logs ./AWSLogs --out case/

Exit codes: 0, or 4 if something that was asked for was not read; 2 if nothing belongs to the subject.";

/// Where an event is looked for, if no window is given.
const LOOK_BACK: Span = Span::from_s(7 * 86_400);
/// How much is shown around an event, if no window is given.
const AROUND: Span = Span::from_s(12 * 3_600);

/// What makes a subject of a text.
type MakeSubject = fn(String) -> Subject;

/// Options of `investigate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("subject").required(true)
    .args(["actor", "person", "key", "session", "ip", "resource", "event", "story", "fingerprint"])))]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    logs: LogsOption,
    #[command(flatten)]
    window: WindowOptions,
    /// A principal: the ARN of a user, role or session, or its name
    #[arg(long, value_name = "ARN|NAME", help_heading = "Subject")]
    actor: Option<String>,
    /// A person: the name or id of a user of Identity Center, the name of a session, a user
    #[arg(long, value_name = "NAME", help_heading = "Subject")]
    person: Option<String>,
    /// An access key, long-lived (AKIA…) or of a session (ASIA…)
    #[arg(long, value_name = "KEY", help_heading = "Subject")]
    key: Option<String>,
    /// A session: its key, its ARN, or role/name
    #[arg(long, value_name = "SESSION", help_heading = "Subject")]
    session: Option<String>,
    /// The calls from an address or a network
    #[arg(long, value_name = "ADDRESS|CIDR", help_heading = "Subject")]
    ip: Option<String>,
    /// The calls that mention a resource by its ARN, name or id
    #[arg(long, value_name = "ARN|NAME", help_heading = "Subject")]
    resource: Option<String>,
    /// Whoever made the call with this event id
    #[arg(long, value_name = "ID", help_heading = "Subject")]
    event: Option<String>,
    /// The story with this id, as a brief names it
    #[arg(long, value_name = "ID", help_heading = "Subject")]
    story: Option<String>,
    /// Whoever a finding is about, by its fingerprint
    #[arg(long, value_name = "FINGERPRINT", help_heading = "Subject")]
    fingerprint: Option<String>,
    /// This long before and after the event of `--event`, or the time of `--at` [default with --event: 12h]
    #[arg(long, value_name = "LENGTH", help_heading = "Time window")]
    around: Option<Span>,
    /// The time that `--around` is around, in UTC
    #[arg(long, value_name = "TIME", requires = "around", conflicts_with_all = ["last", "from", "to", "event"], help_heading = "Time window")]
    at: Option<Timestamp>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = CaseFormat::Text, help_heading = "Output")]
    format: CaseFormat,
    /// Also write the case into this directory: `case.html`, text, JSON, CSV, the records, and a manifest with hashes
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Show no progress
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

/// The format of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CaseFormat {
    /// Plain text for a terminal
    Text,
    /// One JSON object with all of the case and its records
    Json,
    /// The calls, one row each
    Csv,
}

pub(super) async fn run(options: Options) -> Outcome {
    let subject = options.subject()?;
    let mut app = load::load(&options.config)?;
    let now = options.now.unwrap_or_else(now);
    if let Some(folder) = &options.out {
        output::make(folder)?;
    }
    let resolved = log_source::resolve(options.logs.logs.as_deref(), &app, TableUse::AsItIs).await?;
    app.learn_accounts(resolved.accounts);
    let logs = resolved.source.logs();
    let window = options.window(&app, logs, &subject, now).await?;
    let job = Job {
        notes: resolved.notes,
        failures: app.failures(),
        ..Job::on_demand(window, select(&app, &[], &[])?, logs, now)
    };
    let progress = Arc::new(Progress::default());
    let bar = (!options.quiet).then(|| progress::follow(&progress));
    let mut ledger = Started::default();
    let investigated = tokio::select! {
        biased;
        () = super::run::interrupt(logs) => None,
        investigated = run::investigate(&app.context, job, &subject, &progress, &mut ledger) => Some(investigated),
    };
    drop(bar);
    let Some(investigated) = investigated else { return Err(super::run::stopped(logs, &ledger.ids).await) };
    let investigation = investigated?.map_err(|error| none(&error, &subject, window))?;
    let commands = options.commands(&investigation, window);
    let missing = match &options.out {
        Some(folder) => folder::write(&app, logs, &investigation, (&commands, now), folder).await?,
        None => 0,
    };
    let Investigation { brief, case, events } = &investigation;
    let text = match options.format {
        CaseFormat::Text => render::case_text(case, brief, &commands, output::plain_style()),
        CaseFormat::Json => render::case_json(case, brief, events, &commands),
        CaseFormat::Csv => render::case_csv(case, events),
    };
    output::print(&text)?;
    let is_complete = brief.is_complete() && missing == 0 && !brief.run.is_blind(&brief.problems);
    Ok(if is_complete { Exit::Done } else { Exit::Partial })
}

/// The error for a subject that leads to no events or to several principals, with what to do.
fn none(error: &SubjectError, subject: &Subject, window: Window) -> UserError {
    let shown = visible(&subject.to_string());
    match error {
        SubjectError::Nothing(names) => {
            let error =
                anyhow::anyhow!("nothing from {} to {} matches {shown}", window.start(), window.end());
            let word = match subject {
                Subject::Actor(word) | Subject::Person(word) => Some(word),
                _ => None,
            };
            let near = word.and_then(|word| nearest(word, names.iter().map(String::as_str)));
            let near = near.map(|near| format!("did you mean `{}`? ", visible(near))).unwrap_or_default();
            UserError::usage(error).hint(format!("{near}try a longer window, such as `--last 30d`"))
        }
        SubjectError::Ambiguous(all) => {
            let several = all.len();
            let error = anyhow::anyhow!("{several} principals match {shown}");
            let list: Vec<String> = all
                .iter()
                .take(10)
                .map(|(pivot, calls)| {
                    let option = render::pivot_option(pivot).unwrap_or_else(|| visible(pivot.value.raw()));
                    format!("\n  {option}  ({calls} calls)")
                })
                .collect();
            UserError::usage(error).hint(format!("choose one of them:{}", list.concat()))
        }
    }
}

impl Options {
    /// Whom or what it is about.
    fn subject(&self) -> Result<Subject, UserError> {
        let text = |of: &Option<String>| of.as_deref().map(str::trim).map(str::to_owned);
        let bad = |what: &str, hint: &str| Err(UserError::usage(anyhow::anyhow!("{what}")).hint(hint));
        let plain: [(Option<String>, MakeSubject); 6] = [
            (text(&self.actor), Subject::Actor),
            (text(&self.person), Subject::Person),
            (text(&self.key), Subject::Key),
            (text(&self.session), Subject::Session),
            (text(&self.resource), Subject::Resource),
            (text(&self.event), Subject::Event),
        ];
        if self.around.is_some() && self.at.is_none() && self.event.is_none() {
            return bad(
                "`--around` needs a time to be around",
                "add `--at TIME`, or ask for an event with `--event ID`",
            );
        }
        for (given, subject) in plain {
            match given {
                Some(empty) if empty.is_empty() => {
                    return bad("the subject is empty", "give a name, a key or an id");
                }
                Some(text) => return Ok(subject(text)),
                None => {}
            }
        }
        if let Some(text) = &self.ip {
            return match network(text.trim()) {
                Some(net) => Ok(Subject::Address(net)),
                None => bad(
                    &format!("`{}` is not an address", visible(text)),
                    "give an address such as 203.0.113.7, or a network such as 203.0.113.0/24",
                ),
            };
        }
        if let Some(text) = &self.story {
            return match StoryId::from_stored(text.trim()) {
                Some(id) => Ok(Subject::Story(id)),
                None => bad(
                    &format!("`{}` is not the id of a story", visible(text)),
                    "it has 16 hexadecimal digits; the JSON of a brief names it",
                ),
            };
        }
        let text = self.fingerprint.as_deref().unwrap_or_default();
        match Fingerprint::from_stored(text.trim()) {
            Some(fingerprint) => Ok(Subject::Finding(fingerprint)),
            None => bad(
                &format!("`{}` is not a fingerprint", visible(text)),
                "it has 32 hexadecimal digits; a brief names it",
            ),
        }
    }

    /// The window: as given, else around the event or the time.
    async fn window(
        &self,
        app: &App,
        logs: Logs<'_>,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<Window, UserError> {
        let given = window::chosen(self.window, now)?;
        let around = |at: Timestamp, span: Span| {
            Window::new(at.minus(span), at.plus(span).plus(Span::from_s(1))).map_err(UserError::usage)
        };
        if let (Some(at), Some(span)) = (self.at, self.around) {
            return around(at, span);
        }
        let Subject::Event(id) = subject else {
            return given.ok_or_else(|| {
                UserError::usage(anyhow::anyhow!("the window of the investigation is missing"))
                    .hint("add `--last 24h`, or `--from` and `--to`, or `--at TIME --around 2h`")
            });
        };
        if let (Some(window), None) = (given, self.around) {
            return Ok(window);
        }
        match logs {
            Logs::Files(source) => {
                let searched = match given {
                    Some(window) => window,
                    None => Window::new(now.minus(LOOK_BACK), now).map_err(UserError::usage)?,
                };
                let ids = HashSet::from([id.clone()]);
                let (found, _) = find(app, source, searched, ids, self.quiet).await?;
                match found.iter().find_map(time_of) {
                    Some(at) => around(at, self.around.unwrap_or(AROUND)),
                    None => Err(none(&SubjectError::Nothing(Vec::new()), subject, searched)),
                }
            }
            #[cfg(feature = "aws")]
            Logs::Athena(_) => Err(UserError::usage(anyhow::anyhow!("the time of the event is not known"))
                .hint("add `--from` and `--to` around it: on Athena every day that is searched costs")),
        }
    }

    /// The pivots as commands to paste, over the same logs and window.
    fn commands(&self, investigation: &Investigation, window: Window) -> Vec<String> {
        let mut rest = String::new();
        if let Some(config) = &self.config.config {
            rest += &format!(" --config {}", word(&config.display().to_string()));
        }
        if let Some(logs) = &self.logs.logs {
            rest += &format!(" --logs {}", word(logs));
        }
        rest += &format!(" --from {} --to {}", window.start(), window.end());
        let pivots = investigation.case.pivots.iter();
        pivots
            .filter_map(render::pivot_option)
            .map(|option| format!("trailbrief investigate {option}{rest}"))
            .collect()
    }
}

/// A word of a shell.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@=+,".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// When the event of a record happened.
pub(super) fn time_of(record: &FoundRecord) -> Option<Timestamp> {
    let value: serde_json::Value = serde_json::from_str(&record.json).ok()?;
    event_time(value.get("eventTime")?.as_str()?)
}

/// The records with these ids in the log files of a window.
pub(super) async fn find(
    app: &App,
    source: &Source,
    window: Window,
    ids: HashSet<String>,
    is_quiet: bool,
) -> Result<(Vec<FoundRecord>, Vec<Problem>), UserError> {
    let (limits, source) = (app.context.limits, source.clone());
    let progress = Arc::new(Progress::default());
    let bar = (!is_quiet).then(|| progress::follow(&progress));
    let found = tokio::task::spawn_blocking(move || {
        let mut listing = walk(&source, Some(Deliveries::of(window, USUAL_DELAY)))?;
        let read = (limits.threads, limits.reader);
        let (found, mut problems) = raw::find(&source, &listing.files, &ids, read, &progress);
        problems.append(&mut listing.problems);
        Ok::<_, crate::engine::embedded::source::SourceError>((found, problems))
    })
    .await
    .map_err(UserError::failed)??;
    drop(bar);
    Ok(found)
}

/// How a text is laid out in a file.
const fn in_file() -> TextStyle {
    TextStyle { width: 100, color: false }
}
