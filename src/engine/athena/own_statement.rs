//! A detection's own statement: its unchanged SQL over relations that hold its window and nothing else.
//!
//! The relations and views are bound as `WITH` queries around it, so a detection's own `WITH` and its columns keep their names. Each
//! row comes back as one JSON array: nested values whole, and NULL apart from empty text.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    Athena,
    batches::{Batch, batches},
    candidates::RECORD,
    event_times::delivered_from,
    left_out::fails_without,
    normal, older_table,
    parts::days,
    planned_statement::{PlannedStatement, TimePart},
    selection::Selection,
    text::{listed, literal, name},
};
use crate::{
    aws::athena::STATEMENT_BYTES,
    domain::{
        account::{self, Accounts},
        cloudtrail::{COLUMNS, Column, ColumnKind, PARTITION_COLUMNS},
        delivery::Deliveries,
        habits::{self, Habits},
        time::{Day, Window},
        view::{RELATIONS, Views},
    },
    engine::{
        NoAnswer,
        embedded::{
            needs::Needs,
            outline::{Outline, Shape},
            scan::{condition::Condition, content::IDENTIFYING},
        },
    },
    plan::{Question, Sql, views},
};

/// What statements of their own read besides events, and how much they may return.
#[derive(Clone, Copy, Debug)]
pub struct OwnStatementInputs<'a> {
    /// The relation `accounts`.
    pub accounts: &'a Accounts,
    /// The relation `watchlist`, as pairs of list and value.
    pub watchlist: &'a [(String, String)],
    /// The relation `habits`.
    pub habits: &'a Habits,
    /// The views that they may read.
    pub views: &'a Views,
    /// Rows that one detection may return.
    pub rows: usize,
}

/// The statements of one detection: several only if the answer over the whole is the union of the answers over its parts.
/// One that compares or counts events reads the files of `also`, too.
///
/// # Errors
///
/// If the limits do not allow it.
pub(super) fn statements(
    athena: &Athena,
    question: &Question,
    needs: &Needs,
    outline: &Outline,
    inputs: &OwnStatementInputs<'_>,
    also: Option<Deliveries>,
) -> Result<Vec<PlannedStatement>, NoAnswer> {
    let limit = athena.settings.partitions;
    let also = also.filter(|_| !outline.by_event);
    let of = |window: Window, limit: u64| self::read(athena, question, window, also, limit);
    let delivered = question.delivered_from.and_then(|from| Window::new(from, question.window.end()).ok());
    let read = delivered.unwrap_or(question.window);
    let whole = of(read, u64::MAX);
    let history = (outline.history > 0).then(|| of(question.history(), u64::MAX));
    let partitions_of = |batches: &[Batch]| batches.iter().map(|batch| batch.partitions).sum::<u64>();
    let returned = question.returned.as_deref().filter(|_| question.delivered_from.is_some());
    let days = whole.iter().flat_map(|batch| days(batch.first, batch.last)).collect();
    let returned = returned.map_or_else(Vec::new, |returned| athena.returned(returned, &days));
    let partitions = partitions_of(&whole) * outline.events
        + history.as_deref().map_or(0, partitions_of) * outline.history;
    let parts = match (partitions <= limit, outline.by_event) {
        (true, _) => vec![whole],
        (false, true) => of(read, limit).into_iter().map(|part| vec![part]).collect::<Vec<_>>(),
        (false, false) => {
            return Err(NoAnswer {
                reason: format!(
                    "its own statement would list {partitions} partitions, and `athena.partitions` is {limit}; it \
                     compares or counts events, so it cannot be split"
                ),
                hint: Some(
                    "ask for a shorter window, raise `partitions` in `[athena]`, or narrow its WHERE to some event \
                     names, so that it uses the shared statement"
                        .to_owned(),
                ),
            });
        }
    };
    let returned = returned.into_iter().map(|part| vec![part]);
    let parts: Vec<Vec<Batch>> = parts.into_iter().chain(returned).collect();
    let history = history.as_deref().unwrap_or_default();
    let relations = RelationsRead::of(question.sql.text(), inputs.views);
    let statement = OwnStatement { athena, question, needs, outline, inputs, relations, history };
    let alone = parts.len() == 1;
    parts
        .iter()
        .map(|part| {
            let text = statement.text(part);
            if text.len() > STATEMENT_BYTES {
                return Err(NoAnswer {
                    reason: format!(
                        "its own statement has {} bytes with its relations, and Athena accepts {STATEMENT_BYTES}",
                        text.len()
                    ),
                    hint: Some("read less of `accounts`, `watchlist` and `habits`, or shorten them".to_owned()),
                });
            }
            let partitions = if alone { partitions } else { partitions_of(part) };
            let batch = part.first().filter(|_| outline.by_event).cloned();
            let time = outline.by_event.then(|| TimePart { span: read, ..whole_time(question.window) });
            Ok(PlannedStatement { sql: Sql::of_own(text), partitions, batch, time, halves: Vec::new() })
        })
        .collect()
}

