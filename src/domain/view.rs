//! Views: named queries over relations, which detections and ad hoc statements read as if they were relations.

use std::collections::BTreeSet;

use super::detection::Origin;

/// The relations that are no view.
pub const RELATIONS: [&str; 5] = ["events", "history", "accounts", "watchlist", "habits"];

/// What the name of a view over `events` begins with to mean the same view over `history`.
pub const PAST: &str = "past_";

/// A view, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name in SQL, lower case.
    pub name: String,
    /// What its rows are and what it is for.
    pub description: String,
    /// Its columns in the order of its query, each with what it means; empty for one that it takes over from `events`.
    pub columns: Vec<(String, String)>,
    /// Its file's SQL, with an empty comment in place of each line of the header.
    pub sql: String,
    /// Its query alone.
    pub body: String,
    /// The relations and other views that it reads.
    pub reads: BTreeSet<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// All views, each behind those that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views(Vec<View>);

impl Views {
    /// These views. Each must stand behind those that it reads.
    #[must_use]
    pub fn new(views: Vec<View>) -> Self {
        Self(views)
    }

    /// All of them, each behind those that it reads.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &View> {
        self.0.iter()
    }

    /// The view with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&View> {
        self.0.iter().find(|view| view.name == name)
    }

    /// The number of the view that a relation's name means, and whether it means it over `history` instead of `events`.
    #[must_use]
    pub fn find(&self, relation: &str) -> Option<(usize, bool)> {
        let number = |name: &str| self.0.iter().position(|view| view.name == name);
        if let Some(number) = number(relation) {
            return Some((number, false));
        }
        let number = number(relation.strip_prefix(PAST)?)?;
        self.has_past(&self.0[number]).then_some((number, true))
    }

    /// Whether a view can be read over `history`, too.
    #[must_use]
    pub fn has_past(&self, view: &View) -> bool {
        let sources = self.sources(view.reads.iter().map(String::as_str));
        sources.contains("events") && !sources.contains("history")
    }

    /// The names that mean a view.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let past = |view: &View| self.has_past(view).then(|| format!("{PAST}{}", view.name));
        self.0.iter().flat_map(|view| [Some(view.name.clone()), past(view)]).flatten().collect()
    }

    /// The relations that are read in the end where these relations and views are read.
    pub fn sources<'a>(&self, relations: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for relation in relations {
            let Some((number, past)) = self.find(relation) else {
                found.insert(relation.to_owned());
                continue;
            };
            let read = self.sources(self.0[number].reads.iter().map(String::as_str));
            found.extend(read.into_iter().map(|source| match source.as_str() {
                "events" if past => "history".to_owned(),
                _ => source,
            }));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, reads: &[&str]) -> View {
        View {
            name: name.to_owned(),
            description: String::new(),
            columns: Vec::new(),
            sql: String::new(),
            body: String::new(),
            reads: reads.iter().map(|read| (*read).to_owned()).collect(),
            origin: Origin::Shipped(String::new()),
        }
    }

    #[test]
    fn a_view_ends_in_relations() {
        let views = Views::new(vec![
            view("calls", &["events"]),
            view("listed", &["calls", "watchlist"]),
            view("seen", &["history", "listed"]),
        ]);
        let sources = |name: &str| views.sources([name]).into_iter().collect::<Vec<_>>();
        assert_eq!(sources("listed"), ["events", "watchlist"]);
        assert_eq!(sources("past_listed"), ["history", "watchlist"]);
        assert_eq!(sources("seen"), ["events", "history", "watchlist"]);
        // A view over both has no other past, so the name means nothing.
        assert_eq!(sources("past_seen"), ["past_seen"]);
        assert_eq!(views.names(), ["calls", "past_calls", "listed", "past_listed", "seen"]);
        let named = |name: &str| views.get(name).map(|view| view.name.as_str());
        assert_eq!((named("listed"), named("past_listed"), named("events")), (Some("listed"), None, None));
        assert_eq!((views.find("past_calls"), views.find("accounts")), (Some((0, true)), None));
    }
}
