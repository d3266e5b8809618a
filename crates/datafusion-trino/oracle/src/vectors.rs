//! The vectors, each as an expression of its own: what Trino says today counts, not what the list states.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{Comparison, KnownDifferences, Options, Oracle, Order, for_trino, judge, local};

/// Compares all vectors of the crate, or those of one file.
pub async fn run(oracle: &mut Oracle, options: &Options, file: Option<&Path>) -> Comparison {
    let known = KnownDifferences::read().expect("the list can be read");
    let context = local::session();
    let mut found = Comparison {
        title: "vectors".to_owned(),
        about: "expressions of Trino's own tests and documentation, and their expected values".to_owned(),
        ..Comparison::default()
    };
    for expression in expressions(file) {
        let sql = format!("SELECT {expression}");
        let trino = oracle.ask(&for_trino(&sql), "default", Some(local::NOW)).expect("Trino runs");
        let ours = local::ask(&context, &sql, local::NOW).await;
        judge(&mut found, &known, &sql, &trino, &ours, Order::Any, options.all);
    }
    found
}

fn expressions(file: Option<&Path>) -> BTreeSet<String> {
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
    if let Some(file) = file {
        add(file);
        return all;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for entry in fs::read_dir(folder).expect("the vectors are there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "csv") && !path.ends_with("known.csv") {
            add(&path);
        }
    }
    all
}
