//! Leaves out the files that no row of a statement can come from, by what their paths show of partition columns.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array as _, ArrayRef, AsArray as _, RecordBatch, RecordBatchOptions},
        datatypes::{Schema, SchemaRef},
    },
    catalog::Session,
    common::DFSchema,
    logical_expr::Expr,
};

use super::{
    place,
    shape::{Listed, Origin, Shape},
};
use crate::{
    domain::{cloudtrail::PARTITION_COLUMNS, partition::PartitionForm},
    engine::embedded::source::LogFile,
};

/// What a filter has to know of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Needs {
    /// The partition in its path.
    partition: bool,
    /// The hour in its name.
    hour: bool,
}

/// The files that filters, all of which must hold, do not exclude. A filter that cannot be decided excludes nothing.
pub(super) fn kept(state: &dyn Session, shape: &Shape, filters: &[Expr], listed: Listed<'_>) -> Vec<LogFile> {
    let mut kept: Vec<bool> = vec![true; listed.files.len()];
    for filter in filters {
        let Some((schema, needs)) = needed(shape, filter) else { continue };
        let known = |file: &LogFile| {
            (!needs.partition || file.partition.is_some())
                && (!needs.hour || place::hour_in_name(file).is_some())
        };
        let chosen: Vec<usize> =
            (0..listed.files.len()).filter(|at| kept[*at] && known(&listed.files[*at])).collect();
        let Some(holds) = holds(state, shape, filter, &schema, &chosen, listed) else { continue };
        for (at, holds) in chosen.into_iter().zip(holds) {
            kept[at] = holds;
        }
    }
    let is_kept = |(file, kept): (&LogFile, bool)| kept.then(|| file.clone());
    listed.files.iter().zip(kept).filter_map(is_kept).collect()
}

/// The columns of a filter, if a file's path decides all of them.
fn needed(shape: &Shape, filter: &Expr) -> Option<(SchemaRef, Needs)> {
    let mut names: Vec<&str> = filter.column_refs().into_iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut needs = Needs { partition: false, hour: false };
    let mut fields = Vec::new();
    for name in names {
        match (shape.origin(name)?, form(shape, name)) {
            (Origin::File(column), _) => needs.partition |= *column == place::FileColumn::Partition,
            (_, Some(form)) => {
                needs.partition = true;
                needs.hour |= form.has_hour();
            }
            _ => return None,
        }
        fields.push(Arc::clone(&shape.schema.fields()[shape.schema.index_of(name).ok()?]));
    }
    (!fields.is_empty() && !filter.is_volatile()).then(|| (Arc::new(Schema::new(fields)), needs))
}

/// The form of a partition column, ours included.
fn form(shape: &Shape, name: &str) -> Option<PartitionForm> {
    match shape.origin(name)? {
        Origin::Partition(form) => Some(form.clone()),
        Origin::Reader if PARTITION_COLUMNS.contains(&name) => crate::plan::foreign::usual(name),
        _ => None,
    }
}

/// Whether a filter holds for each of the chosen files; `None` if it cannot be computed.
fn holds(
    state: &dyn Session,
    shape: &Shape,
    filter: &Expr,
    schema: &SchemaRef,
    chosen: &[usize],
    listed: Listed<'_>,
) -> Option<Vec<bool>> {
    let files = || chosen.iter().map(|at| &listed.files[*at]);
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| -> Option<ArrayRef> {
        match shape.origin(field.name())? {
            Origin::File(column) => Some(place::of_files(*column, files(), listed)),
            _ => Some(place::of_paths(&form(shape, field.name())?, files())),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<Option<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(chosen.len()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &options).ok()?;
    let unqualified = strip(filter.clone())?;
    let by = DFSchema::try_from(schema.as_ref().clone()).ok()?;
    let physical = state.create_physical_expr(unqualified, &by).ok()?;
    let result = physical.evaluate(&batch).ok()?.into_array(chosen.len()).ok()?;
    let result = result.as_boolean_opt()?;
    Some((0..chosen.len()).map(|row| result.is_valid(row) && result.value(row)).collect())
}

/// The filter with its columns' names alone.
fn strip(filter: Expr) -> Option<Expr> {
    use datafusion::common::{
        Column,
        tree_node::{Transformed, TreeNode as _},
    };
    let bare = |expr| {
        Ok(match expr {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name))),
            other => Transformed::no(other),
        })
    };
    filter.transform(bare).ok().map(|stripped| stripped.data)
}
