//! What an event asks for: a scheduled run, or a run on demand. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    config::Schedule,
    domain::time::{Span, Timestamp, Window},
    user_error::UserError,
};

/// The schedule of an event that names none.
const DEFAULT_SCHEDULE: &str = "hourly";

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A scheduled run.
    Schedule(ScheduleRequest),
    /// Detections over a window.
    OnDemand(OnDemand),
}

/// A scheduled run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScheduleRequest {
    pub(super) schedule: String,
    pub(super) at: Timestamp,
    /// What a reader of the brief must know about how the scheduled time was found.
    pub(super) note: Option<String>,
    /// How often in a row the function has invoked itself to resume the run.
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

/// The channels that a brief on demand goes to, besides the answer.
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
        _ => return Err(mistake("it is not a JSON object".to_owned())),
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
        // Only EventBridge Scheduler fills in the time; a rule or an emulator sends the words.
        Some(words) if words.starts_with('<') => {
            let note = format!(
                "the event has `{words}` in place of the scheduled time, which only EventBridge Scheduler fills in; the end \
                 of the last full period was used"
            );
            (now.floor(every), Some(note))
        }
        Some(time) => (at(time, "scheduled_time")?, None),
    };
    let at = passed(at, now)?;
    let resumes = match fields.get("resumes") {
        None => 0,
        Some(count) => count.as_u64().ok_or_else(|| mistake("`resumes` must be a number".to_owned()))?,
    };
    Ok(Request::Schedule(ScheduleRequest { schedule, at, note, resumes }))
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
        UserError::usage(anyhow::anyhow!("the name of the rule `{}` does not show which schedule it is for", names.join("`, `")))
            .hint("end its name with the schedule's (`trailbrief-hourly`), set TRAILBRIEF_SCHEDULE, or give it the constant input {\"schedule\": \"hourly\"}")
    })?;
    let at = passed(at(time, "time")?, now)?;
    Ok(Request::Schedule(ScheduleRequest { schedule: schedule.to_owned(), at, note: None, resumes: 0 }))
}

fn of_demand(fields: &Map<String, Value>, now: Timestamp) -> Result<OnDemand, UserError> {
    let (last, from, to) = (text(fields, "last")?, text(fields, "from")?, text(fields, "to")?);
    let window = match (last, from, to) {
        (Some(last), None, None) => {
            let span: Span = last.parse().map_err(|_| {
                mistake(format!("`last` must be a length of time such as `24h`, not `{last}`"))
            })?;
            Window::new(now.minus(span), now)
        }
        (None, Some(from), Some(to)) => Window::new(at(from, "from")?, at(to, "to")?),
        _ => return Err(mistake("give either `last`, or `from` and `to`".to_owned())),
    };
    let window = window.map_err(|error| mistake(error.to_string()))?;
    let flag = |name: &str| match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(mistake(format!("`{name}` must be true or false"))),
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
        Some(_) => Err(mistake(format!("`{name}` must be a string"))),
    }
}

/// A list of strings, or one string.
fn texts(fields: &Map<String, Value>, name: &str) -> Result<Vec<String>, UserError> {
    let bad = || mistake(format!("`{name}` must be a list of strings"));
    match fields.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(list)) => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(bad)).collect()
        }
        Some(_) => Err(bad()),
    }
}

/// A scheduled time that has passed. A run for a later one would keep the events until then from being searched.
fn passed(at: Timestamp, now: Timestamp) -> Result<Timestamp, UserError> {
    if at > now { Err(mistake(format!("its time {at} is in the future"))) } else { Ok(at) }
}

