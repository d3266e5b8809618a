//! The Glue Data Catalog: reads and writes a whole table.

use std::collections::{BTreeMap, HashMap};

use aws_config::SdkConfig;
use aws_sdk_glue::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{self, DatabaseInput, SerDeInfo, StorageDescriptor, Table, TableInput},
};

use super::{AwsError, call::sent, error::failed};
use crate::table::{Column, Definition};

/// A client of Glue.
#[derive(Clone, Debug)]
pub struct Glue {
    client: Client,
}

/// A table in Glue, with the fields that an update must keep.
#[derive(Clone, Debug)]
pub struct GlueTable {
    /// The table's definition.
    pub definition: Definition,
    /// Whether it is a view, which cannot become a table.
    pub is_view: bool,
    raw: Table,
}

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another program changed or created it meanwhile.
    #[error("another program changed the table at the same time")]
    Changed,
    /// The service refused.
    #[error(transparent)]
    Failed(#[from] AwsError),
}

impl Glue {
    /// A client with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Whether there is a database of this name.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn has_database(&self, name: &str) -> Result<bool, AwsError> {
        let (operation, thing) = ("glue:GetDatabase", format!("the database `{name}`"));
        let request = self.client.get_database().name(name);
        match sent(operation, &thing, |tries| request.customize().interceptor(tries).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("EntityNotFoundException") => Ok(false),
            Err(error) => Err(failed(operation, &thing, &error)),
        }
    }

    /// Creates a database; an existing one is fine.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn create_database(&self, name: &str) -> Result<(), AwsError> {
        let operation = "glue:CreateDatabase";
        let thing = format!("the database `{name}`");
        let input =
            DatabaseInput::builder().name(name).description("CloudTrail logs, for trailbrief").build();
        let input = input.map_err(|error| AwsError::unusable(operation, &thing, error.to_string()))?;
        let request = self.client.create_database().database_input(input);
        match sent(operation, &thing, |tries| request.customize().interceptor(tries).send()).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => Ok(()),
            Err(error) => Err(failed(operation, &thing, &error)),
        }
    }

    /// The table of this name; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn table(&self, database: &str, name: &str) -> Result<Option<GlueTable>, AwsError> {
        let (operation, thing) = ("glue:GetTable", format!("the table `{database}.{name}`"));
        let request = self.client.get_table().database_name(database).name(name);
        match sent(operation, &thing, |tries| request.customize().interceptor(tries).send()).await {
            Ok(answer) => Ok(answer.table.map(|raw| GlueTable {
                definition: definition(database, &raw),
                is_view: raw.table_type() == Some("VIRTUAL_VIEW"),
                raw,
            })),
            Err(error) if error.code() == Some("EntityNotFoundException") => Ok(None),
            Err(error) => Err(failed(operation, &thing, &error)),
        }
    }

    /// Creates a table.
    ///
    /// # Errors
    ///
    /// If it exists already, or the service refuses.
    pub async fn create(&self, table: &Definition) -> Result<(), WriteError> {
        let operation = "glue:CreateTable";
        let thing = format!("the table `{}.{}`", table.database, table.name);
        let builders = (TableInput::builder(), StorageDescriptor::builder(), SerDeInfo::builder());
        let input = input(table, builders, &[]);
        let input = input.map_err(|error| AwsError::unusable(operation, &thing, error.to_string()))?;
        let request = self.client.create_table().database_name(&table.database).table_input(input);
        match sent(operation, &thing, |tries| request.customize().interceptor(tries).send()).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => Err(WriteError::Changed),
            Err(error) => Err(failed(operation, &thing, &error).into()),
        }
    }

    /// Changes a table, unless another program changed it meanwhile; no old version is archived.
    ///
    /// # Errors
    ///
    /// If another program changed it, or the service refuses.
    pub async fn update(&self, found: &GlueTable, table: &Definition) -> Result<(), WriteError> {
        let operation = "glue:UpdateTable";
        let thing = format!("the table `{}.{}`", table.database, table.name);
        let raw = &found.raw;
        // An update replaces everything: fields that are not repeated are lost.
        let kept = TableInput::builder()
            .set_description(raw.description.clone())
            .set_owner(raw.owner.clone())
            .set_last_access_time(raw.last_access_time)
            .set_last_analyzed_time(raw.last_analyzed_time)
            .retention(raw.retention);
        let storage = raw.storage_descriptor.clone();
        let serde = storage.as_ref().and_then(|storage| storage.serde_info.clone());
        let storage = storage.map_or_else(StorageDescriptor::builder, |kept| {
            StorageDescriptor::builder()
                .compressed(kept.compressed)
                .number_of_buckets(kept.number_of_buckets)
                .set_bucket_columns(kept.bucket_columns)
                .set_sort_columns(kept.sort_columns)
                .set_parameters(kept.parameters)
                .set_skewed_info(kept.skewed_info)
                .stored_as_sub_directories(kept.stored_as_sub_directories)
                .set_additional_locations(kept.additional_locations)
        });
        let serde = SerDeInfo::builder().set_name(serde.and_then(|serde| serde.name));
        let known = raw.storage_descriptor().map(StorageDescriptor::columns).unwrap_or_default();
        let known = [known, raw.partition_keys()].concat();
        let input = input(table, (kept, storage, serde), &known)
            .map_err(|error| AwsError::unusable(operation, &thing, error.to_string()))?;
        let request = self
            .client
            .update_table()
            .database_name(&table.database)
            .table_input(input)
            .skip_archive(true)
            .set_version_id(raw.version_id.clone());
        match sent(operation, &thing, |tries| request.customize().interceptor(tries).send()).await {
            Ok(_) => Ok(()),
            // Changed, or dropped.
            Err(error)
                if matches!(
                    error.code(),
                    Some("ConcurrentModificationException" | "EntityNotFoundException")
                ) =>
            {
                Err(WriteError::Changed)
            }
            Err(error) => Err(failed(operation, &thing, &error).into()),
        }
    }
}

