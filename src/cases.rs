//! Runs the cases of detections and views on the embedded engine, as a run would: raw records, one pass, the detection's own
//! SQL, or every column of the view.
//!
//! Nothing here reads a log source or remembers anything.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    domain::{
        account::{Account, Accounts},
        delivery::USUAL_DELAY,
        detection::{Detection, ParamValue},
        finding::SEVERITY,
        habits::Habits,
        rows::Rows,
        severity::Severity,
        time::{Span, Window},
        view::View,
    },
    engine::{
        Answer,
        embedded::{
            EngineError,
            pack::{Pack, PackError, PackLimits, Surroundings},
            scan::Progress,
            session::Sessions,
            source::{Memory, Source, SourceError, walk::walk},
        },
    },
    library::{BindError, Case, case_window},
    plan::{Question, Sql, window::Due},
};

/// The result of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseResult {
    /// The detection returned what the case says.
    Passed,
    /// It did not, with the reason.
    Failed(String),
}

/// Why a case cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseFailure {
    /// The engine could not be set up.
    #[error("cannot set up the embedded engine")]
    Engine(#[from] EngineError),
    /// The case's records cannot be listed.
    #[error(transparent)]
    Source(SourceError),
    /// The pass over the case's records failed.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// What cases are about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// What a detection finds.
    Detection(&'a Detection),
    /// The rows of a view.
    View(&'a View),
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detection(detection) => write!(f, "{}", detection.id),
            Self::View(view) => write!(f, "view {}", view.name),
        }
    }
}

impl Subject<'_> {
    fn question(self, values: &BTreeMap<String, ParamValue>) -> Result<Question, BindError> {
        let view = match self {
            Self::Detection(detection) => return question(detection, values),
            Self::View(view) => view,
        };
        let (window, id) = (case_window(), format!("view.{}", view.name.replace('_', "-")));
        Ok(Question {
            detection: id.parse().unwrap_or_else(|_| "view.unnamed".parse().expect("this is an id")),
            sql: Sql::reading(&view.name),
            window,
            delivered_from: None,
            returned: None,
            late: None,
            delay: USUAL_DELAY,
            align: Span::ZERO,
            lookback: window.span(),
            own_scan: false,
        })
    }
}

/// Runs cases of one detection or view, and plans it once for all that agree in parameters and relations.
#[derive(Debug)]
pub struct Runner<'a> {
    sessions: &'a Sessions,
    limits: &'a PackLimits,
    subject: Subject<'a>,
    planned: Vec<Planned>,
}

/// A detection that is planned with some parameters, over some relations.
#[derive(Debug)]
struct Planned {
    params: BTreeMap<String, ParamValue>,
    accounts: Vec<Account>,
    watchlist: BTreeMap<String, Vec<String>>,
    habits: Habits,
    pack: Pack,
}

impl Planned {
    fn suits(&self, case: &Case) -> bool {
        self.params == case.params
            && self.accounts == case.accounts
            && self.watchlist == case.watchlist
            && self.habits == case.habits
    }
}

impl<'a> Runner<'a> {
    /// Plans and runs nothing yet.
    #[must_use]
    pub fn new(sessions: &'a Sessions, limits: &'a PackLimits, subject: Subject<'a>) -> Self {
        Self { sessions, limits, subject, planned: Vec::new() }
    }

    /// Runs one case.
    ///
    /// # Errors
    ///
    /// If the engine fails as a whole. A detection that gives no answer is a failed case.
    pub async fn run(&mut self, case: &Case) -> Result<CaseResult, CaseFailure> {
        let records = match case.records() {
            Ok(records) => records,
            Err(error) => return Ok(CaseResult::Failed(error.to_string())),
        };
        let lines: Vec<String> =
            records.history.iter().chain(&records.events).map(serde_json::Value::to_string).collect();
        let source =
            Source::Memory(Memory::from_iter([("case.ndjson".to_owned(), lines.join("\n").into_bytes())]));
        let at = match self.planned.iter().position(|planned| planned.suits(case)) {
            Some(at) => at,
            None => match self.subject.question(&case.params) {
                Ok(question) => self.plan(question, case).await?,
                Err(error) => return Ok(CaseResult::Failed(error.to_string())),
            },
        };
        let files = walk(&source, None).map_err(CaseFailure::Source)?.files;
        let pack = &mut self.planned[at].pack;
        let (answers, stats) =
            pack.answer(&source, files, self.limits, &Arc::new(Progress::default())).await?;
        if let Some(problem) = stats.problems.first() {
            return Ok(CaseResult::Failed(format!("the case's records cannot be read: {}", problem.reason)));
        }
        Ok(match answers.into_iter().next() {
            Some(Answer::Rows { rows, undecidable, .. }) => match undecidable.first() {
                Some(event) => CaseResult::Failed(format!("an event cannot be judged: {}", event.reason)),
                None => judge(case, &rows),
            },
            Some(Answer::Unanswered(no_answer)) => CaseResult::Failed(no_answer.reason),
            None => CaseResult::Failed("the engine gave no answer".to_owned()),
        })
    }

