//! The records of a result, one at a time: from its object, or by pages where there is none.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
};

use super::candidates::RECORD;
use crate::{
    aws::{AwsError, athena::Statements},
    engine::NoAnswer,
    s3::fetch::{Unfetched, fetch},
};

/// Why records were not taken.
#[derive(Debug)]
pub(super) enum Untaken {
    /// The result is not there any more.
    Gone,
    /// The service refuses.
    Refused(AwsError),
    /// It is of no use, or whoever takes the records has enough.
    NoAnswer(NoAnswer),
}

pub(super) fn unanswered(reason: String, hint: &str) -> NoAnswer {
    NoAnswer { reason, hint: Some(hint.to_owned()) }
}

fn uncopied(error: io::Error) -> Untaken {
    let hint = "give the temporary directory more room";
    Untaken::NoAnswer(unanswered(format!("a result of Athena cannot be kept: {error}"), hint))
}

/// Gives each record of a result to `take`.
pub(super) async fn each(
    statements: &Statements,
    id: &str,
    object: Option<&str>,
    take: &mut impl FnMut(&[u8]) -> Result<(), NoAnswer>,
) -> Result<(), Untaken> {
    let Some(url) = object else { return by_pages(statements, id, take).await };
    let mut copy = tempfile::tempfile().map_err(uncopied)?;
    fetch(url, &mut copy).await.map_err(|error| match error {
        Unfetched::Gone => Untaken::Gone,
        Unfetched::Failed(reason) => {
            let hint = "allow the role to read where the workgroup puts results";
            Untaken::NoAnswer(unanswered(format!("the result `{url}` cannot be read: {reason}"), hint))
        }
    })?;
    of_csv(copy, url, take)
}

async fn by_pages(
    statements: &Statements,
    id: &str,
    take: &mut impl FnMut(&[u8]) -> Result<(), NoAnswer>,
) -> Result<(), Untaken> {
    let mut token = None;
    loop {
        let first = token.is_none();
        let (rows, next) = statements.page(id, token).await.map_err(|error| {
            // Nothing of it was taken yet.
            if first && error.is_of_lost_result() { Untaken::Gone } else { Untaken::Refused(error) }
        })?;
        let mut records = rows.iter().flatten();
        records.try_for_each(|record| take(record.as_bytes())).map_err(Untaken::NoAnswer)?;
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
) -> Result<(), Untaken> {
    let broken =
        |what: &str| Untaken::NoAnswer(unanswered(format!("the result `{url}` {what}"), "run it again"));
    // A result that broke off would pass for a whole one: every row ends with a line's end.
    let mut last = [0];
    let whole =
        copy.seek(SeekFrom::End(-1)).and_then(|_| copy.read_exact(&mut last)).is_ok() && last == *b"\n";
    if !whole {
        return Err(broken("is not whole"));
    }
    copy.seek(SeekFrom::Start(0)).map_err(uncopied)?;
    let mut copy = BufReader::new(copy);
    let mut header = String::new();
    copy.read_line(&mut header).map_err(uncopied)?;
    if header.trim_end().trim_matches('"') != RECORD {
        return Err(broken("has other columns than were asked for"));
    }
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(copy);
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(|_| broken("is not CSV"))? {
        take(row.get(0).unwrap_or_default()).map_err(Untaken::NoAnswer)?;
    }
    Ok(())
}
