//! The table of acts: what calls mean in plain words, what they leave behind, what undoes and contains it.
//!
//! The table is data, in the TOML files of this folder. The first entry of a call whose conditions hold says what it means.

mod files;
mod leaves;
mod parse;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

pub(super) use self::leaves::{Effect, Thing, Undo};
use self::{files::FILES, leaves::Leaves};
use super::{
    pattern::Pattern,
    record::{Path, Record},
    shell,
    template::Template,
};
use crate::domain::trace::TraceQuery;

/// The table.
static ACTS: LazyLock<Acts> = LazyLock::new(|| Acts::read(FILES).expect("a test reads every file"));

/// What calls mean.
#[derive(Debug)]
pub(super) struct Acts {
    by_call: HashMap<String, HashMap<String, Vec<Arc<Act>>>>,
    query: TraceQuery,
}

/// What a call means.
#[derive(Debug)]
pub(super) struct Act {
    /// Which calls of this name these are.
    when: Conditions,
    /// What was done, the most telling phrase first.
    did: Vec<Template>,
    /// What was tried.
    tried: Vec<Template>,
    /// How telling it is, from 1 to 5.
    weight: u8,
    /// Where the values of the holes are, the first that is there.
    holes: BTreeMap<String, Vec<Path>>,
    /// What stays.
    leaves: Option<Leaves>,
}

/// Values that fields must have.
#[derive(Debug, Default)]
struct Conditions(Vec<(Path, Vec<Allowed>)>);

/// A value that a field may have.
#[derive(Debug)]
enum Allowed {
    Absent,
    Like(Pattern),
}

impl Conditions {
    fn hold(&self, record: &Record<'_>) -> bool {
        self.0.iter().all(|(path, allowed)| {
            let values = record.raw_values(path);
            allowed.iter().any(|one| match one {
                Allowed::Absent => values.is_empty(),
                Allowed::Like(pattern) => values.iter().any(|value| pattern.matches(value)),
            })
        })
    }
}

impl Acts {
    /// The table of this program.
    pub(super) fn table() -> &'static Self {
        &ACTS
    }

    fn read(files: &[(&str, &'static str)]) -> Result<Self, String> {
        let mut by_call: HashMap<String, HashMap<String, Vec<Arc<Act>>>> = HashMap::new();
        for (file, text) in files {
            for (calls, act) in parse::acts(text).map_err(|error| format!("{file}: {error}"))? {
                let act = Arc::new(act);
                for (source, name) in calls {
                    by_call.entry(source).or_default().entry(name).or_default().push(act.clone());
                }
            }
        }
        let query = query(&by_call);
        Ok(Self { by_call, query })
    }

    /// Which events tell what is left behind and what undoes it.
    pub(super) fn query(&self) -> &TraceQuery {
        &self.query
    }

    /// What a call means, if the table has it.
    pub(super) fn of(&self, record: &Record<'_>) -> Option<&Act> {
        let event = record.event;
        let by_name = self.by_call.get(&event.source)?;
        let acts = by_name.get(&event.name).or_else(|| by_name.get(plain_name(&event.name)))?;
        acts.iter().find(|act| act.when.hold(record)).map(Arc::as_ref)
    }
}

/// The name of a call without the version that Lambda adds to it.
pub(super) fn plain_name(name: &str) -> &str {
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let unversioned = match unversioned.strip_suffix('v') {
        Some(before) if unversioned.len() < name.len() => {
            before.trim_end_matches(|c: char| c.is_ascii_digit())
        }
        _ => unversioned,
    };
    if name.len() - unversioned.len() >= 8 { unversioned } else { name }
}

/// Calls that show who stands behind whom.
const LINKS: [(&str, &[&str]); 5] = [
    (
        "sts.amazonaws.com",
        &[
            "AssumeRole",
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
            "AssumeRoot",
            "GetFederationToken",
            "GetSessionToken",
        ],
    ),
    ("signin.amazonaws.com", &["ConsoleLogin", "CreateOAuth2Token", "SwitchRole"]),
    ("iam.amazonaws.com", &["CreateAccessKey", "CreateRole", "CreateUser", "UpdateAssumeRolePolicy"]),
    ("ec2.amazonaws.com", &["RunInstances"]),
    ("sso.amazonaws.com", &["GetRoleCredentials"]),
];

fn query(by_call: &HashMap<String, HashMap<String, Vec<Arc<Act>>>>) -> TraceQuery {
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |source: &str, name: &str| {
        calls.entry(source.to_owned()).or_default().insert(name.to_owned());
    };
    for (source, by_name) in by_call {
        for (name, acts) in by_name {
            for leaves in acts.iter().filter_map(|act| act.leaves.as_ref()) {
                add(source, name);
                for (source, name) in leaves.undone_by.iter().flat_map(|undo| &undo.calls) {
                    add(source, name);
                }
            }
        }
    }
    for (source, names) in LINKS {
        names.iter().for_each(|name| add(source, name));
    }
    TraceQuery { calls: calls.into_iter().collect(), wanted: Vec::new() }
}

impl Act {
    /// How telling it is, from 1 to 5.
    pub(super) fn weight(&self) -> u8 {
        self.weight
    }

    /// What was done or tried: a clause that follows the person.
    pub(super) fn phrase(&self, record: &Record<'_>) -> Option<String> {
        let shown = |hole: &str| shown(&self.values(hole, record));
        if record.event.succeeded() {
            return first_filled(&self.did, shown);
        }
        first_filled(&self.tried, shown).map(|tried| format!("tried to {tried}"))
    }

    /// What stays after an event.
    pub(super) fn things<'a>(&'a self, record: &'a Record<'a>) -> Vec<Thing<'a>> {
        let leaves =
            self.leaves.as_ref().filter(|leaves| record.event.succeeded() && leaves.when.hold(record));
        let Some(leaves) = leaves else { return Vec::new() };
        let thing = |one| Thing { record, act: self, leaves, one };
        let each = leaves.each.as_ref().map(|hole| self.values(hole, record)).unwrap_or_default();
        if each.is_empty() {
            vec![thing(None)]
        } else {
            each.into_iter().map(|one| thing(Some(one))).collect()
        }
    }

    /// The values of a hole.
    fn values(&self, hole: &str, record: &Record<'_>) -> Vec<String> {
        match hole {
            "account" => vec![record.event.account.clone()],
            "region" => vec![record.event.region.clone()],
            _ => {
                let paths = self.holes.get(hole).map(Vec::as_slice).unwrap_or_default();
                paths
                    .iter()
                    .map(|path| record.values(path))
                    .find(|values| !values.is_empty())
                    .unwrap_or_default()
            }
        }
    }
}

