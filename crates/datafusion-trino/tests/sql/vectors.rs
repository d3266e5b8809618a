//! Expressions with the answers that Athena's engine family gives for them, from `tests/vectors/`.
//!
//! Every vector runs. Those we answer differently are listed in `known.csv` with the reason; one that is
//! listed
//! and passes fails the test, so the list can only shrink knowingly.

use std::collections::BTreeMap;
use std::path::Path;

use datafusion::prelude::SessionContext;

use crate::common::{run, session};

#[derive(Debug)]
struct Vector {
    family: String,
    expression: String,
    expected: String,
    kind: String,
}

fn read(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(path).unwrap().records().map(|record| record.unwrap()).collect()
}

fn vectors(folder: &Path) -> Vec<Vector> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|e| e == "csv") && !file.ends_with("known.csv"));
    let mut found = Vec::new();
    for file in files {
        let family = file.file_stem().unwrap().to_string_lossy().into_owned();
        found.extend(read(&file).iter().map(|record| Vector {
            family: family.clone(),
            expression: record[0].to_string(),
            expected: record[1].to_string(),
            kind: record[2].to_string(),
        }));
    }
    found
}

async fn value(context: &SessionContext, expression: &str) -> Result<Option<String>, String> {
    let rows = run(context, &format!("SELECT {expression}")).await.map_err(|error| error.to_string())?;
    let cell = rows.get(1).map(|row| row[0].clone()).ok_or("no row")?;
    Ok((cell != "∅").then_some(cell))
}

/// Rows are written like arrays in the vectors, and without field names.
fn flattened(text: &str) -> String {
    let text = text.replace('{', "[").replace('}', "]");
    let text = regex::Regex::new(r"([\[ ])\w+=").unwrap().replace_all(&text, "$1").into_owned();
    // Numbers as numbers: the vectors write them as programs do.
    let number = regex::Regex::new(r"-?\d+\.\d+(E-?\d+)?").unwrap();
    number
        .replace_all(&text, |found: &regex::Captures| found[0].parse::<f64>().unwrap().to_string())
        .into_owned()
}

/// `None` if the vector passes, else what came instead.
async fn difference(context: &SessionContext, vector: &Vector) -> Option<String> {
    let got = value(context, &vector.expression).await;
    let expected = vector.expected.as_str();
    let passes = match (vector.kind.as_str(), &got) {
        ("error", Err(error)) => {
            let class = |text: &str| {
                text.split_whitespace()
                    .find(|word| word.len() > 8 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
                    .map(String::from)
            };
            class(expected).is_none_or(|class| error.contains(&class))
        }
        (_, Err(_)) | ("error", _) => false,
        ("null", Ok(got)) => got.is_none(),
        ("number", Ok(Some(got))) if vector.expression.to_lowercase().contains("real") => {
            got.parse::<f32>().ok() == expected.parse::<f32>().ok() || got == expected
        }
        ("number", Ok(Some(got))) => match (got.parse::<f64>(), expected.parse::<f64>()) {
            (Ok(got), Ok(expected)) => got == expected || got.is_nan() && expected.is_nan(),
            _ => got == expected,
        },
        ("array", Ok(Some(got))) => flattened(got) == flattened(expected),
        ("sql", Ok(got)) => match value(context, expected).await {
            Ok(expected) => *got == expected,
            Err(error) => return Some(format!("the expected value fails: {error}")),
        },
        (_, Ok(got)) => got.as_deref() == Some(expected),
    };
    (!passes).then(|| match got {
        Ok(got) => format!("gives {}", got.unwrap_or_else(|| "NULL".into())),
        Err(error) => error,
    })
}

#[tokio::test]
async fn vectors_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let known: BTreeMap<String, String> =
        read(&folder.join("known.csv")).iter().map(|r| (r[0].to_string(), r[1].to_string())).collect();
    let context = session();
    let (mut passed, mut differ, mut report) = (0, 0, Vec::new());
    let mut unused: Vec<&str> = known.keys().map(String::as_str).collect();
    for vector in vectors(&folder) {
        let difference = difference(&context, &vector).await;
        let listed = known.contains_key(&vector.expression);
        unused.retain(|expression| *expression != vector.expression);
        match difference {
            None if listed => {
                report.push(format!("passes now, take it off known.csv: {}", vector.expression))
            }
            None => passed += 1,
            Some(_) if listed => differ += 1,
            Some(got) => report.push(format!(
                "[{}] {}\n    expected {} {}\n    {got}",
                vector.family, vector.expression, vector.kind, vector.expected
            )),
        }
    }
    report.extend(
        unused
            .iter()
            .map(|expression| format!("known.csv lists an expression that is not a vector: {expression}")),
    );
    println!("{passed} vectors pass, {differ} are known to differ");
    assert!(
        report.is_empty(),
        "{}\n{} of {}",
        report.join("\n"),
        report.len(),
        passed + differ + report.len()
    );
}
