//! The partition-projected CloudTrail table: what it should be, what of it has to change, and its DDL.
//!
//! Pure: nothing here talks to Glue. [`Definition`] describes a table; `aws` translates it.

#[cfg(feature = "aws")]
mod ddl;
mod diff;
mod layout;
mod wanted;

use std::collections::BTreeMap;

#[cfg(feature = "aws")]
pub use ddl::ddl;
pub use diff::{Change, Difference, NotOurs, difference};
pub use layout::{BadOrganizationId, Layout, LogsUrl, OrganizationId};
pub use wanted::{Spec, TooLarge, wanted};

/// The parameter that marks a table as made by this program; its value is the version of the definition.
pub const MARK: &str = "trailbrief.table";

/// A column of a table: its name and its Hive type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Lower case.
    pub name: String,
    /// Such as `string` or `struct<arn:string>`.
    pub hive_type: String,
}

/// A table as Glue keeps it, as far as this program sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The Glue database.
    pub database: String,
    /// The table's name.
    pub name: String,
    /// Columns of the records.
    pub columns: Vec<Column>,
    /// Columns of the path.
    pub partitions: Vec<Column>,
    /// `s3://…/`; the template in the parameters overrides it, but Glue requires one.
    pub location: String,
    /// Java class that splits files into records.
    pub input_format: String,
    /// Java class that would write.
    pub output_format: String,
    /// Java class that reads a record.
    pub serde: String,
    /// Settings of that class.
    pub serde_parameters: BTreeMap<String, String>,
    /// Everything else: projection, template, marks.
    pub parameters: BTreeMap<String, String>,
}
