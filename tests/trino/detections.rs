//! The shipped detections: on their cases, on the generated organization and on real records; alone, in one pass with all
//! others, and on Trino.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{AsArray as _, RecordBatch, StringArray},
        datatypes::{DataType, Field, Schema},
    },
    prelude::SessionContext,
};
use datafusion_trino_oracle::{
    Answer as Rows, Comparison, KnownDifferences, Oracle, Order, Outcome, difference, judge, local,
};
use serde_json::Value;
use trailbrief::testing::{
    app::App,
    cases::question,
    domain::{
        account::{Account, Accounts},
        detection::{Detection, ParamValue},
        habits::{COLUMNS as HABIT_COLUMNS, Habits},
        rows,
        time::{Span, Timestamp, Window},
    },
    engine::{
        Answer,
        embedded::{
            pack::{Pack, Surroundings},
            source::{Memory, Source, walk::walk},
        },
    },
    library::{Case, case_window},
    plan::{Question, Sql, views::with_views},
};

use crate::{data, options::Options};

/// The set of generated records.
const GENERATED: &str = "generated";

/// In how many days every detection is asked over the real records, if a day is given.
const PARTS: usize = 5;

/// The account of base events.
const ACCOUNT: &str = "123456789012";

/// Records with what is beside them, and the detections to ask over them.
struct Situation {
    name: String,
    source: Source,
    window: Window,
    accounts: Accounts,
    watchlist: Vec<(String, String)>,
    habits: Habits,
    questions: Vec<Question>,
}

/// Compares all of them.
pub async fn run(oracle: &mut Oracle, options: &Options) -> Vec<Comparison> {
    let known = KnownDifferences::read().expect("the list can be read");
    let app = data::app();
    let mut of_cases = Comparison {
        title: "detections on their cases".to_owned(),
        about: "every case of every shipped detection".to_owned(),
        ..Comparison::default()
    };
    for (number, situation) in cases(&app).into_iter().enumerate() {
        ask(oracle, &app, &situation, &format!("case{number}"), &known, &mut of_cases, options).await;
    }
    let mut found = vec![of_cases];
    let (_folder, generated) = data::generated();
    let mut sets = vec![(GENERATED.to_owned(), generated)];
    sets.extend(data::real(&options.data));
    for (name, source) in sets {
        let mut of_set = Comparison {
            title: format!("detections on {name}"),
            about: "every shipped detection, over the later half of the records with the earlier as history"
                .to_owned(),
            ..Comparison::default()
        };
        if let Some(mut situation) = whole(&app, &name, source).await {
            if let Some(day) = options.day.filter(|_| name != GENERATED) {
                let is_due = |number: usize| number % PARTS == day % PARTS;
                let questions = std::mem::take(&mut situation.questions).into_iter().enumerate();
                situation.questions =
                    questions.filter(|(number, _)| is_due(*number)).map(|(_, question)| question).collect();
            }
            ask(oracle, &app, &situation, &format!("whole_{name}"), &known, &mut of_set, options).await;
        }
        found.push(of_set);
    }
    found
}

/// Cases of a detection that agree in parameters and relations, side by side in one table: Trino takes longer to make a table
/// than to answer.
#[derive(Default)]
struct Together {
    params: BTreeMap<String, ParamValue>,
    accounts: Vec<Account>,
    watchlist: BTreeMap<String, Vec<String>>,
    habits: Habits,
    names: Vec<String>,
    lines: Vec<String>,
}

impl Together {
    fn suits(&self, case: &Case) -> bool {
        self.params == case.params
            && self.accounts == case.accounts
            && self.watchlist == case.watchlist
            && self.habits == case.habits
    }

    /// Adds a case, in an account of its own, so that nothing counts its events together with those of others.
    fn add(&mut self, case: &Case) {
        let records = case.records().expect("the shipped cases have records");
        let own = format!("{}", 500_000_000_000 + self.names.len());
        let is_listed = !self.accounts.is_empty()
            || !self.habits.is_empty()
            || self.watchlist.values().flatten().any(|value| value.contains(ACCOUNT));
        let text = |record: &Value| {
            let text = record.to_string();
            if is_listed { text } else { text.replace(ACCOUNT, &own) }
        };
        self.lines.extend(records.history.iter().chain(&records.events).map(text));
        self.names.push(case.name.clone());
    }

