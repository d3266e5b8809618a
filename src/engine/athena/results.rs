//! The records of a result, one at a time: from its object, or by pages where there is none.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
};

use super::{candidates::RECORD, runner::EndedStatement};
use crate::{
    aws::{AwsError, athena::Statements},
    engine::NoAnswer,
    s3::fetch::{FetchError, fetch},
};

/// Why the records of a result were not read.
#[derive(Debug)]
pub(super) enum ResultError {
    /// The result does not exist any more.
    Gone,
    /// The service refuses.
    Refused(AwsError),
    /// It is unusable, or the reader of the records wants no more.
    NoAnswer(NoAnswer),
}

pub(super) fn unanswered(reason: String, hint: &str) -> NoAnswer {
    NoAnswer { reason, hint: Some(hint.to_owned()) }
}

fn cannot_copy(error: io::Error) -> ResultError {
    let hint = "give the temporary directory more room";
    ResultError::NoAnswer(unanswered(format!("a result of Athena cannot be stored: {error}"), hint))
}

/// Passes each record of a statement's result to `take`.
pub(super) async fn each(
    statements: &Statements,
    ended: &EndedStatement,
    take: &mut impl FnMut(&[u8]) -> Result<(), NoAnswer>,
) -> Result<(), ResultError> {
    let object = ended.outcome.as_ref().map_err(|no_answer| ResultError::NoAnswer(no_answer.clone()))?;
    let Some(url) = object else { return by_pages(statements, &ended.id, take).await };
    let mut copy = tempfile::tempfile().map_err(cannot_copy)?;
    fetch(url, &mut copy).await.map_err(|error| match error {
        FetchError::Gone => ResultError::Gone,
        FetchError::Failed(reason) => {
            let hint = "allow the role to read the workgroup's output location";
            ResultError::NoAnswer(unanswered(format!("the result `{url}` cannot be read: {reason}"), hint))
        }
    })?;
    of_csv(copy, url, take)
}

async fn by_pages(
    statements: &Statements,
    id: &str,
    take: &mut impl FnMut(&[u8]) -> Result<(), NoAnswer>,
) -> Result<(), ResultError> {
    let mut token = None;
    loop {
        let first = token.is_none();
        let (rows, next) = statements.page(id, token).await.map_err(|error| {
            // No record was read yet.
            if first && error.is_of_lost_result() { ResultError::Gone } else { ResultError::Refused(error) }
        })?;
        let mut records = rows.iter().flatten();
        records.try_for_each(|record| take(record.as_bytes())).map_err(ResultError::NoAnswer)?;
        token = next;
        if token.is_none() {
            return Ok(());
        }
    }
}

fn of_csv(
    mut copy: File,
    url: &str,
    take: &mut impl FnMut(&[u8]) -> Result<(), NoAnswer>,
) -> Result<(), ResultError> {
    let broken =
        |what: &str| ResultError::NoAnswer(unanswered(format!("the result `{url}` {what}"), "run it again"));
    // A truncated result would look complete; a complete one ends with a line feed.
    let mut last = [0];
    let complete =
        copy.seek(SeekFrom::End(-1)).and_then(|_| copy.read_exact(&mut last)).is_ok() && last == *b"\n";
    if !complete {
        return Err(broken("is incomplete"));
    }
    copy.seek(SeekFrom::Start(0)).map_err(cannot_copy)?;
    let mut copy = BufReader::new(copy);
    let mut header = String::new();
    copy.read_line(&mut header).map_err(cannot_copy)?;
    if header.trim_end().trim_matches('"') != RECORD {
        return Err(broken("has unexpected columns"));
    }
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(copy);
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(|_| broken("is not CSV"))? {
        take(row.get(0).unwrap_or_default()).map_err(ResultError::NoAnswer)?;
    }
    Ok(())
}
