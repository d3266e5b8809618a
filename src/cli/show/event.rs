//! `trailbrief show EVENT_ID`: one event with its record, the detections that it triggers, and why others do not find it.

use std::{collections::HashSet, fmt::Write as _};

use super::Options;
use crate::{
    app::{App, log_source::open_files},
    cli::{
        Exit, Outcome, UserError,
        investigate::{find, time_of, word},
        now, output,
        run::brief_of,
        window,
    },
    domain::{
        finding::Finding,
        time::{Span, Timestamp, Window},
        untrusted::visible,
    },
    engine::embedded::{
        raw::FoundRecord,
        source::Source,
        why::{self, AskedCondition, EventReading},
    },
    plan::Question,
    run::{self, Job, Logs},
    selection::select,
};

/// Where an event is looked for, if no window is given.
const LOOK_BACK: Span = Span::from_s(7 * 86_400);
/// The longest value of a field that is shown, in characters.
const LONGEST: usize = 120;

/// Whether a text is the id of an event: a UUID.
pub(super) fn is_event_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) async fn run(app: &App, options: &Options) -> Outcome {
    let id = options.id.trim();
    let Some(logs) = &options.logs.logs else {
        return Err(UserError::usage(anyhow::anyhow!("`show` finds events in log files only"))
            .hint(format!(
                "add `--logs PATH`; on Athena: trailbrief query --last 7d \"SELECT * FROM events WHERE eventid = '{id}'\""
            )));
    };
    let source = open_files(logs)?;
    let now = options.now.unwrap_or_else(now);
    let given = window::chosen(options.window, now)?;
    let searched = match given {
        Some(window) => window,
        None => Window::new(now.minus(LOOK_BACK), now).map_err(UserError::usage)?,
    };
    let (found, problems) = find(app, &source, searched, HashSet::from([id.to_owned()]), true).await?;
    let Some(record) = found.first() else {
        let error =
            anyhow::anyhow!("no event {id} in log files from {} to {}", searched.start(), searched.end());
        let unread = match problems.len() {
            0 => String::new(),
            1 => "one file could not be read in full; ".to_owned(),
            many => format!("{many} files could not be read in full; "),
        };
        return Err(
            UserError::usage(error).hint(format!("{unread}try a longer window, such as `--last 30d`"))
        );
    };
    let mut text = of_record(id, &found);
    let day = time_of(record).map(day_of).transpose()?;
    let is_complete = match day {
        Some(day) => detections(app, options, (&source, logs), record, (day, now), &mut text).await?,
        None => {
            text += "\nThe record has no readable time, so no detection sees it.\n";
            true
        }
    };
    output::print(&text)?;
    Ok(if is_complete { Exit::Done } else { Exit::Partial })
}

/// The day of an event: detections that count do so by whole days.
fn day_of(at: Timestamp) -> Result<Window, UserError> {
    Window::new(at.day().start(), at.day().next().start()).map_err(UserError::usage)
}

/// The record, pretty, and its files.
fn of_record(id: &str, found: &[FoundRecord]) -> String {
    let mut text = format!("event {id}\n");
    for record in found {
        let _ = writeln!(text, "file  {}", visible(&record.file));
    }
    let mut distinct: Vec<&str> = found.iter().map(|record| record.json.as_str()).collect();
    distinct.dedup();
    for json in distinct {
        let pretty = serde_json::from_str::<serde_json::Value>(json)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or_else(|_| json.to_owned());
        let lines: Vec<String> = pretty.lines().map(visible).collect();
        let _ = write!(text, "\n{}\n", lines.join("\n"));
    }
    text
}

/// Adds which detections the event triggers, and why the others that name its call do not find it; false if some gave no answer.
async fn detections(
    app: &App,
    options: &Options,
    (source, logs): (&Source, &str),
    record: &FoundRecord,
    (day, now): (Window, Timestamp),
    text: &mut String,
) -> Result<bool, UserError> {
    let selected = select(app, &options.query, &[])?;
    let job = || Job::on_demand(day, selected.clone(), Logs::Files(source), now);
    let run::Outcome { brief, .. } = brief_of(app, job(), true).await?;
    let is_it = |finding: &&Finding| {
        finding.event_id.iter().chain(&finding.event_ids).any(|id| id.raw() == record.id)
    };
    let of: Vec<&Finding> = brief.findings.iter().filter(is_it).collect();
    let _ = writeln!(text, "\nTriggers ({} detections over {}):", selected.len(), day.start().day());
    for finding in &of {
        let _ = writeln!(
            text,
            "  {:<9} {}  {}",
            finding.severity,
            finding.detection,
            visible(finding.says.raw())
        );
        for replaced in &finding.replaces {
            let _ = writeln!(text, "            in place of {replaced}");
        }
    }
    for (finding, _) in brief.suppressed.iter().filter(|(finding, _)| is_it(&finding)) {
        let _ = writeln!(text, "  held back {}  by a suppression", finding.detection);
    }
    if of.is_empty() {
        let _ = writeln!(text, "  nothing");
    }
    let hit: HashSet<String> = of
        .iter()
        .flat_map(|finding| finding.replaces.iter().chain([&finding.detection]))
        .chain(
            brief
                .suppressed
                .iter()
                .filter(|(finding, _)| is_it(&finding))
                .map(|(finding, _)| &finding.detection),
        )
        .map(ToString::to_string)
        .collect();
    others(app, options, (&job(), record), &hit, text).await?;
    let config = options.config.config.as_ref();
    let config =
        config.map(|file| format!(" --config {}", word(&file.display().to_string()))).unwrap_or_default();
    let _ = writeln!(
        text,
        "\nWho stands behind it, and what else was done:\n  $ trailbrief investigate --event {}{config} --logs {} --from {} \
         --to {}",
        record.id,
        word(logs),
        day.start(),
        day.end()
    );
    for failure in &brief.failures {
        let _ = writeln!(text, "  {} gave no answer: {}", failure.detection, visible(&failure.reason));
    }
    Ok(brief.failures.is_empty())
}

