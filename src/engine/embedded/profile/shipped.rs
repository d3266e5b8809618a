//! The profiles of the shipped detections, as `queries/profiles.json` has them. A test compares that file with the plans.
//!
//! The key of a profile is a hash of what the plan depends on: the statement with its parameters, and the views that it reads.
//! The rest is this program. A statement that a user changed has another key, so it is planned.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Profile;
use crate::{
    domain::{
        hex::hex,
        view::{PAST, Views},
    },
    plan::Sql,
};

const FILE: &str = include_str!("../../../../queries/profiles.json");

/// A detection's profile with its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The profile.
    pub profile: Arc<Profile>,
}

/// Reads the text of a file of profiles, by detection.
///
/// # Errors
///
/// If it is not one.
fn read(text: &str) -> serde_json::Result<BTreeMap<String, Entry>> {
    serde_json::from_str(text)
}

/// The shipped profile with this key.
pub fn find(key: &str) -> Option<Arc<Profile>> {
    // If the file cannot be read, every statement is planned, and the test of the file fails.
    static KNOWN: LazyLock<HashMap<String, Arc<Profile>>> = LazyLock::new(|| {
        let entries = read(FILE).unwrap_or_default().into_values();
        entries.map(|entry| (entry.key, entry.profile)).collect()
    });
    KNOWN.get(key).cloned()
}

/// The keys of statements over these views.
pub struct Keys<'a> {
    views: &'a Views,
    /// The hash of each view's own text, in the order of the views.
    texts: Vec<[u8; 32]>,
}

impl<'a> Keys<'a> {
    /// For statements over these views.
    #[must_use]
    pub fn over(views: &'a Views) -> Self {
        let texts = views.iter().map(|view| Sha256::digest(format!("{}\n{}", view.name, view.sql)).into());
        Self { views, texts: texts.collect() }
    }

    /// The key of a statement and of the views that it reads, directly or through others.
    #[must_use]
    pub fn of(&self, sql: &Sql) -> String {
        let mut hash = Sha256::new();
        let mut read: Option<BTreeSet<String>> = sql.names();
        // Each view stands behind those that it reads.
        for (view, text) in self.views.iter().rev().zip(self.texts.iter().rev()) {
            let is_read = read.as_ref().is_none_or(|read| {
                read.contains(&view.name) || read.contains(&format!("{PAST}{}", view.name))
            });
            if is_read {
                hash.update(text);
                read.iter_mut().for_each(|read| read.extend(view.reads.iter().cloned()));
            }
        }
        for part in std::iter::once(sql.text()).chain(sql.params().iter().map(String::as_str)) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{detection::Origin, view::View};

    fn views(calls: &str, other: &str) -> Views {
        let view = |name: &str, reads: &str, sql: &str| View {
            name: name.to_owned(),
            description: String::new(),
            columns: Vec::new(),
            sql: sql.to_owned(),
            body: String::new(),
            reads: BTreeSet::from([reads.to_owned()]),
            origin: Origin::Shipped(String::new()),
        };
        Views::new(vec![
            view("calls", "events", calls),
            view("grants", "calls", "g"),
            view("other", "events", other),
        ])
    }

    #[test]
    fn a_key_changes_with_all_that_a_plan_follows_from() {
        let sql = |text: &str| Sql::ad_hoc(text.to_owned());
        let statement = sql("SELECT event_id FROM past_grants");
        let of = |views: &Views, sql: &Sql| Keys::over(views).of(sql);
        let views_as_shipped = views("c", "o");
        let shipped = of(&views_as_shipped, &statement);
        assert_eq!(shipped.len(), 32);
        assert_eq!(of(&views("c", "changed"), &statement), shipped, "it does not read that view");
        assert_ne!(of(&views("changed", "o"), &statement), shipped, "it reads that view through another");
        assert_ne!(of(&views_as_shipped, &sql("SELECT event_id FROM past_grants ")), shipped);
        assert_ne!(of(&views_as_shipped, &statement.with_params(vec!["1".to_owned()])), shipped);
        let everything = sql("SELECT * FROM grants");
        assert_ne!(of(&views("c", "changed"), &everything), of(&views_as_shipped, &everything));
    }
}
