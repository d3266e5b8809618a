//! The library: every detection and view, shipped and the user's own, checked before anything runs.
//!
//! Reads SQL files with their headers and cases and reports everything that is wrong with them at once. It knows
//! no engine: an [`Inspector`] answers its questions about SQL. Only `sources` reads files.

mod attack;
mod bases;
mod bind;
mod body;
mod case;
mod case_habits;
mod conditions;
mod detection;
mod header;
mod load;
mod meta;
mod near_miss;
mod param_value;
mod records;
mod shape;
mod sources;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        detection::{Detection, DetectionId},
        view::{View, Views},
    },
    text::{Diagnostic, Place, nearest},
};
pub(crate) use param_value::param_value;

pub use attack::{tactic_name, technique};
pub use bind::{BindError, bind_params, literal};
pub use case::{Case, Edit, case_window};
pub use conditions::{Condition, conditions};
pub use load::load;
pub use shape::{Inspector, Named, SqlProblem, SqlShape};
pub use sources::{Sources, UserPath};

/// All detections that can be used, with their cases.
#[derive(Clone, Debug, Default)]
pub struct Library {
    detections: BTreeMap<DetectionId, Detection>,
    views: Views,
    /// By the id of the detection, or the name of the view.
    cases: BTreeMap<String, Vec<Case>>,
    case_errors: BTreeMap<String, Vec<Diagnostic>>,
    broken: Vec<Broken>,
    bases: BTreeMap<String, Arc<serde_json::Value>>,
}

/// A file that should be a detection and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its id, if that can be read.
    pub id: Option<DetectionId>,
    /// The file.
    pub file: String,
    /// The first error in it.
    pub reason: String,
}

/// Where a problem of a detection's SQL stands in its file, given the place that the engine reports.
#[must_use]
pub fn place_in_body(detection: &Detection, place: Option<Place>) -> Place {
    body::in_body(place, header::first_statement(&detection.sql))
}

/// Where a problem of a view's SQL stands in its file, given the place that the engine reports.
#[must_use]
pub fn place_in_view(view: &View, place: Option<Place>) -> Place {
    body::in_body(place, header::first_statement(&view.sql))
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
        self.cases.get(id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The views.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The cases of a view, in the order of their file.
    #[must_use]
    pub fn cases_of_view(&self, view: &View) -> &[Case] {
        self.cases.get(&view.name).map_or(&[], Vec::as_slice)
    }

    /// What keeps cases of a view from being run: they are not among [`Library::cases_of_view`].
    #[must_use]
    pub fn case_errors_of_view(&self, view: &View) -> &[Diagnostic] {
        self.case_errors.get(&view.name).map_or(&[], Vec::as_slice)
    }

    /// What keeps cases of a detection from being run: they are not among [`Library::cases`].
    #[must_use]
    pub fn case_errors(&self, id: &DetectionId) -> &[Diagnostic] {
        self.case_errors.get(id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The files that should be detections and cannot be used; a brief names them as failures.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// The base events that cases anywhere can change, by name: those that are shipped.
    pub fn bases(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.bases.iter().map(|(name, record)| (name.as_str(), record.as_ref()))
    }

    /// The shipped base event of this name.
    #[must_use]
    pub fn base(&self, name: &str) -> Option<&serde_json::Value> {
        self.bases.get(name).map(Arc::as_ref)
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
        let found = nearest(text, names.clone().map(|(name, _)| name))?;
        names.into_iter().find(|(name, _)| *name == found).map(|(_, id)| id)
    }
}
