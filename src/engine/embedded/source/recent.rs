//! The times in the names of the files that regions delivered lately, without listing what came before.
//!
//! Keys of CloudTrail's folders sort by day and time, so the files after a time are one request away. Where there are more than one
//! request lists, the newest are asked for again by the names that CloudTrail gives.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Source,
    layout::{self, PathPartition},
    levels::segments,
};
use crate::domain::{
    brief::Problem,
    delivery::{Region, time_in_name},
    time::{Span, Timestamp},
};

/// What regions delivered lately.
#[derive(Debug, Default)]
pub struct Recent {
    /// The times in the names of each region's files, from the time on that was asked for: all of them, or the first.
    pub names: BTreeMap<Region, BTreeSet<Timestamp>>,
    /// The time in the name of each region's newest file, where that is not among the first.
    pub newest: BTreeMap<Region, Timestamp>,
    /// Regions whose folders could not be listed.
    pub unlisted: BTreeMap<Region, Problem>,
}

/// Before which part of the run's time the newest files are looked for in regions that have many.
const LATEST: Span = Span::from_s(15 * 60);

/// The files of each region that were named at its time or later, and before `until`: one request for each region, two or three where
/// there are more files than a request lists, as far as `limit` allows.
///
/// Blocks; call it from a thread outside of the async runtime.
#[must_use]
pub fn recent(
    source: &Source,
    regions: &BTreeMap<Region, Timestamp>,
    until: Timestamp,
    limit: u64,
) -> Recent {
    let (mut recent, mut requests) = (Recent::default(), 0);
    let folder = |(account, region): &Region, from: Timestamp| {
        format!("{account}/CloudTrail/{region}/{}/", from.day().path())
    };
    let named = |region: &Region, from: Timestamp| {
        let minute: String = from.to_string().replace(['-', ':'], "").chars().take(13).collect();
        format!("{}{}_CloudTrail_{}_{minute}", folder(region, from), region.0, region.1)
    };
    let whole_days: Vec<_> = regions.iter().map(|(region, from)| (region, folder(region, *from))).collect();
    let mut fits = |asked: &[(&Region, String)]| {
        requests += asked.len() as u64;
        requests <= limit
    };
    if !fits(&whole_days) {
        return recent;
    }
    let many = recent.ask(source, whole_days, until);
    let asked: Vec<_> = many.iter().map(|region| (*region, named(region, regions[*region]))).collect();
    if !fits(&asked) {
        return recent;
    }
    let more = recent.ask(source, asked, until);
    let asked: Vec<_> = more.iter().map(|region| (*region, named(region, until.minus(LATEST)))).collect();
    if !fits(&asked) {
        return recent;
    }
    let mut latest = Recent::default();
    latest.ask(source, asked, until);
    let newest = latest.names.into_iter().filter_map(|(region, names)| Some((region, *names.last()?)));
    recent.newest = newest.collect();
    recent.unlisted.extend(latest.unlisted);
    recent
}

impl Recent {
    /// Lists a region's files after a path, and returns the regions that have more.
    fn ask<'a>(
        &mut self,
        source: &Source,
        asked: Vec<(&'a Region, String)>,
        until: Timestamp,
    ) -> Vec<&'a Region> {
        let folder = |(account, region): &Region| format!("{account}/CloudTrail/{region}");
        let requests: Vec<(String, String)> =
            asked.iter().map(|(region, after)| (folder(region), after.clone())).collect();
        let leading = source.leading_segments();
        let mut more = Vec::new();
        for ((region, _), listed) in asked.into_iter().zip(source.files_after(&requests)) {
            let (paths, is_cut) = match listed {
                Ok(listed) => listed,
                Err(error) => {
                    let reason = format!("the folder cannot be listed: {error}");
                    let problem = Problem { file: folder(region), reason, records: 0, uncounted: true };
                    self.unlisted.insert(region.clone(), problem);
                    continue;
                }
            };
            let is_of = |partition: PathPartition| partition.place() == *region;
            let is_file = |path: &&String| layout::partition(&segments(&leading, path)).is_some_and(is_of);
            let named = paths.iter().filter(is_file).filter_map(|path| time_in_name(path));
            // What a request listed goes on without a gap, so a later request replaces it.
            self.names.insert(region.clone(), named.filter(|named| *named < until).collect());
            if is_cut {
                more.push(region);
            }
        }
        more
    }
}
