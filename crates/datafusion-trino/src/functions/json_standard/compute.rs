//! Follows a path through a document.

use std::collections::HashMap;

use super::PathError;
use super::item::Item;
use super::path::{Expression, Method, Path, Step};
use super::predicate;

/// The document and the values that a path can name.
pub(super) struct Context<'a> {
    pub(super) root: &'a Item,
    pub(super) passed: &'a HashMap<String, Item>,
    pub(super) strict: bool,
}

/// What surrounds an expression within a path.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// The value that a filter looks at.
    pub(super) current: Option<&'a Item>,
    /// The index of the last element of the array around a subscript.
    pub(super) last: Option<i64>,
}

pub(super) type Found = Result<Vec<Item>, PathError>;

/// The values that a path finds in a document.
pub(super) fn follow(path: &Path, root: &Item, passed: &HashMap<String, Item>) -> Found {
    let context = Context { root, passed, strict: path.strict };
    context.sequence(&path.expression, Place::default())
}

impl Context<'_> {
    pub(super) fn sequence(&self, expression: &Expression, place: Place<'_>) -> Found {
        match expression {
            Expression::Root => Ok(vec![self.root.clone()]),
            Expression::Current => match place.current {
                Some(item) => Ok(vec![item.clone()]),
                None => Err("`@` stands outside of a filter".to_owned()),
            },
            Expression::Passed(name) => match self.passed.get(name) {
                Some(item) => Ok(vec![item.clone()]),
                None => Err(format!("no value was passed as {name}")),
            },
            Expression::Last => match place.last {
                Some(last) => Ok(vec![Item::Integer(last)]),
                None => Err("`last` stands outside of a subscript".to_owned()),
            },
            Expression::Literal(item) => Ok(vec![item.clone()]),
            Expression::Step(of, step) => self.step(self.sequence(of, place)?, step, place),
            Expression::Signed(negative, of) => {
                let items = self.unwrapped(self.sequence(of, place)?);
                items.into_iter().map(|item| if *negative { negated(item) } else { numeric(item) }).collect()
            }
            Expression::Operation(left, sign, right) => {
                let one = |of: &Expression| {
                    let items = self.unwrapped(self.sequence(of, place)?);
                    let count = items.len();
                    match <[Item; 1]>::try_from(items) {
                        Ok([item]) => Ok(item),
                        Err(_) => Err(format!("arithmetic needs one number, and got {count} values")),
                    }
                };
                operate(&one(left)?, *sign, &one(right)?).map(|item| vec![item])
            }
        }
    }

    /// In lax mode, arrays are replaced by their elements.
    fn unwrapped(&self, items: Vec<Item>) -> Vec<Item> {
        if self.strict {
            return items;
        }
        let flat = items.into_iter().flat_map(|item| match item {
            Item::Array(elements) => elements,
            other => vec![other],
        });
        flat.collect()
    }

    /// Nothing in lax mode, an error in strict mode.
    fn unfit(&self, message: &str) -> Result<Vec<Item>, PathError> {
        if self.strict { Err(message.to_owned()) } else { Ok(Vec::new()) }
    }

    fn step(&self, items: Vec<Item>, step: &Step, place: Place<'_>) -> Found {
        let items = match step {
            Step::Member(_) | Step::Members | Step::Filter(_) => self.unwrapped(items),
            Step::Method(Method::Type | Method::Size) | Step::Elements | Step::Subscripts(_) => items,
            Step::Descendants(_) => items,
            Step::Method(_) => self.unwrapped(items),
        };
        let mut found = Vec::new();
        for item in items {
            match step {
                Step::Member(name) => found.extend(self.member(item, name)?),
                Step::Members => found.extend(match item {
                    Item::Object(members) => members.into_iter().map(|(_, value)| value).collect(),
                    _ => self.unfit("`.*` needs an object")?,
                }),
                Step::Descendants(name) => descendants(&item, name, &mut found),
                Step::Elements => found.extend(match item {
                    Item::Array(elements) => elements,
                    other if !self.strict => vec![other],
                    _ => self.unfit("`[*]` needs an array")?,
                }),
                Step::Subscripts(subscripts) => self.subscripts(item, subscripts, place, &mut found)?,
                Step::Filter(condition) => {
                    let place = Place { current: Some(&item), ..place };
                    if predicate::holds(self, condition, place)? == Some(true) {
                        found.push(item);
                    }
                }
                Step::Method(method) => found.extend(self.method(item, *method)?),
            }
        }
        Ok(found)
    }

    fn member(&self, item: Item, name: &str) -> Found {
        let Item::Object(members) = item else { return self.unfit("a member needs an object") };
        match members.into_iter().find(|(key, _)| key == name) {
            Some((_, value)) => Ok(vec![value]),
            None => self.unfit(&format!("the object lacks the member {name}")),
        }
    }

    fn subscripts(
        &self,
        item: Item,
        subscripts: &[(Expression, Option<Expression>)],
        place: Place<'_>,
        found: &mut Vec<Item>,
    ) -> Result<(), PathError> {
        let elements = match item {
            Item::Array(elements) => elements,
            other if !self.strict => vec![other],
            _ => return Err("a subscript needs an array".to_owned()),
        };
        let last = elements.len() as i64 - 1;
        let index = |of: &Expression| {
            let items = self.sequence(of, Place { last: Some(last), ..place })?;
            match items.as_slice() {
                [Item::Integer(index)] => Ok(*index),
                [Item::Double(number)] => Ok(number.trunc() as i64),
                _ => Err("a subscript must be one number".to_owned()),
            }
        };
        for (from, to) in subscripts {
            let from = index(from)?;
            let to = to.as_ref().map_or(Ok(from), index)?;
            if self.strict && (from < 0 || to > last || from > to) {
                return Err(format!("the subscript {from} to {to} is outside of the array"));
            }
            let range = from.max(0)..=to.min(last);
            found.extend(range.filter_map(|at| elements.get(usize::try_from(at).ok()?).cloned()));
        }
        Ok(())
    }

    fn method(&self, item: Item, method: Method) -> Found {
        let number = |item: &Item| item.number().ok_or_else(|| "the method needs a number".to_owned());
        let whole = |item: Item, round: fn(f64) -> f64| match item {
            Item::Double(value) => Item::Double(round(value)),
            other => other,
        };
        Ok(vec![match method {
            Method::Type => Item::Text(type_name(&item).to_owned()),
            Method::Size => match item {
                Item::Array(elements) => Item::Integer(elements.len() as i64),
                _ if !self.strict => Item::Integer(1),
                _ => return Err("size() needs an array".to_owned()),
            },
            Method::Double => match &item {
                Item::Text(text) => match text.trim().parse() {
                    Ok(number) => Item::Double(number),
                    Err(_) => return Err(format!("double() cannot read '{text}'")),
                },
                other => Item::Double(number(other)?),
            },
            Method::Ceiling => {
                number(&item)?;
                whole(item, f64::ceil)
            }
            Method::Floor => {
                number(&item)?;
                whole(item, f64::floor)
            }
            Method::Abs => match item {
                Item::Integer(number) => {
                    Item::Integer(number.checked_abs().ok_or("abs() leaves the range of bigint")?)
                }
                other => Item::Double(number(&other)?.abs()),
            },
            Method::KeyValue => {
                let Item::Object(members) = item else {
                    return Err("keyvalue() needs an object".to_owned());
                };
                let object = |(name, value)| {
                    let name = ("name".to_owned(), Item::Text(name));
                    Item::Object(vec![name, ("value".to_owned(), value), ("id".to_owned(), Item::Integer(0))])
                };
                return Ok(members.into_iter().map(object).collect());
            }
        }])
    }
}

