//! Cases: what a detection must find and must not find, as small changes to shared base events.
//!
//! This file reads `<name>.cases.toml`; [`super::records`] builds the events, [`super::near_miss`] compares cases.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{bases::Bases, case_habits::habits, param_value::param_value};
use crate::{
    domain::{
        account::Account,
        detection::{Detection, ParamValue},
        habits::Habits,
        time::{Timestamp, Window},
    },
    text::{At, Diagnostic, LineMap, Lint, Place, Report, TomlItem, TomlTable, did_you_mean},
};

/// The most copies that one event of a case may have.
const MOST_COPIES: u64 = 10_000;

/// One `[[case]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What happens, in words.
    pub name: String,
    /// The events of the window.
    pub events: Vec<EventSpec>,
    /// The events before the window.
    pub history: Vec<EventSpec>,
    /// The relation `watchlist`, by list.
    pub watchlist: BTreeMap<String, Vec<String>>,
    /// The relation `accounts`.
    pub accounts: Vec<Account>,
    /// The relation `habits`.
    pub habits: Habits,
    /// Parameters that differ from their defaults.
    pub params: BTreeMap<String, ParamValue>,
    /// How many rows the detection must return.
    pub finds: u64,
    /// Columns that some row must have, one map a row.
    pub rows: Vec<BTreeMap<String, Value>>,
    /// The line in its file, counted from 1.
    pub line: usize,
}

/// A base event with changes.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSpec {
    /// The name of the base event.
    pub base: String,
    /// The base event itself.
    pub record: Arc<Value>,
    /// The changes, by dotted path.
    pub edits: BTreeMap<String, Edit>,
    /// How many events there are like this.
    pub repeat: u64,
    /// How many seconds lie between two of them.
    pub every_s: u64,
    /// Where it stands in its file.
    pub place: Place,
}

/// One change to a base event.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The field has this value.
    Set(Value),
    /// The field is not there.
    Unset,
    /// The field is JSON null.
    Null,
}

/// The window in which every case is run: 2026-03-10, one day.
#[must_use]
pub fn case_window() -> Window {
    const START_S: i64 = 1_773_100_800;
    let start = Timestamp::from_unix_s(START_S);
    Window::new(start, Timestamp::from_unix_s(START_S + 86_400)).expect("a day is not empty")
}

/// Reads a file of cases. `detection` and `outputs` are what its parameters and rows are checked against, as
/// far as they are known.
pub(crate) fn read(
    file: &str,
    text: &str,
    bases: &Bases<'_>,
    detection: Option<&Detection>,
    outputs: Option<&[String]>,
) -> (Vec<Case>, Vec<Diagnostic>) {
    let lines = LineMap::of_file(text);
    let report = Report::new(file, &lines);
    let mut cases = Vec::new();
    if let Some(tree) = report.parse(Lint::BadToml) {
        let top = TomlTable::top(tree.get_ref(), Place::START, &report);
        for table in top.tables("case") {
            cases.extend(case(table, bases, detection, outputs));
        }
        top.finish();
    }
    drop_repeated_names(&mut cases, &report);
    for case in &cases {
        case.check_edits(&report);
    }
    (cases, report.into_problems())
}

fn drop_repeated_names(cases: &mut Vec<Case>, report: &Report<'_>) {
    let mut seen: Vec<String> = Vec::new();
    cases.retain(|case| {
        let fresh = !seen.contains(&case.name);
        if fresh {
            seen.push(case.name.clone());
        } else {
            let place = Place { line: case.line, column: 1 };
            report.error(Lint::BadValue, place, format!("two cases are called `{}`", case.name));
        }
        fresh
    });
}

/// Reads one case; `None` if it cannot be run.
fn case(
    table: TomlTable<'_>,
    bases: &Bases<'_>,
    detection: Option<&Detection>,
    outputs: Option<&[String]>,
) -> Option<Case> {
    let report = table.report();
    let place = table.place();
    let name = table.need("name").and_then(|item| item.text());
    let events = table.need("events").map(|item| specs(&item, bases, report));
    let history = table.take("history").map_or(Some(Vec::new()), |item| specs(&item, bases, report));
    let watchlist = table.take("watchlist").and_then(|item| item.table()).map(|lists| {
        let lists = lists.entries().into_iter();
        lists
            .filter_map(|(name, item)| {
                let texts = item.texts()?.value.into_iter().map(|text| text.value).collect();
                Some((name.value, texts))
            })
            .collect()
    });
    let accounts = table.tables("accounts").into_iter().filter_map(account).collect();
    let habits = habits(table.tables("habits"));
    let params = table.take("params").and_then(|item| item.table());
    let params = params.map(|table| params_of(&table, detection)).unwrap_or_default();
    let finds = table.need("finds").and_then(|item| item.count());
    let rows_item = table.take("rows");
    let rows = rows_item.as_ref().map(|item| rows(item, outputs, report)).unwrap_or_default();
    if let (Some(item), Some(finds)) = (&rows_item, &finds)
        && rows.len() as u64 > finds.value
    {
        let message = format!("the case shows {} rows but finds {}", rows.len(), finds.value);
        report.error(Lint::BadValue, item.place(), message);
    }
    table.finish();
    Some(Case {
        name: name?.value,
        events: events??,
        history: history?,
        watchlist: watchlist.unwrap_or_default(),
        accounts,
        habits,
        params,
        finds: finds?.value,
        rows,
        line: place.line,
    })
}

