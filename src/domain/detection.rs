//! A detection: one SQL file of the library, validated.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr};

use super::{attack::Attack, severity::Severity, time::Span};

/// The id of a detection: `family.name`, lower case words joined by hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DetectionId(String);

/// A text that is not a detection's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a detection id: it needs a family and a name, such as `iam.root-console-login` (a-z, 0-9, hyphens)"
)]
pub struct BadDetectionId(pub String);

impl DetectionId {
    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the dot: its directory in the library.
    #[must_use]
    pub fn family(&self) -> &str {
        self.0.split_once('.').map_or("", |(family, _)| family)
    }

    /// The part after the dot: its file's stem.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, name)| name)
    }
}

impl FromStr for DetectionId {
    type Err = BadDetectionId;

    fn from_str(text: &str) -> Result<Self, BadDetectionId> {
        let word = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once('.') {
            Some((family, name)) if word(family) && word(name) && text.len() <= 80 => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(BadDetectionId(text.to_owned())),
        }
    }
}

impl fmt::Display for DetectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How far a detection can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In use; changes are announced.
    Stable,
    /// May change or be noisy.
    Experimental,
    /// To be removed; kept so that configurations that name it still load.
    Deprecated,
}

impl Status {
    /// Its name in a header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Experimental => "experimental",
            Self::Deprecated => "deprecated",
        }
    }
}

/// What a detection makes of calls that were denied or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// It does not report them, or its findings do not tell them apart.
    No,
    /// They are one severity lower than calls that succeeded.
    Lower,
    /// They are as bad as calls that succeeded.
    Same,
}

impl Attempts {
    /// Its name in a header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Lower => "lower",
            Self::Same => "same",
        }
    }
}

/// The value of a parameter, typed.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// A whole number: a bigint literal.
    Integer(i64),
    /// A double literal.
    Number(f64),
    /// A varchar literal.
    Text(String),
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// Several varchar literals, for `IN (:name)`.
    TextList(Vec<String>),
}

impl ParamValue {
    /// The name of its type in a header.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Integer(_) => "integer",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Boolean(_) => "boolean",
            Self::TextList(_) => "text-list",
        }
    }
}

/// A parameter that a detection declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its value unless the configuration gives another of the same type.
    pub default: ParamValue,
    /// What it means.
    pub about: String,
}

/// Something a detection cannot work without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A watch-list of the configuration that is not empty.
    Watchlist(String),
    /// Another precondition that only the trail's owner can check, such as `s3-data-events`.
    Trail(String),
    /// A baseline of habits that has learned for long enough.
    Habits,
}

/// Where a detection came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Shipped in the binary; the path below `queries/`.
    Shipped(String),
    /// A file of the user.
    User(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped(path) => write!(f, "queries/{path}"),
            Self::User(path) => write!(f, "{}", path.display()),
        }
    }
}

/// One SQL file of the library, validated.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Unique in the library.
    pub id: DetectionId,
    /// What it finds, in one line.
    pub title: String,
    /// How bad its findings are.
    pub severity: Severity,
    /// How far it can be trusted.
    pub status: Status,
    /// The packs it belongs to; schedules run packs.
    pub packs: Vec<String>,
    /// ATT&CK tactics and techniques.
    pub attack: Vec<Attack>,
    /// CIS benchmark sections.
    pub cis: Vec<String>,
    /// The columns that identify a finding, besides the detection's id and the event id.
    pub about: Vec<String>,
    /// Wider detections whose findings about the same events this one's findings replace.
    pub replaces: Vec<DetectionId>,
    /// What it means that an attempt was denied or failed.
    pub attempts: Attempts,
    /// The sentence about a finding, with column names in braces.
    pub says: String,
    /// Why it matters, if there is more to say than the title does.
    pub description: String,
    /// Harmless explanations of a finding.
    pub benign: Vec<String>,
    /// What to do first about a finding.
    pub steps: Vec<String>,
    /// Where to read more, as URLs.
    pub references: Vec<String>,
    /// How far `history` reaches back before the window; zero if it is not read.
    pub lookback: Span,
    /// The bucket that an aggregate counts by: windows begin at a multiple of it, so that a bucket is always
    /// seen whole. Zero for single events.
    pub align: Span,
    /// What it cannot work without.
    pub needs: Vec<Need>,
    /// Whether it needs a statement of its own on Athena (`scan = "own"` in its header).
    pub own_scan: bool,
    /// Its parameters by name.
    pub params: BTreeMap<String, Param>,
    /// The SQL after the header, with comment lines in place of the header so that line numbers are the file's.
    pub sql: String,
    /// SHA-256 of the file, 12 hexadecimal digits.
    pub hash: String,
    /// Where it came from.
    pub origin: Origin,
}

