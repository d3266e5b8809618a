//! Which accounts and regions delivered on which days: read from the folders of days, without listing a file.

use std::collections::BTreeSet;

use super::{
    PathPartition, Source, SourceError,
    layout::{self, Folder},
    levels::segments,
    regions::{Regions, regions},
};
use crate::domain::{brief::Problem, delivery::DeliveryDays};

/// What the folders show.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Accounts and regions that have a folder, whatever the day.
    pub known: BTreeSet<(String, String)>,
    /// Accounts and regions, with the requested days that they have a folder for.
    pub partitions: BTreeSet<PathPartition>,
    /// Folders that could not be listed.
    pub problems: Vec<Problem>,
}

/// Why the folders were not listed.
#[derive(Debug, thiserror::Error)]
pub enum NotListed {
    /// It would take too many requests.
    #[error("that takes {0} requests")]
    TooMany(u64),
    /// The root cannot be listed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Lists the months of these days, for every account and region of a log source whose root holds the accounts' folders:
/// two requests for each account, and one for each month of each of its regions, at most `limit` of the latter.
///
/// Blocks; call it from a thread outside of the async runtime.
///
/// # Errors
///
/// If it takes too many requests, or the root itself cannot be listed.
pub fn delivered(source: &Source, days: DeliveryDays, limit: u64) -> Result<Delivered, NotListed> {
    let Regions { known, problems } = regions(source)?;
    let within: BTreeSet<_> = days.iter().collect();
    // `2026/03` of `2026/03/10`.
    let months: BTreeSet<String> = within.iter().map(|day| day.path()[..7].to_owned()).collect();
    let requests = (known.len() * months.len()) as u64;
    if requests > limit {
        return Err(NotListed::TooMany(requests));
    }
    let unlisted = |file: String, reason: String| Problem {
        file,
        reason: format!("the folder cannot be listed: {reason}"),
        records: 0,
        uncounted: true,
    };
    let mut delivered = Delivered {
        problems: problems.into_iter().map(|(folder, reason)| unlisted(folder, reason)).collect(),
        ..Delivered::default()
    };
    let folders: Vec<String> = known
        .iter()
        .flat_map(|(account, region)| {
            months.iter().map(move |month| format!("{account}/CloudTrail/{region}/{month}"))
        })
        .collect();
    let leading = source.leading_segments();
    for (folder, children) in folders.iter().zip(source.children(&folders)) {
        match children {
            Ok(children) => {
                for path in children.folders {
                    if let Folder::Days(account, region, day, end) =
                        layout::folder(&segments(&leading, &path))
                        && day.next() == end
                        && within.contains(&day)
                    {
                        delivered.partitions.insert(PathPartition { account, region, day });
                    }
                }
            }
            Err(error) => delivered.problems.push(unlisted(folder.clone(), error.to_string())),
        }
    }
    delivered.known = known;
    Ok(delivered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Window;

    #[test]
    fn days_are_read_from_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["111122223333/CloudTrail/us-east-1/2026/03/10", "111122223333/CloudTrail/eu-west-1/2026/03/01"]
        {
            std::fs::create_dir_all(folder.path().join("AWSLogs").join(path)).unwrap();
        }
        let source = Source::open(&folder.path().join("AWSLogs").to_string_lossy()).unwrap();
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let found = delivered(&source, DeliveryDays::of(window), 2).unwrap();
        let seen: Vec<_> = found.partitions.iter().map(|one| (one.region.as_str(), one.day.path())).collect();
        assert_eq!(seen, [("us-east-1", "2026/03/10".to_owned())]);
        assert_eq!(found.known.len(), 2);
        assert!(matches!(delivered(&source, DeliveryDays::of(window), 1), Err(NotListed::TooMany(2))));
    }
}
