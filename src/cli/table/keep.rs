//! Plans and applies changes of the table, and prints them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{DdlOptions, Step, StepOptions, TableFormat};
use crate::{
    app::{
        table::ConfiguredTable,
        upkeep::{AccountSource, Planned, Wanted},
    },
    aws::athena::STATEMENT_BYTES,
    cli::{Exit, Outcome, load, output},
    domain::{account::AccountId, list::first_few, untrusted::visible},
    table::{Change, ddl},
};

pub(super) async fn run(step: Step) -> Outcome {
    match step {
        Step::Plan(options) => plan(&options, false).await,
        Step::Apply(options) => plan(&options, true).await,
        Step::Ddl(options) => statement(&options).await,
    }
}

async fn plan(options: &StepOptions, apply: bool) -> Outcome {
    let app = load::load_to_run(&options.config)?;
    let table = ConfiguredTable::of(&app.config).await?;
    let planned = match apply {
        false => table.plan(options.adopt).await?,
        true => table.apply(options.adopt).await?,
    };
    output::print(&match options.format {
        TableFormat::Text => text(&table.wanted, &planned, apply),
        TableFormat::Json => format!("{:#}", object(&table.wanted, &planned, apply)),
    })?;
    Ok(Exit::Done)
}

async fn statement(options: &DdlOptions) -> Outcome {
    let app = load::load_to_run(&options.config)?;
    let table = ConfiguredTable::of(&app.config).await?;
    let text = ddl(&table.wanted.table);
    if let Some(warning) = too_long(&text) {
        eprintln!("{warning}");
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// A warning if Athena would refuse the statement for its length.
fn too_long(text: &str) -> Option<String> {
    (text.len() > STATEMENT_BYTES).then(|| {
        format!(
            "warning: the statement has {} bytes, but Athena accepts at most {STATEMENT_BYTES}\n  hint: `trailbrief table \
             apply` creates the same table through Glue, which accepts it",
            text.len()
        )
    })
}

fn text(wanted: &Wanted, planned: &Planned, applied: bool) -> String {
    let table = &wanted.table;
    let mut text = format!("Table {}.{} over {}\n", table.database, table.name, table.location);
    let _ = writeln!(text, "  {}", wanted.layout);
    let covered = values(wanted, "projection.account.values").len();
    let from = match wanted.source {
        AccountSource::Organizations => "from Organizations",
        AccountSource::Configuration => "from the configuration",
        AccountSource::Bucket => "from the bucket's folders",
    };
    let _ = writeln!(text, "  accounts: {covered}, {from}");
    if !wanted.only_in_bucket.is_empty() {
        let ids: Vec<String> = wanted.only_in_bucket.iter().map(AccountId::to_string).collect();
        let _ = writeln!(text, "    unknown, but with logs: {}", first_few(&ids));
    }
    if !wanted.without_logs.is_empty() {
        let names: Vec<String> = wanted
            .without_logs
            .iter()
            .map(|account| format!("{} ({}, {})", account.id, visible(&account.name), account.state))
            .collect();
        let _ = writeln!(text, "    known, but without logs: {}", first_few(&names));
    }
    let _ = writeln!(text, "  regions: {}", values(wanted, "projection.region.values").join(", "));
    for (folder, reason) in &wanted.problems {
        let _ = writeln!(text, "  not listed: {}: {}", visible(folder), visible(reason));
    }
    for note in &wanted.notes {
        let _ = writeln!(text, "  note: {}", visible(note));
    }
    text.push('\n');
    if planned.is_empty() {
        text.push_str("The table is up to date.\n");
        return text;
    }
    if planned.without_database {
        let _ = writeln!(text, "  + database {}", table.database);
    }
    for change in &planned.difference.changes {
        let _ = writeln!(text, "  {}", line(change, table.columns.len()));
    }
    text.push_str(if applied { "\nDone.\n" } else { "\n`trailbrief table apply` makes these changes.\n" });
    text
}

/// A change as a line: `+` is added, `-` is removed, `~` is changed.
fn line(change: &Change, columns: usize) -> String {
    match change {
        Change::Create => format!("+ table with {columns} columns, partitioned by account, region and day"),
        Change::Value { what, from: None, to: Some(to) } => format!("+ {what} = {}", visible(to)),
        Change::Value { what, from: Some(from), to: None } => format!("- {what} = {}", visible(from)),
        Change::Value { what, from, to } => {
            let shown = |value: &Option<String>| visible(value.as_deref().unwrap_or_default());
            format!("~ {what}: {} → {}", shown(from), shown(to))
        }
        Change::List { what, added, removed } => {
            let part = |sign, values: &[String]| match values {
                [] => String::new(),
                values => format!("  {sign} {}", first_few(values)),
            };
            format!("~ {what}:{}{}", part('+', added), part('-', removed))
        }
    }
}

fn values<'a>(wanted: &'a Wanted, parameter: &str) -> Vec<&'a str> {
    let list = wanted.table.parameters.get(parameter).map_or("", String::as_str);
    list.split(',').filter(|value| !value.is_empty()).collect()
}

fn object(wanted: &Wanted, planned: &Planned, applied: bool) -> Value {
    let changes: Vec<Value> = planned
        .difference
        .changes
        .iter()
        .map(|change| match change {
            Change::Create => json!({"change": "create"}),
            Change::Value { what, from, to } => {
                json!({"change": "value", "what": what, "from": from, "to": to})
            }
            Change::List { what, added, removed } => {
                json!({"change": "list", "what": what, "added": added, "removed": removed})
            }
        })
        .collect();
    json!({
        "schema_version": 1,
        "database": wanted.table.database,
        "name": wanted.table.name,
        "location": wanted.table.location,
        "accounts": values(wanted, "projection.account.values"),
        "accounts_only_in_bucket": wanted.only_in_bucket.iter().map(AccountId::as_str).collect::<Vec<_>>(),
        "accounts_without_logs": wanted.without_logs.iter().map(|account| account.id.as_str()).collect::<Vec<_>>(),
        "regions": values(wanted, "projection.region.values"),
        "creates_database": planned.without_database,
        "changes": changes,
        "applied": applied,
        "problems": wanted.problems.iter()
            .map(|(folder, reason)| json!({"folder": folder, "reason": reason}))
            .collect::<Vec<_>>(),
        "notes": wanted.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_is_too_long_for_athena_gives_a_warning() {
        assert_eq!(too_long(&"x".repeat(262_144)), None);
        let warning = too_long(&"x".repeat(262_145)).unwrap();
        assert!(
            warning.contains("has 262145 bytes") && warning.contains("`trailbrief table apply`"),
            "{warning}"
        );
    }
}
