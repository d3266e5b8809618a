//! What to compare, from the command line.

use std::{env, path::PathBuf};

/// A part of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Expressions with stated answers.
    Vectors,
    /// Queries as people write them.
    Body,
    /// The shipped detections.
    Detections,
    /// Generated expressions and queries.
    Fuzz,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// In this order.
    pub parts: Vec<Part>,
    /// Generated statements.
    pub cases: u64,
    /// Generate for so long instead, in seconds.
    pub seconds: Option<u64>,
    /// Where generation begins.
    pub seed: u64,
    /// Directories with real records.
    pub data: Vec<PathBuf>,
    /// A directory of further queries, one a file.
    pub queries: Option<PathBuf>,
    /// A file of further vectors: expression, expected, …
    pub vectors: Option<PathBuf>,
    /// Where to leave the detections' statements, relations and rows for another engine.
    pub export: Option<PathBuf>,
    /// Whether to write `docs/fidelity.md`.
    pub write: bool,
    /// Whether to tell every difference, also those that are known.
    pub all: bool,
}

impl Options {
    /// As the command line says.
    pub fn of_arguments() -> Result<Self, String> {
        let mut options = Self {
            parts: Vec::new(),
            cases: 3_000,
            seconds: None,
            seed: 1,
            data: Vec::new(),
            queries: None,
            vectors: None,
            export: None,
            write: false,
            all: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "vectors" => options.parts.push(Part::Vectors),
                "queries" => options.parts.push(Part::Body),
                "detections" => options.parts.push(Part::Detections),
                "fuzz" => options.parts.push(Part::Fuzz),
                "--cases" => options.cases = number(&value()?)?,
                "--seconds" => options.seconds = Some(number(&value()?)?),
                "--seed" => options.seed = number(&value()?)?,
                "--data" => options.data.push(value()?.into()),
                "--queries" => options.queries = Some(value()?.into()),
                "--vectors" => options.vectors = Some(value()?.into()),
                "--export" => options.export = Some(value()?.into()),
                "--write" => options.write = true,
                "--all" => options.all = true,
                other => {
                    return Err(format!(
                        "unknown argument `{other}`: parts are vectors, queries, detections, fuzz; options --cases N, \
                         --seconds N, --seed N, --data DIR, --queries DIR, --vectors FILE, --export DIR, --write, --all"
                    ));
                }
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![Part::Vectors, Part::Body, Part::Detections, Part::Fuzz];
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}
