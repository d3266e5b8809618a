//! Which accounts and regions have folders, found without listing days or files.

use std::collections::BTreeSet;

use super::{
    Source, SourceError,
    layout::{self, Folder},
};
use crate::domain::account::AccountId;

/// The accounts and regions of a place.
#[derive(Debug, Default)]
pub struct Places {
    /// Pairs of account and region.
    pub known: BTreeSet<(String, String)>,
    /// Folders that could not be listed, with the reason.
    pub problems: Vec<(String, String)>,
}

/// Lists the folders of a place that holds accounts' folders: one request for the place, two for each account.
///
/// What lies beside the accounts, such as an organization's folder beside those of single accounts, is passed over.
/// Blocks; call it from a thread that is not one of an async runtime's.
///
/// # Errors
///
/// If the place itself cannot be listed.
pub fn places(source: &Source) -> Result<Places, SourceError> {
    let leading = source.leading_segments();
    let mut places = Places::default();
    let mut level = vec![String::new()];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (folder, children) in level.iter().zip(source.children(&level)) {
            match children {
                Ok(children) => {
                    places.problems.extend(children.problems);
                    for path in children.folders {
                        let segments: Vec<&str> =
                            leading.iter().map(String::as_str).chain(path.split('/')).collect();
                        match layout::folder(&segments) {
                            Folder::Region(account, region) => {
                                places.known.insert((account, region));
                            }
                            Folder::Account(_) => next.push(path),
                            Folder::Unknown if path.parse::<AccountId>().is_ok() => next.push(path),
                            Folder::Unknown | Folder::Days(..) | Folder::Other(_) => {}
                        }
                    }
                }
                Err(error) if folder.is_empty() => {
                    return Err(SourceError::Unlisted { path: source.name(), source: error });
                }
                Err(error) => places.problems.push((folder.clone(), error.to_string())),
            }
        }
        level = next;
    }
    Ok(places)
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
        let found = places(&Source::open(&root.to_string_lossy()).unwrap()).unwrap();
        let known: Vec<_> = found.known.iter().map(|(a, r)| (a.as_str(), r.as_str())).collect();
        assert_eq!(known, [("111122223333", "us-east-1"), ("222233334444", "eu-west-1")]);
        assert!(found.problems.is_empty());
    }
}
