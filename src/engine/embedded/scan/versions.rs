//! Versions of calls: some services end the name of an event with the version of their interface, such as
//! `UpdateFunctionCode20150331v2`. A detection that looks for one version misses the next.

use std::collections::BTreeSet;

use hashbrown::HashMap;

/// The names that questions look for, by the calls that they are versions of.
#[derive(Debug, Default)]
pub struct Versions(HashMap<String, BTreeSet<String>>);

impl Versions {
    /// For these event names.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut versions = Self::default();
        for name in names {
            versions.0.entry(call(name).to_owned()).or_default().insert(name.to_owned());
        }
        versions
    }

    /// The versions of this event's call that questions look for; `None` if this one is among them, or none is.
    #[must_use]
    pub fn others(&self, name: &str) -> Option<&BTreeSet<String>> {
        let call = call(name);
        if call.len() == name.len() {
            return None;
        }
        self.0.get(call).filter(|known| !known.contains(name))
    }
}

/// The name of an event without the version at its end: a date (`20150331`, `2020_05_31`), perhaps with a number (`v2`).
fn call(name: &str) -> &str {
    let digits = |text: &str| text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let end = name.len() - digits(name);
    let dated = match name[..end].strip_suffix('v') {
        Some(dated) if end < name.len() => dated,
        _ => name,
    };
    let mut rest = dated;
    for (part, separated) in [(2, true), (2, true), (4, false)] {
        let Some(shorter) = rest.len().checked_sub(part).filter(|_| digits(rest) >= part) else {
            return name;
        };
        rest = &rest[..shorter];
        rest = if separated { rest.strip_suffix('_').unwrap_or(rest) } else { rest };
    }
    if rest.is_empty() { name } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_ends_with_a_date() {
        for (name, without) in [
            ("CreateFunction20150331", "CreateFunction"),
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("CreateDistribution2020_05_31", "CreateDistribution"),
            ("ListObjectsV2", "ListObjectsV2"),
            ("GetBucketV20150331", "GetBucketV"),
            ("AssumeRole", "AssumeRole"),
            ("20150331", "20150331"),
            ("Call2015", "Call2015"),
            ("é20150331", "é"),
            ("Callv", "Callv"),
            ("v", "v"),
            ("", ""),
        ] {
            assert_eq!(call(name), without, "{name}");
        }
    }

    #[test]
    fn another_version_of_a_call_is_found() {
        let versions =
            Versions::of(["CreateFunction20150331", "DeleteTrail", "UpdateFunctionCode"].into_iter());
        let others = |name| versions.others(name).map(|known| known.iter().next().unwrap().as_str());
        assert_eq!(others("CreateFunction20260101v3"), Some("CreateFunction20150331"));
        assert_eq!(others("UpdateFunctionCode20150331v2"), Some("UpdateFunctionCode"));
        for known in ["CreateFunction20150331", "DeleteTrail", "DeleteFunction20150331", "CreateFunction"] {
            assert_eq!(others(known), None, "{known}");
        }
    }
}
