//! Delivery: events become files, as an organization trail and a second trail would write them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::{
    START,
    organization::{Account, MANAGEMENT, ORGANIZATION, WEB_SHOP},
    random::Random,
    scribe::Event,
};
use crate::domain::time::{Span, Timestamp};

/// A file is closed every five minutes and written two to five minutes later.
const SLOT: Span = Span::from_s(300);
const WRITTEN_AFTER_S: std::ops::Range<i64> = 120..300;

/// The share of files that a second trail delivers, too, in percent.
const TWO_TRAILS: u64 = 5;

/// The truncated file is the first of this account with this many records, on the second day.
const TRUNCATED_RECORDS: usize = 8;

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delivered {
    /// Log files.
    pub(super) files: u64,
    /// Events, each counted once.
    pub(super) events: u64,
}

/// Writes the files of all events below `logs`, the folder `AWSLogs`.
///
/// # Errors
///
/// If a file cannot be written.
pub(super) fn deliver(logs: &Path, mut events: Vec<Event>, random: &mut Random) -> io::Result<Delivered> {
    events.sort_by(|a, b| (a.at, &a.record["eventID"].as_str()).cmp(&(b.at, &b.record["eventID"].as_str())));
    let mut delivered = Delivered { files: 0, events: events.len() as u64 };
    let mut slots: BTreeMap<(Timestamp, &str, String), Vec<Event>> = BTreeMap::new();
    for event in events {
        let closes = event.handed_over.floor(SLOT).plus(SLOT);
        let region = event.record["awsRegion"].as_str().unwrap_or("us-east-1").to_owned();
        slots.entry((closes, event.account.id, region)).or_default().push(event);
    }
    let second_day = START.plus(Span::DAY);
    let (mut names, mut truncated) = (BTreeSet::new(), false);
    for ((closes, account, region), events) in slots {
        let cut = !truncated
            && closes > second_day
            && account == WEB_SHOP.id
            && events.len() >= TRUNCATED_RECORDS
            && !events.iter().any(|event| event.planted);
        truncated |= cut;
        let mut records = Vec::with_capacity(events.len());
        for event in events {
            records.extend(event.twice.then(|| event.record.clone()));
            records.push(event.record);
        }
        random.shuffle(&mut records);
        let mut bytes = gzip(&records)?;
        if cut {
            bytes.truncate(bytes.len() * 3 / 5);
        }
        let copies = if !cut && random.percent(TWO_TRAILS) { 2 } else { 1 };
        for _ in 0..copies {
            let at = closes.plus(Span::from_s(random.within(WRITTEN_AFTER_S)));
            let folder =
                logs.join(ORGANIZATION).join(account).join("CloudTrail").join(&region).join(at.day().path());
            let name = loop {
                let name = file_name(account, &region, at, random);
                if names.insert(name.clone()) {
                    break name;
                }
            };
            write(&folder, &name, &bytes)?;
            delivered.files += 1;
        }
    }
    others(logs, random)?;
    Ok(delivered)
}

/// What lies beside the logs of an organization: CloudTrail's own digests and Insights events.
fn others(logs: &Path, random: &mut Random) -> io::Result<()> {
    let Account { id, .. } = MANAGEMENT;
    let own = logs.join(ORGANIZATION).join(id);
    let digest = json!({
        "awsAccountId": id,
        "digestStartTime": "2026-03-10T11:00:00Z",
        "digestEndTime": "2026-03-10T12:00:00Z",
        "digestS3Bucket": super::organization::LOG_BUCKET,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "logFiles": []
    });
    let name = format!("{id}_CloudTrail-Digest_us-east-1_organization_us-east-1_20260310T120000Z.json.gz");
    write(&own.join("CloudTrail-Digest/us-east-1/2026/03/10"), &name, &compressed(&digest)?)?;
    let insight = json!({
        "eventVersion": "1.07",
        "eventTime": "2026-03-10T22:06:00Z",
        "awsRegion": "us-east-1",
        "eventID": random.uuid(),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": id,
        "sharedEventID": random.uuid(),
        "insightDetails": {
            "state": "Start",
            "eventSource": "iam.amazonaws.com",
            "eventName": "ListRoles",
            "insightType": "ApiCallRateInsight"
        },
        "eventCategory": "Insight"
    });
    let name = format!("{id}_CloudTrail-Insight_us-east-1_20260310T2230Z_Wq3nVbT7yLr2KdXe.json.gz");
    write(&own.join("CloudTrail-Insight/us-east-1/2026/03/10"), &name, &gzip(&[insight])?)
}

fn file_name(account: &str, region: &str, at: Timestamp, random: &mut Random) -> String {
    let unique = random.word("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 16);
    format!("{account}_CloudTrail_{region}_{}_{unique}.json.gz", at.to_utc().format("%Y%m%dT%H%MZ"))
}

fn gzip(records: &[Value]) -> io::Result<Vec<u8>> {
    compressed(&json!({ "Records": records }))
}

fn compressed(value: &Value) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut encoder, value)?;
    encoder.finish()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), bytes)
}
