//! The vectors, each as an expression of its own: what Trino says today counts, not what the list states.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    compare::{Order, difference, for_trino},
    known::Everything,
    options::Options,
    oracle::Oracle,
    ours,
    report::Found,
};

/// Compares all of them.
pub async fn run(oracle: &mut Oracle, options: &Options) -> Vec<Found> {
    let known = Everything::read().expect("the list can be read");
    let context = ours::session();
    let mut found = Found {
        title: "vectors".to_owned(),
        about: "expressions of Trino's own tests and documentation, and their expected values".to_owned(),
        ..Found::default()
    };
    for expression in expressions(options) {
        let sql = format!("SELECT {expression}");
        let trino = oracle.ask(&for_trino(&sql), "default", Some(ours::NOW)).expect("Trino runs");
        let ours = ours::ask(&context, &sql, ours::NOW).await;
        judge(&mut found, &known, &sql, &trino, &ours, Order::Any, options.all);
    }
    vec![found]
}

/// Counts one statement.
pub fn judge(
    found: &mut Found,
    known: &Everything,
    sql: &str,
    trino: &crate::oracle::Outcome,
    ours: &crate::oracle::Outcome,
    order: Order,
    all: bool,
) {
    if let Some(difference) = difference(trino, ours, order) {
        match known.reason(sql, &difference) {
            Some(reason) => {
                *found.known.entry(reason.to_owned()).or_default() += 1;
                if all {
                    found.notes.push(format!("known: {sql}\n    {difference}"));
                }
            }
            None => found.differences.push(format!("{sql}\n    {difference}")),
        }
        return;
    }
    let (Err(theirs), Err(ours)) = (trino, ours) else {
        found.same += 1;
        return;
    };
    found.refused += 1;
    let (class, place) = (theirs.class == ours.class, theirs.place == ours.place);
    found.same_class += u64::from(class);
    if theirs.place.is_some() {
        found.same_place.0 += u64::from(place);
        found.same_place.1 += 1;
    }
    if all && !(class && (place || theirs.place.is_none())) {
        found.notes.push(format!("{sql}\n    Trino: {theirs}\n    ours:  {ours}"));
    }
}

fn expressions(options: &Options) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut add = |path: &Path| {
        let mut list = csv::Reader::from_path(path).expect("a list of vectors");
        for record in list.records().map(|record| record.expect("a vector")) {
            all.insert(record[0].to_owned());
            if record.get(2) == Some("sql") || record.get(3) == Some("sql") {
                all.insert(record[1].to_owned());
            }
        }
    };
    if let Some(file) = &options.vectors {
        add(file);
        return all;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for entry in fs::read_dir(folder).expect("the vectors are there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "csv") && !path.ends_with("known.csv") {
            add(&path);
        }
    }
    all
}