    /// Plans the detection as a case asks for it; returns the place of the plan.
    async fn plan(&mut self, question: Question, case: &Case) -> Result<usize, CaseFailure> {
        let (accounts, now): (Accounts, _) = (case.accounts.iter().cloned().collect(), case_window().end());
        let watchlist: Vec<(String, String)> = case
            .watchlist
            .iter()
            .flat_map(|(list, values)| values.iter().map(move |value| (list.clone(), value.clone())))
            .collect();
        let surroundings =
            Surroundings { accounts: &accounts, watchlist: &watchlist, habits: &case.habits, now };
        let pack = Pack::plan(self.sessions, &[question], &surroundings).await?;
        let (params, accounts) = (case.params.clone(), case.accounts.clone());
        let (watchlist, habits) = (case.watchlist.clone(), case.habits.clone());
        self.planned.push(Planned { params, accounts, watchlist, habits, pack });
        Ok(self.planned.len() - 1)
    }
}

/// The question of a case: its detection over the case's window, with these parameters instead of the defaults.
///
/// # Errors
///
/// If the statement uses a parameter that the detection does not declare.
pub fn question(detection: &Detection, values: &BTreeMap<String, ParamValue>) -> Result<Question, BindError> {
    let window = Due::on_demand(case_window(), detection.align).window;
    Ok(Question {
        detection: detection.id.clone(),
        sql: Sql::of_detection(detection, values)?,
        window,
        delivered_from: None,
        returned: None,
        late: None,
        delay: USUAL_DELAY,
        align: detection.align,
        lookback: history(detection, window),
        own_scan: detection.own_scan,
    })
}

/// The history of a case covers everything before its window, whatever the detection's look-back.
fn history(detection: &Detection, window: Window) -> Span {
    if detection.lookback == Span::ZERO { Span::ZERO } else { detection.lookback.max(window.span()) }
}

fn judge(case: &Case, rows: &Rows) -> CaseResult {
    let found = rows.rows.len() as u64;
    if found != case.finds {
        return CaseResult::Failed(format!(
            "finds {found} instead of {}{}",
            case.finds,
            first_rows(case, rows)
        ));
    }
    if let Some(bad) = severities(rows).find_map(|text| text.parse::<Severity>().err()) {
        return CaseResult::Failed(format!("the column `{SEVERITY}`: {bad}"));
    }
    for expected in &case.rows {
        let meets = |row: &&Vec<crate::domain::rows::Value>| {
            expected.iter().all(|(name, value)| {
                let at = rows.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
                let text = match value {
                    serde_json::Value::Null => None,
                    // TOML has no null.
                    serde_json::Value::Object(fields) if fields.is_empty() => None,
                    serde_json::Value::String(text) => Some(text.clone()),
                    other => Some(other.to_string()),
                };
                at.is_some_and(|at| row[at].text() == text)
            })
        };
        if !rows.rows.iter().any(|row| meets(&row)) {
            let wanted = serde_json::to_string(expected).unwrap_or_default();
            return CaseResult::Failed(format!("no row has {wanted}{}", first_rows(case, rows)));
        }
    }
    CaseResult::Passed
}

/// The severities that rows give themselves.
fn severities(rows: &Rows) -> impl Iterator<Item = String> {
    let at = rows.columns.iter().position(|column| column.eq_ignore_ascii_case(SEVERITY));
    rows.rows.iter().filter_map(move |row| row[at?].text())
}

/// Columns of a row that are shown even if the case does not name them.
const MOST_SHOWN: usize = 30;

/// The first rows, to show why a case failed.
fn first_rows(case: &Case, rows: &Rows) -> String {
    let is_named = |name: &str| case.rows.iter().any(|row| row.contains_key(name));
    let is_shown = |name: &str| rows.columns.len() <= MOST_SHOWN || is_named(name);
    rows.rows
        .iter()
        .take(3)
        .map(|row| {
            let cells: Vec<String> = rows
                .columns
                .iter()
                .zip(row)
                .filter(|(name, _)| is_shown(name))
                .map(|(name, value)| format!("{name}={}", value.text().unwrap_or_else(|| "NULL".to_owned())))
                .collect();
            format!("\n      row: {}", cells.join(", "))
        })
        .collect()
}
