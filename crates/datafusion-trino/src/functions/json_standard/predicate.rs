//! Conditions of filters, with three truth values: `None` is unknown.

use std::cmp::Ordering;

use super::PathError;
use super::compute::{Context, Place};
use super::item::Item;
use super::path::{Expression, Predicate};

/// Whether a condition holds.
pub(super) fn holds(
    context: &Context<'_>,
    predicate: &Predicate,
    place: Place<'_>,
) -> Result<Option<bool>, PathError> {
    Ok(match predicate {
        Predicate::Or(left, right) => match (holds(context, left, place)?, holds(context, right, place)?) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Predicate::And(left, right) => match (holds(context, left, place)?, holds(context, right, place)?) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Predicate::Not(of) => holds(context, of, place)?.map(|truth| !truth),
        Predicate::IsUnknown(of) => Some(holds(context, of, place)?.is_none()),
        // What cannot be followed is unknown, as is a comparison of it.
        Predicate::Exists(of) => context.sequence(of, place).ok().map(|items| !items.is_empty()),
        Predicate::Compare(left, comparison, right) => {
            pairs(context, left, right, place, |a, b| compare(a, comparison, b))
        }
        Predicate::StartsWith(left, right) => pairs(context, left, right, place, |a, b| match (a, b) {
            (Item::Text(text), Item::Text(start)) => Some(text.starts_with(start.as_str())),
            _ => None,
        }),
    })
}

/// Whether a comparison holds for a pair of values of both sides; unknown if it is for one.
fn pairs(
    context: &Context<'_>,
    left: &Expression,
    right: &Expression,
    place: Place<'_>,
    compare: impl Fn(&Item, &Item) -> Option<bool>,
) -> Option<bool> {
    let side = |of: &Expression| {
        let items = context.sequence(of, place).ok()?;
        let flat = items.into_iter().flat_map(|item| match item {
            Item::Array(elements) if !context.strict => elements,
            other => vec![other],
        });
        Some(flat.collect::<Vec<_>>())
    };
    let (left, right) = (side(left)?, side(right)?);
    let (mut found, mut unknown) = (false, false);
    for a in &left {
        for b in &right {
            match compare(a, b) {
                Some(true) => found = true,
                Some(false) => {}
                None => unknown = true,
            }
            if found && !context.strict {
                return Some(true);
            }
        }
    }
    if unknown { None } else { Some(found) }
}

fn compare(a: &Item, comparison: &str, b: &Item) -> Option<bool> {
    let order = match (a, b) {
        (Item::Null, Item::Null) => Ordering::Equal,
        // Null equals only null, and is neither less nor greater than anything.
        (Item::Null, other) | (other, Item::Null) => {
            let is_scalar = !matches!(other, Item::Array(_) | Item::Object(_));
            return match comparison {
                "=" if is_scalar => Some(false),
                "<>" if is_scalar => Some(true),
                _ => None,
            };
        }
        (Item::Boolean(a), Item::Boolean(b)) => a.cmp(b),
        (Item::Text(a), Item::Text(b)) => a.cmp(b),
        (Item::Integer(a), Item::Integer(b)) => a.cmp(b),
        (a, b) => a.number()?.partial_cmp(&b.number()?)?,
    };
    Some(match comparison {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}
