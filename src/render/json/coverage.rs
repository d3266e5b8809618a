//! What a run covered, as JSON; keys as in `schema_version` 1.

use serde::Serialize;

use super::WindowV1;
use crate::domain::{brief::Brief, detection::DetectionId};

/// What a run covered, in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(super) struct CoverageV1<'a> {
    detections_answered: u64,
    detections_unanswered: u64,
    idle: Vec<IdleV1<'a>>,
    nothing_to_read: Option<NothingToReadV1<'a>>,
    baseline: BaselineV1,
    packs_left_out: Vec<PackV1<'a>>,
    accounts_seen: &'a [String],
    accounts_silent: &'a [String],
    accounts_missing: &'a [String],
    accounts_unknown: &'a [String],
    regions_seen: &'a [String],
    regions_silent: &'a [String],
    regions_missing: Vec<MissingRegionV1<'a>>,
    days_silent: &'a [String],
    folders_skipped: Vec<FolderV1<'a>>,
    events_without_time: u64,
    events_too_late: Vec<AccountEventsV1<'a>>,
    files_passed_over: u64,
    folders_unlisted: u64,
    delivered_until: Option<String>,
    events_sharing_id: u64,
    drift: Vec<DriftV1<'a>>,
    skipped: Vec<WindowV1>,
    searched_until: Option<String>,
}

#[derive(Serialize)]
struct AccountEventsV1<'a> {
    account: &'a str,
    events: u64,
}

#[derive(Serialize)]
struct MissingRegionV1<'a> {
    account: &'a str,
    region: &'a str,
    last_file: String,
}

#[derive(Serialize)]
struct DriftV1<'a> {
    what: &'a str,
    records: u64,
    example: &'a str,
    detections: Vec<&'a str>,
}

#[derive(Serialize)]
struct IdleV1<'a> {
    detection: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct NothingToReadV1<'a> {
    since: String,
    detections: Vec<UnreadV1<'a>>,
}

#[derive(Serialize)]
struct UnreadV1<'a> {
    detection: &'a str,
    sources: &'a [String],
    data_events: bool,
}

#[derive(Serialize)]
struct BaselineV1 {
    since: Option<String>,
    learns_until: Option<String>,
    habits: u64,
    left_out: u64,
}

#[derive(Serialize)]
struct FolderV1<'a> {
    folder: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct PackV1<'a> {
    pack: &'a str,
    detections: u64,
    worst: &'a str,
    schedules: &'a [String],
}

/// What a run covered.
pub(super) fn coverage(brief: &Brief) -> CoverageV1<'_> {
    let coverage = &brief.coverage;
    CoverageV1 {
        detections_answered: coverage.detections_answered,
        detections_unanswered: brief.failures.len() as u64,
        idle: coverage.idle.iter().map(|(id, reason)| IdleV1 { detection: id.as_str(), reason }).collect(),
        nothing_to_read: coverage.nothing_to_read.as_ref().map(|it| NothingToReadV1 {
            since: it.since.to_string(),
            detections: it
                .detections
                .iter()
                .map(|it| UnreadV1 {
                    detection: it.detection.as_str(),
                    sources: &it.sources,
                    data_events: it.data_events,
                })
                .collect(),
        }),
        baseline: BaselineV1 {
            since: coverage.baseline.since.map(|since| since.to_string()),
            learns_until: coverage.baseline.learns_until.map(|until| until.to_string()),
            habits: coverage.baseline.habits,
            left_out: coverage.baseline.left_out,
        },
        packs_left_out: coverage
            .packs_left_out
            .iter()
            .map(|it| PackV1 {
                pack: &it.pack,
                detections: it.detections,
                worst: it.worst.as_str(),
                schedules: &it.schedules,
            })
            .collect(),
        accounts_seen: &coverage.accounts_seen,
        accounts_silent: &coverage.accounts_silent,
        accounts_missing: &coverage.accounts_missing,
        accounts_unknown: &coverage.accounts_unknown,
        regions_seen: &coverage.regions_seen,
        regions_silent: &coverage.regions_silent,
        regions_missing: coverage
            .regions_missing
            .iter()
            .map(|it| MissingRegionV1 {
                account: &it.account,
                region: &it.region,
                last_file: it.last_file.to_string(),
            })
            .collect(),
        days_silent: &coverage.days_silent,
        folders_skipped: coverage
            .folders_skipped
            .iter()
            .map(|(folder, count)| FolderV1 { folder, count: *count })
            .collect(),
        events_without_time: coverage.events_without_time,
        events_too_late: coverage
            .events_too_late
            .iter()
            .map(|(account, events)| AccountEventsV1 { account, events: *events })
            .collect(),
        files_passed_over: coverage.files_passed_over,
        folders_unlisted: coverage.folders_unlisted,
        delivered_until: coverage.delivered_until.map(|until| until.to_string()),
        events_sharing_id: coverage.events_sharing_id,
        drift: coverage
            .drift
            .iter()
            .map(|drift| DriftV1 {
                what: &drift.what,
                records: drift.records,
                example: &drift.example,
                detections: drift.detections.iter().map(DetectionId::as_str).collect(),
            })
            .collect(),
        skipped: coverage.skipped.iter().copied().map(WindowV1::of).collect(),
        searched_until: coverage.searched_until.map(|until| until.to_string()),
    }
}
