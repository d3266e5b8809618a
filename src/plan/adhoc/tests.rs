//! How relations are bound, and which statements are refused.

use std::sync::LazyLock;

use super::*;
use crate::domain::{detection::Origin, view::View};
use crate::plan::pasted::names_of_events;

const WINDOW: (&str, &str) = ("2026-03-10", "2026-03-11");

static NO_HABITS: LazyLock<Habits> = LazyLock::new(Habits::default);
static NO_VIEWS: LazyLock<Views> = LazyLock::new(Views::default);

fn relations<'a>(
    windowed: bool,
    all_partitions: bool,
    names: &'a TableNames,
    accounts: &'a Accounts,
) -> Relations<'a> {
    let window = Window::new(WINDOW.0.parse().unwrap(), WINDOW.1.parse().unwrap()).unwrap();
    Relations {
        database: "db",
        table: "cloudtrail",
        names,
        window: windowed.then_some(window),
        accounts,
        watchlist: &[],
        habits: &NO_HABITS,
        views: &NO_VIEWS,
        for_views: None,
        all_partitions,
    }
}

fn bound_as(
    sql: &str,
    windowed: bool,
    all_partitions: bool,
    names: &TableNames,
) -> Result<Sql, BindingError> {
    let account = crate::domain::account::Account {
        id: "111122223333".parse().unwrap(),
        name: "Zoë's".to_owned(),
        email: String::new(),
        ou: "prod".to_owned(),
        state: "ACTIVE".to_owned(),
    };
    let pasted = Pasted::of(sql, &[]).unwrap();
    bind(&pasted, &relations(windowed, all_partitions, names, &[account].into_iter().collect()))
}

fn bound(sql: &str, windowed: bool, all_partitions: bool) -> Result<String, BindingError> {
    bound_as(sql, windowed, all_partitions, &TableNames::default()).map(|sql| sql.text().to_owned())
}

const EVENTS: &str = "events AS (SELECT * FROM \"db\".\"cloudtrail\" WHERE \"timestamp\" BETWEEN '2026/03/10' AND \
                      '2026/03/11' AND eventtime >= '2026-03-10T00:00:00Z' AND eventtime < '2026-03-11T00:00:00Z')";

#[test]
fn relations_become_ctes_before_the_statement_s_own() {
    let of = |sql| bound(sql, true, false).unwrap();
    assert_eq!(of("SELECT 1 FROM events; "), format!("WITH {EVENTS}\nSELECT 1 FROM events"));
    assert_eq!(
        of("-- mine\nwith a AS (SELECT * FROM events e) SELECT * FROM a"),
        format!("WITH {EVENTS},\n    a AS (SELECT * FROM events e) SELECT * FROM a")
    );
    assert_eq!(
        of("WITH RECURSIVE a (n) AS (SELECT 1) SELECT * FROM a, \"events\""),
        format!("WITH RECURSIVE {EVENTS},\n    a (n) AS (SELECT 1) SELECT * FROM a, \"events\"")
    );
    let joined = of("SELECT * FROM events JOIN accounts USING (account_id), watchlist");
    assert!(joined.contains(
        "accounts (account_id, name, email, ou, state) AS (VALUES ('111122223333', 'Zoë''s', '', 'prod', 'ACTIVE'))"
    ));
    assert!(joined.contains("watchlist (list, value) AS (SELECT * FROM (VALUES (CAST(NULL AS VARCHAR), "));
}

#[test]
fn what_names_the_table_runs_as_it_is() {
    let sql = "SELECT count(*) FROM \"db\".\"cloudtrail\" WHERE \"timestamp\" >= '2026/03/10'";
    assert_eq!(bound(sql, false, false).unwrap(), sql);
    let own =
        "WITH events AS (SELECT * FROM cloudtrail WHERE timestamp IN ('2026/03/10')) SELECT 1 FROM events";
    assert_eq!(bound(own, false, false).unwrap(), own);
    assert_eq!(bound("SELECT 1", false, false).unwrap(), "SELECT 1");
    assert_eq!(bound(sql, true, false), Err(BindingError::WindowUnused));
}

#[test]
fn no_statement_lists_every_day_by_accident() {
    for sql in [
        "SELECT * FROM events",
        "SELECT * FROM events WHERE eventname = '\"timestamp\" = 1' -- \"timestamp\" = ''",
        "SELECT \"timestamp\" FROM events WHERE from_iso8601_timestamp(eventtime) > timestamp '2026-03-10 00:00:00'",
        "SELECT * FROM db.cloudtrail WHERE eventname = 'x'",
        "SELECT * FROM cloudtrail",
        "WITH events AS (SELECT * FROM cloudtrail) SELECT * FROM events",
    ] {
        assert_eq!(bound(sql, false, false), Err(BindingError::EveryDay), "{sql}");
        assert!(bound(sql, false, true).is_ok(), "{sql}");
    }
    for sql in [
        "SELECT * FROM events e WHERE e.\"timestamp\" BETWEEN '2026/03/10' AND '2026/03/11'",
        "SELECT * FROM events WHERE '2026/03/10' <= \"timestamp\"",
    ] {
        assert!(bound(sql, false, false).is_ok(), "{sql}");
    }
}

