//! What is generated: `grammar.txt`, over the table of `table.sql`.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;

/// The table that statements read, as the begin of a statement.
pub const TABLE: &str = include_str!("table.sql");

/// The forms of a kind.
#[derive(Debug, Default)]
pub struct Rule {
    /// Without gaps.
    pub leaves: Vec<&'static str>,
    /// With gaps.
    pub forms: Vec<&'static str>,
}

static GAP: LazyLock<Regex> = LazyLock::new(|| Regex::new("<([a-z_]+)>").expect("the pattern is one"));

static KINDS: LazyLock<HashMap<&str, Rule>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, Rule> = HashMap::new();
    let mut kind = "";
    let lines = include_str!("grammar.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => kind = name,
            None if GAP.is_match(line) => kinds.entry(kind).or_default().forms.push(line),
            None => kinds.entry(kind).or_default().leaves.push(line),
        }
    }
    kinds
});

/// The forms of a kind.
pub fn of(kind: &str) -> &'static Rule {
    KINDS.get(kind).unwrap_or_else(|| panic!("the grammar has no `{kind}`"))
}

/// How many forms with gaps there are.
pub fn forms() -> usize {
    KINDS.values().map(|kind| kind.forms.len()).sum()
}

/// The kinds of a form's gaps, in order.
pub fn gaps(form: &'static str) -> impl Iterator<Item = &'static str> {
    GAP.captures_iter(form).map(|found| found.get(1).expect("a group").as_str())
}

/// A form with its gaps filled.
pub fn filled(form: &str, parts: &[String]) -> String {
    let mut parts = parts.iter();
    GAP.replace_all(form, |_: &regex::Captures<'_>| parts.next().cloned().unwrap_or_default()).into_owned()
}