fn at(text: &str, name: &str) -> Result<Timestamp, UserError> {
    text.parse()
        .map_err(|_| mistake(format!("`{name}` must be a time such as 2026-03-10T12:00:00Z, not `{text}`")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T12:34:56Z".parse().unwrap()
    }

    fn parsed(event: &Value, fallback: Option<&str>) -> Result<Request, String> {
        let config = crate::config::load_text(
            "[schedules.night-watch]\npacks = [\"daily\"]\nevery = \"1d\"\n",
            Path::new("/"),
        );
        read(event, &config.unwrap().schedules, fallback, now()).map_err(|error| error.line())
    }

    fn scheduled(event: &Value, fallback: Option<&str>) -> (String, String) {
        match parsed(event, fallback) {
            Ok(Request::Schedule(run)) => (run.schedule, run.at.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn pair(schedule: &str, at: &str) -> (String, String) {
        (schedule.to_owned(), at.to_owned())
    }

    #[test]
    fn every_form_of_a_schedule_is_understood() {
        let scheduler = json!({"schedule": "daily", "scheduled_time": "2026-03-10T06:00:07Z"});
        assert_eq!(scheduled(&scheduler, None), pair("daily", "2026-03-10T06:00:07Z"));
        assert_eq!(scheduled(&json!({}), None), pair("hourly", "2026-03-10T12:00:00Z"));
        assert_eq!(scheduled(&Value::Null, Some("daily")), pair("daily", "2026-03-10T00:00:00Z"));
        let words = json!({"schedule": "hourly", "scheduled_time": "<aws.scheduler.scheduled-time>"});
        let Ok(Request::Schedule(guessed)) = parsed(&words, None) else { panic!() };
        assert_eq!(guessed.at.to_string(), "2026-03-10T12:00:00Z");
        assert!(guessed.note.unwrap().contains("only EventBridge Scheduler fills in"));
        let rule = |name: &str| {
            json!({
                "version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events",
                "account": "123456789012", "time": "2026-03-10T12:00:00Z", "region": "us-east-1",
                "resources": [format!("arn:aws:events:us-east-1:123456789012:rule/{name}")], "detail": {},
            })
        };
        assert_eq!(scheduled(&rule("trailbrief-daily"), None), pair("daily", "2026-03-10T12:00:00Z"));
        assert_eq!(scheduled(&rule("soc-night-watch"), None), pair("night-watch", "2026-03-10T12:00:00Z"));
        assert_eq!(scheduled(&rule("tick"), Some("hourly")), pair("hourly", "2026-03-10T12:00:00Z"));
        assert!(parsed(&rule("tick"), None).unwrap_err().contains("`tick` does not show which schedule"));
    }

    #[test]
    fn a_request_on_demand_is_understood() {
        let event =
            json!({"query": "iam.*", "pack": ["daily"], "last": "24h", "notify": ["mail"], "dry_run": true});
        let Ok(Request::OnDemand(request)) = parsed(&event, None) else { panic!() };
        assert_eq!((request.query, request.pack), (vec!["iam.*".to_owned()], vec!["daily".to_owned()]));
        assert_eq!(request.window.end(), now());
        assert_eq!(request.notify, Notify::Channels(vec!["mail".to_owned()]));
        assert!(request.dry_run);
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (event, reason) in [
            (json!([]), "not a JSON object"),
            (json!({"shedule": "hourly"}), "`shedule` is not one of schedule"),
            (json!({"schedule": 7}), "`schedule` must be a string"),
            (json!({"scheduled_time": "yesterday"}), "`yesterday`"),
            (json!({"scheduled_time": "2027-03-10T00:00:00Z"}), "is in the future"),
            (
                json!({
                    "detail-type": "Scheduled Event", "source": "aws.events", "time": "2027-03-10T00:00:00Z",
                    "resources": ["arn:aws:events:us-east-1:123456789012:rule/trailbrief-hourly"],
                }),
                "is in the future",
            ),
            (json!({"last": "24h", "from": "2026-03-10"}), "either `last`, or `from` and `to`"),
            (json!({"query": ["a"]}), "either `last`, or `from` and `to`"),
            (json!({"last": "soon"}), "`soon`"),
            (json!({"last": "1h", "notify": "mail"}), "`notify` must be true or false"),
            (json!({"last": "1h", "query": [1]}), "`query` must be a list of strings"),
            (json!({"from": "2026-03-11", "to": "2026-03-10"}), "the window is empty"),
        ] {
            let refused = parsed(&event, None).unwrap_err();
            assert!(refused.contains(reason), "{event}: {refused}");
        }
    }
}
