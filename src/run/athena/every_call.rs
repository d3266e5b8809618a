//! What Athena says of everybody's habits: once a day one statement groups every call of the day before, also those that no
//! detection and no story selects.
//!
//! It never fails a run, and each day is asked once, whatever comes of it: what could not be learned is a note of the brief, with
//! the command that learns it from the log files.

use std::time::Instant;

use super::{
    super::{Job, RunContext, RunError},
    own_statement_inputs,
};
use crate::{
    domain::{
        detection::{DetectionId, Need},
        habits::{Call, Days, Habits, MOST, day_of},
        rows::Value,
        time::{Span, Timestamp, Window},
        trace::TraceQuery,
    },
    engine::{
        Answer,
        athena::{
            Athena, ExecuteError, Invocation, Ledger, PackResult,
            estimate::{Estimate, Sample},
            own_statement::OwnStatementInputs,
            route::Routes,
        },
        embedded::pack::Pack,
    },
    plan::{Occasion, Question, Sql, window::Cadence},
    story,
};

/// The most days that one statement reads: more are forgotten by then, or `trailbrief baseline build` learns them.
const MOST_DAYS: Span = Span::from_s(7 * 86_400);

/// What the statement selects, and how it groups that: what was called by whom, and from where people and keys called. Sessions
/// of a role are one, and the addresses of machines are left out, so that there are few rows.
const STATEMENT: &str = include_str!("every_call.sql");
/// Where the statement lists the calls whose names are kept though they only read.
const NAMED: &str = "'{named}'";

/// The time of delivery that is to be read at a run's time; `None` if it was read already.
fn due(habits: &Habits, at: Timestamp, cadence: Cadence) -> Option<Window> {
    let end = at.minus(cadence.settle).floor(Span::DAY);
    let start = habits.read_until.unwrap_or(end.minus(Span::DAY)).max(end.minus(MOST_DAYS));
    Window::new(start, end).ok()
}

/// The statement as a question over what was delivered in a time.
fn question(delivered: Window, cadence: Cadence, query: &TraceQuery) -> Question {
    let calls = query.calls.iter().flat_map(|(source, names)| names.iter().map(move |name| (source, name)));
    let named: Vec<String> = calls.map(|(source, name)| format!("'{source} {name}'")).collect();
    let named = if named.is_empty() { "''".to_owned() } else { named.join(", ") };
    let oldest = delivered.end().minus(cadence.max_age);
    Question {
        detection: "baseline.habits".parse::<DetectionId>().expect("it is an id"),
        sql: Sql::ad_hoc(STATEMENT.replace(NAMED, &named)),
        window: delivered.starting_by(oldest),
        delivered_from: Some(delivered.start().minus(cadence.lateness)),
        returned: None,
        late: None,
        delay: Span::ZERO,
        align: Span::ZERO,
        lookback: Span::ZERO,
        own_scan: true,
    }
}

/// The routes of the statement that a run has to ask, and until when it reads; `None` if it has none to ask: nobody needs habits, or
/// these days were read.
///
/// # Errors
///
/// If the statement cannot be planned.
pub async fn planned(
    context: &RunContext,
    athena: &Athena,
    job: &Job<'_>,
) -> Result<Option<(Routes, Window)>, RunError> {
    let Occasion::Scheduled { at, cadence, .. } = job.occasion else { return Ok(None) };
    let is_needed = job.detections.iter().any(|detection| detection.needs.contains(&Need::Habits));
    let Some(delivered) = due(&job.habits, at, cadence).filter(|_| is_needed && context.daily_statement)
    else {
        return Ok(None);
    };
    let question = question(delivered, cadence, story::query());
    let pack =
        Pack::plan(&context.sessions, std::slice::from_ref(&question), &job.surroundings(context)).await?;
    // One above the limit shows that there are more.
    let inputs = OwnStatementInputs { rows: MOST, ..own_statement_inputs(context, job) };
    Ok(Some((athena.parts_of(&question, &pack, &inputs), delivered)))
}

/// Adds what every call shows to what the run has learned, and what it took to what was executed. Gives a note if nothing was
/// learned: a statement that fails may have scanned a day, so the next run does not ask again.
pub(super) async fn learn<L: Ledger>(
    (context, athena, job): (&RunContext, &Athena, &Job<'_>),
    sample: Option<Sample>,
    invocation: &mut Invocation<'_, L>,
    executed: &mut PackResult,
    learned: &mut Habits,
) -> Result<Option<String>, RunError> {
    let Some((routes, delivered)) = planned(context, athena, job).await? else { return Ok(None) };
    learned.read_until = Some(delivered.end());
    let not_learned = |why: &str| {
        Some(format!(
            "the baseline did not learn from every call of {delivered}: {why}; `trailbrief baseline build --from {} --to {}` learns \
             from the log files",
            delivered.start(),
            delivered.end()
        ))
    };
    if athena.is_limited() && !athena.has_begun(invocation, &routes) {
        let Some(sample) = sample else { return Ok(not_learned("what that would cost is not known")) };
        let estimate = athena.estimate(routes.statements(), sample);
        let whole = Estimate { bytes: estimate.bytes + executed.scanned_bytes(), ..estimate };
        if let Err(over) = whole.within(athena, job.spent_bytes) {
            return Ok(not_learned(&over.to_string()));
        }
    }
    // The brief comes first: half of the time that is left is for it.
    let half = |deadline: Instant| {
        let now = Instant::now();
        now + deadline.saturating_duration_since(now) / 2
    };
    let Invocation { run, deadline, ref mut ledger } = *invocation;
    let mut shorter = Invocation { run, deadline: deadline.map(half), ledger: &mut **ledger };
    let mut found = match athena.execute(&mut shorter, &routes, MOST).await {
        Ok(found) => found,
        Err(ExecuteError::Ledger(error)) => return Err(error.into()),
        Err(ExecuteError::Refused(error)) => return Ok(not_learned(&error.to_string())),
        Err(ExecuteError::Unfinished(_)) => return Ok(not_learned("the statement did not end in time")),
    };
    executed.took(&mut found);
    match found.answers.remove(&0) {
        Some(Answer::Rows { rows, truncated, .. }) => {
            let columns: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
            for row in &rows.rows {
                note(learned, &columns, row);
            }
            learned.left_out += u64::from(truncated);
            Ok(None)
        }
        Some(Answer::Unanswered(no_answer)) => Ok(not_learned(&no_answer.reason)),
        None => Ok(not_learned("the statement gave no answer")),
    }
}

/// Adds the habits that a row shows.
fn note(learned: &mut Habits, columns: &[&str], row: &[Value]) {
    let texts: Vec<Option<String>> = row.iter().map(Value::text).collect();
    let text = |name: &str| {
        let at = columns.iter().position(|column| *column == name)?;
        texts.get(at)?.as_deref().filter(|text| !text.is_empty())
    };
    let Some(day) = text("day").and_then(|day| day.parse::<Timestamp>().ok()).map(day_of) else { return };
    let name = text("name");
    let call = Call {
        kind: text("kind"),
        arn: text("arn"),
        user_name: text("user_name"),
        principal: text("principal_id"),
        account: text("identity_account"),
        access_key: text("access_key"),
        invoked_by: None,
        issuer_arn: text("issuer_arn"),
        recipient: text("recipient"),
        source: text("source"),
        name,
        region: text("region"),
        address: text("network"),
        agent: text("agent"),
        is_named: name.is_some(),
    };
    call.habits().into_iter().for_each(|habit| learned.note(habit, Days::on(day)));
}
