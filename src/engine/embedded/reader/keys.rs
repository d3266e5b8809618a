//! Which known key of a log record a JSON key is: a lookup without allocation, regardless of case.
//!
//! Slots `0..COLUMNS.len()` are the columns; the slots after them are keys that only show what kind
//! of document an object is. Knows names, never values.

use crate::domain::cloudtrail::{COLUMNS, PATH_COLUMN};

/// The list of records in a log file; Lambda's events of SQS and SNS have a list of the same name.
pub const RECORDS: usize = COLUMNS.len();
/// The list of events in the output of `aws cloudtrail lookup-events`, and of `aws logs filter-log-events`.
pub const EVENTS: usize = RECORDS + 1;
/// The list of messages in an object of a CloudWatch Logs subscription.
pub const LOG_EVENTS: usize = RECORDS + 2;
/// The list of messages in the output of `aws sqs receive-message`.
pub const MESSAGES: usize = RECORDS + 3;
/// The slots of lists; nothing but lists lies between them.
pub const LISTS: std::ops::RangeInclusive<usize> = RECORDS..=MESSAGES;
/// The record inside an EventBridge event.
pub const DETAIL: usize = RECORDS + 4;
/// The record as text inside an element of `lookup-events`.
pub const CLOUD_TRAIL_EVENT: usize = RECORDS + 5;
/// The text of a log event of CloudWatch Logs, and of an SNS envelope.
pub const MESSAGE: usize = RECORDS + 6;
/// The text of an SQS message.
pub const BODY: usize = RECORDS + 7;
/// The envelope inside an element of Lambda's SNS event.
pub const SNS: usize = RECORDS + 8;
/// Lambda's event of a CloudWatch Logs subscription; what it holds is encoded.
pub const AWSLOGS: usize = RECORDS + 9;
/// What a record of Kinesis holds, encoded.
pub const DATA: usize = RECORDS + 10;
/// Present in CloudTrail Insights events.
pub const INSIGHT_DETAILS: usize = RECORDS + 11;
/// Present in CloudTrail digest files.
pub const DIGEST_END_TIME: usize = RECORDS + 12;
/// Present in CloudTrail digest files.
pub const DIGEST_S3_OBJECT: usize = RECORDS + 13;
/// The account of the partition that a candidate of Athena lay in; its record may lack it.
pub const ACCOUNT: usize = RECORDS + 14;
/// The region of that partition.
pub const REGION: usize = RECORDS + 15;
/// The path of the file that a candidate of Athena lay in.
pub const PATH: usize = RECORDS + 16;
/// When S3 got that file, in seconds since 1970, if that counts as its delivery.
pub const STORED: usize = RECORDS + 17;
/// How many slots there are.
pub const SLOTS: usize = RECORDS + 18;

/// The key of a candidate with its partition's account; no record of CloudTrail has such a key.
pub const ACCOUNT_KEY: &str = "$account";
/// The key of a candidate with its partition's region; see [`ACCOUNT_KEY`].
pub const REGION_KEY: &str = "$region";
/// The key of a candidate with the time at which S3 got its file; see [`ACCOUNT_KEY`].
pub const STORED_KEY: &str = "$stored";

/// The slot of the column with the API call.
pub const EVENT_NAME: usize = column("eventname");
/// The slot of the column with who acted.
pub const USER_IDENTITY: usize = column("useridentity");
/// The slot of the column with the event's time.
pub const EVENT_TIME: usize = column("eventtime");
/// The slot of the column with the service.
pub const EVENT_SOURCE: usize = column("eventsource");
/// The slot of the column with the record's identity.
pub const EVENT_ID: usize = column("eventid");
/// The slot of the column that distinguishes API calls from service events and insights.
pub const EVENT_TYPE: usize = column("eventtype");
/// The slot of the column that distinguishes management events from data events and insights.
pub const EVENT_CATEGORY: usize = column("eventcategory");
/// The slot of the column with the record format's version.
pub const EVENT_VERSION: usize = column("eventversion");

const NONE: u8 = u8::MAX;
const TABLE_LEN: usize = 256;
const NAMES: [&[u8]; SLOTS] = names();
const TABLE: [u8; TABLE_LEN] = table();

/// The slot of a key as it is written between the quotes, without escapes.
#[inline]
#[must_use]
pub fn slot(key: &[u8]) -> Option<usize> {
    let mut at = hash(key);
    loop {
        let slot = TABLE[at];
        if slot == NONE {
            return None;
        }
        let name = NAMES[usize::from(slot)];
        if name.len() == key.len() && (name == key || name.eq_ignore_ascii_case(key)) {
            return Some(usize::from(slot));
        }
        at = (at + 1) % TABLE_LEN;
    }
}

/// Equal for keys that differ in case only.
#[inline]
const fn hash(key: &[u8]) -> usize {
    if key.is_empty() {
        return 0;
    }
    let first = (key[0] | 0x20) as usize;
    let middle = (key[key.len() / 2] | 0x20) as usize;
    let last = (key[key.len() - 1] | 0x20) as usize;
    (key.len() * 7 + first * 31 + middle * 13 + last * 3) % TABLE_LEN
}

const fn names() -> [&'static [u8]; SLOTS] {
    let mut names: [&[u8]; SLOTS] = [b""; SLOTS];
    let mut at = 0;
    while at < COLUMNS.len() {
        names[at] = COLUMNS[at].json_key.as_bytes();
        at += 1;
    }
    names[RECORDS] = b"Records";
    names[EVENTS] = b"Events";
    names[LOG_EVENTS] = b"logEvents";
    names[MESSAGES] = b"Messages";
    names[DETAIL] = b"detail";
    names[CLOUD_TRAIL_EVENT] = b"CloudTrailEvent";
    names[MESSAGE] = b"message";
    names[BODY] = b"body";
    names[SNS] = b"Sns";
    names[AWSLOGS] = b"awslogs";
    names[DATA] = b"Data";
    names[INSIGHT_DETAILS] = b"insightDetails";
    names[DIGEST_END_TIME] = b"digestEndTime";
    names[DIGEST_S3_OBJECT] = b"digestS3Object";
    names[ACCOUNT] = ACCOUNT_KEY.as_bytes();
    names[REGION] = REGION_KEY.as_bytes();
    names[PATH] = PATH_COLUMN.as_bytes();
    names[STORED] = STORED_KEY.as_bytes();
    names
}

const fn table() -> [u8; TABLE_LEN] {
    let mut table = [NONE; TABLE_LEN];
    let mut slot = 0;
    while slot < SLOTS {
        let mut at = hash(NAMES[slot]);
        while table[at] != NONE {
            at = (at + 1) % TABLE_LEN;
        }
        table[at] = slot as u8;
        slot += 1;
    }
    table
}

/// The index of a column; a name that is not a column does not compile.
const fn column(name: &str) -> usize {
    let mut at = 0;
    while at < COLUMNS.len() {
        if same(COLUMNS[at].name.as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("not a column of events")
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_in_any_case() {
        for (slot_wanted, name) in NAMES.iter().enumerate() {
            assert_eq!(slot(name), Some(slot_wanted));
            assert_eq!(slot(&name.to_ascii_lowercase()), Some(slot_wanted));
            assert_eq!(slot(&name.to_ascii_uppercase()), Some(slot_wanted));
        }
        for unknown in [&b""[..], b"x", b"eventNamf", b"@timestamp", b"p_event_time", b"detail-type"] {
            assert_eq!(slot(unknown), None);
        }
    }
}