/// Reads a list of events; `None` if one of them has no base.
fn specs(item: &TomlItem<'_>, bases: &Bases<'_>, report: &Report<'_>) -> Option<Vec<EventSpec>> {
    let items = item.items("an array of events").unwrap_or_default();
    // All are read before the first that failed ends the case, so that every problem is noted.
    let specs: Vec<_> = items.iter().map(|item| item.table().and_then(|t| spec(t, bases, report))).collect();
    specs.into_iter().collect()
}

fn spec(table: TomlTable<'_>, bases: &Bases<'_>, report: &Report<'_>) -> Option<EventSpec> {
    let place = table.place();
    let base = table.need("base").and_then(|item| item.text());
    let mut edits = BTreeMap::new();
    let mut add = |path: At<String>, edit: Edit| {
        if path.value.split('.').any(str::is_empty) {
            report.error(Lint::BadValue, path.place, format!("`{}` is not a dotted path", path.value));
        } else if edits.insert(path.value.clone(), edit).is_some() {
            report.error(Lint::BadValue, path.place, format!("`{}` is changed twice", path.value));
        }
    };
    if let Some(set) = table.take("set").and_then(|item| item.table()) {
        for (path, item) in set.entries() {
            add(path, Edit::Set(item.value().to_json()));
        }
    }
    for path in table.texts("unset") {
        add(path, Edit::Unset);
    }
    for path in table.texts("null") {
        add(path, Edit::Null);
    }
    let repeat = table.take("repeat").and_then(|item| {
        let count = item.count()?;
        if (1..=MOST_COPIES).contains(&count.value) {
            return Some(count.value);
        }
        report.error(Lint::BadValue, count.place, format!("`repeat` goes from 1 to {MOST_COPIES}"));
        None
    });
    let every_s = table.take("every_s").and_then(|item| item.count()).map(|count| count.value);
    table.finish();
    let base = base?;
    let Some(record) = bases.get(&base.value) else {
        report.error_with(
            Lint::UnknownBase,
            base.place,
            format!("there is no base event `{}`", base.value),
            Some(did_you_mean(&base.value, bases.names()).unwrap_or_else(|| bases.list())),
        );
        return None;
    };
    Some(EventSpec {
        base: base.value,
        record,
        edits,
        repeat: repeat.unwrap_or(1),
        every_s: every_s.unwrap_or(1),
        place,
    })
}

fn account(table: TomlTable<'_>) -> Option<Account> {
    let id = table.need("account_id").and_then(|item| item.parsed());
    let text = |key| {
        table.take(key).and_then(|item| item.text()).map_or_else(String::new, |text: At<String>| text.value)
    };
    let (name, email, ou, state) = (text("name"), text("email"), text("ou"), text("state"));
    table.finish();
    let state = if state.is_empty() { "ACTIVE".to_owned() } else { state };
    Some(Account { id: id?.value, name, email, ou, state })
}

fn params_of(table: &TomlTable<'_>, detection: Option<&Detection>) -> BTreeMap<String, ParamValue> {
    let Some(detection) = detection else { return BTreeMap::new() };
    let mut params = BTreeMap::new();
    for (name, item) in table.entries() {
        let Some(param) = detection.params.get(&name.value) else {
            table.report().error_with(
                Lint::UndeclaredParam,
                name.place,
                format!("`{}` declares no parameter `{}`", detection.id, name.value),
                did_you_mean(&name.value, detection.params.keys().map(String::as_str)),
            );
            continue;
        };
        let kind = param.default.type_name();
        match param_value(&item.value(), kind) {
            Some(value) => {
                params.insert(name.value, value);
            }
            None => item.bad(&format!("a value of type `{kind}`")),
        }
    }
    params
}

fn rows(
    item: &TomlItem<'_>,
    outputs: Option<&[String]>,
    report: &Report<'_>,
) -> Vec<BTreeMap<String, Value>> {
    let tables = item.items("an array of rows").into_iter().flatten().filter_map(|item| item.table());
    let row = |table: TomlTable<'_>| {
        let mut row = BTreeMap::new();
        for (name, item) in table.entries() {
            if outputs.is_some_and(|outputs| !outputs.contains(&name.value)) {
                report.error_with(
                    Lint::UnknownColumn,
                    name.place,
                    format!("`{}` is not an output column", name.value),
                    did_you_mean(&name.value, outputs.unwrap_or_default().iter().map(String::as_str)),
                );
            }
            row.insert(name.value, item.value().to_json());
        }
        row
    };
    tables.map(row).collect()
}