/// The statement of a detection that compares or counts events as one that may be split: its answers over parts mean nothing, but
/// whether it fails there shows where the events lie that it fails on. `None` if it cannot be split so.
pub(super) fn probe(
    athena: &Athena,
    question: &Question,
    outline: &Outline,
    own: &[PlannedStatement],
    also: Option<Deliveries>,
) -> Option<PlannedStatement> {
    let read = read(athena, question, question.window, also, u64::MAX);
    let ([own], [batch]) = (own, &read[..]) else { return None };
    let is_needed = !outline.by_event && outline.history == 0 && question.delivered_from.is_none();
    let (batch, time) = (Some(batch.clone()), Some(whole_time(question.window)));
    is_needed.then(|| PlannedStatement { batch, time, ..own.clone() })
}

/// The same statement over all events but these; `None` if it has no time that it could be split by.
pub(super) fn without(athena: &Athena, own: &PlannedStatement, ids: &[&str]) -> Option<PlannedStatement> {
    let time = own.time?.condition();
    let (id, _) = identified(athena);
    let others = format!("{time}\n            AND {id} NOT IN ({})", listed(ids));
    Some(PlannedStatement { sql: own.sql.clone().with_condition(&time, &others), ..own.clone() })
}

/// The id of an event, and whether its record updates another one.
fn identified(athena: &Athena) -> (String, &'static str) {
    match athena.table.columns.iter().any(|known| known.name == "addendum") {
        true => (normal::original_id(), normal::IS_UPDATE),
        false => (normal::column("eventid"), "FALSE"),
    }
}

/// The partitions that can hold the events of a window, and those of `also`, with at most `limit` in each.
fn read(
    athena: &Athena,
    question: &Question,
    window: Window,
    also: Option<Deliveries>,
    limit: u64,
) -> Vec<Batch> {
    let read = [Deliveries::of(window, question.delay)].into_iter().chain(also);
    let days: BTreeSet<Day> = read.flat_map(|deliveries| deliveries.days().iter()).collect();
    batches(days, &athena.listed("projection.account.values"), athena.regions(), limit)
}

/// The whole time of a window.
const fn whole_time(window: Window) -> TimePart {
    TimePart { from: window.start(), span: window, is_part: false }
}

/// What a statement reads.
struct RelationsRead {
    /// Relations and views, by their names in the statement.
    named: BTreeSet<String>,
    /// The relations that these end in.
    sources: BTreeSet<String>,
    /// Whether there is a view among them.
    has_views: bool,
}

impl RelationsRead {
    fn of(sql: &str, views: &Views) -> Self {
        // A planned statement can be inspected; if not, everything is bound.
        let named: BTreeSet<String> = datafusion_trino::inspect(sql).map_or_else(
            |_| RELATIONS.iter().map(|name| (*name).to_owned()).chain(views.names()).collect(),
            |found| found.relations.into_iter().map(|mention| mention.name).collect(),
        );
        let sources = views.sources(named.iter().map(String::as_str));
        let has_views = named.iter().any(|name| views.find(name).is_some());
        Self { named, sources, has_views }
    }

    fn has(&self, relation: &str) -> bool {
        self.sources.contains(relation)
    }
}

/// What the text of a detection's own statement is made of.
struct OwnStatement<'a> {
    athena: &'a Athena,
    question: &'a Question,
    needs: &'a Needs,
    outline: &'a Outline,
    inputs: &'a OwnStatementInputs<'a>,
    relations: RelationsRead,
    history: &'a [Batch],
}

impl OwnStatement<'_> {
    /// The text over some of the partitions.
    fn text(&self, part: &[Batch]) -> String {
        let Self { athena, question, needs, outline, inputs, relations, history } = self;
        let mut bound = Vec::new();
        if relations.has("events") {
            let delivered = question
                .delivered_from
                .map(|from| delivered_from(from, question.window.end(), question.returned.as_deref()));
            let span = (question.window, delivered);
            bound.push(format!("events AS {}", events(athena, part, span, needs, relations.has_views)));
        }
        if relations.has("history") {
            let span = (question.history(), None);
            let read = if history.is_empty() { part } else { history };
            bound.push(format!("history AS {}", events(athena, read, span, needs, relations.has_views)));
        }
        if relations.has("accounts") {
            let rows = inputs.accounts.iter().map(|account| account.row().map(literal));
            bound.push(values("accounts", &account::COLUMNS, rows));
        }
        if relations.has("watchlist") {
            let rows = inputs.watchlist.iter().map(|(list, value)| [list, value].map(|text| literal(text)));
            bound.push(values("watchlist", &["list", "value"], rows));
        }
        if relations.has("habits") {
            let text = |value: Option<String>| value.map_or_else(|| "NULL".to_owned(), |text| literal(&text));
            let rows = inputs.habits.rows().map(|row| row.map(text));
            bound.push(values("habits", &habits::COLUMNS, rows));
        }
        bound.extend(views::bound(inputs.views, &relations.named));
        let with = if bound.is_empty() { String::new() } else { format!("WITH {}\n", bound.join(",\n")) };
        let columns: Vec<String> = (0..outline.columns.len()).map(|at| format!("c{at}")).collect();
        let values: Vec<String> =
            outline.columns.iter().zip(&columns).map(|((_, shape), column)| json(column, shape)).collect();
        let body = question.sql.text().trim_end().trim_end_matches(';');
        // One above the limit, to notice when there are too many.
        let limit = inputs.rows + 1;
        format!(
            "{with}SELECT json_format(CAST(ARRAY[{}] AS JSON)) AS {RECORD}\nFROM (\n{body}\n) AS found ({})\nLIMIT {limit}",
            values.join(", "),
            columns.join(", ")
        )
    }
}

