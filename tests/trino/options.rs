//! What to compare, from the command line.

use std::{env, path::PathBuf};

/// The parts of the suite: expressions with stated answers, queries as people write them, the shipped detections, generated
/// statements.
const PARTS: &[&str] = &["vectors", "queries", "detections", "fuzz"];

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the crate's own suite takes, too.
    pub shared: datafusion_trino_oracle::Options,
    /// `--data DIR`: directories with real records.
    pub data: Vec<PathBuf>,
    /// `--queries DIR`: a directory of further queries, one a file.
    pub queries: Option<PathBuf>,
    /// `--vectors FILE`: further vectors: expression, expected, …
    pub vectors: Option<PathBuf>,
    /// `--export DIR`: where to leave the detections' statements, relations and rows for another engine.
    pub export: Option<PathBuf>,
    /// `--day N`: ask only a fifth of the detections over real records, another one each day; without it, all of them.
    pub day: Option<usize>,
    /// `--write`: whether to write `docs/fidelity.md`.
    pub write: bool,
}

impl Options {
    /// As the command line says.
    pub fn of_arguments() -> Result<Self, String> {
        let (mut data, mut queries, mut vectors, mut export) = (vec![], None, None, None);
        let (mut day, mut write) = (None, false);
        let shared = datafusion_trino_oracle::Options::read(env::args().skip(1), PARTS, |option, value| {
            match option {
                "--data" => data.push(value()?.into()),
                "--queries" => queries = Some(value()?.into()),
                "--vectors" => vectors = Some(value()?.into()),
                "--export" => export = Some(empty(value()?.into())?),
                "--day" => {
                    let text = value()?;
                    day = Some(text.parse().map_err(|_| format!("`--day {text}`: a number is needed"))?);
                }
                "--write" => write = true,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self { shared, data, queries, vectors, export, day, write })
    }
}

/// A folder that is empty or missing: what an earlier run left there would be mixed with what this one leaves.
fn empty(folder: PathBuf) -> Result<PathBuf, String> {
    let has_files = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if has_files {
        return Err(format!("`--export {}`: the folder is not empty; name another one", folder.display()));
    }
    Ok(folder)
}
