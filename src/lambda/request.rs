//! What an event asks for: a schedule's turn, or a run on demand. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    config::Schedule,
    domain::time::{Span, Timestamp, Window},
    user_error::UserError,
};

/// The schedule that an event means which names none.
const DEFAULT_SCHEDULE: &str = "hourly";

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A schedule's turn.
    Turn(Scheduled),
    /// Detections over a window.
    OnDemand(OnDemand),
}

/// A schedule's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scheduled {
    pub(super) schedule: String,
    pub(super) at: Timestamp,
    /// What a reader must know of how the time was found.
    pub(super) note: Option<String>,
    /// How often in a row the function asked itself to go on.
    pub(super) resumes: u64,
}

/// Detections over a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OnDemand {
    pub(super) window: Window,
    /// Ids or patterns.
    pub(super) query: Vec<String>,
    pub(super) pack: Vec<String>,
    pub(super) notify: Notify,
    pub(super) dry_run: bool,
}

/// Where a brief on demand goes, besides the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notify {
    Nobody,
    Everybody,
    /// Channels by name.
    Channels(Vec<String>),
}

const FORMS: &str = "send {\"schedule\": \"hourly\", \"scheduled_time\": \"<aws.scheduler.scheduled-time>\"}, or \
                     {\"last\": \"24h\", \"query\": [\"iam.*\"], \"notify\": false}";

fn mistake(message: String) -> UserError {
    UserError::usage(format!("the event cannot be understood: {message}")).hint(FORMS)
}

/// Reads an event. `fallback` is the schedule of events that name none.
pub(super) fn read(
    event: &Value,
    schedules: &BTreeMap<String, Schedule>,
    fallback: Option<&str>,
    now: Timestamp,
) -> Result<Request, UserError> {
    let none = Map::new();
    let fields = match event {
        Value::Null => &none,
        Value::Object(fields) => fields,
        _ => return Err(mistake("it is no JSON object".to_owned())),
    };
    let has = |name: &str| fields.contains_key(name);
    if has("detail-type") && has("source") {
        return of_rule(fields, schedules, fallback, now);
    }
    let on_demand = ["last", "from", "to", "query", "pack", "notify", "dry_run"];
    if on_demand.iter().any(|name| has(name)) {
        only(fields, &on_demand)?;
        return Ok(Request::OnDemand(of_demand(fields, now)?));
    }
    only(fields, &["schedule", "scheduled_time", "resumes"])?;
    let schedule = text(fields, "schedule")?.or(fallback).unwrap_or(DEFAULT_SCHEDULE).to_owned();
    let every = schedules.get(&schedule).map_or(Span::HOUR, |schedule| schedule.every.value);
    let (at, note) = match text(fields, "scheduled_time")? {
        None => (now.floor(every), None),
        // Only EventBridge Scheduler puts the time in its place; a rule or an emulator sends the words.
        Some(words) if words.starts_with('<') => {
            let note = format!(
                "the event carried `{words}` in place of its time: the last full period was taken; only EventBridge \
                 Scheduler fills it in"
            );
            (now.floor(every), Some(note))
        }
        Some(time) => (at(time, "scheduled_time")?, None),
    };
    let at = passed(at, now)?;
    let resumes = match fields.get("resumes") {
        None => 0,
        Some(count) => count.as_u64().ok_or_else(|| mistake("`resumes` is a number".to_owned()))?,
    };
    Ok(Request::Turn(Scheduled { schedule, at, note, resumes }))
}

/// A plain event of an EventBridge rule: its time is the scheduled time, its rule's name ends with the schedule's.
fn of_rule(
    fields: &Map<String, Value>,
    schedules: &BTreeMap<String, Schedule>,
    fallback: Option<&str>,
    now: Timestamp,
) -> Result<Request, UserError> {
    let time = text(fields, "time")?.ok_or_else(|| mistake("it has no `time`".to_owned()))?;
    let resources = fields.get("resources").and_then(Value::as_array);
    let names = resources.into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<&str> = names.map(|arn| arn.rsplit('/').next().unwrap_or(arn)).collect();
    let means = |schedule: &&String| {
        names.iter().any(|name| {
            name.strip_suffix(schedule.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_', '.']))
        })
    };
    let named = schedules.keys().filter(means).max_by_key(|schedule| schedule.len()).map(String::as_str);
    let schedule = named.or(fallback).ok_or_else(|| {
        UserError::usage(format!("the rule `{}` does not say which schedule it is for", names.join("`, `")))
            .hint("let its name end with the schedule's (`trailbrief-hourly`), set TRAILBRIEF_SCHEDULE, or give it the constant input {\"schedule\": \"hourly\"}")
    })?;
    let at = passed(at(time, "time")?, now)?;
    Ok(Request::Turn(Scheduled { schedule: schedule.to_owned(), at, note: None, resumes: 0 }))
}

fn of_demand(fields: &Map<String, Value>, now: Timestamp) -> Result<OnDemand, UserError> {
    let (last, from, to) = (text(fields, "last")?, text(fields, "from")?, text(fields, "to")?);
    let window = match (last, from, to) {
        (Some(last), None, None) => {
            let span: Span =
                last.parse().map_err(|_| mistake(format!("`last` is a span such as `24h`, not `{last}`")))?;
            Window::new(now.minus(span), now)
        }
        (None, Some(from), Some(to)) => Window::new(at(from, "from")?, at(to, "to")?),
        _ => return Err(mistake("a window is either `last`, or `from` and `to`".to_owned())),
    };
    let window = window.map_err(|error| mistake(error.to_string()))?;
    let flag = |name: &str| match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(mistake(format!("`{name}` is true or false"))),
    };
    let notify = match fields.get("notify") {
        Some(Value::Array(_)) => Notify::Channels(texts(fields, "notify")?),
        _ if flag("notify")? => Notify::Everybody,
        _ => Notify::Nobody,
    };
    let (query, pack) = (texts(fields, "query")?, texts(fields, "pack")?);
    Ok(OnDemand { window, query, pack, notify, dry_run: flag("dry_run")? })
}

