//! Where records lie: the values of partition columns, and what is known of their files.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::{
    array::{
        Array as _, ArrayRef, AsArray as _, Date32Array, Int64Array, RecordBatch, StringArray,
        TimestampMillisecondArray,
    },
    datatypes::{DataType, Int64Type, TimeUnit, UInt32Type},
};

use super::shape::Listed;
use crate::{
    domain::{
        cloudtrail::PATH_COLUMN,
        delivery::time_in_name,
        partition::{PartitionForm, PartitionType, PartitionValue, RecordPlace},
        time::Timestamp,
    },
    engine::embedded::{
        scan::{FILE_COLUMN, TIME_COLUMN},
        source::LogFile,
    },
};

/// A hidden column that tells something of a row's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileColumn {
    Path,
    Size,
    Modified,
    Partition,
}

impl FileColumn {
    /// The column of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            PATH_COLUMN => Self::Path,
            "$file_size" => Self::Size,
            "$file_modified_time" => Self::Modified,
            "$partition" => Self::Partition,
            _ => return None,
        })
    }

    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Path | Self::Partition => DataType::Utf8,
            Self::Size => DataType::Int64,
            Self::Modified => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
        }
    }
}

/// The zone of `"$file_modified_time"`.
const UTC: &str = "UTC";

/// The type of a partition column.
pub(super) fn data_type(form: &PartitionForm) -> DataType {
    match form.kind {
        PartitionType::Text => DataType::Utf8,
        PartitionType::Number => DataType::Int64,
        PartitionType::Date => DataType::Date32,
    }
}

/// Where the records of a batch lie.
pub(super) struct Places<'a> {
    batch: &'a RecordBatch,
    listed: Listed<'a>,
}

impl<'a> Places<'a> {
    pub(super) fn of(batch: &'a RecordBatch, listed: Listed<'a>) -> Self {
        Self { batch, listed }
    }

    /// The position of each row's file.
    fn files(&self) -> &[u32] {
        let files = self.batch.column_by_name(FILE_COLUMN).expect("a pass adds the column of files");
        files.as_primitive::<UInt32Type>().values()
    }

    fn text(&self, name: &str) -> &StringArray {
        self.batch.column_by_name(name).expect("a pass decodes partition columns for others").as_string()
    }

    /// A partition column of this form.
    pub(super) fn column(&self, form: &PartitionForm) -> ArrayRef {
        let [accounts, regions, days] = ["account", "region", "timestamp"].map(|name| self.text(name));
        let times = self.batch.column_by_name(TIME_COLUMN).expect("a pass adds the column of times");
        let times = times.as_primitive::<Int64Type>();
        let mut known: HashMap<u32, (Option<u32>, Option<&str>)> = HashMap::new();
        let values = self.files().iter().enumerate().map(|(row, at)| {
            let file = &self.listed.files[*at as usize];
            let (named, organization) =
                *known.entry(*at).or_insert_with(|| (hour_in_name(file), organization(file)));
            let of_event = || (!times.is_null(row)).then(|| hour(Timestamp::from_unix_s(times.value(row))));
            let given = |texts: &'_ StringArray| -> Option<String> {
                (!texts.is_null(row) && !texts.value(row).is_empty()).then(|| texts.value(row).to_owned())
            };
            let (account, region, day) = (given(accounts), given(regions), given(days));
            form.value(&RecordPlace {
                account: account.as_deref(),
                region: region.as_deref(),
                organization,
                day: day.as_deref(),
                hour: named.or_else(of_event),
            })
        });
        array(values, form.kind)
    }

    /// What is known of each row's file.
    pub(super) fn file_column(&self, column: FileColumn) -> ArrayRef {
        let files = self.files().iter().map(|at| &self.listed.files[*at as usize]);
        of_files(column, files, self.listed)
    }
}

/// What is known of these files.
pub(super) fn of_files<'a>(
    column: FileColumn,
    files: impl Iterator<Item = &'a LogFile>,
    listed: Listed<'_>,
) -> ArrayRef {
    let source = listed.source;
    match column {
        FileColumn::Path => {
            Arc::new(files.map(|file| Some(source.shown_path(&file.path))).collect::<StringArray>())
        }
        FileColumn::Partition => Arc::new(files.map(partition_name).collect::<StringArray>()),
        FileColumn::Size => {
            let mut sizes = HashMap::new();
            let size = |file: &'a LogFile| {
                let size = sizes
                    .entry(&file.path)
                    .or_insert_with(|| source.stored_bytes(std::slice::from_ref(file)));
                i64::try_from(*size).ok()
            };
            Arc::new(files.map(size).collect::<Int64Array>())
        }
        FileColumn::Modified => {
            let mut times = HashMap::new();
            let time = |file: &'a LogFile| {
                *times.entry(&file.path).or_insert_with(|| source.modified_ms(&file.path))
            };
            Arc::new(files.map(time).collect::<TimestampMillisecondArray>().with_timezone(UTC))
        }
    }
}

/// The values of the partition columns of files whose paths name their partition, as this form has them; `None` where only the
/// records show it.
pub(super) fn of_paths<'a>(form: &PartitionForm, files: impl Iterator<Item = &'a LogFile>) -> ArrayRef {
    let values = files.map(|file| {
        let partition = file.partition.as_ref()?;
        let day = partition.day.path();
        form.value(&RecordPlace {
            account: Some(&partition.account),
            region: Some(&partition.region),
            organization: organization(file),
            day: Some(&day),
            hour: hour_in_name(file),
        })
    });
    array(values, form.kind)
}

fn array(values: impl Iterator<Item = Option<PartitionValue>>, kind: PartitionType) -> ArrayRef {
    match kind {
        PartitionType::Text => {
            let text = |value| match value {
                Some(PartitionValue::Text(text)) => Some(text),
                _ => None,
            };
            Arc::new(values.map(text).collect::<StringArray>())
        }
        PartitionType::Number => {
            let number = |value| match value {
                Some(PartitionValue::Number(number)) => Some(number),
                _ => None,
            };
            Arc::new(values.map(number).collect::<Int64Array>())
        }
        PartitionType::Date => {
            let date = |value| match value {
                Some(PartitionValue::Date(days)) => Some(days),
                _ => None,
            };
            Arc::new(values.map(date).collect::<Date32Array>())
        }
    }
}

fn hour(time: Timestamp) -> u32 {
    u32::try_from(time.unix_s().rem_euclid(86_400) / 3_600).unwrap_or(0)
}

/// The hour in a file's name.
pub(super) fn hour_in_name(file: &LogFile) -> Option<u32> {
    time_in_name(&file.path).map(hour)
}

/// The organization's id in a file's path.
fn organization(file: &LogFile) -> Option<&str> {
    let is_id = |segment: &&str| segment.len() > 3 && segment.starts_with("o-");
    file.path.rsplit('/').skip(1).find(is_id)
}

/// The name of the partition that a file lies in, as Athena writes it.
fn partition_name(file: &LogFile) -> Option<String> {
    let partition = file.partition.as_ref()?;
    let day = partition.day.path().replace('/', "%2F");
    Some(format!("account={}/region={}/timestamp={day}", partition.account, partition.region))
}