type BuildError = aws_sdk_glue::error::BuildError;

type Builders = (
    types::builders::TableInputBuilder,
    types::builders::StorageDescriptorBuilder,
    types::builders::SerDeInfoBuilder,
);

/// What is written; columns that are `known` keep their comments and parameters.
fn input(
    table: &Definition,
    (kept, storage, serde): Builders,
    known: &[types::Column],
) -> Result<TableInput, BuildError> {
    let columns = |columns: &[Column]| {
        let column = |column: &Column| {
            let known = known.iter().find(|known| known.name() == column.name);
            types::Column::builder()
                .name(&column.name)
                .r#type(&column.hive_type)
                .set_comment(known.and_then(|known| known.comment.clone()))
                .set_parameters(known.and_then(|known| known.parameters.clone()))
                .build()
        };
        columns.iter().map(column).collect::<Result<Vec<_>, _>>()
    };
    let storage = storage
        .set_columns(Some(columns(&table.columns)?))
        .location(&table.location)
        .input_format(&table.input_format)
        .output_format(&table.output_format)
        .serde_info(
            serde
                .serialization_library(&table.serde)
                .set_parameters(Some(hashed(&table.serde_parameters)))
                .build(),
        )
        .build();
    kept.name(&table.name)
        .table_type("EXTERNAL_TABLE")
        .set_partition_keys(Some(columns(&table.partitions)?))
        .set_parameters(Some(hashed(&table.parameters)))
        .storage_descriptor(storage)
        .build()
}

fn definition(database: &str, table: &Table) -> Definition {
    let columns = |columns: &[types::Column]| -> Vec<Column> {
        let column = |column: &types::Column| Column {
            name: column.name().to_owned(),
            hive_type: column.r#type().unwrap_or_default().to_owned(),
        };
        columns.iter().map(column).collect()
    };
    let storage = table.storage_descriptor();
    let serde = storage.and_then(StorageDescriptor::serde_info);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Definition {
        database: database.to_owned(),
        name: table.name().to_owned(),
        columns: columns(storage.map(StorageDescriptor::columns).unwrap_or_default()),
        partitions: columns(table.partition_keys()),
        location: text(storage.and_then(StorageDescriptor::location)),
        input_format: text(storage.and_then(StorageDescriptor::input_format)),
        output_format: text(storage.and_then(StorageDescriptor::output_format)),
        serde: text(serde.and_then(SerDeInfo::serialization_library)),
        serde_parameters: sorted(serde.and_then(SerDeInfo::parameters)),
        parameters: sorted(table.parameters()),
    }
}

fn hashed(pairs: &BTreeMap<String, String>) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn sorted(pairs: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    pairs.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}