fn type_name(item: &Item) -> &'static str {
    match item {
        Item::Null => "null",
        Item::Boolean(_) => "boolean",
        Item::Integer(_) | Item::Double(_) | Item::Digits(_) => "number",
        Item::Text(_) => "string",
        Item::Array(_) => "array",
        Item::Object(_) => "object",
    }
}

fn descendants(item: &Item, name: &str, found: &mut Vec<Item>) {
    match item {
        Item::Object(members) => {
            found.extend(members.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()));
            members.iter().for_each(|(_, value)| descendants(value, name, found));
        }
        Item::Array(elements) => elements.iter().for_each(|element| descendants(element, name, found)),
        _ => {}
    }
}

fn numeric(item: Item) -> Result<Item, PathError> {
    match item {
        Item::Integer(_) | Item::Double(_) => Ok(item),
        Item::Digits(_) => Ok(Item::Double(item.number().unwrap_or_default())),
        _ => Err("a sign needs a number".to_owned()),
    }
}

fn negated(item: Item) -> Result<Item, PathError> {
    match numeric(item)? {
        Item::Integer(number) => {
            number.checked_neg().map(Item::Integer).ok_or_else(|| "the number leaves bigint".to_owned())
        }
        Item::Double(number) => Ok(Item::Double(-number)),
        other => Ok(other),
    }
}

fn operate(left: &Item, sign: char, right: &Item) -> Result<Item, PathError> {
    let outside = || format!("{sign} divides by zero or leaves the range of bigint");
    if let (Item::Integer(a), Item::Integer(b)) = (left, right) {
        let result = match sign {
            '+' => a.checked_add(*b),
            '-' => a.checked_sub(*b),
            '*' => a.checked_mul(*b),
            '/' => a.checked_div(*b),
            _ => a.checked_rem(*b),
        };
        return result.map(Item::Integer).ok_or_else(outside);
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        return Err("arithmetic needs numbers".to_owned());
    };
    Ok(Item::Double(match sign {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        _ => a % b,
    }))
}