    fn situation(self, detection: &Detection) -> Situation {
        let lists = self.watchlist.iter();
        Situation {
            name: format!("{}: {}", detection.id, self.names.join("; ")),
            source: Source::Memory(Memory::from_iter([(
                "case.ndjson".to_owned(),
                self.lines.join("\n").into_bytes(),
            )])),
            window: case_window(),
            accounts: self.accounts.iter().cloned().collect(),
            watchlist: lists
                .flat_map(|(list, values)| values.iter().map(move |value| (list.clone(), value.clone())))
                .collect(),
            habits: self.habits,
            questions: vec![question(detection, &self.params).expect("the parameters are there")],
        }
    }
}

fn cases(app: &App) -> Vec<Situation> {
    let mut all = Vec::new();
    for detection in app.library.detections() {
        let mut together: Vec<Together> = Vec::new();
        for case in app.library.cases(&detection.id) {
            let at = together.iter().position(|one| one.suits(case)).unwrap_or_else(|| {
                let (params, accounts) = (case.params.clone(), case.accounts.clone());
                let (watchlist, habits) = (case.watchlist.clone(), case.habits.clone());
                together.push(Together { params, accounts, watchlist, habits, ..Together::default() });
                together.len() - 1
            });
            together[at].add(case);
        }
        all.extend(together.into_iter().map(|one| one.situation(detection)));
    }
    all
}

/// All detections over a set: its later half is the window, what lies before is history.
async fn whole(app: &App, name: &str, source: Source) -> Option<Situation> {
    let batch = data::in_order(&data::read(app, &source, true).await);
    let times: Vec<Timestamp> = times(&batch).into_iter().flatten().collect();
    let (first, last) = (*times.iter().min()?, *times.iter().max()?);
    let middle = times[times.len() / 2];
    let window = Window::new(middle, last.plus(Span::from_s(1))).ok()?;
    let back = Span::from_s(middle.unix_s() - first.unix_s() + 1);
    let question = |detection: &Detection| Question {
        detection: detection.id.clone(),
        sql: Sql::of_detection(detection, &BTreeMap::<String, ParamValue>::new())
            .expect("defaults are there"),
        window,
        delivered_from: None,
        returned: None,
        late: None,
        delay: Span::HOUR,
        align: detection.align,
        lookback: if detection.lookback == Span::ZERO { Span::ZERO } else { back },
        own_scan: false,
    };
    let watchlist =
        [("trusted-cidrs", "198.51.100.0/24"), ("trusted-cidrs", "10.0.0.0/8"), ("log-buckets", "logs")];
    Some(Situation {
        name: name.to_owned(),
        source,
        window,
        accounts: Accounts::default(),
        watchlist: watchlist.map(|(list, value)| (list.to_owned(), value.to_owned())).to_vec(),
        habits: Habits::default(),
        questions: app.library.detections().map(question).collect(),
    })
}

fn times(batch: &RecordBatch) -> Vec<Option<Timestamp>> {
    let column = batch.column_by_name("eventtime").expect("a column of events").as_string::<i32>();
    column.iter().map(|time| time.and_then(Timestamp::parse_iso)).collect()
}

async fn ask(
    oracle: &mut Oracle,
    app: &App,
    situation: &Situation,
    schema: &str,
    known: &KnownDifferences,
    found: &mut Comparison,
    options: &Options,
) {
    let now = situation.window.end();
    let Situation { accounts, watchlist, habits, .. } = situation;
    let surroundings = Surroundings { accounts, watchlist, habits, now };
    let mut pack =
        Pack::plan(&app.context.sessions, &situation.questions, &surroundings).await.expect("a pack");
    let files = walk(&situation.source, None).expect("the records can be listed").files;
    let answered = pack.answer(&situation.source, files, &app.context.limits, &Arc::default()).await;
    let (answers, _) = answered.expect("the pack is answered");

    let context = relations(oracle, app, situation, schema).await;
    let now = now.to_string();
    for (question, answer) in situation.questions.iter().zip(answers) {
        let sql = &bound(app, question.sql.text());
        let name = format!("-- {}, {}\n{sql}", situation.name, question.detection);
        let trino = oracle.ask(sql, schema, Some(&now)).expect("Trino runs");
        let ours = local::ask(&context, sql, &now).await;
        judge(found, known, &name, &trino, &ours, Order::Any, options.shared.all);
        if let Some(folder) = &options.export {
            super::export::statement(folder, schema, &question.detection, sql, &ours);
        }
        let pass = in_one_pass(answer, &ours);
        if let Some(difference) = difference(&ours, &pass, Order::Any) {
            found.differences.push(format!("{name}\n    in one pass with others: {difference}"));
        }
    }
    if let Some(folder) = &options.export {
        super::export::relations(folder, schema, &context, &now).await;
    }
}

