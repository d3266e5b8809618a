//! Which accounts and regions delivered on which days, told from the folders of days without listing a file.

use std::collections::BTreeSet;

use super::{
    PathPartition, Source, SourceError,
    layout::{self, Folder},
    places::{Places, places},
};
use crate::domain::{brief::Problem, delivery::DeliveryDays};

/// What the folders tell.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Accounts and regions that have a folder, whatever the day.
    pub known: BTreeSet<(String, String)>,
    /// Those with their days that have one on these days.
    pub partitions: BTreeSet<PathPartition>,
    /// Folders that could not be listed.
    pub problems: Vec<Problem>,
}

/// Why it is not told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// It would take too many requests.
    #[error("that takes {0} requests")]
    TooMany(u64),
    /// The place cannot be listed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Lists the months of these days, of every account and region of a place that holds accounts' folders: two requests an
/// account, and one a month of each of its regions, at most `limit` of the latter.
///
/// Blocks; call it from a thread that is not one of an async runtime's.
///
/// # Errors
///
/// If it takes too many requests, or the place itself cannot be listed.
pub fn delivered(source: &Source, days: DeliveryDays, limit: u64) -> Result<Delivered, NotTold> {
    let Places { known, problems } = places(source)?;
    let within: BTreeSet<_> = days.iter().collect();
    // `2026/03` of `2026/03/10`.
    let months: BTreeSet<String> = within.iter().map(|day| day.path()[..7].to_owned()).collect();
    let requests = (known.len() * months.len()) as u64;
    if requests > limit {
        return Err(NotTold::TooMany(requests));
    }
    let unlisted = |file: String, reason: String| Problem {
        file,
        reason: format!("the folder cannot be listed: {reason}"),
        records: 0,
    };
    let mut told = Delivered {
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
                    let segments: Vec<&str> =
                        leading.iter().map(String::as_str).chain(path.split('/')).collect();
                    if let Folder::Days(account, region, day, end) = layout::folder(&segments)
                        && day.next() == end
                        && within.contains(&day)
                    {
                        told.partitions.insert(PathPartition { account, region, day });
                    }
                }
            }
            Err(error) => told.problems.push(unlisted(folder.clone(), error.to_string())),
        }
    }
    told.known = known;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Window;

    #[test]
    fn days_are_told_from_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["111122223333/CloudTrail/us-east-1/2026/03/10", "111122223333/CloudTrail/eu-west-1/2026/03/01"]
        {
            std::fs::create_dir_all(folder.path().join("AWSLogs").join(path)).unwrap();
        }
        let source = Source::open(&folder.path().join("AWSLogs").to_string_lossy()).unwrap();
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let told = delivered(&source, DeliveryDays::of(window), 2).unwrap();
        let seen: Vec<_> =
            told.partitions.iter().map(|place| (place.region.as_str(), place.day.path())).collect();
        assert_eq!(seen, [("us-east-1", "2026/03/10".to_owned())]);
        assert_eq!(told.known.len(), 2);
        assert!(matches!(delivered(&source, DeliveryDays::of(window), 1), Err(NotTold::TooMany(2))));
    }
}
