//! Finds the log files of a span of delivery days, without listing the folders of other days. Opens no file.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Children, ListedFile, LogFile, Source, SourceError,
    layout::{self, Folder},
    levels::{levels, segments},
    names::{self, FileKind},
};
use crate::domain::{
    brief::Problem,
    delivery::{Deliveries, time_in_name},
    time::Day,
};

/// The files of a window, and what was passed over on the way.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files to read, ordered by delivery day, then path; loose files first.
    pub files: Vec<LogFile>,
    /// Folders that could not be listed, and links that lead nowhere.
    pub problems: Vec<Problem>,
    /// Folders of other kinds and files of other names that were passed over, with their count.
    pub skipped: BTreeMap<String, u64>,
    /// Folders that could not be listed.
    pub unlisted: u64,
    /// Log files that were passed over because they were delivered at another time, among those in folders that were listed.
    pub passed_over: u64,
    /// Accounts and regions that have a folder, whatever the day.
    pub known: BTreeSet<(String, String)>,
    /// The only accounts and regions whose folders are listed; `None` for all.
    pub only: Option<BTreeSet<(String, String)>>,
}

/// Finds the log files that were delivered then; all if `None`. A loose file without a time in its name is always taken.
///
/// # Errors
///
/// If the root itself cannot be listed. A folder below it that cannot be listed becomes a problem of the listing.
pub fn walk(source: &Source, deliveries: Option<Deliveries>) -> Result<Listing, SourceError> {
    walk_regions(source, deliveries, None)
}

/// The same for the folders of these accounts and regions; for all if `None`.
///
/// # Errors
///
/// If the root itself cannot be listed.
pub fn walk_regions(
    source: &Source,
    deliveries: Option<Deliveries>,
    only: Option<BTreeSet<(String, String)>>,
) -> Result<Listing, SourceError> {
    let leading = source.leading_segments();
    let mut listing = Listing { only, ..Listing::default() };
    levels(source, |folder, children| match children {
        Ok(children) => listing.take_folder(&leading, children, deliveries),
        Err(error) => {
            listing.unlisted += 1;
            listing.problems.push(Problem {
                file: folder.to_owned(),
                reason: format!("the folder cannot be listed: {error}"),
                records: 0,
                uncounted: true,
            });
            Vec::new()
        }
    })?;
    listing.files.sort_by(|a, b| {
        let day = |file: &LogFile| file.partition.as_ref().map(|partition| partition.day);
        day(a).cmp(&day(b)).then_with(|| a.path.cmp(&b.path))
    });
    Ok(listing)
}

impl Listing {
    /// Takes the files of a folder; returns the folders in it that are to be listed.
    fn take_folder(
        &mut self,
        leading: &[String],
        children: Children,
        deliveries: Option<Deliveries>,
    ) -> Vec<String> {
        let problem = |(file, reason)| Problem { file, reason, records: 0, uncounted: true };
        self.problems.extend(children.problems.into_iter().map(problem));
        for file in children.files {
            self.take_file(leading, file, deliveries);
        }
        children.folders.into_iter().filter(|path| self.enter(leading, path, deliveries)).collect()
    }

    /// Whether to list this folder.
    fn enter(&mut self, leading: &[String], path: &str, deliveries: Option<Deliveries>) -> bool {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        if name.starts_with(['.', '_']) {
            *self.skipped.entry("hidden".to_owned()).or_default() += 1;
            return false;
        }
        let is_wanted = |account: &str, region: Option<&str>| {
            let first = (account.to_owned(), region.unwrap_or_default().to_owned());
            let is =
                |(one, of): &(String, String)| one == account && region.is_none_or(|region| region == of);
            self.only.as_ref().is_none_or(|only| only.range(first..).next().is_some_and(is))
        };
        match layout::folder(&segments(leading, path)) {
            Folder::Account(account) if !is_wanted(&account, None) => false,
            Folder::Region(account, region) | Folder::Days(account, region, ..)
                if !is_wanted(&account, Some(&region)) =>
            {
                false
            }
            Folder::Other(name) => {
                *self.skipped.entry(name).or_default() += 1;
                false
            }
            Folder::Region(account, region) => {
                self.known.insert((account, region));
                true
            }
            Folder::Days(account, region, first, end) => {
                self.known.insert((account, region));
                deliveries.is_none_or(|deliveries| deliveries.days().overlaps(first, end))
            }
            Folder::Unknown | Folder::Account(_) => true,
        }
    }

    fn take_file(&mut self, leading: &[String], file: ListedFile, deliveries: Option<Deliveries>) {
        let ListedFile { path, mut stored } = file;
        let name = path.rsplit('/').next().unwrap_or(&path);
        if name.starts_with(['.', '_']) {
            *self.skipped.entry("hidden".to_owned()).or_default() += 1;
            return;
        }
        if names::kind(name) == FileKind::Other {
            *self.skipped.entry(names::called(name)).or_default() += 1;
            return;
        }
        let partition = layout::partition(&segments(leading, &path));
        if let Some(deliveries) = deliveries {
            let in_days = |day: Day| deliveries.days().overlaps(day, day.next());
            stored = stored.filter(|stored| deliveries.can_hold(*stored));
            let may_hold =
                stored.is_some() || time_in_name(&path).is_none_or(|time| deliveries.can_hold(time));
            if !may_hold || partition.as_ref().is_some_and(|partition| !in_days(partition.day)) {
                self.passed_over += 1;
                return;
            }
        }
        self.files.push(LogFile { path, partition, stored, holds_candidates: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{delivery::USUAL_DELAY, time::Window},
        engine::embedded::source::Memory,
    };

    fn listed(paths: &[&str], from: &str, to: &str) -> Vec<String> {
        let memory: Memory = paths.iter().map(|path| ((*path).to_owned(), Vec::new())).collect();
        let window = Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        walk(&Source::Memory(memory), Some(Deliveries::of(window, USUAL_DELAY)))
            .unwrap()
            .files
            .into_iter()
            .map(|file| file.path)
            .collect()
    }

    #[test]
    fn a_window_takes_the_next_day_only_when_its_end_is_near_midnight() {
        let file = |day: &str| format!("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/{day}/a.json.gz");
        let (tenth, eleventh, twelfth) = (file("10"), file("11"), file("12"));
        let all = [tenth.as_str(), eleventh.as_str(), twelfth.as_str(), "loose.json"];
        assert_eq!(
            listed(&all, "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"),
            ["loose.json", &tenth, &eleventh]
        );
        assert_eq!(listed(&all, "2026-03-10T00:00:00Z", "2026-03-10T22:00:00Z"), ["loose.json", &tenth]);
        assert_eq!(
            listed(&all, "2026-03-10T23:00:00Z", "2026-03-10T23:30:00Z"),
            ["loose.json", &tenth, &eleventh]
        );
    }

    #[test]
    fn files_of_other_names_are_passed_over() {
        assert!(listed(&["README.md", ".hidden.json", "_x.json"], "2026-03-10", "2026-03-11").is_empty());
    }
}
