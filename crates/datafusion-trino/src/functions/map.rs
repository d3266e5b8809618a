//! Maps and multimaps.

mod entries;
mod multimap;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &entries::HISTOGRAM,
    &entries::MAP,
    &entries::MAP_CONCAT,
    &entries::MAP_ENTRIES,
    &entries::MAP_FROM_ENTRIES,
    &entries::MAP_KEYS,
    &entries::MAP_OF_PAIRS,
    &entries::MAP_VALUES,
    &multimap::MAP_UNION,
    &multimap::MULTIMAP_FROM_ENTRIES,
    &multimap::MULTIMAP_OF_PAIRS,
    &multimap::SPLIT_TO_MULTIMAP,
];
