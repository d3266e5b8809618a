//! Views as queries of a `WITH`, for an engine that does not know them. Their texts stay as they are.

use std::collections::BTreeSet;

use super::words::Words;
use crate::domain::view::{PAST, Views};

/// The queries for a `WITH` that bind the views among these relations, each behind those that it reads.
#[must_use]
pub fn bound(views: &Views, relations: &BTreeSet<String>) -> Vec<String> {
    let mut read = relations.clone();
    for view in views.iter().rev() {
        if read.contains(&view.name) {
            read.extend(view.reads.iter().cloned());
        }
    }
    let mut bound = Vec::new();
    for view in views.iter() {
        if read.contains(&view.name) {
            bound.push(format!("{} AS (\n{}\n)", view.name, view.body));
        }
        let past = format!("{PAST}{}", view.name);
        if read.contains(&past) {
            let mut inner = vec!["events AS (SELECT * FROM history)".to_owned()];
            inner.extend(self::bound(views, &view.reads));
            bound.push(format!("{past} AS (\n{}\n)", Words::of(&view.body).with(&inner)));
        }
    }
    bound
}

/// A statement with the views that it reads as queries of its `WITH`, for an engine that has the relations.
#[must_use]
pub fn with_views(views: &Views, sql: &str) -> String {
    let words = Words::of(sql);
    words.with(&bound(views, &words.views(views)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{detection::Origin, view::View};

    fn view(name: &str, body: &str, reads: &str) -> View {
        View {
            name: name.to_owned(),
            description: String::new(),
            columns: Vec::new(),
            sql: body.to_owned(),
            body: body.to_owned(),
            reads: [reads.to_owned()].into(),
            origin: Origin::Shipped(String::new()),
        }
    }

    #[test]
    fn views_stand_behind_those_that_they_read() {
        let views = Views::new(vec![
            view("a", "SELECT x FROM events", "events"),
            view("b", "WITH own AS (SELECT x FROM a) SELECT x FROM own", "a"),
            view("unread", "SELECT x FROM events", "events"),
        ]);
        let bound = |relation: &str| super::bound(&views, &[relation.to_owned()].into()).join(",\n");
        assert_eq!(
            bound("b"),
            "a AS (\nSELECT x FROM events\n),\nb AS (\nWITH own AS (SELECT x FROM a) SELECT x FROM own\n)"
        );
        assert_eq!(
            bound("past_b"),
            "past_b AS (\nWITH events AS (SELECT * FROM history),\n    a AS (\nSELECT x FROM events\n),\n    \
             own AS (SELECT x FROM a) SELECT x FROM own\n)"
        );
        assert_eq!(bound("events"), "");
    }
}