fn only(fields: &Map<String, Value>, known: &[&str]) -> Result<(), UserError> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(other) => Err(mistake(format!("`{other}` is not one of {}", known.join(", ")))),
        None => Ok(()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, UserError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(mistake(format!("`{name}` is a text"))),
    }
}

/// A list of texts, or one text.
fn texts(fields: &Map<String, Value>, name: &str) -> Result<Vec<String>, UserError> {
    let bad = || mistake(format!("`{name}` is a list of texts"));
    match fields.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(list)) => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(bad)).collect()
        }
        Some(_) => Err(bad()),
    }
}

/// A scheduled time that has come: the turn of one that has not would keep what happens until then from being searched.
fn passed(at: Timestamp, now: Timestamp) -> Result<Timestamp, UserError> {
    if at > now { Err(mistake(format!("its time {at} lies in the future"))) } else { Ok(at) }
}

fn at(text: &str, name: &str) -> Result<Timestamp, UserError> {
    text.parse()
        .map_err(|_| mistake(format!("`{name}` is a time such as 2026-03-10T12:00:00Z, not `{text}`")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T12:34:56Z".parse().unwrap()
    }

    fn asked(event: &Value, fallback: Option<&str>) -> Result<Request, String> {
        let config = crate::config::load_text(
            "[schedules.night-watch]\npacks = [\"daily\"]\nevery = \"1d\"\n",
            Path::new("/"),
        );
        read(event, &config.unwrap().schedules, fallback, now()).map_err(|error| error.line())
    }

    fn turn(event: &Value, fallback: Option<&str>) -> (String, String) {
        match asked(event, fallback) {
            Ok(Request::Turn(turn)) => (turn.schedule, turn.at.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn pair(schedule: &str, at: &str) -> (String, String) {
        (schedule.to_owned(), at.to_owned())
    }

    #[test]
    fn every_form_of_a_schedule_is_understood() {
        let scheduler = json!({"schedule": "daily", "scheduled_time": "2026-03-10T06:00:07Z"});
        assert_eq!(turn(&scheduler, None), pair("daily", "2026-03-10T06:00:07Z"));
        assert_eq!(turn(&json!({}), None), pair("hourly", "2026-03-10T12:00:00Z"));
        assert_eq!(turn(&Value::Null, Some("daily")), pair("daily", "2026-03-10T00:00:00Z"));
        let words = json!({"schedule": "hourly", "scheduled_time": "<aws.scheduler.scheduled-time>"});
        let Ok(Request::Turn(guessed)) = asked(&words, None) else { panic!() };
        assert_eq!(guessed.at.to_string(), "2026-03-10T12:00:00Z");
        assert!(guessed.note.unwrap().contains("only EventBridge Scheduler fills it in"));
        let rule = |name: &str| {
            json!({
                "version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events",
                "account": "123456789012", "time": "2026-03-10T12:00:00Z", "region": "us-east-1",
                "resources": [format!("arn:aws:events:us-east-1:123456789012:rule/{name}")], "detail": {},
            })
        };
        assert_eq!(turn(&rule("trailbrief-daily"), None), pair("daily", "2026-03-10T12:00:00Z"));
        assert_eq!(turn(&rule("soc-night-watch"), None), pair("night-watch", "2026-03-10T12:00:00Z"));
        assert_eq!(turn(&rule("tick"), Some("hourly")), pair("hourly", "2026-03-10T12:00:00Z"));
        assert!(asked(&rule("tick"), None).unwrap_err().contains("`tick` does not say which schedule"));
    }

    #[test]
    fn a_request_on_demand_is_understood() {
        let event =
            json!({"query": "iam.*", "pack": ["daily"], "last": "24h", "notify": ["mail"], "dry_run": true});
        let Ok(Request::OnDemand(asked)) = asked(&event, None) else { panic!() };
        assert_eq!((asked.query, asked.pack), (vec!["iam.*".to_owned()], vec!["daily".to_owned()]));
        assert_eq!(asked.window.end(), now());
        assert_eq!(asked.notify, Notify::Channels(vec!["mail".to_owned()]));
        assert!(asked.dry_run);
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (event, reason) in [
            (json!([]), "no JSON object"),
            (json!({"shedule": "hourly"}), "`shedule` is not one of schedule"),
            (json!({"schedule": 7}), "`schedule` is a text"),
            (json!({"scheduled_time": "yesterday"}), "`yesterday`"),
            (json!({"scheduled_time": "2027-03-10T00:00:00Z"}), "lies in the future"),
            (
                json!({
                    "detail-type": "Scheduled Event", "source": "aws.events", "time": "2027-03-10T00:00:00Z",
                    "resources": ["arn:aws:events:us-east-1:123456789012:rule/trailbrief-hourly"],
                }),
                "lies in the future",
            ),
            (json!({"last": "24h", "from": "2026-03-10"}), "either `last`, or `from` and `to`"),
            (json!({"query": ["a"]}), "either `last`, or `from` and `to`"),
            (json!({"last": "soon"}), "`soon`"),
            (json!({"last": "1h", "notify": "mail"}), "`notify` is true or false"),
            (json!({"last": "1h", "query": [1]}), "`query` is a list of texts"),
            (json!({"from": "2026-03-11", "to": "2026-03-10"}), "the window is empty"),
        ] {
            let refused = asked(&event, None).unwrap_err();
            assert!(refused.contains(reason), "{event}: {refused}");
        }
    }
}
