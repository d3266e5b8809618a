//! Column names of the result: as typed in the statement, `_col0` and so on for unnamed expressions; names
//! may repeat.

use datafusion::common::{Column, TableReference};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::inspect::Output;

/// The names of `count` columns; `None` for columns that come from a `*`.
fn names(outputs: &[Output], count: usize) -> Vec<Option<(usize, String)>> {
    let wildcards = outputs.iter().filter(|output| matches!(output, Output::Wildcard(_))).count();
    let named = |index: usize| match &outputs[index] {
        Output::Column(mention) => Some((index, mention.name.clone())),
        Output::Wildcard(_) => None,
    };
    if wildcards == 0 {
        return (0..count.min(outputs.len())).map(named).collect();
    }
    // Names are known from both ends up to a `*`. Between two of them DataFusion's names are kept.
    let mut found = vec![None; count];
    for (index, slot) in found.iter_mut().enumerate().take(outputs.len()) {
        match named(index) {
            Some(name) => *slot = Some(name),
            None => break,
        }
    }
    for back in 1..=outputs.len().min(count) {
        match named(outputs.len() - back) {
            Some(name) => found[count - back] = Some(name),
            None => break,
        }
    }
    found
}

/// Renames the columns of a plan.
pub(super) fn rename(plan: LogicalPlan, outputs: &[Output]) -> Result<LogicalPlan> {
    let schema = plan.schema().clone();
    let wanted = names(outputs, schema.fields().len());
    let names = schema.fields().iter().enumerate().map(|(index, field)| {
        match wanted.get(index).cloned().flatten() {
            // The number in `_col3` counts columns of the result, not items of the list.
            Some((at, name)) if name == format!("_col{at}") => format!("_col{index}"),
            Some((_, name)) => name,
            None => field.name().split("$repeated").next().unwrap_or_default().to_string(),
        }
    });
    let names: Vec<String> = names.collect();
    let mut changed = false;
    let mut exprs = Vec::with_capacity(names.len());
    for (index, (qualifier, field)) in schema.iter().enumerate() {
        let name = &names[index];
        let column = Expr::Column(Column::from((qualifier, field)));
        let repeated = names.iter().filter(|other| *other == name).count() > 1;
        if name == field.name() && !repeated {
            exprs.push(column);
            continue;
        }
        changed = true;
        // DataFusion requires different names: an invented relation as qualifier tells equal ones apart.
        exprs.push(if repeated {
            column.alias_qualified(Some(TableReference::bare(format!("$repeated{index}"))), name.as_str())
        } else {
            column.alias(name.as_str())
        });
    }
    if !changed {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan).project(exprs)?.build()
}