#[test]
fn a_named_table_is_events_wherever_its_name_stands() {
    let relation = EVENTS.strip_prefix("events AS ").unwrap();
    let named = |sql: &str, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        bound_as(sql, true, false, &crate::plan::pasted::names_of_events(&names).unwrap())
            .map(|sql| sql.text().to_owned())
    };
    let logs = format!("WITH \"logs\" AS {relation}\n");
    for (sql, names, expected) in [
        ("SELECT 1 FROM logs", &["logs"][..], format!("{logs}SELECT 1 FROM logs")),
        ("SELECT 1 FROM x.Logs l", &["Db.\"LOGS\""], format!("{logs}SELECT 1 FROM   Logs l")),
        (
            "SELECT \"d\".\"logs\".eventname FROM c.\"d\".\"logs\"",
            &["logs"],
            format!("{logs}SELECT     \"logs\".eventname FROM       \"logs\""),
        ),
        (
            "SELECT 1 FROM db.cloudtrail",
            &["cloudtrail"],
            format!("WITH \"cloudtrail\" AS {relation}\nSELECT 1 FROM    cloudtrail"),
        ),
        ("SELECT 1 FROM d.events", &["d.events"], format!("WITH {EVENTS}\nSELECT 1 FROM   events")),
        (
            "WITH logs AS (SELECT * FROM events) SELECT 1 FROM logs",
            &["logs"],
            format!("WITH {EVENTS},\n    logs AS (SELECT * FROM events) SELECT 1 FROM logs"),
        ),
    ] {
        assert_eq!(named(sql, names).unwrap(), expected, "{sql}");
    }
    let twice = "WITH logs AS (SELECT * FROM d.logs) SELECT 1 FROM logs";
    assert_eq!(named(twice, &["logs"]), Err(BindingError::NamedTwice("logs".to_owned())));
    assert_eq!(bound("SELECT * FROM other.logs", true, false), Err(BindingError::WindowUnused));
}

#[test]
fn values_go_to_athena_as_what_they_are() {
    let sql = "SELECT ?, ?, ?, ?, ?, ? -- ?";
    let given = ["42", "root", "'it''s'", "O'Brien", "", "DATE '2026-01-01' -- x"].map(str::to_owned);
    let names = TableNames::default();
    let pasted = Pasted::of(sql, &given).unwrap();
    let bound = bind(&pasted, &relations(false, false, &names, &Accounts::default())).unwrap();
    assert_eq!(bound.params(), ["42", "'root'", "'it''s'", "'O''Brien'", "''", "DATE '2026-01-01'"]);
    assert_eq!(bound.text(), sql.trim_end_matches(" -- ?"));
    let pasted = Pasted::of("SELECT ?", &["x".repeat(1_023)]).unwrap();
    let long = bind(&pasted, &relations(false, false, &names, &Accounts::default()));
    assert_eq!(long, Err(BindingError::ValueTooLong(1, 1_025)));
}

#[test]
fn views_are_bound_behind_the_relations_that_they_read() {
    let view = |name: &str, body: &str, reads: &str| View {
        name: name.to_owned(),
        description: String::new(),
        columns: Vec::new(),
        sql: body.to_owned(),
        body: body.to_owned(),
        reads: [reads.to_owned()].into(),
        origin: Origin::Shipped(String::new()),
    };
    let views = Views::new(vec![
        view("calls", "SELECT eventname AS action FROM events", "events"),
        view("people", "SELECT name FROM accounts", "accounts"),
    ]);
    let (names, accounts) = (names_of_events(&[]).unwrap(), Accounts::default());
    let bound = |sql: &str, windowed: bool| {
        let relations = Relations { views: &views, ..relations(windowed, false, &names, &accounts) };
        bind(&Pasted::of(sql, &[]).unwrap(), &relations).map(|sql| sql.text().to_owned())
    };
    let text = bound("WITH own AS (SELECT action FROM calls) SELECT action FROM own", true).unwrap();
    let order = ["events AS (", "calls AS (\nSELECT eventname AS action FROM events\n)", "own AS ("];
    let places = order.map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}")));
    assert!(places.is_sorted(), "{text}");
    assert!(!text.contains("people AS"), "{text}");
    // The days of a table that is read through a view are not all read either.
    assert_eq!(bound("SELECT action FROM calls", false), Err(BindingError::EveryDay));
    // A query of the statement's own and a column's name are no views.
    for own in ["WITH calls AS (SELECT 1 AS action) SELECT action FROM calls", "SELECT 1 AS calls"] {
        assert_eq!(bound(own, false).as_deref(), Ok(own));
    }
    // A table that lacks what views read is completed, for them alone.
    let older = |sql: &str| {
        let relations = Relations {
            views: &views,
            for_views: Some("a, CAST(NULL AS varchar) AS b"),
            ..relations(true, false, &names, &accounts)
        };
        bind(&Pasted::of(sql, &[]).unwrap(), &relations).unwrap().text().to_owned()
    };
    assert!(older("SELECT action FROM calls").contains("SELECT a, CAST(NULL AS varchar) AS b FROM"));
    assert!(older("SELECT a FROM events").contains("SELECT * FROM"));
    assert!(reads("SELECT name FROM people", "accounts", &views));
    assert!(!reads("SELECT action FROM calls", "accounts", &views));
}

#[test]
fn a_data_store_is_our_table_with_its_types() {
    let pasted =
        Pasted::of("SELECT eventID FROM $EDS_ID WHERE eventTime > '2026-03-10 12:00:00'", &[]).unwrap();
    let names = pasted.data_stores().iter().fold(TableNames::default(), |names, name| names.and(name));
    let accounts = Accounts::default();
    let bound = bind(&pasted, &relations(true, false, &names, &accounts)).unwrap();
    let text = bound.text();
    assert!(text.contains("\"eds____\" AS (SELECT \"eventversion\", \"useridentity\", CAST(from_iso8601_timestamp(eventtime)"), "{text}");
    assert!(text.contains("FROM \"db\".\"cloudtrail\" WHERE \"timestamp\" BETWEEN '2026/03/10'"), "{text}");
    assert!(text.ends_with("FROM eds____ WHERE eventTime > timestamp '2026-03-10 12:00:00'"), "{text}");
}
