//! A record with the file that it lies in, and the columns that a pass adds to what it decodes.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array as _, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, RecordBatch,
            RecordBatchOptions, UInt32Array,
        },
        datatypes::{DataType, Field, Schema},
    },
    error::Result,
};
use hashbrown::HashMap;

use super::{DELIVERED_COLUMN, FILE_COLUMN, TIME_COLUMN, UPDATE_COLUMN, WANTED_COLUMN, worker::INDEX};
use crate::{
    domain::{
        delivery::{delivered, time_in_name},
        time::{Day, Timestamp},
    },
    engine::embedded::{
        reader::{EventBuilder, Partition, RawRecord, Values},
        source::{LogFile, PathPartition, layout},
    },
};

/// What a file's path says about the delivery of its records.
pub(super) struct Folder {
    /// The delivery day, as in the path; empty for a loose file.
    day: String,
    date: Option<Day>,
    /// The time in the file's name, or that at which an object store got the file, if that is later.
    arrived: Option<Timestamp>,
}

impl Folder {
    pub(super) fn of(file: &LogFile) -> Self {
        Self::new(file.partition.as_ref(), time_in_name(&file.path).max(file.stored))
    }

    /// Of a candidate of Athena, which carries the path of its file, and when S3 got the file if that counts.
    pub(super) fn of_path(path: &str, stored: Option<Timestamp>) -> Self {
        let segments: Vec<&str> = path.split('/').collect();
        Self::new(layout::partition(&segments).as_ref(), time_in_name(path).max(stored))
    }

    fn new(partition: Option<&PathPartition>, arrived: Option<Timestamp>) -> Self {
        let date = partition.map(|partition| partition.day);
        Self { day: date.map(Day::path).unwrap_or_default(), date, arrived }
    }

    /// When a record that happened at `time` was delivered.
    pub(super) fn delivered(&self, time: Timestamp) -> Timestamp {
        delivered(self.arrived, self.date, time)
    }
}

/// A record, and where it was found.
pub(super) struct Found<'a> {
    pub(super) file: &'a LogFile,
    pub(super) folder: &'a Folder,
    /// The path of the file.
    pub(super) path: &'a str,
    /// Whether the record itself carries the path, as a candidate of Athena does.
    pub(super) carries_path: bool,
    pub(super) record: &'a RawRecord<'a>,
    /// When it happened, and when it was delivered; `None` without a readable time.
    pub(super) times: Option<(Timestamp, Timestamp)>,
}

impl Found<'_> {
    /// Decodes the record. The partition columns come from the file's path; for a candidate of Athena from its own keys, for a
    /// loose file from the record.
    pub(super) fn append(&self, builder: &mut EventBuilder, values: &impl Values) {
        let json = self.record.json();
        if let Some(partition) = &self.file.partition {
            let (account, region) = (&partition.account, &partition.region);
            let timestamp = &self.folder.day;
            return builder
                .append(values, Partition { account, region, timestamp, path: self.path, record: json });
        }
        let record = self.record;
        let (account, region) = if self.file.holds_candidates { record.partition() } else { (None, None) };
        let account = account
            .or_else(|| record.text(INDEX.recipient).filter(|account| !account.is_empty()))
            .or_else(|| record.nested_text(INDEX.identity, "accountId").filter(|account| is_account(account)))
            .unwrap_or_default();
        let region = region.or_else(|| record.text(INDEX.region)).unwrap_or_default();
        // That of a candidate of Athena is the day of its folder.
        let carried = Some(&self.folder.day).filter(|day| self.carries_path && !day.is_empty()).cloned();
        let day = || self.times.map(|(time, _)| time.day().path());
        let day = carried.or_else(day).unwrap_or_default();
        let (account, region, timestamp) = (account.as_ref(), region.as_ref(), day.as_str());
        let partition = Partition { account, region, timestamp, path: self.path, record: json };
        builder.append(values, partition);
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The paths of files, each with its position.
#[derive(Debug, Default)]
pub struct Paths(HashMap<String, usize>);

impl Paths {
    /// The position of a path.
    pub(super) fn position(&mut self, path: &str) -> usize {
        let next = self.0.len();
        *self.0.entry_ref(path).or_insert(next)
    }

    /// Adds those of another thread, unless there are some: all candidates of Athena lie in one file, which one thread reads.
    pub(super) fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
        }
    }

    /// The paths by position; `None` if there is none.
    pub fn into_list(self) -> Option<Vec<String>> {
        let mut paths: Vec<_> = self.0.into_iter().collect();
        paths.sort_by_key(|(_, position)| *position);
        (!paths.is_empty()).then(|| paths.into_iter().map(|(path, _)| path).collect())
    }
}

/// What is known of each collected record besides its values.
#[derive(Default)]
pub(super) struct AddedColumns {
    /// When it happened.
    pub(super) times: Vec<Option<i64>>,
    /// When it was delivered.
    pub(super) delivered: Vec<Option<i64>>,
    /// The position of its file.
    pub(super) files: Vec<u32>,
    /// Whether it updates an earlier record.
    pub(super) updates: Vec<bool>,
}

impl AddedColumns {
    /// The batch with these columns, and with the questions that could need each record.
    pub(super) fn beside(self, batch: &RecordBatch, wanted: FixedSizeBinaryArray) -> Result<RecordBatch> {
        let rows = self.times.len();
        let added: [(&str, ArrayRef, bool); 5] = [
            (TIME_COLUMN, Arc::new(Int64Array::from(self.times)), true),
            (DELIVERED_COLUMN, Arc::new(Int64Array::from(self.delivered)), true),
            (FILE_COLUMN, Arc::new(UInt32Array::from(self.files)), false),
            (UPDATE_COLUMN, Arc::new(BooleanArray::from(self.updates)), false),
            (WANTED_COLUMN, Arc::new(wanted), false),
        ];
        let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
        let mut columns = batch.columns().to_vec();
        for (name, column, nullable) in added {
            let kind: DataType = column.data_type().clone();
            fields.push(Arc::new(Field::new(name, kind, nullable)));
            columns.push(column);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
    }
}
