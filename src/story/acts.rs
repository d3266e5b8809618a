//! The table of acts: what calls mean in plain words, what they leave behind, what undoes and contains it.
//!
//! The table is data, in the TOML files of this folder.

mod parse;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use super::{
    record::{Path, Record},
    shell,
    template::Template,
};
use crate::domain::trace::TraceQuery;

/// The files, by name.
const FILES: &[(&str, &str)] = &[("iam.toml", include_str!("acts/iam.toml"))];

/// The table.
static ACTS: LazyLock<Acts> = LazyLock::new(|| Acts::read(FILES).expect("a test reads every file"));

/// What calls mean.
#[derive(Debug)]
pub(super) struct Acts {
    by_call: HashMap<(String, String), Vec<Act>>,
    query: TraceQuery,
}

/// What a call means.
#[derive(Clone, Debug)]
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

/// What stays after a call.
#[derive(Clone, Debug)]
pub(super) struct Leaves {
    what: Vec<Template>,
    /// What kind of thing stays.
    pub(super) kind: &'static str,
    when: Conditions,
    /// The calls that undo it.
    pub(super) undone_by: Vec<Undo>,
    contain: Vec<Template>,
    remove: Vec<Template>,
    /// What the containment breaks.
    pub(super) risk: Option<&'static str>,
}

/// A call that undoes what another left.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    /// The calls: service and name.
    pub(super) calls: Vec<(String, String)>,
    /// The values that must be the same.
    pub(super) same: Vec<(Path, Template)>,
    when: Conditions,
}

/// Values that fields must have.
#[derive(Clone, Debug, Default)]
struct Conditions(Vec<(Path, Vec<String>)>);

impl Conditions {
    fn hold(&self, record: &Record<'_>) -> bool {
        self.0.iter().all(|(path, allowed)| {
            let values = record.values(path);
            allowed.iter().any(|one| match one.as_str() {
                "*" => !values.is_empty(),
                "-" => values.is_empty(),
                text => values.iter().any(|value| value.eq_ignore_ascii_case(text)),
            })
        })
    }
}

impl Undo {
    /// Whether a call of this name is one that undoes.
    pub(super) fn holds(&self, record: &Record<'_>) -> bool {
        self.when.hold(record)
    }
}

