//! CloudTrail's path grammar: which folder holds what.
//!
//! `[prefix/]AWSLogs/[o-id/]<account>/CloudTrail/<region>/YYYY/MM/DD/<file>`; a Control Tower bucket repeats the
//! organization's id before `AWSLogs`. A prefix may itself be called `AWSLogs`, so the last one counts. Dates in paths are
//! delivery dates; copies may lack their zeros. Looks at names only, never at a file.

use crate::domain::{account::AccountId, delivery::Region, time::Day};

/// The partition that a file's path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPartition {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The day of delivery.
    pub day: Day,
}

impl PathPartition {
    /// The account and the region.
    #[must_use]
    pub fn place(&self) -> Region {
        (self.account.clone(), self.region.clone())
    }
}

/// What a folder is, as far as its path shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// Unknown: look inside.
    Unknown,
    /// The logs of an account (`…/<account>/CloudTrail`) or above a region.
    Account(String),
    /// The logs of one region of an account.
    Region(String, String),
    /// Logs of some days only: a year, a month or a day of a region; first day and the day after the last.
    Days(String, String, Day, Day),
    /// A service's or CloudTrail's own other files (`CloudTrail-Digest`, `Config`, …), with the folder's name.
    Other(String),
}

/// Folders that hold no CloudTrail records, wherever they lie.
const NEVER_LOGS: [&str; 3] = ["CloudTrail-Digest", "CloudTrail-Insight", "ConfigHistory"];
/// Folders of other services below an account's, where no `AWSLogs` lies above.
const OTHER_SERVICES: [&str; 12] = [
    "Config",
    "GuardDuty",
    "RedshiftAudit",
    "S3AccessLogs",
    "WAFLogs",
    "elasticloadbalancing",
    "network-firewall",
    "redshift",
    "route53resolver",
    "vpcdnsquerylogs",
    "vpcflowlogs",
    "vpn-logs",
];