/// The events of a window among a batch's partitions that the detection could need, each once, perhaps only those that meet a
/// condition on their delivery; for views with every column that the question does not need itself. Of an event that a later
/// record updates, only that record counts.
fn events(
    athena: &Athena,
    read: &[Batch],
    (window, delivered): (Window, Option<String>),
    needs: &Needs,
    for_views: bool,
) -> String {
    let has = |column: &str| athena.table.columns.iter().any(|known| known.name == column);
    let (id, is_update) = identified(athena);
    let bound = |column: &Column| match (column.name, column.kind) {
        ("eventid", _) => "event AS \"eventid\"".to_owned(),
        (own, ColumnKind::Text | ColumnKind::Json) => format!("{} AS {}", normal::column(own), name(own)),
        (own, _) => name(own),
    };
    let selected = |column: &Column| {
        let is_needed = needs.columns.iter().any(|needed| needed == column.name);
        let completed = older_table::completed(column, &athena.table);
        match completed.filter(|_| for_views && (has(column.name) || !is_needed)) {
            Some(completed) => Some(completed),
            None => has(column.name).then(|| bound(column)),
        }
    };
    let columns: Vec<String> =
        COLUMNS.iter().filter_map(selected).chain(PARTITION_COLUMNS.map(name)).collect();
    let content: Vec<String> = IDENTIFYING.into_iter().filter(|column| has(column)).map(comparable).collect();
    let mut text = format!(
        "(\n    SELECT {}\n    FROM (\n        SELECT *, {id} AS event, {is_update} AS is_update,\n            \
         bool_or({is_update}) OVER (PARTITION BY {id}, recipientaccountid) AS is_updated,\n            \
         row_number() OVER (PARTITION BY eventid, recipientaccountid, {} ORDER BY \"timestamp\") AS delivery\n        \
         FROM {}.{}\n        WHERE {}",
        columns.join(", "),
        content.join(", "),
        name(&athena.table.database),
        name(&athena.table.name),
        condition(read),
    );
    let _ = write!(text, "\n            AND {}", whole_time(window).condition());
    if let Some(delivered) = delivered {
        let _ = write!(text, "\n            AND {delivered}");
    }
    if needs.conditions.iter().all(|condition| *condition != Condition::Unknown) {
        let _ = write!(text, "\n            AND ({})", Selection::of(&needs.conditions));
    }
    text += "\n    ) AS delivered\n    WHERE delivery = 1 AND (is_update OR NOT is_updated)";
    let needed = needs.columns.iter().map(String::as_str).filter(|column| has(column));
    if let Some(condition) = fails_without(needed) {
        let _ = write!(text, "\n        AND {condition}");
    }
    text + "\n)"
}

/// The condition that only rows of these partitions meet.
fn condition(read: &[Batch]) -> String {
    match read {
        [one] => one.condition(),
        several => {
            let several: Vec<String> = several.iter().map(Batch::condition).collect();
            format!("(({}))", several.join(") OR ("))
        }
    }
}

/// A column's value as one that two deliveries of an event have in common.
fn comparable(column: &str) -> String {
    let is_text = COLUMNS
        .iter()
        .any(|known| known.name == column && matches!(known.kind, ColumnKind::Text | ColumnKind::Json));
    if is_text { name(column) } else { format!("json_format(CAST({} AS JSON))", name(column)) }
}

/// A relation of texts, typed also where it is empty.
fn values<const N: usize>(
    relation: &str,
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<String> = rows.map(|row| format!("({})", row.join(", "))).collect();
    let (rows, none) = match rows.is_empty() {
        true => (format!("({})", ["NULL"; N].join(", ")), " WHERE FALSE"),
        false => (rows.join(", "), ""),
    };
    let typed = columns.map(|column| format!("CAST({column} AS varchar) AS {column}")).join(", ");
    format!("{relation} AS (SELECT {typed} FROM (VALUES {rows}) AS given ({}){none})", columns.join(", "))
}

/// A column's value as JSON.
fn json(column: &str, shape: &Shape) -> String {
    match shape {
        Shape::Json => format!("CAST(json_format({column}) AS JSON)"),
        Shape::Other => format!("CAST(CAST({column} AS varchar) AS JSON)"),
        Shape::List(item) => match **item {
            Shape::Json => format!("CAST(transform({column}, item -> json_format(item)) AS JSON)"),
            Shape::Other => format!("CAST(transform({column}, item -> CAST(item AS varchar)) AS JSON)"),
            _ => format!("CAST({column} AS JSON)"),
        },
        _ => format!("CAST({column} AS JSON)"),
    }
}