impl Acts {
    /// The table of this program.
    pub(super) fn table() -> &'static Self {
        &ACTS
    }

    fn read(files: &[(&str, &'static str)]) -> Result<Self, String> {
        let mut by_call: HashMap<(String, String), Vec<Act>> = HashMap::new();
        for (file, text) in files {
            for (calls, act) in parse::acts(text).map_err(|error| format!("{file}: {error}"))? {
                for call in calls {
                    by_call.entry(call).or_default().push(act.clone());
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
        let call = (record.event.source.clone(), plain_name(&record.event.name).to_owned());
        self.by_call.get(&call)?.iter().find(|act| act.when.hold(record))
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
const LINKS: [(&str, &[&str]); 4] = [
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
    ("signin.amazonaws.com", &["ConsoleLogin", "SwitchRole"]),
    ("iam.amazonaws.com", &["CreateAccessKey", "CreateRole", "CreateUser", "UpdateAssumeRolePolicy"]),
    ("ec2.amazonaws.com", &["RunInstances"]),
];

/// The versions that Lambda adds to the names of its calls.
const VERSIONS: [&str; 4] = ["", "20150331", "20150331v2", "20170331v2"];

fn query(by_call: &HashMap<(String, String), Vec<Act>>) -> TraceQuery {
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |source: &str, name: &str| {
        let names = calls.entry(source.to_owned()).or_default();
        match source {
            "lambda.amazonaws.com" => names.extend(VERSIONS.map(|version| format!("{name}{version}"))),
            _ => {
                names.insert(name.to_owned());
            }
        }
    };
    for ((source, name), acts) in by_call {
        for leaves in acts.iter().filter_map(|act| act.leaves.as_ref()) {
            add(source, name);
            for (source, name) in leaves.undone_by.iter().flat_map(|undo| &undo.calls) {
                add(source, name);
            }
        }
    }
    for (source, names) in LINKS {
        names.iter().for_each(|name| add(source, name));
    }
    TraceQuery { calls: calls.into_iter().collect() }
}

impl Act {
    /// How telling it is, from 1 to 5.
    pub(super) fn weight(&self) -> u8 {
        self.weight
    }

    /// What was done or tried: a clause that follows the person.
    pub(super) fn phrase(&self, record: &Record<'_>) -> Option<String> {
        let shown = |hole: &str| self.value(hole, record).map(|value| short(&value).to_owned());
        if record.event.succeeded() {
            return first_filled(&self.did, shown);
        }
        first_filled(&self.tried, shown).map(|tried| format!("tried to {tried}"))
    }

    /// What stays, if something does.
    pub(super) fn leaves(&self, record: &Record<'_>) -> Option<&Leaves> {
        self.leaves.as_ref().filter(|leaves| record.event.succeeded() && leaves.when.hold(record))
    }

    /// What stays, by name.
    pub(super) fn what(&self, leaves: &Leaves, record: &Record<'_>) -> Option<String> {
        first_filled(&leaves.what, |hole| self.value(hole, record).map(|value| short(&value).to_owned()))
    }

    /// A command that contains what stays.
    pub(super) fn contain(&self, leaves: &Leaves, record: &Record<'_>) -> Option<String> {
        self.command(&leaves.contain, record)
    }

    /// A command that removes what stays.
    pub(super) fn remove(&self, leaves: &Leaves, record: &Record<'_>) -> Option<String> {
        self.command(&leaves.remove, record)
    }

    fn command(&self, templates: &[Template], record: &Record<'_>) -> Option<String> {
        let command = first_filled(templates, |hole| shell::quoted(&self.value(hole, record)?))?;
        let is_regional = !is_global(&record.event.source) && !command.contains(" --region ");
        match shell::quoted(&record.event.region).filter(|_| is_regional) {
            Some(region) => Some(format!("{command} --region {region}")),
            None => Some(command),
        }
    }

    /// The value of a hole.
    pub(super) fn value(&self, hole: &str, record: &Record<'_>) -> Option<String> {
        match hole {
            "account" => Some(record.event.account.clone()),
            "region" => Some(record.event.region.clone()),
            _ => self.holes.get(hole)?.iter().find_map(|path| record.value(path)),
        }
    }
}

fn first_filled(templates: &[Template], value: impl Fn(&str) -> Option<String>) -> Option<String> {
    templates.iter().find_map(|template| template.fill(&value))
}

/// Whether a service has one place for all Regions.
pub(super) fn is_global(source: &str) -> bool {
    ["iam", "sts", "organizations", "route53", "cloudfront", "account", "s3", "signin", "sso"]
        .iter()
        .any(|service| source.strip_suffix(".amazonaws.com") == Some(service))
}

/// The name that people use for something: the last part of an ARN, any other text as it is.
pub(super) fn short(value: &str) -> &str {
    if !value.starts_with("arn:") || value.contains(", ") {
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
        assert!(acts.by_call.len() > 3);
    }

    #[test]
    fn what_is_wrong_in_the_table_is_named() {
        let of = |text: &'static str| Acts::read(&[("a.toml", text)]).map(|_| ()).unwrap_err();
        let act = "[[act]]\nsource = \"iam.amazonaws.com\"\nname = \"A\"\nweight = 1\n";
        for (more, expected) in [
            ("", "`did` is missing"),
            ("did = \"a {b}\"", "the hole {b} has no path"),
            ("did = \"a {b\"", "`a {b` is not a phrase"),
            ("did = \"a\"\nwhat = \"a\"", "`what` is not a key of an act"),
            ("did = \"a\"\n[act.holes]\nb = [\"requestParameters.b\"]", "is not a path"),
            ("did = \"a\"\n[act.leaves]\nwhat = \"b\"\nkind = \"c\"", "`c` is not a kind"),
            (
                "did = \"a {b}\"\n[act.holes]\nb = [\"$.requestParameters.b\"]\n[act.leaves]\nwhat = \"b\"\nkind = \"key\"\n\
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
            let leaves = act.leaves(&record).unwrap();
            assert_eq!(act.what(leaves, &record).unwrap(), "access key AKIAEXAMPLE of user bob; reboot");
            assert_eq!(
                act.contain(leaves, &record).unwrap(),
                "aws iam update-access-key --user-name 'bob; reboot' --access-key-id AKIAEXAMPLE --status Inactive"
            );
        }
        event.error = Some("AccessDenied".to_owned());
        let record = Record::new(&event);
        let act = Acts::table().of(&record).unwrap();
        assert_eq!(act.phrase(&record).unwrap(), "tried to create an access key for bob; reboot");
        assert!(act.leaves(&record).is_none());
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
