//! Where a trail delivers: bucket, prefix and the folders above a region. Asks no service.

use std::{fmt, str::FromStr};

/// The id of an organization, such as `o-exampleorgid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationId(String);

/// A text that is not an organization's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an organization's id: `o-` and 10 to 32 small letters and digits")]
pub struct BadOrganizationId(pub String);

impl FromStr for OrganizationId {
    type Err = BadOrganizationId;

    fn from_str(text: &str) -> Result<Self, BadOrganizationId> {
        let fits = text.strip_prefix("o-").is_some_and(|rest| {
            (10..=32).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if fits { Ok(Self(text.to_owned())) } else { Err(BadOrganizationId(text.to_owned())) }
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A bucket and the trail's S3 prefix in it: what lies above `AWSLogs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsUrl {
    bucket: String,
    /// Without slashes at its ends.
    prefix: String,
}

/// A text that is not the URL of a trail's logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the URL of a trail's logs: s3://bucket or s3://bucket/prefix, without `AWSLogs` and what follows it"
)]
pub struct BadLogsUrl(pub String);

impl FromStr for LogsUrl {
    type Err = BadLogsUrl;

    fn from_str(text: &str) -> Result<Self, BadLogsUrl> {
        let bad = || BadLogsUrl(text.to_owned());
        let rest = text.strip_prefix("s3://").ok_or_else(bad)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_matches('/');
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
            });
        // Only this program may write a template's placeholders; CloudTrail allows 200 characters.
        let is_prefix = prefix.len() <= 200 && !prefix.contains(['$', '{', '}', '\n', '\r', '\'']);
        let below = prefix.split('/').any(|part| part == "AWSLogs");
        if is_bucket && is_prefix && !below {
            Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
        } else {
            Err(bad())
        }
    }
}

impl fmt::Display for LogsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)?;
        if self.prefix.is_empty() { Ok(()) } else { f.write_str("/") }
    }
}

/// Which kind of trail delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A trail of single accounts: `AWSLogs/<account>/CloudTrail/…`.
    Account,
    /// An organization trail: `AWSLogs/<o-id>/<account>/CloudTrail/…`.
    Organization(OrganizationId),
    /// Control Tower's organization trail: the organization's id is its prefix, too.
    ControlTower(OrganizationId),
}

impl Layout {
    /// The organization's id, if the trail is an organization's.
    #[cfg(feature = "aws")]
    #[must_use]
    pub const fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::Account => None,
            Self::Organization(id) | Self::ControlTower(id) => Some(id),
        }
    }

    /// The folder that holds the accounts' folders, with a slash at its end.
    #[must_use]
    pub fn accounts_folder(&self, logs: &LogsUrl) -> String {
        match self {
            Self::Account => format!("{logs}AWSLogs/"),
            Self::Organization(id) => format!("{logs}AWSLogs/{id}/"),
            Self::ControlTower(id) => format!("{logs}{id}/AWSLogs/{id}/"),
        }
    }

    /// The projection's template of a day's folder.
    #[must_use]
    pub fn template(&self, logs: &LogsUrl) -> String {
        format!("{}${{account}}/CloudTrail/${{region}}/${{timestamp}}/", self.accounts_folder(logs))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("trails of single accounts"),
            Self::Organization(id) => write!(f, "trail of organization {id}"),
            Self::ControlTower(id) => write!(f, "Control Tower's trail of organization {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_where_the_trail_delivers() {
        let id: OrganizationId = "o-exampleorgid".parse().unwrap();
        let logs: LogsUrl = "s3://example-logs/central/".parse().unwrap();
        assert_eq!(
            Layout::Account.template(&logs),
            "s3://example-logs/central/AWSLogs/${account}/CloudTrail/${region}/${timestamp}/"
        );
        assert_eq!(
            Layout::Organization(id.clone()).accounts_folder(&logs),
            "s3://example-logs/central/AWSLogs/o-exampleorgid/"
        );
        assert_eq!(
            Layout::ControlTower(id).accounts_folder(&"s3://example-logs".parse().unwrap()),
            "s3://example-logs/o-exampleorgid/AWSLogs/o-exampleorgid/"
        );
    }

    #[test]
    fn what_is_not_a_url_of_logs_is_refused() {
        for bad in
            ["", "example", "s3://", "s3://A", "s3://logs/AWSLogs/1", "s3://logs/${account}", "https://logs/"]
        {
            assert!(bad.parse::<LogsUrl>().is_err(), "{bad}");
        }
        for bad in ["", "o-", "o-SHORT", "exampleorgid", "o-exampleorgid/", "o-example"] {
            assert!(bad.parse::<OrganizationId>().is_err(), "{bad}");
        }
    }
}