#[cfg(test)]
impl Detection {
    /// A detection with this id and nothing else.
    pub(crate) fn sample(id: &str) -> Self {
        Self {
            id: id.parse().unwrap(),
            title: String::new(),
            severity: Severity::Low,
            status: Status::Stable,
            packs: Vec::new(),
            attack: Vec::new(),
            cis: Vec::new(),
            about: Vec::new(),
            replaces: Vec::new(),
            attempts: Attempts::No,
            says: String::new(),
            description: String::new(),
            benign: Vec::new(),
            steps: Vec::new(),
            references: Vec::new(),
            lookback: Span::ZERO,
            align: Span::ZERO,
            needs: Vec::new(),
            own_scan: false,
            params: BTreeMap::new(),
            sql: String::new(),
            hash: String::new(),
            origin: Origin::Shipped(String::new()),
        }
    }
}

/// Whether a detection or pack pattern (`iam.*`, `*`, an id) names this id.
#[must_use]
pub fn pattern_matches(pattern: &str, id: &DetectionId) -> bool {
    match pattern.split_once('*') {
        None => pattern == id.as_str(),
        Some((before, after)) => {
            id.as_str().len() >= before.len() + after.len()
                && id.as_str().starts_with(before)
                && id.as_str().ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_grammar() {
        for good in ["iam.root-console-login", "s3.bucket-public", "a.b"] {
            assert!(good.parse::<DetectionId>().is_ok(), "{good}");
        }
        for bad in ["", "iam", ".x", "x.", "IAM.x", "iam.a.b", "iam.-a", "iam.a b"] {
            assert!(bad.parse::<DetectionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_match_ids() {
        let id: DetectionId = "iam.root-console-login".parse().unwrap();
        for (pattern, matches) in
            [("*", true), ("iam.*", true), ("*-login", true), ("iam.root", false), ("s3.*", false)]
        {
            assert_eq!(pattern_matches(pattern, &id), matches, "{pattern}");
        }
    }

    #[test]
    fn an_id_has_two_parts_and_at_most_eighty_bytes() {
        let id: DetectionId = "iam.root-console-login".parse().unwrap();
        assert_eq!(
            (id.family(), id.name(), id.as_str()),
            ("iam", "root-console-login", "iam.root-console-login")
        );
        assert_eq!(format!("{id:>24}|{id}"), "  iam.root-console-login|iam.root-console-login");
        let long = |bytes: usize| format!("a.{}", "b".repeat(bytes - 2)).parse::<DetectionId>();
        assert!(long(80).is_ok() && long(81).is_err());
        for bad in ["a-.b", "a.b-", "-a.b", "a.B", "a.b_c", "a.é", ".", "a..b"] {
            assert_eq!(bad.parse::<DetectionId>(), Err(BadDetectionId(bad.to_owned())));
        }
        assert!("a1.2-b".parse::<DetectionId>().is_ok());
    }

    #[test]
    fn a_pattern_matches_no_shorter_id() {
        let id: DetectionId = "aba.b".parse().unwrap();
        for (pattern, matches) in [
            ("aba*aba.b", false),
            ("aba*a.b", false),
            ("ab*a.b", true),
            ("aba.b*", true),
            ("x*", false),
            ("*x", false),
        ] {
            assert_eq!(pattern_matches(pattern, &id), matches, "{pattern}");
        }
    }

    #[test]
    fn words_of_a_header_have_names() {
        let statuses = [Status::Stable, Status::Experimental, Status::Deprecated].map(Status::as_str);
        assert_eq!(statuses, ["stable", "experimental", "deprecated"]);
        let attempts = [Attempts::No, Attempts::Lower, Attempts::Same].map(Attempts::as_str);
        assert_eq!(attempts, ["no", "lower", "same"]);
        let values = [
            ParamValue::Integer(1),
            ParamValue::Number(1.0),
            ParamValue::Text(String::new()),
            ParamValue::Boolean(true),
            ParamValue::TextList(Vec::new()),
        ];
        let types = ["integer", "number", "text", "boolean", "text-list"];
        assert!(values.iter().map(ParamValue::type_name).eq(types));
        let origins = [Origin::Shipped("iam/x.sql".to_owned()), Origin::User(PathBuf::from("mine/x.sql"))];
        assert_eq!(origins.map(|origin| origin.to_string()), ["queries/iam/x.sql", "mine/x.sql"]);
    }
}
