//! `[athena]`: how Athena is used where there is a table.

use super::{Sourced, load::sourced};
use crate::{
    domain::time::Span,
    library::{Lint, Table},
};

/// `[athena]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AthenaConfig {
    /// `athena.workgroup`.
    pub workgroup: Sourced<String>,
    /// `athena.output`: where results go.
    pub output: Sourced<ResultPlace>,
    /// `athena.concurrency`: statements that run at once.
    pub concurrency: Sourced<u64>,
    /// `athena.partitions`: partitions that one statement may list.
    pub partitions: Sourced<u64>,
    /// `athena.candidates`: candidates that a pack may have.
    pub candidates: Sourced<u64>,
    /// `athena.timeout`: how long the statements of a pack may take.
    pub timeout: Sourced<Span>,
}

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// Where the workgroup says.
    Workgroup,
    /// Below this address of S3.
    At(String),
}

/// Athena's own limit of what one query reads.
const MOST_PARTITIONS: u64 = 1_000_000;

/// Reads the table; `None` gives the defaults.
pub(super) fn read(given: Option<Table<'_>>) -> AthenaConfig {
    let table = given.as_ref();
    let take = |key| table.and_then(|table| table.take(key));
    let count = |key: &'static str, default: u64, most: u64| {
        let Some((item, table)) = take(key).zip(table) else { return Sourced::default(default) };
        match item.count() {
            Some(at) if (1..=most).contains(&at.value) => sourced(at),
            Some(at) => {
                let message = format!("`athena.{key}` is between 1 and {most}, not {}", at.value);
                table.report().error(Lint::BadValue, at.place, message);
                Sourced::default(default)
            }
            None => Sourced::default(default),
        }
    };
    let workgroup = take("workgroup").and_then(|item| item.text()).map(sourced);
    let output = take("output").and_then(|item| item.text()).and_then(|output| {
        if output.value.starts_with("s3://") && output.value.len() > "s3://".len() {
            let place = ResultPlace::At(output.value.trim_end_matches('/').to_owned() + "/");
            return Some(sourced(crate::library::At { value: place, place: output.place }));
        }
        if let Some(table) = table {
            let message =
                format!("`athena.output` is a place such as `s3://bucket/prefix/`, not `{}`", output.value);
            table.report().error(Lint::BadValue, output.place, message);
        }
        None
    });
    let config = AthenaConfig {
        workgroup: workgroup.unwrap_or_else(|| Sourced::default("primary".to_owned())),
        output: output.unwrap_or(Sourced::default(ResultPlace::Workgroup)),
        concurrency: count("concurrency", 4, 100),
        partitions: count("partitions", 50_000, MOST_PARTITIONS),
        candidates: count("candidates", 200_000, 10_000_000),
        timeout: take("timeout")
            .and_then(|item| item.parsed::<Span>())
            .map_or_else(|| Sourced::default(Span::from_s(1_200)), sourced),
    };
    if let Some(table) = given {
        table.finish();
    }
    config
}