/// Adds why the detections that name the event's call, or were asked for, do not find it, but for those that did.
async fn others(
    app: &App,
    options: &Options,
    (job, record): (&Job<'_>, &FoundRecord),
    hit: &HashSet<String>,
    text: &mut String,
) -> Result<(), UserError> {
    let (plan, pack) = run::prepare(&app.context, job).await?;
    let name = serde_json::from_str::<serde_json::Value>(&record.json).ok();
    let name = name.as_ref().and_then(|record| record.get("eventName")?.as_str()).unwrap_or_default();
    let names_it = |needs: &crate::engine::embedded::needs::Needs| {
        let named = needs
            .conditions
            .iter()
            .filter_map(crate::engine::embedded::scan::condition::Condition::event_names);
        named.flatten().any(|known| known == name || name.starts_with(&format!("{known}2")))
    };
    let asked: Vec<&Question> = plan
        .questions
        .iter()
        .zip(pack.needs())
        .filter(|(question, needs)| {
            let is_asked = !options.query.is_empty() || needs.is_some_and(names_it);
            is_asked && !hit.contains(question.detection.as_str())
        })
        .map(|(question, _)| question)
        .collect();
    let _ = writeln!(text, "\nDoes not trigger, of the detections that name {}:", visible(name));
    if asked.is_empty() {
        let _ = writeln!(text, "  none: every detection that names it finds it, or none names it");
    }
    let context = &app.context;
    let around = job.surroundings(context);
    let event = why::seen(&context.sessions, &record.json, &context.limits, &around).await;
    for question in asked {
        let reason = match &event {
            Ok(event) => match why::places(&context.sessions, &question.sql, event, &around).await {
                Ok(places) => in_words(&places),
                Err(no_answer) => vec![format!("it cannot be asked: {}", no_answer.reason)],
            },
            Err(no_answer) => vec![format!("the record cannot be asked: {}", no_answer.reason)],
        };
        let _ = writeln!(text, "  {}", question.detection);
        for line in reason {
            let _ = writeln!(text, "      {}", visible(&line));
        }
    }
    Ok(())
}

/// Why none of these places takes the event: the conditions that fail in the place where the fewest do.
fn in_words(places: &[EventReading]) -> Vec<String> {
    let failing = |place: &EventReading| -> Vec<AskedCondition> {
        place.conditions.iter().filter(|it| it.holds != Some(true)).cloned().collect()
    };
    let nearest = places.iter().filter(|place| !place.is_history).map(failing).min_by_key(Vec::len);
    match nearest {
        None => vec!["it reads no event of the window".to_owned()],
        Some(failing) if failing.is_empty() => vec![
            "its conditions on this event hold: it also counts, joins or compares, looks inside of documents, or reads a \
             watch-list; see `trailbrief show` with its id"
                .to_owned(),
        ],
        Some(failing) => failing.iter().map(of_condition).collect(),
    }
}

fn of_condition(condition: &AskedCondition) -> String {
    let values: Vec<String> = condition
        .values
        .iter()
        .map(|(field, value)| match value {
            Some(value) => format!("{field} is {}", shortened(value)),
            None => format!("{field} is NULL"),
        })
        .collect();
    let is_null = if condition.holds.is_none() { "is NULL" } else { "fails" };
    format!("{is_null}: {}   ({})", shortened(&condition.text), values.join(", "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}\u{2026}", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_are_ids_of_events() {
        for (text, expected) in [
            ("3f2b0c1d-0000-4000-8000-000000000001", true),
            ("iam.root-console-login", false),
            ("calls", false),
            ("3f2b0c1d-0000-4000-8000-00000000000g", false),
        ] {
            assert_eq!(is_event_id(text), expected, "{text}");
        }
    }
}
