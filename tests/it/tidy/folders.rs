//! No circle across folders: what lies side by side in a folder (files, folders) must not import each other where a folder
//! takes part, be it directly or by way of others. Files of one folder may.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::Import;

/// Names of nodes, each with those that it imports and an import that shows it.
type Graph<'a> = BTreeMap<String, BTreeMap<String, &'a Import>>;

/// Every circle between what lies side by side, with an import for each of its steps.
pub fn circles(imports: &[Import], root: &str) -> Vec<String> {
    let mut parents: BTreeSet<String> = BTreeSet::from([root.to_owned()]);
    for file in imports.iter().flat_map(|import| [&import.from, &import.to]) {
        let mut folder = file.as_str();
        while let Some((parent, _)) = folder.rsplit_once('/').filter(|(parent, _)| parent.len() >= root.len())
        {
            parents.insert(parent.to_owned());
            folder = parent;
        }
    }
    let mut faults = Vec::new();
    for parent in &parents {
        let graph = graph_of(imports, parent);
        for circle in circles_of(&graph) {
            let folders = circle.iter().filter(|node| parents.contains(*node) || parent == root);
            if folders.count() > 0 {
                faults.push(describe(&circle, &graph));
            }
        }
    }
    faults
}

/// The imports between what lies in this folder; `a.rs` and the folder `a` are one.
fn graph_of<'a>(imports: &'a [Import], parent: &str) -> Graph<'a> {
    let node = |file: &str| {
        let below = file.strip_prefix(parent)?.strip_prefix('/')?;
        let first = below.split('/').next()?;
        Some(format!("{parent}/{}", first.strip_suffix(".rs").unwrap_or(first)))
    };
    let mut graph = Graph::new();
    for import in imports {
        if let (Some(from), Some(to)) = (node(&import.from), node(&import.to))
            && from != to
        {
            graph.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    graph
}

/// The sets of nodes that reach each other.
fn circles_of(graph: &Graph<'_>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|node| (node, reached(graph, node))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (node, reached) in &reach {
        let with = |other: &&String| reach.get(*other).is_some_and(|back| back.contains(node));
        let circle: Vec<String> = reached.iter().copied().filter(with).cloned().collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

fn reached<'g>(graph: &'g Graph<'_>, start: &String) -> BTreeSet<&'g String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&String> = graph.get(start).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(graph.get(node).into_iter().flat_map(BTreeMap::keys));
        }
    }
    found
}

fn describe(circle: &[String], graph: &Graph<'_>) -> String {
    let mut lines = vec![format!("these import each other: {}", circle.join(", "))];
    for (from, to) in circle.iter().flat_map(|from| graph.get(from).into_iter().map(move |to| (from, to))) {
        for (to, import) in to.iter().filter(|(to, _)| circle.contains(to)) {
            lines.push(format!("    {from} → {to}: {}:{} `{}`", import.from, import.line, import.path));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{imports::imports, tree::Tree};

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        circles(&imports(&Tree::made_up(files), "src"), "src")
    }

    #[test]
    fn two_folders_that_import_each_other_are_reported() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "mod deep;"),
            ("src/a/deep.rs", "\nuse crate::b::One;"),
            ("src/b.rs", "mod other; pub struct One;"),
            ("src/b/other.rs", "use crate::{a::{self}};"),
        ]);
        assert_eq!(
            found,
            [
                "these import each other: src/a, src/b\n    src/a → src/b: src/a/deep.rs:2 `crate::b::One`\n    \
              src/b → src/a: src/b/other.rs:1 `crate::a`"
            ]
        );
    }

    #[test]
    fn a_circle_by_way_of_a_third_folder_and_one_further_down_are_reported() {
        let found = found(&[
            ("src/lib.rs", "mod x;"),
            ("src/x.rs", "mod a; mod b; mod c;"),
            ("src/x/a.rs", "use super::b::B; pub struct A;"),
            ("src/x/a/more.rs", ""),
            ("src/x/b.rs", "use super::c::C; pub struct B;"),
            ("src/x/c.rs", "use super::a::more; pub struct C;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("these import each other: src/x/a, src/x/b, src/x/c\n"), "{}", found[0]);
    }

    #[test]
    fn files_of_one_folder_may_import_each_other_and_a_folder_its_parent() {
        let found = found(&[
            ("src/lib.rs", "mod x;"),
            ("src/x.rs", "mod a; mod b; pub struct X;"),
            ("src/x/a.rs", "use super::{X, b::B}; pub struct A;"),
            ("src/x/b.rs", "use super::a::A; pub struct B;"),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