/// What the folder with these path segments is.
#[must_use]
pub fn folder(segments: &[&str]) -> Folder {
    let below_logs = segments.iter().rposition(|segment| *segment == "AWSLogs").map_or(0, |logs| logs + 1);
    let segments_of_logs = &segments[below_logs..];
    if let Some(name) = segments.last().filter(|name| is_other(segments_of_logs, name, below_logs > 0)) {
        return Folder::Other((*name).to_owned());
    }
    let segments = segments_of_logs;
    let Some(at) = cloudtrail_at(segments) else { return Folder::Unknown };
    let account = segments[at - 1].to_owned();
    let rest = &segments[at + 1..];
    let number = |index: usize, digits: usize| {
        rest.get(index)
            .filter(|text| {
                (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            })
            .and_then(|text| text.parse::<u32>().ok())
    };
    let Some(region) = rest.first().map(|region| (*region).to_owned()) else {
        return Folder::Account(account);
    };
    let Some(year) = number(1, 4).filter(|year| *year >= 1000) else {
        return Folder::Region(account, region);
    };
    let year = i32::try_from(year).unwrap_or(i32::MAX);
    let days = match (number(2, 2), number(3, 2)) {
        (Some(month), Some(day)) => Day::from_ymd(year, month, day).map(|day| (day, day.next())),
        (Some(month), None) if rest.len() == 3 => {
            let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            Day::from_ymd(year, month, 1).zip(Day::from_ymd(next_year, next_month, 1))
        }
        (None, _) if rest.len() == 2 => Day::from_ymd(year, 1, 1).zip(Day::from_ymd(year + 1, 1, 1)),
        _ => None,
    };
    match days {
        Some((first, end)) => Folder::Days(account, region, first, end),
        None => Folder::Region(account, region),
    }
}

/// The partition that a file's path names; `None` for a loose file.
#[must_use]
pub fn partition(segments: &[&str]) -> Option<PathPartition> {
    match folder(&segments[..segments.len().saturating_sub(1)]) {
        Folder::Days(account, region, first, end) if first.next() == end => {
            Some(PathPartition { account, region, day: first })
        }
        _ => None,
    }
}

/// The index of a `CloudTrail` segment right after an account's.
fn cloudtrail_at(segments: &[&str]) -> Option<usize> {
    (1..segments.len()).rev().find(|&at| segments[at] == "CloudTrail" && is_account(segments[at - 1]))
}

/// Whether a folder holds other files than CloudTrail's logs; with `is_logs` the segments are those below `AWSLogs`.
fn is_other(segments: &[&str], name: &str, is_logs: bool) -> bool {
    let is_below_account = segments.len() > 1 && is_account(segments[segments.len() - 2]);
    NEVER_LOGS.contains(&name)
        || is_below_account
            && name != "CloudTrail"
            && (is_logs && segments.len() <= 3 || OTHER_SERVICES.contains(&name))
}

fn is_account(segment: &str) -> bool {
    segment.parse::<AccountId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Folder {
        folder(&path.split('/').collect::<Vec<_>>())
    }

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn folders_of_every_layout_are_known() {
        let account = || "111122223333".to_owned();
        let region = || "us-east-1".to_owned();
        for (path, expected) in [
            ("AWSLogs", Folder::Unknown),
            ("some/prefix/AWSLogs/o-exampleorgid", Folder::Unknown),
            ("AWSLogs/111122223333", Folder::Unknown),
            ("AWSLogs/111122223333/CloudTrail", Folder::Account(account())),
            ("p/AWSLogs/o-abc/111122223333/CloudTrail/us-east-1", Folder::Region(account(), region())),
            (
                "o-abc/AWSLogs/o-abc/111122223333/CloudTrail/us-east-1/2026/12",
                Folder::Days(account(), region(), day(2026, 12, 1), day(2027, 1, 1)),
            ),
            (
                "AWSLogs/111122223333/CloudTrail/us-east-1/2026",
                Folder::Days(account(), region(), day(2026, 1, 1), day(2027, 1, 1)),
            ),
            (
                "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/10",
                Folder::Days(account(), region(), day(2026, 3, 10), day(2026, 3, 11)),
            ),
            ("AWSLogs/111122223333/CloudTrail-Digest", Folder::Other("CloudTrail-Digest".into())),
            ("AWSLogs/o-abc/111122223333/CloudTrail-Insight", Folder::Other("CloudTrail-Insight".into())),
            ("AWSLogs/o-abc/111122223333/Config", Folder::Other("Config".into())),
            ("exports/march", Folder::Unknown),
            ("AWSLogs/AWSLogs/111122223333/vpcflowlogs", Folder::Other("vpcflowlogs".into())),
            ("AWSLogs/o-abc/AWSLogs/o-abc/111122223333/Config", Folder::Other("Config".into())),
            ("AWSLogs/AWSLogs/111122223333/CloudTrail/us-east-1", Folder::Region(account(), region())),
            (
                "AWSLogs/222233334444/CloudTrail/copy/AWSLogs/111122223333/CloudTrail/us-east-1",
                Folder::Region(account(), region()),
            ),
            (
                "AWSLogs/222233334444/CloudTrail/copy/AWSLogs/111122223333/Config",
                Folder::Other("Config".into()),
            ),
            ("copies/111122223333/CloudTrail-Insight", Folder::Other("CloudTrail-Insight".into())),
            ("AWSLogs/copy/of/111122223333/vpcflowlogs", Folder::Other("vpcflowlogs".into())),
            ("copies/CloudTrail-Digest", Folder::Other("CloudTrail-Digest".into())),
            ("AWSLogs/copy/of/111122223333/march", Folder::Unknown),
            (
                "AWSLogs/111122223333/CloudTrail/us-east-1/2026/3/9",
                Folder::Days(account(), region(), day(2026, 3, 9), day(2026, 3, 10)),
            ),
            (
                "AWSLogs/111122223333/CloudTrail/us-east-1/2026/3",
                Folder::Days(account(), region(), day(2026, 3, 1), day(2026, 4, 1)),
            ),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/26", Folder::Region(account(), region())),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/31", Folder::Region(account(), region())),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