fn first_filled(templates: &[Template], value: impl Fn(&str) -> Option<String>) -> Option<String> {
    templates.iter().find_map(|template| template.fill(&value))
}

/// Values for people: the first few, ARNs by their names.
fn shown(values: &[String]) -> Option<String> {
    let names: Vec<&str> = values.iter().map(|value| short(value)).collect();
    match names.len() {
        0 => None,
        1..=3 => Some(names.join(", ")),
        many => Some(format!("{}, {} and {} more", names[0], names[1], many - 2)),
    }
}

/// Values for a shell, each a word; `None` if one cannot be given.
fn words(values: &[String]) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    let words: Option<Vec<String>> = values.iter().map(|value| shell::quoted(value)).collect();
    Some(words?.join(" "))
}

/// The name that people use for something: the last part of an ARN, any other text as it is.
pub(super) fn short(value: &str) -> &str {
    if !value.starts_with("arn:") {
        return value;
    }
    let resource = value.splitn(6, ':').last().unwrap_or(value);
    let name = resource.rsplit(['/', ':']).next().unwrap_or(resource);
    if name.is_empty() { value } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trace::TraceEvent;

    #[test]
    fn every_file_of_the_table_is_read_and_well_formed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/story/acts");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        there.sort();
        let listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, listed, "every file of the folder is listed, in order");
        let acts = Acts::read(FILES).unwrap_or_else(|error| panic!("{error}"));
        assert!(acts.by_call.len() > 20);
    }

    #[test]
    fn what_is_wrong_in_the_table_is_named() {
        let of = |text: &'static str| Acts::read(&[("a.toml", text)]).map(|_| ()).unwrap_err();
        let act = "[[act]]\nsource = \"iam.amazonaws.com\"\nname = \"A\"\nweight = 1\n";
        for (more, expected) in [
            ("", "`did` is missing"),
            ("did = \"a {b}\"", "the hole {b} has no path"),
            ("did = \"a\"\nwhat = \"a\"", "`what` is not a key of an act"),
            ("did = \"a\"\n[act.names]\nb = [\"requestParameters.b\"]", "is not a path"),
            ("did = \"a\"\n[act.leaves]\nwhat = \"b\"\nkind = \"c\"", "`c` is not a kind"),
            (
                "did = \"a {b}\"\n[act.names]\nb = [\"$.requestParameters.b\"]\n[act.leaves]\nwhat = \"b\"\nkind = \"key\"\n\
                 contain = \"aws '{b}'\"",
                "stands in quotes",
            ),
        ] {
            let error = of(Box::leak(format!("{act}{more}").into_boxed_str()));
            assert!(error.contains(expected), "{more}: {error}");
        }
    }

    #[test]
    fn a_call_is_a_phrase_and_a_command() {
        let mut event = TraceEvent {
            source: "iam.amazonaws.com".to_owned(),
            name: "CreateAccessKey".to_owned(),
            request: Some(r#"{"userName":"bob; reboot"}"#.to_owned()),
            response: Some(
                r#"{"accessKey":{"accessKeyId":"AKIAEXAMPLE","userName":"bob; reboot"}}"#.to_owned(),
            ),
            ..TraceEvent::default()
        };
        {
            let record = Record::new(&event);
            let act = Acts::table().of(&record).unwrap();
            assert_eq!(act.phrase(&record).unwrap(), "created access key AKIAEXAMPLE for bob; reboot");
            let things = act.things(&record);
            assert_eq!(things[0].what().unwrap(), "access key AKIAEXAMPLE of user bob; reboot");
            assert_eq!(
                things[0].contain().unwrap(),
                "aws iam update-access-key --user-name 'bob; reboot' --access-key-id AKIAEXAMPLE --status Inactive"
            );
        }
        event.error = Some("AccessDenied".to_owned());
        let record = Record::new(&event);
        let act = Acts::table().of(&record).unwrap();
        assert_eq!(act.phrase(&record).unwrap(), "tried to create an access key for bob; reboot");
        assert!(act.things(&record).is_empty());
    }

    #[test]
    fn names_are_short() {
        for (value, name) in [
            ("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
            ("arn:aws:cloudtrail:us-east-1:123456789012:trail/web", "web"),
            ("arn:aws:sns:eu-west-1:123456789012:alarms", "alarms"),
            ("prod/db", "prod/db"),
        ] {
            assert_eq!(short(value), name);
        }
        for (name, plain) in [
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("CreateFunction20150331", "CreateFunction"),
            ("CreateUser", "CreateUser"),
            ("PutRolePolicy2", "PutRolePolicy2"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }
}