/// A statement with the views that it reads as queries of its `WITH`: neither engine knows them here.
fn bound(app: &App, sql: &str) -> String {
    with_views(app.library.views(), sql)
}

/// An answer of the pass, with the types that the statement alone has: the pass tells none.
fn in_one_pass(answer: Answer, alone: &Outcome) -> Outcome {
    match answer {
        Answer::Rows { rows, .. } => Ok(Rows {
            columns: rows.columns,
            types: alone.as_ref().map(|answer| answer.types.clone()).unwrap_or_default(),
            rows: rows.rows.iter().map(|row| row.iter().map(value).collect()).collect(),
        }),
        Answer::Unanswered(reason) => panic!("{}", reason.reason),
    }
}

fn value(value: &rows::Value) -> Value {
    match value {
        rows::Value::Null => Value::Null,
        rows::Value::Text(text) => Value::String(text.clone()),
        rows::Value::Integer(number) => Value::String(number.to_string()),
        rows::Value::Number(number) => Value::String(format!("{number:?}")),
        rows::Value::Boolean(truth) => Value::String(truth.to_string()),
        rows::Value::List(items) => items.iter().map(self::value).collect(),
        rows::Value::Fields(fields) => fields.iter().map(|(_, field)| self::value(field)).collect(),
    }
}

/// Gives both engines the relations that detections read.
async fn relations(oracle: &mut Oracle, app: &App, situation: &Situation, schema: &str) -> SessionContext {
    let context = local::session();
    let batch = data::in_order(&data::read(app, &situation.source, true).await);
    let times = times(&batch);
    let rows = |is: &dyn Fn(Timestamp) -> bool| -> RecordBatch {
        let rows: Vec<usize> = (0..times.len()).filter(|row| times[*row].is_some_and(is)).collect();
        data::of_rows(&batch, &rows)
    };
    let accounts = situation.accounts.iter();
    let accounts: Vec<[&str; 5]> = accounts
        .map(|account| [account.id.as_str(), &account.name, &account.email, &account.ou, &account.state])
        .collect();
    let watchlist: Vec<[&str; 2]> =
        situation.watchlist.iter().map(|(list, value)| [list.as_str(), value]).collect();
    let tables = [
        ("events", rows(&|time| situation.window.contains(time))),
        ("history", rows(&|time| time < situation.window.start())),
        ("accounts", texts(["account_id", "name", "email", "ou", "state"], &accounts)),
        ("watchlist", texts(["list", "value"], &watchlist)),
        ("habits", habits(&situation.habits)),
    ];
    for (table, batch) in tables {
        data::load(oracle, &context, schema, table, &batch).expect("both engines take the records");
    }
    context
}

/// The relation `habits`.
fn habits(habits: &Habits) -> RecordBatch {
    let rows: Vec<_> = habits.rows().collect();
    let fields: Vec<Field> =
        HABIT_COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let column = |at: usize| Arc::new(rows.iter().map(|row| row[at].clone()).collect::<StringArray>());
    let columns = (0..HABIT_COLUMNS.len()).map(|at| column(at) as _).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}

fn texts<const N: usize>(names: [&str; N], rows: &[[&str; N]]) -> RecordBatch {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let column = |at: usize| Arc::new(rows.iter().map(|row| Some(row[at])).collect::<StringArray>());
    let columns = (0..N).map(|at| column(at) as _).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
