//! What a record says, as one number: two deliveries of an event have the same content, whatever file they lie in.

use std::{
    hash::{BuildHasher, Hasher as _},
    sync::LazyLock,
};

use hashbrown::DefaultHashBuilder;

use crate::{domain::cloudtrail::COLUMNS, engine::embedded::reader::RawRecord};

/// The columns that make up the content of an event: who called what, when, from where, with which parameters, and whether it
/// failed. Athena's statements compare the same columns.
pub const IDENTIFYING: [&str; 9] = [
    "eventtime",
    "eventsource",
    "eventname",
    "awsregion",
    "sourceipaddress",
    "errorcode",
    "requestid",
    "useridentity",
    "requestparameters",
];

static INDICES: LazyLock<[usize; IDENTIFYING.len()]> = LazyLock::new(|| {
    IDENTIFYING.map(|name| COLUMNS.iter().position(|column| column.name == name).expect("it is a column"))
});

/// A hash of the values of [`IDENTIFYING`]: of their JSON without white space, in the order of their keys.
///
/// A key that is null counts as absent. The hash holds for one pass: `hasher` begins with other numbers in every process.
pub fn content(record: &RawRecord<'_>, hasher: &DefaultHashBuilder) -> u64 {
    let mut hash = hasher.build_hasher();
    for column in *INDICES {
        let value = record.compact(column).unwrap_or_default();
        hash.write_usize(value.len());
        hash.write(&value);
    }
    hash.finish()
}
