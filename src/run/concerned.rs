//! Which detections miss something if records are not as they are documented.

use std::collections::BTreeSet;

use crate::{
    domain::{cloudtrail::COLUMNS, detection::DetectionId},
    engine::embedded::{needs::Needs, pack::Pack, scan::drift::Concern},
    plan::RunPlan,
};

/// What the detections of a run read.
pub(super) struct Concerned(Vec<Reading>);

struct Reading {
    detection: DetectionId,
    columns: Vec<String>,
    /// The event names of which it needs one; `None` if it may need any event.
    names: Option<BTreeSet<String>>,
}

impl Concerned {
    /// For a pack with the questions of a plan.
    pub(super) fn of(plan: &RunPlan, pack: &Pack) -> Self {
        let reading = |(detection, needs): (DetectionId, &Needs)| Reading {
            detection,
            columns: needs.columns.clone(),
            names: needs
                .conditions
                .iter()
                .map(|condition| condition.event_names())
                .collect::<Option<Vec<_>>>()
                .map(|names| names.into_iter().flatten().collect()),
        };
        let detections = plan.questions.iter().map(|question| question.detection.clone());
        Self(detections.zip(pack.needs()).filter_map(|(id, needs)| Some(reading((id, needs?)))).collect())
    }

    /// The detections that something concerns, by id.
    pub(super) fn by(&self, concern: &Concern) -> Vec<DetectionId> {
        let is_concerned = |reading: &&Reading| match concern {
            Concern::Nobody => false,
            Concern::Everybody => true,
            Concern::Column(column) => reading.columns.iter().any(|name| name == COLUMNS[*column].name),
            Concern::Names(names) => reading.names.as_ref().is_some_and(|known| !known.is_disjoint(names)),
        };
        let ids: BTreeSet<&DetectionId> =
            self.0.iter().filter(is_concerned).map(|reading| &reading.detection).collect();
        ids.into_iter().cloned().collect()
    }
}
