//! `[table]`: the CloudTrail table in Glue, and where the trail delivers.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{Sourced, ValueOrigin, sourced};
use crate::{
    domain::{
        partition::PartitionForm,
        time::{Day, Timestamp},
    },
    table::{LogsUrl, OrganizationId},
    text::{At, Lint, Place, Report, TomlTable},
};

/// Whether there is a table.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSetting {
    /// `[table]` is not there.
    NotConfigured,
    /// It is.
    Configured(Box<TableConfig>),
}

/// `[table]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableConfig {
    /// `table.logs`: bucket and prefix of the trail.
    pub logs: Sourced<LogsUrl>,
    /// `table.database`.
    pub database: Sourced<String>,
    /// `table.name`.
    pub name: Sourced<String>,
    /// `table.trail`: which kind of trail delivers.
    pub trail: Sourced<Trail>,
    /// `table.organization`: its id.
    pub organization: Organization,
    /// `table.organization_units`: whether AWS Organizations is also asked for the accounts' units.
    pub organization_units: Sourced<bool>,
    /// `table.since`: the first day of delivery.
    pub since: Sourced<Day>,
    /// `table.regions`.
    pub regions: RegionList,
}

/// Which kind of trail delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    /// An organization trail.
    Organization,
    /// Trails of single accounts.
    Account,
    /// Control Tower's organization trail.
    ControlTower,
}

/// The organization's id.
#[derive(Clone, Debug, PartialEq)]
pub enum Organization {
    /// AWS Organizations is asked for it.
    FromOrganizations,
    /// The configuration gives it.
    Configured(Sourced<OrganizationId>),
}

/// The regions that the table covers.
#[derive(Clone, Debug, PartialEq)]
pub enum RegionList {
    /// Those that hold logs.
    Found,
    /// These.
    Listed(Sourced<Vec<String>>),
}

/// A text that is not a kind of trail.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a kind of trail: organization, account or control-tower")]
pub struct BadTrail(pub String);

impl FromStr for Trail {
    type Err = BadTrail;

    fn from_str(text: &str) -> Result<Self, BadTrail> {
        match text {
            "organization" => Ok(Self::Organization),
            "account" => Ok(Self::Account),
            "control-tower" => Ok(Self::ControlTower),
            other => Err(BadTrail(other.to_owned())),
        }
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organization => "organization",
            Self::Account => "account",
            Self::ControlTower => "control-tower",
        })
    }
}

/// The first day of a table by default: a day costs nothing until somebody queries it.
const SINCE: (i32, u32, u32) = (2023, 1, 1);

/// `table.partitions`: what partition columns of people's own tables hold, by their names in lower case.
pub type PartitionForms = BTreeMap<String, Sourced<PartitionForm>>;

/// Reads the table, and the partition columns that it names. These alone do not make a table.
pub(super) fn read(table: Option<TomlTable<'_>>) -> (TableSetting, PartitionForms) {
    let Some(table) = table else { return (TableSetting::NotConfigured, PartitionForms::new()) };
    let partitions = table.take("partitions").and_then(|item| item.table());
    let partitions = partitions.as_ref().map(partition_forms).unwrap_or_default();
    let is_named_only = table.entries().iter().all(|(key, _)| key.value == "partitions");
    if is_named_only && !partitions.is_empty() {
        return (TableSetting::NotConfigured, partitions);
    }
    (setting(table), partitions)
}

fn partition_forms(table: &TomlTable<'_>) -> PartitionForms {
    let entries = table.entries().into_iter();
    entries
        .filter_map(|(name, item)| {
            Some((name.value.to_lowercase(), sourced(item.parsed::<PartitionForm>()?)))
        })
        .collect()
}

fn setting(table: TomlTable<'_>) -> TableSetting {
    let logs = table.need("logs").and_then(|item| item.parsed::<LogsUrl>()).map(sourced);
    let name = |key, default: &str| {
        let text = table.take(key).and_then(|item| item.text()).filter(|text| is_name(text, table.report()));
        text.map_or_else(|| Sourced::default(default.to_owned()), sourced)
    };
    let (database, name) = (name("database", "trailbrief"), name("name", "cloudtrail"));
    let trail = table.take("trail").and_then(|item| item.parsed()).map(sourced);
    let organization = table.take("organization").and_then(|item| item.parsed::<OrganizationId>());
    let units = table.take("organization_units").and_then(|item| item.boolean()).map(sourced);
    let since = table
        .take("since")
        .and_then(|item| item.parsed::<Timestamp>())
        .map(|at| sourced(At { value: at.value.day(), place: at.place }));
    let regions = table.take("regions").and_then(|item| item.texts()).map(|regions| {
        if regions.value.is_empty() {
            let message =
                "`table.regions` is empty, so the table would cover only the regions of console sign-ins";
            let hint = Some("remove it to cover every region that holds logs".to_owned());
            table.report().error_with(Lint::BadValue, regions.place, message, hint);
        }
        let fits = |region: &At<String>| is_region(region, table.report());
        let value = regions.value.into_iter().filter(fits).map(|region| region.value).collect();
        sourced(At { value, place: regions.place })
    });
    let trail = trail.unwrap_or(Sourced::default(Trail::Organization));
    if let (Some(organization), Trail::Account) = (&organization, trail.value) {
        let message = "`table.organization` has no effect with `trail = \"account\"`";
        table.report().error(Lint::BadValue, organization.place, message);
    }
    if let (Some(Sourced { value: true, origin: ValueOrigin::File { line, column } }), Trail::Account) =
        (&units, trail.value)
    {
        let message = "`table.organization_units` has no effect with `trail = \"account\"`";
        table.report().error(Lint::BadValue, Place { line: *line, column: *column }, message);
    }
    table.finish();
    let Some(logs) = logs else { return TableSetting::NotConfigured };
    let (year, month, day) = SINCE;
    TableSetting::Configured(Box::new(TableConfig {
        logs,
        database,
        name,
        trail,
        organization: organization
            .map_or(Organization::FromOrganizations, |id| Organization::Configured(sourced(id))),
        organization_units: units.unwrap_or(Sourced::default(false)),
        since: since.unwrap_or_else(|| {
            Sourced::default(Day::from_ymd(year, month, day).expect("the default is a day"))
        }),
        regions: regions.map_or(RegionList::Found, RegionList::Listed),
    }))
}

/// Whether Glue and Athena accept this as a name without quotes.
fn is_name(text: &At<String>, report: &Report<'_>) -> bool {
    let value = &text.value;
    let fits = !value.is_empty()
        && value.len() <= 255
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !value.starts_with(|first: char| first.is_ascii_digit());
    if !fits {
        let message = format!("`{value}` is not a name for a database or table");
        let hint = Some("use lower-case letters, digits and `_`; do not begin with a digit".to_owned());
        report.error_with(Lint::BadValue, text.place, message, hint);
    }
    fits
}

fn is_region(text: &At<String>, report: &Report<'_>) -> bool {
    let parts: Vec<&str> = text.value.split('-').collect();
    let fits = parts.len() >= 3
        && parts.iter().all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
    if !fits {
        report.error(
            Lint::BadValue,
            text.place,
            format!("`{}` is not a region such as `eu-west-1`", text.value),
        );
    }
    fits
}
