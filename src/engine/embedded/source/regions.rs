//! Which accounts and regions have folders in a log source, found without listing a day's folder or a file.

use std::collections::BTreeSet;

use super::{
    Source, SourceError,
    layout::{self, Folder},
    levels::{levels, segments},
};
use crate::domain::account::AccountId;

/// The accounts and regions of a log source.
#[derive(Debug, Default)]
pub struct Regions {
    /// Pairs of account and region that have a folder.
    pub known: BTreeSet<(String, String)>,
    /// Folders that could not be listed, with the reason.
    pub problems: Vec<(String, String)>,
}

/// Lists the folders of a log source whose root holds the accounts' folders: one request for the root, two for each
/// account.
///
/// Passes over what lies beside the accounts, such as an organization's folder beside those of single accounts. Blocks;
/// call it from a thread outside of the async runtime.
///
/// # Errors
///
/// If the root itself cannot be listed.
pub fn regions(source: &Source) -> Result<Regions, SourceError> {
    let leading = source.leading_segments();
    let mut regions = Regions::default();
    levels(source, |folder, children| {
        let mut next = Vec::new();
        match children {
            Ok(children) => {
                regions.problems.extend(children.problems);
                for path in children.folders {
                    match layout::folder(&segments(&leading, &path)) {
                        Folder::Region(account, region) => {
                            regions.known.insert((account, region));
                        }
                        Folder::Account(_) => next.push(path),
                        Folder::Unknown if path.parse::<AccountId>().is_ok() => next.push(path),
                        Folder::Unknown | Folder::Days(..) | Folder::Other(_) => {}
                    }
                }
            }
            Err(error) => regions.problems.push((folder.to_owned(), error.to_string())),
        }
        next
    })?;
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_regions_are_found_above_their_days() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "111122223333/CloudTrail/us-east-1/2026/03/10",
            "111122223333/CloudTrail-Digest/us-west-1/2026/03/10",
            "222233334444/CloudTrail/eu-west-1/2026/03/10",
            "222233334444/Config/eu-west-2/2026/3/10",
            "o-exampleorgid/333344445555/CloudTrail/eu-west-1/2026/03/10",
        ] {
            std::fs::create_dir_all(folder.path().join("AWSLogs").join(path)).unwrap();
        }
        let root = folder.path().join("AWSLogs");
        let found = regions(&Source::open(&root.to_string_lossy()).unwrap()).unwrap();
        let known: Vec<_> = found.known.iter().map(|(a, r)| (a.as_str(), r.as_str())).collect();
        assert_eq!(known, [("111122223333", "us-east-1"), ("222233334444", "eu-west-1")]);
        assert!(found.problems.is_empty());
    }
}
