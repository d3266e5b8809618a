//! The table as it should be: the documented columns and newer fields, projected over accounts, regions and days.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, Definition, Layout, LogsUrl, MARK};
use crate::domain::{
    account::AccountId,
    cloudtrail::{self, COLUMNS, ColumnKind, PARTITION_COLUMNS},
    time::Day,
};

/// The version of the definition, kept in the table's [`MARK`].
const VERSION: &str = "1";

/// Glue's limit for one parameter's value, in characters.
const LONGEST_VALUE: usize = 512_000;

/// Console sign-ins are recorded in one of these, whatever regions are in use: the commercial partition's sign-in
/// endpoints, and the leading region of every other partition.
const SIGN_IN: [(&str, &[&str]); 4] = [
    ("", &["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"]),
    ("us-gov-", &["us-gov-west-1"]),
    ("cn-", &["cn-north-1"]),
    ("eusc-", &["eusc-de-east-1"]),
];

/// What the table is to cover.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The Glue database.
    pub database: String,
    /// The table's name.
    pub name: String,
    /// Where the trail delivers.
    pub logs: LogsUrl,
    /// Which kind of trail it is.
    pub layout: Layout,
    /// The first day of delivery.
    pub since: Day,
    /// Every account whose logs may be queried.
    pub accounts: BTreeSet<AccountId>,
    /// The regions that hold logs; those of console sign-ins are added.
    pub regions: BTreeSet<String>,
}

/// Too many accounts for a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{accounts} accounts do not fit into a table: Glue allows a parameter {LONGEST_VALUE} characters, which is 39,384 of them"
)]
pub struct TooLarge {
    /// How many there are.
    pub accounts: usize,
}

/// The table that covers this.
///
/// # Errors
///
/// If Glue could not hold it.
pub fn wanted(spec: &Spec) -> Result<Definition, TooLarge> {
    let accounts = listed(spec.accounts.iter().map(AccountId::as_str));
    if accounts.len() > LONGEST_VALUE {
        return Err(TooLarge { accounts: spec.accounts.len() });
    }
    let regions = with_sign_in(&spec.regions);
    let parameters = [
        (MARK, VERSION),
        ("EXTERNAL", "TRUE"),
        ("classification", "cloudtrail"),
        ("projection.enabled", "true"),
        ("projection.account.type", "enum"),
        ("projection.account.values", &accounts),
        ("projection.region.type", "enum"),
        ("projection.region.values", &listed(regions.iter().map(String::as_str))),
        ("projection.timestamp.type", "date"),
        ("projection.timestamp.format", "yyyy/MM/dd"),
        ("projection.timestamp.range", &format!("{},NOW", spec.since.path())),
        ("projection.timestamp.interval", "1"),
        ("projection.timestamp.interval.unit", "DAYS"),
        ("storage.location.template", &spec.layout.template(&spec.logs)),
    ];
    Ok(Definition {
        database: spec.database.clone(),
        name: spec.name.clone(),
        columns: COLUMNS.iter().map(column).collect(),
        partitions: PARTITION_COLUMNS
            .iter()
            .map(|name| Column { name: (*name).to_owned(), hive_type: "string".to_owned() })
            .collect(),
        location: spec.layout.accounts_folder(&spec.logs),
        input_format: "com.amazon.emr.cloudtrail.CloudTrailInputFormat".to_owned(),
        output_format: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat".to_owned(),
        serde: "org.apache.hive.hcatalog.data.JsonSerDe".to_owned(),
        serde_parameters: owned(&[("serialization.format", "1")]),
        parameters: owned(&parameters),
    })
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A projection's list; white space would become a part of the values.
fn listed<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.collect::<Vec<_>>().join(",")
}

/// The regions with those where the partitions that they are in record console sign-ins.
fn with_sign_in(regions: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = regions.clone();
    let partition_of = |region: &str| {
        SIGN_IN.iter().skip(1).find(|(prefix, _)| region.starts_with(prefix)).unwrap_or(&SIGN_IN[0])
    };
    // The isolated partitions record sign-ins in the region itself.
    let open: Vec<&String> = regions.iter().filter(|region| !region.contains("iso")).collect();
    if regions.is_empty() {
        all.extend(SIGN_IN[0].1.iter().map(|region| (*region).to_owned()));
    }
    for region in open {
        all.extend(partition_of(region).1.iter().map(|region| (*region).to_owned()));
    }
    all
}

fn column(column: &cloudtrail::Column) -> Column {
    Column { name: column.name.to_owned(), hive_type: hive_type(column.kind) }
}

/// The Hive type of a column. CloudTrail's input format turns JSON values in text columns into their source.
fn hive_type(kind: ColumnKind) -> String {
    let fields = |fields: &[cloudtrail::Column]| {
        let fields: Vec<_> =
            fields.iter().map(|field| format!("{}:{}", field.name, hive_type(field.kind))).collect();
        format!("struct<{}>", fields.join(","))
    };
    match kind {
        ColumnKind::Text | ColumnKind::Json => "string".to_owned(),
        ColumnKind::Struct(inner) => fields(inner),
        ColumnKind::StructArray(inner) => format!("array<{}>", fields(inner)),
        ColumnKind::TextMap => "map<string,string>".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::table) fn spec(accounts: &[&str], regions: &[&str]) -> Spec {
        Spec {
            database: "security".to_owned(),
            name: "cloudtrail".to_owned(),
            logs: "s3://example-logs".parse().unwrap(),
            layout: Layout::Organization("o-exampleorgid".parse().unwrap()),
            since: Day::from_ymd(2024, 1, 1).unwrap(),
            accounts: accounts.iter().map(|id| id.parse().unwrap()).collect(),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        }
    }

    #[test]
    fn sign_in_regions_are_always_covered() {
        let of = |regions: &[&str]| {
            wanted(&spec(&[], regions)).unwrap().parameters["projection.region.values"].clone()
        };
        assert_eq!(of(&["eu-west-1"]), "ap-southeast-2,eu-north-1,eu-west-1,us-east-1,us-east-2");
        assert_eq!(of(&["us-gov-east-1"]), "us-gov-east-1,us-gov-west-1");
        assert_eq!(of(&["us-iso-east-1"]), "us-iso-east-1");
        assert_eq!(of(&[]), "ap-southeast-2,eu-north-1,us-east-1,us-east-2");
    }

    #[test]
    fn a_table_holds_as_many_accounts_as_glue_lets_it() {
        let many = |count: u64| Spec {
            accounts: (0..count).map(|number| format!("{number:012}").parse().unwrap()).collect(),
            ..spec(&[], &[])
        };
        assert!(wanted(&many(39_384)).is_ok());
        assert_eq!(wanted(&many(39_385)), Err(TooLarge { accounts: 39_385 }));
    }
}
