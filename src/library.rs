//! The library: every detection, shipped and the user's own, checked before anything runs.
//!
//! Reads SQL files with their headers and cases and says everything that is wrong with them at once. It knows
//! no engine: what a SQL parser must answer comes in through an [`Inspector`]. Only `sources` touches files.

mod attack;
mod bases;
mod bind;
mod body;
mod case;
mod columns;
mod detection;
mod diagnostic;
mod given;
mod header;
mod load;
mod meta;
mod near;
mod nearest;
mod place;
mod records;
mod shape;
mod sources;
pub mod tokens;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::detection::{Detection, DetectionId};
pub(crate) use diagnostic::in_reading_order;
pub(crate) use nearest::did_you_mean;
pub(crate) use place::LineMap;
pub(crate) use tree::{At, Item, Report, Table};

pub use attack::{TACTICS, TECHNIQUES, Technique, tactic_name, technique};
pub use bind::{BindError, bind_params, literal};
pub use body::RELATIONS;
pub use case::{Case, Edit, EventSpec, case_window};
pub use diagnostic::{Diagnostic, Level, Lint};
pub use given::Given;
pub use load::load;
pub use place::Place;
pub use records::{CaseError, CaseRecords};
pub use shape::{Inspector, Named, SqlProblem, SqlShape};
pub use sources::Sources;

/// All detections that can be used, with their cases.
#[derive(Clone, Debug, Default)]
pub struct Library {
    detections: BTreeMap<DetectionId, Detection>,
    cases: BTreeMap<DetectionId, Vec<Case>>,
    broken: Vec<Broken>,
}

/// A file that should be a detection and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its id as far as it can be told.
    pub id: Option<DetectionId>,
    /// The file.
    pub file: String,
    /// The first thing that stands against it.
    pub reason: String,
}

impl Library {
    /// All detections, ordered by id.
    pub fn detections(&self) -> impl Iterator<Item = &Detection> {
        self.detections.values()
    }

    /// The detection with this id.
    #[must_use]
    pub fn get(&self, id: &DetectionId) -> Option<&Detection> {
        self.detections.get(id)
    }

    /// The cases of a detection, in the order of their file.
    #[must_use]
    pub fn cases(&self, id: &DetectionId) -> &[Case] {
        self.cases.get(id).map_or(&[], Vec::as_slice)
    }

    /// The files that should be detections and cannot be used; a brief names them as failures.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Every pack that a detection belongs to.
    #[must_use]
    pub fn packs(&self) -> BTreeSet<&str> {
        self.detections().flat_map(|detection| &detection.packs).map(String::as_str).collect()
    }

    /// The detections of these packs, ordered by id.
    pub fn in_packs<'a>(&'a self, packs: &'a [String]) -> impl Iterator<Item = &'a Detection> {
        self.detections().filter(|detection| detection.packs.iter().any(|pack| packs.contains(pack)))
    }

    /// The id that a person most likely meant.
    #[must_use]
    pub fn nearest(&self, text: &str) -> Option<&DetectionId> {
        let names = self
            .detections
            .keys()
            .map(|id| (id.name(), id))
            .chain(self.detections.keys().map(|id| (id.as_str(), id)));
        let found = nearest::nearest(text, names.clone().map(|(name, _)| name))?;
        names.into_iter().find(|(name, _)| *name == found).map(|(_, id)| id)
    }
}
